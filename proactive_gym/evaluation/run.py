"""Agents × environments, measured."""

import hashlib
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import proactive_gym
from proactive_gym.agents import Agent, ModelOptions, make_agent
from proactive_gym.envs.base import Desk
from proactive_gym.errors import InputError, check_whole
from proactive_gym.evaluation.comparison import Comparison, comparisons
from proactive_gym.evaluation.filtering import read_names
from proactive_gym.evaluation.measures import Cell, cells
from proactive_gym.evaluation.record import record
from proactive_gym.evaluation.run_directory import RunDirectory
from proactive_gym.judging import Judge, Speaker
from proactive_gym.reward import Reward
from proactive_gym.rollout import Trajectory, episode_names, make_desk, play
from proactive_gym.stored import Row
from proactive_gym.wording import Wording

EPISODES = 200
"""Episodes per agent and environment where the source has no end and nobody says how many."""


LONGEST_VERDICT = 4096
"""Tokens that a judge may think and say."""


class Progress(NamedTuple):
    """What is said of each episode of an evaluation.

    Attributes:
        agent: The agent's name.
        env: The environment's id.
        row: The finished episode, or ``None`` if it was finished before.
        episodes: How many there are in all.
    """

    agent: str
    env: str
    row: Row | None
    episodes: int


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

    @property
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
        return [row for row in self.rows if row["error"] is not None]

    @property
    def table(self) -> list[Cell]:
        """Measures per agent and environment."""
        return cells(self.rows)


def evaluate(
    agents: str | Agent | Sequence[str | Agent],
    envs: str | Sequence[str] = "all",
    episodes: int | None = None,
    num_envs: int = 32,
    out: str | Path | None = None,
    seed: int = 0,
    watch: Watcher | None = None,
    shots: int = 0,
    options: ModelOptions | None = None,
    only: str | Path | None = None,
    judge: str | Speaker | None = None,
    **env_kwargs: Any,
) -> Evaluation:
    """``proactive_gym.evaluate`` without the reports: plays what is owed and keeps it; see there."""
    made = [make_agent(agent, options) for agent in ([agents] if isinstance(agents, str | Agent) else agents)]
    _check_distinct([agent.name for agent in made])
    ids = _ids(envs)
    if episodes is not None:
        check_whole("episodes", episodes, 1)
    check_whole("num_envs", num_envs, 1)
    asked = None if judge is None else _asked(judge, env_kwargs)
    # Before anything is played: a wrong argument is said at once.
    desks = {env: make_desk(env, env_kwargs) for env in ids}
    plan = _plan(desks, episodes, seed, only)
    total = len(made) * sum(map(len, plan.values()))
    run = None
    if out is not None:
        wordings = {env: desk.setting.wording.name for env, desk in desks.items()}
        run = RunDirectory.opened(out, _configuration(made, plan, episodes, seed, shots, asked, env_kwargs, wordings))
    there = run.rows() if run and run.episodes.exists() else []
    done = {(row["agent"], row["env"], row["episode"]): row for row in there if row["error"] is None}
    rows: list[Row] = list(done.values())
    for agent in made:
        for env in ids:
            owed = [name for name in plan[env] if (agent.name, env, name) not in done]
            for _ in range(len(plan[env]) - len(owed)):
                if watch:
                    watch(Progress(agent.name, env, None, total))
            made_of = Judge(asked, desks[env].setting.wording) if asked else None
            trajectories = play(agent, desks[env], iter(owed), num_envs, shots, made_of)
            for row in _played(trajectories, agent, desks[env], env, run, owed=len(owed), num_envs=num_envs):
                rows.append(row)
                if watch:
                    watch(Progress(agent.name, env, row, total))
    if run:
        run.put_in_order([(agent.name, env, name) for agent in made for env in ids for name in plan[env]])
        rows = run.rows()
    return Evaluation(rows, None if run is None else run.folder)


def _asked(judge: str | Speaker, env_kwargs: dict[str, Any]) -> Speaker:
    if env_kwargs.get("reply") != "open":
        raise InputError("A judge reads replies in free words: it needs reply='open'.")
    speaker = make_agent(judge, ModelOptions(max_new_tokens=LONGEST_VERDICT)) if isinstance(judge, str) else judge
    Judge(speaker)  # says at once if it cannot
    return speaker  # type: ignore[return-value]


def _played(
    trajectories: Iterator[Trajectory],
    agent: Agent,
    desk: Desk,
    env: str,
    run: RunDirectory | None,
    *,
    owed: int,
    num_envs: int,
) -> Iterator[Row]:
    if not owed:
        return
    began = time.perf_counter()
    rows = (record(trajectory, agent.name, env, desk.setting.wording.name) for trajectory in trajectories)
    yield from run.append(rows) if run else rows
    if run:
        seconds = round(time.perf_counter() - began, 3)
        usage = getattr(agent, "usage", {})
        run.note_time(agent=agent.name, env=env, episodes=owed, seconds=seconds, num_envs=num_envs, **usage)


def _plan(desks: dict[str, Desk], episodes: int | None, seed: int, only: str | Path | None) -> dict[str, list[str]]:
    """Names of the episodes to play, by environment."""
    if only is None:
        return {env: list(episode_names(desk, _number(desk, episodes), seed)) for env, desk in desks.items()}
    if episodes is not None:
        raise InputError(f"episodes is {episodes}, but only={str(only)!r} already says which are played.")
    listed = read_names(only)
    for env in desks:
        if env not in listed:
            raise InputError(f"{only} names no episode of {env}; it has some of {', '.join(listed)}.")
    return {env: listed[env] for env in desks}


def _number(desk: Desk, episodes: int | None) -> int | None:
    return EPISODES if episodes is None and desk.source.size(desk.scenarios) == math.inf else episodes


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


def _configuration(
    agents: Sequence[Agent],
    plan: dict[str, list[str]],
    episodes: int | None,
    seed: int,
    shots: int,
    judge: Any,
    env_kwargs: dict[str, Any],
    wordings: dict[str, str],
) -> dict[str, Any]:
    return {
        "agents": [agent.name for agent in agents],
        "envs": list(plan),
        "episodes": episodes,
        "plan": {env: _digest(names) for env, names in plan.items()},
        "seed": seed,
        "judge": None if judge is None else {"name": judge.name, **getattr(judge, "configuration", {})},
        "shots": shots,
        "models": {agent.name: agent.configuration for agent in agents if hasattr(agent, "configuration")},
        "wording": wordings,
        "env_kwargs": {name: _plain(value) for name, value in env_kwargs.items()},
        "version": proactive_gym.__version__,
    }


def _digest(names: Sequence[str]) -> str:
    """Which episodes are played: their number, and the beginning of a hash of their names."""
    return f"{len(names)} episodes, {hashlib.sha256(chr(10).join(names).encode()).hexdigest()[:16]}"


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
