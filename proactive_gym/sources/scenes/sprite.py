"""A painted prop, before it is laid over a picture."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

OPAQUE = np.empty((0, 0), dtype=np.uint8)
"""Stands for the alpha of what is opaque all over."""


class Sprite(NamedTuple):
    """A painted prop, as small as can be, and ready to be laid: see ``loops.lay``.

    It is the part of the prop that is to be seen at all, ``left`` and ``top`` pixels from the prop's corner.

    Attributes:
        colour: Uint8 ``(h, 3 * w)``, the channels of a pixel beside each other.
        alpha: Straight alpha, once for each channel, uint8 ``(h, 3 * w)``; ``OPAQUE`` if it is opaque all over.
        left: Pixels that are clear on the left.
        top: Pixels that are clear above.
    """

    colour: NDArray[np.uint8]
    alpha: NDArray[np.uint8] = OPAQUE
    left: int = 0
    top: int = 0

    @classmethod
    def of(cls, picture: Image.Image) -> "Sprite":
        """What is to be seen of a picture, RGB (opaque) or RGBA with straight alpha."""
        if picture.mode == "RGB":
            return cls(_beside_each_other(picture))
        left, top, right, bottom = picture.getbbox() or (0, 0, 1, 1)
        seen = picture.crop((left, top, right, bottom))
        return cls(_beside_each_other(seen.convert("RGB")), for_each_channel(seen.getchannel("A")), left, top)

    @property
    def nbytes(self) -> int:
        """Memory that it takes."""
        return self.colour.nbytes + self.alpha.nbytes

    def picture(self, width: int, height: int) -> Image.Image:
        """The whole of a prop that is not opaque all over, of that many pixels: RGBA with straight alpha."""
        pixels = np.zeros((height, width, 4), np.uint8)
        rows, columns = self.alpha.shape[0], self.alpha.shape[1] // 3
        seen = pixels[self.top : self.top + rows, self.left : self.left + columns]
        seen[..., :3], seen[..., 3] = self.colour.reshape(rows, columns, 3), self.alpha[:, ::3]
        return Image.fromarray(pixels)

    def mirrored(self, width: int) -> "Sprite":
        """The same the other way round, of a prop of that width."""
        colour, alpha = _turned(self.colour), _turned(self.alpha)
        return Sprite(colour, alpha, width - self.left - colour.shape[1] // 3, self.top)


def for_each_channel(alpha: Image.Image) -> NDArray[np.uint8]:
    """Alpha as a sprite has it."""
    return _beside_each_other(Image.merge("RGB", (alpha, alpha, alpha)))


def _beside_each_other(picture: Image.Image) -> NDArray[np.uint8]:
    return np.array(picture).reshape(picture.height, -1)


def _turned(rows: NDArray[np.uint8]) -> NDArray[np.uint8]:
    whole_pixels = rows.view("V3")  # turned much quicker than single channels
    return np.ascontiguousarray(whole_pixels[:, ::-1]).view(np.uint8)
