"""Photographs of single things, cut out: the stamps of Tux Paint, from Debian's package ``tuxpaint-stamps-default``.

Which of them are used, and what they are called, is in ``data/photos.tsv``; the pictures are installed by
``proactive-gym data install photos``.
"""

import csv
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from proactive_gym.errors import InputError
from proactive_gym.sources.installing import PACKAGES, folder_of
from proactive_gym.sources.scenes.cutout import CutOut
from proactive_gym.sources.scenes.named import Named, catalogue_of
from proactive_gym.sources.scenes.source import ScenesSource
from proactive_gym.sources.scenes.subjects import Catalogue

PACKAGE = PACKAGES["photos"]
ATTRIBUTION = "Photographs from the stamps of Tux Paint (https://tuxpaint.org), licence GPL-2."


def photos(data_dir: str | None = None, split: str | None = None, image_size: int | None = None) -> ScenesSource:
    """The source ``photos``: scenes made of photographic cut-outs.

    Args:
        data_dir: Where the stamps are, if neither installed nor where Debian puts them.
        split: ``"train"``, ``"validation"`` or ``"test"`` (default).
        image_size: Side of the square pictures, in pixels.

    Raises:
        InputError: If the pictures are not there.
    """
    return ScenesSource(split, image_size, _catalogue(folder_of(PACKAGE, data_dir).absolute()))


@lru_cache(maxsize=4)
def _catalogue(folder: Path) -> Catalogue:
    rows = manifest()
    missing = [row["file"] for row in rows if not (folder / row["file"]).is_file()]
    if missing:
        raise InputError(
            f"{folder} lacks {len(missing)} of the {len(rows)} pictures of the source 'photos', the first "
            f"{missing[0]!r}; `proactive-gym data install photos` fetches {PACKAGE.origin}."
        )
    alike = {row["name"]: frozenset(row["mistaken_for"].split("|")) - {""} for row in rows}
    kinds = {row["name"]: row["kind"] for row in rows}
    likenesses: dict[str, list[CutOut]] = {}
    for row in rows:
        likenesses.setdefault(row["name"], []).append(CutOut(str(folder / row["file"])))
    things = [Named(name, kinds[name], tuple(found), alike[name]) for name, found in likenesses.items()]
    return catalogue_of("photos", things, ATTRIBUTION)


def manifest() -> list[dict[str, str]]:
    """The pictures that are used, by file: what each shows, what that is one of, and what it may be taken for."""
    text = files("proactive_gym").joinpath("data/photos.tsv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines(), delimiter="\t"))
