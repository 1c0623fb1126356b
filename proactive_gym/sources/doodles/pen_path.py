"""A pen's way over the paper, in points as close as scenes need them."""

import numpy as np

from proactive_gym.sources.scenes.likeness import Stroke, in_unit_square

SPACING = 0.015
"""Between points, in sides of the drawing; a picture's pixel is about a third of it."""
DOT = 0.004
"""How long a dot is; a pen that goes nowhere would spend no ink, and the ink says what is drawn when."""
MOST_POINTS = 1500
"""What is blackened all over gets points farther apart."""


def evenly(strokes: tuple[Stroke, ...]) -> tuple[Stroke, ...]:
    """The same strokes within the unit square, with points at even distances."""
    placed = in_unit_square(strokes)
    reach = [_reached(stroke) for stroke in placed]
    spacing = max(SPACING, sum(float(along[-1]) for along in reach) / MOST_POINTS)
    return tuple(_spaced(stroke, along, spacing) for stroke, along in zip(placed, reach, strict=True))


def _reached(stroke: Stroke) -> np.ndarray:
    """How far the pen has come at each point."""
    return np.append(0.0, np.cumsum(np.hypot(*np.diff(stroke, axis=0).T.astype(np.float64))))


def _spaced(stroke: Stroke, along: np.ndarray, spacing: float) -> Stroke:
    if along[-1] < DOT:
        return np.stack([stroke[0], stroke[0] + np.array((DOT, 0), dtype=np.float32)])
    places = np.linspace(0, along[-1], max(2, round(along[-1] / spacing) + 1))
    return np.stack([np.interp(places, along, stroke[:, axis]) for axis in (0, 1)], axis=1).astype(np.float32)
