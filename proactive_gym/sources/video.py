"""Decodes videos from files that may be damaged or mean harm, with PyAV (the extra ``clips``)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

from proactive_gym.errors import InputError, PictureError, one_line
from proactive_gym.sources.decoding import MOST_PIXELS

CONTAINERS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "matroska", ".avi": "avi"}
"""How files are read, by their names' endings. FFmpeg is not left to guess: to it, playlists, which name other files,
are containers like any other."""
MOST_FRAMES = 20_000
"""Longer videos are refused: that is eleven minutes at 30 frames a second."""


def count_frames(file: Path) -> tuple[int, int, int]:
    """How many frames the video has, and their width and height; every frame is decoded.

    Raises:
        PictureError: If it is damaged, too long or too large, or no video.
        InputError: If PyAV is not installed.
    """
    number, width, height = 0, 0, 0
    for frame in _frames(file):
        number, width, height = number + 1, frame.width, frame.height
    if not number:
        raise PictureError(f"The video {file} has no frame.")
    return number, width, height


def frames_of(file: Path, numbers: Sequence[int], longest: int) -> list[Image.Image]:
    """Some frames of the video, upright, RGB, their longer side at most ``longest`` pixels.

    Args:
        file: Where it is.
        numbers: Which frames, from 0, in rising order.
        longest: Pixels of the longer side.

    Raises:
        PictureError: If it is damaged, or has become shorter.
        InputError: If PyAV is not installed.
    """
    wanted, found = set(numbers), []
    for number, frame in enumerate(_frames(file)):
        if number in wanted:
            picture: Image.Image = frame.to_image()
            picture = picture.rotate(frame.rotation, expand=True) if frame.rotation else picture
            picture.thumbnail((longest, longest), Image.Resampling.LANCZOS)
            found.append(picture)
        if number >= numbers[-1]:
            break
    if len(found) < len(numbers):
        raise PictureError(f"The video {file} has become shorter since the folder was opened.")
    return found


def _frames(file: Path) -> Iterator[Any]:
    """The decoded frames, in order."""
    with _opened(file) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number >= MOST_FRAMES:
                raise PictureError(f"The video {file} has more than the {MOST_FRAMES:,} frames that are read.")
            if frame.width * frame.height > MOST_PIXELS:
                raise PictureError(
                    f"The video {file} has {frame.width} × {frame.height} pixels, more than the {MOST_PIXELS:,} that "
                    "are read."
                )
            yield frame


@contextmanager
def _opened(file: Path) -> Iterator[Any]:
    try:
        import av
    except ImportError as error:
        raise InputError(
            f"The video {file} needs PyAV to be read: pip install 'proactive-gym[clips]', or put its frames into a "
            "folder as pictures."
        ) from error
    container = CONTAINERS[file.suffix.lower()]
    try:
        # Through an open file: nothing that is named inside of it is opened.
        with file.open("rb") as stream, av.open(stream, format=container) as opened:
            if not opened.streams.video:
                raise PictureError(f"The video {file} has no pictures.")
            yield opened
    except (av.error.FFmpegError, OSError, ValueError, MemoryError) as error:
        if isinstance(error, InputError):
            raise
        raise PictureError(f"The video {file} cannot be read: {one_line(error)}.") from error
