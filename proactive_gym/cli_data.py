"""The commands about data sets: ``proactive-gym data list``, ``install`` and ``check``."""

import argparse
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from proactive_gym.cli_showing import DONE, MENDABLE, console_for_tables
from proactive_gym.errors import InputError, check_choice

if TYPE_CHECKING:
    from rich.table import Table

    from proactive_gym.sources.proactivebench.check import Checked
    from proactive_gym.sources.proactivebench.getting.disk import Watch

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


class DataSet(NamedTuple):
    """What can be installed."""

    about: str
    size: str
    licence: str


DATA_SETS = {
    "proactivebench": DataSet(
        about="the questions and pictures of ProactiveBench (https://huggingface.co/datasets/tdemin16/ProactiveBench)",
        size="about 150 GB unpacked; the training split (--train) 263 MB",
        licence="the pictures keep the licences of the seven data sets they come from; an older copy of the whole said "
        "cc-by-nc-4.0; see its page",
    )
}


def add_data(commands: "Commands") -> "Commands":
    """Add ``data`` with ``list``, ``install`` and ``check`` to the command line.

    Returns:
        The commands below ``data``, for more of them.
    """
    data = commands.add_parser("data", help="list, install and check data sets")
    below = data.add_subparsers(required=True, metavar="COMMAND")

    listing = below.add_parser("list", help="what can be installed, and what is there")
    listing.set_defaults(command=_list)

    get = below.add_parser("install", help="fetch, check and unpack a data set; the same command again resumes")
    get.add_argument("name", metavar="NAME", help=f"one of: {', '.join(DATA_SETS)}")
    get.add_argument("--to", type=Path, metavar="DIR", help="folder for it (default: data/ProactiveBench)")
    get.add_argument("--from", dest="source", type=Path, metavar="FOLDER", help="take it from a local copy instead")
    get.add_argument("--train", action="store_true", help="the training split, too")
    get.add_argument("--keep-archives", action="store_true", help="do not remove archives once they are unpacked")
    get.add_argument("--revision", metavar="R", help="branch, tag or commit on the hub (default: the newest)")
    get.set_defaults(command=_install)

    look = below.add_parser("check", help="list all that is wrong with the official files; status 1 if anything is")
    look.add_argument("folder", type=Path, metavar="DIR", help="folder of the files, such as data/ProactiveBench/test")
    look.add_argument("--quick", action="store_true", help="of each picture, read the beginning only")
    look.set_defaults(command=_check)
    return below


def _list(parsed: argparse.Namespace) -> int:
    from proactive_gym.sources.proactivebench.getting import DEFAULT_FOLDER, state

    del parsed
    for name, data_set in DATA_SETS.items():
        there = {
            "installed": f"installed in {DEFAULT_FOLDER}",
            "unfinished": f"begun in {DEFAULT_FOLDER}; `proactive-gym data install {name}` goes on",
            "absent": f"not in {DEFAULT_FOLDER}; `proactive-gym data install {name}` fetches it",
        }[state()]
        print(name, *(f"  {line}" for line in (*data_set, there)), sep="\n")
    return DONE


def _install(parsed: argparse.Namespace) -> int:
    from proactive_gym.sources.proactivebench.getting import DEFAULT_FOLDER, install, install_from

    check_choice("NAME", parsed.name, DATA_SETS)
    if parsed.source is not None and parsed.revision is not None:
        raise InputError(
            f"--revision is {parsed.revision!r}, but a local copy (--from) has none; leave one of them out."
        )
    folder = parsed.to or DEFAULT_FOLDER
    options = {"train": parsed.train, "keep_archives": parsed.keep_archives}
    with _progress() as (watch, say):
        if parsed.source is not None:
            data_dir = install_from(parsed.source, folder, **options, watch=watch, say=say)
        else:
            data_dir = install(folder, revision=parsed.revision, **options, watch=watch, say=say)
    print(f"Installed; --data-dir is {data_dir}")
    if parsed.train:
        print(f"The training split is in {data_dir.parent / 'data'}")
    return DONE


def _check(parsed: argparse.Namespace) -> int:
    from proactive_gym.envs.suite import ProactiveSuiteEnv
    from proactive_gym.sources.proactivebench.check import Checked, check, strangers

    folder: Path = parsed.folder
    found: list[Checked] = []
    with _progress(of_bytes=False) as (watch, say), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's of large pictures, which are refused all the same
        for checked in check(folder, ProactiveSuiteEnv.scenarios, parsed.quick, watch):
            found.append(checked)
            for problem in checked.problems:
                say(problem)
        foreign = strangers(folder)
        for problem in foreign:
            say(problem)
        say(_counts(found))
    problems = sum(len(checked.problems) for checked in found) + len(foreign)
    if not problems:
        print(f"All is well with {folder}.")
        return DONE
    print(f"proactive-gym: {problems} thing{'s' * (problems > 1)} wrong with {folder}; see above.", file=sys.stderr)
    return MENDABLE


def _counts(found: "Sequence[Checked]") -> "Table":
    """How many rows there are, beside how many there should be."""
    from rich.table import Table

    from proactive_gym.sources.proactivebench.layout import DATA_SETS as OFFICIAL

    headings = ("data set", "lines", "not played", "rows", "paper's rows", "published", "of", "pictures", "problems")
    table = Table(title="Rows and pictures", title_justify="left")
    for heading in headings:
        table.add_column(heading, justify="left" if heading == "data set" else "right")
    figures = [
        (
            *(one.lines, one.skipped, one.rows, OFFICIAL[one.dataset].original),
            *(one.published, one.of, one.pictures, len(one.problems)),
        )
        for one in found
    ]
    for one, row in zip(found, figures, strict=True):
        table.add_row(one.dataset, *(f"{figure:,}" for figure in row))
    table.add_section()
    table.add_row("all", *(f"{sum(column):,}" for column in zip(*figures, strict=True)))
    return table


@contextmanager
def _progress(of_bytes: bool = True) -> Iterator[tuple["Watch", Callable[[object], None]]]:
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
