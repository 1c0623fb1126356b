"""The second lesson: to read menus, bind letters to options, and answer."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch.nn import functional

from proactive_gym.draw import Draw
from proactive_gym.episode import Episode
from proactive_gym.training.clear_pictures import ClearPictures
from proactive_gym.training.lessons import Lesson, about_a_picture, about_words, naming
from proactive_gym.training.policy import IMPOSSIBLE, TinyPolicy
from proactive_gym.training.recognition import Say

_RATE = 1e-3
_FORM = 0.02
_DOUBT = 0.02
"""How much of a lesson goes to all options alike: the little chance of asking that later learning starts from."""


def learn_to_read(
    policy: TinyPolicy,
    shown: ClearPictures,
    steps: int,
    words_first: int = 150,
    batch: int = 64,
    seed: int = 0,
    say: Say = print,
) -> None:
    """Teach the language model; the ResNet stays as it is.

    Args:
        policy: Its model is changed in place.
        shown: Pictures for the lessons.
        steps: How often the weights are changed.
        words_first: How many of these steps have no pictures: where letters belong is learnt soonest from words alone.
        batch: Lessons each time.
        seed: Of the lessons.
        say: Told of progress.
    """
    policy.model.model.vision_tower.requires_grad_(False)
    features = torch.cat(
        [policy.looked_at(part).half() for part in np.array_split(shown.pixels, len(shown.names) // 256 + 1)]
    )
    weights = [weight for weight in policy.model.parameters() if weight.requires_grad]
    optimiser = torch.optim.AdamW(weights, lr=_RATE, weight_decay=0.01, betas=(0.9, 0.98))
    draw = Draw(f"lessons/{seed}")
    marks = Marks()
    policy.model.train()
    policy.model.model.vision_tower.eval()
    for step in range(1, steps + 1):
        for group in optimiser.param_groups:
            group["lr"] = _RATE * min(1.0, step / 30) * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * step / steps)))
        lessons = _lessons(draw, shown.episodes, batch, words_alone=step <= words_first)
        optimiser.zero_grad()
        losses = []
        for part in _by_length(policy, lessons):
            loss, chosen = _loss(policy, part, features, form=0.0 if step <= words_first else _FORM)
            (loss * len(part) / batch).backward()  # type: ignore[no-untyped-call]
            marks.note(part, chosen)
            losses.append(loss.item())
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimiser.step()
        if step % 50 == 0:
            say(f"reading: step {step} of {steps}, loss {np.mean(losses):.2f}, right {marks}")
    policy.model.eval()


def _lessons(draw: Draw, episodes: Sequence[Episode], number: int, words_alone: bool) -> list[Lesson]:
    lessons = []
    for _ in range(number):
        place = draw.whole(0, len(episodes) - 1)
        if not words_alone and draw.chance(0.7):
            lessons.append(about_a_picture(draw, episodes[place], place))
        else:
            lessons.append(naming(draw) if words_alone else about_words(draw, episodes[place]))
    return lessons


def _by_length(policy: TinyPolicy, lessons: Sequence[Lesson]) -> list[list[Lesson]]:
    """The shorter half and the longer one, which spares a third of the padding."""
    ordered = sorted(lessons, key=lambda lesson: len(policy.tokens(lesson.said, lesson.shown)))
    return [ordered[: len(ordered) // 2], ordered[len(ordered) // 2 :]]


def _loss(
    policy: TinyPolicy, lessons: Sequence[Lesson], features: torch.Tensor, form: float
) -> tuple[torch.Tensor, list[int]]:
    """How far the replies are from right ones; and the letters that were the likeliest.

    What counts is the letter among those listed. That it is one of these at all, and that the reply ends there, counts
    little (``form``), and nothing at first: it would drown what there is to be learnt from.
    """
    wanted = _wanted(policy, lessons)
    letters = policy.letters[wanted.argmax(1)].tolist()
    rows = [(*policy.tokens(lesson.said, lesson.shown), token) for lesson, token in zip(lessons, letters, strict=True)]
    pictures = [lesson.picture for lesson in lessons if lesson.picture is not None]
    logits = policy.forward(rows, features[pictures].float(), keep=2)
    listed = torch.tensor([lesson.options for lesson in lessons])[:, None] > torch.arange(len(policy.letters))
    among = logits[:, 0, policy.letters].masked_fill(~listed, IMPOSSIBLE)
    chances = among.log_softmax(1)
    elsewhere = (logits[:, 0].logsumexp(1) - among.logsumexp(1)).mean()
    ends = functional.cross_entropy(logits[:, 1], torch.full((len(rows),), policy.tokenizer.eos_token_id))
    loss = -(wanted * chances.clamp_min(-50)).sum(1).mean() + form * (elsewhere + ends)
    return loss, chances.argmax(1).tolist()


def _wanted(policy: TinyPolicy, lessons: Sequence[Lesson]) -> torch.Tensor:
    """How likely each letter is to be."""
    wanted = torch.zeros(len(lessons), len(policy.letters))
    for row, lesson in zip(wanted, lessons, strict=True):
        row[: lesson.options] = _DOUBT / lesson.options
        row[list(lesson.right)] += (1 - _DOUBT) / len(lesson.right)
    return wanted


class Marks:
    """The share of right replies of late, by kind of lesson."""

    def __init__(self) -> None:
        """None yet."""
        self.shares: dict[str, float] = {}

    def note(self, lessons: Sequence[Lesson], chosen: Sequence[int]) -> None:
        """Count a batch."""
        hits: dict[str, list[bool]] = {}
        for lesson, choice in zip(lessons, chosen, strict=True):
            hits.setdefault(lesson.kind, []).append(choice in lesson.right)
        for kind, right in hits.items():
            share = float(np.mean(right))
            self.shares[kind] = 0.95 * self.shares.get(kind, share) + 0.05 * share

    def __str__(self) -> str:
        return ", ".join(f"{kind} {share:.0%}" for kind, share in sorted(self.shares.items()))
