"""Many conversations in one environment: a batch of pictures per step."""

from collections.abc import Sequence
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.error import ResetNeeded
from gymnasium.spaces import Space, Tuple
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from proactive_gym.envs.base import ProactiveEnv, checked_options
from proactive_gym.envs.conversation import Branch, Conversation, masks
from proactive_gym.envs.desk import Desk
from proactive_gym.envs.infos import Infos, merged, where
from proactive_gym.envs.lanes import each_branch, each_episode, each_seed, numbers, reset_mask, written
from proactive_gym.envs.moment import Moment
from proactive_gym.errors import InputError, check_choice, check_whole
from proactive_gym.spaces import OptionsPerLane

Observations = dict[str, Any]

AUTORESETS = {
    "same_step": AutoresetMode.SAME_STEP,
    "next_step": AutoresetMode.NEXT_STEP,
    "disabled": AutoresetMode.DISABLED,
}


class ProactiveVectorEnv(gym.vector.VectorEnv[Observations, Any, NDArray[Any]]):
    """``num_envs`` users at once, as ``gym.make_vec(id, num_envs=…)`` gives them.

    Lane ``i`` of an environment reset with seed ``s`` plays, to the bit, what a single environment reset with seed
    ``s + i`` plays. All lanes' pictures of a step are painted by one call into one array.

    Args:
        env_class: The single environment's class.
        num_envs: The number of lanes.
        autoreset: ``"same_step"``: a lane whose episode is over shows its next episode at once, and the last picture of
            the old one is in ``info["final_obs"]`` (read-only where episodes are kept); ``"next_step"``: one step
            later, ignoring that action; ``"disabled"``: by ``reset(options={"reset_mask": …})``. Or Gymnasium's own
            ``AutoresetMode``.
        device: ``None`` for NumPy, or a torch device on which pictures are painted and handed over as ``torch.uint8``.
        render_mode: ``None`` or ``"rgb_array"``.
        **arguments: Keyword arguments of the single environment, see ``proactive_gym.envs.arguments.Arguments``.

    Raises:
        InputError: If an argument is unknown or its value impossible.
    """

    def __init__(
        self,
        env_class: type[ProactiveEnv],
        num_envs: int = 1,
        *,
        autoreset: str | AutoresetMode = "same_step",
        device: Any = None,
        render_mode: str | None = None,
        **arguments: Any,
    ) -> None:
        self.num_envs = check_whole("num_envs", num_envs, 1)
        self.autoreset = _autoreset(autoreset)
        if render_mode not in (None, "rgb_array"):
            raise InputError(f"render_mode is {render_mode!r}, but must be None or 'rgb_array'.")
        self.metadata = {**env_class.metadata, "autoreset_mode": self.autoreset}
        self.render_mode = render_mode
        self.desk = Desk(env_class.scenarios, env_class.family, arguments)
        self._paint, self._paint_again = self.desk.painter(device), self.desk.last_painter(device)
        self._written = self.desk.arguments.reply != "choice"
        self.single_observation_space = self.desk.observation_space()
        self.single_action_space = self.desk.action_space()
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space: Space[Any] = (
            Tuple([self.desk.action_space() for _ in range(self.num_envs)])
            if self._written
            else OptionsPerLane(self.desk.menu_size, self.num_envs)
        )
        self._randoms: list[np.random.Generator | None] = [None] * self.num_envs
        self._lanes: list[Conversation | None] = [None] * self.num_envs
        self._all = np.arange(self.num_envs)

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observations, Infos]:
        """Begin an episode in every lane, or in those of ``options["reset_mask"]``.

        Args:
            seed: ``s`` seeds lane ``i`` with ``s + i``; or one seed per lane.
            options: ``{"reset_mask": …}``, bool ``(num_envs,)``: the lanes to reset; ``{"episode": …}``: the name or
                number of an episode for all of these lanes, or a list of one per lane.

        Returns:
            Observations of all lanes, and infos.

        Raises:
            InputError: If a seed, an option or an episode does not exist, naming the lane; then no lane begins anew.
        """
        seeds = each_seed(seed, self.num_envs)
        wanted = checked_options(options, "reset_mask", "episode")
        mask = reset_mask(wanted.get("reset_mask"), self.num_envs)
        episodes = each_episode(wanted.get("episode"), self.num_envs)
        chosen = {lane: self._named(lane, episodes[lane]) for lane in np.flatnonzero(mask).tolist()}
        for lane, conversation in chosen.items():
            self._begin(lane, seeds[lane], conversation)
        if None in self._lanes:
            raise ResetNeeded(f"Lane {self._lanes.index(None)} has had no episode yet: reset all lanes first.")
        return self._observed(self._moments()), self._infos_of(np.flatnonzero(mask))

    def step(
        self, actions: Any
    ) -> tuple[Observations, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], Infos]:
        """Reply to all users at once.

        Args:
            actions: Options' numbers, ``(num_envs,)``; or a sequence of strings.

        Returns:
            Observations, rewards, terminations, truncations ``(num_envs,)`` and infos, as Gymnasium's vectors give
            them.

        Raises:
            ResetNeeded: Before the first reset, or, with ``autoreset="disabled"``, if a lane's episode is over.
            InvalidAction: If an action is not on offer, naming the lane; then no lane has moved.
        """
        lanes = self.conversations
        over = [lane.moment.state.over for lane in lanes]
        if self.autoreset is AutoresetMode.DISABLED and any(over):
            number = over.index(True)
            raise ResetNeeded(
                f"Lane {number}: episode {lanes[number].episode.name!r} is over; "
                "reset it with options={'reset_mask': …} before the next step()."
            )
        choices = self._choices(actions, lanes, over)
        for number, (lane, choice, ended) in enumerate(zip(lanes, choices, over, strict=True)):
            if ended:  # the action after the end, which only "next_step" lets come this far
                self._begin(number)
            else:
                lane.reply(choice)
        moments = self._moments()
        rewards = np.fromiter([moment.reward for moment in moments], np.float64, self.num_envs)
        terminations = np.fromiter([moment.terminated for moment in moments], np.bool_, self.num_envs)
        truncations = np.fromiter([moment.truncated for moment in moments], np.bool_, self.num_envs)
        if self.autoreset is not AutoresetMode.SAME_STEP:
            infos = merged(self._all, moments, self.num_envs)
            return self._observed(moments), rewards, terminations, truncations, infos
        places = np.flatnonzero(terminations | truncations)
        last = [moments[place] for place in places.tolist()]
        for place in places.tolist():
            self._begin(place)
        moments, last_infos = self._moments(), merged(places, last, self.num_envs)
        infos = merged(self._all, moments, self.num_envs)
        # Pictures come last, since megabytes of them drive all else out of the processor's own memory.
        final = self._finals(places, last, last_infos)
        return self._observed(moments), rewards, terminations, truncations, final | infos

    def render(self) -> tuple[Any, ...] | None:
        """A picture with its dialogue per lane, uint8 ``(height, width, 3)``; ``None`` without a render mode."""
        if self.render_mode is None:
            return None
        from proactive_gym.envs.rendering import CARD_LINES, card, of_one_size

        lanes = self.conversations
        pictures = self.desk.source.paint([lane.picture for lane in lanes])
        cards = [
            card(picture, lane.dialogue, lane.state.outcome, least_lines=CARD_LINES)
            for picture, lane in zip(pictures, lanes, strict=True)
        ]
        return tuple(of_one_size(cards))

    def action_masks(self) -> NDArray[np.bool_]:
        """The options on offer, bool ``(num_envs, n)``."""
        return masks(self._moments(), self.desk.menu_size).astype(bool)

    def clone_state(self, lane: int) -> Branch:
        """Everything that decides how that lane goes on, to restore in any lanes, any number of times.

        Raises:
            InputError: If there is no such lane.
            ResetNeeded: Before the first reset.
        """
        check_whole("lane", lane, 0, self.num_envs - 1)
        return Branch.of(self.conversations[lane], self._random(lane))

    def restore_state(self, branches: Branch | Sequence[Branch | None]) -> tuple[Observations, Infos]:
        """Put lanes where ``clone_state`` found them.

        Args:
            branches: One for all lanes, which thus form a group that starts from one moment; or one per lane, ``None``
                for those that stay.

        Returns:
            Observations of all lanes, and the infos of those that were put back.

        Raises:
            InputError: If there is not one branch per lane, or if one is of another kind of environment; then no lane
                has moved.
        """
        each = each_branch(branches, self.num_envs)
        wanted = {number: branch for number, branch in enumerate(each) if branch is not None}
        resumed = {number: self.desk.resumed(branch, f"Lane {number}: ") for number, branch in wanted.items()}
        for number, conversation in resumed.items():
            self._lanes[number] = conversation
            self._random(number).bit_generator.state = wanted[number].random
        return self._observed(self._moments()), self._infos_of(np.array(list(resumed), dtype=np.intp))

    # --- One lane -----------------------------------------------------------------------------------------------------

    def _named(self, lane: int, episode: int | str | None) -> Conversation | None:
        """The conversation that the lane was given, if it was; made before any lane begins anew."""
        try:
            return None if episode is None else self.desk.begin(self.desk.named(episode))
        except InputError as error:
            raise InputError(f"Lane {lane}: {error}") from error

    def _begin(self, lane: int, seed: int | None = None, conversation: Conversation | None = None) -> None:
        if seed is not None:
            self._randoms[lane] = seeding.np_random(seed)[0]
        self._lanes[lane] = conversation or self.desk.begin(self.desk.drawn(self._random(lane)))

    def _random(self, lane: int) -> np.random.Generator:
        random = self._randoms[lane]
        if random is None:
            random = self._randoms[lane] = seeding.np_random()[0]
        return random

    @property
    def conversations(self) -> list[Conversation]:
        """The lanes' present conversations; the answers are in them, so they are no part of what agents may see.

        Raises:
            ResetNeeded: Before the first reset.
        """
        if None in self._lanes:
            raise ResetNeeded("There are no episodes yet: call reset() first.")
        return [lane for lane in self._lanes if lane is not None]

    # --- All lanes ----------------------------------------------------------------------------------------------------

    def _moments(self) -> list[Moment]:
        return [lane.moment for lane in self.conversations]

    def _observed(self, moments: Sequence[Moment]) -> Observations:
        said, offered = tuple([moment.dialogue for moment in moments]), masks(moments, self.desk.menu_size)
        if isinstance(self.action_space, OptionsPerLane):
            self.action_space.offer(offered)
        return {
            "image": self._paint([moment.picture for moment in moments]),
            "dialogue": said,
            "action_mask": offered,
        }

    def _finals(self, places: NDArray[np.intp], last: Sequence[Moment], last_infos: Infos) -> Infos:
        """The last observations of the lanes whose episode is over, with their infos."""
        if not last:
            return {}
        offered, pictures = masks(last, self.desk.menu_size), self._paint_again([moment.picture for moment in last])
        observations = np.full(self.num_envs, None, dtype=object)
        for place, moment, picture, mask in zip(places.tolist(), last, pictures, offered, strict=True):
            observations[place] = {"image": picture, "dialogue": moment.dialogue, "action_mask": mask}
        here = where(places, self.num_envs)
        return {
            "final_obs": observations,
            "_final_obs": here,
            "final_info": last_infos,
            "_final_info": here.copy(),
        }

    def _infos_of(self, places: NDArray[np.intp]) -> Infos:
        """The infos of these lanes as they are now."""
        moments = self._moments()
        return merged(places, [moments[place] for place in places.tolist()], self.num_envs)

    def _choices(self, actions: Any, lanes: Sequence[Conversation], over: Sequence[bool]) -> Sequence[int | None]:
        """The option that each action chooses; all are checked before any lane moves."""
        if self._written:
            replies = written(actions, self.num_envs)
            return [
                None if ended else lane.read(reply) for reply, lane, ended in zip(replies, lanes, over, strict=True)
            ]
        choices = numbers(actions, self.num_envs)
        for number, (lane, choice, ended) in enumerate(zip(lanes, choices, over, strict=True)):
            if not ended:
                lane.check(choice, number)
        return choices


def _autoreset(wanted: str | AutoresetMode) -> AutoresetMode:
    if isinstance(wanted, AutoresetMode):
        return wanted
    return AUTORESETS[check_choice("autoreset", wanted, AUTORESETS)]
