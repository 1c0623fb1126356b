"""Did the agent ask when it should have? Asking as the detection of pictures that do not suffice.

Every turn is a decision: to ask or not. Where the source knows how much a picture shows, so is known whether asking was
called for. An episode's turns are not independent, so intervals are drawn by episode family.
"""

from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from proactive_gym.evaluation.statistics import Estimate, family, resampled, resampled_share
from proactive_gym.menu import Kind
from proactive_gym.outcome import Outcome
from proactive_gym.stored import Row
from proactive_gym.world import SUFFICIENT

ASKED = frozenset({Outcome.REQUESTED, Outcome.USELESS_REQUEST, Outcome.EXHAUSTED})
"""Outcomes of a turn in which the agent asked for an intervention."""


class Deed(IntEnum):
    """What an agent did in a turn."""

    ASKED = 0
    ANSWERED = 1
    GAVE_UP = 2
    MUMBLED = 3  # nothing that could be read


class Case(IntEnum):
    """What there was to be done."""

    CALLED_FOR = 0  # the picture did not suffice, and help was within reach
    NEEDLESS = 1  # it sufficed
    IN_VAIN = 2  # it did not suffice, and nothing could mend it


class Decision(NamedTuple):
    """One turn.

    Attributes:
        deed: What the agent did.
        sufficient: Whether the picture was enough to answer.
        helpable: Whether asking could have led to a picture that is.
        mass: How likely the agent found all interventions together, where it says so.
    """

    deed: Deed
    sufficient: bool
    helpable: bool
    mass: float | None = None

    @property
    def asked(self) -> bool:
        """Whether the agent asked for an intervention, whatever came of it."""
        return self.deed is Deed.ASKED

    @property
    def case(self) -> Case:
        """What asking was."""
        return Case.NEEDLESS if self.sufficient else Case.CALLED_FOR if self.helpable else Case.IN_VAIN

    @property
    def called_for(self) -> bool:
        """Whether asking was the thing to do."""
        return self.case is Case.CALLED_FOR


def decisions(row: Row) -> list[Decision]:
    """The turns of an episode in which asking was possible; none where nobody knows how much its pictures show."""
    if row["sufficiency"] is None:
        return []
    reachable = row["requests_needed"] is not None
    return [
        # What is asked for on the last allowed turn is not shown any more.
        Decision(_deed(outcome), share >= SUFFICIENT, reachable and outcome != Outcome.EXHAUSTED, _mass(row, turn))
        for turn, (outcome, share) in enumerate(zip(row["outcomes"], row["sufficiency"], strict=True))
        if _can_ask(row, turn)
    ]


def _deed(outcome: str) -> Deed:
    if outcome in ASKED:
        return Deed.ASKED
    return {Outcome.ABSTAINED: Deed.GAVE_UP, Outcome.UNREADABLE: Deed.MUMBLED}.get(Outcome(outcome), Deed.ANSWERED)


def _can_ask(row: Row, turn: int) -> bool:
    """Whether an intervention was on offer, or words were free."""
    offered = zip(row["kinds"], row["offered"][turn], strict=False)
    return not row["options"] or any(kind == Kind.INTERVENTION and here == "1" for kind, here in offered)


def _mass(row: Row, turn: int) -> float | None:
    given = None if row["confidences"] is None else row["confidences"][turn]
    if given is None or len(given) != len(row["kinds"]):
        return None
    return float(sum(share for share, kind in zip(given, row["kinds"], strict=True) if kind == Kind.INTERVENTION))


def counts(rows: Iterable[Row]) -> NDArray[np.float64]:
    """Per family of episodes how often each deed was done in each case: ``(families, 3 × 4)``."""
    found: dict[str, NDArray[np.float64]] = {}
    for row in rows:
        for decision in decisions(row):
            of_family = found.setdefault(family(row["episode"]), np.zeros((len(Case), len(Deed))))
            of_family[decision.case, decision.deed] += 1
    return np.array([*found.values()]).reshape(-1, len(Case) * len(Deed))


Tally = NDArray[np.float64]
"""What ``counts`` returns."""


def _share(deeds: Sequence[Deed], cases: Sequence[Case]) -> Callable[[Tally], Estimate]:
    """Of all turns of these cases, the share of these deeds."""
    hits = [_column(case, deed) for case in cases for deed in deeds]
    of = [_column(case, deed) for case in cases for deed in Deed]
    return lambda tally: resampled_share(tally, hits, of)


def _column(case: Case, deed: Deed) -> int:
    return case * len(Deed) + deed


def _precision(tally: Tally) -> Estimate:
    requests = [_column(case, Deed.ASKED) for case in Case]
    return resampled_share(tally, [_column(Case.CALLED_FOR, Deed.ASKED)], requests)


def _d_prime(tally: Tally) -> Estimate:
    return resampled(tally, lambda sums: ndtri(_rate(sums, Case.CALLED_FOR)) - ndtri(_rate(sums, Case.NEEDLESS)))


def _criterion(tally: Tally) -> Estimate:
    return resampled(
        tally, lambda sums: -0.5 * (ndtri(_rate(sums, Case.CALLED_FOR)) + ndtri(_rate(sums, Case.NEEDLESS)))
    )


def _rate(sums: NDArray[np.float64], case: Case) -> NDArray[np.float64]:
    """How often it asked in such cases, with a half added to each count: no rate is 0 or 1; NaN without any case."""
    number = sums[..., [_column(case, deed) for deed in Deed]].sum(axis=-1)
    return np.where(number > 0, (sums[..., _column(case, Deed.ASKED)] + 0.5) / (number + 1), np.nan)


DETECTION: dict[str, Callable[[Tally], Estimate]] = {
    # Of the requests, those that were called for.
    "precision": _precision,
    # Of the pictures that did not suffice though help was within reach, those at which it asked.
    "recall": _share([Deed.ASKED], [Case.CALLED_FOR]),
    # Of the pictures that sufficed, those at which it asked.
    "over_asking": _share([Deed.ASKED], [Case.NEEDLESS]),
    # Of the pictures that did not suffice and that nothing could mend, those at which it asked.
    "vain_asking": _share([Deed.ASKED], [Case.IN_VAIN]),
    "d_prime": _d_prime,
    "criterion": _criterion,
    # Over-confidence in deeds: of the pictures that did not suffice, those at which it answered all the same.
    "answered_blind": _share([Deed.ANSWERED], [Case.CALLED_FOR, Case.IN_VAIN]),
    # Under-confidence in deeds: of the pictures that sufficed, those at which it asked or gave up.
    "hesitated": _share([Deed.ASKED, Deed.GAVE_UP], [Case.NEEDLESS]),
}
"""Measures of asking as detection, by name.

Source: D. M. Green and J. A. Swets, Signal detection theory and psychophysics (1966); the half added to each count is
that of M. J. Hautus, Corrections for extreme proportions … (1995).
"""


def detection(rows: Sequence[Row]) -> dict[str, Estimate]:
    """All of ``DETECTION``, of the rows of one agent in one environment."""
    tally = counts(rows)
    return {name: measure(tally) for name, measure in DETECTION.items()}
