"""Sketch: too few strokes are drawn as yet."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from proactive_gym.draw import Draw
from proactive_gym.envs.base import ProactiveEnv
from proactive_gym.envs.scenario import Scenario
from proactive_gym.sources.proactivebench.row import Fields, StepwiseRow
from proactive_gym.sources.scenes.backdrops import Ground
from proactive_gym.sources.scenes.frame import Box, Frame, Layer
from proactive_gym.sources.scenes.hand import Hand, bareness, thread
from proactive_gym.sources.scenes.likeness import Likeness
from proactive_gym.sources.scenes.pen import PAPER_STYLES, Paper, PenDrawing, Scribble
from proactive_gym.sources.scenes.stage import Scene, Stage
from proactive_gym.sources.scenes.subjects import Subject

FIRST_LINE = 0.08
DRAWING_SIZES = (0.66, 0.7, 0.74)
FREE_SIZES = (0.46, 0.52, 0.58, 0.64, 0.7, 0.76)
SHEET = 0.88
EDGE = 0.03  # of the sheet, on which nothing is drawn

POOR_LINES = frozenset({
    "bolt", "bread", "chestnut", "coconut", "corn", "cucumber", "egg", "glass of milk", "laptop", "lemon", "lollipop",
    "mango", "mantel clock", "moose", "peanuts", "potato", "salt shaker", "sled", "sloth", "soap", "sunglasses",
    "sushi", "tennis ball", "test tube", "tulip", "wheelchair",
})  # fmt: skip
"""Subjects whose outlines alone, without their colours, are recognised by nobody."""


@dataclass(frozen=True)
class DrawnBitByBit(Scene[float]):
    """A drawing in as many pictures as turns, each with more of it: a hint of a line at first, all at the end."""

    ground: Ground
    paper: Paper
    sheet: Box
    likeness: Likeness
    hand: Hand
    drawing: Box
    start: int
    best: int
    turns: int
    scribble: Scribble | None

    @property
    def words(self) -> Mapping[str, str]:
        """The pen's colour."""
        return {"colour": self.hand.pen}

    def picture(self, place: float) -> Frame:
        """The sheet with what is drawn on it by now."""
        drawn = PenDrawing(self.likeness, round(1000 * self._shown(place)), self.hand)
        layers = [Layer(self.ground), Layer(self.paper, self.sheet), Layer(drawn, self.drawing)]
        if self.scribble:
            layers.append(Layer(self.scribble, _moved_onto(self.sheet, self.drawing.part(-0.04, -0.04, 1.04, 1.04))))
        return Frame(tuple(layers))

    def moves(self, place: float) -> Mapping[str, float]:
        """A bit more each time; a finished drawing stays as it is."""
        return {"draw_more": min(math.floor(place) + 1, self.best)}

    def between(self, place: float, there: float) -> float:
        """Half as much more."""
        return (place + there) / 2

    def sufficiency(self, place: float) -> float:
        """The share of the drawing's ink that is on the paper and not crossed out."""
        return 0.0 if self.scribble else self._shown(place)

    def _shown(self, place: float) -> float:
        return 1 - (1 - self._first) * (1 - place / self.best)

    @cached_property
    def _first(self) -> float:
        # A line of the same length for all: a share would tell the simple subjects from the elaborate ones.
        return FIRST_LINE / thread(self.likeness).length


class SketchRow(StepwiseRow):
    """A drawing that grows by some strokes with each request."""

    marks: ClassVar[dict[str, tuple[str, ...]]] = {"draw_more": ("details", "quickdraw", "drawing", "sketch")}
    suggestions = ("Add more details to the drawing",)

    def __init__(self, fields: Fields) -> None:
        """One turn a picture."""
        super().__init__(fields)
        self.first = fields.whole("first_image", 0)

    def file(self, place: int) -> str:
        """The drawing so far."""
        return self.filled(image=f"{self.first + place:04}")

    def reference_file(self) -> str:
        """The drawing that the row names."""
        return self.filled(image=f"{self.reference_image:04}")


