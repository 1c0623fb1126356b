"""Agents × environments, measured."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import proactive_gym
from proactive_gym.agents import Agent, ModelOptions
from proactive_gym.agents.options import ModelSpec
from proactive_gym.envs.desk import Desk
from proactive_gym.errors import check_whole
from proactive_gym.evaluation.alone import Alone
from proactive_gym.evaluation.company import Job, Place, Players
from proactive_gym.evaluation.comparison import Comparison, comparisons
from proactive_gym.evaluation.desks import make_desks
from proactive_gym.evaluation.measures import Cell, Spread, cells, spreads
from proactive_gym.evaluation.planning import Plan, checked_seeds, digest, planned
from proactive_gym.evaluation.run_directory import RunDirectory, in_order
from proactive_gym.evaluation.workers import Workers, hired
from proactive_gym.judging import Speaker
from proactive_gym.outcome import Outcome
from proactive_gym.reward import Reward
from proactive_gym.stored import NO_VERDICT, Row, error_class, finished, key
from proactive_gym.wording import Wording


class Progress(NamedTuple):
    """What is said of each episode of an evaluation.

    Attributes:
        agent: The agent's name.
        env: The environment's id.
        row: The finished episode, or ``None`` if it was finished before.
        episodes: How many there are in all.
        accuracy: The share of right answers among the agent's episodes in the environment so far; ``None`` if none of
            them could be played.
    """

    agent: str
    env: str
    row: Row | None
    episodes: int
    accuracy: float | None


Watcher = Callable[[Progress], None]


@dataclass(frozen=True)
class Evaluation:
    """The outcome of an evaluation.

    Attributes:
        rows: All finished episodes; see ``record``.
        folder: The run's folder, or ``None``.
    """

    rows: list[Row]
    folder: Path | None

    @cached_property
    def comparisons(self) -> list[Comparison]:
        """Every two agents on the episodes that both played."""
        return comparisons(self.rows)

    @property
    def wordings(self) -> list[str]:
        """Names of the wordings that were used."""
        return sorted({row["wording"] for row in self.rows})

    @property
    def errors(self) -> list[Row]:
        """Those that could not be played to their end; nothing is measured on them."""
        return [row for row in self.rows if not finished(row)]

    @property
    def unjudged(self) -> list[Row]:
        """Those of which the judge said nothing readable; nothing is measured on them, and they are counted apart."""
        return [row for row in self.rows if error_class(row) == NO_VERDICT]

    @cached_property
    def table(self) -> list[Cell]:
        """Measures per agent and environment."""
        return cells(self.rows)

    @cached_property
    def spreads(self) -> list[Spread]:
        """Accuracy seed by seed, where there are several."""
        return spreads(self.rows)

    @property
    def usage(self) -> dict[str, dict[str, float]]:
        """By agent what was used in all sittings, as ``timing.jsonl`` tells: seconds, and what models count."""
        return {} if self.folder is None else RunDirectory(self.folder).usage()


def evaluate(
    agents: str | Agent | Sequence[str | Agent],
    envs: str | Sequence[str] = "all",
    episodes: int | None = None,
    num_envs: int = 32,
    out: str | Path | None = None,
    seed: int | Sequence[int] = 0,
    watch: Watcher | None = None,
    shots: int = 0,
    options: ModelOptions | None = None,
    only: str | Path | None = None,
    judge: str | Speaker | ModelSpec | None = None,
    workers: int | Workers | None = None,
    **env_kwargs: Any,
) -> Evaluation:
    """``proactive_gym.evaluate`` without the reports: plays what is owed and keeps it; see there."""
    # Before anything is played: a wrong argument is said at once.
    if episodes is not None:
        check_whole("episodes", episodes, 1)
    check_whole("num_envs", num_envs, 1)
    named = (agents,) if isinstance(agents, str | Agent) else tuple(agents)
    hands = Workers(workers) if isinstance(workers, int) else workers
    desks = make_desks(envs, env_kwargs, shots)
    job = Job(named, tuple(desks), env_kwargs, options or ModelOptions(), judge, shots, num_envs)
    seeds = checked_seeds(seed)
    plan = planned(desks, episodes, seeds, only)
    with closing(_players(job, desks, hands)) as players:
        sitting = _Sitting(players, desks, plan, watch)
        if out is None:
            return Evaluation(in_order(sitting.play({}), sitting.order), None)
        told = {"episodes": episodes, "seed": seeds[0] if len(seeds) == 1 else seeds, "shots": shots}
        described = {
            **sitting.configuration,
            **told,
            "env_kwargs": {name: _plain(it) for name, it in env_kwargs.items()},
        }
        run = RunDirectory.opened(out, described)
        there = {key(row): row for row in run.rows() if finished(row)} if run.episodes.exists() else {}
        for _ in sitting.play(there, run):
            pass
    run.put_in_order(sitting.order)
    return Evaluation(run.rows(), run.folder)


def _players(job: Job, desks: dict[str, Desk], workers: Workers | None) -> Players:
    return Alone(job, desks) if workers is None else hired(job.worded(desks), workers)


@dataclass(frozen=True)
class _Sitting:
    """Who plays what, until it is done or interrupted.

    Attributes:
        players: Who plays.
        desks: Where, by the environments' ids.
        plan: What: by the environments' ids, names of episodes with the seed they belong to.
        watch: Is told of every episode.
    """

    players: Players
    desks: dict[str, Desk]
    plan: Plan
    watch: Watcher | None

    @property
    def order(self) -> list[tuple[str, str, str]]:
        """All episodes, as they are planned."""
        agents = self.players.cast.agents
        return [(agent, env, name) for agent in agents for env, names in self.plan.items() for name in names]

    @property
    def configuration(self) -> dict[str, Any]:
        """What decides the replies, but for the environments' arguments."""
        cast = self.players.cast
        return {
            "agents": list(cast.agents),
            "envs": list(self.plan),
            "plan": {env: digest(list(names)) for env, names in self.plan.items()},
            "judge": cast.judge,
            "models": cast.models,
            "wording": {env: desk.setting.wording.name for env, desk in self.desks.items()},
            "version": proactive_gym.__version__,
        }

    def play(self, there: dict[tuple[str, str, str], Row], run: RunDirectory | None = None) -> Iterator[Row]:
        """All rows: those that are there, and what is owed."""
        order = self.order
        live = _Live(len(order), self.watch)
        for row in there.values():
            live.note(row, earlier=True)
            yield row
        owed: dict[Place, dict[str, int | None]] = {}
        for agent, env, name in order:
            if (agent, env, name) not in there:
                owed.setdefault((agent, env), {})[name] = self.plan[env][name]
        self.players.check({agent for agent, _ in owed})
        with closing(self.players.play(owed, _unnoted if run is None else run.note_time)) as played:
            for row in played if run is None else run.append(played):
                live.note(row)
                yield row


class _Live:
    """How agents do in their environments so far."""

    def __init__(self, total: int, watch: Watcher | None) -> None:
        self.total, self.watch = total, watch
        self.right: Counter[Place] = Counter()
        self.played: Counter[Place] = Counter()

    def note(self, row: Row, earlier: bool = False) -> None:
        place = agent, env = row["agent"], row["env"]
        self.right[place] += row["outcome"] == Outcome.CORRECT.value
        self.played[place] += row["error"] is None
        if self.watch:
            accuracy = self.right[place] / self.played[place] if self.played[place] else None
            self.watch(Progress(agent, env, None if earlier else row, self.total, accuracy))


def _unnoted(**figures: Any) -> None:
    """Times are kept with a run only."""


def _plain(value: Any) -> Any:
    """Arguments as they can stand in a JSON file, the same in every process."""
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, Reward | Wording):
        return repr(value)
    if isinstance(value, Path):
        return str(value)
    described = {name: getattr(value, name, None) for name in ("name", "split", "image_size")}
    return {"type": f"{type(value).__module__}.{type(value).__qualname__}", **described}
