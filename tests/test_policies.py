"""Policies without language: a fixed vocabulary, masks, and stable-baselines3 that learns with them."""

import pickle
from typing import ClassVar

import gymnasium as gym
import numpy as np
import pytest
import torch
from gymnasium.error import InvalidAction, ResetNeeded
from gymnasium.utils.env_checker import check_env as check_gymnasium_env
from sb3_contrib import MaskablePPO
from sb3_contrib.common.maskable.evaluation import evaluate_policy as evaluate_masked
from sb3_contrib.common.wrappers import ActionMasker
from stable_baselines3 import PPO
from stable_baselines3.common.env_checker import check_env
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from stable_baselines3.common.vec_env import VecTransposeImage
from torch import nn

import proactive_gym
from proactive_gym import InputError, Reward
from proactive_gym.adapters.stable_baselines3 import SB3VecEnv
from proactive_gym.envs import ProactiveEnv, Scenario
from proactive_gym.envs.encoded import EncodedMenu, VectorEncodedMenu
from proactive_gym.envs.occlusion import Occlusion
from proactive_gym.envs.vector import ProactiveVectorEnv
from proactive_gym.envs.vocabulary import ABSTAIN, Vocabulary, Word
from proactive_gym.menu import Kind
from proactive_gym.sources import FixedEpisodes, ScenesSource
from proactive_gym.sources.scenes.subjects import SPLITS, drawings

IDS = list(proactive_gym.ENVIRONMENTS)
SIDE = 36  # the smallest that SB3's own convolutions take

every_id = pytest.mark.parametrize("env_id", IDS)
both_replies = pytest.mark.parametrize(("reply", "off_menu"), [("choice", "error"), ("text", "unreadable")])


def make(
    env_id: str, off_menu: str = "error", vocabulary: Vocabulary | None = None, last: bool = False, **kwargs
) -> EncodedMenu:
    return EncodedMenu(gym.make(env_id, **{"image_size": SIDE, **kwargs}), vocabulary, off_menu, last)


def make_vector(env_id: str, num_envs: int, off_menu: str = "error", last: bool = False, **kwargs) -> VectorEncodedMenu:
    vector = gym.make_vec(env_id, num_envs, **{"image_size": SIDE, **kwargs})
    return VectorEncodedMenu(vector, off_menu=off_menu, last=last)


