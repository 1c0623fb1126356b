"""Conversations to begin, one after another; the source hears of the next ones in time to fetch their pictures."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import islice, starmap
from typing import Any, NamedTuple

from proactive_gym.envs.base import Desk
from proactive_gym.envs.conversation import Conversation
from proactive_gym.errors import InputError

AHEAD = 16
"""How many are looked at ahead: about as many as begin while a batch of 32 is replied to."""


class Beginning(NamedTuple):
    """An episode in its place; its conversation, if that could be begun."""

    place: int
    name: str
    conversation: Conversation | None = None


class Beginnings:
    """Conversations about the named episodes, in their order.

    Args:
        desk: What begins them.
        names: The episodes' names.
        ahead: How many of them may be taken from ``names`` before they are due; 0 where others might play them.
    """

    def __init__(self, desk: Desk, names: Iterator[str], ahead: int = AHEAD) -> None:
        self._desk = desk
        self._due = starmap(Beginning, enumerate(names))
        expect: Callable[[Sequence[Any]], None] | None = getattr(desk.source, "expect", None)
        self._expect = expect if ahead else None
        self._ahead = ahead
        self._next: deque[Beginning] = deque()

    def take(self, number: int) -> Iterator[tuple[int, Conversation]]:
        """The next ``number`` of them with their places, or as many as are left.

        Raises:
            InputError: If an episode cannot be begun.
        """
        for _ in range(number):
            each = self._next.popleft() if self._next else next(self._due, None)
            if each is None:
                return
            yield each.place, each.conversation or self._desk.begin(each.name)

    def look_ahead(self) -> None:
        """Begin the next ones, as far as that goes, and have their pictures fetched by the time they are taken."""
        if self._expect is None:
            return
        for each in islice(self._due, self._ahead - len(self._next)):
            self._next.append(each._replace(conversation=self._begun(each.name)))
        self._expect([each.conversation.picture for each in self._next if each.conversation is not None])

    def _begun(self, name: str) -> Conversation | None:
        """What is wrong with an episode is said when its turn comes."""
        try:
            conversation = self._desk.begin(name)
            conversation.picture  # noqa: B018  # kept by the conversation
        except InputError:
            return None
        return conversation
