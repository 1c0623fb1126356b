"""Sheets of paper, and what a pen has drawn on them so far."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from proactive_gym.draw import Draw
from proactive_gym.sources.scenes.backdrops import all_channels, noise
from proactive_gym.sources.scenes.frame import Prop
from proactive_gym.sources.scenes.hand import PENS, Colour, Hand, drawn
from proactive_gym.sources.scenes.likeness import Likeness
from proactive_gym.sources.scenes.lines import Points, bounds, ink
from proactive_gym.sources.scenes.sprite import Sprite

PAPERS: tuple[Colour, ...] = ((250, 250, 248), (246, 238, 216), (238, 244, 248), (222, 200, 164))
RULINGS = ("plain", "plain", "grid", "lined", "dotted")
PAPER_STYLES = 24
_DARKNESS = 235  # of ink, of 255
_THINNEST = 0.45  # half of the thinnest line, in pixels


@dataclass(frozen=True)
class PenDrawing(Prop):
    """The first ``shown`` thousandths of the ink of a line drawing; fits a square box."""

    recurs = False  # no two hands are alike

    likeness: Likeness
    shown: int
    hand: Hand

    def paint(self, width: int, height: int) -> Image.Image:
        """The strokes so far, round at joints and ends; nothing behind them."""
        return self.seen(width, height).picture(width, height)

    def seen(self, width: int, height: int) -> Sprite:
        """The part of the box that is drawn on: no more than a corner of it at first."""
        points, lines = drawn(self.likeness, self.shown, self.hand)
        points *= width
        radius = max(_THINNEST, width * self.hand.thick / 2000)
        left, top, right, bottom = _reach(points, radius, width, height)
        points -= left, top
        colour, alpha = np.empty((2, bottom - top, 3 * (right - left)), np.uint8)
        ink(points, lines, radius, _DARKNESS, np.array(PENS[self.hand.pen], np.uint8), colour, alpha)
        return Sprite(colour, alpha, left, top)


def _reach(points: Points, radius: float, width: int, height: int) -> tuple[int, int, int, int]:
    """A box of whole pixels that holds the points and the pen's width around them."""
    left, top, right, bottom = bounds(points)
    rim = radius + 1
    return (
        max(0, int(left - rim)),
        max(0, int(top - rim)),
        min(width, math.ceil(right + rim)),
        min(height, math.ceil(bottom + rim)),
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


def _stroke(pen: ImageDraw.ImageDraw, points: NDArray[np.float32], thick: int, fill: tuple[int, ...]) -> None:
    """A zigzag of that thickness, round wherever it turns."""
    pen.line(points.ravel().tolist(), fill=fill, width=thick)
    for x, y in points.tolist():
        pen.ellipse((x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2), fill=fill)
