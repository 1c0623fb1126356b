"""Held-out words and decoys: each phrase means one intervention, and menus, spaces and readers take all of them."""

import itertools
import re
import sys
from pathlib import Path
from statistics import mean
from typing import get_args

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from test_environments import IDS, every_id

import proactive_gym
from proactive_gym import InputError, Outcome
from proactive_gym.envs import SCENARIOS, ProactiveEnv, Scenario
from proactive_gym.envs.encoded import VectorEncodedMenu
from proactive_gym.envs.vocabulary import Vocabulary
from proactive_gym.menu import Kind
from proactive_gym.phrases import DECOYS, LANGUAGES, NEAR_DECOYS, Decoys, Phrasing, meanings
from proactive_gym.reading import read, read_open
from proactive_gym.rollout import make_desk
from proactive_gym.sources.scenes.source import ABSTENTIONS
from proactive_gym.training.classroom import classroom

ROOT = Path(__file__).resolve().parents[1]
PHRASINGS = get_args(Phrasing)
GRADES = [grade for grade in get_args(Decoys) if grade != "none"]
SMALL = {"image_size": 32}
every_phrasing = pytest.mark.parametrize("phrasing", PHRASINGS)
every_grade = pytest.mark.parametrize("grade", GRADES)
by_name = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)


def all_of(scenario, phrasing):
    """Interventions and decoys of its own, with their texts."""
    return {**scenario.phrases(phrasing), **scenario.near_decoys(phrasing)}


# --- The phrases ------------------------------------------------------------------------------------------------------


@every_phrasing
@by_name
def test_every_intervention_and_decoy_has_phrases(scenario, phrasing):
    assert list(scenario.phrases(phrasing)) == list(scenario.interventions)
    assert len(scenario.near_decoys(phrasing)) >= NEAR_DECOYS["near"]
    assert list(scenario.near_decoys(phrasing)) == list(scenario.near_decoys())
    for texts in all_of(scenario, phrasing).values():
        assert texts and all(text[0].isupper() and text[-1] in ".?" for text in texts)
    for name, texts in meanings(scenario.name).items():
        assert all(len(all_of(scenario, language)[name]) == len(texts) for language in LANGUAGES)


def bare(text):
    return " ".join(re.findall(r"\w+", text.casefold()))


def test_no_text_is_shared_by_two_phrasings_or_two_interventions():
    places = {}
    for scenario, phrasing in itertools.product(SCENARIOS, PHRASINGS):
        for name, texts in all_of(scenario, phrasing).items():
            for text in texts:
                places.setdefault(bare(text), []).append((name, phrasing))
    # The two scenarios of videos have rewinding and waiting in common, and one phrase of training for each.
    assert all(len({*found}) == 1 for found in places.values())
    twice = {found[0] for found in places.values() if len(found) > 1}
    assert twice <= {("rewind", "train"), ("wait", "train")}


@every_phrasing
@by_name
def test_a_reply_that_says_a_phrase_is_read_as_its_option_alone(scenario, phrasing):
    """Beside all other interventions and decoys, one text each in turn, with answers and an abstention."""
    texts_of = all_of(scenario, phrasing)
    for turn in range(max(map(len, texts_of.values()))):
        options = [texts[turn % len(texts)] for texts in texts_of.values()]
        menu = [*options, "Hot dog.", "Ship.", "Camera.", ABSTENTIONS[turn % len(ABSTENTIONS)]]
        offered = [True] * len(menu)
        for number, text in enumerate(options):
            for reply in (text, text.rstrip("."), text.lower(), f"My answer is: {text}", f'I choose "{text}"'):
                assert read(reply, menu, offered) == number, reply
                assert read_open(reply, menu, offered) == number, reply


@every_phrasing
@by_name
def test_free_words_may_take_any_phrase_of_an_intervention(scenario, phrasing):
    texts_of = all_of(scenario, phrasing)
    menu = [texts[0] for texts in texts_of.values()]
    also = dict(enumerate(texts_of.values()))
    for number, texts in also.items():
        for text in texts:
            assert read_open(f"Please: {text}", menu, [True] * len(menu), also) == number


