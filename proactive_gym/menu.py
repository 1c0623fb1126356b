"""The options on offer: answers, abstentions, interventions."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from itertools import compress
from typing import NamedTuple


class Kind(StrEnum):
    """What choosing an option means."""

    ANSWER = "answer"
    ABSTENTION = "abstention"
    INTERVENTION = "intervention"


class Option(NamedTuple):
    """One line of the menu.

    Attributes:
        text: What it says.
        kind: What choosing it means.
        name: For an intervention, the name of what the user would do.
        also: Other ways of saying the same, which count where no menu is shown.
    """

    text: str
    kind: Kind
    name: str = ""
    also: tuple[str, ...] = ()


class Menu(tuple[Option, ...]):
    """The whole menu of an episode; option ``i`` keeps its number throughout, whatever is on offer.

    Attributes:
        texts: The options' texts, in order.
    """

    texts: tuple[str, ...]

    def __new__(cls, options: Iterable[Option]) -> "Menu":
        """The menu of these options."""
        menu = super().__new__(cls, options)
        menu.texts = tuple([option.text for option in menu])
        return menu

    def of_kind(self, kind: Kind) -> list[int]:
        """Numbers of the options of one kind."""
        return [number for number, option in enumerate(self) if option.kind is kind]


def letter(number: int) -> str:
    """The letter of the ``number``-th option on offer, counted from 0: A, B, … Z, AA, AB, … without end."""
    name = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(65 + rest) + name
    return name


_USUAL = tuple(letter(number) for number in range(26))


def lettered(texts: Sequence[str], offered: Iterable[bool]) -> str:
    """The options on offer, one a line: ``A. text``; letters are contiguous over what is on offer."""
    shown = list(compress(texts, offered))
    letters = _USUAL if len(shown) <= len(_USUAL) else tuple(map(letter, range(len(shown))))
    return "\n".join([f"{sign}. {text}" for sign, text in zip(letters, shown, strict=False)])
