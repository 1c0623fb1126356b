"""The report: one HTML file that needs no network."""

import base64
import hashlib
import json
import math
from collections import Counter
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from proactive_gym.evaluation import Comparison, Evaluation
from proactive_gym.evaluation.measures import Cell, Spread, means
from proactive_gym.reports.facts import attribution_of, configuration_of, facts, warnings
from proactive_gym.reports.replay import Replay
from proactive_gym.reports.tables import ASKING, HEADINGS, chance_of, measured, points, short, written
from proactive_gym.stored import error_class
from proactive_gym.world import SUFFICIENT

if TYPE_CHECKING:
    from proactive_gym.reports.drawing import Plot

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


class Exhibits(NamedTuple):
    """What a page shows beside its tables.

    Attributes:
        plots: In the page's order.
        landmarks: How the landmarks in them came about.
        replay: Episodes to look at.
    """

    plots: "Sequence[Plot]" = ()
    landmarks: str = ""
    replay: Replay | None = None


ONLY_TABLES = Exhibits()


def write_page(
    evaluated: Evaluation, file: Path, title: str, sheet: Path | None = None, exhibits: Exhibits = ONLY_TABLES
) -> None:
    """``report.html``: tables with intervals, plots, a replay of episodes, agents in pairs, the contact sheet.

    Agents' names and replies are untrusted: everything is escaped, plots are pictures, and the page's policy lets no
    script run but its own one, which sets whatever it is given as text.
    """
    table = evaluated.table
    measures, asking = measured(table), measured(table, ASKING)
    whole = [("Mean over the environments", means(table))] if len({cell.env for cell in table}) > 1 else []
    page = rendered(
        "report.html.jinja",
        title=title,
        attribution=attribution_of(configuration_of(evaluated.folder)),
        facts=facts(evaluated).items(),
        warnings=warnings(evaluated),
        errors=evaluated.errors,
        error_kinds=Counter(error_class(row) for row in evaluated.errors),
        unjudged=evaluated.unjudged,
        spreads=[_spread(spread) for spread in evaluated.spreads],
        pairs=[_pair(found) for found in evaluated.comparisons if found.measure == "accuracy"],
        measures=_titled(measures),
        asking=_titled(asking),
        groups=[(heading, _lines(group)) for heading, group in [*whole, *_groups(table)]],
        plots=exhibits.plots,
        landmarks=exhibits.landmarks,
        replay=exhibits.replay,
        sheet=None if sheet is None else base64.b64encode(sheet.read_bytes()).decode("ascii"),
        **({} if exhibits.replay is None else _scripted(exhibits.replay)),
    )
    file.write_text(page, encoding="utf-8", errors="replace")


def rendered(template: str, policy: str = POLICY, **values: Any) -> str:
    """A page of the package from its template; whatever is put into it is escaped."""
    made = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    ).from_string(_file(template))  # fmt: skip
    given = {"policy": Markup(policy), "style": Markup(_file("report.css")), **values}
    return made.render(given)


def _file(name: str) -> str:
    return files("proactive_gym").joinpath(f"data/{name}").read_text(encoding="utf-8")


def _scripted(replay: Replay) -> dict[str, Any]:
    """The page's own script, the policy that lets it run and nothing else, and its data."""
    script = _file("report.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    return {
        "policy": f"{POLICY}; script-src 'sha256-{digest}'",
        "script": Markup(script),
        "data": as_json({**replay.data, "sufficient": SUFFICIENT}),
    }


def as_json(data: Any) -> Markup:
    """JSON that can stand in a page: no letter in it can end the element or begin another."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    text = text.encode("utf-8", "replace").decode("utf-8")  # a half of a letter is none
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(text)


def _titled(names: Sequence[str]) -> list[tuple[str, str]]:
    return [(name, HEADINGS.get(name, name.replace("_", " "))) for name in names]


def _pair(found: Comparison) -> dict[str, Any]:
    return {
        "env": short(found.env),
        "agents": (found.agent, found.other),
        "episodes": found.episodes,
        "difference": points(found.difference),
        "p": chance_of(found),
    }


def _spread(spread: Spread) -> dict[str, Any]:
    by_seed = [(seed, written("accuracy", cell.measures["accuracy"])) for seed, cell in spread.cells.items()]
    return {
        "env": short(spread.env),
        "agent": spread.agent,
        "mean": f"{100 * spread.mean:.1f}",
        "deviation": f"{100 * spread.deviation:.1f}",
        "by_seed": ", ".join(f"{seed}: {accuracy}" for seed, accuracy in by_seed),
    }


def _groups(table: Sequence[Cell]) -> list[tuple[str, list[Cell]]]:
    envs = list(dict.fromkeys(cell.env for cell in table))
    return [(short(env), [cell for cell in table if cell.env == env]) for env in envs]


def _lines(table: Sequence[Cell]) -> list[dict[str, Any]]:
    return [
        {
            "agent": cell.agent,
            "episodes": cell.episodes,
            "figures": {name: written(name, estimate) for name, estimate in cell.measures.items()},
            "accuracy": None if math.isnan(cell.measures["accuracy"].value) else cell.measures["accuracy"],
        }
        for cell in table
    ]
