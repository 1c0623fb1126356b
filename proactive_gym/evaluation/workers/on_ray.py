"""Workers that are actors of a Ray cluster."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any

from proactive_gym.errors import InputError, one_line
from proactive_gym.evaluation.company import Job
from proactive_gym.evaluation.workers.messages import Failed, Lost, Order, Report
from proactive_gym.evaluation.workers.settings import Workers, packed
from proactive_gym.evaluation.workers.worker import work

ADDRESS = "RAY_ADDRESS"
STARTS = 3
"""Attempts to start a cluster here."""
STORE = 100_000_000
"""Bytes of the object store of a cluster that is started here; rows are small."""


class RayCrew:
    """Actors, each with a processor core and the GPUs it is to have.

    Args:
        job: What they are to play.
        workers: How many there are to be, and what each needs.

    Raises:
        InputError: If Ray is not installed, if there is no cluster where one is said to be or if it has too little, or
            if the job cannot be handed over.
    """

    def __init__(self, job: Job, workers: Workers) -> None:
        self._ray = _library()
        self._job = packed(job, self._ray.cloudpickle.dumps)
        self._is_ours = not self._ray.is_initialized()
        if self._is_ours:
            _connect(self._ray, workers)
        try:
            self.size = _room(self._ray.cluster_resources(), workers)
        except InputError:
            self.close()
            raise
        self._make = self._ray.remote(num_cpus=1, num_gpus=workers.gpus, max_concurrency=2)(_Actor)
        self._actors: dict[int, Any] = {}
        self._heard: dict[Any, int] = {}
        self._hired = 0

    def hire(self) -> int:
        """Start one more; it comes when there is room for it."""
        worker, self._hired = self._hired, self._hired + 1
        self._actors[worker] = self._make.remote(self._job, str(Path.cwd()), sys.path)
        self._listen(worker)
        return worker

    def tell(self, worker: int, order: Order) -> None:
        """Send it an order; one that is gone hears nothing."""
        if worker in self._actors:
            self._actors[worker].tell.remote(order)

    def hear(self, seconds: float | None = None) -> list[tuple[int, Report]]:
        """What workers report."""
        waiting = [*self._heard]
        ready, _ = self._ray.wait(waiting, num_returns=1, timeout=seconds)
        if ready:
            ready, _ = self._ray.wait(waiting, num_returns=len(waiting), timeout=0)
        return [(worker, report) for heard in ready for worker, report in self._reports(heard)]

    def _listen(self, worker: int) -> None:
        self._heard[self._actors[worker].hear.remote()] = worker

    def _reports(self, heard: Any) -> list[tuple[int, Report]]:
        worker = self._heard.pop(heard)
        try:
            reports: list[Report] = self._ray.get(heard)
        except self._ray.exceptions.RayActorError as error:
            # Were it only out of reach, it must not go on: others do what it had.
            self._ray.kill(self._actors.pop(worker))
            return [(worker, Lost(f"according to Ray: {str(error).strip().splitlines()[0]}"))]
        self._listen(worker)
        return [(worker, report) for report in reports]

    def close(self) -> None:
        """End all of them, and the cluster if it was started here."""
        for actor in getattr(self, "_actors", {}).values():
            with suppress(self._ray.exceptions.RayError):
                self._ray.kill(actor)
        if self._is_ours:
            self._ray.shutdown()


class _Actor:
    """A worker, and its line: what it says waits here until it is asked for."""

    def __init__(self, job: bytes, folder: str, modules: list[str]) -> None:
        # So that names of files and modules mean what they mean to the coordinator, where they are the same here.
        if Path(folder).is_dir():
            os.chdir(folder)
        sys.path.extend(place for place in modules if place not in sys.path)
        self._line = _Queues()
        Thread(target=self._work, args=(job,), daemon=True).start()

    def _work(self, job: bytes) -> None:
        try:
            work(job, self._line)
        except BaseException as error:
            self._line.send(Failed(RuntimeError(f"{type(error).__name__}: {error}")))

    def tell(self, order: Order) -> None:
        self._line.orders.put(order)

    def hear(self) -> list[Report]:
        """All that was said since, once there is something."""
        reports = [self._line.reports.get()]
        while not self._line.reports.empty():
            reports.append(self._line.reports.get())
        return reports


class _Queues:
    def __init__(self) -> None:
        self.orders: SimpleQueue[Order] = SimpleQueue()
        self.reports: SimpleQueue[Report] = SimpleQueue()

    def send(self, report: Report) -> None:
        self.reports.put(report)

    def receive(self) -> Order:
        return self.orders.get()

    def is_waiting(self) -> bool:
        return not self.orders.empty()


def _library() -> Any:
    try:
        import ray
    except ImportError as error:
        raise InputError("Ray is not installed: pip install 'proactive-gym[ray]'.") from error
    return ray


def _connect(ray: Any, workers: Workers) -> None:
    """To the cluster that the environment names, or to one that is started here."""
    address = os.environ.get(ADDRESS)
    with _same_signals():
        try:
            if address:
                ray.init(address=address, logging_level="warning")
            else:
                _start(ray, max(os.cpu_count() or 1, workers.number or 1))
        except Exception as error:  # Ray raises plain ones, too
            where = f"{ADDRESS} is {address!r}, but Ray cannot be reached there" if address else "Ray cannot be started"
            raise InputError(f"{where}: {one_line(error)}") from error


def _start(ray: Any, cores: int) -> None:
    """A cluster on this machine; where it is busy, Ray gives up too soon, and the next attempt finds its files read."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nobody is told
    for attempt in range(STARTS):
        try:
            ray.init(
                "local", num_cpus=cores, include_dashboard=False, object_store_memory=STORE, logging_level="warning"
            )
            return
        except Exception as error:
            ray.shutdown()
            if "timed out" not in str(error) or attempt == STARTS - 1:
                raise


@contextmanager
def _same_signals() -> Iterator[None]:
    """Ray puts its own handler in place of the one that ends a run with a sentence."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        with suppress(ValueError):  # not in the main thread: then it could not either
            signal.signal(signal.SIGTERM, before)


def _room(there: dict[str, float], workers: Workers) -> int:
    """How many workers there are to be.

    Raises:
        InputError: If the cluster has not enough for them.
    """
    cores, gpus = int(there.get("CPU", 0)), there.get("GPU", 0)
    number = workers.number
    if number is None:
        number = max(1, min(cores, int(gpus / workers.gpus)) if workers.gpus else cores)
    if number * workers.gpus > gpus:
        raise InputError(
            f"{number} workers with {workers.gpus:g} GPUs each need {number * workers.gpus:g}, but the Ray cluster has "
            f"{gpus:g}; take fewer workers, or a part of a GPU for each (--gpus-per-worker 0.5)."
        )
    if number > cores:
        raise InputError(
            f"{number} workers need a processor core each, but the Ray cluster has {cores}; take fewer workers."
        )
    return number
