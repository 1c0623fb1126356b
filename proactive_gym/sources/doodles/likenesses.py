"""Likenesses that are drawn, and have nothing but their strokes."""

from dataclasses import dataclass
from typing import ClassVar

from PIL import Image

from proactive_gym.sources.doodles.pen_path import evenly
from proactive_gym.sources.doodles.stroke_files import drawing_at
from proactive_gym.sources.doodles.traced_files import traced_drawings
from proactive_gym.sources.scenes.likeness import Likeness, Stroke


class Drawn(Likeness):
    """Strokes in the order in which a pen drew them."""

    gives: ClassVar[frozenset[str]] = frozenset({"strokes"})
    has_an_order: ClassVar[bool] = True
    is_one_of_many: ClassVar[bool] = True

    def picture(self) -> Image.Image:
        """There is none."""
        raise NotImplementedError(f"{self} has no picture, only strokes.")

    def check(self) -> None:
        """See that its strokes can be had.

        Raises:
            InputError: If they cannot.
        """
        self.strokes()


@dataclass(frozen=True)
class Doodle(Drawn):
    """A drawing in a stroke file, by the byte at which it begins."""

    file: str
    offset: int

    def strokes(self) -> tuple[Stroke, ...]:
        """The player's strokes.

        Raises:
            InputError: If they are not there any more.
        """
        return evenly(drawing_at(self.file, self.offset).strokes)


@dataclass(frozen=True)
class Traced(Drawn):
    """A packaged drawing, by its number in its file.

    Nobody knows in which order its lines were drawn, nor from which end, so that a pen may begin anywhere on them.
    """

    has_an_order: ClassVar[bool] = False

    file: str
    number: int

    def strokes(self) -> tuple[Stroke, ...]:
        """Strokes with which it might have been drawn.

        Raises:
            InputError: If the file cannot be read.
        """
        return evenly(traced_drawings(self.file)[self.number])
