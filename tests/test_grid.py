"""Ablations by one command: every combination a run, one table."""

from __future__ import annotations

import csv
import json
import re

import pytest
from chat_server import Server, completion

from proactive_gym.agents import chat_api
from proactive_gym.cli import main
from proactive_gym.cli_grid import varied
from proactive_gym.errors import InputError
from proactive_gym.evaluation.grid import grid
from proactive_gym.menu import Kind

ENVS = ["--env", "ProactiveSketch-v0", "--env", "ProactiveFraming-v0"]
PLAN = ["--episodes", "4", "--image-size", "48"]


class Guesser:
    """Takes the first answer, and counts how often it is asked."""

    name = "guesser"

    def __init__(self):
        self.calls = 0

    def act(self, turns):
        self.calls += 1
        return [turn.on_offer(Kind.ANSWER)[0] for turn in turns]


def table(folder):
    with (folder / "grid.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def a_grid(folder, *more, agents=("random", "always-ask")):
    chosen = [word for agent in agents for word in ("--agent", agent)]
    return main(["grid", *chosen, *ENVS, *PLAN, *more, "--out", str(folder)])


def test_each_combination_is_a_run_and_all_are_one_table(tmp_path, capsys):
    varying = ("--vary", "hint=off,on", "--vary", "budget=0,2")
    assert a_grid(tmp_path / "g", *varying) == 0
    runs = {f"hint={hint},budget={budget}" for hint in ("off", "on") for budget in (0, 2)}
    assert {each.name for each in (tmp_path / "g").iterdir()} == runs | {"grid.csv"}
    for name in runs:
        described = json.loads((tmp_path / "g" / name / "run.json").read_text())["configuration"]
        assert described["env_kwargs"] == {
            "image_size": 48,
            "hint": "hint=on" in name,
            "budget": 2 if "budget=2" in name else 0,
        }
        assert (tmp_path / "g" / name / "report.html").exists() and (tmp_path / "g" / name / "summary.csv").exists()
    rows = table(tmp_path / "g")
    assert len(rows) == 4 * 2 * (2 + 1)
    first = [row for row in rows if (row["hint"], row["budget"]) == ("off", "0")]
    assert all(row["difference"] == "" for row in first) and len(first) == 6
    for row in rows:
        (base,) = [one for one in first if (one["agent"], one["env"]) == (row["agent"], row["env"])]
        if row not in first:
            assert float(row["difference"]) == pytest.approx(float(row["accuracy"]) - float(base["accuracy"]), abs=1e-5)
            assert float(row["difference_low"]) <= float(row["difference"]) <= float(row["difference_high"])
    said = capsys.readouterr().out
    assert said.count("always-ask") == said.count("random") == 4 and "mean over the environments" in said


def test_the_same_command_goes_on_and_further_values_add_runs(tmp_path, capsys):
    assert a_grid(tmp_path / "g", "--vary", "budget=0,1") == 0
    said, cells = capsys.readouterr(), sorted((tmp_path / "g").glob("*/episodes.jsonl"))
    kept = {cell: cell.read_bytes() for cell in cells}
    cells[1].write_bytes(kept[cells[1]][:-100])
    before = cells[0].stat().st_mtime_ns
    assert a_grid(tmp_path / "g", "--vary", "budget=0,1") == 0
    assert {cell: cell.read_bytes() for cell in cells} == kept and capsys.readouterr() == said
    assert a_grid(tmp_path / "g", "--vary", "budget=0,1,2") == 0
    assert {row["budget"] for row in table(tmp_path / "g")} == {"0", "1", "2"}
    assert cells[0].stat().st_mtime_ns == before


def test_a_grid_in_python_tells_who_plays_under_which_setting(tmp_path):
    agent, seen = Guesser(), []
    arguments = {"episodes": 3, "image_size": 48, "watch": seen.append}
    cells = grid(agent, "ProactiveSketch-v0", {"control": ["sufficient", "unhelpful"]}, tmp_path, **arguments)
    assert [cell.setting for cell in cells] == [{"control": "sufficient"}, {"control": "unhelpful"}]
    assert [told.agent for told in seen] == ["guesser, control=sufficient"] * 3 + ["guesser, control=unhelpful"] * 3
    assert {told.episodes for told in seen} == {6} and seen[-1].accuracy is not None
    calls = agent.calls
    grid(agent, "ProactiveSketch-v0", {"control": ["sufficient", "unhelpful"]}, tmp_path, **arguments)
    assert agent.calls == calls


@pytest.fixture
def server(monkeypatch):
    pytest.importorskip("openai")
    monkeypatch.delenv(chat_api.KEY, raising=False)
    made = Server()
    yield made
    made.http.shutdown()
    made.http.server_close()


def test_history_hint_and_shots_reach_the_model(server, tmp_path):
    requests = "Draw a bit more|Add some more lines|Go on with the sketch|Put more details on the paper"

    def asks(body, number):
        menu = body["messages"][-1]["content"][-1]["text"]
        return completion(re.search(rf"([A-Z])\. ({requests})", menu)[1])

    server.reply = asks
    words = ["--agent", "openai:m", "--base-url", server.url, "--env", "ProactiveSketch-v0", "--episodes", "1"]
    varying = ["--vary", "history=none,text,images", "--vary", "hint=off,on", "--vary", "shots=0,1"]
    plan = ["--image-size", "48", "--reply", "text", "--budget", "2", "--cache", str(tmp_path / "replies")]
    assert main(["grid", *words, *plan, *varying, "--out", str(tmp_path / "g")]) == 0
    rows = table(tmp_path / "g")
    assert len(rows) == 12 and {row["history"] for row in rows} == {"none", "text", "images"}
    turns = {len(body["messages"]) for body in server.bodies}
    pictures = {json.dumps(body["messages"]).count("data:image/png") for body in server.bodies}
    assert len(turns) >= 3 and len(pictures) >= 3, "examples and history bring messages and pictures of their own"
    assert len({json.dumps(body["messages"]) for body in server.bodies}) == len(server.bodies), "none is asked twice"


WRONG = {
    "no values": ("hint", "must be NAME=VALUE"),
    "an unknown option": ("hnit=on", "did you mean 'hint'?"),
    "what is no setting": ("agent=random", "--vary is 'agent'"),
    "what decides nothing": ("cache=a,b", "--vary is 'cache'"),
    "no such value": ("control=mixed,mxied", "did you mean 'mixed'?"),
    "no number": ("budget=0,many", "--vary budget: 'many' is no value of it"),
    "no flag": ("hint=on,maybe", "--vary hint: 'maybe' is no value of it"),
    "no flag either": ("budget=on", "--vary budget: 'on' is no value of it"),
    "the same twice": ("budget=1,1", "The combination 'budget=1' comes twice"),
    "too few": ("shots=0,-1", "shots is -1"),
    "a contradiction": ("clear=off,on", "clear=True"),
}


@pytest.mark.parametrize(("vary", "message"), WRONG.values(), ids=WRONG)
def test_impossible_combinations_are_said_before_any_is_played(tmp_path, capsys, vary, message):
    more = ("--control", "mixed") if "clear" in vary else ()
    assert a_grid(tmp_path / "g", *more, "--vary", vary) == 1
    said = capsys.readouterr().err
    assert message in said and said.count("\n") == 1 and not (tmp_path / "g").exists()


def test_values_have_the_types_of_their_options():
    words = ["--hint=off,on", "temperature=0,0.5", "sampling-seed=1,2", "history=none", "max-new-tokens=5"]
    assert varied(words) == {
        "hint": [False, True],
        "temperature": [0.0, 0.5],
        "sampling_seed": [1, 2],
        "history": ["none"],
        "max_new_tokens": [5],
    }
    with pytest.raises(InputError, match="names 'hint' twice"):
        varied(["hint=on", "hint=off"])


def test_a_failure_in_one_combination_is_told_at_the_end(server, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(chat_api, "RETRIES", 0)
    server.reply = lambda body, number: (500, b"Oh dear.") if number == 1 else completion("A")
    words = ["--agent", "openai:m", "--base-url", server.url, "--env", "ProactiveSketch-v0", "--episodes", "2"]
    command = [
        "grid",
        *words,
        "--image-size",
        "48",
        "--single-turn",
        "--vary",
        "hint=off,on",
        "--out",
        str(tmp_path / "g"),
    ]
    assert main(command) == 1
    said = capsys.readouterr()
    assert "1 of 4 episodes could not be played" in said.err and "InternalServerError 1" in said.err
    assert "difference" in said.out
    assert main(command) == 0 and len(server.bodies) == 5
