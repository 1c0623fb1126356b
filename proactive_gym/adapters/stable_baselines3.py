"""The native vector environment as stable-baselines3's ``VecEnv``.

It hands whole batches over, where SB3's own ``DummyVecEnv`` steps environments one by one and puts their observations
together again::

    env = SB3VecEnv(VectorEncodedMenu(gym.make_vec("ProactiveViewpoint-v0", num_envs=32, split="train", image_size=64)))
    MaskablePPO("MultiInputPolicy", env).learn(100_000)
"""

from collections.abc import Sequence
from time import perf_counter
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.spaces import Dict, Text
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import VecEnv
from stable_baselines3.common.vec_env.base_vec_env import VecEnvIndices, VecEnvObs, VecEnvStepReturn

from proactive_gym.errors import InputError

VectorEnv = gym.vector.VectorEnv[Any, Any, NDArray[Any]]


class SB3VecEnv(VecEnv):
    """One vector environment, all lanes at once, as SB3's algorithms expect it.

    Statistics of finished episodes are in ``infos[i]["episode"]``, as SB3's ``Monitor`` would put them there, so that
    none is needed. The infos of lanes that go on are empty: SB3 reads none, and taking batches apart costs time.
    Pictures are turned to channels first by SB3's own ``VecTransposeImage``, which its algorithms put on.

    Args:
        env: A vector environment with arrays for observations that refills a lane in the same step, such as
            ``VectorEncodedMenu(gym.make_vec(id, num_envs=…))``.

    Raises:
        InputError: If SB3 could not work with it, saying what to make instead.
    """

    def __init__(self, env: VectorEnv) -> None:
        if not isinstance(env, gym.vector.VectorEnv):
            raise InputError(f"SB3VecEnv takes what gym.make_vec(id, num_envs=…) gives, but this is {env}.")
        if env.metadata.get("autoreset_mode") is not AutoresetMode.SAME_STEP:
            raise InputError(
                "SB3VecEnv needs lanes that are refilled in the same step; make them autoreset='same_step'."
            )
        space = env.single_observation_space
        if isinstance(space, Dict) and any(isinstance(part, Text) for part in space.values()):
            raise InputError(
                "SB3 knows of no text; put proactive_gym.envs.encoded.VectorEncodedMenu around the environment."
            )
        self.env = env
        super().__init__(env.num_envs, space, env.single_action_space)
        self._actions: NDArray[Any] = np.zeros(self.num_envs, dtype=np.int64)
        self._returns = np.zeros(self.num_envs)
        self._lengths = np.zeros(self.num_envs, dtype=np.int64)
        self._began = perf_counter()

    def reset(self) -> VecEnvObs:
        """Begin an episode in every lane, with the seeds of ``seed()`` and the options of ``set_options()``."""
        observations, infos = self.env.reset(seed=self._next_seeds(), options=self._next_options())
        if isinstance(observations, dict) and not all(isinstance(part, np.ndarray) for part in observations.values()):
            raise InputError("SB3 keeps observations as NumPy arrays; make the environment without a device.")
        self.reset_infos = [_of_lane(infos, lane) for lane in range(self.num_envs)]
        self._reset_seeds()
        self._reset_options()
        self._returns[:] = 0
        self._lengths[:] = 0
        return observations  # type: ignore[no-any-return]

    def step_async(self, actions: NDArray[Any]) -> None:
        """Keep the actions for ``step_wait``."""
        self._actions = actions

    def step_wait(self) -> VecEnvStepReturn:
        """Step all lanes."""
        observations, rewards, terminations, truncations, infos = self.env.step(self._actions)
        self._returns += rewards
        self._lengths += 1
        dones = np.asarray(terminations | truncations)
        told: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        for lane in np.flatnonzero(dones):
            told[lane] = self._last_info(int(lane), infos, bool(truncations[lane] and not terminations[lane]))
        self._returns[dones] = 0
        self._lengths[dones] = 0
        return observations, rewards.astype(np.float32), dones, told

    def close(self) -> None:
        """Close the vector environment."""
        self.env.close()

    def get_images(self) -> Sequence[NDArray[np.uint8] | None]:
        """A picture per lane, all of one height: SB3 lays them out as tiles."""
        images: Any = self.env.render()
        if images is None:
            return [None] * self.num_envs
        tallest = max(len(image) for image in images)
        return [np.pad(image, ((0, tallest - len(image)), (0, 0), (0, 0)), constant_values=255) for image in images]

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        """The attribute of the vector environment, or of what it wraps, once per lane: lanes share it.

        Raises:
            AttributeError: If none of them has it.
        """
        return [getattr(self._owner(attr_name), attr_name) for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:
        """Set the attribute, for all lanes, where it is; on the outermost environment if it is new.

        Raises:
            InputError: If it is meant for some lanes only.
        """
        if set(self._get_indices(indices)) != set(range(self.num_envs)):
            raise InputError(f"{attr_name!r} cannot be set for lanes {indices} alone: lanes share their attributes.")
        setattr(self._owner(attr_name) if self.has_attr(attr_name) else self.env, attr_name, value)

    def env_method(
        self, method_name: str, *method_args: Any, indices: VecEnvIndices = None, **method_kwargs: Any
    ) -> list[Any]:
        """Call the vector environment's method once, and give each lane its part of the result.

        A result that is no array, list or tuple with one entry per lane is everyone's.
        """
        result = getattr(self._owner(method_name), method_name)(*method_args, **method_kwargs)
        shared = type(result) not in (np.ndarray, list, tuple) or len(result) != self.num_envs
        return [result if shared else result[lane] for lane in self._get_indices(indices)]

    def env_is_wrapped(
        self, wrapper_class: type[gym.Wrapper[Any, Any, Any, Any]], indices: VecEnvIndices = None
    ) -> list[bool]:
        """Whether lanes are wrapped so; in SB3's ``Monitor`` they are as good as."""
        wrapped = wrapper_class is Monitor or any(isinstance(layer, wrapper_class) for layer in self._layers())
        return [wrapped for _ in self._get_indices(indices)]

    def _layers(self) -> list[VectorEnv]:
        layers = [self.env]
        while isinstance(layers[-1], gym.vector.VectorWrapper):
            layers.append(layers[-1].env)
        return layers

    def _owner(self, name: str) -> VectorEnv:
        for layer in self._layers():
            if hasattr(layer, name):
                return layer
        raise AttributeError(f"{self.env} has no attribute {name!r}.")

    def _next_seeds(self) -> Any:
        return None if all(seed is None for seed in self._seeds) else list(self._seeds)

    def _next_options(self) -> dict[str, Any] | None:
        """SB3 has options per lane, Gymnasium's vectors have lanes per option."""
        names = {name for options in self._options for name in options}
        return {name: [options.get(name) for options in self._options] for name in names} or None

    def _last_info(self, lane: int, infos: dict[str, Any], truncated: bool) -> dict[str, Any]:
        statistics = {
            "r": round(float(self._returns[lane]), 6),
            "l": int(self._lengths[lane]),
            "t": round(perf_counter() - self._began, 6),
        }
        return {
            **_of_lane(infos["final_info"], lane),
            "terminal_observation": infos["final_obs"][lane],
            "TimeLimit.truncated": truncated,
            "episode": statistics,
        }


def _of_lane(infos: dict[str, Any], lane: int) -> dict[str, Any]:
    """One lane's infos out of those that Gymnasium merged."""
    return {name: column[lane] for name, column in infos.items() if f"_{name}" in infos and infos[f"_{name}"][lane]}
