"""Drops episodes that too many agents answer at first sight, as the benchmark's authors did; says what that costs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, comb
from pathlib import Path

from proactive_gym.errors import InputError, one_line
from proactive_gym.outcome import Outcome
from proactive_gym.stored import Row

LEAK = 0.4
"""How often an agent answers a leaking episode at first sight, in the paper's reckoning of what the rule finds."""


@dataclass(frozen=True)
class Filtered:
    """What the rule leaves of one environment's episodes.

    Attributes:
        env: The environment's id.
        kept: Names of the episodes that are kept, in order.
        dropped: Names of those that are not.
        agents: How many agents' replies were looked at.
        needed: How many of them have to answer an episode at first sight for it to be dropped.
        before: The share of first replies that are right, over all agents and episodes.
        after: The same over the episodes that are kept.
    """

    env: str
    kept: list[str]
    dropped: list[str]
    agents: int
    needed: int
    before: float
    after: float

    @property
    def recall(self) -> float:
        """The share of leaking episodes that the rule would find, if agents guess them right ``LEAK`` of the time."""
        return sum(
            comb(self.agents, hits) * LEAK**hits * (1 - LEAK) ** (self.agents - hits)
            for hits in range(self.needed, self.agents + 1)
        )

    @property
    def false_alarms(self) -> float:
        """The share of sound episodes that it drops all the same, if agents guess one in four."""
        return sum(
            comb(self.agents, hits) * 0.25**hits * 0.75 ** (self.agents - hits)
            for hits in range(self.needed, self.agents + 1)
        )


def filtered(rows: Iterable[Row], share: float = 0.25) -> list[Filtered]:
    """Drop the episodes that at least ``share`` of the agents answer right on the first turn.

    Only episodes that all agents of an environment played count; those with errors are no replies.

    Source: ProactiveBench (arXiv 2603.19466), section 3.3: 6 of 22 models, a share of 0.25.

    Raises:
        InputError: If the share is impossible, or if no episode was played by all agents.
    """
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share <= 1:
        raise InputError(f"share is {share!r}, but must be a number above 0 and at most 1.")
    found: dict[str, dict[str, dict[str, bool]]] = {}
    for row in rows:
        if row["error"] is None:
            at_first_sight = len(row["replies"]) == 1 and row["outcome"] == Outcome.CORRECT.value
            found.setdefault(row["env"], {}).setdefault(row["agent"], {})[row["episode"]] = at_first_sight
    if not found:
        raise InputError("There are no finished episodes to filter.")
    return [_filtered(env, by_agent, share) for env, by_agent in found.items()]


def _filtered(env: str, by_agent: dict[str, dict[str, bool]], share: float) -> Filtered:
    first, *others = by_agent.values()
    common = [name for name in first if all(name in other for other in others)]
    if not common:
        raise InputError(
            f"The {len(by_agent)} agents have no episode of {env} in common, so that none can be filtered."
        )
    needed = ceil(share * len(by_agent) - 1e-9)
    hits = {name: sum(replies[name] for replies in by_agent.values()) for name in common}
    kept = [name for name in common if hits[name] < needed]
    return Filtered(
        env,
        kept,
        [name for name in common if hits[name] >= needed],
        len(by_agent),
        needed,
        _mean([hits[name] / len(by_agent) for name in common]),
        _mean([hits[name] / len(by_agent) for name in kept]),
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def write_names(results: Iterable[Filtered], file: Path) -> None:
    """The kept episodes, an environment's id and a name a line, for ``eval --only``."""
    file.write_text("".join(f"{found.env}\t{name}\n" for found in results for name in found.kept), encoding="utf-8")


def read_names(file: str | Path) -> dict[str, list[str]]:
    """Names of episodes by environment, as ``write_names`` writes them.

    Raises:
        InputError: If the file cannot be read, holds none, has a line of another form, or names an episode twice.
    """
    try:
        lines = Path(file).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"The names of episodes in {file} cannot be read: {one_line(error)}.") from error
    found: dict[str, list[str]] = {}
    for number, line in enumerate(lines, start=1):
        env, tab, name = line.partition("\t")
        if not (env and tab and name) or name in found.get(env, ()):
            raise InputError(
                f"{file}, line {number} is {line!r}, but must be an environment's id, a tab, and an episode's name "
                "that no other line has."
            )
        found.setdefault(env, []).append(name)
    if not found:
        raise InputError(f"{file} holds no names of episodes.")
    return found
