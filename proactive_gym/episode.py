"""The rules of one episode, pure: a state and a choice give the next state and what it came to.

The single environment, the vector environment and the rollouts all drive this; none of them repeats a rule.
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, NamedTuple, TypeVar

from proactive_gym.dialogue import TEMPLATE
from proactive_gym.menu import Kind, Menu
from proactive_gym.outcome import Outcome

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


class State(NamedTuple):
    """Where an episode stands. A plain value: keeping one is all it takes to branch the episode there."""

    places: tuple[Hashable, ...]
    """The places shown so far, one a turn; the last is the present one."""
    requests: int = 0
    outcome: Outcome | None = None
    over: bool = False

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

    def begin(self) -> State:
        """The state before the first reply."""
        return State((self.start,))

    def offered(self, state: State) -> tuple[bool, ...]:
        """Which options are on offer now."""
        spent = self.world.spent(state.place)
        if not spent:
            return self._all_offered
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
        if place is None:
            return State(state.places, requests, Outcome.USELESS_REQUEST, over=True)
        if self.single_turn:
            return State(state.places, requests, Outcome.REQUESTED, over=True)
        if len(state.places) >= self.turns:
            return State(state.places, requests, Outcome.EXHAUSTED, over=True)
        return State((*state.places, place), requests, Outcome.REQUESTED)

    def route(self, state: State) -> tuple[str, ...] | None:
        """The fewest interventions from here to a sufficient picture, by name; ``None`` where none leads to one.

        Needs no more turns than are left, the answer's own included.
        """
        longest = 0 if self.single_turn else self.turns - len(state.places)
        return shortest_route(self.world, state.place, longest, self._named)

    @cached_property
    def requests_needed(self) -> int | None:
        """The fewest requests after which the picture suffices.

        ``None`` where that is unknown or out of reach: for want of turns, or of an option on the menu that would help.
        """
        route = shortest_route(self.world, self.start, self.turns - 1, self._named)
        return None if route is None else len(route)

    def sufficiency(self, state: State) -> tuple[float, ...] | None:
        """One number per picture shown, or ``None`` where the source knows of none."""
        shown = [self.world.sufficiency(place) for place in state.places]
        known = [share for share in shown if share is not None]
        return tuple(known) if len(known) == len(shown) else None

    @cached_property
    def said(self) -> dict[tuple[bool, tuple[bool, ...]], str]:
        """What the user says, by whether the menu is kept back and by what is on offer, once it was put into words."""
        return {}

    @cached_property
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
    def _all_offered(self) -> tuple[bool, ...]:
        return (True,) * len(self.menu)


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
    waiting: deque[tuple[Hashable, tuple[str, ...]]] = deque([(start, ())])
    seen = {start}
    while waiting:
        place, route = waiting.popleft()
        if world.sufficient(place):
            return route
        if len(route) == longest:
            continue
        for name, following in world.moves(place).items():
            if following not in seen and (among is None or name in among):
                seen.add(following)
                waiting.append((following, (*route, name)))
    return None


def _ended(state: State, outcome: Outcome) -> State:
    return State(state.places, state.requests, outcome, over=True)
