"""A moment of a conversation: where it stands, and what follows from that."""

from dataclasses import dataclass
from typing import Any

from proactive_gym.dialogue import dialogue
from proactive_gym.episode import Episode, State
from proactive_gym.outcome import Outcome
from proactive_gym.reading import Reading
from proactive_gym.reward import Reward


@dataclass(frozen=True, slots=True)
class Manner:
    """How replies are taken: whether the menu is shown, how words are read, what outcomes pay."""

    open: bool
    reading: Reading
    reward: Reward


REMEMBERED = 2
"""The turns of a kept episode whose moments are remembered; there are few of them, and many of what may follow."""


class Moment:
    """A moment of a conversation, and what can be seen, said and told in it, each reckoned when first asked for.

    Args:
        episode: What is talked about.
        manner: How replies are taken.
        state: Where the episode stands.
        before: The moment before; where the episode is over, its picture and its menu stay.
        kept: Whether the episode is played again and again, so that moments are remembered by the replies to them.

    Attributes:
        offered: Which options are on offer.
        mask: The same as bytes of 0 and 1; none where no menu is shown.
        reward: What the last reply paid.
        truncated: Whether the episode is over because its turns are spent.
        terminated: Whether the last reply ended it of itself.
    """

    __slots__ = (
        "_dialogue",
        "_ending",
        "_later",
        "_picture",
        "_told",
        "episode",
        "manner",
        "mask",
        "offered",
        "reward",
        "state",
        "terminated",
        "truncated",
    )

    def __init__(
        self, episode: Episode, manner: Manner, state: State, before: "Moment | None" = None, kept: bool = False
    ) -> None:
        self.episode = episode
        self.manner = manner
        self.state = state
        self.offered: tuple[bool, ...]
        self.mask: bytes
        self._picture: Any
        self._dialogue: str
        self._later: dict[int | None, Moment] | None = {} if kept and not state.over else None
        self._told: tuple[Any, ...] | None = None
        self._ending: dict[str, Any] | None = None
        if state.over and before is not None:
            self.offered, self.mask = before.offered, before.mask
            self._picture, self._dialogue = before._picture, before._dialogue
        else:
            self.offered = episode.offered(state)
            self.mask = b"" if manner.open else bytes(self.offered)
            self._picture, self._dialogue = None, ""
        self.reward = 0.0 if state.outcome is None else manner.reward.of(state.outcome)
        self.truncated = state.outcome is Outcome.EXHAUSTED
        self.terminated = state.over and not self.truncated

    def after(self, choice: int | None) -> "Moment":
        """The moment after option number ``choice`` was replied, or something unreadable (``None``)."""
        later = self._later
        if later is None:
            return Moment(self.episode, self.manner, self.episode.reply(self.state, choice), self)
        moment = later.get(choice)
        if moment is None:
            state = self.episode.reply(self.state, choice)
            moment = later[choice] = Moment(self.episode, self.manner, state, self, kept=state.turn < REMEMBERED)
        return moment

    @property
    def picture(self) -> Any:
        """What the user shows, in the form that the source paints; the same object as long as it is shown."""
        if self._picture is None:
            self._picture = self.episode.world.picture(self.state.place)
        return self._picture

    @property
    def options(self) -> tuple[str, ...]:
        """The whole menu; empty where none is shown."""
        return () if self.manner.open else self.episode.texts

    @property
    def dialogue(self) -> str:
        """What the user says."""
        if not self._dialogue:
            episode = self.episode
            self._dialogue = dialogue(
                episode.question, episode.hint, self.options, self.offered, episode.template, self.state.remark
            )
        return self._dialogue

    @property
    def told(self) -> tuple[Any, ...]:
        """What ``info`` tells at every moment, in the order of ``TOLD_ALWAYS``."""
        if self._told is None:
            state, outcome = self.state, self.state.outcome
            named = None if outcome is None else outcome.value
            episode = self.episode
            self._told = (episode.name, episode.scenario, state.turn, self.options, state.requests, named)
        return self._told

    @property
    def ending(self) -> dict[str, Any]:
        """What ``info`` tells besides, once the episode is over.

        What is not known is left out: Gymnasium's vectors cannot mix ``None`` with numbers.
        """
        if self._ending is None:
            self._ending = _ending(self.episode, self.state) if self.state.over else {}
        return self._ending


def _ending(episode: Episode, state: State) -> dict[str, Any]:
    told = {
        "answer": episode.texts[episode.answer],
        "sufficiency": episode.sufficiency(state),
        "requests_needed": episode.requests_needed,
    }
    return {key: value for key, value in told.items() if value is not None}


TOLD_ALWAYS = ("episode", "scenario", "turn", "options", "requests", "outcome")
"""What ``info`` tells at every step, by key."""
