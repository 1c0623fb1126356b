"""Plots of published results, and of one's own among them."""

from collections.abc import Sequence
from typing import Any

from proactive_gym.reports.among import CHANCE, CHANCE_ON_AVERAGE, SHOWN, sizes
from proactive_gym.reports.drawing import COLOURS, FAINT, INK, Looks, Plot, drawn, finished, key, per_cent
from proactive_gym.reports.published import MEAN
from proactive_gym.reports.sheets import Sheet

TITLES = {
    ("plain", "accuracy"): "accuracy",
    ("plain", "suggestions"): "suggestions an episode",
    ("reference", "accuracy"): "accuracy, all to be seen",
}


def among_plots(sheet: Sheet, setting: str) -> list[Plot]:
    """A line per scenario: every published model a grey stroke, one's own agents in colour; none without these."""
    records = sheet.records()
    metric = sheet.columns[3]
    own = list(dict.fromkeys(record["model"] for record in records if not record["published"]))
    looks = Looks(own)
    lines = [*[name for name in CHANCE if any(r["scenario"] == name for r in records)], MEAN]
    if not own:
        return []
    with drawn(height=1.5 + 0.42 * len(lines)) as figure:
        axes = figure.subplots()
        for place, scenario in enumerate(lines):
            of_line = [record for record in records if record["scenario"] == scenario]
            _line(axes, place, of_line, metric, looks, own)
            if setting in ("plain", "unfiltered"):
                chance = CHANCE.get(scenario, CHANCE_ON_AVERAGE)
                axes.plot([chance, chance], [place - 0.38, place + 0.38], color=INK, linestyle=":", linewidth=1.6)
        axes.set_yticks(range(len(lines)), [name.replace("_", " ") for name in lines])
        axes.tick_params(axis="y", labelcolor=INK)
        axes.invert_yaxis()
        per_cent(axes, "x")
        axes.grid(visible=False, axis="y")
        key(figure, [("published models", {"marker": "|", "color": FAINT}), *[(name, looks.of(name)) for name in own]])
        models = len({record["model"] for record in records if record["published"]})
        chance_told = " The dotted strokes are uniformly random choice." if setting in ("plain", "unfiltered") else ""
        plot = finished(
            figure, sheet.name, "Among the published models",
            f"Setting “{setting.replace('_', ' ')}”: {models} models of the paper (arXiv 2603.19466), and the agents "
            f"of this run with 95 % intervals.{chance_told} They are comparable where the wording is the official one.",
        )  # fmt: skip
        return [plot]


def _line(
    axes: Any, place: int, records: Sequence[dict[str, Any]], metric: str, looks: Looks, own: Sequence[str]
) -> None:
    published = [record[metric] for record in records if record["published"]]
    axes.plot(published, [place] * len(published), linestyle="", marker="|", markersize=13, color=FAINT, alpha=0.6)
    for record in records:
        if not record["published"]:
            shift = (own.index(record["model"]) + 1) / (len(own) + 1) - 0.5
            value, low, high = (record[name] for name in (metric, f"{metric}_low", f"{metric}_high"))
            look = {**looks.of(record["model"]), "linestyle": "", "markersize": 6, "elinewidth": 1.5}
            axes.errorbar([value], [place + 0.7 * shift], xerr=[[value - low], [high - value]], **look)


def sizes_plot(correlations: Sheet) -> Plot:
    """Size against accuracy, against suggestions, and against accuracy where all is to be seen."""
    with drawn(width=9.6, height=3.5) as figure:
        panels = figure.subplots(1, len(SHOWN))
        for axes, (setting, metric), record in zip(panels, SHOWN, correlations.records(), strict=True):
            known = sizes(setting, metric)
            axes.plot(
                [size for _, size, _ in known], [value for *_, value in known],
                linestyle="", marker="o", color=COLOURS[0], markersize=6, alpha=0.85,
            )  # fmt: skip
            axes.set_xscale("log")
            axes.set_xticks([0.5, 2, 8, 32], ["0.5", "2", "8", "32"])
            axes.minorticks_off()
            rho, low, high = (record[name] for name in ("spearman", "spearman_low", "spearman_high"))
            axes.set_title(f"{TITLES[setting, metric]}\nρ = {rho:+.2f} ({low:+.2f} to {high:+.2f})")
            axes.set_xlabel("thousand million parameters")
            if metric == "accuracy":
                per_cent(axes)
            if (setting, metric) == ("plain", "accuracy"):
                axes.axhline(CHANCE_ON_AVERAGE, color=FAINT, linestyle=":", linewidth=1.3)
                axes.annotate("random choice", (0.45, CHANCE_ON_AVERAGE), (0, 3), textcoords="offset points",
                              fontsize=8, color=FAINT)  # fmt: skip
        return finished(
            figure, "published_sizes", "Size and asking",
            "Published models whose size is known, each figure a mean over the seven scenarios; ρ is Spearman's rank "
            "correlation with its bootstrap interval over models.",
        )  # fmt: skip
