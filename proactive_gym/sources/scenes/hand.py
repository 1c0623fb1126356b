"""Hands, and the lines that they draw."""

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from proactive_gym.draw import Draw
from proactive_gym.sources.scenes.likeness import Likeness
from proactive_gym.sources.scenes.lines import Points, follow, write

Colour = tuple[int, int, int]

PENS: dict[str, Colour] = {
    "black": (34, 34, 38),
    "blue": (34, 66, 158),
    "red": (178, 36, 40),
    "green": (24, 106, 62),
    "purple": (98, 44, 132),
    "brown": (104, 62, 34),
}
"""Inks by the names the user calls them."""

_RETRACED = 0.008  # lines that close to an earlier one, in sides of the drawing, are the same line
_MARGIN = 0.1  # left free around the drawing, for the tilt, the tremor and half the pen's width


class Hand(NamedTuple):
    """How someone draws: the same from the first stroke of a drawing to the last.

    Attributes:
        pen: The ink, one of ``PENS``.
        thick: The pen's width in thousandths of the drawing's box.
        start: Where in the drawing the pen begins, in thousandths of the ink.
        backwards: Whether it goes through the strokes from the last to the first.
        flipped: Whether the drawing faces the other way.
        tilt: How far it leans, in degrees.
        tremor: Which way the hand shakes; a seed.
    """

    pen: str
    thick: int
    start: int
    backwards: bool
    flipped: bool
    tilt: int
    tremor: int

    @classmethod
    def drawn(cls, draw: Draw) -> "Hand":
        """Anyone's hand."""
        return cls(
            pen=draw.one(tuple(PENS)),
            thick=draw.one((19, 22, 26)),
            start=draw.whole(0, 999),
            backwards=draw.chance(0.5),
            flipped=draw.chance(0.5),
            tilt=draw.one((-8, -4, 0, 4, 8)),
            tremor=draw.whole(0, 15),
        )

    def in_order(self) -> "Hand":
        """The same hand, which follows the strokes from the first to the last."""
        return self._replace(start=0, backwards=False)

    def written(self, points: Points) -> Points:
        """Where in its box, a unit square, the hand puts points of the drawing."""
        placed = points.copy()
        write(placed, 1 - 2 * _MARGIN, self.flipped, math.radians(self.tilt), *_waves(self.tremor))
        return placed


@lru_cache(maxsize=16)
def _waves(tremor: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Directions and phases of the waves that a tremor consists of."""
    draw = Draw(f"tremor {tremor}")
    waves = np.array([[draw.between(-1, 1), draw.between(-1, 1), draw.unit()] for _ in range(4)])
    return waves[:, :2] * 5, waves[:, 2].copy()


class Ink(NamedTuple):
    """A line drawing as one long thread of short segments, in drawing order."""

    begins: Points
    ends: Points
    goes_on: NDArray[np.bool_]
    """Whether a segment begins where the one before it ends."""
    reached: NDArray[np.float64]
    """How much of all ink is spent at the middle of each segment, 0…1."""
    length: float
    """Of all strokes together, in sides of the drawing."""


@lru_cache(maxsize=512)
def thread(likeness: Likeness) -> Ink:
    """The drawing's ink, laid out in the order in which it is spent."""
    strokes = likeness.strokes()
    begins = np.concatenate([stroke[:-1] for stroke in strokes])
    ends = np.concatenate([stroke[1:] for stroke in strokes])
    fresh = _fresh((begins + ends) / 2, np.repeat(range(len(strokes)), [len(stroke) - 1 for stroke in strokes]))
    begins, ends = begins[fresh], ends[fresh]
    lengths = np.hypot(*(ends - begins).T.astype(np.float64))
    total = float(lengths.sum())
    goes_on = np.append(False, np.all(begins[1:] == ends[:-1], axis=1))
    return Ink(begins, ends, goes_on, (np.cumsum(lengths) - lengths / 2) / total, total)


def drawn(likeness: Likeness, shown: int, hand: Hand) -> tuple[Points, NDArray[np.int64]]:
    """The first ``shown`` thousandths of a drawing's ink as the hand puts it into a unit square.

    Returns:
        All points, ``(n, 2)``, and where among them each line begins.
    """
    ink = thread(likeness)
    segments = ink.begins, ink.ends, ink.goes_on, ink.reached
    points, begins = np.empty((2 * len(ink.reached), 2), np.float32), np.empty(len(ink.reached), np.int64)
    length, number = follow(*segments, hand.start / 1000, hand.backwards, shown / 1000, points, begins)
    return hand.written(points[:length]), begins[:number]


def bareness(likeness: Likeness) -> tuple[float, float]:
    """How much of its box a drawing leaves bare, whatever the hand: left as well as right, above as well as below."""
    ink = thread(likeness)
    across, down = ((1 - 2 * _MARGIN) * np.minimum(ink.begins, ink.ends).min(axis=0)).tolist()
    return across, down


def _fresh(middles: Points, strokes: NDArray[np.int_]) -> NDArray[np.bool_]:
    # Some of OpenMoji's lines lie on others; to draw them again would be to draw more and show nothing.
    apart = np.hypot(*(middles[:, None] - middles[None]).transpose(2, 0, 1))
    retraced = (apart < _RETRACED) & (strokes[:, None] > strokes[None])
    return np.asarray(~retraced.any(axis=1))
