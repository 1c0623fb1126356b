"""How a turn is put to a language model, how what it says is taken, and what can be set about it."""

from __future__ import annotations

import re
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proactive_gym import InputError, rollouts
from proactive_gym.agents import ModelOptions, Turn, scripted
from proactive_gym.agents.asking import THINK, Asking, called, final, messages, pictures, spoken, tools
from proactive_gym.menu import Kind, lettered
from proactive_gym.reading import read

OPTIONS = ("a teapot", "a kettle", "I do not know", "Please move it left", "Please move it right")
KINDS = (Kind.ANSWER, Kind.ANSWER, Kind.ABSTENTION, Kind.INTERVENTION, Kind.INTERVENTION)


def a_turn(number=0, mask=(1, 1, 1, 1, 1), history=(), examples=()):
    picture = np.full((4, 5, 3), number, np.uint8)
    offered = np.array(mask, np.int8)
    menu = lettered(OPTIONS, map(bool, mask))
    words = f"What is this ({number})?\n{menu}"
    return Turn(picture, words, OPTIONS, offered, words, "e", number, KINDS, history, examples)


PAST = tuple([(a_turn(number), reply) for number, reply in enumerate((3, "Hm.", 4))])


def told(conversation):
    """Roles, pictures as their first value, and words."""
    return [(message["role"], list(map(_content, message["content"]))) for message in conversation]


def _content(block):
    return int(block["image"].flat[0]) if "image" in block else block["text"]


def shown(conversation):
    return [int(picture.flat[0]) for picture in pictures(conversation)]


# --- Messages ---------------------------------------------------------------------------------------------------------


def test_a_turn_alone():
    turn = a_turn(7, history=PAST)
    assert told(messages(turn, Asking())) == [("user", [7, turn.dialogue])]
    (picture,) = pictures(messages(turn, Asking()))
    assert picture is turn.image


def test_earlier_turns_in_words():
    turn = a_turn(7, history=PAST)
    assert told(messages(turn, Asking(history="text"))) == [
        ("user", [PAST[0][0].dialogue]),
        ("assistant", ["D. Please move it left"]),
        ("user", [PAST[1][0].dialogue]),
        ("assistant", ["Hm."]),
        ("user", [PAST[2][0].dialogue]),
        ("assistant", ["E. Please move it right"]),
        ("user", [7, turn.dialogue]),
    ]


@pytest.mark.parametrize(
    ("limits", "images", "count"),
    [
        ({}, [0, 1, 2, 7], 7),
        ({"history_images": 2}, [1, 2, 7], 7),
        ({"history_images": 0}, [7], 7),
        ({"history_turns": 2}, [1, 2, 7], 5),
        ({"history_turns": 2, "history_images": 1}, [2, 7], 5),
        ({"history_turns": 0}, [7], 1),
        ({"history_turns": 99, "history_images": 99}, [0, 1, 2, 7], 7),
    ],
)
def test_earlier_pictures_and_limits(limits, images, count):
    conversation = messages(a_turn(7, history=PAST), Asking(history="images", **limits))
    assert shown(conversation) == images and len(conversation) == count


def test_without_earlier_turns_all_histories_are_the_same():
    asked = [told(messages(a_turn(7), Asking(history=history))) for history in ("none", "text", "images")]
    assert asked[0] == asked[1] == asked[2]


def test_examples_come_first_with_their_pictures_whatever_the_history():
    examples = (((a_turn(20), 3), (a_turn(21), 0)), ((a_turn(30), 1),))
    turn = a_turn(7, history=PAST, examples=examples)
    conversation = messages(turn, Asking(history="text", system="Look closely.", history_turns=1))
    assert told(conversation[:2]) == [("system", ["Look closely."]), ("user", [20, examples[0][0][0].dialogue])]
    assert [message["role"] for message in conversation] == ["system", *["user", "assistant"] * 4, "user"]
    assert shown(conversation) == [20, 21, 30, 7]
    said = [words for role, (words, *_) in told(conversation) if role == "assistant"]
    assert said == ["D. Please move it left", "A. a teapot", "B. a kettle", "E. Please move it right"]


