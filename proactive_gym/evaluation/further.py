"""Measures beyond how episodes ended: whether, when and at what cost an agent asks. docs/measures.md defines them."""

from collections.abc import Callable, Sequence

from proactive_gym.evaluation.confidence import CONFIDENCE
from proactive_gym.evaluation.decisions import DETECTION
from proactive_gym.evaluation.effort import EFFORT
from proactive_gym.evaluation.position import POSITION
from proactive_gym.evaluation.statistics import Estimate
from proactive_gym.stored import Row

FURTHER: dict[str, Callable[[Sequence[Row]], Estimate]] = {**DETECTION, **EFFORT, **CONFIDENCE, **POSITION}
"""By name; each takes the rows of one agent in one environment, and gives NaN where it cannot be known."""
