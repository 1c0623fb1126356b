"""Replies kept on disk, so that the same model need not be asked the same thing again."""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any, Protocol, TypeVar
from uuid import uuid4

import numpy as np

from proactive_gym.agents.asking import Asking, Message, messages
from proactive_gym.agents.base import Failure, Reaction, Reply, Scored, Turn
from proactive_gym.agents.options import ModelOptions
from proactive_gym.errors import InputError

FORMAT = {"proactive-gym": "replies", "version": 1}
LONGEST_ENTRY = 2**20
"""Bytes; what is longer is neither kept nor read."""

_ASKING = frozenset(item.name for item in fields(Asking))

Item = TypeVar("Item")


class ModelAgent(Protocol):
    """An agent of a language model, which can be asked other things too."""

    name: str

    @property
    def configuration(self) -> dict[str, Any]:
        """What decides the replies, as JSON."""

    def act(self, turns: Sequence[Turn]) -> Sequence[Reaction]:
        """One reply per turn, in the same order."""

    def complete(self, conversations: Sequence[list[Message]]) -> Sequence[str | Failure]:
        """What the model says next in each conversation."""


class Cached:
    """A model agent whose replies are kept: asked the same thing again, it says what it said then.

    A reply is found by all that decides it: the agent's configuration, the words and pictures it is shown, the options.
    Each is a small file of its own that is written whole or not at all, so that several processes may share the
    folder and may be killed. Failures are not kept; a damaged file counts as missing.

    Args:
        agent: Who is asked what was never asked before.
        folder: Where the replies are kept; made if missing.
        options: The settings the agent was made with.

    Raises:
        InputError: If replies are sampled, or if the folder cannot be used or holds replies in another format.
    """

    def __init__(self, agent: ModelAgent, folder: str | Path, options: ModelOptions) -> None:
        check_same_every_time(options, folder)
        self.name = agent.name
        self.agent = agent
        self.options = options
        self.folder = _opened(Path(folder))
        self._found = 0

    @property
    def configuration(self) -> dict[str, Any]:
        """That of the agent; where replies are kept decides nothing."""
        return self.agent.configuration

    @property
    def usage(self) -> dict[str, int | float]:
        """That of the agent, and how many replies were found."""
        return {**getattr(self.agent, "usage", {}), "cached": self._found}

    def check(self) -> None:
        """Have the agent say if nothing can be had from it, unless it may never be asked because replies are kept."""
        if next(self.folder.glob("??/*.json"), None) is None and hasattr(self.agent, "check"):
            self.agent.check()

    def act(self, turns: Sequence[Turn]) -> list[Reaction]:
        """One reply per turn, in the same order; the agent is asked for those that are not kept."""
        return self._each(turns, self._asked, self.agent.act, _fits)

    def complete(self, conversations: Sequence[list[Message]]) -> list[str | Failure]:
        """What the model says next in each conversation; it is asked for what is not kept."""
        said = self._each(conversations, _described, self.agent.complete, _is_text)
        return [words if isinstance(words, str | Failure) else str(words) for words in said]

    def _asked(self, turn: Turn) -> dict[str, Any]:
        """All that is put to the agent with a turn."""
        asking = self.options.asking
        return {
            "messages": _described(messages(turn, asking)),
            "options": turn.options,
            "mask": [int(here) for here in turn.action_mask],
            "kinds": turn.kinds,
            "thought": asking.thought,
            "tools": asking.tools,
            "decide": self.options.decide,
        }

    def _each(
        self,
        items: Sequence[Item],
        described: Callable[[Item], Any],
        ask: Callable[[list[Item]], Sequence[Reaction]],
        fits: Callable[[Reaction, Item], bool],
    ) -> list[Reaction]:
        files = [self._file(described(item)) for item in items]
        known: dict[Path, Reaction] = {}
        owed: dict[Path, Item] = {}
        for file, item in zip(files, items, strict=True):
            reply = _kept(file)
            if reply is not None and fits(reply, item):
                known[file] = reply
            else:
                owed[file] = item
        self._found += len(items) - len(owed)
        replies = ask([*owed.values()]) if owed else []
        for file, reply in zip(owed, replies, strict=True):
            known[file] = reply
            if not isinstance(reply, Failure):
                _keep(file, reply)
        return [known[file] for file in files]

    def _file(self, asked: Any) -> Path:
        """Where the reply to that is kept."""
        length = self.options.max_new_tokens
        # How it is asked shows in the messages: a first turn is the same whatever the history would be.
        model = {name: value for name, value in self.configuration.items() if name not in _ASKING}
        key = _digest({"agent": self.name, "configuration": model, "length": length, "asked": asked})
        return self.folder / key[:2] / f"{key}.json"


