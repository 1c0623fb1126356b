"""The loops along a pen's lines, compiled; points are float32 ``(n, 2)``.

They write into arrays that they are given: to hand a new one over takes Numba longer than most of them do.
"""

import math

import numpy as np
from numpy.typing import NDArray

from proactive_gym.sources.scenes.compiling import compiled, inlined

Points = NDArray[np.float32]
Numbers = NDArray[np.float64]
Bytes = NDArray[np.uint8]


@compiled
def follow(
    begins: Points,
    ends: Points,
    goes_on: NDArray[np.bool_],
    reached: Numbers,
    start: float,
    backwards: bool,
    shown: float,
    points: Points,
    lines: NDArray[np.int64],
) -> tuple[int, int]:
    """Find all points that a pen has come to, and where among them each line begins.

    A new line begins wherever the pen was lifted, or left the part that is drawn by now.

    Args:
        begins: Where each segment begins.
        ends: Where it ends.
        goes_on: Whether it begins where the one before it ends.
        reached: How far along all of the ink its middle is, 0…1.
        start: Where the pen begins.
        backwards: Whether it goes from there towards 0, and on from 1.
        shown: How much of the ink is spent by now; if that is less than any segment takes, it is the first of them.
        points: Room for them, ``(2 * n, 2)`` for ``n`` segments; changed.
        lines: Room for where lines begin, ``(n,)``; changed.

    Returns:
        How many points and how many lines there are.
    """
    spent = np.empty(len(reached))
    for segment in range(len(reached)):
        since = reached[segment] - start
        spent[segment] = (-since if backwards else since) % 1.0
    shown = max(shown, spent.min() + 1e-9)  # the pen has always begun
    length, number, drawing = 0, 0, False
    for segment in range(len(spent)):
        if spent[segment] >= shown:
            drawing = False
            continue
        if not (drawing and goes_on[segment]):
            lines[number] = length
            points[length] = begins[segment]
            number, length, drawing = number + 1, length + 1, True
        points[length] = ends[segment]
        length += 1
    return length, number


@compiled
def write(points: Points, room: float, flipped: bool, tilt: float, directions: Numbers, phases: Numbers) -> None:
    """Move points of a unit square to where a hand puts them.

    Args:
        points: Changed.
        room: What is left of the square within its margins.
        flipped: Whether the drawing faces the other way.
        tilt: How far it leans, in radians.
        directions: Of the four waves that the hand's tremor consists of, ``(4, 2)``.
        phases: Theirs, ``(4,)``.
    """
    cosine, sine = np.float32(math.cos(tilt)), np.float32(math.sin(tilt))
    swings = np.empty(4)
    for number in range(len(points)):
        x = (points[number, 0] - np.float32(0.5)) * np.float32(room)
        y = (points[number, 1] - np.float32(0.5)) * np.float32(room)
        x = -x if flipped else x
        across, down = np.float32(x * cosine - y * sine), np.float32(x * sine + y * cosine)
        # A function of the place, not of the time: strokes that meet in the drawing go on meeting.
        for wave in range(4):
            far = across * directions[wave, 0] + down * directions[wave, 1]
            swings[wave] = math.sin(2 * math.pi * (far + phases[wave]))
        points[number, 0] = np.float32(0.5) + across + np.float32(0.006 * (swings[0] + swings[2]))
        points[number, 1] = np.float32(0.5) + down + np.float32(0.006 * (swings[1] + swings[3]))


@compiled
def bounds(points: Points) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a box around the points."""
    left, top = points[0, 0], points[0, 1]
    right, bottom = left, top
    for number in range(len(points)):
        left, right = min(left, points[number, 0]), max(right, points[number, 0])
        top, bottom = min(top, points[number, 1]), max(bottom, points[number, 1])
    return left, top, right, bottom


@compiled
def ink(
    points: Points, lines: NDArray[np.int64], radius: float, darkness: float, pen: Bytes, colour: Bytes, alpha: Bytes
) -> None:
    """Write the sprite of what a pen has drawn, round at ends and joints; see ``Sprite`` for how it lies.

    How much of a pixel is inked follows from how far its middle is from the nearest segment.

    Args:
        points: In pixels.
        lines: Where among them each line begins.
        radius: Half of the pen's width, in pixels.
        darkness: The alpha of what is inked all over.
        pen: The ink's colour, ``(3,)``.
        colour: Changed, ``(height, 3 * width)``.
        alpha: The same.
    """
    height, width = alpha.shape[0], alpha.shape[1] // 3
    near = np.full((height, width), np.float32(radius + 0.5))  # to the nearest segment; none so far
    for line in range(len(lines)):
        end = lines[line + 1] if line + 1 < len(lines) else len(points)
        for place in range(lines[line], end - 1):
            _come_near(near, points[place], points[place + 1], np.float32(radius + 0.5))
    for row in range(height):
        for column in range(width):
            inked = min(np.float32(1), np.float32(radius + 0.5) - near[row, column])
            share = np.uint8(np.rint(np.float32(darkness) * inked))
            for channel in range(3):
                alpha[row, 3 * column + channel] = share
                colour[row, 3 * column + channel] = pen[channel]


@inlined
def _come_near(near: NDArray[np.float32], begin: Points, end: Points, reach: np.float32) -> None:
    """Note for each pixel about a segment how far it is, if that is nearer than what is noted."""
    x0, y0 = begin[0] - np.float32(0.5), begin[1] - np.float32(0.5)  # pixels lie by their middles
    x, y = end[0] - begin[0], end[1] - begin[1]
    scale = np.float32(1) / max(x * x + y * y, np.float32(1e-12))
    top, bottom = max(0, math.ceil(min(y0, y0 + y) - reach)), min(len(near), math.floor(max(y0, y0 + y) + reach) + 1)
    left = max(0, math.ceil(min(x0, x0 + x) - reach))
    right = min(near.shape[1], math.floor(max(x0, x0 + x) + reach) + 1)
    for row in range(top, bottom):
        down = np.float32(row) - y0
        for column in range(left, right):
            across = np.float32(column) - x0
            along = min(np.float32(1), max(np.float32(0), (across * x + down * y) * scale))
            beside, below = across - along * x, down - along * y
            near[row, column] = min(near[row, column], np.sqrt(beside * beside + below * below))
