"""One conversation: an episode, where it stands, and what is said in it.

An environment is the user, an agent is the model, and everything between them is this. The single environment holds
one, the vector environment and the rollouts hold many.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np
from gymnasium.error import InvalidAction
from numpy.typing import NDArray

from proactive_gym.dialogue import dialogue
from proactive_gym.episode import Episode, State
from proactive_gym.menu import Kind
from proactive_gym.outcome import Outcome
from proactive_gym.reading import Reading, read, read_open, strict_readings
from proactive_gym.reward import Reward


@dataclass(frozen=True, slots=True)
class Manner:
    """How replies are taken: whether the menu is shown, how words are read, what outcomes pay."""

    open: bool
    reading: Reading
    reward: Reward


class Conversation:
    """A user who asks, and does what is requested or something else, until the episode is over."""

    __slots__ = ("_picture", "episode", "manner", "offered", "state")

    state: State
    """Where the episode stands."""
    offered: tuple[bool, ...]
    """Which options are on offer now."""

    def __init__(self, episode: Episode, manner: Manner, state: State | None = None) -> None:
        """A conversation at the beginning of ``episode``, or at ``state`` of it."""
        self.episode = episode
        self.manner = manner
        self._go_to(episode.begin() if state is None else state)

    def _go_to(self, state: State) -> None:
        self.state = state
        self.offered = self.episode.offered(state)
        self._picture: Any = None

    def reply(self, choice: int | None) -> None:
        """Take an option that is on offer as the reply, or something unreadable (``None``)."""
        state = self.episode.reply(self.state, choice)
        if state.over:
            self.state = state  # the last picture and what was on offer with it stay
        else:
            self._go_to(state)

    @property
    def picture(self) -> Any:
        """What the user shows now, in the form that the source paints; the same object as long as it is shown."""
        if self._picture is None:
            self._picture = self.episode.world.picture(self.state.place)
        return self._picture

    @property
    def options(self) -> tuple[str, ...]:
        """The whole menu; empty where none is shown."""
        return () if self.manner.open else self.episode.texts

    @property
    def dialogue(self) -> str:
        """What the user says now."""
        episode, offered, remark = self.episode, self.offered, self.state.remark
        said = episode.said.get((self.manner.open, offered, remark))
        if said is None:
            said = episode.said[self.manner.open, offered, remark] = dialogue(
                episode.question, episode.hint, self.options, offered, episode.template, remark
            )
        return said

    def mask(self, size: int) -> NDArray[np.int8]:
        """The options on offer as 0 and 1, filled up to ``size``; all 0 where no menu is shown."""
        mask: NDArray[np.int8] = masks([self], size)[0]
        return mask

    def check(self, choice: int, where: str = "") -> None:
        """See that option number ``choice`` is on offer.

        Raises:
            InvalidAction: If it is not.
        """
        offered = self.offered
        if not 0 <= choice < len(offered) or not offered[choice]:
            on_offer = ", ".join(str(number) for number, here in enumerate(offered) if here)
            raise InvalidAction(
                f"{where}Option {choice} is not on offer in episode {self.episode.name!r} at turn {self.state.turn}; "
                f"on offer are {on_offer}."
            )

    def choose(self, choice: int) -> None:
        """Take option number ``choice`` as the reply.

        Raises:
            InvalidAction: If no such option is on offer now.
        """
        self.check(choice)
        self.reply(choice)

    def say(self, reply: str) -> None:
        """Take a written reply; one that names no option on offer ends the episode as unreadable."""
        self.reply(self.read(reply))

    def read(self, reply: str) -> int | None:
        """The option that a written reply chooses, or ``None``."""
        if self.manner.open:
            also = {number: option.also for number, option in enumerate(self.episode.menu) if option.also}
            return read_open(reply, self.episode.texts, self.offered, also)
        if self.manner.reading is Reading.STRICT:
            named = strict_readings(reply, self.episode.texts, self.offered, self.episode.blocks)
            return self.episode.most_favourable(self.state, named)
        return read(reply, self.episode.texts, self.offered)

    @property
    def reward(self) -> float:
        """What the last reply paid."""
        outcome = self.state.outcome
        return 0.0 if outcome is None else self.manner.reward.of(outcome)

    @property
    def terminated(self) -> bool:
        """Whether the last reply ended the episode of itself."""
        return self.state.over and not self.truncated

    @property
    def truncated(self) -> bool:
        """Whether the episode is over because its turns are spent."""
        return self.state.outcome is Outcome.EXHAUSTED

    def info(self) -> dict[str, Any]:
        """What Gymnasium calls ``info``; nothing in it tells the answer before the episode is over."""
        info = {key: told(self) for key, told in TOLD_ALWAYS.items()}
        if self.state.over:
            info |= self.told_at_the_end()
        return info

    def told_at_the_end(self) -> dict[str, Any]:
        """The part of ``info`` that is told once the episode is over.

        What is not known is left out: Gymnasium's vectors cannot mix ``None`` with numbers.
        """
        episode = self.episode
        told = {
            "answer": episode.texts[episode.answer],
            "sufficiency": episode.sufficiency(self.state),
            "requests_needed": episode.requests_needed,
        }
        return {key: value for key, value in told.items() if value is not None}

    def best_choice(self) -> int:
        """What someone who is told the answer replies: as few requests as needed, then the answer.

        Where asking cannot help, that is to abstain; on a menu without an abstention, the right answer. Where nobody
        knows what picture would be enough, it is the answer as soon as one counts.
        """
        episode = self.episode
        world, here = episode.world, self.state.place
        if world.sufficient(here) is not False:
            return episode.answer if world.answerable(here) else self._first_request()
        route = episode.route(self.state)
        if route:
            return next(i for i in episode.menu.of_kind(Kind.INTERVENTION) if episode.menu[i].name == route[0])
        abstentions: Sequence[int] = episode.menu.of_kind(Kind.ABSTENTION)
        return abstentions[0] if abstentions else episode.answer

    def _first_request(self) -> int:
        ways = self.episode.world.moves(self.state.place)
        asking = self.episode.menu.of_kind(Kind.INTERVENTION)
        return next((number for number in asking if self.episode.menu[number].name in ways), self.episode.answer)


class Branch(NamedTuple):
    """Everything that decides how a conversation, and the one after it, go on."""

    episode: Episode
    manner: Manner
    state: State
    random: Mapping[str, Any]
    """State of the random numbers that draw the next episode."""

    @classmethod
    def of(cls, conversation: Conversation, random: np.random.Generator) -> "Branch":
        """Where things stand now."""
        return cls(conversation.episode, conversation.manner, conversation.state, random.bit_generator.state)

    def resumed(self) -> Conversation:
        """The conversation as it stood then."""
        return Conversation(self.episode, self.manner, self.state)


def as_array(given: Any) -> NDArray[Any] | None:
    """What someone gave as an array, from whatever device; ``None`` if it has no shape, as lists of unequal lengths."""
    try:
        return np.asarray(given.cpu() if hasattr(given, "cpu") else given)
    except ValueError:
        return None


def masks(conversations: Iterable[Conversation], size: int) -> NDArray[np.int8]:
    """The options on offer in each of them as 0 and 1, filled up to ``size``: int8 ``(conversations, size)``."""
    nothing = bytes(size)
    rows = [nothing if each.manner.open else bytes(each.offered).ljust(size, b"\0") for each in conversations]
    return np.frombuffer(bytearray().join(rows), dtype=np.int8).reshape(len(rows), size)


TOLD_ALWAYS: dict[str, Callable[[Conversation], Any]] = {
    "episode": attrgetter("episode.name"),
    "scenario": attrgetter("episode.scenario"),
    "turn": attrgetter("state.turn"),
    "options": attrgetter("options"),
    "requests": attrgetter("state.requests"),
    "outcome": lambda conversation: conversation.state.outcome and conversation.state.outcome.value,
}
"""What ``info`` tells at every step, by key."""
