"""What is dear to find out about a file is kept among the caches, until the file changes."""

import hashlib
import os
import tempfile
from pathlib import Path

from proactive_gym.errors import InputError
from proactive_gym.sources.installing import home


def place_for(file: Path, what: str, suffix: str) -> Path:
    """Where ``what`` was found out about the file as it is now is kept; it need not be there yet.

    Raises:
        InputError: If there can be no such folder.
    """
    folder = home() / "found" / "doodles"
    try:
        about = file.stat()
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{error.filename} cannot be used: {error.strerror}; what is found out about {file} is kept in {folder}, "
            "and PROACTIVE_GYM_DATA can name another folder."
        ) from error
    key = f"{file.absolute()}\n{about.st_size}\n{about.st_mtime_ns}\n{what}"
    return folder / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}{suffix}"


def write(place: Path, content: bytes) -> None:
    """Whole or not at all, whoever else writes it.

    Raises:
        InputError: If it cannot be written.
    """
    try:
        with tempfile.NamedTemporaryFile(dir=place.parent, suffix=".draft", delete=False) as draft:
            draft.write(content)
        os.replace(draft.name, place)
    except OSError as error:
        raise InputError(f"{place} cannot be written: {error.strerror}.") from error
