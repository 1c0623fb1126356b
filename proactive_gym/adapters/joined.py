"""Several of stable-baselines3's vector environments as one, so that a policy learns in several settings at once."""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from gymnasium import Wrapper
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv
from stable_baselines3.common.vec_env.base_vec_env import VecEnvIndices, VecEnvObs, VecEnvStepReturn

from proactive_gym.errors import InputError


class JoinedVecEnv(VecEnv):
    """The lanes of all parts, one after another.

    Args:
        parts: Vector environments of the same spaces, whose observations are dictionaries.

    Raises:
        InputError: If there is none, or if their spaces differ.
    """

    def __init__(self, parts: Sequence[VecEnv]) -> None:
        if not parts:
            raise InputError("There are no vector environments to join; give at least one.")
        first = parts[0]
        for part in parts:
            if part.observation_space != first.observation_space or part.action_space != first.action_space:
                raise InputError(
                    f"{part} has other spaces than {first}; join environments of one vocabulary and one image_size."
                )
        self.parts = tuple(parts)
        ends = accumulate((part.num_envs for part in parts), initial=0)
        self._slices = [slice(*lanes) for lanes in pairwise(ends)]
        super().__init__(sum(part.num_envs for part in parts), first.observation_space, first.action_space)

    def reset(self) -> VecEnvObs:
        """Begin an episode in every lane; each part has its own seed."""
        for part, lanes in zip(self.parts, self._slices, strict=True):
            part._seeds, part._options = self._seeds[lanes], self._options[lanes]
        observations = _together([part.reset() for part in self.parts])
        self.reset_infos = [info for part in self.parts for info in part.reset_infos]
        self._reset_seeds()
        self._reset_options()
        return observations

    def step_async(self, actions: NDArray[Any]) -> None:
        """Hand each part its actions."""
        for part, lanes in zip(self.parts, self._slices, strict=True):
            part.step_async(actions[lanes])

    def step_wait(self) -> VecEnvStepReturn:
        """Step all lanes."""
        observations, rewards, dones, infos = zip(*(part.step_wait() for part in self.parts), strict=True)
        together = [info for of_part in infos for info in of_part]
        return _together(observations), np.concatenate(rewards), np.concatenate(dones), together

    def close(self) -> None:
        """Close all parts."""
        for part in self.parts:
            part.close()

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        """The attribute of each lane."""
        return self._chosen([value for part in self.parts for value in part.get_attr(attr_name)], indices)

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:
        """Set the attribute in all parts.

        Raises:
            InputError: If it is meant for some lanes only.
        """
        if set(self._get_indices(indices)) != set(range(self.num_envs)):
            raise InputError(f"{attr_name!r} cannot be set for lanes {indices} alone: lanes share their attributes.")
        for part in self.parts:
            part.set_attr(attr_name, value)

    def env_method(
        self, method_name: str, *method_args: Any, indices: VecEnvIndices = None, **method_kwargs: Any
    ) -> list[Any]:
        """What the method gives for each lane."""
        called = (part.env_method(method_name, *method_args, **method_kwargs) for part in self.parts)
        return self._chosen([value for of_part in called for value in of_part], indices)

    def env_is_wrapped(
        self, wrapper_class: type[Wrapper[Any, Any, Any, Any]], indices: VecEnvIndices = None
    ) -> list[bool]:
        """Whether each lane is wrapped so."""
        return self._chosen([is_so for part in self.parts for is_so in part.env_is_wrapped(wrapper_class)], indices)

    def _chosen(self, values: list[Any], indices: VecEnvIndices) -> list[Any]:
        return [values[lane] for lane in self._get_indices(indices)]


def _together(observations: Sequence[Any]) -> dict[str, NDArray[Any]]:
    return {name: np.concatenate([shown[name] for shown in observations]) for name in observations[0]}
