"""Eight ways in which a picture is spoilt, by the name of the repair that mends each.

Written once for arrays and tensors: pictures are handled by operators and methods that both have, and whatever else it
takes comes from frozen tables, so that the same code spoils pictures on any device. All sizes are shares of the
picture's
side: a spoilt picture looks the same at 64 pixels and at 448.

Before anything is rounded there are only sums of whole numbers (below 2**24 up to 512 pixels), which float32 holds
exactly in whatever order a machine adds them up; otherwise a last bit could tip a block over to the next level.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from proactive_gym.sources.scenes.backdrops import noise
from proactive_gym.sources.scenes.frame import Damage

Table = NDArray[np.float32] | NDArray[np.int64]

BLOCKS, KEPT = 10, 5
"""Compression: blocks to a side, and waves kept of each block along a side."""
BANDS, PIECES = 28, 14
"""Transmission: bands that a picture is sent in, and pieces of a band that are lost as one."""


@dataclass(frozen=True)
class Flaw(Damage):
    """A damage that hides the subject at severity 1; at a third of it, it can be recognised again.

    ``seed`` chooses among the looks of a damage; equal seeds are the same look, more or less severe.
    """

    severity: float
    seed: int = 0

    def _strength(self, third: float, whole: float) -> float:
        """A number that is ``third`` at a third of the severity and ``whole`` at all of it, growing by equal factors."""
        return third * float((whole / third) ** (1.5 * self.severity - 0.5))


@dataclass(frozen=True)
class Misexposed(Flaw):
    """Far too dark, or far too bright."""

    def spoil(self, picture: Any) -> Any:
        """All tones next to black, or next to white."""
        extreme = 255.0 * (self.seed % 2)
        return _towards(extreme, picture, self._strength(0.12, 0.0018), self._strength(0.6, 1.5), self.seed)


@dataclass(frozen=True)
class Washed(Flaw):
    """Hardly any contrast."""

    def spoil(self, picture: Any) -> Any:
        """All tones next to one grey."""
        grey = 110.0 + 8 * (self.seed % 6)
        return _towards(grey, picture, self._strength(0.12, 0.0018), self._strength(0.6, 1.5), self.seed)


@dataclass(frozen=True)
class Grainy(Flaw):
    """Noise, fine and coarse."""

    def spoil(self, picture: Any) -> Any:
        """Each tone under a random one."""
        return _towards(128.0, picture, self._strength(0.9, 0.5), self._strength(110.0, 2000.0), self.seed)


@dataclass(frozen=True)
class Garish(Flaw):
    """Colours driven so far that little but their own errors is to be seen."""

    def spoil(self, picture: Any) -> Any:
        """Colours blown up, lightness drowned."""
        side = picture.shape[0]
        light, colour = 1.0 - self.severity, self._strength(3.0, 10.0)
        mixed = picture.reshape(-1, 3) @ _constant(picture, _colours, light, colour)
        errors = _cut(_constant(picture, _clouds, side), self.seed, side)
        return mixed.reshape(side, side, 3) + 128.0 * (1 - light) + errors * self._strength(22.0, 2500.0)


@dataclass(frozen=True)
class Blurred(Flaw):
    """Out of focus altogether."""

    def spoil(self, picture: Any) -> Any:
        """Only the slowest waves of the picture are left."""
        side, radius = picture.shape[0], self._strength(0.02, 0.25)
        waves = _constant(picture, _slow_waves, side, radius)
        amounts = _waves_in(picture, waves)
        # Waves weaker than the film can hold are lost: without this, the faintest tint would still betray the subject.
        # The limit spares what is constant: the picture's mean.
        limit = _constant(picture, _film, side, radius, self._strength(0.1, 9.0))
        kept = amounts - amounts.clip(-limit, limit)
        grain = _cut(_constant(picture, _grain, side), self.seed, side) * self._strength(0.5, 2.0)
        return _composed(kept, waves.T) + grain


@dataclass(frozen=True)
class Pixelated(Flaw):
    """Far too few pixels, of few tones."""

    def spoil(self, picture: Any) -> Any:
        """Every pixel the mean of a large square."""
        pixels, tone = round(self._strength(25.0, 3.0)), self._strength(8.0, 120.0)
        sums, back = _block_waves(picture, pixels, 1)
        means = _waves_in(picture, sums) * _constant(picture, _area, picture.shape[0], pixels)
        return _composed((means / tone).round() * tone, back)


@dataclass(frozen=True)
class Compressed(Flaw):
    """Compressed so hard that little but blocks is left."""

    def spoil(self, picture: Any) -> Any:
        """Each block's few waves rounded to very few steps, and colours more than lightness, as JPEG does."""
        there, back = _block_waves(picture, BLOCKS, KEPT)
        waves = _constant(picture, _to_light_and_colour) @ _waves_in(picture, there)
        steps = _constant(picture, _steps, picture.shape[0], self._strength(14.0, 150.0))
        rounded = (waves / steps + _constant(picture, _tipping, self.seed)).round() * steps
        return _composed(_constant(picture, _from_light_and_colour) @ rounded, back)


