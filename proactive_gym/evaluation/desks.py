"""The environments of an evaluation."""

from collections.abc import Sequence
from typing import Any

from gymnasium import logger

import proactive_gym
from proactive_gym.envs.desk import Desk, NotDrivenError
from proactive_gym.errors import InputError
from proactive_gym.practice import WorkedExamples
from proactive_gym.rollout import make_desk

SCENARIO_IDS = tuple(name for name in proactive_gym.ENVIRONMENTS if name != "ProactiveSuite-v0")


def of_environments(arguments: dict[str, Any]) -> dict[str, Any]:
    """The keyword arguments of ``evaluate`` that are those of the environments."""
    of_the_run = ("episodes", "num_envs", "seed", "only", "workers")
    return {name: value for name, value in arguments.items() if name not in of_the_run}


def make_desks(envs: str | Sequence[str], env_kwargs: dict[str, Any], shots: int) -> dict[str, Desk]:
    """The environments by id, with a look at whether so many worked examples can be had in them.

    ``"all"`` is all that the source has pictures for; those that it has none for are named in a warning.

    Raises:
        InputError: If an id or an argument is wrong.
    """
    desks = (
        driven_desks(SCENARIO_IDS, env_kwargs)
        if envs == "all"
        else {env: make_desk(env, env_kwargs) for env in _ids(envs)}
    )
    for desk in desks.values():
        WorkedExamples(desk, shots)
    return desks


def driven_desks(envs: Sequence[str], env_kwargs: dict[str, Any]) -> dict[str, Desk]:
    """Those of the environments that the source has pictures for; the others are named in a warning.

    Raises:
        InputError: If there are none, or if an id or an argument is wrong.
    """
    desks: dict[str, Desk] = {}
    left_out: dict[str, NotDrivenError] = {}
    for env in _ids(envs):
        try:
            desks[env] = make_desk(env, env_kwargs)
        except NotDrivenError as error:
            left_out[env] = error
    if not desks:
        raise next(iter(left_out.values()))
    if left_out:
        name = next(iter(desks.values())).source.name
        logger.warn(f"The source {name!r} has no pictures for {', '.join(left_out)}: left out.")
    return desks


def _ids(envs: str | Sequence[str]) -> list[str]:
    ids = [envs] if isinstance(envs, str) else list(envs)
    check_distinct(ids)
    return ids


def check_distinct(names: Sequence[str]) -> None:
    """Refuse an empty list, and a name that is in it twice.

    Raises:
        InputError: Naming it.
    """
    if not names:
        raise InputError("There is nothing to evaluate: give at least one agent and one environment.")
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"{name!r} is given twice; the rows of a run are told apart by name.")
