"""Bad framing in the official data set: crops of photographs that grow."""

from collections.abc import Mapping
from typing import Any, ClassVar

from proactive_gym.sources.proactivebench.row import REFERENCE, Fields, OfficialRow, Photo

Place = tuple[int, int]

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