def same(one, other) -> bool:
    """Equal in value, shape and type, all the way down."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, np.ndarray):
        if one.dtype == object:
            return other.dtype == object and all(same(a, b) for a, b in zip(one, other, strict=True))
        return one.dtype == other.dtype and np.array_equal(one, other)
    return type(one) is type(other) and one == other


def random_choices(random: np.random.Generator, masks: np.ndarray) -> np.ndarray:
    return (random.random(masks.shape) * masks).argmax(axis=-1)


def meaning(env: gym.Env, option: int) -> str:
    """What an option means, said by its kind and not by its text."""
    conversation = env.unwrapped.conversation
    text, kind, name, _ = conversation.episode.menu[option]
    if kind is Kind.ANSWER:
        return next(item.name for item in drawings().subjects.values() if item.option == text)
    return ABSTAIN if kind is Kind.ABSTENTION else name


# --- The vocabulary ---------------------------------------------------------------------------------------------------


@every_id
@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("interventions", ["valid", "foreign"])
def test_built_in_environments_share_one_vocabulary(env_id, split, interventions):
    vocabulary = Vocabulary.of(gym.make(env_id, split=split, interventions=interventions))
    assert len(vocabulary) == 1 + 19 + 341
    assert vocabulary == Vocabulary.of(gym.make_vec("ProactiveSuite-v0", 2))
    assert vocabulary.names[:3] == (ABSTAIN, "blocks_left", "blocks_right")
    assert [vocabulary.number(name) for name in vocabulary.names] == list(range(361))
    assert pickle.loads(pickle.dumps(vocabulary)) == vocabulary


def test_episodes_kept_in_memory_have_the_vocabulary_of_their_source():
    kept = FixedEpisodes(FixedEpisodes(ScenesSource(image_size=SIDE), 3), 2)
    assert Vocabulary.of(gym.make("ProactiveSuite-v0", source=kept)) == Vocabulary.of(gym.make("ProactiveSuite-v0"))


def test_a_vocabulary_can_be_restricted():
    env = gym.make("ProactiveSketch-v0", split="train")
    train = Vocabulary.of(env, splits=["train"])
    assert len(train) == 1 + 19 + 186
    few = train.only(["frog", "draw_more", "tomato", ABSTAIN])
    assert few.names == (ABSTAIN, "draw_more", "frog", "tomato")
    assert few.number("frog") == 2


def test_a_scenario_of_ones_own_adds_its_interventions_at_the_end():
    class Fog(Occlusion):
        name = "fog"
        interventions: ClassVar = {"wipe": ("Wipe the window.",), "wait": ("Let the fog lift.",)}

    class FogEnv(ProactiveEnv):
        scenarios = (Fog(),)

    vocabulary = Vocabulary.of(FogEnv())
    assert vocabulary.names == (*Vocabulary.of(gym.make("ProactiveSuite-v0")).names, "wipe")
    assert "Let the fog lift." in vocabulary.words[vocabulary.number("wait")].texts


@pytest.mark.parametrize(
    ("making", "message"),
    [
        (lambda: Vocabulary(()), "no words"),
        (lambda: Vocabulary.made({"wait": ["Wait."]}, {"wait": ["A wait."]}), "name 'wait' is in the vocabulary twice"),
        (lambda: Vocabulary((Word("a", ("A.",)), Word("b", ("A.",)))), "text 'A.' is in the vocabulary twice"),
        (lambda: Vocabulary.of(gym.make("ProactiveSketch-v0"), ["exam"]), "'exam'"),
        (lambda: Vocabulary.of(gym.make("ProactiveSketch-v0")).only(["elefant"]), "did you mean 'elephant'"),
        (lambda: Vocabulary.of(gym.make("ProactiveSketch-v0")).numbers(["Unicorn."]), "'Unicorn.'"),
        (lambda: EncodedMenu(gym.make("CartPole-v1")), "EncodedMenu wraps what gym.make gives"),
        (lambda: EncodedMenu(gym.make_vec("ProactiveSketch-v0", 2)), "EncodedMenu wraps what gym.make gives"),
        (lambda: Vocabulary.of(gym.make("CartPole-v1")), "Only environments of proactive_gym"),
        (lambda: EncodedMenu(gym.wrappers.FilterObservation(gym.make("ProactiveSketch-v0"), ["dialogue"])), "'image'"),
        (lambda: make("ProactiveSketch-v0", reply="open"), "reply is 'open'"),
        (lambda: make("ProactiveSketch-v0", "ignore"), "off_menu is 'ignore'"),
        (lambda: make("ProactiveSketch-v0", "unreadable"), "make it with reply='text'"),
        (lambda: VectorEncodedMenu(gym.make_vec("ProactiveSketch-v0", 2, vectorization_mode="sync")), "native vector"),
    ],
)
def test_what_cannot_be_encoded_gets_one_clear_sentence(making, message):
    with pytest.raises(InputError) as error:
        making()
    assert message in str(error.value) and "\n" not in str(error.value) and len(str(error.value)) < 300


def test_other_sources_need_a_vocabulary_of_ones_own():
    scenes = gym.make("ProactiveSketch-v0").unwrapped.source

    class Photos:
        name, split, image_size, knows_sufficiency, defaults = "photos", "all", 224, False, scenes.defaults
        size, menu_size, episode_name = scenes.size, scenes.menu_size, scenes.episode_name
        episode, paint = scenes.episode, scenes.paint

    env = proactive_gym.envs.ProactiveSketchEnv(source=Photos())
    with pytest.raises(InputError, match="'photos' are not known in advance"):
        EncodedMenu(env)
    vocabulary = Vocabulary.of(gym.make("ProactiveSketch-v0"))
    assert EncodedMenu(env, vocabulary).reset(seed=0)[0]["menu"].sum() == 6
    env.source.image_size = None
    with pytest.raises(InputError, match="'photos' differ in size"):
        EncodedMenu(env, vocabulary)


def test_a_menu_beyond_the_vocabulary_is_refused_and_not_cut():
    env = gym.make("ProactiveSketch-v0", image_size=SIDE)
    narrow = EncodedMenu(env, Vocabulary.of(env, splits=["train"]))
    with pytest.raises(InputError, match="text of none of the 206 words"):
        narrow.reset(seed=0)


# --- One environment --------------------------------------------------------------------------------------------------


@every_id
@both_replies
@pytest.mark.filterwarnings("ignore:.*different from the unwrapped version.*")
def test_checkers_of_stable_baselines_and_gymnasium_pass(env_id, reply, off_menu, recwarn):
    check_env(make(env_id, off_menu, reply=reply))
    assert not [str(warning.message) for warning in recwarn]
    check_gymnasium_env(make(env_id, off_menu, reply=reply), skip_render_check=True)


@every_id
@both_replies
def test_every_action_on_offer_is_one_option_on_offer_and_back(env_id, reply, off_menu):
    env = make(env_id, off_menu, reply=reply)
    names = env.vocabulary.names
    random = np.random.default_rng(0)
    for seed in range(12):
        observation, info = env.reset(seed=seed)
        over = False
        while not over:
            conversation = env.unwrapped.conversation
            options = [option for option, here in enumerate(conversation.offered) if here]
            mask = env.action_masks()
            assert mask.dtype == bool and np.array_equal(mask, observation["menu"])
            assert {names[number] for number in mask.nonzero()[0]} == {meaning(env, option) for option in options}
            offered = conversation.offered
            for option in options:
                action = env.vocabulary.number(meaning(env, option))
                assert env.vocabulary.option(action, info["options"], offered) == option
            assert env.action_space.contains(env.action_space.sample()) and mask[env.action_space.sample()]
            asking = [number for number in mask.nonzero()[0] if number and number < 20]
            action = random.choice(asking or mask.nonzero()[0])
            state, expected = conversation.state, conversation.episode.reply
            option = env.vocabulary.option(int(action), info["options"], offered)
            observation, reward, terminated, truncated, info = env.step(action)
            assert conversation.state == expected(state, option)
            over = terminated or truncated
            assert env.observation_space.contains(observation) and type(reward) is float


def test_an_action_means_the_same_whatever_the_menus_order_and_words():
    env = make("ProactiveViewpoint-v0")
    rotate = env.vocabulary.number("rotate")
    places = set()
    for seed in range(30):
        _, info = env.reset(seed=seed)
        places.add(env.vocabulary.numbers(info["options"]).index(rotate))
        *_, info = env.step(rotate)
        assert info["outcome"] == "requested"
    assert len(places) > 3


def test_answering_by_name_is_right_or_wrong():
    env = make("ProactiveOcclusion-v0", clear=True)
    for seed in range(10):
        _, info = env.reset(seed=seed)
        conversation = env.unwrapped.conversation
        right = env.vocabulary.numbers(info["options"])[conversation.episode.answer]
        *_, info = env.step(right)
        assert info["outcome"] == "correct" and info["answer"] == env.vocabulary.words[right].texts[0]


def test_an_action_off_the_menu_is_an_error_or_an_unreadable_reply():
    strict, forgiving = make("ProactiveOcclusion-v0"), make("ProactiveOcclusion-v0", "unreadable", reply="text")
    for env in (strict, forgiving):
        env.reset(seed=0)
        for action in (361, -1, 1.0, [1], "frog", None):
            with pytest.raises(InvalidAction):
                env.step(action)
    rotate = strict.vocabulary.number("rotate")
    with pytest.raises(InvalidAction, match=r"Action 5 \(rotate\) is not on offer .* 1 \(blocks_left\)"):
        strict.step(rotate)
    assert strict.unwrapped.clone_state().state.turn == 0
    for reading in ("lenient", "strict"):
        env = make("ProactiveOcclusion-v0", "unreadable", reply="text", reading=reading, reward=Reward(unreadable=-1.0))
        env.reset(seed=0)
        _, reward, terminated, truncated, info = env.step(rotate)
        assert (reward, terminated, truncated, info["outcome"]) == (-1.0, True, False, "unreadable")


def test_stepping_after_the_end_asks_for_a_reset():
    env = make("ProactiveOcclusion-v0")
    env.reset(seed=0)
    env.step(env.vocabulary.number(ABSTAIN))
    for action in (0, 5):
        with pytest.raises(ResetNeeded):
            env.step(action)


def test_the_episodes_name_makes_way_for_statistics():
    env = gym.wrappers.RecordEpisodeStatistics(make("ProactiveSketch-v0"))
    _, info = env.reset(seed=0)
    assert "episode" not in info and info["episode_name"].startswith("scenes/sketch/test/")
    *_, info = env.step(0)
    assert info["episode"]["l"] == 1 and info["episode_name"].startswith("scenes/sketch/test/")


def test_masks_are_found_through_wrappers_and_need_an_episode():
    env = gym.wrappers.TimeLimit(make("ProactiveSketch-v0"), 3)
    with pytest.raises(ResetNeeded):
        env.get_wrapper_attr("action_masks")()
    env.reset(seed=0)
    assert env.get_wrapper_attr("action_masks")().sum() == 6
    assert ActionMasker(env, lambda it: it.get_wrapper_attr("action_masks")()).action_masks().sum() == 6


# --- Many -------------------------------------------------------------------------------------------------------------


@every_id
@pytest.mark.parametrize("mode", ["same_step", "next_step"])
@both_replies
def test_encoding_the_vector_equals_encoding_single_ones(env_id, mode, reply, off_menu):
    native = make_vector(env_id, 3, off_menu, last=True, autoreset=mode, reply=reply)
    modes = {"same_step": gym.vector.AutoresetMode.SAME_STEP, "next_step": gym.vector.AutoresetMode.NEXT_STEP}
    single = [lambda: make(env_id, off_menu, last=True, reply=reply)] * 3
    sync = gym.vector.SyncVectorEnv(single, autoreset_mode=modes[mode])
    (obs, info), (other, other_info) = native.reset(seed=3), sync.reset(seed=3)
    assert same(obs, other) and same(info, other_info)
    random = np.random.default_rng(0)
    for step in range(30):
        actions = random_choices(random, native.action_masks())
        if off_menu == "unreadable" and step % 7 == 0:
            actions[1] = random.integers(361)
        results, others = native.step(actions), sync.step(actions)
        assert all(same(a, b) for a, b in zip(results, others, strict=True))
        assert native.observation_space.contains(results[0])
        assert np.array_equal(native.action_masks(), results[0]["menu"])
        assert results[0]["menu"][np.arange(3), native.action_space.sample()].all()


def test_what_was_done_last_is_shown_until_the_episode_is_over():
    env = make("ProactiveOcclusion-v0", last=True)
    assert env.observation_space["last"] == env.observation_space["menu"]
    observation, _ = env.reset(seed=0)
    assert not observation["last"].any()
    ways = [number for number in np.flatnonzero(observation["menu"]) if 0 < number < 20]
    for number in (ways[0], ways[-1]):
        observation, _, over, cut, _ = env.step(number)
        assert not (over or cut) and np.flatnonzero(observation["last"]).tolist() == [number]
    observation, _, over, *_ = env.step(0)
    assert over and np.flatnonzero(observation["last"]).tolist() == [0]
    assert not env.reset()[0]["last"].any()


def test_lanes_that_go_on_remember_while_others_are_reset():
    vector = make_vector("ProactiveOcclusion-v0", 2, last=True, autoreset="disabled")
    shown, _ = vector.reset(seed=0)
    asking = [next(number for number in np.flatnonzero(row) if 0 < number < 20) for row in shown["menu"]]
    shown, *_ = vector.step(np.array([asking[0], 0]))
    assert shown["last"].argmax(axis=1).tolist() == [asking[0], 0]
    shown, _ = vector.reset(options={"reset_mask": np.array([False, True])})
    assert np.flatnonzero(shown["last"][0]).tolist() == [asking[0]] and not shown["last"][1].any()


def test_wrong_actions_name_the_lane_and_move_none():
    vector = make_vector("ProactiveOcclusion-v0", 3)
    vector.reset(seed=0)
    left, rotate = vector.vocabulary.number("blocks_left"), vector.vocabulary.number("rotate")
    for actions in ([left, left], [1.0, 1.0, 1.0], [[1], [1], [1]], None, ["A", "A", "A"]):
        with pytest.raises(InvalidAction, match="must be whole numbers"):
            vector.step(actions)
    with pytest.raises(InvalidAction, match=r"Lane 2: Action 5 \(rotate\) is not on offer in episode"):
        vector.step([left, left, rotate])
    with pytest.raises(InvalidAction, match="Lane 1: Action 999 does not exist"):
        vector.step([left, 999, left])
    assert vector.unwrapped.clone_state(0).state.turn == 0


# --- stable-baselines3's VecEnv ---------------------------------------------------------------------------------------


@every_id
def test_the_adapter_gives_what_stepping_by_hand_gives(env_id):
    adapter, by_hand = SB3VecEnv(make_vector(env_id, 4, budget=1)), make_vector(env_id, 4, budget=1)
    adapter.seed(5)
    adapter.set_options([{"episode": 7}, {}, {}, {"episode": 8}])
    obs = adapter.reset()
    expected, info = by_hand.reset(seed=5, options={"episode": [7, None, None, 8]})
    assert same(obs, expected)
    assert [info["episode_name"] for info in adapter.reset_infos] == list(info["episode_name"])
    random = np.random.default_rng(0)
    returns, lengths, truncated_ever = np.zeros(4), np.zeros(4, int), False
    for _ in range(40):
        masks = np.stack(adapter.env_method("action_masks"))
        assert np.array_equal(masks, by_hand.action_masks())
        actions = random_choices(random, masks)
        obs, rewards, dones, infos = adapter.step(actions)
        expected, their_rewards, terminated, truncated, their_infos = by_hand.step(actions)
        assert same(obs, expected) and rewards.dtype == np.float32 and np.array_equal(rewards, their_rewards)
        assert np.array_equal(dones, terminated | truncated)
        returns, lengths = returns + rewards, lengths + 1
        for lane in range(4):
            if not dones[lane]:
                assert infos[lane] == {}
                continue
            assert same(infos[lane]["terminal_observation"], their_infos["final_obs"][lane])
            assert infos[lane]["TimeLimit.truncated"] is bool(truncated[lane])
            assert infos[lane]["outcome"] == their_infos["final_info"]["outcome"][lane]
            statistics = infos[lane]["episode"]
            assert (statistics["r"], statistics["l"]) == (returns[lane], lengths[lane]) and statistics["t"] >= 0
            returns[lane] = lengths[lane] = 0
            truncated_ever |= bool(truncated[lane])
    assert truncated_ever or env_id != "ProactiveOcclusion-v0"


def test_the_adapter_plays_anew_from_its_seed():
    adapter = SB3VecEnv(make_vector("ProactiveSuite-v0", 3))
    firsts = []
    for seed in (1, 1, 2, None):
        if seed is not None:
            adapter.seed(seed)
        adapter.reset()
        firsts.append([info["episode_name"] for info in adapter.reset_infos])
    assert firsts[0] == firsts[1] != firsts[2] != firsts[3]


def test_attributes_and_methods_are_found_beneath_wrappers():
    inner = make_vector("ProactiveSketch-v0", 3, render_mode="rgb_array")
    adapter = SB3VecEnv(gym.wrappers.vector.RecordEpisodeStatistics(inner))
    adapter.reset()
    assert adapter.has_attr("action_masks") and not adapter.has_attr("colour")
    assert adapter.get_attr("vocabulary", [0, 2]) == [inner.vocabulary] * 2
    assert [mask.shape for mask in adapter.env_method("action_masks", indices=[1])] == [(361,)]
    assert len(adapter.env_method("clone_state", 2)) == 3
    adapter.set_attr("colour", "blue")
    assert adapter.get_attr("colour") == ["blue"] * 3
    with pytest.raises(InputError, match="lanes share"):
        adapter.set_attr("colour", "red", indices=1)
    assert adapter.env_is_wrapped(Monitor) == [True] * 3 and adapter.env_is_wrapped(gym.Wrapper, 0) == [False]
    assert all(image.dtype == np.uint8 for image in adapter.get_images())
    assert adapter.render().ndim == 3  # the cards of different dialogues differ in height
    adapter.close()


@pytest.mark.parametrize(
    ("making", "message"),
    [
        (lambda: gym.make_vec("ProactiveSketch-v0", 2), "VectorEncodedMenu"),
        (lambda: make_vector("ProactiveSketch-v0", 2, autoreset="next_step"), "same_step"),
        (lambda: make("ProactiveSketch-v0"), "make_vec"),
    ],
)
def test_what_sb3_could_not_work_with_is_refused(making, message):
    with pytest.raises(InputError, match=message):
        SB3VecEnv(making())


def test_pictures_on_a_device_are_refused():
    with pytest.raises(InputError, match="without a device"):
        SB3VecEnv(make_vector("ProactiveSketch-v0", 2, device="cpu")).reset()


# --- Learning ---------------------------------------------------------------------------------------------------------

FEW = ("frog", "jeans", "taxi", "tomato")


class FewThingsBehindBlocks(Occlusion):
    """Occlusion with four subjects only, so that a minute suffices to learn what they look like."""

    def fits(self, subject):
        return subject.name in FEW

    def wrong_answers(self, draw, subject, catalogue):
        return draw.some([catalogue.subjects[name] for name in FEW if name != subject.name], 3)


class FewThingsEnv(ProactiveEnv):
    scenarios: ClassVar[tuple[Scenario, ...]] = (FewThingsBehindBlocks(),)


class Eyes(BaseFeaturesExtractor):
    """A picture's most striking features, wherever they are, and the menu."""

    def __init__(self, space):
        menu = space["menu"].n
        super().__init__(space, 32 + menu)
        self.layers = nn.Sequential(
            *(nn.Conv2d(3, 16, 6, 3), nn.ReLU(), nn.Conv2d(16, 32, 3), nn.ReLU()),
            *(nn.AdaptiveMaxPool2d(1), nn.Flatten()),
        )

    def forward(self, observations):
        return torch.cat([self.layers(observations["image"]), observations["menu"]], dim=1)


