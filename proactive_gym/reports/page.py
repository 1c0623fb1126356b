"""The report: one HTML file that needs no network."""

import base64
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from proactive_gym.evaluation.measures import MEASURES, Cell, means
from proactive_gym.evaluation.record import Row
from proactive_gym.reports.tables import HEADINGS, short, written
from proactive_gym.sources.scenes.art import ATTRIBUTION


def write_page(
    rows: Sequence[Row],
    table: Sequence[Cell],
    file: Path,
    title: str,
    sheet: Path | None = None,
    wordings: Sequence[str] = (),
) -> None:
    """``report.html``: the table with intervals, accuracy as bars, and the contact sheet if there is one.

    Args:
        rows: All episodes.
        table: Measures per agent and environment.
        file: Where to write.
        title: The heading.
        sheet: The contact sheet.
        wordings: Names of the wordings used.

    Agents' names and replies are untrusted: everything is escaped, and the page holds no script at all.
    """
    template = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    ).from_string(files("proactive_gym").joinpath("data/report.html.jinja").read_text(encoding="utf-8"))
    page = template.render(
        title=title,
        episodes=sum(row["error"] is None for row in rows),
        errors=[row for row in rows if row["error"] is not None],
        wordings=wordings,
        measures=[(name, HEADINGS.get(name, name.replace("_", " "))) for name in MEASURES],
        groups=[("Mean over the environments", _lines(means(table))), *_groups(table)],
        sheet=None if sheet is None else base64.b64encode(sheet.read_bytes()).decode("ascii"),
        attribution=ATTRIBUTION,
    )
    file.write_text(page, encoding="utf-8")


def _groups(table: Sequence[Cell]) -> list[tuple[str, list[dict[str, Any]]]]:
    envs = list(dict.fromkeys(cell.env for cell in table))
    return [(short(env), _lines([cell for cell in table if cell.env == env])) for env in envs]


def _lines(table: Sequence[Cell]) -> list[dict[str, Any]]:
    return [
        {
            "agent": cell.agent,
            "episodes": cell.episodes,
            "figures": [written(name, cell.measures[name]) for name in MEASURES],
            "accuracy": cell.measures["accuracy"],
        }
        for cell in table
    ]
