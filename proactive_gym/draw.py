"""Random draws that are the same on every machine, for ever."""

from _random import Random  # what random.Random is made of, which would seed it twice
from collections.abc import Sequence
from hashlib import sha512
from typing import TypeVar

T = TypeVar("T")


class Draw:
    """A stream of random draws named by a string.

    Python promises that ``random()`` keeps its sequence for a given seed across versions, but not that ``choice`` or
    ``shuffle`` do, and NumPy promises neither for its ``Generator``. An episode's name is to name it for good, so
    everything here is made of ``random()`` alone. It is also ten times faster than scalar draws from NumPy.
    """

    __slots__ = ("_random",)

    def __init__(self, name: str) -> None:
        """The stream called ``name``; equal names give equal streams, whatever the hash seed."""
        text = name.encode()
        # As random.Random(name) is seeded.
        self._random = Random(int.from_bytes(text + sha512(text).digest(), "big")).random

    def unit(self) -> float:
        """A number from [0, 1)."""
        return self._random()

    def between(self, low: float, high: float) -> float:
        """A number from [low, high)."""
        return low + (high - low) * self._random()

    def whole(self, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``, both included."""
        return low + int((high - low + 1) * self._random())

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return self._random() < probability

    def one(self, items: Sequence[T]) -> T:
        """One of the items."""
        return items[int(len(items) * self._random())]

    def some(self, items: Sequence[T], number: int) -> list[T]:
        """``number`` different items, in random order.

        Raises:
            ValueError: If there are fewer.
        """
        if number > len(items):
            raise ValueError(f"{number} of {len(items)} items cannot be drawn.")
        pool, random, left = list(items), self._random, len(items)
        for place in range(number):
            other = place + int(left * random())
            left -= 1
            pool[place], pool[other] = pool[other], pool[place]
        return pool[:number]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """All items, in random order."""
        return self.some(items, len(items))
