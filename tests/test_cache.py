"""Replies that are kept: found by all that decides them, whole or not at all, whoever else writes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from proactive_gym import InputError, evaluate
from proactive_gym.agents import Failure, ModelOptions, Scored, Turn
from proactive_gym.agents.asking import Asking
from proactive_gym.agents.cache import LONGEST_ENTRY, Cached
from proactive_gym.judging import Speaker
from proactive_gym.menu import Kind

OPTIONS = ("a teapot", "a kettle", "I do not know", "Please move it")
KINDS = (Kind.ANSWER, Kind.ANSWER, Kind.ABSTENTION, Kind.INTERVENTION)


class Model:
    """Says its lines, one after the other, and counts how often it is asked."""

    name = "model"

    def __init__(self, say=None, **configuration):
        self.say = say or (lambda number: f"reply {number}")
        self.configuration = {"weights": "w1", **configuration}
        self.asked = []

    def act(self, turns):
        self.asked += turns
        first = len(self.asked) - len(turns)
        return [self.say(first + place) for place in range(len(turns))]

    complete = act


def a_turn(number=0, **changes):
    picture = np.full((2, 6, 3), number, np.uint8)
    return replace(Turn(picture, "What?", OPTIONS, np.ones(4, np.int8), "What?", "e", 0, KINDS), **changes)


def text(*words):
    return [{"role": "user", "content": [{"type": "text", "text": word} for word in words]}]


def entries(folder):
    return sorted(folder.glob("??/*.json"))


def test_what_was_asked_is_not_asked_again(tmp_path):
    turns = [a_turn(number) for number in range(4)]
    model = Model()
    cached = Cached(model, tmp_path, ModelOptions())
    assert cached.act(turns[:2]) == ["reply 0", "reply 1"]
    assert cached.act([turns[3], turns[1], turns[2], turns[0], turns[3]]) == [
        *("reply 2", "reply 1", "reply 3", "reply 0", "reply 2")
    ]
    assert [int(turn.image.flat[0]) for turn in model.asked] == [0, 1, 3, 2]
    silent = Model(say=lambda number: 1 / 0)
    again = Cached(silent, tmp_path, ModelOptions())
    assert again.act(turns) == ["reply 0", "reply 1", "reply 3", "reply 2"] and not silent.asked
    assert again.act([]) == [] and again.usage == {"cached": 4}
    assert (again.name, again.configuration) == ("model", model.configuration)


@pytest.mark.parametrize("reply", [0, np.int64(3), "B", "", "ä\0\ud800\n", Scored(1, (0.1, 0.5, 0.4, 0.0))])
def test_every_kind_of_reply_is_kept(tmp_path, reply):
    Cached(Model(lambda number: reply), tmp_path, ModelOptions()).act([a_turn()])
    model = Model()
    (found,) = Cached(model, tmp_path, ModelOptions()).act([a_turn()])
    assert found == reply and not model.asked
    assert isinstance(found, Scored) == isinstance(reply, Scored) and not isinstance(found, np.integer)


def test_failures_are_not_kept(tmp_path):
    model = Model(lambda number: Failure("TimeoutError: gone") if number == 1 else "B")
    cached = Cached(model, tmp_path, ModelOptions())
    turns = [a_turn(number) for number in range(3)]
    assert cached.act(turns) == ["B", Failure("TimeoutError: gone"), "B"]
    assert cached.act(turns) == ["B", "B", "B"] and len(model.asked) == 4


EARLIER = ((a_turn(9), "Hm."),)
OTHER_TURNS = {
    "picture": a_turn(1),
    "one pixel": a_turn(image=np.pad(np.zeros((1, 1, 3), np.uint8), ((0, 1), (0, 5), (0, 0)), constant_values=1)),
    "shape": a_turn(image=np.zeros((3, 4, 3), np.uint8)),
    "words": a_turn(dialogue="Who?"),
    "options": a_turn(options=(*OPTIONS[:3], "Please turn it")),
    "mask": a_turn(action_mask=np.array([1, 1, 1, 0], np.int8)),
    "kinds": a_turn(kinds=(Kind.ANSWER,) * 4),
    "history": a_turn(history=EARLIER),
    "what was said": a_turn(history=((a_turn(9), "So."),)),
    "earlier picture": a_turn(history=((a_turn(8), "Hm."),)),
    "example": a_turn(examples=(EARLIER, EARLIER)),
}


def test_all_that_decides_a_reply_tells_it_apart(tmp_path):
    options = ModelOptions(asking=Asking(history="images"))
    model = Model()
    cached = Cached(model, tmp_path, options)
    different = [a_turn(), *OTHER_TURNS.values()]
    cached.act(different)
    assert len(model.asked) == len(different) == len(entries(tmp_path))
    for asking in (Asking(system="Look."), Asking(thought=True), Asking(tools=True)):
        Cached(model, tmp_path, ModelOptions(asking=asking)).act([a_turn()])
    Cached(model, tmp_path, ModelOptions(max_new_tokens=5)).act([a_turn()])
    Cached(Model(weights="w2"), tmp_path, options).act([a_turn()])
    assert len(entries(tmp_path)) == len(different) + 5


def test_a_first_turn_is_the_same_whatever_the_history_would_be(tmp_path):
    model = Model()
    for history in ("none", "text", "images"):
        model.configuration = {"weights": "w1", "history": history}
        Cached(model, tmp_path, ModelOptions(asking=Asking(history=history))).act([a_turn()])
    assert len(model.asked) == 1


def test_names_and_numbers_decide_nothing(tmp_path):
    model = Model()
    cached = Cached(model, tmp_path, ModelOptions(timeout=3, concurrency=2, cache=str(tmp_path)))
    cached.act([a_turn()])
    flipped = np.zeros((2, 3, 6), np.uint8).transpose(0, 2, 1)  # the same picture, otherwise laid out in memory
    Cached(model, tmp_path, ModelOptions()).act([replace(a_turn(), episode="f", number=3), a_turn(image=flipped)])
    assert len(model.asked) == 1


def test_the_same_twice_in_a_batch_is_asked_once(tmp_path):
    model = Model()
    assert Cached(model, tmp_path, ModelOptions()).act([a_turn()] * 3) == ["reply 0"] * 3
    assert len(model.asked) == 1


def test_conversations_are_kept_too(tmp_path):
    model = Model(lambda number: Failure("no") if number == 1 else f"{number}")
    cached = Cached(model, tmp_path, ModelOptions())
    assert isinstance(cached, Speaker)
    assert cached.complete([text("a"), text("b"), text("a")]) == ["0", Failure("no"), "0"]
    assert cached.complete([text("b"), text("a"), text("a", "b")]) == ["2", "0", "3"]


def test_sampled_replies_cannot_be_kept(tmp_path):
    with pytest.raises(
        InputError, match=r"temperature is 0\.7, so that replies differ .*; set it to 0 or leave the cache"
    ):
        Cached(Model(), tmp_path / "new", ModelOptions(temperature=0.7))
    assert not (tmp_path / "new").exists()


# --- The files --------------------------------------------------------------------------------------------------------


def resealed(file, reply):
    """An entry that another program might have written: whole, but with an impossible reply."""
    from proactive_gym.agents.cache import _digest

    return json.dumps({"reply": reply, "check": _digest([file.stem, reply])}).encode()


DAMAGES = {
    "empty": lambda file: b"",
    "torn": lambda file: file.read_bytes()[:-3],
    "other words": lambda file: file.read_bytes().replace(b"reply 0", b"reply 9"),
    "no JSON": lambda file: b"\xff\0",
    "a list": lambda file: b"[1]",
    "a number": lambda file: b"7",
    "deep": lambda file: b"[" * 100_000,
    "no check": lambda file: b'{"reply": "A"}',
    "long": lambda file: file.read_bytes() + b" " * LONGEST_ENTRY,
    "no such option": lambda file: resealed(file, 4),
    "a negative number": lambda file: resealed(file, -1),
    "a truth value": lambda file: resealed(file, True),
    "nothing": lambda file: resealed(file, None),
    "a fraction": lambda file: resealed(file, 0.5),
    "confidences of another menu": lambda file: resealed(file, [0, [1.0]]),
    "no confidences": lambda file: resealed(file, [0, 1]),
    "a choice not on offer": lambda file: resealed(file, [7, [0, 0, 0, 0]]),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_damaged_is_replaced(tmp_path, damage):
    Cached(Model(), tmp_path, ModelOptions()).act([a_turn()])
    (file,) = entries(tmp_path)
    good = file.read_bytes()
    file.write_bytes(DAMAGES[damage](file))
    model = Model()
    assert Cached(model, tmp_path, ModelOptions()).act([a_turn()]) == ["reply 0"]
    assert len(model.asked) == 1 and file.read_bytes() == good


def test_a_reply_under_anothers_name_is_not_taken(tmp_path):
    cached = Cached(Model(), tmp_path, ModelOptions())
    cached.act([a_turn(0), a_turn(1)])
    one, other = entries(tmp_path)
    other.write_bytes(one.read_bytes())
    model = Model(lambda number: "asked anew")
    assert "asked anew" in Cached(model, tmp_path, ModelOptions()).act([a_turn(0), a_turn(1)])


def test_what_is_too_long_is_not_kept(tmp_path):
    model = Model(lambda number: "x" * LONGEST_ENTRY)
    cached = Cached(model, tmp_path, ModelOptions())
    assert cached.act([a_turn()]) == cached.act([a_turn()]) and len(model.asked) == 2


@pytest.mark.parametrize("mark", [b'{"proactive-gym": "replies", "version": 2}', b"", b"\xff", b"[" * 100_000])
def test_another_format_is_refused(tmp_path, mark):
    (tmp_path / "format.json").write_bytes(mark)
    with pytest.raises(
        InputError, match=r"The cache .* is in another format than version 1, .*; choose another folder\."
    ):
        Cached(Model(), tmp_path, ModelOptions())


def test_a_folder_that_is_none(tmp_path):
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(InputError, match=r"The cache .*file.* cannot be used: "):
            Cached(Model(), folder, ModelOptions())


def test_a_full_disk_is_said_in_a_sentence(tmp_path, monkeypatch):
    cached = Cached(Model(), tmp_path, ModelOptions())

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(InputError, match=r"\.json cannot be written: No space left on device\."):
        cached.act([a_turn()])
    assert not [*tmp_path.rglob("*.part")]


WRITER = """
import sys
sys.path.insert(0, {tests!r})
from test_cache import Cached, Model, ModelOptions, a_turn
while True:
    cached = Cached(Model(lambda number: "x" * 20_000), {folder!r}, ModelOptions(max_new_tokens=int(sys.argv[1])))
    for number in range(200):
        cached.act([a_turn(number % 50)])
    print("round", flush=True)
    for file in cached.folder.glob("??/*.json"):
        file.unlink(missing_ok=True)
