"""What became of a policy: its return beside the oracle's, by scenario, and the curve that led there."""

import csv
from collections.abc import Sequence
from pathlib import Path

from proactive_gym.evaluation.measures import Cell, cells
from proactive_gym.evaluation.statistics import Estimate
from proactive_gym.stored import Row

BEST = "oracle"
ALL = "all scenarios"


def result_table(title: str, rows: Sequence[Row]) -> str:
    """A Markdown table: for each agent the return as a share of the oracle's, requests and asking, by scenario.

    Args:
        title: Whose episodes these are.
        rows: Of one environment and several agents, the oracle among them.
    """
    by_scenario = cells([{**row, "env": row["scenario"]} for row in rows])
    overall = cells([{**row, "env": ALL} for row in rows])
    lines = ["| agent | scenario | episodes | return | of the oracle's | requests |", "|---|---|---:|---:|---:|---:|"]
    for cell in [*overall, *by_scenario]:
        best = next(one for one in [*overall, *by_scenario] if one.agent == BEST and one.env == cell.env)
        lines.append(_line(cell, best.measures["return"].value))
    return "\n".join([f"## {title}", "", *lines, ""])


def share_of_oracle(rows: Sequence[Row], agent: str) -> Estimate:
    """An agent's return as a share of the oracle's in the same episodes."""
    returns = {cell.agent: cell.measures["return"] for cell in cells([{**row, "env": ALL} for row in rows])}
    best = returns[BEST].value
    return Estimate(*[bound / best for bound in returns[agent]])


def write_curve(logged: Path, turning: int, file: Path) -> None:
    """The share of right answers and requests an episode over the steps of training.

    Args:
        logged: ``curve.csv`` of the run.
        turning: The step from which asking was needed.
        file: The plot.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.2), layout="constrained")
    panel = figure.subplots()
    steps, right, requests = curve(logged)
    panel.plot(steps, right, marker="o", markersize=3, color="#3460a8", label="share of right answers")
    panel.plot(steps, requests, marker="o", markersize=3, color="#e08a36", label="requests an episode")
    panel.axvline(turning, color="#888888", linestyle="--", linewidth=1)
    panel.set_xlabel("turns played in training")
    top = 1.1 * panel.get_ylim()[1]
    panel.set_ylim(0, top)
    panel.text(turning, 0.97 * top, " from here on asking is needed", color="#666666", fontsize=9, va="top")
    panel.grid(alpha=0.25)
    panel.legend(loc="center right")
    figure.savefig(file, dpi=110)


def curve(file: Path) -> tuple[list[int], list[float], list[float]]:
    """Steps, shares of right answers and requests an episode."""
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    steps = [int(row["steps"]) for row in rows]
    right, requests = ([float(row[name]) for row in rows] for name in ("right", "requests"))
    return steps, right, requests


def _line(cell: Cell, best: float) -> str:
    value, low, high = cell.measures["return"]
    share = f"{value / best:.1%}" if best else "–"
    requests = cell.measures["requests"].value
    return (
        f"| {cell.agent} | {cell.env} | {cell.episodes} | {value:.3f} [{low:.3f}, {high:.3f}] | {share} | "
        f"{requests:.2f} |"
    )
