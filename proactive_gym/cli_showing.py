"""What the commands show: tables, progress, the files they leave behind."""

import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from proactive_gym.evaluation import Evaluation, Progress
    from proactive_gym.sources.installing.disk import Watch

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
    rate = _Rate()
    with Bar(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("playing", total=None)

        def watch(told: "Progress") -> None:
            said = f"{_so_far(told)}, {rate.after(told)}"
            progress.update(bar, advance=1, total=told.episodes, description=said)
            if not console.is_terminal and rate.is_time_to_say():
                print(f"{rate.seen} of {told.episodes}: {said}", file=sys.stderr, flush=True)

        yield watch


@contextmanager
def watched(of_bytes: bool = True) -> Iterator[tuple["Watch", Callable[[object], None]]]:
    """A bar for what is worked on, and a way to say something above it."""
    from rich import progress as bars

    console = console_for_tables()
    amount = (bars.DownloadColumn(), bars.TransferSpeedColumn()) if of_bytes else (bars.MofNCompleteColumn(),)
    columns = (
        bars.TextColumn("{task.description}", markup=False),
        bars.BarColumn(),
        *amount,
        bars.TimeRemainingColumn(),
    )
    with bars.Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("looking", total=None)
        shown = ""

        def watch(what: str, done: int, total: int) -> None:
            nonlocal bar, shown
            if what != shown:  # a new bar, so that the speed is that of this file
                progress.remove_task(bar)
                bar, shown = progress.add_task(what, total=total), what
            progress.update(bar, completed=done, total=total)

        def say(said: object) -> None:
            console.print(said, soft_wrap=isinstance(said, str), highlight=False)

        yield watch, say


def _so_far(told: "Progress") -> str:
    right = "" if told.accuracy is None else f": {100 * told.accuracy:.0f} % right"
    return f"{told.agent} in {told.env}{right}"


class _Rate:
    """Episodes a second, over the last minute; and when to say something in a log."""

    EVERY = 60.0

    def __init__(self) -> None:
        self.seen = 0
        self._said = time.monotonic()
        self._finished: deque[float] = deque([self._said])

    def after(self, told: "Progress") -> str:
        now = time.monotonic()
        self.seen += 1
        if told.row is not None:  # what was finished before took no time
            self._finished.append(now)
        while len(self._finished) > 2 and self._finished[0] < now - self.EVERY:
            self._finished.popleft()
        return f"{(len(self._finished) - 1) / max(now - self._finished[0], 1e-9):.1f}/s"

    def is_time_to_say(self) -> bool:
        now = time.monotonic()
        if now - self._said < self.EVERY:
            return False
        self._said = now
        return True


def show(console: "Console", evaluation: "Evaluation", title: str) -> None:
    """The table of a run, with the means over its environments if there are several."""
    from proactive_gym.evaluation import means
    from proactive_gym.reports.tables import ASKING, measured, terminal_table

    table = evaluation.table
    averaged = means(table) if len({cell.env for cell in table}) > 1 else []
    console.print(terminal_table([*table, *averaged], title))
    if measured(table, ASKING):
        console.print(terminal_table(averaged or table, "When it asked, and what that cost (docs/measures.md)", ASKING))


def show_pairs(console: "Console", evaluation: "Evaluation") -> None:
    """Agents in pairs, in the mean where there are several environments; then seeds, where there are several."""
    from proactive_gym.reports.tables import terminal_pairs, terminal_seeds

    pairs = [pair for pair in evaluation.comparisons if pair.measure == "accuracy"]
    averaged = [pair for pair in pairs if pair.env == "mean"]
    if pairs:
        console.print(terminal_pairs(averaged or pairs))
    if evaluation.spreads:
        console.print(terminal_seeds(evaluation.spreads))


def say_usage(console: "Console", evaluation: "Evaluation") -> None:
    """What models used, in all sittings together."""
    for agent, used in evaluation.usage.items():
        counts = {name: number for name, number in used.items() if name not in ("episodes", "seconds")}
        if counts:
            words = ", ".join(f"{name.replace('_', ' ')} {_figure(number)}" for name, number in counts.items())
            console.print(f"{agent} used in {used['seconds']:,.0f} s: {words}", highlight=False, soft_wrap=True)


def _figure(number: float) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{number:,.6f}"


def say_files(console: "Console", folder: Path) -> None:
    """Name the files in a folder, and the folders of plots and the like in it."""
    names = [f"  {file}/" if file.is_dir() else f"  {file}" for file in sorted(folder.iterdir())]
    console.print("Files:", *names, sep="\n", highlight=False)
