"""Rooms, gardens and grounds to put subjects in."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from proactive_gym.draw import Draw
from proactive_gym.sources.scenes.frame import Prop

Colour = tuple[int, int, int]

WALLS: tuple[Colour, ...] = (
    (226, 214, 196), (198, 212, 218), (214, 222, 200), (222, 202, 202),
    (206, 200, 218), (232, 226, 206), (190, 206, 200), (216, 208, 214),
)  # fmt: skip
FLOORS: tuple[Colour, ...] = (
    (176, 142, 108), (150, 150, 146), (164, 122, 96), (142, 158, 134),
    (188, 172, 148), (138, 146, 160), (170, 150, 150), (156, 136, 118),
)  # fmt: skip
LANDS: tuple[Colour, ...] = ((138, 172, 110), (156, 156, 152), (206, 188, 148), (120, 154, 104))
SKIES: tuple[Colour, ...] = ((186, 212, 230), (206, 216, 222), (224, 212, 206))

ROOM_STYLES = 96
OUTDOORS = 6
"""Of so many styles, counted in order, the last is outdoors."""
GROUND_STYLES = 18

_COARSE = 32  # cells a side of the coarse grain; a fixed number, so that a surface painted larger keeps its grain


@dataclass(frozen=True)
class Room(Prop):
    """A wall and a floor, or a sky and a lawn, of one of ``ROOM_STYLES`` looks."""

    backdrop = True

    style: int

    def paint(self, width: int, height: int) -> Image.Image:
        """An opaque picture of the room."""
        draw = Draw(f"room {self.style}")
        edge = round(draw.between(0.5, 0.66) * height)
        outdoors = self.style % OUTDOORS == OUTDOORS - 1
        wall = _shade(draw.one(SKIES if outdoors else WALLS), draw.between(0.96, 1.04))
        floor = _shade(draw.one(LANDS if outdoors else FLOORS), draw.between(0.92, 1.08))
        room = Image.new("RGB", (width, height))
        room.paste(_surface(draw, "plain" if outdoors else draw.one(WALL_PATTERNS), wall, width, edge), (0, 0))
        pattern = "plain" if outdoors else draw.one(FLOOR_PATTERNS)
        room.paste(_surface(draw, pattern, floor, width, height - edge), (0, edge))
        if not outdoors:
            skirting = max(1, height // 56)
            ImageDraw.Draw(room).rectangle((0, edge - skirting, width, edge), fill=_shade(wall, 0.86))
        return _grained(room, self.style, 7 if outdoors else 4)


@dataclass(frozen=True)
class Ground(Prop):
    """A floor, a table top or a lawn seen from above, of one of ``GROUND_STYLES`` looks."""

    backdrop = True

    style: int

    def paint(self, width: int, height: int) -> Image.Image:
        """An opaque picture of the ground."""
        draw = Draw(f"ground {self.style}")
        lawn = self.style % OUTDOORS == OUTDOORS - 1
        colour = _shade(draw.one(LANDS if lawn else FLOORS + WALLS), draw.between(0.92, 1.06))
        surface = _surface(draw, "plain" if lawn else draw.one(GROUND_PATTERNS), colour, width, height, cells=20)
        return _grained(surface, 1000 + self.style, 8 if lawn else 4)


def _shade(colour: Colour, factor: float) -> Colour:
    red, green, blue = (min(255, round(channel * factor)) for channel in colour)
    return red, green, blue


WALL_PATTERNS = ("plain", "stripes", "dots", "bricks", "tiles")
FLOOR_PATTERNS = ("plain", "planks", "checks", "tiles")
GROUND_PATTERNS = ("plain", "planks", "checks", "dots", "tiles")


def _surface(draw: Draw, pattern: str, colour: Colour, width: int, height: int, cells: int = 9) -> Image.Image:
    """A plane of one colour with a faint pattern and a faint fall of light."""
    picture = Image.new("RGB", (width, max(1, height)), colour)
    cell = max(2.0, width / (cells + draw.whole(0, 3)))
    _PATTERNS[pattern](ImageDraw.Draw(picture), cell, colour, *picture.size)
    return _lit(picture)


def _stripes(pen: ImageDraw.ImageDraw, cell: float, colour: Colour, width: int, height: int) -> None:
    for x in np.arange(0, width, cell):
        pen.rectangle((x, 0, x + cell / 2, height), fill=_shade(colour, 0.95))


def _dots(pen: ImageDraw.ImageDraw, cell: float, colour: Colour, width: int, height: int) -> None:
    radius = cell / 7
    for row, y in enumerate(np.arange(cell / 2, height, cell)):
        for x in np.arange(cell / 2 * (1 + row % 2), width, cell):
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=_shade(colour, 0.92))


def _bricks(pen: ImageDraw.ImageDraw, cell: float, colour: Colour, width: int, height: int) -> None:
    line = max(1, round(cell / 16))
    for row, y in enumerate(np.arange(0, height, cell / 2)):
        pen.line((0, y, width, y), fill=_shade(colour, 0.91), width=line)
        for x in np.arange(cell / 2 * (row % 2), width, cell):
            pen.line((x, y, x, y + cell / 2), fill=_shade(colour, 0.91), width=line)


def _planks(pen: ImageDraw.ImageDraw, cell: float, colour: Colour, width: int, height: int) -> None:
    line = max(1, round(cell / 18))
    for row, y in enumerate(np.arange(0, height, cell / 2.2)):
        pen.rectangle((0, y, width, y + cell / 2.2), fill=_shade(colour, 0.97 + 0.03 * (row % 3)))
        pen.line((0, y, width, y), fill=_shade(colour, 0.86), width=line)
        for x in np.arange(cell * ((row * 1.7) % 3), width, 3 * cell):
            pen.line((x, y, x, y + cell / 2.2), fill=_shade(colour, 0.86), width=line)


def _checks(pen: ImageDraw.ImageDraw, cell: float, colour: Colour, width: int, height: int) -> None:
    for row, y in enumerate(np.arange(0, height, cell)):
        for x in np.arange(cell * (row % 2), width, 2 * cell):
            pen.rectangle((x, y, x + cell, y + cell), fill=_shade(colour, 0.93))


def _tiles(pen: ImageDraw.ImageDraw, cell: float, colour: Colour, width: int, height: int) -> None:
    line = max(1, round(cell / 16))
    for y in np.arange(0, height, cell):
        pen.line((0, y, width, y), fill=_shade(colour, 0.9), width=line)
    for x in np.arange(0, width, cell):
        pen.line((x, 0, x, height), fill=_shade(colour, 0.9), width=line)


def _plain(pen: ImageDraw.ImageDraw, cell: float, colour: Colour, width: int, height: int) -> None:
    del pen, cell, colour, width, height


_PATTERNS = {
    "plain": _plain,
    "stripes": _stripes,
    "dots": _dots,
    "bricks": _bricks,
    "planks": _planks,
    "checks": _checks,
    "tiles": _tiles,
}


def _lit(picture: Image.Image) -> Image.Image:
    light = np.linspace(1.04, 0.95, picture.height, dtype=np.float32)[:, None, None]
    lit = np.asarray(picture) * light
    return Image.fromarray(np.clip(lit, 0, 255, out=lit).astype(np.uint8))


def _grained(picture: Image.Image, seed: int, strength: float) -> Image.Image:
    """Real surfaces are not of one colour; a little grain at two scales."""
    width, height = picture.size
    coarse = Image.fromarray(noise(seed, _COARSE, _COARSE)).resize((width, height), Image.Resampling.BICUBIC)
    fine = np.tile(noise(seed % 8, 256, 256), (-(-height // 256), -(-width // 256)))[:height, :width]
    grain = strength * (0.4 * fine + np.asarray(coarse))
    grained = all_channels(np.asarray(picture), grain)
    np.rint(grained, out=grained)
    return Image.fromarray(np.clip(grained, 0, 255, out=grained).astype(np.uint8))


def all_channels(picture: NDArray[np.uint8], grain: NDArray[np.float32]) -> NDArray[np.float32]:
    """The picture with the grain added to each channel; one by one, since inner loops of length 3 are slow."""
    grained = np.empty(picture.shape, dtype=np.float32)
    for channel in range(3):
        np.add(picture[..., channel], grain, out=grained[..., channel])
    return grained


@lru_cache(maxsize=128)
def noise(seed: int, height: int, width: int) -> NDArray[np.float32]:
    """Normal noise ``(height, width)``; the same for ever, since NumPy has frozen this generator."""
    return np.random.RandomState(seed).standard_normal((height, width)).astype(np.float32)
