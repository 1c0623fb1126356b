"""Occlusion in video: someone passes before the subject."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from proactive_gym.draw import Draw
from proactive_gym.envs.base import ProactiveEnv
from proactive_gym.envs.scenario import Scenario, Staging
from proactive_gym.sources.proactivebench.row import Fields, OfficialRow
from proactive_gym.sources.scenes.art import Emoji
from proactive_gym.sources.scenes.backdrops import Room
from proactive_gym.sources.scenes.clip import Clip, Cut, cut
from proactive_gym.sources.scenes.frame import Box, Frame, Layer
from proactive_gym.sources.scenes.likeness import aspect, solid_box
from proactive_gym.sources.scenes.props import Drawing, SeekBar
from proactive_gym.sources.scenes.stage import Actor, Scene, Stage, shares_in_view

GROUND = 0.8
SPOT = 0.32  # the side of the square that holds the subject, and that a passer hides, whatever the subject's shape
SUBJECT_SIZES = (0.26, 0.29, 0.32)
PEOPLE = (Emoji("1F467"), Emoji("1F9D5"), Emoji("1F478"))  # drawn to the waist: they pass close to the camera
CROWD_STEP = 0.11
VEHICLES = (Emoji("1F69B"), Emoji("1F68E"), Emoji("1F690"))
PEOPLE_AND_VEHICLES = PEOPLE + VEHICLES


@dataclass(frozen=True)
class EndlessVideo(Scene[int]):
    """A clip of as many frames as turns, which begins anew at its end."""

    start: int
    best: int
    turns: int

    def moves(self, place: int) -> Mapping[str, int]:
        """Back and forth, always."""
        return {"rewind": (place - 1) % self.turns, "wait": (place + 1) % self.turns}


@dataclass(frozen=True)
class Recorded(EndlessVideo):
    """A recorded clip, in which something passes before the subject."""

    cut: Cut
    lost: bool

    def picture(self, place: int) -> Frame:
        """The frame; a test card if the recording is lost."""
        return self.cut.picture(place, self.lost)

    def sufficiency(self, place: int) -> float:
        """All or nothing, as the clip is marked."""
        return float(not self.lost and self.cut.shown(place))


@dataclass(frozen=True)
class PassersBy(EndlessVideo):
    """A clip in which passers cross."""

    room: Room
    subject: Actor
    passers: tuple[Actor, ...]
    step: float
    shares: tuple[float, ...]

    def picture(self, place: int) -> Frame:
        """The subject, and whoever is before it."""
        passing = [Layer(passer.drawing, passer.box) for passer in self._passing(place)]
        bar = Layer(SeekBar(place, self.turns), SeekBar.BOX)
        return Frame((Layer(self.room), *self.subject.layers, *passing, bar))

    def sufficiency(self, place: int) -> float:
        """The share of the subject that no passer hides."""
        return self.shares[place]

    def _passing(self, place: int) -> list[Actor]:
        return [passer.moved(self.step * (place - self.start)) for passer in self.passers]


class VideoOcclusionRow(OfficialRow[int]):
    """Frames of a video, on a circle; a place is a frame's number."""

    marks: ClassVar[dict[str, tuple[str, ...]]] = {"rewind": ("rewind the video.",), "wait": ("wait for the",)}
    suggestions = ("Wait for the occlusion to disappear", "Rewind the video", "Move the camera")

    def __init__(self, fields: Fields) -> None:
        """As many turns as frames."""
        super().__init__(fields)
        fields.flag("strong_occlusions")
        self.turns = fields.count("num_images")
        self.start = fields.whole("first_image", 0, self.turns - 1)

    def file(self, place: int) -> str:
        """The frame."""
        return self.filled(image=f"{place:04}")

    def reference_file(self) -> str:
        """The frame that the row names."""
        return self.file(self.reference_image)

    def ways(self, place: int) -> Mapping[str, int]:
        """A frame back, a frame on; the last is followed by the first."""
        return {"rewind": (place - 1) % self.turns, "wait": (place + 1) % self.turns}


