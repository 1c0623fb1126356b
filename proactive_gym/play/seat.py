"""Where one person sits: an agent whose replies come from the page."""

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from threading import Condition, Thread

import numpy as np
from numpy.typing import NDArray

from proactive_gym.agents.base import Reply, Turn
from proactive_gym.errors import InputError, one_line
from proactive_gym.rollout import AgentError
from proactive_gym.trajectory import Trajectory

PATIENCE = 60.0
"""Seconds that a page waits for the next picture, at most."""

Keep = Callable[[Trajectory, Sequence[float]], None]
"""Keeps a finished episode, with the seconds that each reply took."""


class Left(Exception):
    """The person left the seat while the user waited for a reply."""


def _stamp() -> str:
    """What names one view for good, so that a button pressed on an older one does nothing."""
    return secrets.token_urlsafe(9)


@dataclass(frozen=True, eq=False)
class Asking:
    """The user shows a picture and waits for a reply."""

    turn: Turn
    stamp: str = field(default_factory=_stamp)


@dataclass(frozen=True, eq=False)
class Ended:
    """An episode is over, and it is time to say what it came to."""

    trajectory: Trajectory
    stamp: str = field(default_factory=_stamp)


@dataclass(frozen=True, eq=False)
class Trouble:
    """Something that the one who runs the study has to mend; ``again`` if a press tries once more."""

    message: str
    again: bool = False
    stamp: str = field(default_factory=_stamp)


@dataclass(frozen=True, eq=False)
class Done:
    """Nothing is owed any more."""

    stamp: str = field(default_factory=_stamp)


View = Asking | Ended | Trouble | Done


class Seat:
    """An agent that replies what a person presses.

    The rollouts play it in a thread of its own, as they play a model, and ``act`` waits there until the page brings the
    reply. All seats share one lock, the *room*, which whoever waits gives back: only one of them ever moves, so that
    neither source nor run needs to know of threads.

    Args:
        name: The agent's name, ``person:NAME``.
        room: The lock that all seats share.
        feedback: Whether the person is told what an episode came to.
        finished: How many episodes this person had finished before.
    """

    def __init__(self, name: str, room: Condition, feedback: bool, finished: int = 0) -> None:
        self.name = name
        self.feedback = feedback
        self.finished = finished
        self.seen = time.monotonic()
        self.gone = False
        self.view: View | None = None
        self.pictures: dict[str, NDArray[np.uint8]] = {}
        """The pictures of the present episode, by the stamp of the view that showed them first."""
        self._room = room
        self._waiting = False
        self._pressed: Reply | None = None
        self._seconds: list[float] = []

    # --- what the rollouts see --------------------------------------------------------------------------------------

    def act(self, turns: Sequence[Turn]) -> list[Reply]:
        """The reply to the one conversation that the person is in."""
        (turn,) = turns
        if turn.number == 0:
            self.pictures, self._seconds = {}, []
        asking = Asking(turn)
        self.pictures[asking.stamp] = turn.image
        began = time.monotonic()
        reply = self._wait(asking)
        self._seconds.append(round(time.monotonic() - began, 3))
        return [reply]

    def _wait(self, view: View) -> Reply:
        """Show that, and wait for what the person presses."""
        self._pressed, self._waiting = None, True
        self._show(view)
        self._room.wait_for(lambda: self.gone or self._pressed is not None)
        self._waiting = False
        if self.gone or self._pressed is None:
            raise Left
        return self._pressed

    def _show(self, view: View) -> None:
        self.view = view
        self._room.notify_all()

    # --- the thread -------------------------------------------------------------------------------------------------

    def sit_down(self, played: Iterator[Trajectory], keep: Keep, then: Callable[[], object]) -> None:
        """Begin to play, in a thread that ends with the process.

        Args:
            played: The episodes, as the rollouts play them with this agent.
            keep: Keeps each as soon as it is over.
            then: Called, with nobody waiting, once all are.
        """
        Thread(target=self._sit, args=(played, keep, then), name=self.name, daemon=True).start()

    def _sit(self, played: Iterator[Trajectory], keep: Keep, then: Callable[[], object]) -> None:
        with self._room:
            try:
                self._play(played, keep)
            except (AgentError, InputError, Left) as error:
                if not self.gone:
                    self._show(Trouble(one_line(error)))
            finally:  # whatever happened, no page is left waiting
                if self.view is None and not self.gone:
                    self._show(Trouble("The episode failed; the terminal says why."))
        if isinstance(self.view, Done):
            then()

    def _play(self, played: Iterator[Trajectory], keep: Keep) -> None:
        for trajectory in played:
            self._keep(trajectory, keep)
            self.finished += 1
            if self.feedback:
                self._wait(Ended(trajectory))
        self._show(Done())

    def _keep(self, trajectory: Trajectory, keep: Keep) -> None:
        """Keep it; where the disk is full, hold it until that is mended."""
        while True:
            try:
                return keep(trajectory, self._seconds)
            except InputError as error:
                self._wait(Trouble(one_line(error), again=True))

    # --- what the page sees -----------------------------------------------------------------------------------------

    def settled(self) -> View:
        """What the person is to see now; waits while the next picture is painted.

        Raises:
            InputError: If that takes too long.
        """
        with self._room:
            self.seen = time.monotonic()
            self._room.wait_for(lambda: self.gone or self.view is not None, PATIENCE)
            if self.view is None:
                raise InputError(f"The next picture was not there after {PATIENCE:.0f} seconds; reload the page.")
            return self.view

    def press(self, stamp: str, reply: Callable[[View], Reply]) -> None:
        """Reply to the view of that stamp; nothing happens if it is another by now, in a second tab or after a reload.

        Args:
            stamp: Of the view on which the button was pressed.
            reply: What it means there; it may raise ``InputError``, and then nothing was pressed.
        """
        with self._room:
            view = self.view
            if self._waiting and view is not None and view.stamp == stamp:
                self._pressed = reply(view)
                self.view = None
                self._room.notify_all()

    def leave(self) -> None:
        """Get up; the episode under way is owed again."""
        with self._room:
            self.gone = True
            self._room.notify_all()
