"""Things to put into a scene: drawn subjects, blocks, shadows, rugs."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from proactive_gym.draw import Draw
from proactive_gym.sources.scenes.frame import Box, Layer, Prop
from proactive_gym.sources.scenes.likeness import Likeness, aspect

PAINTS: dict[str, tuple[int, int, int]] = {
    "red": (196, 62, 56),
    "blue": (62, 104, 178),
    "green": (78, 146, 84),
    "yellow": (228, 186, 66),
    "orange": (222, 128, 54),
    "purple": (128, 88, 160),
    "grey": (132, 134, 138),
    "brown": (136, 98, 68),
}
"""Colours by the names the user calls them."""


@dataclass(frozen=True)
class Drawing(Prop):
    """A subject's picture, or anyone else's."""

    likeness: Likeness
    flipped: bool = False

    @property
    def mirrored(self) -> "Drawing | None":
        """The drawing as it is, of one that faces the other way."""
        return Drawing(self.likeness) if self.flipped else None

    def paint(self, width: int, height: int) -> Image.Image:
        """The drawing, stretched to the given pixels (keep its aspect to keep its shape)."""
        # Scaled with colour multiplied by alpha: straight colours would bleed a dark fringe into the edge.
        scaled = self.likeness.picture().convert("RGBa").resize((width, height), Image.Resampling.BICUBIC)
        painted = scaled.convert("RGBA")
        return painted.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if self.flipped else painted

    def standing(self, centre: float, ground: float, size: float) -> Box:
        """The box of the drawing when its longer side is ``size`` and its feet are at height ``ground``."""
        shape = aspect(self.likeness)
        width, height = (size, size / shape) if shape >= 1 else (size * shape, size)
        return Box(centre - width / 2, ground - height, width, height)

    def centred(self, x: float, y: float, size: float) -> Box:
        """The box of the drawing when its longer side is ``size`` and its middle is at ``x``, ``y``."""
        left, top, width, height = self.standing(x, y, size)
        return Box(left, top + height / 2, width, height)


@dataclass(frozen=True)
class Blocks(Prop):
    """A wall of wooden toy blocks, ``columns`` wide and ``rows`` high; opaque."""

    opaque = True

    colour: str
    columns: int
    rows: int
    grain: int = 0

    def paint(self, width: int, height: int) -> Image.Image:
        """The wall, each block with a lit upper and a dark lower edge."""
        scale = 2
        wall = Image.new("RGB", (scale * width, scale * height))
        pen = ImageDraw.Draw(wall)
        draw = Draw(f"blocks {self.grain}")
        wide, high = wall.width / self.columns, wall.height / self.rows
        for row in range(self.rows):
            for column in range(self.columns):
                box = (column * wide, row * high, (column + 1) * wide - 1, (row + 1) * high - 1)
                self._block(pen, box, draw.between(0.9, 1.08))
        return wall.resize((width, height), Image.Resampling.BOX)

    def _block(self, pen: ImageDraw.ImageDraw, box: tuple[float, float, float, float], light: float) -> None:
        def tone(factor: float) -> tuple[int, ...]:
            return tuple(min(255, round(channel * light * factor)) for channel in PAINTS[self.colour])

        left, top, right, bottom = box
        edge = max(1.0, (bottom - top) / 12)
        pen.rectangle(box, fill=tone(0.7))
        pen.rectangle((left + edge / 2, top + edge / 2, right - edge, bottom - edge), fill=tone(1.18))
        pen.rectangle((left + edge, top + edge, right - edge, bottom - edge), fill=tone(1.0))


@dataclass(frozen=True)
class Shadow(Prop):
    """The soft shadow that makes a thing stand on the ground."""

    darkness: float = 0.35

    def paint(self, width: int, height: int) -> Image.Image:
        """A blurred dark ellipse."""
        alpha = Image.new("L", (width, height))
        inset = (width * 0.1, height * 0.2, width * 0.9, height * 0.8)
        ImageDraw.Draw(alpha).ellipse(inset, fill=round(255 * self.darkness))
        shadow = Image.new("RGBA", (width, height), (20, 20, 30, 0))
        shadow.putalpha(alpha.filter(ImageFilter.GaussianBlur(max(0.5, height / 8))))
        return shadow

    @staticmethod
    def under(box: Box) -> Box:
        """The box of the shadow of something that stands in ``box``."""
        height = 0.18 * min(box.width, 0.5)
        return Box(box.left - 0.05 * box.width, box.bottom - 0.6 * height, 1.1 * box.width, height)


@dataclass(frozen=True)
class Actor:
    """A drawing at its place: most often the subject."""

    drawing: Drawing
    box: Box

    @property
    def layers(self) -> tuple[Layer, Layer]:
        """Its shadow, and itself."""
        return Layer(Shadow(), Shadow.under(self.box)), Layer(self.drawing, self.box)

    def moved(self, x: float, y: float = 0.0) -> "Actor":
        """The same drawing elsewhere."""
        return Actor(self.drawing, self.box.shifted(x, y))


@dataclass(frozen=True)
class Rug(Prop):
    """A rug, round or square, with a border; see-through at its corners."""

    colour: str
    round: bool = True

    def paint(self, width: int, height: int) -> Image.Image:
        """The rug seen from above."""
        scale = 3
        rug = Image.new("RGBA", (scale * width, scale * height), (0, 0, 0, 0))
        pen = ImageDraw.Draw(rug)
        shape = pen.ellipse if self.round else pen.rectangle
        for inset, factor in ((0.0, 0.75), (0.03, 1.0), (0.09, 0.85), (0.12, 1.08)):
            x, y = inset * rug.width, inset * rug.height
            colour = tuple(min(255, round(channel * factor)) for channel in PAINTS[self.colour])
            shape((x, y, rug.width - 1 - x, rug.height - 1 - y), fill=(*colour, 255))
        return rug.convert("RGBa").resize((width, height), Image.Resampling.BOX).convert("RGBA")


@dataclass(frozen=True)
class Cover(Prop):
    """One plain colour, opaque: a lens cap, a torn-off sheet, a dark screen."""

    opaque = True

    red: int
    green: int
    blue: int

    def paint(self, width: int, height: int) -> Image.Image:
        """The colour."""
        return Image.fromarray(np.full((height, width, 3), (self.red, self.green, self.blue), dtype=np.uint8))


@dataclass(frozen=True)
class SeekBar(Prop):
    """The bar of a video player: how far into the clip the frame is."""

    place: int
    frames: int

    BOX: ClassVar[Box] = Box(0.04, 0.945, 0.92, 0.035)

    def paint(self, width: int, height: int) -> Image.Image:
        """A track, its played part and a knob."""
        scale = 3
        bar = Image.new("RGBA", (scale * width, scale * height), (0, 0, 0, 0))
        pen = ImageDraw.Draw(bar)
        radius = bar.height / 2
        knob = radius + (bar.width - 2 * radius) * self.place / max(1, self.frames - 1)
        top, bottom = bar.height * 0.32, bar.height * 0.68
        pen.rounded_rectangle((0, top, bar.width - 1, bottom), radius / 3, fill=(30, 30, 36, 150))
        pen.rounded_rectangle((0, top, knob, bottom), radius / 3, fill=(206, 60, 56, 255))
        pen.ellipse((knob - radius, 0, knob + radius, bar.height - 1), fill=(206, 60, 56, 255))
        return bar.convert("RGBa").resize((width, height), Image.Resampling.BOX).convert("RGBA")


@dataclass(frozen=True)
class TestCard(Prop):
    """What a broken recording shows: colour bars and a grey scale."""

    BARS: ClassVar[tuple[tuple[int, int, int], ...]] = (
        (192, 192, 192), (192, 192, 30), (30, 192, 192), (30, 192, 30), (192, 30, 192), (192, 30, 30), (30, 30, 192),
    )  # fmt: skip

    def paint(self, width: int, height: int) -> Image.Image:
        """The card."""
        card = Image.new("RGB", (width, height), (18, 18, 20))
        pen = ImageDraw.Draw(card)
        for number, colour in enumerate(self.BARS):
            edges = [round(width * (number + side) / len(self.BARS)) for side in (0, 1)]
            grey = round(255 * number / (len(self.BARS) - 1))
            pen.rectangle((edges[0], 0, edges[1] - 1, round(0.7 * height)), fill=colour)
            pen.rectangle((edges[0], round(0.7 * height), edges[1] - 1, round(0.82 * height)), fill=(grey, grey, grey))
        return card
