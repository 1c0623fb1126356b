"""The 341 named subjects of rendered scenes, in three splits that share none."""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Literal

from proactive_gym.draw import Draw

SPLITS = ("train", "validation", "test")
Distractors = Literal["random", "lookalike"]


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that can be asked about.

    Attributes:
        codepoint: OpenMoji's number for its drawing.
        name: What it is called, as a person would write it in running text.
        kind: What it is one of: mammal, fruit, tool …
        split: The only split it appears in, as right answer or as distractor.
        lookalikes: Names of subjects of the same split that look like it from afar, the most alike first.
        mistaken_for: Names that a careful person might give it; they never stand on its menu.
    """

    codepoint: str
    name: str
    kind: str
    split: str
    lookalikes: tuple[str, ...]
    mistaken_for: frozenset[str]

    @property
    def option(self) -> str:
        """The name as an answer on the menu, written as the benchmark writes its categories (``Hot dog.``)."""
        return f"{self.name[0].upper()}{self.name[1:]}."


@lru_cache(maxsize=1)
def subjects() -> dict[str, Subject]:
    """All subjects by name, in the order of the table."""
    text = files("proactive_gym").joinpath("data/subjects.tsv").read_text(encoding="utf-8")
    return {row["name"]: _subject(row) for row in csv.DictReader(text.splitlines(), delimiter="\t")}


def _subject(row: dict[str, str]) -> Subject:
    alike = frozenset(name for name in row["mistaken_for"].split("|") if name)
    return Subject(row["codepoint"], row["name"], row["kind"], row["split"], tuple(row["lookalikes"].split("|")), alike)


@lru_cache(maxsize=64)
def subjects_of(split: str, fits: Callable[[Subject], bool] | None = None) -> tuple[Subject, ...]:
    """The subjects of a split; only those that ``fits`` approves of, if it is given."""
    return tuple(item for item in subjects().values() if item.split == split and (fits is None or fits(item)))


def distractors(draw: Draw, subject: Subject, manner: Distractors, number: int = 3) -> list[Subject]:
    """Wrong answers for ``subject`` from its own split: its lookalikes, or any others that are not taken for it."""
    table = subjects()
    if manner == "lookalike":
        return [table[name] for name in draw.some(subject.lookalikes[: number + 3], number)]
    return draw.some(_others(subject), number)


@lru_cache(maxsize=512)
def _others(subject: Subject) -> tuple[Subject, ...]:
    return tuple(
        item for item in subjects_of(subject.split) if item is not subject and item.name not in subject.mistaken_for
    )
