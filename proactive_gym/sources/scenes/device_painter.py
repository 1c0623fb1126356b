"""Paints on any torch device, a whole batch at a time, what ``painter`` paints one by one.

Painted props are uploaded once into one long table of pixels. For every layer, all pictures of the batch then look up
their pixels at once: the number of operations depends on the number of layers, not of pictures, and nothing goes back
to the host.
"""

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any, NamedTuple

import numpy as np
import torch

from proactive_gym.errors import InputError
from proactive_gym.sources.scenes.frame import Frame, Layer, Prop
from proactive_gym.sources.scenes.painter import placed

TABLE_PIXELS = 128 * 2**20
"""Most pixels kept on a device, four bytes each; when they are full, all are forgotten."""


class Spot(NamedTuple):
    """Where in a picture a painted prop lies, and where in the table its pixels begin."""

    first: int
    left: int
    top: int
    width: int
    height: int


NOWHERE = Spot(0, 0, 0, 0, 0)


class DevicePainter:
    """Paints batches of frames on one device.

    Args:
        device: A torch device or its name.

    Raises:
        InputError: If torch cannot use it here.
    """

    def __init__(self, device: Any) -> None:
        try:
            self.device = torch.device(device)
            self._table = torch.zeros((2**20, 4), dtype=torch.uint8, device=self.device)
        except (RuntimeError, AssertionError, TypeError, ValueError) as error:
            reason = str(error).strip().splitlines()[0].split(". ")[0][:200]
            raise InputError(f"device is {device!r}, but torch cannot paint there: {reason}") from error
        self._places: dict[tuple[Prop, int, int], int] = {}
        self._passing: dict[tuple[Prop, int, int], int] = {}
        self._used = 0

    def paint(self, frames: Sequence[Frame], side: int) -> torch.Tensor:
        """Paint each frame as a picture of its own.

        Args:
            frames: What is to be seen, one frame a picture.
            side: Width and height in pixels.

        Returns:
            Fresh pictures on the device, uint8 ``(len(frames), side, side, 3)``, equal to those of ``painter.paint``.
        """
        kept = self._keep(frames, side)
        pictures = torch.zeros((len(frames), side, side, 3), dtype=torch.int32, device=self.device)
        for layers in zip_longest(*(frame.layers for frame in frames)):
            self._lay(pictures, [NOWHERE if layer is None else self._spot(layer, side) for layer in layers])
        for picture, frame in zip(pictures, frames, strict=True):
            if frame.damage is not None:
                picture.copy_(frame.damage.spoil(picture.to(torch.uint8)).float().round().clip(0, 255))
        self._used = kept  # what does not recur made room for itself behind the rest, and makes room again
        self._passing.clear()
        return pictures.to(torch.uint8)

    def _keep(self, frames: Sequence[Frame], side: int) -> int:
        """Put all props that recur into the table; returns where they end."""
        if self._used > TABLE_PIXELS:
            self._places.clear()
            self._used = 0
        for frame in frames:
            for layer in frame.layers:
                if layer.prop.recurs:
                    self._spot(layer, side)
        return self._used

    def _lay(self, pictures: torch.Tensor, spots: list[Spot]) -> None:
        """One layer over all pictures: ``(picture * (256 - alpha) + colour * alpha) // 256``, as ``loops.lay`` does."""
        side = pictures.shape[1]
        numbers = torch.tensor(spots, dtype=torch.int64).to(self.device, non_blocking=True)
        first, left, top, width, height = (column.view(-1, 1, 1) for column in numbers.unbind(1))
        row = torch.arange(side, device=self.device).view(1, -1, 1) - top
        column = torch.arange(side, device=self.device).view(1, 1, -1) - left
        inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
        pixels = self._table[torch.where(inside, first + row * width + column, 0)].to(torch.int32)
        alpha = torch.where(inside.unsqueeze(-1), pixels[..., 3:], 0)
        alpha += alpha >> 7
        pictures.mul_(256 - alpha).add_(pixels[..., :3] * alpha).bitwise_right_shift_(8)

    def _spot(self, layer: Layer, side: int) -> Spot:
        left, top, width, height = placed(layer.box, side)
        if left >= side or top >= side or left + width <= 0 or top + height <= 0:
            return NOWHERE
        return Spot(self._place(layer.prop, width, height), left, top, width, height)

    def _place(self, prop: Prop, width: int, height: int) -> int:
        """Where in the table the prop's pixels begin; paints and uploads it if it is new."""
        key, places = (prop, width, height), self._places if prop.recurs else self._passing
        place = places.get(key)
        if place is None:
            pixels = np.array(prop.paint(width, height).convert("RGBA")).reshape(-1, 4)
            place = places[key] = self._used
            self._used += len(pixels)
            while self._used > len(self._table):
                self._table = torch.cat([self._table, torch.zeros_like(self._table)])
            self._table[place : self._used] = torch.from_numpy(pixels).to(self.device)
        return place
