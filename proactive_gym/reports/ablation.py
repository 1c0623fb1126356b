"""The table of a grid: a row per combination of settings."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rich.table import Table
from rich.text import Text

from proactive_gym.evaluation import Cell, Comparison, means
from proactive_gym.evaluation.grid import GridCell, differences, label, shown
from proactive_gym.reports.tables import HEADINGS, chance_of, measured, plain, points, short, written
from proactive_gym.reports.writing import write_reports


class Line(NamedTuple):
    """A combination's figures for one agent in one environment, or in the mean.

    Attributes:
        setting: The values of the settings that vary, as text.
        cell: The figures.
        pair: How accuracy differs from that of the first combination; ``None`` for the first itself, and where there
            are no episodes in common.
    """

    setting: dict[str, str]
    cell: Cell
    pair: Comparison | None

    @property
    def figures(self) -> dict[str, Any]:
        """One flat row for a file."""
        pair = self.pair.figures if self.pair else {}
        compared = {name: pair.get(name, "") for name in ("difference", "difference_low", "difference_high", "p")}
        return {**self.setting, **self.cell.figures, **compared}


def lines(cells: Sequence[GridCell]) -> list[Line]:
    """All rows of the table: per combination its agents and environments, and the means if there are several."""
    return [line for cell in cells for line in _of_cell(cell, cells[0])]


def _of_cell(cell: GridCell, first: GridCell) -> Iterator[Line]:
    setting = {name: shown(value) for name, value in cell.setting.items()}
    table = cell.evaluation.table
    pairs = {} if cell is first else differences(cell, first)
    several = len({each.env for each in table}) > 1
    for each in [*table, *(means(table) if several else [])]:
        yield Line(setting, each, pairs.get((each.agent, each.env)))


def write_grid(cells: Sequence[GridCell], folder: Path) -> None:
    """``grid.csv``, and each combination's reports in its own folder."""
    for cell in cells:
        if cell.evaluation.folder is not None:
            write_reports(cell.evaluation, cell.evaluation.folder, label(cell.setting))
    rows = [line.figures for line in lines(cells)]
    with (folder / "grid.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0], lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({name: plain(value) for name, value in row.items()})


def terminal_grid(cells: Sequence[GridCell], title: str) -> Table:
    """The table for a terminal: the means where there are several environments, else the only one."""
    found = lines(cells)
    averaged = [line for line in found if line.cell.env == "mean"] or found
    where = short(averaged[0].cell.env) if len({line.cell.env for line in averaged}) == 1 else "several"
    drawn = Table(
        title=Text(f"{title}: {'mean over the environments' if where == 'mean' else where}"),
        caption="± half of the 95 % interval; shares in %; difference: of accuracy, from the agent's first row, in "
        "percentage points on the same episodes",
        title_justify="left",
    )
    names = [name for name in measured([line.cell for line in averaged]) if name != "return"]
    for heading in ("agent", *averaged[0].setting):
        drawn.add_column(Text(heading))
    for heading in (*(HEADINGS.get(name, name) for name in names), "difference", "p"):
        drawn.add_column(heading, justify="right")
    agents = list(dict.fromkeys(line.cell.agent for line in averaged))
    ordered = sorted(averaged, key=lambda line: agents.index(line.cell.agent))
    for place, line in enumerate(ordered):
        last_of_agent = place + 1 == len(ordered) or ordered[place + 1].cell.agent != line.cell.agent
        figures = [written(name, line.cell.measures[name]) for name in names]
        compared = ["", ""] if line.pair is None else [points(line.pair.difference), chance_of(line.pair)]
        words = [Text(line.cell.agent), *map(Text, line.setting.values())]
        drawn.add_row(*words, *figures, *compared, end_section=last_of_agent)
    return drawn
