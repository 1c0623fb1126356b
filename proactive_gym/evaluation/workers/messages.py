"""What a coordinator and its workers say to each other."""

from typing import NamedTuple, Protocol

from proactive_gym.evaluation.company import Cast, Place
from proactive_gym.stored import Row


class Share(NamedTuple):
    """Episodes to play; none at all says that there are no more of them for now.

    Attributes:
        place: Who plays where.
        episodes: Their names, with the seed they belong to.
    """

    place: Place
    episodes: tuple[tuple[str, int | None], ...]


class Check(NamedTuple):
    """Agents that will be asked, and are to say at once if they cannot be.

    Attributes:
        owing: Their names.
    """

    owing: frozenset[str]


class Stop(NamedTuple):
    """No more is to be begun; what is finished is wanted."""


Order = Share | Check | Stop
"""What a worker is told."""


class Introduced(NamedTuple):
    """A worker is there.

    Attributes:
        cast: Whom it made.
    """

    cast: Cast


class Checked(NamedTuple):
    """Those who will be asked can be."""


class Wish(NamedTuple):
    """A worker has nearly nothing left to begin, and wants more of the same."""


class Played(NamedTuple):
    """Episodes are finished.

    Attributes:
        rows: What they came to.
    """

    rows: list[Row]


class Ended(NamedTuple):
    """A worker has no conversation open any more, and can do anything.

    Attributes:
        used: What agent and judge have used.
        error: What went wrong, if anything did.
    """

    used: dict[str, float]
    error: Exception | None = None


class Failed(NamedTuple):
    """Agents cannot be made, or not be asked.

    Attributes:
        error: Why.
    """

    error: Exception


class Lost(NamedTuple):
    """A worker is gone; it is whoever keeps the line to it that notices.

    Attributes:
        why: What is known of it.
    """

    why: str


Report = Introduced | Checked | Wish | Played | Ended | Failed | Lost
"""What a coordinator hears."""


class Line(Protocol):
    """A worker's line to its coordinator."""

    def send(self, report: Report) -> None:
        """Say something."""

    def receive(self) -> Order:
        """The next order, once there is one."""

    def is_waiting(self) -> bool:
        """Whether there is one."""


class Crew(Protocol):
    """Workers, and the coordinator's lines to them."""

    size: int
    """How many there are to be."""

    def hire(self) -> int:
        """Start one more; its number, which no other has."""

    def tell(self, worker: int, order: Order) -> None:
        """Send it an order; one that is gone hears nothing."""

    def hear(self, seconds: float | None = None) -> list[tuple[int, Report]]:
        """What workers report, once one of them does; nothing if none does for so long."""

    def close(self) -> None:
        """End all of them."""
