"""Installs from a copy on this machine, which is left as it is."""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from proactive_gym.errors import InputError
from proactive_gym.sources.installing.disk import (
    CHUNK,
    RefusedError,
    Say,
    Watch,
    checked_parts,
    digest_of,
    is_archive,
    on_disk,
    size_of,
    size_text,
)
from proactive_gym.sources.proactivebench.getting.place import (
    DEFAULT_FOLDER,
    QUESTIONS,
    REPOSITORY,
    Place,
    check_space,
    growth,
    unpack_in_place,
)
from proactive_gym.sources.proactivebench.getting.unpacking import DamagedError


def install_from(
    source: str | Path,
    folder: str | Path = DEFAULT_FOLDER,
    *,
    train: bool = False,
    keep_archives: bool = False,
    watch: Watch = lambda what, done, total: None,
    say: Say = lambda sentence: None,
) -> Path:
    """Take the benchmark's files from a local copy: hard-linked where that is possible, otherwise copied.

    Args:
        source: A copy of the repository or of its folder ``test``, with archives or with unpacked pictures. It is not
            changed, and no link is followed that leads out of it.
        folder: Where everything goes; made if missing.
        train: Whether to take the training split, too.
        keep_archives: Whether to put the archives there as well, which are unpacked in any case.
        watch: Is told how far each file is.
        say: Is told, in a sentence, what comes next.

    Returns:
        The folder of the questions and pictures: the ``data_dir`` of the source.

    Raises:
        InputError: If the copy lacks files or has damaged ones, there is not enough space, or an archive is not safe
            to unpack.
    """
    root = _root(source)
    with Place.opened(folder) as place:
        files = _local_files(root, place, train)
        copied = [file for file in files if keep_archives or not file.is_archive]
        unpacked = [file for file in files if file.is_archive and not _is_unpacked(file, place, watch)]
        bare = sum(on_disk(file.size) for file in copied if not _is_copied(file, place) and not file.links_to(place))
        more = sum(growth(place, file.file, file.path) for file in unpacked)
        check_space(place, bare + more, f"Installing {root}", say)
        place.begin()
        done, total = 0, sum(file.size for file in copied)
        for file in copied:
            watch("copying", done, total)
            _copy(file, place)
            done += file.size
        for file in unpacked:
            say(f"{file.path} ({size_text(file.size)})")
            _unpack_local(place, file, watch)
        place.finish(source=str(root), commit=None, train=train)
        absent = [name for name in QUESTIONS if not (place.test / name).exists()]
        if absent:
            say(f"The copy holds no {', '.join(absent)}.")
        return place.test


@dataclass(frozen=True)
class Local:
    """A file of a local copy, and where it goes."""

    path: str
    file: Path
    size: int
    device: int

    @property
    def is_archive(self) -> bool:
        """Whether it is to be unpacked."""
        return is_archive(self.path)

    def links_to(self, place: Place) -> bool:
        """Whether it can be there without being copied."""
        return self.device == place.folder.stat().st_dev


def _is_unpacked(file: Local, place: Place, watch: Watch) -> bool:
    digest = place.unpacked_hash(file.path, file.size)
    return digest is not None and digest == digest_of(file.file, "sha256", watch, f"checking {file.path}")


def _unpack_local(place: Place, file: Local, watch: Watch) -> None:
    try:
        unpacked = unpack_in_place(place, file.file, file.path, watch)
    except DamagedError as error:
        raise InputError(f"The archive {file.file} is damaged ({error}); get it again.") from error
    digest = digest_of(file.file, "sha256", watch, f"checking {file.path}")
    place.mark_unpacked(file.path, file.size, digest, unpacked)


def _root(source: str | Path) -> Path:
    root = Path(source).expanduser()
    if not root.is_dir():
        raise InputError(f"{source} is no folder, but must be a local copy of {REPOSITORY} or of its folder test.")
    return root.resolve()


def _local_files(root: Path, place: Place, train: bool) -> list[Local]:
    """The files of the copy, each of which lies in it."""
    test = root / "test" if (root / "test").is_dir() else root
    if test.resolve() != place.test and (root.is_relative_to(place.folder) or place.folder.is_relative_to(root)):
        raise InputError(f"{root} and {place.folder} lie in one another; choose another folder to install into.")
    if not any(test.glob("*_preprocessed.jsonl")):
        raise InputError(f"{test} holds no NAME_preprocessed.jsonl; give a local copy of {REPOSITORY} or of its test.")
    found = [_local(file, f"test/{file.relative_to(test).as_posix()}", root) for file in _walk(test)]
    parquet = sorted((root / "data").glob("train-*.parquet")) if train else []
    if train and not parquet:
        raise InputError(f"{root} holds no data/train-*.parquet; install without the training split, or get it.")
    for questions in sorted(test.glob("*_preprocessed.jsonl")):
        _check_lines(questions)
    return [*found, *(_local(file, f"data/{file.name}", root) for file in parquet)]


def _walk(folder: Path) -> Iterator[Path]:
    def fail(error: OSError) -> None:
        raise error

    for here, folders, names in os.walk(folder, onerror=fail):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in folders:
            if Path(here, name).is_symlink():
                raise InputError(f"{Path(here, name)} is a link, which is not followed; put the folder itself there.")
        yield from (Path(here, name) for name in sorted(names) if not name.startswith("."))


def _local(file: Path, path: str, root: Path) -> Local:
    real = file.resolve()
    if not real.is_relative_to(root):
        raise InputError(f"{file} leads out of {root}, which is not followed; put the file itself there (cp -L).")
    if not real.is_file():
        raise InputError(f"{file} is no file that can be copied; remove it.")
    try:
        checked_parts(path)
    except RefusedError as error:
        raise InputError(f"{root} holds {path!r}, which {error}; rename or remove it.") from error
    about = real.stat()
    return Local(path, real, about.st_size, about.st_dev)


def _check_lines(file: Path) -> None:
    with file.open("rb") as lines:
        for number, text in enumerate(lines, start=1):
            try:
                whole = not text.strip() or isinstance(json.loads(text), dict)
            except ValueError:
                whole = False
            if not whole:
                raise InputError(f"Line {number} of {file} is no JSON object; the file is damaged: get it again.")


def _is_copied(file: Local, place: Place) -> bool:
    """Whether it is there: the same file, or one of the same size and time, like rsync has it."""
    target = place.path(file.path)
    if size_of(target) < 0:
        return False
    there, here = target.stat(), file.file.stat()
    return os.path.samestat(there, here) or (there.st_size, there.st_mtime_ns) == (here.st_size, here.st_mtime_ns)


def _copy(file: Local, place: Place) -> None:
    if _is_copied(file, place):
        return
    place.make_folder(str(Path(file.path).parent))
    place.draft.unlink(missing_ok=True)
    try:
        os.link(file.file, place.draft, follow_symlinks=False)
    except (OSError, NotImplementedError):  # another disk, or one that has no hard links
        with file.file.open("rb") as here, place.draft.open("xb") as there:
            shutil.copyfileobj(here, there, CHUNK)
        if size_of(place.draft) != file.size:
            raise InputError(f"{file.file} changed while it was copied; run the same command again.") from None
        shutil.copystat(file.file, place.draft)
    os.replace(place.draft, place.path(file.path))
