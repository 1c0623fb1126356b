"""The first lesson: to see. Pictures and names are brought together, as CLIP does it."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from proactive_gym.training.clear_pictures import ClearPictures, names

Say = Callable[[str], None]

_FARTHEST = 3
"""Pixels that pictures are moved by at most."""
_SHARPEST = 30.0
"""The most that a likeness counts for."""


class Recognition(NamedTuple):
    """How well subjects are recognised on pictures never learnt from.

    Attributes:
        among_all: The share named rightly among all subjects.
        among_four: The same among four: those of the picture's menu.
    """

    among_all: float
    among_four: float


def learn_to_see(
    model: Any, tokenizer: Any, shown: ClearPictures, steps: int, batch: int = 128, seed: int = 0, say: Say = print
) -> None:
    """Have the picture's tokens come to lie where the words of the subject's name lie.

    The language model reads neither; it only lends its table of words. What is learnt is the ResNet, the projector, and
    the words of the 341 names.

    Args:
        model: As ``tiny_model.made_model`` makes it; changed in place.
        tokenizer: Its tokenizer.
        shown: The pictures.
        steps: How often the weights are changed.
        batch: Pictures each time.
        seed: Of the pictures' order.
        say: Told of progress.
    """
    sees = Likeness(model, tokenizer).train()
    optimiser = torch.optim.AdamW(sees.parameters(), weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=steps + 1, pct_start=0.15)
    running = 0.0
    random = np.random.default_rng(seed)
    for step in range(1, steps + 1):
        picked = random.integers(len(shown.names), size=batch)
        right = torch.from_numpy(shown.names[picked])
        # On processors that have it, half the numbers' length is twice the speed.
        with torch.autocast("cpu", torch.bfloat16):
            scores = sees(as_input(_shifted(shown.pixels[picked], random))).float()
        loss = functional.cross_entropy(scores, right)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(sees.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        running += 0.02 * ((scores.argmax(1) == right).float().mean().item() - running)
        if step % 100 == 0:
            say(f"seeing: step {step} of {steps}, loss {loss.item():.2f}, named rightly {running:.1%}")
    sees.settle(shown)


@torch.no_grad()
def recognition(model: Any, tokenizer: Any, shown: ClearPictures) -> Recognition:
    """How well the model names clear pictures by likeness alone."""
    sees = Likeness(model, tokenizer).eval()
    scores = np.concatenate(
        [sees(as_input(part)).numpy() for part in np.array_split(shown.pixels, len(shown.names) // 128)]
    )
    among_four = _best_of_menu(scores, shown) == shown.names
    return Recognition(float(np.mean(scores.argmax(1) == shown.names)), float(np.mean(among_four)))


def _shifted(pixels: np.ndarray[Any, Any], random: np.random.Generator) -> np.ndarray[Any, Any]:
    """The pictures moved a little, all the same way, so that no place in them matters."""
    return np.roll(pixels, tuple(random.integers(-_FARTHEST, _FARTHEST + 1, size=2)), axis=(1, 2))


def _best_of_menu(scores: np.ndarray[Any, Any], shown: ClearPictures) -> np.ndarray[Any, Any]:
    index = {name: place for place, name in enumerate(names())}
    menus = [[index[text] for text in episode.texts if text in index] for episode in shown.episodes]
    return np.array([max(menu, key=lambda place: row[place]) for row, menu in zip(scores, menus, strict=True)])


def as_input(pixels: np.ndarray[Any, Any]) -> torch.Tensor:
    """Pictures as the processor hands them to the model: float, -1…1, ``(N, 3, H, W)``."""
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).float().div_(127.5).sub_(1.0)


class Likeness(nn.Module):
    """How alike pictures and names are: ``(N, 341)``."""

    def __init__(self, model: Any, tokenizer: Any) -> None:
        """Of the model's own parts."""
        super().__init__()
        self.tower = model.model.vision_tower.to(memory_format=torch.channels_last)
        self.projector = model.model.multi_modal_projector
        self.table = model.get_input_embeddings()
        self.sharpness = nn.Parameter(torch.tensor(10.0))
        tokens = [tokenizer.encode(name, add_special_tokens=False) for name in names()]
        self.tokens = torch.tensor([token for name in tokens for token in name])
        self.starts = torch.tensor([0, *np.cumsum([len(name) for name in tokens])[:-1]])

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Scores of all names for each picture."""
        features = self.tower(pictures.contiguous(memory_format=torch.channels_last)).last_hidden_state
        seen = self.projector(features.flatten(2).mT).mean(1)
        likeness = functional.normalize(seen, dim=1) @ functional.normalize(self.named(), dim=1).T
        return likeness * self.sharpness.clamp(max=_SHARPEST)

    def named(self) -> torch.Tensor:
        """Where each name lies: amid its words."""
        return functional.embedding_bag(self.tokens, self.table.weight, self.starts, mode="mean")

    @torch.no_grad()
    def settle(self, shown: ClearPictures) -> None:
        """Make the picture's tokens as long as words are, which likeness does not mind and a reader does."""
        self.eval()
        features = self.tower(as_input(shown.pixels[:512])).last_hidden_state
        seen = self.projector(features.flatten(2).mT)
        scale = self.named().norm(dim=1).mean() / seen.norm(dim=2).mean()
        self.projector.linear_2.weight.mul_(scale)
        self.projector.linear_2.bias.mul_(scale)