DIRECTIONS = {
    "english": {
        "left": "left|leftwards",
        "right": "right|rightwards",
        "up": "up|upwards|top|above|upper",
        "down": "down|downwards|bottom|below|lower",
    },
    "german": {"left": "links", "right": "rechts", "up": "oben", "down": "unten"},
    "french": {"left": "gauche", "right": "droite", "up": "haut", "down": "bas"},
    "spanish": {"left": "izquierda", "right": "derecha", "up": "arriba", "down": "abajo"},
    "italian": {"left": "sinistra", "right": "destra", "up": "alto", "down": "basso"},
}
TIMES = {
    "english": {
        "rewind": "rewind|back|before|earlier|ago|beginning|preceding",
        "wait": "wait|further|later|after|following|next|on|along|then|once|patient",
    },
    "german": {"rewind": "zurück|früheren|vorher", "wait": "weiterlaufen|späteren|vor|danach"},
    "french": {"rewind": "rembobine|antérieur|arrière|avant", "wait": "continuer|ultérieur|avance|ensuite"},
    "spanish": {"rewind": "rebobina|anterior|retrocede|antes", "wait": "continúe|posterior|avanza|después"},
    "italian": {"rewind": "riavvolgi|precedente|indietro|prima", "wait": "continuare|successivo|avanti|dopo"},
}


def says(pattern, text):
    return re.search(rf"\b(?:{pattern})\b", text, re.IGNORECASE) is not None


OPPOSITES = {"left": "right", "up": "down", "rewind": "wait"}
OPPOSITES |= {other: one for one, other in OPPOSITES.items()}


@every_phrasing
@by_name
def test_opposite_directions_are_told_apart(scenario, phrasing):
    language = phrasing if phrasing in LANGUAGES else "english"
    words = {**DIRECTIONS[language], **TIMES[language]}
    for name, texts in scenario.phrases(phrasing).items():
        side = name.rpartition("_")[2]
        if side in words:
            assert all(says(words[side], text) for text in texts)
            # English says "Give it a second, then look": its words for time are no opposites by themselves.
            if side not in TIMES["english"] or language != "english":
                assert not any(says(words[OPPOSITES[side]], text) for text in texts)


def test_what_the_languages_say_in_english_tells_directions_too():
    words = DIRECTIONS["english"]
    for scenario in SCENARIOS:
        for name, texts in meanings(scenario.name).items():
            side = name.rpartition("_")[2]
            if name in scenario.interventions and side in words:
                others = "|".join(pattern for other, pattern in words.items() if other != side)
                assert all(says(words[side], text) and not says(others, text) for text in texts)


LITTLE_WORDS = """a an the of to it its is in on at by from with and or that this these those there i me you your please
let so be us what how who do does would could should as than some one all more most little bit"""


def content(text):
    words = set(bare(text).split()) - set(LITTLE_WORDS.split())
    return {re.sub(r"(?:wards|ed|s)$", "", word) for word in words}


def overlap(scenario, phrasing):
    """How many of a phrase's content words training has for the same intervention, on average."""
    shares = []
    for name, texts in scenario.phrases(phrasing).items():
        known = set().union(*map(content, scenario.interventions[name]))
        shares += [len(content(text) & known) / len(content(text)) for text in texts]
    return mean(shares)


def test_indirect_phrases_have_the_fewest_words_in_common_with_training():
    test, indirect = (mean(overlap(scenario, each) for scenario in SCENARIOS) for each in ("test", "indirect"))
    assert indirect < 0.1 < test < 0.25


