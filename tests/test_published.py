"""The paper's own figures: complete, in our units, and adding up to what its text says."""

from collections import defaultdict
from statistics import mean

import pytest

from proactive_gym import InputError
from proactive_gym.envs.suite import ProactiveSuiteEnv
from proactive_gym.evaluation.measures import MEASURES
from proactive_gym.reports.published import MEAN, published_results

NEW = "GPT-5.2"
"""Its figures came later; the paper's own means are without it."""
BENCH_AND_REFERENCE = {
    "occlusion": (8.2, 98.3),
    "video_occlusion": (13.5, 70.4),
    "viewpoint": (10.0, 56.3),
    "image_quality": (33.7, 88.0),
    "sketch": (14.9, 71.7),
    "video_moment": (22.0, 80.8),
    "framing": (20.2, 93.0),
}


def average(setting: str, scenario: str = MEAN, metric: str = "accuracy", without: str = "") -> float:
    found = published_results(setting=setting, scenario=scenario, metric=metric)
    return mean(result.value for result in found if result.model != without)


def test_the_means_are_those_of_the_papers_text():
    assert len(published_results(setting="plain", scenario=MEAN, metric="accuracy")) == 22
    assert round(100 * average("plain", without=NEW), 1) == 17.5
    assert round(100 * average("plain"), 1) == 17.8
    assert round(100 * average("reference"), 1) == 79.8
    assert round(100 * average("hint", without=NEW), 1) == 25.8
    assert average("plain", metric="suggestions", without=NEW) == pytest.approx(0.45, abs=0.05)
    for scenario, (bench, reference) in BENCH_AND_REFERENCE.items():
        assert 100 * average("plain", scenario, without=NEW) == pytest.approx(bench, abs=0.06)
        assert 100 * average("reference", scenario) == pytest.approx(reference, abs=0.06)


def test_every_mean_is_that_of_the_seven_scenarios():
    tables = defaultdict(dict)
    for result in published_results():
        tables[result.model, result.setting, result.metric][result.scenario] = result.value
    for (*_, metric), values in tables.items():
        assert set(values) == {MEAN, *(scenario.name for scenario in ProactiveSuiteEnv.scenarios)}
        stated = values.pop(MEAN)
        assert stated == pytest.approx(mean(values.values()), abs=0.11 if metric == "suggestions" else 0.0011)
    assert len(tables) == 261


def test_single_figures():
    (best,) = published_results("o4-mini", "plain", MEAN, "accuracy")
    assert best.value == 0.34
    rewarded = published_results("Qwen2.5-VL-3B", "rl_reward_1.0", "video_occlusion")
    assert {result.metric: result.value for result in rewarded} == {"accuracy": 0.024, "suggestions": 60.0}


def test_figures_are_called_and_scaled_as_in_a_summary():
    for result in published_results():
        assert result.metric in MEASURES
        assert 0 <= result.value <= (60 if result.metric == "suggestions" else 1)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"model": "GPT-5"}, "did you mean 'GPT-5.2'"),
        ({"setting": "hints"}, "did you mean 'hint'"),
        ({"scenario": "ROD"}, "scenario is 'ROD', but must be one of 'occlusion'"),
        ({"metric": "psr"}, "metric is 'psr', but must be one of 'accuracy', 'suggestions'"),
    ],
)
def test_what_is_not_there_is_said(wanted, said):
    with pytest.raises(InputError, match=said):
        published_results(**wanted)