class MenuOnly(BaseFeaturesExtractor):
    """The menu alone: enough to learn to ask."""

    def __init__(self, space):
        super().__init__(space, space["menu"].n)

    def forward(self, observations):
        return observations["menu"]


def few_things(num_envs: int, **kwargs) -> SB3VecEnv:
    vector = ProactiveVectorEnv(FewThingsEnv, num_envs, image_size=32, split="train", **kwargs)
    words = Vocabulary.of(vector).only([ABSTAIN, "blocks_left", "blocks_right", *FEW])
    return SB3VecEnv(VectorEncodedMenu(vector, words))


def played(evaluate, model, env: SB3VecEnv) -> tuple[float, float]:
    """Mean return and length over 200 episodes that training has not seen."""
    env.seed(1_000_000)
    returns, lengths = evaluate(model, VecTransposeImage(env), n_eval_episodes=200, return_episode_rewards=True)
    return float(np.mean(returns)), float(np.mean(lengths))


def test_a_masked_policy_learns_to_ask_and_then_to_answer():
    # Where all episodes need asking, answering blindly is a trap that plain reinforcement learning never leaves; among
    # episodes that are clear from the start it learns what things look like, and then that asking shows them.
    model = MaskablePPO(
        "MultiInputPolicy",
        few_things(32, control="mixed"),
        n_steps=32,
        batch_size=256,
        n_epochs=6,
        learning_rate=3e-3,
        ent_coef=0.02,
        gamma=0.95,
        seed=0,
        device="cpu",
        policy_kwargs={"features_extractor_class": Eyes, "net_arch": [32]},
    )
    before, _ = played(evaluate_masked, model, few_things(32))
    model.learn(36_864)
    after, length = played(evaluate_masked, model, few_things(32))
    assert before < 0.35  # four answers, and the subject hidden
    assert after > 0.6 and length > 1.5


