"""Several runs side by side: what may stand in one table, what both played, what only the menu's order changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

from proactive_gym.evaluation.comparison import Comparison, comparisons
from proactive_gym.evaluation.measures import Cell, cells, means
from proactive_gym.evaluation.position import flip_rate
from proactive_gym.evaluation.salvaging import Run
from proactive_gym.evaluation.statistics import Estimate
from proactive_gym.stored import Row, key

SOURCE = ("source", "data_dir", "split", "image_size", "skip_bad")
"""Arguments that decide which pictures there are; whoever shares them may have played the same episodes."""
ORDER = "menu_order"


class Flips(NamedTuple):
    """How often an agent's first reply changes with nothing but the menu's order.

    Attributes:
        agent: Its name.
        env: The environment's id.
        run: The one run.
        other: The other.
        rate: The share of episodes.
    """

    agent: str
    env: str
    run: str
    other: str
    rate: Estimate


@dataclass(frozen=True)
class Group:
    """Runs of one source in one setting: these may stand in one table.

    Attributes:
        source: Which source, in words.
        setting: Which setting, in words.
        rows: All rows; an agent that several runs of the source have goes by its run's name, too.
        runs: The runs' names.
        configuration: What one of them says in ``run.json``.
    """

    source: str
    setting: str
    rows: list[Row]
    runs: list[str]
    configuration: Mapping[str, Any]

    @property
    def table(self) -> list[Cell]:
        """Measures per agent and environment, and the means if there are several environments."""
        table = cells(self.rows)
        return [*table, *(means(table) if len({cell.env for cell in table}) > 1 else [])]


@dataclass(frozen=True)
class Joint:
    """Everything there is to say of several runs together."""

    groups: list[Group]
    pairs: list[tuple[str, Comparison]]
    """With the source; only what was played by both."""
    flips: list[Flips]


def joint(runs: Sequence[Run]) -> Joint:
    """The runs by source and setting; agents in pairs wherever two played the same episodes, across settings too."""
    names = run_names([run.folder for run in runs])
    groups: list[Group] = []
    pairs: list[tuple[str, Comparison]] = []
    flips: list[Flips] = []
    for source, of_source in _sorted(dict(zip(names, runs, strict=True)), of_source=True).items():
        renamed = _renamed(of_source)
        for setting, members in _sorted(of_source, of_source=False).items():
            rows = [row for name in members for row in renamed[name]]
            groups.append(Group(source, setting, rows, [*members], next(iter(members.values())).configuration))
        pairs += [(source, pair) for pair in comparisons([row for rows in renamed.values() for row in rows])]
        flips += _flips(of_source)
    return Joint(groups, pairs, flips)


def _sorted(runs: Mapping[str, Run], of_source: bool) -> dict[str, dict[str, Run]]:
    """By source, or by setting, in words."""
    found: dict[str, dict[str, Run]] = {}
    for name, run in runs.items():
        found.setdefault(_shown(_part(run, of_source)), {})[name] = run
    return found


def run_names(folders: Sequence[Path]) -> list[str]:
    """The folders' names, with as much of the path before them as tells them apart."""
    parts = [folder.resolve().parts for folder in folders]
    longest = max(map(len, parts))
    for length in range(1, longest + 1):
        names = ["/".join(part[-length:]) for part in parts]
        if len(set(names)) == len(names):
            return names
    return names


def _part(run: Run, of_source: bool) -> dict[str, Any]:
    """What of the configuration says which source, or which setting."""
    kwargs = run.configuration.get("env_kwargs")
    given = kwargs if isinstance(kwargs, dict) else {}
    if of_source:
        return {"source": "scenes", **{name: value for name, value in given.items() if name in SOURCE}}
    told = {name: value for name, value in given.items() if name not in SOURCE}
    for name in ("shots", "judge"):
        if run.configuration.get(name):
            told[name] = run.configuration[name]
    return told


def _shown(part: Mapping[str, Any]) -> str:
    named = [f"{name}={_plain(value)}" for name, value in sorted(part.items()) if name != "source"]
    return ", ".join([*([_plain(part["source"])] if "source" in part else []), *named]) or "as it is by default"


def _plain(value: Any) -> str:
    return str(value.get("name") or value.get("type")) if isinstance(value, dict) else str(value)


def _renamed(runs: Mapping[str, Run]) -> dict[str, list[Row]]:
    """The rows by run; agents that are in several of the runs go by the run's name, too."""
    where: dict[str, list[str]] = {}
    for name, run in runs.items():
        for agent in dict.fromkeys(row["agent"] for row in run.evaluation.rows):
            where.setdefault(agent, []).append(name)
    several = {agent for agent, names in where.items() if not _is_one(names, runs, agent)}
    return {
        name: [
            {**row, "agent": f"{row['agent']} ({name})"} if row["agent"] in several else row
            for row in run.evaluation.rows
        ]
        for name, run in runs.items()
    }


def _is_one(names: Sequence[str], runs: Mapping[str, Run], agent: str) -> bool:
    """Whether an agent's runs are parts of one: the same setting, and no episode twice."""
    settings = {_shown(_part(runs[name], of_source=False)) for name in names}
    played = [key(row) for name in names for row in runs[name].evaluation.rows if row["agent"] == agent]
    return len(settings) == 1 and len(set(played)) == len(played)


def _flips(runs: Mapping[str, Run]) -> list[Flips]:
    found = []
    for (name, run), (other_name, other) in combinations(runs.items(), 2):
        one, two = (_part(each, of_source=False) for each in (run, other))
        orders = one.pop(ORDER, None), two.pop(ORDER, None)
        if one == two and orders[0] != orders[1]:
            theirs = _played(other)
            for (agent, env), rows in _played(run).items():
                rate = flip_rate(rows, theirs.get((agent, env), []))
                if rate.value == rate.value:
                    found.append(Flips(agent, env, name, other_name, rate))
    return found


def _played(run: Run) -> dict[tuple[str, str], list[Row]]:
    found: dict[tuple[str, str], list[Row]] = {}
    for row in run.evaluation.rows:
        if row["error"] is None:
            found.setdefault((row["agent"], row["env"]), []).append(row)
    return found
