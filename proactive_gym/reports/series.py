"""The figures behind each plot, from the stored episodes."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from proactive_gym.evaluation.confidence import risk_coverage
from proactive_gym.evaluation.effort import PRICES, frontier, ideal_gain
from proactive_gym.evaluation.measures import Cell
from proactive_gym.evaluation.mistakes import GOOD, Ending, ending
from proactive_gym.evaluation.statistics import Estimate, family, mean_of, share
from proactive_gym.outcome import Outcome
from proactive_gym.reports.landmarks import NAMES, Landmark
from proactive_gym.reports.sheets import Sheet, with_bounds
from proactive_gym.stored import Row

Figures = tuple[Any, ...]

BINS = 10
"""Into which sufficiency is sorted."""
IDEAL = "ideal asker"
MEAN = "mean"


def plotted(rows: Sequence[Row], table: Sequence[Cell], marks: Sequence[Landmark]) -> list[Sheet]:
    """All sheets that have anything in them."""
    sheets = [
        accuracy_against_requests(table, marks),
        accuracy_by_scenario(rows),
        gain_against_price(rows, marks),
        sufficiency_when_answering(rows),
        how_it_ended(rows),
        risk_against_coverage(rows),
    ]
    return [sheet for sheet in sheets if sheet.rows]


def accuracy_against_requests(table: Sequence[Cell], landmarks: Sequence[Landmark]) -> Sheet:
    """Where each agent stands, by environment; a landmark is one of the scripted agents, whoever played the run."""
    marks = {(mark.agent, mark.env) for mark in landmarks}
    found = [
        (cell.agent, cell.env, False, *cell.measures["accuracy"], *cell.measures["requests"])
        for cell in table
        if (cell.agent, cell.env) not in marks and cell.episodes
    ]
    found += [(mark.agent, mark.env, True, *mark.accuracy, *mark.requests) for mark in landmarks]
    columns = ("agent", "env", "landmark", *with_bounds("accuracy", "requests"))
    return Sheet("accuracy_against_requests", columns, [*found, *_means(found, number=2)])


def accuracy_by_scenario(rows: Sequence[Row]) -> Sheet:
    """A figure per agent and scenario."""
    found = [
        (agent, scenario, len(group), *share([_right(row) for row in group], _families(group)))
        for (agent, scenario), group in _grouped(rows, lambda row: (row["agent"], row["scenario"]))
    ]
    return Sheet("accuracy_by_scenario", ("agent", "scenario", "episodes", *with_bounds("accuracy")), found)


def gain_against_price(rows: Sequence[Row], landmarks: Sequence[Landmark]) -> Sheet:
    """Right answers less the price of what was asked, at every price, by environment."""
    played = _by_agent_and_env(rows)
    found = [
        (agent, env, agent in NAMES, price, *estimate)
        for (agent, env), group in played
        for price, estimate in zip(PRICES, frontier(group), strict=True)
    ]
    others = [mark for mark in landmarks if mark.how != "run"]
    found += [(mark.agent, mark.env, True, price, *mark.net(price)) for mark in others for price in PRICES]
    found += [(IDEAL, env, True, price, *_ideal(group, price)) for env, group in _known(rows) for price in PRICES]
    columns = ("agent", "env", "landmark", "price", *with_bounds("net_gain"))
    return Sheet("gain_against_price", columns, [*found, *_means(found, number=1, keys=4)])


def _known(rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    """By environment the episodes of which it is known what they need; of those that several played, one."""
    found: dict[str, dict[str, Row]] = {}
    for row in rows:
        if row["sufficiency"] is not None and row["outcome"] != Outcome.REQUESTED:
            found.setdefault(row["env"], {})[row["episode"]] = row
    return [(env, list(by_name.values())) for env, by_name in found.items()]


def _ideal(rows: Sequence[Row], price: float) -> Estimate:
    value = sum(ideal_gain(row, price) for row in rows) / len(rows)
    return Estimate(value, value, value)  # known, not estimated


def sufficiency_when_answering(rows: Sequence[Row]) -> Sheet:
    """How much was to be seen when an answer was given, and whether it was right, in ``BINS`` bins."""
    found = []
    for (agent, env), group in _by_agent_and_env(rows):
        shown = [(row["sufficiency"][-1], _right(row)) for row in group if _answered(row)]
        counts = np.zeros((BINS, 2), dtype=int)
        for sufficiency, right in shown:
            counts[min(BINS - 1, int(sufficiency * BINS)), int(not right)] += 1
        if shown:
            found += [
                (agent, env, place / BINS, (place + 1) / BINS, *map(int, both)) for place, both in enumerate(counts)
            ]
    return Sheet("sufficiency_when_answering", ("agent", "env", "from", "to", "right", "wrong"), found)


def _answered(row: Row) -> bool:
    return row["sufficiency"] is not None and row["outcome"] in (Outcome.CORRECT, Outcome.WRONG)


def how_it_ended(rows: Sequence[Row]) -> Sheet:
    """The error taxonomy: of each agent in each environment the share of every ending that occurred."""
    found = []
    for (agent, env), group in _by_agent_and_env(rows):
        kinds = [ending(row) for row in group]
        for kind in [kind for kind in Ending if kind in kinds]:
            hits = [each is kind for each in kinds]
            found.append((agent, env, kind.value, kind in GOOD, sum(hits), *share(hits, _families(group))))
    return Sheet("endings", ("agent", "env", "ending", "good", "episodes", *with_bounds("share")), found)


def risk_against_coverage(rows: Sequence[Row]) -> Sheet:
    """Were agents to give only their surest answers; all environments together. None without confidences."""
    found = []
    for agent, group in _grouped(rows, lambda row: row["agent"]):
        coverage, risk = risk_coverage(group)
        found += [(agent, float(x), float(y)) for x, y in zip(coverage, risk, strict=True)]
    return Sheet("risk_against_coverage", ("agent", "coverage", "risk"), found)


def _means(found: Sequence[Figures], number: int, keys: int = 3) -> list[Figures]:
    """For each agent the unweighted mean over the environments, where there are several and it has been in all.

    Args:
        found: Rows ``(agent, env, …, estimate, …)``: ``keys`` values, then ``number`` estimates of three.
        number: Of estimates.
        keys: Values before them.
    """
    alike: dict[Figures, list[Figures]] = {}
    for row in found:
        alike.setdefault((row[0], MEAN, *row[2:keys]), []).append(row[keys:])
    envs = len({row[1] for row in found})
    return [
        (*key, *[figure for k in range(number) for figure in mean_of([Estimate(*row[3 * k :][:3]) for row in rows])])
        for key, rows in alike.items()
        if len(rows) == envs > 1
    ]


def _by_agent_and_env(rows: Iterable[Row]) -> list[tuple[tuple[str, str], list[Row]]]:
    return _grouped(rows, lambda row: (row["agent"], row["env"]))


def _grouped(rows: Iterable[Row], key: Callable[[Row], object]) -> list[Figures]:
    """Rows that were played to their end, by key, in order of first appearance."""
    found: dict[object, list[Row]] = {}
    for row in rows:
        if row["error"] is None:
            found.setdefault(key(row), []).append(row)
    return list(found.items())


def _right(row: Row) -> bool:
    return bool(row["outcome"] == Outcome.CORRECT)


def _families(rows: Iterable[Row]) -> list[str]:
    return [family(row["episode"]) for row in rows]
