"""The command ``proactive-gym filter``."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from proactive_gym.cli_showing import DONE, console_for_tables

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_filter(commands: "Commands") -> None:
    """Add ``filter`` to the command line."""
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
    console_for_tables().print(table)
    print(
        "“finds”: of episodes that give their answer away (agents right 40 % of the time), the share that is dropped; "
        f"“wrongly”: of sound ones (25 %).\nNames of the kept episodes: {parsed.out}"
    )
    return DONE
