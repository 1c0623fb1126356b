"""Reads pictures from files: each once, the next one ahead of time, and none that could do harm."""

import os
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from proactive_gym.errors import PictureError, one_line
from proactive_gym.sources.decoding import MOST_PIXELS, decoded, fitted
from proactive_gym.sources.proactivebench.row import Photo

KEPT_BYTES = 512 * 2**20

Picture = NDArray[np.uint8]
Key = tuple[str, tuple[float, ...] | None]


class PictureBox:
    """Pictures of a folder, decoded once and kept while there is room.

    Args:
        folder: Where the files are; nothing outside it is read.
        side: Side of square pictures, into which the originals are fitted with grey around them; ``None`` leaves them
            as they are.
        room: Bytes of decoded pictures to keep.
    """

    def __init__(self, folder: Path, side: int | None = None, room: int = KEPT_BYTES) -> None:
        self.folder = folder.resolve()
        self.side = side
        self.room = room
        self._begin()

    def _begin(self) -> None:
        self._kept: OrderedDict[Key, Picture] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()
        self._coming: dict[Key, Future[Picture]] = {}
        self._expected: list[Key] = []
        self._requested: list[Key] = []
        self._reader: ThreadPoolExecutor | None = None
        self._process = os.getpid()

    def __getstate__(self) -> dict[str, Any]:
        """What another process needs to begin with an empty box."""
        return {"folder": self.folder, "side": self.side, "room": self.room}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """See ``__getstate__``."""
        self.__dict__.update(state)
        self._begin()

    def pictures(self, photos: Sequence[Photo]) -> list[Picture]:
        """Copies of the pictures, uint8 ``(H, W, 3)`` each; those a request may show next are read meanwhile.

        Raises:
            PictureError: If one is missing, broken, too large or outside the folder; naming it.
        """
        self._see_that_it_is_ours()
        shown = [self._picture((photo.file, photo.box)).copy() for photo in photos]
        self._requested = [(file, None) for photo in photos for file in photo.ahead]
        self._read_ahead()
        return shown

    def expect(self, photos: Sequence[Photo]) -> None:
        """Read these meanwhile, too: they are shown next, when conversations begin."""
        self._see_that_it_is_ours()
        self._expected = [(photo.file, photo.box) for photo in photos]
        self._read_ahead()

    def _see_that_it_is_ours(self) -> None:
        if self._process != os.getpid():  # the reading thread did not come along through the fork
            self._begin()

    def _picture(self, key: Key) -> Picture:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            coming = self._coming.pop(key, None)
        if coming is not None and not coming.cancel():
            return coming.result()
        return self._read(key)

    def _read_ahead(self) -> None:
        """Begin to read what may be shown next, and give up what was to be read for earlier requests."""
        keys = dict.fromkeys([*self._requested, *self._expected])
        with self._lock:
            for key, coming in list(self._coming.items()):
                if key not in keys and (coming.done() or coming.cancel()):
                    del self._coming[key]
            new = [key for key in keys if key not in self._kept and key not in self._coming]
            if new and self._reader is None:
                self._reader = ThreadPoolExecutor(1, "pictures")
            for key in new:
                assert self._reader is not None
                self._coming[key] = self._reader.submit(self._read, key)

    def _read(self, key: Key) -> Picture:
        file, box = key
        with self._lock:
            whole = self._kept.get((file, None)) if box is not None and self.side is None else None
        picture = Image.fromarray(whole) if whole is not None else self._decoded(file)
        if whole is None and box is not None and self.side is None:
            self._keep((file, None), np.array(picture))
        if box is not None:
            picture = self._cropped(file, picture, box)
        if self.side is not None:
            picture = fitted(picture, self.side)
        array = np.array(picture)
        self._keep(key, array)
        return array

    def _keep(self, key: Key, picture: Picture) -> None:
        with self._lock:
            if key in self._kept or picture.nbytes > self.room:
                return
            self._kept[key] = picture
            self._bytes += picture.nbytes
            while self._bytes > self.room:
                _, oldest = self._kept.popitem(last=False)
                self._bytes -= oldest.nbytes

    def broken(self, file: str, quick: bool = False) -> str | None:
        """Why the picture cannot be shown, in a sentence; ``quick`` looks at its beginning only."""
        try:
            self._decoded(file, header_only=quick)
        except PictureError as error:
            return one_line(error)
        return None

    def _decoded(self, file: str, header_only: bool = False) -> Image.Image:
        path = self.path(file)
        try:
            with path.open("rb") as stream:
                return decoded(stream, f"The picture {path}", header_only)
        except FileNotFoundError as error:
            raise PictureError(f"There is no picture {path}.") from error
        except PictureError:
            raise
        except OSError as error:
            raise PictureError(f"The picture {path} cannot be read: {one_line(error)}.") from error

    def path(self, file: str) -> Path:
        """Where the file is.

        Raises:
            PictureError: If that is outside the folder.
        """
        try:
            path = (self.folder / file).resolve()
        except (OSError, ValueError, RuntimeError) as error:
            raise PictureError(f"The picture {file!r} has an impossible path: {one_line(error)}.") from error
        if not path.is_relative_to(self.folder):
            raise PictureError(
                f"The picture {file!r} leads out of {self.folder} to {path}; all pictures must be inside that folder."
            )
        return path

    def _cropped(self, file: str, picture: Image.Image, box: tuple[float, ...]) -> Image.Image:
        left, top, right, bottom = map(round, box)
        if right <= left or bottom <= top or (right - left) * (bottom - top) > MOST_PIXELS:
            raise PictureError(
                f"Of the picture {file!r} the part {box} is to be shown, which holds no pixels or too many."
            )
        return picture.crop((left, top, right, bottom))