def test_the_page_for_people_has_every_phrase(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    import phrase_table

    del sys.modules["phrase_table"]
    page = (ROOT / "docs" / "phrases.md").read_text(encoding="utf-8")
    assert phrase_table.filled(page) == page, "python tools/phrase_table.py"
    for scenario, phrasing in itertools.product(SCENARIOS, PHRASINGS):
        assert all(text in page for texts in all_of(scenario, phrasing).values() for text in texts)


# --- On the menu ------------------------------------------------------------------------------------------------------


@every_id
@every_phrasing
def test_menus_have_the_words_of_the_phrasing_and_the_order_of_all(env_id, phrasing):
    desk, plain = (make_desk(env_id, {**SMALL, "phrasing": each}) for each in (phrasing, "train"))
    known = {scenario.name: scenario for scenario in SCENARIOS}
    for number in range(14):
        one, other = (each.begin(each.named(number)).episode for each in (desk, plain))
        phrases = known[one.scenario].phrases(phrasing)
        for option in one.menu:
            if option.kind is Kind.INTERVENTION:
                assert {option.text, *option.also} == {*phrases[option.name]}
        assert one.world == other.world and one.question == other.question
        for option, usual in zip(one.menu, other.menu, strict=True):
            assert (option.kind, option.name) == (usual.kind, usual.name)
            assert option.kind is Kind.INTERVENTION or option.text == usual.text
        if phrasing == "train":
            assert one.menu == other.menu


@every_id
@every_grade
def test_decoys_are_on_the_menu_and_do_nothing(env_id, grade):
    env = gym.make(env_id, decoys=grade, **SMALL).unwrapped
    plain = gym.make(env_id, **SMALL).unwrapped
    assert env.action_space.n == plain.action_space.n + DECOYS
    known = {scenario.name: scenario for scenario in SCENARIOS}
    for number in range(14):
        obs, _ = env.reset(options={"episode": number})
        plain.reset(options={"episode": number})
        episode = env.conversation.episode
        scenario = known[episode.scenario]
        helping = {option.name for option in plain.conversation.episode.menu if option.kind is Kind.INTERVENTION}
        decoys = [
            i for i in episode.menu.of_kind(Kind.INTERVENTION) if episode.menu[i].name not in helping
        ]  # fmt: skip
        near = [i for i in decoys if episode.menu[i].name in scenario.near_decoys()]
        assert len(decoys) == DECOYS and len(near) == NEAR_DECOYS[grade]
        assert all(obs["action_mask"][i] for i in decoys) and env.observation_space.contains(obs)
        assert not {episode.menu[i].name for i in decoys} & {*scenario.interventions}
        assert len({option.text for option in episode.menu}) == len(episode.menu)
        *_, reward, terminated, _, info = env.step(decoys[number % 2])
        assert (reward, terminated, info["outcome"]) == (0.0, True, Outcome.USELESS_REQUEST)


@every_id
def test_the_checker_and_the_oracle_have_nothing_to_say(env_id):
    arguments = {"phrasing": "italian", "decoys": "mixed", "user": "clumsy", **SMALL}
    check_env(gym.make(env_id, render_mode="rgb_array", **arguments).unwrapped)
    for trajectory in proactive_gym.rollouts(proactive_gym.make_agent("oracle"), env_id, 14, **arguments):
        assert trajectory.outcome is Outcome.CORRECT and trajectory.requests == trajectory.requests_needed


@every_phrasing
@every_grade
def test_lanes_have_the_menus_of_single_environments(grade, phrasing):
    arguments = {"phrasing": phrasing, "decoys": grade, **SMALL}
    envs = gym.make_vec("ProactiveSuite-v0", num_envs=7, **arguments)
    single = gym.make("ProactiveSuite-v0", **arguments).unwrapped
    together, _ = envs.reset(seed=3)
    for lane in range(7):
        alone, _ = single.reset(seed=3 + lane)
        assert together["dialogue"][lane] == alone["dialogue"]
        assert (together["action_mask"][lane] == alone["action_mask"]).all()


@every_phrasing
def test_the_encoded_vocabulary_keeps_its_words(phrasing):
    usual = Vocabulary.of(gym.make("ProactiveSuite-v0", **SMALL))
    reworded = Vocabulary.of(gym.make("ProactiveSuite-v0", phrasing=phrasing, **SMALL))
    assert reworded.names == usual.names
    envs = VectorEncodedMenu(gym.make_vec("ProactiveSuite-v0", num_envs=7, phrasing=phrasing, decoys="near", **SMALL))
    decoys = [name for scenario in SCENARIOS for name in scenario.near_decoys()]
    assert envs.vocabulary.names == (*usual.names, *decoys)
    obs, _ = envs.reset(seed=0)
    assert (obs["menu"].sum(axis=1) >= 6 + DECOYS).all()
    envs.step(np.array([int(np.flatnonzero(row)[-1]) for row in obs["menu"]]))


@every_phrasing
def test_a_classroom_may_be_tested_in_other_words(phrasing):
    room = classroom(["occlusion"], decoys=["sketch", "viewpoint"])
    desk = make_desk(room, {**SMALL, "phrasing": phrasing})
    texts = {option.text for option in desk.begin(desk.named(0)).episode.menu if option.kind is Kind.INTERVENTION}
    known = [scenario for scenario in SCENARIOS if scenario.name in ("occlusion", "sketch", "viewpoint")]
    assert len(texts) == 4
    assert texts <= {text for each in known for told in each.phrases(phrasing).values() for text in told}


# --- Wrong input ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"phrasing": "germann"}, "did you mean 'german'"),
        ({"phrasing": None}, "phrasing is None"),
        ({"decoys": "close"}, "decoys is 'close', but must be one of 'none', 'far'"),
        ({"decoys": True}, "decoys is True"),
        ({"decoys": "far", "clear": True}, "clear=True leaves only answers"),
        ({"decoys": "near", "interventions": "foreign"}, "interventions='foreign'"),
    ],
)
def test_impossible_words_are_refused(arguments, said):
    for make in (gym.make, gym.make_vec):
        with pytest.raises(InputError, match=said):
            make("ProactiveSketch-v0", **arguments)


