"""Views of models, rendered once and kept on disk."""

import os
import tempfile
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from proactive_gym.errors import InputError, PictureError, one_line
from proactive_gym.sources.decoding import decoded
from proactive_gym.sources.furniture.archive import Archive
from proactive_gym.sources.furniture.mesh import Floats, Mesh, read_mesh
from proactive_gym.sources.furniture.tracing import VERSION, Camera, Tracer
from proactive_gym.sources.installing.finding import home
from proactive_gym.sources.scenes.likeness import Likeness
from proactive_gym.sources.scenes.open_box import INFORMATIVE, PITCH, ROOM, SIZE, SPAN
from proactive_gym.sources.scenes.perspective import DISTANCE

SIDE = 384
"""Pixels to a side of a view."""
_POSE, _ASKEW = 20, -55  # degrees by which the thing is turned in its box; by the latter, what is longer than wide

_RENDERING = Lock()  # the tracer prepares itself at its first ray, which no two threads may send


@dataclass(frozen=True)
class Model(Likeness):
    """A model of a furniture library, by the library's file and its own entry in there."""

    gives: ClassVar[frozenset[str]] = frozenset({"picture", "views"})
    is_photographic: ClassVar[bool] = True

    file: str
    entry: str

    def picture(self) -> Image.Image:
        """Its front and one side, from a little above."""
        return _cropped(self.file, self.entry)

    def view(self, yaw: int) -> Image.Image:
        """It alone as it stands in an open box that is turned by ``yaw`` degrees.

        Raises:
            InputError: If its file is missing or damaged, or the renderer is not installed.
        """
        return _view(self.file, self.entry, (yaw + 180) % 360 - 180)


@lru_cache(maxsize=256)
def _cropped(file: str, entry: str) -> Image.Image:
    picture = _view(file, entry, INFORMATIVE)
    return picture.crop(picture.getbbox())


@lru_cache(maxsize=64)
def _view(file: str, entry: str, yaw: int) -> Image.Image:
    kept = folder() / f"{_fingerprint(file, entry)}_{yaw}.png"
    picture = _read(kept)
    if picture is None:
        with _RENDERING:
            picture = _tracer(file, entry).view(Camera(yaw, PITCH, DISTANCE, SPAN), SIDE)
        if picture.getbbox() is None:
            raise PictureError(f"The model {entry} in {file} is clear all over, so that there is nothing to be seen.")
        _write(kept, picture)
    return picture


def folder() -> Path:
    """Where views are kept."""
    return home() / "furniture-views"


@lru_cache(maxsize=1024)
def _fingerprint(file: str, entry: str) -> str:
    with Archive(file) as archive:
        return f"{archive.fingerprint(entry)[:32]}_{VERSION}"


@lru_cache(maxsize=2)
def _tracer(file: str, entry: str) -> Tracer:
    with Archive(file) as archive:
        return Tracer(in_box(read_mesh(archive, entry)))


def in_box(mesh: Mesh) -> Mesh:
    """The mesh turned a little, standing on the box's bottom, as large as goes in, and near the open front."""
    wide, _, deep = np.ptp(mesh.corners.reshape(-1, 3), axis=0)
    about = _about(_POSE if deep < 1.3 * wide else _ASKEW)
    corners = mesh.corners @ about.T
    low, high = (edge(corners.reshape(-1, 3), axis=0) for edge in (np.min, np.max))
    scale = float((np.array(ROOM) / np.maximum(high - low, 1e-9)).min())
    front = min(0.1, (ROOM[2] - scale * (high[2] - low[2])) / 2)
    foot = np.array(((low[0] + high[0]) / 2, low[1], (low[2] + high[2]) / 2))
    placed: Floats = ((corners - foot) * scale + (0, 0.01 - SIZE[1] / 2, front)).astype(np.float32)
    return replace(mesh, corners=placed, normals=mesh.normals @ about.T)


def _about(degrees: float) -> Floats:
    turn = np.radians(degrees)
    matrix: NDArray[np.float64] = np.array(
        ((np.cos(turn), 0, np.sin(turn)), (0, 1, 0), (-np.sin(turn), 0, np.cos(turn)))
    )
    return matrix.astype(np.float32)


def _read(file: Path) -> Image.Image | None:
    """The view that is kept there; ``None`` if there is none, or one that is damaged."""
    try:
        with file.open("rb") as stream:
            picture = decoded(stream, f"The view {file}", mode="RGBA")
    except (OSError, PictureError):
        return None
    return picture if picture.size == (SIDE, SIDE) and picture.getbbox() is not None else None


def _write(file: Path, picture: Image.Image) -> None:
    """Keep a view, whole or not at all, whoever else is at it."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=file.parent, suffix=".draft")
        try:
            with os.fdopen(handle, "wb") as stream:
                picture.save(stream, "PNG")
            os.replace(draft, file)
        except BaseException:
            os.unlink(draft)
            raise
    except OSError as error:
        raise InputError(
            f"The view {file} cannot be written: {one_line(error)}; "
            "name a folder that can be written by the environment variable PROACTIVE_GYM_DATA."
        ) from error
