"""Plays by workers: hands out what is owed, takes back what is finished, replaces who dies."""

import time
from collections.abc import Generator, Iterator, Mapping
from typing import NoReturn

from proactive_gym.errors import InputError
from proactive_gym.evaluation.company import Cast, Episodes, Note, Place
from proactive_gym.evaluation.workers.messages import (
    Check,
    Checked,
    Crew,
    Ended,
    Failed,
    Introduced,
    Lost,
    Played,
    Report,
    Share,
    Stop,
    Wish,
)
from proactive_gym.evaluation.workers.shares import Deaths, Shares
from proactive_gym.evaluation.workers.times import Times
from proactive_gym.stored import Row

MOST_DEATHS = 3
"""So many workers may die over the same episode, or before they are there, until it is said to be hopeless."""
PATIENCE = 5.0
"""Seconds in which workers may still report what they have finished, after an interruption."""


class Coordinator:
    """Has the workers of a crew play.

    An episode is with one worker at a time. What a worker that dies has not reported is given to others, and nothing is
    heard of it any more: no episode is missing, none comes twice.

    Args:
        crew: The workers.
        num_envs: How many conversations each has open at once.

    Raises:
        InputError: If agents, environments or judge cannot be made there.
    """

    def __init__(self, crew: Crew, num_envs: int) -> None:
        self._crew, self._num_envs = crew, num_envs
        self._idle: list[int] = []
        self._deaths = Deaths()
        self._cast: Cast | None = None
        for _ in range(crew.size):
            crew.hire()
        try:
            self.cast = self._first_introduced()
        except BaseException:
            crew.close()
            raise

    def _first_introduced(self) -> Cast:
        while self._cast is None:
            for worker, report in self._crew.hear():
                self._hear_without_work(worker, report)
        return self._cast

    def wait_for_all(self) -> None:
        """Wait until every worker is there; to play, one is enough."""
        while len(self._idle) < self._crew.size:
            for worker, report in self._crew.hear():
                self._hear_without_work(worker, report)

    def check(self, owing: set[str]) -> None:
        """Have a worker's agents say at once if they cannot be asked.

        Raises:
            InputError: If one of them says so.
        """
        if not owing:
            return
        asked: int | None = None
        is_checked = False
        while not is_checked:
            if asked is None and self._idle:
                asked = self._idle[0]
                self._crew.tell(asked, Check(frozenset(owing)))
            for worker, report in self._crew.hear():
                is_checked = is_checked or isinstance(report, Checked)
                asked = None if isinstance(report, Lost) and worker == asked else asked
                self._hear_without_work(worker, report)

    def play(self, owed: Mapping[Place, Episodes], note: Note) -> Generator[Row, None, None]:
        """Play it all; rows come as they are finished.

        Raises:
            InputError: If workers keep dying, or if one says that it cannot play on.
            AgentError: If an agent fails; what was begun elsewhere is finished and comes out before.
        """
        shares = Shares({place: some for place, some in owed.items() if some}, self._crew.size, self._num_envs)
        times = Times(note, self._num_envs, self._crew.size)
        failure: Exception | None = None
        try:
            self._busy(shares, times)
            while shares.at_work() or (failure is None and shares.are_left()):
                for worker, report in self._crew.hear():
                    if isinstance(report, Played):
                        yield from self._finished(worker, report, shares, times)
                    elif isinstance(report, Wish):
                        self._wish(worker, shares, failure is None)
                    elif isinstance(report, Ended):
                        self._end(worker, report, shares, times)
                        failure = failure or report.error
                    elif isinstance(report, Failed):
                        failure = failure or report.error
                    elif isinstance(report, Lost):
                        self._replace(worker, report, shares, failure is None)
                    else:
                        self._hear_without_work(worker, report)
                if failure is None:
                    self._busy(shares, times)
                times.tell_of_finished(shares)
            if failure is not None:
                raise failure
        except KeyboardInterrupt:
            yield from self._last_words(shares, times)
            raise
        finally:
            times.tell_all()

    def close(self) -> None:
        """End all workers."""
        self._crew.close()

    # --- What a report leads to ---------------------------------------------------------------------------------------

    def _hear_without_work(self, worker: int, report: Report) -> None:
        """What a worker says who has nothing to play yet."""
        if isinstance(report, Introduced):
            self._welcome(worker, report.cast)
        elif isinstance(report, Failed):
            raise report.error
        elif isinstance(report, Lost):
            if worker in self._idle:
                self._idle.remove(worker)
            elif self._deaths.note(None) >= MOST_DEATHS:
                _give_up_at_birth(report)
            self._crew.hire()

    def _welcome(self, worker: int, cast: Cast) -> None:
        self._deaths.note_birth()
        if self._cast is None:
            self._cast = cast
        if cast != self._cast:
            raise InputError(
                f"Not all workers made the same agents: {_difference(cast, self._cast)}; every machine needs the same "
                "files, devices and versions."
            )
        self._idle.append(worker)

    def _busy(self, shares: Shares, times: Times) -> None:
        """Give everyone something to do who has nothing, as long as there is something."""
        while self._idle and shares.are_left():
            worker = self._idle.pop(0)
            share = shares.first(worker)
            times.begin(share.place)
            self._crew.tell(worker, share)

    def _finished(self, worker: int, report: Played, shares: Shares, times: Times) -> Iterator[Row]:
        place = shares.place_of(worker)
        assert place is not None
        for row in report.rows:
            yield row
            times.count(place)
        shares.finish(worker, [row["episode"] for row in report.rows])

    def _wish(self, worker: int, shares: Shares, go_on: bool) -> None:
        place = shares.place_of(worker)
        assert place is not None
        self._crew.tell(worker, shares.more(worker) if go_on else Share(place, ()))

    def _end(self, worker: int, report: Ended, shares: Shares, times: Times) -> None:
        share = shares.end(worker)
        assert share is not None
        times.use(share.place, report.used)
        self._idle.append(worker)

    def _replace(self, worker: int, report: Lost, shares: Shares, go_on: bool) -> None:
        share = shares.end(worker)
        if not go_on:
            return
        if share is None:
            self._hear_without_work(worker, report)
            return
        shares.give_back(share)
        if self._deaths.note(share) >= MOST_DEATHS:
            _give_up(share, report)
        self._crew.hire()

    def _last_words(self, shares: Shares, times: Times) -> Iterator[Row]:
        """What workers have finished when all is interrupted."""
        for worker in shares.at_work():
            self._crew.tell(worker, Stop())
        until = time.monotonic() + PATIENCE
        while shares.at_work() and (left := until - time.monotonic()) > 0:
            for worker, report in self._crew.hear(left):
                if isinstance(report, Played):
                    yield from self._finished(worker, report, shares, times)
                elif isinstance(report, Lost | Ended):
                    shares.end(worker)


def _give_up(share: Share, lost: Lost) -> NoReturn:
    (agent, env), (first, _) = share.place, share.episodes[0]
    others = f" and {len(share.episodes) - 1} more" if len(share.episodes) > 1 else ""
    raise InputError(
        f"{MOST_DEATHS} workers died one after the other while {agent!r} played episode {first!r}{others} of {env} "
        f"(the last {lost.why}); what is finished is kept, and fewer workers or conversations need less memory."
    )


def _give_up_at_birth(lost: Lost) -> NoReturn:
    raise InputError(
        f"{MOST_DEATHS} workers died before they could begin (the last {lost.why}); a script that has workers needs "
        "`if __name__ == '__main__':` before all that it does."
    )


def _difference(cast: Cast, other: Cast) -> str:
    names = [name for name in ("agents", "models", "judge") if getattr(cast, name) != getattr(other, name)]
    return "; ".join(f"{name} are {getattr(cast, name)!r} and {getattr(other, name)!r}" for name in names)
