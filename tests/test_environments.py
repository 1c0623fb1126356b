"""Every registered environment keeps its contract with Gymnasium and with us."""

import hashlib
import os
import pickle
import subprocess
import sys
import warnings

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.error import InvalidAction, ResetNeeded
from gymnasium.utils.env_checker import check_env

import proactive_gym
from proactive_gym import InputError, Reward
from proactive_gym.envs import SCENARIOS, ProactiveEnv
from proactive_gym.envs.occlusion import Occlusion
from proactive_gym.menu import Kind

IDS = list(proactive_gym.ENVIRONMENTS)
SCENARIO_IDS = [env_id for env_id in IDS if env_id != "ProactiveSuite-v0"]
SMALL = {"image_size": 64}

every_id = pytest.mark.parametrize("env_id", IDS)
every_scenario = pytest.mark.parametrize("env_id", SCENARIO_IDS)


def make(env_id: str, **kwargs) -> ProactiveEnv:
    return gym.make(env_id, **{**SMALL, **kwargs}).unwrapped


def play(env: ProactiveEnv, seed: int, choose=None):
    """All observations, rewards and infos of one episode."""
    obs, info = env.reset(seed=seed)
    env.action_space.seed(seed)
    steps = [(obs, 0.0, info)]
    over = False
    while not over:
        action = choose(env, obs) if choose else env.action_space.sample(obs["action_mask"])
        obs, reward, terminated, truncated, info = env.step(action)
        steps.append((obs, reward, info))
        over = terminated or truncated
    return steps


def ask_first(env, obs):
    """The first intervention on offer, else the last option on offer."""
    menu = env.conversation.episode.menu
    asking = [i for i in menu.of_kind(Kind.INTERVENTION) if obs["action_mask"][i]]
    return asking[0] if asking else int(np.flatnonzero(obs["action_mask"])[-1])


def digest(steps) -> str:
    found = hashlib.sha256()
    for obs, reward, info in steps:
        found.update(obs["image"].tobytes() + obs["dialogue"].encode() + obs["action_mask"].tobytes())
        found.update(repr((reward, sorted(info.items()))).encode())
    return found.hexdigest()


@every_id
@pytest.mark.parametrize("reply", ["choice", "text", "open"])
def test_gymnasiums_checker_has_nothing_to_say(env_id, reply):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        env = gym.make(env_id, render_mode="rgb_array", reply=reply, **SMALL)
        check_env(env.unwrapped)


@every_id
def test_observations_are_in_their_space_throughout(env_id):
    env = make(env_id)
    for seed in range(20):
        for obs, _, _ in play(env, seed, ask_first):
            assert env.observation_space.contains(obs)


@every_id
def test_samples_are_contained(env_id):
    for reply in ("choice", "text"):
        env = make(env_id, reply=reply)
        assert env.observation_space.contains(env.observation_space.sample())
        assert env.action_space.contains(env.action_space.sample())


@every_id
def test_a_seed_fixes_the_episode(env_id):
    one, other = make(env_id), make(env_id)
    for seed in (0, 1, 2**40):
        assert digest(play(one, seed, ask_first)) == digest(play(other, seed, ask_first))


@every_id
def test_further_resets_follow_from_the_seed(env_id):
    names = []
    for _ in range(2):
        env = make(env_id)
        first = env.reset(seed=7)[1]["episode"]
        names.append([first, *(env.reset()[1]["episode"] for _ in range(5))])
    assert names[0] == names[1]
    assert len(set(names[0])) == 6


SCRIPT = """
import sys; sys.path[:0] = [{folder!r}]
from test_environments import IDS, ask_first, digest, make, play
print(" ".join(digest(play(make(env_id), seed, ask_first)) for env_id in IDS for seed in (0, 1)))
"""


def test_the_same_in_any_process_whatever_the_hash_seed():
    runs = []
    for hash_seed in ("1", "2"):
        script = SCRIPT.format(folder=os.path.dirname(__file__))
        env = {**os.environ, "PYTHONHASHSEED": hash_seed}
        runs.append(
            subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True).stdout
        )
    here = " ".join(digest(play(make(env_id), seed, ask_first)) for env_id in IDS for seed in (0, 1))
    assert runs[0].strip() == runs[1].strip() == here


