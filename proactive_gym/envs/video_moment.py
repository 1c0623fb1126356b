"""The wrong moment of a video: it is not there yet, or no more."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from proactive_gym.draw import Draw
from proactive_gym.envs.base import ProactiveEnv
from proactive_gym.envs.scenario import Scenario, Staging
from proactive_gym.sources.proactivebench.row import Fields, OfficialRow, bare
from proactive_gym.sources.scenes.art import Emoji
from proactive_gym.sources.scenes.backdrops import Room
from proactive_gym.sources.scenes.clip import Clip, Cut, cut
from proactive_gym.sources.scenes.frame import Frame, Layer
from proactive_gym.sources.scenes.likeness import Likeness
from proactive_gym.sources.scenes.props import Drawing, SeekBar, TestCard
from proactive_gym.sources.scenes.stage import Actor, Scene, Stage, share_in_view
from proactive_gym.sources.scenes.subjects import Catalogue, Subject

# What comes out of what, by the subject's kind: any answer on the menu could come out of it.
HATCHLINGS = frozenset(
    {"rooster", "duck", "eagle", "owl", "peacock", "parrot", "swan", "flamingo", "penguin", "turkey"}
)
HATCHLINGS |= {"goose", "crocodile", "turtle", "snake", "lizard", "dinosaur"}
GROWN_KINDS = frozenset({"fruit", "vegetable"})
GROWN = frozenset({"pine tree", "palm tree", "cactus", "sunflower", "tulip", "rose", "potted plant"})
PACKED_KINDS = frozenset({"music", "sport_toy", "clothing", "tool", "household", "electronics_office", "drink_kitchen"})

EGG, SEEDLING, PARCEL = Emoji("1F95A"), Emoji("1F331"), Emoji("1F4E6")
QUESTIONS: dict[Likeness, tuple[str, str]] = {
    EGG: ("What hatches from the egg in this video?", "Which animal comes out of the egg in this video?"),
    SEEDLING: ("What does the seedling in this video grow into?", "Which plant is grown in this video?"),
    PARCEL: ("What is unpacked in this video?", "Which object comes out of the parcel in this video?"),
}
PASSING = ("What passes through in this video?", "Which object moves across in this video?")
QUESTION = (
    "{question}",
    "This is a frame of a video. {question}",
    "I stopped the video at this frame. {question}",
    "{question} Here is one moment of it.",
    "Please look at this frame. {question}",
)
APPEARING = ("What appears in this video?", "Which object is to be seen at some moment of this video?")
GROUND = 0.82
SUBJECT_SIZES = (0.34, 0.38, 0.42)


@dataclass(frozen=True)
class Video(Scene[int]):
    """A clip of as many frames as turns, which may be lost."""

    start: int
    best: int
    turns: int
    lost: bool

    def moves(self, place: int) -> Mapping[str, int]:
        """Back and forth, as far as the clip goes."""
        ways = {"rewind": place - 1, "wait": place + 1}
        return {name: frame for name, frame in ways.items() if 0 <= frame < self.turns}

    def spent(self, place: int) -> frozenset[str]:
        """Nothing to rewind at the first frame, nothing to wait for at the last."""
        return frozenset({"rewind"} if place == 0 else {"wait"} if place == self.turns - 1 else ())

    @property
    def menu(self) -> tuple[str, ...]:
        """Both, even where one of them is not on offer at first."""
        return ("rewind", "wait")


@dataclass(frozen=True)
class Recorded(Video):
    """A recorded clip, in which the subject is to be seen for a while."""

    cut: Cut

    @property
    def words(self) -> Mapping[str, str]:
        """The question."""
        return {"question": APPEARING[self.turns % 2]}

    def picture(self, place: int) -> Frame:
        """The frame; a test card if the recording is lost."""
        return self.cut.picture(place, self.lost)

    def sufficiency(self, place: int) -> float:
        """All or nothing, as the clip is marked."""
        return float(not self.lost and self.cut.shown(place))


@dataclass(frozen=True)
class OnceInAVideo(Video):
    """A clip of which the frames from ``first`` to ``last`` show the subject.

    It crosses the picture, or it comes out of a ``container`` and is taken away later.
    """

    room: Room
    subject: Actor
    container: Actor | None
    direction: int
    first: int
    last: int

    @property
    def words(self) -> Mapping[str, str]:
        """The question, which says how the subject comes about."""
        ways = QUESTIONS[self.container.drawing.likeness] if self.container else PASSING
        return {"question": ways[self.turns % 2]}

    def picture(self, place: int) -> Frame:
        """What is there at that moment; a test card if the recording is lost."""
        bar = Layer(SeekBar(place, self.turns), SeekBar.BOX)
        if self.lost:
            return Frame((Layer(TestCard()), bar))
        subject, container = self._subject(place), self._container(place)
        layers = [*(subject.layers if subject else ()), *(container.layers if container else ())]
        return Frame((Layer(self.room), *layers, bar))

    def sufficiency(self, place: int) -> float:
        """The share of the subject that is in the picture and not in its container."""
        subject, container = self._subject(place), self._container(place)
        if self.lost or subject is None:
            return 0.0
        return share_in_view(subject, covers=[container] if container else [])

    def _subject(self, place: int) -> Actor | None:
        outside = max(self.first - place, 0) - max(place - self.last, 0)
        if outside == 0:
            return self.subject
        if self.container is None:
            return self.subject.moved(-self.direction * 0.6 * outside) if abs(outside) == 1 else None
        if outside == 1 and self.container.drawing.likeness != SEEDLING:
            middle = self.container.box.top + self.container.box.height / 2
            return self.subject.moved(0.0, middle - self.subject.box.bottom)
        return None

    def _container(self, place: int) -> Actor | None:
        return self.container if place < self.first else None


class VideoMomentRow(OfficialRow[int]):
    """Frames of a video, some apart; a place is a frame's number."""

    marks: ClassVar[dict[str, tuple[str, ...]]] = {"rewind": ("rewind the video.",), "wait": ("wait for the",)}

    def __init__(self, fields: Fields) -> None:
        """As many turns as the row allows, whatever the number of frames."""
        super().__init__(fields)
        self.frames = fields.count("num_images")
        self.step = fields.count("step_size")
        self.turns = fields.count("max_steps")
        self.start = fields.whole("first_image", 0, self.frames - 1)
        waiting = [bare(option.text) for option in self.asking if option.name == "wait"]
        self.suggestions = (*waiting, "Rewind the video")  # type: ignore[misc]  # here each row has its own

    def file(self, place: int) -> str:
        """The frame."""
        return self.filled(image=place)

    def ways(self, place: int) -> Mapping[str, int]:
        """A step back, a step on, as far as there are frames."""
        both = {"rewind": place - self.step, "wait": place + self.step}
        return {name: there for name, there in both.items() if 0 <= there < self.frames}

    def ended(self, place: int) -> frozenset[str]:
        """What would lead out of the video; where both would, the benchmark takes off the menu only the way back."""
        ways = self.ways(place)
        return frozenset([name for name in ("rewind", "wait") if name not in ways][:1])


