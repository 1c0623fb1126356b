"""For policies without language: pictures and menus as arrays, actions from a fixed vocabulary.

The option that says "Rotate the object." stands elsewhere on every menu, and not always in these words. Here it is one
action, always the same, and so is every other intervention, every subject's name, and giving up; what is on offer now
is a mask over them. Needs no library beyond Gymnasium::

    env = EncodedMenu(gym.make("ProactiveViewpoint-v0"))
    many = VectorEncodedMenu(gym.make_vec("ProactiveViewpoint-v0", num_envs=32))
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, get_args

import gymnasium as gym
import numpy as np
from gymnasium.error import InvalidAction
from gymnasium.spaces import Dict, Discrete, MultiBinary, Space
from gymnasium.utils import RecordConstructorArgs
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from proactive_gym.envs.base import Info, Observation, ProactiveEnv
from proactive_gym.envs.conversation import Conversation
from proactive_gym.envs.vector import Infos, Observations, ProactiveVectorEnv
from proactive_gym.envs.vocabulary import Vocabulary, desk_of
from proactive_gym.errors import InputError, check_choice
from proactive_gym.menu import letter
from proactive_gym.spaces import Options

if TYPE_CHECKING:
    _VectorWrapper = gym.vector.VectorWrapper[Observations, Any, Observations, Any, NDArray[Any]]
else:
    _VectorWrapper = gym.vector.VectorWrapper  # takes no parameters before Gymnasium 1.4

OffMenu = Literal["error", "unreadable"]

UNREADABLE = ""
"""A written reply that names no option, however it is read."""


class Encoder:
    """What the two wrappers share: conversations to arrays, actions to replies.

    Args:
        env: The environment to encode.
        vocabulary: The actions; ``Vocabulary.of(env)`` by default.
        off_menu: What becomes of an action that is not on offer, see ``EncodedMenu``.

    Raises:
        InputError: If the environment cannot be encoded.
    """

    def __init__(self, env: Any, vocabulary: Vocabulary | None, off_menu: str) -> None:
        desk = desk_of(env)
        check_choice("off_menu", off_menu, get_args(OffMenu))
        reply = desk.arguments.reply
        if reply == "open":
            raise InputError("reply is 'open', which shows no menu to encode; make the environment with 'choice'.")
        if off_menu == "unreadable" and reply != "text":
            raise InputError(
                f"off_menu is 'unreadable', but the environment has reply={reply!r}, where replies are options; "
                "make it with reply='text'."
            )
        if desk.source.image_size is None:
            raise InputError(
                f"The pictures of the source {desk.source.name!r} differ in size; give image_size to make them alike."
            )
        self.vocabulary = Vocabulary.of(env) if vocabulary is None else vocabulary
        self._forgiving = off_menu == "unreadable"
        self._written = reply == "text"

    def observation_space(self, space: Space[Any]) -> Dict:
        """Picture and menu, for an environment with that observation space.

        Raises:
            InputError: If a wrapper has taken the picture away.
        """
        if not isinstance(space, Dict) or "image" not in space.spaces:
            raise InputError(f"The observations are {space}, but must have an 'image'; put this wrapper on first.")
        return Dict({"image": space["image"], "menu": MultiBinary(len(self.vocabulary))})

    def menus(self, conversations: Sequence[Conversation]) -> NDArray[np.int8]:
        """What is on offer in each of them, ``(N, n)``."""
        return np.stack([self.vocabulary.multi_hot(one.options, one.offered) for one in conversations])

    def reply(self, conversation: Conversation, action: int, where: str = "") -> int | str:
        """What to say in order to do ``action``: an option's number, or its letter where replies are written.

        Once the episode is over it is anything at all: the environment ignores it, or says that it waits for a reset.

        Raises:
            InvalidAction: If the action does not exist, or is not on offer and ``off_menu`` is ``"error"``.
        """
        if conversation.state.over:
            return UNREADABLE if self._written else 0
        if not 0 <= action < len(self.vocabulary):
            raise InvalidAction(f"{where}Action {action} does not exist; there are 0 to {len(self.vocabulary) - 1}.")
        offered = conversation.offered
        option = self.vocabulary.option(action, conversation.options, offered)
        if option is None:
            if self._forgiving:
                return UNREADABLE
            raise InvalidAction(where + self._refusal(conversation, action))
        return letter(sum(offered[:option])) if self._written else option

    def _refusal(self, conversation: Conversation, action: int) -> str:
        names = self.vocabulary.names
        on_offer = ", ".join(f"{number} ({names[number]})" for number in self.menus([conversation])[0].nonzero()[0])
        return (
            f"Action {action} ({names[action]}) is not on offer in episode {conversation.episode.name!r} at turn "
            f"{conversation.state.turn}; on offer are {on_offer}."
        )


class EncodedMenu(gym.Wrapper[Observation, Any, Observation, Any], RecordConstructorArgs):
    """Picture and multi-hot menu for observations, a fixed vocabulary for actions.

    Observations are ``Dict`` of ``image`` (as it is) and ``menu`` (``MultiBinary(n)``: which of the vocabulary's ``n``
    actions are on offer). Actions are ``Discrete(n)``; ``action_masks()`` is what sb3-contrib's MaskablePPO asks for.

    ``info`` calls the episode's name ``episode_name``: Gymnasium and stable-baselines3 keep an episode's statistics
    under ``episode``, and stumble over a string there.

    Args:
        env: One of this package's environments, with ``reply="choice"`` or ``"text"``.
        vocabulary: The actions; ``Vocabulary.of(env)`` by default.
        off_menu: What becomes of an action that is not on offer: ``"error"`` raises; ``"unreadable"`` ends the episode
            as a reply that names no option does, for algorithms that know of no masks, and needs ``reply="text"``.

    Raises:
        InputError: If the environment cannot be encoded, naming the argument that would help.
    """

    def __init__(
        self, env: gym.Env[Any, Any], vocabulary: Vocabulary | None = None, off_menu: OffMenu = "error"
    ) -> None:
        RecordConstructorArgs.__init__(self, vocabulary=vocabulary, off_menu=off_menu)
        if not isinstance(getattr(env, "unwrapped", None), ProactiveEnv):
            raise InputError(f"EncodedMenu wraps what gym.make gives for an id of proactive_gym, but this is {env}.")
        self._encoder = Encoder(env, vocabulary, off_menu)
        super().__init__(env)
        self.vocabulary = self._encoder.vocabulary
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
        observation, reward, terminated, truncated, info = self.env.step(reply)
        return self._encoded(observation), float(reward), terminated, truncated, _renamed(info)

    def action_masks(self) -> NDArray[np.bool_]:
        """The actions on offer, bool ``(n,)``."""
        return self._menu().astype(bool)

    def _menu(self) -> NDArray[np.int8]:
        menu: NDArray[np.int8] = self._encoder.menus([self._conversation()])[0]
        return menu

    def _encoded(self, observation: Observation) -> Observation:
        menu = self._menu()
        self._options.offer(menu.copy())
        return {"image": observation["image"], "menu": menu}

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

    Raises:
        InputError: If the environment cannot be encoded, naming the argument that would help.
    """

    def __init__(
        self,
        env: gym.vector.VectorEnv[Any, Any, Any],
        vocabulary: Vocabulary | None = None,
        off_menu: OffMenu = "error",
    ) -> None:
        RecordConstructorArgs.__init__(self, vocabulary=vocabulary, off_menu=off_menu)
        if not isinstance(getattr(env, "unwrapped", None), ProactiveVectorEnv):
            raise InputError(
                "VectorEncodedMenu wraps the native vector environment, as gym.make_vec(id, num_envs=…) gives it, but "
                f"this is {env}."
            )
        self._encoder = Encoder(env, vocabulary, off_menu)
        super().__init__(env)
        self.vocabulary = self._encoder.vocabulary
        self.single_observation_space = self._encoder.observation_space(env.single_observation_space)
        self.single_action_space = Discrete(len(self.vocabulary))
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)

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
                encoded[lane] = {"image": final["image"], "menu": self._encoder.menus([ended[lane]])[0]}
        return encoded

    def _encoded(self, observations: Observations) -> Observations:
        return {"image": observations["image"], "menu": self._encoder.menus(self._conversations())}

    def _conversations(self) -> list[Conversation]:
        env = self.env.unwrapped
        assert isinstance(env, ProactiveVectorEnv)
        return env.conversations


def _renamed(info: dict[str, Any]) -> dict[str, Any]:
    new = {"episode": "episode_name", "_episode": "_episode_name"}
    return {new.get(key, key): value for key, value in info.items()}