def test_thinking_aloud():
    conversation = messages(a_turn(7, history=PAST), Asking(history="text", thought=True))
    assert all(message["content"][-1]["text"].endswith(f"\n{THINK}") for message in conversation[::2])
    assert [message["content"][0]["text"] for message in conversation[1::2]] == [
        *("Answer: D. Please move it left", "Answer: Hm.", "Answer: E. Please move it right")
    ]


def test_messages_of_real_episodes():
    class Listening:
        name = "listening"

        def __init__(self):
            self.turns = []

        def act(self, turns):
            self.turns += turns
            return scripted.always_ask().act(turns)

    listening = Listening()
    list(rollouts(listening, "ProactiveSuite-v0", episodes=14, shots=1, image_size=64))
    assert any(turn.history for turn in listening.turns)
    for turn in listening.turns:
        conversation = messages(turn, Asking(history="images", history_images=99))
        roles = [message["role"] for message in conversation]
        assert roles == [*["user", "assistant"] * (len(roles) // 2), "user"]
        assert len(pictures(conversation)) == 1 + len(turn.history) + sum(map(len, turn.examples))
        for number in turn.on_offer():
            assert spoken(turn, number) in turn.dialogue.split("\n")


# --- Replies ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("Answer: B", "B"),
        ("I see a spout.\nAnswer: B. a kettle", "B. a kettle"),
        ("I see a spout.\n\n  **Answer:** B", "B"),
        ("- answer : _B_", "B_"),
        ("Answer: A?\nNo.\nAnswer: B\n", "B"),
        ("Answer:\nB", "B"),
        ("The answer: B", "The answer: B"),
        ("B", "B"),
        ("Answer:", ""),
        ("", ""),
    ],
)
def test_final(text, reply):
    assert final(text, Asking(thought=True)) == reply
    assert final(text, Asking()) == text


@pytest.mark.parametrize("text", ["\n", "\n ", "answer ", "\nanswer", "Answer:", "*\n* "])
def test_final_takes_little_time(text):
    began = time.monotonic()
    final(text * 20_000, Asking(thought=True))
    assert time.monotonic() - began < 1


@given(st.text())
def test_final_takes_any_text(text):
    assert final(f"{text}\nAnswer: B", Asking(thought=True)) == "B"
    assert isinstance(final(text, Asking(thought=True)), str)


def test_spoken_letters_are_those_on_the_menu():
    turn = a_turn(mask=(1, 0, 1, 0, 1))
    assert [spoken(turn, number) for number in (0, 2, 4)] == [
        "A. a teapot",
        "B. I do not know",
        "C. Please move it right",
    ]
    assert spoken(turn, np.int64(4)) == "C. Please move it right"
    assert spoken(turn, "Whatever.\n") == "Whatever.\n"


# --- Tools ------------------------------------------------------------------------------------------------------------


def test_tools_are_what_is_on_offer():
    made = tools(a_turn())
    assert [tool["function"]["name"] for tool in made] == [
        *("request_3_please_move_it_left", "request_4_please_move_it_right", "answer", "abstain")
    ]
    assert {tool["type"] for tool in made} == {"function"}
    assert made[0]["function"]["description"] == "Please move it left"
    answer = made[2]["function"]["parameters"]
    assert answer["properties"]["choice"]["enum"] == ["a teapot", "a kettle"] and answer["required"] == ["choice"]
    masked = [tool["function"] for tool in tools(a_turn(mask=(0, 1, 0, 0, 1)))]
    assert [tool["name"] for tool in masked] == ["request_4_please_move_it_right", "answer"]
    assert masked[1]["parameters"]["properties"]["choice"]["enum"] == ["a kettle"]
    assert [tool["function"]["name"] for tool in tools(a_turn(mask=(0, 0, 1, 0, 0)))] == ["abstain"]
    assert tools(a_turn(mask=(0, 0, 0, 0, 0))) == []


def test_tools_have_names_that_endpoints_take():
    odd = ("", "Ünïcode, please!", "日本語", "x" * 300)
    turn = Turn(
        np.zeros((1, 1, 3), np.uint8), "", odd, np.ones(4, np.int8), "", "e", 0, (Kind.INTERVENTION,) * len(odd)
    )
    names = [tool["function"]["name"] for tool in tools(turn)]
    assert len({*names}) == 4 and all(re.fullmatch("[a-zA-Z0-9_-]{1,64}", name) for name in names)
    assert [called(turn, name, {}) for name in names] == [0, 1, 2, 3]


