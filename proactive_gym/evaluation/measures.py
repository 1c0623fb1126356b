"""What the stored episodes say."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import mean, stdev

from proactive_gym.evaluation.further import further
from proactive_gym.evaluation.statistics import Estimate, average, family, mean_of, share
from proactive_gym.outcome import Outcome
from proactive_gym.stored import Row, finished


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
        unjudged: How many further episodes ended with a reply on which the judge gave no readable verdict.
        wording: What the wording of the fixed sentences is called: only where it is the same, figures compare.
    """

    agent: str
    env: str
    episodes: int
    measures: dict[str, Estimate]
    errors: int = 0
    unjudged: int = 0
    wording: str = ""

    @property
    def figures(self) -> dict[str, str | int | float]:
        """One flat row for a table: each measure, its lower and its upper bound."""
        flat: dict[str, str | int | float] = {"agent": self.agent, "env": self.env, "episodes": self.episodes}
        for name, estimate in self.measures.items():
            flat |= {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
        return {**flat, "errors": self.errors, "unreadable_verdicts": self.unjudged, "wording": self.wording}


def cells(rows: Iterable[Row]) -> list[Cell]:
    """A cell per agent and environment, in the order in which they first appear."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        found.setdefault((row["agent"], row["env"]), []).append(row)
    return [_cell(agent, env, group) for (agent, env), group in found.items()]


def _cell(agent: str, env: str, rows: Sequence[Row]) -> Cell:
    played = [row for row in rows if row["error"] is None]
    measures = {name: measure(played) for name, measure in MEASURES.items()} | further(played)
    errors = sum(not finished(row) for row in rows)
    wording = _joined(row["wording"] for row in rows)
    return Cell(agent, env, len(played), measures, errors, len(rows) - len(played) - errors, wording)


def _joined(wordings: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(wordings))


def means(table: Sequence[Cell]) -> list[Cell]:
    """For each agent the unweighted mean over its environments, as the paper averages; bounds assume independence."""
    averaged = []
    for agent, group in groupby(table, key=lambda cell: cell.agent):
        of_agent = list(group)
        measures = {name: mean_of([cell.measures[name] for cell in of_agent]) for name in of_agent[0].measures}
        counts = ([cell.episodes, cell.errors, cell.unjudged] for cell in of_agent)
        episodes, errors, unjudged = map(sum, zip(*counts, strict=True))
        wording = _joined(cell.wording for cell in of_agent)
        averaged.append(Cell(agent, "mean", episodes, measures, errors, unjudged, wording))
    return averaged


@dataclass(frozen=True)
class Spread:
    """An agent's accuracy in an environment, seed by seed.

    Attributes:
        agent: The agent's name.
        env: The environment's id, or ``"mean"``.
        cells: By seed, the cell of its episodes alone.
    """

    agent: str
    env: str
    cells: dict[int, Cell]

    @property
    def accuracies(self) -> list[float]:
        """One per seed."""
        return [cell.measures["accuracy"].value for cell in self.cells.values()]

    @property
    def mean(self) -> float:
        """The unweighted mean over the seeds."""
        return mean(self.accuracies)

    @property
    def deviation(self) -> float:
        """The standard deviation between seeds."""
        return stdev(self.accuracies)


def spreads(rows: Iterable[Row]) -> list[Spread]:
    """A spread per agent and environment with several seeds, and one per agent for its mean over environments."""
    by_seed: dict[int, list[Row]] = {}
    for row in rows:
        if row["seed"] is not None:
            by_seed.setdefault(row["seed"], []).append(row)
    if len(by_seed) < 2:
        return []
    found: dict[tuple[str, str], dict[int, Cell]] = {}
    for seed, of_seed in sorted(by_seed.items()):
        table = cells(of_seed)
        for cell in [*table, *(means(table) if len({cell.env for cell in table}) > 1 else [])]:
            found.setdefault((cell.agent, cell.env), {})[seed] = cell
    return [Spread(agent, env, by) for (agent, env), by in found.items() if len(by) > 1]