@dataclass(frozen=True)
class Broken(Flaw):
    """Lines lost and displaced on the way."""

    def spoil(self, picture: Any) -> Any:
        """Lost pieces of lines are black, grey or stuck at the line's first colour; the others are out of place."""
        side = picture.shape[0]
        kept, stuck, plain = (_constant(picture, table, side, self.severity, self.seed) for table in (_kept, _stuck, _plain))
        moved = picture.reshape(-1, 3)[_constant(picture, _displaced, side, self.severity, self.seed)]
        return moved.reshape(side, side, 3) * kept + picture[:, :1] * stuck + plain


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
"""Kinds of damage by the repair that mends them."""


def _constant(picture: Any, table: Callable[..., Table], *arguments: float) -> Any:
    """``table(*arguments)`` as an array if the picture is one, else as a tensor where the picture is."""
    if isinstance(picture, np.ndarray):
        return table(*arguments)
    return _tensor(table, arguments, picture.device)


@lru_cache(maxsize=256)
def _tensor(table: Callable[..., Table], arguments: tuple[float, ...], device: Any) -> Any:
    import torch

    return torch.from_numpy(table(*arguments)).to(device)


def _towards(tone: float, picture: Any, gain: float, grain: float, seed: int) -> Any:
    """Everything next to one tone, in whole steps as a camera counts light, and noise over it."""
    side = picture.shape[0]
    noise_ = _cut(_constant(picture, _grain, side), seed, side)
    return ((picture - tone) * gain).round() + tone + noise_ * grain
    

def _cut(bank: Any, seed: int, side: int) -> Any:
    """One of the many squares of a table that is larger than the picture."""
    spare = bank.shape[0] - side + 1
    top, left = seed % spare, seed // spare % spare
    return bank[top : top + side, left : left + side]


def _waves_in(picture: Any, waves: Any) -> Any:
    """How much of each wave there is down and along the picture: ``(waves, 3, waves)``, the colours in the middle."""
    side, number = picture.shape[0], waves.shape[0]
    down = (waves @ picture.reshape(side, -1)).reshape(number, side, 3)
    return (down.swapaxes(1, 2).reshape(-1, side) @ waves.T).reshape(number, 3, number)


def _composed(amounts: Any, waves: Any) -> Any:
    """The picture made of that much of each wave."""
    side, number = waves.shape
    along = (amounts.reshape(-1, number) @ waves.T).reshape(number, 3, side)
    return (waves @ along.swapaxes(1, 2).reshape(number, -1)).reshape(side, side, 3)


def _block_waves(picture: Any, blocks: int, kept: int) -> tuple[Any, Any]:
    side = picture.shape[0]
    return _constant(picture, _block_cosines, side, blocks, kept), _constant(picture, _block_inverse, side, blocks, kept)


@lru_cache(maxsize=64)
def _block_cosines(side: int, blocks: int, kept: int) -> NDArray[np.float32]:
    """The slowest ``kept`` cosines of each block, ``(blocks * kept, side)``, in whole numbers."""
    blocks = min(blocks, side)
    table = np.zeros((blocks, kept, side))
    edges = np.arange(blocks + 1) * side // blocks
    for block, (start, end) in enumerate(zip(edges, edges[1:], strict=False)):
        table[block, :, start:end] = _cosines(end - start, kept)
    scale = 1 if kept == 1 else 16
    return np.rint(scale * table.reshape(-1, side)).astype(np.float32)


@lru_cache(maxsize=64)
def _block_inverse(side: int, blocks: int, kept: int) -> NDArray[np.float32]:
    """Back from ``_block_cosines`` to pixels, ``(side, blocks * kept)``."""
    there = _block_cosines(side, blocks, kept).astype(np.float64)
    if kept == 1:
        return there.T.astype(np.float32)
    return (there / (there**2).sum(1, keepdims=True)).T.astype(np.float32)


@lru_cache(maxsize=64)
def _area(side: int, blocks: int) -> NDArray[np.float32]:
    """One by the number of pixels in each square."""
    lengths = _block_cosines(side, blocks, 1).sum(1)
    return (1 / (lengths[:, None, None] * lengths)).astype(np.float32)


@lru_cache(maxsize=64)
def _slow_waves(side: int, radius: float) -> NDArray[np.float32]:
    """Cosines across the whole picture, fading as a Gaussian of that radius makes them fade; applied twice."""
    kept = min(side, int(0.9 / radius) + 2)
    waves = _cosines(side, kept) * np.sqrt(2 / side)
    waves[0] /= np.sqrt(2)
    fading = np.exp(-0.25 * (np.pi * radius * np.arange(kept)) ** 2)
    return (waves * fading[:, None]).astype(np.float32)


@lru_cache(maxsize=64)
def _film(side: int, radius: float, tone: float) -> NDArray[np.float32]:
    number = _slow_waves(side, radius).shape[0]
    limit = np.full((number, 1, number), tone * side, dtype=np.float32)
    limit[0, :, 0] = 0.0
    return limit


def _cosines(length: int, kept: int) -> NDArray[np.float64]:
    return np.cos(np.pi / length * np.arange(kept)[:, None] * (np.arange(length) + 0.5))


