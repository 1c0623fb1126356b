"""What of an agent is left when the pictures come from another source: the same environments, other pictures."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from proactive_gym.agents import Agent, ModelOptions, make_agent
from proactive_gym.errors import InputError
from proactive_gym.evaluation.desks import SCENARIO_IDS, driven_desks, of_environments
from proactive_gym.evaluation.run import Evaluation, Progress, Watcher, evaluate
from proactive_gym.evaluation.statistics import NOTHING, Estimate, average, family, mean_of, means_drawn, share
from proactive_gym.judging import Speaker
from proactive_gym.outcome import Outcome
from proactive_gym.sources.installing import PACKAGES
from proactive_gym.sources.scenes.subjects import drawings
from proactive_gym.stored import Row

BASE = "scenes"
AMONG = ("all", "known")
"""Whose episodes count: all, or those whose right answer is a name that the drawings have as well."""


class Figures(NamedTuple):
    """How an agent does.

    Attributes:
        episodes: That it played.
        accuracy: The share that it answered rightly.
        requests: Per episode.
        asked: The share in which it asked at all.
    """

    episodes: int
    accuracy: Estimate
    requests: Estimate
    asked: Estimate


@dataclass(frozen=True)
class Shift:
    """An agent in an environment, on the pictures of a source and on the drawings.

    Attributes:
        source: The other source.
        agent: The agent's name.
        env: The environment's id; ``"mean"`` for the unweighted mean over those that the source drives.
        among: ``"all"`` or ``"known"``, see ``AMONG``; of the drawings, all subjects are known.
        there: How it does on the source.
        base: How it does on the drawings.
        left: Its accuracy there, as a share of that on the drawings.
    """

    source: str
    agent: str
    env: str
    among: str
    there: Figures
    base: Figures
    left: Estimate


@dataclass(frozen=True)
class Shifts:
    """All that came of it.

    Attributes:
        shifts: Per source, agent, environment and ``AMONG``.
        runs: The run of each source, the drawings' first.
        left_out: By the source's name, why it was not played.
    """

    shifts: list[Shift]
    runs: dict[str, Evaluation]
    left_out: dict[str, str]


def shift(
    agents: str | Agent | Sequence[str | Agent],
    out: str | Path,
    to: Mapping[str, str | None] | None = None,
    envs: str | Sequence[str] = "all",
    *,
    shots: int = 0,
    options: ModelOptions | None = None,
    judge: str | Speaker | None = None,
    watch: Watcher | None = None,
    **arguments: Any,
) -> Shifts:
    """Evaluate agents on the drawings and on other sources: the same environments, as many episodes, other pictures.

    Each source has a run folder of its own below ``out``, which resumes like any other.

    Args:
        agents: As for ``proactive_gym.evaluate``, like what is not listed here.
        out: The folder.
        to: The other sources by name, each with the folder of its pictures or ``None``; by default all whose pictures
            are installed, and those that are not are named in ``left_out``.
        envs: Ids; of each source, those that it drives.
        shots: Likewise.
        options: Likewise.
        judge: Likewise.
        watch: Likewise.
        **arguments: Likewise, but for ``source`` and ``data_dir``.

    Raises:
        InputError: If a source in ``to`` is not to be had, or if no other source is.
    """
    kwargs = of_environments(arguments)
    ids = SCENARIO_IDS if envs == "all" else [envs] if isinstance(envs, str) else envs
    wanted = dict.fromkeys(PACKAGES) if to is None else dict(to)
    driven: dict[str, list[str]] = {}
    left_out: dict[str, str] = {}
    for name, data_dir in wanted.items():
        try:
            driven[name] = _driven(name, data_dir, ids, kwargs)
        except InputError as error:
            if to is not None:
                raise
            left_out[name] = str(error)
    if not driven:
        raise InputError(f"There is no other source to go to. {' '.join(left_out.values())}")
    made = [make_agent(agent, options) for agent in ([agents] if isinstance(agents, str | Agent) else agents)]
    common = {**arguments, "shots": shots, "options": options, "judge": judge}
    base = [env for env in driven_desks(ids, kwargs) if any(env in of_source for of_source in driven.values())]
    number = len(base) + sum(map(len, driven.values()))
    runs: dict[str, Evaluation] = {}
    for name, of_source in {BASE: base, **driven}.items():
        there: dict[str, Any] = {} if name == BASE else {"source": name, **_at(wanted[name])}
        told = None if watch is None else _told(watch, name, number / len(of_source))
        runs[name] = evaluate(made, of_source, out=Path(out) / name, watch=told, **common, **there)
    return Shifts([one for name in driven for one in _shifts(name, runs[name], runs[BASE])], runs, left_out)


def _driven(name: str, data_dir: str | None, envs: Sequence[str], kwargs: dict[str, Any]) -> list[str]:
    if name == BASE:
        raise InputError(f"The source to go to is {BASE!r}, which all others are compared with; name another.")
    return list(driven_desks(envs, {**kwargs, "source": name, **_at(data_dir)}))


def _told(watch: Watcher, source: str, times: float) -> Watcher:
    """A watcher of one source's run, of which all runs have so many times the episodes."""

    def tell(told: Progress) -> None:
        watch(told._replace(agent=f"{told.agent} on {source}", episodes=round(told.episodes * times)))

    return tell