@every_id
def test_pickles_in_the_middle_of_an_episode(env_id):
    env = make(env_id)
    for seed in range(30):
        obs, _ = env.reset(seed=seed)
        obs, _, terminated, truncated, _ = env.step(ask_first(env, obs))
        if not (terminated or truncated):
            break
    else:
        pytest.fail("no request led on")
    twin = pickle.loads(pickle.dumps(env))
    action = ask_first(env, obs)
    assert digest([(*env.step(action)[:2], {})]) == digest([(*twin.step(action)[:2], {})])
    assert env.reset()[1]["episode"] == twin.reset()[1]["episode"]


def test_what_others_have_made_of_the_same_subjects_is_not_pickled():
    class Elsewhere(Occlusion):
        name = "elsewhere"

    class ElsewhereEnv(ProactiveEnv):
        scenarios = (Elsewhere(),)

    ElsewhereEnv().reset(seed=0)
    env = make("ProactiveOcclusion-v0")
    twin = pickle.loads(pickle.dumps(env))
    (obs, info), (other, other_info) = env.reset(seed=0), twin.reset(seed=0)
    assert digest([(obs, 0.0, info)]) == digest([(other, 0.0, other_info)])


@every_id
def test_a_state_can_be_restored_any_number_of_times(env_id):
    env = make(env_id)
    obs, info = env.reset(seed=3)
    state = env.clone_state()
    runs = []
    for _ in range(3):
        obs, again = env.restore_state(state)
        assert again == info
        outcome = env.step(ask_first(env, obs))
        runs.append(digest([(outcome[0], outcome[1], outcome[4])]) + env.reset()[1]["episode"])
    assert len(set(runs)) == 1


@every_id
def test_pictures_of_different_calls_share_no_memory(env_id):
    env = make(env_id)
    first, _ = env.reset(options={"episode": 5})
    second, _ = env.reset(options={"episode": 5})
    assert np.array_equal(first["image"], second["image"])
    assert not np.shares_memory(first["image"], second["image"])


@every_id
def test_rendering_shows_the_dialogue_below_the_picture(env_id):
    env = make(env_id, render_mode="rgb_array", hint="Ein Hinweis: größer, 更多, \N{GRINNING FACE}\u202e\x07")
    env.reset(seed=0)
    page = env.render()
    assert page.dtype == np.uint8 and page.shape[2] == 3
    assert page.shape[0] > 64 + 100
    env.step(0)
    assert env.render().shape[0] > 64


@every_id
def test_an_episode_is_found_again_by_name_and_by_number(env_id):
    env = make(env_id)
    obs, info = env.reset(options={"episode": 12})
    again, info_again = env.reset(options={"episode": info["episode"]})
    assert info == info_again
    assert np.array_equal(obs["image"], again["image"]) and obs["dialogue"] == again["dialogue"]


def test_the_suites_episodes_are_the_scenarios_own():
    suite = make("ProactiveSuite-v0")
    for number in range(14):
        obs, info = suite.reset(options={"episode": number})
        single = make(SCENARIO_IDS[number % 7])
        own, own_info = single.reset(options={"episode": info["episode"]})
        assert info == own_info
        assert np.array_equal(obs["image"], own["image"]) and obs["dialogue"] == own["dialogue"]


@every_id
def test_episodes_never_collide(env_id):
    """10^5 episodes of neighbouring seeds, their successors, and those picked by number."""
    desk = make(env_id).desk
    names = set()
    for seed in range(12_500):
        random = np.random.Generator(np.random.PCG64(seed))
        names.update(desk.drawn(random) for _ in range(7))
    names.update(desk.named(number) for number in range(12_500))
    assert len(names) == 8 * 12_500


@every_scenario
def test_splits_share_no_subject_and_no_episode(env_id):
    answers, names = {}, {}
    for split in ("train", "validation", "test"):
        env = make(env_id, split=split)
        infos = [env.reset(options={"episode": number})[1] for number in range(150)]
        menus = [env.desk.begin(info["episode"]).episode.menu for info in infos]
        answers[split] = {option.text for menu in menus for option in menu if option.kind is Kind.ANSWER}
        names[split] = {info["episode"] for info in infos}
    for one, other in (("train", "validation"), ("train", "test"), ("validation", "test")):
        assert not answers[one] & answers[other]
        assert not names[one] & names[other]


