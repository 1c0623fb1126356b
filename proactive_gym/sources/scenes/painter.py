"""Turns batches of frames into batches of pictures."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from proactive_gym.sources.scenes.frame import Box, Frame, Prop, in_tones
from proactive_gym.sources.scenes.kept import Kept

Pictures = NDArray[np.uint8]
Key = tuple[Prop, int, int]
"""A prop, and its width and height in pixels."""

BACKDROP_BYTES, SPRITE_BYTES, STAMP_BYTES, PICTURE_BYTES = 192 * 2**20, 224 * 2**20, 32 * 2**20, 32 * 2**20
"""Most memory for painted backdrops, which are few, large and dear; for all other props, which are many; for those of
them that are ready to be laid, which takes three times the memory; and for whole pictures.

All environments of a process share it; what was not used for long goes first.
"""


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

    def mirrored(self, width: int) -> "Sprite":
        """The same the other way round, of a prop of that width."""
        left = width - self.left - self.colour.shape[1]
        return Sprite(self.colour[:, ::-1], None if self.alpha is None else self.alpha[:, ::-1], left, self.top)

    def part(self, left: int, top: int, right: int, bottom: int) -> "Sprite":
        """What of it lies between these edges, in pixels from the prop's corner."""
        left, top = max(left, self.left), max(top, self.top)
        there = (
            slice(top - self.top, max(top, bottom) - self.top),
            slice(left - self.left, max(left, right) - self.left),
        )
        return Sprite(self.colour[there], None if self.alpha is None else self.alpha[there], left, top)

    @property
    def nbytes(self) -> int:
        """Memory that it takes."""
        return int(self.colour.nbytes) + (0 if self.alpha is None else int(self.alpha.nbytes))


