"""Reads the files with the official rows, line by line, and says where one is wrong."""

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from proactive_gym.errors import InputError, one_line
from proactive_gym.sources.proactivebench.layout import DATA_SETS, filtered_ids, rows_file
from proactive_gym.sources.proactivebench.row import LARGEST_ID, Fields, OfficialRow

SPLITS = ("filtered", "all")
LONGEST_LINE = 2**20
CHECK = "`proactive-gym data check {folder}` lists all that is wrong"


class Entry(NamedTuple):
    """What became of one line: a row, or the reason why there is none.

    Attributes:
        line: Its number in the file, from 1.
        row: The row, if it is wanted and in order.
        problem: What is wrong with it, in a sentence.
    """

    line: int
    row: OfficialRow[Any] | None = None
    problem: InputError | None = None


def check_scenario(scenario: Any) -> type[OfficialRow[Any]]:
    """The class of the scenario's official rows.

    Raises:
        InputError: If the benchmark has none for it.
    """
    row: type[OfficialRow[Any]] | None = getattr(scenario, "row", None)
    if row is None or scenario.dataset not in DATA_SETS:
        raise InputError(
            f"The scenario {scenario.name!r} has no official data set; the source 'proactivebench' has episodes of the "
            "seven scenarios of the benchmark only."
        )
    return row


def read_rows(folder: Path, scenario: Any, split: str) -> dict[int, OfficialRow[Any]]:
    """The rows of a scenario by their ids, in the file's order.

    Args:
        folder: The official files.
        scenario: One with an official data set.
        split: ``"filtered"`` for the rows that the published numbers are of, ``"all"`` for every one (of the video
            occlusions, those with strong occlusions, as in the benchmark).

    Raises:
        InputError: If the file is missing, if a row is wrong (naming file, line and field), if none is left, or if
            published ids are missing.
    """
    row_class = check_scenario(scenario)
    wanted = filtered_ids()[scenario.dataset] if split == "filtered" else None
    file = folder / rows_file(scenario.dataset)
    rows: dict[int, OfficialRow[Any]] = {}
    for entry in entries(file, row_class, wanted):
        if entry.problem is not None:
            raise InputError(f"{one_line(entry.problem)} {CHECK.format(folder=folder)}.")
        if entry.row is not None:
            rows[entry.row.id] = entry.row
    missing = sorted((wanted or frozenset()) - rows.keys())
    if missing:
        raise InputError(
            f"{file} lacks {len(missing)} of the {len(wanted or ())} rows that the published numbers are of, the first "
            f"with id {missing[0]}; take split='all' to play what is there."
        )
    if not rows:
        raise InputError(f"{file} holds no rows to play.")
    return rows


def entries(file: Path, row_class: type[OfficialRow[Any]], wanted: Collection[int] | None = None) -> Iterator[Entry]:
    """All lines of a file with rows; those not wanted, and those the benchmark skips, without row and problem.

    Raises:
        InputError: If the file cannot be read.
    """
    lines: dict[int, int] = {}
    for number, text in _lines(file):
        where = f"{file}, line {number}"
        try:
            if len(text) > LONGEST_LINE:
                raise InputError(f"{where} is longer than a row can be ({LONGEST_LINE} bytes).")
            fields = Fields(where, _parsed(where, text))
            identity = fields.whole("id", 0, LARGEST_ID)
            if identity in lines:
                raise fields.wrong("id", f"another than that of line {lines[identity]}")
            lines[identity] = number
            skipped = fields.values.get("strong_occlusions") is False  # as the benchmark's own reader does
            row = None if skipped or (wanted is not None and identity not in wanted) else row_class(fields)
        except InputError as error:
            yield Entry(number, problem=error)
        else:
            yield Entry(number, row)


def _lines(file: Path) -> Iterator[tuple[int, bytes]]:
    """The lines that hold something; of one that is too long, the beginning, a byte more than a row may have."""
    try:
        with file.open("rb") as stream:
            number = 0
            while text := stream.readline(LONGEST_LINE + 1):
                number += 1
                rest = text
                while len(rest) > LONGEST_LINE and not rest.endswith(b"\n"):  # to the end of the line, but not kept
                    rest = stream.readline(LONGEST_LINE + 1)
                if text.strip() or len(text) > LONGEST_LINE:
                    yield number, text
    except FileNotFoundError as error:
        raise InputError(
            f"There is no {file.name} in {file.parent}; data_dir must be the folder with the benchmark's seven "
            "*_preprocessed.jsonl files and the pictures (`proactive-gym data install proactivebench` fetches them)."
        ) from error
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror or error}.") from error


def _parsed(where: str, text: bytes) -> Any:
    try:
        return json.loads(text.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise InputError(
            f"{where} is not in UTF-8: byte {error.start + 1} of it is {text[error.start]:#04x}."
        ) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where} is no whole JSON object: {one_line(error)}.") from error
