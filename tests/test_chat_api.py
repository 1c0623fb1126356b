"""The agent behind a chat API, against a server of the tests that misbehaves in all ways."""

from __future__ import annotations

import base64
import io
import json
import os
import signal
import socket
import sys
import threading
import time
import warnings

import numpy as np
import pytest
from chat_server import Server, a_call, completion, error
from PIL import Image

from proactive_gym import InputError, evaluate
from proactive_gym.agents import Failure, ModelOptions, Turn, chat_api, make_agent
from proactive_gym.agents.asking import Asking
from proactive_gym.agents.pace import Pace, at_once
from proactive_gym.judging import Speaker
from proactive_gym.menu import Kind

SECRET = "sk-Very_Secret-0123456789"
OPTIONS = ("a teapot", "a kettle", "I do not know", "Please move it left", "Please move it right")
KINDS = (Kind.ANSWER, Kind.ANSWER, Kind.ABSTENTION, Kind.INTERVENTION, Kind.INTERVENTION)


def a_turn(number=0, options=OPTIONS, history=(), side=8):
    pixels = np.random.default_rng(number).integers(0, 256, (side, side + 1, 3), dtype=np.uint8)
    mask = np.ones(len(options), np.int8)
    words = f"<{number}> What is this?"
    return Turn(pixels, words, options, mask, words, f"e{number}", len(history), KINDS[: len(options)], history)


@pytest.fixture
def server(monkeypatch):
    pytest.importorskip("openai")
    monkeypatch.setattr(chat_api, "RETRIES", 1)
    monkeypatch.delenv(chat_api.KEY, raising=False)
    made = Server()
    yield made
    made.http.shutdown()
    made.http.server_close()


def agent_of(server, asking=None, **options):
    return chat_api.from_name("m", ModelOptions(asking=asking or Asking(), base_url=server.url, **options))


def number_of(body):
    """Which turn it is, from the words of its last message."""
    content = body["messages"][-1]["content"]
    words = content if isinstance(content, str) else content[-1]["text"]
    return int(words.split(">")[0][1:])


def pictures_of(body):
    blocks = [
        block for message in body["messages"] if isinstance(message["content"], list) for block in message["content"]
    ]
    urls = [block["image_url"]["url"] for block in blocks if block["type"] == "image_url"]
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(url.partition("base64,")[2])))) for url in urls]


# --- What is asked ----------------------------------------------------------------------------------------------------


def test_replies_come_in_order_and_pictures_to_the_bit(server):
    def reply(body, number):
        time.sleep(0.02 * (number % 3))
        return completion(f"It is {number_of(body)}.")

    server.reply = reply
    agent = agent_of(server, concurrency=4, max_new_tokens=7, seed=5)
    turns = [a_turn(number, side=8 + number) for number in range(20)]
    assert agent.act(turns) == [f"It is {number}." for number in range(20)]
    assert 2 <= server.most <= 4
    assert agent.act([]) == []
    for body in server.bodies:
        assert (body["model"], body["temperature"], body["max_tokens"], body["seed"]) == ("m", 0, 7, 5)
        assert "tools" not in body and "max_completion_tokens" not in body
        (picture,) = pictures_of(body)
        assert np.array_equal(picture, turns[number_of(body)].image)
    assert agent.usage == {
        **{"requests": 20, "retries": 0, "failures": 0},
        **{"prompt_tokens": 200, "completion_tokens": 40},
    }
    assert {*server.keys} == {"Bearer no-key-needed"} and {*server.paths} == {"/v1/chat/completions"}


def test_history_examples_and_system(server):
    first = a_turn(1)
    turn = a_turn(2, history=((first, 3), (a_turn(3), "Hm.")))
    agent_of(server, Asking(history="images", history_images=1, system="Be brief.")).act([turn])
    (body,) = server.bodies
    roles = [message["role"] for message in body["messages"]]
    assert roles == ["system", "user", "assistant", "user", "assistant", "user"]
    assert body["messages"][0]["content"] == "Be brief." and body["messages"][1]["content"] == first.dialogue
    assert body["messages"][2]["content"] == "D. Please move it left" and body["messages"][4]["content"] == "Hm."
    assert [picture.tobytes() for picture in pictures_of(body)] == [a_turn(3).image.tobytes(), turn.image.tobytes()]


