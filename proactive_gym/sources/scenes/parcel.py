"""Boxes that stand on the floor and can be turned, and the picture that is printed on the front of one."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from proactive_gym.draw import Draw
from proactive_gym.sources.scenes import art
from proactive_gym.sources.scenes.frame import Box, Prop

Colour = tuple[int, int, int]
Vector = NDArray[np.float64]

PARCEL_STYLES = 32

SHAPES = (
    (0.56, 0.56, 0.50), (0.62, 0.55, 0.34), (0.54, 0.62, 0.30), (0.58, 0.58, 0.13),
    (0.66, 0.54, 0.22), (0.55, 0.64, 0.44), (0.60, 0.54, 0.54), (0.56, 0.66, 0.16),
)  # fmt: skip
"""Width, height and depth in picture sides; the front is always large enough for a clear picture."""

_DISTANCE = 2.2  # of the camera from the middle of the box, in picture sides
_SUPERSAMPLE = 2
_SHADOW = 0.03  # how far the shadow reaches beyond the box's foot, before it is blurred


class Look(NamedTuple):
    """What a style of parcel stands for."""

    width: float
    height: float
    depth: float
    pitch: float
    material: str
    colour: Colour
    accent: Colour


@lru_cache(maxsize=PARCEL_STYLES)
def look(style: int) -> Look:
    """The look of that style; it depends on nothing else."""
    draw = Draw(f"parcel {style}")
    material = tuple(MATERIALS)[style % len(MATERIALS)]
    shape = draw.one(SHAPES)
    pitch = draw.between(12, 20)
    return Look(*shape, pitch, material, draw.one(MATERIALS[material].colours), draw.one(ACCENTS))


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


def _bounds(points: list[tuple[float, float]], x: float, y: float) -> Box:
    xs, ys = zip(*points, strict=True)
    return Box(x + min(xs), y + min(ys), max(xs) - min(xs), max(ys) - min(ys))


@dataclass(frozen=True)
class Parcel(Prop):
    """A box with nothing on its front, of one of ``PARCEL_STYLES`` looks, turned by ``yaw`` degrees."""

    style: int
    yaw: int
    wrapped: bool = False

    def at(self, x: float, y: float) -> Box:
        """The box, shadow included, of a parcel whose middle is at ``x``, ``y``."""
        view = View.of(self.style, self.yaw)
        ends = [point for face in FACES.values() for point in view.outline(face)]
        return _bounds(ends + view.foot(3 * _SHADOW), x, y)

    def paint(self, width: int, height: int) -> Image.Image:
        """The faces that are to be seen, lit from the left, on their shadow."""
        view, bounds = View.of(self.style, self.yaw), self.at(0, 0)
        canvas = Image.new("RGBA", (_SUPERSAMPLE * width, _SUPERSAMPLE * height), (0, 0, 0, 0))
        for name, face in FACES.items():
            if view.sees(face):
                size = _pixels(canvas, bounds, view, face)
                _lay_on(canvas, bounds, view, face, _texture(self.style, name, self.wrapped, *size))
        parcel = canvas.convert("RGBa").reduce(_SUPERSAMPLE).convert("RGBA")
        return Image.alpha_composite(_floor_shadow(view, bounds, width, height), parcel)


@dataclass(frozen=True)
class Print(Prop):
    """A subject's picture on a pale panel that fills the front of a parcel."""

    recurs = False  # so many subjects, parcels and angles do not meet again soon

    codepoint: str
    flipped: bool
    style: int
    yaw: int

    def at(self, x: float, y: float) -> Box:
        """Its box on a parcel whose middle is at ``x``, ``y``."""
        return _bounds(View.of(self.style, self.yaw).outline(self._panel), x, y)

    def paint(self, width: int, height: int) -> Image.Image:
        """The panel in perspective."""
        view, bounds = View.of(self.style, self.yaw), self.at(0, 0)
        canvas = Image.new("RGBA", (_SUPERSAMPLE * width, _SUPERSAMPLE * height), (0, 0, 0, 0))
        if view.sees(self._panel):
            _lay_on(canvas, bounds, view, self._panel, self._picture(*_pixels(canvas, bounds, view, self._panel)))
        return canvas.convert("RGBa").reduce(_SUPERSAMPLE).convert("RGBA")

    @property
    def _panel(self) -> Face:
        seen = look(self.style)
        rim = 0.02
        x, y = rim / seen.width, rim / seen.height
        return FACES["front"].part(x, y, 1 - x, 1 - y)

    def _picture(self, width: int, height: int) -> Image.Image:
        accent = look(self.style).accent
        panel = Image.new("RGB", (width, height), _mixed(accent, (255, 255, 255), 0.86))
        line = max(1, width // 60)
        ImageDraw.Draw(panel).rectangle((0, 0, width - 1, height - 1), outline=_toned(accent, 0.9), width=line)
        drawing = art.glyph(self.codepoint)
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
    across, down, corner = (to_pixels @ view.homography(face)).T
    # The inverse but for a factor, of which a homography has no need.
    back = np.stack((np.cross(down, corner), np.cross(corner, across), np.cross(across, down)))
    back *= np.array((texture.width, texture.height, 1))[:, None] / back[2, 2]
    light = _light(view, face)
    lit = texture.point([min(255, round(light * value)) for value in range(256)] * 3).convert("RGBA")
    size, data = (max(1, right - left), max(1, bottom - top)), back.ravel()[:8].tolist()
    seen = lit.transform(size, Image.Transform.PERSPECTIVE, data, Image.Resampling.BILINEAR)
    # A floor of the face's own colour closes the crack between two faces.
    edge = lit.getpixel((0, 0))
    ImageDraw.Draw(canvas).polygon(ends, fill=edge, outline=edge)
    canvas.alpha_composite(seen, (left, top))


def _light(view: View, face: Face) -> float:
    x, y, z = np.cross(face.down, face.across)
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


def _toned(colour: Colour, factor: float) -> Colour:
    red, green, blue = (min(255, round(channel * factor)) for channel in colour)
    return red, green, blue


def _mixed(colour: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + share * (b - a)) for a, b in zip(colour, other, strict=True))
    return red, green, blue


