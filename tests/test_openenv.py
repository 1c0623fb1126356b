"""The environments behind a real OpenEnv server on this machine, and its client."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from urllib.request import Request, urlopen

import gymnasium as gym
import numpy as np
import pytest
from picks import SIDE, pick

import proactive_gym
from proactive_gym import InputError

pytest.importorskip("openenv.core", reason="needs proactive-gym[openenv]")

from proactive_gym.adapters.openenv import MOST, app, main  # it imports OpenEnv
from proactive_gym.adapters.openenv_client import ProactiveAction, ProactiveClient, ProactiveObservation
from proactive_gym.recipes.tiny_server import listening


@pytest.fixture(scope="module")
def suite():
    """The address of a server of all scenarios."""
    with listening(app("ProactiveSuite-v0", image_size=SIDE, control="mixed")) as address:
        yield address


def client(address):
    return ProactiveClient(base_url=address).sync()


def as_told(info):
    """What JSON makes of it."""
    return json.loads(json.dumps(info))


def play(env, seed):
    """An episode over the wire and one beside it."""
    local = gym.make("ProactiveSuite-v0", reply="text", image_size=SIDE, control="mixed")
    shown, info = local.reset(seed=seed)
    result = env.reset(seed=seed)
    rewards, turns = 0.0, 0
    while True:
        observation = result.observation
        assert np.array_equal(observation.picture, shown["image"]) and observation.dialogue == shown["dialogue"]
        assert observation.action_mask == shown["action_mask"].tolist() and observation.info == as_told(info)
        state = env.state()
        assert (state.episode_id, state.step_count) == (info["episode"], info["turn"])
        if result.done:
            return info["outcome"], rewards, turns
        reply = pick(observation.picture, observation.dialogue)
        result = env.step(ProactiveAction(reply=reply))
        shown, reward, terminated, truncated, info = local.step(reply)
        assert result.reward == reward and result.done == (terminated or truncated)
        rewards, turns = rewards + reward, turns + 1


def test_a_session_is_the_environment(suite):
    with client(suite) as env:
        played = [play(env, seed) for seed in range(25)]
    assert len({outcome for outcome, _, _ in played}) > 2 and max(turns for *_, turns in played) > 1


def test_sessions_are_apart(suite):
    def seeds(first):
        with client(suite) as env:
            return [play(env, seed) for seed in range(first, first + 5)]

    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(seeds, (0, 5, 10, 0)))
    assert together[0] == together[3] == seeds(0)


@pytest.mark.parametrize("env_id", list(proactive_gym.ENVIRONMENTS))
def test_every_id_is_served_and_an_episode_can_be_named(env_id):
    local = gym.make(env_id, reply="choice", image_size=SIDE)
    _, info = local.reset(seed=7)
    with listening(app(env_id, reply="choice", image_size=SIDE)) as address, client(address) as env:
        observation = env.reset(episode_id=info["episode"]).observation
        assert observation.info == as_told(info)
        choice = local.unwrapped.conversation.best_choice()
        assert env.step(ProactiveAction(reply=choice)).observation.info == as_told(local.step(choice)[-1])


def test_the_answer_is_not_told_before_the_end(suite):
    with client(suite) as env:
        observation = env.reset(seed=0).observation
        assert {"answer", "sufficiency", "requests_needed"}.isdisjoint(observation.info)
        assert set(env.state().model_dump()) == {"episode_id", "step_count"}


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (lambda env: env.reset(seed=0, options={"episode": 0}), "reset has 'options', but knows only 'seed'"),
        (lambda env: env.reset(seed=-1), "seed"),
        (lambda env: env.reset(episode_id="../../etc/passwd"), "passwd"),
        (lambda env: env.step(ProactiveAction(reply=3)), "must be a string"),
        (lambda env: env.step(ProactiveAction.model_construct(reply=[1])), "VALIDATION_ERROR"),
    ],
)
def test_what_is_wrong_is_said_and_the_session_goes_on(suite, request_, message):
    with client(suite) as env:
        before = env.reset(seed=1).observation
        with pytest.raises(RuntimeError, match=message):
            request_(env).observation  # noqa: B018  # the request is sent when its result is looked at
        result = env.step(ProactiveAction(reply="x" * (2 * MOST)))
        assert result.done and result.observation.info["outcome"] == "unreadable"
        assert result.observation.info["episode"] == before.info["episode"]
        with pytest.raises(RuntimeError, match="is over"):
            env.step(ProactiveAction(reply="A")).observation  # noqa: B018


def test_only_so_many_sessions_are_open(suite):
    with listening(app("ProactiveSketch-v0", sessions=1, image_size=SIDE)) as address, client(address) as first:
        first.reset(seed=0)
        with pytest.raises(Exception, match=r"(?i)capacity"), client(address) as second:
            second.reset(seed=0).observation  # noqa: B018
        assert first.step(ProactiveAction(reply="A")).done is not None


def test_impossible_arguments_are_said_before_it_listens(capsys):
    with pytest.raises(InputError, match="did you mean 'control'"):
        app("ProactiveSketch-v0", controll="mixed")
    with pytest.raises(SystemExit, match=r"error: There is no environment 'ProactiveNothing-v0'"):
        main(["ProactiveNothing-v0"])


@pytest.mark.parametrize(
    "image", ["", "data:image/png;base64,AAAA", "data:image/png;base64,****", "http://elsewhere/x.png"]
)
def test_a_server_that_sends_no_picture_is_found_out(image):
    observation = ProactiveObservation(image=image, dialogue="", action_mask=[], info={})
    with pytest.raises(InputError, match="no PNG as a data URL"):
        observation.picture  # noqa: B018


@pytest.mark.slow
def test_the_command_serves():
    settings = ["ProactiveSketch-v0", "--port", "0", "--image-size", "48"]
    command = [sys.executable, "-m", "proactive_gym.adapters.openenv", *settings]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    try:
        line = next(line for line in server.stderr if "running on" in line)
        address = line.split("running on ")[1].split()[0]
        with client(address) as env:
            assert env.reset(seed=0).observation.info["scenario"] == "sketch"
        request = Request(f"{address}/reset", json.dumps({"seed": 0}).encode(), {"Content-Type": "application/json"})
        assert json.load(urlopen(request))["observation"]["info"]["scenario"] == "sketch"
    finally:
        server.terminate()
        server.communicate()


@pytest.mark.slow
def test_the_example_plays_the_tiny_model(capsys):
    from proactive_gym.recipes import openenv_tiny

    ends = openenv_tiny.main(episodes=12, image_size=64)
    assert ends.total() == 12 and ends["correct"] > 3
    assert str(dict(ends)) in capsys.readouterr().out
