"""Does a letter's place sway the agent? Models that cannot tell often take the first option, or the last."""

from collections.abc import Callable, Sequence

from proactive_gym.evaluation.statistics import Estimate, average, family, share
from proactive_gym.stored import Row


def places(row: Row) -> list[tuple[int, int]]:
    """Per turn whose reply names an option of a menu: its place among those on offer, and how many these are."""
    return [
        (offered[:choice].count("1"), offered.count("1"))
        for choice, offered in zip(row["choices"], row["offered"], strict=True)
        if choice is not None and offered
    ]


IsAt = Callable[[int, int], bool]
"""Whether a place, of so many, is the one in question."""


def _share(is_at: IsAt) -> Callable[[Sequence[Row]], Estimate]:
    return lambda rows: share([is_at(*place) for place, _ in _taken(rows)], [name for _, name in _taken(rows)])


def _excess(is_at: IsAt) -> Callable[[Sequence[Row]], Estimate]:
    return lambda rows: average(
        [is_at(place, number) - 1 / number for (place, number), _ in _taken(rows)], [name for _, name in _taken(rows)]
    )


def _taken(rows: Sequence[Row]) -> list[tuple[tuple[int, int], str]]:
    """The places of all replies, with the episodes' families."""
    return [(place, family(row["episode"])) for row in rows for place in places(row)]


def _first(place: int, number: int) -> bool:
    return place == 0


def _last(place: int, number: int) -> bool:
    return place == number - 1


POSITION: dict[str, Callable[[Sequence[Row]], Estimate]] = {
    "first_letter": _share(_first),
    "last_letter": _share(_last),
    # How much more often than if places did not matter: on shuffled menus 0.
    "first_place": _excess(_first),
    "last_place": _excess(_last),
}
"""How often the first or last option on offer is taken, by name; each takes rows of one agent in one environment."""


def flip_rate(rows: Sequence[Row], others: Sequence[Row]) -> Estimate:
    """The share of episodes whose first reply names another option when the same menu stands in another order.

    Args:
        rows: Episodes of one agent in one environment.
        others: The same agent's in the same environment, with another ``menu_order``; only episodes that are in both,
            with the same options in another order, are compared.
    """
    there = {row["episode"]: row for row in others}
    flips, families = [], []
    for row in rows:
        other = there.get(row["episode"])
        if other is not None and _is_permuted(row["options"], other["options"]):
            flips.append(_first_named(row) != _first_named(other))
            families.append(family(row["episode"]))
    return share(flips, families)


def _is_permuted(options: Sequence[str], others: Sequence[str]) -> bool:
    return bool(options) and list(options) != list(others) and sorted(options) == sorted(others)


def _first_named(row: Row) -> str | None:
    """The option that the first reply names."""
    choice = row["choices"][0] if row["choices"] else None
    return None if choice is None else str(row["options"][choice])
