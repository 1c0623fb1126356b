"""Agents × environments, measured."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import proactive_gym
from proactive_gym.agents import Agent, ModelOptions, make_agent
from proactive_gym.envs.base import Desk
from proactive_gym.errors import InputError, check_whole
from proactive_gym.evaluation.comparison import Comparison, comparisons
from proactive_gym.evaluation.measures import Cell, Spread, cells, spreads
from proactive_gym.evaluation.planning import Plan, checked_seeds, digest, planned
from proactive_gym.evaluation.record import record
from proactive_gym.evaluation.run_directory import RunDirectory
from proactive_gym.judging import Judge, Speaker
from proactive_gym.outcome import Outcome
from proactive_gym.practice import WorkedExamples
from proactive_gym.reward import Reward
from proactive_gym.rollout import make_desk, play
from proactive_gym.stored import NO_VERDICT, Row, error_class, finished, key
from proactive_gym.wording import Wording

LONGEST_VERDICT = 4096
"""Tokens that a judge may think and say."""


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

SCENARIO_IDS = tuple(name for name in proactive_gym.ENVIRONMENTS if name != "ProactiveSuite-v0")


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
    judge: str | Speaker | None = None,
    **env_kwargs: Any,
) -> Evaluation:
    """``proactive_gym.evaluate`` without the reports: plays what is owed and keeps it; see there."""
    # Before anything is played: a wrong argument is said at once.
    options = options or ModelOptions()
    made = [make_agent(agent, options) for agent in ([agents] if isinstance(agents, str | Agent) else agents)]
    _check_distinct([agent.name for agent in made])
    if episodes is not None:
        check_whole("episodes", episodes, 1)
    check_whole("num_envs", num_envs, 1)
    asked = None if judge is None else _speaker(judge, options, env_kwargs)
    desks = make_desks(envs, env_kwargs, shots)
    seeds = checked_seeds(seed)
    sitting = _Sitting(made, desks, planned(desks, episodes, seeds, only), num_envs, shots, asked, watch)
    if out is None:
        return Evaluation(list(sitting.play({})), None)
    told = {"episodes": episodes, "seed": seeds[0] if len(seeds) == 1 else seeds}
    described = {**sitting.configuration, **told, "env_kwargs": {name: _plain(it) for name, it in env_kwargs.items()}}
    run = RunDirectory.opened(out, described)
    there = {key(row): row for row in run.rows() if finished(row)} if run.episodes.exists() else {}
    for _ in sitting.play(there, run):
        pass
    run.put_in_order(sitting.order)
    return Evaluation(run.rows(), run.folder)


@dataclass(frozen=True)
class _Sitting:
    """Who plays what, until it is done or interrupted.

    Attributes:
        agents: Who plays.
        desks: Where, by the environments' ids.
        plan: What: by the environments' ids, names of episodes with the seed they belong to.
        num_envs: How many conversations are open at once.
        shots: How many worked examples come with each turn.
        judge: Who reads free words.
        watch: Is told of every episode.
    """

    agents: list[Agent]
    desks: dict[str, Desk]
    plan: Plan
    num_envs: int
    shots: int
    judge: Speaker | None
    watch: Watcher | None

    @property
    def order(self) -> list[tuple[str, str, str]]:
        """All episodes, as they are planned."""
        return [(agent.name, env, name) for agent in self.agents for env, names in self.plan.items() for name in names]

    @property
    def configuration(self) -> dict[str, Any]:
        """What decides the replies, but for the environments' arguments."""
        judge = self.judge
        return {
            "agents": [agent.name for agent in self.agents],
            "envs": list(self.plan),
            "plan": {env: digest(list(names)) for env, names in self.plan.items()},
            "judge": None if judge is None else {"name": judge.name, **getattr(judge, "configuration", {})},
            "shots": self.shots,
            "models": {agent.name: agent.configuration for agent in self.agents if hasattr(agent, "configuration")},
            "wording": {env: desk.setting.wording.name for env, desk in self.desks.items()},
            "version": proactive_gym.__version__,
        }

    def play(self, there: dict[tuple[str, str, str], Row], run: RunDirectory | None = None) -> Iterator[Row]:
        """All rows: those that are there, and what is owed."""
        self._check_servers({agent for agent, _, _ in {*self.order} - there.keys()})
        yield from there.values()
        for agent in self.agents:
            for env, names in self.plan.items():
                earlier = [there[place] for name in names if (place := (agent.name, env, name)) in there]
                live = _Live(agent.name, env, len(self.order), self.watch)
                for row in earlier:
                    live.note(row, earlier=True)
                owed = [name for name in names if (agent.name, env, name) not in there]
                for row in self._played(agent, env, owed, run):
                    live.note(row)
                    yield row

    def _check_servers(self, owing: set[str]) -> None:
        """Have those who will be asked say at once if they cannot be."""
        asked: list[Any] = [agent for agent in self.agents if agent.name in owing]
        for speaker in [*asked, *([self.judge] if owing and self.judge is not None else [])]:
            if hasattr(speaker, "check"):
                speaker.check()

    def _played(self, agent: Agent, env: str, owed: list[str], run: RunDirectory | None) -> Iterator[Row]:
        desk = self.desks[env]
        judge = None if self.judge is None else Judge(self.judge, desk.setting.wording)
        trajectories = play(agent, desk, iter(owed), self.num_envs, self.shots, judge)
        wording, seeds = desk.setting.wording.name, self.plan[env]
        rows = (record(each, agent.name, env, wording, seeds[each.episode]) for each in trajectories)
        if run is None:
            yield from rows
            return
        began, before, number = time.perf_counter(), self._usage(agent), 0
        try:
            for row in run.append(rows):
                number += 1
                yield row
        finally:  # an interrupted sitting has cost something, too
            used = _more(self._usage(agent), before)
            if number or any(used.values()):
                seconds = round(time.perf_counter() - began, 3)
                told = {"agent": agent.name, "env": env, "episodes": number, "seconds": seconds}
                with suppress(OSError):  # a full disk has been said already
                    run.note_time(**told, num_envs=self.num_envs, **used)

    def _usage(self, agent: Agent) -> dict[str, float]:
        """What agent and judge have used so far."""
        judged = {f"judge_{name}": number for name, number in getattr(self.judge, "usage", {}).items()}
        return {**getattr(agent, "usage", {}), **judged}


