"""What asking cost: requests against those that were needed, and against what an ideal asker would have gained."""

from collections.abc import Callable, Sequence

import numpy as np

from proactive_gym.evaluation.decisions import ASKED
from proactive_gym.evaluation.service import is_unmet
from proactive_gym.evaluation.statistics import NOTHING, Estimate, average, family, share, sums_drawn
from proactive_gym.menu import Kind
from proactive_gym.outcome import Outcome
from proactive_gym.stored import Row

PRICE = 0.05
"""Of a request, in correct answers, where nobody names another."""
PRICES = tuple(round(0.025 * step, 3) for step in range(21))
"""Prices at which agents are compared: from nothing to half an answer."""


def wasted(row: Row) -> int:
    """Requests beyond those that were needed; all of them where none could help."""
    return max(0, int(row["requests"]) - int(row["requests_needed"] or 0))


def repeated(row: Row) -> list[bool]:
    """Per request that was granted: whether it led to a picture that had been shown before.

    What a user did not do as asked is no request granted.
    """
    shown = row["pictures"]
    return [later in shown[: turn + 1] for turn, later in enumerate(shown[1:]) if not is_unmet(row, turn)]


def gain(row: Row, price: float) -> float:
    """What an episode brought: 1 for a right answer, less the price of each request."""
    return float(row["outcome"] == Outcome.CORRECT) - price * int(row["requests"])


def ideal_gain(row: Row, price: float) -> float:
    """What someone gains on average who knows what a picture shows but not the answer, and asks only if that pays."""
    answers, needed = row["kinds"].count(Kind.ANSWER), row["requests_needed"]
    blind = 1 / answers if answers else 0.0  # without a menu there is nothing to guess among
    return float(blind if needed is None else max(blind, 1 - price * needed))


def regret(rows: Sequence[Row], price: float = PRICE) -> Estimate:
    """How much less an agent gained per episode than the ideal asker, where the requests needed are known.

    Nothing where an episode ended with a request that was granted, as single turns do: what it led to was not seen.
    """
    known = [row for row in rows if row["sufficiency"] is not None]
    if any(row["outcome"] == Outcome.REQUESTED for row in known):
        return NOTHING
    return average([ideal_gain(row, price) - gain(row, price) for row in known], _families(known))


def net(rows: Sequence[Row], price: float) -> Estimate:
    """What an agent gained per episode at a price per request: its place on the frontier."""
    return average([gain(row, price) for row in rows], _families(rows))


def frontier(rows: Sequence[Row], prices: Sequence[float] = PRICES) -> list[Estimate]:
    """``net`` at each of the prices, with intervals from the same draws."""
    if not rows:
        return [NOTHING for _ in prices]
    per_episode = np.array([[row["outcome"] == Outcome.CORRECT, row["requests"], 1] for row in rows], dtype=np.float64)
    drawn = sums_drawn(per_episode, _families(rows))
    means, whole = drawn[:, :2] / drawn[:, 2:], per_episode[:, :2].mean(axis=0)
    at_price = np.array([[1.0, -price] for price in prices])
    low, high = np.percentile(means @ at_price.T, [2.5, 97.5], axis=0)
    return [Estimate(float(value), *map(float, ends)) for value, *ends in zip(at_price @ whole, low, high, strict=True)]


def _families(rows: Sequence[Row]) -> list[str]:
    return [family(row["episode"]) for row in rows]


def _wasted(rows: Sequence[Row]) -> Estimate:
    known = [row for row in rows if row["sufficiency"] is not None]
    return average([wasted(row) for row in known], _families(known))


def _repeated(rows: Sequence[Row]) -> Estimate:
    again = [(hit, family(row["episode"])) for row in rows for hit in repeated(row)]
    return share([hit for hit, _ in again], [name for _, name in again])


def _right_after_asking(rows: Sequence[Row]) -> Estimate:
    asked = [row for row in rows if any(outcome in ASKED for outcome in row["outcomes"])]
    return share([row["outcome"] == Outcome.CORRECT for row in asked], _families(asked))


EFFORT: dict[str, Callable[[Sequence[Row]], Estimate]] = {
    "wasted": _wasted,
    "repeated": _repeated,
    "right_after_asking": _right_after_asking,
    "regret": regret,
}
"""Measures of what asking cost, by name; each takes the rows of one agent in one environment."""
