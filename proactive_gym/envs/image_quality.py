"""Image quality: the picture is too dark, blurred, full of noise or spoilt in another way."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Self

import numpy as np

from proactive_gym.draw import Draw
from proactive_gym.envs.base import ProactiveEnv
from proactive_gym.envs.scenario import Scenario, Staging
from proactive_gym.sources.proactivebench.row import Fields, StepwiseRow, bare
from proactive_gym.sources.scenes.damages import DAMAGES, LOOKS, Faded
from proactive_gym.sources.scenes.frame import Frame, Layer, Prop
from proactive_gym.sources.scenes.photograph import Photograph, pictured, view
from proactive_gym.sources.scenes.stage import Actor, Scene, Stage

SUBJECT_SIZES = (0.38, 0.42, 0.46)
CONFUSABLE = (
    ("brightness", "contrast"),
    ("deblur", "compression", "resolution"),
    ("saturation",),
    ("denoise",),
    ("artifacts",),
)
"""Repairs that people may argue about share a row; no menu offers two of a row."""
RECOGNISABLE = {0: 1.0, 1 / 4: 0.9, 1 / 3: 0.75, 1 / 2: 0.45, 2 / 3: 0.2, 1: 0.0}
"""How well the subject can be told, by the severity of the damage; the kinds are made to be alike in this."""


@dataclass(frozen=True)
class SpoiltPicture(Scene[float]):
    """A picture spoilt in one way, level by level: clear at 0. The fitting repair takes one level off a time."""

    room: Prop
    subject: Actor
    repair: str
    faded: bool
    look: int
    offered: tuple[str, ...]
    start: int
    best: int
    turns: int

    @property
    def menu(self) -> tuple[str, ...]:
        """Four repairs; all but one of them are of no use, or all four of them."""
        return self.offered

    def picture(self, place: float) -> Frame:
        """The subject in a room, under what is left of the damage."""
        flaw = Faded if self.faded else DAMAGES[self.repair]
        damage = flaw(place / self.start, self.look) if place else None
        return Frame((Layer(self.room), *self.subject.layers), damage)

    def moves(self, place: float) -> Mapping[str, float]:
        """The fitting repair, if offered; a picture that is clear stays as it is."""
        return {self.repair: max(0, math.ceil(place) - 1)} if self.repair in self.offered else {}

    def between(self, place: float, there: float) -> float:
        """Half a level off."""
        return (place + there) / 2

    def sufficiency(self, place: float) -> float:
        """How well the subject can be told from its lookalikes."""
        return _recognisable(place / self.start)


@lru_cache(maxsize=256)
def _recognisable(severity: float) -> float:
    return round(float(np.interp(severity, tuple(RECOGNISABLE), tuple(RECOGNISABLE.values()))), 3)


@dataclass(frozen=True)
class Trouble:
    """What is wrong with a picture, and what the menu has against it."""

    repair: str
    other: str
    offered: tuple[str, ...]

    @classmethod
    def of(cls, stage: Stage) -> Self:
        """One of the eight ways, for which the menu has the repair unless asking is not to help."""
        # Of five that nobody takes for one another four are offered; any of the five may be the one that is needed.
        # The menu alone thus tells neither which of them fits, nor whether one does.
        *offered, other = stage.draw.shuffled([stage.draw.one(row) for row in CONFUSABLE])
        # A picture without contrast has next to no colour either: saturation is never offered for it.
        if offered[0] == "contrast" and other != "saturation":
            offered[offered.index("saturation")], other = other, "saturation"
        if other == "contrast" and stage.unhelpful:
            other = "brightness"
        return cls(other if stage.unhelpful else offered[0], other, tuple(offered))

    def in_picture(self, draw: Draw, worst: int, room: Prop, subject: Actor) -> SpoiltPicture:
        """The picture of the subject with that trouble, in so many levels."""
        return SpoiltPicture(
            room=room,
            subject=subject,
            repair=self.repair,
            # Where nothing on the menu mends tones, drained colours are as clearly a matter of colour as garish ones.
            faded=self.repair == "saturation" and self.other in CONFUSABLE[0],
            look=draw.whole(0, LOOKS - 1),
            offered=self.offered,
            start=worst,
            best=0,
            turns=worst + 1,
        )


class ImageQualityRow(StepwiseRow):
    """A picture at falling levels of damage; one repair on the menu fits, and each request for it takes a level off."""

    placeholders = ("level",)
    marks: ClassVar[dict[str, tuple[str, ...]]] = {
        name: (name,)
        for name in (
            *("brightness", "contrast", "saturation", "deblur"),
            *("denoise", "compression", "resolution", "artifacts"),
        )
    }

    def __init__(self, fields: Fields) -> None:
        """One turn a level, down to level 1 at the lowest."""
        super().__init__(fields)
        self.level = fields.whole("first_image", self.turns, 5)
        fitting = fields.one_of("quality_answer", [option.text for option in self.asking])
        self.suggestions = (bare(fitting),)  # type: ignore[misc]  # here each row has its own
        self.fitting = next(option.name for option in self.asking if option.text == fitting)
        # A menu may offer to raise the brightness and to lower it: only one of them fits.
        self.asking = [
            option._replace(name=f"not {option.name}")
            if option.name == self.fitting and option.text != fitting
            else option
            for option in self.asking
        ]
        self.offered = frozenset({self.fitting})

    def helping(self) -> list[str]:
        """The fitting repair."""
        return [self.fitting]

    def file(self, place: int) -> str:
        """The picture at its level of damage."""
        return self.filled(level=self.level - place)

    def reference_file(self) -> str:
        """The picture at the level that the row names."""
        return self.filled(level=self.reference_image)


class SpoiltPhotograph(Staging):
    """A photograph, spoilt."""

    needs = "photograph"
    questions = (
        "What is shown in this picture?",
        "Which object did I photograph here?",
        "What have I taken a picture of?",
        "Can you say what this is a photograph of?",
        "There is something in this picture. What is it?",
        "What object is to be seen here?",
    )
    distractors = "lookalike"

    def set_scene(self, stage: Stage) -> SpoiltPicture:
        """As in a drawn room."""
        photograph = stage.likeness
        assert isinstance(photograph, Photograph)
        trouble = Trouble.of(stage)
        worst, seen = stage.draw.whole(2, 5), view(stage.draw, photograph)
        return trouble.in_picture(stage.draw, worst, seen, pictured(photograph, seen.window))


class ImageQuality(Scenario):
    """The subject is there, but the picture is too poor to tell."""

    name = "image_quality"
    dataset = "ImageNet-C"
    row = ImageQualityRow
    questions = (
        "What is shown in this picture?",
        "Which object did I photograph here?",
        "What have I taken a picture of?",
        "Can you say what stands in the room in this picture?",
        "There is something in this picture. What is it?",
        "What object is to be seen here?",
    )
    hint = "Hint: the quality of the picture can be improved."
    interventions: ClassVar[dict[str, tuple[str, ...]]] = {
        "brightness": ("Correct the brightness of the picture.", "Correct the exposure of the picture."),
        "contrast": ("Raise the contrast of the picture.", "Give the picture more contrast, please."),
        "saturation": (
            "Correct the saturation of the colours.",
            "Set the colours of the picture right.",
            "Mend the saturation of the picture, please.",
        ),
        "deblur": ("Remove the blur from the picture.", "Bring the picture into focus, please."),
        "denoise": ("Remove the noise from the picture.", "Clean the picture of its grain, please."),
        "compression": ("Send the picture with less compression.", "Undo the compression of the picture, please."),
        "resolution": ("Show the picture at a higher resolution.", "Send the picture with more pixels, please."),
        "artifacts": ("Repair the lost and displaced lines.", "Mend the transmission errors, please."),
    }
    most_offered = 4
    distractors = "lookalike"
    further = (SpoiltPhotograph(),)

    def set_scene(self, stage: Stage) -> SpoiltPicture:
        """A picture spoilt in one of the eight ways, for which the menu has the repair unless asking is not to help."""
        draw = stage.draw
        trouble = Trouble.of(stage)
        subject = stage.standing(draw.between(0.35, 0.65), draw.between(0.72, 0.86), draw.one(SUBJECT_SIZES))
        worst = draw.whole(2, 5)
        return trouble.in_picture(draw, worst, stage.room(), subject)


class ProactiveImageQualityEnv(ProactiveEnv):
    """The picture is dark, blurred, noisy or spoilt otherwise; ask for the repair that fits.

    ## Description
    A picture is so dark, pale, garish, faded, blurred, noisy, compressed, coarse or broken that the object in it cannot
    be told, and the user asks what it is. Guessing among its lookalikes is right one time in four. The menu offers four
    repairs, of which one fits the damage; each request for it takes one level off, and two to four of them show enough.
    A request for one that does not fit ends the episode.

    ## Action Space
    `Discrete(9)`: the number of an option on the episode's menu, which holds four answers, one way of giving up and
    four of the interventions `brightness`, `contrast`, `saturation`, `deblur`, `denoise`, `compression`, `resolution`
    and `artifacts`, in random order. With `reply="text"` or `"open"` the action is a string.

    ## Observation Space
    `Dict` of `image` (`Box(0, 255, (224, 224, 3), uint8)`, what the user shows now), `dialogue` (text: question, hint
    and lettered menu) and `action_mask` (`MultiBinary(9)`, the options on offer now; all four interventions always
    are).

    ## Starting State
    A subject, a room, four repairs that nobody takes for one another, the damage that one of them mends, its look and
    the number of its levels (2 to 5) are drawn; the picture starts at the worst level, which hides the subject.

    ## Rewards
    1 for the right answer, else 0; any other scheme through `reward=Reward(…)`.

    ## Episode End
    Terminates on an answer, on giving up, on a request for a repair that does not fit and on a reply that names no
    option; truncates when the last turn allowed (one more than there are levels) is spent on a request.

    ## Information
    `episode`, `scenario`, `turn`, `options`, `requests` and `outcome` at every step; `answer`, `sufficiency` (how well
    the subject can be told from its lookalikes, by the severity of the damage; a number per picture shown) and
    `requests_needed` once the episode is over.

    ## Arguments
    See `proactive_gym.envs.arguments.Arguments`. With `control="unhelpful"` none of the four repairs fits the damage,
    and a request for any of them ends the episode.
    `decoys` adds two options to the menu.
    With `source="folder"` photographs are spoilt, see docs/sources.md.
    With `source="proactivebench"` the official rows are played instead of scenes, see docs/benchmark.md.

    ## References
    ProactiveBench (arXiv 2603.19466), ImageNet-C; there every picture has five levels, and the last of them still shows
    a little of the damage.

    ## Version History
    * v0: Initial version.
    """

    scenarios = (ImageQuality(),)
