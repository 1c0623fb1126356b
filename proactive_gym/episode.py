"""The rules of one episode, pure: a state and a choice give the next state and what it came to.

The single environment, the vector environment and the rollouts all drive this; none of them repeats a rule.
"""

from collections.abc import Container, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from proactive_gym.dialogue import TEMPLATE
from proactive_gym.menu import Kind, Menu
from proactive_gym.outcome import Outcome
from proactive_gym.users import PERFECT, REMARKS, Request, Response, Service, User
from proactive_gym.world import World, shortest_route


class State(NamedTuple):
    """Where an episode stands. A plain value: keeping one is all it takes to branch the episode there."""

    places: tuple[Hashable, ...]
    """The places shown so far, one a turn; the last is the present one."""
    requests: int = 0
    outcome: Outcome | None = None
    over: bool = False
    response: Response | None = None
    """What a user who is not perfect did upon the last request."""
    remark: str = ""
    """What the user says of it."""
    grace: int = 0
    """The turns that the user's lapses have added to the limit."""
    coming: tuple[Hashable, str] | None = None
    """What comes with the next request, whatever that is: its place, and the intervention that led there."""

    @property
    def place(self) -> Hashable:
        """The present place."""
        return self.places[-1]

    @property
    def turn(self) -> int:
        """The number of replies that were given and followed by another picture."""
        return len(self.places) - 1


class Published(NamedTuple):
    """What the source itself says counts in free words: things to ask for, and right answers; either may be empty."""

    suggestions: tuple[str, ...]
    answers: tuple[str, ...]


class Expected(NamedTuple):
    """What counts in free words: things to ask for, and right answers, each with the option it stands for."""

    suggestions: tuple[tuple[str, int], ...]
    answers: tuple[tuple[str, int], ...]

    @property
    def texts(self) -> list[str]:
        """All of it, in order, without full stops."""
        return [text.replace(".", "").strip() for text, _ in (*self.suggestions, *self.answers)]


