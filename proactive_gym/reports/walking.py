"""Walks through stored episodes again, for what their rows do not hold: pictures, words, what the oracle would do."""

import base64
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from proactive_gym.envs.conversation import Conversation
from proactive_gym.envs.desk import Desk
from proactive_gym.errors import InputError, PictureError
from proactive_gym.stored import Row

SIDE = 168
"""Of a picture in a page, in pixels; where that is the longer side."""
BATCH = 64

PictureName = tuple[Any, ...]
"""Environment, episode and place."""


class Moment(NamedTuple):
    """One turn of an episode that was walked through again.

    Attributes:
        picture: Names it among the run's pictures.
        said: What the user said.
        best: The option that the oracle would have chosen.
        options: The menu, whether it was shown or not.
    """

    picture: PictureName
    said: str
    best: int
    options: tuple[str, ...]


class Walks:
    """Goes through stored choices again, so that everything is there that the rows do not hold."""

    def __init__(self, desks: Mapping[str, Desk], turns: int) -> None:
        self.problem = ""
        self._desks, self._turns = desks, turns
        self._recipes: dict[PictureName, Any] = {}
        self._known: dict[tuple[str, str, str], list[Moment]] = {}

    def of(self, row: Row) -> list[Moment]:
        """The moments of an episode; none where the source cannot be opened, or has become another."""
        key = row["agent"], row["env"], row["episode"]
        if key not in self._known:
            self._known[key] = self._walked(row) if row["env"] in self._desks else []
        return self._known[key]

    def pictures(self, rows: Iterable[Row]) -> int:
        """How many different pictures these episodes show."""
        return len(self._shown(rows))

    def painted(self, rows: Iterable[Row]) -> dict[PictureName, str]:
        """Their pictures as data URLs."""
        album: dict[PictureName, str] = {}
        shown = self._shown(rows)
        for env, desk in self._desks.items():
            names = [name for name in shown if name[0] == env]
            size = 1 if desk.source.image_size is None else BATCH  # photographs may be large
            for first in range(0, len(names), size):
                batch = names[first : first + size]
                album |= zip(batch, map(data_url, self._paint(desk, batch)), strict=True)
        return {name: url for name, url in album.items() if url}

    def _shown(self, rows: Iterable[Row]) -> list[PictureName]:
        moments = (self.of(row)[turn] for row in rows if self.of(row) for turn in shown_turns(row, self._turns))
        return list(dict.fromkeys(moment.picture for moment in moments))

    def _paint(self, desk: Desk, names: Sequence[PictureName]) -> list[NDArray[np.uint8] | None]:
        try:
            return list(desk.source.paint([self._recipes[name] for name in names]))
        except (PictureError, InputError) as error:
            if len(names) > 1:
                return [picture for name in names for picture in self._paint(desk, [name])]
            self.problem = self.problem or f"A picture cannot be shown: {' '.join(str(error).split())}"
            return [None]

    def _walked(self, row: Row) -> list[Moment]:
        try:
            conversation = self._desks[row["env"]].begin(row["episode"])
        except InputError as error:
            self.problem = self.problem or " ".join(str(error).split())
            return []
        moments = []
        for offered, choice in zip(row["offered"], row["choices"], strict=True):
            if conversation.state.over or not _is_as_it_was(conversation, row, offered, choice):
                self.problem = self.problem or (
                    f"Episode {row['episode']!r} of {row['env']} is no longer what was played; the source has changed."
                )
                return []
            place, texts = (row["env"], row["episode"], conversation.state.place), conversation.episode.texts
            self._recipes[place] = conversation.picture
            moments.append(Moment(place, conversation.dialogue, conversation.best_choice(), texts))
            conversation.reply(choice)
        return moments


def _is_as_it_was(conversation: Conversation, row: Row, offered: str, choice: int | None) -> bool:
    now = "".join(str(int(here)) for here in conversation.offered) if row["options"] else ""
    return (
        [*conversation.options] == row["options"]
        and conversation.episode.question == row["question"]
        and now == offered
        and (choice is None or 0 <= choice < len(conversation.offered))
    )


def data_url(picture: NDArray[np.uint8] | None) -> str:
    """A small copy of a picture, for a page; ``""`` for none."""
    if picture is None:
        return ""
    image = Image.fromarray(picture)
    image.thumbnail((SIDE, SIDE), Image.Resampling.BOX, reducing_gap=2.0)
    file = io.BytesIO()
    image.save(file, "WEBP", quality=62, method=2)
    return f"data:image/webp;base64,{base64.b64encode(file.getvalue()).decode('ascii')}"


def shown_turns(row: Row, most: int) -> list[int]:
    """Numbers of the turns that are shown: all, or the first and the last ones."""
    number = len(row["outcomes"])
    return list(range(number)) if number <= most else [*range(most - 4), *range(number - 4, number)]
