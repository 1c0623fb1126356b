"""The environments in Inspect: real evaluations against an endpoint of the tests, and what their logs hold."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest
from chat_server import Server, completion
from picks import SIDE, evaluated, pick_over_the_wire, picture_in, pictures_sent

import proactive_gym
from proactive_gym import InputError
from proactive_gym.evaluation import cells

inspect_ai = pytest.importorskip("inspect_ai", reason="needs proactive-gym[inspect]")
openai = pytest.importorskip("openai", minversion="3.4", reason="Inspect asks endpoints through openai 3.4 or newer")

from proactive_gym.adapters import inspect_ai as adapter  # noqa: E402  # it imports Inspect
from proactive_gym.adapters.written import task_name  # noqa: E402

TASKS = {task_name(env_id): env_id for env_id in proactive_gym.ENVIRONMENTS}


@pytest.fixture(scope="module")
def one_server():
    made = Server()
    yield made
    made.http.shutdown()
    made.http.server_close()


@pytest.fixture
def server(one_server, monkeypatch):
    """One for all tests, since Inspect keeps its client."""
    one_server.reply = pick_over_the_wire
    one_server.bodies.clear()
    monkeypatch.setenv("PICKS_BASE_URL", one_server.url)
    monkeypatch.setenv("PICKS_API_KEY", "none")
    return one_server


def run(tasks, folder, **settings):
    settings = {"display": "none", "log_dir": str(folder), "log_format": "json", "max_retries": 0, **settings}
    return inspect_ai.eval(tasks, model="openai-api/picks/m", **settings)


def row_of(sample):
    return {**sample.store["episode"], "agent": ""}


def test_every_id_comes_to_what_our_own_loop_makes_of_it(server, tmp_path):
    given = {"episodes": 6, "seed": 2, "image_size": SIDE, "control": "mixed"}
    logs = run([f"proactive_gym/{name}" for name in TASKS], tmp_path, task_args=given)
    assert sorted(log.eval.task_registry_name for log in logs) == sorted(f"proactive_gym/{name}" for name in TASKS)
    for log in logs:
        assert log.status == "success", log.error
        env_id = log.eval.metadata["env"]
        expected = evaluated(env_id, 6, seed=2, control="mixed")
        assert {sample.id: row_of(sample) for sample in log.samples} == expected
        (cell,) = cells(list(expected.values()))
        measures = log.results.scores[0].metrics
        for name, estimate in cell.measures.items():
            if estimate.value == estimate.value:
                assert measures[name].value == pytest.approx(estimate.value), (env_id, name)
            else:  # it cannot be known of so few episodes
                assert name not in measures
        assert measures["accuracy_low"].value == pytest.approx(cell.measures["accuracy"].low)
        values = {sample.id: sample.scores["episode_measures"].value for sample in log.samples}
        assert {name: value["accuracy"] for name, value in values.items()} == {
            name: row["outcome"] == "correct" for name, row in expected.items()
        }


def test_the_log_shows_every_turn_with_its_picture(server, tmp_path):
    (log,) = run("proactive_gym/framing", tmp_path, task_args={"episodes": 6, "image_size": SIDE})
    log = inspect_ai.log.read_eval_log(log.location, resolve_attachments=True)
    env = gym.make(TASKS["framing"], reply="text", image_size=SIDE)
    turns = 0
    for sample in log.samples:
        shown, _ = env.reset(options={"episode": sample.id})
        for asked, said in zip(sample.messages[::2], sample.messages[1::2], strict=True):
            picture, words = asked.content
            assert np.array_equal(picture_in(picture.image), shown["image"]) and words.text == shown["dialogue"]
            shown, *_ = env.step(said.text)
            turns += 1
        calls = [event for event in sample.events if event.event == "model"]
        assert [len(call.input) for call in calls] == [1] * len(row_of(sample)["replies"])
    assert turns == len(server.bodies) > len(log.samples)
    assert sorted(len(pictures_sent(body)) for body in server.bodies) == [1] * turns


def test_earlier_pictures_are_shown_again_where_that_is_asked_for(server, tmp_path):
    given = {"episodes": 20, "image_size": SIDE, "history": "images", "system": "Be brief."}
    (log,) = run("proactive_gym/framing", tmp_path, task_args=given)
    several = [sample for sample in log.samples if row_of(sample)["requests"]]
    assert several
    for sample in several:
        assert [message.role for message in sample.messages][:4] == ["system", "user", "assistant", "user"]
    assert max(len(pictures_sent(body)) for body in server.bodies) > 1


def test_an_episode_that_a_limit_cuts_off_is_not_scored(server, tmp_path):
    given = {"episodes": 20, "image_size": SIDE}
    (log,) = run("proactive_gym/framing", tmp_path, task_args=given, message_limit=2)
    cut = [sample for sample in log.samples if sample.store["episode"]["error"]]
    assert cut and len(cut) < 20
    assert log.results.scores[0].unscored_samples == len(cut)
    for sample in cut:
        assert sample.scores["episode_measures"].explanation.startswith("Unfinished: ")


def test_epochs_count_as_episodes_of_their_own(server, tmp_path):
    server.reply = lambda body, number: completion("B" if number % 2 else "A")
    given = {"episodes": 3, "image_size": SIDE, "single_turn": True}
    (log,) = run("proactive_gym/sketch", tmp_path, task_args=given, epochs=2)
    (cell,) = cells([row_of(sample) for sample in log.samples])
    assert len(log.samples) == 6 == cell.episodes
    assert log.results.scores[0].metrics["wrong"].value == pytest.approx(cell.measures["wrong"].value)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"controll": "mixed"}, r"sketch: 'controll' is no argument of this environment \(did you mean 'control'\?\)"),
        ({"history": "pictures"}, "sketch: history is 'pictures', but must be one of"),
        ({"episodes": 0}, "sketch: episodes is 0"),
    ],
)
def test_impossible_arguments_are_said_in_one_sentence(given, message):
    with pytest.raises(Exception, match=r"^sketch: ") as raised:
        adapter.TASKS["sketch"](**given)
    assert re.match(message, str(raised.value)) and isinstance(raised.value.__cause__, InputError)
    assert type(raised.value).__name__ == "PrerequisiteError"  # which Inspect's command shows without a traceback


@pytest.mark.slow
def test_the_command_line_knows_the_tasks(server, tmp_path):
    command = [Path(sys.executable).with_name("inspect"), "eval", "proactive_gym/occlusion"]
    settings = ["--model", "openai-api/picks/m", "-T", "episodes=2", "-T", f"image_size={SIDE}", "--display", "plain"]
    done = subprocess.run(
        [*command, *settings], cwd=tmp_path, env={**os.environ, "NO_COLOR": "1"}, capture_output=True, text=True
    )
    assert done.returncode == 0 and "accuracy" in done.stdout, done.stdout + done.stderr
    (file,) = (tmp_path / "logs").glob("*.eval")
    assert inspect_ai.log.read_eval_log(str(file)).status == "success"


@pytest.mark.slow
def test_the_example_plays_the_tiny_model(tmp_path, capsys):
    from proactive_gym.recipes import inspect_tiny

    before, after = inspect_tiny.main(str(tmp_path), episodes=20, image_size=64)
    share = [log.results.scores[0].metrics["accuracy"].value for log in (before, after)]
    ours = proactive_gym.evaluate(["tiny", "tiny-rl"], "ProactiveOcclusion-v0", 20, image_size=64)
    assert share == [cell.measures["accuracy"].value for cell in ours.table]
    assert share[1] > share[0]
    assert "tiny-rl accuracy" in capsys.readouterr().out
