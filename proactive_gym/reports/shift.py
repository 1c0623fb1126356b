"""What is left of agents on other sources: a table in the terminal, as a file and on a page."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from proactive_gym.evaluation.shift import Shift, Shifts
from proactive_gym.evaluation.statistics import Estimate
from proactive_gym.reports.facts import attribution_of, configuration_of
from proactive_gym.reports.page import rendered
from proactive_gym.reports.sheets import Sheet, with_bounds
from proactive_gym.reports.tables import short, written
from proactive_gym.reports.writing import write_reports

HEADINGS = ("source", "agent", "environment", "subjects", "episodes", "accuracy", "on scenes", "left")
ASKING = ("asked", "on scenes", "requests", "on scenes")
SUBJECTS = {"all": "all", "known": "named on scenes too"}


def write_shift(found: Shifts, folder: Path) -> None:
    """``shift.csv`` and ``shift.html``, and each source's reports in its own folder."""
    for name, run in found.runs.items():
        if run.folder is not None:
            write_reports(run, run.folder, f"Run {folder.name}/{name}")
    _sheet(found.shifts).write(folder)
    page = rendered(
        "shift.html.jinja",
        title=f"What is left on other sources: {folder.name}",
        attribution=attribution_of(*[configuration_of(run.folder) for run in found.runs.values()]),
        left_out=[f"The source {name!r} is left out: {reason}" for name, reason in found.left_out.items()],
        headings=(*HEADINGS, *ASKING),
        lines=[_words(one) for one in found.shifts],
        runs=list(found.runs),
    )
    (folder / "shift.html").write_text(page, encoding="utf-8", errors="replace")


def terminal_shift(found: Shifts, title: str) -> Table:
    """The means where a source drives several environments, else the only one."""
    drawn = Table(
        title=Text(title),
        caption="± half of the 95 % interval, shares in %; left: accuracy as a share of that on scenes, with its 95 % "
        "interval; guessing among four answers is right in 25 %",
        title_justify="left",
    )
    for heading in (*HEADINGS, *ASKING):
        drawn.add_column(Text(heading))
    for one in _averaged(found.shifts):
        drawn.add_row(*map(Text, _words(one)))
    return drawn


def _averaged(shifts: Sequence[Shift]) -> Iterator[Shift]:
    several = {(one.source, one.agent, one.among) for one in shifts if one.env == "mean"}
    return (one for one in shifts if one.env == "mean" or (one.source, one.agent, one.among) not in several)


def _words(one: Shift) -> list[str]:
    there, base = one.there, one.base
    return [
        *(one.source, one.agent, short(one.env), SUBJECTS[one.among], str(there.episodes)),
        *(written("accuracy", there.accuracy), written("accuracy", base.accuracy), _left(one.left)),
        *(written("accuracy", there.asked), written("accuracy", base.asked)),
        *(written("requests", there.requests), written("requests", base.requests)),
    ]


def _left(left: Estimate) -> str:
    value, low, high = (100 * figure for figure in left)
    return "–" if value != value else f"{value:.0f} % ({low:.0f} to {high:.0f})"


def _sheet(shifts: Sequence[Shift]) -> Sheet:
    measures = ("accuracy", "requests", "asked")
    columns = with_bounds(*measures, *[f"scenes_{name}" for name in measures], "left")
    rows: list[tuple[Any, ...]] = [
        (
            *(one.source, one.agent, one.env, one.among, one.there.episodes, one.base.episodes),
            *(figure for figures in (one.there, one.base) for estimate in figures[1:] for figure in estimate),
            *one.left,
        )
        for one in shifts
    ]
    return Sheet("shift", ("source", "agent", "env", "subjects", "episodes", "scenes_episodes", *columns), rows)
