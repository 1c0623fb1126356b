"""The vector environment is many single ones, to the bit."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.error import InvalidAction, ResetNeeded
from gymnasium.spaces import MultiDiscrete
from gymnasium.utils import performance
from gymnasium.vector import AutoresetMode

import proactive_gym
from proactive_gym import InputError
from proactive_gym.envs.vector import ProactiveVectorEnv
from proactive_gym.menu import Kind

IDS = list(proactive_gym.ENVIRONMENTS)
SIDE = 32
MODES = {
    "same_step": AutoresetMode.SAME_STEP,
    "next_step": AutoresetMode.NEXT_STEP,
    "disabled": AutoresetMode.DISABLED,
}

every_id = pytest.mark.parametrize("env_id", IDS)


def make(env_id: str, num_envs: int, **kwargs) -> ProactiveVectorEnv:
    return gym.make_vec(env_id, num_envs, **{"image_size": SIDE, **kwargs})


def make_sync(env_id: str, num_envs: int, mode: str, **kwargs) -> gym.vector.SyncVectorEnv:
    return gym.make_vec(
        env_id,
        num_envs,
        vectorization_mode="sync",
        vector_kwargs={"autoreset_mode": MODES[mode]},
        **{"image_size": SIDE, **kwargs},
    )


def same(one, other) -> bool:
    """Equal in value, shape and type, all the way down."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, np.ndarray):
        if one.dtype == object:
            return other.dtype == object and all(same(a, b) for a, b in zip(one, other, strict=True))
        return one.dtype == other.dtype and np.array_equal(one, other)
    if isinstance(one, tuple):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    return type(one) is type(other) and one == other


def random_choices(random: np.random.Generator, masks: np.ndarray) -> np.ndarray:
    return (random.random(masks.shape) * masks).argmax(axis=1)


@every_id
def test_make_vec_gives_the_native_one_refilled_in_the_same_step(env_id):
    vector = gym.make_vec(env_id, 2)
    assert isinstance(vector.unwrapped, ProactiveVectorEnv)
    assert vector.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP
    assert vector.single_observation_space["image"].shape == (224, 224, 3)


@every_id
@pytest.mark.parametrize("mode", ["same_step", "next_step"])
def test_equals_gymnasiums_own_vector(env_id, mode):
    native, sync = make(env_id, 5, autoreset=mode), make_sync(env_id, 5, mode)
    (obs, info), (other, other_info) = native.reset(seed=3), sync.reset(seed=3)
    assert same(obs, other) and same(info, other_info)
    random = np.random.default_rng(0)
    for _ in range(60):
        actions = random_choices(random, obs["action_mask"])
        results, others = native.step(actions), sync.step(actions)
        assert all(same(a, b) for a, b in zip(results, others, strict=True))
        assert native.observation_space.contains(results[0])
        obs = results[0]


@every_id
def test_equals_gymnasiums_own_vector_where_lanes_are_reset_by_hand(env_id):
    native, sync = make(env_id, 4, autoreset="disabled"), make_sync(env_id, 4, "disabled")
    (obs, _), _ = native.reset(seed=1), sync.reset(seed=1)
    random = np.random.default_rng(1)
    for _ in range(40):
        actions = random_choices(random, obs["action_mask"])
        results, others = native.step(actions), sync.step(actions)
        assert all(same(a, b) for a, b in zip(results, others, strict=True))
        obs, over = results[0], results[2] | results[3]
        if over.any():
            # Gymnasium takes the mask out of the options it is given.
            resets = [env.reset(options={"reset_mask": over.copy()}) for env in (native, sync)]
            assert same(resets[0][0], resets[1][0]) and same(resets[0][1], resets[1][1])
            obs = resets[0][0]


