"""What the game's words mean here: how a person says them, what they are taken for, and which are left out."""

import csv
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple


class Word(NamedTuple):
    """One of the 345 words that players were asked to draw.

    Attributes:
        name: What a person calls it, in running text.
        kind: What it is one of.
        mistaken_for: Names that a careful person might give its drawings.
        drawings: Numbers of the packaged drawings that can be recognised.
        left_out: Why nobody is asked about it; empty for those that are.
    """

    name: str
    kind: str
    mistaken_for: frozenset[str]
    drawings: tuple[int, ...]
    left_out: str


@lru_cache(maxsize=1)
def words() -> dict[str, Word]:
    """All of them, as the game writes them."""
    text = files("proactive_gym").joinpath("data/doodles.tsv").read_text(encoding="utf-8")
    return {row["word"]: _word(row) for row in csv.DictReader(text.splitlines(), delimiter="\t")}


def _word(row: dict[str, str]) -> Word:
    alike = frozenset(name for name in row["mistaken_for"].split("|") if name)
    kept = int(row["drawings"] or "0", 16)
    numbers = tuple([number for number in range(kept.bit_length()) if kept >> number & 1])
    return Word(row["name"], row["kind"], alike, numbers, row["left_out"])
