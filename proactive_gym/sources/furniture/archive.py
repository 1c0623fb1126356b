"""Reads furniture libraries, the ``.sh3f`` files of Sweet Home 3D, which may be damaged or mean harm."""

import hashlib
import io
import posixpath
import re
import zipfile
import zlib
from pathlib import Path
from typing import NamedTuple

from proactive_gym.errors import InputError, PictureError, one_line
from proactive_gym.sources.decoding import decoded

LISTING = "PluginFurnitureCatalog.properties"
MOST_BYTES = 32 * 2**20
"""More in one entry is taken for an attempt to fill the memory; the largest model has 9 million bytes."""

_ENTRY = re.compile(r"^(id|name|model)#(\d+)\s*[=:]\s*(.*?)\s*$", re.MULTILINE)
_BROKEN = (OSError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError)
"""What the standard library raises on damaged archives, and on encrypted ones."""


class Listed(NamedTuple):
    """A model that a library lists.

    Attributes:
        id: What the library calls it, such as ``Scopia#cat``; unique.
        name: What it calls it in English.
        file: The library's file.
        entry: The model's OBJ file in it.
    """

    id: str
    name: str
    file: str
    entry: str


def models(file: Path) -> list[Listed]:
    """All models that a library lists.

    Raises:
        InputError: If it cannot be read, or is no furniture library.
    """
    with Archive(str(file)) as archive:
        text = archive.read(LISTING).decode("latin-1")
    found: dict[str, dict[str, str]] = {}
    for field, number, value in _ENTRY.findall(text):
        found.setdefault(number, {})[field] = value
    whole = [entry for entry in found.values() if entry.keys() == {"id", "name", "model"}]
    if not whole:
        raise InputError(f"{LISTING} in the furniture library {file} lists no models; is it a .sh3f file?")
    return [Listed(entry["id"], entry["name"], str(file), entry["model"].lstrip("/")) for entry in whole]


class Archive:
    """A furniture library, open for reading.

    Args:
        file: The ``.sh3f`` file.

    Raises:
        InputError: If it is missing, or no archive.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        try:
            self._zip = zipfile.ZipFile(file)
        except _BROKEN as error:
            raise InputError(f"The furniture library {file} cannot be read: {one_line(error)}.") from error
        self._entries = {entry.filename: entry for entry in self._zip.infolist()}

    def __enter__(self) -> "Archive":
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._zip.close()

    def __contains__(self, name: str) -> bool:
        """Whether there is an entry of that name."""
        return name in self._entries

    def read(self, name: str) -> bytes:
        """What is in an entry.

        Raises:
            PictureError: If there is none of that name, or it is too large or damaged.
        """
        where = f"{name} in the furniture library {self.file}"
        entry = self._entries.get(name)
        if entry is None:
            raise PictureError(f"There is no {where}.")
        if entry.file_size > MOST_BYTES:
            raise PictureError(f"{where} has {entry.file_size:,} bytes, more than the {MOST_BYTES:,} that are read.")
        try:
            # Never more than it says of itself, whatever it unpacks to.
            with self._zip.open(entry) as stream:
                return stream.read(entry.file_size)
        except _BROKEN as error:
            raise PictureError(f"{where} cannot be read: {one_line(error)}.") from error

    def picture(self, name: str) -> bytes:
        """An entry that is a picture, of a kind and size that can be decoded without harm.

        Raises:
            PictureError: If it cannot.
        """
        content = self.read(name)
        decoded(io.BytesIO(content), f"{name} in the furniture library {self.file}", header_only=True)
        return content

    def beside(self, name: str) -> list[str]:
        """The entries in the same folder."""
        folder = posixpath.dirname(name)
        return sorted(entry for entry in self._entries if posixpath.dirname(entry) == folder)

    def fingerprint(self, name: str) -> str:
        """A digest of an entry and all that lies beside it, by the archive's own checksums."""
        sums = [(entry, self._entries[entry].CRC, self._entries[entry].file_size) for entry in self.beside(name)]
        return hashlib.sha256(repr(sums).encode()).hexdigest()


class Beside:
    """What a model's file refers to: entries in its own folder, by the names that the reader of models asks for.

    Paths of the author's own machine and paths out of the folder come to the file of that name here, or to nothing.
    """

    def __init__(self, archive: Archive, entry: str) -> None:
        self._archive, self._folder = archive, posixpath.dirname(entry)

    def get(self, name: str) -> bytes:
        """The content of the entry of that name.

        Raises:
            KeyError: If there is none, or if it is a picture that cannot be decoded.
        """
        name = name.replace("\\", "/").strip().rsplit("/", 1)[-1]
        entry = posixpath.join(self._folder, name)
        if entry not in self._archive:
            raise KeyError(name)
        try:
            return self._archive.read(entry) if name.lower().endswith(".mtl") else self._archive.picture(entry)
        except PictureError as error:
            raise KeyError(name) from error

    __getitem__ = get
