"""How a written reply is read: which option of the menu it chooses, if any.

``strict`` is the benchmark's own reading, faults included; ``lenient`` is for what people and models really write.
"""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum

from proactive_gym.lenient import HALF, Naming, read_freely

__all__ = ["HALF", "Reading", "read", "read_open", "strict_match"]


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
        by_text, by_letter = strict_match(reply, options, offered)
        return by_letter if by_text is None else by_text
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


def strict_match(reply: str, options: Sequence[str], offered: Sequence[bool]) -> tuple[int | None, int | None]:
    """What the benchmark finds in a reply: the option with its text, the option with its letter.

    The benchmark looks through answers and other options separately, so that "A. Orange." can name one of each.
    """
    shown = [number for number, on in enumerate(offered) if on]
    texts = [_strict_text(options[number]) for number in shown]
    letters = [_strict_letter(chr(ord("A") + place)) for place in range(len(shown))]
    text, letter = _strict_text(reply), _strict_letter(reply)
    by_text = shown[texts.index(text)] if text in texts else None
    return by_text, shown[letters.index(letter)] if letter in letters else None


def _strict_text(text: str) -> str:
    return re.sub(r"\A.*[A-Z]\.\s*", "", text).lower().strip().replace(" ", "")


def _strict_letter(text: str) -> str:
    letter = text.partition(".")[0].lower().strip()
    return letter if len(letter) <= 1 else "#"
