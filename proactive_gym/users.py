"""Users who are not perfect: what they do upon a request, and what they say of it, which is always true.

Which requests they do not do as asked follows from the episode's name and the number of requests so far alone, so an
episode is the same whoever plays it, when, and in which batch.
"""

from collections.abc import Collection, Container, Hashable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from proactive_gym.draw import Draw
from proactive_gym.world import World

UserName = Literal["perfect", "refusing", "clumsy", "slow", "half"]

LAPSES = 3
"""How many requests of an episode a refusing or clumsy user may not do as asked."""
EVERY_OTHER = range(0, 2**62, 2)
"""Numbers of the requests that a slow or half-hearted user does not do at once: of two, always the first."""


class Response(StrEnum):
    """What a user did upon a request that could be carried out."""

    DONE = "done"  # as asked
    REFUSED = "refused"  # nothing
    OTHERWISE = "otherwise"  # another intervention than the one asked for
    UNDONE = "undone"  # went back to what was shown before
    DELAYED = "delayed"  # nothing yet: it comes with the next request, whatever that is
    ARRIVED = "arrived"  # what an earlier request was for
    HALF = "half"  # half the way
    BEGUN = "begun"  # half the way where that leads to no new picture


AS_ASKED = frozenset({Response.DONE, Response.ARRIVED})
"""Responses after which the user has done what was asked."""

REMARKS: Mapping[Response, str] = {
    Response.REFUSED: "I would rather not do that now.",
    Response.OTHERWISE: "Sorry, I did something else instead: {done}",
    Response.UNDONE: "Sorry, I undid my last step instead.",
    Response.DELAYED: "One moment.",
    Response.ARRIVED: "Done now: {done}",
    Response.HALF: "I have done only half of that so far.",
    Response.BEGUN: "I have done only half of that so far, and there is nothing new to be seen yet.",
}
"""What users say of their responses; ``{done}`` is the menu's text of what they did."""


class Request(NamedTuple):
    """A request that could be carried out, and what a user needs to know to respond.

    Attributes:
        world: What the user can show.
        places: The places shown so far.
        name: What was asked for.
        there: Where that leads.
        offered: Names of the interventions on offer.
        stream: Names the random draws for this request.
    """

    world: World[Any]
    places: tuple[Hashable, ...]
    name: str
    there: Hashable
    offered: Collection[str]
    stream: str


class Service(NamedTuple):
    """What a user does upon a request.

    Attributes:
        response: In a word.
        place: What is shown next.
        done: The intervention that was carried out, by name; ``""`` for none.
        coming: What comes with the next request: its place and the intervention's name.
        grace: By how many turns the limit grows, so that the lapse takes none from the agent.
    """

    response: Response
    place: Hashable
    done: str = ""
    coming: tuple[Hashable, str] | None = None
    grace: int = 0


@dataclass(frozen=True)
class User:
    """Someone who does what is asked, always."""

    name: UserName = "perfect"

    def lapses(self, episode: str) -> Container[int]:
        """Numbers, from 0, of the requests in the episode of that name that are not done as asked."""
        return ()

    def lapse(self, asked: Request) -> Service:
        """What becomes of such a request."""
        return Service(Response.DONE, asked.there, asked.name)


class Refusing(User):
    """Someone who now and then refuses."""

    def lapses(self, episode: str) -> Container[int]:
        """A few."""
        return now_and_then(f"{episode}/{self.name}")

    def lapse(self, asked: Request) -> Service:
        """Nothing is done."""
        return Service(Response.REFUSED, asked.places[-1], grace=1)


class Clumsy(User):
    """Someone who now and then does another thing."""

    def lapses(self, episode: str) -> Container[int]:
        """A few."""
        return now_and_then(f"{episode}/{self.name}")

    def lapse(self, asked: Request) -> Service:
        """Another intervention on offer; where there is none, the last step is undone; else it is done as asked.

        The limit grows by the turn that was lost and by the one that it takes to make up for it.
        """
        here = asked.places[-1]
        others = {name: there for name, there in asked.world.moves(here).items() if name in asked.offered}
        others.pop(asked.name, None)
        if others:
            name = Draw(asked.stream).one(sorted(others))
            return Service(Response.OTHERWISE, others[name], name, grace=2)
        before = next((place for place in reversed(asked.places) if place != here), here)
        if before in (here, asked.there):
            return super().lapse(asked)
        return Service(Response.UNDONE, before, grace=2)


class Slow(User):
    """Someone who needs a turn: what is asked for comes with the next request."""

    def lapses(self, episode: str) -> Container[int]:
        """The first of every two requests; the second is taken for waiting."""
        return EVERY_OTHER

    def lapse(self, asked: Request) -> Service:
        """Nothing yet."""
        return Service(Response.DELAYED, asked.places[-1], coming=(asked.there, asked.name), grace=1)


class Half(User):
    """Someone who does half of what is asked, and the rest when asked again."""

    def lapses(self, episode: str) -> Container[int]:
        """The first of every two requests."""
        return EVERY_OTHER

    def lapse(self, asked: Request) -> Service:
        """Half the way, where there is something to be seen on it."""
        here = asked.places[-1]
        between = None if asked.there == here else asked.world.between(here, asked.there)
        if between is None:
            return Service(Response.BEGUN, here, grace=1)
        return Service(Response.HALF, between, grace=1)


PERFECT = User()
USERS: Mapping[str, User] = {
    user.name: user for user in (PERFECT, Refusing("refusing"), Clumsy("clumsy"), Slow("slow"), Half("half"))
}
"""All of them, by name."""


@lru_cache(maxsize=4096)
def now_and_then(stream: str) -> frozenset[int]:
    """The first request or the second, then every second or third one, ``LAPSES`` in all; never two running."""
    draw, numbers = Draw(stream), [-2]
    for _ in range(LAPSES):
        numbers.append(numbers[-1] + 2 + draw.whole(0, 1))
    return frozenset(numbers[1:])
