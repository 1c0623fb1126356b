"""Pictures as sums of waves: what compression, coarse pixels and blur leave of them."""

from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proactive_gym.sources.scenes.backdrops import noise
from proactive_gym.sources.scenes.either import Table, constant
from proactive_gym.sources.scenes.loops import step_by_block


def in_steps(picture: Any, blocks: int, kept: int, step: float, seed: int) -> Any:
    """The picture as a square of blocks, each of their waves rounded to steps, those of colours the most.

    Args:
        picture: Uint8 ``(side, side, 3)``, an array, which is changed, or a tensor, of which a new one is made.
        blocks: Blocks to a side of the picture.
        kept: Waves kept of each, either way.
        step: Of lightness, for the mean of a block.
        seed: By how much blocks are off.
    """
    side = picture.shape[0]
    steps = constant(picture, _steps, side, blocks, kept, step)
    tipped = constant(picture, _tipped, blocks, kept, seed)
    back = constant(picture, _from_block_waves, side, blocks, kept)
    if isinstance(picture, np.ndarray):
        step_by_block(picture, _edges(side, blocks), _whole_block_waves(side, blocks, kept), back, steps, tipped)
        return picture
    found = waves_in(picture.float(), constant(picture, _block_waves, side, blocks, kept))
    waves = constant(picture, _to_light_and_colour) @ found
    rounded = (waves / steps + tipped).round() * steps
    return made_of(constant(picture, _from_light_and_colour) @ rounded, back.T)


def waves_in(picture: Any, waves: Any) -> Any:
    """How much there is of each wave down and along the picture: ``(waves, 3, waves)``, channels in the middle."""
    number, side = waves.shape
    down = (waves @ picture.reshape(side, -1)).reshape(number, side, 3)
    return (down.swapaxes(1, 2).reshape(-1, side) @ waves.T).reshape(number, 3, number)


def made_of(amounts: Any, waves: Any) -> Any:
    """The picture made of that much of each wave."""
    side, number = waves.shape
    along = (amounts.reshape(-1, number) @ waves.T).reshape(number, 3, side)
    return (waves @ along.swapaxes(1, 2).reshape(number, -1)).reshape(side, side, 3)


def _cosines(length: int, number: int) -> NDArray[np.float64]:
    return np.cos(np.pi / length * np.arange(number)[:, None] * (np.arange(length) + 0.5))


@lru_cache(maxsize=32)
def slow_waves(side: int, radius: float) -> Table:
    """The slowest cosines across a picture, so faded that ``waves_in`` and ``made_of`` make a Gaussian blur."""
    number = min(side, int(0.9 / radius) + 2)
    waves = _cosines(side, number) * np.sqrt(2 / side)
    waves[0] /= np.sqrt(2)
    fading = np.exp(-0.25 * (np.pi * radius * np.arange(number)) ** 2)
    faded: Table = (waves * fading[:, None]).astype(np.float32)
    return faded


@lru_cache(maxsize=32)
def faint(side: int, number: int, tone: float) -> Table:
    """The amounts of ``slow_waves`` that come to ``tone``; none for the first, which is the picture's mean."""
    amounts = np.full((number, 1, number), tone * side, dtype=np.float32)
    amounts[0, :, 0] = 0
    return amounts


@lru_cache(maxsize=32)
def _edges(side: int, blocks: int) -> Table:
    """Where blocks begin, and the last one ends."""
    return np.arange(blocks + 1) * side // blocks


@lru_cache(maxsize=32)
def _whole_block_waves(side: int, blocks: int, kept: int) -> Table:
    """``_block_waves`` as whole numbers."""
    return _block_waves(side, blocks, kept).astype(np.int32)


@lru_cache(maxsize=32)
def _block_waves(side: int, blocks: int, kept: int) -> Table:
    """The slowest cosines of each block, ``(blocks * kept, side)``, in whole numbers."""
    table = np.zeros((blocks, kept, side), dtype=np.float32)
    for block, (start, end) in enumerate(pairwise(_edges(side, blocks).tolist())):
        waves = _cosines(end - start, min(kept, end - start))  # a block has no more waves than pixels
        table[block, : len(waves), start:end] = np.rint((16 if kept > 1 else 1) * waves)
    return table.reshape(-1, side)


@lru_cache(maxsize=32)
def _from_block_waves(side: int, blocks: int, kept: int) -> Table:
    """What makes pixels of the amounts of ``_block_waves`` again, ``(blocks * kept, side)``."""
    waves = _block_waves(side, blocks, kept)
    back: Table = waves / np.maximum(1, (waves**2).sum(1, keepdims=True))
    return back


@lru_cache(maxsize=32)
def _steps(side: int, blocks: int, kept: int, step: float) -> Table:
    """The steps of ``_block_waves``: ``step`` for a block's mean lightness, more for fast waves and for colours."""
    waves = _block_waves(side, blocks, kept).astype(np.float64)
    scale = np.sqrt(np.maximum(1, (waves**2).sum(1)) * side / blocks)
    speed = np.tile(np.arange(kept), blocks)
    coarse = 1 + 0.2 * (speed[:, None, None] + speed)
    # Lightness, being the sum of four channels, counts four times; colours are to be as coarse.
    steps: Table = (4 * step * coarse * scale[:, None, None] * scale).repeat(3, axis=1).astype(np.float32)
    return steps


@lru_cache(maxsize=256)
def _tipped(blocks: int, kept: int, seed: int) -> Table:
    """Random parts of a step by which the mean lightness of each block is off, and no other wave."""
    top, left = seed % 32, seed // 32 % 32
    tipped = np.zeros((blocks * kept, 3, blocks * kept), dtype=np.float32)
    tipped[::kept, 0, ::kept] = 0.45 * noise(31, 96, 96)[top : top + blocks, left : left + blocks]
    return tipped


@lru_cache(maxsize=1)
def _to_light_and_colour() -> Table:
    return np.array([[1, 2, 1], [1, -1, 0], [0, -1, 1]], dtype=np.float32)


@lru_cache(maxsize=1)
def _from_light_and_colour() -> Table:
    return np.array([[1, 3, -1], [1, -1, -1], [1, -1, 3]], dtype=np.float32) / 4
