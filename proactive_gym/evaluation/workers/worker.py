"""What a worker does, in whatever process it is."""

import pickle
import traceback
from collections import deque
from collections.abc import Iterator

from proactive_gym.errors import InputError, one_line
from proactive_gym.evaluation.company import Company, Job, more
from proactive_gym.evaluation.workers.messages import (
    Check,
    Checked,
    Ended,
    Failed,
    Introduced,
    Line,
    Order,
    Played,
    Share,
    Stop,
    Wish,
)
from proactive_gym.rollout import AgentError
from proactive_gym.stored import Row


def work(job: bytes, line: Line) -> None:
    """Make agents and environments, and play what there is until it is enough.

    Args:
        job: What the coordinator packed.
        line: To the coordinator.
    """
    try:
        company = Company(_unpacked(job))
        line.send(Introduced(company.cast))
    except Exception as error:
        line.send(Failed(_sendable(error)))
        return
    try:
        while not isinstance(order := line.receive(), Stop):
            _follow(company, order, line)
    except _Stopped:
        return


def _unpacked(job: bytes) -> Job:
    try:
        unpacked: Job = pickle.loads(job)
    except Exception as error:  # objects may fail in any way
        raise InputError(
            f"A worker cannot make out what it is to play ({type(error).__name__}: {one_line(error)}): agents that are "
            "given as objects need a module that it can import; or give a name, 'module.path:Class'."
        ) from error
    return unpacked


def _follow(company: Company, order: Check | Share, line: Line) -> None:
    if isinstance(order, Share):
        _play(company, order, line)
        return
    try:
        company.check(set(order.owing))
        line.send(Checked())
    except Exception as error:
        line.send(Failed(_sendable(error)))


def _play(company: Company, share: Share, line: Line) -> None:
    """Play shares in one stream, so that all lanes are at work as long as there are any."""
    agent, _ = share.place
    before, feed = company.usage(agent), _Feed(share, line)
    failure: Exception | None = None
    try:
        for row in company.play(share.place, feed, feed.at_hand):
            feed.finish(row)
    except _Stopped:
        raise
    except Exception as error:
        failure = _sendable(error)
    finally:
        feed.send_rows()
    feed.close()
    line.send(Ended(more(company.usage(agent), before), failure))


class _Stopped(KeyboardInterrupt):
    """The coordinator was interrupted: what is finished comes out as it would after Ctrl-C."""


class _Feed:
    """Episodes for the lanes to begin; asks for more as soon as half of a share is begun."""

    def __init__(self, share: Share, line: Line) -> None:
        self._line = line
        self._left = deque(share.episodes)
        self._half = len(self._left) // 2
        self._rows: list[Row] = []
        self._has_asked = False
        self._is_dry = False

    def __iter__(self) -> Iterator[tuple[str, int | None]]:
        while True:
            self._catch_up()
            if not self._left and self._has_asked:
                self._take(self._line.receive())
            if not self._left:
                self._is_dry = True
                return
            episode = self._left.popleft()
            if len(self._left) <= self._half and not self._has_asked:
                self._has_asked = True
                self._line.send(Wish())
            yield episode

    def at_hand(self) -> int:
        """How many may be begun early, with what has come by now; never the last, so that nobody hoards."""
        self._catch_up()
        return max(0, len(self._left) - 1)

    def _catch_up(self) -> None:
        """Report and hear what there is: after this an agent takes its time."""
        self.send_rows()
        if self._line.is_waiting():
            self._take(self._line.receive())

    def _take(self, order: Order) -> None:
        if isinstance(order, Share):
            self._left.extend(order.episodes)
            self._half = len(order.episodes) // 2
            self._has_asked = False
        else:
            raise _Stopped

    def finish(self, row: Row) -> None:
        """Keep a row until the next chance to send several at once."""
        self._rows.append(row)
        if self._is_dry:
            self.send_rows()

    def send_rows(self) -> None:
        """Report what is finished."""
        if self._rows:
            self._line.send(Played(self._rows))
            self._rows = []

    def close(self) -> None:
        """Hear the answer to what was asked; nothing of it is begun."""
        if self._has_asked and isinstance(self._line.receive(), Stop):
            raise _Stopped


def _sendable(error: Exception) -> Exception:
    """The error, or what can be said of it where its class may be unknown elsewhere."""
    if type(error) in (InputError, AgentError) or isinstance(error, OSError):
        return error
    if isinstance(error, InputError):
        return InputError(str(error))
    return RuntimeError("".join(traceback.format_exception(error)))