class MomentInAClip(Staging):
    """A recorded clip, stopped at a frame in which the subject is not there."""

    needs = "clip with a moment"
    questions = QUESTION

    def set_scene(self, stage: Stage) -> Recorded:
        """A part of the clip; if asking is not to help, the recording is lost."""
        clip = stage.likeness
        assert isinstance(clip, Clip)
        part = cut(stage.draw, clip)
        showing, start = part.showing, stage.draw.one(part.away(lambda one, other: abs(one - other)))
        return Recorded(start, showing[len(showing) // 2], len(part.places), stage.unhelpful, part)


class VideoMoment(Scenario):
    """The subject is in the video, but not in this frame of it."""

    name = "video_moment"
    dataset = "ChangeIt"
    row = VideoMomentRow
    questions = QUESTION
    hint = "Hint: the video can be wound back or played on."
    interventions: ClassVar[dict[str, tuple[str, ...]]] = {
        "rewind": ("Rewind the video.", "Wind the video back a little.", "Show me what happened before this moment."),
        "wait": ("Wait for the object to appear.", "Play the video a little further.", "Show me what happens next."),
    }
    most_offered = 2
    further = (MomentInAClip(),)

    def wrong_answers(self, draw: Draw, subject: Subject, catalogue: Catalogue) -> list[Subject]:
        """Others that could come out of the same container, so that the first frames tell nothing."""
        return draw.some(_companions(subject, catalogue), 3)

    def set_scene(self, stage: Stage) -> OnceInAVideo:
        """A clip stopped before the subject comes or after it has gone."""
        draw = stage.draw
        subject = stage.standing(draw.between(0.42, 0.58), GROUND, draw.one(SUBJECT_SIZES))
        frames = draw.whole(8, 12)
        first = draw.whole(3, frames - 4)
        last = min(frames - 2, first + draw.whole(1, 2))
        early = draw.chance(0.6)
        start = draw.whole(max(0, first - 4), first - 2) if early else draw.whole(last + 2, min(frames - 1, last + 4))
        container = _container(stage, subject)
        return OnceInAVideo(
            room=stage.room(),
            subject=subject,
            container=container,
            direction=draw.one((-1, 1)),
            first=first,
            last=last,
            start=start,
            best=(first + last) // 2,
            turns=frames,
            lost=stage.unhelpful,
        )


@lru_cache(maxsize=1024)
def _companions(subject: Subject, catalogue: Catalogue) -> tuple[Subject, ...]:
    """Subjects of its split that come about as it does: out of the same container, or just by."""
    origin, alike = origin_of(subject, catalogue), {subject.name, *subject.mistaken_for}
    others = catalogue.of(subject.split)
    return tuple(other for other in others if other.name not in alike and origin == origin_of(other, catalogue))


@lru_cache(maxsize=1024)
def origin_of(subject: Subject, catalogue: Catalogue) -> Emoji | None:
    """What the subject comes out of; ``None`` if it just comes by.

    So do those whose container has too few of their split for a menu: one filled up with others would tell on them.
    """
    origin = _container_of(subject)
    family = [other for other in catalogue.of(subject.split) if _container_of(other) == origin]
    strangers = [sum(other.name not in (one.name, *one.mistaken_for) for other in family) for one in family]
    return origin if min(strangers) >= 3 else None


def _container_of(subject: Subject) -> Emoji | None:
    if subject.name in HATCHLINGS:
        return EGG
    if subject.kind in GROWN_KINDS or subject.name in GROWN:
        return SEEDLING
    return PARCEL if subject.kind in PACKED_KINDS and subject.name != "cardboard box" else None


def _container(stage: Stage, subject: Actor) -> Actor | None:
    """What all the answers on the menu could come out of; nothing if they just come by."""
    origin = origin_of(stage.subject, stage.catalogue)
    if origin is None:
        return None
    drawing = Drawing(origin)
    return Actor(drawing, drawing.standing(subject.box.left + subject.box.width / 2, GROUND + 0.02, 0.34))


class ProactiveVideoMomentEnv(ProactiveEnv):
    """The video has stopped too early or too late; ask for another moment.

    ## Description
    The user asks about something that happens in a video: an egg hatches, a seedling grows, a parcel is unpacked,
    something crosses the picture. But the video is stopped at a frame in which it has not happened yet, or is over. The
    bar at the lower edge shows where in the clip the frame is, and so, most of the time, which way to go.

    ## Action Space
    `Discrete(7)`: the number of an option on the episode's menu, which holds four answers, one way of giving up and the
    two interventions `wait` and `rewind`, in random order. With `reply="text"` or `"open"` the action is a string.

    ## Observation Space
    `Dict` of `image` (`Box(0, 255, (224, 224, 3), uint8)`, what the user shows now), `dialogue` (text: question, hint
    and lettered menu) and `action_mask` (`MultiBinary(7)`, the options on offer now: `rewind` is off the menu at the
    first frame, `wait` at the last).

    ## Starting State
    A subject, a room, the clip's length (8 to 12 frames), the two to three frames that show the subject and a moment
    two to four frames away from them are drawn. All four answers could come out of the egg, the seedling or the parcel.

    ## Rewards
    1 for the right answer, else 0; any other scheme through `reward=Reward(…)`.

    ## Episode End
    Terminates on an answer, on giving up and on a reply that names no option; truncates when the last turn allowed (one
    a frame) is spent on a request.

    ## Information
    `episode`, `scenario`, `turn`, `options`, `requests` and `outcome` at every step; `answer`, `sufficiency` (the share
    of the subject to be seen, a number per picture shown) and `requests_needed` once the episode is over.

    ## Arguments
    See `proactive_gym.envs.arguments.Arguments`. With `control="unhelpful"` the recording is lost: a test card
    throughout.
    `decoys` adds two options to the menu.
    With `source="folder"` recorded clips are stopped at the wrong moment, see docs/sources.md.
    With `source="proactivebench"` the official rows are played instead of scenes, see docs/benchmark.md.

    ## References
    ProactiveBench (arXiv 2603.19466), ChangeIt; there the video stands at its first frame, and some questions are about
    actions.

    ## Version History
    * v0: Initial version.
    """

    scenarios = (VideoMoment(),)