class Sketch(Scenario):
    """The user has only begun to draw the subject."""

    name = "sketch"
    dataset = "QuickDraw"
    row = SketchRow
    questions = (
        "What am I drawing with the {colour} pen?",
        "Can you guess what I am drawing?",
        "What is this {colour} sketch going to be?",
        "I have started a drawing. Which object is it of?",
        "Which object do my {colour} lines show?",
        "Do you know what this drawing stands for?",
    )
    needs = "strokes"
    hint = "Hint: the drawing can be continued."
    interventions: ClassVar[dict[str, tuple[str, ...]]] = {
        "draw_more": (
            "Draw a bit more.",
            "Add some more lines to the drawing.",
            "Go on with the sketch, please.",
            "Put more details on the paper.",
        ),
    }
    most_offered = 1
    distractors = "lookalike"

    def fits(self, subject: Subject) -> bool:
        """Not subjects that live by their colours."""
        return subject.name not in POOR_LINES

    def set_scene(self, stage: Stage) -> DrawnBitByBit:
        """A sheet, a hand and a number of steps; crossed out altogether if asking is not to help."""
        draw = stage.draw
        size = draw.one(FREE_SIZES if stage.likeness.is_one_of_many else DRAWING_SIZES)
        sheet = Box(draw.between(0.02, 0.1), draw.between(0.02, 0.1), SHEET, SHEET)
        drawing = _on_the_sheet(draw, sheet, size, stage.likeness)
        scribble = Scribble(draw.whole(0, 7))
        last = draw.whole(3, 5)
        return DrawnBitByBit(
            ground=stage.ground(),
            paper=Paper(draw.whole(0, PAPER_STYLES - 1)),
            sheet=sheet,
            likeness=stage.likeness,
            hand=_hand(draw, stage.likeness),
            drawing=drawing,
            start=0,
            best=last,
            turns=last + 1,
            scribble=scribble if stage.unhelpful else None,
        )


def _on_the_sheet(draw: Draw, sheet: Box, size: float, likeness: Likeness) -> Box:
    """A square of that size somewhere on the sheet; one that is known by its place, wherever its lines fit on it."""
    room = SHEET - 2 * EDGE
    bare = bareness(likeness) if likeness.is_one_of_many else (0.0, 0.0)
    left, top = (draw.between(-size * share, room - size * (1 - share)) for share in bare)
    return Box(sheet.left + EDGE + left, sheet.top + EDGE + top, size, size)


def _moved_onto(sheet: Box, box: Box) -> Box:
    """The box where all of it is on the sheet; what of it was beside the sheet was bare."""
    left = min(max(box.left, sheet.left), sheet.right - box.width)
    top = min(max(box.top, sheet.top), sheet.bottom - box.height)
    return Box(left, top, box.width, box.height)


def _hand(draw: Draw, likeness: Likeness) -> Hand:
    """Anyone's hand; where someone has drawn before, it follows."""
    hand = Hand.drawn(draw)
    return hand.in_order() if likeness.has_an_order else hand


class ProactiveSketchEnv(ProactiveEnv):
    """Too few strokes are drawn as yet; ask for more.

    ## Description
    The user draws an object with a pen and asks what it is to be after the first line, which might belong to anything.
    Guessing is right one time in four. Every request adds a part of the same drawing, until after three to five of
    them it is finished; which part comes first, and in which order the others do, differs from episode to episode.

    ## Action Space
    `Discrete(6)`: the number of an option on the episode's menu, which holds four answers, one way of giving up and
    the intervention `draw_more`, in random order. With `reply="text"` or `"open"` the action is a string.

    ## Observation Space
    `Dict` of `image` (`Box(0, 255, (224, 224, 3), uint8)`, what the user shows now), `dialogue` (text: question, hint
    and lettered menu) and `action_mask` (`MultiBinary(6)`, the options on offer now; `draw_more` always is).

    ## Starting State
    A subject, a table, a sheet of paper, the pen's colour and width, a hand with its slant and tremor, where in the
    drawing it begins and the number of steps (3 to 5) are drawn. The first line is a twelfth of the drawing's side
    long, whatever it belongs to.

    ## Rewards
    1 for the right answer, else 0; any other scheme through `reward=Reward(…)`.

    ## Episode End
    Terminates on an answer, on giving up and on a reply that names no option; truncates when the last turn allowed (one
    per picture of the drawing) is spent on a request.

    ## Information
    `episode`, `scenario`, `turn`, `options`, `requests` and `outcome` at every step; `answer`, `sufficiency` (the share
    of the drawing's lines on the paper, a number per picture shown) and `requests_needed` once the episode is over.

    ## Arguments
    See `proactive_gym.envs.arguments.Arguments`. With `control="sufficient"` the drawing is finished, and asking for
    more changes nothing. With `control="unhelpful"` it is crossed out with a black marker, and goes on beneath that.
    `decoys` adds two options to the menu.
    With `source="doodles"` people's own drawings grow, in the order of their strokes, see docs/sources.md.
    With `source="proactivebench"` the official rows are played instead of scenes, see docs/benchmark.md.

    ## References
    ProactiveBench (arXiv 2603.19466), QuickDraw; there the strokes are those of the game's players.

    ## Version History
    * v0: Initial version.
    """

    scenarios = (Sketch(),)
