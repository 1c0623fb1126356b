"""Viewpoint: the subject is seen from a side that tells nothing."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from proactive_gym.envs.base import ProactiveEnv
from proactive_gym.envs.scenario import Scenario
from proactive_gym.sources.proactivebench.row import Fields, StepwiseRow
from proactive_gym.sources.scenes.backdrops import Room
from proactive_gym.sources.scenes.frame import Frame, Layer
from proactive_gym.sources.scenes.likeness import Likeness
from proactive_gym.sources.scenes.open_box import INFORMATIVE, Walls, opening_in_view, standing
from proactive_gym.sources.scenes.packaging import PARCEL_STYLES, look
from proactive_gym.sources.scenes.parcel import Parcel, front_in_view
from proactive_gym.sources.scenes.prints import Print
from proactive_gym.sources.scenes.stage import Scene, Stage
from proactive_gym.sources.scenes.subjects import Subject

TURNS = ((4, 2), (6, 2), (6, 3), (8, 3), (8, 4))
FRONT_YAWS = (10, 20)


@dataclass(frozen=True)
class BoxTurnedAround(Scene[float]):
    """A box on a circle of ``around`` places, of which ``best`` shows its front, the first one its back.

    A place is the number of turns done so far; whoever goes on turning sees the front disappear again.
    """

    room: Room
    style: int
    likeness: Likeness
    flipped: bool
    x: float
    y: float
    front_yaw: int
    clockwise: bool
    around: int
    start: int
    best: int
    turns: int
    wrapped: bool

    @property
    def words(self) -> Mapping[str, str]:
        """What such a box is called."""
        return {"box": look(self.style).material}

    def picture(self, place: float) -> Frame:
        """The box as it stands by now; what is on its front only if that is to be seen."""
        yaw = self._yaw(place)
        parcel = Parcel(self.style, yaw, self.wrapped)
        layers = [Layer(self.room), Layer(parcel, parcel.at(self.x, self.y))]
        if self.sufficiency(place) > 0:
            front = Print(self.likeness, self.flipped, self.style, yaw)
            layers.append(Layer(front, front.at(self.x, self.y)))
        return Frame(tuple(layers))

    def moves(self, place: float) -> Mapping[str, float]:
        """On around, always."""
        return {"rotate": (math.floor(place) + 1) % self.around}

    def between(self, place: float, there: float) -> float:
        """Half a turn of those that the box takes."""
        return place + 0.5

    def sufficiency(self, place: float) -> float:
        """How much of the front is to be seen: all of it straight on, less the more it is turned away."""
        return 0.0 if self.wrapped else front_in_view(self.style, self._yaw(place))

    def _yaw(self, place: float) -> int:
        # The last turn stops a little short of straight on, so that the picture before it shows all the less.
        yaw = self.front_yaw + round(360 // self.around * (self.best - place))
        return (yaw if self.clockwise else -yaw) % 360


@dataclass(frozen=True)
class OpenBoxTurnedAround(BoxTurnedAround):
    """A box that is open in front, with the thing itself in it, which turns with it."""

    @property
    def questions(self) -> tuple[str, ...]:
        """Of what is in a box, not on it."""
        return IN_BOX

    def picture(self, place: float) -> Frame:
        """The box as it stands by now; what is in it only through the open front."""
        yaw, back = self._yaw(place), Layer(self.room)
        if self.wrapped:
            walls = Walls(self.style, yaw, wrapped=True)
            return Frame((back, Layer(walls, walls.at(self.x, self.y))))
        return Frame((back, *standing(self.style, self.likeness, yaw, not self.clockwise, self.x, self.y)))

    def sufficiency(self, place: float) -> float:
        """How large the open front looks: 1 straight on, less the more it is turned away."""
        return 0.0 if self.wrapped else opening_in_view(self._yaw(place))


IN_BOX = (
    "What is in this {box}?",
    "Which object stands in this {box}?",
    "Can you tell me what is packed in the {box}?",
    "There is something in this {box}. What is it?",
    "What does the {box} hold?",
    "Which thing is kept in this {box}?",
)


class ViewpointRow(StepwiseRow):
    """Views of an object in the row's own order, of which only the last is informative."""

    placeholders = ("informative", "image")
    marks: ClassVar[dict[str, tuple[str, ...]]] = {"rotate": ("rotate", "view", "angle", "orientation", "different")}
    suggestions = ("Rotate the object", "Move the camera")
    answer_counts_in_free_words = False

    def __init__(self, fields: Fields) -> None:
        """One turn a view."""
        super().__init__(fields)
        first = fields.whole("first_image", 0)
        self.views = [first, *fields.wholes("valid_images", self.turns)[1 : self.turns]]

    def file(self, place: int) -> str:
        """The view; whether it is informative is part of its name."""
        return self.filled(informative=int(place + 1 == self.turns), image=f"{self.views[place]:04}")

    def reference_file(self) -> str:
        """The informative view that the row names."""
        return self.filled(informative=1, image=f"{self.reference_image:04}")


