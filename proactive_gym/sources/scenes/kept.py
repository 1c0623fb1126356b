"""What is dear to make and asked for again is kept, within bounds."""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Thing = TypeVar("Thing")


class Kept(Generic[Key, Thing]):
    """Things by what they are, the more recently used half of its size at least.

    Every layer of every picture asks here, so a hit costs no more than looking into a dictionary: instead of keeping an
    order of use, things live in a young and an old generation. When the young one is full it becomes the old one, and
    what is in the old one by then and was not asked for again is forgotten.
    """

    def __init__(self, make: Callable[[Key], Thing], nbytes: Callable[[Thing], int], size: int) -> None:
        """Keep things of up to ``size`` bytes altogether; ``make`` makes one, ``nbytes`` says how large it is."""
        self.afresh, self._nbytes = make, nbytes
        self._half = size // 2
        self._young: dict[Key, Thing] = {}
        self._old: dict[Key, Thing] = {}
        self._young_bytes = 0
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
        # Made without the lock: to make one thing may take others from here.
        found = self.afresh(key) if found is None else found
        with self._lock:
            self._young_bytes += self._nbytes(found)
            if self._young_bytes > self._half:
                self._old, self._young, self._young_bytes = self._young, {}, self._nbytes(found)
            self._young[key] = found
        return found
