"""Packaged drawings with the strokes that were found in them, kept as stroke files."""

import json
from functools import lru_cache
from pathlib import Path

from proactive_gym.errors import InputError
from proactive_gym.sources.doodles.bitmaps import pictures
from proactive_gym.sources.doodles.kept import place_for, write
from proactive_gym.sources.doodles.row import BadRowError, parsed
from proactive_gym.sources.doodles.tracing import traced
from proactive_gym.sources.doodles.words import words
from proactive_gym.sources.scenes.likeness import Stroke

SUFFIX = ".ndjson.gz"
_FORM = "traced 2"


@lru_cache(maxsize=128)
def traced_drawings(file: str) -> dict[int, tuple[Stroke, ...]]:
    """The drawings of a packaged file that are used, by number; half a second the first time of all.

    Raises:
        InputError: If the file cannot be read, or scikit-image is missing.
    """
    packaged = Path(file)
    numbers = words()[packaged.name.removesuffix(SUFFIX)].drawings
    place = place_for(packaged, f"{_FORM}, {numbers}", ".ndjson")
    if not place.is_file():
        write(place, _rows(packaged, numbers))
    try:
        return {
            number: parsed(line).strokes for number, line in zip(numbers, place.read_bytes().splitlines(), strict=True)
        }
    except (OSError, ValueError, BadRowError) as error:
        raise InputError(f"{place} is damaged; remove it, and it is made anew.") from error


def _rows(packaged: Path, numbers: tuple[int, ...]) -> bytes:
    """A line of JSON for each, as the game's own files have them."""
    drawings, word = pictures(packaged), packaged.name.removesuffix(SUFFIX)
    lines = []
    for number in numbers:
        strokes = [stroke.T.astype(float).round(2).tolist() for stroke in traced(drawings[number])]
        lines.append(json.dumps({"word": word, "drawing": strokes}, separators=(",", ":")))
    return "".join(f"{line}\n" for line in lines).encode()
