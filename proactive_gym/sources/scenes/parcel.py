"""Boxes that stand on the floor and can be turned, and the picture that is printed on the front of one."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from proactive_gym.sources.scenes.frame import Box, Prop
from proactive_gym.sources.scenes.likeness import Likeness
from proactive_gym.sources.scenes.packaging import PARCEL_STYLES, look, mixed, texture, toned

Colour = tuple[int, int, int]
Vector = NDArray[np.float64]

_DISTANCE = 2.2  # of the camera from the middle of the box, in picture sides
_SUPERSAMPLE = 2
_SHADOW = 0.03  # how far the shadow reaches beyond the box's foot, before it is blurred


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

    @staticmethod
    @lru_cache(maxsize=2048)
    def of(style: int, yaw: int) -> "View":
        """The parcel of that style."""
        seen = look(style)
        return View((seen.width, seen.height, seen.depth), yaw, seen.pitch)

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
        columns[2] = (0, 0, 1) - columns[2] / _DISTANCE
        return columns

    def outline(self, face: Face) -> list[tuple[float, float]]:
        """The face's corners in the picture, in picture sides from its middle."""
        ends = self.homography(face) @ np.array(((0, 1, 1, 0), (0, 0, 1, 1), (1, 1, 1, 1)))
        return [(x / w, y / w) for x, y, w in ends.T.tolist()]

    def sees(self, face: Face) -> bool:
        """Whether the face is turned to the camera."""
        (x0, y0), (x1, y1), _, (x3, y3) = self.outline(face)
        return (x1 - x0) * (y3 - y0) > (y1 - y0) * (x3 - x0)

    def foot(self, rim: float) -> list[tuple[float, float]]:
        """The outline of the box's foot, with that much of the floor around it."""
        wide, deep = 1 + 2 * rim / self.size[0], 1 + 2 * rim / self.size[2]
        return self.outline(Face((-wide / 2, 0, -deep / 2), (wide, 0, 0), (0, 0, deep)))


def front_in_view(style: int, yaw: int) -> float:
    """How large the front looks when the box is turned by ``yaw``: 1 straight on, 0 from the edge of sight on."""
    edge = look(style).depth / 2 / _DISTANCE
    return max(0.0, (math.cos(math.radians(yaw)) - edge) / (1 - edge))


@lru_cache(maxsize=1024)
def _extent(style: int, yaw: int) -> Box:
    """The box, shadow included, of a parcel in whose middle the origin is."""
    view = View.of(style, yaw)
    ends = [point for face in FACES.values() for point in view.outline(face)]
    return _bounds(ends + view.foot(3 * _SHADOW))


@lru_cache(maxsize=1024)
def _panel_extent(style: int, yaw: int) -> Box:
    """The box of its panel."""
    return _bounds(View.of(style, yaw).outline(_panel(style)))


@lru_cache(maxsize=PARCEL_STYLES)
def _panel(style: int) -> Face:
    """The part of the front that a subject's picture fills."""
    seen = look(style)
    rim = 0.02
    x, y = rim / seen.width, rim / seen.height
    return FACES["front"].part(x, y, 1 - x, 1 - y)


def _bounds(points: list[tuple[float, float]]) -> Box:
    xs, ys = zip(*points, strict=True)
    return Box(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))


