"""What agents make of users who are not perfect: how often these did something else, and whether it was asked again."""

from collections.abc import Callable, Sequence

from proactive_gym.evaluation.decisions import ASKED
from proactive_gym.evaluation.statistics import Estimate, family, share
from proactive_gym.stored import Row
from proactive_gym.users import AS_ASKED
from proactive_gym.world import SUFFICIENT


def is_unmet(row: Row, turn: int) -> bool:
    """Whether the reply of that turn was a request that the user did not do as asked, or not at once."""
    responses: list[str | None] | None = row.get("responses")  # of users who are not perfect only
    return responses is not None and responses[turn] is not None and responses[turn] not in AS_ASKED


def persistence(row: Row) -> list[bool]:
    """Per request that was not done as asked, and left a picture that does not suffice: whether the agent asked again.

    Where nobody knows how much the pictures show, all such requests count.
    """
    shown = row["sufficiency"]
    return [
        row["outcomes"][turn + 1] in ASKED
        for turn in range(len(row["outcomes"]) - 1)
        if is_unmet(row, turn) and (shown is None or shown[turn + 1] < SUFFICIENT)
    ]


def _unmet(rows: Sequence[Row]) -> Estimate:
    made = [
        (is_unmet(row, turn), family(row["episode"]))
        for row in rows
        for turn, response in enumerate(row.get("responses") or ())
        if response is not None
    ]
    return share([hit for hit, _ in made], [name for _, name in made])


def _persisted(rows: Sequence[Row]) -> Estimate:
    after = [(again, family(row["episode"])) for row in rows for again in persistence(row)]
    return share([again for again, _ in after], [name for _, name in after])


SERVICE: dict[str, Callable[[Sequence[Row]], Estimate]] = {"unmet": _unmet, "persisted": _persisted}
"""Measures of dealing with a user who is not perfect, by name; each takes the rows of one agent in one environment."""
