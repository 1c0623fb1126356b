"""Bad framing in photographs: only a part of one is to be seen, which all but misses the subject, and which grows."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from proactive_gym.envs.framing_camera import SLIVERS, WAYS, WAYS_BACK, Camera, Step, end_of_print, steps_to_go
from proactive_gym.envs.scenario import Staging
from proactive_gym.sources.decoding import SURROUND
from proactive_gym.sources.scenes.frame import Box, Frame, Layer
from proactive_gym.sources.scenes.likeness import Likeness
from proactive_gym.sources.scenes.photograph import Photograph, Pictured, View
from proactive_gym.sources.scenes.props import Cover, Drawing
from proactive_gym.sources.scenes.stage import Stage

# In lengths of the subject's longer side:
LEAST, MOST = 0.25, 0.8  # how much of the photograph beside the subject there must be, and how much of it is shown
MARGIN = 0.08  # how much is shown around the subject at the end
LESS = 0.5
"""So much of what is seen of a drawing is seen of a photograph, whose surface tells more."""

Span = tuple[float, float]
"""From where to where, in pixels of the photograph, along one of its sides."""


class Crops(NamedTuple):
    """A way in which a photograph can be framed badly.

    Attributes:
        sides: The ways that lead to the subject.
        ways: What the camera has to do: go these ways, or farther away.
        first: What is to be seen at the start, in pixels.
        last: What is to be seen at the end.
    """

    sides: tuple[str, ...]
    ways: tuple[str, ...]
    first: Box
    last: Box


@dataclass(frozen=True)
class GrowingCrop(Camera):
    """A part of a photograph that grows towards the subject, with grey beside it where it is no square."""

    photograph: Photograph

    def picture(self, place: Step) -> Frame:
        """The part that is to be seen."""
        crop = self.window(place)
        side = max(crop.width, crop.height)
        square = Box(crop.left + (crop.width - side) / 2, crop.top + (crop.height - side) / 2, side, side)
        bars = tuple([Layer(Cover(*SURROUND), bar) for bar in _bars(crop.seen_through(square))])
        frame = self.through(square, Layer(View(self.photograph, square), square))
        return Frame((*frame.layers, *bars))


class CutOffInAPhotograph(Staging):
    """The subject of a photograph is off the picture; where the photograph has room beside the subject."""

    needs = "photograph"
    questions = (
        "Something is cut off at the edge of this picture. What is it?",
        "I wanted to photograph something, but it is hardly in the picture. What is it?",
        "Which object did I miss with my camera here?",
        "The thing that I mean is mostly outside of this picture. Can you say what it is?",
        "What is it that is cut off by the edge of the picture?",
    )
    distractors = "lookalike"

    def shows(self, likeness: Likeness) -> bool:
        """Whether it is a photograph with room beside the subject."""
        return isinstance(likeness, Photograph) and bool(possible_crops(likeness))

    def set_scene(self, stage: Stage) -> GrowingCrop:
        """A camera that sees next to nothing of the subject; if asking is not to help, the photograph ends there."""
        draw, photograph = stage.draw, stage.likeness
        assert isinstance(photograph, Photograph)
        crops, steps = draw.one(possible_crops(photograph)), draw.whole(2, 4)
        edges = [(side, crops.first) for side in crops.sides]
        return GrowingCrop(
            subject=Pictured(Drawing(photograph), photograph.box),
            first=crops.first,
            last=crops.last,
            ways=crops.ways,
            steps=steps,
            print_edge=end_of_print(edges, crops.last) if stage.unhelpful else (),
            start=steps_to_go(crops.ways, steps),
            best=(0, 0),
            turns=steps * len(crops.ways) + 2,
            photograph=photograph,
        )


@lru_cache(maxsize=4096)
def possible_crops(photograph: Photograph) -> tuple[Crops, ...]:
    """All ways in which it can be framed badly without a look beyond its edge."""
    room = _room_beside(photograph)
    sides = [side for side in WAYS if room[side] >= LEAST]
    corners = [(one, other) for one in sides for other in sides if WAYS[one][0] and WAYS[other][1]]
    amid = [corner for corner in corners if min(room[side] for side in corner) >= 2 * LEAST]
    return (
        *(_crops(photograph, (side,), room) for side in sides),
        *(_crops(photograph, corner, room) for corner in corners),
        *(_crops(photograph, corner, room, away=True) for corner in amid),
    )


def _room_beside(photograph: Photograph) -> dict[str, float]:
    """How much of the photograph the camera sees that has to go a way to the subject."""
    box = photograph.box
    longer = max(box.width, box.height)
    return {
        "camera_left": (photograph.width - box.right) / longer,
        "camera_right": box.left / longer,
        "camera_up": (photograph.height - box.bottom) / longer,
        "camera_down": box.top / longer,
    }


def _crops(photograph: Photograph, sides: tuple[str, ...], room: dict[str, float], away: bool = False) -> Crops:
    box = photograph.box
    longer, sliver = max(box.width, box.height), LESS * SLIVERS[len(sides)]
    spans = [(box.left, box.right, photograph.width), (box.top, box.bottom, photograph.height)]
    firsts: list[Span | None] = [None, None]
    lasts = [_grown((near, far), far - near + 2 * MARGIN * longer, whole) for near, far, whole in spans]
    for side in sides:
        axis = 0 if WAYS[side][0] else 1
        near, far, _ = spans[axis]
        strip, hidden = min(MOST, room[side]) * longer, (1 - sliver) * (far - near)
        kept = strip / 2 if away else strip
        if WAYS[side][axis] < 0:  # the camera has to go to the left: it sees what is on the right
            firsts[axis], lasts[axis] = (near + hidden, far + kept), (lasts[axis][0], far + strip)
        else:
            firsts[axis], lasts[axis] = (near - kept, far - hidden), (near - strip, lasts[axis][1])
    for axis in (0, 1):
        if firsts[axis] is None:  # as long as the other side, if there is so much
            other = lasts[1 - axis]
            lasts[axis] = _grown(lasts[axis], other[1] - other[0], spans[axis][2])
    first = [one or last for one, last in zip(firsts, lasts, strict=True)]
    return Crops(sides, WAYS_BACK if away else sides, _box(*first), _box(*lasts))


def _grown(span: Span, length: float, whole: float) -> Span:
    """The span made longer on both ends, up to a length, within ``0 … whole``."""
    missing = max(0.0, min(length, whole) - (span[1] - span[0]))
    start = min(max(0.0, span[0] - missing / 2), whole - (span[1] - span[0]) - missing)
    return start, start + span[1] - span[0] + missing


def _box(across: Span, down: Span) -> Box:
    return Box(across[0], down[0], across[1] - across[0], down[1] - down[0])


def _bars(crop: Box) -> list[Box]:
    """What of the picture is beside the crop."""
    if crop.height < crop.width:
        return [Box(0.0, 0.0, 1.0, crop.top), Box(0.0, crop.bottom, 1.0, 1.0 - crop.bottom)]
    if crop.width < crop.height:
        return [Box(0.0, 0.0, crop.left, 1.0), Box(crop.right, 0.0, 1.0 - crop.right, 1.0)]
    return []
