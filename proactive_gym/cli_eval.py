"""The commands that play and report: ``proactive-gym demo``, ``eval`` and ``report``."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proactive_gym.cli_options import add_environment_options, add_model_options, options_of, setting_of
from proactive_gym.cli_showing import DONE, MENDABLE, console_for_tables, progress_bar, say_files, show
from proactive_gym.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console

    from proactive_gym.evaluation import Evaluation

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

DEMO_AGENTS = ("oracle", "always-ask", "random", "never-ask", "abstain")


def add_demo(commands: "Commands") -> None:
    """Add ``demo`` to the command line."""
    demo = commands.add_parser("demo", help="every scenario × every scripted agent, offline, in a minute")
    demo.add_argument("--episodes", type=int, default=200, help="per agent and scenario (default: %(default)s)")
    demo.add_argument("--out", default="runs/demo", help="folder for the run (default: %(default)s)")
    demo.set_defaults(command=_demo)


def add_eval(commands: "Commands") -> None:
    """Add ``eval`` to the command line."""
    run = commands.add_parser("eval", help="evaluate agents; the same command again resumes")
    run.add_argument(
        "--agent", action="append", required=True, metavar="A", help="name or module.path:Class; may be repeated"
    )
    run.add_argument(
        "--env", action="append", metavar="ID", help="id, or 'all' for the seven scenarios; may be repeated"
    )
    run.add_argument(
        "--episodes", type=int, help="per agent and environment (default: all of a source with an end, else 200)"
    )
    run.add_argument("--judge", metavar="A", help="model that reads free words (--reply open): hf:… or openai:…")
    run.add_argument("--only", metavar="FILE", help="play the episodes that `proactive-gym filter` kept")
    run.add_argument("--num-envs", type=int, default=32, help="conversations open at once (default: %(default)s)")
    run.add_argument("--seed", type=int, default=0, help="other seeds play other episodes (default: %(default)s)")
    run.add_argument("--out", required=True, metavar="DIR", help="folder for the run")
    add_environment_options(run)
    add_model_options(run)
    run.set_defaults(command=_eval)


def add_report(commands: "Commands") -> None:
    """Add ``report`` to the command line."""
    report = commands.add_parser("report", help="table, summary.csv and report.html of a run")
    report.add_argument("folders", nargs="+", metavar="DIR")
    report.set_defaults(command=_report)


def _demo(parsed: argparse.Namespace) -> int:
    from proactive_gym.agents import make_agent
    from proactive_gym.evaluation import SCENARIO_IDS
    from proactive_gym.reports.contact_sheet import write_contact_sheet
    from proactive_gym.reports.writing import write_reports

    console = console_for_tables()
    evaluation = _run(console, DEMO_AGENTS, SCENARIO_IDS, episodes=parsed.episodes, out=parsed.out)
    sheet = Path(parsed.out) / "contact_sheet.png"

    write_contact_sheet(make_agent("oracle"), SCENARIO_IDS, sheet)
    write_reports(evaluation, Path(parsed.out), "proactive-gym demo", sheet)
    show(console, evaluation, "proactive-gym demo")
    say_files(console, Path(parsed.out))
    return DONE


def _eval(parsed: argparse.Namespace) -> int:
    from proactive_gym.evaluation import SCENARIO_IDS
    from proactive_gym.reports.writing import write_reports

    console = console_for_tables()
    wanted = parsed.env or ["all"]
    envs = [env for name in wanted for env in (SCENARIO_IDS if name == "all" else [name])]
    evaluation = _run(
        console,
        parsed.agent,
        envs,
        out=parsed.out,
        episodes=parsed.episodes,
        num_envs=parsed.num_envs,
        seed=parsed.seed,
        shots=parsed.shots,
        only=parsed.only,
        judge=parsed.judge,
        options=options_of(parsed),
        **setting_of(parsed),
    )
    write_reports(evaluation, Path(parsed.out), f"Run {Path(parsed.out).name}")
    show(console, evaluation, f"Run {parsed.out}")
    say_files(console, Path(parsed.out))
    return _status(evaluation)


def _status(evaluation: "Evaluation") -> int:
    """Whether all was played; says what was not."""
    if not evaluation.errors:
        return DONE
    first = evaluation.errors[0]
    print(
        f"proactive-gym: {len(evaluation.errors)} of {len(evaluation.rows)} episodes could not be played and are not "
        f"counted, the first {first['episode']!r}: {first['error']} The same command plays them once that is mended.",
        file=sys.stderr,
    )
    return MENDABLE


def _report(parsed: argparse.Namespace) -> int:
    from proactive_gym.evaluation import Evaluation
    from proactive_gym.evaluation.run_directory import RunDirectory
    from proactive_gym.reports.writing import write_reports

    console = console_for_tables()
    for folder in map(Path, parsed.folders):
        evaluation = Evaluation(RunDirectory(folder).rows(), folder)
        if not evaluation.rows:
            raise InputError(f"{folder} holds a run without a single finished episode.")
        sheet = folder / "contact_sheet.png"
        write_reports(evaluation, folder, f"Run {folder.name}", sheet if sheet.exists() else None)
        show(console, evaluation, f"Run {folder}")
        say_files(console, folder)
    return DONE


def _run(console: "Console", agents: Sequence[str], envs: Sequence[str], **arguments: Any) -> "Evaluation":
    from proactive_gym.evaluation import evaluate

    with progress_bar(console) as watch:
        return evaluate(agents, envs, watch=watch, **arguments)
