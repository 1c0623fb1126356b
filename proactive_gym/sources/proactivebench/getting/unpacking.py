"""Unpacks archives that may be hostile: all of one is looked at before the first file of it is written."""

import os
import re
import shutil
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from proactive_gym.errors import InputError, one_line
from proactive_gym.sources.installing.disk import (
    CHUNK,
    RefusedError,
    Watch,
    checked_parts,
    made_folder,
    on_disk,
    size_of,
    size_text,
)

RATIO, SUSPICIOUS = 200, 10 * 10**6
"""An entry of more than SUSPICIOUS bytes that shrank by more than RATIO is no picture."""
UNREADABLE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, NotImplementedError)
KINDS = {stat.S_IFLNK: "is a link"}


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
        unpack_checked(archive, into, into / ".unpacking", name or str(archive), frozenset(), watch)
    except DamagedError as error:
        raise InputError(f"The archive {archive} is damaged ({error}); get it again.") from error


class DamagedError(Exception):
    """An archive that cannot be read; says why."""


def unpack_checked(
    archive: Path, into: Path, draft: Path, name: str, guarded: frozenset[str], watch: Watch
) -> dict[str, int]:
    """Unpack and return the sizes of all files in it."""
    known: set[str] = set()
    done = 0
    try:
        with zipfile.ZipFile(archive) as zipped:
            entries = checked_entries(zipped, archive, name, _ignores_case(into))
            for path in entries.keys() & guarded:
                if not _is_entry(into / path, entries[path]):
                    raise _refusal(name, path, "would replace the questions")
            total = sum(entry.file_size for entry in entries.values())
            _check_fits(entries, into, name)
            for path, entry in entries.items():
                watch(f"unpacking {name}", done, total)
                *folders, last = path.split("/")
                target = made_folder(into, folders, known) / last
                if not _is_entry(target, entry):
                    _write_entry(zipped, entry, target, draft)
                done += entry.file_size
            watch(f"unpacking {name}", done, total)
            return {path: entry.file_size for path, entry in entries.items()}
    except InputError:
        raise
    except UNREADABLE as error:
        raise DamagedError(one_line(error)) from error


def checked_entries(
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
                raise RefusedError(f"is there twice{f' (as {owner!r})' if owner != path else ''} with other content")
        except RefusedError as error:
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
        raise RefusedError(KINDS.get(kind, "is a special file"))
    if entry.flag_bits & 0x2041:
        raise RefusedError("is encrypted")
    if entry.filename.endswith("/"):
        return None
    if not parts or kind == stat.S_IFDIR:
        raise RefusedError("is a folder that holds data")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise RefusedError(f"is packed by method {entry.compress_type} where 0 and 8 are understood")
    if entry.file_size > SUSPICIOUS and entry.file_size > RATIO * entry.compress_size:
        raise RefusedError(
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
    needed = sum(on_disk(entry.file_size) for path, entry in entries.items() if size_of(into / path) != entry.file_size)
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
