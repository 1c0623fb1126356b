"""Get the benchmark's own files: fetched from the Hugging Face Hub or taken from a local copy, checked and unpacked.

The folder mirrors the repository: ``test`` holds the questions (``NAME_preprocessed.jsonl``) and, unpacked beside them,
the pictures; ``data`` holds the training split. What is under way is in ``.install``: a killed installation loses
nothing, and the same call again goes on where it stopped.
"""

import hashlib
import json
import os
import re
import shutil
import stat
import struct
import time
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from proactive_gym.errors import InputError, one_line
from proactive_gym.sources.proactivebench.layout import DATA_SETS, rows_file

REPOSITORY = "tdemin16/ProactiveBench"
DEFAULT_FOLDER = Path("data/ProactiveBench")
QUESTIONS = tuple(map(rows_file, DATA_SETS))
UNPACKED_BYTES, TRAIN_BYTES = 150 * 10**9, 263 * 10**6
"""About what the pictures and the training split take."""

CHUNK = 1 << 20
BLOCK = 8 << 30
"""Most bytes asked for at once: storage behind the hub serves very large files in parts only."""
TRIES = 6
"""Failures in a row, without a byte more, after which a download is given up."""
PAUSE, LONGEST_PAUSE, TIMEOUT = 1.0, 60.0, 60.0
PASSING = {408, 416, 429, 500, 502, 503, 504}
"""Answers of a server that another try may mend."""

RATIO, SUSPICIOUS = 200, 10 * 10**6
"""An entry of more than SUSPICIOUS bytes that shrank by more than RATIO is no picture."""
SECTOR = 4096
WITNESSES = 64

Watch = Callable[[str, int, int], None]
"""Is told what is being done, how many bytes of it are done, and of how many."""
Say = Callable[[str], None]
State = Literal["absent", "unfinished", "installed"]


def install(
    folder: str | Path = DEFAULT_FOLDER,
    *,
    repository: str = REPOSITORY,
    revision: str | None = None,
    train: bool = False,
    keep_archives: bool = False,
    endpoint: str | None = None,
    watch: Watch = lambda what, done, total: None,
    say: Say = lambda sentence: None,
) -> Path:
    """Fetch the benchmark's files and unpack its pictures.

    Args:
        folder: Where everything goes; made if missing.
        repository: The data set on the hub.
        revision: A branch, tag or commit of it; ``None`` takes the newest.
        train: Whether to fetch the training split, too.
        keep_archives: Whether to keep the archives that are unpacked.
        endpoint: Address of the hub; ``None`` takes that of ``HF_ENDPOINT``.
        watch: Is told how far each file is.
        say: Is told, in a sentence, what comes next.

    Returns:
        The folder of the questions and pictures: the ``data_dir`` of the source.

    Raises:
        InputError: If the hub does not give the files, there is not enough space, a file is damaged, or an archive is
            not safe to unpack.
    """
    hub = _Hub(repository, revision, endpoint)
    listed = hub.listing(train)
    with _Place.opened(folder) as place:
        missing = [file for file in listed if not place.has(file, watch)]
        _check_space(place, _peak(place, missing, keep_archives), f"Installing {repository}", say)
        place.begin()
        for file in missing:
            say(f"{file.path} ({size_text(file.size)})")
            found = _obtained(place, hub, file, watch)
            if file.is_archive:
                _unpack_fetched(place, file, found, keep_archives, watch)
            else:
                place.adopt(found, file.path)
        place.finish(source=repository, commit=hub.commit, train=train)
        return place.test


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
    with _Place.opened(folder) as place:
        files = _local_files(root, place, train)
        copied = [file for file in files if keep_archives or not file.is_archive]
        unpacked = [file for file in files if file.is_archive and not place.has_local(file, watch)]
        bare = sum(_on_disk(file.size) for file in copied if not _is_copied(file, place) and not file.links_to(place))
        growth = sum(_growth(place, file.file, file.path) for file in unpacked)
        _check_space(place, bare + growth, f"Installing {root}", say)
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


