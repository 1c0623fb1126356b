"""Conversations as TRL's environments: a documented method per intervention, one to answer, one to give up."""

from collections.abc import Callable, Mapping, Sequence
from types import FunctionType
from typing import Any, ClassVar

from gymnasium.utils.seeding import np_random

from proactive_gym.adapters.written import picture_of
from proactive_gym.agents.asking import Message
from proactive_gym.envs.base import check_seed
from proactive_gym.envs.conversation import Conversation
from proactive_gym.envs.desk import Desk
from proactive_gym.envs.scenario import Scenario
from proactive_gym.errors import InputError
from proactive_gym.menu import Kind

OVER = "The conversation is over."
NOT_ON_OFFER = "That cannot be done now."


class EpisodeTools:
    """One episode as TRL plays it: ``reset`` begins it, each other public method is a tool the model may call.

    Subclasses have a method per intervention of their scenarios; see ``tools_of``.
    """

    desk: ClassVar[Desk]

    def __init__(self) -> None:
        self.conversation: Conversation | None = None

    def reset(self, episode: str | None = None, seed: int | None = None, **row: Any) -> list[Message]:
        """Begin an episode.

        Args:
            episode: Its name.
            seed: Instead of a name: the episode that ``reset(seed=seed)`` of the environment begins.
            **row: What else a row of the data set holds.

        Returns:
            What the user shows and says.

        Raises:
            InputError: If the row says neither, or if there is no such episode.
        """
        if episode is None:
            episode = self._drawn(seed, row)
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

    def _drawn(self, seed: int | None, row: Mapping[str, Any]) -> str:
        checked = check_seed(seed, "seed")
        if checked is None:
            raise InputError(
                f"A row with {', '.join(map(repr, row)) or 'nothing in it'} does not say where its group starts; "
                "give it a column 'seed' or 'episode'."
            )
        return self.desk.drawn(np_random(checked)[0])

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


def tools_of(desk: Desk, scenarios: Sequence[Scenario], name: str) -> type[EpisodeTools]:
    """``EpisodeTools`` with a method per intervention of those scenarios.

    What is not on the present menu is a method all the same: TRL offers the same tools in all episodes of a class.
    """
    phrases = {tool: ways[0] for scenario in scenarios for tool, ways in scenario.interventions.items()}
    methods = {tool: _requesting(tool, phrase) for tool, phrase in phrases.items()}
    return type(name, (EpisodeTools,), {"desk": desk, **methods})


def _requesting(name: str, phrase: str) -> Callable[[EpisodeTools], list[Message]]:
    def request(self: EpisodeTools) -> list[Message]:
        return self._request(name)

    assert isinstance(request, FunctionType)
    request.__name__, request.__qualname__, request.__doc__ = name, f"EpisodeTools.{name}", f"Ask the user: {phrase}"
    del request.__annotations__["self"]  # else it would pass for an argument of the tool
    return request


def _text(text: str) -> Message:
    return {"type": "text", "text": text}
