"""Runs that survive, and what they say."""

from proactive_gym.evaluation.comparison import Comparison, comparisons
from proactive_gym.evaluation.desks import SCENARIO_IDS
from proactive_gym.evaluation.measures import Cell, Spread, cells, means, spreads
from proactive_gym.evaluation.run import Evaluation, Progress, Watcher, evaluate
from proactive_gym.evaluation.workers import Workers

__all__ = [
    "SCENARIO_IDS",
    "Cell",
    "Comparison",
    "Evaluation",
    "Progress",
    "Spread",
    "Watcher",
    "Workers",
    "cells",
    "comparisons",
    "evaluate",
    "means",
    "spreads",
]