"""


def test_two_processes_that_are_killed(tmp_path):
    script = WRITER.format(tests=os.path.dirname(__file__), folder=str(tmp_path))
    for _ in range(2):
        writers = [subprocess.Popen([sys.executable, "-c", script, "5"], stdout=subprocess.PIPE) for _ in range(2)]
        try:
            for writer in writers:
                assert writer.stdout.readline() == b"round\n"
            time.sleep(0.2)
        finally:
            for writer in writers:
                writer.send_signal(signal.SIGKILL)
                writer.wait()
                writer.stdout.close()
        model = Model(lambda number: "x" * 20_000)
        cached = Cached(model, tmp_path, ModelOptions(max_new_tokens=5))
        assert cached.act([a_turn(number) for number in range(50)]) == ["x" * 20_000] * 50
        assert all(json.loads(file.read_bytes())["reply"] for file in entries(tmp_path))
        assert cached.act([a_turn(number) for number in range(50)]) and len(model.asked) <= 50


def test_a_run_of_kept_replies(tmp_path):
    plan = {"envs": "ProactiveSketch-v0", "episodes": 5, "image_size": 64}
    options = ModelOptions(cache=str(tmp_path))
    first = Model(lambda number: "ABCDE"[number % 5])
    played = evaluate(Cached(first, tmp_path, options), **plan)
    silent = Model(lambda number: 1 / 0)
    again = evaluate(Cached(silent, tmp_path, options), out=tmp_path / "run", **plan)
    assert again.rows == played.rows and not silent.asked
    (told,) = [json.loads(line) for line in (tmp_path / "run" / "timing.jsonl").read_text().splitlines()]
    assert told["cached"] == len(first.asked)
