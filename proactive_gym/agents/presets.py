"""Which checkpoint a name after ``hf:`` means; the open models of the paper go by short names."""

import csv
import re
from difflib import get_close_matches
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from proactive_gym.errors import InputError

_HUB_ID = re.compile(r"([\w.-]+/[\w.-]+)(?:@([\w./-]+))?")
_PATH = re.compile(r"[./~]|\w:\\")


class Preset(NamedTuple):
    """A model of the paper (arXiv 2603.19466).

    Attributes:
        name: What it goes by here.
        checkpoint: Its hub id, followed by ``@REVISION`` where the main one does not do.
        adapter: The folder within the checkpoint that holds the LoRA adapter without which it sees nothing, or empty.
        remark: What is particular about it.
    """

    name: str
    checkpoint: str
    adapter: str
    remark: str


class Checkpoint(NamedTuple):
    """Where a model is.

    Attributes:
        name: A folder's base name, or the hub id.
        place: The folder, or the hub id.
        revision: A branch, tag or commit on the hub, or ``None`` for the main one.
        adapter: A folder of it that holds an adapter, or ``None``.
        is_folder: Whether it is a folder on this machine.
    """

    name: str
    place: str
    revision: str | None = None
    adapter: str | None = None
    is_folder: bool = False


@lru_cache
def presets() -> dict[str, Preset]:
    """The models that go by a short name."""
    text = files("proactive_gym").joinpath("data/model_presets.tsv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    return {row["name"]: Preset(**row) for row in rows}


def checkpoint_of(model: str) -> Checkpoint:
    """The checkpoint that is meant: a folder before a short name before a hub id.

    Args:
        model: A folder, a preset's name, or ``ORGANISATION/NAME`` with or without ``@REVISION``.

    Raises:
        InputError: If it is none of these.
    """
    folder = Path(model).expanduser()
    if folder.is_dir():
        return Checkpoint(folder.resolve().name, str(folder), is_folder=True)
    preset = presets().get(model.lower())
    hub_id = _HUB_ID.fullmatch(preset.checkpoint if preset else model)
    if hub_id and not _PATH.match(model):
        by_id = {item.checkpoint: item for item in presets().values()}
        adapter = preset.adapter if preset else by_id[model].adapter if model in by_id else ""
        return Checkpoint(hub_id[0], hub_id[1], hub_id[2], adapter or None)
    if _PATH.match(model) or "/" in model or "\\" in model:
        raise InputError(
            f"There is no folder {model!r}; give 'hf:' a folder with a checkpoint, a hub id such as "
            "'Qwen/Qwen2.5-VL-3B-Instruct', or a short name such as 'qwen2.5-vl-3b'."
        )
    nearest = get_close_matches(model.lower(), presets(), n=1, cutoff=0.5)
    hint = f" (did you mean {nearest[0]!r}?)" if nearest else ""
    raise InputError(
        f"There is no folder and no short name {model!r}{hint}; give 'hf:' a folder, a hub id ORGANISATION/NAME, or "
        f"one of {', '.join(presets())}."
    )
