"""Opens the environments of a finished run again, from what ``run.json`` says."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from proactive_gym.envs.desk import Desk
from proactive_gym.errors import InputError, one_line
from proactive_gym.evaluation.run_directory import RunDirectory
from proactive_gym.rollout import make_desk

WITHOUT_PICTURES = ("reward",)
"""Arguments that decide nothing of what is shown, and that a file may not hold whole."""


class Reopened(NamedTuple):
    """What could be opened.

    Attributes:
        desks: By the environments' ids.
        problem: Why others could not, in a sentence; ``""`` if all could.
    """

    desks: dict[str, Desk]
    problem: str


def reopened(folder: Path | None, envs: Iterable[str]) -> Reopened:
    """The environments of the run in that folder; no module is imported for one that a file names."""
    if folder is None:
        return Reopened({}, "The run was not kept in a folder, so that its environments cannot be opened again.")
    try:
        kwargs = _arguments(RunDirectory(folder).configuration())
    except InputError as error:
        return Reopened({}, str(error))
    desks: dict[str, Desk] = {}
    problem = ""
    for env in envs:
        try:
            desks[env] = _desk(env, kwargs)
        except InputError as error:
            problem = problem or one_line(error)
        except (OSError, TypeError, ValueError) as error:
            problem = problem or f"{env} cannot be opened: {one_line(error)}"
    return Reopened(desks, problem)


def _arguments(configuration: dict[str, Any]) -> dict[str, Any]:
    given = configuration.get("env_kwargs", {})
    if not isinstance(given, dict):
        raise InputError(f"env_kwargs in run.json is {given!r}, but must be a table of arguments.")
    for name, value in given.items():
        if isinstance(value, dict) or (name == "wording" and str(value).startswith("Wording(")):
            kind = value.get("type") if isinstance(value, dict) else "Wording"
            raise InputError(f"The run was given {name} as an object ({kind}), which its files do not hold.")
    return {name: value for name, value in given.items() if name not in WITHOUT_PICTURES}


def _desk(env: str, kwargs: dict[str, Any]) -> Desk:
    module, _, _ = env.rpartition(":")
    if module and module not in sys.modules:
        raise InputError(
            f"{env} is of the package {module!r}, which a report does not import because a file names it; the `eval` "
            "command again does, and writes the report."
        )
    return make_desk(env, kwargs)
