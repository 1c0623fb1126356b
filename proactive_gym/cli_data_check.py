"""The command ``proactive-gym data check``: the official files, and pictures that were installed."""

import argparse
import sys
import warnings
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from proactive_gym.cli_showing import DONE, MENDABLE, watched
from proactive_gym.errors import InputError

if TYPE_CHECKING:
    from rich.table import Table

    from proactive_gym.sources.installing import Package
    from proactive_gym.sources.installing.disk import Watch
    from proactive_gym.sources.proactivebench.check import Checked

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_check(commands: "Commands") -> None:
    """Add ``check`` to the commands below ``data``."""
    look = commands.add_parser("check", help="list all that is wrong with what is there; status 1 if anything is")
    look.add_argument(
        "what",
        metavar="NAME|DIR",
        help="what was installed, by its name; or a folder: of the official files, such as data/ProactiveBench/test, "
        "or of pictures of your own",
    )
    look.add_argument("--data-dir", type=Path, metavar="DIR", help="where it was installed (NAME only)")
    look.add_argument("--quick", action="store_true", help="of each picture, read the beginning only (DIR only)")
    look.set_defaults(command=_check)


def _check(parsed: argparse.Namespace) -> int:
    from proactive_gym.sources.installing import PACKAGES

    if parsed.what in PACKAGES:
        return _check_package(PACKAGES[parsed.what], parsed.data_dir)
    folder = Path(parsed.what)
    if _is_official(folder):
        return _check_official(folder, parsed.quick)
    return _check_own(folder)


def _is_official(folder: Path) -> bool:
    """Whether the folder, or its ``test``, holds rows of the benchmark; or neither those nor folders of classes."""
    from proactive_gym.sources.proactivebench.layout import rows_file

    if any(folder.glob(rows_file("*"))) or any((folder / "test").glob(rows_file("*"))):
        return True
    return not folder.is_dir() or not any(path.is_dir() for path in folder.iterdir())


def _check_own(folder: Path) -> int:
    from proactive_gym.sources.folder.contents import contents_of

    with watched(of_bytes=False) as (watch, say):
        contents = contents_of(folder.absolute(), watch=watch)
        for problem in contents.problems:
            say(problem.says)
        shown = sum(len(thing.likenesses) for thing in contents.things)
        say(f"{len(contents.things)} classes, {shown} of {contents.files} pictures and clips can be shown.")
    return _verdict(len(contents.problems), folder)


def _check_package(package: "Package", data_dir: Path | None) -> int:
    from proactive_gym.sources.installing import changed, folder_of, is_installed

    folder = folder_of(package, data_dir)
    problems = 0
    with watched(of_bytes=False) as (watch, say):
        for problem in chain(changed(folder, watch) if is_installed(folder) else [], _unusable(package, folder, watch)):
            problems += 1
            say(problem)
    return _verdict(problems, folder)


def _unusable(package: "Package", folder: Path, watch: "Watch") -> Iterator[str]:
    """What is wrong with the pictures that the source shows."""
    from proactive_gym.sources import make_source
    from proactive_gym.sources.scenes.source import ScenesSource

    try:
        source = make_source(package.name, data_dir=str(folder))
    except InputError as error:
        yield str(error)
        return
    assert isinstance(source, ScenesSource)  # as all packages are read by such
    likenesses = [likeness for item in source.catalogue.subjects.values() for likeness in item.likenesses]
    for done, likeness in enumerate(likenesses, start=1):
        try:
            likeness.check()
        except InputError as error:
            yield str(error)
        watch("looking at pictures", done, len(likenesses))


def _check_official(folder: Path, quick: bool) -> int:
    from proactive_gym.envs.suite import ProactiveSuiteEnv
    from proactive_gym.sources.proactivebench.check import Checked, check, strangers

    found: list[Checked] = []
    with watched(of_bytes=False) as (watch, say), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's of large pictures, which are refused all the same
        for checked in check(folder, ProactiveSuiteEnv.scenarios, quick, watch):
            found.append(checked)
            for problem in checked.problems:
                say(problem)
        foreign = strangers(folder)
        for problem in foreign:
            say(problem)
        say(_counts(found))
    return _verdict(sum(len(checked.problems) for checked in found) + len(foreign), folder)


def _verdict(problems: int, folder: Path) -> int:
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
