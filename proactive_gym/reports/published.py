"""The figures that the paper gives (arXiv 2603.19466, version 2), to be set beside one's own."""

import csv
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from proactive_gym.envs.suite import ProactiveSuiteEnv
from proactive_gym.errors import check_choice
from proactive_gym.sources.proactivebench.layout import DATA_SETS

MEAN = "mean"
"""Stands for a scenario: the paper's own average over the seven, unweighted."""

_METRICS = {
    "accuracy": "accuracy",
    "suggestions": "suggestions",
    "correct_category": "answered",
    "proactive_suggestion": "suggested",
}
"""What the paper's metrics are called in ``summary.csv``."""
_COUNTS = ("suggestions",)


class PublishedResult(NamedTuple):
    """One figure.

    Attributes:
        model: The model's name in the paper.
        setting: ``"plain"``, ``"hint"``, ``"reference"``, ``"unfiltered"``, ``"open_ended"``, ``"open_ended_hint"``,
            ``"open_ended_multi_turn"``; of the fine-tuned models ``"rl_original"``, ``"rl_reference"`` and, by what
            asking was rewarded with, ``"rl_reward_0.5"``, ``"rl_reward_0.75"``, ``"rl_reward_1.0"``.
        scenario: The scenario's name, or ``"mean"``.
        metric: As in ``summary.csv``: ``"accuracy"`` and the count ``"suggestions"``; in free words ``"answered"`` and
            ``"suggested"``.
        value: A share in 0…1, or the count; as exact as printed, which is a tenth of a per cent or of a turn.
    """

    model: str
    setting: str
    scenario: str
    metric: str
    value: float


def published_results(
    model: str | None = None, setting: str | None = None, scenario: str | None = None, metric: str | None = None
) -> list[PublishedResult]:
    """The published figures that fit, in the paper's order.

    Args:
        model: The model's name in the paper, such as ``"o4-mini"``; all if ``None``, as for the others.
        setting: See ``PublishedResult``.
        scenario: A scenario's name, such as ``"occlusion"``, or ``"mean"``.
        metric: See ``PublishedResult``.

    Raises:
        InputError: If there is no such model, setting, scenario or metric.
    """
    wanted = {"model": model, "setting": setting, "scenario": scenario, "metric": metric}
    for name, value in wanted.items():
        if value is not None:
            check_choice(name, value, dict.fromkeys(getattr(result, name) for result in _all()))
    return [
        result for result in _all() if all(value in (None, getattr(result, name)) for name, value in wanted.items())
    ]


@cache
def _all() -> tuple[PublishedResult, ...]:
    scenarios = {DATA_SETS[scenario.dataset].acronym: scenario.name for scenario in ProactiveSuiteEnv.scenarios}
    file = files("proactive_gym").joinpath("data/proactivebench/published_results.csv")
    rows = csv.DictReader(file.read_text(encoding="utf-8").splitlines())
    return tuple([_result(row, {**scenarios, "avg": MEAN}) for row in rows])


def _result(row: dict[str, str], scenarios: dict[str, str]) -> PublishedResult:
    metric, value = _METRICS[row["metric"]], float(row["value"])
    # Printed in per cent with one digit after the point.
    share = value if metric in _COUNTS else round(value / 100, 4)
    return PublishedResult(row["model"], row["setting"], scenarios[row["scenario"]], metric, share)
