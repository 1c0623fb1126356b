"""Two agents on the same episodes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np

from proactive_gym.evaluation.statistics import Estimate, average, family, mean_of
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
        env: The environment's id; ``"mean"`` for the unweighted mean over the environments that both played.
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
    """Every pair of agents in every environment, in each measure of ``COMPARED``; pairs with nothing in common not.

    Pairs that meet in several environments are compared in the mean over these, too.
    """
    played: dict[str, dict[str, dict[str, Row]]] = {}
    for row in rows:
        if row["error"] is None:
            played.setdefault(row["agent"], {}).setdefault(row["env"], {})[row["episode"]] = row
    envs = dict.fromkeys(row["env"] for row in rows)
    pairs = [_Pair(agent, other, played[agent], played[other]) for agent, other in combinations(played, 2)]
    found = [pair.compared(env, measure) for env in envs for pair in pairs if env in pair.both for measure in COMPARED]
    return found + [pair.compared_in_all(measure) for pair in pairs if len(pair.both) > 1 for measure in COMPARED]


class _Pair:
    """Two agents, and the episodes of each environment that both played."""

    def __init__(self, agent: str, other: str, one: dict[str, dict[str, Row]], two: dict[str, dict[str, Row]]) -> None:
        self.agent, self.other = agent, other
        common = {env: [name for name in one[env] if name in two[env]] for env in one if env in two}
        self.both = {
            env: [(one[env][name], two[env][name]) for name in names] for env, names in common.items() if names
        }

    def compared(self, env: str, measure: str) -> Comparison:
        differences, families = self._differences(env, measure), self._families(env)
        estimate, p = average(differences, families), chance(differences, families)
        return Comparison(env, self.agent, self.other, measure, len(differences), estimate, p)

    def compared_in_all(self, measure: str) -> Comparison:
        by_env = {env: self._differences(env, measure) for env in self.both}
        estimate = mean_of([average(by_env[env], self._families(env)) for env in by_env])
        weighed = np.concatenate([differences / len(differences) for differences in by_env.values()])
        families = [f"{env} {name}" for env in by_env for name in self._families(env)]
        return Comparison("mean", self.agent, self.other, measure, len(weighed), estimate, chance(weighed, families))

    def _differences(self, env: str, measure: str) -> np.ndarray:
        value = COMPARED[measure]
        return np.array([value(one) - value(two) for one, two in self.both[env]])

    def _families(self, env: str) -> list[str]:
        return [family(one["episode"]) for one, _ in self.both[env]]


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
