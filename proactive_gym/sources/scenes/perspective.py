"""Boxes with six faces before a pinhole camera: where each face is in the picture, and how to paint it there."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from proactive_gym.sources.scenes.frame import Box
from proactive_gym.sources.scenes.loops import project

Vector = NDArray[np.float64]
Row = tuple[float, float, float]

DISTANCE = 2.2
"""Of the camera from the middle of the box, in picture sides."""
SUPERSAMPLE = 2
"""Painted pixels to a pixel, either way."""
SHADOW = 0.03
"""How far the shadow reaches beyond the box's foot, before it is blurred."""


class Face(NamedTuple):
    """A face of a box, in shares of its size: a corner and the two edges from there, as the face's own picture lies.

    The middle of the box's foot is the origin; x points to the right, y up, and z out of the front.
    """

    corner: tuple[float, float, float]
    across: tuple[float, float, float]
    down: tuple[float, float, float]

    def part(self, left: float, top: float, right: float, bottom: float) -> "Face":
        """The part between the given shares of its width and height."""
        corner, across, down = map(np.asarray, self)
        start = corner + left * across + top * down
        return Face(tuple(start), tuple((right - left) * across), tuple((bottom - top) * down))


FACES = {
    "front": Face((-0.5, 1, 0.5), (1, 0, 0), (0, -1, 0)),
    "right": Face((0.5, 1, 0.5), (0, 0, -1), (0, -1, 0)),
    "back": Face((0.5, 1, -0.5), (-1, 0, 0), (0, -1, 0)),
    "left": Face((-0.5, 1, -0.5), (0, 0, 1), (0, -1, 0)),
    "top": Face((-0.5, 1, -0.5), (1, 0, 0), (0, 0, 1)),
}


@dataclass(frozen=True)
class View:
    """A box of some size, turned by ``yaw`` degrees, before a pinhole camera that looks down on it by ``pitch``."""

    size: tuple[float, float, float]
    yaw: int
    pitch: float

    @cached_property
    def _camera(self) -> Vector:
        """Takes directions to right, down and towards the camera; the middle of the box stays where it is."""
        yaw, pitch = math.radians(self.yaw), math.radians(self.pitch)
        turned = ((math.cos(yaw), 0, math.sin(yaw)), (0, 1, 0), (-math.sin(yaw), 0, math.cos(yaw)))
        bent = ((1, 0, 0), (0, -math.cos(pitch), math.sin(pitch)), (0, math.sin(pitch), math.cos(pitch)))
        camera: Vector = np.array(bent) @ np.array(turned)
        return camera

    def homography(self, face: Face) -> Vector:
        """Takes (share of the width, share of the height, 1) of a face to the picture, homogeneous."""
        columns: Vector = self._camera @ (np.array(face).T * np.array(self.size)[:, None])[:, [1, 2, 0]]
        columns[:, 2] -= self._camera[:, 1] * self.size[1] / 2
        # From how far it reaches towards the camera to how far from it that is.
        columns[2] = (0, 0, 1) - columns[2] / DISTANCE
        return columns

    def places_on(self, face: Face) -> tuple[Row, Row, Row]:
        """Takes (x, y, 1) in the picture to shares of the face's width and height, homogeneous, by rows."""
        return _turned_back(*self.homography(face).T.tolist())

    def lengths(self, face: Face) -> tuple[float, float]:
        """The face's width and height, in picture sides."""
        across, down = (math.hypot(*(np.array(edge) * self.size)) for edge in (face.across, face.down))
        return across, down

    def outline(self, face: Face) -> list[tuple[float, float]]:
        """The face's corners in the picture, in picture sides from its middle."""
        ends = self.homography(face) @ np.array(((0, 1, 1, 0), (0, 0, 1, 1), (1, 1, 1, 1)))
        return [(x / w, y / w) for x, y, w in ends.T.tolist()]

    def extent(self) -> Box:
        """The box in the picture of the whole solid, its shadow included."""
        ends = [point for face in FACES.values() for point in self.outline(face)]
        return bounds_of(ends + self.foot(3 * SHADOW))

    def front_in_view(self) -> float:
        """How large the front looks: 1 straight on, 0 from the edge of sight on."""
        edge = self.size[2] / 2 / DISTANCE
        return max(0.0, (math.cos(math.radians(self.yaw)) - edge) / (1 - edge))

    def sees(self, face: Face) -> bool:
        """Whether the face is turned to the camera."""
        (x0, y0), (x1, y1), _, (x3, y3) = self.outline(face)
        return (x1 - x0) * (y3 - y0) > (y1 - y0) * (x3 - x0)

    def foot(self, rim: float) -> list[tuple[float, float]]:
        """The outline of the box's foot, with that much of the floor around it."""
        wide, deep = 1 + 2 * rim / self.size[0], 1 + 2 * rim / self.size[2]
        return self.outline(Face((-wide / 2, 0, -deep / 2), (wide, 0, 0), (0, 0, deep)))


