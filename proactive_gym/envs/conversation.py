"""One conversation: an episode, where it stands, and what is said in it.

An environment is the user, an agent is the model, and everything between them is this. The single environment holds
one, the vector environment and the rollouts hold many.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from gymnasium.error import InvalidAction
from numpy.typing import NDArray

from proactive_gym.envs.moment import TOLD_ALWAYS, Manner, Moment
from proactive_gym.episode import Episode, State
from proactive_gym.menu import Kind
from proactive_gym.reading import Reading, read, read_open, strict_readings


class Conversation:
    """A user who asks, and does what is requested or something else, until the episode is over."""

    __slots__ = ("moment",)

    moment: Moment
    """Where it stands."""

    def __init__(self, moment: Moment) -> None:
        """A conversation that goes on from that moment."""
        self.moment = moment

    def reply(self, choice: int | None) -> None:
        """Take an option that is on offer as the reply, or something unreadable (``None``)."""
        self.moment = self.moment.after(choice)

    @property
    def episode(self) -> Episode:
        """What is talked about."""
        return self.moment.episode

    @property
    def manner(self) -> Manner:
        """How replies are taken."""
        return self.moment.manner

    @property
    def state(self) -> State:
        """Where the episode stands."""
        return self.moment.state

    @property
    def offered(self) -> tuple[bool, ...]:
        """Which options are on offer now."""
        return self.moment.offered

    @property
    def picture(self) -> Any:
        """What the user shows now, in the form that the source paints; the same object as long as it is shown."""
        return self.moment.picture

    @property
    def dialogue(self) -> str:
        """What the user says now."""
        return self.moment.dialogue

    @property
    def options(self) -> tuple[str, ...]:
        """The whole menu; empty where none is shown."""
        return self.moment.options

    def mask(self, size: int) -> NDArray[np.int8]:
        """The options on offer as 0 and 1, filled up to ``size``; all 0 where no menu is shown."""
        mask: NDArray[np.int8] = masks([self.moment], size)[0]
        return mask

    def check(self, choice: int, lane: int | None = None) -> None:
        """See that option number ``choice`` is on offer.

        Raises:
            InvalidAction: If it is not, naming the lane if there is one.
        """
        offered = self.offered
        if not 0 <= choice < len(offered) or not offered[choice]:
            where = "" if lane is None else f"Lane {lane}: "
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
        return self.moment.reward

    @property
    def terminated(self) -> bool:
        """Whether the last reply ended the episode of itself."""
        return self.moment.terminated

    @property
    def truncated(self) -> bool:
        """Whether the episode is over because its turns are spent."""
        return self.moment.truncated

    def info(self) -> dict[str, Any]:
        """What Gymnasium calls ``info``; nothing in it tells the answer before the episode is over."""
        return dict(zip(TOLD_ALWAYS, self.moment.told, strict=True)) | self.moment.ending

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
        return Conversation(Moment(self.episode, self.manner, self.state))


def as_array(given: Any) -> NDArray[Any] | None:
    """What someone gave as an array, from whatever device; ``None`` if it has no shape, as lists of unequal lengths."""
    try:
        return np.asarray(given.cpu() if hasattr(given, "cpu") else given)
    except ValueError:
        return None


def masks(moments: Iterable[Moment], size: int) -> NDArray[np.int8]:
    """The options on offer in each of them as 0 and 1, filled up to ``size``: int8 ``(moments, size)``."""
    rows = [moment.mask.ljust(size, b"\0") for moment in moments]
    return np.frombuffer(bytearray().join(rows), dtype=np.int8).reshape(len(rows), size)
