"""The commands about data sets: ``proactive-gym data list``, ``install`` and ``check``."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from proactive_gym.cli_data_check import add_check
from proactive_gym.cli_showing import DONE, watched
from proactive_gym.errors import InputError, check_choice
from proactive_gym.sources.installing import PACKAGES

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


class DataSet(NamedTuple):
    """What can be installed."""

    about: str
    size: str
    licence: str


OFFICIAL = "proactivebench"
FURNITURE = "furniture"
DATA_SETS = {
    OFFICIAL: DataSet(
        about="the questions and pictures of ProactiveBench (https://huggingface.co/datasets/tdemin16/ProactiveBench)",
        size="about 150 GB unpacked; the training split (--train) 263 MB",
        licence="the pictures keep the licences of the seven data sets they come from; an older copy of the whole said "
        "cc-by-nc-4.0; see its page",
    )
} | {name: DataSet(package.about, package.size, package.licence) for name, package in PACKAGES.items()}


def add_data(commands: "Commands") -> "Commands":
    """Add ``data`` with ``list``, ``install`` and ``check`` to the command line.

    Returns:
        The commands below ``data``, for more of them.
    """
    data = commands.add_parser("data", help="list, install and check data sets")
    below = data.add_subparsers(required=True, metavar="COMMAND")

    listing = below.add_parser("list", help="what can be installed, and what is there")
    listing.set_defaults(command=_list)

    get = below.add_parser(
        "install",
        help="fetch, check and unpack a data set",
        description="Fetch, check and unpack a data set. Interrupted, proactivebench goes on where it stopped, by the "
        "same command; of the others, which are small, there is nothing then, and it begins anew.",
    )
    get.add_argument("name", metavar="NAME", help=f"one of: {', '.join(DATA_SETS)}")
    get.add_argument("--to", type=Path, metavar="DIR", help="folder for it (default: as `data list` says)")
    get.add_argument(
        "--from", dest="source", type=Path, metavar="FOLDER|FILE", help="take it from a copy instead: a folder, or .deb"
    )
    official = get.add_argument_group(OFFICIAL)
    official.add_argument("--train", action="store_true", help="the training split, too")
    official.add_argument("--keep-archives", action="store_true", help="do not remove archives once they are unpacked")
    official.add_argument("--revision", metavar="R", help="branch, tag or commit on the hub (default: the newest)")
    own = get.add_argument_group(FURNITURE)
    own.add_argument(
        "--views", action="store_true", help="render all views at once, not each when it is first to be seen"
    )
    get.set_defaults(command=_install)

    add_check(below)
    return below


def _list(parsed: argparse.Namespace) -> int:
    del parsed
    for name, data_set in DATA_SETS.items():
        there = _official_state() if name == OFFICIAL else _package_state(name)
        print(name, *(f"  {line}" for line in (*data_set, there)), sep="\n")
    return DONE


def _official_state() -> str:
    from proactive_gym.sources.proactivebench.getting import DEFAULT_FOLDER, state

    return {
        "installed": f"installed in {DEFAULT_FOLDER}",
        "unfinished": f"begun in {DEFAULT_FOLDER}; `proactive-gym data install {OFFICIAL}` goes on",
        "absent": f"not in {DEFAULT_FOLDER}; `proactive-gym data install {OFFICIAL}` fetches it",
    }[state()]


def _package_state(name: str) -> str:
    from proactive_gym.sources.installing.finding import found, home

    package = PACKAGES[name]
    there = found(package)
    if there is not None:
        return f"{'found' if there == package.system else 'installed'} in {there}"
    return f"not in {home() / name}; `proactive-gym data install {name}` fetches {package.origin}"


def _install(parsed: argparse.Namespace) -> int:
    check_choice("NAME", parsed.name, DATA_SETS)
    parsed.keeps = parsed.name == OFFICIAL
    if parsed.views and parsed.name != FURNITURE:
        raise InputError(f"--views is for {FURNITURE} only; leave it out for {parsed.name!r}.")
    return _install_official(parsed) if parsed.name == OFFICIAL else _install_package(parsed)


def _install_package(parsed: argparse.Namespace) -> int:
    from proactive_gym.sources.installing import install

    given = [name for name in ("train", "keep_archives", "revision") if getattr(parsed, name)]
    if given:
        raise InputError(f"--{given[0].replace('_', '-')} is for {OFFICIAL} only; leave it out for {parsed.name!r}.")
    with watched(of_bytes=False) as (watch, say):
        folder = install(PACKAGES[parsed.name], parsed.to, parsed.source, watch=watch, say=say)
        if parsed.views:
            from proactive_gym.sources.furniture.source import render_all

            say(f"{render_all(folder, watch):,} views rendered.")
    print(f"Installed; {_used(parsed.name, None if parsed.to is None else folder)}")
    return DONE


def _used(name: str, folder: Path | None) -> str:
    where = "" if folder is None else f" with --data-dir {folder}"
    return f"--source {name}{where} uses it."


def _install_official(parsed: argparse.Namespace) -> int:
    from proactive_gym.sources.proactivebench.getting import DEFAULT_FOLDER, install, install_from

    if parsed.source is not None and parsed.revision is not None:
        raise InputError(
            f"--revision is {parsed.revision!r}, but a local copy (--from) has none; leave one of them out."
        )
    folder = parsed.to or DEFAULT_FOLDER
    options = {"train": parsed.train, "keep_archives": parsed.keep_archives}
    with watched() as (watch, say):
        if parsed.source is not None:
            data_dir = install_from(parsed.source, folder, **options, watch=watch, say=say)
        else:
            data_dir = install(folder, revision=parsed.revision, **options, watch=watch, say=say)
    print(f"Installed; --data-dir is {data_dir}")
    if parsed.train:
        print(f"The training split is in {data_dir.parent / 'data'}")
    return DONE
