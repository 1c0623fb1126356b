"""Reads the lines of ``episodes.jsonl``, the form in which finished episodes are kept."""

import json
from pathlib import Path
from typing import Any

from proactive_gym.errors import InputError

Row = dict[str, Any]

FIELDS = frozenset({
    *("agent", "env", "episode", "scenario", "wording", "question", "options", "kinds"),
    *("offered", "pictures", "answer"),
    *("replies", "choices", "confidences", "verdicts", "outcomes", "outcome"),
    *("seed", "requests", "requests_needed", "sufficiency", "return", "error", "unjudged"),
})  # fmt: skip
"""What every row has. Those of episodes that could not be played have an ``error`` and no ``outcome``."""

NO_VERDICT = "VerdictError"
"""The class of error of a reply that a judge was asked about and said nothing readable of."""


def stored_rows(file: Path) -> list[Row]:
    """All finished episodes, each once; one that failed at first and was played later counts as played.

    A last line without an end was torn when a run was killed: its episode is owed.

    Raises:
        InputError: If there is no such file, or if a line is no episode, naming it.
    """
    if not file.exists():
        raise InputError(f"{file.parent} holds no run: there is no {file.name} in it.")
    found: dict[tuple[str, str, str], Row] = {}
    with file.open("rb") as lines:
        for number, text in enumerate(lines, start=1):
            if text.endswith(b"\n"):
                row = _parsed(text, file, number)
                if key(row) not in found or not finished(found[key(row)]):
                    found[key(row)] = row
    return list(found.values())


def key(row: Row) -> tuple[str, str, str]:
    """What no other row of a run has."""
    return row["agent"], row["env"], row["episode"]


def error_class(row: Row) -> str | None:
    """What kind of error ended the episode; ``None`` if it was played to its end."""
    error: str | None = row["error"]
    return None if error is None else error.partition(":")[0]


def finished(row: Row) -> bool:
    """Whether there is no use in playing the episode again: a judge says the same of the same reply."""
    return error_class(row) in (None, NO_VERDICT)


def line(row: Row) -> str:
    """The row as a line of JSON, always with the same bytes."""
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n"


def parsed(text: bytes) -> Row | None:
    """The row on that line; ``None`` if it is none."""
    try:
        row = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) and row.keys() >= FIELDS else None


def _parsed(text: bytes, file: Path, number: int) -> Row:
    row = parsed(text)
    if row is None:
        raise InputError(f"Line {number} of {file} is no finished episode; the file was damaged.")
    return row
