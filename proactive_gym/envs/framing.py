"""Bad framing: the subject is cut off by the edge of the picture."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from proactive_gym.envs.base import ProactiveEnv
from proactive_gym.envs.scenario import Scenario
from proactive_gym.sources.proactivebench.row import REFERENCE, Fields, OfficialRow, Photo
from proactive_gym.sources.scenes.backdrops import Ground
from proactive_gym.sources.scenes.frame import PICTURE, Box, Frame, Layer
from proactive_gym.sources.scenes.props import Cover, Drawing, Rug
from proactive_gym.sources.scenes.stage import Actor, Scene, Stage, share_in_view

RUGS = ("red", "blue", "green", "purple", "orange")
SUBJECT_SIZES = (0.36, 0.4, 0.44)
OTHER_SIZES = (0.24, 0.28)
SPOTS = ((-0.25, -0.25), (0.5, -0.3), (1.25, -0.2), (-0.3, 0.5), (1.3, 0.5), (-0.25, 1.25), (0.5, 1.3), (1.25, 1.25))
WORLD = Box(-0.75, -0.75, 2.5, 2.5)
NEAR_WORLD = Box(-0.25, -0.25, 1.5, 1.5)  # all that a camera sees that stands too close; painted large, so kept small
# For each way of moving the camera, the sides on which the subject is off the picture.
WAYS = {
    "camera_left": (-1, 0),
    "camera_right": (1, 0),
    "camera_up": (0, -1),
    "camera_down": (0, 1),
}
PAPER, TABLE = (244, 242, 236), (92, 70, 54)
SLIVERS = {1: 0.04, 2: 0.17}  # how much of the subject's width or height is in the first picture, by the number of ways
CLOSE = 0.44  # how much of the home window a camera sees that stands too close

WAYS_BACK: tuple[str, ...] = ("farther",)
NOBODY: tuple[Actor, ...] = ()
SIDES_MOVED = {
    frozenset(sides)
    for sides in (
        *(("zoom",), ("left",), ("right",), ("up",), ("down",)),
        *(("left", "up"), ("left", "down"), ("right", "up"), ("right", "down")),
    )
}
REMOVED = {
    "camera_left": "Move the camera to the left.",
    "camera_right": "Move the camera to the right.",
    "camera_up": "Move the camera up.",
    "camera_down": "Move the camera down.",
    "farther": "Move farther from the object.",
}

Place = tuple[int, int]
Step = tuple[float, float]


@dataclass(frozen=True)
class Camera(Scene[Step]):
    """A camera over a ground with a rug, the subject on it and other things around.

    A place is how many steps the camera still has to go sideways and up or down (or away: then both are one number).
    """

    ground: Ground
    rug: Layer
    subject: Actor
    others: tuple[Actor, ...]
    first: Box
    last: Box
    ways: tuple[str, ...]
    steps: int
    print_edge: tuple[Layer, ...]
    start: Step
    best: Step
    turns: int

    @property
    def words(self) -> Mapping[str, str]:
        """The rug's colour."""
        assert isinstance(self.rug.prop, Rug)
        return {"colour": self.rug.prop.colour}

    def picture(self, place: Step) -> Frame:
        """All that is inside the camera's window."""
        window = self._window(place)
        actors = [Layer(actor.drawing, actor.box) for actor in (*self.others, self.subject)]
        ground = NEAR_WORLD if self.ways == WAYS_BACK else WORLD
        layers = (Layer(self.ground, ground), self.rug, *actors, *self.print_edge)
        return Frame(tuple(Layer(layer.prop, layer.box.seen_through(window)) for layer in layers))

    def moves(self, place: Step) -> Mapping[str, Step]:
        """The ways that are not at their end yet."""
        sideways, upright = place
        after = {
            way: (sideways, math.ceil(upright) - 1)
            if way in ("camera_up", "camera_down")
            else (math.ceil(sideways) - 1, upright)
            for way in self.ways
        }
        return {way: there for way, there in after.items() if min(there) >= 0}

    def between(self, place: Step, there: Step) -> Step:
        """Half a step."""
        return (place[0] + there[0]) / 2, (place[1] + there[1]) / 2

    def spent(self, place: Step) -> frozenset[str]:
        """The ways that are at their end."""
        return frozenset(self.ways) - frozenset(self.moves(place))

    @property
    def menu(self) -> tuple[str, ...]:
        """The ways that lead to the subject."""
        return self.ways

    def sufficiency(self, place: Step) -> float:
        """The share of the subject inside the window and not beyond the print's edge."""
        covers = [layer.box for layer in self.print_edge]
        return share_in_view(self.subject, self._window(place), covers)

    def _window(self, place: Step) -> Box:
        across, down = (left / self.steps for left in place)
        if self.ways == WAYS_BACK:
            down = across
        first, last = self.first, self.last
        return Box(
            last.left + (first.left - last.left) * across,
            last.top + (first.top - last.top) * down,
            last.width + (first.width - last.width) * across,
            last.height + (first.height - last.height) * down,
        )


