"""What a folder of pictures holds, and all that is wrong with it."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from proactive_gym.errors import InputError, printable
from proactive_gym.sources.folder.boxes import boxes_in, in_the_middle
from proactive_gym.sources.folder.listing import BESIDE, Class, listed
from proactive_gym.sources.folder.looking import Look, looks
from proactive_gym.sources.folder.marks import marks_in, reel
from proactive_gym.sources.folder.problems import Problem, problem
from proactive_gym.sources.folder.tables import rows_of
from proactive_gym.sources.installing.disk import Watch, unwatched
from proactive_gym.sources.installing.finding import home
from proactive_gym.sources.scenes.clip import AbsentFromClip, Clip, HiddenInClip
from proactive_gym.sources.scenes.likeness import Likeness
from proactive_gym.sources.scenes.named import Named
from proactive_gym.sources.scenes.photograph import Photograph

LONGEST_NAME = 60


@dataclass(frozen=True)
class Contents:
    """What a folder of pictures holds.

    Attributes:
        root: The folder.
        things: Its classes, with the pictures and clips that nothing is wrong with.
        problems: All that is wrong.
        files: How many pictures and clips there are, good and bad.
        attribution: Whose pictures they are, as the folder says.
    """

    root: Path
    things: tuple[Named, ...]
    problems: tuple[Problem, ...]
    files: int
    attribution: str


def contents_of(
    root: Path,
    boxes: Path | None = None,
    clips: Path | None = None,
    watch: Watch = unwatched,
) -> Contents:
    """Look through a folder.

    Args:
        root: The folder.
        boxes: Where the subjects are in the pictures, if not in ``boxes.csv`` or ``annotations.json`` there.
        clips: Which frames of the clips show them, if not in ``clips.csv`` there.
        watch: Is told how far it is.

    Raises:
        InputError: If the folder, or a table that describes it, cannot be read.
    """
    boxes = _beside(root, boxes, "boxes.csv", "annotations.json")
    clips = _beside(root, clips, "clips.csv")
    classes, problems = listed(root, {*BESIDE, *(file.name for file in (boxes, clips) if file and file.parent == root)})
    named, misnamed = _named(root, classes)
    problems += misnamed
    seen = looks(root, [place for one in classes for place in _files(one)], _memory(root), watch)
    problems += _unfit(classes, seen)
    sound = [_without(one, _spoilt(problems)) for one in classes]
    pictures = {place: seen[place] for one in sound for place in one.pictures}
    twins = _twins(pictures)
    problems += twins
    pictures = {place: look for place, look in pictures.items() if place not in _spoilt(twins)}
    likenesses: dict[str, list[Likeness]] = {one.folder: [] for one in classes}
    for place, photograph in _photographs(root, pictures, boxes, named, problems):
        likenesses[place.split("/")[0]].append(photograph)
    for place, clip in _clips(root, sound, clips, seen, problems):
        likenesses[place.split("/")[0]].append(clip)
    problems += [
        problem(folder, "is a class of which nothing can be shown")
        for folder, shown in likenesses.items()
        if not shown and folder not in _spoilt(problems)
    ]
    things = [thing._replace(likenesses=tuple(likenesses[folder])) for folder, thing in named.items()]
    number = sum(len(one.pictures) + len(one.clips) for one in classes)
    shown = tuple([thing for thing in things if thing.likenesses])
    return Contents(root, shown, tuple(problems), number, _attribution(root))


def _spoilt(problems: Iterable[Problem]) -> set[str]:
    return {found.place for found in problems if found.place}


def _files(one: Class) -> Iterator[str]:
    yield from one.pictures
    for frames in one.clips.values():
        yield from frames


def _unfit(classes: Sequence[Class], seen: Mapping[str, Look]) -> Iterator[Problem]:
    """What is wrong with the files themselves."""
    for one in classes:
        for place in one.pictures:
            if seen[place].wrong:
                yield problem(place, seen[place].wrong)
        for clip, frames in one.clips.items():
            for frame in frames:
                if seen[frame].wrong:
                    yield problem(clip, seen[frame].wrong, frame)


def _without(one: Class, spoilt: set[str]) -> Class:
    """The class without what something is wrong with."""
    if one.folder in spoilt:
        return Class(one.folder, [], {})
    pictures = [place for place in one.pictures if place not in spoilt]
    return Class(one.folder, pictures, {clip: frames for clip, frames in one.clips.items() if clip not in spoilt})


def _beside(root: Path, given: Path | None, *usual: str) -> Path | None:
    if given is not None:
        if not given.is_file():
            raise InputError(f"{given} is no file.")
        return given
    there = [root / name for name in usual if (root / name).is_file()]
    if len(there) > 1:
        raise InputError(f"{root} holds {' and '.join(file.name for file in there)}; name the one that is meant.")
    return there[0] if there else None


def _memory(root: Path) -> Path:
    """Where it is remembered what was seen; not in the folder itself, which is someone else's."""
    name = hashlib.sha256(str(root).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return home() / "folders" / f"{name}.json"


def _named(root: Path, classes: Sequence[Class]) -> tuple[dict[str, Named], list[Problem]]:
    """What each class is called, by its folder: as ``names.csv`` says, or like the folder."""
    named = {one.folder: Named(one.folder.replace("_", " ").strip(), "", ()) for one in classes}
    problems = []
    if (root / "names.csv").is_file():
        for line, fields in rows_of(root / "names.csv", ("folder", "name"), ("kind", "mistaken_for")):
            folder, alike = fields["folder"].rstrip("/"), fields.get("mistaken_for", "").split("|")
            if folder not in named:
                problems.append(problem("", f"is about {folder!r}, which is no class here", f"names.csv, line {line},"))
                continue
            mistaken = frozenset(name.strip() for name in alike if name.strip())
            named[folder] = Named(fields["name"], fields.get("kind", ""), (), mistaken)
    first: dict[str, str] = {}
    for folder, thing in list(named.items()):
        if not thing.name or not thing.name.isprintable() or len(thing.name) > LONGEST_NAME:
            problems.append(problem(folder, f"has a name that is empty, longer than {LONGEST_NAME}, or unprintable"))
        elif thing.name.casefold() in first:
            problems.append(problem(folder, f"is called {thing.name!r}, as {first[thing.name.casefold()]} is"))
        first.setdefault(thing.name.casefold(), folder)
    spoilt = {found.place for found in problems}
    return {folder: thing for folder, thing in named.items() if folder not in spoilt}, problems


def _twins(pictures: Mapping[str, Look]) -> list[Problem]:
    """Pictures that are there twice."""
    first: dict[str, str] = {}
    return [
        problem(place, f"is the same picture as {first[look.digest]}; delete one of them")
        for place, look in pictures.items()
        if first.setdefault(look.digest, place) != place
    ]


def _photographs(
    root: Path,
    pictures: Mapping[str, Look],
    file: Path | None,
    named: Mapping[str, Named],
    problems: list[Problem],
) -> Iterator[tuple[str, Photograph]]:
    """The pictures with the boxes of what they show, each with its place; what is wrong with boxes is noted."""
    if file is None:
        boxes = {place: in_the_middle(look) for place, look in pictures.items()}
    else:
        boxes, wrong = boxes_in(
            file, pictures, {folder: thing.name for folder, thing in named.items()}, _spoilt(problems)
        )
        problems += wrong
    for place, box in boxes.items():
        if place not in _spoilt(problems):
            yield place, Photograph(str(root / place), pictures[place].width, pictures[place].height, box)


def _clips(
    root: Path, classes: Sequence[Class], file: Path | None, seen: Mapping[str, Look], problems: list[Problem]
) -> Iterator[tuple[str, Clip]]:
    """The clips with their marks, each with its place; what is wrong with marks is noted."""
    frames = {clip: files for one in classes for clip, files in one.clips.items()}
    lengths = {clip: sum(seen[file].frames for file in files) for clip, files in frames.items()}
    marks, wrong = marks_in(file, lengths, _spoilt(problems))
    problems += wrong
    for clip, (shows, hidden) in marks.items():
        if clip in _spoilt(wrong):
            continue
        numbers = reel(shows)
        files = [str(root / name) for name in frames[clip]]
        of = tuple(files if len(files) == 1 else [files[number] for number in numbers])
        made = HiddenInClip if hidden else AbsentFromClip
        yield clip, made(of, numbers, tuple([shows[number] for number in numbers]))


def _attribution(root: Path) -> str:
    """What the folder says of whose pictures they are, in one line."""
    try:
        with (root / "attribution.txt").open(encoding="utf-8", errors="replace") as stream:
            return printable(" ".join(stream.read(600).split()))
    except OSError:
        return ""
