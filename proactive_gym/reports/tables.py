"""The summary as a table: in the terminal and as a file."""

import csv
import math
from collections.abc import Sequence
from pathlib import Path

from rich.table import Table
from rich.text import Text

from proactive_gym.evaluation.comparison import Comparison
from proactive_gym.evaluation.measures import Cell, Spread
from proactive_gym.evaluation.statistics import Estimate

FREE_WORDS = ("suggested", "answered", "either")
SHARES = ("accuracy", "abstained", "wrong", "unreadable", "useless_request", "exhausted", *FREE_WORDS)
SHOWN = (*SHARES[:1], "suggestions", "requests", *SHARES[1:-3], "return", *FREE_WORDS)
ASKING_SHARES = ("precision", "recall", "over_asking", "answered_blind", "hesitated", "right_after_asking")
SERVICE_SHARES = ("unmet", "persisted")
"""Shares of requests, known where the user was not perfect."""
ASKING = (
    *(*ASKING_SHARES, *SERVICE_SHARES),
    *("d_prime", "criterion", "wasted", "repeated", "regret", "overconfidence", "answer_auroc"),
)
"""Measures of asking that a second table shows, where they are known."""
COMPARISON_COLUMNS = (
    *("env", "agent", "other", "measure", "episodes"),
    *("difference", "difference_low", "difference_high", "p"),
)
HEADINGS = {
    **{"return": "mean return", "useless_request": "useless", "over_asking": "over-asking"},
    **{"answered_blind": "answered blind", "right_after_asking": "right after asking", "d_prime": "d′"},
    **{"answer_auroc": "AUROC of answers"},
}


def write_csv(table: Sequence[Cell], file: Path) -> None:
    """``summary.csv``: a row per agent and environment, shares in 0…1, each measure with its bounds."""
    rows = [cell.figures for cell in table]
    with file.open("w", encoding="utf-8", newline="", errors="replace") as stream:
        writer = csv.DictWriter(stream, rows[0] if rows else ["agent", "env", "episodes"], lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({name: plain(value) for name, value in row.items()})


def write_comparisons(found: Sequence[Comparison], file: Path) -> None:
    """``comparisons.csv``: a row per pair of agents, environment and measure."""
    with file.open("w", encoding="utf-8", newline="", errors="replace") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([*COMPARISON_COLUMNS])
        for comparison in found:
            figures = comparison.figures
            writer.writerow([plain(figures[name]) for name in COMPARISON_COLUMNS])


def write_seeds(found: Sequence[Spread], file: Path) -> None:
    """``seeds.csv``: the summary's row of each seed alone."""
    rows = [{"seed": seed, **cell.figures} for spread in found for seed, cell in spread.cells.items()]
    with file.open("w", encoding="utf-8", newline="", errors="replace") as stream:
        writer = csv.DictWriter(stream, rows[0], lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({name: plain(value) for name, value in row.items()})


def plain(value: str | int | float) -> str | int:
    """A figure as it stands in a file; nothing where there was nothing to measure."""
    if not isinstance(value, float):
        return value
    return "" if math.isnan(value) else f"{value:.6g}"


def terminal_table(table: Sequence[Cell], title: str, among: Sequence[str] = SHOWN) -> Table:
    """The table for a terminal: means with half the width of their 95 % interval; measures from ``among``."""
    wordings = ", ".join(dict.fromkeys(cell.wording for cell in table if cell.wording))
    caption = Text(f"± half of the 95 % interval; shares in %; wording: {wordings}")
    drawn = Table(title=Text(title), caption=caption, title_justify="left")
    drawn.add_column("environment")
    drawn.add_column("agent")
    apart = {"not played": [cell.errors for cell in table], "no verdict": [cell.unjudged for cell in table]}
    apart = {heading: numbers for heading, numbers in apart.items() if any(numbers)}
    for heading in apart:
        drawn.add_column(heading, justify="right")
    shown = measured(table, among)
    for name in shown:
        drawn.add_column(HEADINGS.get(name, name), justify="right")
    ordered = sorted(table, key=lambda cell: [other.env for other in table].index(cell.env))
    for number, cell in enumerate(ordered):
        last_of_env = number + 1 == len(ordered) or ordered[number + 1].env != cell.env
        first_of_env = number == 0 or ordered[number - 1].env != cell.env
        figures = [str(numbers[table.index(cell)]) for numbers in apart.values()]
        figures += [written(name, cell.measures[name]) for name in shown]
        drawn.add_row(
            Text(short(cell.env) if first_of_env else ""), Text(cell.agent), *figures, end_section=last_of_env
        )
    return drawn


def terminal_pairs(found: Sequence[Comparison]) -> Table:
    """Agents in pairs, for a terminal."""
    drawn = Table(
        title="Agents in pairs: accuracy on the episodes that both played, in percentage points",
        caption="in brackets the 95 % interval; p is two-sided and not corrected for the number of pairs",
        title_justify="left",
    )
    for heading in ("environment", "agents", "episodes", "difference", "p"):
        drawn.add_column(heading, justify="left" if heading in ("environment", "agents") else "right")
    for pair in found:
        env, agents = Text(short(pair.env)), Text(f"{pair.agent} – {pair.other}")
        drawn.add_row(env, agents, str(pair.episodes), Text(points(pair.difference)), chance_of(pair))
    return drawn


def terminal_seeds(found: Sequence[Spread]) -> Table:
    """Accuracy seed by seed, for a terminal."""
    seeds = list(dict.fromkeys(seed for spread in found for seed in spread.cells))
    drawn = Table(title="Accuracy by seed, in %", title_justify="left")
    drawn.add_column("environment")
    drawn.add_column("agent")
    for heading in ("mean", "standard deviation", *map(str, seeds)):
        drawn.add_column(heading, justify="right")
    for spread in found:
        by_seed = [
            written("accuracy", spread.cells[seed].measures["accuracy"]) if seed in spread.cells else "–"
            for seed in seeds
        ]
        figures = (f"{100 * spread.mean:.1f}", f"{100 * spread.deviation:.1f}", *by_seed)
        drawn.add_row(Text(short(spread.env)), Text(spread.agent), *figures)
    return drawn


def points(difference: Estimate) -> str:
    """``+12.5 (+3.0 to +22.0)``: a difference of shares in percentage points, with its interval."""
    value, low, high = (100 * figure for figure in difference)
    return f"{value:+.1f} ({low:+.1f} to {high:+.1f})"


def chance_of(pair: Comparison) -> str:
    """The p-value, to three places."""
    return f"{pair.p:.3f}" if pair.p >= 0.001 else "< 0.001"


def measured(table: Sequence[Cell], among: Sequence[str] = SHOWN) -> list[str]:
    """Measures with something to show; those that not every run has are left out where there is nothing."""
    always = SHOWN[: -len(FREE_WORDS)]
    return [
        name for name in among if name in always or any(not math.isnan(cell.measures[name].value) for cell in table)
    ]


def written(name: str, estimate: Estimate) -> str:
    """``54 ±7`` for shares, ``1.20 ±0.10`` for counts, a dash for nothing."""
    if math.isnan(estimate.value):
        return "–"
    half = (estimate.high - estimate.low) / 2
    if name in (*SHARES, *ASKING_SHARES, *SERVICE_SHARES, "repeated"):
        return f"{100 * estimate.value:.0f} ±{100 * half:.0f}"
    return f"{estimate.value:.2f} ±{half:.2f}"


def short(env: str) -> str:
    """``ProactiveVideoMoment-v0`` as ``VideoMoment``."""
    return env.removeprefix("Proactive").removesuffix("-v0")
