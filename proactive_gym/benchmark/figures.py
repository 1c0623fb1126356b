"""What the benchmark speaks of: how long to measure, what to measure, and the figures that came of it."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, NamedTuple

SUITE = "ProactiveSuite-v0"
SIZES = (64, 224)
BATCH = 64
"""Lanes, and frames of the plain gather, in the comparisons."""
OPEN = 32
"""Conversations open at once in rollouts."""

Rates = dict[str, float]
"""What one measurement came to, by unit."""
Watch = Callable[[int, int], None]
"""Told how many measurements are done, and of how many."""


@dataclass(frozen=True)
class Effort:
    """How long to measure.

    Attributes:
        seconds: The least time for each rate.
        repetitions: Rounds that count; one more goes before them.
        settling: Seconds of play for each size before the first round, to fill the caches.
        lanes: Sizes of the vector environments.
        episodes: Episodes in each rollout.
        sampled: Episodes by which the stages of a step are told apart.
        kept: Episodes of which all pictures are kept.
    """

    seconds: float = 0.15
    repetitions: int = 5
    settling: float = 10.0
    lanes: tuple[int, ...] = (1, 8, 64, 256, 1024)
    episodes: int = 128
    sampled: int = 48
    kept: int = 70


FULL = Effort()
QUICK = Effort(seconds=0.008, settling=0.0, lanes=(1, 8, 64), episodes=34, sampled=4, kept=7)


class Case(NamedTuple):
    """Something to measure, again and again: ``measure(seconds)`` gives its rates."""

    group: str
    name: str
    side: int
    measure: Callable[[float], Rates]


class Repeated:
    """What was measured again and again, a figure each time."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The one in the middle."""
        return median(self.values)

    def written(self, bounds: bool = True) -> str:
        """The median, with the bounds if they are wanted."""
        if not bounds or len(self.values) == 1:
            return written(self.median)
        return f"{written(self.median)} ({written(min(self.values))}–{written(max(self.values))})"

    def figures(self) -> dict[str, float]:
        """Median and bounds, for JSON."""
        low, high = min(self.values), max(self.values)
        return {"median": rounded(self.median), "low": rounded(low), "high": rounded(high)}


@dataclass(frozen=True)
class Measurement(Repeated):
    """The figures that the repetitions of one measurement gave.

    Attributes:
        group: What belongs together: ``single``, ``vector``, ``rollouts``, ``stages``, ``anchor`` …
        name: What was measured.
        side: Side of the pictures in pixels; 0 where there are none.
        unit: Of which unit the figures are.
        values: One figure per repetition.
    """

    group: str
    name: str
    side: int
    unit: str
    values: tuple[float, ...]

    def as_json(self) -> dict[str, Any]:
        """Median and bounds."""
        where = {"group": self.group, "name": self.name, "side": self.side, "unit": self.unit}
        return {**where, **self.figures(), "repetitions": len(self.values)}


class Figures:
    """Measurements in which figures can be looked up."""

    measurements: Sequence[Measurement]

    def get(self, group: str, name: str, side: int, unit: str) -> float:
        """The median of that measurement; ``nan`` if there is none."""
        values = self.values(group, name, side, unit)
        return median(values) if values else math.nan

    def values(self, group: str, name: str, side: int, unit: str) -> tuple[float, ...]:
        """All figures of that measurement, in the order of the rounds; none if there is none."""
        for found in self.measurements:
            if (found.group, found.name, found.side, found.unit) == (group, name, side, unit):
                return found.values
        return ()

    def named(self, group: str, side: int, unit: str) -> list[str]:
        """What was measured in that unit."""
        sought = group, side, unit
        return [found.name for found in self.measurements if (found.group, found.side, found.unit) == sought]

    @property
    def sizes(self) -> list[int]:
        """The sides of the pictures."""
        return sorted({found.side for found in self.measurements if found.group == "single"})


def rounded(value: float) -> float:
    """The figure to four digits, for JSON."""
    return float(f"{value:.4g}")


def written(value: float) -> str:
    """The figure as it is shown."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