def state(folder: str | Path = DEFAULT_FOLDER) -> State:
    """Whether the benchmark is in that folder, as far as its installation goes; nothing is read but a marker."""
    installing = Path(folder) / ".install"
    if (installing / "finished.json").is_file():
        return "installed"
    return "unfinished" if installing.is_dir() else "absent"


def unpack(archive: Path, into: Path, name: str | None = None, watch: Watch = lambda what, done, total: None) -> None:
    """Unpack a ZIP archive that may be hostile; of one that is refused, nothing is unpacked.

    Each file is written under another name and put in its place when it is whole. Files already there are kept if
    they are the archive's. No link is followed.

    Args:
        archive: The archive.
        into: An existing folder.
        name: What to call the archive in messages.
        watch: Is told how far it is.

    Raises:
        InputError: If it could write outside ``into``, holds anything but files and folders, unpacks to more than fits
            or than it says, or is damaged.
    """
    try:
        _unpack(archive, into, into / ".unpacking", name or str(archive), frozenset(), watch)
    except _DamagedError as error:
        raise InputError(f"The archive {archive} is damaged ({error}); get it again.") from error


def size_text(count: int) -> str:
    """The number of bytes in a unit that reads well."""
    amount, units = float(count), ["bytes", "kB", "MB", "GB", "TB"]
    while amount >= 1000 and len(units) > 1:
        amount, units = amount / 1000, units[1:]
    return f"{amount:.3g} {units[0]}" if amount < 999.5 else f"{amount:.0f} {units[0]}"


# --- What is to be had ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Listed:
    """A file as the hub lists it."""

    path: str
    size: int
    hash: str
    """``sha256:…`` or, of a small file, git's own ``git:…``."""

    @property
    def is_archive(self) -> bool:
        return _is_archive(self.path)


@dataclass(frozen=True)
class _Local:
    """A file of a local copy, and where it goes."""

    path: str
    file: Path
    size: int
    device: int

    @property
    def is_archive(self) -> bool:
        return _is_archive(self.path)

    def links_to(self, place: "_Place") -> bool:
        return self.device == place.folder.stat().st_dev


