"""Reads a run for a report: what is damaged is said and left out, and what is whole is shown."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import proactive_gym
from proactive_gym.errors import InputError
from proactive_gym.evaluation.run import Evaluation
from proactive_gym.evaluation.run_directory import RunDirectory
from proactive_gym.menu import Kind
from proactive_gym.outcome import Outcome
from proactive_gym.stored import Row, finished, key, parsed
from proactive_gym.users import Response


@dataclass(frozen=True)
class Run:
    """A run's folder, read.

    Attributes:
        evaluation: Its episodes.
        configuration: What ``run.json`` says; empty if it is missing or damaged.
        problem: What is wrong with its files, in a sentence; ``""`` if nothing is.
    """

    evaluation: Evaluation
    configuration: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""

    @property
    def folder(self) -> Path:
        """Where it is."""
        assert self.evaluation.folder is not None
        return self.evaluation.folder


def salvaged(folder: Path) -> Run:
    """The run in that folder.

    Raises:
        InputError: If there is not a single whole episode in it.
    """
    run = RunDirectory(folder)
    if not run.episodes.exists():
        raise InputError(f"{folder} holds no run: there is no {run.episodes.name} in it.")
    configuration = _configuration(run)
    rows, damaged = _whole_rows(run.episodes)
    if not rows:
        raise InputError(_nothing_there(folder, configuration, damaged))
    return Run(Evaluation(rows, folder), configuration, _said(run, configuration, damaged))


def _whole_rows(file: Path) -> tuple[list[Row], list[int]]:
    """Rows that are whole, each once; numbers of the lines that are not. A torn last line is no damage."""
    found: dict[tuple[str, str, str], Row] = {}
    damaged = []
    with file.open("rb") as lines:
        for number, text in enumerate(lines, start=1):
            row = parsed(text) if text.endswith(b"\n") else None
            if row is not None and is_sound(row):
                if key(row) not in found or not finished(found[key(row)]):
                    found[key(row)] = row
            elif text.endswith(b"\n"):
                damaged.append(number)
    return list(found.values()), damaged


def _configuration(run: RunDirectory) -> dict[str, Any]:
    try:
        return run.configuration()
    except InputError:
        return {}


def _nothing_there(folder: Path, configuration: Mapping[str, Any], damaged: list[int]) -> str:
    if not damaged:
        return f"{folder} holds a run without a single finished episode."
    return (
        f"Line {damaged[0]} of {folder / 'episodes.jsonl'} is no finished episode, nor is any other: the file was "
        f"damaged{_version(configuration)}."
    )


def _said(run: RunDirectory, configuration: Mapping[str, Any], damaged: list[int]) -> str:
    parts = []
    if damaged:
        lines = f"Line {damaged[0]}" if len(damaged) == 1 else f"{len(damaged)} lines, the first of them {damaged[0]},"
        verb = "is no finished episode and is" if len(damaged) == 1 else "are no finished episodes and are"
        parts.append(f"{lines} of {run.episodes} {verb} left out{_version(configuration)}.")
    if not configuration and (run.folder / "run.json").exists():
        parts.append(f"{run.folder / 'run.json'} is damaged: the report does not say of what run it is.")
    return " ".join(parts)


def _version(configuration: Mapping[str, Any]) -> str:
    version = configuration.get("version")
    if version in (None, proactive_gym.__version__):
        return ""
    return f" (the run is of version {version}, this is version {proactive_gym.__version__})"


def is_sound(row: Row) -> bool:
    """Whether every field is of the form that measures and reports rely on, whoever wrote the file."""
    try:
        words = ("agent", "env", "episode", "scenario", "wording", "question")
        sound = all(isinstance(row[name], str) for name in words) and isinstance(row["error"], str | None)
        return sound and (row["error"] is not None or _is_sound_play(row))
    except (TypeError, ValueError, KeyError):
        return False


def _is_sound_play(row: Row) -> bool:
    turns, options = len(row["outcomes"]), len(row["options"])
    return (
        turns > 0
        and all(len(row[name]) == turns for name in ("replies", "choices", "offered"))
        and all(Outcome(outcome) for outcome in row["outcomes"])
        and row["outcome"] == row["outcomes"][-1]
        and len(row["kinds"]) == options
        and all(
            isinstance(option, str) and Kind(kind) for option, kind in zip(row["options"], row["kinds"], strict=True)
        )
        and all(set(offered) <= {"0", "1"} and len(offered) == options for offered in row["offered"])
        and all(choice is None or _is_count(choice, options or None) for choice in row["choices"])
        and all(isinstance(reply, str) or _is_count(reply) for reply in row["replies"])
        and all(map(_is_count, (*row["pictures"], row["requests"], row["answer"])))
        and (row["requests_needed"] is None or _is_count(row["requests_needed"]))
        and _is_number(row["return"])
        and _are_shares(row["sufficiency"], turns)
        and all(_are_shares(each, options) for each in row["confidences"] or ())
        and (not row["confidences"] or len(row["confidences"]) == turns)
        and all(each is None or len(each) == 2 for each in row["verdicts"] or ())
        and _are_responses(row.get("responses"), turns)
    )


def _are_responses(values: Any, number: int) -> bool:
    return values is None or (len(values) == number and all(each is None or bool(Response(each)) for each in values))


def _is_count(value: Any, below: int | None = None) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0 and (below is None or value < below)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and abs(value) < float("inf")


def _are_shares(values: Any, number: int) -> bool:
    return values is None or (
        len(values) == number and all(_is_number(share) and 0 <= share <= 1.000001 for share in values)
    )