class FramingRow(OfficialRow[Place]):
    """A part of a photograph that grows, on one or two sides or on all.

    A place is how many steps the camera has gone sideways and up or down; away, it goes both. The first picture has one
    step more, since the benchmark takes one before it shows any.
    """

    placeholders = ()
    marks: ClassVar[dict[str, tuple[str, ...]]] = {
        "camera_left": ("to the left",),
        "camera_right": ("to the right",),
        "camera_up": ("up",),
        "camera_down": ("down",),
        "farther": ("farther",),
    }
    suggestions = ("Move the camera", "Move farther from the object")
    start = (0, 0)

    def __init__(self, fields: Fields) -> None:
        """As many turns as steps; along two axes as many as on both; away, one more."""
        self.sides = frozenset(fields.text("direction").split("_"))
        if self.sides not in SIDES_MOVED:
            raise fields.wrong("direction", "zoom, left, right, up, down, or a corner such as left_up")
        super().__init__(fields)
        fields.whole("first_image", 0)
        fields.count("num_images")
        self.granularity = fields.count("granularity")
        self.step = fields.number("horizontal_step"), fields.number("vertical_step")
        if min(self.step) < 0:
            raise fields.wrong("horizontal_step" if self.step[0] < 0 else "vertical_step", "a number of at least 0")
        crop = fields.inner("crop")
        self.crop = tuple([crop.number(name) for name in ("left", "top", "width", "height")])
        away = self.sides == {"zoom"}
        self.variant = "farther" if away else ""
        self.turns = self.granularity + 1 if away else self.granularity * len(self.sides)
        steps = self.granularity + 1 if away else self.granularity
        moved = (away or bool(self.sides & {"left", "right"}), away or bool(self.sides & {"up", "down"}))
        self.farthest = tuple([step * steps if here else 0 for step, here in zip(self.step, moved, strict=True)])
        # The benchmark takes these off the menu by their words; an option in other words stays.
        self.removable = frozenset(option.name for option in self.asking if option.text == REMOVED.get(option.name))

    def file(self, place: Place) -> str:
        """Always the same photograph."""
        return self.template

    def reference_file(self) -> str:
        """The whole of it."""
        return self.template

    def every_file(self) -> list[str]:
        """The one."""
        return [self.template]

    def picture(self, place: Any) -> Photo:
        """The photograph, of which so much is to be seen."""
        return Photo(self.template, None if place == REFERENCE else self.box(place))

    def box(self, place: Place) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of what is to be seen, in pixels, not rounded."""
        left, top, width, height = self.crop
        across, down = self._steps(place)
        away = "zoom" in self.sides
        return (
            left - across if away or "left" in self.sides else left,
            top - down if away or "up" in self.sides else top,
            # Width and height are those of the picture only where the camera moves away, else its right and its bottom.
            (width + across if away or "right" in self.sides else width) + (left if away else 0),
            (height + down if away or "down" in self.sides else height) + (top if away else 0),
        )

    def own_ways(self) -> set[str]:
        """Those of its direction."""
        return {"farther"} if "zoom" in self.sides else {f"camera_{side}" for side in self.sides}

    def ways(self, place: Place) -> Mapping[str, Place]:
        """The ways that are not at their end yet."""
        sideways, upright = place
        leads = {
            "farther": (sideways + 1, upright + 1),
            "camera_left": (sideways + 1, upright),
            "camera_right": (sideways + 1, upright),
            "camera_up": (sideways, upright + 1),
            "camera_down": (sideways, upright + 1),
        }
        own, ended = self.own_ways(), self.ended(place)
        return {name: there for name, there in leads.items() if name in own and name not in ended}

    def ended(self, place: Place) -> frozenset[str]:
        """The ways that are at their end, reckoned in the benchmark's own way, its rounding included."""
        across, down = self._steps(place)
        if "zoom" in self.sides:
            return self.removable & {"farther"} if across == self.farthest[0] else frozenset()
        done: set[str] = set()
        if across >= self.farthest[0]:
            done |= {"camera_left", "camera_right"}
        if down >= self.farthest[1]:
            done |= {"camera_up", "camera_down"}
        return self.removable & done

    def _steps(self, place: Place) -> tuple[float, float]:
        return _grown(self.step[0], place[0]), _grown(self.step[1], place[1])


