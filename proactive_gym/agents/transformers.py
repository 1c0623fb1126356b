"""Vision-language models of transformers on this machine: ``hf:`` and a folder, a hub id or a short name."""

import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

import torch

from proactive_gym.agents.asking import Message, final, messages, pictures, tools
from proactive_gym.agents.base import Agent, Failure, Reaction, Reply, Turn
from proactive_gym.agents.hf_decoding import (
    Sampled,
    Unrepeated,
    check_lettered,
    chosen_letters,
    letter_tokens,
    tool_called,
)
from proactive_gym.agents.hf_loading import is_memory, load
from proactive_gym.agents.hf_prompts import Prompts
from proactive_gym.agents.options import ModelOptions
from proactive_gym.agents.presets import checkpoint_of
from proactive_gym.errors import InputError, one_line

_LONGEST_ERROR = 300

Taken = TypeVar("Taken", bound=Reaction)


def from_name(model: str, options: ModelOptions) -> Agent:
    """The agent called ``hf:MODEL``."""
    return TransformersAgent(model, options)


class _Asked(NamedTuple):
    """What the model is asked once.

    Attributes:
        conversation: Up to its reply.
        name: Of the random numbers, where the reply is sampled.
        turn: What it replies to, if it is a turn.
        offered: Tools.
    """

    conversation: list[Message]
    name: str
    turn: Turn | None = None
    offered: tuple[dict[str, Any], ...] = ()

    @property
    def speaks_freely(self) -> bool:
        """Whether there are no options to choose from."""
        return self.turn is None or not self.turn.options


class TransformersAgent:
    """Any vision-language model that transformers can load, asked in batches through its own chat template.

    Replies do not depend on what else is in the batch, but for rounding: in half precision a near tie between two words
    can fall either way. Sampled replies draw from all words (no top-k, no top-p), with random numbers that are named by
    seed, episode and turn. A batch that does not fit into memory is halved, and batches stay that small; what goes
    wrong with one turn is a failure of that turn alone.

    Args:
        model: A folder, a hub id (``ORGANISATION/NAME`` or ``ORGANISATION/NAME@REVISION``) or a preset's name.
        options: How it is loaded and asked.

    Raises:
        InputError: If it cannot be loaded, or cannot be asked that way.
    """

    def __init__(self, model: str, options: ModelOptions | None = None) -> None:
        self.options = options or ModelOptions()
        if self.options.decide == "letter" and self.options.asking.tools:
            raise InputError("decide='letter' takes the first token for the reply, so that tools=True has no place.")
        loaded = load(checkpoint_of(model), self.options)
        self.name = f"hf:{loaded.name}"
        self.configuration: dict[str, Any] = loaded.described
        self._model = loaded.model
        self._penalty = _settled(loaded.model)
        self._prompts = Prompts(loaded)
        self._prompts.check(self.options.asking)
        self._letters = letter_tokens(self._prompts.tokenizer) if self.options.decide == "letter" else []
        self._largest = 2**31
        counted = ("replies", "failures", "batches", "halvings", "prompt_tokens", "generated_tokens")
        self._counts = dict.fromkeys(counted, 0)

    @property
    def usage(self) -> dict[str, int]:
        """Replies, failures, batches, how often one was halved, and tokens, so far."""
        return dict(self._counts)

    def act(self, turns: Sequence[Turn]) -> list[Reaction]:
        """One reply per turn, in order.

        Raises:
            InputError: If a turn cannot be asked that way: several pictures, options without letters.
        """
        asking = self.options.asking
        if self.options.decide == "letter":
            for turn in turns:
                check_lettered(turn)
        asked = [
            _Asked(
                messages(turn, asking),
                f"{self.options.seed}/{turn.episode}/{turn.number}",
                turn,
                tuple(tools(turn)) if asking.tools else (),
            )
            for turn in turns
        ]
        if any(len(pictures(item.conversation)) > 1 for item in asked):
            self._prompts.check_several()
        return self._grouped(self._lettered if self.options.decide == "letter" else self._written, asked)

    def complete(self, conversations: Sequence[list[Message]]) -> list[str | Failure]:
        """What the model says next in each conversation."""
        return self._grouped(
            self._spoken, [_Asked(said, f"{self.options.seed}/{_text(said)}") for said in conversations]
        )

    # --- One batch ----------------------------------------------------------------------------------------------------

    def _written(self, batch: Sequence[_Asked]) -> list[Reply]:
        """Replies in the model's words, or those that the tools it calls amount to."""
        replies: list[Reply] = []
        for item, (words, parsed) in zip(batch, self._said(batch), strict=True):
            chosen = tool_called(item.turn, words, parsed) if item.turn is not None and item.offered else None
            replies.append(final(words, self.options.asking) if chosen is None else chosen)
        return replies

    def _spoken(self, batch: Sequence[_Asked]) -> list[str]:
        return [words for words, _ in self._said(batch)]

    def _said(self, batch: Sequence[_Asked]) -> list[tuple[str, Any]]:
        """What the model says, and the same as its tokenizer understands it, where that has rules for it."""
        texts, inputs = self._encoded(batch)
        rules: list[Any] = []
        if self._penalty != 1.0:
            rules.append(Unrepeated(self._penalty, inputs["attention_mask"]))
        if self.options.temperature:
            rules.append(Sampled(self.options.temperature, [item.name for item in batch]))
        with torch.inference_mode():
            length = self.options.length(batch[0].speaks_freely)
            tokens = self._model.generate(**inputs, max_new_tokens=length, logits_processor=rules)
        rows = _until_stop(tokens[:, inputs["input_ids"].shape[1] :], self._model.generation_config.eos_token_id)
        self._count(inputs, sum(map(len, rows)))
        return [self._prompts.decode(row, text) for row, text in zip(rows, texts, strict=True)]

    def _lettered(self, batch: Sequence[_Asked]) -> list[Reaction]:
        """Options by their letters' chances, from one pass."""
        _, inputs = self._encoded(batch)
        with torch.inference_mode():
            passed = self._model.generate(**inputs, max_new_tokens=1, output_logits=True, return_dict_in_generate=True)
        self._count(inputs, 0)
        turns = [item.turn for item in batch if item.turn is not None]
        return list(chosen_letters(turns, passed.logits[0], self._letters))

    def _encoded(self, batch: Sequence[_Asked]) -> tuple[list[str], dict[str, Any]]:
        """The prompts, and the model's input."""
        texts = [self._prompts.render(item.conversation, item.offered) for item in batch]
        inputs = self._prompts.encode(texts, [pictures(item.conversation) for item in batch])
        model = self._model
        return texts, {name: _placed(value, model.device, model.dtype) for name, value in inputs.items()}

    def _count(self, inputs: dict[str, Any], generated: int) -> None:
        self._counts["batches"] += 1
        self._counts["prompt_tokens"] += int(inputs["attention_mask"].sum())
        self._counts["generated_tokens"] += generated

    # --- Many batches -------------------------------------------------------------------------------------------------

    def _grouped(
        self, work: Callable[[Sequence[_Asked]], Sequence[Taken]], items: Sequence[_Asked]
    ) -> list[Taken | Failure]:
        """What comes of each, in order; what cannot share a batch is asked apart."""
        groups: dict[Any, list[int]] = {}
        for place, item in enumerate(items):
            kind = (item.speaks_freely, self._prompts.company(pictures(item.conversation)))
            groups.setdefault(kind, []).append(place)
        said: dict[int, Taken | Failure] = {}
        for places in groups.values():
            said.update(zip(places, self._each(work, [items[place] for place in places]), strict=True))
        return [said[place] for place in range(len(items))]

    def _each(
        self, work: Callable[[Sequence[_Asked]], Sequence[Taken]], items: Sequence[_Asked]
    ) -> list[Taken | Failure]:
        """What comes of each, in order, in batches that fit into memory."""
        said: list[Taken | Failure] = []
        while len(said) < len(items):
            said += self._tried(work, items[len(said) : len(said) + self._largest])
        self._counts["replies"] += sum(not isinstance(reply, Failure) for reply in said)
        self._counts["failures"] += sum(isinstance(reply, Failure) for reply in said)
        return said

    def _tried(
        self, work: Callable[[Sequence[_Asked]], Sequence[Taken]], batch: Sequence[_Asked]
    ) -> Sequence[Taken | Failure]:
        """What comes of a batch; of half of it where it does not fit, of each alone where one spoils it."""
        try:
            return work(batch)
        except InputError:
            raise
        except Exception as error:
            too_large, failure = is_memory(error), _failure(error)
        # Out here the error is gone, and with it what it kept in memory.
        if len(batch) == 1:
            return [failure]
        if not too_large:
            return [reply for item in batch for reply in self._tried(work, [item])]
        self._halve(len(batch))
        return self._tried(work, batch[: self._largest])

    def _halve(self, size: int) -> None:
        if not self._counts["halvings"]:
            warnings.warn(
                f"{self.name}: a batch of {size} does not fit into memory; batches are halved until they do. A smaller "
                "num_envs spares the attempts.",
                stacklevel=2,
            )
        self._counts["halvings"] += 1
        self._largest = size // 2
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def _text(conversation: Sequence[Message]) -> str:
    return "\n".join([block["text"] for said in conversation for block in said["content"] if block["type"] == "text"])


