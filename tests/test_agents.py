"""Agents: the scripted ones do what they are called, keep nothing in mind, and are found by name."""

from __future__ import annotations

import sys
from collections import Counter

import numpy as np
import pytest

import proactive_gym
from proactive_gym import InputError, Outcome, rollouts
from proactive_gym.agents import Agent, Insider, Turn, agent_names, make_agent, scripted
from proactive_gym.draw import Draw
from proactive_gym.menu import Kind

SUITE = "ProactiveSuite-v0"
SCENARIO_IDS = [env_id for env_id in proactive_gym.ENVIRONMENTS if env_id != SUITE]
BUILT_IN = ["random", "always-ask", "never-ask", "abstain", "oracle"]


def played(agent, env=SUITE, episodes=70, **arguments):
    return list(rollouts(agent, env, episodes, num_envs=32, image_size=64, **arguments))


def kinds_chosen(trajectory) -> list[Kind]:
    return [exchange.turn.kinds[exchange.choice] for exchange in trajectory.exchanges]


class Recording:
    """Plays as another agent does, and keeps all turns and replies."""

    name = "recording"

    def __init__(self, agent):
        self.agent, self.turns, self.replies = agent, [], []

    def act(self, turns):
        replies = self.agent.act(turns)
        self.turns += turns
        self.replies += replies
        return replies


# --- The scripted agents ----------------------------------------------------------------------------------------------


def test_never_ask_answers_at_once():
    for trajectory in played(scripted.never_ask()):
        assert kinds_chosen(trajectory) == [Kind.ANSWER] and trajectory.requests == 0


def test_abstain_gives_up_at_once():
    for trajectory in played(scripted.abstain()):
        assert kinds_chosen(trajectory) == [Kind.ABSTENTION] and trajectory.outcome is Outcome.ABSTAINED


def test_always_ask_asks_as_long_as_it_can_then_answers():
    answered = 0
    for trajectory in played(scripted.always_ask(), episodes=140):
        for exchange, kind in zip(trajectory.exchanges, kinds_chosen(trajectory), strict=True):
            assert kind is (Kind.INTERVENTION if exchange.turn.on_offer(Kind.INTERVENTION) else Kind.ANSWER)
        answered += kinds_chosen(trajectory)[-1] is Kind.ANSWER
    assert 0 < answered < 60


def test_random_takes_each_option_on_offer_as_often():
    record = Recording(scripted.random())
    played(record, episodes=900)
    places = Counter()
    for turn, choice in zip(record.turns, record.replies, strict=True):
        offered = turn.on_offer()
        assert turn.action_mask[choice]
        if len(offered) == 7:
            places[offered.index(choice)] += 1
    expected = places.total() / 7
    assert expected > 60 and all(abs(count - expected) < 5 * expected**0.5 for count in places.values())


@pytest.mark.parametrize(
    "agent", [scripted.always_ask(), scripted.abstain(), scripted.never_ask()], ids=lambda a: a.name
)
def test_where_only_answers_are_on_the_menu_all_guess(agent):
    rights = [trajectory.outcome is Outcome.CORRECT for trajectory in played(agent, episodes=280, clear=True)]
    assert 40 < sum(rights) < 100


def test_another_seed_makes_other_choices():
    first, same, other = (
        [exchange.choice for trajectory in played(scripted.random(seed)) for exchange in trajectory.exchanges]
        for seed in (0, 0, 1)
    )
    assert first == same != other


def test_scripted_agents_say_that_they_need_a_menu():
    with pytest.raises(InputError, match=r"'never-ask' chooses from a menu.* reply='choice' or 'text'"):
        played(scripted.never_ask(), reply="open")


# --- No memory --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["random", "always-ask", "never-ask", "abstain"])
def test_batches_of_any_size_and_order_get_the_same_replies(name):
    record = Recording(scripted.random())
    played(record)
    turns = record.turns
    expected = list(make_agent(name).act(turns))
    assert [reply for turn in turns for reply in make_agent(name).act([turn])] == expected
    agent = make_agent(name)
    draw = Draw("batches")
    for size in (1, 3, 64):
        order = draw.shuffled(range(len(turns)))
        replies = {}
        for start in range(0, len(order), size):
            batch = order[start : start + size]
            replies |= dict(zip(batch, agent.act([turns[number] for number in batch]), strict=True))
        assert [replies[number] for number in range(len(turns))] == expected
    assert list(agent.act([])) == []


# --- The oracle -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("env_id", SCENARIO_IDS)
def test_the_oracle_asks_as_often_as_needed_and_is_right(env_id):
    for trajectory in played(make_agent("oracle"), env_id, episodes=100):
        assert trajectory.outcome is Outcome.CORRECT
        assert trajectory.requests == trajectory.requests_needed == len(trajectory.exchanges) - 1 >= 1
        assert trajectory.exchanges[-1].choice == trajectory.answer
        assert trajectory.sufficiency[-1] >= 0.8


def test_the_oracle_gives_up_where_asking_cannot_help():
    for trajectory in played(make_agent("oracle"), control="unhelpful"):
        assert trajectory.outcome is Outcome.ABSTAINED
        assert trajectory.requests == 0 and trajectory.requests_needed is None


