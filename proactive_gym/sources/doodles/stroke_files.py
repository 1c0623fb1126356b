"""The game's public stroke files: a line for each drawing, up to hundreds of thousands in a file."""

import gzip
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

from proactive_gym.errors import InputError, one_line
from proactive_gym.sources.doodles.kept import place_for, write
from proactive_gym.sources.doodles.row import LONGEST, BadRowError, Row, parsed

MOST = 200
"""Drawings of one word that are used: the first ones that the game recognised."""
MOST_READ = 2**30
"""Bytes that are looked through for them; gzip can make a small file endless."""
_FORM = "index 2"


class Index(NamedTuple):
    """Where the drawings are that are used of a file.

    Attributes:
        word: What they are of.
        file: The file they are read from: the one that was indexed, or what was unpacked of it.
        offsets: At which bytes they begin.
        left_out: Of lines that are no drawings, in a sentence; empty if there are none.
    """

    word: str
    file: str
    offsets: tuple[int, ...]
    left_out: str = ""


@dataclass(frozen=True)
class _Line:
    number: int
    offset: int
    text: bytes


def index_of(file: Path, most: int = MOST, skip_bad: bool = False) -> Index:
    """Finds the drawings of a file; the next time, they are known.

    Args:
        file: A file of the game, raw or simplified, as it is or compressed by gzip.
        most: So many drawings are used at most.
        skip_bad: Whether lines that are no drawings are left out instead of refused.

    Raises:
        InputError: If a line is no drawing, or one of another word than those before; if there are none that the game
            recognised; or if the file cannot be read.
    """
    place = place_for(file, f"{_FORM}, {most}, {skip_bad}", ".json")
    known = _known(place)
    if known is not None:
        return known
    index = _searched(file, most, skip_bad)
    write(place, json.dumps(index._asdict()).encode())
    return index


def drawing_at(file: str, offset: int) -> Row:
    """The drawing that begins at that byte.

    Raises:
        InputError: If there is none.
    """
    try:
        with Path(file).open("rb") as stream:
            stream.seek(offset)
            return parsed(stream.readline(LONGEST + 1))
    except BadRowError as error:
        raise InputError(f"The line at byte {offset} of {file} {error}; has the file been changed?") from error
    except OSError as error:
        raise InputError(f"{file} cannot be read: {one_line(error)}.") from error


def first_line(file: Path) -> bytes:
    """The file's first line; its beginning, if it is long."""
    with _opened(file) as stream:
        return stream.readline(LONGEST + 1)


def _known(place: Path) -> Index | None:
    """What was found out before, if it was, and what was unpacked is still there."""
    try:
        known = json.loads(place.read_bytes())
        offsets = tuple([int(offset) for offset in known["offsets"]])
        index = Index(str(known["word"]), str(known["file"]), offsets, str(known["left_out"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return index if Path(index.file).is_file() else None


def _searched(file: Path, most: int, skip_bad: bool) -> Index:
    word, found, damaged = "", [], []
    for line in _lines(file):
        try:
            row = parsed(line.text)
            if word and row.word != word:
                raise BadRowError(f"has the word {row.word!r}, but the lines before it {word!r}")
        except BadRowError as error:
            damaged.append(f"line {line.number} {error}")
            if not skip_bad:
                raise InputError(
                    f"Line {line.number} of {file} {error}; mend or remove it, or have what is bad left out "
                    "(skip_bad=True, --skip-bad)."
                ) from error
            continue
        word = row.word
        found += [line] if row.recognized else []
        if len(found) == most:
            break
    left_out = f"{file}: {len(damaged)} lines are left out; {damaged[0]}." if damaged else ""
    if not found:
        raise InputError(f"{file} holds no drawing that the game recognised; remove it, or fetch it again.")
    if file.suffix != ".gz":
        return Index(word, str(file.absolute()), tuple([line.offset for line in found]), left_out)
    return _unpacked(file, word, found)._replace(left_out=left_out)


def _unpacked(file: Path, word: str, lines: list[_Line]) -> Index:
    """Those lines in a file of their own, since nothing can be sought in compressed ones."""
    place = place_for(file, f"{_FORM}, {len(lines)} lines", ".ndjson")
    texts = [line.text.rstrip(b"\n") + b"\n" for line in lines]
    write(place, b"".join(texts))
    return Index(word, str(place), tuple([sum(map(len, texts[:number])) for number in range(len(texts))]))


def _lines(file: Path) -> Iterator[_Line]:
    """The lines that are not empty; of one that is longer than any drawing, no more than its beginning."""
    offset, number, rest = 0, 0, False
    with _opened(file) as stream:
        while (text := stream.readline(LONGEST + 1)) and offset <= MOST_READ:
            if not rest:
                number += 1
                if text.strip() or len(text) > LONGEST:
                    yield _Line(number, offset, text)
            rest = not text.endswith(b"\n")
            offset += len(text)


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    try:
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as stream:
            yield stream  # type: ignore[misc]
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{file} cannot be read: {one_line(error)}.") from error
