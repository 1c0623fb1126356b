"""Free words read by a judge, and read again without the model."""

import json

import pytest

from proactive_gym import InputError, evaluate, rollouts
from proactive_gym.agents import Failure, make_agent
from proactive_gym.judging import Judge

FREE = {"reply": "open", "image_size": 64}


class Chatty:
    """Asks for help in words of its own, then names the subject as the menu would."""

    name = "chatty"

    def act(self, turns):
        return ["Could you be so kind?" if turn.number == 0 else "Surely a teapot." for turn in turns]


class Believer:
    """A judge of the tests: finds in every reply whatever comes at that place of the list."""

    name = "believer"

    def __init__(self, *places: int, say: str | None = None):
        self.places, self.say, self.asked = places, say, []
        self.configuration = {"faith": list(places)}

    def complete(self, conversations):
        self.asked += conversations
        return [self._verdict(conversation[-1]["content"][0]["text"]) for conversation in conversations]

    def _verdict(self, text):
        if self.say is not None:
            return Failure("TimeoutError: gone") if self.say == "fail" else self.say
        items = len(json.loads(text.split("List: ")[1].split("\n")[0].replace("'", '"')))
        return "Thought.\n" + ",".join("1" if place % items in self.places else "0" for place in range(items))


def test_a_judge_leads_on_and_ends():
    asking = Believer(0)
    (played,) = rollouts(Chatty(), "ProactiveSketch-v0", episodes=1, judge=Judge(asking), **FREE)
    assert [exchange.outcome for exchange in played.exchanges[:2]] == ["requested", "requested"]
    assert played.exchanges[0].verdict == (True, False) and played.exchanges[0].reply == "Could you be so kind?"
    question = asking.asked[0][-1]["content"][0]["text"]
    assert "Could you be so kind?" in question and played.exchanges[0].turn.question in question
    (answered,) = rollouts(Chatty(), "ProactiveSketch-v0", episodes=1, judge=Judge(Believer(1)), **FREE)
    assert answered.outcome == "correct" and answered.exchanges[0].verdict == (False, True)
    (neither,) = rollouts(Chatty(), "ProactiveSketch-v0", episodes=1, judge=Judge(Believer()), **FREE)
    assert neither.outcome == "unreadable" and neither.exchanges[0].verdict == (False, False)


@pytest.mark.parametrize(
    ("say", "error"), [("I would say yes.", "VerdictError"), ("fail", "JudgeError: the judge failed: Timeout")]
)
def test_a_judge_that_fails_is_no_fault_of_the_agents(say, error):
    (played,) = rollouts(Chatty(), "ProactiveSketch-v0", episodes=1, judge=Judge(Believer(say=say)), **FREE)
    assert played.outcome is None and played.error.startswith(error)


def test_replies_are_judged_anew_without_the_model(tmp_path):
    arguments = {"single_turn": True, "episodes": 5, **FREE}
    first = evaluate(Chatty(), "ProactiveSketch-v0", out=tmp_path / "one", judge=Believer(0), **arguments)
    measures = first.table[0].measures
    assert (measures["suggested"].value, measures["answered"].value, measures["either"].value) == (1, 0, 1)
    again = evaluate(
        f"replay:{tmp_path / 'one'}", "ProactiveSketch-v0", out=tmp_path / "two", judge=Believer(1), **arguments
    )
    measures = again.table[0].measures
    assert (measures["suggested"].value, measures["answered"].value, measures["either"].value) == (0, 1, 1)
    assert [row["replies"] for row in again.rows] == [row["replies"] for row in first.rows]
    assert {row["agent"] for row in again.rows} == {"chatty"}
    matched = evaluate(f"replay:{tmp_path / 'one'}#chatty", "ProactiveSketch-v0", **arguments)
    assert matched.rows[0]["verdicts"] is None and matched.table[0].measures["suggested"].value == 0


def test_what_was_not_said_takes_the_model(tmp_path):
    evaluate(Chatty(), "ProactiveSketch-v0", out=tmp_path / "one", judge=Believer(1), episodes=2, **FREE)
    again = evaluate(f"replay:{tmp_path / 'one'}", "ProactiveSketch-v0", judge=Believer(0), episodes=2, **FREE)
    assert all(row["error"].startswith("ReplayError: the run holds no reply to turn 1") for row in again.rows)


def test_wrong_judges_and_replays_are_said(tmp_path):
    with pytest.raises(InputError, match="it needs reply='open'"):
        evaluate(Chatty(), "ProactiveSketch-v0", judge=Believer(0), episodes=1)
    with pytest.raises(InputError, match="'random' cannot judge"):
        evaluate(Chatty(), "ProactiveSketch-v0", judge="random", episodes=1, **FREE)
    with pytest.raises(InputError, match="holds no run"):
        make_agent(f"replay:{tmp_path}")
    evaluate(["random", "never-ask"], "ProactiveSketch-v0", out=tmp_path / "two", episodes=1, image_size=64)
    with pytest.raises(InputError, match=r"say whose: 'replay:.*#random'"):
        make_agent(f"replay:{tmp_path / 'two'}")
    with pytest.raises(InputError, match="holds no replies of 'oracle'"):
        make_agent(f"replay:{tmp_path / 'two'}#oracle")
