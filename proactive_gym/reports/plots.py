"""The plots of a run, each from its sheet."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from proactive_gym.evaluation.mistakes import GOOD, Ending
from proactive_gym.reports.drawing import FAINT, INK, Looks, Plot, drawn, finished, key, per_cent, safe
from proactive_gym.reports.series import IDEAL, MEAN
from proactive_gym.reports.sheets import Sheet, evenly
from proactive_gym.reports.tables import short
from proactive_gym.world import SUFFICIENT

Record = dict[str, Any]

MOST_PANELS = 12
LANDMARKS = {"oracle": "*", "always-ask": "^", "never-ask": "v", "random": "X"}
"""The marker of each."""
DASHES = {"oracle": (0, (6, 2)), "always-ask": "--", "never-ask": "-.", "random": ":", IDEAL: "-"}
SHADES = LinearSegmentedColormap.from_list("share", ["#243257", "#2c6e8f", "#5fae9b", "#f0dd92"])
"""From 0 to 1; neither end dazzles on a light page or drowns on a dark one."""


def plots_of(sheets: Sequence[Sheet], looks: Looks) -> list[Plot]:
    """Every plot whose sheet is there."""
    by_name = {sheet.name: sheet.records() for sheet in sheets}
    made = [draw(by_name[name], looks) for name, draw in DRAWN if name in by_name]
    return [plot for plot in made if plot is not None]


def _standing(records: Sequence[Record], looks: Looks) -> Plot:
    """Accuracy against requests, in the mean or in the one environment."""
    mean = [record for record in records if record["env"] == MEAN] or list(records)
    with drawn(height=4.3) as figure:
        axes = figure.subplots()
        _points(axes, mean, looks)
        for record in _marks(mean):
            axes.annotate(
                record["agent"], (record["requests"], record["accuracy"]), (6, 5), textcoords="offset points",
                color=FAINT, fontsize=9,
            )  # fmt: skip
        axes.set(ylabel="accuracy", xlabel="requests per episode")
        grey = "Grey are the landmarks: scripted agents on the same episodes. " if _marks(mean) else ""
        agents = list(dict.fromkeys(record["agent"] for record in mean if not record["landmark"]))
        if agents:
            key(figure, [(agent, looks.of(agent)) for agent in agents])
        return finished(
            figure, "accuracy_against_requests", "Accuracy against requests",
            f"Up and to the left is better: right, with few requests. {grey}Crosses are 95 % intervals; the axis of "
            "requests is drawn in square roots.",
        )  # fmt: skip


def _standing_by_env(records: Sequence[Record], looks: Looks) -> Plot | None:
    """The same, a panel per environment."""
    envs = [env for env in dict.fromkeys(record["env"] for record in records) if env != MEAN]
    if len(envs) < 2:
        return None
    with drawn(height=0.6 + 1.9 * math.ceil(len(envs) / 2)) as figure:
        panels = _panels(figure, len(envs), sharey=True)
        for axes, env in zip(panels, envs, strict=True):
            _points(axes, [record for record in records if record["env"] == env], looks)
            axes.set_title(safe(short(env)))
        _label_below(panels, "requests per episode")
        agents = dict.fromkeys(record["agent"] for record in records if not record["landmark"])
        marks = dict.fromkeys(record["agent"] for record in records if record["landmark"])
        looking = {mark: {"marker": LANDMARKS[mark], "color": FAINT} for mark in marks}
        key(figure, [(name, looks.of(name)) for name in agents] + list(looking.items()), columns=3)
        return finished(
            figure, "accuracy_against_requests_by_environment", "The same, environment by environment",
            "Accuracy (upwards) against requests (to the right) in each of them.",
        )  # fmt: skip


def _panels(figure: Figure, number: int, **shared: Any) -> list[Axes]:
    grid = figure.subplots(math.ceil(number / 2), 2, squeeze=False, **shared)
    for axes in grid.flat[number:]:
        axes.set_visible(False)
    return list(grid.flat[:number])


def _label_below(panels: Sequence[Axes], label: str) -> None:
    for axes in panels[-2:]:
        axes.set_xlabel(label)


def _marks(records: Sequence[Record]) -> list[Record]:
    return [record for record in records if record["landmark"]]


def _points(axes: Axes, records: Sequence[Record], looks: Looks) -> None:
    for record in sorted(records, key=lambda record: not record["landmark"]):
        look = looks.of(record["agent"])
        if record["landmark"]:
            look = {"marker": LANDMARKS.get(record["agent"], "o"), "color": FAINT}
        x, y = record["requests"], record["accuracy"]
        reach = [[max(0.0, x - record["requests_low"])], [max(0.0, record["requests_high"] - x)]]
        height = [[max(0.0, y - record["accuracy_low"])], [max(0.0, record["accuracy_high"] - y)]]
        axes.errorbar(
            [x], [y], xerr=reach, yerr=height, linestyle="", markersize=7, elinewidth=1.2, capsize=0,
            zorder=2 if record["landmark"] else 3, **look,
        )  # fmt: skip
    per_cent(axes)
    most = max([record["requests_high"] for record in records], default=1)
    axes.set_xscale("function", functions=(lambda x: np.sign(x) * np.sqrt(np.abs(x)), lambda y: np.sign(y) * y**2))
    ticks = [tick for tick in (0, 0.25, 1, 2, 4, 8, 16, 32, 64, 128, 256) if tick <= max(1, most)]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_xlim(-0.002 * max(1.0, most), max(1.0, most * 1.12))


def _heat_map(records: Sequence[Record], looks: Looks) -> Plot:
    """Agents × scenarios."""
    del looks
    agents = list(dict.fromkeys(record["agent"] for record in records))
    scenarios = list(dict.fromkeys(record["scenario"] for record in records))
    shares = np.full((len(agents), len(scenarios)), np.nan)
    for record in records:
        shares[agents.index(record["agent"]), scenarios.index(record["scenario"])] = record["accuracy"]
    if len(scenarios) > 1:
        shares, scenarios = np.column_stack([shares, shares.mean(axis=1)]), [*scenarios, MEAN]
    with drawn(width=1.7 + 0.5 * len(scenarios), height=1.35 + 0.34 * len(agents)) as figure:
        axes = figure.subplots()
        axes.pcolormesh(np.ma.masked_invalid(shares), cmap=SHADES, vmin=0, vmax=1, edgecolors="none")
        for (row, column), value in np.ndenumerate(shares):
            if not np.isnan(value):
                colour = "#101014" if value > 0.55 else "#ffffff"
                place: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 9}
                axes.text(column + 0.5, row + 0.5, f"{100 * value:.0f}", color=colour, **place)
        axes.set_yticks(np.arange(len(agents)) + 0.5, [safe(agent, 22) for agent in agents])
        titles = [safe(scenario.replace("_", " ")) for scenario in scenarios]
        axes.set_xticks(np.arange(len(scenarios)) + 0.5, titles, rotation=35, ha="left", rotation_mode="anchor")
        axes.tick_params(labelcolor=INK, labeltop=True, labelbottom=False)
        axes.invert_yaxis()
        axes.grid(False)
        axes.spines[:].set_visible(False)
        return finished(figure, "accuracy_by_scenario", "Accuracy by scenario", "In %, every agent in every scenario.")


def _frontier(records: Sequence[Record], looks: Looks) -> Plot:
    """Net gain against the price of a request, in the mean or in the one environment."""
    mean = [record for record in records if record["env"] == MEAN] or list(records)
    lines: dict[str, list[Record]] = {}
    for record in mean:
        lines.setdefault(record["agent"], []).append(record)
    drawn_as: list[tuple[str, dict[str, Any]]] = []
    with drawn(height=4.3) as figure:
        axes = figure.subplots()
        for agent, line in sorted(lines.items(), key=lambda item: not item[1][0]["landmark"]):
            prices, gains = [record["price"] for record in line], [record["net_gain"] for record in line]
            look: dict[str, Any] = {"color": looks.colour(agent), "linestyle": "-", "linewidth": 2}
            if line[0]["landmark"]:
                style = {"oracle": (0, (6, 2)), "always-ask": "--", "never-ask": "-.", "random": ":", IDEAL: "-"}
                look = {
                    "color": INK if agent == IDEAL else FAINT,
                    "linestyle": style.get(agent, "--"),
                    "linewidth": 1.3,
                }
            else:
                low, high = ([record[f"net_gain_{end}"] for record in line] for end in ("low", "high"))
                axes.fill_between(prices, low, high, color=look["color"], alpha=0.15, linewidth=0)
            axes.plot(prices, gains, **look)
            drawn_as.append((agent, look))
        bottom = min([0.0, *[record["net_gain"] for record in mean]])
        axes.set(xlim=(0, 0.5), ylim=(max(-0.5, bottom) - 0.03, 1.03))
        axes.set(xlabel="price of a request, in right answers", ylabel="right answers less price paid")
        key(figure, drawn_as[::-1])
        ideal = "The ideal asker sees whether a picture suffices and asks only if that pays." if IDEAL in lines else ""
        return finished(
            figure, "gain_against_price", "What asking is worth",
            f"What an agent gains per episode if a request costs something. {ideal} Whose line is highest at your "
            "price serves you best.",
        )  # fmt: skip


def _sight(records: Sequence[Record], looks: Looks) -> Plot:
    """How much was to be seen when an answer was given: a panel per agent."""
    agents = list(dict.fromkeys(record["agent"] for record in records))
    shown = evenly(agents, MOST_PANELS)
    with drawn(height=0.7 + 1.55 * math.ceil(len(shown) / 2)) as figure:
        panels = _panels(figure, len(shown))
        for axes, agent in zip(panels, shown, strict=True):
            right, wrong = _bins(records, agent)
            edges = np.arange(len(right)) / len(right)
            place: dict[str, Any] = {"width": 0.9 / len(right), "align": "edge", "linewidth": 0}
            axes.bar(edges, right, color="#2c8450", **place)
            axes.bar(edges, wrong, bottom=right, color="#b5443c", **place)
            axes.axvline(SUFFICIENT, color=FAINT, linewidth=1, linestyle=":")
            axes.set(xlim=(0, 1), xticks=[0, 0.5, 1], title=safe(agent, 24))
            axes.locator_params(axis="y", nbins=3, integer=True)
        _label_below(panels, "sufficiency of the last picture")
        key(figure, [(name, {"marker": "s", "color": c}) for name, c in (("right", "#2c8450"), ("wrong", "#b5443c"))])
        left_out = f" {len(shown)} of {len(agents)} agents are shown." if len(shown) < len(agents) else ""
        return finished(
            figure, "sufficiency_when_answering", "What was to be seen when they answered",
            "Episodes that ended in an answer, by how much the last picture showed of what identifies the subject. To "
            f"the right of the dotted line it was enough; answers to its left are guesses.{left_out}",
        )  # fmt: skip


def _bins(records: Sequence[Record], agent: str) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    of_agent = [record for record in records if record["agent"] == agent]
    edges = sorted({record["from"] for record in of_agent})
    counts = np.zeros((2, len(edges)))
    for record in of_agent:
        counts[:, edges.index(record["from"])] += record["right"], record["wrong"]
    return counts[0], counts[1]


ENDING_COLOURS = dict(
    zip(
        Ending,
        (
            *("#2c8450", "#4f9f6f", "#78b892", "#1f8f93", "#d8b04a", "#b5443c", "#c97068", "#8c3a5c", "#d9772b"),
            *("#e5a064", "#7a57a8", "#9c82c4", "#5b4a8a", "#6d6d75", "#b5443c", "#2c8450", "#d9772b"),
        ),
        strict=True,
    )
)


def _endings(records: Sequence[Record], looks: Looks) -> Plot:
    """Shares of all endings, a bar per agent."""
    del looks
    agents = list(dict.fromkeys(record["agent"] for record in records))
    kinds = [kind for kind in Ending if any(record["ending"] == kind for record in records)]
    kinds = sorted(kinds, key=lambda kind: kind not in GOOD)
    envs = {record["env"] for record in records}
    with drawn(height=1.0 + 0.34 * len(agents) + 0.2 * math.ceil(len(kinds) / 3)) as figure:
        axes = figure.subplots()
        left = np.zeros(len(agents))
        for kind in kinds:
            of_kind = [record for record in records if record["ending"] == kind]
            sums = [sum(record["share"] for record in of_kind if record["agent"] == agent) for agent in agents]
            share = np.array(sums) / len(envs)
            axes.barh(np.arange(len(agents)), share, left=left, height=0.72, color=ENDING_COLOURS[kind], linewidth=0)
            left += share
        axes.set_yticks(np.arange(len(agents)), [safe(agent, 22) for agent in agents])
        axes.tick_params(axis="y", labelcolor=INK)
        per_cent(axes, "x")
        axes.set_xlim(0, 1)
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.spines[:].set_visible(False)
        key(figure, [(k.replace("_", " "), {"marker": "s", "color": ENDING_COLOURS[k]}) for k in kinds], columns=3)
        return finished(
            figure, "endings", "How it ended, and why",
            "Every episode falls under one heading (docs/measures.md). Green is as it should be; yellow is luck; red "
            "are guesses, orange gave up, violet asked for nothing that helps or for ever, grey could not be read.",
        )  # fmt: skip


def _risk(records: Sequence[Record], looks: Looks) -> Plot:
    """Wrong answers, if only the surest were given."""
    agents = list(dict.fromkeys(record["agent"] for record in records))
    with drawn(height=3.9) as figure:
        axes = figure.subplots()
        for agent in agents:
            line = [record for record in records if record["agent"] == agent]
            x, y = [record["coverage"] for record in line], [record["risk"] for record in line]
            axes.step(x, y, where="post", color=looks.colour(agent), linewidth=2)
        per_cent(axes, "x")
        per_cent(axes)
        axes.set(xlabel="share of answers given, the surest first", ylabel="wrong among them")
        key(figure, [(agent, {"color": looks.colour(agent), "linestyle": "-", "linewidth": 2}) for agent in agents])
        return finished(
            figure, "risk_against_coverage", "Does it know what it knows?",
            "If it does, its surest answers are hardly ever wrong, and the line rises from the lower left.",
        )  # fmt: skip


DRAWN: tuple[tuple[str, Callable[[Sequence[Record], Looks], Plot | None]], ...] = (
    ("accuracy_against_requests", _standing),
    ("accuracy_by_scenario", _heat_map),
    ("gain_against_price", _frontier),
    ("endings", _endings),
    ("sufficiency_when_answering", _sight),
    ("accuracy_against_requests", _standing_by_env),
    ("risk_against_coverage", _risk),
)
"""Names of sheets with what draws them, in the order of the page."""
