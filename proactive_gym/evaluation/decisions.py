"""Did the agent ask when it should have? Asking as the detection of pictures that do not suffice.

Every turn is a decision: to ask or not. Where the source knows how much a picture shows, so is known whether asking was
called for. An episode's turns are not independent, so intervals are drawn by episode family.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from proactive_gym.episode import SUFFICIENT
from proactive_gym.evaluation.statistics import NOTHING, Estimate, family, resampled
from proactive_gym.menu import Kind
from proactive_gym.outcome import Outcome
from proactive_gym.stored import Row

ASKED = frozenset({Outcome.REQUESTED, Outcome.USELESS_REQUEST, Outcome.EXHAUSTED})
"""Outcomes of a turn in which the agent asked for an intervention."""


class Decision(NamedTuple):
    """One turn.

    Attributes:
        asked: Whether the agent asked for an intervention, whatever came of it.
        sufficient: Whether the picture was enough to answer.
        helpable: Whether asking could have led to a picture that is.
        mass: How likely the agent found all interventions together, where it says so.
    """

    asked: bool
    sufficient: bool
    helpable: bool
    mass: float | None = None

    @property
    def called_for(self) -> bool:
        """Whether asking was the thing to do."""
        return not self.sufficient and self.helpable


def decisions(row: Row) -> list[Decision]:
    """The turns of an episode in which asking was possible; none where nobody knows how much its pictures show."""
    if row["sufficiency"] is None:
        return []
    helpable = row["requests_needed"] is not None
    return [
        Decision(outcome in ASKED, share >= SUFFICIENT, helpable, _mass(row, turn))
        for turn, (outcome, share) in enumerate(zip(row["outcomes"], row["sufficiency"], strict=True))
        if _can_ask(row, turn)
    ]


def _can_ask(row: Row, turn: int) -> bool:
    """Whether an intervention was on offer, or words were free."""
    offered = zip(row["kinds"], row["offered"][turn], strict=False)
    return not row["options"] or any(kind == Kind.INTERVENTION and here == "1" for kind, here in offered)


def _mass(row: Row, turn: int) -> float | None:
    given = None if row["confidences"] is None else row["confidences"][turn]
    if given is None:
        return None
    return float(sum(share for share, kind in zip(given, row["kinds"], strict=True) if kind == Kind.INTERVENTION))


Statistic = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def _detecting(statistic: Statistic) -> Callable[[Sequence[Row]], Estimate]:
    def measure(rows: Sequence[Row]) -> Estimate:
        counts = _counts(rows)
        return resampled(counts, statistic) if len(counts) else NOTHING

    return measure


def _counts(rows: Iterable[Row]) -> NDArray[np.float64]:
    """Per family: asked and not where that was called for, where it was needless, where nothing could help."""
    found: dict[str, NDArray[np.float64]] = {}
    for row in rows:
        for decision in decisions(row):
            kind = 0 if decision.called_for else 2 if decision.sufficient else 4
            counts = found.setdefault(family(row["episode"]), np.zeros(6))
            counts[kind + (not decision.asked)] += 1
    return np.array([*found.values()]).reshape(-1, 6)


HIT, MISS, NEEDLESS, SAW, VAIN, LET_BE = range(6)


def _d_prime(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    hits, false_alarms = _rates(sums)
    return np.asarray(ndtri(hits) - ndtri(false_alarms))


def _criterion(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    hits, false_alarms = _rates(sums)
    return np.asarray(-0.5 * (ndtri(hits) + ndtri(false_alarms)))


def _rates(sums: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of hits and false alarms; a half is added to each count, so that no rate is 0 or 1, unless there are none."""
    signals, noise = sums[..., HIT] + sums[..., MISS], sums[..., NEEDLESS] + sums[..., SAW]
    hits = np.where(signals > 0, (sums[..., HIT] + 0.5) / (signals + 1), np.nan)
    return hits, np.where(noise > 0, (sums[..., NEEDLESS] + 0.5) / (noise + 1), np.nan)


DETECTION: dict[str, Callable[[Sequence[Row]], Estimate]] = {
    # Of the requests, those that were called for.
    "precision": _detecting(lambda sums: sums[..., HIT] / (sums[..., HIT] + sums[..., NEEDLESS] + sums[..., VAIN])),
    # Of the pictures that did not suffice though help was within reach, those at which it asked.
    "recall": _detecting(lambda sums: sums[..., HIT] / (sums[..., HIT] + sums[..., MISS])),
    # Of the pictures that sufficed, those at which it asked.
    "over_asking": _detecting(lambda sums: sums[..., NEEDLESS] / (sums[..., NEEDLESS] + sums[..., SAW])),
    # Of the pictures that did not suffice and that nothing could mend, those at which it asked.
    "vain_asking": _detecting(lambda sums: sums[..., VAIN] / (sums[..., VAIN] + sums[..., LET_BE])),
    "d_prime": _detecting(_d_prime),
    "criterion": _detecting(_criterion),
}
"""Measures of asking as detection, by name; each takes the rows of one agent in one environment.

Source: D. M. Green and J. A. Swets, Signal detection theory and psychophysics (1966); the half added to each count is
that of M. J. Hautus, Corrections for extreme proportions … (1995).
"""
