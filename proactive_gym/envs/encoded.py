"""For policies without language: pictures and menus as arrays, actions from a fixed vocabulary.

The option that says "Rotate the object." stands elsewhere on every menu, and not always in these words. Here it is one
action, always the same, and so is every other intervention, every subject's name, and giving up; what is on offer now
is a mask over them. Needs no library beyond Gymnasium::

    env = EncodedMenu(gym.make("ProactiveViewpoint-v0"))
    many = VectorEncodedMenu(gym.make_vec("ProactiveViewpoint-v0", num_envs=32))
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import gymnasium as gym
import numpy as np
from gymnasium.error import InvalidAction
from gymnasium.spaces import Discrete
from gymnasium.utils import RecordConstructorArgs
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from proactive_gym.envs.base import Info, Observation, ProactiveEnv
from proactive_gym.envs.conversation import Conversation
from proactive_gym.envs.encoder import Encoder, OffMenu
from proactive_gym.envs.infos import Infos
from proactive_gym.envs.vector import Observations, ProactiveVectorEnv
from proactive_gym.envs.vocabulary import Vocabulary
from proactive_gym.errors import InputError
from proactive_gym.spaces import Options, OptionsPerLane

if TYPE_CHECKING:
    _VectorWrapper = gym.vector.VectorWrapper[Observations, Any, Observations, Any, NDArray[Any]]
else:
    _VectorWrapper = gym.vector.VectorWrapper  # takes no parameters before Gymnasium 1.4


class EncodedMenu(gym.Wrapper[Observation, Any, Observation, Any], RecordConstructorArgs):
    """Picture and multi-hot menu for observations, a fixed vocabulary for actions.

    Observations are ``Dict`` of ``image`` (as it is) and ``menu`` (``MultiBinary(n)``: which of the vocabulary's ``n``
    actions are on offer), with ``last=True`` also of ``last`` (``MultiBinary(n)``: the action that led to this picture;
    all 0 at an episode's beginning). Actions are ``Discrete(n)``; ``action_masks()`` is what sb3-contrib's MaskablePPO
    asks for.

    ``info`` calls the episode's name ``episode_name``: Gymnasium and stable-baselines3 keep an episode's statistics
    under ``episode``, and stumble over a string there.

    Args:
        env: One of this package's environments, with ``reply="choice"`` or ``"text"``.
        vocabulary: The actions; ``Vocabulary.of(env)`` by default.
        off_menu: What becomes of an action that is not on offer: ``"error"`` raises; ``"unreadable"`` ends the episode
            as a reply that names no option does, for algorithms that know of no masks, and needs ``reply="text"``.
        last: Whether observations hold what was done last: all the memory it takes to go on in the same direction.

    Raises:
        InputError: If the environment cannot be encoded, naming the argument that would help.
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        vocabulary: Vocabulary | None = None,
        off_menu: OffMenu = "error",
        last: bool = False,
    ) -> None:
        RecordConstructorArgs.__init__(self, vocabulary=vocabulary, off_menu=off_menu, last=last)
        if not isinstance(getattr(env, "unwrapped", None), ProactiveEnv):
            raise InputError(f"EncodedMenu wraps what gym.make gives for an id of proactive_gym, but this is {env}.")
        self._encoder = Encoder(env, vocabulary, off_menu, last)
        super().__init__(env)
        self.vocabulary = self._encoder.vocabulary
        self._acted = np.zeros(1, dtype=np.int64)
        self._options = Options(len(self.vocabulary))
        self.observation_space = self._encoder.observation_space(env.observation_space)
        self.action_space = self._options

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Observation, Info]:
        """Begin an episode; arguments as in the environment's own ``reset``."""
        observation, info = self.env.reset(seed=seed, options=options)
        return self._encoded(observation), _renamed(info)

    def step(self, action: Any) -> tuple[Observation, float, bool, bool, Info]:
        """Do the action of that number.

        Raises:
            InvalidAction: If it is no whole number, does not exist, or is not on offer (``off_menu="error"``).
        """
        number = np.asarray(action)
        if number.shape != () or number.dtype.kind not in "iu":
            raise InvalidAction(f"The action is {action!r}, but must be the number of a word in the vocabulary.")
        reply = self._encoder.reply(self._conversation(), int(number))
        self._acted[0] = number
        observation, reward, terminated, truncated, info = self.env.step(reply)
        return self._encoded(observation), float(reward), terminated, truncated, _renamed(info)

    def action_masks(self) -> NDArray[np.bool_]:
        """The actions on offer, bool ``(n,)``."""
        masks: NDArray[np.bool_] = self._encoder.menus([self._conversation()])[0].astype(bool)
        return masks

    def _encoded(self, observation: Observation) -> Observation:
        shown = self._encoder.observations([observation["image"]], [self._conversation()], self._acted)
        self._options.offer(tuple(shown["menu"][0].tolist()))
        return {name: rows[0] for name, rows in shown.items()}

    def _conversation(self) -> Conversation:
        env = self.env.unwrapped
        assert isinstance(env, ProactiveEnv)
        return env.conversation


