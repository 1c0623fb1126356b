"""Turns batches of frames into batches of pictures."""

from collections.abc import Sequence
from threading import Lock
from typing import NamedTuple

import numpy as np
from cachetools import LRUCache, cached
from cachetools.keys import hashkey
from numpy.typing import NDArray

from proactive_gym.sources.scenes.frame import Box, Frame, Prop

Pictures = NDArray[np.uint8]

CACHE_BYTES = 256 * 2**20
"""Most memory for painted props; shared by all environments of a process. The least used go first."""


class Stamp(NamedTuple):
    """A painted prop, ready to be laid over a picture: ``picture * through // 256 + colour``.

    ``through`` is ``None`` for opaque props, whose colour is ``uint8``; else both are ``uint16`` ``(h, w, 3)``, with
    the colour multiplied by alpha, and by 256.
    """

    colour: NDArray[np.uint8] | NDArray[np.uint16]
    through: NDArray[np.uint16] | None


def _bytes(stamp: Stamp) -> int:
    return int(stamp.colour.nbytes) + (0 if stamp.through is None else int(stamp.through.nbytes))


@cached(LRUCache(maxsize=CACHE_BYTES, getsizeof=_bytes), key=hashkey, lock=Lock())
def stamp(prop: Prop, width: int, height: int) -> Stamp:
    """The prop painted at that many pixels."""
    painted = prop.paint(width, height)
    pixels = np.asarray(painted)
    if painted.mode == "RGB":
        return Stamp(np.ascontiguousarray(pixels), None)
    alpha = pixels[..., 3:].astype(np.uint16)
    alpha += alpha >> 7  # 0…255 to 0…256, so that a shift divides exactly
    through = np.repeat(256 - alpha, 3, axis=2)
    return Stamp(pixels[..., :3].astype(np.uint16) * alpha, through)


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
        paint_into(picture, frame)
    return pictures


def paint_into(picture: Pictures, frame: Frame) -> None:
    """Paint one frame over all of ``picture``, uint8 ``(side, side, 3)``."""
    if not _covers(frame.layers[0].box):
        picture[...] = 0  # what no layer paints is black, not whatever the memory held
    for prop, box in frame.layers:
        _lay(picture, prop, box)
    if frame.damage is not None:
        spoilt = frame.damage.spoil(picture.astype(np.float32))
        picture[...] = np.clip(np.rint(spoilt), 0, 255)


def _covers(box: Box) -> bool:
    return box.left <= 0 and box.top <= 0 and box.right >= 1 and box.bottom >= 1


def _lay(picture: Pictures, prop: Prop, box: Box) -> None:
    side = picture.shape[0]
    left, top = round(box.left * side), round(box.top * side)
    width, height = max(1, round(box.width * side)), max(1, round(box.height * side))
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + width, side), min(top + height, side)
    if x0 >= x1 or y0 >= y1:
        return
    colour, through = stamp(prop, width, height)
    here = (slice(y0, y1), slice(x0, x1))
    there = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
    if through is None:
        picture[here] = colour[there]
        return
    mixed = picture[here] * through[there]
    mixed += colour[there]
    mixed >>= 8
    picture[here] = mixed
