"""Finds the pen's strokes in a small picture of a line drawing."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter1d, label

from proactive_gym.errors import InputError
from proactive_gym.sources.scenes.likeness import Stroke

_FINER = 4  # so many times finer than the picture is the grid that lines are thinned on
_RIM = 2  # pixels around the picture, so that lines at its edge have two sides
_INK = 100  # of 255, from which a place counts as drawn on
_SHORTEST = 6  # steps on the fine grid; what is shorter, and hangs on another line, is a burr of the thinning
_LOOKBACK = 6  # steps that tell in which direction the pen moves
_SMOOTH = 2.5  # steps over which a line is smoothed; more rounds off corners

_AROUND = ((-1, 0), (0, -1), (0, 1), (1, 0), (-1, -1), (-1, 1), (1, -1), (1, 1))

Cell = tuple[int, int]


def traced(picture: NDArray[np.uint8]) -> tuple[Stroke, ...]:
    """Strokes that a pen might have drawn the picture with, always the same ones for the same picture.

    Lines are thinned and followed as straight as they go. What hangs together is drawn together; the longest lines come
    first, as people begin with an outline.

    Args:
        picture: ``(height, width)``, 0 for paper, 255 for ink.

    Returns:
        Points in the picture's pixels; none at all if nothing is drawn.

    Raises:
        InputError: If scikit-image is missing.
    """
    thin = _thinned(picture)
    pieces, _ = label(thin, np.ones((3, 3)))
    lines = [(int(pieces[line[-1]]), _smoothed(line)) for line in _lines(thin)]
    reach = [float(np.hypot(*np.diff(line, axis=0).T).sum()) for _, line in lines]
    ink = np.bincount([piece for piece, _ in lines], reach, minlength=1)
    # Pieces with as much ink as each other stay apart, and lines as long as each other in the order they were found.
    order = sorted(range(len(lines)), key=lambda place: (-ink[lines[place][0]], lines[place][0], -reach[place]))
    return tuple([lines[place][1] for place in order])


def _thinned(picture: NDArray[np.uint8]) -> NDArray[np.bool_]:
    try:
        from skimage.morphology import skeletonize
    except ImportError as error:
        raise InputError(
            "The packaged drawings are traced with scikit-image, which is missing; "
            "install it with: pip install 'proactive-gym[doodles]'"
        ) from error
    padded = Image.fromarray(np.pad(picture, _RIM))
    fine = padded.resize((_FINER * padded.width, _FINER * padded.height), Image.Resampling.BICUBIC)
    return np.asarray(skeletonize(np.asarray(fine) > _INK))  # type: ignore[no-untyped-call,unused-ignore]


def _lines(thin: NDArray[np.bool_]) -> list[list[Cell]]:
    """All lines, each cell in one of them; a branch begins on the line that it leaves."""
    left: dict[Cell, None] = dict.fromkeys((y, x) for y, x in np.argwhere(thin).tolist())
    ends = [cell for cell in left if len(_beside(cell, left)) == 1]
    done: dict[Cell, None] = {}
    lines = []
    while left:
        start, root = _next_start(ends, left, done)
        line = _followed(start, root, left)
        done.update(dict.fromkeys(line))
        if root is None or len(line) > _SHORTEST:
            lines.append([*([root] if root else []), *line])
    return lines


def _next_start(ends: list[Cell], left: dict[Cell, None], done: dict[Cell, None]) -> tuple[Cell, Cell | None]:
    """Where the pen is put down: at a line's loose end, on a line that is drawn, or else, for a ring, at its top."""
    while ends:
        cell = ends.pop(0)
        if cell in left:
            return cell, None
    for cell in left:
        roots = _beside(cell, done)
        if roots:
            return cell, roots[0]
    return next(iter(left)), None


def _followed(start: Cell, root: Cell | None, left: dict[Cell, None]) -> list[Cell]:
    """The cells from ``start`` on, taken out of ``left``, as straight ahead as they go."""
    line = [start]
    del left[start]
    while ahead := _beside(line[-1], left):
        (y, x), (back_y, back_x) = line[-1], line[max(0, len(line) - _LOOKBACK)] if len(line) > 1 else root or start
        step_y, step_x = y - back_y, x - back_x
        # Straight neighbours come first among equals, so that no corner is cut and left behind.
        cell = max(ahead, key=lambda to: (to[0] - y) * step_y + (to[1] - x) * step_x)
        del left[cell]
        line.append(cell)
    return line


def _beside(cell: Cell, cells: dict[Cell, None]) -> list[Cell]:
    y, x = cell
    return [to for down, across in _AROUND if (to := (y + down, x + across)) in cells]


def _smoothed(line: list[Cell]) -> Stroke:
    points = np.array(line, dtype=np.float64)[:, ::-1]
    closed = len(line) > 3 * _SHORTEST and np.abs(points[0] - points[-1]).max() <= 2
    even = gaussian_filter1d(points, _SMOOTH, axis=0, mode="wrap" if closed else "nearest")
    if closed:
        even = np.append(even, even[:1], axis=0)
    else:
        even[0], even[-1] = points[0], points[-1]
    return np.asarray((even + 0.5) / _FINER - _RIM, dtype=np.float32)
