"""The examples do what they promise: short, and no change in the package."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from proactive_gym import rollouts
from proactive_gym.agents import make_agent
from proactive_gym.evaluation import SCENARIO_IDS
from proactive_gym.menu import Kind


@pytest.fixture
def at_home(project_root: Path, monkeypatch) -> Path:
    """In the checkout, as the examples' own words have it."""
    if not (project_root / "examples").is_dir():
        pytest.skip("the examples are not here")
    monkeypatch.chdir(project_root)
    return project_root / "examples"


def lines_of_code(file: Path) -> int:
    """Lines that hold code: no blank ones, comments or docstrings."""
    text = file.read_text(encoding="utf-8")
    words = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            words.update(range(node.lineno, node.end_lineno + 1))
    lines = enumerate(text.splitlines(), start=1)
    return sum(number not in words and bool(line.partition("#")[0].strip()) for number, line in lines)


def test_the_custom_agent_is_short(at_home):
    file = at_home / "custom_agent.py"
    assert lines_of_code(file) <= 30
    assert len(file.read_text(encoding="utf-8").splitlines()) <= 36


def test_the_custom_agent_plays_every_scenario(at_home):
    agent = make_agent("examples.custom_agent:LooksTwice")
    asked = 0
    for env_id in SCENARIO_IDS:
        for trajectory in rollouts(agent, env_id, 30, image_size=64):
            asked += trajectory.requests
            last = trajectory.exchanges[-1]
            assert last.choice is not None and trajectory.requests <= 3
            assert last.turn.kinds[last.choice] is Kind.ANSWER or trajectory.outcome == "useless_request"
    assert asked > 50


def test_the_custom_agent_keeps_nothing_in_mind(at_home):
    runs = [
        [
            (trajectory.episode, [exchange.choice for exchange in trajectory.exchanges])
            for trajectory in rollouts(
                make_agent("examples.custom_agent:LooksTwice"), "ProactiveSuite-v0", 42, lanes, image_size=64
            )
        ]
        for lanes in (1, 16)
    ]
    assert runs[0] == runs[1]


FOGGED_WINDOW = """
import warnings
import gymnasium as gym
from gymnasium.utils.env_checker import check_env
import proactive_gym
from proactive_gym.agents import make_agent

registered = set(gym.registry)
env = gym.make("fogged_window:FoggedWindow-v0", image_size=64, render_mode="rgb_array")
with warnings.catch_warnings():
    warnings.simplefilter("error")
    check_env(env.unwrapped)

oracle = make_agent("oracle")

def outcomes(episodes=40, **arguments):
    played = proactive_gym.rollouts(oracle, {env_id!r}, episodes, image_size=64, **arguments)
    return {{(trajectory.scenario, str(trajectory.outcome), trajectory.requests > 0) for trajectory in played}}

{check}
"""


def in_its_folder(home: Path, check: str, env_id: str = "FoggedWindow-v0") -> None:
    """Run a check in a process of its own, from the folder of the example that nobody has installed."""
    script = FOGGED_WINDOW.format(env_id=env_id, check=check)
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=home / "custom_scenario", capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr


def test_the_custom_scenario_is_played_to_the_end(at_home):
    in_its_folder(at_home, "assert outcomes() == {('fogged_window', 'correct', True)}")


def test_the_custom_scenario_is_found_by_its_module(at_home):
    check = "assert outcomes() == {('fogged_window', 'correct', True)}"
    in_its_folder(at_home, check, env_id="fogged_window:FoggedWindow-v0")


@pytest.mark.parametrize(
    ("arguments", "outcome", "asked"),
    [
        ("control='sufficient'", "correct", False),
        ("control='unhelpful'", "abstained", False),
        ("clear=True", "correct", False),
        ("interventions='foreign'", "abstained", False),
    ],
)
def test_the_custom_scenario_takes_every_setting(at_home, arguments, outcome, asked):
    in_its_folder(
        at_home, f"assert outcomes({arguments}) == {{('fogged_window', {outcome!r}, {asked})}}, outcomes({arguments})"
    )


def test_the_custom_scenario_leaves_the_suite_alone(at_home):
    check = """
assert registered | {"FoggedWindow-v0"} == set(gym.registry)
from proactive_gym.envs import SCENARIOS
assert "fogged_window" not in {scenario.name for scenario in SCENARIOS} and len(SCENARIOS) == 7
"""
    in_its_folder(at_home, check)


@pytest.mark.slow
@pytest.mark.ray
def test_rllib_trains_on_an_id_and_goes_on(at_home, tmp_path):
    pytest.importorskip("ray.rllib.algorithms.ppo", reason="needs proactive-gym[rllib]", exc_type=ImportError)
    words = [sys.executable, str(at_home / "rllib_ppo.py"), "--steps", "256", "--num-envs", "8", "--out", str(tmp_path)]
    for iterations in ("1", "2"):
        done = subprocess.run([*words, "--iterations", iterations], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
    header, *rows = (tmp_path / "curve.csv").read_text(encoding="utf-8").splitlines()
    assert header.startswith("iteration,steps,episodes,return_mean")
    steps = [int(row.split(",")[1]) for row in rows]
    assert len(steps) == 2 and steps[1] > steps[0] >= 256
