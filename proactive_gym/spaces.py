"""The spaces Gymnasium lacks: free text, pictures of any size, and the options of menus."""

from typing import Any

import numpy as np
from gymnasium.spaces import Discrete, MultiDiscrete, Space, Text
from gymnasium.vector.utils import create_shared_memory
from numpy.typing import NDArray

from proactive_gym.errors import InputError

MAX_LENGTH = 100_000


class FreeText(Text):
    """Any Unicode string of at most ``max_length`` characters.

    Gymnasium's ``Text`` checks each character against a character set (letters and digits by default), which refuses
    spaces, punctuation and ``é``. Samples are printable ASCII, as in the parent class with that set.
    """

    _SAMPLED = "".join(map(chr, range(32, 127)))

    def __init__(self, max_length: int = MAX_LENGTH, *, seed: int | None = None) -> None:
        """Strings from the empty one up to ``max_length`` characters."""
        super().__init__(max_length, min_length=0, charset=self._SAMPLED, seed=seed)

    def contains(self, x: Any) -> bool:
        """Whether ``x`` is a string that is not too long."""
        return isinstance(x, str) and len(x) <= self.max_length

    def __repr__(self) -> str:
        """Short, since the parent's repr lists the character set."""
        return f"FreeText({self.max_length})"

    def __eq__(self, other: object) -> bool:
        """Equal when the bounds are."""
        return isinstance(other, FreeText) and self.max_length == other.max_length


class Pictures(Space[NDArray[np.uint8]]):
    """Pictures of any size: uint8 ``(height, width, 3)``, RGB."""

    def __init__(self, seed: int | None = None) -> None:
        """All of them."""
        super().__init__(None, np.uint8, seed)

    @property
    def is_np_flattenable(self) -> bool:
        """Not so, since they differ in length."""
        return False

    def contains(self, x: Any) -> bool:
        """Whether ``x`` is a picture with at least one pixel."""
        return isinstance(x, np.ndarray) and x.dtype == np.uint8 and x.ndim == 3 and x.shape[2] == 3 and x.size > 0

    def sample(self, mask: Any = None, probability: Any = None) -> NDArray[np.uint8]:
        """Noise of a random size of up to 64 x 64."""
        height, width = self.np_random.integers(1, 65, size=2)
        return self.np_random.integers(0, 256, size=(height, width, 3), dtype=np.uint8)

    def __eq__(self, other: object) -> bool:
        """All are equal."""
        return isinstance(other, Pictures)

    def __repr__(self) -> str:
        """Its name."""
        return "Pictures()"


class Options(Discrete):
    """The numbers of a menu's options: a ``Discrete`` that samples only what is on offer now.

    Whoever samples with no mask, as Gymnasium's own checkers and examples do, still gets an action that ``step`` takes.
    """

    def __init__(self, n: int) -> None:
        """Options 0 … ``n`` - 1, all on offer until told otherwise."""
        super().__init__(n)
        self._all: tuple[int, ...] = (1,) * n
        self._on_offer = self._all

    def offer(self, offered: tuple[int, ...]) -> None:
        """Sample from these from now on: true, or 1, for what is on offer; from all where nothing is."""
        self._on_offer = offered if any(offered) else self._all

    def sample(self, mask: Any = None, probability: Any = None) -> Any:
        """An option's number; from ``mask`` or with ``probability`` if given, else from what is on offer."""
        if mask is not None or probability is not None:
            return super().sample(mask=mask, probability=probability)
        numbers = [number for number, here in enumerate(self._on_offer) if here]
        # The one that the parent class would draw from a mask, without its checks of that.
        return np.int64(numbers[self.np_random.integers(len(numbers))])


class OptionsPerLane(MultiDiscrete):
    """``Options`` of many lanes: a ``MultiDiscrete`` that samples for each lane only what is on offer there now."""

    def __init__(self, n: int, lanes: int) -> None:
        """Options 0 … ``n`` - 1 in each of ``lanes`` lanes, all on offer until told otherwise."""
        super().__init__(np.full(lanes, n))
        self._on_offer: NDArray[Any] = np.ones((lanes, n), dtype=np.int8)

    def offer(self, offered: NDArray[Any]) -> None:
        """Sample from these from now on: 1 for what is on offer, ``(lanes, n)``; from all where nothing is."""
        self._on_offer = offered.copy()

    def sample(self, mask: Any = None, probability: Any = None) -> Any:
        """A number per lane; from ``mask`` or with ``probability`` if given, by row, else from what is on offer."""
        if mask is not None or probability is not None:
            # Gymnasium asks for tuples of rows; the mask that observations hold is an array.
            mask, probability = (rows if rows is None else tuple(rows) for rows in (mask, probability))
            return super().sample(mask=mask, probability=probability)
        on_offer = self._on_offer.astype(np.bool_)
        on_offer[~on_offer.any(axis=1)] = True
        so_far = on_offer.cumsum(axis=1)
        drawn = (self.np_random.random(len(so_far)) * so_far[:, -1]).astype(np.int64)
        return (so_far > drawn[:, None]).argmax(axis=1)


@create_shared_memory.register(FreeText)
def _refuse_shared_memory(space: FreeText, n: int = 1, ctx: Any = None) -> None:
    # Gymnasium decodes shared text once, when the vector environment is made, and returns that for ever after.
    raise InputError(
        "AsyncVectorEnv with shared memory returns wrong strings for text observations (a fault of Gymnasium's); "
        "make it with shared_memory=False, or use gym.make_vec(id, num_envs=…)."
    )
