"""proactive-gym: an agent gym in which the right move is, often, to ask.

Importing it registers the environments with Gymnasium::

    import gymnasium as gym
    import proactive_gym

    env = gym.make("ProactiveOcclusion-v0")
"""

from functools import partial
from typing import TYPE_CHECKING, Any

from gymnasium.envs.registration import register

if TYPE_CHECKING:
    from proactive_gym.agents import Agent, Turn, make_agent
    from proactive_gym.envs import Scenario
    from proactive_gym.errors import InputError
    from proactive_gym.evaluation import Evaluation
    from proactive_gym.outcome import Outcome
    from proactive_gym.reports.writing import evaluate
    from proactive_gym.reward import Reward
    from proactive_gym.rollout import rollouts
    from proactive_gym.trajectory import Trajectory

__version__ = "0.1.0"

ENVIRONMENTS = {
    "ProactiveOcclusion-v0": "ProactiveOcclusionEnv",
    "ProactiveVideoOcclusion-v0": "ProactiveVideoOcclusionEnv",
    "ProactiveViewpoint-v0": "ProactiveViewpointEnv",
    "ProactiveImageQuality-v0": "ProactiveImageQualityEnv",
    "ProactiveSketch-v0": "ProactiveSketchEnv",
    "ProactiveVideoMoment-v0": "ProactiveVideoMomentEnv",
    "ProactiveFraming-v0": "ProactiveFramingEnv",
    "ProactiveSuite-v0": "ProactiveSuiteEnv",
}
"""The ids, and the classes in ``proactive_gym.envs`` behind them."""


def _make_vector(env_class: str, **arguments: Any) -> Any:
    from proactive_gym import envs
    from proactive_gym.envs.vector import ProactiveVectorEnv

    return ProactiveVectorEnv(getattr(envs, env_class), **arguments)


for _id, _class in ENVIRONMENTS.items():
    register(
        _id, entry_point=f"proactive_gym.envs:{_class}", vector_entry_point=partial(_make_vector, env_class=_class)
    )

_HOMES = {
    "Agent": "agents",
    "Turn": "agents",
    "make_agent": "agents",
    "Scenario": "envs",
    "InputError": "errors",
    "Evaluation": "evaluation",
    "evaluate": "reports.writing",
    "Outcome": "outcome",
    "Reward": "reward",
    "Trajectory": "trajectory",
    "rollouts": "rollout",
}

__all__ = [
    "ENVIRONMENTS",
    "Agent",
    "Evaluation",
    "InputError",
    "Outcome",
    "Reward",
    "Scenario",
    "Trajectory",
    "Turn",
    "__version__",
    "evaluate",
    "make_agent",
    "rollouts",
]


def __getattr__(name: str) -> Any:
    """Bring in the public names when they are first used, so that the import itself stays light."""
    if name not in _HOMES:
        raise AttributeError(f"module 'proactive_gym' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"proactive_gym.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
