"""Occlusion: blocks stand before the subject."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from proactive_gym.envs.base import ProactiveEnv
from proactive_gym.envs.scenario import Scenario, Staging
from proactive_gym.sources.proactivebench.row import REFERENCE, Fields, OfficialRow
from proactive_gym.sources.scenes.frame import Box, Frame, Layer, Prop
from proactive_gym.sources.scenes.photograph import Photograph, pictured, view
from proactive_gym.sources.scenes.props import PAINTS, Blocks, Shadow
from proactive_gym.sources.scenes.stage import Actor, Scene, Stage, share_in_view

SUBJECT_SIZES = (0.3, 0.34, 0.38)
WALLS = ((4, 5), (3, 4), (5, 7), (3, 6))
WIDTH, HEIGHT = 0.48, 0.46
MARGINS = (1.1, 1.3)  # how much larger than the longer side of a photographed subject the wall before it is
DAMAGED = "natural_bluebl_greenr-banana-s6"  # one photograph of the official data set cannot be read


@dataclass(frozen=True)
class BlocksBeforeIt(Scene[float]):
    """A wall of blocks on a circle of as many places as turns: hiding everything at the start, gone at the best place.

    Each move to the left takes one from the place, each to the right adds one; half a move ends between two places.
    """

    room: Prop
    subject: Actor
    blocks: Blocks
    wall: Box
    start: int
    best: int
    turns: int
    endless: bool

    @property
    def words(self) -> Mapping[str, str]:
        """The blocks' colour."""
        return {"colour": self.blocks.colour}

    def picture(self, place: float) -> Frame:
        """The subject behind the blocks, wherever they are by now."""
        wall = self._wall(place)
        return Frame(
            (Layer(self.room), *self.subject.layers, Layer(Shadow(), Shadow.under(wall)), Layer(self.blocks, wall))
        )

    def moves(self, place: float) -> Mapping[str, float]:
        """Both directions, always."""
        return {
            "blocks_left": (math.ceil(place) - 1) % self.turns,
            "blocks_right": (math.floor(place) + 1) % self.turns,
        }

    def between(self, place: float, there: float) -> float:
        """Half a move."""
        return (place + (0.5 if (place + 1) % self.turns == there else -0.5)) % self.turns

    def sufficiency(self, place: float) -> float:
        """The share of the subject that no block hides."""
        return share_in_view(self.subject, covers=[self._wall(place)])

    def _wall(self, place: float) -> Box:
        if self.endless:
            return self.wall.shifted(self.wall.width / self.blocks.columns * ((place - self.start) % 2))
        if place == self.best:
            return self.wall.shifted(-2.0)
        # The last step but one leaves the wall just beside the subject.
        step = (self.wall.width + self.subject.box.width) / 2 / max(1, self.start - 1)
        return self.wall.shifted(step * (place - self.start))


class OcclusionRow(OfficialRow[tuple[int, str]]):
    """Photographs of blocks on a circle around the subject.

    A place is a photograph's number and the last request. No answer counts before the first request, and any does after
    it, even if the blocks are back where they were.
    """

    marks: ClassVar[dict[str, tuple[str, ...]]] = {"blocks_left": ("to the left",), "blocks_right": ("to the right",)}
    suggestions = ("Move the blocks", "Move the camera")
    answer_counts_in_free_words = False

    def __init__(self, fields: Fields) -> None:
        """A circle of as many places as turns."""
        super().__init__(fields)
        self.turns = fields.count("num_images")
        self.start = (fields.whole("first_image", 0, self.turns - 1), "")

    def file(self, place: tuple[int, str]) -> str:
        """The photograph; for one that is damaged in the original, the next in the direction of travel."""
        number, last = place
        file = self.filled(image=number)
        return file.replace("s6", "s5" if last == "blocks_left" else "s7") if DAMAGED in file else file

    def ways(self, place: tuple[int, str]) -> Mapping[str, tuple[int, str]]:
        """Both directions, always."""
        return {
            "blocks_left": ((place[0] - 1) % self.turns, "blocks_left"),
            "blocks_right": ((place[0] + 1) % self.turns, "blocks_right"),
        }

    def answerable(self, place: tuple[int, str]) -> bool:
        """From the first request on."""
        return place[1] != ""

    def sufficient(self, place: Any) -> bool:
        """Whether it is the photograph without blocks."""
        return bool(place == REFERENCE or place[0] == self.reference_image)


class BlocksInAPhotograph(Staging):
    """Blocks put before the subject of a photograph; so large that they hide all of it, whatever its shape."""

    needs = "photograph"
    questions = (
        "What is behind the {colour} blocks?",
        "Which object do the {colour} blocks hide?",
        "Can you say what the {colour} blocks are covering up in this photograph?",
        "There is something behind the {colour} blocks. What is it?",
        "What object is being covered by the {colour} blocks?",
    )

    def set_scene(self, stage: Stage) -> BlocksBeforeIt:
        """Blocks that hide the subject altogether; a wall without end if asking is not to help."""
        draw, photograph = stage.draw, stage.likeness
        assert isinstance(photograph, Photograph)
        seen = view(draw, photograph)
        subject = pictured(photograph, seen.window)
        side = max(subject.box.width, subject.box.height) * draw.between(*MARGINS)
        middle = subject.box.left + subject.box.width / 2, subject.box.top + subject.box.height / 2
        wall = Box(middle[0] - side / 2, middle[1] - side / 2, side, side)
        return _behind_blocks(stage, seen, subject, wall)


