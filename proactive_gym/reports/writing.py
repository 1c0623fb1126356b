"""Evaluations with all their files: what ``proactive_gym.evaluate`` and the command line run."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from proactive_gym import evaluation
from proactive_gym.agents import Agent, ModelOptions
from proactive_gym.agents.options import ModelSpec
from proactive_gym.evaluation import Evaluation, Watcher, Workers, means
from proactive_gym.judging import Speaker
from proactive_gym.reports.among import among_the_published, published_setting
from proactive_gym.reports.facts import configuration_of, landmarks_told
from proactive_gym.reports.landmarks import NAMES, landmarks
from proactive_gym.reports.page import Exhibits, write_page
from proactive_gym.reports.reopening import reopened
from proactive_gym.reports.replay import BUDGET, replay
from proactive_gym.reports.series import how_it_ended, plotted
from proactive_gym.reports.tables import write_comparisons, write_csv, write_seeds

PAGE = 4_800_000
"""Characters of a page, about, whatever the number of episodes."""


def evaluate(
    agents: str | Agent | Sequence[str | Agent],
    envs: str | Sequence[str] = "all",
    episodes: int | None = None,
    num_envs: int = 32,
    out: str | Path | None = None,
    seed: int | Sequence[int] = 0,
    watch: Watcher | None = None,
    shots: int = 0,
    options: ModelOptions | None = None,
    only: str | Path | None = None,
    judge: str | Speaker | ModelSpec | None = None,
    workers: int | Workers | None = None,
    **env_kwargs: Any,
) -> Evaluation:
    """Let every agent play every environment, and measure.

    Args:
        agents: Agents or their names.
        envs: Ids, or ``"all"`` for the seven scenarios.
        episodes: Episodes per agent, environment and seed; ``None`` for all of a source with an end, else 200.
        num_envs: Conversations open at once.
        out: A folder to keep the run in, with ``summary.csv`` and ``report.html`` at its end; the same call again goes
            on where it stopped.
        seed: Other seeds play other rendered episodes; of several, each has so many, and the report shows how far
            they lie apart.
        watch: Called for every episode.
        shots: How many worked examples each turn comes with, from the training split.
        options: Settings of ``hf:`` and ``openai:`` models.
        judge: A model, ``hf:…`` or ``openai:…``, that reads replies in free words (``reply="open"``), by name in the
            same place as the agents' (endpoint, device); ``make_agent`` makes one elsewhere.
        only: A file that names the episodes to play, as ``proactive-gym filter`` writes it.
        workers: How many processes of this machine share out the episodes, or ``Workers`` of a Ray cluster; ``None``
            plays in this process. What comes of it is the same. A script needs ``if __name__ == "__main__":`` then.
        **env_kwargs: Keyword arguments of the environments.

    Returns:
        All episodes and their measures.

    Raises:
        InputError: If an argument is impossible, or if ``out`` holds a run of another configuration.
        AgentError: If an agent fails; finished episodes are kept.
    """
    evaluated = evaluation.evaluate(
        agents, envs, episodes, num_envs, out, seed, watch, shots, options, only, judge, workers, **env_kwargs
    )
    if evaluated.folder is not None:
        write_reports(evaluated, evaluated.folder, f"Run {evaluated.folder.name}")
    return evaluated


def write_reports(evaluated: Evaluation, folder: Path, title: str, sheet: Path | None = None) -> None:
    """The tables ``summary.csv``, ``comparisons.csv``, ``endings.csv``, what is plotted in ``plots``, ``report.html``.

    Where there are several seeds, ``seeds.csv`` has each of them alone.

    Args:
        evaluated: The run.
        folder: Where they go.
        title: Of the page.
        sheet: A contact sheet to show on it.
    """
    write_csv(evaluated.table, folder / "summary.csv")
    write_comparisons(evaluated.comparisons, folder / "comparisons.csv")
    if evaluated.spreads:
        write_seeds(evaluated.spreads, folder / "seeds.csv")
    how_it_ended(evaluated.rows).write(folder)
    write_page(evaluated, folder / "report.html", title, sheet, _exhibits(evaluated, folder / "plots", sheet))


def _exhibits(evaluated: Evaluation, folder: Path, sheet: Path | None) -> Exhibits:
    """Plots, drawn and written with their figures into the folder; episodes to look at."""
    from proactive_gym.reports.among_plots import among_plots
    from proactive_gym.reports.drawing import Looks
    from proactive_gym.reports.plots import plots_of

    rows, table = evaluated.rows, evaluated.table
    desks, problem = reopened(evaluated.folder, dict.fromkeys(row["env"] for row in rows))
    marks = landmarks(rows, table, desks)
    sheets = plotted(rows, table, marks)
    looks = Looks([cell.agent for cell in table if cell.agent not in NAMES])
    plots = plots_of(sheets, looks)
    setting = published_setting(configuration_of(evaluated.folder))
    if setting is not None:
        sheets.append(among_the_published([*table, *means(table)], setting))
        plots += among_plots(sheets[-1], setting)
    folder.mkdir(exist_ok=True)
    for figures in sheets:
        figures.write(folder)
    for plot in plots:
        plot.write(folder)
    taken = sum(len(plot.light) + len(plot.dark) for plot in plots) + (sheet.stat().st_size if sheet else 0)
    room = max(PAGE // 5, PAGE - taken * 4 // 3)
    return Exhibits(plots, landmarks_told(marks), replay(rows, desks, problem, BUDGET._replace(size=room)))