class VectorEncodedMenu(_VectorWrapper, RecordConstructorArgs):
    """``EncodedMenu`` for the native vector environment; lane for lane the same, to the bit.

    Args:
        env: What ``gym.make_vec(id, num_envs=…)`` gives.
        vocabulary: As in ``EncodedMenu``.
        off_menu: As in ``EncodedMenu``.
        last: As in ``EncodedMenu``.

    Raises:
        InputError: If the environment cannot be encoded, naming the argument that would help.
    """

    def __init__(
        self,
        env: gym.vector.VectorEnv[Any, Any, Any],
        vocabulary: Vocabulary | None = None,
        off_menu: OffMenu = "error",
        last: bool = False,
    ) -> None:
        RecordConstructorArgs.__init__(self, vocabulary=vocabulary, off_menu=off_menu, last=last)
        if not isinstance(getattr(env, "unwrapped", None), ProactiveVectorEnv):
            raise InputError(
                "VectorEncodedMenu wraps the native vector environment, as gym.make_vec(id, num_envs=…) gives it, but "
                f"this is {env}."
            )
        self._encoder = Encoder(env, vocabulary, off_menu, last)
        super().__init__(env)
        self._acted = np.zeros(self.num_envs, dtype=np.int64)
        self.vocabulary = self._encoder.vocabulary
        self.single_observation_space = self._encoder.observation_space(env.single_observation_space)
        self.single_action_space = Discrete(len(self.vocabulary))
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self._options = OptionsPerLane(len(self.vocabulary), self.num_envs)
        self.action_space = self._options

    def reset(self, *, seed: Any = None, options: dict[str, Any] | None = None) -> tuple[Observations, Infos]:
        """Begin episodes; arguments as in the environment's own ``reset``."""
        observations, infos = self.env.reset(seed=seed, options=options)
        return self._encoded(observations), _renamed(infos)

    def step(
        self, actions: Any
    ) -> tuple[Observations, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], Infos]:
        """Do the action of each lane.

        Raises:
            InvalidAction: As in ``EncodedMenu``, naming the lane; then no lane has moved.
        """
        before = self._conversations()
        replies = tuple(self._replies(actions, before))
        self._acted[:] = actions
        observations, rewards, terminations, truncations, infos = self.env.step(replies)
        infos = _renamed(infos)
        if "final_obs" in infos:
            infos["final_obs"] = self._finals(infos["final_obs"], before)
            infos["final_info"] = _renamed(infos["final_info"])
        return self._encoded(observations), rewards, terminations, truncations, infos

    def action_masks(self) -> NDArray[np.bool_]:
        """The actions on offer, bool ``(num_envs, n)``."""
        return self._encoder.menus(self._conversations()).astype(bool)

    def _replies(self, actions: Any, conversations: Sequence[Conversation]) -> Iterator[int | str]:
        numbers = np.asarray(actions)
        if numbers.shape != (self.num_envs,) or numbers.dtype.kind not in "iu":
            raise InvalidAction(
                f"The actions have shape {numbers.shape} and type {numbers.dtype}, but must be whole numbers of shape "
                f"({self.num_envs},), one word of the vocabulary per lane."
            )
        for lane, (one, number) in enumerate(zip(conversations, numbers.tolist(), strict=True)):
            yield self._encoder.reply(one, number, f"Lane {lane}: ")

    def _finals(self, finals: NDArray[np.object_], ended: Sequence[Conversation]) -> NDArray[np.object_]:
        encoded = np.full(self.num_envs, None, dtype=object)
        for lane, final in enumerate(finals):
            if final is not None:
                rows = self._encoder.observations([final["image"]], [ended[lane]], self._acted[lane : lane + 1])
                encoded[lane] = {name: of_lane[0] for name, of_lane in rows.items()}
        return encoded

    def _encoded(self, observations: Observations) -> Observations:
        shown = self._encoder.observations(observations["image"], self._conversations(), self._acted)
        self._options.offer(shown["menu"])
        return shown

    def _conversations(self) -> list[Conversation]:
        env = self.env.unwrapped
        assert isinstance(env, ProactiveVectorEnv)
        return env.conversations


def _renamed(info: dict[str, Any]) -> dict[str, Any]:
    new = {"episode": "episode_name", "_episode": "_episode_name"}
    return {new.get(key, key): value for key, value in info.items()}
