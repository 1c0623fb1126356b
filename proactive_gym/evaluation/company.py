"""Who plays: agents, environments and a judge, made in the process in which they play."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from proactive_gym.agents import Agent, ModelOptions, make_agent
from proactive_gym.agents.options import ModelSpec
from proactive_gym.envs.desk import Desk
from proactive_gym.errors import InputError
from proactive_gym.evaluation.desks import check_distinct, make_desks
from proactive_gym.evaluation.record import record
from proactive_gym.judging import Judge, Speaker
from proactive_gym.rollout import play
from proactive_gym.stored import Row

LONGEST_VERDICT = 4096
"""Tokens that a judge may think and say."""

Place = tuple[str, str]
"""An agent's name and an environment's id."""
Episodes = Mapping[str, int | None]
"""Names of episodes with the seed they belong to."""
Note = Callable[..., None]
"""Takes the figures of a line of ``timing.jsonl``."""


@dataclass(frozen=True)
class Job:
    """All that it takes to make who plays, in this process or another.

    Attributes:
        agents: Agents or their names.
        envs: The environments' ids.
        env_kwargs: Keyword arguments of the environments.
        options: Settings of model agents.
        judge: Who reads free words, or ``None``.
        shots: How many worked examples come with each turn.
        num_envs: How many conversations are open at once.
    """

    agents: tuple[str | Agent, ...]
    envs: tuple[str, ...]
    env_kwargs: dict[str, Any]
    options: ModelOptions
    judge: str | Speaker | ModelSpec | None
    shots: int
    num_envs: int

    def __post_init__(self) -> None:
        """Refuse a judge who has nothing to judge."""
        if self.judge is not None and self.env_kwargs.get("reply") != "open":
            raise InputError("A judge reads replies in free words: it needs reply='open'.")

    def worded(self, desks: Mapping[str, Desk]) -> "Job":
        """The same with the sentences of these environments, whatever another process would find in their place."""
        wording = next(iter(desks.values())).setting.wording
        return replace(self, env_kwargs={**self.env_kwargs, "wording": wording})


@dataclass(frozen=True)
class Cast:
    """What is said of agents and judge in a run's configuration.

    Attributes:
        agents: The agents' names.
        models: What decides the replies of each, where it says so.
        judge: The same of the judge, with its name.
    """

    agents: tuple[str, ...]
    models: dict[str, dict[str, Any]]
    judge: dict[str, Any] | None


class Players(Protocol):
    """Whoever plays what is owed: this process, or workers."""

    @property
    def cast(self) -> Cast:
        """Who they are."""

    def check(self, owing: set[str]) -> None:
        """Have agents, and the judge, say at once if they cannot be asked."""

    def play(self, owed: Mapping[Place, Episodes], note: Note) -> Generator[Row, None, None]:
        """Play it all; the rows may come in any order."""

    def close(self) -> None:
        """Let go of what was held."""


class Company:
    """Agents, environments and judge, ready to play.

    Args:
        job: What they are made of.
        desks: The environments, where they are made already.

    Raises:
        InputError: If one of them cannot be made.
    """

    def __init__(self, job: Job, desks: dict[str, Desk] | None = None) -> None:
        made = [make_agent(agent, job.options) for agent in job.agents]
        check_distinct([agent.name for agent in made])
        self._job = job
        self._agents = {agent.name: agent for agent in made}
        self._judge = None if job.judge is None else speaker_of(job.judge, job.options)
        self._desks = make_desks(job.envs, job.env_kwargs, job.shots) if desks is None else desks

    @property
    def cast(self) -> Cast:
        """Who they are."""
        judge, agents = self._judge, self._agents
        return Cast(
            tuple(agents),
            {name: agent.configuration for name, agent in agents.items() if hasattr(agent, "configuration")},
            None if judge is None else {"name": judge.name, **getattr(judge, "configuration", {})},
        )

    def check(self, owing: set[str]) -> None:
        """Have those who will be asked say at once if they cannot be."""
        asked: list[Any] = [agent for name, agent in self._agents.items() if name in owing]
        for speaker in [*asked, *([self._judge] if owing and self._judge is not None else [])]:
            if hasattr(speaker, "check"):
                speaker.check()

    def play(
        self, place: Place, episodes: Iterable[tuple[str, int | None]], at_hand: Callable[[], int] | None = None
    ) -> Iterator[Row]:
        """Rows of these episodes, named with the seed they belong to, in order; ``at_hand`` as in ``Beginnings``."""
        (name, env), seeds = place, {}

        def names() -> Iterator[str]:
            for episode, seed in episodes:
                seeds[episode] = seed
                yield episode

        agent, desk, job = self._agents[name], self._desks[env], self._job
        judge = None if self._judge is None else Judge(self._judge, desk.setting.wording)
        for each in play(agent, desk, names(), job.num_envs, job.shots, judge, at_hand):
            yield record(each, name, env, desk.setting.wording.name, seeds.pop(each.episode))

    def usage(self, agent: str) -> dict[str, float]:
        """What agent and judge have used so far."""
        judged = {f"judge_{name}": number for name, number in getattr(self._judge, "usage", {}).items()}
        return {**getattr(self._agents[agent], "usage", {}), **judged}


def more(now: dict[str, float], before: dict[str, float]) -> dict[str, float]:
    """What has been used since."""
    return {name: round(number - before.get(name, 0), 6) for name, number in now.items()}


def judge_spec(judge: Any, options: ModelOptions) -> Any:
    """A judge given by name, with settings that go with the agents'; another one as it is."""
    return ModelSpec(judge, options.for_judging(LONGEST_VERDICT)) if isinstance(judge, str) else judge


def speaker_of(judge: str | Speaker | ModelSpec, options: ModelOptions) -> Speaker:
    """The judge, made if it is not yet.

    Raises:
        InputError: If it cannot be made, or cannot judge.
    """
    judge = judge_spec(judge, options)
    speaker = make_agent(judge.name, judge.options) if isinstance(judge, ModelSpec) else judge
    Judge(speaker)  # says at once if it cannot
    return speaker  # type: ignore[return-value]
