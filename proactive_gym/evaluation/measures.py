"""What the stored episodes say."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from proactive_gym.evaluation.statistics import Estimate, average, family, share
from proactive_gym.outcome import Outcome
from proactive_gym.stored import Row


def _families(rows: Sequence[Row]) -> list[str]:
    return [family(row["episode"]) for row in rows]


def _ended(outcome: Outcome) -> Callable[[Sequence[Row]], Estimate]:
    return lambda rows: share([row["outcome"] == outcome.value for row in rows], _families(rows))


def _average(value: Callable[[Row], float]) -> Callable[[Sequence[Row]], Estimate]:
    return lambda rows: average([value(row) for row in rows], _families(rows))


def _first_words(hit: Callable[[bool, bool], bool]) -> Callable[[Sequence[Row]], Estimate]:
    def measure(rows: Sequence[Row]) -> Estimate:
        free = [row for row in rows if not row["options"]]
        return share([hit(*_found(row)) for row in free], _families(free))

    return measure


def _found(row: Row) -> tuple[bool, bool]:
    """Whether the first reply asks for something that helps, and whether it gives the right answer."""
    if row["verdicts"] is not None and row["verdicts"][0] is not None:
        suggestion, answer = row["verdicts"][0]
        return suggestion, answer
    first = row["outcomes"][0]
    return first in (Outcome.REQUESTED.value, Outcome.EXHAUSTED.value), first == Outcome.CORRECT.value


MEASURES: dict[str, Callable[[Sequence[Row]], Estimate]] = {
    "accuracy": _ended(Outcome.CORRECT),
    # As the benchmark counts: turns but the last, whatever the last one was.
    "suggestions": _average(lambda row: len(row["replies"]) - 1),
    "requests": _average(lambda row: row["requests"]),
    "abstained": _ended(Outcome.ABSTAINED),
    "wrong": _ended(Outcome.WRONG),
    "unreadable": _ended(Outcome.UNREADABLE),
    "useless_request": _ended(Outcome.USELESS_REQUEST),
    "exhausted": _ended(Outcome.EXHAUSTED),
    "return": _average(lambda row: row["return"]),
    # Of first replies in free words, by the judge if there was one, else by the matcher.
    "suggested": _first_words(lambda suggestion, answer: suggestion),
    "answered": _first_words(lambda suggestion, answer: answer),
    "either": _first_words(lambda suggestion, answer: suggestion or answer),
}
"""Measures by name; each takes the rows of one agent in one environment."""


@dataclass(frozen=True)
class Cell:
    """One agent in one environment.

    Attributes:
        agent: The agent's name.
        env: The environment's id; ``"mean"`` for the unweighted mean over environments.
        episodes: How many episodes the measures are of.
        measures: Estimates by the measures' names.
        errors: How many further episodes could not be played.
    """

    agent: str
    env: str
    episodes: int
    measures: dict[str, Estimate]
    errors: int = 0

    @property
    def figures(self) -> dict[str, str | int | float]:
        """One flat row for a table: each measure, its lower and its upper bound."""
        flat: dict[str, str | int | float] = {"agent": self.agent, "env": self.env, "episodes": self.episodes}
        for name, estimate in self.measures.items():
            flat |= {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
        return {**flat, "errors": self.errors}


def cells(rows: Iterable[Row]) -> list[Cell]:
    """A cell per agent and environment, in the order in which they first appear."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        found.setdefault((row["agent"], row["env"]), []).append(row)
    return [_cell(agent, env, group) for (agent, env), group in found.items()]


def _cell(agent: str, env: str, rows: Sequence[Row]) -> Cell:
    played = [row for row in rows if row["error"] is None]
    measures = {name: measure(played) for name, measure in MEASURES.items()}
    return Cell(agent, env, len(played), measures, len(rows) - len(played))


def means(table: Sequence[Cell]) -> list[Cell]:
    """For each agent the unweighted mean over its environments, as the paper averages; bounds assume independence."""
    averaged = []
    for agent, group in groupby(table, key=lambda cell: cell.agent):
        of_agent = list(group)
        measures = {name: _mean([cell.measures[name] for cell in of_agent]) for name in MEASURES}
        episodes, errors = sum(cell.episodes for cell in of_agent), sum(cell.errors for cell in of_agent)
        averaged.append(Cell(agent, "mean", episodes, measures, errors))
    return averaged


def _mean(estimates: Sequence[Estimate]) -> Estimate:
    number = len(estimates)
    value = sum(estimate.value for estimate in estimates) / number
    below = sum((estimate.value - estimate.low) ** 2 for estimate in estimates) ** 0.5 / number
    above = sum((estimate.high - estimate.value) ** 2 for estimate in estimates) ** 0.5 / number
    return Estimate(value, value - below, value + above)
