"""The innermost loops of painting, compiled: each goes over a picture once, where NumPy would several times.

Every pixel is reckoned by itself, in whole numbers or in float32 without any shortcut, so the result is the same to the
bit on every machine.
"""

import numpy as np
from numpy.typing import NDArray

from proactive_gym.sources.scenes.compiling import compiled, inlined

Bytes = NDArray[np.uint8]
Tones = NDArray[np.float32]


@inlined
def _in_tones(value: np.float32) -> np.uint8:
    rounded = np.rint(value)
    rounded = np.float32(0) if rounded < 0 else rounded
    return np.uint8(np.float32(255) if rounded > 255 else rounded)


@inlined
def _copy(given: Bytes, wanted: Bytes) -> None:
    for place in range(len(wanted)):  # much quicker than wanted[:] = given, which allows for overlaps
        wanted[place] = given[place]


@compiled
def lay(picture: Bytes, colour: Bytes, alpha: Bytes, left: int, top: int) -> None:
    """Lay a sprite over a picture, as much of it as is inside.

    Args:
        picture: ``(side, side, 3)``; changed.
        colour: ``(height, 3 * width)``, the channels of a pixel beside each other.
        alpha: The same for straight alpha, once for each channel; ``(0, 0)`` for opaque sprites.
        left: Where in the picture the sprite begins, in pixels; may be outside.
        top: The same.
    """
    side = picture.shape[0]
    rows = picture.reshape(side, 3 * side)
    height, width = colour.shape
    begin, end = 3 * max(0, -left), min(width, 3 * (side - left))
    if begin >= end:
        return
    for row in range(max(0, -top), min(height, side - top)):
        here = rows[top + row, 3 * left + begin : 3 * left + end]
        over = colour[row, begin:end]
        if alpha.size == 0:
            _copy(over, here)
            continue
        opacity = alpha[row, begin:end]
        for place in range(end - begin):
            share = np.uint16(opacity[place])
            share = np.uint16(share + (share >> np.uint16(7)))  # 0…255 to 0…256, so that a shift divides exactly
            under = np.uint16(here[place]) * np.uint16(np.uint16(256) - share)
            here[place] = np.uint8(np.uint16(under + np.uint16(over[place]) * share) >> np.uint16(8))


@compiled
def develop(picture: Bytes, grain: Tones, top: int, left: int, how: Tones) -> None:
    """Spoil each pixel by itself, see ``development.developed``.

    Args:
        picture: ``(side, side, 3)``; changed.
        grain: Float32 ``(height, width, 3)``, larger than the picture.
        top: Where in it the picture's own grain begins.
        left: The same.
        how: A ``development.Development``, float32 ``(8,)``.
    """
    side = picture.shape[0]
    rows, grains = picture.reshape(side, 3 * side), grain.reshape(len(grain), 3 * grain.shape[1])
    tone, gain, colour, grey, strength = how[0], how[1], how[2], how[3], how[7]
    squeezed, added = np.empty(3 * side, np.float32), np.empty(3 * side, np.float32)
    for row in range(side):
        here, over = rows[row], grains[top + row, 3 * left : 3 * (left + side)]
        for place in range(3 * side):
            squeezed[place] = np.rint((np.float32(here[place]) - tone) * gain) + tone
        for column in range(side):
            light = (squeezed[3 * column] + squeezed[3 * column + 1] + squeezed[3 * column + 2]) * grey
            for channel in range(3):
                added[3 * column + channel] = light + how[4 + channel]
        for place in range(3 * side):
            here[place] = _in_tones(squeezed[place] * colour + added[place] + over[place] * strength)


@compiled
def round_off(spoilt: Tones, picture: Bytes) -> None:
    """Write a picture in float32 ``(side, side, 3)`` into one in uint8."""
    given, wanted = spoilt.reshape(spoilt.size), picture.reshape(picture.size)
    for place in range(len(wanted)):
        wanted[place] = _in_tones(given[place])