class Riddle(type(SCENARIOS[0])):
    """A scenario of one's own, with phrases for training alone."""

    name = "riddle"


class OwnWords(Riddle):
    def phrases(self, phrasing="train") -> dict:
        return {name: (f"{phrasing} {name}.",) for name in self.interventions}


def room_of(scenario: Scenario):
    return type("Room", (ProactiveEnv,), {"scenarios": (scenario,)})


def test_a_scenario_of_ones_own_says_what_words_it_lacks():
    make_desk(room_of(Riddle()), {"decoys": "far"})
    with pytest.raises(InputError, match=r"'riddle' has no such words for 'blocks_left'; leave it out, or let"):
        make_desk(room_of(Riddle()), {"phrasing": "french"})
    with pytest.raises(InputError, match=r"'riddle' there are 0 plausible decoys and each menu needs 1"):
        make_desk(room_of(Riddle()), {"decoys": "mixed"})
    desk = make_desk(room_of(OwnWords()), {"phrasing": "french"})
    assert "french blocks_left." in desk.begin(desk.named(0)).episode.texts


def test_official_rows_keep_their_words_and_may_have_decoys_and_any_user():
    official = {"source": "proactivebench", "data_dir": ROOT / "tests" / "parity", "split": "all", "wording": "own"}
    with pytest.raises(InputError, match="official rows keep their own words"):
        make_desk("ProactiveSketch-v0", {**official, "phrasing": "test"})
    for env_id, grade in zip(IDS[:-1], itertools.cycle(GRADES), strict=False):
        desk, plain = make_desk(env_id, {**official, "decoys": grade}), make_desk(env_id, official)
        assert desk.menu_size == plain.menu_size + DECOYS
        first, other = (each.begin(next(iter(names(each)))).episode for each in (desk, plain))
        # The benchmark's order stands: what is no answer first, decoys last among it, then the answers.
        assert [text for text in first.texts if text in other.texts] == list(other.texts)
        assert {*first.texts[-len(other.menu.of_kind(Kind.ANSWER)) :]} <= {*other.texts}
    for user in ("refusing", "clumsy", "slow", "half"):
        for env_id in IDS[:-1]:
            played = list(
                proactive_gym.rollouts(proactive_gym.make_agent("always-ask"), env_id, 3, user=user, **official)
            )
            assert all(one.error is None and one.outcome is not None for one in played)


def names(desk):
    return (desk.source.episode_name(desk.scenarios, number, desk.setting) for number in range(3))