def test_length_depends_on_what_is_asked_for(server):
    agent = agent_of(server)
    agent.act([a_turn(0)])
    agent.act([a_turn(0, options=())])
    assert [body["max_tokens"] for body in server.bodies] == [50, 1024]


def test_a_model_may_think_aloud(server):
    server.reply = lambda body, number: completion("A spout, so:\n\nAnswer: B")
    assert agent_of(server, Asking(thought=True)).act([a_turn()]) == ["B"]
    assert "step by step" in server.bodies[0]["messages"][-1]["content"][-1]["text"]
    assert server.bodies[0]["max_tokens"] == 1024


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        (a_call("request_3_please_move_it_left", "{}"), 3),
        (a_call("request_3_please_move_it_left", ""), 3),
        (a_call("abstain", "{}"), 2),
        (a_call("answer", '{"choice": "a kettle"}'), "a kettle"),
        (a_call("answer", {"choice": "a kettle"}), "a kettle"),
        (a_call("answer", '{"choice": "a ket'), 'answer({"choice": "a ket)'),
        (a_call("answer", "[1]"), "answer([1])"),
        (a_call("answer", "[" * 200_000), "answer(" + "[" * (chat_api.LONGEST_REPLY - 7)),
        (a_call("dance", "{}"), "dance({})"),
        (a_call(None, None), "None({})"),
        (completion("", tool_calls="none"), ""),
        (completion("", tool_calls=[None]), "({})"),
        (completion("C"), "C"),
    ],
)
def test_tools(server, said, reply):
    server.reply = lambda body, number: said
    assert agent_of(server, Asking(tools=True)).act([a_turn()]) == [reply]
    names = [tool["function"]["name"] for tool in server.bodies[0]["tools"]]
    assert names == ["request_3_please_move_it_left", "request_4_please_move_it_right", "answer", "abstain"]


def test_without_options_there_are_no_tools(server):
    agent_of(server, Asking(tools=True)).act([a_turn(options=())])
    assert "tools" not in server.bodies[0]


def test_it_can_judge(server):
    server.reply = lambda body, number: completion("1,0")
    agent = agent_of(server)
    assert isinstance(agent, Speaker)
    asked = [{"role": "system", "content": [{"type": "text", "text": "You judge."}]}]
    assert agent.complete([asked, asked]) == ["1,0", "1,0"]
    assert server.bodies[0]["messages"] == [{"role": "system", "content": "You judge."}]
    server.reply = lambda body, number: (500, {})
    assert agent.complete([asked])[0].error.startswith("InternalServerError")


# --- What comes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        (completion(""), ""),
        (completion(None), ""),
        (completion("The answer is", "length"), "The answer is"),
        (completion(None, refusal="I'm sorry, no."), "I'm sorry, no."),
        (completion("", "content_filter"), ""),
        (completion([{"type": "thinking", "thinking": []}, {"type": "text", "text": "B"}]), "B"),
        (completion("B" * 3_000_000), "B" * chat_api.LONGEST_REPLY),
        (completion("\ud800 \0 B"), "\ud800 \0 B"),
        (completion(7), "7"),
        ((400, error("The prompt was filtered.", code="content_filter")), ""),
    ],
)
def test_every_reply_is_one(server, said, reply):
    server.reply = lambda body, number: said
    agent = agent_of(server)
    assert agent.act([a_turn()]) == [reply]
    assert agent.usage["failures"] == 0


