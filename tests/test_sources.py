"""Sources: the contract that all keep, and fixed sets of episodes."""

import gymnasium as gym
import numpy as np
import pytest

import proactive_gym
from proactive_gym import InputError
from proactive_gym.sources import make_source, source_names
from proactive_gym.sources.fixed import FixedEpisodes
from proactive_gym.sources.scenes.source import ABSTENTIONS, ScenesSource

IDS = list(proactive_gym.ENVIRONMENTS)
every_id = pytest.mark.parametrize("env_id", IDS)


def fixed(number: int = 5, side: int = 32) -> FixedEpisodes:
    return FixedEpisodes(ScenesSource("train", side), number)


@every_id
def test_fixed_episodes_are_those_of_the_source(env_id):
    kept = gym.make_vec(env_id, 8, source=fixed())
    fresh = gym.make_vec(env_id, 8, split="train", image_size=32)
    obs, info = kept.reset(seed=0)
    random = np.random.default_rng(0)
    seen = set()
    for _ in range(15):
        other, other_info = fresh.reset(options={"episode": list(info["episode"])})
        assert list(other_info["options"]) == list(info["options"])
        assert [text.split("\n")[0] for text in other["dialogue"]] == [text.split("\n")[0] for text in obs["dialogue"]]
        begun = info["turn"] == 0
        assert np.array_equal(obs["image"][begun], other["image"][begun])
        seen.update(info["episode"])
        actions = (random.random(obs["action_mask"].shape) * obs["action_mask"]).argmax(axis=1)
        obs, _, _, _, info = kept.step(actions)
    assert len(seen) == 5


def test_pictures_handed_out_are_copies():
    env = gym.make("ProactiveOcclusion-v0", source=fixed(1)).unwrapped
    first, _ = env.reset(seed=0)
    before = first["image"].copy()
    first["image"][:] = 0
    second, _ = env.reset(seed=0)
    assert np.array_equal(second["image"], before)


def giving_up(options: tuple[str, ...]) -> int:
    return next(number for number, text in enumerate(options) if text in ABSTENTIONS)


@pytest.mark.parametrize("source", [fixed(1), ScenesSource("train", 32)], ids=["kept", "fresh"])
def test_nobody_can_spoil_the_last_picture(source):
    """It is shown once more without a copy: a kept one cannot be written on, any other is the caller's own."""
    env = gym.make("ProactiveOcclusion-v0", source=source).unwrapped
    first, info = env.reset(seed=0)
    before = first["image"].copy()
    first["image"][:] = 0
    last, _, over, _, _ = env.step(giving_up(info["options"]))
    assert over and np.array_equal(last["image"], before)
    if isinstance(source, ScenesSource):
        last["image"][:] = 0
    else:
        with pytest.raises(ValueError, match="read-only"):
            last["image"][:] = 0
    assert np.array_equal(env.restore_state(env.clone_state())[0]["image"], before)  # asked for once more
    assert np.array_equal(env.reset(seed=0)[0]["image"], before)


@pytest.mark.parametrize("source", [fixed(3), ScenesSource("train", 32)], ids=["kept", "fresh"])
def test_nobody_can_spoil_the_last_pictures_of_lanes(source):
    env = gym.make_vec("ProactiveOcclusion-v0", 3, source=source)
    first, info = env.reset(seed=0)
    before = first["image"].copy()
    first["image"][:] = 0
    _, _, _, _, info = env.step([giving_up(options) for options in info["options"]])
    for lane, last in enumerate(info["final_obs"]):
        assert np.array_equal(last["image"], before[lane])
        if last["image"].flags.writeable:
            last["image"][:] = 0
    assert np.array_equal(env.reset(seed=0)[0]["image"], before)


def test_pictures_stay_on_their_device():
    torch = pytest.importorskip("torch")
    env = gym.make_vec("ProactiveSuite-v0", 6, source=fixed(7), device="cpu")
    obs, _ = env.reset(seed=0)
    host, _ = gym.make_vec("ProactiveSuite-v0", 6, source=fixed(7)).reset(seed=0)
    assert isinstance(obs["image"], torch.Tensor)
    assert np.abs(obs["image"].numpy().astype(int) - host["image"]).max() <= 1


def test_a_fixed_set_has_an_end():
    source = fixed(3)
    played = [t.episode for t in proactive_gym.rollouts(proactive_gym.make_agent("oracle"), IDS[0], source=source)]
    assert played == [f"scenes/occlusion/train/{number}" for number in range(3)]
    env = gym.make(IDS[0], source=source)
    with pytest.raises(InputError, match="from 0 to 2"):
        env.reset(options={"episode": 3})
    with pytest.raises(InputError, match="number is 0"):
        FixedEpisodes(ScenesSource(), 0)
    with pytest.raises(InputError, match="has 3 episodes"):
        FixedEpisodes(source, 4).size([])


def test_sources_go_by_name_or_are_given():
    assert source_names()[0] == "scenes"
    assert make_source("scenes", split="train").split == "train"
    with pytest.raises(InputError, match="goes with a source's name"):
        make_source(ScenesSource(), split="train")
    with pytest.raises(InputError, match="must be a name or an object like"):
        make_source(object())
