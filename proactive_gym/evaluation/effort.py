"""What asking cost: requests against those that were needed, and against what an ideal asker would have gained."""

from collections.abc import Callable, Sequence

from proactive_gym.evaluation.decisions import ASKED
from proactive_gym.evaluation.statistics import Estimate, average, family
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
    """Per request that was granted: whether it led to a picture that had been shown before."""
    shown = row["pictures"]
    return [later in shown[: turn + 1] for turn, later in enumerate(shown[1:])]


def gain(row: Row, price: float) -> float:
    """What an episode brought: 1 for a right answer, less the price of each request."""
    return float(row["outcome"] == Outcome.CORRECT) - price * int(row["requests"])


def ideal_gain(row: Row, price: float) -> float:
    """What someone gains on average who knows what a picture shows but not the answer, and asks only if that pays."""
    blind, needed = 1 / max(1, row["kinds"].count(Kind.ANSWER)), row["requests_needed"]
    return float(blind if needed is None else max(blind, 1 - price * needed))


def regret(rows: Sequence[Row], price: float = PRICE) -> Estimate:
    """How much less an agent gained per episode than the ideal asker, where the requests needed are known."""
    known = [row for row in rows if row["sufficiency"] is not None]
    return average([ideal_gain(row, price) - gain(row, price) for row in known], _families(known))


def net(rows: Sequence[Row], price: float) -> Estimate:
    """What an agent gained per episode at a price per request: its place on the frontier."""
    return average([gain(row, price) for row in rows], _families(rows))


def _families(rows: Sequence[Row]) -> list[str]:
    return [family(row["episode"]) for row in rows]


def _wasted(rows: Sequence[Row]) -> Estimate:
    known = [row for row in rows if row["sufficiency"] is not None]
    return average([wasted(row) for row in known], _families(known))


def _repeated(rows: Sequence[Row]) -> Estimate:
    again = [(hit, family(row["episode"])) for row in rows for hit in repeated(row)]
    return average([float(hit) for hit, _ in again], [name for _, name in again])


def _right_after_asking(rows: Sequence[Row]) -> Estimate:
    asked = [row for row in rows if any(outcome in ASKED for outcome in row["outcomes"])]
    return average([float(row["outcome"] == Outcome.CORRECT) for row in asked], _families(asked))


EFFORT: dict[str, Callable[[Sequence[Row]], Estimate]] = {
    "wasted": _wasted,
    "repeated": _repeated,
    "right_after_asking": _right_after_asking,
    "regret": regret,
}
"""Measures of what asking cost, by name; each takes the rows of one agent in one environment."""