class Viewpoint(Scenario):
    """The subject's picture is on a side of the box that is turned away."""

    name = "viewpoint"
    dataset = "MVP-N"
    row = ViewpointRow
    questions = (
        "What is pictured on this {box}?",
        "Which object is shown on the front of this {box}?",
        "Can you tell me what is printed on the {box}?",
        "There is a picture on this {box}. What is it of?",
        "What does the picture on the {box} show?",
        "Which product is in this {box}, going by its picture?",
    )
    hint = "Hint: the object can be seen from other sides too."
    interventions: ClassVar[dict[str, tuple[str, ...]]] = {
        "rotate": (
            "Rotate the object.",
            "Turn the object to another side.",
            "Show me another side of the object.",
            "Change the angle of the camera.",
            "Let me have a view from elsewhere, please.",
        ),
    }
    most_offered = 1
    distractors = "lookalike"

    def fits(self, subject: Subject) -> bool:
        """Not boxes, which would be to be seen from every side."""
        return subject.name not in ("cardboard box", "gift box")

    def set_scene(self, stage: Stage) -> BoxTurnedAround:
        """A box with its back to us; one in gift wrap all around if asking is not to help.

        What can be turned itself stands in the box, which is open in front; of anything else, its picture is on it.
        """
        draw = stage.draw
        turned = "views" in stage.likeness.gives
        around, best = draw.one(TURNS)
        return (OpenBoxTurnedAround if turned else BoxTurnedAround)(
            room=stage.room(),
            style=draw.whole(0, PARCEL_STYLES - 1),
            likeness=stage.likeness,
            flipped=draw.chance(0.5),
            x=draw.between(0.46, 0.54),
            y=draw.between(0.5, 0.54),
            front_yaw=INFORMATIVE if turned else draw.one(FRONT_YAWS),
            clockwise=draw.chance(0.5),
            around=around,
            start=0,
            best=best,
            turns=best + 1,
            wrapped=stage.unhelpful,
        )


class ProactiveViewpointEnv(ProactiveEnv):
    """The side that tells is turned away; ask for another.

    ## Description
    A box stands on the floor with its back to the camera, and the user asks what is pictured on it. Its back, its sides
    and its lid belong to the box and tell nothing; guessing is right one time in four. Every request turns it by the
    same angle, until after two to four of them its front is to be seen. One that goes on turning loses it again.

    Where a source has views of the thing itself from all around (`furniture`), the box is open in front and the thing
    stands in it; the user asks what is in the box.

    ## Action Space
    `Discrete(6)`: the number of an option on the episode's menu, which holds four answers, one way of giving up and
    the intervention `rotate`, in random order. With `reply="text"` or `"open"` the action is a string.

    ## Observation Space
    `Dict` of `image` (`Box(0, 255, (224, 224, 3), uint8)`, what the user shows now), `dialogue` (text: question, hint
    and lettered menu) and `action_mask` (`MultiBinary(6)`, the options on offer now; `rotate` always is).

    ## Starting State
    A subject, a room, the look, size and place of the box, the way in which it turns, by how much (45, 60 or 90
    degrees) and how far off its front is (2 to 4 turns) are drawn; nothing of the front is to be seen.

    ## Rewards
    1 for the right answer, else 0; any other scheme through `reward=Reward(…)`.

    ## Episode End
    Terminates on an answer, on giving up and on a reply that names no option; truncates when the last turn allowed (the
    one that shows the front, if every turn before was a request) is spent on a request.

    ## Information
    `episode`, `scenario`, `turn`, `options`, `requests` and `outcome` at every step; `answer`, `sufficiency` (how large
    the front looks beside a view straight on, one number per picture) and `requests_needed` once the episode is over.

    ## Arguments
    See `proactive_gym.envs.arguments.Arguments`. With `control="sufficient"` the front is to be seen at once. With
    `control="unhelpful"` the box is gift-wrapped all around, and turning it shows but more paper and ribbon.
    `decoys` adds two options to the menu.
    With `source="proactivebench"` the official rows are played instead of scenes, see docs/benchmark.md.

    ## References
    ProactiveBench (arXiv 2603.19466), MVP-N; there the views are photographs of real products, taken all around.

    ## Version History
    * v0: Initial version.
    """

    scenarios = (Viewpoint(),)
