"""Rollouts: every episode once, in order, the same in any batch; full batches; failures that name who and where."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import gymnasium as gym
import numpy as np
import pytest

from proactive_gym import InputError, Outcome, Reward, rollouts
from proactive_gym.agents import make_agent, scripted
from proactive_gym.draw import Draw
from proactive_gym.envs import ProactiveOcclusionEnv, ProactiveSuiteEnv
from proactive_gym.menu import Kind, Option
from proactive_gym.rollout import AgentError
from proactive_gym.sources.assemble import Matter, assemble
from proactive_gym.world import World

SUITE = "ProactiveSuite-v0"
MOMENT = "ProactiveVideoMoment-v0"
SMALL = {"image_size": 64}


class Agent:
    """Replies as a function of the turn says, and counts."""

    name = "toy"

    def __init__(self, reply):
        self.reply = reply
        self.batches: list[int] = []

    def act(self, turns):
        self.batches.append(len(turns))
        return [self.reply(turn) for turn in turns]


def whole(trajectory) -> tuple:
    """All that a trajectory holds, comparable, pictures included."""
    exchanges = [
        (told(exchange.turn), exchange.reply, exchange.choice, exchange.outcome, exchange.reward)
        for exchange in trajectory.exchanges
    ]
    fields = ("episode", "scenario", "answer", "requests", "requests_needed", "sufficiency", "outcome", "total_reward")
    return (*(getattr(trajectory, field) for field in fields), exchanges)


def told(turn) -> tuple:
    history = [(before.number, before.image.tobytes(), reply) for before, reply in turn.history]
    plain = (turn.dialogue, turn.options, turn.question, turn.episode, turn.number, turn.kinds, history)
    return (*plain, turn.image.tobytes(), turn.image.shape, turn.action_mask.tolist(), turn.action_mask.dtype)


def asking_first(turn):
    """Asks up to three times, then answers."""
    asking = turn.on_offer(Kind.INTERVENTION)
    return asking[0] if asking and turn.number < 3 else turn.on_offer(Kind.ANSWER)[0]


# --- What comes out ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("agent", [scripted.random(), Agent(asking_first)], ids=lambda agent: agent.name)
def test_the_number_of_lanes_changes_nothing(agent):
    runs = [
        [whole(trajectory) for trajectory in rollouts(agent, SUITE, 140, num_envs, seed=3, **SMALL)]
        for num_envs in (1, 8, 32, 256)
    ]
    assert runs[0] == runs[1] == runs[2] == runs[3]
    names = [trajectory[0] for trajectory in runs[0]]
    assert len(set(names)) == 140


def test_episodes_come_out_in_their_turn_each_once():
    names = [trajectory.episode for trajectory in rollouts(scripted.random(), SUITE, 300, 16, **SMALL)]
    expected = [name for name, _ in zip(names_of(SUITE, 300), range(300), strict=True)]
    assert names == expected and len(set(names)) == 300


def names_of(env_id: str, number: int) -> list[str]:
    desk = gym.make(env_id, **SMALL).unwrapped.desk
    return [desk.named(index) for index in range(number)]


def test_seeds_play_different_episodes():
    played = [
        {trajectory.episode for trajectory in rollouts(scripted.never_ask(), SUITE, 100, seed=seed, **SMALL)}
        for seed in (0, 1, 2**31 - 1)
    ]
    assert len(set.union(*played)) == 300


def test_a_trajectory_is_what_the_environment_plays():
    """Observation for observation, reward for reward."""
    for trajectory in rollouts(scripted.random(), SUITE, 35, reward=Reward(request=0.25), **SMALL):
        env = gym.make(SUITE, reward=Reward(request=0.25), **SMALL).unwrapped
        obs, info = env.reset(options={"episode": trajectory.episode})
        for exchange in trajectory.exchanges:
            size = len(exchange.turn.options)
            assert np.array_equal(obs["image"], exchange.turn.image)
            assert obs["dialogue"] == exchange.turn.dialogue and info["options"] == exchange.turn.options
            assert obs["action_mask"][:size].tolist() == exchange.turn.action_mask.tolist()
            assert not obs["action_mask"][size:].any()
            obs, reward, terminated, truncated, info = env.step(exchange.choice)
            assert (reward, info["outcome"]) == (exchange.reward, exchange.outcome)
        assert terminated or truncated
        assert info["answer"] == info["options"][trajectory.answer]
        assert info.get("sufficiency") == trajectory.sufficiency and info["requests"] == trajectory.requests
        assert info.get("requests_needed") == trajectory.requests_needed


def test_history_holds_the_earlier_turns():
    lengths = Counter()
    for trajectory in rollouts(Agent(asking_first), SUITE, 70, **SMALL):
        for number, exchange in enumerate(trajectory.exchanges):
            turn = exchange.turn
            assert turn.number == number == len(turn.history)
            lengths[number] += 1
            for (before, reply), earlier in zip(turn.history, trajectory.exchanges, strict=False):
                assert before is earlier.turn and reply == earlier.reply
    assert lengths[2] > 30


def test_an_env_may_be_its_class():
    by_class = [whole(played) for played in rollouts(scripted.random(), ProactiveOcclusionEnv, 10, **SMALL)]
    assert by_class == [whole(played) for played in rollouts(scripted.random(), "ProactiveOcclusion-v0", 10, **SMALL)]


def test_an_env_may_be_named_with_its_module():
    named = rollouts(scripted.random(), "proactive_gym:ProactiveOcclusion-v0", 3, **SMALL)
    plain = rollouts(scripted.random(), "ProactiveOcclusion-v0", 3, **SMALL)
    assert [whole(played) for played in named] == [whole(played) for played in plain]


# --- Refill -----------------------------------------------------------------------------------------------------------


def test_lanes_are_refilled_at_once():
    agent = Agent(asking_first)
    played = list(rollouts(agent, SUITE, 1200, 32, **SMALL))
    assert agent.batches[0] == 32
    tail = next((number for number, size in enumerate(agent.batches) if size < 32), len(agent.batches))
    assert agent.batches[tail:] == sorted(agent.batches[tail:], reverse=True)
    assert len(agent.batches) - tail <= 12  # no more than the longest episode has turns
    turns = sum(len(trajectory.exchanges) for trajectory in played)
    assert turns == sum(agent.batches) > 2 * 1200
    assert turns / (32 * len(agent.batches)) >= 0.95


def test_nothing_is_played_before_it_is_wanted():
    agent = Agent(lambda turn: turn.on_offer(Kind.ANSWER)[0])
    stream = rollouts(agent, SUITE, 1000, 4, **SMALL)
    assert agent.batches == []
    next(stream)
    assert agent.batches == [4]
    stream.close()
    assert agent.batches == [4]


def test_more_lanes_than_episodes_are_no_matter():
    agent = Agent(lambda turn: turn.on_offer(Kind.ANSWER)[0])
    assert len(list(rollouts(agent, SUITE, 5, 64, **SMALL))) == 5
    assert agent.batches == [5]


# --- Replies ----------------------------------------------------------------------------------------------------------


def test_replies_are_numbers_or_words():
    """An option's number, NumPy's too, its letter and its text come to the same."""

    def by_letter(turn):
        return chr(ord("A") + turn.on_offer().index(asking_first(turn)))

    ways = [
        asking_first,
        lambda turn: np.int64(asking_first(turn)),
        by_letter,
        lambda turn: turn.options[asking_first(turn)],
        lambda turn: by_letter(turn) if turn.number else asking_first(turn),
    ]
    for reply in ("choice", "text"):
        runs = [list(rollouts(Agent(way), SUITE, 35, reply=reply, **SMALL)) for way in ways]
        for run in runs[1:]:
            for one, other in zip(runs[0], run, strict=True):
                choices = [[exchange.choice for exchange in trajectory.exchanges] for trajectory in (one, other)]
                assert choices[0] == choices[1] and one.outcome is other.outcome
    assert type(runs[1][0].exchanges[0].choice) is int


def test_words_that_name_nothing_are_unreadable():
    for trajectory in rollouts(Agent(lambda turn: "Hm."), SUITE, 14, **SMALL):
        assert trajectory.outcome is Outcome.UNREADABLE and trajectory.exchanges[0].choice is None
        assert trajectory.exchanges[0].reply == "Hm."


def test_arrays_of_numbers_are_replies():
    class Vector:
        name = "vector"

        def act(self, turns):
            return np.array([turn.on_offer()[0] for turn in turns])

    assert len(list(rollouts(Vector(), SUITE, 14, 4, **SMALL))) == 14


def test_open_replies_are_read_without_a_menu():
    def seen(turn):
        assert turn.options == () and turn.kinds == () and turn.action_mask.shape == (0,)
        return "no idea"

    played = list(rollouts(Agent(seen), SUITE, 14, reply="open", **SMALL))
    assert {trajectory.outcome for trajectory in played} <= {Outcome.ABSTAINED, Outcome.UNREADABLE}


# --- Failures ---------------------------------------------------------------------------------------------------------


class Troubled(Agent):
    """Does well until one episode comes up."""

    name = "troubled"

    def __init__(self, episode: str, trouble):
        super().__init__(lambda turn: turn.on_offer(Kind.ANSWER)[0])
        self.episode, self.trouble = episode, trouble

    def act(self, turns):
        replies = super().act(turns)
        numbers = [number for number, turn in enumerate(turns) if turn.episode == self.episode]
        return self.trouble(replies, numbers[0]) if numbers else replies


def raising(replies, number):
    raise RuntimeError("out of memory")


def with_reply(reply):
    def trouble(replies, number):
        return [*replies[:number], reply, *replies[number + 1 :]]

    return trouble


TROUBLES = {
    "raises": (raising, "RuntimeError: out of memory"),
    "too few": (lambda replies, number: replies[:-1], "returned 7 replies to 8 turns"),
    "too many": (lambda replies, number: [*replies, 0], "returned 9 replies to 8 turns"),
    "nothing": (lambda replies, number: None, "returned None to 8 turns"),
    "a generator": (lambda replies, number: (reply for reply in replies), "generator"),
    "a number": (lambda replies, number: 3, "returned 3 to 8 turns"),
    "None": (with_reply(None), "replied None"),
    "a float": (with_reply(1.0), "replied 1.0"),
    "a bool": (with_reply(True), "replied True"),
    "a list": (with_reply([0]), "replied [0]"),
    "bytes": (with_reply(b"A"), "replied b'A'"),
    "beyond the menu": (with_reply(99), "Option 99 is not on offer"),
    "negative": (with_reply(-1), "Option -1 is not on offer"),
    "a huge number": (with_reply(10**30), "is not on offer"),
    "a huge object": (with_reply(["x" * 10_000]), "…"),
}


@pytest.mark.parametrize(("trouble", "message"), TROUBLES.values(), ids=TROUBLES)
def test_an_agent_that_fails_is_named_with_the_episode(trouble, message):
    names = names_of(SUITE, 40)
    stream = rollouts(Troubled(names[19], trouble), SUITE, 40, 8, **SMALL)
    finished = []
    with pytest.raises(AgentError) as error:
        for trajectory in stream:
            finished.append(trajectory.episode)
    said = str(error.value)
    assert "'troubled'" in said and message in said and len(said) < 500
    assert any(name in said for name in names[16:24])  # the batch that holds the episode
    assert finished[:16] == names[:16]
    assert set(finished) <= {*names[:24]} - {names[19]}


@pytest.mark.parametrize("trouble", ["None", "beyond the menu"])
def test_a_reply_that_is_none_is_named_with_its_own_episode(trouble):
    names = names_of(SUITE, 40)
    with pytest.raises(AgentError) as error:
        list(rollouts(Troubled(names[19], TROUBLES[trouble][0]), SUITE, 40, 8, **SMALL))
    assert repr(names[19]) in str(error.value)


def test_an_option_that_is_off_the_menu_is_no_reply():
    def masked(turn):
        off = np.flatnonzero(turn.action_mask == 0)
        return int(off[0]) if len(off) else turn.on_offer(Kind.ANSWER)[0]

    finished = []
    with pytest.raises(AgentError, match=r"'toy' replied .* in episode 'scenes/video_moment/.*not on offer.*at turn 0"):
        for trajectory in rollouts(Agent(masked), MOMENT, 500, 8, **SMALL):
            finished.append(trajectory.episode)
    names = names_of(MOMENT, 500)
    assert set(finished) <= set(names) and len(set(finished)) == len(finished)


@pytest.mark.parametrize("failure", [RuntimeError("no"), InputError("no"), KeyboardInterrupt()], ids=repr)
def test_what_is_finished_comes_out_before_the_failure(failure):
    """The first episode is still being played when the fifth batch fails: those behind it are not lost."""
    names = names_of("ProactiveOcclusion-v0", 100)

    def reply(turn):
        if turn.episode == names[0]:
            return turn.on_offer(Kind.INTERVENTION)[0]
        if turn.episode == names[9]:
            raise failure
        return turn.on_offer(Kind.ANSWER)[0]

    finished = []
    with pytest.raises((AgentError, InputError, KeyboardInterrupt)):
        for trajectory in rollouts(Agent(reply), "ProactiveOcclusion-v0", 100, 4, **SMALL):
            finished.append(trajectory.episode)
    assert finished == names[1:7]


# --- Finite sources ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shades(World):
    """Three pictures, each brighter than the one before."""

    number: int
    start: int = 0
    best: int = 2
    turns: int = 4

    def picture(self, place):
        return 40 * self.number + 10 * place

    def moves(self, place):
        return {"brighten": min(place + 1, 2)}

    def sufficiency(self, place):
        return place / 2


class Cards:
    """Five episodes about cards, with pictures of its own."""

    name = "cards"
    split = "all"
    image_size = 32
    knows_sufficiency = True
    colours = ("Red", "Green", "Blue", "White", "Black")

    def __init__(self):
        self.defaults = {"menu_order": "benchmark", "reading": "strict"}

    def size(self, scenarios):
        return len(self.colours)

    def menu_size(self, scenario, setting):
        return 6

    def episode_name(self, scenarios, number, setting):
        return f"cards/{number}"

    def episode(self, scenarios, name, setting):
        folder, _, number = name.partition("/")
        if folder != "cards" or not number.isdecimal() or int(number) >= len(self.colours):
            raise InputError(f"There is no episode {name!r}.")
        right = self.colours[int(number)]
        matter = Matter(
            name=name,
            scenario="cards",
            question="Which card is it?",
            hint="",
            answers=[right, *(colour for colour in self.colours if colour != right)][:4],
            asking=[
                Option("I cannot tell.", Kind.ABSTENTION),
                Option("Turn up the light.", Kind.INTERVENTION, "brighten"),
            ],
            own=frozenset({"brighten"}),
            world=Shades(int(number)),
        )
        return assemble(matter, setting, Draw(name))

    def paint(self, pictures):
        return [np.full((32, 32, 3), shade, dtype=np.uint8) for shade in pictures]


def test_a_source_with_an_end_is_played_to_it():
    played = list(rollouts(make_agent("oracle"), SUITE, num_envs=2, source=Cards()))
    assert [trajectory.episode for trajectory in played] == [f"cards/{number}" for number in range(5)]
    assert {trajectory.outcome for trajectory in played} == {Outcome.CORRECT}
    for number, trajectory in enumerate(played):
        shades = [int(exchange.turn.image[0, 0, 0]) for exchange in trajectory.exchanges]
        assert shades == [40 * number, 40 * number + 10, 40 * number + 20]
        kinds = [kind is Kind.ANSWER for kind in trajectory.exchanges[0].turn.kinds]
        assert kinds == sorted(kinds)  # the source's own default order


@pytest.mark.parametrize(("episodes", "number"), [(3, 3), (5, 5), (99, 5), (None, 5)])
def test_no_episode_of_a_source_with_an_end_is_played_twice(episodes, number):
    played = list(rollouts(scripted.never_ask(), SUITE, episodes, 2, seed=4, source=Cards()))
    assert [trajectory.episode for trajectory in played] == [f"cards/{index}" for index in range(number)]


def test_an_environment_plays_a_source_of_ones_own():
    env = gym.make("ProactiveOcclusion-v0", source=Cards()).unwrapped
    assert {env.reset(seed=seed)[1]["episode"] for seed in range(60)} == {f"cards/{number}" for number in range(5)}
    obs, info = env.reset(options={"episode": 4})
    assert info["episode"] == "cards/4" and env.observation_space.contains(obs)
    for episode in (5, "cards/5", "scenes/occlusion/test/0"):
        with pytest.raises(InputError):
            env.reset(options={"episode": episode})


# --- Arguments --------------------------------------------------------------------------------------------------------

WRONG = [
    ({"episodes": None}, "'scenes' has no end"),
    ({"episodes": 0}, "episodes is 0"),
    ({"episodes": 2.0}, "episodes is 2.0"),
    ({"num_envs": 0}, "num_envs is 0"),
    ({"num_envs": "8"}, "num_envs is '8'"),
    ({"seed": -1}, "seed is -1"),
    ({"seed": 2**31}, "seed is 2147483648"),
    ({"colour": "red"}, "'colour' is no argument"),
    ({"image_size": 7}, "image_size is 7"),
    ({"env": "ProactiveOclusion-v0"}, "There is no environment 'ProactiveOclusion-v0'"),
    ({"env": "ProactiveOcclusion-v9"}, "There is no environment 'ProactiveOcclusion-v9'"),
    ({"env": "Proactive Occlusion"}, "There is no environment"),
    ({"env": "no_such_module:Foo-v0"}, "There is no environment 'no_such_module:Foo-v0'"),
    ({"env": ":Foo-v0"}, "There is no environment ':Foo-v0'"),
    ({"env": "CartPole-v1"}, "is no ProactiveEnv"),
    ({"env": "LunarLander-v3"}, "LunarLander-v3"),
    ({"env": gym.Env}, "is no ProactiveEnv"),
    ({"env": 7}, "is no ProactiveEnv"),
    ({"source": Cards(), "split": "test"}, "split='test' goes with a source's name"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG, ids=[message for _, message in WRONG])
def test_wrong_arguments_are_said_at_once(arguments, message):
    """Before the first episode is asked for."""
    with pytest.raises(InputError) as error:
        rollouts(scripted.random(), **{"env": SUITE, "episodes": 3, **arguments})
    assert message in str(error.value) and "\n" not in str(error.value)


def test_a_source_with_an_end_needs_no_more_than_its_episodes():
    with pytest.raises(InputError, match="episodes is 0"):
        rollouts(scripted.random(), ProactiveSuiteEnv, 0, source=Cards())
