"""Turns batches of frames into batches of pictures."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proactive_gym.sources.batches import batches
from proactive_gym.sources.scenes.frame import Box, Frame, Layer, Prop, in_tones
from proactive_gym.sources.scenes.stamps import Stamps, part, stamps

Pictures = NDArray[np.uint8]
Placed = tuple[int, int, int, int]
"""Left, top, width and height in pixels."""

MIXED = 2**15
"""Values that are mixed at a time: what comes in between then stays in the processor's own memory."""


def paint(frames: Sequence[Frame], side: int) -> Pictures:
    """Paint each frame as a picture of its own.

    Args:
        frames: What is to be seen, one frame a picture; frames of different scenarios mix freely.
        side: Width and height in pixels.

    Returns:
        Fresh pictures, uint8 ``(len(frames), side, side, 3)``. Each depends on its own frame only, to the bit.
    """
    pictures = batches.empty((len(frames), side, side, 3))
    for frame, picture in zip(frames, pictures, strict=True):
        if frame.painted is not None and frame.painted.shape == picture.shape:
            picture[...] = frame.painted
        else:
            paint_into(picture, frame)
            frame.painted = picture.copy()
    return pictures


def paint_into(picture: Pictures, frame: Frame) -> None:
    """Paint one frame over all of ``picture``, uint8 ``(side, side, 3)``."""
    layers, damage, side = frame.layers, frame.damage, picture.shape[0]
    instead = None if damage is None else damage.instead(side)
    if instead is not None:
        picture[...] = instead
        return
    if not layers or not _covers(layers[0].box):
        picture[...] = 0  # what no layer paints is black, not whatever the memory held
    for prop, place in in_sight(layers, side):
        _lay(picture, prop, place)
    if damage is not None:
        picture[...] = in_tones(damage.spoil(picture))


def placed(box: Box, side: int) -> Placed:
    """Where the box is in a picture of ``side`` pixels a side."""
    left, top, width, height = box
    return round(left * side), round(top * side), max(1, round(width * side)), max(1, round(height * side))


def _covers(box: Box) -> bool:
    return box.left <= 0 and box.top <= 0 and box.right >= 1 and box.bottom >= 1


def in_sight(layers: Sequence[Layer], side: int) -> list[tuple[Prop, Placed]]:
    """The layers with their places, but for those that lie altogether behind a later one that is opaque."""
    placed_layers = [(prop, placed(box, side)) for prop, box in layers]
    walls = [number for number, (prop, _) in enumerate(placed_layers) if prop.opaque]
    if not walls:
        return placed_layers
    return [
        (prop, place)
        for number, (prop, place) in enumerate(placed_layers)
        if not any(number < wall and _behind(place, placed_layers[wall][1]) for wall in walls)
    ]


def _behind(place: Placed, wall: Placed) -> bool:
    left, top, width, height = place
    return (
        left >= wall[0] and top >= wall[1] and left + width <= wall[0] + wall[2] and top + height <= wall[1] + wall[3]
    )


def _lay(picture: Pictures, prop: Prop, place: Placed) -> None:
    """One layer over the picture, as much of it as is inside."""
    side = picture.shape[0]
    left, top, width, height = place
    if left >= 0 and top >= 0 and left + width <= side and top + height <= side:
        lay(picture, stamps(prop, width, height), left, top)
        return
    window = max(0, -left), max(0, -top), min(width, side - left), min(height, side - top)
    if window[0] >= window[2] or window[1] >= window[3]:
        return
    for colour, through, inset, drop in part(prop, width, height, window):
        x, y = left + inset, top + drop
        x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + colour.shape[1], side), min(y + colour.shape[0], side)
        if x0 < x1 and y0 < y1:
            there = slice(y0 - y, y1 - y), slice(x0 - x, x1 - x)
            _mix(picture[y0:y1, x0:x1], colour[there], None if through is None else through[there])


def lay(picture: Pictures, pieces: Stamps, left: int = 0, top: int = 0) -> None:
    """All pieces of a prop over the picture, inside of which they lie."""
    for colour, through, inset, drop in pieces:
        x, y = left + inset, top + drop
        _mix(picture[y : y + colour.shape[0], x : x + colour.shape[1]], colour, through)


def _mix(here: Pictures, colour: NDArray[Any], through: NDArray[np.uint16] | None) -> None:
    if through is None:
        here[...] = colour
        return
    if here.size > MIXED and len(here) > 1:
        half = len(here) // 2
        _mix(here[:half], colour[:half], through[:half])
        _mix(here[half:], colour[half:], through[half:])
        return
    mixed = here * through
    mixed += colour
    mixed >>= 8
    here[...] = mixed
