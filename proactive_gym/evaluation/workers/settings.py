"""How many workers, and where."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from proactive_gym.errors import InputError, check_whole, one_line
from proactive_gym.evaluation.company import Job


@dataclass(frozen=True)
class Workers:
    """Who shares out the episodes of an evaluation.

    Attributes:
        number: How many. With Ray as many as the cluster has room for, if ``None``.
        ray: Whether they are actors of a Ray cluster: that of ``RAY_ADDRESS``, or one that is started on this machine.
            Else they are processes of this machine.
        gpus: How many GPUs each has, with Ray; less than one is a part of one.

    Raises:
        InputError: If that cannot be.
    """

    number: int | None = None
    ray: bool = False
    gpus: float = 0

    def __post_init__(self) -> None:
        """Refuse impossible values."""
        if self.number is not None:
            check_whole("num_workers", self.number, 1)
        elif not self.ray:
            raise InputError("num_workers is missing: say how many processes there are to be, at least 1.")
        gpus = self.gpus
        if isinstance(gpus, bool) or not isinstance(gpus, int | float) or not 0 <= gpus < math.inf:
            raise InputError(f"gpus_per_worker is {gpus!r}, but must be a number of at least 0.")
        if gpus > 1 and gpus != int(gpus):
            raise InputError(f"gpus_per_worker is {gpus!r}, but must be whole where it is more than 1.")
        if gpus and not self.ray:
            raise InputError(
                f"gpus_per_worker is {gpus!r}, but processes of this machine share its GPUs; only Ray gives each its "
                "own (--ray)."
            )


def packed(job: Job, dumps: Callable[[Any], bytes]) -> bytes:
    """The job as it goes to another process of this run; ``pickle.loads`` unpacks it there.

    Args:
        job: What is to be handed over.
        dumps: What it is pickled with.

    Raises:
        InputError: Naming what cannot.
    """
    parts = [*((f"The agent {_named(agent)}", agent) for agent in job.agents)]
    parts += [(f"{name}={value!r}", value) for name, value in job.env_kwargs.items()]
    for told, part in [*parts, (f"The judge {_named(job.judge)}", job.judge)]:
        try:
            dumps(part)
        except Exception as error:  # objects may refuse in any way
            raise InputError(
                f"{told} cannot be handed to workers ({type(error).__name__}: {one_line(error)}); give a name, so that "
                "each makes its own ('module.path:Class' for an agent), or play without workers."
            ) from error
    return dumps(job)


def _named(part: Any) -> str:
    return repr(getattr(part, "name", part))
