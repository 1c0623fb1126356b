"""The command line: ``proactive-gym``."""

import argparse
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proactive_gym import ENVIRONMENTS, __version__
from proactive_gym.cli_options import add_environment_options, add_model_options, options_of, setting_of
from proactive_gym.errors import InputError, one_line

if TYPE_CHECKING:
    from rich.console import Console

    from proactive_gym.evaluation import Evaluation
    from proactive_gym.evaluation import Progress as Told

DONE, MENDABLE, INTERRUPTED = 0, 1, 130
WIDE = 170
DEMO_AGENTS = ("oracle", "always-ask", "random", "never-ask", "abstain")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: The words after ``proactive-gym``; ``None`` takes them from the command line.

    Returns:
        The exit status: 0 done, 1 an error the user can mend, 130 interrupted; wrong usage exits with 2.
    """
    from proactive_gym.rollout import AgentError

    parsed = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = parsed.command
    try:
        # Whoever stops a job by SIGTERM, as schedulers do, gets what Ctrl-C gets.
        with suppress(ValueError):  # not in the main thread: then signals are another's business
            signal.signal(signal.SIGTERM, signal.default_int_handler)
        return command(parsed)
    except (InputError, AgentError) as error:
        print(f"proactive-gym: {one_line(error)}", file=sys.stderr)
        return MENDABLE
    except OSError as error:
        print(
            f"proactive-gym: {error.strerror or error}{f': {error.filename}' if error.filename else ''}",
            file=sys.stderr,
        )
        return MENDABLE
    except KeyboardInterrupt:
        print("proactive-gym: interrupted; the same command goes on where it stopped.", file=sys.stderr)
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="proactive-gym", description="An agent gym in which the right move is to ask."
    )
    parser.add_argument("--version", action="version", version=f"proactive-gym {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    demo = commands.add_parser("demo", help="every scenario × every scripted agent, offline, in a minute")
    demo.add_argument("--episodes", type=int, default=200, help="per agent and scenario (default: %(default)s)")
    demo.add_argument("--out", default="runs/demo", help="folder for the run (default: %(default)s)")
    demo.set_defaults(command=_demo)

    listing = commands.add_parser("list", help="environments, sources, agents")
    listing.set_defaults(command=_list)

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

    report = commands.add_parser("report", help="table, summary.csv and report.html of a run")
    report.add_argument("folders", nargs="+", metavar="DIR")
    report.set_defaults(command=_report)

    keep = commands.add_parser("filter", help="drop the episodes that too many agents answer at first sight")
    keep.add_argument("folders", nargs="+", metavar="DIR", help="runs of the same episodes")
    keep.add_argument(
        "--share",
        type=float,
        default=0.25,
        help="of the agents, from which an episode is dropped (default: %(default)s)",
    )
    keep.add_argument("--out", required=True, type=Path, metavar="FILE", help="write the kept episodes' names there")
    keep.set_defaults(command=_filter)

    bench = commands.add_parser("bench", help="speed on this machine, beside MiniGrid's; three minutes")
    bench.add_argument("--quick", action="store_true", help="a glance, in twenty seconds")
    bench.add_argument("--size", action="append", type=int, help="side of the pictures (default: 64 and 224); repeats")
    bench.add_argument("--out", type=Path, metavar="FILE.json", help="write all figures there")
    bench.set_defaults(command=_bench)
    return parser


def _demo(parsed: argparse.Namespace) -> int:
    from proactive_gym.agents import make_agent
    from proactive_gym.evaluation import SCENARIO_IDS
    from proactive_gym.reports.contact_sheet import write_contact_sheet
    from proactive_gym.reports.writing import write_reports

    console = _console()
    evaluation = _run(console, DEMO_AGENTS, SCENARIO_IDS, episodes=parsed.episodes, out=parsed.out)
    sheet = Path(parsed.out) / "contact_sheet.png"

    write_contact_sheet(make_agent("oracle"), SCENARIO_IDS, sheet)
    write_reports(evaluation, Path(parsed.out), "proactive-gym demo", sheet)
    _show(console, evaluation, "proactive-gym demo")
    _say_files(console, Path(parsed.out))
    return DONE


def _list(parsed: argparse.Namespace) -> int:
    from proactive_gym.agents import agent_names
    from proactive_gym.sources import source_names

    del parsed
    print("environments:", *(f"  {name}" for name in ENVIRONMENTS), sep="\n")
    print("sources:", *(f"  {name}" for name in source_names()), sep="\n")
    print("agents:", *(f"  {name}" for name in [*agent_names(), "module.path:Class"]), sep="\n")
    return DONE


def _eval(parsed: argparse.Namespace) -> int:
    from proactive_gym.evaluation import SCENARIO_IDS
    from proactive_gym.reports.writing import write_reports

    console = _console()
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
    _show(console, evaluation, f"Run {parsed.out}")
    _say_files(console, Path(parsed.out))
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

    console = _console()
    for folder in map(Path, parsed.folders):
        evaluation = Evaluation(RunDirectory(folder).rows(), folder)
        if not evaluation.rows:
            raise InputError(f"{folder} holds a run without a single finished episode.")
        sheet = folder / "contact_sheet.png"
        write_reports(evaluation, folder, f"Run {folder.name}", sheet if sheet.exists() else None)
        _show(console, evaluation, f"Run {folder}")
        _say_files(console, folder)
    return DONE


def _filter(parsed: argparse.Namespace) -> int:
    from rich.table import Table

    from proactive_gym.evaluation.filtering import filtered, write_names
    from proactive_gym.evaluation.run_directory import RunDirectory

    results = filtered([row for folder in parsed.folders for row in RunDirectory(Path(folder)).rows()], parsed.share)
    write_names(results, parsed.out)
    headings = (
        "environment",
        "agents",
        "needed",
        "kept",
        "of",
        "right at first sight",
        "… of the kept",
        "finds",
        "wrongly",
    )
    table = Table(*headings, title=f"Dropped: right at first sight for {parsed.share:.0%} of the agents or more")
    for found in results:
        episodes = len(found.kept) + len(found.dropped)
        shares = (found.before, found.after, found.recall, found.false_alarms)
        counts = (found.agents, found.needed, len(found.kept), episodes)
        table.add_row(found.env, *map(str, counts), *(f"{100 * share:.1f} %" for share in shares))
    _console().print(table)
    print(
        "“finds”: of episodes that give their answer away (agents right 40 % of the time), the share that is dropped; "
        f"“wrongly”: of sound ones (25 %).\nNames of the kept episodes: {parsed.out}"
    )
    return DONE


def _bench(parsed: argparse.Namespace) -> int:
    from rich.progress import Progress
    from rich.table import Table

    from proactive_gym import benchmark

    console = _console()
    with Progress(console=console, transient=True) as progress:
        bar = progress.add_task("measuring")
        measured = benchmark.run(
            benchmark.QUICK if parsed.quick else benchmark.FULL,
            parsed.size or benchmark.SIZES,
            lambda done, of: progress.update(bar, completed=done, total=of),
        )
    for title, headings, rows in benchmark.sheets(measured):
        table = Table(*headings, title=title, title_justify="left")
        for row in rows:
            table.add_row(*row)
        console.print(table)
    described = ", ".join(f"{name} {what}" for name, what in measured.machine.items())
    console.print(*measured.notes, f"Medians (lowest–highest), measured on: {described}", sep="\n")
    if parsed.out is not None:
        measured.write(parsed.out)
    return DONE


def _run(console: "Console", agents: Sequence[str], envs: Sequence[str], **arguments: Any) -> "Evaluation":
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from proactive_gym.evaluation import evaluate

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("playing", total=None)

        def watch(told: "Told") -> None:
            progress.update(bar, advance=1, total=told.episodes, description=f"{told.agent} in {told.env}")

        return evaluate(agents, envs, watch=watch, **arguments)


def _show(console: "Console", evaluation: "Evaluation", title: str) -> None:
    from proactive_gym.evaluation import means
    from proactive_gym.reports.tables import terminal_table

    table = evaluation.table
    several = len({cell.env for cell in table}) > 1
    console.print(terminal_table([*table, *(means(table) if several else [])], title))


def _say_files(console: "Console", folder: Path) -> None:
    console.print(
        "Files:", *(f"  {file}" for file in sorted(folder.iterdir()) if file.is_file()), sep="\n", highlight=False
    )


def _console() -> "Console":
    from rich.console import Console

    # Where the output goes to a file or a log, the table is not to be cut to 80 columns.
    return Console(width=None if sys.stdout.isatty() else WIDE, markup=False)


if __name__ == "__main__":
    sys.exit(main())
