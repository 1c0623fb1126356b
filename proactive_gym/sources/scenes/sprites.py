"""Painted props, kept in memory: as small as can be, and ready to be laid over a picture."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from proactive_gym.sources.scenes.frame import Prop
from proactive_gym.sources.scenes.kept import Kept

Key = tuple[Prop, int, int]
"""A prop, and its width and height in pixels."""

BACKDROP_BYTES, SPRITE_BYTES, STAMP_BYTES = 160 * 2**20, 160 * 2**20, 160 * 2**20
"""Most memory for painted backdrops, which are few, large and dear; for all other props, which are many; and for those
of them that are ready to be laid, which takes three times the memory.

All environments of a process share it; what was not used for long goes first.
"""
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

    @property
    def right(self) -> int:
        """Where it ends on the right."""
        return self.left + self.colour.shape[1]

    @property
    def bottom(self) -> int:
        """Where it ends below."""
        return self.top + self.colour.shape[0]

    @property
    def nbytes(self) -> int:
        """Memory that it takes."""
        return int(self.colour.nbytes) + (0 if self.alpha is None else int(self.alpha.nbytes))

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


class Stamp(NamedTuple):
    """A sprite or a piece of one, ready to be laid over a picture: ``picture * through // 256 + colour``.

    ``through`` is ``None`` for opaque ones, whose colour is ``uint8``; else both are ``uint16`` ``(h, w, 3)``, with the
    colour multiplied by alpha, and by 256.
    """

    colour: NDArray[np.uint8] | NDArray[np.uint16]
    through: NDArray[np.uint16] | None
    left: int = 0
    top: int = 0

    @classmethod
    def of(cls, sprite: Sprite) -> "Stamp":
        """The sprite's colours multiplied out."""
        colour = np.ascontiguousarray(sprite.colour)[..., None].view(np.uint8)
        if sprite.alpha is None:
            return cls(colour, None, sprite.left, sprite.top)
        opacity = sprite.alpha.astype(np.uint16)
        opacity += opacity >> 7  # 0…255 to 0…256, so that a shift divides exactly
        alpha = np.empty(colour.shape, np.uint16)
        for channel in range(3):  # all at once would be several times slower: the inner loops would have length 3
            alpha[..., channel] = opacity
        return cls(colour * alpha, np.subtract(256, alpha, out=alpha), sprite.left, sprite.top)

    @property
    def nbytes(self) -> int:
        """Memory that it takes."""
        return int(self.colour.nbytes) + (0 if self.through is None else int(self.through.nbytes))


Stamps = tuple[Stamp, ...]
"""A prop in one piece or in several that do not overlap."""


def painted_sprite(prop: Prop, width: int, height: int) -> Sprite:
    """The prop painted at that many pixels, afresh."""
    seen, left, top = prop.seen(width, height)
    if seen.mode == "RGB":
        return Sprite(_whole_pixels(seen), None, left, top)
    return Sprite(_whole_pixels(seen.convert("RGB")), np.array(seen.getchannel("A")), left, top)


def _whole_pixels(picture: Image.Image) -> NDArray[np.void]:
    return np.array(picture).view("V3")[..., 0]


def sprite(prop: Prop, width: int, height: int) -> Sprite:
    """The prop painted at that many pixels, from memory if it or its mirror image is there."""
    original = prop.mirrored
    if original is None:
        return _sprites((prop, width, height))
    return _sprites((original, width, height)).mirrored(width)


def stamps(prop: Prop, width: int, height: int) -> Stamps:
    """The prop painted at that many pixels and ready to be laid, from memory if it is there."""
    if not prop.recurs:
        return (Stamp.of(painted_sprite(prop, width, height)),)
    return (_backdrops if prop.backdrop else _stamps)((prop, width, height))


def part(prop: Prop, width: int, height: int, window: tuple[int, int, int, int]) -> Stamps:
    """As much as lies inside the window of a prop of which the smaller part is to be seen.

    To make only so much of a large one ready is quicker than to read all of it from memory, if that is there at all.
    """
    wide, high = window[2] - window[0], window[3] - window[1]
    if prop.backdrop or not prop.recurs or 2 * wide * high >= width * height:
        return stamps(prop, width, height)
    return (Stamp.of(sprite(prop, width, height).part(*window)),)


def _made(painted: Sprite) -> Stamps:
    return tuple([Stamp.of(piece) for piece in painted.pieces() if piece.colour.size])


def _nbytes(made: Stamps) -> int:
    return sum([stamp.nbytes for stamp in made])


_backdrops = Kept[Key, Stamps](lambda key: _made(painted_sprite(*key)), _nbytes, BACKDROP_BYTES)
_sprites = Kept[Key, Sprite](lambda key: painted_sprite(*key), lambda sprite: sprite.nbytes, SPRITE_BYTES)
_stamps = Kept[Key, Stamps](lambda key: _made(sprite(*key)), _nbytes, STAMP_BYTES)