ACCENTS: tuple[Colour, ...] = (
    (186, 66, 58), (56, 98, 164), (66, 132, 88), (208, 150, 48), (120, 84, 150), (40, 120, 132),
)  # fmt: skip


class Sheet(NamedTuple):
    """A face's own picture while it is being painted."""

    pen: ImageDraw.ImageDraw
    width: int
    height: int
    face: str
    colour: Colour
    accent: Colour
    draw: Draw

    def bar(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        """A filled rectangle, in shares of width and height."""
        wide, high = self.width, self.height
        self.pen.rectangle((left * wide, top * high, right * wide, bottom * high), fill=colour)

    def unit(self, length: float) -> float:
        """That share of the smaller side, in pixels."""
        return length * min(self.width, self.height)


@lru_cache(maxsize=128)
def _texture(style: int, face: str, wrapped: bool, width: int, height: int) -> Image.Image:
    seen = look(style)
    sheet_of = Image.new("RGB", (width, height), seen.colour)
    sheet = Sheet(ImageDraw.Draw(sheet_of), width, height, face, seen.colour, seen.accent, Draw(f"{style} {face}"))
    (_gift if wrapped else MATERIALS[seen.material].decorate)(sheet)
    return sheet_of


def _cardboard(sheet: Sheet) -> None:
    for y in np.arange(0, sheet.height, sheet.unit(0.025)):
        sheet.pen.line((0, y, sheet.width, y), fill=_toned(sheet.colour, 0.975))
    tape = _mixed(sheet.colour, (255, 246, 220), 0.42)
    if sheet.face == "top":
        sheet.bar(0, 0.495, 1, 0.505, _toned(sheet.colour, 0.7))
        sheet.bar(0, 0.4, 1, 0.6, tape)
    elif sheet.face in ("left", "right"):
        sheet.bar(0.4, 0, 0.6, 0.24, tape)
        _arrows(sheet, 0.5, 0.62)
    elif sheet.face == "back":
        _address(sheet, sheet.draw.between(0.08, 0.4), sheet.draw.between(0.12, 0.3))
    _edge(sheet, 0.9)


def _carton(sheet: Sheet) -> None:
    if sheet.face == "top":
        sheet.bar(0.06, 0.44, 0.94, 0.56, _toned(sheet.colour, 0.94))
    else:
        sheet.bar(0, 0, 1, 0.12, sheet.accent)
        sheet.bar(0, 0.92, 1, 1, _toned(sheet.accent, 0.8))
    if sheet.face in ("left", "right"):
        _lines(sheet, 0.15, 0.22, 0.85, 0.8)
    elif sheet.face == "back":
        _lines(sheet, 0.1, 0.2, 0.52, 0.8)
        _table(sheet, 0.6, 0.2, 0.9, 0.6)
        _barcode(sheet, 0.62, 0.68, 0.9, 0.84)
    _edge(sheet, 0.93)


def _tin(sheet: Sheet) -> None:
    for x in range(sheet.width):
        shine = 1 + 0.1 * math.sin(3 * math.pi * x / sheet.width + 0.7)
        sheet.pen.line((x, 0, x, sheet.height), fill=_toned(sheet.colour, shine))
    if sheet.face == "top":
        inset = sheet.unit(0.09)
        inner = (inset, inset, sheet.width - inset, sheet.height - inset)
        sheet.pen.rounded_rectangle(inner, inset, outline=_toned(sheet.colour, 0.75), width=max(1, round(inset / 4)))
        return
    sheet.bar(0, 0.13, 1, 0.155, _toned(sheet.colour, 0.6))
    sheet.bar(0, 0, 1, 0.13, _toned(sheet.colour, 1.12))
    sheet.bar(0, 0.965, 1, 1, _toned(sheet.colour, 0.7))
    if sheet.face == "back":
        sheet.bar(0.28, 0.36, 0.72, 0.76, (232, 226, 210))
        _lines(sheet, 0.33, 0.42, 0.67, 0.72)
    elif sheet.face != "front":
        sheet.bar(0, 0.3, 1, 0.34, _toned(sheet.accent, 1.1))
        sheet.bar(0, 0.8, 1, 0.84, _toned(sheet.accent, 1.1))


def _crate(sheet: Sheet) -> None:
    planks = 5
    for plank in range(planks):
        tone = _toned(sheet.colour, sheet.draw.between(0.9, 1.08))
        sheet.bar(0, plank / planks, 1, (plank + 0.94) / planks, tone)
        sheet.bar(0, (plank + 0.94) / planks, 1, (plank + 1) / planks, _toned(sheet.colour, 0.5))
        for _ in range(4):
            y = (plank + sheet.draw.between(0.15, 0.8)) / planks * sheet.height
            x = sheet.draw.between(0, 0.8) * sheet.width
            sheet.pen.line((x, y, x + 0.25 * sheet.width, y), fill=_toned(tone, 0.9))
    if sheet.face == "top":
        return
    post = sheet.unit(0.12) / sheet.width
    for left in (0.0, 1 - post):
        sheet.bar(left, 0, left + post, 1, _toned(sheet.colour, 0.86))
        for plank in range(planks):
            x, y, r = (left + post / 2) * sheet.width, (plank + 0.5) / planks * sheet.height, sheet.unit(0.014)
            sheet.pen.ellipse((x - r, y - r, x + r, y + r), fill=(90, 84, 80))


def _gift(sheet: Sheet) -> None:
    number = ACCENTS.index(sheet.accent)
    paper, ribbon = _mixed(sheet.accent, (255, 255, 255), 0.35), ACCENTS[(number + 2) % len(ACCENTS)]
    sheet.bar(0, 0, 1, 1, paper)
    step = 0.11 * max(sheet.width, sheet.height)
    for row, y in enumerate(np.arange(step / 2, sheet.height, step)):
        if number % 2:
            sheet.pen.rectangle((0, y - step / 5, sheet.width, y + step / 5), fill=_mixed(paper, (255, 255, 255), 0.5))
            continue
        for x in np.arange(step / 2 * (1 + row % 2), sheet.width, step):
            sheet.pen.regular_polygon((x, y, step / 4), 4 + number, fill=_mixed(paper, (255, 255, 255), 0.7))
    sheet.bar(0.44, 0, 0.56, 1, ribbon)
    sheet.bar(0, 0.43, 1, 0.57, ribbon)
    if sheet.face == "top":
        _bow(sheet, ribbon)
    _edge(sheet, 0.9)


def _bow(sheet: Sheet, ribbon: Colour) -> None:
    x, y, loop = sheet.width / 2, sheet.height / 2, sheet.unit(0.3)
    for side in (-1, 1):
        for size, tone in ((1.0, 0.8), (0.62, 1.12)):
            centre = x + side * 0.95 * loop
            box = (centre - size * loop, y - 0.6 * size * loop, centre + size * loop, y + 0.6 * size * loop)
            sheet.pen.ellipse(box, fill=_toned(ribbon, tone))
    sheet.pen.ellipse((x - 0.4 * loop, y - 0.4 * loop, x + 0.4 * loop, y + 0.4 * loop), fill=_toned(ribbon, 0.65))


def _arrows(sheet: Sheet, x: float, y: float) -> None:
    ink, size = _toned(sheet.colour, 0.5), sheet.unit(0.13)
    for side in (-1, 1):
        u, v = x * sheet.width + side * size, y * sheet.height
        sheet.pen.polygon(((u - 0.7 * size, v), (u + 0.7 * size, v), (u, v - 1.1 * size)), fill=ink)
        sheet.pen.rectangle((u - 0.25 * size, v, u + 0.25 * size, v + size), fill=ink)


def _address(sheet: Sheet, left: float, top: float) -> None:
    sheet.bar(left, top, left + 0.5, top + 0.42, (246, 246, 242))
    _lines(sheet, left + 0.04, top + 0.05, left + 0.34, top + 0.22)
    _barcode(sheet, left + 0.05, top + 0.28, left + 0.45, top + 0.39)


def _lines(sheet: Sheet, left: float, top: float, right: float, bottom: float) -> None:
    for y in np.arange(top, bottom, 0.065):
        sheet.bar(left, y, left + (right - left) * sheet.draw.between(0.55, 1.0), y + 0.022, (128, 128, 130))


def _table(sheet: Sheet, left: float, top: float, right: float, bottom: float) -> None:
    sheet.bar(left, top, right, bottom, (120, 120, 124))
    for y in np.arange(top + 0.012, bottom - 0.05, 0.065):
        sheet.bar(left + 0.012, y, right - 0.012, y + 0.05, (248, 248, 246))


def _barcode(sheet: Sheet, left: float, top: float, right: float, bottom: float) -> None:
    sheet.bar(left, top, right, bottom, (250, 250, 248))
    x = left + 0.02
    while x < right - 0.03:
        wide = sheet.draw.one((0.006, 0.012, 0.018))
        sheet.bar(x, top + 0.02, x + wide, bottom - 0.02, (30, 30, 34))
        x += wide + sheet.draw.one((0.008, 0.014))


def _edge(sheet: Sheet, tone: float) -> None:
    rim = (0, 0, sheet.width - 1, sheet.height - 1)
    sheet.pen.rectangle(rim, outline=_toned(sheet.colour, tone), width=max(1, round(sheet.unit(0.01))))


class Material(NamedTuple):
    """What boxes are made of."""

    colours: tuple[Colour, ...]
    decorate: Callable[[Sheet], None]


MATERIALS: dict[str, Material] = {
    "cardboard box": Material(((190, 150, 106), (176, 134, 92), (204, 170, 128)), _cardboard),
    "carton": Material(((240, 238, 232), (226, 232, 236), (244, 234, 214)), _carton),
    "tin box": Material(((150, 60, 58), (58, 88, 128), (70, 112, 88), (172, 176, 180)), _tin),
    "wooden box": Material(((196, 158, 108), (168, 124, 82), (150, 118, 92)), _crate),
}
"""By the names the user calls such boxes."""
