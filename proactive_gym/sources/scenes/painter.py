"""Turns batches of frames into batches of pictures."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from proactive_gym.sources.batches import batches
from proactive_gym.sources.scenes.frame import Box, Frame, Layer, Prop
from proactive_gym.sources.scenes.loops import lay, round_off
from proactive_gym.sources.scenes.sprites import sprite

Pictures = NDArray[np.uint8]
Placed = tuple[int, int, int, int]
"""Left, top, width and height in pixels."""


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


def handed_over(frame: Frame) -> Pictures:
    """The picture that was painted of the frame; from now on it is the caller's own."""
    painted, frame.painted = frame.painted, None
    assert painted is not None  # or there is nothing to hand over
    return painted


def paint_into(picture: Pictures, frame: Frame) -> None:
    """Paint one frame over all of ``picture``, uint8 ``(side, side, 3)``."""
    layers, damage, side = frame.layers, frame.damage, picture.shape[0]
    instead = None if damage is None else damage.instead(side)
    if instead is not None:
        picture[...] = instead
        return
    if not layers or not _covers(layers[0].box):
        picture[...] = 0  # what no layer paints is black, not whatever the memory held
    for prop, (left, top, width, height) in in_sight(layers, side):
        colour, alpha, inset, drop = sprite(prop, width, height)
        lay(picture, colour, alpha, left + inset, top + drop)
    if damage is not None:
        spoilt = damage.spoil(picture)
        if spoilt is not picture:
            round_off(np.ascontiguousarray(spoilt), picture)


def placed(box: Box, side: int) -> Placed:
    """Where the box is in a picture of ``side`` pixels a side."""
    left, top, width, height = box
    return round(left * side), round(top * side), max(1, round(width * side)), max(1, round(height * side))


def _covers(box: Box) -> bool:
    return box.left <= 0 and box.top <= 0 and box.right >= 1 and box.bottom >= 1


def in_sight(layers: Sequence[Layer], side: int) -> list[tuple[Prop, Placed]]:
    """The layers with their places, but for those outside the picture or behind a later one that is opaque."""
    seen: list[tuple[Prop, Placed]] = []
    for prop, box in layers:
        place = left, top, width, height = placed(box, side)
        if prop.opaque:
            seen = [layer for layer in seen if not _behind(layer[1], place)]
        if left < side and top < side and left + width > 0 and top + height > 0:
            seen.append((prop, place))
    return seen


def _behind(place: Placed, wall: Placed) -> bool:
    left, top, width, height = place
    return (
        left >= wall[0] and top >= wall[1] and left + width <= wall[0] + wall[2] and top + height <= wall[1] + wall[3]
    )
