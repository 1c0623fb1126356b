"""How fast this machine plays: what ``proactive-gym bench`` runs.

Everything is measured in rounds, one after the other and then from the front again, so that whatever else keeps the
machine busy slows all alike; what counts are medians of all rounds, and of each round's own ratios.
"""

import os
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from proactive_gym import __version__
from proactive_gym.benchmark.cases import all_cases
from proactive_gym.benchmark.figures import FULL, QUICK, SIZES, Effort, Measurement, Watch
from proactive_gym.benchmark.goals import Goal
from proactive_gym.benchmark.memory import memory_of_lanes
from proactive_gym.benchmark.results import Benchmark
from proactive_gym.benchmark.tables import Sheet, sheets

__all__ = [
    "FULL",
    "QUICK",
    "SIZES",
    "Benchmark",
    "Effort",
    "Goal",
    "Measurement",
    "Sheet",
    "machine",
    "run",
    "sheets",
]

LIBRARIES = ("gymnasium", "numpy", "pillow", "minigrid")
COLD = "This was a quick run: caches were still cold, and most figures are too low."
NO_MINIGRID = "MiniGrid is not installed, so nothing is compared with it: pip install 'proactive-gym[bench]'."


def run(effort: Effort = FULL, sizes: Sequence[int] = SIZES, watch: Watch | None = None) -> Benchmark:
    """Measure everything.

    Args:
        effort: How long.
        sizes: Sides of the pictures in pixels.
        watch: Is told how far it is.

    Returns:
        All figures.

    Raises:
        InputError: If there are no pictures of such a size.
    """
    cases = list(all_cases(effort, sorted(set(sizes))))
    values: dict[tuple[str, str, int, str], list[float]] = {}
    rounds = effort.repetitions + 1
    for number in range(rounds):
        for place, case in enumerate(cases):
            rates = case.measure(effort.seconds)
            for unit, value in rates.items() if number else ():
                values.setdefault((*case[:3], unit), []).append(value)
            if watch is not None:
                watch(number * len(cases) + place + 1, rounds * len(cases))
    measurements = [Measurement(*key, tuple(found)) for key, found in values.items()]
    notes = [*([] if find_spec("minigrid") else [NO_MINIGRID]), *([COLD] if effort.settling < FULL.settling else [])]
    return Benchmark(machine(), effort, [*measurements, *memory_of_lanes(effort.lanes, min(sizes))], notes)


def machine() -> dict[str, Any]:
    """What the figures were measured on; nothing that tells whose machine it is."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "threads": os.environ.get("OMP_NUM_THREADS", "all"),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "proactive-gym": __version__,
        **{name: found for name in LIBRARIES if (found := _version(name))},
    }


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None