def _grown(step: float, times: int) -> float:
    """A step after so many requests, with the rounding errors of the benchmark's own way of adding one."""
    for turn in range(1, times + 1):
        step = step / turn * (turn + 1)
    return step


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

    def set_scene(self, stage: Stage) -> Camera:
        """A camera that sees next to nothing of the subject; if asking is not to help, over a print that ends there."""
        draw = stage.draw
        drawing = Drawing(stage.likeness, draw.chance(0.5))
        subject = Actor(
            drawing, drawing.centred(draw.between(0.44, 0.56), draw.between(0.44, 0.56), draw.one(SUBJECT_SIZES))
        )
        rug = _rug(subject, draw.one(RUGS), draw.chance(0.5))
        kind = draw.one(("across", "corner") if stage.unhelpful else ("across", "corner", "close"))
        if kind == "close":
            ways, steps, others = WAYS_BACK, 3, NOBODY
            first, last = _too_close(subject, draw.one((0, 1)), draw.one((0, 1))), PICTURE
        else:
            both = draw.one(("camera_left", "camera_right")), draw.one(("camera_up", "camera_down"))
            ways, steps, others = both if kind == "corner" else (draw.one(both),), draw.whole(2, 4), _others(stage)
            first, last = _beside(subject, ways, SLIVERS[len(ways)]), _beside(subject, ways, 1.2)
        return Camera(
            ground=stage.ground(),
            rug=rug,
            subject=subject,
            others=others,
            first=first,
            last=last,
            ways=ways,
            steps=steps,
            print_edge=_end_of_print(subject, ways) if stage.unhelpful else (),
            start=_steps_to_go(ways, steps),
            best=(0, 0),
            turns=steps * len(ways) + 2,
        )


def _steps_to_go(ways: tuple[str, ...], steps: int) -> Place:
    upright = {"camera_up", "camera_down"}
    return (steps if set(ways) - upright else 0, steps if set(ways) & upright else 0)


def _rug(subject: Actor, colour: str, round_: bool) -> Layer:
    """A rug of one size for all subjects, so that it tells nothing of what lies on it."""
    side = 1.3 * max(SUBJECT_SIZES)
    middle = subject.box.left + subject.box.width / 2, subject.box.top + subject.box.height / 2
    return Layer(Rug(colour, round_), Box(middle[0] - side / 2, middle[1] - side / 2, side, side))


def _beside(subject: Actor, ways: tuple[str, ...], sliver: float) -> Box:
    """A window into which that share of the subject's width or height reaches, on the side that ``ways`` lead to."""
    x, y = (sum(WAYS[way][axis] for way in ways) for axis in (0, 1))
    box = subject.box
    left = {-1: box.right - sliver * box.width, 1: box.left + sliver * box.width - 1, 0: 0.0}[x]
    top = {-1: box.bottom - sliver * box.height, 1: box.top + sliver * box.height - 1, 0: 0.0}[y]
    return Box(left, top, 1.0, 1.0)


def _too_close(subject: Actor, right: int, low: int) -> Box:
    """A small window into which only a corner of the subject reaches."""
    box, sliver = subject.box, 0.19
    left = box.right - sliver * box.width if right else box.left + sliver * box.width - CLOSE
    top = box.bottom - sliver * box.height if low else box.top + sliver * box.height - CLOSE
    return Box(left, top, CLOSE, CLOSE)


def _end_of_print(subject: Actor, ways: tuple[str, ...]) -> tuple[Layer, ...]:
    """The white edge of the print that the camera looks at, and the table that it lies on."""
    layers = []
    for way in ways:
        for paint, margin in ((PAPER, 0.05), (TABLE, 0.028)):
            window = _beside(subject, (way,), SLIVERS[len(ways)])
            layers.append(Layer(Cover(*paint), _outside(window, WAYS[way], margin)))
    return tuple(layers)


def _outside(window: Box, side: tuple[int, int], margin: float) -> Box:
    """All of the world on one side of the window, and the window's own margin there."""
    west, north, east, south = WORLD.left, WORLD.top, WORLD.right, WORLD.bottom
    if side[0] < 0:
        east = window.left + margin
    elif side[0] > 0:
        west = window.right - margin
    elif side[1] < 0:
        south = window.top + margin
    else:
        north = window.bottom - margin
    return Box(west, north, east - west, south - north)


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
    With `source="proactivebench"` the official rows are played instead of scenes, see docs/benchmark.md.

    ## References
    ProactiveBench (arXiv 2603.19466), coco2014; there a crop grows in the direction asked for.

    ## Version History
    * v0: Initial version.
    """

    scenarios = (Framing(),)
