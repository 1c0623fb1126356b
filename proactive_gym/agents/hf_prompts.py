"""From conversations to a model's input: through its own chat template and processor, each picture accounted for."""

import re
from collections.abc import Sequence
from dataclasses import replace
from inspect import signature
from typing import Any

import jinja2
import numpy as np

from proactive_gym.agents.asking import Asking, Message, messages, pictures, tools
from proactive_gym.agents.base import Turn
from proactive_gym.agents.hf_loading import Loaded
from proactive_gym.errors import InputError, one_line
from proactive_gym.menu import Kind

_WORDS_ALONE = (
    "{% for m in messages %}{% for c in m['content'] if c['type'] == 'text' %}{{ c['text'] }} {% endfor %}{% endfor %}"
)
_TEMPLATES = {"instructblip": _WORDS_ALONE}
"""For kinds of models that were trained without a chat template, and whose processors place the picture themselves."""
_BY_SHAPE = ("phi4_multimodal",)
"""Kinds of models in which a picture looks different beside one that does not fill its tiles (transformers 5.23)."""
_MARKS = ("image_token", "boi_token", "start_image_token", "vision_start_token")
_NUMBERS = ("image_token_id", "image_token_index")
_ASKED = "What is this?"


class PictureCountError(ValueError):
    """Not every picture of a conversation reaches the model."""


