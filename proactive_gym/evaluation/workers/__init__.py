"""Evaluations beyond one process: a coordinator, its workers, and the lines between them.

What they say to each other (``messages``) is the same whether the workers are processes of this machine (``local``) or
actors of a Ray cluster (``on_ray``).
"""

from proactive_gym.evaluation.workers.hiring import hired
from proactive_gym.evaluation.workers.settings import Workers

__all__ = ["Workers", "hired"]
