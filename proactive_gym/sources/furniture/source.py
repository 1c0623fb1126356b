"""The source ``furniture``: scenes made of named models, which can be turned."""

import csv
from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from proactive_gym.errors import InputError
from proactive_gym.sources.furniture.archive import Listed, models
from proactive_gym.sources.furniture.views import Model
from proactive_gym.sources.installing import PACKAGES, folder_of
from proactive_gym.sources.scenes.named import Named, catalogue_of
from proactive_gym.sources.scenes.source import ScenesSource
from proactive_gym.sources.scenes.subjects import Catalogue

PACKAGE = PACKAGES["furniture"]
ATTRIBUTION = (
    "Models from Sweet Home 3D's furniture libraries (https://www.sweethome3d.com) by Scopia, Kator Legaz and the "
    "contributors of Blend Swap, licences CC BY 3.0 and CC0."
)
YAWS = (15, 60, 75, -30, -45, -75)
"""The turns of a box at which what is in it is to be seen, in the scenario viewpoint."""


def furniture(data_dir: str | None = None, split: str | None = None, image_size: int | None = None) -> ScenesSource:
    """The source ``furniture``.

    Args:
        data_dir: Where the libraries are, if neither installed nor where Debian puts them.
        split: ``"train"``, ``"validation"`` or ``"test"`` (default).
        image_size: Side of the square pictures, in pixels.

    Raises:
        InputError: If the libraries are not there, or lack models.
    """
    return ScenesSource(split, image_size, _catalogue(folder_of(PACKAGE, data_dir).absolute()))


def render_all(folder: Path, watch: Callable[[str, int, int], None]) -> int:
    """Render every view that the scenarios need, so that no episode waits for it.

    Args:
        folder: Where the libraries are.
        watch: Is told what is done, and how much of how much.

    Returns:
        The number of views.
    """
    likenesses = [shown for subject in _catalogue(folder).subjects.values() for shown in subject.likenesses]
    for done, likeness in enumerate(likenesses):
        watch("rendering", done, len(likenesses))
        for yaw in YAWS:
            likeness.view(yaw)
    return len(likenesses) * len(YAWS)


@lru_cache(maxsize=4)
def _catalogue(folder: Path) -> Catalogue:
    rows, listed = manifest(), _listed(folder)
    missing = [row["model"] for row in rows if row["model"] not in listed]
    if missing:
        raise InputError(
            f"{folder} lacks {len(missing)} of the {len(rows)} models of the source 'furniture', the first "
            f"{missing[0]!r}; `proactive-gym data install furniture` fetches {PACKAGE.origin}."
        )
    kinds = {row["name"]: row["kind"] for row in rows}
    alike: dict[str, frozenset[str]] = {}
    likenesses: dict[str, tuple[Model, ...]] = {}
    for row in rows:
        model, name = listed[row["model"]], row["name"]
        likenesses[name] = (*likenesses.get(name, ()), Model(model.file, model.entry))
        alike[name] = alike.get(name, frozenset()) | frozenset(row["mistaken_for"].split("|")) - {""}
    things = [Named(name, kinds[name], shown, alike[name]) for name, shown in likenesses.items()]
    return catalogue_of("furniture", things, ATTRIBUTION)


def _listed(folder: Path) -> dict[str, Listed]:
    """All models of the libraries in a folder, by their ids."""
    return {model.id: model for file in sorted(folder.glob("*.sh3f")) for model in models(file)}


def manifest() -> list[dict[str, str]]:
    """The models that are used: what each is called, what that is one of, and what it may be taken for."""
    text = files("proactive_gym").joinpath("data/furniture.tsv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines(), delimiter="\t"))
