"""What a picture is made of: a few numbers, which a painter turns into pixels."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from proactive_gym.sources.scenes.sprite import Sprite


class Prop(ABC):
    """Something that can be painted at any size.

    Subclasses are frozen dataclasses: equal ones look equal, so their pictures are painted once and kept.
    """

    backdrop: ClassVar[bool] = False
    """Whether it fills the picture, behind all else; its painting is kept apart from the many smaller ones."""
    recurs: ClassVar[bool] = True
    """Whether an equal one is likely to be needed again; if not, its picture is not kept."""
    opaque: ClassVar[bool] = False
    """Whether nothing is to be seen through any part of its box; what lies behind it is then not painted."""

    @property
    def mirrored(self) -> "Prop | None":
        """The prop whose mirror image this one is to the pixel, at any size, so that one painting does for both."""
        return None

    @abstractmethod
    def paint(self, width: int, height: int) -> Image.Image:
        """The prop at exactly ``width`` x ``height`` pixels, RGB (opaque) or RGBA with straight alpha."""

    def seen(self, width: int, height: int) -> Sprite:
        """What is to be seen at all of ``paint(width, height)``."""
        return Sprite.of(self.paint(width, height))


class Box(NamedTuple):
    """A rectangle in picture sides: the picture is (0, 0, 1, 1), y points down, and parts may lie outside."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """The bottom edge."""
        return self.top + self.height

    def shifted(self, x: float, y: float = 0.0) -> "Box":
        """The same box elsewhere."""
        return Box(self.left + x, self.top + y, self.width, self.height)

    def part(self, left: float, top: float, right: float, bottom: float) -> "Box":
        """The part between the given shares of its width and height."""
        return Box(
            self.left + left * self.width,
            self.top + top * self.height,
            (right - left) * self.width,
            (bottom - top) * self.height,
        )

    def seen_through(self, window: "Box") -> "Box":
        """Where the box is to be seen in a picture that shows only ``window``."""
        return Box(
            (self.left - window.left) / window.width,
            (self.top - window.top) / window.height,
            self.width / window.width,
            self.height / window.height,
        )


PICTURE = Box(0.0, 0.0, 1.0, 1.0)


class Layer(NamedTuple):
    """A prop and the box it fills."""

    prop: Prop
    box: Box = PICTURE


class Damage(ABC):
    """Something that spoils a finished picture; a frozen dataclass like a prop."""

    def instead(self, side: int) -> NDArray[np.uint8] | None:
        """The spoilt picture where it is the same, to the bit, whatever there was: uint8 ``(side, side, 3)``."""
        return None

    @abstractmethod
    def spoil(self, picture: Any) -> Any:
        """The spoilt picture.

        Args:
            picture: uint8 ``(side, side, 3)``, an array, which may be changed, or a tensor.

        Returns:
            The very array, changed; or another picture in float32, which the painter rounds and brings into 0…255. Of
            a tensor, a new one in uint8 or float32.
        """


@dataclass(slots=True)
class Frame:
    """One picture: layers from back to front, and what spoils it, if anything does.

    Attributes:
        layers: From back to front.
        damage: What spoils the picture.
        painted: The painter's own copy of the picture, since at the end of an episode the last one is shown once more.
    """

    layers: tuple[Layer, ...]
    damage: Damage | None = None
    painted: NDArray[np.uint8] | None = field(default=None, init=False, repr=False, compare=False)
