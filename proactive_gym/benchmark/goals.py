"""What was promised."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from proactive_gym.benchmark.figures import BATCH, OPEN, Figures, Repeated


@dataclass(frozen=True)
class Goal(Repeated):
    """A figure, and what it should be at least (or at most).

    Attributes:
        what: Of what.
        values: What it came to in each round; the median counts.
        wanted: What it should be.
        unit: Of which unit the figures are; ratios by default.
        at_least: Whether they should be that or more; else, that or less.
    """

    what: str
    values: tuple[float, ...]
    wanted: float
    unit: str = "×"
    at_least: bool = True

    @property
    def met(self) -> bool:
        """Whether it is so."""
        return self.median >= self.wanted if self.at_least else self.median <= self.wanted

    @property
    def verdict(self) -> str:
        """``met``, or by which factor it is missed."""
        if self.met:
            return "met"
        factor = self.wanted / self.median if self.at_least else self.median / self.wanted
        return f"missed by a factor of {factor:.3g}"

    def as_json(self) -> dict[str, Any]:
        """All there is to say of it."""
        wanted = {"wanted": self.wanted, "unit": self.unit, "at_least": self.at_least}
        return {"what": self.what, **self.figures(), **wanted, "met": self.met, "verdict": self.verdict}


_SINGLE = {"steps/s, resets apart": "single steps, resets apart", "steps/s": "single steps with resets"}
"""Resets have a goal of their own, but who plays feels both: steps are judged without them and with them."""


def promised(run: Figures) -> Iterator[Goal]:
    """Every goal; those that could not be compared have no values.

    A ratio is that of each round: what it compares is measured within seconds there, and the machine's speed is alike.
    """
    side = 224 if 224 in run.sizes else run.sizes[-1]
    at = f"{side}²"
    steps = partial(_ratios, run, side, "steps/s")
    resets = partial(_ratios, run, side, "resets/s")
    lanes, kept = f"Suite, {BATCH}", f"Suite, {BATCH}, kept"
    minigrid, sync, gather = "MiniGrid", "MiniGrid, Sync(8)", f"gather of {BATCH} frames"
    for unit, how in _SINGLE.items():
        for name in run.named("single", side, unit):
            yield Goal(f"{how} / MiniGrid's, {at}, {name}", _ratios(run, side, unit, "single", name, minigrid), 4)
    yield Goal(f"steps of {BATCH} lanes / MiniGrid Sync(8), {at}", steps("vector", lanes, sync), 20)
    yield Goal(f"steps of {BATCH} lanes / MiniGrid Sync(8), {at}, kept episodes", steps("vector", kept, sync), 20)
    pictures = _ratios(run, side, "pictures/s", "vector", kept, gather)
    yield Goal(f"pictures of {BATCH} lanes / plain gather, {at}, kept episodes", pictures, 0.5)
    yield Goal(f"resets / MiniGrid's, {at}", resets("single", "Suite", minigrid), 2)
    yield Goal(f"resets / MiniGrid's, {at}, kept episodes", resets("single", "Suite, kept", minigrid), 2)
    for found in run.measurements:
        if found.group != "rollouts" or found.side != side:
            continue
        turns = run.get("rollouts", found.name, side, "turns per episode")
        episodes = f"episodes of {turns:.1f} turns"
        if found.unit == "µs without painting":
            yield Goal(f"overhead per decision, {episodes}", found.values, 1000, " µs", at_least=False)
        elif found.unit == "occupancy":
            yield Goal(f"occupancy at {OPEN} lanes, {episodes}", found.values, 0.95, "")
    beyond = run.values("memory", "each further lane", run.sizes[0], "kB beyond its frames")
    yield Goal("memory of each further lane beyond its frames", beyond, 1000, " kB", at_least=False)
    ours, theirs = (run.values("import", "fresh process", 0, f"s, {name}") for name in ("proactive_gym", "gymnasium"))
    beyond = tuple([one - other for one, other in zip(ours, theirs, strict=True)])
    yield Goal("import, beyond gymnasium's", beyond, 0.15, " s", at_least=False)


def _ratios(run: Figures, side: int, unit: str, group: str, ours: str, theirs: str) -> tuple[float, ...]:
    one, other = run.values(group, ours, side, unit), run.values("anchor", theirs, side, unit)
    if not one or not other:  # one of them was not measured, and cannot be compared
        return ()
    return tuple([mine / yours for mine, yours in zip(one, other, strict=True)])
