"""Policies without language, trained with stable-baselines3, as agents: ``sb3:FILE.zip``."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from proactive_gym.adapters.sb3_policies import load_policy
from proactive_gym.agents.base import Scored, Turn
from proactive_gym.agents.options import ModelOptions
from proactive_gym.errors import InputError
from proactive_gym.reading import read


class PolicyAgent:
    """Chooses what the policy finds best of what is on offer.

    Pictures of another size than those it was trained on are scaled to that; it plays best where they need not be.

    Args:
        file: As ``proactive_gym.adapters.sb3_policies.save_policy`` writes it; nothing in it is unpickled.

    Raises:
        InputError: If it is no such file.
    """

    def __init__(self, file: str | Path) -> None:
        self.policy, self.vocabulary, self.image_size = load_policy(file)
        self.name = f"sb3:{Path(file).stem}"
        self.configuration = {"image_size": self.image_size, "weights": _digest(self.policy)}

    def act(self, turns: Sequence[Turn]) -> list[Scored]:
        """An option each, with how likely the policy finds each of those on offer.

        Raises:
            InputError: If a menu has options that are not in the policy's vocabulary, or if there is none.
        """
        menus, last = (np.stack(list(map(of, turns))) for of in (self._menu, self._last))
        images = np.stack([self._seen(turn.image) for turn in turns]).transpose(0, 3, 1, 2)
        shown = {"image": torch.from_numpy(images.copy()), "menu": torch.from_numpy(menus).float()}
        shown["last"] = torch.from_numpy(last).float()
        with torch.no_grad():
            scores = self.policy.action_net(self.policy.extract_features(shown))
        chances = torch.where(shown["menu"] > 0, scores, -torch.inf).softmax(dim=1).numpy()
        return [self._chosen(turn, of_words) for turn, of_words in zip(turns, chances, strict=True)]

    def _menu(self, turn: Turn) -> NDArray[np.int8]:
        if not turn.options:
            raise InputError(
                f"{self.name} chooses from a menu, but episode {turn.episode!r} shows none; leave out reply='open'."
            )
        return self.vocabulary.multi_hot(turn.options, turn.action_mask)

    def _last(self, turn: Turn) -> NDArray[np.int8]:
        """What was done before this picture: the policy's only memory."""
        row = np.zeros(len(self.vocabulary), dtype=np.int8)
        if turn.history:
            before, reply = turn.history[-1]
            offered = (before.action_mask > 0).tolist()
            choice = read(reply, before.options, offered) if isinstance(reply, str) else reply
            if choice is not None:
                row[self.vocabulary.numbers(before.options)[choice]] = 1
        return row

    def _seen(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        side = self.image_size
        if image.shape[:2] == (side, side):
            return image
        return np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.LANCZOS))

    def _chosen(self, turn: Turn, of_words: NDArray[Any]) -> Scored:
        offered = turn.action_mask > 0
        chances = np.where(offered, of_words[self.vocabulary.numbers(turn.options)], 0.0)
        chances = chances / chances.sum()
        return Scored(int(chances.argmax()), tuple(map(float, chances)))


def from_name(model: str, options: ModelOptions) -> PolicyAgent:
    """The agent called ``sb3:MODEL``."""
    del options
    return PolicyAgent(Path(model).expanduser())


def _digest(policy: Any) -> str:
    from hashlib import sha256

    digest = sha256()
    for name, weights in sorted(policy.state_dict().items()):
        digest.update(name.encode() + weights.numpy().tobytes())
    return digest.hexdigest()[:16]