@compiled
def step_by_block(
    picture: Bytes, edges: NDArray[np.int64], waves: NDArray[np.int32], back: Tones, steps: Tones, tipped: Tones
) -> None:
    """Round what each block of a picture has of slow waves to steps, see ``waves.in_steps``.

    Args:
        picture: ``(side, side, 3)``; changed.
        edges: Where blocks begin, and the last one ends, down as well as along.
        waves: Some of each block, ``(blocks * kept, side)``, in whole numbers, so that their amounts are exact.
        back: What makes pixels of their amounts again, ``(blocks * kept, side)``.
        steps: Those of lightness and two colours, ``(blocks * kept, 3, blocks * kept)``.
        tipped: By how much each of these is off, in steps.
    """
    side, blocks = picture.shape[0], len(edges) - 1
    kept, rows = len(waves) // blocks, picture.reshape(side, 3 * side)
    down, line = np.empty((kept, 3 * side), np.int32), np.empty(3 * side, np.float32)
    channels, along = np.empty((3, side), np.int32), np.empty((3, side), np.float32)
    stepped = np.empty((kept, 3 * side), np.float32)
    for block in range(blocks):
        down[:] = 0
        for row in range(edges[block], edges[block + 1]):
            for wave in range(kept):
                height, sums = waves[block * kept + wave, row], down[wave]
                for place in range(3 * side):
                    sums[place] += np.int32(height * np.int32(rows[row, place]))
        for wave in range(kept):
            for channel in range(3):  # apart, or loops along a line would have to skip
                for column in range(side):
                    channels[channel, column] = down[wave, 3 * column + channel]
            number = block * kept + wave
            _step_along(channels, edges, waves, back, steps[number], tipped[number], along)
            for channel in range(3):
                for column in range(side):
                    stepped[wave, 3 * column + channel] = along[channel, column]
        for row in range(edges[block], edges[block + 1]):
            line[:] = 0
            for wave in range(kept):
                height, amounts = back[block * kept + wave, row], stepped[wave]
                for place in range(3 * side):
                    line[place] += height * amounts[place]
            for place in range(3 * side):
                rows[row, place] = _in_tones(line[place])


