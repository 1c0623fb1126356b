"""Makes a catalogue of anything that has names: who is in which split, and who is easily taken for whom."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from typing import NamedTuple

from proactive_gym.sources.scenes.likeness import Likeness
from proactive_gym.sources.scenes.subjects import Catalogue, Subject, drawings

SHARES = {"train": 0.55, "validation": 0.15, "test": 0.30}
LOOKALIKES = 10


class Named(NamedTuple):
    """Something with a name, and what it looks like.

    Attributes:
        name: What it is called, in running text.
        kind: What it is one of; wrong answers are of the same kind where there are enough.
        likenesses: What it may look like.
        mistaken_for: Names of others that a careful person might give it, beside those that their names betray.
    """

    name: str
    kind: str
    likenesses: tuple[Likeness, ...]
    mistaken_for: frozenset[str] = frozenset()


def catalogue_of(
    name: str, things: Iterable[Named], attribution: str = "", splits: Mapping[str, str] | None = None
) -> Catalogue:
    """A catalogue of these things, whatever their order.

    A name that the drawings know as well is in the same split here, so that what was trained on drawings of the
    training split is tested on subjects that are new to it; the others are divided by their names alone. Lookalikes are
    things of the same kind, those with the most similar names first.

    Args:
        name: The source's name.
        things: No two of one name.
        attribution: Whose pictures they are, and under which licence, in one sentence.
        splits: The split of each name, if they are to be divided in another way.
    """
    ordered = sorted(things, key=lambda thing: thing.name)
    splits = {thing.name: split_of(thing.name) for thing in ordered} if splits is None else splits
    mistaken = _mistaken(ordered)
    subjects = []
    for thing in ordered:
        split, alike = splits[thing.name], mistaken[thing.name]
        beside = [other for other in ordered if splits[other.name] == split and other.name not in alike]
        subjects.append(Subject(thing.name, thing.kind, split, thing.likenesses, _lookalikes(thing, beside), alike))
    return Catalogue(name, subjects, attribution)


def split_of(name: str) -> str:
    """The split of a name, the same for ever: that of the drawings if they know it, else one by the name alone.

    Splits get about as many of those names as their shares say.
    """
    known = drawings().subjects.get(name)
    if known is not None:
        return known.split
    place = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") / 2**64
    if place < SHARES["train"]:
        return "train"
    return "validation" if place < SHARES["train"] + SHARES["validation"] else "test"


def _mistaken(things: Sequence[Named]) -> Mapping[str, frozenset[str]]:
    """For each name, those that the thing might be given as well."""
    drawn = drawings().subjects
    also = {thing.name: set(thing.mistaken_for) for thing in things}
    for place, one in enumerate(things):
        if one.name in drawn:
            also[one.name] |= drawn[one.name].mistaken_for
        for other in things[place + 1 :]:
            if _one_says_the_other(one.name, other.name):
                also[one.name].add(other.name)
    for name, others in also.items():
        for alike in others & also.keys():
            also[alike].add(name)
    return {name: frozenset(others & also.keys() - {name}) for name, others in also.items()}


def _one_says_the_other(one: str, other: str) -> bool:
    """Whether all the words of one name are in the other: an apple is shown by "red apple", too."""
    words, more = (set(name.lower().replace("-", " ").split()) for name in (one, other))
    return words <= more or more <= words


def _lookalikes(thing: Named, others: Sequence[Named]) -> tuple[str, ...]:
    """Names of the likeliest wrong answers: of the same kind, then with similar names."""
    possible = [other for other in others if other.name != thing.name]
    nearest = sorted(possible, key=lambda other: (other.kind != thing.kind, -_similarity(thing.name, other.name)))
    return tuple([other.name for other in nearest[:LOOKALIKES]])


@lru_cache(maxsize=2**17)
def _similarity(one: str, other: str) -> float:
    first, second = sorted((one, other))
    return SequenceMatcher(None, first, second).ratio()
