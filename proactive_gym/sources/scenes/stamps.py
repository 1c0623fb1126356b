"""Painted props, kept in memory: as small as can be, and ready to be laid over a picture."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from proactive_gym.sources.scenes.frame import Prop
from proactive_gym.sources.scenes.kept import Kept
from proactive_gym.sources.scenes.sprite import Sprite

Key = tuple[Prop, int, int]
"""A prop, and its width and height in pixels."""

BACKDROP_BYTES, SPRITE_BYTES, STAMP_BYTES = 160 * 2**20, 160 * 2**20, 160 * 2**20
"""Most memory for painted backdrops, which are few, large and dear; for all other props, which are many; and for those
of them that are ready to be laid, which takes three times the memory.

All environments of a process share it; what was not used for long goes first.
"""


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
        return self.colour.nbytes + (0 if self.through is None else self.through.nbytes)


Stamps = tuple[Stamp, ...]
"""A prop in one piece or in several that do not overlap."""


def sprite(prop: Prop, width: int, height: int) -> Sprite:
    """The prop painted at that many pixels, from memory if it or its mirror image is there."""
    original = prop.mirrored
    if original is None:
        return _sprites((prop, width, height))
    return _sprites((original, width, height)).mirrored(width)


def stamps(prop: Prop, width: int, height: int) -> Stamps:
    """The prop painted at that many pixels and ready to be laid, from memory if it is there."""
    if not prop.recurs:
        return (Stamp.of(prop.seen(width, height)),)
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


_backdrops = Kept[Key, Stamps](lambda key: _made(key[0].seen(*key[1:])), _nbytes, BACKDROP_BYTES)
_sprites = Kept[Key, Sprite](lambda key: key[0].seen(*key[1:]), lambda sprite: sprite.nbytes, SPRITE_BYTES)
_stamps = Kept[Key, Stamps](lambda key: _made(sprite(*key)), _nbytes, STAMP_BYTES)
