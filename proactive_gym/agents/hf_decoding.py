"""From a model's numbers to replies: words drawn one by one, letters weighed against each other, tools called."""

import json
import math
import re
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any

import torch
from transformers import LogitsProcessor

from proactive_gym.agents.asking import called
from proactive_gym.agents.base import Reply, Scored, Turn
from proactive_gym.errors import InputError
from proactive_gym.menu import letter

MOST_LETTERS = 26
_CALL = re.compile(r"<tool_call>\s*(.*?)\s*(?:</tool_call>|\Z)", re.DOTALL)
_BEFORE = ("", " ", "\n", ":", "\n\n", ">")
"""What may stand before a letter: tokenizers have several tokens for the same one."""


# --- Words ------------------------------------------------------------------------------------------------------------


class Sampled(LogitsProcessor):
    """Leaves one token, drawn from all at some temperature.

    Each row has its own stream of random numbers, so that a reply is the same whatever else is in the batch. The
    likeliest token after Gumbel noise is a draw; rounding upsets that far less often than where a number falls among
    accumulated chances.

    Args:
        temperature: Greater than 0.
        names: Of the rows' streams.
    """

    def __init__(self, temperature: float, names: Sequence[str]) -> None:
        self._temperature = temperature
        self._seeds = [int.from_bytes(sha256(name.encode()).digest()[:7]) for name in names]
        self._streams: list[torch.Generator] = []

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Scores that leave the drawn token alone."""
        if not self._streams:
            self._streams = [torch.Generator(scores.device).manual_seed(seed) for seed in self._seeds]
        blank = torch.empty(scores.shape[-1], device=scores.device)
        noise = torch.stack([blank.exponential_(generator=stream).log() for stream in self._streams])
        tokens = (scores.float() / self._temperature - noise).argmax(-1, keepdim=True)
        return torch.full_like(scores, -math.inf).scatter(-1, tokens, 0.0)


class Unrepeated(LogitsProcessor):
    """The penalty on tokens that were there before, as transformers has it, but blind to the padding.

    Args:
        penalty: What their scores are divided by.
        attention: Which tokens of the prompt are none of the padding.
    """

    def __init__(self, penalty: float, attention: torch.Tensor) -> None:
        self._penalty = penalty
        self._attention = attention.bool()

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """The scores with the penalty."""
        size = scores.shape[-1]
        new = torch.ones_like(input_ids[:, self._attention.shape[1] :], dtype=torch.bool)
        real = torch.cat([self._attention, new], dim=1)
        there = torch.zeros(len(scores), size + 1, dtype=torch.bool, device=scores.device)
        there.scatter_(1, torch.where(real, input_ids, size).clamp(max=size), True)
        punished = torch.where(scores < 0, scores * self._penalty, scores / self._penalty)
        return torch.where(there[:, :size], punished, scores)


# --- Letters ----------------------------------------------------------------------------------------------------------


def letter_tokens(tokenizer: Any) -> list[list[int]]:
    """The tokens that a reply may begin with to name each letter, from A to Z.

    Raises:
        InputError: If a letter is no token.
    """
    tokens = []
    for name in map(letter, range(MOST_LETTERS)):
        ends = {tokenizer.encode(before + name, add_special_tokens=False)[-1] for before in _BEFORE}
        tokens.append(sorted(number for number in ends if tokenizer.decode([number]).strip() == name))
        if not tokens[-1]:
            raise InputError(f"The tokenizer has no token for the letter {name}; leave out decide='letter'.")
    return tokens


def chosen_letters(turns: Sequence[Turn], logits: torch.Tensor, tokens: Sequence[Sequence[int]]) -> list[Scored]:
    """The option whose letter is the likeliest next, and how likely each is among those on offer."""
    chances = logits.cpu().double().log_softmax(-1)
    return [_chosen(turn, row, tokens) for turn, row in zip(turns, chances, strict=True)]


def _chosen(turn: Turn, row: torch.Tensor, tokens: Sequence[Sequence[int]]) -> Scored:
    offered = turn.on_offer() if turn.kinds else [number for number, here in enumerate(turn.action_mask) if here]
    scores = torch.stack([row[list(numbers)].logsumexp(0) for numbers in tokens[: len(offered)]])
    shares = [0.0] * len(turn.options)
    for number, share in zip(offered, scores.softmax(0).tolist(), strict=True):
        shares[number] = share
    return Scored(offered[int(scores.argmax())], tuple(shares))


def check_lettered(turn: Turn) -> None:
    """Refuse a turn whose options have no letters, or too many.

    Raises:
        InputError: Naming the episode.
    """
    offered = int(sum(turn.action_mask)) if turn.options else 0
    if not 1 <= offered <= MOST_LETTERS:
        raise InputError(
            f"decide is 'letter', but turn {turn.number} of episode {turn.episode!r} has {offered} options on offer "
            f"and needs 1 to {MOST_LETTERS}; use decide='generate'."
        )


# --- Tools ------------------------------------------------------------------------------------------------------------


def tool_called(turn: Turn, text: str, parsed: Any = None) -> Reply | None:
    """The reply that the first tool called amounts to; ``None`` if none was called.

    Args:
        turn: What was asked.
        text: What the model wrote.
        parsed: The same as read by the tokenizer's own rules, if it has any.
    """
    for call in (*_own_calls(parsed), *_written_calls(text)):
        function = call.get("function", call)
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            continue
        arguments = function.get("arguments", function.get("parameters"))
        if isinstance(arguments, str):
            arguments = next(_objects(arguments), None)
        return called(turn, function["name"], arguments if isinstance(arguments, dict) else {})
    return None


def _own_calls(parsed: Any) -> list[dict[str, Any]]:
    calls = parsed.get("tool_calls") if isinstance(parsed, dict) else None
    return [call for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []


def _written_calls(text: str) -> list[dict[str, Any]]:
    """Calls between tags; or all that was written, where it is one call."""
    tagged = [found[1] for found in _CALL.finditer(text)]
    bare = [text] if not tagged and text.lstrip().startswith("{") else []
    return [call for written in (*tagged, *bare) for call in _objects(written)]


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """The JSON object that begins first, whatever surrounds it."""
    start = text.find("{")
    try:
        value, _ = json.JSONDecoder(strict=False).raw_decode(text, start) if start >= 0 else (None, 0)
    except (ValueError, RecursionError):
        return
    if isinstance(value, dict):
        yield value
