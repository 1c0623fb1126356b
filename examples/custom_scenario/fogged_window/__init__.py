"""A situation of one's own: the subject is behind a fogged window, and the user can wipe it.

Install it with ``pip install -e examples/custom_scenario``, then ``gym.make("fogged_window:FoggedWindow-v0")``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from gymnasium.envs.registration import register
from PIL import Image

from proactive_gym.envs import ProactiveEnv, Scenario
from proactive_gym.envs.vector import ProactiveVectorEnv
from proactive_gym.sources.scenes.backdrops import Room
from proactive_gym.sources.scenes.frame import Box, Frame, Layer, Prop
from proactive_gym.sources.scenes.stage import Actor, Scene, Stage, share_in_view


@dataclass(frozen=True)
class Fog(Prop):
    """Breath on glass: you see that there is a window, and no more."""

    def paint(self, width: int, height: int) -> Image.Image:
        """Pale grey, lighter towards the top."""
        return Image.linear_gradient("L").point(lambda grey: 224 - grey // 8).resize((width, height)).convert("RGB")


@dataclass(frozen=True)
class Window(Scene[int]):
    """The window's fog is wiped off from one side, a strip at a time; the place is the number of strips wiped."""

    room: Room
    subject: Actor
    strips: int
    steamy: bool
    start: int
    best: int
    turns: int

    def picture(self, place: int) -> Frame:
        """The subject, and the fog that is left."""
        return Frame((Layer(self.room), *self.subject.layers, Layer(Fog(), self._fog(place))))

    def moves(self, place: int) -> Mapping[str, int]:
        """Wiping takes off a strip; a clean window stays clean."""
        return {"wipe": min(place + 1, self.strips)}

    def sufficiency(self, place: int) -> float:
        """The share of the subject that no fog hides."""
        return share_in_view(self.subject, covers=[self._fog(place)])

    def _fog(self, place: int) -> Box:
        return Box(0.0 if self.steamy else place / self.strips, 0.0, 1.0, 1.0)


class FoggedWindow(Scenario):
    """All there is to say about fogged windows."""

    name = "fogged_window"
    questions = ("What is outside the window?", "Which object can be seen through this window?")
    hint = "Hint: the window can be wiped."
    interventions: ClassVar = {"wipe": ("Wipe the window.", "Please rub the glass clean.")}
    most_offered = 1

    def set_scene(self, stage: Stage) -> Window:
        """A subject in the middle; if asking is not to help, in a room so steamy that wiping is in vain."""
        subject = stage.standing(stage.draw.between(0.4, 0.6), 0.8, 0.4)
        strips = stage.draw.whole(3, 5)
        return Window(stage.room(), subject, strips, stage.unhelpful, start=0, best=strips, turns=strips + 1)


class FoggedWindowEnv(ProactiveEnv):
    """A fogged window; ask for it to be wiped."""

    scenarios = (FoggedWindow(),)


register(
    "FoggedWindow-v0",
    entry_point=FoggedWindowEnv,
    vector_entry_point=partial(ProactiveVectorEnv, FoggedWindowEnv),  # for gym.make_vec
)
