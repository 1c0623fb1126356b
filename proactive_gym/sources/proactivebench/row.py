"""One row of the official files: its fields, checked, and how an episode of it goes."""

import string
from collections.abc import Collection, Hashable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from proactive_gym.episode import Published
from proactive_gym.errors import InputError
from proactive_gym.menu import Kind, Option
from proactive_gym.world import World

REFERENCE = "reference"
"""The place of the reference picture."""

LARGEST_ID, LONGEST_PATH = 10**15, 500
MOST, FARTHEST = 100_000, 100_000
"""Bounds on how many pictures a row may have, and on pixels: a row of a few bytes is not to cost hours."""

ABSTAINS = ("cannot", "do not")
"""Marks of an option that gives up, wherever they stand in it."""


class Photo(NamedTuple):
    """A picture to be read from a file.

    Attributes:
        file: The file, relative to the data's folder.
        box: The part to be shown: left, top, right and bottom in pixels; the whole picture if ``None``.
        ahead: Files that a single request would show next.
    """

    file: str
    box: tuple[float, float, float, float] | None = None
    ahead: tuple[str, ...] = ()


class Fields:
    """The fields of one row, read with their types checked.

    Args:
        where: File and line, for error messages.
        values: The row.
    """

    def __init__(self, where: str, values: Any) -> None:
        if not isinstance(values, dict):
            raise InputError(f"{where} is {_shown(values)}, but must be an object with named fields.")
        self.where = where
        self.values: dict[str, Any] = values

    def wrong(self, name: str, expected: str) -> InputError:
        """The error that says what field ``name`` is and should be."""
        value = _shown(self.values[name]) if name in self.values else "missing"
        return InputError(f"{self.where}: the field {name!r} is {value}, but must be {expected}.")

    def whole(self, name: str, low: int, high: int | None = None) -> int:
        """A whole number within bounds."""
        value = self.values.get(name)
        if type(value) is int and value >= low and (high is None or value <= high):
            return value
        raise self.wrong(name, f"a whole number {f'of at least {low}' if high is None else f'from {low} to {high}'}")

    def count(self, name: str) -> int:
        """A whole number of at least 1 that is small enough to be counted through."""
        return self.whole(name, 1, MOST)

    def number(self, name: str) -> float:
        """A number that a picture's sides could have; a whole one stays whole."""
        value = self.values.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= FARTHEST:
            return value
        raise self.wrong(name, f"a number, at most {FARTHEST} away from 0")

    def flag(self, name: str) -> bool:
        """True or false."""
        value = self.values.get(name)
        if isinstance(value, bool):
            return value
        raise self.wrong(name, "true or false")

    def text(self, name: str) -> str:
        """A text with something in it."""
        value = self.values.get(name)
        if _is_text(value):
            return str(value)
        raise self.wrong(name, "a text")

    def texts(self, name: str, least: int) -> list[str]:
        """A list of at least that many texts."""
        value = self.values.get(name)
        if isinstance(value, list) and len(value) >= least and all(map(_is_text, value)):
            return value
        raise self.wrong(name, f"a list of at least {least} text{'s' if least > 1 else ''}")

    def wholes(self, name: str, least: int) -> list[int]:
        """A list of at least that many whole numbers from 0 up."""
        value = self.values.get(name)
        if isinstance(value, list) and len(value) >= least and all(type(x) is int and x >= 0 for x in value):
            return value
        raise self.wrong(name, f"a list of at least {least} whole numbers of at least 0")

    def inner(self, name: str) -> "Fields":
        """The fields of an object in the row."""
        value = self.values.get(name)
        if isinstance(value, dict):
            return Fields(f"{self.where}: in the field {name!r}", value)
        raise self.wrong(name, "an object with named fields")

    def one_of(self, name: str, allowed: Sequence[str]) -> str:
        """One of these texts."""
        value = self.values.get(name)
        if isinstance(value, str) and value in allowed:
            return value
        raise self.wrong(name, f"one of {', '.join(map(repr, allowed))}")


def _is_text(value: Any) -> bool:
    """Whether it is a text that says something and can be written down: JSON may hold halves of characters."""
    if not isinstance(value, str) or not value.strip():
        return False
    try:
        return value.isascii() or bool(value.encode())
    except UnicodeEncodeError:
        return False


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}…"


Place = TypeVar("Place", bound=Hashable)


