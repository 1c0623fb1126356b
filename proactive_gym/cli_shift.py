"""``proactive-gym shift``: what of an agent is left on pictures of other sources."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from proactive_gym.cli_eval import status
from proactive_gym.cli_options import add_run_options, arguments_of
from proactive_gym.cli_showing import console_for_tables, progress_bar
from proactive_gym.errors import InputError

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

EXAMPLES = """examples:
  proactive-gym shift --agent tiny-rl --agent oracle --episodes 200 --image-size 64 --out runs/shift
  proactive-gym shift --agent hf:MODEL --to photos --to doodles=DIR --env ProactiveSketch-v0 --out runs/shift

The same command goes on where it stopped. docs/sources.md says what the sources are."""


def add_shift(commands: "Commands") -> None:
    """Add ``shift`` to the command line."""
    parser = commands.add_parser(
        "shift",
        help="evaluate on scenes and on other sources: how much is left",
        description="Evaluate agents on scenes and on other sources: the same environments, as many episodes.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--to",
        action="append",
        metavar="NAME[=DIR]",
        help="another source, and where its pictures are (default: all that are installed); repeats",
    )
    add_run_options(parser)
    parser.set_defaults(command=_shift, keeps=True)


def _shift(parsed: argparse.Namespace) -> int:
    from proactive_gym.evaluation.shift import shift
    from proactive_gym.reports.shift import terminal_shift, write_shift

    for name in ("source", "data_dir", "only"):
        if getattr(parsed, name) is not None:
            raise InputError(f"--{name.replace('_', '-')} is given, but the sources are named by --to NAME=DIR.")
    console, folder = console_for_tables(), Path(parsed.out)
    with progress_bar(console) as watch:
        found = shift(out=folder, to=_destinations(parsed.to), watch=watch, **arguments_of(parsed))
    write_shift(found, folder)
    console.print(terminal_shift(found, f"Shift {folder}"))
    for name, reason in found.left_out.items():
        print(f"The source {name!r} is left out: {reason}", file=sys.stderr)
    files = (folder / "shift.csv", folder / "shift.html", *(folder / name for name in found.runs))
    console.print("Files:", *(f"  {file}" for file in files), sep="\n", highlight=False)
    return status([row for run in found.runs.values() for row in run.rows])


def _destinations(words: list[str] | None) -> dict[str, str | None] | None:
    if words is None:
        return None
    found: dict[str, str | None] = {}
    for word in words:
        name, _, data_dir = word.partition("=")
        if name in found:
            raise InputError(f"--to names {name!r} twice; each source has one folder.")
        found[name] = data_dir or None
    return found
