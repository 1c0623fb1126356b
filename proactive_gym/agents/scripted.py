"""Agents that do not look: the landmarks against which others are measured."""

from collections.abc import Sequence

from proactive_gym.agents.base import Reply, Turn
from proactive_gym.draw import Draw
from proactive_gym.errors import InputError
from proactive_gym.menu import Kind


class Scripted:
    """Chooses at random among the first of its preferred kinds of option that is on offer.

    Args:
        name: What it is called.
        preferences: Kinds in order of preference; ``None`` stands for any.
        seed: Another seed gives other random choices.
    """

    def __init__(self, name: str, preferences: Sequence[Kind | None], seed: int = 0) -> None:
        self.name = name
        self.preferences = tuple(preferences)
        self.seed = seed

    def act(self, turns: Sequence[Turn]) -> list[Reply]:
        """One option each, drawn by the episode's name and the turn's number."""
        return [self._choose(turn) for turn in turns]

    def _choose(self, turn: Turn) -> int:
        draw = Draw(f"{self.name}/{self.seed}/{turn.episode}/{turn.number}")
        for kind in self.preferences:
            numbers = turn.on_offer(kind)
            if numbers:
                return draw.one(numbers)
        raise InputError(
            f"The agent {self.name!r} chooses from a menu, but episode {turn.episode!r} shows none of use to it; "
            "scripted agents need reply='choice' or 'text'."
        )


class Oracle:
    """Is told the answer, asks exactly as often as needed before giving it, and gives up where asking cannot help."""

    name = "oracle"

    def act(self, turns: Sequence[Turn]) -> list[Reply]:
        """Refuses: whoever asks it has to tell it the answers."""
        raise InputError("The oracle has to be told the answers; play it through rollouts or evaluate, which do.")

    def act_told(self, turns: Sequence[Turn], best: Sequence[int]) -> list[Reply]:
        """What it is told."""
        return list(best)


def random(seed: int = 0) -> Scripted:
    """Any option on offer, each as likely."""
    return Scripted("random", (None,), seed)


def always_ask(seed: int = 0) -> Scripted:
    """An intervention as long as one is on offer."""
    return Scripted("always-ask", (Kind.INTERVENTION, Kind.ANSWER), seed)


def never_ask(seed: int = 0) -> Scripted:
    """A guess among the answers, at once."""
    return Scripted("never-ask", (Kind.ANSWER,), seed)


def abstain(seed: int = 0) -> Scripted:
    """Gives up at once; guesses where the menu does not let it."""
    return Scripted("abstain", (Kind.ABSTENTION, Kind.ANSWER), seed)
