"""The environments for verifiers, as its taskset and environment ``proactive-gym-verifiers``.

``vf-eval proactive-gym-verifiers --env.taskset.env-id ProactiveSuite-v0 --env.taskset.episodes 50 -m MODEL …``

A task is an episode; the environment is the user. The model is shown the whole conversation, each turn with its
picture, as with ``proactive-gym eval --history images``; the reward is what the environment pays.
"""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import verifiers.v1 as vf

from proactive_gym.adapters.written import WrittenEpisodes, of_one
from proactive_gym.agents.asking import Asking
from proactive_gym.agents.wire import on_the_wire
from proactive_gym.cli_options import SETTING

KEPT = "episode"
"""Where a trace's info holds the episode as a row of ``episodes.jsonl``."""


class EpisodesConfig(vf.TasksetConfig):
    """Which episodes, and in what setting; what is ``None`` is left to the environment."""

    env_id: str = "ProactiveSuite-v0"
    """An environment's id."""
    episodes: int | None = None
    """How many; by default all of a source that has an end, else 200."""
    seed: int = 0
    """Other seeds take other episodes, where the source has no end."""
    thought: bool = False
    """Whether the model is asked to think aloud before it replies."""
    source: str | None = None
    data_dir: str | None = None
    split: str | None = None
    image_size: int | None = None
    skip_bad: bool | None = None
    reading: str | None = None
    menu_order: str | None = None
    interventions: str | None = None
    control: str | None = None
    wording: str | None = None
    budget: int | None = None
    hint: bool | str | None = None
    clear: bool | None = None
    single_turn: bool | None = None
    user: str | None = None
    phrasing: str | None = None
    decoys: str | None = None

    @property
    def setting(self) -> dict[str, Any]:
        """Keyword arguments of the environment, those that were given."""
        given = {name: getattr(self, name, None) for name in SETTING}
        return {name: value for name, value in given.items() if value is not None}


class EpisodeTask(vf.Task[vf.TaskData]):
    """One episode; its name is the task's id."""


class EpisodesTaskset(vf.Taskset[EpisodeTask, EpisodesConfig]):
    """The episodes that ``proactive-gym eval`` plays with the same arguments."""

    @cached_property
    def episodes(self) -> WrittenEpisodes:
        """What they are begun from."""
        config = self.config
        asking = Asking(thought=config.thought)
        return WrittenEpisodes(config.env_id, config.episodes, config.seed, asking, **config.setting)

    def load(self) -> Iterator[EpisodeTask]:
        """A task per episode; the user opens the conversation."""
        for name in self.episodes.names:
            yield EpisodeTask(vf.TaskData(id=name, name=name), self.config.task)


class UserEnvConfig(vf.EnvConfig):
    """The model's seat; by default a plain chat on this machine, where nothing that it writes is run."""

    agent: vf.AgentConfig = vf.AgentConfig(harness={"id": "null"}, runtime=vf.SubprocessConfig())


class UserEnv(vf.Env[UserEnvConfig]):
    """The user who asks, and does as requested."""

    async def run(self, task: Any, agents: Any) -> None:
        """Play the task's episode; its return is the reward, its measures are metrics, its row is in the trace's info.

        Raises:
            RuntimeError: If a picture cannot be shown, which is no fault of the model's.
        """
        episode = self.taskset.episodes.begin(task.data.id)
        async with agents.agent.interaction(task) as interaction:
            while episode.turn is not None:
                segment = await interaction.turn([on_the_wire(episode.asked()[-1])])
                if segment.terminated:
                    break
                episode.say(segment.last_reply)
        trace = interaction.trace
        row = episode.row(trace.agent.config.model or "")
        if episode.turn is None and row["error"] is not None:
            raise RuntimeError(row["error"])
        trace.info[KEPT] = row
        trace.record_reward("return", row["return"])
        if row["error"] is None:
            trace.record_metrics({name: value for name, value in of_one(row).items() if name != "return"})
