"""Checkpoints of the tiny model: folders that transformers loads, half as large as they might be."""

import shutil
from copy import deepcopy
from pathlib import Path

import torch
import transformers

from proactive_gym.agents.tiny import folder
from proactive_gym.errors import InputError
from proactive_gym.training.policy import TinyPolicy
from proactive_gym.training.tiny_model import STRIDE

CARD = "README.md"


def save_checkpoint(policy: TinyPolicy, place: str | Path, card: str) -> None:
    """Write model, processor and model card, all or nothing; weights are kept in half precision and load in full.

    Args:
        policy: Left as it is.
        place: The folder; made if it is missing.
        card: The model card.
    """
    place = Path(place)
    draft = place.with_name(f"{place.name}.part")
    shutil.rmtree(draft, ignore_errors=True)
    deepcopy(policy.model).half().save_pretrained(draft)
    policy.processor.save_pretrained(draft)
    config = draft / "config.json"
    # So that nobody runs it in half precision by chance: processors are slow at that.
    config.write_text(config.read_text(encoding="utf-8").replace('"float16"', '"float32"'), encoding="utf-8")
    (draft / CARD).write_text(card, encoding="utf-8")
    if place.exists():
        shutil.rmtree(place)
    draft.rename(place)


def load_policy(place: str | Path, name: str | None = None) -> TinyPolicy:
    """The policy of a checkpoint.

    Args:
        place: A folder, or ``"tiny"`` or ``"tiny-rl"`` for those that come with the package.
        name: What it is to be called as an agent; by default the folder's name.

    Raises:
        InputError: If the folder holds no model of this shape.
    """
    place = folder(str(place)) if str(place) in ("tiny", "tiny-rl") else Path(place)
    try:
        processor = transformers.AutoProcessor.from_pretrained(place)
        model = transformers.FastVlmForConditionalGeneration.from_pretrained(place, dtype=torch.float32)
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(
            f"{place} holds no checkpoint of the tiny model; make one with examples/train_tiny.py."
        ) from error
    if getattr(processor, "patch_size", None) != STRIDE:
        raise InputError(f"{place} holds a model of another shape than the tiny one; it cannot be trained here.")
    return TinyPolicy(model.eval(), processor, name or place.name)
