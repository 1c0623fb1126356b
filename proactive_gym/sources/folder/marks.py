"""Which frames of each clip show the subject."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

from proactive_gym.sources.folder.problems import Problem, problem
from proactive_gym.sources.folder.tables import rows_of
from proactive_gym.sources.scenes.clip import REEL, runs_of

OTHERWISE = ("hidden", "absent")
"""How it is with the subject in all other frames: something is before it, or it is not there."""
FEWEST = 4
"""Frames of a clip; fewer leave nothing to wait for."""


class Marks(NamedTuple):
    """What is known of a clip.

    Attributes:
        shows: For each of its frames, whether it shows the subject.
        hidden: Whether something is before the subject in the others; else it is not there.
    """

    shows: list[bool]
    hidden: bool


def marks_in(
    file: Path | None, lengths: Mapping[str, int], spoilt: Collection[str] = ()
) -> tuple[dict[str, Marks], list[Problem]]:
    """The marks of each clip.

    Args:
        file: A table (.csv) of the frames that show the subject, counted from 1; without it every clip is a problem.
        lengths: How many frames each clip has, by its place.
        spoilt: Clips that cannot be shown for other reasons; their marks do not matter.

    Returns:
        Marks by place, and what is wrong with them: each clip has marks or a problem.

    Raises:
        InputError: If the file cannot be read.
    """
    if file is None:
        says = "is a clip, but no clips.csv says in which frames it shows its subject"
        return {}, [problem(place, says) for place in lengths]
    marks: dict[str, Marks] = {}
    problems: list[Problem] = []
    for line, fields in rows_of(file, ("clip", "first", "last"), ("otherwise",)):
        where, place = f"{file.name}, line {line},", fields["clip"].replace("\\", "/").rstrip("/")
        otherwise = fields.get("otherwise") or "absent"
        if place in spoilt:
            continue
        if place not in lengths:
            problems.append(problem("", f"is about {place!r}, which is no clip here", where))
            continue
        kept = marks.setdefault(place, Marks([False] * lengths[place], otherwise == "hidden"))
        wrong = _wrong(fields["first"], fields["last"], otherwise, kept)
        if wrong:
            problems.append(problem(place, wrong, f"{where} ({place})"))
        else:
            first, last = int(fields["first"]), int(fields["last"])
            kept.shows[first - 1 : last] = [True] * (last + 1 - first)
    told = {found.place for found in problems}
    for place, length in lengths.items():
        if place in told:
            continue
        if length < FEWEST:
            problems.append(problem(place, f"has {length} frames, but must have at least {FEWEST}"))
        elif place not in marks:
            problems.append(problem(place, f"is a clip without a line in {file.name}"))
        elif all(marks[place].shows):
            problems.append(problem(place, "shows its subject in every frame, so that there is nothing to wait for"))
    return marks, problems


def reel(shows: list[bool]) -> tuple[int, ...]:
    """The frames that are shown at all: some, evenly spread, with the middle of each run that shows the subject."""
    if len(shows) <= REEL:
        return tuple(range(len(shows)))
    spread = {round(number * (len(shows) - 1) / (REEL - 1)) for number in range(REEL)}
    return tuple(sorted(spread | {(first + last) // 2 for first, last in runs_of(shows)[:REEL]}))


def _wrong(first: str, last: str, otherwise: str, kept: Marks) -> str:
    if otherwise not in OTHERWISE:
        return f"says {otherwise!r}, but must say {' or '.join(map(repr, OTHERWISE))}"
    if kept.hidden is not (otherwise == "hidden"):
        return "says 'hidden' where another line says 'absent'; a clip is of one kind"
    numbers = [text for text in (first, last) if text.isascii() and text.isdecimal() and len(text) < 9]
    if len(numbers) < 2 or not 1 <= int(first) <= int(last) <= len(kept.shows):
        return f"marks frames {first!r} to {last!r}, but must mark frames from 1 to {len(kept.shows)}"
    return ""
