"""What is wrong with a folder of pictures."""

from typing import NamedTuple

from proactive_gym.errors import printable


class Problem(NamedTuple):
    """Something that is wrong.

    Attributes:
        place: What cannot be used for that reason: a picture, a clip, a class, by its path inside the folder with
            ``/``; empty if nothing is lost by it.
        says: What is wrong, and with what, in a sentence.
    """

    place: str
    says: str


def problem(place: str, says: str, about: str | None = None) -> Problem:
    """A problem with that place, or about something else that makes the place of no use."""
    return Problem(place, printable(f"{place if about is None else about} {says}."))
