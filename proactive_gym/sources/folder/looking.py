"""Looks at every file of a folder once, and remembers what it saw for as long as the file stays as it is."""

import hashlib
import json
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from proactive_gym.errors import PictureError, one_line
from proactive_gym.sources.decoding import opened, upright
from proactive_gym.sources.folder.listing import PICTURES
from proactive_gym.sources.installing.disk import Watch
from proactive_gym.sources.video import CONTAINERS, count_frames

SMALLEST = 32
"""Pixels of a picture's shorter side; less shows nothing."""
VERSION = 1
"""Of what is remembered; another one is forgotten."""


class Look(NamedTuple):
    """What a file turned out to be.

    Attributes:
        width: Pixels across, held upright.
        height: Pixels down.
        frames: How many pictures it holds.
        digest: Of its bytes.
        wrong: What is wrong with it; empty if nothing is.
    """

    width: int = 0
    height: int = 0
    frames: int = 1
    digest: str = ""
    wrong: str = ""


def looks(root: Path, places: Iterable[str], memory: Path | None, watch: Watch) -> dict[str, Look]:
    """What each file is, by its place.

    Args:
        root: The folder.
        places: Paths inside it.
        memory: File in which to remember it, if anywhere.
        watch: Is told how far it is.

    Raises:
        InputError: If there is a video, but nothing to read it with.
    """
    every, known = list(places), _remembered(memory)
    stamps = {place: _stamp(root / place) for place in every}
    found = {place: known[place][1] for place in every if place in known and known[place][0] == stamps[place]}
    new = [place for place in every if place not in found]
    pool = ThreadPoolExecutor()
    try:
        for number, (place, look) in enumerate(zip(new, pool.map(lambda item: _look(root / item), new), strict=True)):
            found[place] = look
            watch("looking at pictures", number + 1, len(new))
    finally:
        pool.shutdown(cancel_futures=True)
        if new:
            _remember(memory, {place: (stamps[place], look) for place, look in found.items()})
    return found


def _look(path: Path) -> Look:
    try:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            if path.suffix.lower() in CONTAINERS:
                number, width, height = count_frames(path)
                return Look(width, height, number, digest, _size(width, height))
            stream.seek(0)
            with opened(stream, str(path)) as picture:
                wrong = _unfit(path, picture)
                if wrong:
                    return Look(digest=digest, wrong=wrong)
                width, height = upright(picture).size
                return Look(width, height, 1, digest, _size(width, height))
    except PictureError as error:
        return Look(wrong=str(error).removeprefix(str(path)).removeprefix(f"The video {path}").strip().rstrip("."))
    except OSError as error:
        return Look(wrong=f"cannot be read: {one_line(error)}")


def _unfit(path: Path, picture: Image.Image) -> str:
    """Why the picture would be shown wrong, if it would."""
    promised = PICTURES[path.suffix.lower()]
    if picture.format != promised and not (promised == "JPEG" and picture.format == "MPO"):
        return f"is named like a {promised} file, but holds a {picture.format} one; rename it"
    if getattr(picture, "n_frames", 1) > 1 and picture.format != "MPO":
        return "is animated or has several pages; save the picture you mean, or its frames as a clip"
    if picture.mode in ("CMYK", "LAB", "HSV"):
        return f"has {picture.mode} colours, which look different on every screen; save it as RGB"
    if picture.mode not in ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "YCbCr") or _is_deep(path, picture):
        return "has more than 8 bits a colour; save it with 8"
    return ""


def _is_deep(path: Path, picture: Image.Image) -> bool:
    """Whether its colours have 16 bits, of which Pillow would drop half."""
    if picture.format == "PNG":
        with path.open("rb") as stream:
            return stream.read(25)[24:] == b"\x10"
    bits = picture.tag_v2.get(258, (8,)) if picture.format == "TIFF" else (8,)  # type: ignore[attr-defined]
    return max(bits) > 8


def _size(width: int, height: int) -> str:
    if min(width, height) >= SMALLEST:
        return ""
    return f"has {width} × {height} pixels, but must have at least {SMALLEST} on its shorter side"


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:
        return 0, -1
    return status.st_mtime_ns, status.st_size


def _remembered(memory: Path | None) -> dict[str, tuple[tuple[int, int], Look]]:
    """What was seen before; nothing if that cannot be told."""
    try:
        noted = json.loads(memory.read_text(encoding="utf-8")) if memory is not None else {}
        if noted.get("version") != VERSION:
            return {}
        return {place: ((stamp[0], stamp[1]), Look(*look)) for place, (stamp, look) in noted["files"].items()}
    except (OSError, ValueError, TypeError, AttributeError, LookupError, RecursionError):
        return {}


def _remember(memory: Path | None, seen: dict[str, tuple[tuple[int, int], Look]]) -> None:
    """Note it down whole or not at all; where that is not possible, it is looked at again next time."""
    if memory is None:
        return
    unfinished = memory.with_suffix(f".{os.getpid()}")
    try:
        memory.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(json.dumps({"version": VERSION, "files": seen}), encoding="utf-8")
        unfinished.replace(memory)
    except OSError:
        unfinished.unlink(missing_ok=True)