class SomethingPassesInAClip(Staging):
    """A recorded clip, stopped at a frame in which the subject is covered up."""

    needs = "clip with something passing"
    questions = (
        "I paused the video here. Which object is hidden from view?",
        "In this moment of the video something is covered up. What is it?",
        "Look at this frame of a video: which object is being blocked?",
        "Something got into the picture. What was I filming in this video?",
    )

    def set_scene(self, stage: Stage) -> Recorded:
        """A part of the clip; if asking is not to help, the recording is lost."""
        clip = stage.likeness
        assert isinstance(clip, Clip)
        part = cut(stage.draw, clip)
        frames = len(part.places)

        def apart(one: int, other: int) -> int:
            return min((one - other) % frames, (other - one) % frames)

        showing = part.showing
        return Recorded(stage.draw.one(part.away(apart)), showing[len(showing) // 2], frames, part, stage.unhelpful)


class VideoOcclusion(Scenario):
    """Someone walks or drives past, just before what the user asks about."""

    name = "video_occlusion"
    dataset = "OcclusionDataSet-MM20"
    row = VideoOcclusionRow
    questions = (
        "This is a frame of a video. What is standing behind the passer-by?",
        "I paused the video here. Which object is hidden from view?",
        "In this moment of the video something is covered up. What is it?",
        "What does the one who passes by hide in this frame of the video?",
        "Look at this frame of a video: which object is being blocked?",
        "Somebody got into the picture. What was I filming in this video?",
    )
    hint = "Hint: the video can be wound back or played on."
    interventions: ClassVar[dict[str, tuple[str, ...]]] = {
        "rewind": ("Rewind the video.", "Wind the video back a little.", "Go back to an earlier moment of the video."),
        "wait": (
            "Wait for the view to become clear.",
            "Play the video a little further.",
            "Go on to a later moment of the video.",
        ),
    }
    most_offered = 2
    further = (SomethingPassesInAClip(),)

    def set_scene(self, stage: Stage) -> PassersBy:
        """Passers that hide the subject altogether at first; a crowd in every frame if asking is not to help."""
        draw = stage.draw
        centre = draw.between(0.34, 0.66)
        subject = stage.standing(centre, GROUND - 0.02, draw.one(SUBJECT_SIZES))
        # A van before one of several vehicles on the menu would be an unfair question.
        drivers = not any(answer.kind == "vehicle" for answer in stage.answers)
        room = stage.room(outdoors=drivers)
        first = _passer(draw, centre, drivers)
        frames = draw.whole(9, 12)
        start = draw.whole(2, frames - 3)
        step = (first.box.width + SPOT) / 2 / draw.one((1.0, 1.6, 2.4)) * draw.one((-1, 1))
        if stage.unhelpful:
            passers, step, best = _crowd(draw, centre), CROWD_STEP, start
        else:
            # Another one follows, so that waiting and rewinding are not the same.
            second = _passer(draw, centre, drivers)
            distance = (first.box.width + second.box.width) / 2 + draw.one((0.05, 0.4))
            passers = (first, second.moved(-distance if step > 0 else distance))
        shares = shares_in_view(subject, passers, [step * (place - start) for place in range(frames)])
        if not stage.unhelpful:
            best = max(range(frames), key=lambda place: (round(shares[place], 6), -abs(place - start)))
        return PassersBy(start, best, frames, room, subject, passers, step, shares)


def _passer(draw: Draw, centre: float, drivers: bool) -> Actor:
    """Someone so large that the solid part of the drawing covers the subject's spot."""
    drawing = Drawing(draw.one(PEOPLE_AND_VEHICLES if drivers else PEOPLE), draw.chance(0.5))
    return Actor(drawing, _box_to_hide_behind(drawing).shifted(centre))


@lru_cache(maxsize=64)
def _box_to_hide_behind(drawing: Drawing) -> Box:
    """The box in which it hides a spot at the picture's left edge."""
    likeness, hidden = drawing.likeness, SPOT + 0.08
    left, top, right, bottom = solid_box(likeness)
    if drawing.flipped:
        left, right = 1 - right, 1 - left
    shape = aspect(likeness)
    if likeness in PEOPLE:
        feet = 1.02
        height = max((feet - GROUND + hidden) / (1 - top), hidden / (right - left) / shape)
    else:
        height = max(hidden / (bottom - top), hidden / (right - left) / shape)
        feet = GROUND + 0.04 + (1 - bottom) * height
    width = height * shape
    return Box(-width * (left + right) / 2, feet - height, width, height)


def _crowd(draw: Draw, centre: float) -> tuple[Actor, ...]:
    """People in two rows, so many that they do not come to an end within the longest clip."""
    rows = []
    for row in range(2):
        person = _passer(draw, centre, drivers=False)
        spacing = 0.7 * SPOT
        rows += [person.moved(spacing * (number + row / 2), 0.04 * row) for number in range(-11, 12)]
    return tuple(rows)


class ProactiveVideoOcclusionEnv(ProactiveEnv):
    """Someone passes before the subject; ask for another moment of the video.

    ## Description
    The user has stopped a video just when somebody, or something on wheels, passes before an object, and asks what is
    hidden. Waiting plays the video on by a frame, rewinding winds it back by one; another passer may follow, so the two
    are not the same. A bar at the lower edge shows where in the clip the frame is. At its end the clip begins anew.

    ## Action Space
    `Discrete(7)`: the number of an option on the episode's menu, which holds four answers, one way of giving up and the
    two interventions `wait` and `rewind`, in random order. With `reply="text"` or `"open"` the action is a string.

    ## Observation Space
    `Dict` of `image` (`Box(0, 255, (224, 224, 3), uint8)`, what the user shows now), `dialogue` (text: question, hint
    and lettered menu) and `action_mask` (`MultiBinary(7)`, the options on offer now; both interventions always are).

    ## Starting State
    A subject, a room, two passers, their direction and speed, the clip's length (9 to 12 frames) and the moment are
    drawn; in the first frame the subject is hidden altogether.

    ## Rewards
    1 for the right answer, else 0; any other scheme through `reward=Reward(…)`.

    ## Episode End
    Terminates on an answer, on giving up and on a reply that names no option; truncates when the last turn allowed (one
    a frame) is spent on a request.

    ## Information
    `episode`, `scenario`, `turn`, `options`, `requests` and `outcome` at every step; `answer`, `sufficiency` (the share
    of the subject that no passer hides, a number per picture shown) and `requests_needed` once the episode is over.

    ## Arguments
    See `proactive_gym.envs.arguments.Arguments`. With `control="unhelpful"` a crowd fills every frame.
    `decoys` adds two options to the menu.
    With `source="folder"` recorded clips are stopped while something passes, see docs/sources.md.
    With `source="proactivebench"` the official rows are played instead of scenes, see docs/benchmark.md.

    ## References
    ProactiveBench (arXiv 2603.19466), OcclusionDataSet-MM20; its clips have about 230 frames and ask about people and
    events.

    ## Version History
    * v0: Initial version.
    """

    scenarios = (VideoOcclusion(),)