@every_id
def test_nothing_tells_the_answer_before_the_end(env_id):
    """Every way in which the place of the right answer could show, at the same rate as the places of the wrong ones."""
    env = make(env_id)
    first, last, longest = 0, 0, 0
    episodes = 400
    for number in range(episodes):
        obs, info = env.reset(options={"episode": number})
        assert set(info) == {"episode", "scenario", "turn", "options", "requests", "outcome"}
        assert set(obs) == {"image", "dialogue", "action_mask"}
        menu, right = env.conversation.episode.menu, env.conversation.episode.answer
        answers = menu.of_kind(Kind.ANSWER)
        assert len(answers) == 4 and len(set(menu.texts)) == len(menu)
        first += answers[0] == right
        last += answers[-1] == right
        longest += max(answers, key=lambda i: len(menu[i].text)) == right
        # Nothing but the menu names any answer.
        words = menu[right].text.rstrip(".").lower()
        question = obs["dialogue"].split("\n")[0].lower()
        assert f" {words} " not in f" {question} "
        assert words not in info["episode"]
    for hits in (first, last, longest):
        assert 0.25 * episodes - 45 < hits < 0.25 * episodes + 45  # five standard deviations


@every_id
def test_the_end_tells_what_the_answer_was(env_id):
    env = make(env_id)
    for seed in range(10):
        *_, (_, _, info) = play(env, seed, ask_first)
        assert info["answer"] in info["options"]
        assert len(info["sufficiency"]) == info["turn"] + 1
        assert all(0.0 <= share <= 1.0 for share in info["sufficiency"])
        assert info["requests_needed"] >= 1


@every_id
def test_the_first_picture_never_suffices_and_asking_leads_to_one_that_does(env_id):
    desk = make(env_id).desk
    for number in range(140):
        episode = desk.begin(desk.named(number)).episode
        assert episode.world.sufficiency(episode.start) < 0.3
        assert episode.world.sufficiency(episode.world.best) >= 0.8
        assert 1 <= episode.requests_needed <= episode.turns - 1


def test_the_nineteen_behaviours_exist_by_name():
    names = {name for scenario in SCENARIOS for name in scenario.interventions}
    assert names == {
        *("blocks_left", "blocks_right", "rewind", "wait", "rotate", "draw_more", "farther"),
        *("camera_left", "camera_right", "camera_up", "camera_down"),
        *("brightness", "contrast", "saturation", "deblur", "denoise", "compression", "resolution", "artifacts"),
    }
    phrases = [phrase for scenario in SCENARIOS for options in scenario.interventions.values() for phrase in options]
    assert all(phrase.endswith(".") for phrase in phrases)


def test_image_quality_offers_one_fitting_repair_among_unfit_ones():
    env = make("ProactiveImageQuality-v0")
    for number in range(60):
        env.reset(options={"episode": number})
        episode = env.conversation.episode
        repairs = episode.menu.of_kind(Kind.INTERVENTION)
        fitting = [i for i in repairs if episode.menu[i].name in episode.world.moves(episode.start)]
        assert len(repairs) == 4 and len(fitting) == 1
        unfit = next(i for i in repairs if i not in fitting)
        _, reward, terminated, _, info = env.step(unfit)
        assert terminated and reward == 0 and info["outcome"] == "useless_request"


def test_repairs_that_people_may_argue_about_are_not_offered_beside_each_other():
    desk = make("ProactiveImageQuality-v0").desk
    seen = set()
    for number in range(400):
        episode = desk.begin(desk.named(number)).episode
        offered = {option.name for option in episode.menu if option.kind is Kind.INTERVENTION}
        world = episode.world
        if world.faded:
            assert world.repair == "saturation" and not offered & {"brightness", "contrast"}
        if world.repair == "contrast":
            assert "saturation" not in offered
        assert len(offered & {"deblur", "compression", "resolution"}) <= 1
        assert len(offered & {"brightness", "contrast"}) <= 1
        seen.add((world.repair, world.faded))
    assert {("saturation", True), ("saturation", False), ("contrast", False)} <= seen


