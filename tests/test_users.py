"""Users who are not perfect: what they do, that what they say is true, and that every episode can still be solved."""

import itertools
import json

import gymnasium as gym
import numpy as np
import pytest
from test_environments import IDS, ask_first, every_id

import proactive_gym
from proactive_gym import InputError, Outcome
from proactive_gym.cli import main
from proactive_gym.evaluation.effort import repeated
from proactive_gym.evaluation.measures import MEASURES
from proactive_gym.evaluation.service import SERVICE, persistence
from proactive_gym.menu import Kind
from proactive_gym.rollout import make_desk
from proactive_gym.users import LAPSES, REMARKS, USERS, Response, now_and_then
from proactive_gym.wording import Wording

IMPERFECT = [name for name in USERS if name != "perfect"]
SMALL = {"image_size": 32}
every_user = pytest.mark.parametrize("user", IMPERFECT)


def desk_of(env_id, **arguments):
    return make_desk(env_id, {**SMALL, **arguments})


def asked_about(desk, number):
    """An episode in which any helping intervention is asked for at each turn: states, with what was asked in each."""
    random = np.random.RandomState(number)
    conversation = desk.begin(desk.named(number))
    while not conversation.state.over:
        episode, state = conversation.episode, conversation.state
        ways = episode.world.moves(state.place)
        asking = [i for i in episode.menu.of_kind(Kind.INTERVENTION) if conversation.offered[i]]
        helping = [i for i in asking if episode.menu[i].name in ways]
        if not helping:
            return
        choice = int(random.choice(helping))
        conversation.choose(choice)
        if not conversation.state.over:
            yield conversation, state, episode.menu[choice], ways


@every_id
@every_user
def test_what_a_user_says_is_what_happened(env_id, user):
    desk = desk_of(env_id, user=user)
    for number in range(14):
        due = None
        for conversation, before, asked, ways in asked_about(desk, number):
            state, world = conversation.state, conversation.episode.world
            there, here = ways[asked.name], before.place
            menu = {option.text: option.name for option in conversation.episode.menu}
            quoted = menu.get(state.remark.partition(": ")[2])
            assert state.outcome is Outcome.REQUESTED
            match state.response:
                case Response.DONE:
                    assert state.place == there and state.remark == ""
                case Response.REFUSED:
                    assert state.place == here and "rather not" in state.remark
                case Response.OTHERWISE:
                    assert quoted != asked.name and state.place == ways[quoted] and "something else" in state.remark
                case Response.UNDONE:
                    assert state.place in before.places and state.place not in (here, there)
                    assert "undid" in state.remark
                case Response.DELAYED:
                    assert state.place == here and state.remark == "One moment."
                    due = there, asked.name
                case Response.ARRIVED:
                    assert (state.place, quoted) == due and before.remark == "One moment."
                case Response.HALF:
                    assert state.place not in (here, there) and world.moves(state.place)[asked.name] == there
                    assert "only half" in state.remark
                case Response.BEGUN:
                    assert state.place == here and "nothing new" in state.remark
                    assert there == here or world.between(here, there) is None
                case other:
                    pytest.fail(f"a user who is not perfect did {other}")
            said = conversation.dialogue
            assert said.startswith(f"{state.remark}\n{conversation.episode.question}" if state.remark else "") and (
                state.remark or said.startswith(conversation.episode.question)
            )


@every_user
def test_each_user_does_what_it_is_called_after(user):
    own = {
        "refusing": {Response.REFUSED},
        "clumsy": {Response.OTHERWISE, Response.UNDONE},
        "slow": {Response.DELAYED, Response.ARRIVED},
        "half": {Response.HALF, Response.BEGUN},
    }
    desk = desk_of("ProactiveSuite-v0", user=user)
    done = {conversation.state.response for number in range(70) for conversation, *_ in asked_about(desk, number)}
    assert own[user] <= done <= own[user] | {Response.DONE}


def test_half_a_request_is_half_a_step_wherever_there_is_something_between():
    found = {}
    desk = desk_of("ProactiveSuite-v0", user="half")
    for number in range(70):
        for conversation, *_ in asked_about(desk, number):
            found.setdefault(conversation.episode.scenario, set()).add(conversation.state.response)
    assert {name for name, responses in found.items() if Response.HALF not in responses} == {
        "video_occlusion",
        "video_moment",
    }
    pictures = {}
    for conversation, before, _, ways in asked_about(desk_of("ProactiveSketch-v0", user="half"), 3):
        world = conversation.episode.world
        pictures[before.place] = world.sufficiency(before.place)
        assert world.sufficiency(before.place) <= world.sufficiency(conversation.state.place)
        assert max(ways.values()) >= conversation.state.place
    assert {place % 1 for place in pictures} == {0, 0.5} and len(set(pictures.values())) == len(pictures)


