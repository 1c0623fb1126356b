"""Files and folders on the disk: how large they are, what is in them, and names that may be trusted."""

import hashlib
import json
import os
import re
import stat
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from proactive_gym.errors import InputError

CHUNK = 1 << 20
SECTOR = 4096

Watch = Callable[[str, int, int], None]
"""Is told what is being done, how many bytes of it are done, and of how many."""
Say = Callable[[str], None]


def unwatched(what: str, done: int, total: int) -> None:
    """For what is too small to be watched."""


def size_text(count: int) -> str:
    """The number of bytes in a unit that reads well."""
    amount, units = float(count), ["bytes", "kB", "MB", "GB", "TB"]
    while amount >= 1000 and len(units) > 1:
        amount, units = amount / 1000, units[1:]
    return f"{amount:.3g} {units[0]}" if amount < 999.5 else f"{amount:.0f} {units[0]}"


def size_of(file: Path) -> int:
    """The size of a file that is no link; -1 if there is none."""
    try:
        about = os.lstat(file)
    except OSError:
        return -1
    return about.st_size if stat.S_ISREG(about.st_mode) else -1


def held(part: Path) -> int:
    """How much of a file is there."""
    return max(0, size_of(part))


def on_disk(size: int) -> int:
    """What a file of that size takes."""
    return -(-size // SECTOR) * SECTOR


def digest_of(file: Path, kind: str, watch: Watch = unwatched, what: str = "") -> str:
    """The file's SHA-256, or git's hash of it."""
    size, done = size_of(file), 0
    digest = hashlib.sha256() if kind == "sha256" else hashlib.sha1(f"blob {size}\0".encode(), usedforsecurity=False)
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
            done += len(chunk)
            watch(what, done, size)
    return f"{kind}:{digest.hexdigest()}"


def write_json(file: Path, facts: Mapping[str, Any]) -> None:
    """Whole or not at all."""
    draft = file.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with draft.open("x", encoding="utf-8") as stream:
        stream.write(json.dumps(facts, indent=2) + "\n")
    os.replace(draft, file)


def made_folder(base: Path, parts: Iterable[str], known: set[str]) -> Path:
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


class RefusedError(Exception):
    """A name or an entry that is not safe; says why, to follow "which"."""


def checked_parts(name: str) -> tuple[str, ...]:
    """The parts of a path that comes from outside and is to lie below a folder."""
    if any(unicodedata.category(letter) == "Cc" for letter in name):
        raise RefusedError("has a control character in its name")
    if "\\" in name:
        raise RefusedError("has a backslash in its name")
    if name.startswith("/"):
        raise RefusedError("is an absolute path")
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    if ".." in parts:
        raise RefusedError("leads out of the folder")
    if any(re.match("[A-Za-z]:", part) or (os.name == "nt" and ":" in part) for part in parts):
        raise RefusedError("names a drive")
    return parts


def is_archive(path: str) -> bool:
    """Whether a file of that name is to be unpacked."""
    return path.lower().endswith(".zip")