@pytest.mark.parametrize(
    ("said", "failure"),
    [
        (None, "APIConnectionError"),
        ((500, b"Oh dear."), "InternalServerError"),
        ((400, error("Too long.")), "BadRequestError"),
        ((200, b""), "MalformedReply|JSONDecodeError"),
        ((200, b"{'no': json"), "JSONDecodeError"),
        ((200, b"[" * 200_000), "RecursionError|JSONDecodeError"),
        ((200, b"<html>Welcome!</html>", {"Content-Type": "text/html"}), "MalformedReply"),
        ((200, b"\xff\xfe", {"Content-Type": "application/json"}), "UnicodeDecodeError|JSONDecodeError"),
        ((200, completion(), {"Content-Length": 10_000}), "APIConnectionError|APITimeoutError"),
        ({}, "MalformedReply"),
        ([], "MalformedReply"),
        ({"choices": []}, "MalformedReply"),
        ({"choices": None}, "MalformedReply"),
        ({"choices": {"a": 1}}, "MalformedReply"),
        ({"choices": "abc"}, "MalformedReply"),
        ({"choices": [{"text": "B"}]}, "MalformedReply"),
        ({"choices": [{"message": "B"}]}, "MalformedReply"),
    ],
)
def test_faults_are_failures_of_their_turn_alone(server, said, failure):
    server.reply = lambda body, number: said if number_of(body) == 1 else completion("C")
    agent = agent_of(server, timeout=0.4)
    replies = agent.act([a_turn(number) for number in range(3)])
    assert replies[0] == replies[2] == "C"
    assert isinstance(replies[1], Failure) and replies[1].error.split(":")[0] in failure.split("|")
    assert agent.usage["failures"] == 1 and agent.usage["requests"] == 3
    # … and so they are where it is the first thing that comes.
    assert isinstance(agent_of(server, timeout=0.4).act([a_turn(1)])[0], Failure)


def test_a_slow_server(server):
    server.reply = lambda body, number: time.sleep(0.6 if number_of(body) == 1 else 0) or completion("C")
    replies = agent_of(server, timeout=0.2).act([a_turn(number) for number in range(3)])
    assert replies[::2] == ["C", "C"] and replies[1].error.startswith("APITimeoutError: ")


def test_complaints_hold_neither_key_nor_picture(server, monkeypatch):
    monkeypatch.setenv(chat_api.KEY, SECRET)

    def reply(body, number):
        if number_of(body) == 0:
            return completion()
        return 400, error(f"Bad key {SECRET} and request {json.dumps(body)} " + "and so on " * 10_000)

    server.reply = reply
    agent = agent_of(server)
    turns = [a_turn(0), a_turn(1, side=100)]
    told = agent.act(turns)[1].error
    assert {*server.keys} == {f"Bearer {SECRET}"}
    assert told.startswith("BadRequestError: ") and len(told) <= 300
    picture = base64.b64encode(turns[1].image.tobytes()).decode()
    assert SECRET not in told and "iVBORw0KGgo" not in told and picture[:40] not in told
    assert SECRET not in repr(agent) + str(vars(agent)["name"]) + json.dumps(agent.configuration)


# --- Limits of the endpoint -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{"Retry-After": "0.3"}, {"retry-after-ms": "300"}])
def test_it_waits_as_long_as_it_is_told(server, headers):
    begun = []

    def reply(body, number):
        begun.append(time.monotonic())
        return (429, error("Slow down."), headers) if number == 1 else completion()

    server.reply = reply
    agent = agent_of(server, concurrency=1)
    assert agent.act([a_turn(number) for number in range(3)]) == ["B"] * 3
    assert begun[2] - begun[1] >= 0.29
    assert agent.usage["retries"] == 1 and agent.usage["requests"] == 3


def test_it_asks_for_less_where_the_rate_is_limited(server, monkeypatch):
    monkeypatch.setattr(chat_api, "RETRIES", 5)

    def reply(body, number):
        if server.running > 2:
            return 429, error("Slow down."), {"retry-after-ms": "20"}
        time.sleep(0.02)
        return completion(str(number_of(body)))

    server.reply = reply
    agent = agent_of(server, concurrency=16)
    replies = agent.act([a_turn(number) for number in range(40)])
    assert replies == [str(number) for number in range(40)]
    assert agent._pace.limit < 16 and agent.usage["retries"] < 60


def test_a_limit_that_stays_is_a_failure_of_its_turn(server):
    server.reply = lambda body, number: (429, error("No more today.")) if number_of(body) == 1 else completion()
    replies = agent_of(server).act([a_turn(number) for number in range(3)])
    assert replies[0] == replies[2] == "B"
    assert replies[1].error.startswith("RateLimitError: ") and "No more today" in replies[1].error


