"""Memory for batches of pictures, used again as soon as nobody holds on to what was in it."""

import math
import sys
from threading import Lock

import numpy as np
from numpy.typing import NDArray

KEPT_BYTES, KEPT = 256 * 2**20, 12
"""Most memory that is kept for the next batches, and most pieces of it: to look through many would take time again."""


class Batches:
    """Hands out arrays that share memory with nothing that anyone still has.

    Fresh memory of a batch's size comes from the system page by page, which takes longer than to copy pictures into it.
    What was handed out before is therefore handed out again, once no array, view or tensor refers to it any more: what
    was last, first, since it is in the processor's own memory still; what was not for long, is let go first.
    """

    def __init__(self, size: int = KEPT_BYTES) -> None:
        """Keep up to ``size`` bytes."""
        self._size = size
        self._kept: list[NDArray[np.uint8]] = []
        self._lock = Lock()

    def empty(self, shape: tuple[int, ...]) -> NDArray[np.uint8]:
        """An array of that shape, uint8, with anything in it."""
        wanted = math.prod(shape)
        with self._lock:
            memory = self._free(wanted)
            if memory is None:
                # Batches of last pictures differ in size: a little more room than needed serves the next ones, too.
                memory = np.empty(wanted + wanted // 8, dtype=np.uint8)
                self._keep(memory)
            return memory[:wanted].reshape(shape)

    def _free(self, wanted: int) -> NDArray[np.uint8] | None:
        for number in reversed(range(len(self._kept))):
            if wanted <= self._kept[number].size <= 2 * wanted and _is_free(self._kept, number):
                self._kept.append(self._kept.pop(number))
                return self._kept[-1]
        return None

    def _keep(self, memory: NDArray[np.uint8]) -> None:
        kept = sum([other.size for other in self._kept])
        while self._kept and (kept + memory.size > self._size or len(self._kept) == KEPT):
            kept -= self._kept.pop(0).size
        if memory.size <= self._size:
            self._kept.append(memory)


def _is_free(kept: list[NDArray[np.uint8]], number: int) -> bool:
    """Whether nothing but the list refers to that array; views of it, and views of these, refer to it."""
    return sys.getrefcount(kept[number]) <= _NOBODY


_ALONE = [np.empty(0, dtype=np.uint8)]
_NOBODY = sys.getrefcount(_ALONE[0])
"""The references to an array that is in a list and nowhere else, as this Python counts them."""

batches = Batches()
"""Those of the process."""
