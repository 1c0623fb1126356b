"""Does the agent know what it knows? For agents that say how likely they find each option."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from proactive_gym.evaluation.decisions import decisions
from proactive_gym.evaluation.statistics import NOTHING, Estimate, average, draws, family
from proactive_gym.menu import Kind
from proactive_gym.outcome import Outcome
from proactive_gym.stored import Row

DRAWS = 500


class Answered(NamedTuple):
    """An episode that ended in an answer.

    Attributes:
        confidence: How likely the agent found the answer it gave.
        correct: Whether it was right.
        family: The episode's family.
    """

    confidence: float
    correct: bool
    family: str


def answered(rows: Sequence[Row]) -> list[Answered]:
    """Episodes that ended in an answer whose likelihood the agent told."""
    found = []
    for row in rows:
        last = row["confidences"][-1] if row["confidences"] else None
        choice = row["choices"][-1] if row["choices"] else None
        if last is None or choice is None or not row["kinds"]:
            continue  # nothing was told, nothing chosen, or there was no menu whose options could be weighed
        if row["kinds"][choice] == Kind.ANSWER:
            found.append(Answered(last[choice], row["outcome"] == Outcome.CORRECT, family(row["episode"])))
    return found


def area(scores: Sequence[float], positive: Sequence[bool]) -> float:
    """The area under the ROC curve: how likely a positive one scores higher than another; NaN if all are alike.

    Source: J. A. Hanley and B. J. McNeil, The meaning and use of the area under a ROC curve (1982).
    """
    which = np.asarray(positive, dtype=bool)
    ups, downs = int(which.sum()), int((~which).sum())
    if not ups or not downs:
        return float("nan")
    from scipy.stats import rankdata  # half a second, which workers would spend, too

    return float((rankdata(scores)[which].sum() - ups * (ups + 1) / 2) / (ups * downs))


def risk_coverage(rows: Sequence[Row]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Coverage and risk, were the agent to answer only its surest 1, 2, 3 … of the episodes it answered.

    Answers of one confidence come in together, so that their order does not matter.

    Source: R. El-Yaniv and Y. Wiener, On the foundations of noise-free selective classification (2010).
    """
    episodes = answered(rows)
    levels, which = np.unique([-episode.confidence for episode in episodes], return_inverse=True)
    wrong = np.bincount(which, weights=[not episode.correct for episode in episodes], minlength=len(levels))
    number = np.bincount(which, minlength=len(levels))
    return number.cumsum() / max(1, len(episodes)), wrong.cumsum() / np.maximum(1, number.cumsum())


def _overconfidence(rows: Sequence[Row]) -> Estimate:
    """Mean confidence of answers less the share of right ones: above 0 too sure, below 0 too modest."""
    episodes = answered(rows)
    return average([item.confidence - item.correct for item in episodes], [item.family for item in episodes])


def _answer_area(rows: Sequence[Row]) -> Estimate:
    """Of the answers' confidence: whether right answers are the surer ones."""
    episodes = answered(rows)
    return _drawn_area([(item.confidence, item.correct, item.family) for item in episodes])


def _asking_area(rows: Sequence[Row]) -> Estimate:
    """Of the likelihood of all interventions: whether it is greater where asking is called for than where needless."""
    found = [
        (decision.mass, decision.called_for, family(row["episode"]))
        for row in rows
        for decision in decisions(row)
        if decision.mass is not None and (decision.called_for or decision.sufficient)
    ]
    return _drawn_area(found)


def _drawn_area(items: Sequence[tuple[float, bool, str]]) -> Estimate:
    """The area with a bootstrap interval for which whole families are drawn."""
    scores, positive = np.array([item[0] for item in items]), np.array([item[1] for item in items], dtype=bool)
    value = area(scores.tolist(), positive.tolist()) if items else float("nan")
    if np.isnan(value):
        return NOTHING
    names, which = np.unique([item[2] for item in items], return_inverse=True)
    areas = [_weighted_area(scores, positive, times[which]) for part in draws(len(names), DRAWS) for times in part]
    low, high = np.nanpercentile(areas, [2.5, 97.5])
    return Estimate(value, min(value, float(low)), max(value, float(high)))


def _weighted_area(scores: NDArray[np.float64], positive: NDArray[np.bool_], times: NDArray[np.int64]) -> float:
    repeated = np.repeat(np.arange(len(scores)), times)
    return area(scores[repeated].tolist(), positive[repeated].tolist())


CONFIDENCE: dict[str, Callable[[Sequence[Row]], Estimate]] = {
    "overconfidence": _overconfidence,
    "answer_auroc": _answer_area,
    "asking_auroc": _asking_area,
}
"""Measures of confidence, by name; each takes the rows of one agent in one environment."""
