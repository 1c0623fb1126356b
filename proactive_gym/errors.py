"""The errors the package raises for input that its user can mend."""

from collections.abc import Iterable
from difflib import get_close_matches

from gymnasium.error import Error


class InputError(ValueError, Error):
    """Wrong input. The message is one sentence: the value, what was expected, where, and the remedy.

    It is one of Gymnasium's errors, too.
    """


class PictureError(InputError):
    """A picture cannot be shown; the message names the file. It says nothing of the agent that was to see it."""


def one_line(error: BaseException) -> str:
    """What the error says, in one line that any terminal can show; its kind if it says nothing.

    What comes from files and servers may hold anything: control characters are written out, not obeyed.
    """
    return printable(" ".join(str(error).split()) or type(error).__name__)


def printable(text: str) -> str:
    """The text with control characters, and halves of letters, written out."""
    return "".join([letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text])


def check_choice(where: str, value: object, allowed: Iterable[str]) -> str:
    """Return ``value`` if it is one of ``allowed``.

    Raises:
        InputError: Naming the value, the place, the allowed words and the nearest of them.
    """
    words = list(allowed)
    if isinstance(value, str) and value in words:
        return value
    nearest = get_close_matches(str(value), words, n=1)
    hint = f" (did you mean {nearest[0]!r}?)" if nearest else ""
    raise InputError(f"{where} is {value!r}, but must be one of {', '.join(map(repr, words))}{hint}.")


def check_whole(where: str, value: object, low: int, high: int | None = None) -> int:
    """Return ``value`` if it is a whole number (NumPy's included, ``bool`` not) within ``low … high``.

    Raises:
        InputError: Naming the value, the place and the bounds.
    """
    bounds = f"a whole number of at least {low}" if high is None else f"a whole number from {low} to {high}"
    try:
        number = value.__index__() if not isinstance(value, bool) else None  # type: ignore[attr-defined]
    except AttributeError:
        number = None
    if number is None or number < low or (high is not None and number > high):
        raise InputError(f"{where} is {value!r}, but must be {bounds}.")
    return int(number)
