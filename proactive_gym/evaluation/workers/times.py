"""What a run with workers notes in ``timing.jsonl``: by agent and environment, how long it took and what was used."""

import time
from collections import Counter
from contextlib import suppress

from proactive_gym.evaluation.company import Note, Place
from proactive_gym.evaluation.workers.shares import Shares


class Times:
    """Seconds from the first share to the last report, episodes, and what models count.

    Args:
        note: Takes the figures.
        num_envs: Conversations of each worker.
        workers: How many workers.
    """

    def __init__(self, note: Note, num_envs: int, workers: int) -> None:
        self._note = note
        self._told = {"num_envs": num_envs, "workers": workers}
        self._since: dict[Place, float] = {}
        self._episodes: Counter[Place] = Counter()
        self._used: dict[Place, dict[str, float]] = {}

    def begin(self, place: Place) -> None:
        """A share of it is given away."""
        self._since.setdefault(place, time.perf_counter())

    def count(self, place: Place) -> None:
        """An episode is finished."""
        self._episodes[place] += 1

    def use(self, place: Place, used: dict[str, float]) -> None:
        """So much was used for some of it."""
        sums = self._used.setdefault(place, {})
        for name, number in used.items():
            sums[name] = round(sums.get(name, 0) + number, 6)

    def tell_of_finished(self, shares: Shares) -> None:
        """Note what is done with."""
        for place in [*self._since]:
            if not shares.are_left(place) and not shares.at_work(place):
                self._tell(place)

    def tell_all(self) -> None:
        """Note what is left, be it finished or not."""
        for place in [*self._since]:
            self._tell(place)

    def _tell(self, place: Place) -> None:
        (agent, env), began, used = place, self._since.pop(place), self._used.pop(place, {})
        episodes = self._episodes.pop(place, 0)
        if episodes or any(used.values()):
            seconds = round(time.perf_counter() - began, 3)
            with suppress(OSError):  # a full disk has been said already
                self._note(agent=agent, env=env, episodes=episodes, seconds=seconds, **self._told, **used)
