"""A painted prop, before it is laid over a picture."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

CORE_PIXELS = 64**2
"""Sprites from that size up are searched for an opaque core."""


class Sprite(NamedTuple):
    """A painted prop, as small as can be.

    It is the part of the prop that is to be seen at all, ``left`` and ``top`` pixels from the prop's corner.

    Attributes:
        colour: ``(h, w)`` whole pixels of three bytes, which are turned and cut much quicker than single channels.
        alpha: Straight alpha, ``uint8`` ``(h, w)``; ``None`` if the prop is opaque.
        left: Pixels that are clear on the left.
        top: Pixels that are clear above.
    """

    colour: NDArray[np.void]
    alpha: NDArray[np.uint8] | None = None
    left: int = 0
    top: int = 0

    @classmethod
    def of(cls, picture: Image.Image) -> "Sprite":
        """What is to be seen of a picture, RGB (opaque) or RGBA with straight alpha."""
        if picture.mode == "RGB":
            return cls(_whole_pixels(picture))
        left, top, right, bottom = picture.getbbox() or (0, 0, 1, 1)
        seen = picture.crop((left, top, right, bottom))
        return cls(_whole_pixels(seen.convert("RGB")), np.array(seen.getchannel("A")), left, top)

    @property
    def right(self) -> int:
        """Where it ends on the right."""
        return self.left + int(self.colour.shape[1])

    @property
    def bottom(self) -> int:
        """Where it ends below."""
        return self.top + int(self.colour.shape[0])

    @property
    def nbytes(self) -> int:
        """Memory that it takes."""
        return int(self.colour.nbytes) + (0 if self.alpha is None else self.alpha.nbytes)

    def mirrored(self, width: int) -> "Sprite":
        """The same the other way round, of a prop of that width."""
        alpha = None if self.alpha is None else self.alpha[:, ::-1]
        return Sprite(self.colour[:, ::-1], alpha, width - self.right, self.top)

    def part(self, left: int, top: int, right: int, bottom: int) -> "Sprite":
        """What of it lies between these edges, in pixels from the prop's corner."""
        left, top = max(left, self.left), max(top, self.top)
        there = (
            slice(top - self.top, max(top, bottom) - self.top),
            slice(left - self.left, max(left, right) - self.left),
        )
        return Sprite(self.colour[there], None if self.alpha is None else self.alpha[there], left, top)

    def pieces(self) -> Iterator["Sprite"]:
        """The same in pieces: an opaque core, if there is one, which needs no mixing, and what is around it."""
        core = None if self.alpha is None or self.alpha.size < CORE_PIXELS else _opaque_core(self.alpha)
        if core is None:
            yield self
            return
        left, top, right, bottom = core[0] + self.left, core[1] + self.top, core[2] + self.left, core[3] + self.top
        yield self.part(left, top, right, bottom)._replace(alpha=None)
        yield self.part(self.left, self.top, self.right, top)
        yield self.part(self.left, bottom, self.right, self.bottom)
        yield self.part(self.left, top, left, bottom)
        yield self.part(right, top, self.right, bottom)


def _opaque_core(alpha: NDArray[np.uint8]) -> tuple[int, int, int, int] | None:
    """Left, top, right and bottom of a large opaque rectangle about the middle, as sheets, rugs and boxes have one."""
    solid = alpha == 255
    middle, centre = alpha.shape[0] // 2, alpha.shape[1] // 2
    (left, right), (top, bottom) = _run_about(solid[middle], centre), _run_about(solid[:, centre], middle)
    for rim in (0.0, 0.08, 0.15):  # the last fits into an ellipse
        x, y = int(rim * (right - left)), int(rim * (bottom - top))
        core = left + x, top + y, right - x, bottom - y
        if 3 * (core[2] - core[0]) * (core[3] - core[1]) < alpha.size:
            return None
        if solid[core[1] : core[3], core[0] : core[2]].all():
            return core
    return None


def _run_about(solid: NDArray[np.bool_], middle: int) -> tuple[int, int]:
    """Start and end of the unbroken run of ``True`` that holds the middle."""
    gaps = np.flatnonzero(~solid)
    after = int(np.searchsorted(gaps, middle))
    if after < len(gaps) and gaps[after] == middle:
        return middle, middle
    return int(gaps[after - 1]) + 1 if after else 0, int(gaps[after]) if after < len(gaps) else len(solid)


def _whole_pixels(picture: Image.Image) -> NDArray[np.void]:
    return np.array(picture).view("V3")[..., 0]
