"""Bad framing: the subject is cut off by the edge of the picture."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from proactive_gym.envs.base import ProactiveEnv
from proactive_gym.envs.framing_camera import (
    SLIVERS,
    WAYS_BACK,
    Camera,
    Step,
    beside,
    end_of_print,
    reach,
    side_of,
    steps_to_go,
    too_close,
)
from proactive_gym.envs.framing_photograph import CutOffInAPhotograph
from proactive_gym.envs.framing_row import FramingRow
from proactive_gym.envs.scenario import Scenario
from proactive_gym.sources.scenes.backdrops import Ground
from proactive_gym.sources.scenes.frame import PICTURE, Box, Frame, Layer
from proactive_gym.sources.scenes.props import Drawing, Rug
from proactive_gym.sources.scenes.stage import Actor, Stage

RUGS = ("red", "blue", "green", "purple", "orange")
SUBJECT_SIZES = (0.36, 0.4, 0.44)
OTHER_SIZES = (0.24, 0.28)
SPOTS = ((-0.25, -0.25), (0.5, -0.3), (1.25, -0.2), (-0.3, 0.5), (1.3, 0.5), (-0.25, 1.25), (0.5, 1.3), (1.25, 1.25))
WORLD = Box(-0.75, -0.75, 2.5, 2.5)
NEAR_WORLD = Box(-0.25, -0.25, 1.5, 1.5)  # all that a camera sees that stands too close; painted large, so kept small
RIM = 0.05  # between a photograph and the edge of its rug
NOBODY: tuple[Actor, ...] = ()


@dataclass(frozen=True)
class CameraOverARug(Camera):
    """A camera over a ground with a rug, the subject on it and other things around."""

    ground: Ground
    rug: Layer
    others: tuple[Actor, ...]

    @property
    def words(self) -> Mapping[str, str]:
        """The rug's colour."""
        assert isinstance(self.rug.prop, Rug)
        return {"colour": self.rug.prop.colour}

    def picture(self, place: Step) -> Frame:
        """All that is inside the camera's window."""
        actors = [Layer(actor.drawing, actor.box) for actor in (*self.others, self.subject)]
        ground = NEAR_WORLD if self.ways == WAYS_BACK else WORLD
        return self.through(self.window(place), Layer(self.ground, ground), self.rug, *actors)


class Framing(Scenario):
    """The camera points beside the subject, or stands too close to it."""

    name = "framing"
    dataset = "coco2014"
    row = FramingRow
    questions = (
        "What is lying on the {colour} rug?",
        "Which object is on the {colour} rug?",
        "I photographed the thing on the {colour} rug. What is it?",
        "Can you name the thing on the {colour} rug?",
        "There is something on the {colour} rug. What is it?",
        "What have I put on the {colour} rug?",
    )
    hint = "Hint: the camera can be moved."
    interventions: ClassVar[dict[str, tuple[str, ...]]] = {
        "camera_left": ("Move the camera to the left.", "Point the camera further to the left."),
        "camera_right": ("Move the camera to the right.", "Point the camera further to the right."),
        "camera_up": ("Move the camera up.", "Point the camera higher up."),
        "camera_down": ("Move the camera down.", "Point the camera lower down."),
        "farther": ("Move farther from the object.", "Step back with the camera."),
    }
    most_offered = 2
    distractors = "lookalike"
    further = (CutOffInAPhotograph(),)

    def set_scene(self, stage: Stage) -> CameraOverARug:
        """A camera that sees next to nothing of the subject; if asking is not to help, over a print that ends there."""
        draw = stage.draw
        drawing = Drawing(stage.likeness, draw.chance(0.5))
        subject = Actor(
            drawing, drawing.centred(draw.between(0.44, 0.56), draw.between(0.44, 0.56), draw.one(SUBJECT_SIZES))
        )
        colour, is_round = draw.one(RUGS), draw.chance(0.5)
        kind = draw.one(("across", "corner") if stage.unhelpful else ("across", "corner", "close"))
        if kind == "close":
            ways, steps, others = WAYS_BACK, 3, NOBODY
            right, low = draw.one((0, 1)), draw.one((0, 1))
            first, last = too_close(subject, right, low), PICTURE
            side = 1 - 2 * right, 1 - 2 * low
        else:
            both = draw.one(("camera_left", "camera_right")), draw.one(("camera_up", "camera_down"))
            ways, steps, others = both if kind == "corner" else (draw.one(both),), draw.whole(2, 4), _others(stage)
            first = beside(subject, ways, reach(subject, SLIVERS[len(ways)]))
            last = beside(subject, ways, _all_of(subject))
            side = side_of(ways)
        return CameraOverARug(
            ground=stage.ground(),
            rug=_rug(subject, colour, is_round, side),
            subject=subject,
            others=others,
            first=first,
            last=last,
            ways=ways,
            steps=steps,
            print_edge=_end_of_print(subject, ways) if stage.unhelpful else (),
            start=steps_to_go(ways, steps),
            best=(0, 0),
            turns=steps * len(ways) + 2,
        )


