"""A model as triangles: where their corners are, and what their surfaces look like."""

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proactive_gym.errors import InputError, PictureError, one_line
from proactive_gym.sources.furniture.archive import Archive, Beside

REMEDY = "Install it with: pip install 'proactive-gym[furniture]'"
MOST_TRIANGLES = 500_000
LARGEST_TEXTURE = 1024

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Surface:
    """What a triangle looks like.

    Attributes:
        colour: Red, green and blue, 0…1.
        opacity: 0 for clear glass, 1 for all that nothing is seen through.
        texture: A picture that the colour is multiplied by, RGBA 0…1, or ``None``.
    """

    colour: Floats
    opacity: float
    texture: Floats | None


@dataclass(frozen=True)
class Mesh:
    """Triangles, each with three corners.

    Attributes:
        corners: Where they are, ``(n, 3, 3)``: x to the right, y up, z to the front.
        normals: Which way the surface looks there, ``(n, 3, 3)``.
        uvs: Which place of the texture is there, ``(n, 3, 2)``.
        surface: Each triangle's surface, by number.
        surfaces: All surfaces.
    """

    corners: Floats
    normals: Floats
    uvs: Floats
    surface: NDArray[np.intp]
    surfaces: tuple[Surface, ...]


def read_mesh(archive: Archive, entry: str) -> Mesh:
    """The model in that entry; what its own folder lacks of its textures is plain.

    Raises:
        InputError: If trimesh is not installed, or the entry is no model that can be read.
    """
    try:
        import trimesh
    except ImportError as error:
        raise InputError(f"The package trimesh, which reads models of furniture, is missing. {REMEDY}") from error
    content, where = archive.read(entry), f"The model {entry} in the furniture library {archive.file}"
    beside: Any = Beside(archive, entry)
    try:
        scene: Any = trimesh.load_scene(io.BytesIO(content), file_type="obj", resolver=beside, process=False)
        parts = [part for part in scene.geometry.values() if len(getattr(part, "faces", ()))]
    except Exception as error:  # hostile text makes the parser fail in any way
        raise PictureError(f"{where} cannot be read: {one_line(error)}.") from error
    if not parts:
        raise PictureError(f"{where} has no triangles.")
    number = sum(len(part.faces) for part in parts)
    if number > MOST_TRIANGLES:
        raise PictureError(f"{where} has {number:,} triangles, more than the {MOST_TRIANGLES:,} that are read.")
    mesh = Mesh(
        np.concatenate([np.asarray(part.triangles, np.float32) for part in parts]),
        np.concatenate([_normals(part) for part in parts]),
        np.concatenate([_uvs(part) for part in parts]),
        np.repeat(np.arange(len(parts)), [len(part.faces) for part in parts]),
        tuple([_surface(part) for part in parts]),
    )
    if not np.isfinite(mesh.corners).all() or not np.ptp(mesh.corners.reshape(-1, 3), axis=0).max() > 0:
        raise PictureError(f"{where} has no size: its corners lie in one point, or nowhere.")
    return mesh


def _normals(part: Any) -> Floats:
    """The file's own, which make round what is round; else those of the flat triangles."""
    if "vertex_normals" in part._cache:
        own: Floats = np.asarray(part.vertex_normals, np.float32)[part.faces]
        return own
    sides = np.diff(np.asarray(part.triangles, np.float64), axis=1)
    flat = np.cross(sides[:, 0], sides[:, 1])
    flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-12)
    return np.repeat(flat[:, None].astype(np.float32), 3, axis=1)


def _uvs(part: Any) -> Floats:
    places = getattr(part.visual, "uv", None)
    if places is None or len(places) != len(part.vertices):
        return np.zeros((len(part.faces), 3, 2), np.float32)
    found: Floats = np.nan_to_num(np.asarray(places, np.float32)[part.faces])
    return found


def _surface(part: Any) -> Surface:
    material = getattr(part.visual, "material", None)
    said: dict[str, Any] = getattr(material, "kwargs", None) or {}
    picture = getattr(material, "image", None)
    # With a texture, the colour beside it is whatever the author's program wrote: viewers show the texture alone.
    colour = (1.0, 1.0, 1.0) if picture is not None else said.get("kd", (0.8, 0.8, 0.8))
    return Surface(np.asarray(colour, np.float32)[:3], _opacity(said), None if picture is None else _texture(picture))


def _opacity(said: dict[str, Any]) -> float:
    try:
        if "d" in said:
            return min(1.0, max(0.0, float(said["d"][-1])))
        return 1.0 - min(1.0, max(0.0, float(said["tr"][-1]))) if "tr" in said else 1.0
    except (TypeError, ValueError, IndexError):
        return 1.0


def _texture(picture: Any) -> Floats:
    small = picture.convert("RGBA")
    small.thumbnail((LARGEST_TEXTURE, LARGEST_TEXTURE))
    return np.asarray(small, np.float32) / np.float32(255)
