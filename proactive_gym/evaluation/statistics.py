"""Intervals, so that no number stands alone."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

RESAMPLES = 2000
Z = 1.959963984540054  # the 97.5 % point of the normal distribution


class Estimate(NamedTuple):
    """A mean with its 95 % interval; all NaN where there was nothing to measure."""

    value: float
    low: float
    high: float


NOTHING = Estimate(math.nan, math.nan, math.nan)


def share(hits: Sequence[bool]) -> Estimate:
    """The share of hits with Wilson's interval, which is sound at 0 and 1 too.

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference (1927).
    """
    number = len(hits)
    if not number:
        return NOTHING
    mean = sum(hits) / number
    centre = mean + Z * Z / (2 * number)
    reach = Z * math.sqrt(mean * (1 - mean) / number + Z * Z / (4 * number * number))
    scale = 1 + Z * Z / number
    low, high = (centre - reach) / scale, (centre + reach) / scale
    return Estimate(mean, min(mean, max(0.0, low)), max(mean, min(1.0, high)))


def average(values: Sequence[float]) -> Estimate:
    """The mean with a percentile bootstrap interval.

    The resampling is seeded, so the same values give the same interval.

    Source: B. Efron, Bootstrap methods: another look at the jackknife (1979).
    """
    number = len(values)
    if not number:
        return NOTHING
    sample = np.asarray(values, dtype=np.float64)
    drawn = np.random.default_rng(0).multinomial(number, np.full(number, 1 / number), size=RESAMPLES)
    low, high = np.percentile(drawn @ sample / number, [2.5, 97.5])
    return Estimate(float(sample.mean()), float(low), float(high))
