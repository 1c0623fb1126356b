"""A fixed set of episodes of another source, kept in memory."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proactive_gym.episode import Episode
from proactive_gym.errors import InputError, check_whole
from proactive_gym.setting import Setting
from proactive_gym.sources.base import Source
from proactive_gym.sources.batches import batches
from proactive_gym.world import World


class Picture:
    """A picture by where it is to be seen, so that it is painted once; there is one of each.

    Attributes:
        world: Where it is to be seen.
        place: The place there.
        kept: What was made of it, by where: ``None`` for its number in the album or, where sizes differ, itself; or a
            device's name for what is there.
    """

    __slots__ = ("kept", "place", "world")

    def __init__(self, world: World[Any], place: Any) -> None:
        self.world, self.place = world, place
        self.kept: dict[str | None, Any] = {}


class KeptWorld(World[Any]):
    """A world that remembers how much each place shows, and whose pictures go by place."""

    def __init__(self, world: World[Any]) -> None:
        """The same world."""
        self.world = world
        self.start, self.best, self.turns = world.start, world.best, world.turns
        self.answerable = world.answerable  # type: ignore[method-assign]  # the same, at the price of no further call
        self.sufficient = world.sufficient  # type: ignore[method-assign]
        self._pictures: dict[Any, Picture] = {}
        self._spent: dict[Any, frozenset[str]] = {}
        self._sufficiencies: dict[Any, float | None] = {}

    def picture(self, place: Any) -> Picture:
        """Where it is to be seen."""
        picture = self._pictures.get(place)
        if picture is None:
            picture = self._pictures[place] = Picture(self.world, place)
        return picture

    def moves(self, place: Any) -> Mapping[str, Any]:
        """As in the world."""
        return self.world.moves(place)

    def between(self, place: Any, there: Any) -> Any:
        """As in the world."""
        return self.world.between(place, there)

    def spent(self, place: Any) -> frozenset[str]:
        """As in the world, reckoned once."""
        known = self._spent.get(place)
        if known is None:
            known = self._spent[place] = self.world.spent(place)
        return known

    def sufficiency(self, place: Any) -> float | None:
        """As in the world, reckoned once."""
        if place not in self._sufficiencies:
            self._sufficiencies[place] = self.world.sufficiency(place)
        return self._sufficiencies[place]


class FixedEpisodes:
    """The first ``number`` episodes of each scenario of another source, each made and painted once.

    For training on a fixed set, for groups that start from one episode, and wherever the same episodes come again and
    again: a step then costs little more than copying its pictures. The last picture of an episode, which is shown once
    more when it is over, is not even copied: that one is read-only. Memory grows with what is shown, 150 to 300 kB a
    picture of 224 x 224.

    Args:
        source: Where the episodes come from.
        number: How many, of all of an environment's scenarios together.

    Raises:
        InputError: If the source has fewer, or if ``number`` is no whole number of at least 1.
    """

    keeps_episodes = True

    def __init__(self, source: Source, number: int) -> None:
        self.source = source
        self.number = check_whole("number", number, 1)
        self.name, self.split, self.image_size = source.name, source.split, source.image_size
        self.knows_sufficiency, self.defaults = source.knows_sufficiency, source.defaults
        self._episodes: dict[tuple[str, Setting], Episode] = {}
        self._album = Album()

    def for_practice(self) -> Source:
        """As in the source."""
        for_practice = getattr(self.source, "for_practice", None)
        if for_practice is None:
            raise InputError(f"The source {self.name!r} has no episodes for practice.")
        practice: Source = for_practice()
        return practice

    def size(self, scenarios: Sequence[Any]) -> float:
        """How many there are."""
        if self.source.size(scenarios) < self.number:
            raise InputError(
                f"number is {self.number}, but the source {self.source.name!r} has "
                f"{self.source.size(scenarios)} episodes."
            )
        return self.number

    def menu_size(self, scenario: Any, setting: Setting) -> int:
        """As in the source."""
        return self.source.menu_size(scenario, setting)

    def episode_name(self, scenarios: Sequence[Any], number: int, setting: Setting) -> str:
        """As in the source."""
        return self.source.episode_name(scenarios, number, setting)

    def episode(self, scenarios: Sequence[Any], name: str, setting: Setting) -> Episode:
        """The episode of that name, which may be any of the source's."""
        key = (name, setting)
        kept = self._episodes.get(key)
        if kept is None:
            episode = self.source.episode(scenarios, name, setting)
            kept = self._episodes[key] = replace(episode, world=KeptWorld(episode.world))
        return kept

    def paint(self, pictures: Sequence[Picture]) -> NDArray[np.uint8] | list[NDArray[np.uint8]]:
        """Copies of the pictures, painted if they are new: uint8 ``(N, H, W, 3)``, or a list where sizes differ."""
        if self.image_size is None:
            return [picture.copy() for picture in self._known(pictures, self.source.paint)]
        return self._album.copies(self._known(pictures, self._taken_in))

    def paint_again(self, pictures: Sequence[Picture]) -> list[NDArray[np.uint8]]:
        """The kept pictures themselves, read-only."""
        if self.image_size is None:
            return [_read_only(picture) for picture in self._known(pictures, self.source.paint)]
        return self._album.leaves(self._known(pictures, self._taken_in))

    def _taken_in(self, frames: Sequence[Any]) -> range:
        return self._album.add(self.source.paint(frames))

    def paint_on(self, device: Any) -> Callable[[Sequence[Picture]], Any]:
        """A painter of ``torch.uint8`` pictures on that device, which keeps them there."""
        import torch

        paint_on = getattr(self.source, "paint_on", None)
        if paint_on is None:
            raise InputError(f"device is {device!r}, but the source {self.name!r} paints with NumPy only.")
        paint, where = paint_on(device), str(device)
        return lambda pictures: torch.stack(self._known(pictures, paint, where))

    def _known(
        self, pictures: Sequence[Picture], keep: Callable[[Sequence[Any]], Iterable[Any]], where: str | None = None
    ) -> list[Any]:
        """What ``keep`` made of each picture, now or earlier."""
        try:
            return [picture.kept[where] for picture in pictures]
        except KeyError:
            pass
        # A group may ask for one picture many times.
        new = [picture for picture in dict.fromkeys(pictures) if where not in picture.kept]
        frames = [picture.world.picture(picture.place) for picture in new]
        for picture, kept in zip(new, keep(frames), strict=True):
            picture.kept[where] = kept
        return [picture.kept[where] for picture in pictures]


