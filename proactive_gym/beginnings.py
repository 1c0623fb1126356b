"""Conversations to begin, one after another; the source hears of the next ones in time to fetch their pictures."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import islice, starmap
from typing import Any, NamedTuple

from proactive_gym.envs.conversation import Conversation
from proactive_gym.envs.desk import Desk
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
        at_hand: How many more of the names are there without waiting, and nobody else's; any number by default.
    """

    def __init__(self, desk: Desk, names: Iterator[str], at_hand: Callable[[], int] | None = None) -> None:
        self._desk = desk
        self._due = starmap(Beginning, enumerate(names))
        self._expect: Callable[[Sequence[Any]], None] | None = getattr(desk.source, "expect", None)
        self._at_hand = at_hand or (lambda: AHEAD)
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
        number = min(self._at_hand(), AHEAD - len(self._next))
        for each in islice(self._due, number):
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