def test_a_moment_loses_an_option_at_the_ends_of_the_clip():
    env = make("ProactiveVideoMoment-v0")
    seen = set()
    for number in range(60):
        obs, _ = env.reset(options={"episode": number})
        world = env.conversation.episode.world
        for place, lost in ((0, "rewind"), (world.turns - 1, "wait")):
            assert world.spent(place) == {lost} and lost not in world.moves(place)
        menu = env.conversation.episode.menu
        off = [menu[i].name for i in range(len(menu)) if not obs["action_mask"][i]]
        if off:
            seen.update(off)
            with pytest.raises(InvalidAction, match=r"not on offer in episode .* at turn 0"):
                env.step(next(i for i in range(len(menu)) if not obs["action_mask"][i]))
            assert menu[next(i for i in range(len(menu)) if not obs["action_mask"][i])].text not in obs["dialogue"]
    assert "rewind" in seen


def test_a_framing_loses_an_option_when_the_camera_is_at_its_end():
    env = make("ProactiveFraming-v0")
    for number in range(30):
        obs, _ = env.reset(options={"episode": number})
        menu = env.conversation.episode.menu
        while True:
            asking = [i for i in menu.of_kind(Kind.INTERVENTION) if obs["action_mask"][i]]
            if not asking:
                break
            obs, _, terminated, truncated, _ = env.step(asking[0])
            assert not terminated and not truncated
        assert "camera" not in obs["dialogue"].split("\n", 1)[1].lower()
        letters = [line[0] for line in obs["dialogue"].split("\n")[2:-1]]
        assert letters == list("ABCDEFG"[: len(letters)])


@pytest.mark.parametrize("env_id", ["ProactiveOcclusion-v0", "ProactiveVideoOcclusion-v0"])
def test_blocks_and_videos_go_around(env_id):
    env = make(env_id)
    for number in range(10):
        env.reset(options={"episode": number})
        world = env.conversation.episode.world
        for name in world.moves(world.start):
            place, visited = world.start, []
            for _ in range(world.turns):
                place = world.moves(place)[name]
                visited.append(place)
            assert place == world.start and len(set(visited)) == world.turns


@every_id
def test_asking_for_ever_is_cut_short_or_runs_out_of_options(env_id):
    env = make(env_id)
    endings = set()
    for seed in range(40):
        *_, (_, reward, info) = play(env, seed, ask_first)
        endings.add(info["outcome"])
        assert reward == (1.0 if info["outcome"] == "correct" else 0.0)
    assert endings <= {"exhausted", "useless_request", "correct", "wrong", "abstained"}


# --- Arguments
# ---------------------------------------------------------------------------------------------------------


@every_id
def test_the_reference_setting_shows_the_best_picture_and_answers_only(env_id):
    env = make(env_id, clear=True)
    assert env.action_space.n == 4
    for number in range(20):
        _, info = env.reset(options={"episode": number})
        assert len(info["options"]) == 4
        _, _, terminated, _, info = env.step(0)
        assert terminated and info["sufficiency"][0] >= 0.8
        assert info["outcome"] in ("correct", "wrong")


@every_id
def test_hints_stand_behind_the_question(env_id):
    plain = make(env_id).reset(seed=1)[0]["dialogue"]
    assert "Hint:" not in plain
    assert "Hint:" in make(env_id, hint=True).reset(seed=1)[0]["dialogue"].split("\n")[0]
    assert "Frag ruhig nach – 问吧!" in make(env_id, hint="Frag ruhig nach – 问吧!").reset(seed=1)[0]["dialogue"]


@every_scenario
def test_foreign_interventions_come_from_other_scenarios_and_mend_nothing(env_id):
    env = make(env_id, interventions="foreign")
    own = env.scenarios[0].interventions
    for number in range(30):
        env.reset(options={"episode": number})
        menu = env.conversation.episode.menu
        foreign = menu.of_kind(Kind.INTERVENTION)
        assert foreign and not {menu[i].name for i in foreign} & set(own)
        _, reward, terminated, _, info = env.step(foreign[0])
        assert terminated and reward == 0 and info["outcome"] == "useless_request"


@every_id
def test_the_benchmarks_order_puts_answers_last(env_id):
    env = make(env_id, menu_order="benchmark")
    for number in range(20):
        env.reset(options={"episode": number})
        kinds = [option.kind is Kind.ANSWER for option in env.conversation.episode.menu]
        assert kinds == sorted(kinds)


