"""Steps per second of training with stable-baselines3: these environments beside MiniGrid's, in the same run.

The same algorithm (PPO), network (SB3's own convolutions), picture size, number of lanes and batches; the runs take
turns, and each figure is the median of the rounds with the lowest and the highest.

    OMP_NUM_THREADS=1 python benchmarks/policies.py               # needs proactive-gym[bench]
"""

import argparse
import platform
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import gymnasium as gym
import minigrid  # noqa: F401  # registers its ids
from minigrid.wrappers import ImgObsWrapper, RGBImgObsWrapper
from sb3_contrib import MaskablePPO
from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env

from proactive_gym.adapters.sb3_policies import MaskableMenuPolicy, kinds_of
from proactive_gym.adapters.stable_baselines3 import SB3VecEnv
from proactive_gym.envs.encoded import VectorEncodedMenu
from proactive_gym.sources import FixedEpisodes
from proactive_gym.sources.scenes.source import ScenesSource

SIDE, LANES, TURNS = 64, 64, 16
SETTINGS: dict[str, Any] = {"n_steps": TURNS, "batch_size": 256, "n_epochs": 2, "seed": 0, "device": "cpu"}


def main() -> None:
    """Measure in rounds, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=4 * LANES * TURNS, help="per round and run")
    options = parser.parse_args()
    runs = {name: make() for name, make in RUNS.items()}
    rates: dict[str, list[float]] = {name: [] for name in runs}
    for model in runs.values():
        model.learn(LANES * TURNS)
    for _ in range(options.rounds):
        for name, model in runs.items():
            began = time.perf_counter()
            model.learn(options.steps, reset_num_timesteps=True)
            rates[name].append(options.steps / (time.perf_counter() - began))
    anchor = next(iter(rates))
    print(f"| training, {SIDE}², {LANES} lanes | steps per second | of MiniGrid's |\n|---|---:|---:|")
    for name, found in rates.items():
        ratios = [one / other for one, other in zip(found, rates[anchor], strict=True)]
        print(f"| {name} | {_spread(found, '.0f')} | {_spread(ratios, '.2f')} |")
    print(f"\nMedians (lowest–highest) of {options.rounds} rounds, {platform.machine()}, one thread.")


def minigrid_run() -> Any:
    """Plain SB3 on MiniGrid."""

    def pixels(env: gym.Env[Any, Any]) -> gym.Env[Any, Any]:
        return ImgObsWrapper(RGBImgObsWrapper(env, tile_size=SIDE // 8))

    return PPO("CnnPolicy", make_vec_env("MiniGrid-Empty-8x8-v0", LANES, wrapper_class=pixels), **SETTINGS)


def ours(own_network: bool, kept: bool) -> Any:
    """MaskablePPO on the suite."""
    source: Any = ScenesSource(split="train", image_size=SIDE)
    if kept:
        source = FixedEpisodes(source, 1000)
    env = SB3VecEnv(VectorEncodedMenu(gym.make_vec("ProactiveSuite-v0", LANES, source=source), last=own_network))
    if not own_network:
        return MaskablePPO("MultiInputPolicy", env, **SETTINGS)
    assert isinstance(env.env, VectorEncodedMenu)
    return MaskablePPO(MaskableMenuPolicy, env, policy_kwargs={"kinds": kinds_of(env.env.vocabulary)}, **SETTINGS)


RUNS: dict[str, Callable[[], Any]] = {
    "MiniGrid-Empty-8x8, PPO": minigrid_run,
    "Suite, fresh episodes, MaskablePPO": partial(ours, own_network=False, kept=False),
    "Suite, kept episodes, MaskablePPO": partial(ours, own_network=False, kept=True),
    "Suite, fresh episodes, the recipe's network": partial(ours, own_network=True, kept=False),
}


def _spread(values: list[float], form: str) -> str:
    return f"{statistics.median(values):{form}} ({min(values):{form}}–{max(values):{form}})"


if __name__ == "__main__":
    main()
