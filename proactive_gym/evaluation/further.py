"""Measures beyond how episodes ended: whether, when and at what cost an agent asks. docs/measures.md defines them."""

from collections.abc import Sequence

from proactive_gym.evaluation.confidence import CONFIDENCE
from proactive_gym.evaluation.decisions import DETECTION, detection
from proactive_gym.evaluation.effort import EFFORT
from proactive_gym.evaluation.position import POSITION
from proactive_gym.evaluation.service import SERVICE
from proactive_gym.evaluation.statistics import Estimate
from proactive_gym.stored import Row

_ONE_BY_ONE = {**EFFORT, **CONFIDENCE, **POSITION, **SERVICE}
FURTHER = (*DETECTION, *_ONE_BY_ONE)
"""Their names."""


def further(rows: Sequence[Row]) -> dict[str, Estimate]:
    """All of them, of the rows of one agent in one environment; NaN where one cannot be known."""
    return {**detection(rows), **{name: measure(rows) for name, measure in _ONE_BY_ONE.items()}}
