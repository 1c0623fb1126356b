"""The command line on runs of every kind: seeds, judges, caches, filters, joined runs, servers that are not there."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import pytest
from chat_server import Server, completion, error

from proactive_gym import cli_showing
from proactive_gym.agents import chat_api
from proactive_gym.cli import main

SKETCH, FRAMING = "ProactiveSketch-v0", "ProactiveFraming-v0"
SMALL = ["--image-size", "48"]
FREE = ["--env", SKETCH, "--reply", "open", "--single-turn", "--episodes", "4", *SMALL]

OWN = """
from proactive_gym.menu import Kind


class Talker:
    name = "talker"

    def act(self, turns):
        return [f"Is it a {len(turn.question)}?" for turn in turns]


class Sharp:
    name = "sharp"

    def act(self, turns):
        return [turn.on_offer(Kind.ANSWER)[0] for turn in turns]


class Blunt(Sharp):
    name = "blunt"

    def act(self, turns):
        return [turn.on_offer(Kind.ANSWER)[-1] for turn in turns]
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "cli_agents.py").write_text(OWN, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    yield tmp_path
    sys.modules.pop("cli_agents", None)


@pytest.fixture
def server(monkeypatch):
    pytest.importorskip("openai")
    monkeypatch.setattr(chat_api, "RETRIES", 0)
    monkeypatch.delenv(chat_api.KEY, raising=False)
    made = Server()
    yield made
    made.http.shutdown()
    made.http.server_close()


def table(file):
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def rows(folder):
    return [json.loads(text) for text in (folder / "episodes.jsonl").read_text(encoding="utf-8").splitlines()]


def an_eval(*words, out="run"):
    return main(["eval", *words, "--out", out])


# --- Seeds and pairs --------------------------------------------------------------------------------------------------


def test_several_seeds_are_several_sets_of_episodes(folder, capsys):
    words = ["--agent", "random", "--agent", "never-ask", "--env", SKETCH, "--env", FRAMING, "--episodes", "6", *SMALL]
    assert an_eval(*words, "--seed", "3", "--seed", "5", out="both") == 0
    said = capsys.readouterr().out
    assert "Accuracy by seed" in said and "standard deviation" in said and "Agents in pairs" in said
    for seed in ("3", "5"):
        assert an_eval(*words, "--seed", seed, out=seed) == 0
        alone = {(row["agent"], row["env"], row["episode"]) for row in rows(folder / seed)}
        assert alone == {
            (row["agent"], row["env"], row["episode"]) for row in rows(folder / "both") if row["seed"] == int(seed)
        }
        summary = {(row["agent"], row["env"]): row["accuracy"] for row in table(folder / seed / "summary.csv")}
        of_seed = [row for row in table(folder / "both" / "seeds.csv") if row["seed"] == seed and row["env"] != "mean"]
        assert {(row["agent"], row["env"]): row["accuracy"] for row in of_seed} == summary
    for row in table(folder / "both" / "summary.csv"):
        parts = [
            float(one["accuracy"])
            for one in table(folder / "both" / "seeds.csv")
            if (one["agent"], one["env"]) == (row["agent"], row["env"])
        ]
        assert len(parts) == 2 and float(row["accuracy"]) == pytest.approx(sum(parts) / 2, abs=1e-5)
    assert "Accuracy by seed" in (folder / "both" / "report.html").read_text(encoding="utf-8")
    compared = table(folder / "both" / "comparisons.csv")
    (mean,) = [row for row in compared if row["env"] == "mean" and row["measure"] == "accuracy"]
    each = [float(row["difference"]) for row in compared if row["env"] != "mean" and row["measure"] == "accuracy"]
    assert float(mean["difference"]) == pytest.approx(sum(each) / 2, abs=1e-5) and mean["episodes"] == "24"


def test_runs_are_joined(folder, capsys):
    words = ["--env", SKETCH, "--episodes", "6", *SMALL]
    assert an_eval("--agent", "random", "--agent", "oracle", *words, out="plain") == 0
    assert an_eval("--agent", "random", *words, "--hint", out="hinted") == 0
    assert an_eval("--agent", "never-ask", *words, out="another") == 0
    capsys.readouterr()
    assert main(["report", "plain", "hinted", "another", "--out", "joint"]) == 0
    agents = {row["agent"] for row in table(folder / "joint" / "comparison.csv")}
    assert agents == {"random (plain)", "random (hinted)", "oracle", "never-ask"}
    assert len([row for row in table(folder / "joint" / "comparisons.csv") if row["measure"] == "accuracy"]) == 6
    assert "random (plain) – random (hinted)" in capsys.readouterr().out
    for more, message in ((["plain"], "plain is given twice"), (["nowhere"], "holds no run")):
        assert main(["report", "plain", *more, "--out", "new"]) == 1
        assert message in capsys.readouterr().err and not (folder / "new").exists()
    assert main(["report", "plain", "--out", "hinted"]) == 1
    assert "hinted holds a run of its own" in capsys.readouterr().err


def test_a_log_is_told_now_and_then_how_it_goes(folder, capsys, monkeypatch):
    monkeypatch.setattr(cli_showing._Rate, "EVERY", 0.0)
    assert an_eval("--agent", "oracle", "--env", SKETCH, "--episodes", "5", *SMALL) == 0
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 5 and lines[-1].startswith(f"5 of 5: oracle in {SKETCH}: 100 % right, ")
    assert lines[-1].endswith("/s")


# --- Filtering --------------------------------------------------------------------------------------------------------


def test_a_run_is_filtered_and_what_is_kept_is_played(folder, capsys):
    agents = ["--agent", "cli_agents:Sharp", "--agent", "cli_agents:Blunt", "--agent", "oracle"]
    assert an_eval(*agents, "--env", SKETCH, "--env", FRAMING, "--episodes", "12", *SMALL) == 0
    capsys.readouterr()
    assert main(["filter", "run", "--share", "0.3", "--out", "kept.tsv"]) == 0
    said = capsys.readouterr().out
    assert "needed" in said and "kept.tsv" in said
    hits = {}
    for row in rows(folder / "run"):
        key = (row["env"], row["episode"])
        hits[key] = hits.get(key, 0) + (len(row["replies"]) == 1 and row["outcome"] == "correct")
    kept = [tuple(line.split("\t")) for line in (folder / "kept.tsv").read_text(encoding="utf-8").splitlines()]
    assert kept == [key for key in hits if hits[key] < 1] and 0 < len(kept) < len(hits)
    env = kept[0][0]
    assert an_eval("--agent", "random", "--env", env, *SMALL, "--only", "kept.tsv", out="again") == 0
    assert [(row["env"], row["episode"]) for row in rows(folder / "again")] == [key for key in kept if key[0] == env]
    assert main(["filter", "run", "--share", "7", "--out", "kept.tsv"]) == 1
    assert "share is 7" in capsys.readouterr().err
    for more, message in ((["--episodes", "3"], "episodes is 3"), (["--seed", "1", "--seed", "2"], "seed is [1, 2]")):
        assert an_eval("--agent", "random", "--env", env, *SMALL, "--only", "kept.tsv", *more, out="no") == 1
        assert message in capsys.readouterr().err


# --- Judges -----------------------------------------------------------------------------------------------------------


def judging(verdict):
    """A server whose model answers turns with words, and judges as ``verdict`` says."""

    def reply(body, number):
        return completion(verdict(body) if body["messages"][0]["role"] == "system" else "It may be a harp.")

    return reply


def items(body):
    return body["messages"][1]["content"].split("List: ")[1].split("\n")[0].count("', '") + 1


def test_replies_are_judged_and_judged_anew_without_the_model(folder, server, capsys):
    server.reply = judging(lambda body: "Thinking.\n" + ",".join(["1"] + ["0"] * (items(body) - 1)))
    endpoint = ["--base-url", server.url]
    assert an_eval("--agent", "openai:m", *endpoint, *FREE, "--judge", "openai:j", "--judge-price", "1,1", out="a") == 0
    told = json.loads((folder / "a" / "timing.jsonl").read_text())
    assert told["requests"] == told["judge_requests"] == 4 and told["judge_cost"] == pytest.approx(48e-6)
    assert "judge cost 0.000048" in capsys.readouterr().out
    (summary,) = table(folder / "a" / "summary.csv")
    assert (summary["suggested"], summary["unreadable_verdicts"]) == ("1", "0")
    models = {body["model"] for body in server.bodies}
    assert models == {"m", "j"}
    server.bodies.clear()
    server.reply = judging(lambda body: "I am not sure.")
    command = ["--agent", "replay:a", *FREE, "--judge", "openai:other", "--judge-base-url", server.url]
    assert an_eval(*command, out="b") == 0  # an unreadable verdict is no failure …
    assert {body["model"] for body in server.bodies} == {"other"} and len(server.bodies) == 4
    (summary,) = table(folder / "b" / "summary.csv")  # … but told apart
    assert (summary["episodes"], summary["errors"], summary["unreadable_verdicts"]) == ("0", "0", "4")
    assert "no verdict" in capsys.readouterr().out
    page = (folder / "b" / "report.html").read_text(encoding="utf-8")
    assert "4 episodes ended with a reply on which the judge gave no readable verdict" in page and "nan" not in page
    assert an_eval(*command, out="b") == 0 and len(server.bodies) == 4, "it would say the same again"
    server.reply = judging(lambda body: ",".join(["0"] * items(body)))
    again = ["--agent", "replay:b", *FREE, "--judge", "openai:other", "--judge-base-url", server.url]
    assert an_eval(*again, out="c") == 0
    assert [row["replies"] for row in rows(folder / "c")] == [["It may be a harp."]] * 4
    assert {row["agent"] for row in rows(folder / "c")} == {"openai:m"}


OFFICIAL = ["--source", "proactivebench", "--data-dir", str(Path(__file__).parent / "parity"), "--split", "all"]


@pytest.mark.parametrize("turns", [["--single-turn"], []], ids=["single turn", "turn by turn"])
def test_official_rows_are_judged_by_the_published_lists(folder, server, turns):
    """Whatever comes first on the list is found in every reply."""
    server.reply = judging(lambda body: ",".join(["1"] + ["0"] * (items(body) - 1)))
    words = ["--agent", "openai:m", "--base-url", server.url, "--judge", "openai:j", "--reply", "open", *OFFICIAL]
    assert an_eval(*words, "--env", FRAMING, "--wording", "own", *turns) == 0
    lists = {
        body["messages"][1]["content"].split("List: ")[1].split("\n")[0]
        for body in server.bodies
        if body["messages"][0]["role"] == "system"
    }
    published = [each for each in lists if each.startswith("['Move the camera', 'Move farther from the object', ")]
    assert published and (len(published) < len(lists) or turns)
    (summary,) = table(folder / "run" / "summary.csv")
    assert (summary["suggested"], summary["either"], summary["unreadable_verdicts"]) == ("1", "1", "0")
    longest = max(len(row["replies"]) for row in rows(folder / "run"))
    assert longest == 1 if turns else longest > 1


def test_a_judge_that_fails_is_asked_again(folder, server, capsys):
    server.reply = judging(lambda body: ",".join(["0"] * items(body)))
    good = server.reply
    server.reply = lambda body, number: (500, b"Oh dear.") if number == 1 else good(body, number)
    words = ["--agent", "cli_agents:Talker", *FREE, "--judge", "openai:j", "--judge-base-url", server.url]
    assert an_eval(*words) == 1
    assert "could not be played and are not counted (JudgeError 1)" in capsys.readouterr().err
    assert an_eval(*words) == 0 and len(server.bodies) == 5


def test_without_a_judge_nothing_is_to_be_said_of_one(folder, capsys):
    assert an_eval("--agent", "random", "--env", SKETCH, "--judge-price", "1,2") == 1
    assert "--judge-price is given, but there is no --judge" in capsys.readouterr().err


# --- Caches and costs -------------------------------------------------------------------------------------------------


def test_replies_and_verdicts_are_kept_and_found_again(folder, server, capsys):
    server.reply = judging(lambda body: ",".join(["0"] * items(body)))
    words = ["--agent", "openai:m", "--base-url", server.url, *FREE, "--judge", "openai:j", "--cache", "replies"]
    assert an_eval(*words, "--price", "10,100", out="one") == 0
    said = capsys.readouterr().out
    assert "openai:m used in" in said and "cost 0.0012" in said  # 4 × (10 × 10 + 2 × 100) / 1e6
    asked = len(server.bodies)
    assert asked == 8
    server.reply = lambda body, number: 1 / 0
    assert an_eval(*words, out="two") == 0 and len(server.bodies) == asked
    assert (folder / "one" / "episodes.jsonl").read_bytes() == (folder / "two" / "episodes.jsonl").read_bytes()
    assert an_eval(*words, "--temperature", "0.5", out="three") == 1
    assert "temperature is 0.5, so that replies differ and cannot be kept" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        an_eval(*words, "--price", "much", out="three")
    assert "'much' is not two numbers with a comma between them" in capsys.readouterr().err
    assert an_eval(*words, "--price", "1,-1", out="three") == 1
    assert "price is (1.0, -1.0), but must be two numbers" in capsys.readouterr().err
    assert not (folder / "three").exists()


COSTLY = """
from proactive_gym.menu import Kind


class Costly:
    name = "costly"

    def __init__(self):
        self.usage = {"prompt_tokens": 0}

    def act(self, turns):
        self.usage["prompt_tokens"] += 7
        if self.usage["prompt_tokens"] == 21:
            raise KeyboardInterrupt
        return [turn.on_offer(Kind.ANSWER)[0] for turn in turns]
"""


def test_what_interrupted_sittings_used_is_not_forgotten(folder, capsys):
    (folder / "cli_agents.py").write_text(COSTLY)
    words = ["--agent", "cli_agents:Costly", "--env", SKETCH, "--episodes", "5", "--num-envs", "1", *SMALL]
    assert [an_eval(*words) for _ in range(3)] == [130, 130, 0]
    told = [json.loads(line) for line in (folder / "run" / "timing.jsonl").read_text().splitlines()]
    assert [(line["episodes"], line["prompt_tokens"]) for line in told] == [(2, 21), (2, 21), (1, 7)]
    assert "prompt tokens 49" in capsys.readouterr().out


# --- Where nothing can be had -----------------------------------------------------------------------------------------


NOWHERE = "http://127.0.0.1:9/v1"
HOPELESS = {
    "no server": (["--agent", "openai:m", "--base-url", NOWHERE], f"No server answers at {NOWHERE}; start it, or mend"),
    "no key": (
        ["--agent", "openai:m"],
        "https://api.openai.com/v1 asks for a key; set the environment",
    ),
    "no endpoint": (["--agent", "openai:m", "--base-url", "localhost:80"], "base_url is 'localhost:80'"),
    "no model named": (["--agent", "openai:"], "lacks its model"),
    "no judge there": (
        ["--agent", "cli_agents:Talker", "--reply", "open", "--judge", "openai:j", "--judge-base-url", NOWHERE],
        f"No server answers at {NOWHERE}",
    ),
    "a judge of menus": (["--judge", "openai:j", "--judge-base-url", NOWHERE], "it needs reply='open'"),
    "a scripted judge": (["--agent", "cli_agents:Talker", "--reply", "open", "--judge", "random"], "cannot judge"),
    "no such run": (["--agent", "replay:nowhere"], "nowhere holds no run"),
}


@pytest.mark.parametrize(("words", "message"), HOPELESS.values(), ids=HOPELESS)
def test_it_is_said_before_anyone_plays(folder, monkeypatch, capsys, words, message):
    """Even the agents that need no server."""
    pytest.importorskip("openai")
    monkeypatch.delenv(chat_api.KEY, raising=False)
    agent = [] if "--reply" in words else ["--agent", "random"]
    assert an_eval(*agent, *words, "--env", SKETCH, "--episodes", "2", *SMALL) == 1
    said = capsys.readouterr().err
    assert message in said and said.count("\n") == 1
    assert not (folder / "run" / "episodes.jsonl").exists()


def test_a_refused_key_is_said_before_anyone_plays(folder, server, monkeypatch, capsys):
    server.models = (401, error("Incorrect API key provided."))
    words = ["--agent", "random", "--agent", "openai:m", "--env", SKETCH, "--episodes", "2", *SMALL]
    assert an_eval(*words, "--base-url", server.url) == 1
    assert "refuses the key; set the environment variable OPENAI_API_KEY" in capsys.readouterr().err
    assert not (folder / "run" / "episodes.jsonl").exists() and not server.bodies
    # Once that is mended – here, another endpoint – the same folder serves.
    server.models = (401, error("You have insufficient permissions for this operation. Missing scopes: model.read"))
    assert an_eval(*words, "--base-url", server.url.replace("127.0.0.1", "localhost")) == 0


@pytest.mark.parametrize("models", [(404, b"no such page"), (500, b""), (200, b"<html>"), (200, b"{}")])
def test_a_server_without_a_list_of_models_may_be_fine(folder, server, models):
    server.models = models
    assert an_eval("--agent", "openai:m", "--base-url", server.url, "--env", SKETCH, "--episodes", "1", *SMALL) == 0
