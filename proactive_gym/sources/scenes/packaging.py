"""What boxes look like: their shapes, materials, and what is on each side of them."""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from proactive_gym.draw import Draw

Colour = tuple[int, int, int]

PARCEL_STYLES = 20

SHAPES = (
    (0.56, 0.56, 0.50), (0.62, 0.55, 0.34), (0.54, 0.62, 0.30), (0.58, 0.58, 0.13),
    (0.66, 0.54, 0.22), (0.55, 0.64, 0.44), (0.60, 0.54, 0.54), (0.56, 0.66, 0.16),
)  # fmt: skip
"""Width, height and depth in picture sides; the front is always large enough for a clear picture."""


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


def toned(colour: Colour, factor: float) -> Colour:
    """The colour in more or less light."""
    red, green, blue = (min(255, round(channel * factor)) for channel in colour)
    return red, green, blue


def mixed(colour: Colour, other: Colour, share: float) -> Colour:
    """The colour with a share of another."""
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
def texture(style: int, face: str, wrapped: bool, width: int, height: int) -> Image.Image:
    """A face of the box straight on: the one of that name, or all over in gift wrap."""
    seen = look(style)
    sheet_of = Image.new("RGB", (width, height), seen.colour)
    sheet = Sheet(ImageDraw.Draw(sheet_of), width, height, face, seen.colour, seen.accent, Draw(f"{style} {face}"))
    (_gift if wrapped else MATERIALS[seen.material].decorate)(sheet)
    return sheet_of


def _cardboard(sheet: Sheet) -> None:
    for y in np.arange(0, sheet.height, sheet.unit(0.025)):
        sheet.pen.line((0, y, sheet.width, y), fill=toned(sheet.colour, 0.975))
    tape = mixed(sheet.colour, (255, 246, 220), 0.42)
    if sheet.face == "top":
        sheet.bar(0, 0.495, 1, 0.505, toned(sheet.colour, 0.7))
        sheet.bar(0, 0.4, 1, 0.6, tape)
    elif sheet.face in ("left", "right"):
        sheet.bar(0.4, 0, 0.6, 0.24, tape)
        _arrows(sheet, 0.5, 0.62)
    elif sheet.face == "back":
        _address(sheet, sheet.draw.between(0.08, 0.4), sheet.draw.between(0.12, 0.3))
    _edge(sheet, 0.9)


def _carton(sheet: Sheet) -> None:
    if sheet.face == "top":
        sheet.bar(0.06, 0.44, 0.94, 0.56, toned(sheet.colour, 0.94))
    else:
        sheet.bar(0, 0, 1, 0.12, sheet.accent)
        sheet.bar(0, 0.92, 1, 1, toned(sheet.accent, 0.8))
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
        sheet.pen.line((x, 0, x, sheet.height), fill=toned(sheet.colour, shine))
    if sheet.face == "top":
        inset = sheet.unit(0.09)
        inner = (inset, inset, sheet.width - inset, sheet.height - inset)
        sheet.pen.rounded_rectangle(inner, inset, outline=toned(sheet.colour, 0.75), width=max(1, round(inset / 4)))
        return
    sheet.bar(0, 0.13, 1, 0.155, toned(sheet.colour, 0.6))
    sheet.bar(0, 0, 1, 0.13, toned(sheet.colour, 1.12))
    sheet.bar(0, 0.965, 1, 1, toned(sheet.colour, 0.7))
    if sheet.face == "back":
        sheet.bar(0.28, 0.36, 0.72, 0.76, (232, 226, 210))
        _lines(sheet, 0.33, 0.42, 0.67, 0.72)
    elif sheet.face != "front":
        sheet.bar(0, 0.3, 1, 0.34, toned(sheet.accent, 1.1))
        sheet.bar(0, 0.8, 1, 0.84, toned(sheet.accent, 1.1))


def _crate(sheet: Sheet) -> None:
    planks = 5
    for plank in range(planks):
        tone = toned(sheet.colour, sheet.draw.between(0.9, 1.08))
        sheet.bar(0, plank / planks, 1, (plank + 0.94) / planks, tone)
        sheet.bar(0, (plank + 0.94) / planks, 1, (plank + 1) / planks, toned(sheet.colour, 0.5))
        for _ in range(4):
            y = (plank + sheet.draw.between(0.15, 0.8)) / planks * sheet.height
            x = sheet.draw.between(0, 0.8) * sheet.width
            sheet.pen.line((x, y, x + 0.25 * sheet.width, y), fill=toned(tone, 0.9))
    if sheet.face == "top":
        return
    post = sheet.unit(0.12) / sheet.width
    for left in (0.0, 1 - post):
        sheet.bar(left, 0, left + post, 1, toned(sheet.colour, 0.86))
        for plank in range(planks):
            x, y, r = (left + post / 2) * sheet.width, (plank + 0.5) / planks * sheet.height, sheet.unit(0.014)
            sheet.pen.ellipse((x - r, y - r, x + r, y + r), fill=(90, 84, 80))


def _gift(sheet: Sheet) -> None:
    number = ACCENTS.index(sheet.accent)
    paper, ribbon = mixed(sheet.accent, (255, 255, 255), 0.35), ACCENTS[(number + 2) % len(ACCENTS)]
    sheet.bar(0, 0, 1, 1, paper)
    step = 0.11 * max(sheet.width, sheet.height)
    for row, y in enumerate(np.arange(step / 2, sheet.height, step)):
        if number % 2:
            sheet.pen.rectangle((0, y - step / 5, sheet.width, y + step / 5), fill=mixed(paper, (255, 255, 255), 0.5))
            continue
        for x in np.arange(step / 2 * (1 + row % 2), sheet.width, step):
            sheet.pen.regular_polygon((x, y, step / 4), 4 + number, fill=mixed(paper, (255, 255, 255), 0.7))
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
            sheet.pen.ellipse(box, fill=toned(ribbon, tone))
    sheet.pen.ellipse((x - 0.4 * loop, y - 0.4 * loop, x + 0.4 * loop, y + 0.4 * loop), fill=toned(ribbon, 0.65))


def _arrows(sheet: Sheet, x: float, y: float) -> None:
    ink, size = toned(sheet.colour, 0.5), sheet.unit(0.13)
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
    sheet.pen.rectangle(rim, outline=toned(sheet.colour, tone), width=max(1, round(sheet.unit(0.01))))


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
