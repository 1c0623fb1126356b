"""What the user can show: places, pictures, and where interventions lead."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Hashable, Mapping
from typing import Any, Generic, TypeVar

SUFFICIENT = 0.8
"""The sufficiency from which a picture counts as enough to answer."""


Place = TypeVar("Place", bound=Hashable)


class World(ABC, Generic[Place]):
    """What the user can show: places, what is to be seen at each, and what an intervention leads to.

    A place is any hashable value: a frame's number, a corruption's level, a camera's position.
    """

    start: Place
    """Where the episode starts."""
    best: Place
    """The place of the reference setting, where the picture is as good as it gets."""
    turns: int
    """The scenario's own limit: the most turns an episode takes."""

    @abstractmethod
    def picture(self, place: Place) -> Any:
        """What is to be seen at ``place``, in the form the source's painter takes."""

    @abstractmethod
    def moves(self, place: Place) -> Mapping[str, Place]:
        """The interventions that do something at ``place``, by name, and the places they lead to."""

    def between(self, place: Place, there: Place) -> Place | None:
        """Half the way from ``place`` to where a request would lead; ``None`` where there is nothing between the two.

        What is asked for from there has to lead on to whole places, as from ``place`` or from ``there``.
        """
        return None

    def spent(self, place: Place) -> frozenset[str]:
        """Interventions that are off the menu at ``place``: no earlier frame to rewind to, a camera at its end."""
        return frozenset()

    def sufficiency(self, place: Place) -> float | None:
        """How much of what identifies the subject is to be seen at ``place``, 0…1; ``None`` where nobody knows."""
        return None

    def sufficient(self, place: Place) -> bool | None:
        """Whether the picture at ``place`` is enough to answer; ``None`` where nobody knows."""
        share = self.sufficiency(place)
        return None if share is None else share >= SUFFICIENT

    def answerable(self, place: Place) -> bool:
        """Whether the right answer counts at ``place``; else it is taken for a guess, and wrong."""
        return True


def shortest_route(
    world: World[Any], start: Hashable, longest: int, among: Collection[str] | None = None
) -> tuple[str, ...] | None:
    """The fewest interventions (at most ``longest``) from ``start`` to a sufficient place, breadth first.

    Args:
        world: What the user can show.
        start: Where to start from.
        longest: The most interventions.
        among: The interventions that may be asked for, by name; all of them if ``None``.
    """
    reached: list[tuple[Hashable, tuple[str, ...]]] = [(start, ())]
    seen = {start}
    for place, route in reached:  # which grows meanwhile
        if world.sufficient(place):
            return route
        if len(route) == longest:
            continue
        for name, following in world.moves(place).items():
            if following not in seen and (among is None or name in among):
                seen.add(following)
                reached.append((following, (*route, name)))
    return None