class OfficialRow(World[Place], Generic[Place]):
    """What every official row has; each scenario's room says how an episode of its own rows goes.

    Subclasses read further fields in ``__init__``, set ``start`` and ``turns``, and say which picture there is at a
    place (``file``) and where requests lead (``ways``).

    Raises:
        InputError: If a field is missing, of the wrong type or impossible, naming file, line and field.
    """

    placeholders: ClassVar[tuple[str, ...]] = ("image",)
    """What ``image_template`` holds in braces."""
    marks: ClassVar[Mapping[str, tuple[str, ...]]]
    """Interventions by name, each with the pieces of text by which an option asks for it, in small letters."""
    suggestions: ClassVar[tuple[str, ...]]
    """What a judge of free words takes for a good thing to ask for."""
    answer_counts_in_free_words: ClassVar[bool] = True
    """Whether that judge also looks for the answer; not where the first picture cannot tell it."""

    variant: str = ""
    """Tells rows apart that a wording may give hints of their own."""

    best: Any = REFERENCE

    def __init__(self, fields: Fields) -> None:
        self.id = fields.whole("id", 0, LARGEST_ID)
        self.template = self._template(fields)
        self.reference_image = fields.whole("reference_image", 0)
        self.prompt = fields.text("prompt")
        self.categories = fields.texts("categories", 2)
        self.answer = fields.one_of("answer", self.categories)
        self.asking = [self._option(text) for text in fields.texts("options", 1)]
        self.offered = frozenset(option.name for option in self.asking if option.kind is Kind.INTERVENTION)

    def file(self, place: Place) -> str:
        """The picture's file at ``place``, relative to the data's folder."""
        raise NotImplementedError

    def reference_file(self) -> str:
        """The file of the reference picture."""
        return self.filled(image=self.reference_image)

    def ways(self, place: Place) -> Mapping[str, Place]:
        """Where each of the scenario's interventions leads from ``place``, on the menu or not."""
        raise NotImplementedError

    def published(self) -> Published:
        """What counts in free words."""
        return Published(self.suggestions, (bare(self.answer),) if self.answer_counts_in_free_words else ())

    def own_ways(self) -> Collection[str]:
        """Names of the interventions that this row knows; an option is taken for one of them before any other."""
        return self.marks

    def moves(self, place: Any) -> Mapping[str, Any]:
        """The ways that the menu offers."""
        if place == REFERENCE:
            return {}
        return {name: there for name, there in self.ways(place).items() if name in self.offered}

    def spent(self, place: Any) -> frozenset[str]:
        """What has ended at ``place``; at the reference picture nothing is on offer anyway."""
        return frozenset() if place == REFERENCE else self.ended(place)

    def ended(self, place: Place) -> frozenset[str]:
        """Interventions that are off the menu at ``place``."""
        return frozenset()

    def picture(self, place: Any) -> Photo:
        """The file to be shown at ``place``."""
        if place == REFERENCE:
            return Photo(self.reference_file())
        return Photo(self.file(place), ahead=tuple([self.file(there) for there in self.moves(place).values()]))

    def sufficient(self, place: Any) -> bool | None:
        """True of the reference picture; of others nobody knows, unless the room does."""
        return True if place == REFERENCE else None

    def filled(self, **values: Any) -> str:
        """The template with its placeholders filled in."""
        return self.template.format(**values)

    def every_file(self) -> list[str]:
        """All files that an episode can show, the reference picture's first."""
        seen = {self.start}
        waiting: list[Place] = [self.start]
        files = [self.reference_file()]
        while waiting:
            place = waiting.pop()
            files.append(self.file(place))
            new = [there for there in self.ways(place).values() if there not in seen]
            seen.update(new)
            waiting += new
        return list(dict.fromkeys(files))

    def _template(self, fields: Fields) -> str:
        template = fields.text("image_template")
        if len(template) > LONGEST_PATH:
            raise fields.wrong("image_template", f"a path of at most {LONGEST_PATH} characters")
        expected = " and ".join(f"{{{name}}}" for name in self.placeholders) or "no placeholder"
        try:
            parts = list(string.Formatter().parse(template))
        except ValueError:
            parts = []
        found = {(name, spec, conversion) for _, name, spec, conversion in parts if name is not None}
        if not parts or found != {(name, "", None) for name in self.placeholders}:
            raise fields.wrong("image_template", f"a path with {expected} in it and nothing else in braces")
        pieces = PurePosixPath(template)
        if pieces.is_absolute() or ".." in pieces.parts or "\\" in template or "\0" in template:
            raise fields.wrong("image_template", "a path inside the data's folder")
        return template

    def _option(self, text: str) -> Option:
        lowered = text.lower()
        if any(mark in lowered for mark in ABSTAINS):
            return Option(text, Kind.ABSTENTION)
        every = [name for name, marks in self.marks.items() if any(mark in lowered for mark in marks)]
        named = [name for name in every if name in self.own_ways()] or every
        # One that asks for nothing known, or for two things at once, can be chosen and changes nothing.
        return Option(text, Kind.INTERVENTION, named[0] if len(named) == 1 else f"unknown: {text}")


class StepwiseRow(OfficialRow[int]):
    """A row whose pictures come one after another; a place is how many requests have been made.

    The last picture shown is taken for the sufficient one.
    """

    start = 0

    def __init__(self, fields: Fields) -> None:
        super().__init__(fields)
        self.turns = fields.count("num_images")

    def helping(self) -> Sequence[str]:
        """The names of the interventions that lead on."""
        return list(self.marks)

    def ways(self, place: int) -> Mapping[str, int]:
        """On, until the last picture."""
        return dict.fromkeys(self.helping(), place + 1) if place + 1 < self.turns else {}

    def sufficient(self, place: Any) -> bool:
        """Whether it is the last."""
        return bool(place == REFERENCE or place + 1 == self.turns)


def bare(text: str) -> str:
    """The text without full stops, as lists for a judge have it."""
    return text.replace(".", "")
