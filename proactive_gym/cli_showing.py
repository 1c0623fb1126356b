"""What the commands show: tables, progress, the files they leave behind."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from proactive_gym.evaluation import Evaluation, Progress

DONE, MENDABLE, INTERRUPTED = 0, 1, 130
"""Exit statuses; wrong usage has 2."""
WIDE = 170


def console_for_tables() -> "Console":
    """A console that takes names as they are, square brackets too."""
    from rich.console import Console

    # Where the output goes to a file or a log, the table is not to be cut to 80 columns.
    return Console(width=None if sys.stdout.isatty() else WIDE, markup=False)


@contextmanager
def progress_bar(console: "Console") -> Iterator[Callable[["Progress"], None]]:
    """A bar with who plays where, and a watcher that moves it."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("playing", total=None)

        def watch(told: "Progress") -> None:
            progress.update(bar, advance=1, total=told.episodes, description=f"{told.agent} in {told.env}")

        yield watch


def show(console: "Console", evaluation: "Evaluation", title: str) -> None:
    """The table of a run, with the means over its environments if there are several."""
    from proactive_gym.evaluation import means
    from proactive_gym.reports.tables import terminal_table

    table = evaluation.table
    several = len({cell.env for cell in table}) > 1
    console.print(terminal_table([*table, *(means(table) if several else [])], title))


def say_files(console: "Console", folder: Path) -> None:
    """Name the files in a folder."""
    console.print(
        "Files:", *(f"  {file}" for file in sorted(folder.iterdir()) if file.is_file()), sep="\n", highlight=False
    )