def test_what_a_call_amounts_to():
    turn = a_turn()
    assert called(turn, "request_3_please_move_it_left", {}) == 3
    assert called(turn, "request_4_please_move_it_right", {"now": True}) == 4
    assert called(turn, "abstain", {}) == 2
    assert called(turn, "answer", {"choice": "a kettle"}) == "a kettle"
    for choice, number in (("a kettle", 1), ("B", 1), ("a boat", None)):
        said = called(turn, "answer", {"choice": choice})
        assert said == choice and read(said, OPTIONS, turn.action_mask) == number


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("dance", {}),
        ("", {}),
        ("answer", {}),
        ("answer", {"choice": 1}),
        ("answer", {"choice": None}),
    ],
)
def test_a_call_of_nothing_is_text_that_names_nothing(name, arguments):
    turn = a_turn()
    said = called(turn, name, arguments)
    assert said == f"{name}({arguments})"
    assert read(said, OPTIONS, turn.action_mask) is None and read(said, OPTIONS, turn.action_mask, "strict") is None


def test_what_is_not_on_offer_cannot_be_called():
    turn = a_turn(mask=(1, 0, 0, 0, 1))
    for name, arguments in (
        ("request_3_please_move_it_left", {}),
        ("abstain", {}),
        ("answer", {"choice": "a kettle"}),
    ):
        said = called(turn, name, arguments)
        assert isinstance(said, str) and read(said, OPTIONS, turn.action_mask) is None


# --- What can be set --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"history": "image"}, "history is 'image', but must be one of 'none', 'text', 'images'"),
        ({"history_turns": -1}, "history_turns is -1, but must be a whole number of at least 0"),
        ({"history_images": 1.5}, "history_images is 1.5"),
        ({"history_images": True}, "history_images is True"),
    ],
)
def test_impossible_asking(wrong, told):
    with pytest.raises(InputError, match=told):
        Asking(**wrong)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"decide": "letters"}, "decide is 'letters', but must be one of 'generate', 'letter' .did you mean 'letter'"),
        ({"dtype": "int8"}, "dtype is 'int8'"),
        ({"max_new_tokens": 0}, "max_new_tokens is 0, but must be a whole number of at least 1"),
        ({"concurrency": 0}, "concurrency is 0"),
        ({"concurrency": 2.0}, "concurrency is 2.0"),
        ({"seed": -1}, "seed is -1"),
        ({"temperature": -0.1}, "temperature is -0.1, but must be a number of at least 0"),
        ({"temperature": float("nan")}, "temperature is nan"),
        ({"temperature": float("inf")}, "temperature is inf"),
        ({"temperature": True}, "temperature is True"),
        ({"temperature": "1"}, "temperature is '1'"),
        ({"timeout": 0}, "timeout is 0, but must be a number of at least 0.001"),
        ({"device": "cpu", "device_map": "auto"}, "device is 'cpu' and device_map 'auto'"),
        ({"decide": "letter", "asking": Asking(thought=True)}, "decide='letter' takes the first token"),
    ],
)
def test_impossible_options(wrong, told):
    with pytest.raises(InputError, match=told):
        ModelOptions(**wrong)


def test_lengths():
    assert ModelOptions().length(speaks_freely=False) == 50
    assert ModelOptions().length(speaks_freely=True) == 1024
    assert ModelOptions(asking=Asking(thought=True)).length(speaks_freely=False) == 1024
    assert ModelOptions(max_new_tokens=3, asking=Asking(thought=True)).length(speaks_freely=True) == 3


def test_a_runs_configuration_holds_what_was_changed():
    assert ModelOptions().changed() == {}
    asking = Asking(history="text", tools=True)
    options = ModelOptions(asking=asking, temperature=0.5, max_new_tokens=9, cache="somewhere")
    assert options.changed() == {"temperature": 0.5, "max_new_tokens": 9, "history": "text", "tools": True}
