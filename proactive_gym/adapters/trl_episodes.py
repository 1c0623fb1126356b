"""Whole episodes in TRL's ``GRPOTrainer``, through its environment interface (experimental in TRL 1.16).

All generations of a prompt start from the same episode, since its name is the prompt::

    episodes = Episodes("ProactiveSuite-v0", 1000, split="train")
    GRPOTrainer(model, EpisodeReward(request=0.5), args, episodes.dataset(), environment_factory=episodes.factories())
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import FunctionType
from typing import Any

from proactive_gym.adapters.trl import check_request, episodes_to_play, log_outcomes, picture_of, said, written_desk
from proactive_gym.agents.asking import Message
from proactive_gym.envs.base import Desk, ProactiveEnv
from proactive_gym.envs.conversation import Conversation
from proactive_gym.menu import Kind
from proactive_gym.outcome import Outcome

OVER = "The conversation is over."
NOT_ON_OFFER = "That cannot be done now."


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
        self.names = episodes_to_play(self.desk, episodes, seed)

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
        return [{"type": "image", "image": picture_of(self.desk, conversation)}, _text(conversation.dialogue)]


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


def _text(text: str) -> Message:
    return {"type": "text", "text": text}
