"""Into TRL's ``GRPOTrainer``: questions with pictures, episodes as environments, and what replies to them earn.

First turns, as the paper trains on them, each with its picture painted when it is needed::

    questions = FirstTurns("ProactiveSuite-v0", 1000, split="train")
    GRPOTrainer(model, OutcomeReward(questions, request=0.5), args, dataset_of(questions)).train()

Whole episodes, through TRL's environment interface (experimental in TRL 1.16): all generations of a prompt start from
the same episode, since its name is the prompt::

    episodes = Episodes("ProactiveSuite-v0", 1000, split="train")
    GRPOTrainer(model, EpisodeReward(request=0.5), args, episodes.dataset(), environment_factory=episodes.factories())
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from types import FunctionType
from typing import Any, Protocol

from PIL import Image

from proactive_gym.agents.asking import Asking, Message, final, messages
from proactive_gym.envs.base import Desk, ProactiveEnv
from proactive_gym.envs.conversation import Conversation
from proactive_gym.errors import InputError
from proactive_gym.menu import Kind
from proactive_gym.outcome import Outcome
from proactive_gym.reward import Reward
from proactive_gym.rollout import episode_names, make_desk
from proactive_gym.turns import turn_of

Row = dict[str, Any]
"""A row of a data set: ``prompt`` and ``image`` for TRL, and what else the reward is to be told."""

OVER = "The conversation is over."
NOT_ON_OFFER = "That cannot be done now."


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
        self.names = _some(episode_names(self.desk, episodes, seed), env)

    def __len__(self) -> int:
        """How many there are."""
        return len(self.names)

    def shown(self, number: int) -> tuple[list[Message], Image.Image]:
        """The user's words, and the first picture."""
        conversation = self.desk.begin(self.names[number])
        said = messages(turn_of(conversation, None), self.asking)
        return [_without_pictures(message) for message in said], _picture(self.desk, conversation)

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


class Episodes:
    """Whole episodes, each of which a group of generations plays from its beginning.

    Args:
        env: An environment's id, or its class.
        episodes: How many; ``None`` for all of a source that has an end.
        seed: Other seeds take other episodes, where the source has no end.
        **env_kwargs: Keyword arguments of the environment; replies are written, so ``reply`` is no choice.

    Raises:
        InputError: If an argument is impossible, or if there is no episode.
    """

    def __init__(
        self, env: str | type[ProactiveEnv], episodes: int | None = None, seed: int = 0, **env_kwargs: Any
    ) -> None:
        self.desk = written_desk(env, env_kwargs)
        self.names = _some(episode_names(self.desk, episodes, seed), env)

    def dataset(self) -> Any:
        """A ``datasets.Dataset`` of names, each with the scenario whose tools go with it."""
        from datasets import Dataset

        scenarios = [self.desk.begin(name).episode.scenario for name in self.names]
        empty = [{"role": "user", "content": ""}]  # what the user says comes from ``reset``
        return Dataset.from_dict({"prompt": [empty] * len(self.names), "episode": self.names, "environment": scenarios})

    def factories(self) -> dict[str, Callable[[], "EpisodeTools"]]:
        """TRL's ``environment_factory``: for each scenario, what makes an environment with its interventions."""
        return {
            scenario.name: partial(_with_interventions(scenario.name, scenario.interventions), self.desk)
            for scenario in self.desk.scenarios
        }


class EpisodeTools:
    """One episode as TRL plays it: ``reset`` begins it, each public method is a tool the model may call.

    Subclasses have a method per intervention of their scenario.
    """

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.conversation: Conversation | None = None

    def reset(self, episode: str, **row: Any) -> list[Message]:
        """Begin the episode of that name; what the user shows and says."""
        del row
        self.conversation = self.desk.begin(episode)
        return self._shown()

    def answer(self, choice: str) -> list[Message]:
        """Answer the user's question.

        Args:
            choice: The answer: its letter or its text on the menu.
        """
        conversation = self._open()
        if conversation is not None:
            conversation.say(choice)
        return self._shown()

    def abstain(self) -> list[Message]:
        """Say that the question cannot be answered."""
        return self._chosen(lambda option: option.kind is Kind.ABSTENTION)

    def _request(self, intervention: str) -> list[Message]:
        return self._chosen(lambda option: option.kind is Kind.INTERVENTION and option.name == intervention)

    def _chosen(self, wanted: Callable[[Any], bool]) -> list[Message]:
        """Choose what is wanted, if it is on offer; else it is as if nothing readable had been said."""
        conversation = self._open()
        if conversation is None:
            return self._shown()
        menu = zip(conversation.episode.menu, conversation.offered, strict=True)
        fitting = [number for number, (option, here) in enumerate(menu) if here and wanted(option)]
        conversation.reply(fitting[0] if fitting else None)
        return self._shown() if fitting else [_text(NOT_ON_OFFER)]

    def _open(self) -> Conversation | None:
        return None if self.conversation is None or self.conversation.state.over else self.conversation

    def _shown(self) -> list[Message]:
        conversation = self._open()
        if conversation is None:
            return [_text(OVER)]
        return [{"type": "image", "image": _picture(self.desk, conversation)}, _text(conversation.dialogue)]


