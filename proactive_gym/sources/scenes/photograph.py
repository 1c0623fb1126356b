"""Subjects in photographs, which fill the picture as they are."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from PIL import Image

from proactive_gym.draw import Draw
from proactive_gym.errors import PictureError, one_line
from proactive_gym.sources.decoding import SURROUND, opened, upright
from proactive_gym.sources.scenes.frame import Box, Prop
from proactive_gym.sources.scenes.kept import Kept
from proactive_gym.sources.scenes.likeness import Likeness
from proactive_gym.sources.scenes.props import Drawing
from proactive_gym.sources.scenes.stage import Actor

KEPT_BYTES = 256 * 2**20
"""Most memory for decoded photographs; all environments of a process share it."""
LARGEST = 2048
"""Pixels of the longer side that are kept."""
FILLS = (0.45, 0.6, 0.75)
"""How much of the picture's side the subject takes, where the photograph has room around it."""
PLACES = (0.25, 0.5, 0.75)
"""Where the picture is taken from, between the outermost places at which it still shows the subject whole."""


@dataclass(frozen=True)
class Photograph(Likeness):
    """A photograph that shows the subject somewhere.

    Attributes:
        file: Where it is.
        width: Its width in pixels, held upright.
        height: Its height.
        box: Where the subject is, in pixels.
    """

    gives: ClassVar[frozenset[str]] = frozenset({"photograph"})

    file: str
    width: int
    height: int
    box: Box

    def picture(self) -> Image.Image:
        """As much of it as is inside the subject's box, opaque.

        Raises:
            PictureError: If the file is missing, damaged, too large, or not as large as it was.
        """
        return self.part(self.box, round(self.box.width), round(self.box.height)).convert("RGBA")

    def part(self, window: Box, width: int, height: int) -> Image.Image:
        """What is inside a window, in pixels of the photograph, scaled to so many pixels; grey beyond its edge.

        Raises:
            PictureError: See ``picture``.
        """
        whole = _photographs(self.file)
        if abs(whole.width * self.height - whole.height * self.width) > max(self.width, self.height):
            raise PictureError(f"The picture {self.file} is not as large as it was when the folder was opened.")
        scale = whole.width / self.width
        left, top, right, bottom = (scale * edge for edge in (window.left, window.top, window.right, window.bottom))
        if left < 0 or top < 0 or right > whole.width or bottom > whole.height:
            margin = round(max(-left, -top, right - whole.width, bottom - whole.height, 0)) + 1
            wider = Image.new("RGB", (whole.width + 2 * margin, whole.height + 2 * margin), SURROUND)
            wider.paste(whole, (margin, margin))
            whole, left, top, right, bottom = wider, left + margin, top + margin, right + margin, bottom + margin
        return whole.resize((width, height), Image.Resampling.LANCZOS, (left, top, right, bottom))


def photograph_in(file: str, largest: int = LARGEST) -> Image.Image:
    """The photograph in a file, held upright, RGB, its longer side reduced to ``largest`` pixels.

    Raises:
        PictureError: If the file is missing, damaged or too large.
    """
    try:
        with Path(file).open("rb") as stream, opened(stream, f"The picture {file}") as picture:
            shown = upright(picture)
    except OSError as error:
        raise PictureError(f"The picture {file} cannot be read: {one_line(error)}.") from error
    shown.thumbnail((largest, largest), Image.Resampling.LANCZOS)
    return shown


_photographs = Kept[str, Image.Image](photograph_in, lambda picture: 3 * picture.width * picture.height, KEPT_BYTES)


@dataclass(frozen=True)
class View(Prop):
    """What a camera sees of a photograph through a square window."""

    backdrop = True
    opaque = True

    photograph: Photograph
    window: Box

    def paint(self, width: int, height: int) -> Image.Image:
        """The photograph there."""
        return self.photograph.part(self.window, width, height)


@dataclass(frozen=True)
class Pictured(Actor):
    """A subject at its place in a photograph, which shows it: nothing is to be painted for it."""

    @property
    def layers(self) -> tuple[()]:  # type: ignore[override]
        """None."""
        return ()


def pictured(photograph: Photograph, window: Box) -> Pictured:
    """The subject, where it is in a picture of that part of the photograph."""
    return Pictured(Drawing(photograph), photograph.box.seen_through(window))


def view(draw: Draw, photograph: Photograph) -> View:
    """A square picture of the photograph in which the subject is to be seen whole.

    It shows nothing beyond the photograph's edge unless the subject is longer than the photograph's shorter side.
    """
    box = photograph.box
    longer = max(box.width, box.height)
    side = max(longer, min(longer / draw.one(FILLS), photograph.width, photograph.height))
    left = _start(draw.one(PLACES), box.left, box.right, side, photograph.width)
    return View(
        photograph, Box(left, _start(draw.one(PLACES), box.top, box.bottom, side, photograph.height), side, side)
    )


def _start(place: float, near: float, far: float, side: float, length: float) -> float:
    """Where a window of that side begins so that it holds ``near … far``, and nothing beyond ``length`` if it can."""
    if side >= length:
        return (length - side) / 2
    low, high = max(0.0, far - side), min(near, length - side)
    return low + place * (high - low)
