"""What a subject looks like: a picture of it alone, and what follows from its outline."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import lru_cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

GRID = 16
"""Cells to a side of ``ink``."""

Stroke = NDArray[np.float32]
"""One stroke of the pen: points ``(n, 2)``, x to the right and y down."""


class Likeness(ABC):
    """One way in which a subject can be shown.

    Subclasses are frozen dataclasses of a few texts and numbers: equal ones look equal, and they pickle.

    Attributes:
        gives: What can be had of it: ``"picture"``, ``"strokes"``, ``"views"``; scenarios say which of them they need.
        has_an_order: Whether its strokes come as someone drew them, so that a pen has to begin with the first.
        is_one_of_many: Whether its subject has so many that one could be known by where on the paper its lines lie, so
            that it is drawn anywhere, larger or smaller.
        is_photographic: Whether it looks like the thing down to its surface, so that little of it tells much.
    """

    gives: ClassVar[frozenset[str]] = frozenset({"picture"})
    has_an_order: ClassVar[bool] = False
    is_one_of_many: ClassVar[bool] = False
    is_photographic: ClassVar[bool] = False

    @abstractmethod
    def picture(self) -> Image.Image:
        """It alone, RGBA with straight alpha, cropped to what is to be seen; about 200 pixels wide or more.

        Raises:
            InputError: If its file is missing, unreadable or empty.
        """

    def check(self) -> None:
        """See that it can be shown.

        Raises:
            InputError: If its file is missing, unreadable or empty.
        """
        self.picture()

    def strokes(self) -> tuple[Stroke, ...]:
        """Its line drawing in drawing order, scaled so that all of it fits the unit square."""
        raise NotImplementedError(f"{self} gives no strokes, only {sorted(self.gives)}.")

    def view(self, yaw: int) -> Image.Image:
        """It alone as it stands in an open box that is turned by ``yaw`` degrees; see ``open_box.Inside``."""
        raise NotImplementedError(f"{self} gives no views, only {sorted(self.gives)}.")


def in_unit_square(strokes: Sequence[Stroke]) -> tuple[Stroke, ...]:
    """The strokes moved and scaled together so that they fit the unit square, in the middle of it."""
    every = np.concatenate(strokes)
    low, high = every.min(0), every.max(0)
    side = float((high - low).max())
    margin = (side - (high - low)) / 2
    return tuple([((stroke - low + margin) / side).astype(np.float32) for stroke in strokes])


@lru_cache(maxsize=1024)
def aspect(likeness: Likeness) -> float:
    """Width by height of the picture."""
    width, height = likeness.picture().size
    return width / height


@lru_cache(maxsize=1024)
def ink(likeness: Likeness) -> NDArray[np.float64]:
    """Where the drawing is: its share of opaque area in each cell of a 16x16 grid over its box; sums to 1."""
    alpha = likeness.picture().getchannel("A").resize((GRID, GRID), Image.Resampling.BOX)
    share = np.asarray(alpha, dtype=np.float64)
    share /= share.sum()
    share.setflags(write=False)
    return share


@lru_cache(maxsize=1024)
def ink_sums(likeness: Likeness) -> NDArray[np.float64]:
    """``ink`` summed from the left upper corner: ``[row, column]`` is the share above and left of that point."""
    sums = np.zeros((GRID + 1, GRID + 1))
    sums[1:, 1:] = ink(likeness).cumsum(0).cumsum(1)
    sums.setflags(write=False)
    return sums


@lru_cache(maxsize=256)
def opacity(likeness: Likeness) -> NDArray[np.float64]:
    """How opaque the drawing is in each cell of a 48x48 grid over its box, 0…1."""
    alpha = likeness.picture().getchannel("A").resize((48, 48), Image.Resampling.BOX)
    opaque = np.asarray(alpha, dtype=np.float64) / 255
    opaque.setflags(write=False)
    return opaque


@lru_cache(maxsize=256)
def ringed_opacity(likeness: Likeness, flipped: bool) -> NDArray[np.float64]:
    """``opacity`` of the drawing or of its mirror image, within one ring of cells that are clear."""
    solid = opacity(likeness)
    ringed = np.pad(solid[:, ::-1] if flipped else solid, 1)
    ringed.setflags(write=False)
    return ringed


@lru_cache(maxsize=256)
def solid_box(likeness: Likeness) -> tuple[float, float, float, float]:
    """The largest box inside the drawing without a hole: left, top, right, bottom as shares of its width and height."""
    solid = opacity(likeness) > 0.98
    best, box = 0, (0, 0, 0, 0)
    for top in range(48):
        unbroken = np.ones(48, dtype=bool)
        for bottom in range(top, 48):
            unbroken &= solid[bottom]
            left, right = _longest_run(unbroken)
            if (right - left) * (bottom + 1 - top) > best:
                best, box = (right - left) * (bottom + 1 - top), (left, top, right, bottom + 1)
    left, top, right, bottom = box
    return left / 48, top / 48, right / 48, bottom / 48


def _longest_run(row: NDArray[np.bool_]) -> tuple[int, int]:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], row.view(np.int8), [0]))))
    if not len(edges):
        return 0, 0
    starts, ends = edges[::2], edges[1::2]
    longest = int(np.argmax(ends - starts))
    return int(starts[longest]), int(ends[longest])
