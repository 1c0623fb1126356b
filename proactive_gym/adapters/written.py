"""Episodes whose turns another tool takes, with written replies: what adapters to such tools share.

The rollouts ask an agent; these tools ask the model themselves, and come here with what it said. What is shown, how
replies are read, what they pay and what is kept of an episode is the same in both.
"""

import re
from dataclasses import replace
from typing import Any

from PIL import Image

from proactive_gym.agents.asking import Asking, Message, final, messages
from proactive_gym.agents.base import Turn
from proactive_gym.envs.base import ProactiveEnv
from proactive_gym.envs.conversation import Conversation
from proactive_gym.envs.desk import Desk
from proactive_gym.errors import InputError
from proactive_gym.evaluation.measures import MEASURES
from proactive_gym.evaluation.planning import planned
from proactive_gym.evaluation.record import record
from proactive_gym.rollout import make_desk, turns_of
from proactive_gym.stored import Row
from proactive_gym.trajectory import Lane

UNFINISHED = "Unfinished: the episode was not played to its end."
"""The error of an episode that is left in its midst."""

OF_ONE = ("accuracy", "suggestions", "requests", "return")
"""The measures that tell something of a single episode."""


def of_one(row: Row) -> dict[str, float]:
    """What the measures say of a single episode that was played to its end, by their names."""
    return {name: MEASURES[name]([row]).value for name in OF_ONE}


def task_name(env: str) -> str:
    """``"video_occlusion"`` for ``"ProactiveVideoOcclusion-v0"``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", env.removeprefix("Proactive").removesuffix("-v0")).lower()


def written_desk(env: str | type[ProactiveEnv], env_kwargs: dict[str, Any]) -> Desk:
    """The desk of an environment with written replies.

    Raises:
        InputError: If an argument is impossible, or wants other replies.
    """
    if env_kwargs.get("reply", "text") != "text":
        raise InputError(f"reply is {env_kwargs['reply']!r}, but a language model writes: leave it out.")
    return make_desk(env, {**env_kwargs, "reply": "text"})


def picture_of(desk: Desk, conversation: Conversation) -> Image.Image:
    """What the user shows now."""
    return Image.fromarray(desk.source.paint([conversation.picture])[0])


class WrittenEpisodes:
    """The episodes that ``proactive-gym eval`` plays with the same arguments.

    Args:
        env: An environment's id.
        episodes: How many; ``None`` for all of a source that has an end, else 200.
        seed: Other seeds take other episodes, where the source has no end.
        asking: How a turn is put to the model.
        **env_kwargs: Keyword arguments of the environment; replies are written, so ``reply`` is no choice.

    Raises:
        InputError: If an argument is impossible.
    """

    def __init__(
        self, env: str, episodes: int | None = None, seed: int = 0, asking: Asking | None = None, **env_kwargs: Any
    ) -> None:
        self.env = env
        self.desk = written_desk(env, env_kwargs)
        self.asking = asking or Asking()
        self.seeds = planned({env: self.desk}, episodes, [seed], None)[env]

    @property
    def names(self) -> list[str]:
        """The episodes' names, in order."""
        return list(self.seeds)

    def begin(self, name: str) -> "OpenEpisode":
        """Begin the episode of that name; it may be begun any number of times.

        Raises:
            InputError: If there is no such episode.
        """
        return OpenEpisode(self, name)


class OpenEpisode:
    """One episode while it is played.

    Attributes:
        turn: What the user shows and says now; ``None`` once nothing more is said.
    """

    def __init__(self, episodes: WrittenEpisodes, name: str) -> None:
        self._episodes = episodes
        self._lane = Lane(0, episodes.desk.begin(name), ())
        self.turn: Turn | None = self._shown()

    @property
    def conversation(self) -> Conversation:
        """Where it stands; the answer is in it, so it is nothing to show a model."""
        return self._lane.conversation

    def asked(self) -> list[Message]:
        """The conversation that asks the model for its reply to the present turn; empty once it is over."""
        return [] if self.turn is None else messages(self.turn, self._episodes.asking)

    def say(self, reply: str) -> None:
        """Take what the model wrote as its reply to the present turn; of no effect once it is over."""
        if self.turn is not None:
            self._lane.take(self.turn, final(reply, self._episodes.asking))
            self.turn = self._shown()

    def row(self, agent: str) -> Row:
        """The episode so far as a row of ``episodes.jsonl``, on which all measures are defined.

        One that is not over has an error, and nothing is measured on it.
        """
        played = self._lane.trajectory() if self.turn is None else replace(self._lane.trajectory(), error=UNFINISHED)
        wording, seeds = self._episodes.desk.setting.wording.name, self._episodes.seeds
        return record(played, agent, self._episodes.env, wording, seeds.get(played.episode))

    def _shown(self) -> Turn | None:
        """The turn that it has come to; a picture that cannot be shown ends it with an error."""
        return None if self._lane.over else next(iter(turns_of(self._episodes.desk, [self._lane])), None)
