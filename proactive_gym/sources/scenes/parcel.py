"""Boxes that stand on the floor and can be turned."""

from dataclasses import dataclass
from functools import lru_cache

from PIL import Image

from proactive_gym.sources.scenes.frame import Box, Prop
from proactive_gym.sources.scenes.packaging import look, texture
from proactive_gym.sources.scenes.perspective import FACES, SUPERSAMPLE, View, floor_shadow, lay_on, pixels_of


@lru_cache(maxsize=2048)
def view_of(style: int, yaw: int) -> View:
    """The parcel of that style, turned."""
    seen = look(style)
    return View((seen.width, seen.height, seen.depth), yaw, seen.pitch)


def front_in_view(style: int, yaw: int) -> float:
    """How large the front looks when the box is turned by ``yaw``: 1 straight on, 0 from the edge of sight on."""
    return view_of(style, yaw).front_in_view()


@lru_cache(maxsize=1024)
def _extent(style: int, yaw: int) -> Box:
    """The box, shadow included, of a parcel in whose middle the origin is."""
    return view_of(style, yaw).extent()


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
        view, bounds = view_of(self.style, self.yaw), _extent(self.style, self.yaw)
        canvas = Image.new("RGBa", (SUPERSAMPLE * width, SUPERSAMPLE * height), (0, 0, 0, 0))
        for name, face in FACES.items():
            if view.sees(face):
                size = pixels_of(canvas, bounds, view, face)
                lay_on(canvas, bounds, view, face, texture(self.style, name, self.wrapped, *size))
        parcel = canvas.reduce(SUPERSAMPLE).convert("RGBA")
        return Image.alpha_composite(floor_shadow(view, bounds, width, height), parcel)
