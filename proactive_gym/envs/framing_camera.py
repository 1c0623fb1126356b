"""The camera of the framing scenario: windows, from one that misses the subject to one that holds it."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from proactive_gym.sources.scenes.frame import Box, Frame, Layer
from proactive_gym.sources.scenes.props import Cover
from proactive_gym.sources.scenes.stage import Actor, Scene, share_in_view

Step = tuple[float, float]

# For each way of moving the camera, the sides on which the subject is off the picture.
WAYS = {
    "camera_left": (-1, 0),
    "camera_right": (1, 0),
    "camera_up": (0, -1),
    "camera_down": (0, 1),
}
WAYS_BACK: tuple[str, ...] = ("farther",)
PAPER, TABLE = (244, 242, 236), (92, 70, 54)
SLIVERS = {1: 0.04, 2: 0.17}  # how much of the subject's width or height is in the first picture, by the number of ways
CLOSE = 0.44  # how much of the home window a camera sees that stands too close
CORNER = 0.19  # how much of the subject's width and height it sees
OF_A_PHOTOGRAPH = 0.2  # what such shares are of where the subject is a photograph: about half of what its sides are


@dataclass(frozen=True)
class Camera(Scene[Step]):
    """A camera that looks beside the subject, or stands too close to it.

    A place is how many steps the camera still has to go sideways and up or down (or away: then both are one number).
    """

    subject: Actor
    first: Box
    last: Box
    ways: tuple[str, ...]
    steps: int
    print_edge: tuple[Layer, ...]
    start: Step
    best: Step
    turns: int

    def through(self, window: Box, *layers: Layer) -> Frame:
        """What a window shows of the layers, and of the print's edge if there is one."""
        shown = (*layers, *self.print_edge)
        return Frame(tuple(Layer(layer.prop, layer.box.seen_through(window)) for layer in shown))

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
        return share_in_view(self.subject, self.window(place), covers)

    def window(self, place: Step) -> Box:
        """What the camera sees there."""
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


def steps_to_go(ways: tuple[str, ...], steps: int) -> Step:
    """The place of the first window."""
    upright = {"camera_up", "camera_down"}
    return (steps if set(ways) - upright else 0, steps if set(ways) & upright else 0)


def reach(subject: Actor, share: float) -> tuple[float, float]:
    """How far that share of the subject reaches into a picture, sideways and up or down.

    A photograph's surface tells more than a drawing's, and one may be far narrower than another: less of it is seen,
    and of all as much.
    """
    if subject.drawing.likeness.is_photographic:
        return OF_A_PHOTOGRAPH * share, OF_A_PHOTOGRAPH * share
    return share * subject.box.width, share * subject.box.height


def side_of(ways: tuple[str, ...]) -> tuple[int, int]:
    """On which side of the picture the subject is: -1 on the left or above, 1 on the right or below, 0 on neither."""
    return sum(WAYS[way][0] for way in ways), sum(WAYS[way][1] for way in ways)


def beside(subject: Actor, ways: tuple[str, ...], far: tuple[float, float]) -> Box:
    """A window into which the subject reaches so far, sideways and up or down, on the side that ``ways`` lead to."""
    (x, y), (across, down), box = side_of(ways), far, subject.box
    left = {-1: box.right - across, 1: box.left + across - 1, 0: 0.0}[x]
    top = {-1: box.bottom - down, 1: box.top + down - 1, 0: 0.0}[y]
    return Box(left, top, 1.0, 1.0)


def too_close(subject: Actor, right: int, low: int) -> Box:
    """A small window into which only a corner of the subject reaches."""
    box, (across, down) = subject.box, reach(subject, CORNER)
    left = box.right - across if right else box.left + across - CLOSE
    top = box.bottom - down if low else box.top + down - CLOSE
    return Box(left, top, CLOSE, CLOSE)


def end_of_print(edges: Iterable[tuple[str, Box]], world: Box) -> tuple[Layer, ...]:
    """The white edge of the print that the camera looks at, and the table that it lies on.

    Args:
        edges: Ways in which the print ends, each with a window that is to show its edge.
        world: How far the table reaches.
    """
    layers = []
    for way, window in edges:
        for paint, margin in ((PAPER, 0.05), (TABLE, 0.028)):
            inside = margin * max(window.width, window.height)
            layers.append(Layer(Cover(*paint), _outside(window, WAYS[way], inside, world)))
    return tuple(layers)


def _outside(window: Box, side: tuple[int, int], margin: float, world: Box) -> Box:
    """All of the world on one side of the window, and the window's own margin there."""
    west, north, east, south = world.left, world.top, world.right, world.bottom
    if side[0] < 0:
        east = window.left + margin
    elif side[0] > 0:
        west = window.right - margin
    elif side[1] < 0:
        south = window.top + margin
    else:
        north = window.bottom - margin
    return Box(west, north, east - west, south - north)
