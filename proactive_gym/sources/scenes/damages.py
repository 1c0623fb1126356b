"""Eight ways in which a picture is spoilt, each by the name of the repair that mends it.

Written once for arrays and tensors: pictures are handled by operators and methods that both have, and everything else
comes from frozen tables, so the same code spoils pictures on any device. All sizes are shares of the picture's side:
a spoilt picture looks the same at 64 pixels and at 448.

What is rounded is first summed up in whole numbers, which float32 holds exactly in whatever order a machine adds them;
otherwise a last bit could tip a block of the picture over to the next tone.
"""

from abc import abstractmethod
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from proactive_gym.sources.scenes.backdrops import noise
from proactive_gym.sources.scenes.development import Development, developed
from proactive_gym.sources.scenes.either import Table, constant, exact
from proactive_gym.sources.scenes.frame import Damage
from proactive_gym.sources.scenes.loops import develop, transmit
from proactive_gym.sources.scenes.waves import faint, in_steps, made_of, slow_waves, waves_in

LOOKS = 1024
"""The number of different looks of a damage; seeds from here up repeat them."""
BLOCKS, WAVES = 10, 5
"""Compression: blocks to a side of the picture, and waves kept of each along a side."""
LINES, PIECES = 28, 14
"""Transmission: lines of which a picture consists, and pieces in which a line is lost."""


@dataclass(frozen=True)
class Flaw(Damage):
    """A damage that hides the subject at severity 1; at a third of that it can be recognised again.

    The strengths were found with a small network that was trained to see through them (64 pixels, lookalike answers).
    ``seed`` chooses among the looks of a damage; equal seeds are the same look, more or less severe.
    """

    severity: float
    seed: int = 0

    def _strength(self, third: float, whole: float) -> float:
        """``third`` at a third of the severity and ``whole`` at all of it, growing by equal factors in between."""
        return third * float((whole / third) ** (1.5 * self.severity - 0.5))


_FLAT = 0.12, 0.0018
"""What is left of the differences between tones: enough to see something, and less than a step between any two."""


class _Pointwise(Flaw):
    """A damage that makes each pixel of that pixel and of the grain over it."""

    def spoil(self, picture: Any) -> Any:
        """Each pixel by itself."""
        side, how = picture.shape[0], self._development()
        top, left = _corner(self.seed, side)
        bank = constant(picture, self._bank, side)
        if not isinstance(picture, np.ndarray):
            return developed(exact(picture), bank[top : top + side, left : left + side], how)
        develop(picture, bank, top, left, np.array(how, dtype=np.float32))
        return picture

    @staticmethod
    def _bank(side: int) -> Table:
        """The grain, half as large again as the picture."""
        return _grain(side)

    @abstractmethod
    def _development(self) -> Development:
        """What becomes of each pixel."""


class _Flattening(_Pointwise):
    """A damage that brings all tones to one, under a little grain."""

    tones: ClassVar[int]
    """How many there are that all others may come to; the seed chooses."""

    @property
    @abstractmethod
    def tone(self) -> float:
        """The one that all others come to."""

    def instead(self, side: int) -> Table | None:
        """At the worst no tone is as much as half a step away from the one that all come to."""
        if 255 * self._strength(*_FLAT) >= 0.49:
            return None
        cut: Table = _cut(_flattened(type(self)(self.severity, self.seed % self.tones), side), self.seed, side)
        return cut

    def _development(self) -> Development:
        return Development(self.tone, self._strength(*_FLAT), strength=self._strength(0.6, 1.5))


@lru_cache(maxsize=32)
def _flattened(flaw: _Flattening, side: int) -> Table:
    """What is left of a picture half as large again once all its tones have come to one, uint8."""
    flat = np.full(_grain(side).shape, round(flaw.tone), dtype=np.uint8)
    develop(flat, _grain(side), 0, 0, np.array(flaw._development(), dtype=np.float32))
    return flat


@dataclass(frozen=True)
class Misexposed(_Flattening):
    """Far too dark, or far too bright: all tones next to black, or next to white."""

    tones = 2

    @property
    def tone(self) -> float:
        """Black or white."""
        return 255.0 * (self.seed % 2)


