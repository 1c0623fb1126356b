"""Renders views of a model by ray tracing on the processor: no graphics card, display or driver is needed."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from proactive_gym.errors import InputError
from proactive_gym.sources.furniture.mesh import REMEDY, Mesh

VERSION = 1
"""Counts the renderer's looks: views that another one rendered are not used."""

_FINER = 2  # rays to a side of a pixel
_LAYERS = 8  # of glass, or of leaves with clear ground, that are seen through
_DARKEST = 0.015  # nothing is so black that no shape is to be seen
_CLEAR = 1e-4  # how far from a surface the next ray starts
_LIGHT = (-0.45, 0.75, 0.6)  # to the lamp: left, up and to the camera
_REACH = 0.25  # how far a corner's darkness reaches
_SOFT = 2  # rays to the surroundings from each place

Values = NDArray[Any]
Hits = dict[str, Values]


@dataclass(frozen=True)
class Camera:
    """A pinhole camera that looks at the origin.

    Attributes:
        yaw: Degrees by which the model is turned about its upright axis.
        pitch: Degrees by which the camera looks down.
        distance: Of the camera from the origin.
        span: Width and height of what is seen at the origin's distance.
    """

    yaw: float
    pitch: float
    distance: float
    span: float


class Tracer:
    """Renders one mesh, again and again.

    Args:
        mesh: The model, at the size and place at which it is to be seen.

    Raises:
        InputError: If embreex is not installed.
    """

    def __init__(self, mesh: Mesh) -> None:
        try:
            from embreex.mesh_construction import TriangleMesh
            from embreex.rtcore_scene import EmbreeScene
        except ImportError as error:
            raise InputError(f"The package embreex, which renders views of furniture, is missing. {REMEDY}") from error
        self.mesh = mesh
        self._scene = EmbreeScene()
        TriangleMesh(self._scene, np.ascontiguousarray(mesh.corners))

    def view(self, camera: Camera, side: int) -> Image.Image:
        """What the camera sees, RGBA with straight alpha, ``side`` pixels to a side; clear where the model is not."""
        turned = _turned(camera)
        eye = turned.T @ np.array((0, 0, camera.distance))
        left, top, right, bottom = self._window(turned, camera, side)
        wide, high = _FINER * (right - left), _FINER * (bottom - top)
        x = (np.arange(wide) + 0.5) / _FINER + left
        y = (np.arange(high) + 0.5) / _FINER + top
        across, up = np.meshgrid((x / side - 0.5) * camera.span, (0.5 - y / side) * camera.span)
        ways = np.stack([across, up, np.full_like(across, -camera.distance)], axis=-1).reshape(-1, 3)
        ways = (ways / np.linalg.norm(ways, axis=1, keepdims=True)) @ turned
        seen = self._traced(np.tile(eye, (len(ways), 1)).astype(np.float32), ways.astype(np.float32), turned)
        pixels = seen.reshape(bottom - top, _FINER, right - left, _FINER, 4).mean((1, 3))
        pixels[..., :3] = _in_tones(pixels[..., :3] / np.maximum(pixels[..., 3:], 1e-6))
        picture = Image.new("RGBA", (side, side), (0, 0, 0, 0))
        picture.paste(Image.fromarray(np.rint(255 * np.clip(pixels, 0, 1)).astype(np.uint8)), (left, top))
        return picture

    def _window(self, turned: NDArray[np.float64], camera: Camera, side: int) -> tuple[int, int, int, int]:
        """The pixels that the model may be seen in."""
        x, y, z = turned @ self.mesh.corners.reshape(-1, 3).T
        nearer = side / camera.span * camera.distance / np.maximum(camera.distance - z, 1e-3)
        columns, rows = side / 2 + x * nearer, side / 2 - y * nearer
        left, top = (max(0, math.floor(places.min())) for places in (columns, rows))
        right, bottom = (min(side, math.ceil(places.max())) for places in (columns, rows))
        return left, top, max(left + 1, right), max(top + 1, bottom)

    def _traced(self, origins: Values, ways: Values, turned: NDArray[np.float64]) -> Values:
        """Light and opacity along each ray, the light multiplied by the opacity."""
        seen = np.zeros((len(ways), 4), np.float32)
        rays = np.arange(len(ways))
        for _ in range(_LAYERS):
            hits: Hits = self._scene.run(origins, ways, output=True)
            met = hits["primID"] >= 0
            if not met.any():
                break
            rays, origins, ways = rays[met], origins[met], ways[met]
            hits = {name: values[met] for name, values in hits.items()}
            places = origins + hits["tfar"][:, None] * ways
            colour, opacity, normals = self._surfaces(hits)
            light = self._light(places, _towards(normals, ways), turned)
            share = opacity * (1 - seen[rays, 3])
            seen[rays, :3] += (share * light)[:, None] * colour
            seen[rays, 3] += share
            on = seen[rays, 3] < 0.98
            rays, ways = rays[on], ways[on]
            origins = places[on] + _CLEAR * ways
        return seen

    def _surfaces(self, hits: Hits) -> tuple[Values, Values, Values]:
        """Colour (linear), opacity and normal at each hit."""
        mesh, triangles = self.mesh, hits["primID"]
        u, v = hits["u"][:, None], hits["v"][:, None]

        def within(values: Values) -> Values:
            first, second, third = (values[triangles, corner] for corner in range(3))
            between: Values = (1 - u - v) * first + u * second + v * third
            return between

        normals, places, kind = within(mesh.normals), within(mesh.uvs), mesh.surface[triangles]
        colour = np.stack([surface.colour for surface in mesh.surfaces])[kind]
        opacity = np.array([surface.opacity for surface in mesh.surfaces], np.float32)[kind]
        for number in np.unique(kind):
            texture = mesh.surfaces[number].texture
            if texture is not None:
                here = kind == number
                sampled = _sampled(texture, places[here])
                colour[here] *= sampled[:, :3]
                opacity[here] *= sampled[:, 3]
        linear: Values = _DARKEST + (1 - _DARKEST) * colour**2.2
        return linear, opacity, normals

    def _light(self, places: Values, normals: Values, turned: NDArray[np.float64]) -> Values:
        """How bright it is: from a lamp, from all around and less so in corners."""
        to_lamp = (np.array(_LIGHT) / np.linalg.norm(_LIGHT)) @ turned
        direct = np.maximum(normals @ to_lamp.astype(np.float32), 0)
        around = 0.75 + 0.25 * normals[:, 1]
        light: Values = 0.55 * around * self._openness(places, normals) + 0.65 * direct
        return light

    def _openness(self, places: Values, normals: Values) -> Values:
        """The share of near surroundings that are open, by a few rays in random directions, the same every time."""
        random = np.random.default_rng(0)
        starts = places + 4 * _CLEAR * normals
        blocked = np.zeros(len(places), np.float32)
        for _ in range(_SOFT):
            ball = random.standard_normal((len(places), 3)).astype(np.float32)
            ways = normals + ball / np.maximum(np.linalg.norm(ball, axis=1, keepdims=True), 1e-6)
            met = self._scene.run(starts, ways, np.full(len(ways), _REACH, np.float32), query="OCCLUDED")
            blocked += np.asarray(met) >= 0
        openness: Values = 1 - 0.8 * blocked / _SOFT
        return openness


