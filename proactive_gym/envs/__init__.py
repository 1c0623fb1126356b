"""The eight environments, one room per scenario."""

from proactive_gym.envs.base import ProactiveEnv
from proactive_gym.envs.framing import ProactiveFramingEnv
from proactive_gym.envs.image_quality import ProactiveImageQualityEnv
from proactive_gym.envs.occlusion import ProactiveOcclusionEnv
from proactive_gym.envs.scenario import Scenario
from proactive_gym.envs.sketch import ProactiveSketchEnv
from proactive_gym.envs.suite import ProactiveSuiteEnv
from proactive_gym.envs.video_moment import ProactiveVideoMomentEnv
from proactive_gym.envs.video_occlusion import ProactiveVideoOcclusionEnv
from proactive_gym.envs.viewpoint import ProactiveViewpointEnv

__all__ = [
    "SCENARIOS",
    "ProactiveEnv",
    "ProactiveFramingEnv",
    "ProactiveImageQualityEnv",
    "ProactiveOcclusionEnv",
    "ProactiveSketchEnv",
    "ProactiveSuiteEnv",
    "ProactiveVideoMomentEnv",
    "ProactiveVideoOcclusionEnv",
    "ProactiveViewpointEnv",
    "Scenario",
]

SCENARIOS = ProactiveSuiteEnv.scenarios

# Foreign interventions come from the built-in scenarios, whatever else is installed, so that menus stay the same.
ProactiveEnv.family = SCENARIOS
