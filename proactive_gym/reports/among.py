"""One's own official runs beside the published models, and what size has to do with asking among these."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import spearmanr

from proactive_gym.envs.suite import ProactiveSuiteEnv
from proactive_gym.evaluation.measures import Cell
from proactive_gym.evaluation.statistics import Estimate, draws
from proactive_gym.reports.published import MEAN, published_results
from proactive_gym.reports.sheets import Sheet, with_bounds

CHANCE = {
    # One of n options is right, and k lead on: in the long run 1 / (n - k) of such episodes end with the right answer.
    "occlusion": 2 / 7 / (7 - 2),  # before the first request no answer counts
    **{"video_occlusion": 1 / (7 - 2), "viewpoint": 1 / (6 - 1), "image_quality": 1 / (9 - 1), "sketch": 1 / (6 - 1)},
    "video_moment": 1 / 6 + 1 / 6 / (7 - 2),  # there is nothing to rewind to at first
    "framing": 1 / (6 - 1),
}
"""The accuracy of choosing any option on offer with the same probability, by scenario, in the setting ``plain``."""
CHANCE_ON_AVERAGE = sum(CHANCE.values()) / len(CHANCE)

_SETTINGS: dict[tuple[tuple[str, Any], ...], str] = {
    (): "plain",
    (("hint", True),): "hint",
    (("clear", True),): "reference",
    (("split", "all"),): "unfiltered",
    (("reply", "open"), ("single_turn", True)): "open_ended",
    (("hint", True), ("reply", "open"), ("single_turn", True)): "open_ended_hint",
    (("reply", "open"),): "open_ended_multi_turn",
}
"""Which arguments make which of the paper's settings; see docs/benchmark.md."""
_OF_NO_CONSEQUENCE = {"source": None, "data_dir": None, "split": "filtered", "reply": "text"}
"""Arguments that are left out of account, or are at this value."""


def published_setting(configuration: Mapping[str, Any]) -> str | None:
    """The paper's setting that a run is in; ``None`` if it is not official or in one of its own."""
    kwargs = configuration.get("env_kwargs")
    if not isinstance(kwargs, dict) or kwargs.get("source") != "proactivebench" or configuration.get("shots"):
        return None
    given = {
        name: value
        for name, value in kwargs.items()
        if not (name in _OF_NO_CONSEQUENCE and _OF_NO_CONSEQUENCE[name] in (None, value))
        and not (name == "reply" and value == "choice")
        and value not in (None, False)
    }
    try:
        return _SETTINGS.get(tuple(sorted(given.items())))
    except TypeError:  # an argument that is no plain value
        return None


def among_the_published(table: Sequence[Cell], setting: str) -> Sheet:
    """Accuracy of the published models in a setting, and of one's own agents, by scenario and in the mean.

    Of single replies in free words the paper has no accuracy, but the share of those that give the right answer.
    """
    metric = "answered" if setting in ("open_ended", "open_ended_hint") else "accuracy"
    found: list[tuple[Any, ...]] = [
        (result.model, result.scenario, True, result.value, None, None)
        for result in published_results(setting=setting, metric=metric)
    ]
    scenarios = {_env(scenario): scenario.name for scenario in ProactiveSuiteEnv.scenarios}
    for cell in table:
        scenario = MEAN if cell.env == "mean" else scenarios.get(cell.env)
        if scenario is not None and cell.episodes and not (scenario == MEAN and not _is_whole(table, cell.agent)):
            found.append((cell.agent, scenario, False, *cell.measures[metric]))
    return Sheet("among_the_published", ("model", "scenario", "published", *with_bounds(metric)), found)


def _env(scenario: Any) -> str:
    return "Proactive" + "".join(part.capitalize() for part in scenario.name.split("_")) + "-v0"


def _is_whole(table: Sequence[Cell], agent: str) -> bool:
    """Whether an agent has been in all seven; else its mean is of something else than the published ones."""
    return len({cell.env for cell in table if cell.agent == agent and cell.env != "mean"}) == len(CHANCE)


def size_of(model: str) -> float | None:
    """Parameters in thousand millions, as the model's name says; ``None`` where it does not."""
    named = re.search(r"-(\d+(?:\.\d+)?)B$", model)
    return float(named.group(1)) if named else None


class Correlation(NamedTuple):
    """What size has to do with a measure among published models.

    Attributes:
        setting: Which of the paper's.
        metric: What of.
        models: How many.
        rho: Spearman's rank correlation, with a bootstrap interval over models.
        p: Two-sided.
    """

    setting: str
    metric: str
    models: int
    rho: Estimate
    p: float


SHOWN = (("plain", "accuracy"), ("plain", "suggestions"), ("reference", "accuracy"))


def sizes(setting: str, metric: str) -> list[tuple[str, float, float]]:
    """Name, size and figure of every published model whose size is known."""
    found = published_results(setting=setting, scenario=MEAN, metric=metric)
    return [(each.model, size, each.value) for each in found if (size := size_of(each.model)) is not None]


def correlation(setting: str, metric: str) -> Correlation:
    """Spearman's; models are drawn with replacement for the interval.

    Source: C. Spearman, The proof and measurement of association between two things (1904).
    """
    known = sizes(setting, metric)
    both = np.array([(size, value) for _, size, value in known])
    found = spearmanr(both[:, 0], both[:, 1])
    drawn = [_rank_correlation(np.repeat(both, times, axis=0)) for part in draws(len(both)) for times in part]
    low, high = np.nanpercentile(drawn, [2.5, 97.5])
    rho = float(found.statistic)
    return Correlation(setting, metric, len(both), Estimate(rho, float(low), float(high)), float(found.pvalue))


def _rank_correlation(both: np.ndarray[Any, Any]) -> float:
    if len(np.unique(both[:, 0])) < 2 or len(np.unique(both[:, 1])) < 2:
        return float("nan")
    return float(spearmanr(both[:, 0], both[:, 1]).statistic)


def correlations() -> Sheet:
    """The three that are shown."""
    columns = ("setting", "metric", "models", *with_bounds("spearman"), "p")
    found = [correlation(*which) for which in SHOWN]
    return Sheet(
        "published_sizes", columns, [(each.setting, each.metric, each.models, *each.rho, each.p) for each in found]
    )
