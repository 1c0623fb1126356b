"""The folder of a training run: its flags, its checkpoints, its report."""

import json
import os
from pathlib import Path
from typing import Any

import proactive_gym
from proactive_gym.errors import InputError

FLAGS = "training.json"
_END = "trained.txt"
_MAY_CHANGE = frozenset({
    *("out", "save_steps", "checkpoint_every", "eval_episodes", "log_every"),
    *("processes", "seeds", "quick"),  # how many runs of an experiment there are
})  # fmt: skip
"""Flags that decide nothing about what is learnt up to a given step."""


def opened(folder: str | Path, recipe: str, flags: dict[str, Any]) -> Path:
    """The folder, made if it is new; a run that stands in it goes on if it is the same run.

    Args:
        folder: Where.
        recipe: The recipe's name.
        flags: What it was told, in words that JSON knows.

    Raises:
        InputError: If another run is in there, or something that is no run.
    """
    folder = Path(folder)
    if os.environ.get("RANK", "0") != "0":  # the first of several processes sees to it
        return folder
    described = {"recipe": recipe, "version": proactive_gym.__version__, "flags": flags}
    file = folder / FLAGS
    if file.exists():
        _check_same(file, described)
    elif folder.exists() and any(folder.iterdir()):
        raise InputError(f"{folder} is not empty, and no training run: it has no {FLAGS}; choose another folder.")
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")
    return folder


def finished(folder: Path) -> bool:
    """Whether training came to its end."""
    return (folder / _END).exists()


def finish(folder: Path) -> None:
    """Note that training came to its end, and that its result is kept."""
    (folder / _END).write_text("What was learnt is kept; the same command evaluates it.\n", encoding="utf-8")


def _check_same(file: Path, described: dict[str, Any]) -> None:
    try:
        there = json.loads(file.read_text(encoding="utf-8"))
        before = {"recipe": there["recipe"], **there["flags"]}
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{file} cannot be read ({error}); choose another folder, or remove it.") from error
    now = {"recipe": described["recipe"], **described["flags"]}
    for name in sorted({*before, *now} - _MAY_CHANGE):
        if before.get(name) != now.get(name):
            raise InputError(
                f"{file.parent} holds a run with {name}={before.get(name)!r}, but now it is {now.get(name)!r}; give "
                "the same flags to go on with it, or choose another folder."
            )
