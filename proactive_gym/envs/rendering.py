"""Pictures of conversations, for people: what the user shows, and below it what is said."""

import re
from collections.abc import Sequence
from functools import lru_cache
from textwrap import wrap

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from proactive_gym.outcome import Outcome

PAPER, INK, FAINT = (252, 251, 248), (34, 34, 40), (120, 120, 128)
COLOURS = {
    Outcome.REQUESTED: (52, 96, 168),
    Outcome.CORRECT: (44, 128, 72),
    Outcome.WRONG: (184, 56, 48),
}
CARD_LINES = 20
"""Lines below a picture that an environment renders: more than a conversation about a rendered scene ever takes."""
_LEAST_WIDTH = 320
_SIZE = 14
_MARGIN = 10
# A model's words may hold anything; what would not print, or would turn the writing direction, is shown as a mark.
_UNPRINTABLE = re.compile(
    "[\\x00-\\x09\\x0b-\\x1f\\x7f-\\x9f\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ud800-\\udfff]"
)


@lru_cache(maxsize=1)
def font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's own font."""
    return ImageFont.load_default(_SIZE)


def card(
    picture: NDArray[np.uint8], dialogue: str, outcome: Outcome | None, reply: str = "", least_lines: int = 0
) -> NDArray[np.uint8]:
    """The picture with the dialogue below it, and, if there is one, the reply and what it came to.

    Args:
        picture: Uint8 ``(height, width, 3)``.
        dialogue: What the user says.
        outcome: What the reply came to, or ``None``.
        reply: What the agent replied.
        least_lines: For how many lines there is room, even if there are fewer.

    Returns:
        Uint8 ``(taller, at least as wide, 3)``.
    """
    width = max(_LEAST_WIDTH, picture.shape[1])
    lines = _wrapped(dialogue, width)
    closing = _wrapped(" ".join(part for part in (reply, f"({outcome.value})" if outcome else "") if part), width)
    line_height = _SIZE + 4
    height = picture.shape[0] + 2 * _MARGIN + line_height * max(least_lines, len(lines) + len(closing))
    page = Image.new("RGB", (width, height), PAPER)
    page.paste(Image.fromarray(picture), ((width - picture.shape[1]) // 2, 0))
    pen = ImageDraw.Draw(page)
    y = picture.shape[0] + _MARGIN
    for line in lines:
        pen.text((_MARGIN, y), line, fill=INK, font=font())
        y += line_height
    for line in closing:
        pen.text((_MARGIN, y), line, fill=COLOURS.get(outcome, FAINT) if outcome else FAINT, font=font())
        y += line_height
    return np.array(page)


def of_one_size(cards: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.uint8]]:
    """The cards on sheets as large as the largest, since viewers and videos take pictures of one size only."""
    height, width = (max(card.shape[axis] for card in cards) for axis in (0, 1))
    sheets = []
    for each in cards:
        sheet = np.full((height, width, 3), PAPER, dtype=np.uint8)
        sheet[: each.shape[0], : each.shape[1]] = each
        sheets.append(sheet)
    return sheets


def strip(cards: Sequence[NDArray[np.uint8]], title: str) -> Image.Image:
    """Cards side by side under a title."""
    gap = _MARGIN
    width = sum(card.shape[1] + gap for card in cards) + gap
    page = Image.new("RGB", (width, max(card.shape[0] for card in cards) + 3 * gap + _SIZE), (226, 224, 218))
    ImageDraw.Draw(page).text((gap, gap), title, fill=INK, font=font())
    x = gap
    for picture in cards:
        page.paste(Image.fromarray(picture), (x, 2 * gap + _SIZE))
        x += picture.shape[1] + gap
    return page


def stacked(strips: Sequence[Image.Image]) -> Image.Image:
    """Strips one below the other."""
    page = Image.new(
        "RGB", (max(strip.width for strip in strips), sum(strip.height for strip in strips)), (226, 224, 218)
    )
    y = 0
    for picture in strips:
        page.paste(picture, (0, y))
        y += picture.height
    return page


def _wrapped(text: str, width: int) -> list[str]:
    columns = (width - 2 * _MARGIN) * 2 // _SIZE
    safe = _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text[:4000])
    return [line for paragraph in safe.split("\n") for line in (wrap(paragraph, columns) or [""] if paragraph else [])]
