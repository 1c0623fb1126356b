"""``proactive-gym report``: the report of a run, and how several runs compare."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from proactive_gym.cli_eval import tell
from proactive_gym.cli_showing import DONE, MENDABLE, console_for_tables, say_files
from proactive_gym.errors import InputError, one_line

if TYPE_CHECKING:
    from proactive_gym.evaluation.salvaging import Run

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_report(commands: "Commands") -> None:
    """Add ``report`` to the command line."""
    report = commands.add_parser("report", help="tables, plots and report.html of a run; how several runs compare")
    report.add_argument("folders", nargs="+", metavar="DIR", help="a run's folder")
    report.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="where the comparison of several runs goes (default: the folder comparison beside the first one)",
    )
    report.set_defaults(command=_report)


def _report(parsed: argparse.Namespace) -> int:
    folders = [Path(folder) for folder in parsed.folders]
    out: Path = parsed.out or folders[0].resolve().parent / "comparison"
    _check(folders, out)
    runs, problems = _read(folders)
    for run in runs:
        tell(run.evaluation, run.folder)
    if len(runs) > 1:
        _compare(runs, out, problems)
    for problem in problems:
        print(f"proactive-gym: {problem}", file=sys.stderr)
    return MENDABLE if problems else DONE


def _check(folders: Sequence[Path], out: Path) -> None:
    places = [folder.resolve() for folder in folders]
    for folder, place in zip(folders, places, strict=True):
        if places.count(place) > 1:
            raise InputError(f"{folder} is given twice.")
    if (out / "run.json").exists() or out.resolve() in places:
        raise InputError(f"{out} holds a run of its own; choose another folder for the comparison (--out).")


def _read(folders: Sequence[Path]) -> tuple[list["Run"], list[str]]:
    """The runs that can be shown, and what is wrong with these and with the others."""
    from proactive_gym.evaluation.salvaging import salvaged

    runs, problems = [], []
    for folder in folders:
        try:
            runs.append(salvaged(folder))
        except (InputError, OSError) as error:
            problems.append(one_line(error))
    return runs, [*problems, *[run.problem for run in runs if run.problem]]


def _compare(runs: Sequence["Run"], out: Path, problems: Sequence[str]) -> None:
    from proactive_gym.reports.comparison_page import write_comparison
    from proactive_gym.reports.tables import terminal_pairs

    found = write_comparison(runs, out, problems)
    console = console_for_tables()
    pairs = [pair for _, pair in found.pairs if pair.measure == "accuracy"]
    averaged = [pair for pair in pairs if pair.env == "mean"]
    if pairs:
        console.print(terminal_pairs(averaged or pairs))
    say_files(console, out)
