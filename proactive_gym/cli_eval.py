"""The commands that play: ``proactive-gym demo`` and ``eval``."""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proactive_gym.cli_options import add_run_options, arguments_of
from proactive_gym.cli_showing import (
    DONE,
    MENDABLE,
    console_for_tables,
    progress_bar,
    say_files,
    say_usage,
    show,
    show_pairs,
)
from proactive_gym.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console

    from proactive_gym.evaluation import Evaluation
    from proactive_gym.stored import Row

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

DEMO_AGENTS = ("oracle", "always-ask", "random", "never-ask", "abstain", "tiny", "tiny-rl")
DEMO_SIZE = 64
"""Side of the demo's pictures: as large as the tiny models see them."""
EXAMPLES = """examples:
  proactive-gym eval --agent random --agent oracle --env all --episodes 100 --out runs/scripted
  proactive-gym eval --agent hf:smolvlm2-2.2b --history images --shots 1 --seed 0 --seed 1 --out runs/smol
  proactive-gym eval --agent openai:MODEL --base-url http://localhost:8000/v1 --cache runs/replies --out runs/served
  proactive-gym eval --agent hf:MODEL --reply open --single-turn --judge openai:JUDGE --out runs/judged
  proactive-gym eval --agent replay:runs/judged --reply open --single-turn --judge openai:OTHER --out runs/judged-anew

Keys are read from OPENAI_API_KEY. docs/evaluation.md says what the run's folder holds."""


def add_demo(commands: "Commands") -> None:
    """Add ``demo`` to the command line."""
    demo = commands.add_parser("demo", help="every scenario × every agent that comes along, offline, in a minute")
    demo.add_argument("--episodes", type=int, default=200, help="per agent and scenario (default: %(default)s)")
    demo.add_argument("--out", default="runs/demo", help="folder for the run (default: %(default)s)")
    demo.set_defaults(command=_demo, keeps=True)


def add_eval(commands: "Commands") -> None:
    """Add ``eval`` to the command line."""
    run = commands.add_parser(
        "eval",
        help="evaluate agents; the same command again resumes",
        description="Let agents play environments, and measure. The same command again goes on where it stopped.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_run_options(run)
    run.set_defaults(command=_eval, keeps=True)


def _demo(parsed: argparse.Namespace) -> int:
    from proactive_gym.agents import make_agent
    from proactive_gym.evaluation import SCENARIO_IDS
    from proactive_gym.reports.contact_sheet import write_contact_sheet
    from proactive_gym.reports.writing import write_reports

    console = console_for_tables()
    evaluation = _run(
        console,
        agents=DEMO_AGENTS,
        envs=SCENARIO_IDS,
        episodes=parsed.episodes,
        out=parsed.out,
        image_size=DEMO_SIZE,
    )
    sheet = Path(parsed.out) / "contact_sheet.png"

    write_contact_sheet(make_agent("oracle"), SCENARIO_IDS, sheet)
    write_reports(evaluation, Path(parsed.out), "proactive-gym demo", sheet)
    show(console, evaluation, "proactive-gym demo")
    say_files(console, Path(parsed.out))
    return DONE


def _eval(parsed: argparse.Namespace) -> int:
    evaluation = _run(console_for_tables(), **arguments_of(parsed), out=parsed.out)
    tell(evaluation, Path(parsed.out))
    return status(evaluation.rows)


def status(rows: "Sequence[Row]") -> int:
    """Whether all was played; says what was not."""
    from proactive_gym.stored import error_class, finished

    errors = [row for row in rows if not finished(row)]
    if not errors:
        return DONE
    kinds = ", ".join(f"{kind} {number}" for kind, number in Counter(map(error_class, errors)).most_common())
    print(
        f"proactive-gym: {len(errors)} of {len(rows)} episodes could not be played and are not counted ({kinds}), the "
        f"first {errors[0]['episode']!r}: {errors[0]['error']} The same command plays them once that is mended.",
        file=sys.stderr,
    )
    return MENDABLE


def tell(evaluation: "Evaluation", folder: Path) -> None:
    """Write all files of a run, and show what they say."""
    from proactive_gym.reports.writing import write_reports

    if not evaluation.rows:
        raise InputError(f"{folder} holds a run without a single finished episode.")
    console, sheet = console_for_tables(), folder / "contact_sheet.png"
    write_reports(evaluation, folder, f"Run {folder.name}", sheet if sheet.exists() else None)
    show(console, evaluation, f"Run {folder}")
    show_pairs(console, evaluation)
    say_usage(console, evaluation)
    say_files(console, folder)


def _run(console: "Console", **arguments: Any) -> "Evaluation":
    from proactive_gym.evaluation import evaluate

    with progress_bar(console) as watch:
        return evaluate(watch=watch, **arguments)
