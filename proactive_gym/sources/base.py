"""Where episodes come from."""

from collections.abc import Sequence
from typing import Any, Protocol

from numpy.typing import NDArray

from proactive_gym.episode import Episode
from proactive_gym.setting import Setting


class Source(Protocol):
    """What an environment asks of a source.

    A scenario (see ``proactive_gym.envs.scenario``) comes down as an argument: a source knows none of its own, so that
    new scenarios and new sources combine without knowing each other.

    Besides what is listed a source may have ``paint_on(device)``, a painter of ``torch.uint8`` pictures there;
    ``paint_again(pictures)``, as ``paint``, of those that it has painted and are shown for the last time, so that they
    can be handed over, a list of arrays that may be read-only, instead of copied;
    ``drawn_name(scenarios, number, setting)``, which episode a large random number means;
    ``numbered_name(scenarios, number, setting)``, if the number that people give is not the one in ``episode_name``;
    ``drives(scenario)``, whether it has pictures for it (all of them if it has no such method);
    ``expect(pictures)``, which are painted next, so that they can be fetched meanwhile;
    ``attribution``, whose pictures they are; and ``for_practice()``, the source that worked examples are taken from.

    Attributes:
        name: What it is called on the command line and in ``gym.make(…, source=name)``.
        split: The split its episodes are from.
        image_size: Side of its square pictures in pixels, or ``None`` where each picture has its own size.
        knows_sufficiency: Whether it can say how much a picture shows.
        defaults: Keyword arguments whose default is another one for this source.
    """

    name: str
    split: str
    image_size: int | None
    knows_sufficiency: bool
    defaults: dict[str, Any]

    def size(self, scenarios: Sequence[Any]) -> float:
        """How many episodes there are of these scenarios; ``math.inf`` if without end."""

    def menu_size(self, scenario: Any, setting: Setting) -> int:
        """The most options that a menu of the scenario has."""

    def episode_name(self, scenarios: Sequence[Any], number: int, setting: Setting) -> str:
        """The name of episode ``number``, ``0 <= number < size``; of several scenarios, the number decides which."""

    def episode(self, scenarios: Sequence[Any], name: str, setting: Setting) -> Episode:
        """The episode of that name.

        Raises:
            InputError: If there is none of that name, or if it belongs to none of the scenarios.
        """

    def paint(self, pictures: Sequence[Any]) -> NDArray[Any] | list[NDArray[Any]]:
        """The pictures that ``World.picture`` describes: uint8 ``(N, H, W, 3)``, or a list where sizes differ."""
