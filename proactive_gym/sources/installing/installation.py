"""Puts a package's pictures into a folder, all of them or none."""

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from proactive_gym.errors import InputError
from proactive_gym.sources.installing.disk import Say, Watch, digest_of, size_of, size_text, write_json
from proactive_gym.sources.installing.finding import MARKER, content_in, home, is_installed, marked
from proactive_gym.sources.installing.packages import Package
from proactive_gym.sources.installing.writing import Written


def install(package: Package, to: Path | None = None, source: Path | None = None, *, watch: Watch, say: Say) -> Path:
    """Fetch the package, or take it from a copy, and keep what its source reads.

    Whoever is interrupted has nothing in ``to``, not a part: the same call begins anew.

    Args:
        package: Which.
        to: The folder for it; among the caches by default.
        source: Its archive, or a folder it was unpacked into; ``None`` fetches it.
        watch: Is told how far it is.
        say: Is told what is done.

    Returns:
        The folder.

    Raises:
        InputError: If it cannot be fetched or read, if it is another package, or if ``to`` holds something else.
    """
    folder = (home() / package.name if to is None else to).expanduser().absolute()
    with _alone(folder):
        if source is None and is_installed(folder) and not changed(folder, watch):
            say(f"{package.origin} is in {folder} already, whole.")
            return folder
        if folder.exists() and not is_installed(folder) and any(folder.iterdir()):
            raise InputError(f"{folder} holds something that was not installed here; choose another folder by --to.")
        with _draft(folder) as draft:
            _collect(package, source, draft, watch, say)
            _replace(folder, draft / "pictures")
    return folder


def changed(folder: Path, watch: Watch) -> list[str]:
    """What is no longer as it was installed: a sentence for each file that is missing or another."""
    files = marked(folder).get("files")
    if not isinstance(files, dict):
        return [f"{folder / MARKER} says nothing of the files beside it."]
    told = []
    for name, hash in files.items():
        file = folder / name
        if size_of(file) < 0:
            told.append(f"{file} is missing.")
        elif digest_of(file, "sha256") != hash:
            told.append(f"{file} is not what was installed.")
        watch("checking", len(told), len(files))
    return told


def _collect(package: Package, source: Path | None, draft: Path, watch: Watch, say: Say) -> None:
    written = Written(package, draft / "pictures", watch)
    if source is not None and source.is_dir():
        written.take_folder(content_in(package, source))
        origin = f"the folder {source}"
    else:
        if source is None:
            say(f"Fetching {package.origin} ({package.size}).")
            (draft / "fetched").mkdir()
        archive = package.origin.fetch(draft / "fetched") if source is None else source
        if not archive.is_file():
            raise InputError(f"--from is {str(archive)!r}, but there is no such file or folder.")
        with package.origin.opened(archive) as files:
            written.take_archive(files, archive)
        origin = archive.name
    written.check(origin)
    for left_out in written.left_out:
        say(f"{left_out} is a link, and left out.")
    say(f"{len(written.files)} files, {size_text(written.size)}, from {origin}.")
    write_json(draft / "pictures" / MARKER, {"package": str(package.origin), "from": origin, "files": written.files})


def _replace(folder: Path, new: Path) -> None:
    """Put ``new`` in the place of ``folder``, which is missing, empty, or an earlier installation."""
    if folder.exists():
        old = new.with_name("old")
        os.replace(folder, old)
    os.replace(new, folder)


@contextmanager
def _draft(folder: Path) -> Iterator[Path]:
    """A folder for what is under way, gone afterwards; what a killed installation left is removed first."""
    draft = folder.with_name(f".{folder.name}.installing")
    _remove(draft)
    draft.mkdir()
    try:
        yield draft
    finally:
        _remove(draft)


def _remove(folder: Path) -> None:
    if folder.is_symlink() or (folder.exists() and not stat.S_ISDIR(os.lstat(folder).st_mode)):
        raise InputError(f"{folder} is a link or a file, but the installation needs that name; remove it.")
    if folder.exists():
        shutil.rmtree(folder)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One installation at a time into a folder."""
    from filelock import FileLock, Timeout

    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(f".{folder.name}.lock"), timeout=0):
            yield
    except Timeout as error:
        raise InputError(f"Another installation is at work in {folder}; wait for it.") from error
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise InputError(f"Installing into {folder} failed: {error.strerror or error}{where}.") from error
