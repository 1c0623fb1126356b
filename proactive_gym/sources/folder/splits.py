"""Which classes of a folder are in which split; or which of their pictures, if there are too few classes."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from proactive_gym.sources.scenes.likeness import Likeness
from proactive_gym.sources.scenes.named import SHARES, Named, split_of
from proactive_gym.sources.scenes.subjects import SPLITS, WRONG_ANSWERS, drawings

LEAST = WRONG_ANSWERS + 1
"""Classes of a split: a menu has four answers."""


def class_splits(names: Iterable[str]) -> dict[str, str] | None:
    """A split for each class, so that each split has enough of them; ``None`` if there are too few.

    Names that the drawings know stay where they are there. Of the others, which are divided by their names alone, some
    go from the largest split to one that is too small.
    """
    splits = {name: split_of(name) for name in names}
    movable = sorted(splits.keys() - drawings().subjects.keys(), key=lambda name: _hash(name))
    for split in SPLITS:
        while (sizes := Counter(splits.values()))[split] < LEAST:
            spare = [name for name in movable if sizes[splits[name]] > LEAST]
            if not spare:
                return None
            splits[max(spare, key=lambda name: sizes[splits[name]])] = split
    return splits


def with_pictures_of(things: Iterable[Named], split: str) -> list[Named]:
    """The classes with some of their pictures each; those without any in that split are left out.

    Of a class's pictures each split gets about as many as its share says, the test one at least.
    """
    divided = [thing._replace(likenesses=_of_split(thing.likenesses, split)) for thing in things]
    return [thing for thing in divided if thing.likenesses]


def _of_split(likenesses: Sequence[Likeness], split: str) -> tuple[Likeness, ...]:
    order = sorted(likenesses, key=lambda likeness: _hash(_place(likeness)))
    tested = max(1, round(SHARES["test"] * len(order)))
    validated = max(int(len(order) > 2), round(SHARES["validation"] * len(order)))
    parts = {
        "test": order[:tested],
        "validation": order[tested : tested + validated],
        "train": order[tested + validated :],
    }
    return tuple(parts[split])


def _place(likeness: Likeness) -> str:
    """Its path from the class on, which stays the same wherever the folder is."""
    file: str = getattr(likeness, "file", "") or likeness.files[0]  # type: ignore[attr-defined]
    return "/".join(Path(file).parts[-2:])


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
