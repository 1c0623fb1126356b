"""A model behind ``transformers serve`` on this machine: what it says there is what it says here."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request

import numpy as np
import pytest

from proactive_gym import evaluate
from proactive_gym.agents import Failure, ModelOptions, Turn, chat_api, make_agent
from proactive_gym.agents.asking import Asking
from proactive_gym.cli import main
from proactive_gym.menu import Kind

pytestmark = [pytest.mark.serve, pytest.mark.slow]

OPTIONS = ("a teapot", "a kettle", "I do not know", "Please move it left")
KINDS = (Kind.ANSWER, Kind.ANSWER, Kind.ABSTENTION, Kind.INTERVENTION)
ENV = "ProactiveOcclusion-v0"


def a_turn(number, history=()):
    pixels = np.random.default_rng(number).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    mask, words = np.ones(len(OPTIONS), np.int8), f"What is this? {number}"
    return Turn(pixels, words, OPTIONS, mask, words, f"e{number}", len(history), KINDS, history)


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A folder with a model, and the endpoint where it is served."""
    import tiny_models

    folder = tmp_path_factory.mktemp("served")
    model, port = tiny_models.save("llava", folder / "model"), free_port()
    words = ["serve", str(model), "--host", "127.0.0.1", "--port", str(port), "--device", "cpu", "--dtype", "float32"]
    start = "from transformers.cli.transformers import main; main()"
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(folder / "home")}
    with (folder / "log").open("wb") as log:
        serving = subprocess.Popen([sys.executable, "-c", start, *words], stdout=log, stderr=log, env=environment)
    try:
        for _ in range(240):
            assert serving.poll() is None, (folder / "log").read_text()[-2000:]
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1).read()
                break
            except OSError:
                time.sleep(0.5)
        yield model, f"http://127.0.0.1:{port}/v1"
    finally:
        serving.terminate()
        serving.wait(30)


@pytest.fixture(autouse=True)
def no_key(monkeypatch):
    monkeypatch.delenv(chat_api.KEY, raising=False)


TURNS = [a_turn(number, history=((a_turn(10 + number), 3),) if number % 2 else ()) for number in range(6)]


@pytest.mark.parametrize("asking", [Asking(), Asking(history="text"), Asking(history="images")], ids=str)
def test_a_served_model_says_what_it_says_here(served, asking):
    model, url = served
    there = make_agent(f"openai:{model}", ModelOptions(asking, base_url=url, max_new_tokens=8, concurrency=4))
    here = make_agent(f"hf:{model}", ModelOptions(asking, dtype="float32", device="cpu", max_new_tokens=8))
    replies = [reply.strip() for reply in there.act(TURNS)]
    assert replies == here.act(TURNS)
    assert len(set(replies)) > 1, "the pictures should make a difference"
    assert there.usage["failures"] == 0 and there.usage["prompt_tokens"] == here.usage["prompt_tokens"]


def test_tools_may_be_offered(served):
    model, url = served
    agent = make_agent(f"openai:{model}", ModelOptions(Asking(tools=True), base_url=url, max_new_tokens=8))
    assert all(isinstance(reply, str) for reply in agent.act(TURNS))


def test_a_model_that_is_not_there_is_a_failure(served, monkeypatch):
    """This server blames itself: status 500."""
    monkeypatch.setattr(chat_api, "RETRIES", 0)
    (lost,) = make_agent("openai:no-such-model", ModelOptions(base_url=served[1])).act(TURNS[:1])
    assert isinstance(lost, Failure) and "no-such-model" in lost.error


def test_a_run_from_the_command_line_and_again_from_the_cache(served, tmp_path, capsys):
    model, url = served
    plan = ["--env", ENV, "--episodes", "3", "--image-size", "64", "--max-new-tokens", "8", "--history", "images"]
    words = ["eval", "--agent", f"openai:{model}", "--base-url", url, *plan, "--cache", str(tmp_path / "replies")]
    assert main([*words, "--price", "1000,2000", "--out", str(tmp_path / "one")]) == 0
    said = capsys.readouterr().out
    assert "prompt tokens" in said and "cost" in said
    told = json.loads((tmp_path / "one" / "timing.jsonl").read_text())
    assert told["cost"] == pytest.approx((told["prompt_tokens"] + 2 * told["completion_tokens"]) / 1000)
    assert told["completion_tokens"] > 0 and told["failures"] == told["cached"] == 0
    assert main([*words, "--out", str(tmp_path / "two")]) == 0
    again = json.loads((tmp_path / "two" / "timing.jsonl").read_text())
    assert again["requests"] == again["prompt_tokens"] == 0 and again["cached"] == told["requests"]
    assert (tmp_path / "two" / "episodes.jsonl").read_bytes() == (tmp_path / "one" / "episodes.jsonl").read_bytes()


def test_it_judges_and_what_it_says_is_counted_apart(served):
    model, url = served
    options = ModelOptions(base_url=url, max_new_tokens=8)
    free = {"reply": "open", "single_turn": True, "image_size": 64}
    judge = make_agent(f"openai:{model}", options)
    run = evaluate(f"openai:{model}", ENV, episodes=2, options=options, judge=judge, **free)
    (cell,) = run.table
    assert cell.errors == 0 and cell.episodes + cell.unjudged == 2
    assert all(row["unjudged"] is not None for row in run.unjudged)
