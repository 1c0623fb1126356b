"""How much of a drawing is to be seen: inside a window, and behind what stands before it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from proactive_gym.sources.scenes.compiling import compiled, inlined
from proactive_gym.sources.scenes.frame import PICTURE, Box
from proactive_gym.sources.scenes.likeness import GRID, ink, ink_sums, ringed_opacity
from proactive_gym.sources.scenes.props import Actor

Numbers = NDArray[np.float64]


def share_in_view(actor: Actor, window: Box = PICTURE, covers: Sequence[Box | Actor] = ()) -> float:
    """The share of the drawing's opaque area inside ``window`` and behind none of the covers."""
    covers = [cover for cover in covers if _overlap(actor.box, cover if isinstance(cover, Box) else cover.box)]
    if not covers:
        return _share_inside(actor, window)
    if len(covers) == 1 and isinstance(covers[0], Box):
        sums, flipped = ink_sums(actor.drawing.likeness), actor.drawing.flipped
        return _share_beside(sums, flipped, *actor.box, *window, *covers[0])
    seen = _ink_inside(actor, window)
    for cover in covers:
        if isinstance(cover, Box):
            behind = seen.copy()
            _keep_inside(behind, *actor.box, *cover)
            seen -= behind
        else:
            _hide(seen, actor, cover, _WHERE_IT_IS)
    return min(1.0, max(0.0, float(seen.sum())))  # sums of shares may come out a hair beyond


def shares_in_view(actor: Actor, covers: Sequence[Actor], shifts: Sequence[float]) -> tuple[float, ...]:
    """``share_in_view`` behind the covers, for each of several distances by which all of them are moved sideways."""
    seen = _ink_inside(actor, PICTURE).repeat(len(shifts), axis=0)
    distances = np.array(shifts)
    for cover in covers:
        _hide(seen, actor, cover, distances)
    return tuple([min(1.0, max(0.0, share)) for share in seen.reshape(len(shifts), -1).sum(1).tolist()])


def _overlap(one: Box, other: Box) -> bool:
    left, top, width, height = one
    x, y, wide, high = other
    return left < x + wide and x < left + width and top < y + high and y < top + height


def _share_inside(actor: Actor, window: Box) -> float:
    """The share of the drawing inside a window."""
    return _share_between(ink_sums(actor.drawing.likeness), actor.drawing.flipped, *actor.box, *window)


@compiled
def _share_beside(
    sums: Numbers,
    flipped: bool,
    left: float,
    top: float,
    width: float,
    height: float,
    x: float,
    y: float,
    wide: float,
    high: float,
    over_left: float,
    over_top: float,
    over_width: float,
    over_height: float,
) -> float:
    """The share of a drawing in a box that is in a window and behind no cover; all by left, top, width and height."""
    right, bottom = min(x + wide, over_left + over_width), min(y + high, over_top + over_height)
    from_left, from_top = max(x, over_left), max(y, over_top)
    across, down = max(0.0, right - from_left), max(0.0, bottom - from_top)
    inside: float = _share_between(sums, flipped, left, top, width, height, x, y, wide, high)
    hidden: float = _share_between(sums, flipped, left, top, width, height, from_left, from_top, across, down)
    return max(0.0, inside - hidden)


@compiled
def _share_between(
    sums: Numbers,
    flipped: bool,
    left: float,
    top: float,
    width: float,
    height: float,
    x: float,
    y: float,
    wide: float,
    high: float,
) -> float:
    """The share of a drawing in a box that is in a window, from running sums; both by left, top, width and height."""
    if x <= left and y <= top and x + wide >= left + width and y + high >= top + height:
        return 1.0
    x0 = min(1.0, max(0.0, (x - left) / width))
    x1 = min(1.0, max(0.0, (x + wide - left) / width))
    y0 = min(1.0, max(0.0, (y - top) / height))
    y1 = min(1.0, max(0.0, (y + high - top) / height))
    if flipped:
        x0, x1 = 1.0 - x1, 1.0 - x0
    inside: float = _sum_at(sums, x1, y1) - _sum_at(sums, x0, y1) - _sum_at(sums, x1, y0) + _sum_at(sums, x0, y0)
    return min(1.0, max(0.0, inside))


@inlined
def _sum_at(sums: Numbers, x: float, y: float) -> float:
    """The running sum up to a point of the unit square, interpolated within its cell."""
    cells = len(sums) - 1
    column, row = min(int(x * cells), cells - 1), min(int(y * cells), cells - 1)
    right, down = x * cells - column, y * cells - row
    above: float = (1 - right) * sums[row, column] + right * sums[row, column + 1]
    below: float = (1 - right) * sums[row + 1, column] + right * sums[row + 1, column + 1]
    return (1 - down) * above + down * below


def _ink_inside(actor: Actor, window: Box) -> Numbers:
    """The drawing's ink, piece by piece, as much of it as is inside ``window``: ``(1, GRID, GRID)``."""
    drawn = ink(actor.drawing.likeness)
    inside = np.empty((1, GRID, GRID))
    inside[0] = drawn[:, ::-1] if actor.drawing.flipped else drawn
    _keep_inside(inside, *actor.box, *window)
    return inside


@compiled
def _keep_inside(
    seen: Numbers,
    left: float,
    top: float,
    width: float,
    height: float,
    from_left: float,
    from_top: float,
    wide: float,
    high: float,
) -> None:
    """Multiply each of ``GRID`` x ``GRID`` equal pieces of a box by how much of it lies inside a window."""
    columns = np.empty(GRID)
    for piece in range(GRID):
        columns[piece] = _overlapping(left + width / GRID * piece, width / GRID, from_left, from_left + wide)
    for row in range(GRID):
        beside = _overlapping(top + height / GRID * row, height / GRID, from_top, from_top + high)
        for column in range(GRID):
            seen[0, row, column] *= beside * columns[column]


@inlined
def _overlapping(start: float, length: float, low: float, high: float) -> float:
    """The share of a stretch that lies between two bounds."""
    return max(0.0, min(start + length, high) - max(start, low)) / length


_WHERE_IT_IS = np.zeros(1)
"""The only distance at which a cover is looked at that does not move."""


def _hide(seen: Numbers, actor: Actor, cover: Actor, distances: Numbers) -> None:
    """Take from what is seen of a drawing what a cover hides of it, for each distance by which that is moved."""
    _hide_behind(seen, *actor.box, ringed_opacity(cover.drawing.likeness, cover.drawing.flipped), *cover.box, distances)


@compiled
def _hide_behind(
    seen: Numbers,
    left: float,
    top: float,
    width: float,
    height: float,
    ringed: Numbers,
    over_left: float,
    over_top: float,
    over_width: float,
    over_height: float,
    distances: Numbers,
) -> None:
    """Multiply ``seen``, ``(len(distances), GRID, GRID)``, by how clear a cover is over the middle of each piece.

    One ring of nothing around the cover stands for all that lies outside of it.
    """
    cells = len(ringed) - 2
    rows, columns = np.empty(GRID, np.int64), np.empty(GRID, np.int64)
    for number in range(len(distances)):
        for piece in range(GRID):
            x = left + width * (piece + 0.5) / GRID - (over_left + distances[number])
            y = top + height * (piece + 0.5) / GRID - over_top
            columns[piece] = int(min(max(np.floor(x * cells / over_width), -1.0), cells)) + 1
            rows[piece] = int(min(max(np.floor(y * cells / over_height), -1.0), cells)) + 1
        for row in range(GRID):
            for column in range(GRID):
                seen[number, row, column] *= 1.0 - ringed[rows[row], columns[column]]
