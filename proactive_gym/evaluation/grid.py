"""The same evaluation under every combination of some settings: an ablation, one table."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import product
from pathlib import Path
from typing import Any

from proactive_gym.agents import Agent, ModelOptions, make_agent
from proactive_gym.agents.asking import Asking
from proactive_gym.agents.options import ModelSpec
from proactive_gym.errors import InputError
from proactive_gym.evaluation.company import judge_spec, speaker_of
from proactive_gym.evaluation.comparison import Comparison, comparisons
from proactive_gym.evaluation.desks import make_desks, of_environments
from proactive_gym.evaluation.run import Evaluation, Progress, Watcher, evaluate
from proactive_gym.evaluation.workers import Workers
from proactive_gym.judging import Speaker
from proactive_gym.stored import Row

_OF_ASKING = frozenset(item.name for item in fields(Asking))
_NOT_IN_NAMES = re.compile(r"[^\w.+-]")
_OF_MODEL = frozenset(item.name for item in fields(ModelOptions)) - {"asking", "seed", "cache", "price"}

Setting = dict[str, Any]


@dataclass(frozen=True)
class GridCell:
    """One combination of settings.

    Attributes:
        setting: What the settings are that vary.
        evaluation: What came of it.
    """

    setting: Setting
    evaluation: Evaluation


def grid(
    agents: str | Agent | Sequence[str | Agent],
    envs: str | Sequence[str],
    vary: Mapping[str, Sequence[Any]],
    out: str | Path,
    *,
    shots: int = 0,
    options: ModelOptions | None = None,
    judge: str | Speaker | ModelSpec | None = None,
    watch: Watcher | None = None,
    workers: int | Workers | None = None,
    **arguments: Any,
) -> list[GridCell]:
    """Evaluate under every combination; each has a run folder of its own below ``out``, and resumes like any other.

    Args:
        agents: As for ``proactive_gym.evaluate``, like what is not listed here.
        envs: Likewise.
        vary: By name, the values that a setting takes: keyword arguments of the environments, ``"shots"``, fields of
            ``Asking`` and of ``ModelOptions`` (``"sampling_seed"`` for its seed).
        out: The folder.
        shots: Where they do not vary.
        options: Likewise.
        judge: Likewise.
        watch: Is told of every episode; the agent's name comes with the settings.
        workers: As for ``proactive_gym.evaluate``; each combination has its own.
        **arguments: Likewise.

    Returns:
        The combinations, the first setting varying slowest.

    Raises:
        InputError: If a combination is impossible, before any is played; else as ``proactive_gym.evaluate``.
    """
    base = options or ModelOptions()
    named: Sequence[str | Agent] = [agents] if isinstance(agents, str | Agent) else agents
    settings = _combined(vary)
    changed = [_changed(setting, base, shots, arguments) for setting in settings]
    for _, some, kwargs in changed:
        make_desks(envs, of_environments(kwargs), some)
    if judge is not None:  # workers make their own
        judge = judge_spec(judge, base) if workers else speaker_of(judge, base)
    found: dict[int, Evaluation] = {}
    # Model by model: to load one takes longer than many episodes.
    for model in dict.fromkeys(options for options, _, _ in changed):
        made = named if workers else [make_agent(agent, model) for agent in named]
        for place, (of_it, some, kwargs) in enumerate(changed):
            if of_it == model:
                told = None if watch is None else _told(watch, settings[place], len(settings))
                folder = Path(out) / label(settings[place])
                found[place] = evaluate(
                    *(made, envs), out=folder, shots=some, options=model, judge=judge, watch=told, workers=workers,
                    **kwargs,
                )  # fmt: skip
        del made  # two at once may not fit into memory
    return [GridCell(setting, found[place]) for place, setting in enumerate(settings)]


def differences(cell: GridCell, first: GridCell) -> dict[tuple[str, str], Comparison]:
    """By agent and environment (or ``"mean"``), how accuracy differs from the first cell's on the same episodes."""
    found = {}
    for agent in dict.fromkeys(row["agent"] for row in cell.evaluation.rows):
        rows = [*_renamed(cell.evaluation.rows, agent, "here"), *_renamed(first.evaluation.rows, agent, "first")]
        for pair in comparisons(rows):
            if pair.measure == "accuracy":
                found[agent, pair.env] = pair
    return found


def label(setting: Setting) -> str:
    """``history=text,hint=on``, also the name of the combination's folder."""
    return ",".join(f"{name}={_NOT_IN_NAMES.sub('_', shown(value))}" for name, value in setting.items())


def shown(value: Any) -> str:
    """The value as it is written on the command line."""
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)


def _combined(vary: Mapping[str, Sequence[Any]]) -> list[Setting]:
    for name, values in vary.items():
        if not values:
            raise InputError(f"{name} is to vary, but has no values.")
    settings = [dict(zip(vary, values, strict=True)) for values in product(*vary.values())]
    labels = [label(setting) for setting in settings]
    for each in labels:
        if labels.count(each) > 1:
            raise InputError(f"The combination {each!r} comes twice; each needs a folder of its own.")
    return settings


def _changed(
    setting: Setting, options: ModelOptions, shots: int, arguments: dict[str, Any]
) -> tuple[ModelOptions, int, dict[str, Any]]:
    """What the setting makes of the model's options, the number of examples, and the other arguments."""
    asking = {name: value for name, value in setting.items() if name in _OF_ASKING}
    model = {name: value for name, value in setting.items() if name in _OF_MODEL}
    if "sampling_seed" in setting:
        model["seed"] = setting["sampling_seed"]
    rest = {name: setting[name] for name in setting.keys() - asking.keys() - model.keys() - {"shots", "sampling_seed"}}
    changed = replace(options, asking=replace(options.asking, **asking), **model)
    return changed, setting.get("shots", shots), {**arguments, **rest}


def _told(watch: Watcher, setting: Setting, number: int) -> Watcher:
    def tell(told: Progress) -> None:
        watch(told._replace(agent=f"{told.agent}, {label(setting)}", episodes=told.episodes * number))

    return tell


def _renamed(rows: Sequence[Row], agent: str, name: str) -> Iterator[Row]:
    return ({**row, "agent": name} for row in rows if row["agent"] == agent)
