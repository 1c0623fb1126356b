"""PPO of RLlib on an environment's id: pictures in, actions from a fixed vocabulary out, what is not on offer masked.

    python examples/rllib_ppo.py --env ProactiveVideoMoment-v0 --out runs/rllib
    python examples/rllib_ppo.py --env-runners 4 --out runs/rllib           # episodes are played by four processes

`pip install 'proactive-gym[rllib]'` brings RLlib, which asks for exactly gymnasium 1.2.2 (docs/scale.md). A line of
`curve.csv` is written after every iteration; the checkpoint is RLlib's own, and the same command goes on from it.
"""

import csv
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.spaces import Box, Dict, Discrete

import proactive_gym
from proactive_gym.envs.encoded import EncodedMenu
from proactive_gym.errors import InputError, check_choice, check_whole
from proactive_gym.training.flags import flags_from

COLUMNS = ("iteration", "steps", "episodes", "return_mean", "turns_mean")


@dataclass(frozen=True)
class Flags:
    """What can be set."""

    out: str = "runs/rllib"  # folder for curve and checkpoint; the same command again goes on with it
    env: str = "ProactiveVideoMoment-v0"  # the environment's id
    iterations: int = 30  # altogether
    steps: int = 2048  # turns per iteration
    env_runners: int = 0  # processes that play; 0 plays where it learns
    num_envs: int = 16  # conversations in each
    image_size: int = 32  # side of the pictures
    learning_rate: float = 5e-4  # of Adam
    entropy: float = 0.01  # bonus for not being too sure
    seed: int = 0  # of the network, of chance and of the episodes

    def __post_init__(self) -> None:
        """Refuse impossible values."""
        check_choice("env", self.env, proactive_gym.ENVIRONMENTS)
        for name in ("iterations", "steps", "num_envs"):
            check_whole(name, getattr(self, name), 1)
        check_whole("env_runners", self.env_runners, 0)


class Masked(gym.ObservationWrapper):
    """``EncodedMenu`` in the form that RLlib's module for masked actions reads."""

    def __init__(self, env: EncodedMenu) -> None:
        super().__init__(env)
        space: Any = env.observation_space
        image, actions = space["image"], len(env.vocabulary)
        self.action_space = Discrete(actions)
        self.observation_space = Dict(
            {
                "action_mask": Box(0.0, 1.0, (actions,), np.float32),
                "observations": Box(0.0, 1.0, image.shape, np.float32),
            }
        )

    def observation(self, observation: Any) -> Any:
        """Mask and picture, as numbers from 0 to 1."""
        return {
            "action_mask": observation["menu"].astype(np.float32),
            "observations": observation["image"].astype(np.float32) / 255,
        }


def make_env(config: dict[str, Any]) -> gym.Env[Any, Any]:
    """An environment for RLlib, which may be in another process."""
    return Masked(EncodedMenu(gym.make(f"proactive_gym:{config['id']}", split="train", image_size=config["size"])))


def algorithm(flags: Flags) -> Any:
    """PPO, ready to train."""
    from ray.rllib.algorithms.ppo import PPOConfig
    from ray.rllib.core.rl_module.default_model_config import DefaultModelConfig
    from ray.rllib.core.rl_module.rl_module import RLModuleSpec
    from ray.rllib.examples.rl_modules.classes.action_masking_rlm import ActionMaskingTorchRLModule
    from ray.tune.registry import register_env

    register_env("proactive", make_env)
    sight = DefaultModelConfig(
        conv_filters=[[16, 4, 2], [32, 4, 2], [64, 4, 2]], head_fcnet_hiddens=[256], vf_share_layers=True
    )
    config = (
        PPOConfig()
        .environment("proactive", env_config={"id": flags.env, "size": flags.image_size})
        .env_runners(num_env_runners=flags.env_runners, num_envs_per_env_runner=flags.num_envs)
        .rl_module(rl_module_spec=RLModuleSpec(module_class=ActionMaskingTorchRLModule, model_config=sight))
        .training(
            train_batch_size_per_learner=flags.steps,
            minibatch_size=min(256, flags.steps),
            num_epochs=4,
            lr=flags.learning_rate,
            entropy_coeff=flags.entropy,
            gamma=0.95,
            vf_loss_coeff=0.5,
        )
        .debugging(seed=flags.seed)
    )
    return config.build_algo()


def train(flags: Flags) -> None:
    """Train, note how it goes, keep the result."""
    import ray

    folder = Path(flags.out).resolve()
    checkpoint, curve = folder / "checkpoint", folder / "curve.csv"
    folder.mkdir(parents=True, exist_ok=True)
    ray.init(include_dashboard=False, ignore_reinit_error=True, logging_level="error")
    made = algorithm(flags)
    try:
        if checkpoint.exists():
            made.restore_from_path(str(checkpoint))
        while made.iteration < flags.iterations:
            told = made.train()
            played = told["env_runners"]
            row = (
                int(told["training_iteration"]),
                int(told["num_env_steps_sampled_lifetime"]),
                int(played["num_episodes"]),
                *(round(float(played[name]), 4) for name in ("episode_return_mean", "episode_len_mean")),
            )
            _append(curve, row)
            print(", ".join(f"{name} {value}" for name, value in zip(COLUMNS, row, strict=True)), flush=True)
            made.save_to_path(str(checkpoint))
    finally:
        made.stop()
        ray.shutdown()


def _append(file: Path, row: Sequence[Any]) -> None:
    is_new = not file.exists()
    with file.open("a", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows([COLUMNS, row] if is_new else [row])


def main(arguments: Sequence[str] | None = None) -> int:
    """Train with the flags of the command line."""
    try:
        flags = flags_from(Flags, __doc__, arguments)
        if find_spec("ray") is None or find_spec("tree") is None:
            raise InputError("RLlib is not installed: pip install 'proactive-gym[rllib]'.")
        train(flags)
    except InputError as error:
        print(f"rllib_ppo: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