def _at(data_dir: str | None) -> dict[str, str]:
    return {} if data_dir is None else {"data_dir": data_dir}


def _shifts(source: str, there: Evaluation, base: Evaluation) -> Iterator[Shift]:
    for agent in dict.fromkeys(row["agent"] for row in there.rows):
        on_drawings = _by_env(base.rows, agent)
        for among in AMONG:
            on_source = _by_env([row for row in there.rows if among == "all" or _is_known(row)], agent)
            both = [env for env in on_source if env in on_drawings]
            for names in ([[env] for env in both] if len(both) > 1 else []) + ([both] if both else []):
                here, before = ([rows[env] for env in names] for rows in (on_source, on_drawings))
                env = names[0] if len(names) == 1 else "mean"
                yield Shift(source, agent, env, among, _figures(here), _figures(before), _left(here, before))


def _is_known(row: Row) -> bool:
    """Whether the right answer is a name that the drawings have."""
    return row["answer"] is not None and row["options"][row["answer"]] in _drawn()


@lru_cache(maxsize=1)
def _drawn() -> frozenset[str]:
    return frozenset(subject.option for subject in drawings().subjects.values())


def _by_env(rows: Sequence[Row], agent: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        if row["agent"] == agent and row["error"] is None:
            found.setdefault(row["env"], []).append(row)
    return found


def _figures(groups: Sequence[Sequence[Row]]) -> Figures:
    """Of one environment, or the unweighted mean over several."""
    return Figures(
        sum(map(len, groups)),
        mean_of([share([_right(row) for row in rows], _families(rows)) for rows in groups]),
        mean_of([average([float(row["requests"]) for row in rows], _families(rows)) for rows in groups]),
        mean_of([share([row["requests"] > 0 for row in rows], _families(rows)) for rows in groups]),
    )


def _left(there: Sequence[Sequence[Row]], base: Sequence[Sequence[Row]]) -> Estimate:
    """The one mean accuracy as a share of the other; the bootstrap draws in each environment of each source anew."""
    random = np.random.default_rng(0)
    values, drawn = [], []
    for groups in (there, base):
        hits = [np.array([_right(row) for row in rows], dtype=np.float64) for rows in groups]
        values.append(float(np.mean([each.mean() for each in hits])))
        of_groups = [means_drawn(each, _families(rows), random) for each, rows in zip(hits, groups, strict=True)]
        drawn.append(np.mean(of_groups, axis=0))
    if not values[1]:
        return NOTHING
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = np.nanpercentile(drawn[0] / drawn[1], [2.5, 97.5])
    return Estimate(values[0] / values[1], float(low), float(high))


def _right(row: Row) -> bool:
    return bool(row["outcome"] == Outcome.CORRECT.value)


def _families(rows: Sequence[Row]) -> list[str]:
    return [family(row["episode"]) for row in rows]