@every_id
def test_a_shuffled_menus_places_tell_nothing(env_id):
    desk = make(env_id).desk
    kinds = {Kind.ANSWER: 0, Kind.ABSTENTION: 0, Kind.INTERVENTION: 0}
    for number in range(300):
        kinds[desk.begin(desk.named(number)).episode.menu[0].kind] += 1
    assert all(count > 15 for count in kinds.values())


@every_id
def test_a_budget_bounds_the_requests(env_id):
    env = make(env_id, budget=0)
    for number in range(10):
        env.reset(options={"episode": number})
        menu = env.conversation.episode.menu
        fitting = [
            i
            for i in menu.of_kind(Kind.INTERVENTION)
            if menu[i].name in env.conversation.episode.world.moves(env.conversation.episode.start)
        ]
        _, _, terminated, truncated, info = env.step(fitting[0])
        assert truncated and not terminated and info["outcome"] == "exhausted" and info["requests"] == 1


@every_id
def test_single_turns_end_after_the_first_reply(env_id):
    env = make(env_id, single_turn=True, reward=Reward(request=0.5))
    for number in range(10):
        env.reset(options={"episode": number})
        episode = env.conversation.episode
        fitting = [
            i
            for i in episode.menu.of_kind(Kind.INTERVENTION)
            if episode.menu[i].name in episode.world.moves(episode.start)
        ]
        _, reward, terminated, truncated, info = env.step(fitting[0])
        assert terminated and not truncated and reward == 0.5 and info["outcome"] == "requested" and info["turn"] == 0


@every_id
def test_the_twins_are_what_they_are_called(env_id):
    for number in range(28):
        desks = {control: make(env_id, control=control).desk for control in ("sufficient", "unhelpful")}
        sufficient, unhelpful = (desk.begin(desk.named(number)).episode for desk in desks.values())
        assert sufficient.requests_needed == 0
        assert unhelpful.requests_needed is None
        assert sufficient.texts[sufficient.answer] == unhelpful.texts[unhelpful.answer]


@every_id
def test_mixed_twins_are_balanced(env_id):
    desk = make(env_id, control="mixed").desk
    needed = [desk.begin(desk.named(number)).episode.requests_needed for number in range(63)]
    assert sum(count == 0 for count in needed) == sum(count is None for count in needed) == 21


@every_scenario
def test_the_unhelpful_twin_never_shows_enough_whatever_is_asked(env_id):
    desk = make(env_id, control="unhelpful").desk
    for number in range(20):
        episode = desk.begin(desk.named(number)).episode
        waiting, seen = [episode.start], {episode.start}
        while waiting:
            place = waiting.pop()
            assert episode.world.sufficiency(place) < 0.3
            for there in episode.world.moves(place).values():
                if there not in seen:
                    seen.add(there)
                    waiting.append(there)


@every_id
def test_written_replies_are_read(env_id):
    env = make(env_id, reply="text")
    obs, info = env.reset(seed=2)
    right = env.conversation.episode.answer
    letter = "ABCDEFGHI"[int(obs["action_mask"][:right].sum())]
    state = env.clone_state()
    for reply in (letter, f"({letter})", info["options"][right], f"I think the answer is {letter}."):
        env.restore_state(state)
        _, reward, terminated, _, info = env.step(reply)
        assert reward == 1.0 and terminated and info["outcome"] == "correct"
    env.restore_state(state)
    _, reward, terminated, _, info = env.step("Hm.")
    assert reward == 0.0 and terminated and info["outcome"] == "unreadable"


@every_id
def test_open_replies_show_no_menu(env_id):
    env = make(env_id, reply="open")
    obs, info = env.reset(seed=2)
    episode = env.conversation.episode
    assert info["options"] == () and not obs["action_mask"].any()
    assert episode.menu[episode.answer].text.rstrip(".").lower() not in obs["dialogue"].lower()
    name = episode.menu[episode.answer].text.rstrip(".").lower()
    _, reward, _, _, info = env.step(f"It looks like a {name} to me")
    assert reward == 1.0 and info["outcome"] == "correct"


