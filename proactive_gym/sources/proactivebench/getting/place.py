"""The folder that is installed into, and what is done there so far."""

import json
import os
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from proactive_gym.errors import InputError
from proactive_gym.sources.installing.disk import (
    Say,
    Watch,
    checked_parts,
    digest_of,
    is_archive,
    made_folder,
    on_disk,
    size_of,
    size_text,
    write_json,
)
from proactive_gym.sources.proactivebench.getting.unpacking import (
    UNREADABLE,
    checked_entries,
    unpack_checked,
)
from proactive_gym.sources.proactivebench.layout import DATA_SETS, rows_file

REPOSITORY = "tdemin16/ProactiveBench"
DEFAULT_FOLDER = Path("data/ProactiveBench")
QUESTIONS = tuple(map(rows_file, DATA_SETS))
WITNESSES = 64
"""Of so many of an archive's files it is seen whether they are there before it counts as unpacked."""

State = Literal["absent", "unfinished", "installed"]


@dataclass(frozen=True)
class Listed:
    """A file as the hub lists it."""

    path: str
    size: int
    hash: str
    """``sha256:…`` or, of a small file, git's own ``git:…``."""

    @property
    def is_archive(self) -> bool:
        """Whether it is to be unpacked."""
        return is_archive(self.path)


@dataclass
class Place:
    """The folder that is installed into, with the markers of what is done."""

    folder: Path
    known: set[str] = field(default_factory=set)
    """Folders below it that are known to be there, and to be no links."""

    @classmethod
    @contextmanager
    def opened(cls, folder: str | Path) -> Iterator["Place"]:
        """The folder, made if missing, for this process alone."""
        from filelock import FileLock, Timeout

        place = cls(Path(folder).expanduser())
        try:
            place.folder.mkdir(parents=True, exist_ok=True)
            place.folder = place.folder.resolve()
            for name in (".install", ".install/parts", ".install/unpacked", "test"):
                place.make_folder(name)
            with FileLock(place.state / "lock", timeout=0):
                yield place
        except Timeout as error:
            raise InputError(
                f"Another installation is at work in {place.folder}; wait for it, or choose another folder."
            ) from error
        except OSError as error:
            where = f" ({error.filename})" if error.filename else ""
            raise InputError(f"Installing into {folder} failed: {error.strerror or error}{where}.") from error

    @property
    def test(self) -> Path:
        """The folder of questions and pictures."""
        return self.folder / "test"

    @property
    def state(self) -> Path:
        """The folder of what is under way."""
        return self.folder / ".install"

    @property
    def draft(self) -> Path:
        """The file that is being written."""
        return self.state / "draft"

    def path(self, path: str) -> Path:
        """Where a file of that path goes."""
        return self.folder.joinpath(*checked_parts(path))

    def make_folder(self, path: str) -> Path:
        """The folder of that path, made if missing; never by way of a link."""
        return made_folder(self.folder, Path(path).parts, self.known)

    def part(self, file: Listed) -> Path:
        """Where the file is collected, named by its hash: parts of two versions never mix."""
        part = self.state / "parts" / f"{file.hash.partition(':')[2][:16]}-{Path(file.path).name}"
        if part.is_symlink():
            part.unlink()
        return part

    def adopt(self, found: Path, path: str) -> None:
        """Put a checked file in its place."""
        if found != self.path(path):
            self.make_folder(str(Path(path).parent))
            os.replace(found, self.path(path))

    def begin(self) -> None:
        """Note that not everything is there."""
        (self.state / "finished.json").unlink(missing_ok=True)

    def finish(self, **facts: Any) -> None:
        """Note that everything is there."""
        write_json(self.state / "finished.json", facts)

    def has(self, file: Listed, watch: Watch) -> bool:
        """Whether the file, or all that was in the archive, is there as listed."""
        if file.is_archive:
            return self._is_unpacked(file.path, file.size, file.hash)
        return matches(self.path(file.path), file, watch)

    def unpacked_hash(self, path: str, size: int) -> str | None:
        """The hash of the archive of that name and size that is wholly unpacked, or ``None``."""
        digest = self._marker(path).get("hash")
        return digest if isinstance(digest, str) and self._is_unpacked(path, size, digest) else None

    def mark_unpacked(self, path: str, size: int, digest: str, files: Mapping[str, int]) -> None:
        """Note that an archive is wholly unpacked, once its files are on the disk and not only in memory."""
        if hasattr(os, "sync"):
            os.sync()
        names = list(files)
        witnesses = {name: files[name] for name in names[:: max(1, len(names) // WITNESSES)]}
        facts = {"archive": path, "size": size, "hash": digest, "files": len(names), "witnesses": witnesses}
        write_json(self._marker_file(path), facts)

    def _is_unpacked(self, path: str, size: int, digest: str) -> bool:
        marker = self._marker(path)
        if (marker.get("archive"), marker.get("size"), marker.get("hash")) != (path, size, digest):
            return False
        beside = self.path(path).parent
        witnesses = marker.get("witnesses")
        return isinstance(witnesses, dict) and all(size_of(beside / name) == held for name, held in witnesses.items())

    def _marker(self, path: str) -> dict[str, Any]:
        try:
            marker = json.loads(self._marker_file(path).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return marker if isinstance(marker, dict) else {}

    def _marker_file(self, path: str) -> Path:
        return self.state / "unpacked" / f"{quote(path, safe='')}.json"


def check_space(place: Place, needed: int, what: str, say: Say) -> None:
    """Say how many bytes are needed and free; refuse where there are too few."""
    free = shutil.disk_usage(place.folder).free
    if needed > free:
        raise InputError(
            f"{what} needs about {size_text(needed)} in {place.folder}, where {size_text(free)} are free; "
            f"make room or choose another folder."
        )
    if needed:
        say(f"{what} needs about {size_text(needed)} in {place.folder}, where {size_text(free)} are free.")


def growth(place: Place, archive: Path, path: str) -> int:
    """What unpacking would add; nothing if the archive cannot be read, which is noticed later."""
    beside = place.path(path).parent
    try:
        with zipfile.ZipFile(archive) as zipped:
            entries = checked_entries(zipped, archive, path)
    except InputError:
        raise
    except UNREADABLE:
        return 0
    return sum(on_disk(entry.file_size) for name, entry in entries.items() if size_of(beside / name) != entry.file_size)


def unpack_in_place(place: Place, archive: Path, path: str, watch: Watch) -> dict[str, int]:
    """Unpack an archive beside where it has its place; the sizes of all files in it."""
    into = place.make_folder(str(Path(path).parent))
    guarded = frozenset(QUESTIONS) if into == place.test else frozenset()
    return unpack_checked(archive, into, place.draft, path, guarded, watch)


def matches(there: Path, file: Listed, watch: Watch) -> bool:
    """Whether that is the file as listed."""
    if size_of(there) != file.size:
        return False
    return digest_of(there, file.hash.partition(":")[0], watch, f"checking {file.path}") == file.hash


def state(folder: str | Path = DEFAULT_FOLDER) -> State:
    """Whether the benchmark is in that folder, as far as its installation goes; nothing is read but a marker."""
    installing = Path(folder) / ".install"
    if (installing / "finished.json").is_file():
        return "installed"
    return "unfinished" if installing.is_dir() else "absent"
