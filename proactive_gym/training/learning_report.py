"""What the experiment on learning to ask came to: a table of figures, a page, two plots."""

import csv
import math
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from proactive_gym.envs import SCENARIOS
from proactive_gym.evaluation.statistics import Estimate
from proactive_gym.training.experiment import Result, each_seed, over_seeds
from proactive_gym.training.measuring import Figures


class Panel(NamedTuple):
    """One thing to compare arms by.

    Attributes:
        title: What it is.
        condition: Where it is measured.
        measure: Which of the figures.
        good: Where the better values are: ``"high"`` or ``"low"``.
    """

    title: str
    condition: str
    measure: str
    good: str


PANELS = (
    Panel("asks where it should", "needed", "asks", "high"),
    Panel("right in the end", "needed", "accuracy", "high"),
    Panel("… with phrases held back", "new phrases", "accuracy", "high"),
    Panel("asks though the picture suffices", "sufficient", "asks", "low"),
    Panel("asks where only foreign requests are", "foreign", "asks", "low"),
    Panel("takes a useful one among decoys", "decoys", "useful", "high"),
    Panel("asks where asking cannot help", "unhelpful", "asks", "low"),
    Panel("right in the end, options in fixed order", "fixed order", "accuracy", "high"),
)
_SEEN, _UNSEEN, _BEFORE = "#3460a8", "#e08a36", "#999999"


def write_report(results: Sequence[Result], out: Path) -> list[Path]:
    """Write ``figures.csv``, ``summary.md``, ``arms.png`` and ``curves.png``; returns the files."""
    files = [out / name for name in ("figures.csv", "summary.md", "arms.png", "curves.png")]
    write_figures(results, files[0])
    files[1].write_text(summary(results), encoding="utf-8")
    plot_arms(results, files[2])
    plot_curves(results, files[3])
    return files


def by_arm(results: Sequence[Result]) -> dict[str, list[Result]]:
    """The seeds of each arm, in the order in which arms were given."""
    return {arm: list(group) for arm, group in groupby(results, key=lambda result: result.arm)}


def write_figures(results: Sequence[Result], file: Path) -> None:
    """Every figure: a row per run, condition and scenario."""
    with file.open("w", encoding="utf-8", newline="") as content:
        writer = csv.writer(content, lineterminator="\n")
        writer.writerow(["arm", "seed", "condition", "scenario", "trained_on", *Figures._fields])
        for arm, runs in by_arm(results).items():
            for seed, run in enumerate(runs):
                for condition, by_scenario in run.figures.items():
                    for scenario, found in by_scenario.items():
                        shares = [f"{value:.4f}" for value in found]
                        writer.writerow([arm, seed, condition, scenario, int(scenario in run.trained), *shares])


def summary(results: Sequence[Result]) -> str:
    """The table of all arms, trained scenarios and others apart."""
    lines = []
    for title, scenarios in (("Scenarios trained on", _trained), ("Scenarios never trained on", _untrained)):
        lines += [f"### {title}", "", "| arm | " + " | ".join(panel.title for panel in PANELS) + " |"]
        lines.append("|---|" + "---|" * len(PANELS))
        for arm, runs in by_arm(results).items():
            names = scenarios(runs[0], results)
            cells = [_cell(over_seeds(runs, panel.condition, panel.measure, names)) for panel in PANELS]
            lines.append(f"| {arm} | " + " | ".join(cells) + " |")
        lines.append("")
    return "\n".join(lines)


def _cell(estimate: Estimate) -> str:
    value = f"{100 * estimate.value:.0f}"
    return value if math.isnan(estimate.low) else f"{value} [{100 * estimate.low:.0f}, {100 * estimate.high:.0f}]"


def _trained(run: Result, results: Sequence[Result]) -> list[str]:
    """The scenarios that the run was trained on; of the model before it, those that most are."""
    trained = run.trained or next(result.trained for result in results if result.trained)
    return [scenario.name for scenario in SCENARIOS if scenario.name in trained]


