"""The report: one HTML file that needs no network."""

import base64
import math
from collections import Counter
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from proactive_gym.evaluation import Comparison, Evaluation
from proactive_gym.evaluation.measures import Cell, Spread, means
from proactive_gym.reports.tables import HEADINGS, chance_of, measured, points, short, written
from proactive_gym.sources.scenes.art import ATTRIBUTION
from proactive_gym.stored import error_class


def write_page(evaluated: Evaluation, file: Path, title: str, sheet: Path | None = None) -> None:
    """``report.html``: the table with intervals, accuracy as bars, agents in pairs, the contact sheet if there is one.

    Agents' names and replies are untrusted: everything is escaped, and the page holds no script at all.
    """
    table = evaluated.table
    template = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    ).from_string(files("proactive_gym").joinpath("data/report.html.jinja").read_text(encoding="utf-8"))
    page = template.render(
        title=title,
        episodes=sum(cell.episodes for cell in table),
        errors=evaluated.errors,
        error_kinds=Counter(error_class(row) for row in evaluated.errors),
        unjudged=evaluated.unjudged,
        spreads=[_spread(spread) for spread in evaluated.spreads],
        wordings=evaluated.wordings,
        pairs=[_pair(found) for found in evaluated.comparisons if found.measure == "accuracy"],
        measures=[(name, HEADINGS.get(name, name.replace("_", " "))) for name in measured(table)],
        groups=[("Mean over the environments", _lines(means(table), measured(table))), *_groups(table)],
        sheet=None if sheet is None else base64.b64encode(sheet.read_bytes()).decode("ascii"),
        attribution=ATTRIBUTION,
    )
    file.write_text(page, encoding="utf-8")


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


def _groups(table: Sequence[Cell]) -> list[tuple[str, list[dict[str, Any]]]]:
    envs = list(dict.fromkeys(cell.env for cell in table))
    names = measured(table)
    return [(short(env), _lines([cell for cell in table if cell.env == env], names)) for env in envs]


def _lines(table: Sequence[Cell], names: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {
            "agent": cell.agent,
            "episodes": cell.episodes,
            "figures": [written(name, cell.measures[name]) for name in names],
            "accuracy": None if math.isnan(cell.measures["accuracy"].value) else cell.measures["accuracy"],
        }
        for cell in table
    ]
