"""Figures in rows and columns: what a plot is drawn from, and the CSV file beside it."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from proactive_gym.reports.tables import plain

T = TypeVar("T")


class Sheet(NamedTuple):
    """A table of figures.

    Attributes:
        name: The file's name, without its ending.
        columns: Headings.
        rows: As many values each.
    """

    name: str
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]

    def write(self, folder: Path) -> Path:
        """Write it as ``NAME.csv`` into the folder; what is not known stays empty."""
        file = folder / f"{self.name}.csv"
        with file.open("w", encoding="utf-8", newline="", errors="replace") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(self.columns)
            writer.writerows([[plain(value) for value in row] for row in self.rows])
        return file

    def records(self) -> list[dict[str, Any]]:
        """The rows by their columns' names."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def with_bounds(*names: str) -> tuple[str, ...]:
    """Each name with those of its lower and upper bound."""
    return tuple([name for plain in names for name in (plain, f"{plain}_low", f"{plain}_high")])


def evenly(items: Sequence[T], most: int) -> list[T]:
    """All items, or ``most`` of them at even distances."""
    if len(items) <= most:
        return list(items)
    return [items[place * len(items) // most] for place in range(most)]
