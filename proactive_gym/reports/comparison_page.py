"""Several runs on one page: a table for each source and setting, and what can be compared across."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proactive_gym.evaluation.joining import Group, Joint, joint, run_names
from proactive_gym.evaluation.salvaging import Run
from proactive_gym.reports.among import among_the_published, published_setting
from proactive_gym.reports.facts import attribution_of, setting_of, source_of, warnings
from proactive_gym.reports.page import rendered
from proactive_gym.reports.series import accuracy_against_requests
from proactive_gym.reports.sheets import Sheet, with_bounds
from proactive_gym.reports.tables import chance_of, points, short, write_comparisons, written

if TYPE_CHECKING:
    from proactive_gym.reports.drawing import Plot

NAME = "comparison.html"


def write_comparison(runs: Sequence[Run], folder: Path, problems: Sequence[str] = ()) -> Joint:
    """``comparison.html``, ``comparison.csv``, ``comparisons.csv`` (pairs), ``flips.csv`` where there are any, plots.

    Args:
        runs: At least one.
        folder: Where they go; made if missing.
        problems: What is wrong with runs that cannot be shown, a sentence each.
    """
    found = joint(runs)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plots").mkdir(exist_ok=True)
    _sheet(found.groups).write(folder)
    write_comparisons([pair for _, pair in found.pairs], folder / "comparisons.csv")
    if found.flips:
        columns = ("agent", "env", "run", "other", *with_bounds("flip_rate"))
        rows = [(flip.agent, flip.env, flip.run, flip.other, *flip.rate) for flip in found.flips]
        Sheet("flips", columns, rows).write(folder)
    page = rendered(
        "comparison.html.jinja",
        title=f"{len(runs)} runs compared",
        problems=problems,
        attribution=attribution_of(*[dict(run.configuration) for run in runs]),
        runs=_told(runs),
        groups=[_laid_out(group, place, folder / "plots") for place, group in enumerate(found.groups)],
        pairs=[
            (
                f"{pair.agent} – {pair.other}",
                short(pair.env),
                source,
                pair.episodes,
                points(pair.difference),
                chance_of(pair),
            )
            for source, pair in found.pairs
            if pair.measure == "accuracy"
        ],
        flips=[
            (flip.agent, short(flip.env), f"{flip.run}, {flip.other}", written("accuracy", flip.rate))
            for flip in found.flips
        ],
    )
    (folder / NAME).write_text(page, encoding="utf-8", errors="replace")
    return found


def _told(runs: Sequence[Run]) -> list[tuple[str, ...]]:
    told: list[tuple[str, ...]] = []
    for name, run in zip(run_names([run.folder for run in runs]), runs, strict=True):
        evaluation, configuration = run.evaluation, dict(run.configuration)
        agents = ", ".join(dict.fromkeys(row["agent"] for row in evaluation.rows))
        know = " ".join([*([run.problem] if run.problem else []), *warnings(evaluation)])
        episodes = str(sum(cell.episodes for cell in evaluation.table))
        version = str(configuration.get("version", "not known"))
        told.append((name, agents, episodes, source_of(configuration), setting_of(configuration), version, know))
    return told


def _sheet(groups: Sequence[Group]) -> Sheet:
    rows = [
        (
            group.source,
            group.setting,
            cell.agent,
            cell.env,
            cell.episodes,
            *cell.measures["accuracy"],
            *cell.measures["requests"],
        )
        for group in groups
        for cell in group.table
    ]
    return Sheet(
        "comparison", ("source", "setting", "agent", "env", "episodes", *with_bounds("accuracy", "requests")), rows
    )


def _laid_out(group: Group, place: int, folder: Path) -> dict[str, Any]:
    table = group.table
    envs = list(dict.fromkeys(cell.env for cell in table))
    figures = {(cell.agent, cell.env): written("accuracy", cell.measures["accuracy"]) for cell in table}
    agents = list(dict.fromkeys(cell.agent for cell in table))
    return {
        "source": group.source,
        "setting": group.setting,
        "runs": group.runs,
        "envs": [short(env) for env in envs],
        "lines": [(agent, [figures.get((agent, env), "–") for env in envs]) for agent in agents],
        "plots": _plots(group, place, folder),
    }


def _plots(group: Group, place: int, folder: Path) -> "list[Plot]":
    from proactive_gym.reports.among_plots import among_plots
    from proactive_gym.reports.drawing import Looks
    from proactive_gym.reports.plots import plots_of

    table = [cell for cell in group.table if cell.env != "mean"]
    looks, sheets = Looks([cell.agent for cell in table]), [accuracy_against_requests(table, [])]
    if not sheets[0].rows:
        return []
    plots = plots_of(sheets, looks)
    setting = published_setting(group.configuration)
    if setting is not None:
        sheets.append(among_the_published(group.table, setting))
        plots += among_plots(sheets[-1], setting)
    for sheet in sheets:
        sheet._replace(name=f"{place + 1}_{sheet.name}").write(folder)
    for plot in plots:
        plot._replace(name=f"{place + 1}_{plot.name}").write(folder)
    return plots