class EpisodeReward:
    """TRL's reward function for ``Episodes``: 1 if it ends with the right answer; r_p, once, if it only asked; else 0.

    Asking pays once: an episode that asks, and then neither answers nor gives up, earns r_p however long it goes on.
    Words that a model says instead of calling a tool are read as its reply.

    Args:
        request: r_p.

    Raises:
        InputError: If r_p is not in [0, 1].
    """

    __name__ = "episode"  # what TRL logs it by

    def __init__(self, request: float = 0.5) -> None:
        self.request = check_request(request)

    def __call__(
        self,
        completions: Sequence[Any],
        environments: Sequence[EpisodeTools],
        log_metric: Callable[[str, float], None] | None = None,
        **told: Any,
    ) -> list[float]:
        """The rewards, one per episode."""
        del told
        played = [_concluded(tools, completion) for tools, completion in zip(environments, completions, strict=True)]
        outcomes = [conversation.state.outcome or Outcome.UNREADABLE for conversation in played]
        log_outcomes(log_metric, outcomes, [conversation.episode.scenario for conversation in played])
        if log_metric is not None:
            log_metric("requests", sum(conversation.state.requests for conversation in played) / len(played))
        return [self._of(conversation) for conversation in played]

    def _of(self, conversation: Conversation) -> float:
        outcome = conversation.state.outcome
        if outcome is Outcome.CORRECT:
            return 1.0
        return self.request if outcome in (Outcome.REQUESTED, Outcome.EXHAUSTED) else 0.0


ASKED = (Outcome.REQUESTED, Outcome.USELESS_REQUEST, Outcome.EXHAUSTED)
_SHARES = {
    "accuracy": (Outcome.CORRECT,),
    "asked": ASKED,
    "asked_usefully": (Outcome.REQUESTED,),
    "abstained": (Outcome.ABSTAINED,),
    "unreadable": (Outcome.UNREADABLE,),
}


def log_outcomes(log: Callable[[str, float], None] | None, outcomes: Sequence[Outcome], kinds: Sequence[str]) -> None:
    """The shares of outcomes, over all and by kind; accuracy and asking only, there."""
    if log is None:
        return
    by_kind: dict[str, list[Outcome]] = defaultdict(list)
    for outcome, kind in zip(outcomes, kinds, strict=True):
        by_kind[kind].append(outcome)
    for name, counted in _SHARES.items():
        log(name, _share(outcomes, counted))
    for kind, of_kind in by_kind.items():
        for name in ("accuracy", "asked"):
            log(f"{name}/{kind}", _share(of_kind, _SHARES[name]))


def _share(outcomes: Sequence[Outcome], counted: Sequence[Outcome]) -> float:
    return sum(outcome in counted for outcome in outcomes) / len(outcomes)


def check_request(request: Any) -> float:
    """r_p, if it is a number from 0 to 1.

    Raises:
        InputError: If it is not.
    """
    number = isinstance(request, int | float) and not isinstance(request, bool)
    if not number or not 0 <= request <= 1:
        raise InputError(
            f"r_p, what a useful request pays, is {request!r}, but must be a number from 0 to 1, where 1 is what the "
            "right answer pays."
        )
    return float(request)


def written_desk(env: str | type[ProactiveEnv], env_kwargs: dict[str, Any]) -> Desk:
    """The desk of an environment with written replies.

    Raises:
        InputError: If an argument is impossible, or wants other replies.
    """
    if env_kwargs.get("reply", "text") != "text":
        raise InputError(f"reply is {env_kwargs['reply']!r}, but a language model writes: leave it out.")
    return make_desk(env, {**env_kwargs, "reply": "text"})


def said(completion: Any) -> str:
    """The words of a completion: what its last message says."""
    content = completion if isinstance(completion, str) else completion[-1].get("content") or ""
    if isinstance(content, str):
        return content
    return " ".join(block["text"] for block in content if block.get("type") == "text")


def _concluded(tools: EpisodeTools, completion: Any) -> Conversation:
    """The conversation, after what the model said last where that was no call of a tool."""
    conversation = tools.conversation
    assert conversation is not None
    last = completion[-1]
    if not conversation.state.over and last["role"] == "assistant" and not last.get("tool_calls"):
        conversation.say(said(completion))
    return conversation


def _with_interventions(scenario: str, interventions: Mapping[str, Sequence[str]]) -> type[EpisodeTools]:
    """``EpisodeTools`` with a method per intervention."""
    methods = {name: _requesting(name, phrases[0]) for name, phrases in interventions.items()}
    return type(f"{scenario.title().replace('_', '')}Tools", (EpisodeTools,), methods)


def _requesting(name: str, phrase: str) -> Callable[[EpisodeTools], list[Message]]:
    def request(self: EpisodeTools) -> list[Message]:
        return self._request(name)

    assert isinstance(request, FunctionType)
    request.__name__, request.__qualname__, request.__doc__ = name, f"EpisodeTools.{name}", f"Ask the user: {phrase}"
    del request.__annotations__["self"]  # else it would pass for an argument of the tool
    return request


def _some(names: Iterable[str], env: Any) -> list[str]:
    found = list(names)
    if not found:
        raise InputError(f"There is no episode of {env!r} to train on: the split is empty.")
    return found


def _picture(desk: Desk, conversation: Conversation) -> Image.Image:
    return Image.fromarray(desk.source.paint([conversation.picture])[0])


def _without_pictures(message: Message) -> Message:
    """Its places for pictures empty, for TRL to fill."""
    blocks = [{"type": "image"} if block["type"] == "image" else block for block in message["content"]]
    return {**message, "content": blocks}


def _text(text: str) -> Message:
    return {"type": "text", "text": text}
