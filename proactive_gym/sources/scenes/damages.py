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
from PIL import Image

from proactive_gym.sources.scenes.backdrops import noise
from proactive_gym.sources.scenes.either import Table, constant, exact, pixels_at, rows_at, side_by_side
from proactive_gym.sources.scenes.frame import Damage, in_tones
from proactive_gym.sources.scenes.waves import faint, in_steps, made_of, slow_waves, waves_in

LOOKS = 1024
"""The number of different looks of a damage; seeds from here up repeat them."""
BLOCKS, WAVES = 10, 5
"""Compression: blocks to a side of the picture, and waves kept of each along a side."""
ROWS = 32
"""Of a picture that are spoilt at a time."""
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
        """A few rows at a time, which stay in the processor's own memory."""
        grain = self._grain(picture)
        if not isinstance(picture, np.ndarray):
            return self._developed(exact(picture), grain)
        spoilt = np.empty_like(picture)
        for top in range(0, len(picture), ROWS):
            rows = slice(top, top + ROWS)
            spoilt[rows] = in_tones(self._developed(exact(picture[rows]), grain[rows]))
        return spoilt

    def _grain(self, picture: Any) -> Any:
        return _cut(constant(picture, _grain, picture.shape[0]), self.seed, picture.shape[0])

    @abstractmethod
    def _developed(self, picture: Any, grain: Any) -> Any:
        """Some rows of the spoilt picture, in float32."""


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

    def _developed(self, picture: Any, grain: Any) -> Any:
        flat = _squeezed(picture, self.tone, self._strength(*_FLAT))
        return self._coloured(flat) + grain * self._strength(0.6, 1.5)

    def _coloured(self, flat: Any) -> Any:
        return flat


@lru_cache(maxsize=32)
def _flattened(flaw: _Flattening, side: int) -> Table:
    """What is left of a picture half as large again once all its tones have come to one, uint8."""
    grain = _grain(side)
    return in_tones(flaw._developed(np.full(grain.shape, flaw.tone, dtype=np.float32), grain)).astype(np.uint8)


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

    def _grain(self, picture: Any) -> Any:
        return _cut(constant(picture, _clouds, picture.shape[0]), self.seed, picture.shape[0])

    def _developed(self, picture: Any, grain: Any) -> Any:
        light, colour = 1.0 - self.severity, self._strength(3.0, 10.0)
        driven = (picture.reshape(-1, 3) @ constant(picture, _mixing, light, colour)).reshape(picture.shape)
        return driven + 128.0 * (1 - light) + grain * self._strength(22.0, 5000.0)


@dataclass(frozen=True)
class Faded(_Flattening):
    """Colours drained like those of an old print, until only the tint of its paper is left."""

    tones = 6

    @property
    def tone(self) -> float:
        """A pale one."""
        return 150.0 + 8 * (self.seed % 6)

    def _coloured(self, flat: Any) -> Any:
        drained = (flat.reshape(-1, 3) @ constant(flat, _mixing, 1.0, 1.0 - self.severity)).reshape(flat.shape)
        return drained + constant(flat, _tint, flat.shape[1]) * self.severity


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

    def _developed(self, picture: Any, grain: Any) -> Any:
        return _squeezed(picture, 128.0, self._strength(0.9, 0.5)) + grain * self._strength(110.0, 2000.0)


@dataclass(frozen=True)
class Compressed(Flaw):
    """Compressed so hard that little but blocks is left."""

    def spoil(self, picture: Any) -> Any:
        """Each block's few waves in very few steps, as JPEG has them."""
        return in_steps(exact(picture), BLOCKS, WAVES, self._strength(14.0, 180.0), self.seed)


@dataclass(frozen=True)
class Pixelated(Flaw):
    """Far too few pixels, of few tones."""

    def spoil(self, picture: Any) -> Any:
        """Each pixel the mean of a large square."""
        squares = min(picture.shape[0], round(self._strength(25.0, 4.0)))
        return in_steps(exact(picture), squares, 1, self._strength(6.0, 55.0), self.seed)


@dataclass(frozen=True)
class Broken(Flaw):
    """Lines lost and displaced in transmission."""

    def spoil(self, picture: Any) -> Any:
        """Lost pieces of lines are black, grey or stuck at the line's first colour; the others are out of place.

        No tone is reckoned with, so that none need be rounded.
        """
        side = picture.shape[0]
        line, row = constant(picture, _lines, side), constant(picture, _row_starts, side)
        pixels = rows_at(constant(picture, _columns, side, self.severity, self.seed), line) + row
        found = side_by_side(picture, constant(picture, _black_and_grey, side)).reshape(-1, 3)
        return pixels_at(found, pixels.reshape(-1)).reshape(side, side, 3)


@lru_cache(maxsize=32)
def _tint(side: int) -> Table:
    """What an old print's paper adds to a row of grey."""
    return np.array([(26, 4, -34)] * side, dtype=np.float32)


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


def _squeezed(picture: Any, tone: float, gain: float) -> Any:
    """All tones nearer to one of them, still in whole steps: what falls into one step is told apart no more."""
    squeezed = picture - tone
    squeezed *= gain
    squeezed = squeezed.round()
    squeezed += tone
    return squeezed


def _cut(bank: Any, seed: int, side: int) -> Any:
    """One of many squares of a table half as large again as the picture; the same at any size."""
    top, left = seed % 32 * side // 64, seed // 32 % 32 * side // 64
    return bank[top : top + side, left : left + side]


@lru_cache(maxsize=32)
def _mixing(light: float, colour: float) -> Table:
    """The matrix that keeps ``light`` times the lightness and ``colour`` times the colours."""
    return (np.eye(3) * colour + (light - colour) / 3).astype(np.float32)


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


@lru_cache(maxsize=32)
def _lines(side: int) -> Table:
    """The line that each row of pixels belongs to."""
    return np.arange(side) * LINES // side


@lru_cache(maxsize=32)
def _row_starts(side: int) -> Table:
    """The number of each row's first pixel, counted through a picture with two more columns."""
    return np.arange(side)[:, None] * (side + 2)


@lru_cache(maxsize=32)
def _black_and_grey(side: int) -> Table:
    """Two columns of pixels, for pieces of lines that are empty."""
    return np.repeat(np.array((0, 128), dtype=np.uint8), 3).reshape(1, 2, 3).repeat(side, axis=0)


def _by_piece(seed: int, bank: int) -> Table:
    """A normal number for each piece of a line, partly that of the line: ``(LINES, PIECES)``."""
    top, left = seed % 32, seed // 32 % 32
    numbers = noise(bank, LINES + 32, PIECES + 33)[top : top + LINES, left : left + PIECES + 1]
    mixed: Table = np.float32(0.6) * numbers[:, :1] + np.float32(0.8) * numbers[:, 1:]
    return mixed


@lru_cache(maxsize=64)
def _columns(side: int, severity: float, seed: int) -> Table:
    """The column that each pixel of a line comes from: along the line, its first if it is stuck, or black or grey."""
    # Lost are about one piece in ten at a fifth of the severity, and all but one in fifty at the whole.
    lost, number = _by_piece(seed, 61) < 4.3 * severity - 2.3, _by_piece(seed, 62)
    instead = np.where(number < 0, np.where(number > -0.7, side + 1, side), 0)
    column = np.arange(side)
    pieces = np.where(lost, instead, -1)[:, column * PIECES // side]
    shifts = noise(63, LINES + 32, 1)[seed % 32 : seed % 32 + LINES]
    moved = np.rint(shifts * (0.25 * severity**2 * side)).astype(np.int64)
    return np.where(pieces < 0, (column + moved) % side, pieces)
