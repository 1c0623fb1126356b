"""Workers that are processes of this machine."""

import multiprocessing
import os
import pickle
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

from proactive_gym.evaluation.company import Job
from proactive_gym.evaluation.workers.messages import Lost, Order, Report, Stop
from proactive_gym.evaluation.workers.settings import packed
from proactive_gym.evaluation.workers.worker import work

FAREWELL = 1.0
"""Seconds that a worker has to end by itself."""


class LocalCrew:
    """Processes, each with a pipe of its own.

    Args:
        job: What they are to play.
        size: How many there are to be.

    Raises:
        InputError: If the job cannot be handed over.
    """

    def __init__(self, job: Job, size: int) -> None:
        self._job = packed(job, pickle.dumps)
        self.size = size
        self._spawning = multiprocessing.get_context("spawn")
        self._lines: dict[int, Connection] = {}
        self._processes: dict[int, SpawnProcess] = {}

    def hire(self) -> int:
        """Start one more."""
        worker = len(self._processes)
        here, there = self._spawning.Pipe()
        process = self._spawning.Process(target=_run, args=(self._job, there), name=f"worker {worker}")
        with _ignored_interrupts(), _few_threads(self.size):
            process.start()
        there.close()  # so that the line breaks when the process ends
        self._lines[worker], self._processes[worker] = here, process
        return worker

    def tell(self, worker: int, order: Order) -> None:
        """Send it an order; one that is gone hears nothing."""
        with suppress(OSError):
            self._lines[worker].send(order)

    def hear(self, seconds: float | None = None) -> list[tuple[int, Report]]:
        """What workers report."""
        workers = {line: worker for worker, line in self._lines.items()}
        ready = wait(list(workers), seconds)
        return [(workers[line], self._report(workers[line])) for line in ready if isinstance(line, Connection)]

    def _report(self, worker: int) -> Report:
        try:
            report: Report = self._lines[worker].recv()
            return report
        except (EOFError, OSError):  # between two reports, or in the middle of one
            self._lines.pop(worker).close()
            process = self._processes[worker]
            process.join(FAREWELL)
            return Lost(_ending(process.exitcode))

    def close(self) -> None:
        """End all of them."""
        for worker in [*self._lines]:
            self.tell(worker, Stop())
            self._lines.pop(worker).close()
        until = time.monotonic() + FAREWELL
        for process in self._processes.values():
            process.join(max(0.0, until - time.monotonic()))
            process.kill()
            process.join()


class _Pipe:
    """A worker's line."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def send(self, report: Report) -> None:
        self._connection.send(report)

    def receive(self) -> Order:
        order: Order = self._connection.recv()
        return order

    def is_waiting(self) -> bool:
        return self._connection.poll()


def _run(job: bytes, connection: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches everyone; the coordinator says what follows
    with suppress(EOFError, ConnectionError):  # nobody is there any more
        work(job, _Pipe(connection))


def _ending(status: int | None) -> str:
    if status is None:
        return "without a word"
    return f"killed by signal {-status}" if status < 0 else f"with exit status {status}"


@contextmanager
def _ignored_interrupts() -> Iterator[None]:
    """So that a process does not complain of Ctrl-C before it knows what to do about it."""
    try:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    except ValueError:  # not in the main thread, which alone may say so
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _few_threads(workers: int) -> Iterator[None]:
    """Cores are shared out, where nobody has said how many threads there are to be."""
    name = "OMP_NUM_THREADS"
    if name in os.environ:
        yield
        return
    os.environ[name] = str(max(1, (os.cpu_count() or 1) // workers))
    try:
        yield
    finally:
        del os.environ[name]
