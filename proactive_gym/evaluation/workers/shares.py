"""Which episodes go to which worker next: much at a time at first, one by one at the end, so that nobody idles."""

import math
from collections import Counter, deque
from collections.abc import Iterable, Mapping

from proactive_gym.evaluation.company import Episodes, Place
from proactive_gym.evaluation.workers.messages import Share

PARTS = 2
"""A share is what is left, divided by so many times the number of workers."""


class Shares:
    """What nobody has begun, and what is begun and by whom.

    Args:
        owed: All that is to be played.
        workers: How many there are to be.
        most: Episodes in a share at most.
    """

    def __init__(self, owed: Mapping[Place, Episodes], workers: int, most: int) -> None:
        self._left = {place: deque(episodes.items()) for place, episodes in owed.items()}
        self._workers, self._most = workers, most
        self._begun: dict[int, tuple[Place, dict[str, int | None]]] = {}

    def are_left(self, place: Place | None = None) -> bool:
        """Whether there is anything that nobody has begun, of this place or of any."""
        return any(self._left.values()) if place is None else bool(self._left[place])

    def place_of(self, worker: int) -> Place | None:
        """Where the worker plays, if it does."""
        return self._begun[worker][0] if worker in self._begun else None

    def at_work(self, place: Place | None = None) -> list[int]:
        """The workers who play, there or anywhere."""
        return [worker for worker, (where, _) in self._begun.items() if place in (None, where)]

    def first(self, worker: int) -> Share:
        """Something to do for a worker who has nothing; empty if there is nothing."""
        place = next(place for place, left in self._left.items() if left)
        self._begun[worker] = (place, {})
        return self.more(worker)

    def more(self, worker: int) -> Share:
        """More of what the worker plays; empty if the others should have it, or if there is nothing."""
        place, begun = self._begun[worker]
        left = self._left[place]
        # Nobody takes more than is fair: one who was there first would leave the others nothing.
        open_now = sum(len(open_there) for where, open_there in self._begun.values() if where == place)
        fair = math.ceil((len(left) + open_now) / self._workers) - len(begun)
        number = max(0, min(fair, math.ceil(len(left) / (PARTS * self._workers)), self._most))
        episodes = tuple([left.popleft() for _ in range(number)])
        begun.update(episodes)
        return Share(place, episodes)

    def finish(self, worker: int, episodes: Iterable[str]) -> None:
        """The worker has played them."""
        for episode in episodes:
            del self._begun[worker][1][episode]

    def end(self, worker: int) -> Share | None:
        """The worker plays no more; what it has begun and not finished, if it was at work at all."""
        if worker not in self._begun:
            return None
        place, episodes = self._begun.pop(worker)
        return Share(place, tuple(episodes.items()))

    def give_back(self, share: Share) -> None:
        """Nobody has begun them after all; they come first now."""
        self._left[share.place].extendleft(reversed(share.episodes))


class Deaths:
    """How often workers died, and over what."""

    def __init__(self) -> None:
        self._over: Counter[tuple[Place, str]] = Counter()
        self._unborn = 0

    def note(self, share: Share | None) -> int:
        """Another one died over that, or before it was there; how many did so by now."""
        if share is None:
            self._unborn += 1
            return self._unborn
        self._over.update((share.place, name) for name, _ in share.episodes)
        return max((self._over[share.place, name] for name, _ in share.episodes), default=0)

    def note_birth(self) -> None:
        """A worker got as far as to be there."""
        self._unborn = 0
