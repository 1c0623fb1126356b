"""The command ``proactive-gym bench``."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from proactive_gym.cli_showing import DONE, console_for_tables

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_bench(commands: "Commands") -> None:
    """Add ``bench`` to the command line."""
    bench = commands.add_parser("bench", help="speed on this machine, beside MiniGrid's; three minutes")
    bench.add_argument("--quick", action="store_true", help="a glance, in twenty seconds")
    bench.add_argument("--size", action="append", type=int, help="side of the pictures (default: 64 and 224); repeats")
    bench.add_argument("--out", type=Path, metavar="FILE.json", help="write all figures there")
    bench.set_defaults(command=_bench)


def _bench(parsed: argparse.Namespace) -> int:
    from rich.progress import Progress
    from rich.table import Table

    from proactive_gym import benchmark

    console = console_for_tables()
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