def test_the_perfect_user_says_nothing_and_is_the_default():
    for env_id in IDS:
        desk, same = desk_of(env_id), desk_of(env_id, user="perfect")
        for number in range(7):
            for (one, *_), (other, *_) in zip(asked_about(desk, number), asked_about(same, number), strict=True):
                assert one.state == other.state and one.dialogue == other.dialogue
                assert one.state.remark == "" and one.state.response is None
                assert one.dialogue.startswith(one.episode.question)


@every_id
@every_user
def test_the_oracle_solves_every_episode_with_as_many_requests_as_are_needed(env_id, user):
    played = list(proactive_gym.rollouts(proactive_gym.make_agent("oracle"), env_id, 30, user=user, **SMALL))
    perfect = list(proactive_gym.rollouts(proactive_gym.make_agent("oracle"), env_id, 30, **SMALL))
    assert all(one.outcome is Outcome.CORRECT and one.requests == one.requests_needed for one in played)
    assert [one.episode for one in played] == [one.episode for one in perfect]
    assert sum(one.requests for one in played) > sum(one.requests for one in perfect)


@every_id
@every_user
def test_lanes_play_what_single_environments_play(env_id, user):
    lanes = 3
    envs = gym.make_vec(env_id, num_envs=lanes, autoreset="disabled", user=user, **SMALL)
    singles = [gym.make(env_id, user=user, **SMALL).unwrapped for _ in range(lanes)]
    together, _ = envs.reset(seed=5)
    apart = [single.reset(seed=5 + lane)[0] for lane, single in enumerate(singles)]
    for _ in range(9):
        actions = [ask_first(single, obs) for single, obs in zip(singles, apart, strict=True)]
        stepped = [single.step(action) for single, action in zip(singles, actions, strict=True)]
        together, rewards, terminations, truncations, _ = envs.step(np.array(actions))
        apart = [step[0] for step in stepped]
        for lane, (obs, reward, terminated, truncated, _) in enumerate(stepped):
            assert (together["image"][lane] == obs["image"]).all() and together["dialogue"][lane] == obs["dialogue"]
            assert (together["action_mask"][lane] == obs["action_mask"]).all()
            assert (rewards[lane], terminations[lane], truncations[lane]) == (reward, terminated, truncated)
        over = terminations | truncations
        if over.any():
            apart = [single.reset(seed=90 + lane)[0] if over[lane] else obs for lane, (single, obs) in
                     enumerate(zip(singles, apart, strict=True))]  # fmt: skip
            envs.reset(seed=[90 + lane for lane in range(lanes)], options={"reset_mask": over})


@every_user
def test_a_branch_goes_on_as_the_episode_did(user):
    env = gym.make("ProactiveSuite-v0", user=user, **SMALL).unwrapped
    for seed in range(14):
        obs, _ = env.reset(seed=seed)
        obs, *_ = env.step(ask_first(env, obs))
        if env.conversation.state.over:
            continue
        kept, action = env.clone_state(), ask_first(env, obs)
        first = env.step(action)
        back, _ = env.restore_state(kept)
        assert back["dialogue"] == obs["dialogue"] and (back["image"] == obs["image"]).all()
        again = env.step(action)
        assert first[0]["dialogue"] == again[0]["dialogue"] and (first[0]["image"] == again[0]["image"]).all()


@every_user
def test_whoever_never_answers_is_stopped(user):
    for env_id in IDS:
        desk = desk_of(env_id, user=user)
        for number in range(14):
            conversation = desk.begin(desk.named(number))
            turns = conversation.episode.turns
            most = 2 * turns if user in ("slow", "half") else turns + 2 * LAPSES
            for replies in itertools.count(1):
                offered = [i for i, here in enumerate(conversation.offered) if here]
                asking = [i for i in conversation.episode.menu.of_kind(Kind.INTERVENTION) if i in offered]
                conversation.choose(asking[0] if asking else conversation.episode.answer)
                assert replies <= most
                if conversation.state.over:
                    break


def test_lapses_are_few_and_never_two_running():
    firsts = set()
    for number in range(200):
        numbers = sorted(now_and_then(f"toy/{number}"))
        firsts.add(numbers[0])
        assert len(numbers) == LAPSES and numbers[0] in (0, 1)
        assert {later - earlier for earlier, later in itertools.pairwise(numbers)} <= {2, 3}
    assert firsts == {0, 1}


def test_whatever_is_asked_while_something_is_coming_is_waiting():
    desk = desk_of("ProactiveImageQuality-v0", user="slow")
    conversation = desk.begin(desk.named(0))
    menu, world = conversation.episode.menu, conversation.episode.world
    fitting = [i for i in menu.of_kind(Kind.INTERVENTION) if menu[i].name in world.moves(conversation.state.place)]
    useless = [i for i in menu.of_kind(Kind.INTERVENTION) if i not in fitting]
    start = conversation.state
    conversation.choose(fitting[0])
    conversation.choose(useless[0])
    assert not conversation.state.over and conversation.state.place == start.place - 1
    conversation.choose(useless[0])
    assert conversation.state.outcome is Outcome.USELESS_REQUEST


