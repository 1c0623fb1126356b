"""Many requests to one server at once: as many as it bears."""

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from threading import Condition, Thread
from typing import Self, TypeVar

LONGEST_PAUSE = 120.0
"""Seconds; who is told to wait longer is told to go away."""

Item = TypeVar("Item")
Result = TypeVar("Result")


class Pace:
    """How many requests may be under way: half as many when the endpoint complains, then slowly more again.

    Args:
        most: Never more than these.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.limit = float(most)
        self.round = 0
        self._running = 0
        self._resume = 0.0
        self._changed = Condition()

    def __enter__(self) -> Self:
        with self._changed:
            while (pause := self._resume - time.monotonic()) > 0 or self._running >= int(self.limit):
                self._changed.wait(pause if pause > 0 else None)
            self._running += 1
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._running -= 1
            self._changed.notify_all()

    def speed_up(self) -> None:
        """A request went well: one more at once for each round of them."""
        with self._changed:
            self.limit = min(float(self.most), self.limit + 1 / self.limit)
            self._changed.notify_all()

    def slow_down(self, sent_in: int, pause: float = 0.0) -> None:
        """A request was one too many; those that were sent in the same round tell nothing new.

        Args:
            sent_in: The round in which it was sent.
            pause: Seconds in which no other request is begun.
        """
        with self._changed:
            self._resume = max(self._resume, time.monotonic() + pause)
            if sent_in == self.round:
                self.round += 1
                self.limit = max(1.0, self.limit / 2)


def at_once(work: Callable[[Item], Result], items: Sequence[Item], pace: Pace) -> list[Result]:
    """What the work makes of each item, in order; the first error ends it.

    Args:
        work: Is called from several threads.
        items: What it is done on.
        pace: How many at once.
    """
    owed = deque(enumerate(items))
    done: dict[int, Result] = {}
    raised: list[BaseException] = []

    def serve() -> None:
        while not raised:
            try:
                place, item = owed.popleft()
            except IndexError:
                return
            try:
                with pace:
                    done[place] = work(item)
            except BaseException as error:  # raised again by who waits
                raised.append(error)

    # Daemons: whoever interrupts a run need not wait for what nobody wants any more.
    threads = [Thread(target=serve, daemon=True) for _ in range(min(len(owed), pace.most))]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        owed.clear()
    if raised:
        raise raised[0]
    return [done[place] for place in range(len(items))]


def pause(headers: Mapping[str, str]) -> float:
    """The seconds for which the endpoint asks to be left alone."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers[name]) * unit
        except (KeyError, ValueError):
            continue
        return seconds if 0 < seconds <= LONGEST_PAUSE else 0.0
    return 0.0
