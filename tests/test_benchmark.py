"""The benchmark: that it measures everything, says what it found and gives nothing away about the machine."""

from __future__ import annotations

import json
import platform
import time
from importlib.util import find_spec
from pathlib import Path

import gymnasium as gym
import pytest

from proactive_gym import ENVIRONMENTS, benchmark
from proactive_gym.benchmark import Benchmark, Effort, Goal, Measurement, cases
from proactive_gym.benchmark.measuring import Unpainted, make_vec, rates
from proactive_gym.benchmark.memory import memory_of_lanes
from proactive_gym.cli import main

TINY = Effort(seconds=0.001, repetitions=1, settling=0, lanes=(1, 2), episodes=4, sampled=1, kept=2)


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """What the command prints, and what it writes."""
    file = tmp_path_factory.mktemp("bench") / "new" / "speed.json"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(benchmark, "QUICK", TINY)
        assert main(["bench", "--quick", "--size", "32", "--out", str(file)]) == 0
    return json.loads(file.read_text(encoding="utf-8"))


def test_everything_is_measured(measured):
    found = {(each["group"], each["name"]) for each in measured["measurements"]}
    names = {name.removeprefix("Proactive").removesuffix("-v0") for name in ENVIRONMENTS}
    assert {(group, name) for group in ("single", "stages") for name in names} <= found
    assert {("vector", "Suite, 1"), ("vector", "Suite, 2"), ("import", "fresh process")} <= found
    assert {("vector", "Suite, 64, kept"), ("vector", "Suite, 64, not painted")} <= found
    assert {group for group, _ in found} == {"anchor", "single", "vector", "rollouts", "stages", "import", "memory"}
    assert (("anchor", "MiniGrid") in found) == (find_spec("minigrid") is not None)


def test_figures_are_figures(measured):
    for each in measured["measurements"]:
        assert each["low"] <= each["median"] <= each["high"]
        assert each["median"] > 0 or each["group"] in ("memory", "rollouts")
        assert each["side"] in (0, 32) and each["repetitions"] == 1


def test_goals_are_judged(measured):
    goals = measured["goals"]
    assert len(goals) >= 9  # those that need no MiniGrid
    for goal in goals:
        assert goal["met"] == (goal["verdict"] == "met")
        assert goal["met"] == (
            goal["median"] >= goal["wanted"] if goal["at_least"] else goal["median"] <= goal["wanted"]
        )


def test_nothing_tells_whose_machine_it_is(measured):
    text = json.dumps(measured)
    assert str(Path.cwd()) not in text and str(Path.home()) not in text
    assert set(measured["machine"]) >= {"cpu", "cores", "python", "gymnasium", "numpy"}
    assert platform.node() not in measured["machine"].values()


def test_without_minigrid_nothing_is_compared_with_it(monkeypatch):
    monkeypatch.setattr(cases, "find_spec", lambda name: None)
    assert cases.minigrid_cases(32) == ([], [])


def test_ratios_are_those_of_each_round():
    """A machine that is slow for a round is slow for both."""
    ours = Measurement("single", "Suite", 224, "steps/s", (100.0, 300.0, 200.0))
    theirs = Measurement("anchor", "MiniGrid", 224, "steps/s", (50.0, 100.0, 10.0))
    (goal,) = Benchmark({}, TINY, [ours, theirs]).goals
    assert goal.values == (2.0, 3.0, 20.0) and goal.written() == "3 (2–20)"


class Slow(gym.Env):
    """Every third step ends an episode; a step takes a millisecond, a reset ten."""

    action_space = gym.spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        time.sleep(0.01)
        self.turn = 0
        return 0, {}

    def step(self, action):
        time.sleep(0.001)
        self.turn += 1
        return 0, 0.0, self.turn == 3, False, {}


def test_steps_are_measured_with_resets_and_without():
    found = rates(Slow(), 0.2)
    alone, together = found["steps/s, resets apart"], found["steps/s"]
    assert alone <= 1000 and found["resets/s"] <= 100
    assert together < 300, "three steps and a reset take thirteen milliseconds"
    assert alone > 2.5 * together


def test_goals_that_could_not_be_compared_are_left_out():
    bench = Benchmark({}, TINY, [Measurement("single", "Suite", 224, "steps/s", (100.0, 300.0, 200.0))])
    assert bench.get("single", "Suite", 224, "steps/s") == 200 and bench.goals == []


@pytest.mark.parametrize(
    ("goal", "verdict"),
    [
        (Goal("speed", (1.0, 8.0, 9.0), 4.0), "met"),
        (Goal("speed", (2.0,), 4.0), "missed by a factor of 2"),
        (Goal("cost", (0.1,), 0.15, at_least=False), "met"),
        (Goal("cost", (0.3,), 0.15, at_least=False), "missed by a factor of 2"),
    ],
)
def test_a_verdict_says_by_how_much(goal, verdict):
    assert goal.verdict == verdict


def test_a_size_without_pictures_is_refused(capsys):
    assert main(["bench", "--quick", "--size", "8"]) == 1
    assert "image_size is 8" in capsys.readouterr().err


@pytest.mark.slow
def test_a_further_lane_takes_little_memory_beyond_its_frames():
    *_, further = memory_of_lanes((1, 33), 64)
    assert further.name == "each further lane" and 0 < further.median < 1000


def test_pictures_that_are_not_painted_come_from_the_same_episodes():
    """What stands for a painter that takes no time plays what everyone plays."""
    source = Unpainted(32)
    blank, usual = make_vec(3, source=source), make_vec(3, image_size=32)
    one, other = blank.reset(seed=4), usual.reset(seed=4)
    assert one[0]["dialogue"] == other[0]["dialogue"] and one[0]["image"].shape == other[0]["image"].shape
