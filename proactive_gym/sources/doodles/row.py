"""One line of a stroke file: a drawing, checked before anything is done with it."""

import json
import math
from typing import Any, NamedTuple

import numpy as np

from proactive_gym.errors import one_line
from proactive_gym.sources.scenes.likeness import Stroke

LONGEST = 2**20
"""Bytes of a line; the game's longest are a tenth of that."""
MOST_STROKES = 500
MOST_POINTS = 20_000
FARTHEST = 1e6
LONGEST_WORD = 60


class BadRowError(Exception):
    """The line is no drawing; says why, to follow "it"."""


class Row(NamedTuple):
    """A drawing as the game's public files have it, raw or simplified.

    Attributes:
        word: What the player was asked to draw.
        recognized: Whether the game recognised it; so it is if the line does not say.
        strokes: The pen's strokes in the order in which they were drawn.
    """

    word: str
    recognized: bool
    strokes: tuple[Stroke, ...]


def parsed(line: bytes) -> Row:
    """The drawing on that line.

    Raises:
        BadRowError: If there is none, or one that is too large, or nowhere, or a single point.
    """
    if len(line) > LONGEST:
        raise BadRowError(f"is longer than {LONGEST:,} bytes")
    try:
        row = json.loads(line, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise BadRowError(f"is not JSON ({one_line(error)})") from error
    if not isinstance(row, dict) or not {"word", "drawing"} <= row.keys():
        raise BadRowError("has no 'word' and 'drawing'")
    if not isinstance(row.get("recognized", True), bool):
        raise BadRowError(f"has {_short(row['recognized'])} for 'recognized', which must be true or false")
    return Row(_word(row["word"]), row.get("recognized", True), _strokes(row["drawing"]))


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _word(word: Any) -> str:
    if not isinstance(word, str) or not word.strip() or len(word) > LONGEST_WORD or not word.isprintable():
        raise BadRowError(f"has the word {_short(word)}, which must be some letters, at most {LONGEST_WORD}")
    return word.strip()


def _strokes(drawing: Any) -> tuple[Stroke, ...]:
    if not isinstance(drawing, list) or not 0 < len(drawing) <= MOST_STROKES:
        raise BadRowError(f"has {_short(drawing)} for 'drawing', which must be a list of 1 to {MOST_STROKES} strokes")
    strokes = tuple(_stroke(stroke, number) for number, stroke in enumerate(drawing, start=1))
    every = np.concatenate(strokes)
    if len(every) > MOST_POINTS:
        raise BadRowError(f"has {len(every):,} points, more than the {MOST_POINTS:,} that are read")
    if not np.ptp(every, axis=0).any():
        raise BadRowError("is a single point")
    return strokes


def _stroke(stroke: Any, number: int) -> Stroke:
    """The points of ``[[x, …], [y, …]]``, with or without the times behind."""
    if not isinstance(stroke, list) or len(stroke) not in (2, 3) or not all(isinstance(part, list) for part in stroke):
        raise BadRowError(f"has {_short(stroke)} for stroke {number}, which must be [[x, …], [y, …]]")
    xs, ys = stroke[:2]
    if len(xs) != len(ys) or not xs:
        raise BadRowError(f"has {len(xs)} x and {len(ys)} y in stroke {number}")
    for one in (*xs, *ys):
        if type(one) not in (int, float) or not abs(one) <= FARTHEST or not math.isfinite(one):
            raise BadRowError(f"has {_short(one)} in stroke {number}, which must be a number within ±{FARTHEST:.0f}")
    return np.array((xs, ys), dtype=np.float32).T


def _short(value: Any) -> str:
    # Only its beginning is written: it may be as long as the line.
    text = one_line(Exception(repr(value)))
    return text if len(text) <= 40 else f"{text[:37]}…"
