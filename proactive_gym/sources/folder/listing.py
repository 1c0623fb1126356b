"""What is in a folder of pictures: classes, their pictures, their clips."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from proactive_gym.errors import InputError
from proactive_gym.sources.folder.problems import Problem, problem
from proactive_gym.sources.video import CONTAINERS

PICTURES = {
    **{".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".webp": "WEBP", ".bmp": "BMP", ".gif": "GIF"},
    **{".tif": "TIFF", ".tiff": "TIFF", ".ppm": "PPM", ".pgm": "PPM"},
}
"""Endings of pictures' names, and the formats that they promise."""
BESIDE = ("names.csv", "boxes.csv", "annotations.json", "clips.csv", "attribution.txt")
"""Files that may stand beside the classes."""
IGNORED = re.compile(r"\..*|thumbs\.db|desktop\.ini|readme.*|licen[cs]e.*", re.IGNORECASE)
"""Names of files and folders that are not looked at: hidden ones, those that file managers leave, and notes."""


class Class(NamedTuple):
    """A folder of pictures of one kind of thing; paths are inside the whole folder, with ``/``."""

    folder: str
    pictures: list[str]
    clips: dict[str, list[str]]
    """Frames of each clip, in order; of a video's file, the file."""


def listed(root: Path, beside: Iterable[str] = BESIDE) -> tuple[list[Class], list[Problem]]:
    """The classes in a folder, and what does not belong there.

    Args:
        root: The folder.
        beside: Names of the files that may stand beside the classes.

    Raises:
        InputError: If there is no such folder, or it cannot be read.
    """
    if not root.is_dir():
        raise InputError(f"data_dir is {str(root)!r}, but there is no such folder.")
    classes, problems = [], []
    for path, wrong in _inside(root, root):
        place = path.name
        if wrong is not None:
            problems.append(wrong)
        elif path.is_dir():
            classes.append(_class(root, path, problems))
        elif place not in beside:
            problems.append(problem("", "stands beside the classes; put it into the folder of what it shows", place))
    for one in classes:
        if not one.pictures and not one.clips:
            problems.append(problem(one.folder, "is a class without a picture or a clip"))
    return classes, problems


def _class(root: Path, folder: Path, problems: list[Problem]) -> Class:
    found = Class(folder.name, [], {})
    for path, wrong in _inside(root, folder):
        place = f"{found.folder}/{path.name}"
        if wrong is not None:
            problems.append(wrong)
        elif path.is_dir():
            frames = list(_frames(root, path, place, problems))
            if frames:
                found.clips[place] = frames
            else:
                problems.append(problem(place, "is a clip without a frame"))
        elif path.suffix.lower() in PICTURES:
            found.pictures.append(place)
        elif path.suffix.lower() in CONTAINERS:
            found.clips[place] = [place]
        else:
            problems.append(problem("", f"is neither picture nor video: {_known([*PICTURES, *CONTAINERS])}", place))
    problems += _of_one_name([*found.pictures, *found.clips])
    return found


def _frames(root: Path, folder: Path, clip: str, problems: list[Problem]) -> Iterator[str]:
    for path, wrong in _inside(root, folder):
        place = f"{clip}/{path.name}"
        if wrong is not None:
            problems.append(wrong._replace(place=clip))
        elif path.is_dir() or path.suffix.lower() not in PICTURES:
            problems.append(problem(clip, f"is no frame of a clip: {_known(PICTURES)}", place))
        else:
            yield place


def _inside(root: Path, folder: Path) -> list[tuple[Path, Problem | None]]:
    """What a folder holds, in natural order, each with what is wrong with it if anything is."""
    try:
        entries = sorted(folder.iterdir(), key=lambda path: natural(path.name))
    except OSError as error:
        raise InputError(f"The folder {folder} cannot be read: {error.strerror}.") from error
    return [(path, _stray(root, path)) for path in entries if not IGNORED.fullmatch(path.name)]


def _stray(root: Path, path: Path) -> Problem | None:
    place = path.relative_to(root).as_posix()
    if not place.isprintable():
        return problem(place, "has a name with characters that cannot be shown; rename it")
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError):
        return problem(place, "is a link that leads nowhere")
    if not target.is_relative_to(root.resolve()):
        return problem(place, f"is a link out of the folder, to {target}; copy what it leads to")
    if not (target.is_file() or target.is_dir()):  # to open a pipe would wait for ever
        return problem(place, "is neither a file nor a folder")
    return None


def _of_one_name(places: Iterable[str]) -> Iterator[Problem]:
    """Files that differ in their endings or in capitals only."""
    first: dict[str, str] = {}
    for place in places:
        stem = re.sub(r"\.[^./]*$", "", place).casefold()
        if stem in first:
            yield problem(place, f"has the name of {first[stem]}; rename one of them, or delete it")
        first.setdefault(stem, place)


def natural(name: str) -> tuple[list[tuple[bool, int, str]], str]:
    """A key that sorts ``2.jpg`` before ``10.jpg``."""
    parts = re.findall(r"[0-9]+|[^0-9]+", name)
    return [(not part.isdecimal(), int(part[:18]) if part.isdecimal() else 0, part.casefold()) for part in parts], name


def _known(endings: Iterable[str]) -> str:
    return f"names must end in {', '.join(endings)}"
