"""The tiny model: loads as any other, replies as its card says, learns what its lessons hold."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
import torch
import transformers

import proactive_gym
from proactive_gym.agents import ModelOptions, make_agent
from proactive_gym.agents.tiny import folder
from proactive_gym.cli import main
from proactive_gym.draw import Draw
from proactive_gym.envs import SCENARIOS
from proactive_gym.errors import InputError
from proactive_gym.evaluation import SCENARIO_IDS
from proactive_gym.menu import Kind
from proactive_gym.outcome import Outcome
from proactive_gym.training.asking import Plan, Room, learn_to_ask
from proactive_gym.training.checkpoint import load_policy, save_checkpoint
from proactive_gym.training.classroom import all_but, classroom
from proactive_gym.training.clear_pictures import CHECKS, clear_pictures, names
from proactive_gym.training.experiment import Run, _do, _is_done, _result, interval, seeds_of, with_weights
from proactive_gym.training.learning_report import write_report
from proactive_gym.training.lessons import about_a_picture, about_words
from proactive_gym.training.measuring import CONDITIONS, measured
from proactive_gym.training.policy import TinyPolicy
from proactive_gym.training.reading import learn_to_read
from proactive_gym.training.recognition import learn_to_see, recognition
from proactive_gym.training.tiny_model import made_model, made_processor, made_tokenizer, parameters
from proactive_gym.training.words import all_texts
from proactive_gym.world import SUFFICIENT

SHIPPED = ("tiny", "tiny-rl")
SEEN = ("occlusion", "image_quality", "sketch", "framing")


@pytest.fixture(scope="module")
def agents():
    return {name: make_agent(name) for name in SHIPPED}


@pytest.fixture
def policy():
    return load_policy("tiny")


def silent(said):
    del said


@pytest.mark.parametrize("name", SHIPPED)
def test_transformers_loads_it_without_any_code_of_ours(name):
    model = transformers.AutoModelForImageTextToText.from_pretrained(folder(name))
    assert type(model).__module__.startswith("transformers.")
    assert model.dtype == torch.float32
    assert 500_000 <= parameters(model) <= 5_000_000
    processor = transformers.AutoProcessor.from_pretrained(folder(name))
    assert type(processor).__module__.startswith("transformers.")
    assert not any("auto_map" in json.loads(file.read_text()) for file in folder(name).glob("*.json"))


def test_both_checkpoints_are_small_and_have_cards():
    files = [file for name in SHIPPED for file in folder(name).iterdir()]
    assert sum(file.stat().st_size for file in files) <= 12e6
    for name in SHIPPED:
        card = (folder(name) / "README.md").read_text(encoding="utf-8")
        assert "What it is not" in card and "OpenMoji" in card


@pytest.mark.parametrize("env", SCENARIO_IDS)
@pytest.mark.parametrize("name", SHIPPED)
def test_it_plays_every_scenario(agents, name, env):
    played = list(proactive_gym.rollouts(agents[name], env, 2, image_size=64))
    assert all(trajectory.error is None and trajectory.outcome is not Outcome.UNREADABLE for trajectory in played)


@pytest.mark.parametrize("name", SHIPPED)
def test_replies_do_not_depend_on_the_batch(agents, name):
    one, many = (
        [
            [exchange.choice for exchange in trajectory.exchanges]
            for trajectory in proactive_gym.rollouts(agents[name], "ProactiveSuite-v0", 14, num_envs, image_size=64)
        ]
        for num_envs in (1, 14)
    )
    assert one == many


@pytest.mark.parametrize("side", [64, 100])
def test_the_short_way_to_its_scores_is_the_agents(agents, policy, side):
    short, long = (
        list(proactive_gym.rollouts(agent, "ProactiveSuite-v0", 7, image_size=side))
        for agent in (policy, agents["tiny"])
    )
    for mine, theirs in zip(short, long, strict=True):
        for one, other in zip(mine.exchanges, theirs.exchanges, strict=True):
            assert one.choice == other.choice
            assert np.allclose(one.confidences, other.confidences, atol=1e-4)


def test_it_writes_letters_too():
    agent = make_agent(f"hf:{folder('tiny')}")
    replies = [
        exchange.reply
        for trajectory in proactive_gym.rollouts(agent, "ProactiveSuite-v0", 7, image_size=64, reply="text")
        for exchange in trajectory.exchanges
    ]
    assert all(len(reply) == 1 and reply in "ABCDEFGHI" for reply in replies)


def test_tiny_answers_what_it_sees_and_does_not_ask(agents):
    clear = list(proactive_gym.rollouts(agents["tiny"], "ProactiveSuite-v0", 70, image_size=64, control="sufficient"))
    assert sum(trajectory.outcome is Outcome.CORRECT for trajectory in clear) >= 60
    needed = list(proactive_gym.rollouts(agents["tiny"], "ProactiveSuite-v0", 70, image_size=64))
    assert sum(trajectory.requests > 0 for trajectory in needed) <= 20


def test_tiny_rl_asks_and_is_right_more_often(agents):
    before, after = (
        list(proactive_gym.rollouts(agents[name], "ProactiveSuite-v0", 70, image_size=64)) for name in SHIPPED
    )
    asks = [sum(trajectory.requests > 0 for trajectory in played) for played in (before, after)]
    right = [sum(trajectory.outcome is Outcome.CORRECT for trajectory in played) for played in (before, after)]
    assert asks[1] >= asks[0] + 25
    assert right[1] >= right[0] + 15


def test_options_that_it_was_never_taught_are_refused():
    with pytest.raises(InputError, match="thought"):
        make_agent("tiny", ModelOptions(asking=replace(ModelOptions().asking, thought=True)))


# --- Lessons ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shown():
    return clear_pictures(128, CHECKS)


def test_lessons_show_pictures_that_suffice_of_every_scenario_and_split(shown):
    assert {episode.scenario for episode in shown.episodes} == {scenario.name for scenario in SCENARIOS}
    assert {episode.name.split("/")[2] for episode in shown.episodes} == {"train", "validation", "test"}
    assert [names()[name] for name in shown.names] == [episode.texts[episode.answer] for episode in shown.episodes]
    assert all(episode.world.sufficiency(episode.world.best) >= SUFFICIENT for episode in shown.episodes)


def test_to_ask_is_never_right_where_there_is_a_picture(shown):
    asking = {text for item in SCENARIOS for texts in item.interventions.values() for text in texts}
    draw = Draw("lessons")
    offered = 0
    for place, episode in enumerate(shown.episodes):
        lesson = about_a_picture(draw, episode, place)
        lines = lesson.said.splitlines()[2:-1]
        options = [line.partition(". ")[2] for line in lines]
        assert len(options) == lesson.options and lesson.right
        assert not {options[number] for number in lesson.right} & asking
        offered += bool(set(options) & asking)
    assert offered > len(shown.episodes) / 2


def test_lessons_on_words_show_no_picture_and_every_word_is_known(shown):
    tokenizer = made_tokenizer(all_texts())
    draw = Draw("words")
    for place, episode in enumerate(shown.episodes):
        for lesson in (about_words(draw, episode), about_a_picture(draw, episode, place)):
            assert not any(token.startswith("##") or token == "<unk>" for token in tokenizer.tokenize(lesson.said))
        assert about_words(draw, episode).picture is None


def test_unknown_words_fall_into_letters():
    tokenizer = made_tokenizer(["one word"])
    assert tokenizer.tokenize("word xy") == ["word", "x", "##y"]


def test_a_fresh_model_learns_from_its_lessons(shown):
    tokenizer = made_tokenizer(all_texts())
    fresh = TinyPolicy(made_model(tokenizer), made_processor(tokenizer))
    before = recognition(fresh.model, tokenizer, shown).among_all
    learn_to_see(fresh.model, tokenizer, shown, steps=12, batch=64, say=silent)
    assert recognition(fresh.model, tokenizer, shown).among_all > before
    told = []
    learn_to_read(fresh, shown, steps=50, words_first=50, batch=4, say=told.append)
    assert told and "name" in told[-1]


def test_checkpoints_come_back(policy, tmp_path):
    save_checkpoint(policy, tmp_path / "copy", "# A card")
    back = load_policy(tmp_path / "copy")
    assert back.name == "copy"
    for one, other in zip(policy.model.parameters(), back.model.parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-3)
    with pytest.raises(InputError, match=r"examples/train_tiny\.py"):
        load_policy(tmp_path)


# --- Learning to ask --------------------------------------------------------------------------------------------------

QUICK = Plan(SEEN, updates=3, groups=4, samples=4, episodes=8)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"request": 1.5}, "request is 1.5, but must be a number from 0 to 1"),
        ({"request": True}, "request is True"),
        ({"updates": 0}, "updates is 0"),
        ({"scenarios": ()}, "no scenarios to train on"),
        ({"scenarios": ("sketches",)}, "'sketches'.*did you mean 'sketch'"),
        ({"scenarios": ("sketch", "viewpoint", "image_quality"), "decoys": True}, "only 2 decoys"),
    ],
)
def test_impossible_plans_are_refused(changed, told):
    with pytest.raises(InputError, match=told):
        replace(QUICK, **changed)


@pytest.mark.parametrize("changed", [{}, {"single_turn": True}, {"imitate": True}, {"decoys": True}])
def test_learning_changes_the_reader_and_leaves_the_eyes(policy, changed):
    before = {name: weights.clone() for name, weights in policy.model.state_dict().items()}
    history = learn_to_ask(policy, replace(QUICK, **changed), silent)
    assert [told.update for told in history] == [1, 2, 3]
    differs = {name for name, weights in policy.model.state_dict().items() if not torch.equal(weights, before[name])}
    assert differs and not any("vision_tower" in name for name in differs)


def test_the_same_seed_learns_the_same(policy):
    one, other = (learn_to_ask(policy.copy(), QUICK, silent) for _ in range(2))
    assert one == other
    assert learn_to_ask(policy.copy(), replace(QUICK, seed=1), silent) != one


def test_a_group_stands_at_one_moment_and_pays_what_the_environment_pays(policy):
    room = Room(replace(QUICK, request=0.25))
    observations = room._gathered()
    for group in range(0, 16, 4):
        assert len(set(observations["dialogue"][group : group + 4])) == 1
        assert (observations["image"][group : group + 4] == observations["image"][group]).all()
    taught = room.lesson(policy, None)
    pay = {Outcome.CORRECT: 1.0, Outcome.REQUESTED: 0.25}
    assert taught.reward == pytest.approx(np.mean([pay.get(outcome, 0.0) for outcome in taught.outcomes]))


def test_nothing_of_other_scenarios_or_held_back_phrases_is_seen_in_training():
    room = Room(replace(QUICK, decoys=True, episodes=200))
    held_back = {texts[-1] for item in SCENARIOS for texts in item.interventions.values()}
    others = {t for s in SCENARIOS if s.name not in SEEN for texts in s.interventions.values() for t in texts}
    said = {text for number in range(60) for text in room.envs.desk.begin(room.envs.desk.named(number)).options}
    assert not said & (held_back | others)


def test_decoys_stand_beside_what_helps_and_do_nothing():
    (scenario,) = classroom(["occlusion"], decoys=all_but(["occlusion"])).scenarios
    desk = proactive_gym.rollout.make_desk(classroom(["occlusion"], decoys=all_but(["occlusion"])), {"image_size": 64})
    conversation = desk.begin(desk.named(0))
    asking = [option for option in conversation.episode.menu if option.kind is Kind.INTERVENTION]
    ways = conversation.episode.world.moves(conversation.state.place)
    assert sum(option.name in ways for option in asking) * 2 == len(asking)
    decoy = next(
        place for place, option in enumerate(conversation.episode.menu) if option in asking and option.name not in ways
    )
    conversation.choose(decoy)
    assert conversation.state.outcome is Outcome.USELESS_REQUEST
    assert len(conversation.options) <= desk.menu_size == 5 + scenario.most_offered


def test_runs_are_kept_and_reported(tmp_path):
    runs = [Run("before", None, "tiny", 2)]
    runs += [Run("multi", plan, "tiny", 2) for plan in seeds_of(replace(QUICK, updates=1), 2)]
    for run in runs:
        assert not _is_done(run, tmp_path)
        _do(run, str(tmp_path))
        assert _is_done(run, tmp_path)
    with pytest.raises(InputError, match="other settings"):
        _is_done(replace(runs[0], tested=3), tmp_path)
    written = write_report([_result(run, tmp_path) for run in runs], tmp_path)
    assert all(file.stat().st_size for file in written)
    rows = written[0].read_text(encoding="utf-8").splitlines()
    assert len(rows) == 1 + 3 * len(CONDITIONS) * len(SCENARIOS)
    weights = with_weights(load_policy("tiny"), tmp_path / "multi-0.safetensors")
    assert measured(weights, "sketch", CONDITIONS[0], 2) == _result(runs[1], tmp_path).figures["needed"]["sketch"]


def test_intervals_over_seeds_are_students():
    found = interval([0.5, 0.6, 0.7])
    assert found.value == pytest.approx(0.6)
    assert found.value - found.low == pytest.approx(4.3027 * 0.1 / 3**0.5, abs=1e-4)
    assert np.isnan(interval([0.5]).low)


# --- The recipes ------------------------------------------------------------------------------------------------------

TINY = ("tiny", "--pictures", "64", "--seeing", "2", "--reading", "2", "--words-first", "1", "--tested", "1")
ASKING = ("learn-to-ask", "--quick", "--updates", "1", "--tested", "1", "--processes", "1")


@pytest.mark.slow
@pytest.mark.parametrize(("recipe", "midway"), [(TINY, "sees"), (ASKING, "before-0.json")])
def test_a_killed_recipe_goes_on_and_ends_with_the_report(tmp_path, recipe, midway):
    out = tmp_path / "run"
    command = [sys.executable, "-m", "proactive_gym.cli", "train", *recipe, "--eval-episodes", "1", "--out", str(out)]
    first = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    wait_until((out / midway).exists, 300)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    kept = (out / midway).stat().st_mtime_ns
    assert not (out / "evaluation").exists()
    subprocess.run(command, check=True, capture_output=True, timeout=500)
    assert (out / midway).stat().st_mtime_ns == kept  # it was not learnt again
    assert (out / "evaluation" / "report.html").exists()
    assert not [*out.rglob("*.part")]
    other = subprocess.run([*command, "--tested", "2"], capture_output=True, text=True)
    assert other.returncode == 1 and "tested=1" in other.stderr and "choose another folder" in other.stderr


def wait_until(true, seconds):
    """Wait for that to become true, but no longer than so many seconds."""
    latest = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < latest
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        (("tiny", "--pictures", "0"), "pictures is 0"),
        (("tiny", "--reading", "5", "--words-first", "6"), "words_first is 6"),
        (("learn-to-ask", "--seeds", "0"), "seeds is 0"),
        (("learn-to-ask", "--processes", "0"), "processes is 0"),
        (("learn-to-ask", "--start", "nowhere"), "nowhere holds no checkpoint"),
    ],
)
def test_a_wrong_flag_is_said_before_anything_is_learnt(tmp_path, capsys, recipe, said):
    assert main(["train", *recipe, "--out", str(tmp_path / "run")]) == 1
    assert said in capsys.readouterr().err and not (tmp_path / "run").exists()
