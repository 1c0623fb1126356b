"""Looks through the official files and lists all that is wrong with them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from proactive_gym.errors import InputError, one_line
from proactive_gym.sources.proactivebench.files import check_scenario, entries
from proactive_gym.sources.proactivebench.layout import DATA_SETS, filtered_ids, rows_file
from proactive_gym.sources.proactivebench.pictures import PictureBox

Watch = Callable[[str, int, int], None]
"""Told the data set, how many of its pictures are looked at, and how many there are."""


@dataclass
class Checked:
    """What was found in the files of one data set.

    Attributes:
        dataset: Its name.
        scenario: The scenario's name.
        lines: Lines in its file that hold something.
        skipped: How many of them the benchmark does not play, videos without a strong occlusion.
        rows: Rows that can be played.
        published: How many of them the published numbers are of.
        of: How many of these there should be.
        pictures: How many picture files the rows name.
        problems: All that is wrong, a sentence each, in the order of lines.
    """

    dataset: str
    scenario: str
    of: int
    lines: int = 0
    skipped: int = 0
    rows: int = 0
    published: int = 0
    pictures: int = 0
    problems: list[str] = field(default_factory=list)


def check(
    folder: Path, scenarios: Sequence[Any], quick: bool = False, watch: Watch = lambda name, done, of: None
) -> Iterator[Checked]:
    """Look through the files of each scenario's data set.

    Args:
        folder: The official files.
        scenarios: Scenarios with a data set.
        quick: Only see that each picture is there and begins like one, instead of decoding it.
        watch: Is told how far it is.

    Raises:
        InputError: If there is no such folder, or none of the files in it.
    """
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}.")
    if not any(folder.glob(rows_file("*"))):
        below = folder / "test"
        there = f"; {below} does" if any(below.glob(rows_file("*"))) else ""
        raise InputError(f"{folder} holds no file with rows ({rows_file('NAME')}){there}.")
    for scenario in scenarios:
        yield _check(folder, scenario, quick, watch)


def strangers(folder: Path) -> list[str]:
    """A sentence for each file of rows that belongs to no known data set."""
    known = {rows_file(name) for name in DATA_SETS}
    return [
        f"{file} belongs to no data set of the benchmark; there are {', '.join(DATA_SETS)}."
        for file in sorted(folder.glob(rows_file("*")))
        if file.name not in known
    ]


def _check(folder: Path, scenario: Any, quick: bool, watch: Watch) -> Checked:
    counted = filtered_ids()[scenario.dataset]
    found = Checked(scenario.dataset, scenario.name, len(counted))
    problems: list[tuple[int, str]] = []
    named: dict[str, int] = {}
    there: set[int] = set()
    file = folder / rows_file(scenario.dataset)
    try:
        for entry in entries(file, check_scenario(scenario)):
            found.lines += 1
            if entry.problem is not None:
                problems.append((entry.line, one_line(entry.problem)))
            elif entry.row is None:
                found.skipped += 1
            else:
                found.rows += 1
                there.add(entry.row.id)
                for picture in entry.row.every_file():
                    named.setdefault(picture, entry.line)
    except InputError as error:
        problems.append((0, one_line(error)))
    missing = sorted(counted - there)
    if missing and found.lines:
        ids = ", ".join(map(str, missing[:10])) + (", …" if len(missing) > 10 else "")
        problems.append((0, f"{file} lacks {len(missing)} of the {len(counted)} published ids: {ids}."))
    found.published, found.pictures = len(counted) - len(missing), len(named)
    for picture, problem in _broken(PictureBox(folder, room=0), named, quick, scenario.dataset, watch):
        problems.append((named[picture], f"{file}, line {named[picture]}: {problem}"))
    found.problems = [sentence for _, sentence in sorted(problems)]
    return found


def _broken(
    box: PictureBox, pictures: Iterable[str], quick: bool, dataset: str, watch: Watch
) -> Iterator[tuple[str, str]]:
    """Pictures that cannot be shown, and why."""
    every = list(pictures)
    pool = ThreadPoolExecutor()
    try:
        looked_at = zip(every, pool.map(lambda picture: box.broken(picture, quick), every), strict=True)
        for number, (picture, problem) in enumerate(looked_at, start=1):
            watch(dataset, number, len(every))
            if problem is not None:
                yield picture, problem
    finally:
        pool.shutdown(cancel_futures=True)  # who interrupts does not wait for the rest
