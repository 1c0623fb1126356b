"""A coordinator with its workers."""

from proactive_gym.evaluation.company import Job
from proactive_gym.evaluation.workers.coordinator import Coordinator
from proactive_gym.evaluation.workers.local import LocalCrew
from proactive_gym.evaluation.workers.messages import Crew
from proactive_gym.evaluation.workers.settings import Workers


def hired(job: Job, workers: Workers) -> Coordinator:
    """Workers that play, there as soon as the first of them is.

    Args:
        job: What they are to play.
        workers: How many, and where.

    Raises:
        InputError: If there cannot be so many there, or if they cannot make what they need.
    """
    return Coordinator(_crew(job, workers), job.num_envs)


def _crew(job: Job, workers: Workers) -> Crew:
    if workers.ray:
        from proactive_gym.evaluation.workers.on_ray import RayCrew

        return RayCrew(job, workers)
    assert workers.number is not None
    return LocalCrew(job, workers.number)
