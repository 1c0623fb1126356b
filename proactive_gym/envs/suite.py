"""All seven situations in one environment."""

from proactive_gym.envs.base import ProactiveEnv
from proactive_gym.envs.framing import Framing
from proactive_gym.envs.image_quality import ImageQuality
from proactive_gym.envs.occlusion import Occlusion
from proactive_gym.envs.sketch import Sketch
from proactive_gym.envs.video_moment import VideoMoment
from proactive_gym.envs.video_occlusion import VideoOcclusion
from proactive_gym.envs.viewpoint import Viewpoint


class ProactiveSuiteEnv(ProactiveEnv):
    """One of the seven situations, drawn at each reset.

    ## Description
    A collaborator does not know in advance what will be wrong with the next picture. Every episode is one of the other
    environments' episodes; which one is drawn at `reset`, each as likely as the others. Episode number `i` is episode
    `i` of the scenario in place `i % 7` of the order occlusion, video occlusion, viewpoint, image quality, sketch,
    video moment, framing, so that any seven in a row hold each once.

    ## Action Space
    `Discrete(9)`: the number of an option on the episode's menu, as many as the longest menu has (that of image
    quality). With `reply="text"` or `"open"` the action is a string.

    ## Observation Space
    `Dict` of `image` (`Box(0, 255, (224, 224, 3), uint8)`, what the user shows now), `dialogue` (text: question, hint
    and lettered menu) and `action_mask` (`MultiBinary(9)`, the options on offer now; 0 beyond the end of a shorter
    menu).

    ## Starting State
    That of the scenario drawn.

    ## Rewards
    1 for the right answer, else 0; any other scheme through `reward=Reward(…)`.

    ## Episode End
    As in the scenario drawn.

    ## Information
    `episode`, `scenario`, `turn`, `options`, `requests` and `outcome` at every step; `answer`, `sufficiency` (a number
    per picture shown) and `requests_needed` once the episode is over.

    ## Arguments
    See `proactive_gym.envs.arguments.Arguments`.
    `decoys` adds two options to the menu.
    With `source="proactivebench"` the official rows are played instead of scenes, see docs/benchmark.md.

    ## References
    ProactiveBench (arXiv 2603.19466).

    ## Version History
    * v0: Initial version.
    """

    scenarios = (Occlusion(), VideoOcclusion(), Viewpoint(), ImageQuality(), Sketch(), VideoMoment(), Framing())
