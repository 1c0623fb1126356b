"""A folder that holds a run: what was asked for, what is finished, how long it took."""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import Any, Self

from proactive_gym.errors import InputError
from proactive_gym.stored import Row, key, line, stored_rows

Configuration = dict[str, Any]


class RunDirectory:
    """``run.json``, ``episodes.jsonl`` and ``timing.jsonl`` in one folder.

    Every episode is appended and flushed as soon as it is finished, so that whoever stops, kills or unplugs the run
    loses none; the same command again goes on where it stopped.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.episodes = folder / "episodes.jsonl"

    @classmethod
    def opened(cls, folder: str | Path, configuration: Configuration) -> Self:
        """The folder, made if missing, with that configuration.

        Raises:
            InputError: If it holds a run of another configuration, naming the difference, or cannot be written.
        """
        run = cls(Path(folder))
        described = {"configuration": configuration, "hash": fingerprint(configuration)}
        try:
            run.folder.mkdir(parents=True, exist_ok=True)
            run._mend()
            if not (run.episodes.exists() and run.episodes.stat().st_size):
                # Nothing is played yet: whoever mends a setting, the endpoint say, may go on here.
                _write(run.folder / "run.json", (json.dumps(described, indent=2) + "\n").encode())
            elif (run.folder / "run.json").exists():
                run._check_same(configuration)
            else:
                raise InputError(f"{run.folder} holds episodes, but no run.json that says of what run. Choose another.")
        except OSError as error:
            raise InputError(f"The run folder {folder} cannot be used: {error.strerror or error}.") from error
        return run

    def rows(self) -> list[Row]:
        """All finished episodes, each once; one that failed at first and was played later counts as played.

        Raises:
            InputError: If a line is no episode, naming the file and line.
        """
        return stored_rows(self.episodes)

    def append(self, rows: Iterator[Row]) -> Iterator[Row]:
        """Write each row as it comes, and pass it on.

        Raises:
            InputError: If it cannot be written, for want of space, say; what was written before stays whole.
        """
        with self.episodes.open("ab", buffering=0) as file:
            for row in rows:
                _append(file, line(row).encode(errors="backslashreplace"))
                yield row

    def note_time(self, **figures: Any) -> None:
        """Add a line to ``timing.jsonl``, apart from the episodes, which do not depend on time."""
        with (self.folder / "timing.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(figures) + "\n")

    def usage(self) -> dict[str, dict[str, float]]:
        """By agent the sums of all figures in ``timing.jsonl``; lines that are damaged are left out."""
        file = self.folder / "timing.jsonl"
        sums: dict[str, dict[str, float]] = {}
        for text in file.read_bytes().splitlines() if file.exists() else []:
            with suppress(ValueError, KeyError, TypeError, AttributeError):
                told = json.loads(text)
                of_agent = sums.setdefault(str(told.pop("agent")), {})
                for name, number in told.items():
                    if isinstance(number, int | float) and name not in ("num_envs", "workers"):
                        of_agent[name] = of_agent.get(name, 0) + number
        return sums

    def put_in_order(self, order: Sequence[tuple[str, str, str]]) -> None:
        """Sort the rows, where a failure let later ones be written first, and keep one of each episode."""
        text = "".join(map(line, in_order(self.rows(), order))).encode(errors="backslashreplace")
        if text != self.episodes.read_bytes():
            _write(self.episodes, text)

    def configuration(self) -> Configuration:
        """What the run is of.

        Raises:
            InputError: If ``run.json`` is missing or damaged.
        """
        file = self.folder / "run.json"
        try:
            there = json.loads(file.read_text(encoding="utf-8"))["configuration"]
            if not isinstance(there, dict):
                raise TypeError("no configuration in it")
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{file} is damaged ({error}); remove the folder {self.folder} or choose another."
            ) from error
        return there

    def _check_same(self, configuration: Configuration) -> None:
        there = self.configuration()
        now = json.loads(json.dumps(configuration))
        if there != now:
            different = [name for name in sorted({*there, *now}) if there.get(name) != now.get(name)]
            changes = "; ".join(f"{name} was {there.get(name)!r} and is now {now.get(name)!r}" for name in different)
            raise InputError(f"{self.folder} holds a run of another configuration: {changes}. Choose another folder.")

    def _mend(self) -> None:
        """Take off a last line that was torn when the run was killed: its episode is owed again."""
        if not self.episodes.exists():
            return
        with self.episodes.open("rb+") as file:
            content = file.read()
            if content and not content.endswith(b"\n"):
                file.truncate(content.rfind(b"\n") + 1)


def in_order(rows: Iterable[Row], order: Sequence[tuple[str, str, str]]) -> list[Row]:
    """The rows sorted as their episodes are planned; what is not planned comes last."""
    place = {key: number for number, key in enumerate(order)}
    return sorted(rows, key=lambda row: place.get(key(row), len(place)))


def fingerprint(configuration: Configuration) -> str:
    """SHA-256 of the configuration in a canonical form."""
    return hashlib.sha256(json.dumps(configuration, sort_keys=True).encode()).hexdigest()


def _append(file: FileIO, text: bytes) -> None:
    """All of it or nothing; a kill in between leaves a torn line, which the next run takes off."""
    before = file.seek(0, os.SEEK_END)
    try:
        written = 0
        while written < len(text):
            written += file.write(text[written:]) or 0
    except OSError as error:
        with suppress(OSError):
            file.truncate(before)
        raise InputError(
            f"{file.name} cannot be written: {error.strerror or error}. What is finished is kept; the same command "
            "goes on once that is mended."
        ) from error


def _write(file: Path, text: bytes) -> None:
    """Whole or not at all."""
    draft = file.with_suffix(file.suffix + ".part")
    draft.write_bytes(text)
    os.replace(draft, file)
