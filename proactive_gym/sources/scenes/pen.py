"""Sheets of paper, and what a pen has drawn on them so far."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from proactive_gym.draw import Draw
from proactive_gym.sources.scenes.backdrops import all_channels, noise
from proactive_gym.sources.scenes.frame import Prop
from proactive_gym.sources.scenes.likeness import Likeness
from proactive_gym.sources.scenes.sprite import Sprite

Colour = tuple[int, int, int]
Points = NDArray[np.float32]

PENS: dict[str, Colour] = {
    "black": (34, 34, 38),
    "blue": (34, 66, 158),
    "red": (178, 36, 40),
    "green": (24, 106, 62),
    "purple": (98, 44, 132),
    "brown": (104, 62, 34),
}
"""Inks by the names the user calls them."""

PAPERS: tuple[Colour, ...] = ((250, 250, 248), (246, 238, 216), (238, 244, 248), (222, 200, 164))
RULINGS = ("plain", "plain", "grid", "lined", "dotted")
PAPER_STYLES = 24

_SUPERSAMPLE = 3
_RETRACED = 0.008  # lines that close to an earlier one, in sides of the drawing, are the same line
_MARGIN = 0.1  # left free around the drawing, for the tilt, the tremor and half the pen's width


class Hand(NamedTuple):
    """How someone draws: the same from the first stroke of a drawing to the last.

    Attributes:
        pen: The ink, one of ``PENS``.
        thick: The pen's width in thousandths of the drawing's box.
        start: Where in the drawing the pen begins, in thousandths of the ink.
        backwards: Whether it goes through the strokes from the last to the first.
        flipped: Whether the drawing faces the other way.
        tilt: How far it leans, in degrees.
        tremor: Which way the hand shakes; a seed.
    """

    pen: str
    thick: int
    start: int
    backwards: bool
    flipped: bool
    tilt: int
    tremor: int

    @classmethod
    def drawn(cls, draw: Draw) -> "Hand":
        """Anyone's hand."""
        return cls(
            pen=draw.one(tuple(PENS)),
            thick=draw.one((19, 22, 26)),
            start=draw.whole(0, 999),
            backwards=draw.chance(0.5),
            flipped=draw.chance(0.5),
            tilt=draw.one((-8, -4, 0, 4, 8)),
            tremor=draw.whole(0, 15),
        )

    def in_order(self) -> "Hand":
        """The same hand, which follows the strokes from the first to the last."""
        return self._replace(start=0, backwards=False)

    def written(self, points: Points) -> Points:
        """Where in its box, a unit square, the hand puts points of the drawing."""
        placed = (points - 0.5) * (1 - 2 * _MARGIN)
        if self.flipped:
            placed[:, 0] *= -1
        cosine, sine = math.cos(math.radians(self.tilt)), math.sin(math.radians(self.tilt))
        turned = placed @ np.array(((cosine, sine), (-sine, cosine)), dtype=np.float32)
        return np.asarray(0.5 + turned + self._shake(turned), dtype=np.float32)

    def _shake(self, points: Points) -> Points:
        # A function of the place, not of the time: strokes that meet in the drawing go on meeting.
        directions, phases = _waves(self.tremor)
        swings = np.sin(2 * np.pi * (points @ directions.T + phases))
        return np.asarray(0.006 * (swings[:, :2] + swings[:, 2:]), dtype=np.float32)


