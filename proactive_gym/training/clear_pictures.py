"""Pictures that suffice, of all scenarios and all subjects: what the tiny model learns to see from."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from proactive_gym.draw import Draw
from proactive_gym.envs import SCENARIOS
from proactive_gym.episode import Episode
from proactive_gym.setting import Setting
from proactive_gym.sources.scenes.source import ScenesSource
from proactive_gym.sources.scenes.subjects import SPLITS, drawings
from proactive_gym.training.tiny_model import SIDE
from proactive_gym.world import shortest_route

LESSONS, CHECKS = 2**61, 2**62
"""Episodes from these numbers up are learnt from and checked on; evaluations play others."""
_BATCH = 128
_LARGE = 2 * SIDE
"""Some pictures are painted at this size and made smaller, as those of other sizes will be."""


class ClearPictures(NamedTuple):
    """Some pictures that suffice.

    Attributes:
        pixels: uint8 ``(N, SIDE, SIDE, 3)``.
        names: The subjects' places in ``names()``, ``(N,)``.
        episodes: What they were taken from.
    """

    pixels: NDArray[np.uint8]
    names: NDArray[np.int64]
    episodes: tuple[Episode, ...]


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    """All subjects, as menus write them."""
    return tuple(subject.option for subject in drawings().subjects.values())


def clear_pictures(
    number: int, first: int = LESSONS, seed: int = 0, say: Callable[[str], None] = print
) -> ClearPictures:
    """That many, scenarios and splits mixed, each of another episode.

    Args:
        number: How many; a million take 12 GB.
        first: ``LESSONS`` or ``CHECKS``.
        seed: Other seeds give other episodes.
        say: Told of progress.
    """
    batches: list[ClearPictures] = []
    for start in range(0, number, _BATCH):
        batches.append(_batch(first + seed * 2**32 + start, min(_BATCH, number - start)))
        if (start + _BATCH) % (50 * _BATCH) == 0:
            say(f"painting: {start + _BATCH} of {number} pictures")
    episodes = tuple(episode for batch in batches for episode in batch.episodes)
    pixels, right = (np.concatenate([batch[place] for batch in batches]) for place in (0, 1))
    return ClearPictures(pixels, right, episodes)


def _batch(number: int, size: int) -> ClearPictures:
    draw = Draw(f"clear pictures/{number}")
    side = SIDE if draw.chance(0.75) else _LARGE
    episodes = [_episode(draw.one(_splits()), draw.one(SCENARIOS), number + place) for place in range(size)]
    shown = [_clear_place(episode, draw.chance(0.5)) for episode in episodes]
    return _painted(episodes, shown, side)


def _painted(episodes: Sequence[Episode], places: Sequence[Any], side: int) -> ClearPictures:
    frames = [episode.world.picture(place) for episode, place in zip(episodes, places, strict=True)]
    pixels = np.asarray(ScenesSource("train", side).paint(frames))
    if side != SIDE:
        small = [Image.fromarray(picture).resize((SIDE, SIDE), Image.Resampling.BILINEAR) for picture in pixels]
        pixels = np.stack([np.asarray(picture) for picture in small])
    index = _index()
    right = np.array([index[episode.texts[episode.answer]] for episode in episodes])
    return ClearPictures(pixels, right, tuple(episodes))


def _episode(split: str, scenario: Any, number: int) -> Episode:
    source, setting = ScenesSource(split, SIDE), Setting()
    return source.episode([scenario], source.episode_name([scenario], number, setting), setting)


def _clear_place(episode: Episode, best: bool) -> Any:
    """The best place, or the first on the shortest way there whose picture suffices."""
    place = episode.start
    route = None if best else shortest_route(episode.world, place, episode.turns - 1)
    if route is None:
        return episode.world.best
    for name in route:
        place = episode.world.moves(place)[name]
    return place


@lru_cache(maxsize=1)
def _splits() -> tuple[str, ...]:
    """A split as often as it has subjects, so that all subjects come equally often."""
    assert set(SPLITS) == {subject.split for subject in drawings().subjects.values()}
    return tuple(subject.split for subject in drawings().subjects.values())


@lru_cache(maxsize=1)
def _index() -> dict[str, int]:
    return {name: place for place, name in enumerate(names())}