def _turned(camera: Camera) -> NDArray[np.float64]:
    """Takes directions of the model to right, up and towards the camera."""
    yaw, pitch = math.radians(camera.yaw), math.radians(camera.pitch)
    about = ((math.cos(yaw), 0, math.sin(yaw)), (0, 1, 0), (-math.sin(yaw), 0, math.cos(yaw)))
    bent = ((1, 0, 0), (0, math.cos(pitch), -math.sin(pitch)), (0, math.sin(pitch), math.cos(pitch)))
    matrix: NDArray[np.float64] = np.array(bent) @ np.array(about)
    return matrix


def _towards(normals: Values, ways: Values) -> Values:
    """Normals of length one on the side that is seen: models are made of sheets without an inside."""
    away = np.sign((normals * ways).sum(1, keepdims=True))
    turned: Values = -np.where(away == 0, 1, away) * normals
    turned /= np.maximum(np.linalg.norm(turned, axis=1, keepdims=True), 1e-6)
    return turned


def _sampled(texture: Values, places: Values) -> Values:
    """The texture at each place; it repeats for ever, and its first row is at the top."""
    height, width = texture.shape[:2]
    columns = np.floor(places[:, 0] % 1 * width).astype(np.intp) % width
    rows = np.floor((-places[:, 1]) % 1 * height).astype(np.intp) % height
    found: Values = texture[rows, columns]
    return found


def _in_tones(light: Values) -> Values:
    """Light as screens show it; what is brighter than white is white."""
    tones: Values = np.power(np.clip(light, 0, 1), 1 / 2.2, dtype=np.float32)
    return tones
