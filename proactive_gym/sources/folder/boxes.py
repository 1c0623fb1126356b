"""Where the subject is in each picture: a table, or annotations in COCO's format."""

import json
import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from proactive_gym.errors import InputError, one_line
from proactive_gym.sources.folder.looking import Look
from proactive_gym.sources.folder.problems import Problem, problem
from proactive_gym.sources.folder.tables import rows_of
from proactive_gym.sources.scenes.frame import Box

SMALLEST = 16
"""Pixels of a box's longer side; less cannot be recognised."""
EDGES = ("left", "top", "right", "bottom")
MIDDLE = (0.2, 0.2, 0.6, 0.6)
"""What counts as the subject where nothing says where it is: left, top, width and height as shares of the picture."""


class Marked(NamedTuple):
    """A box as it stands in the file.

    Attributes:
        where: The file, and the place in it.
        place: The picture, as it is called there.
        edges: Left, top, right and bottom in pixels.
        label: What is inside the box; empty if the file does not say.
        size: Width and height of the picture, if the file says it.
    """

    where: str
    place: str
    edges: tuple[float, float, float, float]
    label: str
    size: tuple[int, int] | None = None


def boxes_in(
    file: Path, looks: Mapping[str, Look], names: Mapping[str, str], spoilt: Collection[str] = ()
) -> tuple[dict[str, Box], list[Problem]]:
    """The box of each picture, around all that its file marks there of the picture's class.

    Args:
        file: A table (.csv) or COCO's annotations (.json).
        looks: The pictures that can be shown, by place.
        names: What each class is called, by its folder.
        spoilt: Pictures that cannot be shown for other reasons; their boxes do not matter.

    Returns:
        Boxes in pixels by place, and what is wrong with them: each picture has a box or a problem.

    Raises:
        InputError: If the file cannot be read, or is neither of the two.
    """
    called = _places([*looks, *spoilt])
    boxes: dict[str, Box] = {}
    problems: list[Problem] = []
    elsewhere: dict[str, str] = {}
    for marked in _of_coco(file) if file.suffix.lower() == ".json" else _of_table(file):
        places = called.get(marked.place, [])
        if marked.place.split("/")[0] in spoilt:
            continue
        if len(places) != 1:
            which = f"which {len(places)} pictures are called" if places else "which is no picture here"
            problems.append(problem("", f"is about {marked.place!r}, {which}", marked.where))
            continue
        if places[0] in spoilt:
            continue
        place, folder = places[0], places[0].split("/")[0]
        if marked.label and marked.label.casefold() not in (folder.casefold(), names[folder].casefold()):
            elsewhere[place] = f"{marked.where}, {marked.label!r}"
            continue
        wrong = _wrong(marked, looks[place])
        if wrong:
            problems.append(problem(place, wrong, f"{marked.where} ({place})"))
        else:
            boxes[place] = _around(boxes.get(place), marked.edges)
    told = {found.place for found in problems}
    for place in looks:
        if place not in boxes and place not in told:
            folder = place.split("/")[0]
            other = f"; it marks something else there ({elsewhere[place]})" if place in elsewhere else ""
            problems.append(problem(place, f"has no box of {names[folder]!r} in {file.name}{other}"))
    return boxes, problems


def in_the_middle(look: Look) -> Box:
    """What counts as the subject of a picture without a box."""
    left, top, width, height = MIDDLE
    return Box(left * look.width, top * look.height, width * look.width, height * look.height)


def _places(pictures: Iterable[str]) -> dict[str, list[str]]:
    """The pictures by the ways in which a file may call them: with their class's folder or without."""
    called: dict[str, list[str]] = {}
    every = list(pictures)
    for place in every:
        called.setdefault(place.split("/")[-1], []).append(place)
    return {**called, **{place: [place] for place in every}}


def _wrong(marked: Marked, look: Look) -> str:
    left, top, right, bottom = marked.edges
    if marked.size is not None and marked.size != (look.width, look.height):
        size = f"{marked.size[0]} × {marked.size[1]}"
        return f"is of a picture of {size} pixels, but held upright it has {look.width} × {look.height}"
    if not all(map(math.isfinite, marked.edges)) or right <= left or bottom <= top:
        return f"has the box {_numbers(marked.edges)}, which holds nothing: left must be below right, top below bottom"
    # Some tools count pixels to the last, others to its far edge, and some from 1.
    if left < -1 or top < -1 or right > look.width + 1 or bottom > look.height + 1:
        return f"has the box {_numbers(marked.edges)}, which is partly outside the {look.width} × {look.height} pixels"
    if max(right - left, bottom - top) < SMALLEST:
        return f"has the box {_numbers(marked.edges)}, but {SMALLEST} pixels is the least that can be recognised"
    return ""


def _around(box: Box | None, edges: tuple[float, float, float, float]) -> Box:
    left, top, right, bottom = max(0.0, edges[0]), max(0.0, edges[1]), edges[2], edges[3]
    if box is not None:
        left, top = min(left, box.left), min(top, box.top)
        right, bottom = max(right, box.right), max(bottom, box.bottom)
    return Box(left, top, right - left, bottom - top)


def _numbers(edges: Sequence[float]) -> str:
    return ", ".join(f"{edge:g}" for edge in edges)


def _of_table(file: Path) -> Iterator[Marked]:
    for line, fields in rows_of(file, ("file", *EDGES), ("class",)):
        where = f"{file.name}, line {line},"
        try:
            left, top, right, bottom = (float(fields[edge]) for edge in EDGES)
        except ValueError as error:
            raise InputError(f"{where} of {file.parent} has a box that is no number: {one_line(error)}.") from error
        yield Marked(where, fields["file"].replace("\\", "/"), (left, top, right, bottom), fields.get("class", ""))


def _of_coco(file: Path) -> Iterator[Marked]:
    try:
        noted = json.loads(file.read_text(encoding="utf-8"))
        pictures = {item["id"]: item for item in noted["images"]}
        labels = {item["id"]: str(item["name"]) for item in noted["categories"]}
        for number, item in enumerate(noted["annotations"]):
            picture = pictures[item["image_id"]]
            left, top, width, height = (float(length) for length in item["bbox"])
            yield Marked(
                f"{file.name}, annotation {item.get('id', number)},",
                str(picture["file_name"]),
                (left, top, left + width, top + height),
                labels[item["category_id"]],
                _size(picture),
            )
    except (OSError, ValueError, TypeError, AttributeError, LookupError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        reason = f"there is no {error}" if isinstance(error, KeyError) else one_line(error)
        raise InputError(f"{file} cannot be read as annotations in COCO's format: {reason}.") from error


def _size(picture: Mapping[str, Any]) -> tuple[int, int] | None:
    return (int(picture["width"]), int(picture["height"])) if "width" in picture and "height" in picture else None
