"""What a vector environment is given for its lanes, checked: actions, seeds, masks, episodes, branches."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from gymnasium.error import InvalidAction
from numpy.typing import NDArray

from proactive_gym.envs.base import check_seed
from proactive_gym.envs.conversation import Branch, as_array
from proactive_gym.errors import InputError


def numbers(actions: Any, lanes: int) -> list[int]:
    """One whole number per lane.

    Raises:
        InvalidAction: If the actions are anything else.
    """
    given = as_array(actions)
    if given is None or given.shape != (lanes,) or given.dtype.kind not in "iu":
        found = "no one shape" if given is None else f"shape {given.shape} and type {given.dtype}"
        raise InvalidAction(
            f"The actions have {found}, but must be whole numbers of shape ({lanes},), one option per lane."
        )
    listed: list[int] = given.tolist()
    return listed


def written(actions: Any, lanes: int) -> Sequence[str]:
    """One string per lane.

    Raises:
        InvalidAction: If the actions are anything else, naming the lane.
    """
    if not _is_one_each(actions, lanes):
        raise InvalidAction(f"The actions must be {lanes} strings, one per lane.")
    for number, action in enumerate(actions):
        if not isinstance(action, str):
            raise InvalidAction(f"Lane {number}: the action is {action!r}, but must be a string.")
    replies: Sequence[str] = actions
    return replies


def each_seed(seed: Any, lanes: int) -> list[int | None]:
    """A seed per lane: ``seed + lane``, or the one it was given.

    Raises:
        InputError: If there is not one per lane, or if one is impossible.
    """
    if isinstance(seed, np.ndarray):
        seed = seed.tolist()
    if isinstance(seed, Sequence) and not isinstance(seed, str):
        if len(seed) != lanes:
            raise InputError(f"reset(seed=…) has {len(seed)} seeds for {lanes} lanes; it needs one per lane.")
        return [check_seed(each, f"reset(seed=…) of lane {lane}") for lane, each in enumerate(seed)]
    first = check_seed(seed)
    return [None if first is None else first + lane for lane in range(lanes)]


def reset_mask(mask: Any, lanes: int) -> NDArray[np.bool_]:
    """The lanes to reset, bool ``(lanes,)``; all if there is no mask.

    Raises:
        InputError: If the mask is of another shape or type, or of no lane.
    """
    if mask is None:
        return np.ones(lanes, dtype=np.bool_)
    wanted = as_array(mask)
    if wanted is None or wanted.shape != (lanes,) or wanted.dtype != np.bool_ or not wanted.any():
        found = "no one shape" if wanted is None else f"shape {wanted.shape} and type {wanted.dtype}"
        raise InputError(f"reset_mask has {found}, but must be bool of shape ({lanes},) with at least one True.")
    return wanted


def each_episode(episode: Any, lanes: int) -> list[int | str | None]:
    """The name or number of an episode per lane, ``None`` for one drawn at random.

    Raises:
        InputError: If it is neither one for all nor one for each.
    """
    if episode is None or isinstance(episode, int | str | np.integer):
        return [episode for _ in range(lanes)]  # type: ignore[misc]  # a NumPy number is a number
    if not _is_one_each(episode, lanes):
        raise InputError(f"episode is {episode!r}, but must be a name, a number, or one of these for each lane.")
    return list(episode)


def each_branch(branches: Any, lanes: int) -> list[Branch | None]:
    """A branch per lane, ``None`` for one that stays.

    Raises:
        InputError: If it is neither one for all nor one for each.
    """
    if isinstance(branches, Branch):
        return [branches] * lanes
    if not isinstance(branches, Sequence) or isinstance(branches, str):
        raise InputError(
            f"restore_state got {branches!r}, but needs what clone_state gave, one for all or one per lane."
        )
    if len(branches) != lanes:
        raise InputError(f"restore_state got {len(branches)} branches for {lanes} lanes; it needs one per lane.")
    return list(branches)


def _is_one_each(given: Any, lanes: int) -> bool:
    return hasattr(given, "__len__") and not isinstance(given, str | Mapping) and len(given) == lanes
