"""Tasks of lmms-eval: what its loop is given, and a real run of its command where it is installed."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from chat_server import Server
from picks import SIDE, evaluated, pick, pick_over_the_wire, pictures_sent

import proactive_gym
from proactive_gym import InputError
from proactive_gym.adapters import lmms_eval as adapter
from proactive_gym.adapters.lmms_eval_task import main, write_task
from proactive_gym.evaluation.measures import cells

needs_it = pytest.mark.skipif(importlib.util.find_spec("lmms_eval") is None, reason="needs lmms-eval")


def docs_of(folder):
    (rows,) = folder.glob("*.jsonl")
    return [json.loads(text) for text in rows.read_text(encoding="utf-8").splitlines()]


def looped(doc):
    """What lmms-eval's loop makes of a row, by its rules (``_run_generate_until_agentic`` of 0.7.3)."""
    (visual,), context = adapter.doc_to_visual(doc), adapter.doc_to_text(doc)
    outputs = []
    for number in range(1, 1001):
        outputs.append(pick(np.asarray(visual), context))
        told = adapter.doc_to_text(doc, previous_output=outputs, round_idx=number, previous_round_info=None)
        visuals, context, over, outputs, _ = told
        outputs = list(outputs)
        if over:
            return outputs[-1]
        (visual,) = visuals
    raise AssertionError("it does not end")


@pytest.mark.parametrize("env_id", list(proactive_gym.ENVIRONMENTS))
def test_turn_by_turn_it_comes_to_what_our_own_loop_makes_of_it(env_id, tmp_path):
    write_task(tmp_path, env_id, 10, seed=2, image_size=SIDE, control="mixed")
    expected = evaluated(env_id, 10, seed=2, control="mixed")
    results = [adapter.process_results(doc, [looped(doc)]) for doc in docs_of(tmp_path)]
    assert {result["accuracy"]["episode"]: result["accuracy"] for result in results} == expected
    (cell,) = cells(list(expected.values()))
    for name in ("accuracy", "suggestions", "requests", "return"):
        rows = [result[name] for result in results]
        assert adapter.AGGREGATIONS[f"all_{name}"](rows) == cell.measures[name].value


def test_an_output_that_is_no_row_of_the_episode_is_said(tmp_path):
    write_task(tmp_path, "ProactiveSketch-v0", 2, image_size=SIDE)
    first, second = docs_of(tmp_path)
    for output in ("A", "", "{}", looped(second)):
        with pytest.raises(InputError, match="is no row of it"):
            adapter.process_results(first, [output])


def test_impossible_arguments_are_said_before_anything_is_written(tmp_path):
    with pytest.raises(SystemExit, match="error: control is 'mixxed'"):
        main(["ProactiveSketch-v0", "--control", "mixxed", "--out", str(tmp_path / "tasks")])
    assert not (tmp_path / "tasks").exists()


RUN = "import sys; sys.path.insert(0, {tests!r}); import torchvision_ops; {code}"
"""In a process of its own, beside a torch that torchvision was not built for."""


def ran(code, folder):
    tests = os.path.dirname(__file__)
    environment = {**os.environ, "HF_DATASETS_CACHE": str(folder / "cache"), "HF_HOME": str(folder / "home")}
    command = [sys.executable, "-c", RUN.format(tests=tests, code=code)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    (samples,) = folder.rglob("*_samples_*.jsonl")
    return [json.loads(text) for text in samples.read_text().splitlines()], done.stdout


@needs_it
@pytest.mark.slow
def test_the_command_comes_to_what_our_own_loop_makes_of_it(tmp_path):
    server = Server()
    server.reply = pick_over_the_wire
    task = write_task(tmp_path / "tasks", "ProactiveSuite-v0", 14, seed=2, image_size=SIDE, control="mixed")
    model = ["--model", "openai", "--model_args", f"model_version=m,base_url={server.url},api_key=none"]
    settings = [
        "--include_path",
        "tasks",
        "--tasks",
        task,
        "--batch_size",
        "1",
        "--output_path",
        "out",
        "--log_samples",
    ]
    code = (
        f"sys.argv = {['lmms-eval', *settings, *model]!r}; from lmms_eval.__main__ import cli_evaluate; cli_evaluate()"
    )
    samples, _ = ran(code, tmp_path)
    server.http.shutdown()
    expected = evaluated("ProactiveSuite-v0", 14, seed=2, control="mixed")
    assert {sample["accuracy"]["episode"]: sample["accuracy"] for sample in samples} == expected
    turns = sum(len(row["replies"]) for row in expected.values())
    assert [len(pictures_sent(body)) for body in server.bodies] == [1] * turns


@needs_it
@pytest.mark.slow
def test_the_example_plays_the_tiny_model(tmp_path):
    code = "from proactive_gym.recipes.lmms_eval_tiny import main; main('out', episodes=8, image_size=64)"
    samples, told = ran(code, tmp_path)
    assert len(samples) == 8 and any(sample["accuracy"]["requests"] for sample in samples)
    assert "|proactive_gym_occlusion|" in told.replace(" ", "")
