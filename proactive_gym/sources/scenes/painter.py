"""Turns batches of frames into batches of pictures."""

from collections.abc import Sequence
from threading import Lock
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from proactive_gym.sources.scenes.frame import Box, Frame, Prop

Pictures = NDArray[np.uint8]

BACKDROP_BYTES, PROP_BYTES = 192 * 2**20, 256 * 2**20
"""Most memory for painted backdrops, which are few, large and dear, and for all other props, which are many.

All environments of a process share it; what was not used for long goes first.
"""


class Stamp(NamedTuple):
    """A painted prop, ready to be laid over a picture: ``picture * through // 256 + colour``.

    It is the part of the prop that is to be seen at all, ``left`` and ``top`` pixels from the prop's corner.

    ``through`` is ``None`` for opaque props, whose colour is ``uint8``; else both are ``uint16`` ``(h, w, 3)``, with
    the colour multiplied by alpha, and by 256.
    """

    colour: NDArray[np.uint8] | NDArray[np.uint16]
    through: NDArray[np.uint16] | None
    left: int = 0
    top: int = 0

    @property
    def nbytes(self) -> int:
        """Memory that it takes."""
        return int(self.colour.nbytes) + (0 if self.through is None else int(self.through.nbytes))


class StampCache:
    """Painted props by what they are and how large, the more recently used half of its size at least.

    Every layer of every picture asks here, so a hit costs no more than looking into a dictionary: instead of keeping an
    order of use, stamps live in a young and an old generation. When the young one is full it becomes the old one, and
    what is in the old one by then and was not asked for again is forgotten.
    """

    def __init__(self, size: int) -> None:
        """Keep stamps of up to ``size`` bytes altogether."""
        self._half = size // 2
        self._young: dict[tuple[Prop, int, int], Stamp] = {}
        self._old: dict[tuple[Prop, int, int], Stamp] = {}
        self._young_bytes = 0
        self._lock = Lock()

    def __call__(self, prop: Prop, width: int, height: int) -> Stamp:
        """The prop painted at that many pixels."""
        key = (prop, width, height)
        found = self._young.get(key)
        return self._promoted(key) if found is None else found

    def _promoted(self, key: tuple[Prop, int, int]) -> Stamp:
        with self._lock:
            found = self._old.pop(key, None) or painted(*key)
            self._young_bytes += found.nbytes
            if self._young_bytes > self._half:
                self._old, self._young, self._young_bytes = self._young, {}, found.nbytes
            self._young[key] = found
        return found


_backdrops = StampCache(BACKDROP_BYTES)
_props = StampCache(PROP_BYTES)


def stamp(prop: Prop, width: int, height: int) -> Stamp:
    """The prop painted at that many pixels, from memory if it is there."""
    if not prop.recurs:
        return painted(prop, width, height)
    return (_backdrops if prop.backdrop else _props)(prop, width, height)


def painted(prop: Prop, width: int, height: int) -> Stamp:
    """The prop painted at that many pixels, afresh."""
    picture = prop.paint(width, height)
    pixels = np.asarray(picture)
    if picture.mode == "RGB":
        return Stamp(np.ascontiguousarray(pixels), None)
    box = picture.getchannel("A").getbbox() or (0, 0, 1, 1)
    left, top, right, bottom = box
    pixels = pixels[top:bottom, left:right]
    alpha = pixels[..., 3:].astype(np.uint16)
    alpha += alpha >> 7  # 0…255 to 0…256, so that a shift divides exactly
    through = np.repeat(256 - alpha, 3, axis=2)
    return Stamp(pixels[..., :3].astype(np.uint16) * alpha, through, left, top)


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
    if left >= side or top >= side or left + width <= 0 or top + height <= 0:
        return
    colour, through, inset, drop = stamp(prop, width, height)
    left, top = left + inset, top + drop
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + colour.shape[1], side), min(top + colour.shape[0], side)
    if x0 >= x1 or y0 >= y1:
        return
    here = (slice(y0, y1), slice(x0, x1))
    there = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
    if through is None:
        picture[here] = colour[there]
        return
    mixed = picture[here] * through[there]
    mixed += colour[there]
    mixed >>= 8
    picture[here] = mixed
