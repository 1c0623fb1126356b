"""Runs that survive, and what they say."""

from proactive_gym.evaluation.comparison import Comparison, comparisons
from proactive_gym.evaluation.measures import Cell, Spread, cells, means, spreads
from proactive_gym.evaluation.run import SCENARIO_IDS, Evaluation, Progress, Watcher, evaluate

__all__ = [
    "SCENARIO_IDS",
    "Cell",
    "Comparison",
    "Evaluation",
    "Progress",
    "Spread",
    "Watcher",
    "cells",
    "comparisons",
    "evaluate",
    "means",
    "spreads",
]