def check_same_every_time(options: ModelOptions, folder: str | Path) -> None:
    """Refuse to keep replies that are sampled.

    Raises:
        InputError: If they are.
    """
    if options.temperature:
        raise InputError(
            f"temperature is {options.temperature}, so that replies differ and cannot be kept; set it to 0 or "
            f"leave the cache {str(folder)!r} out."
        )


def _described(conversation: list[Message]) -> list[Any]:
    """The messages with the pictures' bytes replaced by their digests."""
    return [
        [message["role"], [_pictured(block["image"]) if "image" in block else block for block in message["content"]]]
        for message in conversation
    ]


def _pictured(picture: Any) -> list[Any]:
    pixels = np.ascontiguousarray(picture)
    return [list(pixels.shape), str(pixels.dtype), hashlib.sha256(pixels.tobytes()).hexdigest()]


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


# --- What is kept -----------------------------------------------------------------------------------------------------


def _fits(reply: Reaction, turn: Turn) -> bool:
    """Whether that can be a reply to the turn."""
    if isinstance(reply, Scored):
        return len(reply.confidences) == len(turn.options) and _fits(reply.choice, turn)
    if isinstance(reply, int):
        return 0 <= reply < len(turn.options) and bool(turn.action_mask[reply])
    return isinstance(reply, str)


def _is_text(reply: Reaction, _: object) -> bool:
    return isinstance(reply, str)


def _keep(file: Path, reply: Reply | Scored) -> None:
    said = [int(reply.choice), list(map(float, reply.confidences))] if isinstance(reply, Scored) else reply
    said = said if isinstance(said, str | list) else int(said)
    text = json.dumps({"reply": said, "check": _digest([file.stem, said])}).encode()
    if len(text) <= LONGEST_ENTRY:
        try:
            file.parent.mkdir(exist_ok=True)
            _write(file, text)
        except OSError as error:
            raise InputError(f"{file} cannot be written: {error.strerror or error}.") from error


def _kept(file: Path) -> Reaction | None:
    """The reply kept there; ``None`` if there is none, or it is damaged."""
    try:
        with file.open("rb") as content:
            text = content.read(LONGEST_ENTRY + 1)
        there = json.loads(text)
        said = there["reply"]
        if len(text) > LONGEST_ENTRY or there["check"] != _digest([file.stem, said]):
            return None
        if isinstance(said, list):
            choice, confidences = said
            return Scored(int(choice), tuple([float(number) for number in confidences]))
        return said if isinstance(said, str | int) and not isinstance(said, bool) else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _opened(folder: Path) -> Path:
    mark = folder / "format.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not mark.exists():
            _write(mark, json.dumps(FORMAT).encode())
        with mark.open("rb") as content:
            there = content.read(1000)
    except OSError as error:
        raise InputError(f"The cache {folder} cannot be used: {error.strerror or error}.") from error
    if there != json.dumps(FORMAT).encode():
        raise InputError(
            f"The cache {folder} is in another format than version {FORMAT['version']}, which is read here; choose "
            "another folder."
        )
    return folder


def _write(file: Path, text: bytes) -> None:
    """Whole or not at all, whoever else writes it."""
    draft = file.with_name(f"{file.stem}.{uuid4().hex}.part")
    try:
        draft.write_bytes(text)
        os.replace(draft, file)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise
