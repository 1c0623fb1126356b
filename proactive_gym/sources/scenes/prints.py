"""The picture that is printed on the front of a box."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from proactive_gym.sources.scenes.compiling import compiled, inlined
from proactive_gym.sources.scenes.frame import Box, Prop
from proactive_gym.sources.scenes.likeness import Likeness
from proactive_gym.sources.scenes.packaging import PARCEL_STYLES, look, mixed, toned
from proactive_gym.sources.scenes.parcel import view_of
from proactive_gym.sources.scenes.perspective import (
    FACES,
    SUPERSAMPLE,
    Face,
    Row,
    Vector,
    bounds_of,
    in_light,
    light_on,
)
from proactive_gym.sources.scenes.sprite import Sprite

_FILLED = 0.9  # of the panel's smaller side, by the picture's larger one
_LINE = 1 / 60  # of the panel's width, for the line around it

Texels = NDArray[np.uint64]
"""Pixels of a drawing as whole numbers: red, green, blue and alpha in 16 bits each, colours multiplied by alpha."""


@dataclass(frozen=True)
class Print(Prop):
    """A subject's picture on a pale panel that fills the front of a parcel."""

    recurs = False  # so many subjects, parcels and angles do not meet again soon

    likeness: Likeness
    flipped: bool
    style: int
    yaw: int

    def at(self, x: float, y: float) -> Box:
        """Its box on a parcel whose middle is at ``x``, ``y``."""
        return _panel(self.style, self.yaw).bounds.shifted(x, y)

    def paint(self, width: int, height: int) -> Image.Image:
        """The panel in perspective."""
        return self.seen(width, height).picture(width, height)

    def seen(self, width: int, height: int) -> Sprite:
        """The panel in perspective; the drawing is looked up where each pixel of it falls, several times a pixel."""
        panel, accent = _panel(self.style, self.yaw), look(self.style).accent
        across, down = SUPERSAMPLE * width, SUPERSAMPLE * height
        fine, longer = across / panel.bounds.width, _FILLED * min(panel.width, panel.height)
        coarse = max(1, round(max(self.likeness.picture().size) / (fine * longer)))
        texels = _texels(self.likeness, coarse)
        scale = (max(texels.shape) - 2) / longer  # texels to a picture side
        wide, high = scale * panel.width, scale * panel.height
        colours = np.array((mixed(accent, (255, 255, 255), 0.86), toned(accent, 0.9)), np.int64)
        places = panel.places(across, down, wide, high, self.flipped)
        colour, alpha = np.empty((2, height, 3 * width), np.uint8)
        line = max(_LINE * wide, SUPERSAMPLE * scale / fine)
        _look_up(texels, places, wide, high, line, colours, panel.tones, colour, alpha)
        return Sprite(colour, alpha)


class _Panel(NamedTuple):
    """The panel of a parcel, turned: where it is to be seen, and in what light.

    Attributes:
        bounds: The box around it, on a parcel in whose middle the origin is.
        width: In picture sides, straight on.
        height: The same.
        shares: Takes (x, y, 1) in the picture to shares of its width and height, homogeneous, by rows.
        tones: What becomes of each tone in its light, ``(256,)``.
    """

    bounds: Box
    width: float
    height: float
    shares: tuple[Row, Row, Row]
    tones: Vector

    def places(self, across: int, down: int, wide: float, high: float, flipped: bool) -> Vector:
        """Takes looks, so many across and down, to a panel of that width and height, homogeneous: ``(3, 3)``."""
        box, (x, y, far) = self.bounds, self.shares
        if flipped:
            x = far[0] - x[0], far[1] - x[1], far[2] - x[2]
        return np.array(
            [
                (size * a * box.width / across, size * b * box.height / down, size * (a * box.left + b * box.top + c))
                for size, (a, b, c) in ((wide, x), (high, y), (1.0, far))
            ]
        )


@lru_cache(maxsize=1024)
def _panel(style: int, yaw: int) -> _Panel:
    """The part of the front that a subject's picture fills, on a parcel of that style."""
    view, face = view_of(style, yaw), _part(style)
    bounds, tones = bounds_of(view.outline(face)), in_light(light_on(view, face))
    return _Panel(bounds, *view.lengths(face), view.places_on(face), tones)


@lru_cache(maxsize=PARCEL_STYLES)
def _part(style: int) -> Face:
    seen, rim = look(style), 0.02
    x, y = rim / seen.width, rim / seen.height
    return FACES["front"].part(x, y, 1 - x, 1 - y)


@lru_cache(maxsize=256)
def _texels(likeness: Likeness, coarse: int) -> Texels:
    """The drawing, each pixel the mean of a square of ``coarse`` a side, with one clear pixel around it."""
    drawing = likeness.picture().convert("RGBa")
    channels = np.asarray(drawing.reduce(coarse) if coarse > 1 else drawing).astype(np.uint64)
    in_place = np.pad(channels, ((1, 1), (1, 1), (0, 0))) << np.arange(0, 64, 16, dtype=np.uint64)
    texels: Texels = in_place.sum(2, dtype=np.uint64)
    return texels


@compiled
def _look_up(
    texels: Texels,
    places: Vector,
    wide: float,
    high: float,
    rim: float,
    colours: NDArray[np.int64],
    tones: Vector,
    colour: NDArray[np.uint8],
    alpha: NDArray[np.uint8],
) -> None:
    """Look at a panel with a drawing in its middle, ``SUPERSAMPLE`` times along and down each pixel.

    Args:
        texels: The drawing.
        places: What takes looks to places on the panel, homogeneous, in texels: ``(3, 3)``.
        wide: The panel's width, in texels.
        high: Its height.
        rim: The width of the line around it.
        colours: Those of the panel and of the line, ``(2, 3)``.
        tones: What becomes of each tone in the panel's light, ``(256,)``.
        colour: As in a sprite, ``(height, 3 * width)``; changed.
        alpha: The same.
    """
    width = colour.shape[1] // 3
    xs, ys = np.empty((SUPERSAMPLE, SUPERSAMPLE * width)), np.empty((SUPERSAMPLE, SUPERSAMPLE * width))
    left, top = (wide - texels.shape[1] + 1) / 2, (high - texels.shape[0] + 1) / 2  # of the middle of the first texel
    right, bottom = left + texels.shape[1] - 1, top + texels.shape[0] - 1
    flat, long = texels.reshape(texels.size), np.uint64(texels.shape[1])
    line = np.uint64(colours[1, 0] | colours[1, 1] << 16 | colours[1, 2] << 32 | 255 << 48)
    for row in range(colour.shape[0]):
        for part in range(SUPERSAMPLE):
            down = SUPERSAMPLE * row + part + 0.5
            for place in range(SUPERSAMPLE * width):  # apart from the rest: so much can be reckoned for several at once
                across = place + 0.5
                far = places[2, 0] * across + places[2, 1] * down + places[2, 2]
                xs[part, place] = (places[0, 0] * across + places[0, 1] * down + places[0, 2]) / far
                ys[part, place] = (places[1, 0] * across + places[1, 1] * down + places[1, 2]) / far
        for column in range(width):
            seen, looks = np.uint64(0), np.uint32(0)
            for part in range(SUPERSAMPLE):
                for place in range(SUPERSAMPLE * column, SUPERSAMPLE * column + SUPERSAMPLE):
                    x, y = xs[part, place], ys[part, place]
                    if not (0.0 <= x < wide and 0.0 <= y < high):
                        continue
                    looks += np.uint32(1)
                    if x < rim or y < rim or x >= wide - rim or y >= high - rim:
                        seen += line
                    elif left <= x < right and top <= y < bottom:
                        seen += _between(flat, long, x - left, y - top)
            clear = np.uint32(255) * looks - np.uint32(seen >> np.uint64(48))
            for channel in range(3):
                drawn = np.uint32(seen >> np.uint64(16 * channel) & np.uint64(0xFFFF))
                whole = drawn + (np.uint32(colours[0, channel]) * clear + np.uint32(127)) // np.uint32(255)
                tone = (whole + looks // np.uint32(2)) // max(looks, np.uint32(1))
                colour[row, 3 * column + channel] = np.uint8(tones[tone])
                alpha[row, 3 * column + channel] = np.uint8(np.uint32(255) * looks // np.uint32(SUPERSAMPLE**2))


@inlined
def _between(flat: Texels, long: np.uint64, x: float, y: float) -> np.uint64:
    """What is at a place between the middles of four texels, of ``long`` a row: their mean, weighed in 256ths."""
    across, down = np.int32(16 * x), np.int32(16 * y)
    right, below = np.uint64(across & 15), np.uint64(down & 15)
    here, above = np.uint64(16) - right, np.uint64(16) - below
    place = np.uint64(down >> 4) * long + np.uint64(across >> 4)
    upper = flat[place] * here + flat[place + np.uint64(1)] * right
    lower = flat[place + long] * here + flat[place + long + np.uint64(1)] * right
    half, whole = np.uint64(0x0080_0080_0080_0080), np.uint64(0x00FF_00FF_00FF_00FF)
    return np.uint64((upper * above + lower * below + half) >> np.uint64(8) & whole)
