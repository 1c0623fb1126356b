"""How episodes ended, and what went wrong: every episode falls under exactly one heading."""

from collections import Counter
from collections.abc import Callable, Sequence
from enum import StrEnum

from proactive_gym.evaluation.statistics import Estimate, family, share
from proactive_gym.outcome import Outcome
from proactive_gym.stored import Row
from proactive_gym.world import SUFFICIENT


class Ending(StrEnum):
    """What an episode came to, and why; see ``GOOD`` for those that are as they should be."""

    SAW = "saw"  # right at once, from a picture that sufficed
    ASKED_AND_SAW = "asked_and_saw"  # right after asking, from a picture that sufficed
    ASKED = "asked"  # asked for something that helps, and was heard no further (single turn)
    GAVE_UP_RIGHTLY = "gave_up_rightly"  # abstained where nothing could help
    LUCKY = "lucky"  # right, though the picture did not suffice
    GUESSED = "guessed"  # wrong, from a picture that did not suffice, though help was to be had
    GUESSED_HELPLESS = "guessed_helpless"  # the same where nothing could help
    MISJUDGED = "misjudged"  # wrong, though the picture sufficed
    GAVE_UP_EARLY = "gave_up_early"  # abstained though help was to be had
    GAVE_UP_SEEING = "gave_up_seeing"  # abstained though the picture sufficed
    WRONG_REQUEST = "wrong_request"  # asked for what could not mend it, though something on the menu could
    VAIN_REQUEST = "vain_request"  # asked though nothing could help, or nothing was the matter
    ASKED_FOR_EVER = "asked_for_ever"  # asked until the turns were spent
    MISREAD = "misread"  # said nothing that is on the menu
    WRONG = "wrong"  # wrong, from a picture of which nobody knows how much it shows
    RIGHT = "right"  # right, likewise
    GAVE_UP = "gave_up"  # abstained, likewise


GOOD = (Ending.SAW, Ending.ASKED_AND_SAW, Ending.ASKED, Ending.GAVE_UP_RIGHTLY, Ending.RIGHT)


def ending(row: Row) -> Ending:
    """The heading under which a finished episode falls."""
    outcome = Outcome(row["outcome"])
    settled = {Outcome.UNREADABLE: Ending.MISREAD, Outcome.EXHAUSTED: Ending.ASKED_FOR_EVER}
    if outcome in settled:
        return settled[outcome]
    if row["sufficiency"] is None:
        return _unknown(outcome)
    sees, helpable = row["sufficiency"][-1] >= SUFFICIENT, row["requests_needed"] is not None
    if outcome is Outcome.REQUESTED:
        return Ending.ASKED if helpable and not sees else Ending.VAIN_REQUEST
    if outcome is Outcome.USELESS_REQUEST:
        return Ending.WRONG_REQUEST if helpable and not sees else Ending.VAIN_REQUEST
    if outcome is Outcome.CORRECT:
        return Ending.LUCKY if not sees else Ending.ASKED_AND_SAW if row["requests"] else Ending.SAW
    if outcome is Outcome.ABSTAINED:
        return Ending.GAVE_UP_SEEING if sees else Ending.GAVE_UP_EARLY if helpable else Ending.GAVE_UP_RIGHTLY
    return Ending.MISJUDGED if sees else Ending.GUESSED if helpable else Ending.GUESSED_HELPLESS


def _unknown(outcome: Outcome) -> Ending:
    """The heading where nobody knows how much the pictures show."""
    return {
        Outcome.CORRECT: Ending.RIGHT,
        Outcome.ABSTAINED: Ending.GAVE_UP,
        Outcome.REQUESTED: Ending.ASKED,
        Outcome.USELESS_REQUEST: Ending.WRONG_REQUEST,
    }.get(outcome, Ending.WRONG)


def endings(rows: Sequence[Row]) -> dict[Ending, int]:
    """How many episodes ended how, in the order of ``Ending``; those that did not occur are left out."""
    counted = Counter(map(ending, rows))
    return {kind: counted[kind] for kind in Ending if counted[kind]}


def _ended(kind: Ending) -> Callable[[Sequence[Row]], Estimate]:
    def measure(rows: Sequence[Row]) -> Estimate:
        return share([ending(row) is kind for row in rows], [family(row["episode"]) for row in rows])

    return measure


ENDINGS: dict[str, Callable[[Sequence[Row]], Estimate]] = {f"ended_{kind}": _ended(kind) for kind in Ending}
"""The share of each ending, by name; each takes the rows of one agent in one environment."""
