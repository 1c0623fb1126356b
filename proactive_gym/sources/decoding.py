"""Decodes pictures from files that may be damaged or mean harm."""

import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from PIL import Image, ImageOps, UnidentifiedImageError

from proactive_gym.errors import PictureError, one_line

MOST_PIXELS = 64 * 2**20
"""More is taken for an attempt to fill the memory; the largest official pictures have 9 million."""
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM")
DAMAGED = (
    *(OSError, SyntaxError, ValueError, EOFError, TypeError, LookupError, ArithmeticError, NotImplementedError),
    *(struct.error, zlib.error, MemoryError, Image.DecompressionBombError),
)
"""What Pillow's decoders raise on damaged files."""
SURROUND = (128, 128, 128)


@contextmanager
def opened(stream: BinaryIO, what: str) -> Iterator[Image.Image]:
    """The picture in a file that may be damaged or mean harm; its pixels are read when they are first asked for.

    Args:
        stream: The open file.
        what: How to call it in a message, such as "The picture FILE".

    Raises:
        PictureError: If it is empty, of no known kind, or larger than ``MOST_PIXELS``; or if it turns out to be damaged
            while the picture is looked at.
    """
    try:
        with Image.open(stream, formats=FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise PictureError(
                    f"{what} has {picture.width} × {picture.height} pixels, "
                    f"more than the {MOST_PIXELS:,} that are read."
                )
            yield picture
    except UnidentifiedImageError as error:
        state = f"none of {', '.join(FORMATS)}" if stream.seek(0, os.SEEK_END) else "empty"
        raise PictureError(f"{what} cannot be read: it is {state}.") from error
    except PictureError:
        raise
    except DAMAGED as error:
        raise PictureError(f"{what} cannot be read: {one_line(error)}.") from error


def decoded(stream: BinaryIO, what: str, header_only: bool = False, mode: str = "RGB") -> Image.Image:
    """The picture in a file that may be damaged or mean harm.

    Args:
        stream: The open file.
        what: How to call it in a message, such as "The picture FILE".
        mode: What to turn it into, in Pillow's words.
        header_only: Whether its beginning is enough; what is returned is then of no use.

    Raises:
        PictureError: If it is empty, of no known kind, damaged, or larger than ``MOST_PIXELS``.
    """
    with opened(stream, what) as picture:
        return picture if header_only else picture.convert(mode)


def upright(picture: Image.Image) -> Image.Image:
    """The picture as its camera was held, in RGB; what it shows through is grey."""
    turned = ImageOps.exif_transpose(picture)
    if not turned.has_transparency_data:
        return turned.convert("RGB")
    ground = Image.new("RGBA", turned.size, (*SURROUND, 255))
    return Image.alpha_composite(ground, turned.convert("RGBA")).convert("RGB")


def fitted(picture: Image.Image, side: int) -> Image.Image:
    """The whole picture, as large as goes into a square, in the middle of it with grey around."""
    scale = side / max(picture.size)
    width, height = (max(1, round(length * scale)) for length in picture.size)
    square = Image.new("RGB", (side, side), SURROUND)
    square.paste(picture.resize((width, height), Image.Resampling.LANCZOS), ((side - width) // 2, (side - height) // 2))
    return square
