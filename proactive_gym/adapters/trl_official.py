"""The official training split for TRL's ``GRPOTrainer``: streamed, each reply read against its row's own menu.

::

    split = OfficialSplit("data/ProactiveBench/data")
    GRPOTrainer(model, RowReward(request=0.5), args, split.dataset())    # args.max_steps says where it ends
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from proactive_gym.adapters.trl import Row
from proactive_gym.adapters.trl_shared import check_request, log_outcomes, said
from proactive_gym.errors import InputError
from proactive_gym.outcome import Outcome
from proactive_gym.reading import read
from proactive_gym.reward import Reward
from proactive_gym.sources.proactivebench.training import TrainingRow, number_of_training_rows, training_rows

KIND = "official"
"""By which results are logged; the rows do not say which data set they are from."""


class OfficialSplit:
    """The rows of ``train-*.parquet``.

    Args:
        folder: Where they are.

    Raises:
        InputError: If there are none, or if the first could not be trained on.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = str(folder)
        first = next(iter(training_rows(folder)), None)
        self.rows = number_of_training_rows(folder)
        if first is None or not self.rows:
            raise InputError(f"The training split in {folder} has no rows.")
        row_of(first)

    def dataset(self) -> Any:
        """A ``datasets.IterableDataset``: the pictures take 7 GB together, and a few of them at a time."""
        from datasets import IterableDataset

        return IterableDataset.from_generator(_stream, gen_kwargs={"folder": self.folder})


def row_of(training_row: TrainingRow) -> Row:
    """What TRL and ``RowReward`` are told of a row.

    Raises:
        InputError: If its menu lacks the right answer, or if its prompt and its pictures do not agree.
    """
    options = list(training_row.options)
    right = _number(training_row.ground_truth, options)
    if right is None:
        raise InputError(
            f"{training_row.name}: the right answer {training_row.ground_truth!r} is none of its options {options}."
        )
    helping = [_number(text, options) for text in training_row.interventions]
    return {
        "prompt": _prompt(training_row),
        "images": [Image.fromarray(picture) for picture in training_row.pictures],
        "menu": options,
        "right": right,
        "helping": [number for number in helping if number is not None],
    }


class RowReward:
    """TRL's reward function for the official rows: 1 for the right answer, r_p for a request that helps, else 0.

    Args:
        request: r_p.

    Raises:
        InputError: If r_p is not in [0, 1].
    """

    __name__ = "outcome"  # what TRL logs it by

    def __init__(self, request: float = 0.5) -> None:
        self.reward = Reward(request=check_request(request))

    def __call__(
        self,
        completions: Sequence[Any],
        menu: Sequence[Sequence[str]],
        right: Sequence[int],
        helping: Sequence[Sequence[int]],
        log_metric: Callable[[str, float], None] | None = None,
        **told: Any,
    ) -> list[float]:
        """The rewards, one per completion."""
        del told
        replies = map(said, completions)
        outcomes = [_outcome(*one) for one in zip(replies, menu, right, helping, strict=True)]
        log_outcomes(log_metric, outcomes, [KIND] * len(outcomes))
        return [self.reward.of(outcome) for outcome in outcomes]


def _stream(folder: str) -> Iterator[Row]:
    yield from map(row_of, training_rows(folder))


def _outcome(reply: str, menu: Sequence[str], right: int, helping: Sequence[int]) -> Outcome:
    choice = _number(reply, menu)
    if choice is None:
        return Outcome.UNREADABLE
    if choice == right:
        return Outcome.CORRECT
    return Outcome.REQUESTED if choice in helping else Outcome.WRONG


def _number(text: str, options: Sequence[str]) -> int | None:
    """The option that a text names, be it the whole text or its letter."""
    return read(text, options, [True] * len(options))


def _prompt(training_row: TrainingRow) -> list[dict[str, Any]]:
    """Its messages, with a place for each picture; before the first words of the user, if they have none."""
    messages = [{**said, "content": [_part(part) for part in said["content"]]} for said in training_row.prompt]
    places = sum(part["type"] == "image" for message in messages for part in message["content"])
    if places == 0:
        user = next((message for message in messages if message["role"] == "user"), messages[0])
        user["content"] = [{"type": "image"} for _ in training_row.pictures] + user["content"]
    elif places != len(training_row.pictures):
        raise InputError(
            f"{training_row.name}: the prompt has places for {places} pictures, but there are "
            f"{len(training_row.pictures)}."
        )
    return messages


def _part(part: dict[str, Any]) -> dict[str, Any]:
    """Without the empty fields that a file of rows gives every part."""
    return {"type": "image"} if part["type"] == "image" else {"type": part["type"], "text": part.get("text") or ""}