def _untrained(run: Result, results: Sequence[Result]) -> list[str]:
    trained = _trained(run, results)
    return [scenario.name for scenario in SCENARIOS if scenario.name not in trained]


def plot_arms(results: Sequence[Result], file: Path) -> None:
    """A panel per comparison, a row per arm: dots are seeds, bars 95 % intervals over them."""
    from matplotlib.figure import Figure

    arms = by_arm(results)
    figure = Figure(figsize=(15, 2.2 + 0.62 * len(arms)), layout="constrained")
    panels = list(figure.subplots(2, 4, sharey=True, sharex=True).flat)
    for axes, panel in zip(panels, PANELS, strict=True):
        for row, runs in enumerate(arms.values()):
            for shift, colour, which in ((-0.15, _SEEN, _trained), (0.15, _UNSEEN, _untrained)):
                _draw_row(axes, runs, panel, which(runs[0], results), row + shift, colour)
        better = "→ better" if panel.good == "high" else "better ←"
        axes.set_title(f"{panel.title}  ({better})", fontsize=9)
        axes.set_yticks(range(len(arms)), list(arms), fontsize=9)
        axes.set_xlim(-0.03, 1.03)
        axes.grid(axis="x", alpha=0.3)
    panels[0].invert_yaxis()
    handles = [panels[0].plot([], [], "o", color=colour)[0] for colour in (_SEEN, _UNSEEN)]
    figure.legend(handles, ["scenarios trained on", "never trained on"], loc="outside lower center", ncols=2)
    figure.suptitle("Share of test episodes; dots are seeds, lines 95 % intervals over seeds", fontsize=11)
    figure.savefig(file, dpi=110)


def _draw_row(axes: Any, runs: Sequence[Result], panel: Panel, names: Sequence[str], y: float, colour: str) -> None:
    values = each_seed(runs, panel.condition, lambda found: float(getattr(found, panel.measure)), names)
    estimate = over_seeds(runs, panel.condition, panel.measure, names)
    axes.plot(values, [y] * len(values), "o", color=colour, markersize=4, alpha=0.6)
    if not math.isnan(estimate.low):
        axes.plot([estimate.low, min(1.0, estimate.high)], [y, y], color=colour, linewidth=2, alpha=0.7)
    axes.plot([estimate.value], [y], "|", color=colour, markersize=11, markeredgewidth=2)


def plot_curves(results: Sequence[Result], file: Path) -> None:
    """What the replies drawn in training were, update by update."""
    from matplotlib.figure import Figure

    arms = {arm: runs for arm, runs in by_arm(results).items() if runs[0].history}
    columns = 3
    rows = math.ceil(len(arms) / columns)
    figure = Figure(figsize=(12, 2.6 * rows), layout="constrained")
    panels = list(figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).flat)
    for axes, (arm, runs) in zip(panels, arms.items(), strict=False):
        for run in runs:
            for column, (label, colour) in enumerate(
                (("asks", _UNSEEN), ("right", _SEEN), ("gives up", _BEFORE)), start=1
            ):
                axes.plot(_smooth([update[column] for update in run.history]), color=colour, label=label, linewidth=1)
        axes.set_title(arm, fontsize=10)
        axes.set_ylim(0, 1)
        axes.grid(alpha=0.3)
    for axes in panels[len(arms) :]:
        axes.axis("off")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles[:3], labels[:3], loc="outside upper center", ncols=3)
    figure.supxlabel("update", fontsize=10)
    figure.supylabel("share of the replies drawn", fontsize=10)
    figure.savefig(file, dpi=110)


def _smooth(values: Sequence[float], width: int = 15) -> Any:
    """A running mean, shorter at the beginning."""
    sums = np.cumsum([0.0, *values])
    starts = np.maximum(0, np.arange(1, len(values) + 1) - width)
    return (sums[1:] - sums[starts]) / (np.arange(1, len(values) + 1) - starts)