@every_id
def test_a_lane_plays_what_a_single_environment_of_its_seed_plays_whatever_the_number_of_lanes(env_id):
    random = np.random.default_rng(2)
    scripts = random.random((30, 16, 9))
    told = {}
    for number in (1, 3, 16):
        vector = make(env_id, number)
        obs, info = vector.reset(seed=11)
        told[number] = [(obs["image"][0].tobytes(), obs["dialogue"][0], info["episode"][0])]
        for script in scripts:
            masks = obs["action_mask"]
            actions = (script[:number, : masks.shape[1]] * masks).argmax(axis=1)
            obs, reward, terminated, truncated, info = vector.step(actions)
            told[number].append(
                (
                    obs["image"][0].tobytes(),
                    obs["dialogue"][0],
                    reward[0],
                    terminated[0],
                    truncated[0],
                    info["episode"][0],
                )
            )
    assert told[1] == told[3] == told[16]


@every_id
def test_written_replies_go_in_as_strings(env_id):
    native, sync = make(env_id, 3, reply="text"), make_sync(env_id, 3, "same_step", reply="text")
    native.reset(seed=0), sync.reset(seed=0)
    for replies in (("A", "(b)", "no idea"), ("C.", "Answer: D", "A")):
        assert all(same(a, b) for a, b in zip(native.step(replies), sync.step(replies), strict=True))


@every_id
def test_torch_pictures_equal_numpys(env_id):
    torch = pytest.importorskip("torch")
    host, device = make(env_id, 6, image_size=64), make(env_id, 6, image_size=64, device="cpu")
    (obs, _), (other, _) = host.reset(seed=5), device.reset(seed=5)
    random = np.random.default_rng(3)
    for _ in range(12):
        assert isinstance(other["image"], torch.Tensor) and other["image"].dtype is torch.uint8
        distance = np.abs(obs["image"].astype(int) - other["image"].numpy().astype(int))
        assert distance.max() <= 1
        actions = random_choices(random, obs["action_mask"])
        obs, other = host.step(actions)[0], device.step(actions)[0]


@every_id
def test_observations_of_different_steps_share_no_memory(env_id):
    vector = make(env_id, 3)
    obs, _ = vector.reset(seed=0)
    after = vector.step(random_choices(np.random.default_rng(0), obs["action_mask"]))
    assert not np.shares_memory(obs["image"], after[0]["image"])
    assert not np.shares_memory(obs["action_mask"], after[0]["action_mask"])


@every_id
def test_branches_go_on_alike_until_they_choose_otherwise(env_id):
    vector = make(env_id, 4)
    vector.reset(seed=8)
    branch = vector.clone_state(2)
    obs, info = vector.restore_state(branch)
    assert len(set(info["episode"])) == 1
    assert all(np.array_equal(obs["image"][0], image) for image in obs["image"])
    offered = np.flatnonzero(obs["action_mask"][0])
    actions = np.array([offered[lane % len(offered)] for lane in range(4)])
    *_, info = vector.step(actions)
    outcomes = [
        info["final_info"]["outcome"][lane]
        if "final_info" in info and info["_final_info"][lane]
        else info["outcome"][lane]
        for lane in range(4)
    ]
    assert len(set(outcomes)) > 1
    # The random numbers go along: the next episodes are the same in all lanes.
    vector.restore_state([branch, None, branch, None])
    assert vector.clone_state(0).random == vector.clone_state(2).random


def test_every_branch_of_a_long_episode_comes_within_ten_milliseconds():
    from time import perf_counter

    desk = make("ProactiveVideoOcclusion-v0", 1).desk
    conversation = max((desk.begin(desk.named(number)) for number in range(60)), key=lambda c: c.episode.turns)
    episode = conversation.episode
    asking = episode.menu.of_kind(Kind.INTERVENTION)[0]
    best = float("inf")
    for _ in range(5):
        began = perf_counter()
        state, branches = episode.begin(), 0
        while not state.over:
            branches += sum(episode.reply(state, choice).over for choice in range(len(episode.menu)))
            state = episode.reply(state, asking)
        best = min(best, perf_counter() - began)
    assert branches >= 5 * (episode.turns - 1)
    assert best < 0.01