class _Live:
    """How an agent does in an environment so far."""

    def __init__(self, agent: str, env: str, total: int, watch: Watcher | None) -> None:
        self.agent, self.env, self.total, self.watch = agent, env, total, watch
        self.right = self.played = 0

    def note(self, row: Row, earlier: bool = False) -> None:
        self.right += row["outcome"] == Outcome.CORRECT.value
        self.played += row["error"] is None
        if self.watch:
            accuracy = self.right / self.played if self.played else None
            self.watch(Progress(self.agent, self.env, None if earlier else row, self.total, accuracy))


def _more(now: dict[str, float], before: dict[str, float]) -> dict[str, float]:
    return {name: round(number - before.get(name, 0), 6) for name, number in now.items()}


def _speaker(judge: str | Speaker, options: ModelOptions, env_kwargs: dict[str, Any]) -> Speaker:
    if env_kwargs.get("reply") != "open":
        raise InputError("A judge reads replies in free words: it needs reply='open'.")
    speaker = make_agent(judge, options.for_judging(LONGEST_VERDICT)) if isinstance(judge, str) else judge
    Judge(speaker)  # says at once if it cannot
    return speaker  # type: ignore[return-value]


def make_desks(envs: str | Sequence[str], env_kwargs: dict[str, Any], shots: int) -> dict[str, Desk]:
    """The environments by id, with a look at whether so many worked examples can be had in them.

    Raises:
        InputError: If an id or an argument is wrong.
    """
    desks = {env: make_desk(env, env_kwargs) for env in _ids(envs)}
    for desk in desks.values():
        WorkedExamples(desk, shots)
    return desks


def _ids(envs: str | Sequence[str]) -> list[str]:
    ids = list(SCENARIO_IDS) if envs == "all" else [envs] if isinstance(envs, str) else list(envs)
    _check_distinct(ids)
    return ids


def _check_distinct(names: Sequence[str]) -> None:
    if not names:
        raise InputError("There is nothing to evaluate: give at least one agent and one environment.")
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"{name!r} is given twice; the rows of a run are told apart by name.")


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