class Prompts:
    """Makes a model's input.

    Args:
        loaded: The checkpoint.

    Raises:
        InputError: If it has no chat template.
    """

    def __init__(self, loaded: Loaded) -> None:
        self.processor, self.name = loaded.processor, loaded.name
        self.tokenizer = loaded.processor.tokenizer
        self.tokenizer.padding_side = "left"  # a reply goes on at the right end
        if hasattr(self.processor, "qformer_tokenizer"):
            self.processor.qformer_tokenizer.padding_side = "right"  # it counts places from the left end
        if self.tokenizer.pad_token is None:
            self.tokenizer.pad_token = self.tokenizer.eos_token
        config = loaded.model.config
        own = getattr(self.processor, "chat_template", None) or getattr(self.tokenizer, "chat_template", None)
        self._template = own or _TEMPLATES.get(config.model_type)
        if self._template is None:
            raise InputError(
                f"{self.name!r} has no chat template, without which nobody knows how to ask it; put the one it was "
                "trained with beside its weights, as chat_template.jinja."
            )
        self._by_shape = config.model_type in _BY_SHAPE
        self._inputs = set(signature(loaded.model.forward).parameters)
        self._numbers = {
            number
            for holder in (config, self.processor, self.tokenizer)
            for name in _NUMBERS
            if isinstance(number := getattr(holder, name, None), int)
        }
        self._mark: str | None = None
        self._takes_several = False
        special = [token.content for token in self.tokenizer.added_tokens_decoder.values() if token.special]
        self._special = re.compile("|".join(map(re.escape, sorted(special, key=len, reverse=True))) or r"(?!)")

    # --- Words --------------------------------------------------------------------------------------------------------

    def render(self, conversation: Sequence[Message], offered: Sequence[dict[str, Any]] = ()) -> str:
        """The conversation in the words that the model was trained on, up to where it is to go on.

        Args:
            conversation: As ``asking.messages`` makes it.
            offered: Tools, if any.
        """
        rendered = self.processor.apply_chat_template(
            [
                {"role": said["role"], "content": [self._block(block) for block in said["content"]]}
                for said in conversation
            ],
            chat_template=self._template,
            tools=list(offered) or None,
            add_generation_prompt=True,
            tokenize=False,
        )
        return str(rendered)

    def _block(self, block: Message) -> Message:
        """Without the picture itself; words that a user wrote cannot pass for the template's own."""
        if block["type"] == "image":
            return {"type": "image"}
        return {**block, "text": self._special.sub(lambda found: f"{found[0][0]} {found[0][1:]}", block["text"])}

    # --- Numbers ------------------------------------------------------------------------------------------------------

    def encode(self, texts: Sequence[str], shown: Sequence[Sequence[Any]]) -> dict[str, Any]:
        """The input for a batch, padded on the left.

        Args:
            texts: Rendered conversations.
            shown: The pictures in each.

        Raises:
            PictureCountError: If pictures and the places for them do not agree.
        """
        for text, here in zip(texts, shown, strict=True):
            if self._mark is not None and text.count(self._mark) != len(here):
                raise PictureCountError(
                    f"{len(here)} pictures are shown, but the chat template has {text.count(self._mark)} in its prompt."
                )
        begins = self.tokenizer.bos_token is not None and texts[0].startswith(self.tokenizer.bos_token)
        encoded = self.processor(
            text=list(texts),
            **(_images(shown) if any(map(len, shown)) else {}),
            padding=True,
            return_tensors="pt",
            **({"add_special_tokens": False} if begins else {}),  # the template has written it already
        )
        for places, here in zip(self._places(encoded["input_ids"]), shown, strict=True):
            self._check_places(places, here)
        # Some processors add what is of use in training only, or to other models with the same tokenizer.
        useless = {"labels", *({"token_type_ids"} - self._inputs)}
        return {name: value for name, value in encoded.items() if name not in useless}

    def company(self, shown: Sequence[Any]) -> Any:
        """What conversations that share a batch have in common: pictures or none; with some models, their shapes."""
        return tuple(np.shape(picture) for picture in shown) if self._by_shape else bool(shown)

    def _places(self, rows: Any) -> list[int]:
        """How many tokens stand for pictures, by row."""
        return [sum(number in self._numbers for number in row) for row in rows.tolist()]

    def _check_places(self, places: int, shown: Sequence[Any]) -> None:
        if not self._numbers:
            return
        alike = len({np.shape(picture) for picture in shown}) == 1
        if bool(places) != bool(shown) or (alike and places % len(shown)):
            raise PictureCountError(
                f"{len(shown)} pictures are shown, but {places} tokens of the prompt stand for them."
            )

    def decode(self, row: Sequence[int], text: str) -> tuple[str, Any]:
        """What was said, in words, and as the tokenizer understands it, where it has rules for that.

        Args:
            row: The tokens.
            text: The prompt before them.
        """
        words = str(self.tokenizer.decode(row, skip_special_tokens=True)).strip()
        if getattr(self.tokenizer, "response_template", None) is None:
            return words, None
        try:
            parsed = self.tokenizer.parse_response(list(row), prefix=text)
        except Exception:  # the rules are the checkpoint's, and what a model writes can break any
            return words, None
        content = parsed.get("content") if isinstance(parsed, dict) else None
        return content.strip() if isinstance(content, str) else words, parsed

    # --- Whether it can be asked at all -------------------------------------------------------------------------------

    def check(self, asking: Asking) -> None:
        """Try the chat template and the processor on a conversation like those to come.

        Raises:
            InputError: If they refuse it, or if pictures or tools get lost.
        """
        self._try(asking, 0 if asking.history == "none" else 1)
        if asking.history == "images" and asking.history_images and asking.history_turns:
            self.check_several()
        if asking.tools:
            turn = _a_turn(0)
            asked = messages(turn, asking)
            if self.render(asked, tools(turn)) == self.render(asked):
                raise InputError(f"The chat template of {self.name!r} has no place for tools; leave tools out.")

    def check_several(self) -> None:
        """Try conversations with several pictures.

        Raises:
            InputError: If not all of them reach the model.
        """
        if self._takes_several:
            return
        counts = [self._try(Asking("images"), earlier) for earlier in (1, 2)]
        if counts[0] * 3 != counts[1] * 2:
            raise InputError(
                f"{self.name!r} takes one picture only ({counts[0]} tokens stand for two, {counts[1]} for three); "
                "leave out history='images' and shots."
            )
        self._takes_several = True

    def _try(self, asking: Asking, earlier: int) -> int:
        """Ask something with that many turns before it; how many tokens stand for its pictures."""
        asking = replace(asking, history_turns=min(asking.history_turns, earlier))
        asked = messages(_a_turn(earlier), asking)
        shown = pictures(asked)
        blind = [{**said, "content": [part for part in said["content"] if part["type"] == "text"]} for said in asked]
        try:
            text, without = self.render(asked), self.render(blind)
        except (jinja2.TemplateError, TypeError, KeyError, ValueError) as error:
            raise InputError(
                f"The chat template of {self.name!r} refuses the conversation ({one_line(error)}); leave out history, "
                "shots or system, whichever it does not know."
            ) from error
        if _ASKED not in text or "'type'" in text:
            raise InputError(
                f"The chat template of {self.name!r} takes no messages made of pictures and words; put one that does "
                "beside its weights, as chat_template.jinja."
            )
        marks = [getattr(holder, name, None) for name in _MARKS for holder in (self.processor, self.tokenizer)]
        found = [str(mark) for mark in marks if mark and text.count(str(mark)) - without.count(str(mark)) == len(shown)]
        self._mark = found[0] if found and not without.count(found[0]) else None
        try:
            counts = self._places(self.encode([text], [shown])["input_ids"])
            if self._mark is None and text == without and not any(counts):
                raise PictureCountError("the prompt is the same without them")
        except Exception as error:  # processors say in many ways that they have no use for pictures
            raise InputError(
                f"The chat template and processor of {self.name!r} do not pass on {_counted(len(shown))} "
                f"({type(error).__name__}: {one_line(error)[:200].rstrip('.')}); "
                + (
                    "leave out history='images' and shots."
                    if len(shown) > 1
                    else "use those of a vision-language model."
                )
            ) from error
        return counts[0]


def _counted(number: int) -> str:
    return "a picture" if number == 1 else f"{number} pictures"


def _images(shown: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """Arrays, as they are: processors work on arrays, and would unpack a Pillow image first, which takes longest."""
    return {"images": [[_array(picture) for picture in here] for here in shown], "input_data_format": "channels_last"}


def _array(picture: Any) -> Any:
    array = np.ascontiguousarray(picture)
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3:
        raise ValueError(f"a picture is {array.dtype} {array.shape}, not uint8 (height, width, 3)")
    return array


def _a_turn(earlier: int) -> Turn:
    """A turn to try things on, with as many before it."""
    shade = np.linspace(0, 255, 64 * 64 * 3).astype(np.uint8).reshape(64, 64, 3)
    options, kinds = ("a ball", "I do not know", "wait"), (Kind.ANSWER, Kind.ABSTENTION, Kind.INTERVENTION)
    turn = Turn(shade, _ASKED, options, np.ones(3, np.int8), _ASKED, "", earlier, kinds)
    return replace(turn, history=((turn, 2),) * earlier)
