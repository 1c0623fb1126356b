"""What becomes of a pixel that is spoilt by itself."""

from typing import Any, NamedTuple

import numpy as np

from proactive_gym.sources.scenes.either import Table, constant


class Development(NamedTuple):
    """How a pixel comes out: tones are squeezed in whole steps, colours mixed and tinted, and grain comes over it all.

    Attributes:
        tone: The one that all others come nearer to.
        gain: How much of their distance is left.
        colour: How much of each channel is left.
        grey: How much of all three channels comes to each.
        red: What is added.
        green: What is added.
        blue: What is added.
        strength: That of the grain.
    """

    tone: float
    gain: float
    colour: float = 1.0
    grey: float = 0.0
    red: float = 0.0
    green: float = 0.0
    blue: float = 0.0
    strength: float = 0.0

    def mixed(self, light: float, colour: float) -> "Development":
        """With ``light`` times the lightness and ``colour`` times the colours."""
        return self._replace(colour=colour, grey=(light - colour) / 3)


def developed(picture: Any, grain: Any, how: Development) -> Any:
    """What ``loops.develop`` makes of a picture, written for tensors; in float32, not rounded.

    Args:
        picture: Float32 ``(side, side, 3)``.
        grain: The same.
        how: What becomes of each pixel.
    """
    squeezed = ((picture - how.tone) * how.gain).round() + how.tone
    light = squeezed.sum(-1)[..., None] * how.grey
    added = light + constant(picture, _row, how.red, how.green, how.blue)
    return squeezed * how.colour + added + grain * how.strength


def _row(red: float, green: float, blue: float) -> Table:
    return np.array((red, green, blue), dtype=np.float32)