@inlined
def _step_along(
    channels: NDArray[np.int32],
    edges: NDArray[np.int64],
    waves: NDArray[np.int32],
    back: Tones,
    steps: Tones,
    tipped: Tones,
    along: Tones,
) -> None:
    """Round the waves along one line, ``(3, side)``, block by block, and write what they make again into ``along``."""
    kept = len(waves) // (len(edges) - 1)
    along[:] = 0
    for number in range(len(waves)):
        begin, end = edges[number // kept], edges[number // kept + 1]
        red = _amount(waves[number, begin:end], channels[0, begin:end])
        green = _amount(waves[number, begin:end], channels[1, begin:end])
        blue = _amount(waves[number, begin:end], channels[2, begin:end])
        light = _rounded(red + 2 * green + blue, steps[0, number], tipped[0, number])
        warm = _rounded(red - green, steps[1, number], tipped[1, number])
        cold = _rounded(blue - green, steps[2, number], tipped[2, number])
        if light == 0 and warm == 0 and cold == 0:
            continue
        pixels, three, quarter = back[number, begin:end], np.float32(3), np.float32(0.25)
        _add(along[0, begin:end], pixels, (light + three * warm - cold) * quarter)
        _add(along[1, begin:end], pixels, (light - warm - cold) * quarter)
        _add(along[2, begin:end], pixels, (light - warm + three * cold) * quarter)


@inlined
def _amount(wave: NDArray[np.int32], line: NDArray[np.int32]) -> int:
    amount = 0
    for place in range(len(wave)):
        amount += wave[place] * line[place]
    return amount


@inlined
def _rounded(amount: int, step: np.float32, tipped: np.float32) -> np.float32:
    rounded: np.float32 = np.rint(np.float32(amount) / step + tipped) * step
    return rounded


@inlined
def _add(line: Tones, wave: Tones, amount: np.float32) -> None:
    for place in range(len(line)):
        line[place] += wave[place] * amount


@compiled
def transmit(picture: Bytes, instead: NDArray[np.int8], moved: NDArray[np.int64]) -> None:
    """Lose and displace lines of a picture.

    Args:
        picture: ``(side, side, 3)``; changed.
        instead: What is in each piece of each line, ``(lines, pieces)``: -1 for what was there, 0 for the line's first
            colour, 1 for black, 2 for grey.
        moved: By how many pixels the rest of each line is out of place, to the left and around.
    """
    side = picture.shape[0]
    lines, pieces = instead.shape
    rows = picture.reshape(side, 3 * side)
    was = np.empty(6 * side, np.uint8)  # twice the same row, so that one end runs on into the other
    edges = 3 * -(-np.arange(pieces + 1) * side // pieces)  # once: divisions would take longer than all else here
    plain = np.empty((3, 3 * side), np.uint8)  # rows of the first colour, of black and of grey
    plain[1], plain[2] = 0, 128
    longest = side // pieces + 2
    for row in range(side):
        here, line = rows[row], row * lines // side
        _copy(here, was[: 3 * side])
        _copy(here, was[3 * side :])
        shift = 3 * (moved[line] % side)
        for channel in range(3):
            for column in range(min(side, longest)):
                plain[0, 3 * column + channel] = was[channel]
        for piece in range(pieces):
            begin, end = edges[piece], edges[piece + 1]
            what = instead[line, piece]
            if what < 0:
                _copy(was[shift + begin : shift + end], here[begin:end])
            else:
                _copy(plain[what, : end - begin], here[begin:end])


@compiled
def project(texture: Bytes, tones: NDArray[np.float64], data: NDArray[np.float64], seen: Bytes) -> None:
    """See a texture in perspective and in some light, as Pillow's ``Image.transform`` does, to the bit.

    Args:
        texture: RGB, ``(height, width, 3)``.
        tones: What becomes of each tone in that light, ``(256,)``.
        data: Those of Pillow's ``Transform.PERSPECTIVE``, ``(8,)``, which take places in ``seen`` to the texture.
        seen: RGBA with colours multiplied by alpha, which is 0 beyond the texture's edge; changed.
    """
    high, wide, length = texture.shape[0], texture.shape[1], seen.shape[1]
    xs, ys = np.empty(length), np.empty(length)
    for row in range(seen.shape[0]):
        for column in range(length):
            across, down = column + 0.5, row + 0.5
            far = data[6] * across + data[7] * down + 1
            xs[column] = (data[0] * across + data[1] * down + data[2]) / far
            ys[column] = (data[3] * across + data[4] * down + data[5]) / far
        for column in range(length):
            x, y = xs[column], ys[column]
            if not (0.0 <= x < wide and 0.0 <= y < high):
                seen[row, column] = 0
                continue
            left, top = int(np.floor(x - 0.5)), int(np.floor(y - 0.5))
            right, below = x - 0.5 - left, y - 0.5 - top  # shares of the pixels beyond these
            here, above = 1 - right, 1 - below
            x0, x1, y0, y1 = max(left, 0), min(left + 1, wide - 1), max(top, 0), min(top + 1, high - 1)
            for channel in range(3):
                upper = tones[texture[y0, x0, channel]] * here + tones[texture[y0, x1, channel]] * right
                lower = tones[texture[y1, x0, channel]] * here + tones[texture[y1, x1, channel]] * right
                seen[row, column, channel] = np.uint8(upper * above + lower * below)
            opaque = 255 * here + 255 * right  # may come out a hair less, as Pillow's does
            seen[row, column, 3] = np.uint8(opaque * above + opaque * below)
