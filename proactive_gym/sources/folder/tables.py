"""Reads the tables that describe a folder's pictures."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from proactive_gym.errors import InputError, one_line


class Row(NamedTuple):
    """A line of a table."""

    line: int
    fields: dict[str, str]


def rows_of(file: Path, needed: Sequence[str], optional: Sequence[str] = ()) -> Iterator[Row]:
    """The lines of a CSV file with a heading.

    Args:
        file: Where it is.
        needed: Columns that it must have.
        optional: Columns that it may have.

    Raises:
        InputError: If it cannot be read, or has other columns; or a line that has more or fewer fields.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            table = csv.DictReader(stream, strict=True)
            columns = list(table.fieldnames or ())
            expected = ",".join([*needed, *(f"[{name}]" for name in optional)])
            if not set(needed) <= set(columns) or not set(columns) <= {*needed, *optional}:
                raise InputError(f"{file} begins with the columns {','.join(columns)!r}, but must have {expected}.")
            for fields in table:
                if None in fields or None in fields.values():
                    raise InputError(f"{file}, line {table.line_num}, does not have {len(columns)} fields.")
                yield Row(table.line_num, {name: text.strip() for name, text in fields.items()})
    except InputError:
        raise
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(f"{file} cannot be read as a table in UTF-8: {one_line(error)}.") from error
