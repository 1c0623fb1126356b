"""Subjects in videos: clips of which some frames show the subject."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NamedTuple

from PIL import Image

from proactive_gym.draw import Draw
from proactive_gym.sources.decoding import fitted
from proactive_gym.sources.scenes.frame import Frame, Layer, Prop
from proactive_gym.sources.scenes.kept import Kept
from proactive_gym.sources.scenes.likeness import Likeness
from proactive_gym.sources.scenes.photograph import photograph_in
from proactive_gym.sources.scenes.props import SeekBar, TestCard
from proactive_gym.sources.video import frames_of

KEPT_BYTES = 256 * 2**20
"""Most memory for decoded clips; all environments of a process share it."""
LARGEST = 640
"""Pixels of a frame's longer side that are kept."""
REEL = 48
"""The most frames of a clip that are shown at all, evenly spread; they are decoded together."""
FRAMES = (8, 12)
"""The fewest and the most frames of an episode's clip; a short one may have fewer."""


@dataclass(frozen=True)
class Clip(Likeness):
    """A video, or a folder of its frames.

    Attributes:
        files: The video's file, or a file for each frame of the reel.
        numbers: Which of the video's frames make up the reel, from 0.
        shows: For each frame of the reel, whether it shows the subject.
    """

    files: tuple[str, ...]
    numbers: tuple[int, ...]
    shows: tuple[bool, ...]

    def picture(self) -> Image.Image:
        """The frame in the middle of those that show the subject, opaque.

        Raises:
            PictureError: If the file is missing or damaged.
        """
        showing = [place for place, shown in enumerate(self.shows) if shown]
        return self.frame(showing[len(showing) // 2]).convert("RGBA")

    def frame(self, place: int) -> Image.Image:
        """A frame of the reel, RGB.

        Raises:
            PictureError: If the file is missing or damaged.
        """
        if len(self.files) == 1:
            return _reels(_Reel(self.files[0], self.numbers))[place]
        return _reels(_Reel(self.files[place]))[0]


@dataclass(frozen=True)
class HiddenInClip(Clip):
    """A clip in which the subject is covered up whenever it is not to be seen."""

    gives: ClassVar[frozenset[str]] = frozenset({"clip with something passing"})


@dataclass(frozen=True)
class AbsentFromClip(Clip):
    """A clip in which the subject is not there whenever it is not to be seen."""

    gives: ClassVar[frozenset[str]] = frozenset({"clip with a moment"})


class _Reel(NamedTuple):
    file: str
    numbers: tuple[int, ...] | None = None
    """Frames of a video; a picture is one frame."""


def _decoded(reel: _Reel) -> list[Image.Image]:
    if reel.numbers is not None:
        return frames_of(Path(reel.file), reel.numbers, LARGEST)
    return [photograph_in(reel.file, LARGEST)]


def _nbytes(frames: list[Image.Image]) -> int:
    return sum([3 * frame.width * frame.height for frame in frames])


_reels = Kept[_Reel, list[Image.Image]](_decoded, _nbytes, KEPT_BYTES)


@dataclass(frozen=True)
class Still(Prop):
    """A frame of a clip, whole, with grey around it where it is no square."""

    backdrop = True
    opaque = True

    clip: Clip
    place: int

    def paint(self, width: int, height: int) -> Image.Image:
        """The frame."""
        return fitted(self.clip.frame(self.place), max(width, height)).resize((width, height))


class Cut(NamedTuple):
    """Frames of a clip's reel, as far apart as each other, of which some show the subject."""

    clip: Clip
    places: tuple[int, ...]

    def shown(self, frame: int) -> bool:
        """Whether that frame of the cut shows the subject."""
        return self.clip.shows[self.places[frame]]

    @property
    def showing(self) -> list[int]:
        """The frames that do."""
        return [frame for frame in range(len(self.places)) if self.shown(frame)]

    def picture(self, frame: int, lost: bool) -> Frame:
        """That frame, or a test card if the recording is lost, above the bar that tells where in the cut it is."""
        bar = Layer(SeekBar(frame, len(self.places)), SeekBar.BOX)
        return Frame((Layer(TestCard() if lost else Still(self.clip, self.places[frame])), bar))

    def away(self, distance: Callable[[int, int], int]) -> list[int]:
        """The frames that are farthest from showing the subject, as the distance between frames has it, but at most 3.

        What is just about to come, or to be uncovered, may be there by half.
        """
        showing = self.showing
        far = [min(3, min(distance(frame, there) for there in showing)) for frame in range(len(self.places))]
        return [frame for frame, steps in enumerate(far) if steps == max(far)]


def cut(draw: Draw, clip: Clip) -> Cut:
    """A part of the clip, or all of it in larger steps, with frames of both kinds."""
    whole, wanted = len(clip.shows), draw.whole(*FRAMES)
    runs = runs_of(clip.shows)
    first, last = draw.one(runs)
    # Steps so large that no more frames are needed, and so small that none of them leaps over the subject.
    step = max(1, min(-(-whole // wanted), last - first + 1))
    middle, before = (first + last) // 2, draw.whole(2, wanted - 3)
    for ahead in (before, 0, wanted - 1):  # where that leaves nothing but the subject, all before it or all after it
        places = [middle + step * (number - ahead) for number in range(wanted)]
        made = Cut(clip, tuple([place for place in places if 0 <= place < whole]))
        if len(made.showing) < len(made.places):
            return made
    return Cut(clip, tuple(range(whole)))


def runs_of(shows: Sequence[bool]) -> list[tuple[int, int]]:
    """First and last place of each unbroken run of places that show the subject."""
    edges = [False, *shows, False]
    starts = [place for place in range(len(shows)) if edges[place + 1] and not edges[place]]
    ends = [place for place in range(len(shows)) if edges[place + 1] and not edges[place + 2]]
    return list(zip(starts, ends, strict=True))
