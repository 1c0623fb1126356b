"""Where a package's pictures are on this machine."""

import json
import os
from pathlib import Path
from typing import Any

from proactive_gym.errors import InputError
from proactive_gym.sources.installing.packages import Package

MARKER = "installed.json"
"""What an installation leaves beside the pictures: where they came from, and every file with its size and hash."""


def home() -> Path:
    """The folder of everything that is installed: ``$PROACTIVE_GYM_DATA``, or ``proactive-gym`` among the caches."""
    own = os.environ.get("PROACTIVE_GYM_DATA")
    if own:
        return Path(own).expanduser()
    caches = os.environ.get("XDG_CACHE_HOME")
    return (Path(caches) if caches else Path.home() / ".cache") / "proactive-gym"


def is_installed(folder: Path) -> bool:
    """Whether an installation was finished in that folder."""
    return (folder / MARKER).is_file()


def found(package: Package) -> Path | None:
    """The folder with the package's pictures, if there is one: as installed, or where the system has put it."""
    if is_installed(home() / package.name):
        return home() / package.name
    return package.system if package.system is not None and package.system.is_dir() else None


def folder_of(package: Package, data_dir: str | Path | None = None) -> Path:
    """The folder with the package's pictures.

    Args:
        package: Which.
        data_dir: Where else to look: the folder it was installed or unpacked into, or the one with the pictures.

    Raises:
        InputError: If it is not there; the message says how to get it.
    """
    if data_dir is not None:
        given = Path(data_dir).expanduser()
        if not given.is_dir():
            raise InputError(f"data_dir is {str(data_dir)!r}, but there is no such folder. {_fetch(package)}")
        return content_in(package, given)
    there = found(package)
    if there is None:
        raise InputError(
            f"The pictures of the source {package.name!r} are not in {home() / package.name}. {_fetch(package)}"
        )
    return there


def content_in(package: Package, folder: Path) -> Path:
    """The folder with what the source reads, in an unpacked package; or the folder itself if it is none."""
    inside = folder / package.content
    return inside if inside.is_dir() else folder


def marked(folder: Path) -> dict[str, Any]:
    """What the installation of that folder noted down; empty if it was none."""
    try:
        noted = json.loads((folder / MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return noted if isinstance(noted, dict) else {}


def _fetch(package: Package) -> str:
    return f"`proactive-gym data install {package.name}` fetches {package.origin}."
