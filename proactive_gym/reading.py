"""How a written reply is read: which option of the menu it chooses, if any.

``strict`` is the benchmark's own reading, faults included; ``lenient`` is for what people and models really write.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from proactive_gym.lenient import HALF, Naming, read_freely

__all__ = ["HALF", "Reading", "read", "read_open", "strict_readings"]


class Reading(StrEnum):
    """How a written reply is read."""

    LENIENT = "lenient"
    STRICT = "strict"


def read(reply: str, options: Sequence[str], offered: Sequence[bool], reading: Reading = Reading.LENIENT) -> int | None:
    """The number of the option a reply chooses, or ``None`` when it chooses none that is on offer.

    Args:
        reply: What the agent wrote; any text. Lenient reading leaves out what stands in ``<think>`` tags and, of the
            rest, looks at the first and last ``HALF`` characters.
        options: The whole menu, one text each.
        offered: Which of them are on offer now; these, in order, bear the letters A, B, C, …
        reading: How to read.
    """
    if reading == Reading.STRICT:
        named = strict_readings(reply, options, offered, [range(len(options))])
        return named[0] if named else None
    return read_freely(reply, Naming(options, offered, offered, {}))


def read_open(
    reply: str, options: Sequence[str], offered: Sequence[bool], keywords: Mapping[int, Sequence[str]] | None = None
) -> int | None:
    """The option that free words name where no menu was shown: read leniently, but letters mean nothing.

    Args:
        reply: What the agent wrote; any text.
        options: All options, one text each.
        offered: Which of them are on offer now.
        keywords: Further phrases that name an option, by its number; a phrase given to several names none.
    """
    return read_freely(reply, Naming(options, offered, (), keywords or {}))


def strict_readings(
    reply: str, options: Sequence[str], offered: Sequence[bool], blocks: Iterable[Iterable[int]]
) -> list[int]:
    """All options that the benchmark finds in a reply: those with its text before those with its letter.

    It looks through each block of the menu on its own, for the text first and for the letter only where no text fits;
    so "A. Orange." can name an option of one block and another of the next.

    Args:
        reply: What the agent wrote.
        options: The whole menu, one text each.
        offered: Which of them are on offer now; these, in order, bear the letters A, B, C, …
        blocks: Numbers of the options that are looked through together.
    """
    shown = [number for number, on in enumerate(offered) if on]
    letters = {number: _strict_letter(chr(ord("A") + place)) for place, number in enumerate(shown)}
    text, letter = _strict_text(reply), _strict_letter(reply)
    by_text: list[int] = []
    by_letter: list[int] = []
    for block in blocks:
        here = [number for number in block if offered[number]]
        fitting = [number for number in here if _strict_text(options[number]) == text]
        by_text += fitting
        if not fitting:
            by_letter += [number for number in here if letters[number] == letter]
    return by_text + by_letter


def _strict_text(text: str) -> str:
    return re.sub(r"\A.*[A-Z]\.\s*", "", text).lower().strip().replace(" ", "")


def _strict_letter(text: str) -> str:
    letter = text.partition(".")[0].lower().strip()
    return letter if len(letter) <= 1 else "#"