@lru_cache(maxsize=16)
def _waves(tremor: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Directions and phases of the waves that a tremor consists of."""
    draw = Draw(f"tremor {tremor}")
    waves = np.array([[draw.between(-1, 1), draw.between(-1, 1), draw.unit()] for _ in range(4)])
    return waves[:, :2] * 5, waves[:, 2]


class Ink(NamedTuple):
    """A line drawing as one long thread of short segments, in drawing order."""

    begins: Points
    ends: Points
    goes_on: NDArray[np.bool_]
    """Whether a segment begins where the one before it ends."""
    reached: NDArray[np.float64]
    """How much of all ink is spent at the middle of each segment, 0…1."""
    length: float
    """Of all strokes together, in sides of the drawing."""


@lru_cache(maxsize=512)
def thread(likeness: Likeness) -> Ink:
    """The drawing's ink, laid out in the order in which it is spent."""
    strokes = likeness.strokes()
    begins = np.concatenate([stroke[:-1] for stroke in strokes])
    ends = np.concatenate([stroke[1:] for stroke in strokes])
    fresh = _fresh((begins + ends) / 2, np.repeat(range(len(strokes)), [len(stroke) - 1 for stroke in strokes]))
    begins, ends = begins[fresh], ends[fresh]
    lengths = np.hypot(*(ends - begins).T.astype(np.float64))
    total = float(lengths.sum())
    goes_on = np.append(False, np.all(begins[1:] == ends[:-1], axis=1))
    return Ink(begins, ends, goes_on, (np.cumsum(lengths) - lengths / 2) / total, total)


def bareness(likeness: Likeness) -> tuple[float, float]:
    """How much of its box a drawing leaves bare, whatever the hand: left as well as right, above as well as below."""
    ink = thread(likeness)
    across, down = ((1 - 2 * _MARGIN) * np.minimum(ink.begins, ink.ends).min(axis=0)).tolist()
    return across, down


def _fresh(middles: Points, strokes: NDArray[np.int_]) -> NDArray[np.bool_]:
    # Some of OpenMoji's lines lie on others; to draw them again would be to draw more and show nothing.
    apart = np.hypot(*(middles[:, None] - middles[None]).transpose(2, 0, 1))
    retraced = (apart < _RETRACED) & (strokes[:, None] > strokes[None])
    return np.asarray(~retraced.any(axis=1))


@dataclass(frozen=True)
class PenDrawing(Prop):
    """The first ``shown`` thousandths of the ink of a line drawing; fits a square box."""

    recurs = False  # no two hands are alike

    likeness: Likeness
    shown: int
    hand: Hand

    def paint(self, width: int, height: int) -> Image.Image:
        """The strokes so far, round at joints and ends; nothing behind them."""
        seen = self.seen(width, height)
        assert seen.alpha is not None
        drawing = Image.new("RGBA", (width, height), PENS[self.hand.pen])
        alpha = Image.new("L", (width, height))
        alpha.paste(Image.fromarray(seen.alpha), (seen.left, seen.top))
        drawing.putalpha(alpha)
        return drawing

    def seen(self, width: int, height: int) -> Sprite:
        """The part of the box that is drawn on: no more than a corner of it at first."""
        size = _SUPERSAMPLE * width, _SUPERSAMPLE * height
        thick = max(2, round(size[0] * self.hand.thick / 1000))
        points, lifted = self._points()
        points *= size[0]
        left, top, right, bottom = _reach(points, thick, size)
        points -= left, top
        ink = Image.new("L", (right - left, bottom - top))
        pen = ImageDraw.Draw(ink)
        for line in np.split(points, lifted) if lifted else [points]:
            _stroke(pen, line, thick, 235)
        alpha = np.array(ink.reduce(_SUPERSAMPLE))
        colour = np.full(alpha.shape, np.array(PENS[self.hand.pen], dtype=np.uint8).view("V3"))
        return Sprite(colour, alpha, left // _SUPERSAMPLE, top // _SUPERSAMPLE)

    def _points(self) -> tuple[Points, list[int]]:
        """All points so far as the hand puts them into its box, and where a new line begins among them."""
        ink = thread(self.likeness)
        since = ink.reached - self.hand.start / 1000
        spent = (-since if self.hand.backwards else since) % 1.0
        drawn = np.flatnonzero(spent < max(self.shown / 1000, spent.min() + 1e-9))  # the pen has always begun
        # A new line begins wherever the pen was lifted, or left the part that is drawn by now.
        new = ~ink.goes_on[drawn]
        new[1:] |= drawn[1:] != drawn[:-1] + 1
        new[0] = True
        ends = np.arange(len(drawn)) + np.cumsum(new)
        points = np.empty((ends[-1] + 1, 2), dtype=np.float32)
        points[ends] = ink.ends[drawn]
        starts = ends[new] - 1
        points[starts] = ink.begins[drawn[new]]
        return self.hand.written(points), starts[1:].tolist()


def _reach(points: Points, thick: int, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """A box that holds the points and the pen's width around them, of whole pixels of the reduced picture."""
    (left, top), (right, bottom) = points.min(0).tolist(), points.max(0).tolist()
    rim, whole = thick + 2, _SUPERSAMPLE
    return (
        max(0, int(left - rim)) // whole * whole,
        max(0, int(top - rim)) // whole * whole,
        min(size[0], -(int(-right - rim) // whole) * whole),
        min(size[1], -(int(-bottom - rim) // whole) * whole),
    )


@dataclass(frozen=True)
class Scribble(Prop):
    """Everything in the box crossed out to and fro with a thick black marker, until nothing shows through."""

    seed: int

    def paint(self, width: int, height: int) -> Image.Image:
        """The scribble; it leaves only the box's rim free."""
        scribble = Image.new("RGBA", (2 * width, 2 * height), (24, 24, 28, 0))
        pen = ImageDraw.Draw(scribble)
        draw = Draw(f"scribble {self.seed}")
        left, top, right, bottom = (share * 2 * width for share in (0.06, 0.04, 0.94, 0.96))
        pen.rectangle((left, top, right, bottom), fill=(24, 24, 28, 255))
        # Ragged at the edges, and in a paler black within, so that it is seen to be strokes.
        for turns, tone, thick in ((27, 24, 0.075), (13, 50, 0.03)):
            path = [_swing(draw, turn, turns) for turn in range(turns + 1)]
            points = np.array(path, dtype=np.float32) * (2 * width)
            _stroke(pen, points, max(2, round(2 * thick * width)), (tone, tone, tone + 5, 255))
        return scribble.convert("RGBa").reduce(2).convert("RGBA")


def _swing(draw: Draw, turn: int, turns: int) -> tuple[float, float]:
    x = (0.06, 0.94)[turn % 2] + draw.between(-0.025, 0.025)
    return x, 0.05 + 0.9 * turn / turns + draw.between(-0.012, 0.012)


@dataclass(frozen=True)
class Paper(Prop):
    """A sheet of paper with its shadow, of one of ``PAPER_STYLES`` looks."""

    backdrop = True

    style: int

    def paint(self, width: int, height: int) -> Image.Image:
        """The sheet, a little smaller than the box."""
        draw = Draw(f"paper {self.style}")
        colour, ruling = draw.one(PAPERS), draw.one(RULINGS)
        inset = max(1, round(0.02 * width))
        sheet = Image.new("RGB", (max(1, width - 2 * inset), max(1, height - 2 * inset)), colour)
        _rule(ImageDraw.Draw(sheet), ruling, draw.one((10, 12, 14)), sheet.width, sheet.height)
        grain = 1.5 * noise(2000 + self.style, sheet.height, sheet.width)
        sheet = Image.fromarray(np.clip(all_channels(np.asarray(sheet), grain), 0, 255).astype(np.uint8))
        alpha = Image.new("L", (width, height))
        ImageDraw.Draw(alpha).rectangle((inset, inset * 1.4, width - inset, height - inset * 0.8), fill=130)
        paper = Image.new("RGBA", (width, height), (20, 18, 24, 0))
        paper.putalpha(alpha.filter(ImageFilter.GaussianBlur(inset / 2)))
        paper.paste(sheet, (inset, inset))
        return paper


def _rule(pen: ImageDraw.ImageDraw, ruling: str, lines: int, width: int, height: int) -> None:
    if ruling == "plain":
        return
    colour = {"grid": (190, 208, 222), "lined": (176, 198, 218), "dotted": (160, 164, 170)}[ruling]
    steps = [round(width * i / lines) for i in range(1, 2 * lines) if width * i / lines < max(width, height)]
    if ruling == "dotted":
        pen.point([(x, y) for x in steps for y in steps], fill=colour)
        return
    for step in steps:
        pen.line((0, step, width, step), fill=colour)
        if ruling == "grid":
            pen.line((step, 0, step, height), fill=colour)


def _stroke(pen: ImageDraw.ImageDraw, points: Points, thick: int, fill: int | tuple[int, ...]) -> None:
    """A line of that thickness, round at its ends and wherever it turns sharply (elsewhere nobody sees the joints)."""
    pen.line(points.ravel().tolist(), fill=fill, width=thick)
    for x, y in (points[0].tolist(), *points[1:-1][_turns(points)].tolist(), points[-1].tolist()):
        pen.ellipse((x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2), fill=fill)


def _turns(points: Points) -> NDArray[np.bool_]:
    """Which of the inner points the line turns at by more than 25 degrees."""
    steps = np.diff(points, axis=0)
    along = (steps[1:] * steps[:-1]).sum(1)
    return np.asarray(along < 0.9 * np.sqrt((steps[1:] ** 2).sum(1) * (steps[:-1] ** 2).sum(1)))
