"""Boxes that stand on the floor and can be turned, and the picture that is printed on the front of one."""

from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw

from proactive_gym.sources.scenes.frame import Box, Prop
from proactive_gym.sources.scenes.likeness import Likeness
from proactive_gym.sources.scenes.packaging import PARCEL_STYLES, look, mixed, texture, toned
from proactive_gym.sources.scenes.perspective import (
    FACES,
    SUPERSAMPLE,
    Face,
    View,
    bounds_of,
    floor_shadow,
    lay_on,
    pixels_of,
)


@lru_cache(maxsize=2048)
def _view(style: int, yaw: int) -> View:
    """The parcel of that style, turned."""
    seen = look(style)
    return View((seen.width, seen.height, seen.depth), yaw, seen.pitch)


def front_in_view(style: int, yaw: int) -> float:
    """How large the front looks when the box is turned by ``yaw``: 1 straight on, 0 from the edge of sight on."""
    return _view(style, yaw).front_in_view()


@lru_cache(maxsize=1024)
def _extent(style: int, yaw: int) -> Box:
    """The box, shadow included, of a parcel in whose middle the origin is."""
    return _view(style, yaw).extent()


@lru_cache(maxsize=1024)
def _panel_extent(style: int, yaw: int) -> Box:
    """The box of its panel."""
    return bounds_of(_view(style, yaw).outline(_panel(style)))


@lru_cache(maxsize=PARCEL_STYLES)
def _panel(style: int) -> Face:
    """The part of the front that a subject's picture fills."""
    seen = look(style)
    rim = 0.02
    x, y = rim / seen.width, rim / seen.height
    return FACES["front"].part(x, y, 1 - x, 1 - y)


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
        view, bounds = _view(self.style, self.yaw), _extent(self.style, self.yaw)
        canvas = Image.new("RGBa", (SUPERSAMPLE * width, SUPERSAMPLE * height), (0, 0, 0, 0))
        for name, face in FACES.items():
            if view.sees(face):
                size = pixels_of(canvas, bounds, view, face)
                lay_on(canvas, bounds, view, face, texture(self.style, name, self.wrapped, *size))
        parcel = canvas.reduce(SUPERSAMPLE).convert("RGBA")
        return Image.alpha_composite(floor_shadow(view, bounds, width, height), parcel)


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
        view, bounds, panel = _view(self.style, self.yaw), _panel_extent(self.style, self.yaw), _panel(self.style)
        canvas = Image.new("RGBa", (SUPERSAMPLE * width, SUPERSAMPLE * height), (0, 0, 0, 0))
        if view.sees(panel):
            lay_on(canvas, bounds, view, panel, self._picture(*pixels_of(canvas, bounds, view, panel)))
        return canvas.reduce(SUPERSAMPLE).convert("RGBA")

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
