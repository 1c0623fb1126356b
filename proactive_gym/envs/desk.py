"""What an environment's arguments come to: the desk at which its conversations are begun."""

import math
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from gymnasium.error import InvalidAction
from gymnasium.spaces import Box, Dict, MultiBinary, Space

from proactive_gym.envs.arguments import Arguments
from proactive_gym.envs.conversation import Branch, Conversation, as_array
from proactive_gym.envs.moment import Manner, Moment
from proactive_gym.envs.scenario import Scenario
from proactive_gym.errors import InputError, check_whole
from proactive_gym.reward import Reward
from proactive_gym.setting import Setting
from proactive_gym.sources import Source
from proactive_gym.sources.assemble import check_decoys
from proactive_gym.spaces import FreeText, Options, Pictures

Naming = Callable[[Sequence[Scenario], int, Setting], str]

DRAWN = 2**63
"""Episodes drawn at random have numbers from here up, so that they never meet those picked by index."""


class Desk:
    """What the arguments of ``gym.make`` come to: source, setting, spaces; shared by one environment's conversations.

    Args:
        scenarios: What episodes are drawn from; those of them that the source has no pictures for are left out.
        family: All scenarios that foreign interventions may come from.
        arguments: Keyword arguments of ``gym.make``.

    Raises:
        InputError: If an argument is wrong, or the source has pictures for none of the scenarios.
    """

    def __init__(
        self, scenarios: tuple[Scenario, ...], family: tuple[Scenario, ...], arguments: dict[str, Any]
    ) -> None:
        self.given = dict(arguments)
        self.arguments = Arguments.checked(arguments)
        self.source: Source = self.arguments.made_source()
        self.scenarios = driven_by(self.source, scenarios)
        self.setting = self.arguments.setting(self.source, family)
        for scenario in self.scenarios:
            phrasing = self.setting.phrasing
            check_decoys(self.setting, scenario.name, scenario.phrases(phrasing), scenario.near_decoys(phrasing))
        self.manner = Manner(
            self.arguments.reply == "open",
            self.arguments.chosen_reading(self.source),
            Reward.named(self.arguments.reward),
        )
        # Where the same episodes come again and again, so do their moments.
        self._keeps: bool = getattr(self.source, "keeps_episodes", False)
        self._begun: dict[str, Moment] = {}
        self._names: dict[int, str] = {}
        self.menu_size = max(self.source.menu_size(scenario, self.setting) for scenario in self.scenarios)

    def action_space(self) -> Space[Any]:
        """``Discrete`` for choices, free text for written replies."""
        return Options(self.menu_size) if self.arguments.reply == "choice" else FreeText()

    def observation_space(self) -> Dict:
        """Picture, dialogue and mask."""
        side = self.source.image_size
        picture: Space[Any] = Pictures() if side is None else Box(0, 255, (side, side, 3), np.uint8)
        return Dict({"image": picture, "dialogue": FreeText(), "action_mask": MultiBinary(self.menu_size)})

    def painter(self, device: Any = None) -> Callable[[Sequence[Any]], Any]:
        """What turns descriptions of pictures into pictures: NumPy arrays, or ``torch.uint8`` on ``device``.

        Raises:
            InputError: If torch knows of no such device here, or the source cannot paint on devices.
        """
        if device is None:
            # A batch of pictures that differ in size is a tuple, as Gymnasium's spaces have it.
            paint = self.source.paint
            return paint if self.source.image_size is not None else lambda pictures: tuple(paint(pictures))
        paint_on = getattr(self.source, "paint_on", None)
        if paint_on is None:
            raise InputError(f"device is {device!r}, but the source {self.source.name!r} paints with NumPy only.")
        on_device: Callable[[Sequence[Any]], Any] = paint_on(device)
        return on_device

    def last_painter(self, device: Any = None) -> Callable[[Sequence[Any]], Sequence[Any]]:
        """What gives pictures that were painted already and are shown for the last time, at the end of an episode."""
        paint_again = None if device is not None else getattr(self.source, "paint_again", None)
        return self.painter(device) if paint_again is None else paint_again

    def drawn(self, random: np.random.Generator) -> str:
        """The name of an episode drawn at random."""
        number = DRAWN + (random.bit_generator.random_raw() >> 1)
        if self._drawn_name is not None:
            return self._drawn_name(self.scenarios, number, self.setting)
        if self._size is None:
            return self.source.episode_name(self.scenarios, number, self.setting)
        number %= self._size
        name = self._names.get(number)
        if name is None:  # one of so many, which will be drawn again
            name = self._names[number] = self.source.episode_name(self.scenarios, number, self.setting)
        return name

    @cached_property
    def _drawn_name(self) -> Naming | None:
        """How the source itself names episodes that are drawn, if it does."""
        return getattr(self.source, "drawn_name", None)

    @cached_property
    def _size(self) -> int | None:
        """How many episodes there are; ``None`` if there is no end to them."""
        size = self.source.size(self.scenarios)
        return None if size == math.inf else int(size)

    def named(self, episode: int | str) -> str:
        """The name of the episode of that number, or of that name; official rows go by their ids.

        Raises:
            InputError: If there is no such number.
        """
        if isinstance(episode, str):
            return episode
        by_source: Naming | None = getattr(self.source, "numbered_name", None)
        if by_source is not None:
            return by_source(self.scenarios, check_whole("The episode", episode, 0), self.setting)
        number = check_whole("The episode", episode, 0, None if self._size is None else self._size - 1)
        return self.source.episode_name(self.scenarios, number, self.setting)

    def begin(self, name: str) -> Conversation:
        """A conversation about the episode of that name.

        Raises:
            InputError: If there is no such episode.
        """
        begun = self._begun.get(name)
        if begun is None:
            episode = self.source.episode(self.scenarios, name, self.setting)
            begun = Moment(episode, self.manner, episode.begin(), kept=self._keeps)
            if self._keeps:
                self._begun[name] = begun
        return Conversation(begun)

    def resumed(self, branch: Branch, where: str = "") -> Conversation:
        """The conversation as it stood when it was cloned.

        Raises:
            InputError: If there is no such branch here.
        """
        if not isinstance(branch, Branch):
            raise InputError(f"{where}restore_state got {branch!r}, but needs what clone_state gave.")
        if len(branch.episode.menu) > self.menu_size or branch.manner != self.manner:
            raise InputError(
                f"{where}the branch of episode {branch.episode.name!r} comes from an environment with other arguments; "
                "restore it in one like that."
            )
        return branch.resumed()

    def choice(self, action: Any) -> int:
        """``action`` as an option's number.

        Raises:
            InvalidAction: If it is no whole number.
        """
        if isinstance(action, np.integer) or type(action) is int:  # as most often, at a tenth of the cost
            return int(action)
        number = as_array(action)
        if number is None or number.shape != () or number.dtype.kind not in "iu":
            raise InvalidAction(f"The action is {action!r}, but must be the number of an option (reply='choice').")
        return int(number)


class NotDrivenError(InputError):
    """A source's pictures are not such that any of the scenarios can be made of them."""


def driven_by(source: Source, scenarios: tuple[Scenario, ...]) -> tuple[Scenario, ...]:
    """Those of the scenarios that the source has pictures for.

    Raises:
        NotDrivenError: If there are none.
    """
    drives: Callable[[Scenario], bool] | None = getattr(source, "drives", None)
    driven = scenarios if drives is None else tuple([scenario for scenario in scenarios if drives(scenario)])
    if not driven:
        names = " or ".join(scenario.name for scenario in scenarios)
        raise NotDrivenError(
            f"source is {source.name!r}, but its pictures are not such that {names} can be made of them; "
            "take another source, or another environment."
        )
    return driven
