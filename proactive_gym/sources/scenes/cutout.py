"""Likenesses from picture files whose ground is transparent."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

from PIL import Image

from proactive_gym.errors import PictureError, one_line
from proactive_gym.sources.decoding import decoded
from proactive_gym.sources.scenes.likeness import Likeness

LARGEST = 512
"""Pixels of the longer side that are kept; no scene shows a subject larger."""


@dataclass(frozen=True)
class CutOut(Likeness):
    """A picture of the subject alone, on transparent ground, from a file."""

    is_photographic: ClassVar[bool] = True

    file: str

    def picture(self) -> Image.Image:
        """What the file shows, without the clear margin around it.

        Raises:
            PictureError: If it is missing, damaged, too large, or transparent all over.
        """
        return _cut_out(self.file)


@lru_cache(maxsize=256)
def _cut_out(file: str) -> Image.Image:
    try:
        with Path(file).open("rb") as stream:
            picture = decoded(stream, f"The picture {file}", mode="RGBA")
    except OSError as error:
        raise PictureError(f"The picture {file} cannot be read: {one_line(error)}.") from error
    # What is all but clear is the dust of cutting out, and would widen the box.
    box = picture.getchannel("A").point(_SOLID).getbbox()
    if box is None:
        raise PictureError(f"The picture {file} is transparent all over, so that there is nothing to be seen on it.")
    picture = picture.crop(box)
    picture.thumbnail((LARGEST, LARGEST), Image.Resampling.LANCZOS)
    return picture


_SOLID = [255 if alpha > 16 else 0 for alpha in range(256)]
