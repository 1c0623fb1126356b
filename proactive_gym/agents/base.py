"""What an agent is, and what it is shown."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from proactive_gym.menu import Kind

Reply = int | str
"""An ``int`` is an option's number, a ``str`` is read."""


class Scored(NamedTuple):
    """An option's number, with how likely each option was.

    Attributes:
        choice: The number.
        confidences: One probability per option of the whole menu, 0 for those not on offer; they add up to 1.
    """

    choice: int
    confidences: tuple[float, ...]


class Failure(NamedTuple):
    """A reply that could not be had: the model or its server failed. The episode counts as an error, not as an answer.

    Attributes:
        error: What happened, its class first: ``"RateLimitError: …"``.
    """

    error: str


Reaction = Reply | Scored | Failure
"""What ``act`` returns for a turn."""


@dataclass(frozen=True, slots=True, eq=False)
class Turn:
    """What one user shows and says at one moment.

    Attributes:
        image: The picture, uint8 ``(H, W, 3)`` in RGB.
        dialogue: The user's words: question, hint and lettered menu.
        options: The whole menu's texts; empty with ``reply="open"``.
        action_mask: Which options are on offer, int8 ``(len(options),)``.
        question: The question alone.
        episode: The episode's name.
        number: The number of this turn, from 0.
        kinds: What each option is: answer, abstention or intervention. A model that reads the dialogue is not told;
            scripted agents and policies without language go by it.
        history: Earlier turns of the same episode, each with the reply it got.
        examples: Worked examples: other episodes of the same scenario, turn by turn with good replies.
    """

    image: NDArray[np.uint8]
    dialogue: str
    options: tuple[str, ...]
    action_mask: NDArray[np.int8]
    question: str
    episode: str
    number: int
    kinds: tuple[Kind, ...] = ()
    history: tuple[tuple["Turn", Reply], ...] = field(default=(), repr=False)
    examples: tuple[tuple[tuple["Turn", Reply], ...], ...] = field(default=(), repr=False)

    def on_offer(self, kind: Kind | None = None) -> list[int]:
        """Numbers of the options on offer now, of one kind or of all."""
        return [
            number
            for number, (here, what) in enumerate(zip(self.action_mask, self.kinds, strict=True))
            if here and (kind is None or what is kind)
        ]


@runtime_checkable
class Agent(Protocol):
    """Something that replies to users.

    Agents keep no state between calls: a turn carries its history, and batches of any size, in any order, get the same
    replies. Derive random numbers from ``turn.episode`` and ``turn.number``.
    """

    name: str

    def act(self, turns: Sequence[Turn]) -> Sequence[Reaction]:
        """One reply per turn, in the same order."""


@runtime_checkable
class Insider(Protocol):
    """An agent that is told what the best reply is; the oracle is the only one here."""

    name: str

    def act_told(self, turns: Sequence[Turn], best: Sequence[int]) -> Sequence[Reply]:
        """One reply per turn; ``best`` holds the option that someone who knows everything would choose."""