def _failure(error: Exception) -> Failure:
    kind = "OutOfMemoryError" if is_memory(error) else type(error).__name__
    return Failure(f"{kind}: {one_line(error)}"[:_LONGEST_ERROR])


def _placed(value: Any, device: torch.device, dtype: torch.dtype) -> Any:
    """On the model's device; pictures in its precision."""
    if not isinstance(value, torch.Tensor):
        return value
    return value.to(device, dtype) if value.is_floating_point() else value.to(device)


def _until_stop(tokens: torch.Tensor, stops: int | list[int] | None) -> list[list[int]]:
    """The rows, each up to its first stop; what follows fills the batch."""
    ends = set(_stops(stops))
    rows: list[list[int]] = tokens.tolist()
    return [row[: next((place + 1 for place, token in enumerate(row) if token in ends), len(row))] for row in rows]


def _stops(numbers: int | list[int] | None) -> list[int]:
    return numbers if isinstance(numbers, list) else [] if numbers is None else [numbers]


def _settled(model: Any) -> float:
    """Have the model write its likeliest words; the penalty on repetition that it comes with is ours to apply."""
    settings = model.generation_config
    penalty = settings.repetition_penalty
    settings.update(
        do_sample=False, num_beams=1, temperature=None, top_p=None, top_k=None, min_p=None, typical_p=None,
        repetition_penalty=None, max_length=None, num_return_sequences=1, penalty_alpha=None, dola_layers=None,
        prompt_lookup_num_tokens=None,
    )  # fmt: skip
    if settings.pad_token_id is None:
        settings.pad_token_id = next(iter(_stops(settings.eos_token_id)), None)
    return 1.0 if penalty is None else float(penalty)
