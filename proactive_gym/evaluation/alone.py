"""An evaluation in this process."""

import time
from collections.abc import Generator, Mapping

from proactive_gym.envs.desk import Desk
from proactive_gym.evaluation.company import Cast, Company, Episodes, Job, Note, Place, more
from proactive_gym.stored import Row


class Alone:
    """Plays everything itself, one agent in one environment after the other.

    Args:
        job: What it is made of.
        desks: The environments.

    Raises:
        InputError: If an agent or the judge cannot be made.
    """

    def __init__(self, job: Job, desks: dict[str, Desk]) -> None:
        self._company = Company(job, desks)
        self._num_envs = job.num_envs

    @property
    def cast(self) -> Cast:
        """Who plays."""
        return self._company.cast

    def check(self, owing: set[str]) -> None:
        """Have those who will be asked say at once if they cannot be."""
        self._company.check(owing)

    def play(self, owed: Mapping[Place, Episodes], note: Note) -> Generator[Row, None, None]:
        """Play it all, in order."""
        for place, episodes in owed.items():
            yield from self._played(place, episodes, note)

    def _played(self, place: Place, episodes: Episodes, note: Note) -> Generator[Row, None, None]:
        agent, env = place
        began, before, number = time.perf_counter(), self._company.usage(agent), 0
        try:
            for row in self._company.play(place, episodes.items()):
                yield row
                number += 1
        finally:  # an interrupted sitting has cost something, too
            used = more(self._company.usage(agent), before)
            if number or any(used.values()):
                seconds = round(time.perf_counter() - began, 3)
                note(agent=agent, env=env, episodes=number, seconds=seconds, num_envs=self._num_envs, **used)

    def close(self) -> None:
        """Nothing is held."""