class _Hub:
    """The data set's repository on the hub, at one commit."""

    def __init__(self, repository: str, revision: str | None, endpoint: str | None) -> None:
        from huggingface_hub import constants

        self.repository, self.revision = repository, revision
        self.endpoint = (endpoint or constants.ENDPOINT).rstrip("/")
        self.commit = ""

    def listing(self, train: bool) -> list[_Listed]:
        """The files to install: small ones first, then the archives, the largest of them first, which saves space."""
        from huggingface_hub import HfApi
        from huggingface_hub.hf_api import RepoFile

        hub = HfApi(endpoint=self.endpoint, library_name="proactive-gym")
        with self._errors():
            self.commit = str(hub.dataset_info(self.repository, revision=self.revision, timeout=TIMEOUT).sha)
            tree = hub.list_repo_tree(self.repository, recursive=True, revision=self.commit, repo_type="dataset")
            listed = [_listed(file) for file in tree if isinstance(file, RepoFile)]
        chosen = [file for file in listed if _is_chosen(file.path, train)]
        self._check_listing(chosen, train)
        return sorted(chosen, key=lambda file: (file.is_archive, -file.size, file.path))

    def fetch(self, file: _Listed, part: Path, watch: Watch) -> None:
        """Fetch what ``part`` lacks of the file."""
        best, failures = _held(part), 0
        while (have := _held(part)) < file.size:
            trouble, pause = self._try_to_fetch(file, part, have, watch)
            now = _held(part)
            best, failures = max(best, now), 0 if now > best else failures + 1
            if failures == TRIES:
                raise InputError(
                    f"{file.path} broke off after {size_text(now)} of {size_text(file.size)} ({trouble}); "
                    f"the same command goes on from there."
                )
            if now < file.size and trouble:
                time.sleep(max(pause, min(PAUSE * 2**failures, LONGEST_PAUSE)))

    def _try_to_fetch(self, file: _Listed, part: Path, have: int, watch: Watch) -> tuple[str, float]:
        """Fetch; what went wrong that another try may mend, and how long the server wants to be left alone."""
        from huggingface_hub.errors import HfHubHTTPError

        try:
            with self._errors(file.path):
                try:
                    self._fetch_rest(file, part, have, watch)
                except HfHubHTTPError as error:
                    if error.response.status_code not in PASSING:
                        raise
                    if error.response.status_code == 416:  # the part is longer than what there is
                        part.unlink(missing_ok=True)
                    wanted = error.response.headers.get("Retry-After", "")
                    pause = min(float(wanted), LONGEST_PAUSE) if wanted.isdigit() and PAUSE else 0.0
                    return f"the server answered {error.response.status_code}", pause
        except _BrokenOffError as error:
            return str(error), 0.0
        return ("" if _held(part) > have else "nothing came"), 0.0

    def _fetch_rest(self, file: _Listed, part: Path, have: int, watch: Watch) -> None:
        from huggingface_hub import get_session, hf_hub_url
        from huggingface_hub.utils import build_hf_headers, hf_raise_for_status  # type: ignore[attr-defined]

        url = hf_hub_url(self.repository, file.path, repo_type="dataset", revision=self.commit, endpoint=self.endpoint)
        headers = {**build_hf_headers(library_name="proactive-gym"), "Accept-Encoding": "identity"}
        if have or file.size > BLOCK:
            headers["Range"] = f"bytes={have}-{min(have + BLOCK, file.size) - 1}"
        with get_session().stream("GET", url, headers=headers, follow_redirects=True, timeout=TIMEOUT) as response:
            hf_raise_for_status(response)
            went_on = response.headers.get("Content-Range", "").startswith(f"bytes {have}-")
            have = have if response.status_code == 206 and went_on else 0
            if response.status_code == 206 and not went_on:
                raise _BrokenOffError("the server sent another part than was asked for")
            with part.open("ab" if have else "wb") as sink:
                for chunk in response.iter_bytes():  # as they come: where it breaks off, none is lost
                    sink.write(chunk)
                    have += len(chunk)
                    watch(f"fetching {file.path}", have, file.size)
                    if have > file.size:
                        break

    @contextmanager
    def _errors(self, path: str | None = None) -> Iterator[None]:
        """Turn what the client raises into one sentence."""
        from huggingface_hub import errors

        # Version 1 of the client speaks through httpx, version 2 through httpx2; this is either's.
        network_error: Any = next(kind for kind in errors.HfHubHTTPError.__mro__ if kind.__name__ == "HTTPError")
        what = f"the data set {self.repository!r}"
        try:
            yield
        except errors.OfflineModeIsEnabled as error:
            raise InputError(
                "HF_HUB_OFFLINE (or TRANSFORMERS_OFFLINE) is set, which forbids downloads; "
                "set HF_HUB_OFFLINE=0 for this command, or install from a local copy."
            ) from error
        except errors.RevisionNotFoundError as error:
            raise InputError(f"{self.endpoint} has no revision {self.revision!r} of {what}; leave it out.") from error
        except errors.GatedRepoError as error:
            raise InputError(
                f"{self.endpoint} gives {what} only to those who agreed to its terms; "
                f"agree at {self.endpoint}/datasets/{self.repository} and set HF_TOKEN."
            ) from error
        except errors.RepositoryNotFoundError as error:
            raise InputError(
                f"{self.endpoint} has no {what[4:]}, or hides it; check its name and HF_ENDPOINT, and set HF_TOKEN "
                f"if it is private."
            ) from error
        except errors.HFValidationError as error:
            raise InputError(f"repository is {self.repository!r}, but must be like {REPOSITORY!r}.") from error
        except errors.HfHubHTTPError as error:
            raise InputError(
                f"{self.endpoint} answered {error.response.status_code} when asked for {path or what}; "
                f"try later, or install from a local copy."
            ) from error
        except network_error as error:
            if path:
                raise _BrokenOffError(one_line(error)) from error
            raise InputError(
                f"{self.endpoint} cannot be reached ({one_line(error)}); "
                f"check the network and HF_ENDPOINT, or install from a local copy."
            ) from error
        except InputError:
            raise
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"{self.endpoint} does not answer like a hub ({one_line(error)}); check HF_ENDPOINT."
            ) from error

    def _check_listing(self, listed: list[_Listed], train: bool) -> None:
        where = f"The data set {self.repository!r} at {self.endpoint}"
        if not any(file.path.endswith("_preprocessed.jsonl") for file in listed):
            raise InputError(f"{where} holds no test/NAME_preprocessed.jsonl; check the repository and its revision.")
        if train and not any(file.path.startswith("data/") for file in listed):
            raise InputError(f"{where} holds no data/train-*.parquet; install without the training split.")
        for file in listed:
            try:
                checked_parts(file.path)
            except _RefusedError as error:
                raise InputError(f"{where} lists {file.path!r}, which {error}; do not use this repository.") from error