class Stamp(NamedTuple):
    """A sprite, ready to be laid over a picture: ``picture * through // 256 + colour``.

    ``through`` is ``None`` for opaque props, whose colour is ``uint8``; else both are ``uint16`` ``(h, w, 3)``, with
    the colour multiplied by alpha, and by 256.
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
        shares = np.empty_like(colour)
        for channel in range(3):  # all at once would be several times slower: the inner loops would have length 3
            shares[..., channel] = sprite.alpha
        alpha = shares.astype(np.uint16)
        alpha += alpha >> 7  # 0…255 to 0…256, so that a shift divides exactly
        return cls(colour * alpha, np.subtract(256, alpha, out=alpha), sprite.left, sprite.top)

    @property
    def nbytes(self) -> int:
        """Memory that it takes."""
        return int(self.colour.nbytes) + (0 if self.through is None else int(self.through.nbytes))


def painted_sprite(prop: Prop, width: int, height: int) -> Sprite:
    """The prop painted at that many pixels, afresh."""
    picture = prop.paint(width, height)
    if picture.mode == "RGB":
        return Sprite(_whole_pixels(picture))
    box = picture.getbbox() or (0, 0, 1, 1)  # of what is not all clear
    seen = picture if box == (0, 0, width, height) else picture.crop(box)
    return Sprite(_whole_pixels(seen.convert("RGB")), np.array(seen.getchannel("A")), box[0], box[1])


def _whole_pixels(picture: Image.Image) -> NDArray[np.void]:
    return np.array(picture).view("V3")[..., 0]


def painted(prop: Prop, width: int, height: int) -> Stamp:
    """The prop painted at that many pixels, afresh, and ready to be laid."""
    return Stamp.of(painted_sprite(prop, width, height))


def sprite(prop: Prop, width: int, height: int) -> Sprite:
    """The prop painted at that many pixels, from memory if it or its mirror image is there."""
    original = prop.mirrored
    if original is None:
        return _sprites((prop, width, height))
    return _sprites((original, width, height)).mirrored(width)


def stamp(prop: Prop, width: int, height: int) -> Stamp:
    """The prop painted at that many pixels and ready to be laid, from memory if it is there."""
    if not prop.recurs:
        return painted(prop, width, height)
    return (_backdrops if prop.backdrop else _stamps)((prop, width, height))


_backdrops = Kept[Key, Stamp](lambda key: painted(*key), lambda stamp: stamp.nbytes, BACKDROP_BYTES)
_sprites = Kept[Key, Sprite](lambda key: painted_sprite(*key), lambda sprite: sprite.nbytes, SPRITE_BYTES)
_stamps = Kept[Key, Stamp](lambda key: Stamp.of(sprite(*key)), lambda stamp: stamp.nbytes, STAMP_BYTES)


def paint(frames: Sequence[Frame], side: int) -> Pictures:
    """Paint each frame as a picture of its own.

    Args:
        frames: What is to be seen, one frame a picture; frames of different scenarios mix freely.
        side: Width and height in pixels.

    Returns:
        Fresh pictures, uint8 ``(len(frames), side, side, 3)``. Each depends on its own frame only, to the bit.
    """
    pictures = np.empty((len(frames), side, side, 3), dtype=np.uint8)
    for frame, picture in zip(frames, pictures, strict=True):
        if frame.painted is not None and frame.painted.shape == picture.shape:
            picture[...] = frame.painted
        else:
            paint_into(picture, frame)
            frame.painted = picture.copy()
    return pictures


def paint_into(picture: Pictures, frame: Frame) -> None:
    """Paint one frame over all of ``picture``, uint8 ``(side, side, 3)``."""
    layers, damage = frame.layers, frame.damage
    instead = None if damage is None else damage.instead(picture.shape[0])
    if instead is not None:
        picture[...] = instead
        return
    if not layers or not _covers(layers[0].box):
        picture[...] = 0  # what no layer paints is black, not whatever the memory held
    for prop, box in layers:
        _lay(picture, prop, box)
    if damage is not None:
        picture[...] = in_tones(damage.spoil(picture))


def placed(box: Box, side: int) -> tuple[int, int, int, int]:
    """Left, top, width and height of the box in pixels, in a picture of ``side`` pixels a side."""
    return (
        round(box.left * side),
        round(box.top * side),
        max(1, round(box.width * side)),
        max(1, round(box.height * side)),
    )


def _covers(box: Box) -> bool:
    return box.left <= 0 and box.top <= 0 and box.right >= 1 and box.bottom >= 1


def _lay(picture: Pictures, prop: Prop, box: Box) -> None:
    side = picture.shape[0]
    left, top, width, height = placed(box, side)
    if left < 0 or top < 0 or left + width > side or top + height > side:
        _lay_in_part(picture, prop, left, top, width, height)
        return
    colour, through, inset, drop = stamp(prop, width, height)
    left, top = left + inset, top + drop
    _mix(picture[top : top + colour.shape[0], left : left + colour.shape[1]], colour, through)


def _lay_in_part(picture: Pictures, prop: Prop, left: int, top: int, width: int, height: int) -> None:
    side = picture.shape[0]
    window = max(0, -left), max(0, -top), min(width, side - left), min(height, side - top)
    wide, high = window[2] - window[0], window[3] - window[1]
    if wide <= 0 or high <= 0:
        return
    if 2 * wide * high < width * height and prop.recurs and not prop.backdrop:
        # To make only so much of it ready is quicker than to read all of it from memory, if that is there at all.
        colour, through, inset, drop = Stamp.of(sprite(prop, width, height).part(*window))
    else:
        colour, through, inset, drop = stamp(prop, width, height)
    left, top = left + inset, top + drop
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + colour.shape[1], side), min(top + colour.shape[0], side)
    if x0 < x1 and y0 < y1:
        there = slice(y0 - top, y1 - top), slice(x0 - left, x1 - left)
        _mix(picture[y0:y1, x0:x1], colour[there], None if through is None else through[there])


def _mix(here: Pictures, colour: NDArray[Any], through: NDArray[np.uint16] | None) -> None:
    if through is None:
        here[...] = colour
        return
    mixed = here * through
    mixed += colour
    mixed >>= 8
    here[...] = mixed
