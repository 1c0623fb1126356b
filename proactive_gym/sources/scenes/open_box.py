"""A box that is open in front, with a thing in it: it can be turned, and what is in it is seen through the front only.

Whatever is in it is in the same box, as large as goes in, so that the box tells nothing of it.
"""

from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFilter

from proactive_gym.sources.scenes.frame import Box, Layer, Prop
from proactive_gym.sources.scenes.likeness import Likeness
from proactive_gym.sources.scenes.packaging import look, texture, toned
from proactive_gym.sources.scenes.perspective import (
    FACES,
    SUPERSAMPLE,
    Face,
    View,
    floor_shadow,
    lay_on,
    pixels_of,
)

SIZE = (0.64, 0.6, 0.56)
"""Width, height and depth in picture sides."""
ROOM = (0.57, 0.48, 0.46)
"""What there is room for in it: width, height and depth; seen from above, the lid hides a little of the inside."""
PITCH = 16.0
"""Degrees by which the camera looks down on it."""
SPAN = 0.9
"""Width and height, in picture sides, of what a likeness's views show around the middle of the box."""
INFORMATIVE = 15
"""The yaw at which its front is turned to the camera; the thing in it then shows its front and one side."""
BOTTOM = Face((-0.5, 0, -0.5), (1, 0, 0), (0, 0, 1))

_RIM = 0.025  # the walls' thickness, in picture sides


@lru_cache(maxsize=512)
def _view(yaw: int) -> View:
    return View(SIZE, yaw, PITCH)


@lru_cache(maxsize=512)
def opening_in_view(yaw: int) -> float:
    """How large the open front looks: 1 straight on, 0 from the edge of sight on."""
    return _view(yaw).front_in_view()


def standing(style: int, likeness: Likeness, yaw: int, mirrored: bool, x: float, y: float) -> tuple[Layer, ...]:
    """The layers of a box with its middle at ``x``, ``y``, turned by ``yaw``, and of what is to be seen in it."""
    walls = Walls(style, yaw)
    if opening_in_view(yaw) == 0:
        return (Layer(walls, walls.at(x, y)),)
    hollow, inside = Hollow(style, yaw), Inside(likeness, yaw, mirrored)
    return Layer(hollow, hollow.at(x, y)), Layer(inside, inside.at(x, y)), Layer(walls, walls.at(x, y))


@dataclass(frozen=True)
class Turned(Prop):
    """Something that belongs to a box of that style, turned by ``yaw`` degrees."""

    style: int
    yaw: int

    def at(self, x: float, y: float) -> Box:
        """The box, shadow included, of one whose middle is at ``x``, ``y``."""
        return _view(self.yaw).extent().shifted(x, y)


@dataclass(frozen=True)
class Hollow(Turned):
    """The inside of an open box, and its shadow: what is to be seen behind the thing in it."""

    def paint(self, width: int, height: int) -> Image.Image:
        """The inner sides that are to be seen."""
        view = _view(self.yaw)
        bounds, seen = view.extent(), look(self.style)
        canvas = Image.new("RGBa", (SUPERSAMPLE * width, SUPERSAMPLE * height), (0, 0, 0, 0))
        for name, face in (*FACES.items(), ("bottom", BOTTOM)):
            if name != "front" and (name == "bottom" or not view.sees(face)):
                size = pixels_of(canvas, bounds, view, face)
                lay_on(canvas, bounds, view, face, _inner(toned(seen.colour, 0.82), *size))
        hollow = canvas.reduce(SUPERSAMPLE).convert("RGBA")
        return Image.alpha_composite(floor_shadow(view, bounds, width, height), hollow)


@dataclass(frozen=True)
class Walls(Turned):
    """The outer sides of a box that is open in front, or wrapped all around.

    Turned so far that nothing is to be seen of its inside, it has a shadow, too.
    """

    wrapped: bool = False

    def paint(self, width: int, height: int) -> Image.Image:
        """The outer sides that are to be seen, and the rim of the open one."""
        view = _view(self.yaw)
        bounds, opens = view.extent(), not self.wrapped and opening_in_view(self.yaw) > 0
        canvas = Image.new("RGBa", (SUPERSAMPLE * width, SUPERSAMPLE * height), (0, 0, 0, 0))
        for name, face in FACES.items():
            if view.sees(face) and (name != "front" or self.wrapped):
                size = pixels_of(canvas, bounds, view, face)
                lay_on(canvas, bounds, view, face, texture(self.style, name, self.wrapped, *size))
        if opens:
            for edge in _rim():
                size = pixels_of(canvas, bounds, view, edge)
                lay_on(canvas, bounds, view, edge, Image.new("RGB", size, toned(look(self.style).colour, 0.9)))
        walls = canvas.reduce(SUPERSAMPLE).convert("RGBA")
        return walls if opens else Image.alpha_composite(floor_shadow(view, bounds, width, height), walls)


@dataclass(frozen=True)
class Inside(Prop):
    """The thing in an open box that is turned by ``yaw`` degrees, or its mirror image in the box's."""

    recurs = False  # so many things and angles do not meet again soon

    likeness: Likeness
    yaw: int
    turned_over: bool = False

    def at(self, x: float, y: float) -> Box:
        """Its place in a box whose middle is at ``x``, ``y``."""
        return Box(x - SPAN / 2, y - SPAN / 2, SPAN, SPAN)

    def paint(self, width: int, height: int) -> Image.Image:
        """The likeness's view from there."""
        view = self.likeness.view(-self.yaw if self.turned_over else self.yaw)
        scaled = view.convert("RGBa").resize((width, height), Image.Resampling.BICUBIC).convert("RGBA")
        scaled = Image.alpha_composite(_shadow_under(scaled), scaled)
        return scaled.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if self.turned_over else scaled


def _shadow_under(thing: Image.Image) -> Image.Image:
    """The soft shadow at the feet of what is to be seen."""
    shadow = Image.new("RGBA", thing.size, (20, 20, 30, 0))
    box = thing.getchannel("A").getbbox()
    if box is not None:
        left, top, right, bottom = box
        feet = thing.crop((left, bottom - max(1, (bottom - top) // 8), right, bottom)).getchannel("A").getbbox()
        start, end = (left + feet[0], left + feet[2]) if feet is not None else (left, right)
        flat = 0.16 * (end - start)
        alpha = Image.new("L", thing.size)
        ImageDraw.Draw(alpha).ellipse(
            (start - flat / 2, bottom - 1.5 * flat, end + flat / 2, bottom + flat / 2), fill=120
        )
        shadow.putalpha(alpha.filter(ImageFilter.GaussianBlur(max(0.5, flat / 3))))
    return shadow


def _rim() -> list[Face]:
    """The four strips about the opening."""
    x, y = _RIM / SIZE[0], _RIM / SIZE[1]
    front = FACES["front"]
    return [
        front.part(0, 0, 1, y),
        front.part(0, 1 - y, 1, 1),
        front.part(0, 0, x, 1),
        front.part(1 - x, 0, 1, 1),
    ]


@lru_cache(maxsize=128)
def _inner(colour: tuple[int, int, int], width: int, height: int) -> Image.Image:
    """An inner side, darker towards its edges."""
    side = Image.new("RGB", (width, height), toned(colour, 0.72))
    lit = Image.new("L", (width, height))
    pen, inset = ImageDraw.Draw(lit), 0.1 * min(width, height)
    pen.rectangle((inset, inset, width - inset, height - inset), fill=255)
    lit = lit.filter(ImageFilter.GaussianBlur(inset))
    side.paste(Image.new("RGB", (width, height), colour), (0, 0), lit)
    return side