def _all_of(subject: Actor) -> tuple[float, float]:
    """How far a subject reaches into a picture that shows it all, with some room behind it."""
    return 1.2 * subject.box.width, 1.2 * subject.box.height


def _end_of_print(subject: Actor, ways: tuple[str, ...]) -> tuple[Layer, ...]:
    sliver = reach(subject, SLIVERS[len(ways)])
    return end_of_print([(way, beside(subject, (way,), sliver)) for way in ways], WORLD)


def _rug(subject: Actor, colour: str, is_round: bool, side: tuple[int, int]) -> Layer:
    """A rug of one size for all subjects, so that it tells nothing of what lies on it.

    A photograph may be far narrower than high. In the middle of the rug it would be known by how far the rug goes on
    beyond it in the first picture, on whose ``side`` it is, so that it lies near that edge of the rug which is seen.
    """
    photographed = subject.drawing.likeness.is_photographic
    x, y = side if photographed else (0, 0)
    box, size = subject.box, 1.3 * max(SUBJECT_SIZES)
    left, top = _rug_from(box.left, box.right, size, x), _rug_from(box.top, box.bottom, size, y)
    return Layer(Rug(colour, is_round and not photographed), Box(left, top, size, size))


def _rug_from(near: float, far: float, size: float, side: int) -> float:
    """Where the rug begins along an axis on which the subject goes from ``near`` to ``far``."""
    if side == 0:
        return (near + far) / 2 - size / 2
    return far + RIM - size if side < 0 else near - RIM


def _others(stage: Stage) -> tuple[Actor, ...]:
    """Things that lie around, none of them on the menu."""
    draw = stage.draw
    actors = []
    for subject, (x, y) in zip(stage.others(draw.whole(3, 6)), draw.shuffled(SPOTS), strict=False):
        drawing = Drawing(subject.likeness(draw), draw.chance(0.5))
        middle = x + draw.between(-0.06, 0.06), y + draw.between(-0.06, 0.06)
        actors.append(Actor(drawing, drawing.centred(*middle, draw.one(OTHER_SIZES))))
    return tuple(actors)


class ProactiveFramingEnv(ProactiveEnv):
    """The subject is cut off by the edge of the picture; ask for the camera to be moved.

    ## Description
    A camera looks down on a floor or a lawn. The user asks about the thing on the coloured rug, of which no more than a
    sliver reaches into the picture: the camera points beside it, or stands too close. Every request moves the camera a
    step. What else lies around is not on the menu, but easily taken for what is asked about.

    ## Action Space
    `Discrete(7)`: the number of an option on the episode's menu, which holds four answers, one way of giving up and one
    or two of the interventions `camera_left`, `camera_right`, `camera_up`, `camera_down` and `farther`, in random
    order. With `reply="text"` or `"open"` the action is a string.

    ## Observation Space
    `Dict` of `image` (`Box(0, 255, (224, 224, 3), uint8)`, what the user shows now), `dialogue` (text: question, hint
    and lettered menu) and `action_mask` (`MultiBinary(7)`, the options on offer now: a camera at its end goes no
    further).

    ## Starting State
    A subject, a ground, a rug, other things, the side or corner that the camera has to go to and the number of steps (2
    to 4 each way) are drawn; less than a tenth of the subject is in the picture.

    ## Rewards
    1 for the right answer, else 0; any other scheme through `reward=Reward(…)`.

    ## Episode End
    Terminates on an answer, on giving up and on a reply that names no option. When all ways are spent only answers and
    giving up are left on the menu, so that the turns suffice.

    ## Information
    `episode`, `scenario`, `turn`, `options`, `requests` and `outcome` at every step; `answer`, `sufficiency` (the share
    of the subject in the picture, a number per picture shown) and `requests_needed` once the episode is over.

    ## Arguments
    See `proactive_gym.envs.arguments.Arguments`. With `control="unhelpful"` the camera looks at a print, whose white
    edge is to be seen: beyond it there is only the table.
    `decoys` adds two options to the menu.
    With `source="folder"` a part of a photograph is to be seen, which grows, see docs/sources.md.
    With `source="proactivebench"` the official rows are played instead of scenes, see docs/benchmark.md.

    ## References
    ProactiveBench (arXiv 2603.19466), coco2014; there a crop grows in the direction asked for.

    ## Version History
    * v0: Initial version.
    """

    scenarios = (Framing(),)