@pytest.mark.parametrize("arguments", [{"control": "sufficient"}, {"clear": True}], ids=str)
def test_the_oracle_answers_at_once_where_asking_is_needless(arguments):
    for trajectory in played(make_agent("oracle"), **arguments):
        assert trajectory.outcome is Outcome.CORRECT and trajectory.requests == 0


def test_the_oracle_tells_the_three_twins_apart():
    outcomes = Counter(trajectory.outcome for trajectory in played(make_agent("oracle"), episodes=63, control="mixed"))
    assert outcomes == {Outcome.CORRECT: 42, Outcome.ABSTAINED: 21}


@pytest.mark.parametrize("arguments", [{"interventions": "foreign"}, {"budget": 0}, {"single_turn": True}], ids=str)
def test_the_oracle_asks_for_nothing_that_leads_nowhere(arguments):
    assert {trajectory.outcome for trajectory in played(make_agent("oracle"), **arguments)} == {Outcome.ABSTAINED}


def test_the_oracle_does_not_answer_to_those_who_do_not_tell():
    assert isinstance(make_agent("oracle"), Insider)
    with pytest.raises(InputError, match="has to be told"):
        make_agent("oracle").act([])


# --- Turns ------------------------------------------------------------------------------------------------------------


def test_a_turn_tells_what_is_on_offer():
    kinds = (Kind.ANSWER, Kind.INTERVENTION, Kind.ABSTENTION, Kind.ANSWER)
    mask = np.array([1, 0, 1, 1], dtype=np.int8)
    image = np.zeros((2, 2, 3), dtype=np.uint8)
    turn = Turn(image, "", ("a", "b", "c", "d"), mask, "", "toy/0", 0, kinds)
    assert turn.on_offer() == [0, 2, 3]
    assert turn.on_offer(Kind.ANSWER) == [0, 3] and turn.on_offer(Kind.INTERVENTION) == []


# --- By name ----------------------------------------------------------------------------------------------------------


def test_the_built_in_agents_have_their_names():
    assert set(BUILT_IN) <= set(agent_names())
    for name in BUILT_IN:
        agent = make_agent(name)
        assert agent.name == name and isinstance(agent, Agent)
        assert make_agent(agent) is agent


OWN = """
class Own:
    name = "own"
    def act(self, turns):
        return [turn.on_offer()[0] for turn in turns]

class Nameless:
    def act(self, turns):
        return [turn.on_offer()[0] for turn in turns]

class Actless:
    name = "actless"

class Demanding:
    name = "demanding"
    def __init__(self, model):
        pass
    act = Own.act

class Failing:
    name = "failing"
    def __init__(self):
        raise RuntimeError("no such weights")
    act = Own.act

number = 7
"""


@pytest.fixture
def own_modules(tmp_path, monkeypatch):
    """A folder to be in, with modules of one's own."""
    modules = {
        "toy_agents": OWN,
        "toy_broken": "def act(:",
        "toy_raising": "raise RuntimeError('needs a licence')",
        "toy_incomplete": "import no_such_library",
    }
    for name, text in modules.items():
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    yield
    for name in modules:
        sys.modules.pop(name, None)


def test_a_class_of_ones_own_is_found_beside_one(own_modules):
    paths = list(sys.path)
    agent = make_agent("toy_agents:Own")
    assert agent.name == "own"
    assert sys.path == paths
    for trajectory in played(agent, episodes=7):
        assert all(exchange.choice == exchange.turn.on_offer()[0] for exchange in trajectory.exchanges)


WRONG = [
    ("rnadom", "did you mean 'random'"),
    ("", "agent is ''"),
    ("no_such_module_here:X", "no_such_module_here"),
    ("toy_agents:Nope", "Nope"),
    ("toy_agents:", "toy_agents:"),
    (":Own", ":Own"),
    ("..toy_agents:Own", "..toy_agents:Own"),
    ("toy_agents:number", "is no class or function"),
    ("toy_agents:Nameless", "needs a name"),
    ("toy_agents:Actless", "needs a name and a method act"),
    ("toy_incomplete:Own", "no_such_library"),
    ("toy_broken:Own", "toy_broken"),
    ("toy_raising:Own", "needs a licence"),
    ("toy_agents:Demanding", "Demanding"),
    ("toy_agents:Failing", "no such weights"),
    ("json:loads", "json:loads"),
]


@pytest.mark.parametrize(("name", "message"), WRONG, ids=[name for name, _ in WRONG])
def test_a_wrong_name_gets_one_sentence(own_modules, name, message):
    paths = list(sys.path)
    with pytest.raises(InputError) as error:
        make_agent(name)
    assert message in str(error.value) and "\n" not in str(error.value)
    assert sys.path == paths


@pytest.mark.parametrize("thing", [7, None, object(), ["random"]], ids=["number", "None", "object", "list"])
def test_what_is_no_agent_is_refused(thing):
    with pytest.raises(InputError, match="is no agent"):
        make_agent(thing)
