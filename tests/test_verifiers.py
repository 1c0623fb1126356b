"""The environments in verifiers: found by its loader, and evaluated by its command against an endpoint of the tests."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from chat_server import Server
from picks import SIDE, evaluated, pick_over_the_wire, pictures_sent

import proactive_gym
from proactive_gym import InputError, make_agent, rollouts
from proactive_gym.cli_options import SETTING

vf = pytest.importorskip("verifiers.v1", reason="needs proactive-gym[verifiers]")

from proactive_gym.adapters.verifiers import EpisodesConfig, EpisodesTaskset, UserEnv  # noqa: E402

NAME = "proactive-gym-verifiers"
needs_uv = pytest.mark.skipif(
    shutil.which("uv") is None, reason="verifiers runs its chat through uv, which is not here"
)


def config(**given):
    return EpisodesConfig(id=NAME, image_size=SIDE, **given)


def test_it_is_found_by_its_name():
    env = vf.load_environment(vf.resolve_env_config({"taskset": {"id": NAME, "episodes": 2, "image_size": SIDE}}))
    assert type(env) is UserEnv and type(env.taskset) is EpisodesTaskset
    assert len(list(env.taskset)) == 2


def test_every_argument_that_a_command_line_can_give_is_there():
    assert set(SETTING) - {"reply"} <= set(EpisodesConfig.model_fields)


@pytest.mark.parametrize("env_id", list(proactive_gym.ENVIRONMENTS))
def test_tasks_are_the_episodes_that_our_own_loop_plays(env_id):
    taskset = EpisodesTaskset(config(env_id=env_id, episodes=5, seed=4, control="mixed"))
    ours = rollouts(make_agent("never-ask"), env_id, 5, seed=4, control="mixed", image_size=SIDE)
    assert [task.data.id for task in taskset] == [trajectory.episode for trajectory in ours]
    assert len({task.key for task in taskset}) == 5


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"control": "mixxed"}, "control is 'mixxed', but must be one of .*did you mean 'mixed'"),
        ({"env_id": "ProactiveNothing-v0"}, "There is no environment 'ProactiveNothing-v0'"),
        ({"episodes": 0}, "episodes is 0"),
    ],
)
def test_impossible_arguments_are_said(given, message):
    with pytest.raises(InputError, match=message):
        list(EpisodesTaskset(config(**given)))


@needs_uv
@pytest.mark.slow
def test_the_command_comes_to_what_our_own_loop_makes_of_it(tmp_path):
    server = Server()
    server.reply = pick_over_the_wire
    command = [Path(sys.executable).with_name("vf-eval"), NAME, "-m", "m", "--client.base-url", server.url]
    given = {"env-id": "ProactiveSuite-v0", "episodes": "14", "seed": "2", "image-size": str(SIDE), "control": "mixed"}
    taskset = [part for name, value in given.items() for part in (f"--env.taskset.{name}", value)]
    kept = ["--client.api-key-var", "NO_KEY", "--no-push", "--no-rich", "--output-dir", tmp_path, "--run.name", "run"]
    done = subprocess.run(
        [*command, *taskset, *kept], cwd=tmp_path, env={**os.environ, "NO_KEY": "none"}, capture_output=True, text=True
    )
    server.http.shutdown()
    assert done.returncode == 0, done.stderr[-3000:]
    episodes = [json.loads(line) for line in (tmp_path / "run" / "traces.jsonl").read_text().splitlines()]
    assert all(episode["ok"] for episode in episodes)
    traces = [trace for episode in episodes for trace in episode["traces"]]
    rows = {trace["task"]["data"]["id"]: {**trace["info"]["episode"], "agent": ""} for trace in traces}
    expected = evaluated("ProactiveSuite-v0", 14, seed=2, control="mixed")
    assert rows == expected
    for trace in traces:
        row = expected[trace["task"]["data"]["id"]]
        assert trace["rewards"]["return"]["score"] == row["return"]
        assert trace["metrics"]["accuracy"] == (row["outcome"] == "correct")
        assert trace["metrics"]["suggestions"] == len(row["replies"]) - 1
    # The whole conversation is shown, with all its pictures.
    several = [body for body in server.bodies if len(body["messages"]) > 1]
    assert several
    for body in several:
        pictures = pictures_sent(body)
        assert len(pictures) == (len(body["messages"]) + 1) / 2


@needs_uv
@pytest.mark.slow
def test_the_example_plays_the_tiny_model(tmp_path, capsys):
    from proactive_gym.recipes import verifiers_tiny

    traces = verifiers_tiny.main(str(tmp_path), env_id="ProactiveOcclusion-v0", episodes=8, image_size=64)
    assert len(traces) == 8 and all(trace["ok"] for trace in traces)
    assert any(trace["metrics"]["requests"] for trace in traces)
    assert "of 8 episodes" in capsys.readouterr().out
