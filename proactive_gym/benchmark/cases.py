"""What is measured."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from importlib.util import find_spec
from typing import cast

import gymnasium as gym
from gymnasium.utils.performance import benchmark_init

from proactive_gym import ENVIRONMENTS
from proactive_gym.benchmark.figures import BATCH, SUITE, Case, Effort
from proactive_gym.benchmark.measuring import (
    Gather,
    RandomPlay,
    Rollouts,
    Stages,
    Unpainted,
    acquainted,
    import_times,
    make_vec,
    played,
    rates,
)
from proactive_gym.sources.fixed import FixedEpisodes
from proactive_gym.sources.scenes.source import ScenesSource


def all_cases(effort: Effort, sizes: Sequence[int]) -> Iterator[Case]:
    """Every case of a round, size by size; settles the caches of each size on the way.

    What is compared stands together, since the speed of a machine changes within a round.
    """
    for side in sizes:
        kept = FixedEpisodes(ScenesSource(image_size=side), effort.kept)
        RandomPlay(make_vec(BATCH, image_size=side), seed=0)(effort.settling)
        single, several = minigrid_cases(side)
        yield from _singles(side, kept, single)
        yield from _vectors(side, kept, effort.lanes, several)
        yield from _rollouts(side, effort.episodes)
        yield from _stages(side, effort.sampled)
    yield Case("import", "fresh process", 0, import_times)


def minigrid_cases(side: int) -> tuple[list[Case], list[Case]]:
    """What MiniGrid takes, alone and eight in turn; nothing where it is not installed."""
    if find_spec("minigrid") is None:
        return [], []
    import minigrid  # noqa: F401  # registers its ids
    from minigrid.wrappers import RGBImgObsWrapper

    make = partial(gym.make_vec, "MiniGrid-Empty-8x8-v0", vectorization_mode="sync")
    pixels = partial(RGBImgObsWrapper, tile_size=max(1, round(side / 8)))
    single = pixels(gym.make("MiniGrid-Empty-8x8-v0"))
    several = RandomPlay(make(num_envs=8, wrappers=[pixels]))
    return (
        [Case("anchor", "MiniGrid", side, lambda seconds: rates(single, seconds))],
        [Case("anchor", "MiniGrid, Sync(8)", side, several)],
    )


def _singles(side: int, kept: FixedEpisodes, anchor: Iterable[Case]) -> Iterator[Case]:
    for name in ENVIRONMENTS:
        if name == SUITE:
            yield from anchor
        yield Case("single", short(name), side, partial(played, gym.make(name, image_size=side)))
    yield Case("single", "Suite, kept", side, partial(played, gym.make(SUITE, source=kept)))
    make = partial(gym.make, SUITE, image_size=side)
    yield Case("single", "Suite", side, lambda seconds: {"made/s": benchmark_init(make, cast(int, seconds))})


def _vectors(side: int, kept: FixedEpisodes, lanes: Iterable[int], anchor: Iterable[Case]) -> Iterator[Case]:
    fresh = [(number, RandomPlay(make_vec(number, image_size=side))) for number in lanes]
    yield from [Case("vector", f"Suite, {number}", side, play) for number, play in fresh if number < BATCH]
    yield from anchor
    yield from [Case("vector", f"Suite, {number}", side, play) for number, play in fresh if number == BATCH]
    yield Case("vector", f"Suite, {BATCH}, kept", side, RandomPlay(acquainted(make_vec(BATCH, source=kept))))
    yield Case("anchor", f"gather of {BATCH} frames", side, Gather(side))
    yield Case("vector", f"Suite, {BATCH}, not painted", side, RandomPlay(make_vec(BATCH, source=Unpainted(side))))
    yield from [Case("vector", f"Suite, {number}", side, play) for number, play in fresh if number > BATCH]


def _rollouts(side: int, episodes: int) -> Iterator[Case]:
    for patience in (1, 4, 16):
        name = f"asks up to {patience}×"
        yield Case("rollouts", name, side, Rollouts(side, episodes, patience))


def _stages(side: int, sampled: int) -> Iterator[Case]:
    for name in ENVIRONMENTS:
        yield Case("stages", short(name), side, Stages(name, side, sampled))


def short(env: str) -> str:
    """``ProactiveVideoMoment-v0`` as ``VideoMoment``."""
    return env.removeprefix("Proactive").removesuffix("-v0")