def test_a_refusal_is_no_useless_request_and_takes_no_turn():
    desk = desk_of("ProactiveSketch-v0", user="refusing", budget=3)
    for number in range(20):
        done, steps = 0, 0
        for conversation, *_ in asked_about(desk, number):
            steps += 1
            done += conversation.state.response is Response.DONE
        assert done == 3 and steps > 3


# --- Measures ---------------------------------------------------------------------------------------------------------


def test_asking_again_after_a_refusal_is_persistence():
    row = {
        "episode": "toy/0",
        "outcomes": ["requested", "requested", "requested", "correct"],
        "responses": ["refused", "done", "refused", None],
        "sufficiency": [0.0, 0.0, 0.5, 0.5],
        "pictures": [0, 0, 1, 1],
    }
    assert persistence(row) == [True, False] and repeated(row) == [False]
    assert persistence({**row, "sufficiency": None}) == [True, False]
    assert persistence({**row, "sufficiency": [0.0, 0.0, 0.5, 0.9]}) == [True]
    assert SERVICE["unmet"]([row]).value == pytest.approx(2 / 3)
    assert SERVICE["persisted"]([row]).value == 0.5
    perfect = {name: value for name, value in row.items() if name != "responses"}
    assert all(measure([perfect]).value != measure([perfect]).value for measure in SERVICE.values())
    assert repeated(perfect) == [True, False, True]


@every_user
def test_the_oracle_persists_and_wastes_nothing(user):
    cell = proactive_gym.evaluate(["oracle"], ["ProactiveSuite-v0"], episodes=35, user=user, **SMALL).table[0]
    values = {name: estimate.value for name, estimate in cell.measures.items()}
    assert values["accuracy"] == values["persisted"] == values["recall"] == 1
    assert values["wasted"] == values["over_asking"] == values["useless_request"] == 0
    assert 0.2 < values["unmet"] < 0.7 and set(values) >= set(MEASURES)


def test_rows_tell_of_the_user_only_where_it_is_not_perfect():
    for user in USERS:
        rows = proactive_gym.evaluate(["always-ask"], ["ProactiveSketch-v0"], episodes=4, user=user, **SMALL).rows
        for row in rows:
            assert row.get("user", "perfect") == user and ("responses" in row) == (user != "perfect")
            if user != "perfect":
                asked = [outcome == "requested" for outcome in row["outcomes"]]
                assert [response is not None for response in row["responses"]] == asked


def test_the_command_line_shows_persistence_and_walks_through_the_run_again(tmp_path, capsys):
    common = ["eval", "--agent", "oracle", "--agent", "random", "--env", "ProactiveSuite-v0", "--image-size", "32"]
    assert main([*common, "--episodes", "9", "--user", "refusing", "--out", str(tmp_path / "refusing")]) == 0
    assert "persisted" in capsys.readouterr().out
    row = json.loads((tmp_path / "refusing" / "episodes.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert row["user"] == "refusing"
    page = (tmp_path / "refusing" / "report.html").read_text(encoding="utf-8")
    assert "persisted" in page and REMARKS[Response.REFUSED] in page and "user=refusing" in page
    assert main([*common, "--episodes", "3", "--out", str(tmp_path / "perfect")]) == 0
    assert "persisted" not in capsys.readouterr().out
    assert "persisted" not in (tmp_path / "perfect" / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("responses", [["what"], ["done", None], "done", 3, [["done"]]])
def test_a_damaged_response_is_no_sound_row(responses):
    from proactive_gym.evaluation.salvaging import is_sound

    (row,) = proactive_gym.evaluate(["never-ask"], ["ProactiveSketch-v0"], episodes=1, user="half", **SMALL).rows
    assert is_sound(row) and not is_sound({**row, "responses": responses})


# --- Words and wrong input --------------------------------------------------------------------------------------------


def test_a_wording_may_word_what_users_say(tmp_path):
    file = tmp_path / "german.toml"
    file.write_text('[remarks]\ndelayed = "Moment."\narrived = "Fertig: {done}"\n', encoding="utf-8")
    conversation = None
    for conversation, *_ in asked_about(desk_of("ProactiveSketch-v0", user="slow", wording=file), 0):
        word = "Moment." if conversation.state.response is Response.DELAYED else "Fertig: "
        assert conversation.dialogue.startswith(word)
    assert conversation is not None


@pytest.mark.parametrize(
    ("remarks", "said"),
    [({"refuse": "No."}, "did you mean 'refused'"), ({"otherwise": "Oops."}, "must hold {done}")],
)
def test_a_remark_that_would_not_be_honest_is_refused(remarks, said):
    with pytest.raises(InputError, match=said):
        Wording(remarks=remarks)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"user": "lazy"}, "user is 'lazy', but must be one of 'perfect', 'refusing'"),
        ({"user": None}, "user is None"),
        ({"user": "slow", "single_turn": True}, "single_turn=True"),
        ({"user": "slow", "clear": True}, "clear=True"),
    ],
)
def test_an_impossible_user_is_refused(arguments, said):
    for make in (gym.make, gym.make_vec):
        with pytest.raises(InputError, match=said):
            make("ProactiveSketch-v0", **arguments)
