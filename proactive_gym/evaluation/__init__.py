"""Runs that survive, and what they say."""

from proactive_gym.evaluation.measures import Cell, cells, means
from proactive_gym.evaluation.run import SCENARIO_IDS, Evaluation, Watcher, evaluate

__all__ = ["SCENARIO_IDS", "Cell", "Evaluation", "Watcher", "cells", "evaluate", "means"]