@dataclass(frozen=True)
class Washed(_Flattening):
    """Hardly any contrast: all tones next to one grey."""

    tones = 6

    @property
    def tone(self) -> float:
        """A grey."""
        return 110.0 + 8 * (self.seed % 6)


@dataclass(frozen=True)
class Garish(_Pointwise):
    """Colours driven so far that little but their own errors is to be seen: blown up, and lightness drowned."""

    @staticmethod
    def _bank(side: int) -> Table:
        return _clouds(side)

    def _development(self) -> Development:
        light, colour = 1.0 - self.severity, self._strength(3.0, 10.0)
        tint, strength = 128.0 * (1 - light), self._strength(22.0, 5000.0)
        return Development(0.0, 1.0, red=tint, green=tint, blue=tint, strength=strength).mixed(light, colour)


@dataclass(frozen=True)
class Faded(_Flattening):
    """Colours drained like those of an old print, until only the tint of its paper is left."""

    tones = 6

    @property
    def tone(self) -> float:
        """A pale one."""
        return 150.0 + 8 * (self.seed % 6)

    def _development(self) -> Development:
        drained = super()._development().mixed(1.0, 1.0 - self.severity)
        red, green, blue = (self.severity * tint for tint in _PAPER)
        return drained._replace(red=red, green=green, blue=blue)


@dataclass(frozen=True)
class Blurred(Flaw):
    """Out of focus altogether."""

    def spoil(self, picture: Any) -> Any:
        """Only slow and strong waves of the picture are left."""
        side, radius = picture.shape[0], self._strength(0.02, 0.19)
        waves = constant(picture, slow_waves, side, radius)
        amounts = waves_in(exact(picture), waves)
        # However wide the blur: the faint tint that it leaves of a subject would betray it to who knows the room.
        too_faint = constant(picture, faint, side, waves.shape[0], self._strength(0.1, 9.0))
        blurred = made_of(amounts - amounts.clip(-too_faint, too_faint), waves.T)
        return blurred + _cut(constant(picture, _grain, side), self.seed, side) * self._strength(0.5, 2.0)


@dataclass(frozen=True)
class Grainy(_Pointwise):
    """Noise, fine and coarse: each tone under a random one."""

    def _development(self) -> Development:
        return Development(128.0, self._strength(0.9, 0.5), strength=self._strength(110.0, 2000.0))


@dataclass(frozen=True)
class Compressed(Flaw):
    """Compressed so hard that little but blocks is left."""

    def spoil(self, picture: Any) -> Any:
        """Each block's few waves in very few steps, as JPEG has them."""
        return in_steps(picture, BLOCKS, WAVES, self._strength(14.0, 180.0), self.seed)


@dataclass(frozen=True)
class Pixelated(Flaw):
    """Far too few pixels, of few tones."""

    def spoil(self, picture: Any) -> Any:
        """Each pixel the mean of a large square."""
        squares = min(picture.shape[0], round(self._strength(25.0, 4.0)))
        return in_steps(picture, squares, 1, self._strength(6.0, 55.0), self.seed)


@dataclass(frozen=True)
class Broken(Flaw):
    """Lines lost and displaced in transmission."""

    def spoil(self, picture: Any) -> Any:
        """Lost pieces of lines are black, grey or stuck at the line's first colour; the others are out of place.

        No tone is reckoned with, so that none need be rounded.
        """
        if not isinstance(picture, np.ndarray):
            return _transmitted(picture, self.severity, self.seed)
        transmit(picture, *_lost_and_moved(picture.shape[0], self.severity, self.seed))
        return picture


_PAPER = 26.0, 4.0, -34.0
"""The tint of an old print's paper."""

DAMAGES: dict[str, type[Flaw]] = {
    "brightness": Misexposed,
    "contrast": Washed,
    "saturation": Garish,
    "deblur": Blurred,
    "denoise": Grainy,
    "compression": Compressed,
    "resolution": Pixelated,
    "artifacts": Broken,
}
"""Kinds of damage, by the repair that mends each."""


