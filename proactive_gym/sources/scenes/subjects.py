"""Subjects, and the catalogues they come in; the 341 of OpenMoji's drawings are one."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal, Protocol

from proactive_gym.draw import Draw
from proactive_gym.sources.scenes.art import ATTRIBUTION, Emoji
from proactive_gym.sources.scenes.likeness import Likeness

SPLITS = ("train", "validation", "test")
Distractors = Literal["random", "lookalike"]
WRONG_ANSWERS = 3
"""The wrong answers on a menu."""


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """Something that can be asked about.

    Attributes:
        name: What it is called, as a person would write it in running text.
        kind: What it is one of: mammal, fruit, tool …
        split: The only split it appears in, as right answer or as distractor.
        likenesses: What it may look like; an episode shows one of them.
        lookalikes: Names of subjects of the same split that are easily taken for it, the likeliest first.
        mistaken_for: Names that a careful person might give it; they never stand on its menu.
    """

    name: str
    kind: str
    split: str
    likenesses: tuple[Likeness, ...]
    lookalikes: tuple[str, ...]
    mistaken_for: frozenset[str]

    @property
    def option(self) -> str:
        """The name as an answer on the menu, written as the benchmark writes its categories (``Hot dog.``)."""
        return f"{self.name[0].upper()}{self.name[1:]}."

    def likeness(self, draw: Draw, scenario: "Showing | None" = None) -> Likeness:
        """One of its likenesses; of those that the scenario can show, if one is given."""
        if len(self.likenesses) == 1:
            return self.likenesses[0]
        possible = [item for item in self.likenesses if scenario is None or scenario.staging(self, item) is not None]
        return possible[0] if len(possible) == 1 else draw.one(possible)


class Showing(Protocol):
    """What decides which subjects a scenario can show; see ``proactive_gym.envs.scenario.Scenario``."""

    def staging(self, subject: Subject, likeness: Likeness) -> object | None:
        """How that subject is shown if it looks like that; ``None`` if it cannot be."""


class Catalogue:
    """All subjects of one source, in three splits that share none.

    Args:
        name: The source's name.
        subjects: What is in it, in its order; names are not shared.
        attribution: Whose pictures they are, and under which licence, in one sentence.

    Attributes:
        name: The source's name.
        subjects: The subjects by name.
        attribution: Whose pictures they are.
    """

    def __init__(self, name: str, subjects: Iterable[Subject], attribution: str = "") -> None:
        self.name = name
        self.attribution = attribution
        self.subjects = {subject.name: subject for subject in subjects}
        self._of = {split: tuple([item for item in self.subjects.values() if item.split == split]) for split in SPLITS}
        self._fitting: dict[tuple[str, Showing], tuple[Subject, ...]] = {}
        self._others: dict[str, tuple[Subject, ...]] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Without what was found out so far: scenarios of others, which are in it, may not pickle."""
        return {**self.__dict__, "_fitting": {}, "_others": {}}

    def of(self, split: str) -> tuple[Subject, ...]:
        """The subjects of a split."""
        return self._of[split]

    def fitting(self, split: str, scenario: Showing) -> tuple[Subject, ...]:
        """The subjects of a split that a scenario can show, and that a menu has enough wrong answers for."""
        key = split, scenario
        if key not in self._fitting:
            self._fitting[key] = tuple([item for item in self._of[split] if self._fits(item, scenario)])
        return self._fitting[key]

    def _fits(self, subject: Subject, scenario: Showing) -> bool:
        shown = any(scenario.staging(subject, likeness) is not None for likeness in subject.likenesses)
        return shown and len(self.others(subject)) >= WRONG_ANSWERS

    def others(self, subject: Subject) -> tuple[Subject, ...]:
        """All subjects of its split that are not taken for it."""
        if subject.name not in self._others:
            taken = {subject.name, *subject.mistaken_for}
            self._others[subject.name] = tuple([item for item in self._of[subject.split] if item.name not in taken])
        return self._others[subject.name]

    def distractors(
        self, draw: Draw, subject: Subject, manner: Distractors, number: int = WRONG_ANSWERS
    ) -> list[Subject]:
        """Wrong answers for ``subject`` from its own split: its lookalikes, or any others that are not taken for it."""
        if manner == "lookalike":
            return [self.subjects[name] for name in draw.some(subject.lookalikes[: number + 3], number)]
        return draw.some(self.others(subject), number)


@lru_cache(maxsize=1)
def drawings() -> Catalogue:
    """The subjects that OpenMoji has drawn, in the order of the table."""
    text = files("proactive_gym").joinpath("data/subjects.tsv").read_text(encoding="utf-8")
    return Catalogue(
        "scenes", [_subject(row) for row in csv.DictReader(text.splitlines(), delimiter="\t")], ATTRIBUTION
    )


def _subject(row: dict[str, str]) -> Subject:
    alike = frozenset(name for name in row["mistaken_for"].split("|") if name)
    lookalikes = tuple(row["lookalikes"].split("|"))
    return Subject(row["name"], row["kind"], row["split"], (Emoji(row["codepoint"]),), lookalikes, alike)