def bounds_of(points: list[tuple[float, float]]) -> Box:
    """The smallest box around all the points."""
    xs, ys = zip(*points, strict=True)
    return Box(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))


def pixels_of(canvas: Image.Image, bounds: Box, view: View, face: Face) -> tuple[int, int]:
    """How many pixels a face's own picture needs, so that none is lost."""
    scale = canvas.width / bounds.width
    across, down = view.lengths(face)
    return max(2, round(scale * across)), max(2, round(scale * down))


def lay_on(canvas: Image.Image, bounds: Box, view: View, face: Face, texture: Image.Image) -> None:
    """Lay a face's picture, RGB, over ``canvas``, which shows ``bounds``, in perspective and in its own light."""
    x, y = canvas.width / bounds.width, canvas.height / bounds.height
    ends = [((u - bounds.left) * x, (v - bounds.top) * y) for u, v in view.outline(face)]
    left, top = (max(0, math.floor(min(values))) for values in zip(*ends, strict=True))
    right, bottom = (math.ceil(max(values)) for values in zip(*ends, strict=True))
    to_pixels = np.array(((x, 0, -x * bounds.left - left), (0, y, -y * bounds.top - top), (0, 0, 1)))
    rows = _turned_back(*(to_pixels @ view.homography(face)).T.tolist())
    last = rows[2][2]
    scales = texture.width / last, texture.height / last, 1 / last
    data = [entry * scale for row, scale in zip(rows, scales, strict=True) for entry in row][:8]
    pixels, tones = np.asarray(texture), in_light(light_on(view, face))
    seen = np.empty((max(1, bottom - top), max(1, right - left), 4), dtype=np.uint8)
    project(pixels, tones, np.array(data), seen)
    # A floor of the face's own colour closes the crack between two faces.
    edge = (*tones[pixels[0, 0]].astype(int).tolist(), 255)
    ImageDraw.Draw(canvas).polygon(ends, fill=edge, outline=edge)
    over = Image.frombuffer("RGBa", (seen.shape[1], seen.shape[0]), seen, "raw", "RGBa", 0, 1)
    canvas.paste(over, (left, top), over)


def _turned_back(across: Sequence[float], down: Sequence[float], corner: Sequence[float]) -> tuple[Row, Row, Row]:
    """The rows of the inverse of a homography of these columns, but for a factor, of which it has no need."""
    return _cross(down, corner), _cross(corner, across), _cross(across, down)


def _cross(one: Sequence[float], other: Sequence[float]) -> Row:
    (a, b, c), (u, v, w) = one, other
    return b * w - c * v, c * u - a * w, a * v - b * u


@lru_cache(maxsize=512)
def in_light(light: float) -> Vector:
    """What becomes of each tone in that light."""
    return np.array([min(255, round(light * value)) for value in range(256)], dtype=np.float64)


def light_on(view: View, face: Face) -> float:
    """How much light falls on a face; it comes from the left, and from above."""
    x, y, z = _cross(face.down, face.across)
    if y:
        return 1.07
    turn = math.atan2(x, z) + math.radians(view.yaw)
    return 0.7 + 0.32 * max(0.0, math.cos(turn + 0.5))


def floor_shadow(view: View, bounds: Box, width: int, height: int) -> Image.Image:
    """The soft shadow about a box's foot: a picture of ``bounds``, of that many pixels."""
    alpha = Image.new("L", (width, height))
    across, down = width / bounds.width, height / bounds.height
    ends = [((x - bounds.left) * across, (y - bounds.top) * down) for x, y in view.foot(SHADOW)]
    ImageDraw.Draw(alpha).polygon(ends, fill=110)
    shadow = Image.new("RGBA", (width, height), (20, 20, 30, 0))
    shadow.putalpha(alpha.filter(ImageFilter.GaussianBlur(0.02 * across)))
    return shadow