@dataclass(frozen=True)
class Parcel(Prop):
    """A box with nothing on its front, of one of ``PARCEL_STYLES`` looks, turned by ``yaw`` degrees."""

    style: int
    yaw: int
    wrapped: bool = False

    def at(self, x: float, y: float) -> Box:
        """The box, shadow included, of a parcel whose middle is at ``x``, ``y``."""
        return _extent(self.style, self.yaw).shifted(x, y)

    def paint(self, width: int, height: int) -> Image.Image:
        """The faces that are to be seen, lit from the left, on their shadow."""
        view, bounds = View.of(self.style, self.yaw), _extent(self.style, self.yaw)
        canvas = Image.new("RGBa", (_SUPERSAMPLE * width, _SUPERSAMPLE * height), (0, 0, 0, 0))
        for name, face in FACES.items():
            if view.sees(face):
                size = _pixels(canvas, bounds, view, face)
                _lay_on(canvas, bounds, view, face, texture(self.style, name, self.wrapped, *size))
        parcel = canvas.reduce(_SUPERSAMPLE).convert("RGBA")
        return Image.alpha_composite(_floor_shadow(view, bounds, width, height), parcel)


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
        return _panel_extent(self.style, self.yaw).shifted(x, y)

    def paint(self, width: int, height: int) -> Image.Image:
        """The panel in perspective."""
        view, bounds, panel = View.of(self.style, self.yaw), _panel_extent(self.style, self.yaw), _panel(self.style)
        canvas = Image.new("RGBa", (_SUPERSAMPLE * width, _SUPERSAMPLE * height), (0, 0, 0, 0))
        if view.sees(panel):
            _lay_on(canvas, bounds, view, panel, self._picture(*_pixels(canvas, bounds, view, panel)))
        return canvas.reduce(_SUPERSAMPLE).convert("RGBA")

    def _picture(self, width: int, height: int) -> Image.Image:
        accent = look(self.style).accent
        panel = Image.new("RGB", (width, height), mixed(accent, (255, 255, 255), 0.86))
        line = max(1, width // 60)
        ImageDraw.Draw(panel).rectangle((0, 0, width - 1, height - 1), outline=toned(accent, 0.9), width=line)
        drawing = self.likeness.picture()
        if self.flipped:
            drawing = drawing.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        scale = 0.9 * min(width, height) / max(drawing.size)
        size = (max(1, round(scale * drawing.width)), max(1, round(scale * drawing.height)))
        fitted = drawing.convert("RGBa").resize(size, Image.Resampling.BICUBIC).convert("RGBA")
        panel.paste(fitted, ((width - size[0]) // 2, (height - size[1]) // 2), fitted)
        return panel


def _pixels(canvas: Image.Image, bounds: Box, view: View, face: Face) -> tuple[int, int]:
    """How many pixels a face's own picture needs, so that none is lost."""
    scale = canvas.width / bounds.width
    across, down = (math.hypot(*(np.array(edge) * view.size)) for edge in (face.across, face.down))
    return max(2, round(scale * across)), max(2, round(scale * down))


def _lay_on(canvas: Image.Image, bounds: Box, view: View, face: Face, texture: Image.Image) -> None:
    """Lay a face's picture over ``canvas``, which shows ``bounds``, in perspective and in its own light."""
    x, y = canvas.width / bounds.width, canvas.height / bounds.height
    ends = [((u - bounds.left) * x, (v - bounds.top) * y) for u, v in view.outline(face)]
    left, top = (max(0, math.floor(min(values))) for values in zip(*ends, strict=True))
    right, bottom = (math.ceil(max(values)) for values in zip(*ends, strict=True))
    to_pixels = np.array(((x, 0, -x * bounds.left - left), (0, y, -y * bounds.top - top), (0, 0, 1)))
    across, down, corner = (to_pixels @ view.homography(face)).T.tolist()
    # The inverse but for a factor, of which a homography has no need.
    last = _cross(across, down)
    scales = texture.width / last[2], texture.height / last[2], 1 / last[2]
    rows = _cross(down, corner), _cross(corner, across), last
    data = [entry * scale for row, scale in zip(rows, scales, strict=True) for entry in row][:8]
    lit = texture.point(_in_light(_light(view, face))).convert("RGBa")
    size = (max(1, right - left), max(1, bottom - top))
    seen = lit.transform(size, Image.Transform.PERSPECTIVE, data, Image.Resampling.BILINEAR)
    # A floor of the face's own colour closes the crack between two faces.
    edge = lit.getpixel((0, 0))
    ImageDraw.Draw(canvas).polygon(ends, fill=edge, outline=edge)
    canvas.paste(seen, (left, top), seen)


def _cross(one: Sequence[float], other: Sequence[float]) -> tuple[float, float, float]:
    (a, b, c), (u, v, w) = one, other
    return b * w - c * v, c * u - a * w, a * v - b * u


@lru_cache(maxsize=512)
def _in_light(light: float) -> list[int]:
    """What becomes of each tone of the three channels in that light."""
    return [min(255, round(light * value)) for value in range(256)] * 3


def _light(view: View, face: Face) -> float:
    x, y, z = _cross(face.down, face.across)
    if y:
        return 1.07
    turn = math.atan2(x, z) + math.radians(view.yaw)
    return 0.7 + 0.32 * max(0.0, math.cos(turn + 0.5))


def _floor_shadow(view: View, bounds: Box, width: int, height: int) -> Image.Image:
    alpha = Image.new("L", (width, height))
    across, down = width / bounds.width, height / bounds.height
    ends = [((x - bounds.left) * across, (y - bounds.top) * down) for x, y in view.foot(_SHADOW)]
    ImageDraw.Draw(alpha).polygon(ends, fill=110)
    shadow = Image.new("RGBA", (width, height), (20, 20, 30, 0))
    shadow.putalpha(alpha.filter(ImageFilter.GaussianBlur(0.02 * across)))
    return shadow