def test_a_group_starts_from_one_moment_within_ten_milliseconds():
    """A clone, and sixteen lanes put back to it, pictures included: after a dozen turns as after one."""
    from time import thread_time

    vector = make("ProactiveVideoMoment-v0", 16)
    vector.reset(seed=0, options={"episode": 3})
    best = float("inf")
    for _ in range(6):
        began = thread_time()
        branch = vector.clone_state(5)
        obs, _ = vector.restore_state(branch)
        best = min(best, thread_time() - began)
        rewind = next(i for i in branch.episode.menu.of_kind(Kind.INTERVENTION) if obs["action_mask"][0][i])
        assert len({image.tobytes() for image in obs["image"]}) == 1 and len(set(obs["dialogue"])) == 1
        vector.step(np.full(16, rewind))
    assert best < 0.01


def test_works_with_gymnasiums_vector_wrappers():
    # Its default key, "episode", is where our infos hold the episode's name.
    vector = gym.wrappers.vector.RecordEpisodeStatistics(make("ProactiveSketch-v0", 4), stats_key="statistics")
    obs, _ = vector.reset(seed=0)
    random, returns = np.random.default_rng(0), []
    for _ in range(60):
        obs, _, _, _, info = vector.step(random_choices(random, obs["action_mask"]))
        if "statistics" in info:
            returns += list(info["statistics"]["r"][info["_statistics"]])
    assert len(returns) == vector.episode_count > 20
    assert set(returns) == {0.0, 1.0}


@every_id
@pytest.mark.parametrize("mode", MODES)
def test_whoever_samples_the_action_space_plays_what_is_on_offer(env_id, mode):
    vector = make(env_id, 6, autoreset=MODES[mode])
    assert vector.action_space == MultiDiscrete(np.full(6, vector.single_action_space.n))
    obs, _ = vector.reset(seed=0)
    asked = 0
    for _ in range(25):
        for actions in (vector.action_space.sample(obs["action_mask"]), vector.action_space.sample()):
            assert vector.action_space.contains(actions) and obs["action_mask"][np.arange(6), actions].all()
        obs, _, terminated, truncated, _ = vector.step(actions)
        over = terminated | truncated
        asked += int((~over).sum())
        if mode == "disabled" and over.any():
            obs, _ = vector.reset(options={"reset_mask": over})
    assert asked > 0


def test_every_option_on_offer_is_sampled_as_often_and_the_same_from_a_seed():
    vector = make("ProactiveFraming-v0", 4)
    obs, _ = vector.reset(seed=2)
    vector.action_space.seed(7)
    drawn = np.array([vector.action_space.sample() for _ in range(4000)])
    vector.action_space.seed(7)
    assert np.array_equal(vector.action_space.sample(), drawn[0])
    for lane, mask in enumerate(obs["action_mask"]):
        shares = np.bincount(drawn[:, lane], minlength=len(mask)) / len(drawn)
        assert np.allclose(shares, mask / mask.sum(), atol=0.04)


@pytest.mark.parametrize("mode", MODES)
def test_gymnasiums_own_benchmark_of_vectors_plays(mode):
    if not hasattr(performance, "benchmark_vector_step"):
        pytest.skip("Gymnasium has it since 1.4")
    assert performance.benchmark_vector_step(make("ProactiveSuite-v0", 3, autoreset=mode), 0.1, seed=0) > 0


WRAPPERS = {
    "filter": lambda env: gym.wrappers.vector.FilterObservation(env, ["image", "action_mask"]),
    "flatten": lambda env: gym.wrappers.vector.FlattenObservation(
        gym.wrappers.vector.FilterObservation(env, ["image", "action_mask"])
    ),
    "list of infos": gym.wrappers.vector.DictInfoToList,
    "clipped reward": lambda env: gym.wrappers.vector.ClipReward(env, 0, 0.5),
    "normal reward": gym.wrappers.vector.NormalizeReward,
    "transformed": lambda env: gym.wrappers.vector.TransformObservation(env, lambda obs: obs | {"image": obs["image"]}),
}


