"""Throughput of an evaluation against the number of its workers, and what a thousand million episodes would cost.

    python benchmarks/scale.py            # writes docs/scale.json and the figures of docs/scale.md
    python benchmarks/scale.py --again    # writes the figures of docs/scale.json into the page once more
    python benchmarks/scale.py --quick --out /tmp/scale      # a quick look; starts a new page there

Rates are those of the middle of a run, from when a tenth of the rows are there to when nine tenths are. What
is before the first row is counted apart. Each run has a fresh process, so that with workers or without nothing has been
painted before. Rounds take turns.
"""

import argparse
import json
import os
import tempfile
import time
import tracemalloc
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from speed import described, filled, markdown

from proactive_gym.benchmark import Measurement, Sheet, machine
from proactive_gym.evaluation import evaluate
from proactive_gym.stored import stored_rows

BEGIN, END = "<!-- measured -->", "<!-- /measured -->"
SUITE = "ProactiveSuite-v0"
ALONE = "this process"
MANY = 10**9


class Case(NamedTuple):
    """Whom to measure, and for how long."""

    agent: str
    episodes: int


class Run(NamedTuple):
    """What one run came to.

    Attributes:
        rate: Episodes a second, in its middle.
        begin: Seconds until the first row.
        work: Seconds of the coordinator's processor time for each row; with no workers, all that an episode takes.
        size: Bytes of a row in the file.
        kept: Bytes of a row in memory, when the run is read.
    """

    rate: float
    begin: float
    work: float
    size: float
    kept: float


def measure(case: Case, workers: int | None) -> Run:
    """Play a run and time it."""
    times: list[float] = []
    marks: list[float] = []

    def watch(_: Any) -> None:
        times.append(time.perf_counter())
        marks.append(time.process_time())

    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        evaluate(case.agent, SUITE, case.episodes, out=folder, image_size=64, workers=workers, watch=watch)
        file = Path(folder) / "episodes.jsonl"
        first, last = case.episodes // 10, case.episodes * 9 // 10
        rate = (last - first) / (times[last] - times[first])
        work = (marks[last] - marks[first]) / (last - first)
        return Run(rate, times[0] - began, work, file.stat().st_size / case.episodes, _kept(file, case.episodes))


def _kept(file: Path, episodes: int) -> float:
    tracemalloc.start()
    rows = stored_rows(file)
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del rows
    return taken / episodes


Found = dict[str, dict[str, list[Run]]]
"""By agent, and by who played."""


def name_of(workers: int | None) -> str:
    """Who plays."""
    return ALONE if workers is None else f"{workers} worker{'s' if workers > 1 else ''}"


def sheets(found: Found) -> list[Sheet]:
    """Rates and starts, agent by agent."""
    return [
        Sheet(
            f"`{agent}`",
            ("", "episodes/s", "times this process", "s until the first row", "ms of the coordinator a row"),
            [(who, *_figures(runs, by_workers[ALONE])) for who, runs in by_workers.items()],
        )
        for agent, by_workers in found.items()
    ]


def _figures(runs: list[Run], alone: list[Run]) -> list[str]:
    columns = [
        [run.rate for run in runs],
        [run.rate / single.rate for run, single in zip(runs, alone, strict=True)],
        [run.begin for run in runs],
        [1000 * run.work for run in runs],
    ]
    return [Measurement("scale", "", 0, "", tuple(column)).written(True) for column in columns]


def arithmetic(found: Found) -> list[str]:
    """What ``MANY`` episodes take, from the medians."""
    rows = [run for runs in next(iter(found.values())).values() for run in runs]
    with_workers = [
        run for by_workers in found.values() for who, runs in by_workers.items() if who != ALONE for run in runs
    ]
    size, kept = median(run.size for run in rows), median(run.kept for run in rows)
    coordinator = median(run.work for run in with_workers)
    lines = [
        f"* A row takes {size:,.0f} bytes of disk: 10⁹ × {size:,.0f} B = {MANY * size / 1e12:.2g} TB.",
        f"* A row takes {kept:,.0f} bytes of memory while a run is put in order and measured: 64 GB hold "
        f"64 × 10⁹ B / {kept:,.0f} B = {64e9 / kept / 1e6:.2g} million rows, so that 10⁹ are "
        f"{-(-MANY * kept // 64e9):,.0f} runs, by seeds say.",
        f"* A coordinator takes {1000 * coordinator:.3g} ms of a core for a row: at most 1 / {coordinator:.3g} s = "
        f"{1 / coordinator:,.0f} rows a second, and 10⁹ × {coordinator:.3g} s / 3600 = "
        f"{MANY * coordinator / 3600:,.0f} hours for 10⁹ with one.",
    ]
    for agent, by_workers in found.items():
        work = median(run.work for run in by_workers[ALONE])
        lines.append(
            f"* `{agent}`: an episode takes {1000 * work:.3g} ms of a core in one process: 10⁹ × {work:.3g} s / 3600 = "
            f"{MANY * work / 3600:,.0f} hours of a core; one coordinator keeps up with "
            f"{work:.3g} / {coordinator:.3g} = {work / coordinator:,.0f} such workers, a core each."
        )
    return lines


def measured(quick: bool, rounds: int) -> tuple[dict[str, Any], Found]:
    """The machine, and all runs on it."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    cases = (Case("random", 200),) if quick else (Case("random", 6000), Case("tiny", 1200))
    numbers = (None, 2) if quick else (None, 1, 2, 4)
    found: Found = {case.agent: {name_of(number): [] for number in numbers} for case in cases}
    for _ in range(rounds):
        for case in cases:
            for number in numbers:
                with ProcessPoolExecutor(1, get_context("spawn")) as fresh:
                    found[case.agent][name_of(number)].append(fresh.submit(measure, case, number).result())
    return machine() | {"load": " ".join(f"{load:.1f}" for load in os.getloadavg())}, found


def as_json(found: Found) -> dict[str, Any]:
    """Every run."""
    return {
        agent: {who: [run._asdict() for run in runs] for who, runs in by_workers.items()}
        for agent, by_workers in found.items()
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, write, show."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "docs")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    kept = options.out / "scale.json"
    if not options.again:
        told, found = measured(options.quick, 1 if options.quick else options.rounds)
        kept.write_text(json.dumps({"machine": told, "runs": as_json(found)}, indent=1) + "\n", encoding="utf-8")
    there = json.loads(kept.read_text(encoding="utf-8"))
    told = there["machine"]
    found = {
        agent: {who: [Run(**run) for run in runs] for who, runs in by_workers.items()}
        for agent, by_workers in there["runs"].items()
    }
    parts = [f"Measured on: {described(told)}.", *map(markdown, sheets(found))]
    parts += ["### What 10⁹ episodes would take", "\n".join(arithmetic(found))]
    page = options.out / "scale.md"
    text = page.read_text(encoding="utf-8") if page.exists() else f"{BEGIN}{END}\n"
    page.write_text(filled(text, parts, BEGIN, END), encoding="utf-8")
    print("\n\n".join(parts))


if __name__ == "__main__":
    main()
