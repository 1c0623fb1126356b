"""The commands about data sets: ``proactive-gym data list`` and ``proactive-gym data install``."""

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from proactive_gym.errors import InputError, check_choice

if TYPE_CHECKING:
    from proactive_gym.sources.proactivebench.getting.disk import Watch

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

DONE = 0


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


def add_data_commands(commands: "Commands") -> "Commands":
    """Add ``data`` with ``list`` and ``install`` to the command line.

    Returns:
        The commands below ``data``, for more of them.
    """
    data = commands.add_parser("data", help="list and install data sets")
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


@contextmanager
def _progress() -> Iterator[tuple["Watch", Callable[[str], None]]]:
    """A bar for the file that is worked on, and a way to say something above it."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    console = Console(markup=False, highlight=False)
    columns = (
        *(TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn()),
        *(TransferSpeedColumn(), TimeRemainingColumn()),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("looking", total=None)
        shown = ""

        def watch(what: str, done: int, total: int) -> None:
            nonlocal bar, shown
            if what != shown:  # a new bar, so that the speed is that of this file
                progress.remove_task(bar)
                bar, shown = progress.add_task(what, total=total), what
            progress.update(bar, completed=done, total=total)

        def say(sentence: str) -> None:
            console.print(sentence, soft_wrap=True)

        yield watch, say