def test_pace():
    pace = Pace(8)
    pace.slow_down(0)
    pace.slow_down(0)  # sent before it was known
    assert pace.limit == 4
    for _ in range(4):
        pace.slow_down(pace.round)
    assert pace.limit == 1
    pace.speed_up()
    assert pace.limit == 2
    for _ in range(100):
        pace.speed_up()
    assert pace.limit == 8
    pace.slow_down(pace.round, 0.1)
    began = time.monotonic()
    assert at_once(lambda item: item * 2, [1, 2, 3], pace) == [2, 4, 6]
    assert time.monotonic() - began >= 0.09


def test_pace_hands_errors_on():
    def work(item):
        if item == 2:
            raise IndexError("of the work")
        return item

    with pytest.raises(IndexError, match="of the work"):
        at_once(work, range(5), Pace(2))


# --- Parameters that are refused --------------------------------------------------------------------------------------

_NO_MAX = error(
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    param="max_tokens",
    code="unsupported_parameter",
)
_NO_TEMPERATURE = error(
    "Unsupported value: 'temperature' does not support 0.0 with this model.",
    param="temperature",
    code="unsupported_value",
)


def refusing(*refusals):
    """Refuses what is sent under these names, one after the other."""

    def reply(body, number):
        return next(((status, told) for name, status, told in refusals if name in body), completion("C"))

    return reply


def test_a_refused_length_goes_by_its_other_name(server):
    server.reply = refusing(("max_tokens", 400, _NO_MAX))
    agent = agent_of(server, concurrency=2)
    assert agent.act([a_turn(number) for number in range(5)]) == ["C"] * 5
    assert len(server.bodies) == 6 and server.bodies[-1]["max_completion_tokens"] == 50
    assert agent.usage["failures"] == 0


