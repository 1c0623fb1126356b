"""The tiny model as a policy over letters, through the shortest way: pictures seen once, prompts put into tokens once.

It scores options as the agent ``hf:`` does with ``decide="letter"``; tests hold the two together.
"""

from collections.abc import Sequence
from copy import deepcopy
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from proactive_gym.agents.asking import Message
from proactive_gym.agents.base import Scored, Turn
from proactive_gym.menu import letter
from proactive_gym.training.recognition import as_input
from proactive_gym.training.tiny_model import PICTURE, PICTURE_TOKENS

_PICTURES_KEPT = 200_000
IMPOSSIBLE = -1e9


class TinyPolicy:
    """What the tiny model would reply, as scores of options.

    Args:
        model: In the precision it is to be run in.
        processor: Its processor.
        name: What it is called as an agent.
    """

    def __init__(self, model: Any, processor: Any, name: str = "tiny") -> None:
        self.model, self.processor, self.name = model, processor, name
        self.tokenizer = processor.tokenizer
        self.letters = torch.tensor(self.tokenizer.convert_tokens_to_ids([letter(number) for number in range(26)]))
        self._picture = self.tokenizer.convert_tokens_to_ids(PICTURE)
        self._seen: dict[bytes, torch.Tensor] = {}
        self.tokens = lru_cache(maxsize=50_000)(self._tokens)

    def copy(self) -> "TinyPolicy":
        """Another with the same weights, which can go its own way."""
        return TinyPolicy(deepcopy(self.model), self.processor, self.name)

    # --- As an agent --------------------------------------------------------------------------------------------------

    def act(self, turns: Sequence[Turn]) -> list[Scored]:
        """The likeliest letter's option for each turn, and how likely each is."""
        with torch.inference_mode():
            features = self.features(np.stack([turn.image for turn in turns]))
            masks = [turn.action_mask for turn in turns]
            scores = self.scores([turn.dialogue for turn in turns], features, masks)
        shares = scores.double().softmax(1)
        return [
            Scored(int(row.argmax()), tuple(row[: len(turn.options)].tolist()))
            for turn, row in zip(turns, shares, strict=True)
        ]

    # --- As a network -------------------------------------------------------------------------------------------------

    def scores(self, dialogues: Sequence[str], features: torch.Tensor, masks: Sequence[NDArray[Any]]) -> torch.Tensor:
        """Scores of the menu's options, ``(N, n)``; those that are not on offer cannot be drawn.

        Args:
            dialogues: What the users say.
            features: What is seen in the pictures, see ``features``.
            masks: Which options are on offer, ``(n,)`` each.
        """
        rows = [self.tokens(said) for said in dialogues]
        logits = self.forward(rows, features)[:, -1]
        offered = torch.zeros(len(masks), max(map(len, masks)), dtype=torch.bool)
        for row, mask in zip(offered, masks, strict=True):
            row[: len(mask)] = torch.from_numpy(np.asarray(mask, dtype=bool))
        place = (offered.cumsum(1) - 1).clamp_min(0)
        by_option = logits[:, self.letters].gather(1, place)
        return by_option.masked_fill(~offered, IMPOSSIBLE)

    def forward(self, rows: Sequence[Sequence[int]], features: torch.Tensor, keep: int = 1) -> torch.Tensor:
        """Scores of all tokens at the last ``keep`` places, ``(N, keep, vocabulary)``.

        Args:
            rows: Tokens, of prompts with a picture and of such without.
            features: Of those with one, in order.
            keep: At how many places.
        """
        longest = max(map(len, rows))
        ids = torch.full((len(rows), longest), self.tokenizer.pad_token_id)
        for row, tokens in zip(ids, rows, strict=True):
            row[longest - len(tokens) :] = torch.tensor(tokens)
        embedded = self.model.get_input_embeddings()(ids)
        if len(features):
            seen = self.model.model.multi_modal_projector(features)
            embedded = embedded.masked_scatter((ids == self._picture)[..., None], seen)
        mask = (ids != self.tokenizer.pad_token_id).long()
        passed = self.model(inputs_embeds=embedded, attention_mask=mask, logits_to_keep=keep, use_cache=False)
        logits: torch.Tensor = passed.logits
        return logits

    @torch.no_grad()
    def features(self, pixels: NDArray[np.uint8]) -> torch.Tensor:
        """What the ResNet makes of pictures, ``(N, PICTURE_TOKENS, 256)``; it no longer learns, so each is seen once.

        Args:
            pixels: uint8 ``(N, H, W, 3)``.
        """
        keys = [blake2b(picture.tobytes(), digest_size=16).digest() for picture in pixels]
        new = {key: place for place, key in enumerate(keys) if key not in self._seen}
        if new:
            if len(self._seen) > _PICTURES_KEPT:
                self._seen.clear()
                new = {key: place for place, key in enumerate(keys)}
            places = list(new.values())
            self._seen.update(zip(new, self.looked_at(pixels[places]), strict=True))
        return torch.stack([self._seen[key] for key in keys])

    @torch.no_grad()
    def looked_at(self, pixels: NDArray[np.uint8]) -> torch.Tensor:
        """The same, forgotten at once."""
        side = self.processor.image_processor.size["height"]
        if pixels.shape[1:3] == (side, side):
            given = as_input(pixels)
        else:
            given = self.processor.image_processor(list(pixels), return_tensors="pt")["pixel_values"]
        maps: torch.Tensor = self.model.model.vision_tower(given).last_hidden_state
        return maps.flatten(2).mT.contiguous()

    def _tokens(self, text: str, shown: str | None = PICTURE) -> tuple[int, ...]:
        """The prompt up to the reply, as chat template and tokenizer make it.

        Args:
            text: What the user says.
            shown: What stands in the picture's place: the picture, a word for it, or nothing.
        """
        said: list[Message] = [{"role": "user", "content": [{"type": "text", "text": text}]}]
        if shown is not None:
            block = {"type": "image"} if shown == PICTURE else {"type": "text", "text": shown}
            said[0]["content"].append(block)
        rendered = self.processor.apply_chat_template(said, add_generation_prompt=True, tokenize=False)
        places = rendered.replace(PICTURE, PICTURE * PICTURE_TOKENS)
        return tuple(self.tokenizer.encode(places, add_special_tokens=False))