class _BrokenOffError(Exception):
    """A download ended early; the next try goes on from there."""


def _listed(file: Any) -> _Listed:
    if file.lfs is not None:
        return _Listed(file.path, file.lfs.size, f"sha256:{file.lfs.sha256}")
    return _Listed(file.path, file.size, f"git:{file.blob_id}")


def _is_archive(path: str) -> bool:
    return path.lower().endswith(".zip")


def _is_chosen(path: str, train: bool) -> bool:
    return path.startswith("test/") or (train and re.fullmatch(r"data/train-.*\.parquet", path) is not None)


# --- Where it goes ----------------------------------------------------------------------------------------------------


@dataclass
class _Place:
    """The folder that is installed into, with the markers of what is done."""

    folder: Path
    known: set[str] = field(default_factory=set)
    """Folders below it that are known to be there, and to be no links."""

    @classmethod
    @contextmanager
    def opened(cls, folder: str | Path) -> Iterator["_Place"]:
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
        return self.folder / "test"

    @property
    def state(self) -> Path:
        return self.folder / ".install"

    @property
    def draft(self) -> Path:
        return self.state / "draft"

    def path(self, path: str) -> Path:
        return self.folder.joinpath(*checked_parts(path))

    def make_folder(self, path: str) -> Path:
        return _made_folder(self.folder, Path(path).parts, self.known)

    def part(self, file: _Listed) -> Path:
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
        _write_json(self.state / "finished.json", facts)

    def has(self, file: _Listed, watch: Watch) -> bool:
        """Whether the file, or all that was in the archive, is there as listed."""
        if file.is_archive:
            return self._is_unpacked(file.path, file.size, file.hash)
        return _matches(self.path(file.path), file, watch)

    def has_local(self, file: _Local, watch: Watch) -> bool:
        """Whether all that is in the archive of a local copy is there."""
        marker = self._marker(file.path)
        if not self._is_unpacked(file.path, file.size, marker.get("hash")):
            return False
        return bool(marker["hash"] == _digest(file.file, "sha256", watch, f"checking {file.path}"))

    def mark_unpacked(self, path: str, size: int, digest: str, files: Mapping[str, int]) -> None:
        """Note that an archive is wholly unpacked, once its files are on the disk and not only in memory."""
        if hasattr(os, "sync"):
            os.sync()
        names = list(files)
        witnesses = {name: files[name] for name in names[:: max(1, len(names) // WITNESSES)]}
        facts = {"archive": path, "size": size, "hash": digest, "files": len(names), "witnesses": witnesses}
        _write_json(self._marker_file(path), facts)

    def _is_unpacked(self, path: str, size: int, digest: str | None) -> bool:
        marker = self._marker(path)
        if digest is None or (marker.get("archive"), marker.get("size"), marker.get("hash")) != (path, size, digest):
            return False
        beside = self.path(path).parent
        witnesses = marker.get("witnesses")
        return isinstance(witnesses, dict) and all(_size(beside / name) == held for name, held in witnesses.items())

    def _marker(self, path: str) -> dict[str, Any]:
        try:
            marker = json.loads(self._marker_file(path).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return marker if isinstance(marker, dict) else {}

    def _marker_file(self, path: str) -> Path:
        return self.state / "unpacked" / f"{quote(path, safe='')}.json"


def _made_folder(base: Path, parts: Iterable[str], known: set[str]) -> Path:
    """The folder below ``base``, made if missing; never by way of a link."""
    here = str(base)
    for part in parts:
        here = os.path.join(here, part)
        if here in known:
            continue
        try:
            os.mkdir(here)
        except FileExistsError:
            if not stat.S_ISDIR(os.lstat(here).st_mode):
                raise InputError(f"{here} is a link or a file, but must be a folder of its own; remove it.") from None
        known.add(here)
    return Path(here)


def _check_space(place: _Place, needed: int, what: str, say: Say) -> None:
    free = shutil.disk_usage(place.folder).free
    if needed > free:
        raise InputError(
            f"{what} needs about {size_text(needed)} in {place.folder}, where {size_text(free)} are free; "
            f"make room or choose another folder."
        )
    if needed:
        say(f"{what} needs about {size_text(needed)} in {place.folder}, where {size_text(free)} are free.")


def _peak(place: _Place, files: Iterable[_Listed], keep_archives: bool) -> int:
    """Most bytes the folder grows by. Pictures hardly shrink: unpacked, an archive not yet here is taken as large."""
    level = peak = 0
    for file in files:
        found = next((there for there in (place.path(file.path), place.part(file)) if _size(there) == file.size), None)
        level += 0 if found else file.size - min(file.size, _held(place.part(file)))
        if file.is_archive:
            level += _growth(place, found, file.path) if found else file.size
            peak = max(peak, level)
            level -= 0 if keep_archives or found == place.path(file.path) else file.size
        peak = max(peak, level)
    return peak


def _growth(place: _Place, archive: Path, path: str) -> int:
    """What unpacking would add; nothing if the archive cannot be read, which is noticed later."""
    beside = place.path(path).parent
    try:
        with zipfile.ZipFile(archive) as zipped:
            entries = _checked_entries(zipped, archive, path)
    except InputError:
        raise
    except UNREADABLE:
        return 0
    return sum(_on_disk(entry.file_size) for name, entry in entries.items() if _size(beside / name) != entry.file_size)


def _on_disk(size: int) -> int:
    return -(-size // SECTOR) * SECTOR


# --- Fetching and copying ---------------------------------------------------------------------------------------------


def _obtained(place: _Place, hub: _Hub, file: _Listed, watch: Watch) -> Path:
    """The file with the size and hash the hub lists: one that is in its place already, or as fetched."""
    if _matches(place.path(file.path), file, watch):
        return place.path(file.path)
    part = place.part(file)
    if _size(part) > file.size:
        part.unlink()
    hub.fetch(file, part, watch)
    if file.size == 0:
        part.touch()
    if not _matches(part, file, watch):
        part.unlink(missing_ok=True)
        raise InputError(
            f"{file.path} came damaged: its size or its hash is not what {hub.endpoint} lists; it was removed, "
            f"the same command fetches it again."
        )
    return part


def _unpack_fetched(place: _Place, file: _Listed, found: Path, keep: bool, watch: Watch) -> None:
    try:
        unpacked = _unpack_in_place(place, found, file.path, watch)
    except _DamagedError as error:
        found.unlink()
        raise InputError(
            f"The archive {file.path} is damaged ({error}) and was removed; run the same command again, and tell the "
            f"data set's authors if this comes again."
        ) from error
    place.mark_unpacked(file.path, file.size, file.hash, unpacked)
    if keep:
        place.adopt(found, file.path)
    elif found != place.path(file.path):
        found.unlink()


def _unpack_local(place: _Place, file: _Local, watch: Watch) -> None:
    try:
        unpacked = _unpack_in_place(place, file.file, file.path, watch)
    except _DamagedError as error:
        raise InputError(f"The archive {file.file} is damaged ({error}); get it again.") from error
    digest = _digest(file.file, "sha256", watch, f"checking {file.path}")
    place.mark_unpacked(file.path, file.size, digest, unpacked)


def _unpack_in_place(place: _Place, archive: Path, path: str, watch: Watch) -> dict[str, int]:
    into = place.make_folder(str(Path(path).parent))
    guarded = frozenset(QUESTIONS) if into == place.test else frozenset()
    return _unpack(archive, into, place.draft, path, guarded, watch)


def _root(source: str | Path) -> Path:
    root = Path(source).expanduser()
    if not root.is_dir():
        raise InputError(f"{source} is no folder, but must be a local copy of {REPOSITORY} or of its folder test.")
    return root.resolve()


def _local_files(root: Path, place: _Place, train: bool) -> list[_Local]:
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


def _local(file: Path, path: str, root: Path) -> _Local:
    real = file.resolve()
    if not real.is_relative_to(root):
        raise InputError(f"{file} leads out of {root}, which is not followed; put the file itself there (cp -L).")
    if not real.is_file():
        raise InputError(f"{file} is no file that can be copied; remove it.")
    try:
        checked_parts(path)
    except _RefusedError as error:
        raise InputError(f"{root} holds {path!r}, which {error}; rename or remove it.") from error
    about = real.stat()
    return _Local(path, real, about.st_size, about.st_dev)


def _check_lines(file: Path) -> None:
    with file.open("rb") as lines:
        for number, text in enumerate(lines, start=1):
            try:
                whole = not text.strip() or isinstance(json.loads(text), dict)
            except ValueError:
                whole = False
            if not whole:
                raise InputError(f"Line {number} of {file} is no JSON object; the file is damaged: get it again.")


def _is_copied(file: _Local, place: _Place) -> bool:
    """Whether it is there: the same file, or one of the same size and time, like rsync has it."""
    target = place.path(file.path)
    if _size(target) < 0:
        return False
    there, here = target.stat(), file.file.stat()
    return os.path.samestat(there, here) or (there.st_size, there.st_mtime_ns) == (here.st_size, here.st_mtime_ns)


def _copy(file: _Local, place: _Place) -> None:
    if _is_copied(file, place):
        return
    place.make_folder(str(Path(file.path).parent))
    place.draft.unlink(missing_ok=True)
    try:
        os.link(file.file, place.draft, follow_symlinks=False)
    except (OSError, NotImplementedError):  # another disk, or one that has no hard links
        with file.file.open("rb") as here, place.draft.open("xb") as there:
            shutil.copyfileobj(here, there, CHUNK)
        if _size(place.draft) != file.size:
            raise InputError(f"{file.file} changed while it was copied; run the same command again.") from None
        shutil.copystat(file.file, place.draft)
    os.replace(place.draft, place.path(file.path))


def _size(file: Path) -> int:
    """The size of a file that is no link; -1 if there is none."""
    try:
        about = os.lstat(file)
    except OSError:
        return -1
    return about.st_size if stat.S_ISREG(about.st_mode) else -1


def _held(part: Path) -> int:
    """How much of a file is there."""
    return max(0, _size(part))


def _matches(there: Path, file: _Listed, watch: Watch) -> bool:
    if _size(there) != file.size:
        return False
    return _digest(there, file.hash.partition(":")[0], watch, f"checking {file.path}") == file.hash


def _digest(file: Path, kind: str, watch: Watch, what: str) -> str:
    """The file's SHA-256, or git's hash of it."""
    size, done = _size(file), 0
    digest = hashlib.sha256() if kind == "sha256" else hashlib.sha1(f"blob {size}\0".encode(), usedforsecurity=False)
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
            done += len(chunk)
            watch(what, done, size)
    return f"{kind}:{digest.hexdigest()}"


def _write_json(file: Path, facts: Mapping[str, Any]) -> None:
    """Whole or not at all."""
    draft = file.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with draft.open("x", encoding="utf-8") as stream:
        stream.write(json.dumps(facts, indent=2) + "\n")
    os.replace(draft, file)


# --- Unpacking --------------------------------------------------------------------------------------------------------


class _RefusedError(Exception):
    """A name or an entry that is not safe; says why, to follow "which"."""


class _DamagedError(Exception):
    """An archive that cannot be read; says why."""


UNREADABLE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, NotImplementedError)
KINDS = {stat.S_IFLNK: "is a link"}


def checked_parts(name: str) -> tuple[str, ...]:
    """The parts of a path that comes from outside and is to lie below a folder."""
    if any(unicodedata.category(letter) == "Cc" for letter in name):
        raise _RefusedError("has a control character in its name")
    if "\\" in name:
        raise _RefusedError("has a backslash in its name")
    if name.startswith("/"):
        raise _RefusedError("is an absolute path")
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    if ".." in parts:
        raise _RefusedError("leads out of the folder")
    if any(re.match("[A-Za-z]:", part) or (os.name == "nt" and ":" in part) for part in parts):
        raise _RefusedError("names a drive")
    return parts


def _unpack(archive: Path, into: Path, draft: Path, name: str, guarded: frozenset[str], watch: Watch) -> dict[str, int]:
    """Unpack and return the sizes of all files in it."""
    known: set[str] = set()
    done = 0
    try:
        with zipfile.ZipFile(archive) as zipped:
            entries = _checked_entries(zipped, archive, name, _ignores_case(into))
            for path in entries.keys() & guarded:
                if not _is_entry(into / path, entries[path]):
                    raise _refusal(name, path, "would replace the questions")
            total = sum(entry.file_size for entry in entries.values())
            _check_fits(entries, into, name)
            for path, entry in entries.items():
                watch(f"unpacking {name}", done, total)
                *folders, last = path.split("/")
                target = _made_folder(into, folders, known) / last
                if not _is_entry(target, entry):
                    _write_entry(zipped, entry, target, draft)
                done += entry.file_size
            watch(f"unpacking {name}", done, total)
            return {path: entry.file_size for path, entry in entries.items()}
    except InputError:
        raise
    except UNREADABLE as error:
        raise _DamagedError(one_line(error)) from error


def _checked_entries(
    zipped: zipfile.ZipFile,
    archive: Path,
    name: str,
    ignores_case: bool = False,
) -> dict[str, zipfile.ZipInfo]:
    """The archive's files by their path, all of them looked at before the first is unpacked."""
    entries: dict[str, zipfile.ZipInfo] = {}
    owners: dict[str, str] = {}
    for entry in zipped.infolist():
        try:
            path = _checked_entry(entry)
            if path is None:
                continue
            owner = owners.setdefault(_as_the_disk_sees_it(path, ignores_case), path)
            if owner != path or not _is_same(entries.setdefault(path, entry), entry):
                raise _RefusedError(f"is there twice{f' (as {owner!r})' if owner != path else ''} with other content")
        except _RefusedError as error:
            raise _refusal(name, entry.orig_filename, error) from error
    for path in entries:
        parents = (path[: match.start()] for match in re.finditer("/", path))
        if any(_as_the_disk_sees_it(parent, ignores_case) in owners for parent in parents):
            raise _refusal(name, path, "lies below another entry that is a file")
    if sum(entry.compress_size for entry in entries.values()) > archive.stat().st_size:
        raise InputError(f"The archive {name} has entries that overlap, like a zip bomb; nothing of it was unpacked.")
    return entries


def _checked_entry(entry: zipfile.ZipInfo) -> str | None:
    """The path of a file in an archive; ``None`` for a folder or a file system's notes to itself."""
    checked_parts(entry.orig_filename)  # the other name ends at a null
    parts = checked_parts(entry.filename)
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise _RefusedError(KINDS.get(kind, "is a special file"))
    if entry.flag_bits & 0x2041:
        raise _RefusedError("is encrypted")
    if entry.filename.endswith("/"):
        return None
    if not parts or kind == stat.S_IFDIR:
        raise _RefusedError("is a folder that holds data")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _RefusedError(f"is packed by method {entry.compress_type} where 0 and 8 are understood")
    if entry.file_size > SUSPICIOUS and entry.file_size > RATIO * entry.compress_size:
        raise _RefusedError(
            f"unpacks from {size_text(entry.compress_size)} to {size_text(entry.file_size)}, like a zip bomb"
        )
    return None if parts[0] == "__MACOSX" or parts[-1] == ".DS_Store" else "/".join(parts)


def _refusal(name: str, entry: str, why: object) -> InputError:
    return InputError(
        f"The archive {name} holds {entry[:200]!r}, which {why}; nothing of it was unpacked, do not trust its origin."
    )


def _is_same(one: zipfile.ZipInfo, other: zipfile.ZipInfo) -> bool:
    return (one.file_size, one.CRC) == (other.file_size, other.CRC)


def _as_the_disk_sees_it(path: str, ignores_case: bool) -> str:
    return unicodedata.normalize("NFC", path).casefold() if ignores_case else path


def _ignores_case(folder: Path) -> bool:
    swapped = folder.with_name(folder.name.swapcase())
    return swapped.name != folder.name and swapped.exists() and swapped.samefile(folder)


def _check_fits(entries: Mapping[str, zipfile.ZipInfo], into: Path, name: str) -> None:
    needed = sum(_on_disk(entry.file_size) for path, entry in entries.items() if _size(into / path) != entry.file_size)
    free = shutil.disk_usage(into).free
    if needed > free:
        raise InputError(
            f"Unpacking {name} needs {size_text(needed)} in {into}, where {size_text(free)} are free; "
            f"make room and run the same command again."
        )


def _is_entry(target: Path, entry: zipfile.ZipInfo) -> bool:
    """Whether the file is there, its content included: the archive may be another version of that before."""
    try:
        about = os.lstat(target)
    except FileNotFoundError:
        return False
    if stat.S_ISDIR(about.st_mode):
        raise InputError(f"{target} is a folder, but the archive holds a file of that name; remove it.")
    if not stat.S_ISREG(about.st_mode) or about.st_size != entry.file_size:
        return False
    found = 0
    with target.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            found = zlib.crc32(chunk, found)
    return found == entry.CRC


def _write_entry(zipped: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, draft: Path) -> None:
    """Write the file beside, whole and with the right checksum, and put it in its place."""
    draft.unlink(missing_ok=True)
    written = 0
    with zipped.open(entry) as packed, draft.open("xb") as file:
        while chunk := packed.read(CHUNK):  # compares the checksum at the end
            written += len(chunk)
            if written > entry.file_size:
                raise zipfile.BadZipFile(f"{entry.filename!r} is longer than it says")
            file.write(chunk)
    if written != entry.file_size:
        raise zipfile.BadZipFile(f"{entry.filename!r} is shorter than it says")
    os.replace(draft, target)
