"""In which words users' interventions stand on the menu: those to train with, and others held out to test with.

Scenarios have the first in their rooms; the others, and interventions that only seem to help, are in
``data/phrases``, a file per scenario. docs/phrases.md shows all of them.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

Phrases = Mapping[str, tuple[str, ...]]
"""Interventions by name, each with the ways of asking for it."""

Language = Literal["german", "french", "spanish", "italian"]
Phrasing = Literal["train", "test", "indirect", "german", "french", "spanish", "italian"]
Decoys = Literal["none", "far", "mixed", "near"]
"""How plausible the interventions are that stand on the menu and do nothing: not at all … very much so."""

LANGUAGES: tuple[Language, ...] = get_args(Language)
DECOYS = 2
"""How many decoys a menu has, if any."""
NEAR_DECOYS: Mapping[Decoys, int] = {"none": 0, "far": 0, "mixed": 1, "near": DECOYS}
"""How many of them belong to the scenario; the others come from other scenarios."""

_NEAR = "near"


def held_out(scenario: str, phrasing: Phrasing) -> Phrases:
    """A scenario's interventions in words that are not for training; nothing if there are none."""
    return {name: told[phrasing] for name, told in _tables(scenario).items() if phrasing in told}


def near_decoys(scenario: str, phrasing: Phrasing) -> Phrases:
    """Interventions that seem to help in the scenario and do nothing; nothing if there are none."""
    return {name: told[phrasing] for name, told in _tables(scenario, _NEAR).items() if phrasing in told}


def meanings(scenario: str) -> Phrases:
    """What the phrases in other languages say, in English, by intervention or decoy."""
    return {name: told["meaning"] for name, told in (_tables(scenario) | _tables(scenario, _NEAR)).items()}


@cache
def _tables(scenario: str, part: str = "") -> dict[str, Phrases]:
    """By intervention the phrases of each kind: those of the scenario, or of a part of its file."""
    file = files("proactive_gym").joinpath(f"data/phrases/{scenario}.toml")
    told = tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    near = told.pop(_NEAR, {})
    tables = near if part else told
    return {name: {kind: tuple(texts) for kind, texts in table.items()} for name, table in tables.items()}