@dataclass(frozen=True)
class Episode:
    """One question about one subject, with everything that decides how it can go.

    Attributes:
        name: Names the episode for good; the same name always gives the same episode.
        scenario: The scenario's name.
        question: What the user asks.
        hint: What the user adds to it, or ``""``.
        menu: All options; each keeps its number for the whole episode.
        answer: The number of the right option.
        world: What the user can show.
        start: The place of the first picture.
        turns: The most turns allowed.
        single_turn: Whether the episode ends after the first reply, whatever it is.
        published: What counts in free words where the source says so itself.
        template: How question and menu are put together.
        user: Who shows the pictures.
        remarks: What a user who is not perfect says of what was done.
    """

    name: str
    scenario: str
    question: str
    hint: str
    menu: Menu
    answer: int
    world: World[Any]
    start: Hashable
    turns: int
    single_turn: bool = False
    published: Published | None = None
    template: str = TEMPLATE
    user: User = PERFECT
    remarks: Mapping[Response, str] = field(default_factory=lambda: REMARKS, hash=False)

    def begin(self) -> State:
        """The state before the first reply."""
        return State((self.start,))

    def offered(self, state: State) -> tuple[bool, ...]:
        """Which options are on offer now."""
        spent = self.world.spent(state.place)
        if not spent:
            return (True,) * len(self.menu)
        return tuple([option.kind is not Kind.INTERVENTION or option.name not in spent for option in self.menu])

    def reply(self, state: State, choice: int | None) -> State:
        """The state after the agent chose option number ``choice``, or said something unreadable (``None``)."""
        if choice is None:
            return _ended(state, Outcome.UNREADABLE)
        option = self.menu[choice]
        if option.kind is Kind.ANSWER:
            return _ended(state, Outcome.CORRECT if self._is_right(state, choice) else Outcome.WRONG)
        if option.kind is Kind.ABSTENTION:
            return _ended(state, Outcome.ABSTAINED)
        return self._requested(state, option.name)

    def most_favourable(self, state: State, choices: Sequence[int]) -> int | None:
        """Which of several options that one reply names is taken: the right answer, else an intervention that helps.

        Args:
            state: Where the episode stands.
            choices: Numbers of the options, the likeliest first, which is taken if none is of any use.
        """
        ways = self.world.moves(state.place)
        for choice in choices:
            if self._is_right(state, choice):
                return choice
        for choice in choices:
            if self.menu[choice].kind is Kind.INTERVENTION and self.menu[choice].name in ways:
                return choice
        return choices[0] if choices else None

    def _is_right(self, state: State, choice: int) -> bool:
        return choice == self.answer and self.world.answerable(state.place)

    def _requested(self, state: State, intervention: str) -> State:
        requests = state.requests + 1
        place = self.world.moves(state.place).get(intervention)
        if place is None and state.coming is None:
            return _ended(state, Outcome.USELESS_REQUEST, requests)
        if self.single_turn:
            return _ended(state, Outcome.REQUESTED, requests)
        if self.turns_left(state) <= 0:
            return _ended(state, Outcome.EXHAUSTED, requests)
        if self.user is PERFECT:
            return State((*state.places, place), requests, Outcome.REQUESTED)
        return self._served(state, self._service(state, intervention, place))

    def _service(self, state: State, intervention: str, there: Hashable) -> Service:
        """What the user does upon a request that leads ``there``."""
        if state.coming is not None:
            place, name = state.coming
            return Service(Response.ARRIVED, place, name)
        spent = self.world.spent(state.place)
        stream = f"{self.name}/{self.user.name}/{state.requests}"
        asked = Request(self.world, state.places, intervention, there, self._named - spent, stream)
        return (self.user if state.requests in self._lapses else PERFECT).lapse(asked)

    def _served(self, state: State, service: Service) -> State:
        asking = (self.menu[number] for number in self.menu.of_kind(Kind.INTERVENTION))
        done = next((option.text for option in asking if option.name == service.done), "")
        return State(
            places=(*state.places, service.place),
            requests=state.requests + 1,
            outcome=Outcome.REQUESTED,
            response=service.response,
            remark=self.remarks.get(service.response, "").replace("{done}", done),
            grace=state.grace + service.grace,
            coming=service.coming,
        )

    def turns_left(self, state: State) -> int:
        """How many more requests are followed by a picture."""
        return self.turns + state.grace - len(state.places)

    def route(self, state: State) -> tuple[str, ...] | None:
        """The fewest interventions from here to a sufficient picture, by name; ``None`` where none leads to one.

        Needs no more turns than are left, the answer's own included. Nobody foresees what a user will not do as asked.
        """
        longest = 0 if self.single_turn else self.turns_left(state)
        return shortest_route(self.world, state.place, longest, self._named)

    @cached_property
    def requests_needed(self) -> int | None:
        """The fewest requests after which the picture suffices.

        With a user who is not perfect, as many as someone makes who asks each time for what leads there soonest.
        ``None`` where that is unknown or out of reach: for want of turns, or of an option on the menu that would help.
        """
        route = shortest_route(self.world, self.start, self.turns - 1, self._named)
        if route is None or self.user is PERFECT or self.single_turn:
            return None if route is None else len(route)
        state = self.begin()
        while route:
            state = self._requested(state, route[0])
            route = None if state.over else self.route(state)
        return None if route is None else state.requests

    def sufficiency(self, state: State) -> tuple[float, ...] | None:
        """One number per picture shown, or ``None`` where the source knows of none."""
        shown = [self.world.sufficiency(place) for place in state.places]
        known = [share for share in shown if share is not None]
        return tuple(known) if len(known) == len(shown) else None

    @property
    def texts(self) -> tuple[str, ...]:
        """The menu's texts."""
        return self.menu.texts

    def expected(self, state: State) -> Expected:
        """What counts in free words at ``state``, for a judge to look for."""
        helping = self._helping(state)
        answer = self.texts[self.answer]
        if self.published is not None and state.turn == 0:
            asking = [(text, helping[0]) for text in self.published.suggestions if helping]
            return Expected(tuple(asking), tuple([(text, self.answer) for text in self.published.answers]))
        right = ((answer, self.answer),) if self.world.answerable(state.place) else ()
        return Expected(tuple([(self.texts[number], number) for number in helping]), right)

    def _helping(self, state: State) -> list[int]:
        ways = self.world.moves(state.place)
        return [number for number in self.menu.of_kind(Kind.INTERVENTION) if self.menu[number].name in ways]

    @cached_property
    def blocks(self) -> tuple[list[int], list[int]]:
        """Numbers of what is no answer, and of the answers: the two parts in which the benchmark reads a menu."""
        answers = self.menu.of_kind(Kind.ANSWER)
        return [number for number in range(len(self.menu)) if number not in answers], answers

    @cached_property
    def _named(self) -> frozenset[str]:
        """Names of the interventions on the menu."""
        return frozenset([self.menu[number].name for number in self.menu.of_kind(Kind.INTERVENTION)])

    @cached_property
    def _lapses(self) -> Container[int]:
        """Numbers of the requests that the user does not do as asked."""
        return self.user.lapses(self.name)


def _ended(state: State, outcome: Outcome, requests: int | None = None) -> State:
    """The same moment, but over: what was last shown and said stays."""
    requests = state.requests if requests is None else requests
    return state._replace(requests=requests, outcome=outcome, over=True, response=None)