def _cut(bank: Any, seed: int, side: int) -> Any:
    """One of many squares of a table half as large again as the picture; the same at any size."""
    top, left = _corner(seed, side)
    return bank[top : top + side, left : left + side]


def _corner(seed: int, side: int) -> tuple[int, int]:
    return seed % 32 * side // 64, seed // 32 % 32 * side // 64


@lru_cache(maxsize=4)
def _grain(side: int) -> Table:
    """Noise, as much of each scale: from single pixels to a sixteenth of the picture."""
    scales = [cells for cells in (16, 32, 64, 128, 256, 512) if cells < side] + [side]
    return _noise_of(scales, side, 41) / np.float32(len(scales) ** 0.5)


@lru_cache(maxsize=4)
def _clouds(side: int) -> Table:
    """Smooth clouds of colour."""
    return _noise_of([5, 10], side, 53)


def _noise_of(scales: list[int], side: int, seed: int) -> Table:
    """The sum of noises with so many cells to a side of the picture; half as large again as the picture."""
    whole = side + side // 2
    bank = np.zeros((whole, whole, 3), dtype=np.float32)
    for cells in scales:
        for channel in range(3):
            coarse = Image.fromarray(noise(seed + 3 * cells + channel, cells + cells // 2, cells + cells // 2))
            bank[..., channel] += np.asarray(coarse.resize((whole, whole), Image.Resampling.BICUBIC))
    return bank


@lru_cache(maxsize=4 * LOOKS)
def _lost_and_moved(side: int, severity: float, seed: int) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    """What is in each piece of each line, and by how much the rest of the line is out of place: see ``transmit``."""
    # Lost are about one piece in ten at a fifth of the severity, and all but one in fifty at the whole.
    lost, number = _by_piece(seed, 61) < 4.3 * severity - 2.3, _by_piece(seed, 62)
    instead = np.where(number < 0, np.where(number > -0.7, 2, 1), 0)
    shifts = noise(63, LINES + 32, 1)[seed % 32 : seed % 32 + LINES, 0]
    return np.where(lost, instead, -1).astype(np.int8), np.rint(shifts * (0.25 * severity**2 * side)).astype(np.int64)


def _transmitted(picture: Any, severity: float, seed: int) -> Any:
    """What ``transmit`` makes of a picture, written for tensors."""
    side = picture.shape[0]
    columns = constant(picture, _columns, side, severity, seed).index_select(0, constant(picture, _lines, side))
    places = columns.clip(min=0) + constant(picture, _row_starts, side)
    pixels = picture.reshape(-1, 3).index_select(0, places.reshape(-1)).reshape(picture.shape)
    return pixels * (columns >= 0)[..., None] + 128 * (columns == _GREY)[..., None]


_BLACK, _GREY = -1, -2


@lru_cache(maxsize=32)
def _lines(side: int) -> Table:
    """The line that each row of pixels belongs to."""
    return np.arange(side) * LINES // side


@lru_cache(maxsize=32)
def _row_starts(side: int) -> Table:
    """The number of each row's first pixel."""
    return np.arange(side)[:, None] * side


def _columns(side: int, severity: float, seed: int) -> Table:
    """The column that each pixel of a line comes from, or ``_BLACK``, or ``_GREY``: ``(LINES, side)``."""
    instead, moved = _lost_and_moved(side, severity, seed)
    column = np.arange(side)
    what = instead.astype(np.int64)[:, column * PIECES // side]
    return np.where(what < 0, (column + moved[:, None]) % side, np.choose(what.clip(0), (0, _BLACK, _GREY)))


def _by_piece(seed: int, bank: int) -> Table:
    """A normal number for each piece of a line, partly that of the line: ``(LINES, PIECES)``."""
    top, left = seed % 32, seed // 32 % 32
    numbers = noise(bank, LINES + 32, PIECES + 33)[top : top + LINES, left : left + PIECES + 1]
    mixed: Table = np.float32(0.6) * numbers[:, :1] + np.float32(0.8) * numbers[:, 1:]
    return mixed
