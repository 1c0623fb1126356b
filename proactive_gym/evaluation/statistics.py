"""Intervals, so that no number stands alone."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

RESAMPLES, PART = 2000, 100
KEPT = 1000
"""The most families whose draws are kept."""
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
    if families is None or len(set(families)) == number:
        return wilson(sum(hits) / number, number)
    return _not_certain(average(hits, families), len(set(families)))


def wilson(mean: float, number: int) -> Estimate:
    """A share of ``number`` independent cases with Wilson's interval."""
    centre = mean + Z * Z / (2 * number)
    reach = Z * math.sqrt(mean * (1 - mean) / number + Z * Z / (4 * number * number))
    scale = 1 + Z * Z / number
    low, high = (centre - reach) / scale, (centre + reach) / scale
    return Estimate(mean, min(mean, max(0.0, low)), max(mean, min(1.0, high)))


def _not_certain(share: Estimate, families: int) -> Estimate:
    """A share that is 0 or 1 in every draw is no certainty for that: it gets Wilson's interval."""
    return wilson(share.value, families) if share.value in (0, 1) else share


def resampled_share(counts: NDArray[np.float64], hits: Sequence[int], of: Sequence[int]) -> Estimate:
    """The share of some sums among others, ``resampled``; see there for ``counts``.

    Args:
        counts: ``(families, K)``.
        hits: Which of the K are hits.
        of: Which of them are cases, hits among them.
    """
    estimate = resampled(counts, lambda sums: sums[..., list(hits)].sum(axis=-1) / sums[..., list(of)].sum(axis=-1))
    return _not_certain(estimate, int((counts[:, list(of)].sum(axis=1) > 0).sum()))


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
    """The mean with a percentile bootstrap interval, for which whole families are drawn where there are any."""
    if not len(values):
        return NOTHING
    sample = np.asarray(values, dtype=np.float64)
    which = np.arange(len(sample)) if families is None else np.unique(families, return_inverse=True)[1]
    counts = np.stack([np.bincount(which, weights=sample), np.bincount(which).astype(np.float64)], axis=1)
    return resampled(counts, lambda sums: sums[..., 0] / sums[..., 1])


def resampled(counts: NDArray[np.float64], statistic: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> Estimate:
    """A statistic of sums, with a percentile bootstrap interval.

    The resampling is seeded, so the same counts give the same interval.

    Source: B. Efron, Bootstrap methods: another look at the jackknife (1979); A. C. Davison and D. V. Hinkley,
    Bootstrap methods and their application (1997), chapter 3.8, for families.

    Args:
        counts: ``(families, K)``: what each family of episodes, which is drawn as a whole, adds to each of K sums.
        statistic: Takes sums ``(..., K)`` and returns a figure ``(...)``; NaN where there is nothing to measure.
    """
    if not len(counts):
        return NOTHING
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(statistic(counts.sum(axis=0)))
        if math.isnan(value):
            return NOTHING
        drawn = [part @ counts for part in draws(len(counts))]
        low, high = np.nanpercentile(statistic(np.concatenate(drawn)), [2.5, 97.5])
    return Estimate(value, min(value, float(low)), max(value, float(high)))


def sums_drawn(values: NDArray[np.float64], families: Sequence[str]) -> NDArray[np.float64]:
    """Bootstrap draws of the sums of ``values`` ``(episodes, K)``, whole families at a time: ``(RESAMPLES, K)``."""
    which = np.unique(families, return_inverse=True)[1]
    of_family = np.stack([np.bincount(which, weights=column) for column in values.T], axis=1)
    return np.concatenate([part @ of_family for part in draws(len(of_family))])


def means_drawn(
    values: NDArray[np.float64], families: Sequence[str], random: np.random.Generator
) -> NDArray[np.float64]:
    """Bootstrap draws of the mean, ``(RESAMPLES,)``, whole families at a time; other draws each time it is called."""
    which = np.unique(families, return_inverse=True)[1]
    sums, numbers = np.bincount(which, weights=values), np.bincount(which)
    counts = random.multinomial(len(sums), np.full(len(sums), 1 / len(sums)), size=RESAMPLES)
    means: NDArray[np.float64] = (counts @ sums) / (counts @ numbers)
    return means


def draws(number: int, resamples: int = RESAMPLES) -> Iterable[NDArray[np.int64]]:
    """How often each of ``number`` families is drawn, ``(PART, number)`` at a time: all at once may not fit in memory.

    Always the same, and kept for the many measures of one small table.
    """
    return _kept_draws(number, resamples) if number <= KEPT else _drawn(number, resamples)


@lru_cache(maxsize=4)
def _kept_draws(number: int, resamples: int) -> tuple[NDArray[np.int64], ...]:
    return tuple(_drawn(number, resamples))


def _drawn(number: int, resamples: int) -> Iterator[NDArray[np.int64]]:
    random, shares = np.random.default_rng(0), np.full(number, 1 / number)
    for _ in range(resamples // PART):
        yield random.multinomial(number, shares, size=PART)