WRONG_ARGUMENTS = [
    ({"colour": 1}, "'colour' is no argument"),
    ({"imagesize": 64}, "did you mean 'image_size'"),
    ({"autoreset_mode": "next_step"}, "is no argument of this environment (gym.make_vec takes 'autoreset')"),
    ({"source": "imagenet"}, "source is 'imagenet'"),
    ({"source": 7}, "source is 7"),
    ({"split": "tset"}, "did you mean 'test'"),
    ({"data_dir": "/nowhere"}, "data_dir is '/nowhere'"),
    ({"image_size": 0}, "image_size is 0, but must be a whole number from 32"),
    ({"image_size": 64.5}, "image_size is 64.5"),
    ({"image_size": True}, "image_size is True"),
    ({"reply": "voice"}, "reply is 'voice'"),
    ({"reading": "kind"}, "reading is 'kind'"),
    ({"menu_order": "sorted"}, "menu_order is 'sorted'"),
    ({"hint": 3}, "hint is 3"),
    ({"clear": "yes"}, "clear is 'yes'"),
    ({"interventions": "none"}, "interventions is 'none'"),
    ({"control": "both"}, "control is 'both'"),
    ({"clear": True, "control": "mixed"}, "clear=True leaves only answers"),
    ({"budget": -1}, "budget is -1"),
    ({"reward": "sparse"}, "reward is 'sparse'"),
    ({"single_turn": 1}, "single_turn is 1"),
    ({"render_mode": "ansi"}, "render_mode is 'ansi'"),
]


@pytest.mark.parametrize(("kwargs", "message"), WRONG_ARGUMENTS, ids=[message for _, message in WRONG_ARGUMENTS])
def test_wrong_arguments_get_one_clear_sentence(kwargs, message):
    with pytest.raises(InputError) as error, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Gymnasium warns of unknown render modes before we can say so
        gym.make("ProactiveOcclusion-v0", **kwargs)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_reward_must_be_finite():
    with pytest.raises(InputError, match="request"):
        Reward(request=float("nan"))


@pytest.mark.parametrize("seed", ["7", 1.5, -1, True, [1]])
def test_wrong_seeds_are_refused(seed):
    with pytest.raises(InputError, match="seed"):
        make("ProactiveOcclusion-v0").reset(seed=seed)


@pytest.mark.parametrize(
    "options",
    [
        {"episode": -1},
        {"episode": 1.5},
        {"episode": "scenes/occlusion/test/x"},
        {"episode": "scenes/occlusion/train/1"},
        {"episode": "scenes/sketch/test/1"},
        {"episode": "scenes/occlusion/test/1/easy"},
        {"epsiode": 3},
        "scenes/occlusion/test/1",
    ],
    ids=str,
)
def test_wrong_episodes_are_refused(options):
    with pytest.raises(InputError):
        make("ProactiveOcclusion-v0").reset(options=options)


@every_id
def test_steps_out_of_turn_are_gymnasiums_errors(env_id):
    env = make(env_id)
    with pytest.raises(ResetNeeded):
        env.step(0)
    with pytest.raises(ResetNeeded):
        env.clone_state()
    play(env, 0)
    with pytest.raises(ResetNeeded):
        env.step(0)


@pytest.mark.parametrize("action", [99, -1, 0.0, "A", None, [0], True])
def test_impossible_actions_are_gymnasiums_errors(action):
    env = make("ProactiveOcclusion-v0")
    env.reset(seed=0)
    with pytest.raises(InvalidAction):
        env.step(action)
    written = make("ProactiveOcclusion-v0", reply="text")
    written.reset(seed=0)
    if not isinstance(action, str):
        with pytest.raises(InvalidAction):
            written.step(action)


def test_an_unknown_id_is_gymnasiums_error():
    with pytest.raises(gym.error.NameNotFound):
        gym.make("ProactiveOclusion-v0")


def test_shared_memory_is_refused_and_the_rest_of_gymnasiums_vectors_work():
    with pytest.raises(InputError, match="shared_memory=False"):
        gym.make_vec("ProactiveOcclusion-v0", 2, vectorization_mode="async", **SMALL)
    vector = gym.make_vec("ProactiveOcclusion-v0", 3, vectorization_mode="sync", **SMALL)
    obs, _ = vector.reset(seed=5)
    alone, _ = make("ProactiveOcclusion-v0").reset(seed=6)
    assert obs["image"].shape == (3, 64, 64, 3)
    assert obs["dialogue"][1] == alone["dialogue"] and np.array_equal(obs["image"][1], alone["image"])
    vector.close()
