"""How much memory many lanes take."""

from collections.abc import Sequence

from proactive_gym.benchmark.figures import Measurement
from proactive_gym.benchmark.measuring import RandomPlay, in_fresh_process, make_vec


def memory_of_lanes(lanes: Sequence[int], side: int) -> list[Measurement]:
    """Memory of the smallest and the largest vector environment, and what each further lane adds beyond its frames."""
    few, many = min(lanes), max(lanes)
    script = "from proactive_gym.benchmark.memory import peak_memory; print(*peak_memory({}, {}))"
    peaks, frames = zip(
        *(map(int, in_fresh_process(script.format(number, side)).split()) for number in (few, many)), strict=True
    )
    found = [
        Measurement("memory", f"Suite, {number}", side, "MB", (peak / 1e6,))
        for number, peak in zip((few, many), peaks, strict=True)
    ]
    beyond = (peaks[1] - frames[1] - peaks[0] + frames[0]) / max(1, many - few)
    return [*found, Measurement("memory", "each further lane", side, "kB beyond its frames", (beyond / 1e3,))]


def peak_memory(lanes: int, side: int, steps: int = 2) -> tuple[int, int]:
    """The most memory that a vector environment takes, and how much of it is pictures; to be run in a fresh process.

    The same episodes are played once before, so that what all environments share is painted and not counted.
    """
    import tracemalloc

    _most_frames(lanes, side, steps)
    tracemalloc.start()
    frames = _most_frames(lanes, side, steps)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak, frames


def _most_frames(lanes: int, side: int, steps: int) -> int:
    """Play a little; the most bytes of pictures that a step handed over."""
    player = RandomPlay(make_vec(lanes, image_size=side))
    most = 0
    for _ in range(steps):
        player.env.pictures = 0
        player.step()
        most = max(most, player.env.pictures * side * side * 3)
    return most
