"""Two agents on the same episodes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np

from proactive_gym.evaluation.statistics import Estimate, average, family
from proactive_gym.outcome import Outcome
from proactive_gym.stored import Row

FLIPS = 10_000

COMPARED: dict[str, Callable[[Row], float]] = {
    "accuracy": lambda row: float(row["outcome"] == Outcome.CORRECT.value),
    "requests": lambda row: float(row["requests"]),
    "return": lambda row: float(row["return"]),
}
"""What agents are compared in, episode by episode."""


@dataclass(frozen=True)
class Comparison:
    """How two agents differ in one measure on the episodes that both played.

    Attributes:
        env: The environment's id.
        agent: The one.
        other: The other.
        measure: What of.
        episodes: How many both played.
        difference: The first agent's mean less the other's, with a 95 % interval.
        p: How likely a difference at least as great is if it were a matter of chance which of the two did what.
    """

    env: str
    agent: str
    other: str
    measure: str
    episodes: int
    difference: Estimate
    p: float

    @property
    def figures(self) -> dict[str, str | int | float]:
        """One flat row for a table."""
        difference = self.difference
        return {
            **{"env": self.env, "agent": self.agent, "other": self.other, "measure": self.measure},
            **{"episodes": self.episodes, "difference": difference.value},
            **{"difference_low": difference.low, "difference_high": difference.high, "p": self.p},
        }


def comparisons(rows: Sequence[Row]) -> list[Comparison]:
    """Every pair of agents in every environment, in each measure of ``COMPARED``; pairs with nothing in common not."""
    played: dict[str, dict[str, dict[str, Row]]] = {}
    for row in rows:
        if row["error"] is None:
            played.setdefault(row["env"], {}).setdefault(row["agent"], {})[row["episode"]] = row
    return [
        _compared(env, agent, other, measure, by_agent)
        for env, by_agent in played.items()
        for agent, other in combinations(by_agent, 2)
        if by_agent[agent].keys() & by_agent[other].keys()
        for measure in COMPARED
    ]


def _compared(env: str, agent: str, other: str, measure: str, by_agent: dict[str, dict[str, Row]]) -> Comparison:
    value, one, two = COMPARED[measure], by_agent[agent], by_agent[other]
    both = [name for name in one if name in two]
    differences = np.array([value(one[name]) - value(two[name]) for name in both])
    families = [family(name) for name in both]
    return Comparison(
        env, agent, other, measure, len(both), average(differences, families), chance(differences, families)
    )


def chance(differences: np.ndarray, families: Sequence[str]) -> float:
    """The two-sided p-value of paired differences: as if each family's sign were thrown by a coin.

    Exact where all differences are of one size and each family has one (McNemar's test), else from random flips.

    Sources: Q. McNemar (1947); E. J. G. Pitman, Significance tests which may be applied to samples from any populations
    (1937).
    """
    _, which = np.unique(families, return_inverse=True)
    sums = np.bincount(which, weights=differences)
    sums = sums[sums != 0]
    if not len(sums):
        return 1.0
    if np.ptp(np.abs(sums)) < 1e-12:
        fewer, number = int(min((sums > 0).sum(), (sums < 0).sum())), len(sums)
        return float(min(1.0, 2 * sum(comb(number, k) for k in range(fewer + 1)) / 2**number))
    random = np.random.default_rng(0)
    signs = random.integers(0, 2, size=(FLIPS, len(sums)), dtype=np.int8) * 2 - 1
    as_great = (np.abs(signs @ sums) >= abs(sums.sum()) - 1e-9).sum()
    return float(as_great + 1) / (FLIPS + 1)
