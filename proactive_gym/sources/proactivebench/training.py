"""Reads the training split on the hub: single turns, each with the right answer and what is good to ask for.

It needs ``pyarrow``, which comes with the extra ``trl``.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proactive_gym.errors import InputError, PictureError, one_line
from proactive_gym.sources.decoding import decoded
from proactive_gym.sources.proactivebench.row import Fields

FILES = "train-*.parquet"
COLUMNS = ("prompt", "ground_truth", "proactive_actions", "options", "images")
"""The file's further columns, confidences of two models, are explained nowhere and not read."""
AT_ONCE = 16
"""Rows in memory at once; their pictures are decoded one row at a time."""
LARGEST = 64 * 2**20
"""Most bytes of one encoded picture."""


@dataclass(frozen=True)
class TrainingRow:
    """One question about one picture or several, with the reply that is right and requests that help.

    Attributes:
        name: Names the row for good: ``proactivebench/train/NUMBER``, counted over all files from 0.
        prompt: The messages as chat templates take them: dictionaries of ``role`` and ``content``, a list of parts.
        ground_truth: The right answer.
        interventions: Texts of the options that ask for something that helps; may be empty.
        options: The whole menu's texts.
        pictures: What the prompt shows, uint8 ``(H, W, 3)`` each.
    """

    name: str
    prompt: list[dict[str, Any]]
    ground_truth: str
    interventions: tuple[str, ...]
    options: tuple[str, ...]
    pictures: tuple[NDArray[np.uint8], ...]

    @property
    def text(self) -> str:
        """All that is said in the prompt, a paragraph a part."""
        parts = [part for message in self.prompt for part in message["content"]]
        return "\n".join(part["text"] for part in parts if part.get("text"))


def training_rows(folder: str | Path) -> Iterator[TrainingRow]:
    """The rows of the training split, one after another; only a few are in memory at once.

    No row of it was to be had where this was written. So types are checked, but not whether the ground truth and the
    interventions are among the options, word for word.

    Args:
        folder: The folder with ``train-*.parquet``, as ``proactive-gym data install proactivebench --train`` makes it
            (``data/ProactiveBench/data``).

    Raises:
        InputError: If pyarrow or the files are missing, or if a file or a row is wrong, naming file, row and field.
        PictureError: If a picture is missing, broken or too large.
    """
    found = sorted(Path(folder).glob(FILES))
    if not found:
        raise InputError(
            f"{folder} holds no {FILES}; `proactive-gym data install proactivebench --train` puts them into "
            "data/ProactiveBench/data."
        )
    return _rows(found)


def number_of_training_rows(folder: str | Path) -> int:
    """How many there are, which the files say without being read.

    Raises:
        InputError: As for ``training_rows``.
    """
    total = 0
    for file in sorted(Path(folder).glob(FILES)):
        with _opened(file) as parquet:
            total += parquet.metadata.num_rows
    return total


def _rows(found: list[Path]) -> Iterator[TrainingRow]:
    number = 0
    for file in found:
        with _opened(file) as parquet:
            first = number
            for batch in parquet.iter_batches(AT_ONCE, columns=[*COLUMNS], use_threads=False):
                for values in batch.to_pylist():
                    yield _row(f"{file}, row {number - first}", number, values)
                    number += 1


@contextmanager
def _opened(file: Path) -> Iterator[Any]:
    try:
        import pyarrow
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise InputError(
            f"{file} is read by pyarrow, which is not installed; install proactive-gym[trl], or pyarrow itself."
        ) from error
    try:
        with ParquetFile(file) as parquet:
            missing = [name for name in COLUMNS if name not in parquet.schema_arrow.names]
            if missing:
                raise InputError(f"{file} lacks the column {missing[0]!r}; it has {parquet.schema_arrow.names}.")
            yield parquet
    except InputError:
        raise
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise InputError(f"{file} cannot be read as a Parquet file: {one_line(error)}.") from error


def _row(where: str, number: int, values: Mapping[str, Any]) -> TrainingRow:
    fields = Fields(where, dict(values))
    return TrainingRow(
        name=f"proactivebench/train/{number}",
        prompt=_prompt(fields),
        ground_truth=fields.text("ground_truth"),
        interventions=tuple(fields.texts("proactive_actions", 0)),
        options=tuple(fields.texts("options", 1)),
        pictures=_pictures(fields),
    )


def _prompt(fields: Fields) -> list[dict[str, Any]]:
    messages = fields.values["prompt"]
    if not isinstance(messages, list) or not messages or not all(map(_is_message, messages)):
        raise fields.wrong("prompt", "messages, each of a role and a list of parts with a type and perhaps a text")
    return messages


def _is_message(message: Any) -> bool:
    if not isinstance(message, dict) or not isinstance(message.get("role"), str):
        return False
    parts = message.get("content")
    return isinstance(parts, list) and all(
        isinstance(part, dict) and isinstance(part.get("type"), str) and isinstance(part.get("text"), str | None)
        for part in parts
    )


def _pictures(fields: Fields) -> tuple[NDArray[np.uint8], ...]:
    images = fields.values["images"]
    if not isinstance(images, list) or not images:
        raise fields.wrong("images", "a list of at least 1 picture")
    return tuple([_picture(f"{fields.where}: picture {place}", image) for place, image in enumerate(images)])


def _picture(what: str, image: Any) -> NDArray[np.uint8]:
    held = image.get("bytes") if isinstance(image, dict) else None
    if not isinstance(held, bytes):  # a path is not followed: a file of rows is not to say what is read from the disk
        raise PictureError(f"{what} is not in the file, which must hold the bytes of its pictures.")
    if len(held) > LARGEST:
        raise PictureError(f"{what} has {len(held):,} bytes, more than the {LARGEST:,} that are read.")
    return np.array(decoded(BytesIO(held), what))
