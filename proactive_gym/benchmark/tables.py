"""What is shown."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from proactive_gym.benchmark.figures import Measurement, written
from proactive_gym.benchmark.goals import Goal
from proactive_gym.benchmark.results import Benchmark


class Sheet(NamedTuple):
    """A table of words."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


def sheets(run: Benchmark) -> Iterator[Sheet]:
    """The goals first, then all figures."""
    rows = [(goal.what, goal.written() + goal.unit, _wanted(goal), goal.verdict) for goal in run.goals]
    yield Sheet("Goals", ("", "measured", "goal", ""), rows)
    for side in run.sizes:
        yield _sheet(f"One environment, {side}²", run, side, lambda found: found.group == "single" or _single(found))
        yield _sheet(f"Many lanes, {side}²", run, side, lambda found: found.group == "vector" or _several(found))
        yield _sheet(f"Rollouts of an agent that takes no time, {side}²", run, side, _in("rollouts"))
        yield _sheet(f"Where the time of a step goes, {side}²", run, side, _in("stages"), bounds=False)
    yield _sheet("Import, in seconds", run, 0, _in("import"))
    small = run.sizes[0]
    yield _sheet(f"Most memory, pictures of {small}² included", run, small, _in("memory"), bounds=False)


def _in(group: str) -> Callable[[Measurement], bool]:
    return lambda found: found.group == group


def _single(found: Measurement) -> bool:
    return found.name == "MiniGrid"


def _several(found: Measurement) -> bool:
    return found.group == "anchor" and not _single(found)


def _sheet(
    title: str, run: Benchmark, side: int, wanted: Callable[[Measurement], bool], *, bounds: bool = True
) -> Sheet:
    found = [each for each in run.measurements if each.side == side and wanted(each)]
    found.sort(key=lambda each: each.group != "anchor")  # what it is beside comes first
    units = list(dict.fromkeys(each.unit for each in found))
    cells = {(each.name, each.unit): each.written(bounds) for each in found}
    names = dict.fromkeys(each.name for each in found)
    return Sheet(title, ("", *units), [(name, *(cells.get((name, unit), "") for unit in units)) for name in names])


def _wanted(goal: Goal) -> str:
    return f"{'≥' if goal.at_least else '≤'} {written(goal.wanted)}{goal.unit}"
