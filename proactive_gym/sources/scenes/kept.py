"""What is dear to make and asked for again is kept, within bounds."""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Thing = TypeVar("Thing")


class Kept(Generic[Key, Thing]):
    """Things by what they are, as many as fit; what was not asked for the longest goes first, more or less.

    Every layer of every picture asks here, so a hit costs no more than looking into a dictionary: instead of keeping
    an order of use, things live in a young and an old generation. What is asked for in the old one becomes young again,
    and room is made in the old one only. When a half of all is young, it grows old, behind what is old already.
    """

    def __init__(self, make: Callable[[Key], Thing], nbytes: Callable[[Thing], int], size: int) -> None:
        """Keep things of up to ``size`` bytes altogether; ``make`` makes one, ``nbytes`` says how large it is."""
        self.afresh, self._nbytes = make, nbytes
        self._size = size
        self._young: dict[Key, Thing] = {}
        self._old: dict[Key, Thing] = {}
        self._bytes, self._young_bytes = 0, 0
        self._lock = Lock()

    def __call__(self, key: Key) -> Thing:
        """The thing of that key, made if it is not here."""
        found = self._young.get(key)
        return self._promoted(key) if found is None else found

    def __len__(self) -> int:
        """How many things are kept."""
        return len(self._young) + len(self._old)

    def _promoted(self, key: Key) -> Thing:
        with self._lock:
            found = self._old.pop(key, None)
            if found is not None:
                self._take_in(key, found)
                return found
        made = self.afresh(key)  # without the lock: to make one thing may take others from here
        with self._lock:
            if key not in self._young:  # as it is if someone else has made it meanwhile
                self._bytes += self._nbytes(made)
                self._take_in(key, made)
        return made

    def _take_in(self, key: Key, thing: Thing) -> None:
        self._young[key] = thing
        self._young_bytes += self._nbytes(thing)
        if 2 * self._young_bytes > self._size:
            self._old.update(self._young)
            self._young, self._young_bytes = {}, 0
        while self._bytes > self._size and self._old:
            self._bytes -= self._nbytes(self._old.pop(next(iter(self._old))))
