"""Conversations as arrays, and actions as replies: what policies without language see and say."""

from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np
from gymnasium.error import InvalidAction
from gymnasium.spaces import Dict, MultiBinary, Space
from numpy.typing import NDArray

from proactive_gym.envs.conversation import Conversation
from proactive_gym.envs.vocabulary import Vocabulary, desk_of
from proactive_gym.errors import InputError, check_choice
from proactive_gym.menu import letter

OffMenu = Literal["error", "unreadable"]

UNREADABLE = ""
"""A written reply that names no option, however it is read."""


class Encoder:
    """What the two wrappers share: conversations to arrays, actions to replies.

    Args:
        env: The environment to encode.
        vocabulary: The actions; ``Vocabulary.of(env)`` by default.
        off_menu: What becomes of an action that is not on offer, see ``EncodedMenu``.
        last: Whether to show what was done last, see ``EncodedMenu``.

    Raises:
        InputError: If the environment cannot be encoded.
    """

    def __init__(self, env: Any, vocabulary: Vocabulary | None, off_menu: str, last: bool) -> None:
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
        self.last = last
        self._forgiving = off_menu == "unreadable"
        self._written = reply == "text"

    def observation_space(self, space: Space[Any]) -> Dict:
        """Picture and menu, for an environment with that observation space.

        Raises:
            InputError: If a wrapper has taken the picture away.
        """
        if not isinstance(space, Dict) or "image" not in space.spaces:
            raise InputError(f"The observations are {space}, but must have an 'image'; put this wrapper on first.")
        words = MultiBinary(len(self.vocabulary))
        return Dict({"image": space["image"], "menu": words, **({"last": words} if self.last else {})})

    def observations(
        self, images: Any, conversations: Sequence[Conversation], acted: NDArray[np.int64]
    ) -> dict[str, Any]:
        """Pictures, menus and, if wanted, what was done last.

        Args:
            images: What is shown in each conversation.
            conversations: As they stand.
            acted: The action that was done last in each; none counts before an episode's first request.
        """
        shown = {"image": images, "menu": self.menus(conversations)}
        if self.last:
            asked = [one.state.turn > 0 or one.state.over for one in conversations]
            shown["last"] = np.zeros_like(shown["menu"])
            shown["last"][asked, acted[asked]] = 1
        return shown

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
