"""Writes the files of a package that its source reads; names and sizes are not trusted."""

import os
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from proactive_gym.errors import InputError
from proactive_gym.sources.installing.disk import (
    RefusedError,
    Watch,
    checked_parts,
    digest_of,
    made_folder,
)
from proactive_gym.sources.installing.packages import Package

MOST_BYTES = 2 * 10**9
"""A package that holds more is taken for an attempt to fill the disk."""


class Written:
    """What was written so far of a package.

    Args:
        package: Which.
        folder: Where its files go; made here.
        watch: Is told how many files and bytes there are.

    Attributes:
        files: The SHA-256 of each file, by its path in ``folder``.
        left_out: Links, which are not followed.
        size: Bytes of all files together.
    """

    def __init__(self, package: Package, folder: Path, watch: Watch) -> None:
        self.files: dict[str, str] = {}
        self.left_out: list[str] = []
        self.size = 0
        self._package, self._folder, self._watch = package, folder, watch
        self._known: set[str] = set()
        folder.mkdir()

    def take_archive(self, files: tarfile.TarFile, archive: Path) -> None:
        """Write what the source reads of an archive.

        Raises:
            InputError: If a name in it is not safe, or if it holds too much.
        """
        seen = 0
        for entry in files:
            seen += entry.size
            self._check_size(seen, archive)
            name = self._wanted_name(entry.name, archive)
            if name is None:
                continue
            content = files.extractfile(entry) if entry.isreg() else None
            if content is None:
                self.left_out.append(entry.name)
            else:
                self._write(content, name, archive)

    def take_folder(self, folder: Path) -> None:
        """Copy what the source reads of a folder.

        Raises:
            InputError: If it holds too much.
        """
        for file in _files_below(folder):
            name = file.relative_to(folder).as_posix()
            wanted = self._package.wants(name)
            if file.is_symlink() and (wanted or file.is_dir()):
                self.left_out.append(str(file))
            if file.is_symlink() or not wanted:
                continue
            self._check_size(self.size + file.stat().st_size, folder)
            with file.open("rb") as content:
                self._write(content, name, folder)

    def check(self, origin: str) -> None:
        """See whether that was the package.

        Raises:
            InputError: If there is too little in it.
        """
        if len(self.files) < self._package.least:
            kinds = " or ".join(self._package.suffixes)
            raise InputError(
                f"There are {len(self.files)} {kinds} files in {self._package.content} of {origin}, but "
                f"{self._package.origin} has at least {self._package.least}; is it another package, or a part of it?"
            )

    def _wanted_name(self, name: str, archive: Path) -> str | None:
        """Where the entry goes, or ``None`` if the source does not read it."""
        try:
            path = "/".join(checked_parts(name))
        except RefusedError as error:
            raise InputError(f"{archive} holds {name!r}, which {error}; nothing of it is installed.") from error
        inside = path.removeprefix(f"{self._package.content}/")
        return inside if inside != path and self._package.wants(path) else None

    def _write(self, content: IO[bytes], name: str, origin: Path) -> None:
        parts = name.split("/")
        target = made_folder(self._folder, parts[:-1], self._known) / parts[-1]
        try:
            with target.open("xb") as file:
                shutil.copyfileobj(content, file)
        except FileExistsError:
            raise InputError(f"{origin} holds {name!r} twice; nothing of it is installed.") from None
        self.size += target.stat().st_size
        self.files[name] = digest_of(target, "sha256")
        self._watch(f"unpacking {self._package.name}", len(self.files), max(len(self.files), self._package.least))

    def _check_size(self, size: int, origin: Path) -> None:
        if size > MOST_BYTES:
            raise InputError(f"{origin} holds more than {MOST_BYTES:,} bytes; nothing of it is installed.")


def _files_below(folder: Path) -> Iterator[Path]:
    """All files below a folder, in order; folders that are links are files here."""
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.is_dir(follow_symlinks=False):
            yield from _files_below(Path(entry.path))
        else:
            yield Path(entry.path)