def test_a_refused_seed_and_temperature_are_left_out(server):
    extra = {"detail": [{"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]}
    server.reply = refusing(("seed", 422, extra), ("temperature", 400, _NO_TEMPERATURE))
    agent = agent_of(server)
    with pytest.warns(UserWarning, match="openai:m takes no temperature"):
        assert agent.act([a_turn()]) == ["C"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert agent.act([a_turn()]) == ["C"]
    assert "seed" not in server.bodies[-1] and "temperature" not in server.bodies[-1] and len(server.bodies) == 4


def test_what_is_refused_for_its_value_is_a_failure(server):
    server.reply = lambda body, number: (
        (400, error("'max_tokens' or 'max_completion_tokens' is too large: 50.")) if number else completion()
    )
    assert agent_of(server).act([a_turn(0), a_turn(1)])[1].error.startswith("BadRequestError")
    assert len(server.bodies) == 2
    server.reply = lambda body, number: (400, error("Unknown: 'max_tokens' and 'max_completion_tokens'."))
    assert agent_of(server).act([a_turn(1)])[0].error.startswith("BadRequestError")


def test_replies_are_not_kept_where_temperature_is_refused(server, tmp_path):
    server.reply = refusing(("temperature", 400, _NO_TEMPERATURE))
    with pytest.raises(InputError, match=r"openai:m takes no temperature, .* leave cache out\."):
        agent_of(server, cache=str(tmp_path)).act([a_turn()])


# --- Where nothing can be had -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((401, error(f"Incorrect API key provided: {SECRET}")), "refuses the key; set the environment variable OPENAI"),
        ((403, error("Country not supported.")), "refuses the key"),
        ((404, error("The model `m` does not exist.", code="model_not_found")), "There is no model 'm' at http://127"),
        ((404, b"not found"), "look at its name and at base_url"),
        ((400, error("invalid model ID", code="model_not_found")), "There is no model 'm'"),
        ((429, error("You exceeded your current quota.", code="insufficient_quota")), "The quota at http://127"),
    ],
)
def test_what_is_hopeless_is_said_at_once(server, monkeypatch, answer, told):
    monkeypatch.setenv(chat_api.KEY, SECRET)
    server.reply = lambda body, number: answer
    with pytest.raises(InputError, match=told) as raised:
        agent_of(server).act([a_turn(number) for number in range(9)])
    assert SECRET not in str(raised.value) and raised.value.__cause__ is None and len(server.bodies) <= 2
    assert "\n" not in str(raised.value) and str(raised.value).endswith(".")


def test_later_it_is_a_failure_of_one_turn(server):
    server.reply = lambda body, number: (404, error("Lost.")) if number == 2 else completion()
    agent = agent_of(server, concurrency=1)
    assert [type(reply) for reply in agent.act([a_turn(number) for number in range(4)])] == [str, str, Failure, str]


def test_no_server(server):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    with pytest.raises(
        InputError, match=r"No server answers at http://127\.0\.0\.1:\d+/v1; start it, or mend base_url"
    ):
        chat_api.from_name("m", ModelOptions(base_url=url)).act([a_turn()])


@pytest.mark.parametrize(
    "url",
    [
        *(
            "ftp://host/v1",
            "host/v1",
            "localhost:8000",
            "http://",
            "",
            "http://host:x/v1",
            "http://[::1/v1",
            "file:///v1",
        ),
        *("http://host/v1?key=hidden", "http://host/v1#hidden", "https://me:hidden@host/v1", "ftp://hidden@host"),
    ],
)
def test_endpoints_that_are_none(url, monkeypatch):
    monkeypatch.setenv(chat_api.KEY, SECRET)
    if url:
        with pytest.raises(InputError, match="base_url") as raised:
            chat_api.ChatAgent("m", ModelOptions(base_url=url))
        assert "hidden" not in str(raised.value)


def test_keys(server, monkeypatch):
    with pytest.raises(InputError, match=r"https://api\.openai\.com/v1 asks for a key; set .* OPENAI_API_KEY\."):
        make_agent("openai:gpt-x")
    for url in ("http://localhost:1/v1", "http://127.9.9.9/v1", "https://[::1]:1/v1/"):
        chat_api.ChatAgent("m", ModelOptions(base_url=url))
    monkeypatch.setenv(chat_api.KEY, f" {SECRET}\n")
    agent = make_agent("openai:org/gpt-x:free", ModelOptions(timeout=3, temperature=0.5))
    client = f"openai {sys.modules['openai'].__version__}"
    assert agent.name == "openai:org/gpt-x:free" and SECRET not in repr(agent)
    assert agent.configuration == {
        **{"model": "org/gpt-x:free", "endpoint": "https://api.openai.com/v1", "client": client, "temperature": 0.5}
    }
    for key in ("sk-a\nb", "sk-ä", "sk a"):
        monkeypatch.setenv(chat_api.KEY, key)
        with pytest.raises(InputError, match="OPENAI_API_KEY holds characters") as raised:
            make_agent("openai:gpt-x")
        assert key not in str(raised.value)


def test_without_the_client(monkeypatch):
    monkeypatch.setitem(sys.modules, "openai", None)
    with pytest.raises(InputError, match=r"pip install 'proactive-gym\[openai\]'"):
        make_agent("openai:gpt-x")


# --- Whole runs -------------------------------------------------------------------------------------------------------


def test_a_run_goes_on_after_failures_and_holds_no_key(server, monkeypatch, tmp_path):
    monkeypatch.setenv(chat_api.KEY, SECRET)
    server.reply = lambda body, number: (429, error(f"{SECRET}: no.")) if number in (3, 4) else completion("A")
    plan = {"envs": "ProactiveSketch-v0", "episodes": 4, "image_size": 64, "out": tmp_path / "run"}
    first = evaluate("openai:m", options=ModelOptions(base_url=server.url, concurrency=1), **plan)
    assert [row["error"][:15] for row in first.errors] == ["RateLimitError:"]
    told = json.loads((tmp_path / "run" / "timing.jsonl").read_text())
    assert told["failures"] == 1 and told["requests"] >= 4 and told["retries"] == 1
    again = evaluate("openai:m", options=ModelOptions(base_url=server.url, concurrency=2), **plan)
    assert not again.errors and len(again.rows) == 4
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert len(files) >= 4 and not any(SECRET.encode() in file.read_bytes() for file in files)


@pytest.mark.parametrize("turns", [1, 6])
def test_an_interrupt_need_not_wait(server, turns):
    server.reply = lambda body, number: time.sleep(3) or completion()
    agent = agent_of(server)
    agent._answered = turns > 1
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        agent.act([a_turn(number) for number in range(turns)])
    timer.join()
    assert time.monotonic() - began < 2
    server.reply = lambda body, number: completion()
    assert agent.act([a_turn()]) == ["B"]