class Occlusion(Scenario):
    """The subject is there, but something stands before it."""

    name = "occlusion"
    dataset = "Realistic-Occlusion-Dataset"
    row = OcclusionRow
    questions = (
        "What is behind the {colour} blocks?",
        "Which object do the {colour} blocks hide?",
        "What have I put behind the {colour} blocks?",
        "Can you say what stands behind the {colour} blocks?",
        "There is something behind the {colour} blocks. What is it?",
        "What object is being covered by the {colour} blocks?",
    )
    hint = "Hint: the blocks can be moved out of the way."
    interventions: ClassVar[dict[str, tuple[str, ...]]] = {
        "blocks_left": (
            "Move the blocks to the left.",
            "Slide the blocks to the left.",
            "Push the blocks to the left, please.",
        ),
        "blocks_right": (
            "Move the blocks to the right.",
            "Slide the blocks to the right.",
            "Push the blocks to the right, please.",
        ),
    }
    most_offered = 2
    further = (BlocksInAPhotograph(),)

    def set_scene(self, stage: Stage) -> BlocksBeforeIt:
        """Blocks that hide the subject altogether; a wall without end if asking is not to help."""
        draw = stage.draw
        ground = draw.one((0.8, 0.83, 0.86))
        subject = stage.standing(draw.between(0.35, 0.65), ground - 0.05, draw.one(SUBJECT_SIZES))
        # The wall's size and place say nothing of the subject's shape: it hides the largest as well as the smallest.
        wall = Box(subject.box.left + subject.box.width / 2 - WIDTH / 2, ground - HEIGHT, WIDTH, HEIGHT)
        return _behind_blocks(stage, None, subject, wall)


def _behind_blocks(stage: Stage, view: Prop | None, subject: Actor, wall: Box) -> BlocksBeforeIt:
    """The subject in that view, or in a room, with a wall of blocks before it that fills the box."""
    draw = stage.draw
    columns, rows = draw.one(WALLS)
    if stage.unhelpful:
        block = wall.width / columns
        wall = Box(-2 * block, wall.top, 1.0 + 4 * block, wall.height)
        columns = round(wall.width / block)
    blocks = Blocks(draw.one(tuple(PAINTS)), columns, rows, draw.whole(0, 3))
    half = draw.whole(2, 4)
    return BlocksBeforeIt(
        room=stage.room() if view is None else view,
        subject=subject,
        blocks=blocks,
        wall=wall,
        start=half,
        best=0,
        turns=2 * half,
        endless=stage.unhelpful,
    )


class ProactiveOcclusionEnv(ProactiveEnv):
    """Blocks stand before the subject; ask for them to be moved.

    ## Description
    A toy wall hides an object from head to foot, and the user asks what is behind it. Guessing is right one time in
    four. Every request slides the wall a step aside, so that one to four of them uncover enough; the wall stands on a
    circle, and whoever goes on asking sees it come back from the other side.

    ## Action Space
    `Discrete(7)`: the number of an option on the episode's menu, which holds four answers, one way of giving up and the
    two interventions `blocks_left` and `blocks_right`, in random order. With `reply="text"` or `"open"` the action is a
    string.

    ## Observation Space
    `Dict` of `image` (`Box(0, 255, (224, 224, 3), uint8)`, what the user shows now), `dialogue` (text: question, hint
    and lettered menu) and `action_mask` (`MultiBinary(7)`, the options on offer now; both interventions always are).

    ## Starting State
    A subject, a room, the colour, build and place of the blocks and the number of steps around the circle (4, 6 or 8)
    are drawn; the wall stands right before the subject, which it hides altogether.

    ## Rewards
    1 for the right answer, else 0; any other scheme through `reward=Reward(…)`.

    ## Episode End
    Terminates on an answer, on giving up and on a reply that names no option; truncates when the last turn allowed
    (once around the circle) is spent on a request.

    ## Information
    `episode`, `scenario`, `turn`, `options`, `requests` and `outcome` at every step; `answer`, `sufficiency` (the share
    of the subject that no block hides, a number per picture shown) and `requests_needed` once the episode is over.

    ## Arguments
    See `proactive_gym.envs.arguments.Arguments`. With `control="unhelpful"` the wall runs on beyond both edges of the
    picture, and moving it uncovers nothing.
    `decoys` adds two options to the menu.
    With `source="folder"` blocks are put before what a photograph shows, see docs/sources.md.
    With `source="proactivebench"` the official rows are played instead of scenes, see docs/benchmark.md.

    ## References
    ProactiveBench (arXiv 2603.19466), Realistic-Occlusion-Dataset; there the blocks take 14 places, and no answer
    counts before the first request.

    ## Version History
    * v0: Initial version.
    """

    scenarios = (Occlusion(),)
