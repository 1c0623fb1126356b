"""Into TRL's ``GRPOTrainer``: questions with pictures, and what replies to them earn.

First turns, as the paper trains on them, each with its picture painted when it is needed::
    questions = FirstTurns("ProactiveSuite-v0", 1000, split="train")
    GRPOTrainer(model, OutcomeReward(questions, request=0.5), args, dataset_of(questions)).train()

Whole episodes are in ``proactive_gym.adapters.trl_episodes``.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from PIL import Image

from proactive_gym.adapters.trl_shared import check_request, episodes_to_play, log_outcomes, said
from proactive_gym.adapters.written import picture_of, written_desk
from proactive_gym.agents.asking import Asking, Message, final, messages
from proactive_gym.envs.base import ProactiveEnv
from proactive_gym.errors import InputError
from proactive_gym.outcome import Outcome
from proactive_gym.reward import Reward
from proactive_gym.turns import turn_of

Row = dict[str, Any]
"""A row of a data set: ``prompt`` and ``image`` for TRL, and what else the reward is to be told."""


class Questions(Protocol):
    """Questions that end with the first reply."""

    def __len__(self) -> int:
        """How many there are."""

    def shown(self, number: int) -> tuple[list[Message], Image.Image]:
        """What a model is shown: messages, whose picture is left out, and the picture."""

    def kind(self, number: int) -> str:
        """The scenario or data set, by which results are told apart."""

    def outcome(self, number: int, reply: str) -> Outcome:
        """What a written reply comes to."""


class FirstTurns:
    """First turns of episodes.

    Args:
        env: An environment's id, or its class.
        episodes: How many; ``None`` for all of a source that has an end.
        seed: Other seeds take other episodes, where the source has no end.
        asking: How a turn is put to the model.
        **env_kwargs: Keyword arguments of the environment. Replies are written and end the episode, so ``reply`` and
            ``single_turn`` are no choice.

    Raises:
        InputError: If an argument is impossible, or if there is no episode.
    """

    def __init__(
        self,
        env: str | type[ProactiveEnv],
        episodes: int | None = None,
        seed: int = 0,
        asking: Asking | None = None,
        **env_kwargs: Any,
    ) -> None:
        self.desk = written_desk(env, {**env_kwargs, "single_turn": True})
        self.asking = asking or Asking()
        self.names = episodes_to_play(self.desk, episodes, seed)

    def __len__(self) -> int:
        """How many there are."""
        return len(self.names)

    def shown(self, number: int) -> tuple[list[Message], Image.Image]:
        """The user's words, and the first picture."""
        conversation = self.desk.begin(self.names[number])
        said = messages(turn_of(conversation, None), self.asking)
        return [_without_pictures(message) for message in said], picture_of(self.desk, conversation)

    def kind(self, number: int) -> str:
        """The episode's scenario."""
        return self.desk.begin(self.names[number]).episode.scenario

    def outcome(self, number: int, reply: str) -> Outcome:
        """What the reply comes to, read as the environment reads it."""
        conversation = self.desk.begin(self.names[number])
        conversation.say(final(reply, self.asking))
        assert conversation.state.outcome is not None
        return conversation.state.outcome


def dataset_of(questions: Questions) -> Any:
    """The questions as a ``datasets.Dataset`` for ``GRPOTrainer``, whose pictures are painted when they are asked for.

    Raises:
        InputError: If there is none.
    """
    from datasets import Dataset

    if not len(questions):
        raise InputError("There are no questions to train on: the split is empty.")

    def rows(batch: Mapping[str, Sequence[int]]) -> dict[str, list[Any]]:
        numbers = list(batch["question"])
        shown = [questions.shown(number) for number in numbers]
        return {"prompt": [said for said, _ in shown], "image": [image for _, image in shown], "question": numbers}

    return Dataset.from_dict({"question": range(len(questions))}).with_transform(rows)


class OutcomeReward:
    """TRL's reward function for ``Questions``: 1 for the right answer, r_p for a request that helps, else 0.

    What replies come to is logged: the shares that ask, ask for something that helps, are right, give up, are
    unreadable, over all questions and by kind.

    Args:
        questions: What the data set was made of.
        request: r_p.

    Raises:
        InputError: If r_p is not in [0, 1].
    """

    __name__ = "outcome"  # what TRL logs it by

    def __init__(self, questions: Questions, request: float = 0.5) -> None:
        self.questions = questions
        self.reward = Reward(request=check_request(request))

    def __call__(
        self,
        completions: Sequence[Any],
        question: Sequence[int],
        log_metric: Callable[[str, float], None] | None = None,
        **told: Any,
    ) -> list[float]:
        """The rewards, one per completion."""
        del told
        replies = [said(completion) for completion in completions]
        outcomes = [self.questions.outcome(*pair) for pair in zip(question, replies, strict=True)]
        log_outcomes(log_metric, outcomes, [self.questions.kind(number) for number in question])
        return [self.reward.of(outcome) for outcome in outcomes]


def _without_pictures(message: Message) -> Message:
    """Its places for pictures empty, for TRL to fill."""
    blocks = [{"type": "image"} if block["type"] == "image" else block for block in message["content"]]
    return {**message, "content": blocks}
