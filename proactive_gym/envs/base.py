"""The Gymnasium environment that all eight ids share."""

from typing import Any, ClassVar

import gymnasium as gym
import numpy as np
from gymnasium.error import InvalidAction, ResetNeeded
from numpy.typing import NDArray

from proactive_gym.envs.conversation import Branch, Conversation
from proactive_gym.envs.desk import Desk
from proactive_gym.envs.scenario import Scenario
from proactive_gym.errors import InputError
from proactive_gym.sources import Source
from proactive_gym.spaces import Options

Observation = dict[str, Any]
Info = dict[str, Any]


class ProactiveEnv(gym.Env[Observation, Any]):
    """A user who shows a picture, asks about it, and does what is requested.

    Subclasses name the scenarios; all else is in the keyword arguments, see ``Arguments``.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["rgb_array"], "render_fps": 1}  # type: ignore[misc]
    scenarios: ClassVar[tuple[Scenario, ...]]
    family: ClassVar[tuple[Scenario, ...]] = ()
    """All scenarios that foreign interventions may come from; filled in by ``proactive_gym.envs``."""

    def __init__(self, render_mode: str | None = None, **arguments: Any) -> None:
        """An environment in the setting that the keyword arguments describe.

        Args:
            render_mode: ``None`` or ``"rgb_array"``: the picture with the dialogue below it.
            **arguments: See the table in the class's documentation.

        Raises:
            InputError: If an argument is unknown or its value impossible.
        """
        if render_mode not in (None, "rgb_array"):
            raise InputError(f"render_mode is {render_mode!r}, but must be None or 'rgb_array'.")
        self.render_mode = render_mode
        self.desk = Desk(self.scenarios, self.family, arguments)
        self.action_space = self.desk.action_space()
        self.observation_space = self.desk.observation_space()
        self._paint, self._paint_again = self.desk.painter(), self.desk.last_painter()
        self._conversation: Conversation | None = None

    @property
    def source(self) -> Source:
        """Where the episodes come from."""
        return self.desk.source

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Observation, Info]:
        """Begin an episode.

        Args:
            seed: Fixes this episode and, after it, the sequence of those drawn by further resets.
            options: ``{"episode": …}`` picks an episode by its name or its number.

        Returns:
            The first observation and info.

        Raises:
            InputError: If the seed, an option or the episode does not exist.
        """
        seed = check_seed(seed)
        wanted = checked_options(options, "episode").get("episode")
        super().reset(seed=seed)
        name = self.desk.drawn(self.np_random) if wanted is None else self.desk.named(wanted)
        self._conversation = self.desk.begin(name)
        return self._observation(), self._conversation.info()

    def step(self, action: Any) -> tuple[Observation, float, bool, bool, Info]:
        """Reply to the user.

        Args:
            action: The number of an option on offer (``reply="choice"``), else a string.

        Returns:
            Observation, reward, terminated, truncated, info; after the end the last picture is shown once more,
            read-only where episodes are kept (``FixedEpisodes``).

        Raises:
            ResetNeeded: Before the first reset, or once the episode is over.
            InvalidAction: If the action is no option on offer, or of the wrong type.
        """
        conversation = self._open_conversation()
        if self.desk.arguments.reply == "choice":
            conversation.choose(self.desk.choice(action))
        elif isinstance(action, str):
            conversation.say(action)
        else:
            raise InvalidAction(
                f"The action is {action!r}, but must be a string (reply={self.desk.arguments.reply!r})."
            )
        return (
            self._observation(),
            conversation.reward,
            conversation.terminated,
            conversation.truncated,
            conversation.info(),
        )

    def render(self) -> NDArray[np.uint8] | None:
        """The picture with the dialogue below it, uint8 ``(height, width, 3)``; ``None`` without a render mode.

        Raises:
            ResetNeeded: Before the first reset.
        """
        if self.render_mode is None:
            gym.logger.warn("render() does nothing unless the environment was made with render_mode='rgb_array'.")
            return None
        from proactive_gym.envs.rendering import CARD_LINES, card

        observation = self._observation()
        outcome = self.conversation.state.outcome
        return card(observation["image"], observation["dialogue"], outcome, least_lines=CARD_LINES)

    def action_masks(self) -> NDArray[np.bool_]:
        """The options on offer, as sb3-contrib's MaskablePPO asks for them."""
        return self.conversation.mask(self.desk.menu_size).astype(bool)

    def clone_state(self) -> Branch:
        """Everything that decides how this environment goes on; give it to ``restore_state`` to branch here.

        Raises:
            ResetNeeded: Before the first reset.
        """
        return Branch.of(self.conversation, self.np_random)

    def restore_state(self, state: Branch) -> tuple[Observation, Info]:
        """Go back to what ``clone_state`` gave, any number of times.

        Returns:
            The observation and info of that moment.

        Raises:
            InputError: If it is nothing that ``clone_state`` gave, or of another kind of environment.
        """
        self._conversation = self.desk.resumed(state)
        self.np_random.bit_generator.state = state.random
        return self._observation(), self._conversation.info()

    @property
    def conversation(self) -> Conversation:
        """The present conversation; the answer is in it, so it is no part of what an agent may see.

        Raises:
            ResetNeeded: Before the first reset.
        """
        if self._conversation is None:
            raise ResetNeeded("There is no episode yet: call reset() first.")
        return self._conversation

    def _open_conversation(self) -> Conversation:
        conversation = self.conversation
        if conversation.state.over:
            raise ResetNeeded(f"Episode {conversation.episode.name!r} is over: call reset() before the next step().")
        return conversation

    def _observation(self) -> Observation:
        conversation = self.conversation
        if isinstance(self.action_space, Options):
            self.action_space.offer(conversation.offered)
        paint = self._paint_again if conversation.state.over else self._paint
        return {
            "image": paint([conversation.picture])[0],
            "dialogue": conversation.dialogue,
            "action_mask": conversation.mask(self.desk.menu_size),
        }


def checked_options(options: Any, *known: str) -> dict[str, Any]:
    """The options of ``reset``.

    Raises:
        InputError: If they are no dictionary, or if there are others than the known ones.
    """
    if options is None:
        return {}
    if not isinstance(options, dict):
        raise InputError(f"reset(options=…) is {options!r}, but must be a dictionary such as {{'episode': 0}}.")
    unknown = [name for name in options if name not in known]
    if unknown:
        raise InputError(f"reset(options=…) has {unknown!r}, but knows only {' and '.join(map(repr, known))}.")
    return options


def check_seed(seed: Any, where: str = "reset(seed=…)") -> int | None:
    """The seed, if it is ``None`` or a whole number of at least 0.

    Raises:
        InputError: Naming the seed.
    """
    if seed is None:
        return None
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise InputError(f"{where} is {seed!r}, but must be None or a whole number of at least 0.")
    return int(seed)
