"""What GRPO needs to know of a model before it trains it: that it can be asked, and that it fits."""

import os
from pathlib import Path
from typing import Any

import torch
import transformers

from proactive_gym.agents.asking import Asking
from proactive_gym.agents.hf_loading import Loaded, load
from proactive_gym.agents.hf_prompts import Prompts
from proactive_gym.agents.options import ModelOptions
from proactive_gym.agents.presets import Checkpoint, checkpoint_of
from proactive_gym.errors import InputError

_TRAINED = 4 + 4 + 8
"""Bytes that a trained weight takes beside itself: its gradient, a copy in full precision, and AdamW's two averages."""


def checked_model(model: str, dtype: str, rank: int, configuration: Any, tools: bool) -> Loaded:
    """The checkpoint, once it is known to fit, to see, and to have a template for the conversations to come.

    Args:
        model: A folder, a short name or a hub id.
        dtype: Of its weights; ``"auto"`` for bfloat16 on a GPU, float32 elsewhere.
        rank: Of the adapter; 0 if all weights are trained.
        configuration: TRL's, made before, so that transformers knows how weights are to be spread.
        tools: Whether its template has to take tools, and pictures that they show.

    Raises:
        InputError: If not.
    """
    precision = ("float32" if configuration.use_cpu else "bfloat16") if dtype == "auto" else dtype
    checkpoint = checkpoint_of(model)
    _check_fits(checkpoint, precision, rank)
    loaded = load(checkpoint, ModelOptions(dtype=precision, device="cpu"))
    Prompts(loaded).check(Asking())
    if tools:
        _check_tools(loaded)
    return loaded


def last_checkpoint(folder: Path) -> str | None:
    """The latest checkpoint that was written to its end; a kill may leave a part of one."""
    whole = [path.parent for path in folder.glob("checkpoint-*/trainer_state.json")]
    return str(max(whole, key=lambda path: int(path.name.rpartition("-")[2]))) if whole else None


def _check_fits(checkpoint: Checkpoint, precision: str, rank: int) -> None:
    """Weights, and what training adds to each trained one, against the memory that there is."""
    try:
        config = transformers.AutoConfig.from_pretrained(checkpoint.place, revision=checkpoint.revision)
        with torch.device("meta"):
            weights = sum(
                part.numel() for part in transformers.AutoModelForImageTextToText.from_config(config).parameters()
            )
    except Exception:  # whatever is wrong with it, loading says it better
        return
    size = 4 if precision == "float32" else 2
    needed = weights * (size + (0 if rank else _TRAINED)) / int(os.environ.get("WORLD_SIZE", "1") if _spread() else 1)
    there, where = _memory()
    if needed > there:
        kind = f"an adapter of rank {rank}" if rank else "all weights"
        raise InputError(
            f"{checkpoint.name!r} has {weights / 1e9:.1f} billion weights, which take {needed / 1e9:.0f} GB in "
            f"{precision} to train {kind}, but {where} has {there / 1e9:.0f} GB free; choose a smaller model, "
            "dtype=bfloat16, an adapter, or spread it over more devices (examples/configs/zero3.yaml)."
        )


def _spread() -> bool:
    return bool(transformers.integrations.is_deepspeed_zero3_enabled())


def _memory() -> tuple[float, str]:
    """Bytes that are free where the model goes, and what that is called."""
    if torch.cuda.is_available():
        return float(torch.cuda.mem_get_info()[0]), f"GPU {torch.cuda.current_device()}"
    try:
        lines = Path("/proc/meminfo").read_text(encoding="utf-8").splitlines()
        free = {line.split(":")[0]: line.split()[1] for line in lines}
        return float(free["MemAvailable"]) * 1024, "this machine"
    except (OSError, KeyError, IndexError, ValueError):
        return float("inf"), "this machine"


def _check_tools(loaded: Loaded) -> None:
    """That tool calls can be told from words, and that pictures which a tool shows reach the model."""
    from trl.chat_template_utils import add_response_schema, supports_tool_calling

    try:
        if not supports_tool_calling(loaded.processor):
            raise ValueError("its chat template renders no calls of tools and their results")
        if getattr(loaded.processor.tokenizer, "response_template", None) is None:
            add_response_schema(loaded.processor)
        if not _shows_pictures_of_tools(loaded.processor):
            raise ValueError("its chat template drops the pictures that tools show")
    except (ValueError, AttributeError, TypeError) as error:
        raise InputError(
            f"{loaded.name!r} cannot be trained on whole episodes ({str(error).rstrip('.')}); use a model of the kind "
            "of Qwen3-VL, or turns=1."
        ) from error


def _shows_pictures_of_tools(processor: Any) -> bool:
    call = {"type": "function", "function": {"name": "look", "arguments": {}}}
    asked = [
        {"role": "user", "content": [{"type": "text", "text": "What is this?"}]},
        {"role": "assistant", "content": [{"type": "text", "text": ""}], "tool_calls": [call]},
    ]
    words = {"type": "text", "text": "Look."}
    blind, seeing = (
        processor.apply_chat_template([*asked, {"role": "tool", "name": "look", "content": content}], tokenize=False)
        for content in ([words], [{"type": "image"}, words])
    )
    return bool(blind != seeing)