def test_an_unmasked_policy_learns_to_request_what_the_menu_offers():
    # The paper's training setting: one turn, and a request pays half. 361 actions, of which the menu offers 5 to 9.
    kwargs = {"reply": "text", "split": "train", "single_turn": True, "reward": Reward(request=0.5), "image_size": 32}
    env = SB3VecEnv(make_vector("ProactiveSuite-v0", 32, "unreadable", **kwargs))
    model = PPO(
        "MultiInputPolicy",
        env,
        n_steps=32,
        batch_size=256,
        n_epochs=6,
        learning_rate=3e-3,
        ent_coef=0.01,
        gamma=0.95,
        seed=0,
        device="cpu",
        policy_kwargs={"features_extractor_class": MenuOnly, "net_arch": [64]},
    )
    held_out = SB3VecEnv(make_vector("ProactiveSuite-v0", 32, "unreadable", **kwargs))
    before, _ = played(evaluate_policy, model, held_out)
    model.learn(32_768)
    after, _ = played(evaluate_policy, model, held_out)
    assert before < 0.05
    assert after > 0.3  # more than the quarter that any answer on the menu would earn


@pytest.mark.parametrize("algorithm", [PPO, MaskablePPO])
def test_single_environments_and_sb3s_own_convolutions_work_too(algorithm):
    env = make("ProactiveSuite-v0", "unreadable", reply="text")
    model = algorithm("MultiInputPolicy", env, n_steps=32, batch_size=16, n_epochs=1, seed=0, device="cpu")
    model.learn(64)
    assert len(model.ep_info_buffer) > 10