@lru_cache(maxsize=1)
def _to_light_and_colour() -> NDArray[np.float32]:
    return np.array([[1, 2, 1], [1, -1, 0], [0, -1, 1]], dtype=np.float32)


@lru_cache(maxsize=1)
def _from_light_and_colour() -> NDArray[np.float32]:
    return np.linalg.inv(_to_light_and_colour().astype(np.float64)).astype(np.float32)


@lru_cache(maxsize=64)
def _steps(side: int, step: float) -> NDArray[np.float32]:
    """What each wave is rounded to, in the units of ``_block_cosines``: ``step`` in tones, more for fast waves and colours."""
    length = np.sqrt((_block_cosines(side, BLOCKS, KEPT).astype(np.float64) ** 2).sum(1))
    speed = np.tile(np.arange(KEPT), BLOCKS)
    coarse = 1 + 0.2 * (speed[:, None, None] + speed)
    colour = np.array([4.0, 4.0, 4.0])[:, None]
    return (step * side / BLOCKS * colour * coarse * length[:, None, None] * length).astype(np.float32)


@lru_cache(maxsize=64)
def _tipping(seed: int) -> NDArray[np.float32]:
    """Random parts of a step that tip the mean tone of each block up or down; waves are left alone."""
    top, left = seed % 64, seed // 64 % 64
    table = np.zeros((BLOCKS * KEPT, 3, BLOCKS * KEPT), dtype=np.float32)
    table[::KEPT, 0, ::KEPT] = 0.3 * noise(31, BLOCKS + 64, BLOCKS + 64)[top : top + BLOCKS, left : left + BLOCKS]
    return table


@lru_cache(maxsize=64)
def _colours(light: float, colour: float) -> NDArray[np.float32]:
    """The matrix that keeps ``light`` of the lightness and ``colour`` of the colours."""
    return (np.eye(3) * colour + (light - colour) / 3).astype(np.float32)


@lru_cache(maxsize=8)
def _grain(side: int) -> NDArray[np.float32]:
    """Noise at every scale, from single pixels to a sixteenth of the picture."""
    scales = [*(cells for cells in (16, 32, 64, 128, 256, 512) if cells < side), side]
    return _octaves(side, scales, 41) / np.float32(len(scales) ** 0.5)


@lru_cache(maxsize=8)
def _clouds(side: int) -> NDArray[np.float32]:
    """Smooth clouds of colour."""
    return _octaves(side, (5, 10), 53)


def _octaves(side: int, scales: list[int] | tuple[int, ...], seed: int) -> NDArray[np.float32]:
    """Noise ``(1.5 * side, 1.5 * side, 3)``, the sum of one of each scale (cells to a picture's side)."""
    whole = side + side // 2
    bank = np.zeros((whole, whole, 3), dtype=np.float32)
    for scale in scales:
        cells = scale + scale // 2
        for channel in range(3):
            layer = Image.fromarray(noise(seed + 3 * scale + channel, cells, cells))
            bank[..., channel] += np.asarray(layer.resize((whole, whole), Image.Resampling.BICUBIC))
    return bank


def _by_piece(side: int, seed: int, bank: int) -> NDArray[np.float32]:
    """A normal number for each piece, half of it the band's, at each of its pixels."""
    top, left = seed % 64, seed // 64 % 64
    numbers = noise(bank, BANDS + 64, PIECES + 65)[top : top + BANDS, left : left + PIECES + 1]
    numbers = (0.6 * numbers[:, :1] + 0.8 * numbers[:, 1:]).astype(np.float32)
    spread = numbers[np.arange(side)[:, None] * BANDS // side, np.arange(side) * PIECES // side]
    return np.repeat(spread[..., None], 3, axis=2)


@lru_cache(maxsize=64)
def _kept(side: int, severity: float, seed: int) -> NDArray[np.float32]:
    return (_by_piece(side, seed, 61) > 4.2 * severity - 2.2).astype(np.float32)


@lru_cache(maxsize=64)
def _stuck(side: int, severity: float, seed: int) -> NDArray[np.float32]:
    return (_by_piece(side, seed, 62) > 0).astype(np.float32) * (1 - _kept(side, severity, seed))


@lru_cache(maxsize=64)
def _plain(side: int, severity: float, seed: int) -> NDArray[np.float32]:
    lost = 1 - _kept(side, severity, seed) - _stuck(side, severity, seed)
    return lost * np.where(_by_piece(side, seed, 62) > -0.7, np.float32(128), np.float32(0))


@lru_cache(maxsize=64)
def _displaced(side: int, severity: float, seed: int) -> NDArray[np.int64]:
    """Where in the picture, read line by line, each pixel comes from."""
    shifts = noise(63, BANDS + 64, 1)[seed % 64 :, 0][np.arange(side) * BANDS // side]
    moved = np.rint(shifts * severity**2 * 0.25 * side).astype(np.int64)
    columns = (np.arange(side) + moved[:, None]) % side
    return (np.arange(side)[:, None] * side + columns).reshape(-1)