@pytest.mark.parametrize("wrap", WRAPPERS.values(), ids=WRAPPERS)
def test_gymnasiums_vector_wrappers_play(wrap):
    """Those that change observations take no ``same_step``, whosever environment it is."""
    vector = wrap(make("ProactiveSuite-v0", 3, autoreset="next_step"))
    vector.reset(seed=0)
    random, ended = np.random.default_rng(0), 0
    for _ in range(20):
        _, _, terminated, truncated, _ = vector.step(random_choices(random, vector.unwrapped.action_masks()))
        ended += int((terminated | truncated).sum())
    assert ended > 10


@every_id
def test_all_that_is_rendered_has_one_size(env_id):
    """As videos need it, from the first step to the last."""
    vector, sizes = make(env_id, 4, render_mode="rgb_array", reply="text", hint=True), set()
    vector.reset(seed=3)
    for _ in range(4):
        sizes |= {page.shape for page in vector.render()}
        vector.step(["A", "B", "C", "D"])
    single = gym.make(env_id, image_size=SIDE, render_mode="rgb_array")
    single.reset(seed=0)
    assert sizes == {single.render().shape}


def test_a_lane_can_be_given_an_episode():
    vector = make("ProactiveOcclusion-v0", 3)
    _, info = vector.reset(options={"episode": [4, "scenes/occlusion/test/7", 4]})
    assert list(info["episode"]) == ["scenes/occlusion/test/4", "scenes/occlusion/test/7", "scenes/occlusion/test/4"]
    _, info = vector.reset(options={"episode": 9})
    assert set(info["episode"]) == {"scenes/occlusion/test/9"}


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"num_envs": 0}, "num_envs is 0"),
        ({"num_envs": 2.5}, "num_envs is 2.5"),
        ({"num_envs": 2, "autoreset": "later"}, "autoreset is 'later'"),
        ({"num_envs": 2, "device": "abacus"}, "device is 'abacus'"),
        ({"num_envs": 2, "render_mode": "human"}, "render_mode is 'human'"),
        ({"num_envs": 2, "colour": 3}, "'colour' is no argument"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_wrong_arguments_get_one_clear_sentence(kwargs, message):
    with pytest.raises(InputError) as error:
        ProactiveVectorEnv(proactive_gym.envs.ProactiveOcclusionEnv, **kwargs)
    assert message in str(error.value) and "\n" not in str(error.value)


def test_wrong_actions_name_the_lane_and_move_none():
    vector = make("ProactiveOcclusion-v0", 3)
    with pytest.raises(ResetNeeded):
        vector.step([0, 0, 0])
    _, before = vector.reset(seed=0)
    for actions in ([0, 0], [0.0, 0.0, 0.0], [[0], [0], [0]], [[0], [0, 1], [0]], None, ["A", "A", "A"], {0: 0}):
        with pytest.raises(InvalidAction):
            vector.step(actions)
    with pytest.raises(InvalidAction, match="Lane 2: Option 99"):
        vector.step([0, 0, 99])
    state = vector.clone_state(0)
    assert state.state.turn == 0 and not state.state.over and state.episode.name == before["episode"][0]
    written = make("ProactiveOcclusion-v0", 2, reply="text")
    written.reset(seed=0)
    for actions in ("AB", ["A"], ["A", 3], {"A": 0, "B": 1}):
        with pytest.raises(InvalidAction):
            written.step(actions)


def test_a_lane_stepped_after_its_end_is_named():
    vector = make("ProactiveOcclusion-v0", 2, autoreset="disabled")
    vector.reset(seed=0)
    menus = [vector.conversations[lane].episode.menu for lane in range(2)]
    answer, asking = menus[1].of_kind(Kind.ANSWER)[0], menus[0].of_kind(Kind.INTERVENTION)[0]
    vector.step([asking, answer])
    with pytest.raises(ResetNeeded, match=r"Lane 1: episode .* is over"):
        vector.step([asking, answer])


@pytest.mark.parametrize(
    ("reset", "message"),
    [
        ({"seed": [1]}, "1 seeds for 2 lanes"),
        ({"seed": [1, -2]}, "lane 1 is -2"),
        ({"seed": "x"}, "'x'"),
        ({"options": {"reset_mask": np.zeros(2, bool)}}, "at least one True"),
        ({"options": {"reset_mask": np.ones(3, bool)}}, "reset_mask has shape"),
        ({"options": {"reset_mask": [1, 0]}}, "must be bool"),
        ({"options": {"reset_mask": [[True], [True, False]]}}, "must be bool"),
        ({"options": 3}, "must be a dictionary"),
        ({"options": {"episode": [0, "nowhere"]}}, "Lane 1: There is no episode 'nowhere'"),
        ({"options": {"episode": [0, -1]}}, "Lane 1: The episode is -1"),
        ({"options": {"episode": {0: 1, 1: 2}}}, "for each lane"),
        ({"options": {"episode": [1]}}, "for each lane"),
        ({"options": {"lane": 1}}, "'reset_mask' and 'episode'"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_wrong_resets_get_one_clear_sentence(reset, message):
    with pytest.raises(InputError, match=message):
        make("ProactiveOcclusion-v0", 2).reset(**reset)


def test_wrong_branches_are_refused():
    vector = make("ProactiveOcclusion-v0", 2)
    with pytest.raises(ResetNeeded):
        vector.clone_state(0)
    vector.reset(seed=0)
    with pytest.raises(InputError, match="lane is 2"):
        vector.clone_state(2)
    with pytest.raises(InputError, match="1 branches for 2 lanes"):
        vector.restore_state([vector.clone_state(0)])
    other = make("ProactiveImageQuality-v0", 1)
    other.reset(seed=0)
    single = gym.make("ProactiveOcclusion-v0", image_size=SIDE).unwrapped
    for wrong in ("nothing", other.clone_state(0)):
        with pytest.raises(InputError, match="restore"):
            single.restore_state(wrong)
        before = vector.clone_state(0)
        vector.reset(seed=1)
        here = [lane.episode.name for lane in vector.conversations]
        with pytest.raises(InputError, match=r"Lane 1: .*restore"):
            vector.restore_state([before, wrong])
        assert [lane.episode.name for lane in vector.conversations] == here


def test_wrong_input_is_one_of_gymnasiums_errors():
    """Whoever catches Gymnasium's errors catches ours, from ``gym.make_vec`` on."""
    for wrong in ({"num_envs": 0}, {"num_envs": 2, "autoreset": "later"}, {"num_envs": 2, "device": "abacus"}):
        with pytest.raises(gym.error.Error) as error:
            gym.make_vec("ProactiveOcclusion-v0", **wrong)
        assert isinstance(error.value, ValueError)


def test_a_reset_that_fails_leaves_every_lane_where_it_was():
    vector = make("ProactiveOcclusion-v0", 3)
    vector.reset(seed=5)
    states = [vector.clone_state(lane) for lane in range(3)]
    with pytest.raises(InputError, match="Lane 2"):
        vector.reset(seed=9, options={"episode": [4, 5, "nowhere"]})
    assert [vector.clone_state(lane) for lane in range(3)] == states


def test_actions_may_be_tensors():
    torch = pytest.importorskip("torch")
    host, device = make("ProactiveSketch-v0", 3), make("ProactiveSketch-v0", 3, device="cpu")
    host.reset(seed=0), device.reset(seed=0)
    actions = [menu.of_kind(Kind.INTERVENTION)[0] for menu in (lane.episode.menu for lane in host.conversations)]
    one, other = host.step(actions), device.step(torch.tensor(actions))
    assert (
        all(same(a, b) for a, b in zip(one[1:], other[1:], strict=True)) and one[0]["dialogue"] == other[0]["dialogue"]
    )


@pytest.mark.slow
@every_id
def test_ten_thousand_steps_equal_gymnasiums_own_vector(env_id):
    native, sync = make(env_id, 16), make_sync(env_id, 16, "same_step")
    (obs, _), _ = native.reset(seed=100), sync.reset(seed=100)
    random = np.random.default_rng(4)
    for _ in range(10_000 // 16):
        actions = random_choices(random, obs["action_mask"])
        results, others = native.step(actions), sync.step(actions)
        assert all(same(a, b) for a, b in zip(results, others, strict=True))
        obs = results[0]
