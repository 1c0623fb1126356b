"""Intervals, so that no number stands alone."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2000
Z = 1.959963984540054  # the 97.5 % point of the normal distribution


class Estimate(NamedTuple):
    """A mean with its 95 % interval; all NaN where there was nothing to measure."""

    value: float
    low: float
    high: float


NOTHING = Estimate(math.nan, math.nan, math.nan)


def share(hits: Sequence[bool], families: Sequence[str] | None = None) -> Estimate:
    """The share of hits: with Wilson's interval, which is sound at 0 and 1 too, unless there are families.

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference (1927).
    """
    number = len(hits)
    if not number:
        return NOTHING
    if families is not None and len(set(families)) < number:
        return average(hits, families)
    mean = sum(hits) / number
    centre = mean + Z * Z / (2 * number)
    reach = Z * math.sqrt(mean * (1 - mean) / number + Z * Z / (4 * number * number))
    scale = 1 + Z * Z / number
    low, high = (centre - reach) / scale, (centre + reach) / scale
    return Estimate(mean, min(mean, max(0.0, low)), max(mean, min(1.0, high)))


def mean_of(estimates: Sequence[Estimate]) -> Estimate:
    """The unweighted mean of independent estimates."""
    number = len(estimates)
    value = sum(estimate.value for estimate in estimates) / number
    below = sum((estimate.value - estimate.low) ** 2 for estimate in estimates) ** 0.5 / number
    above = sum((estimate.high - estimate.value) ** 2 for estimate in estimates) ** 0.5 / number
    return Estimate(value, value - below, value + above)


def family(episode: str) -> str:
    """What an episode shares with its twins, which are not independent of it: its name without the twin's."""
    name, _, last = episode.rpartition("/")
    return name if last in ("sufficient", "unhelpful") else episode


def average(values: Sequence[float] | NDArray[np.float64], families: Sequence[str] | None = None) -> Estimate:
    """The mean with a percentile bootstrap interval, for which whole families are drawn where there are any.

    The resampling is seeded, so the same values give the same interval.

    Source: B. Efron, Bootstrap methods: another look at the jackknife (1979); A. C. Davison and D. V. Hinkley,
    Bootstrap methods and their application (1997), chapter 3.8, for families.
    """
    if not len(values):
        return NOTHING
    sample = np.asarray(values, dtype=np.float64)
    which = np.arange(len(sample)) if families is None else np.unique(families, return_inverse=True)[1]
    sums, sizes = np.bincount(which, weights=sample), np.bincount(which)
    number = len(sums)
    drawn = np.random.default_rng(0).multinomial(number, np.full(number, 1 / number), size=RESAMPLES)
    low, high = np.percentile((drawn @ sums) / (drawn @ sizes), [2.5, 97.5])
    mean = float(sample.mean())
    return Estimate(mean, min(mean, float(low)), max(mean, float(high)))
