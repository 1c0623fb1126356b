"""Runs that survive, and what they say."""

from proactive_gym.evaluation.comparison import Comparison, comparisons
from proactive_gym.evaluation.measures import Cell, cells, means
from proactive_gym.evaluation.run import SCENARIO_IDS, Evaluation, Progress, Watcher, evaluate

__all__ = [
    "SCENARIO_IDS",
    "Cell",
    "Comparison",
    "Evaluation",
    "Progress",
    "Watcher",
    "cells",
    "comparisons",
    "evaluate",
    "means",
]
