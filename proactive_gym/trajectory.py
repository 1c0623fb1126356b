"""What was said in an episode: while it is played, and once it is over."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from proactive_gym.agents.base import Reply, Turn
from proactive_gym.envs.conversation import Conversation
from proactive_gym.judging import Verdict
from proactive_gym.outcome import Outcome
from proactive_gym.turns import Played, turn_of
from proactive_gym.users import Response, UserName


@dataclass(frozen=True, slots=True, eq=False)
class Exchange:
    """One turn, the reply to it and what that came to.

    Attributes:
        turn: What the user showed and said.
        reply: What the agent replied.
        choice: The number of the option it chose, or ``None`` where a written reply names none.
        outcome: What it came to.
        reward: What it paid.
        confidences: How likely the agent found each option, where it says so.
        verdict: What a judge said of a reply in free words: whether it asks for something that helps, whether it gives
            the right answer.
        response: What a user who is not perfect did upon a request.
    """

    turn: Turn
    reply: Reply
    choice: int | None
    outcome: Outcome
    reward: float
    confidences: tuple[float, ...] | None = None
    verdict: tuple[bool, bool] | None = None
    response: Response | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Trajectory:
    """A finished episode.

    Attributes:
        episode: The episode's name.
        scenario: The scenario's name.
        exchanges: The turns in order, at least one unless there is an error.
        answer: The number of the right option.
        requests: How often the agent asked for an intervention.
        requests_needed: The fewest requests that would have done, or ``None``.
        sufficiency: One number per picture shown, or ``None``.
        pictures: Which picture each turn showed, numbered in the order in which they first came: ``(0, 1, 0)`` has
            gone back to the first.
        error: Why the episode could not be played to its end: a picture that cannot be shown, say, which is no fault of
            the agent's; ``None`` if it was. Such an episode may have no turns.
        unjudged: The reply that a judge gave no verdict on, where that is the error.
        user: Who showed the pictures, by name.
    """

    episode: str
    scenario: str
    exchanges: tuple[Exchange, ...]
    answer: int
    requests: int
    requests_needed: int | None
    sufficiency: tuple[float, ...] | None
    pictures: tuple[int, ...] = ()
    error: str | None = None
    unjudged: str | None = None
    user: UserName = "perfect"

    @property
    def outcome(self) -> Outcome | None:
        """What the last reply came to; ``None`` where an error ended the episode."""
        return None if self.error is not None else self.exchanges[-1].outcome

    @property
    def total_reward(self) -> float:
        """The sum of all rewards."""
        return sum(exchange.reward for exchange in self.exchanges)


class Lane:
    """One open conversation, and what was said in it so far.

    Args:
        place: Its number among the episodes that are played.
        conversation: At its beginning.
        examples: Worked examples that each of its turns comes with.
    """

    __slots__ = ("conversation", "error", "examples", "exchanges", "place", "unjudged")

    def __init__(self, place: int, conversation: Conversation, examples: tuple[Played, ...]) -> None:
        self.place = place
        self.conversation = conversation
        self.examples = examples
        self.exchanges: list[Exchange] = []
        self.error: str | None = None
        self.unjudged: str | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more is said in it."""
        return self.conversation.state.over or self.error is not None

    def turn(self, image: np.ndarray[Any, Any]) -> Turn:
        """What the user shows and says now, ``image`` being the painted picture."""
        history = tuple([(exchange.turn, exchange.reply) for exchange in self.exchanges])
        return turn_of(self.conversation, image, history, self.examples)

    def fail(self, error: str, unjudged: str | None = None) -> None:
        """End it by an error that is no fault of the agent's."""
        self.error = " ".join(error.split())
        self.unjudged = unjudged

    def take(self, turn: Turn, reply: Reply, confidences: tuple[float, ...] | None = None) -> None:
        """Take the reply to that turn.

        Raises:
            InvalidAction: If it is a number that is not on offer.
        """
        choice = self.conversation.read(reply) if isinstance(reply, str) else reply
        if choice is None:
            self.conversation.reply(None)
        else:
            self.conversation.choose(choice)
        self._note(turn, reply, choice, confidences=confidences)

    def take_judged(self, turn: Turn, reply: str, verdict: Verdict) -> None:
        """Take a reply in free words as a judge has read it."""
        self.conversation.reply(verdict.choice)
        self._note(turn, reply, verdict.choice, verdict=(verdict.suggestion, verdict.answer))

    def _note(self, turn: Turn, reply: Reply, choice: int | None, **more: Any) -> None:
        state = self.conversation.state
        assert state.outcome is not None
        exchange = Exchange(
            turn, reply, choice, state.outcome, self.conversation.reward, response=state.response, **more
        )
        self.exchanges.append(exchange)

    def trajectory(self) -> Trajectory:
        """What was played so far."""
        episode, state = self.conversation.episode, self.conversation.state
        places = list(dict.fromkeys(state.places))
        return Trajectory(
            episode=episode.name,
            scenario=episode.scenario,
            exchanges=tuple(self.exchanges),
            answer=episode.answer,
            requests=state.requests,
            requests_needed=episode.requests_needed,
            sufficiency=episode.sufficiency(state),
            pictures=tuple([places.index(place) for place in state.places]),
            error=self.error,
            unjudged=self.unjudged,
            user=episode.user.name,
        )