class Album:
    """Pictures of one size by number, in one piece of memory, from which copies are quicker than from many pieces."""

    def __init__(self) -> None:
        """An empty one."""
        self._pictures = np.empty((0, 0, 0, 3), dtype=np.uint8)
        self._number = 0

    def add(self, pictures: Any) -> range:
        """Take in uint8 ``(N, H, W, 3)``; returns their numbers."""
        first, self._number = self._number, self._number + len(pictures)
        if self._number > len(self._pictures):
            larger = np.empty((2 * self._number, *pictures.shape[1:]), dtype=np.uint8)
            if first:
                larger[:first] = self._pictures[:first]
            self._pictures = larger
        self._pictures[first : self._number] = pictures
        return range(first, self._number)

    def copies(self, numbers: Sequence[int]) -> NDArray[np.uint8]:
        """Copies of the pictures of these numbers."""
        copies = batches.empty((len(numbers), *self._pictures.shape[1:]))
        # Any mode but the usual one writes straight into ``out``; there are no numbers to clip.
        return self._pictures.take(numbers, axis=0, out=copies, mode="clip")

    def leaves(self, numbers: Sequence[int]) -> list[NDArray[np.uint8]]:
        """The pictures of these numbers themselves, read-only."""
        pictures = _read_only(self._pictures)
        return [pictures[number] for number in numbers]


def _read_only(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    view = picture.view()
    view.flags.writeable = False
    return view
