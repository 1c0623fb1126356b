"""Where a scene is set: what a scenario is given to make an episode's scene of, and what it makes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from proactive_gym.draw import Draw
from proactive_gym.phrases import Phrases, Phrasing
from proactive_gym.sources.scenes.backdrops import GROUND_STYLES, OUTDOORS, ROOM_STYLES, Ground, Room
from proactive_gym.sources.scenes.frame import PICTURE, Box, Layer
from proactive_gym.sources.scenes.likeness import GRID, Likeness, ink, ink_sums, ringed_opacity
from proactive_gym.sources.scenes.props import Drawing, Shadow
from proactive_gym.sources.scenes.subjects import Catalogue, Subject
from proactive_gym.world import Place, World


@dataclass(frozen=True)
class Actor:
    """A drawing at its place: most often the subject."""

    drawing: Drawing
    box: Box

    @cached_property
    def layers(self) -> tuple[Layer, Layer]:
        """Its shadow, and itself."""
        return Layer(Shadow(), Shadow.under(self.box)), Layer(self.drawing, self.box)

    def moved(self, x: float, y: float = 0.0) -> "Actor":
        """The same drawing elsewhere."""
        return Actor(self.drawing, self.box.shifted(x, y))


@dataclass(frozen=True)
class Stage:
    """What a scenario's ``set_scene`` gets.

    Attributes:
        draw: The episode's own random draws.
        subject: What the question is about.
        likeness: What it looks like here.
        answers: All subjects on the menu, the right one among them.
        catalogue: All subjects of the source.
        unhelpful: Whether the scene is to be one in which asking cannot help, and is seen not to.
    """

    draw: Draw
    subject: Subject
    likeness: Likeness
    answers: tuple[Subject, ...]
    catalogue: Catalogue
    unhelpful: bool = False

    def room(self, outdoors: bool = False) -> Room:
        """A room to set the scene in, or some place outdoors."""
        style = self.draw.whole(0, ROOM_STYLES - 1)
        return Room(style - style % OUTDOORS + OUTDOORS - 1 if outdoors else style)

    def ground(self) -> Ground:
        """A ground seen from above."""
        return Ground(self.draw.whole(0, GROUND_STYLES - 1))

    def standing(self, centre: float, ground: float, size: float) -> Actor:
        """The subject, turned either way, with its feet at height ``ground`` and its longer side ``size``."""
        drawing = Drawing(self.likeness, self.draw.chance(0.5))
        return Actor(drawing, drawing.standing(centre, ground, size))

    def others(self, number: int) -> list[Subject]:
        """Further subjects of the same split, none of them on the menu."""
        on_menu = {subject.name for subject in self.answers}
        pool = self.catalogue.of(self.subject.split)
        found = self.draw.some(pool, min(len(pool), number + len(on_menu)))
        return [subject for subject in found if subject.name not in on_menu][:number]


class Scene(World[Place]):
    """A rendered world; its pictures are frames. Subclasses are frozen dataclasses of a few numbers, so they pickle."""

    @property
    def words(self) -> Mapping[str, str]:
        """What the user calls the things in the scene; fills ``{colour}`` and the like in questions."""
        return {}

    @property
    def questions(self) -> tuple[str, ...]:
        """Ways in which the user asks about this scene, where the scenario's own do not suit."""
        return ()

    @property
    def menu(self) -> tuple[str, ...]:
        """The names of the interventions that the menu offers: those that do something at the start."""
        return tuple(self.moves(self.start))


class SceneStaging(Protocol):
    """A way of showing a scenario's situation; see ``proactive_gym.envs.scenario.Staging``."""

    questions: tuple[str, ...]

    def wrong_answers(self, draw: Draw, subject: Subject, catalogue: Catalogue) -> list[Subject]:
        """Three subjects that the menu offers beside the right one."""

    def set_scene(self, stage: Stage) -> Scene[Any]:
        """The scene of one episode."""


class SceneScenario(Protocol):
    """What the source of rendered scenes needs of a scenario; see ``proactive_gym.envs.scenario.Scenario``."""

    name: str
    hint: str
    interventions: dict[str, tuple[str, ...]]

    def phrases(self, phrasing: Phrasing = "train") -> Phrases:
        """The interventions in the words of that phrasing."""

    def near_decoys(self, phrasing: Phrasing = "train") -> Phrases:
        """Interventions that seem to help and do nothing."""

    def staging(self, subject: Subject, likeness: Likeness) -> SceneStaging | None:
        """How that subject is shown if it looks like that; ``None`` if it cannot be."""


def share_in_view(actor: Actor, window: Box = PICTURE, covers: Sequence[Box | Actor] = ()) -> float:
    """The share of the drawing's opaque area inside ``window`` and behind none of the covers."""
    covers = [cover for cover in covers if _overlap(actor.box, cover if isinstance(cover, Box) else cover.box)]
    if not covers:
        return _share_inside(actor, window)
    if len(covers) == 1 and isinstance(covers[0], Box):
        return max(0.0, _share_inside(actor, window) - _share_inside(actor, _common(window, covers[0])))
    seen = _ink_inside(actor.drawing, actor.box, window)
    for cover in covers:
        hidden = _inside(actor.box, cover, len(seen)) if isinstance(cover, Box) else _behind(actor.box, cover)[0]
        seen = seen * (1.0 - hidden)
    return min(1.0, max(0.0, float(seen.sum())))  # sums of shares may come out a hair beyond


def _overlap(one: Box, other: Box) -> bool:
    return one.left < other.right and other.left < one.right and one.top < other.bottom and other.top < one.bottom


def _common(one: Box, other: Box) -> Box:
    left, top = max(one.left, other.left), max(one.top, other.top)
    return Box(left, top, max(0.0, min(one.right, other.right) - left), max(0.0, min(one.bottom, other.bottom) - top))


def _share_inside(actor: Actor, window: Box) -> float:
    """The share of the drawing inside a window, from running sums: quick, since every finished episode asks for it."""
    box = actor.box
    if window.left <= box.left and window.top <= box.top and window.right >= box.right and window.bottom >= box.bottom:
        return 1.0
    x0, x1 = (min(1.0, max(0.0, (x - box.left) / box.width)) for x in (window.left, window.right))
    y0, y1 = (min(1.0, max(0.0, (y - box.top) / box.height)) for y in (window.top, window.bottom))
    if actor.drawing.flipped:
        x0, x1 = 1.0 - x1, 1.0 - x0
    sums = ink_sums(actor.drawing.likeness)
    inside = _sum_at(sums, x1, y1) - _sum_at(sums, x0, y1) - _sum_at(sums, x1, y0) + _sum_at(sums, x0, y0)
    return min(1.0, max(0.0, inside))


def _sum_at(sums: Sequence[Sequence[float]], x: float, y: float) -> float:
    """The running sum up to a point of the unit square, interpolated within its cell."""
    cells = len(sums) - 1
    column, row = min(int(x * cells), cells - 1), min(int(y * cells), cells - 1)
    right, down = x * cells - column, y * cells - row
    above, below = sums[row], sums[row + 1]
    return (1 - down) * ((1 - right) * above[column] + right * above[column + 1]) + down * (
        (1 - right) * below[column] + right * below[column + 1]
    )


@lru_cache(maxsize=256)
def _ink_inside(drawing: Drawing, box: Box, window: Box) -> NDArray[np.float64]:
    """The drawing's ink, piece by piece, as much of it as is inside ``window``; the same in all of a clip's frames."""
    drawn = ink(drawing.likeness)
    inside = (drawn[:, ::-1] if drawing.flipped else drawn) * _inside(box, window, len(drawn))
    inside.setflags(write=False)
    return inside


def _inside(box: Box, window: Box, cells: int) -> NDArray[np.float64]:
    """How much of each of ``cells`` x ``cells`` equal pieces of ``box`` lies inside ``window``."""
    columns = _shares(box.left, box.width, window.left, window.right, cells)
    return np.outer(_shares(box.top, box.height, window.top, window.bottom, cells), columns)


def _shares(start: float, length: float, low: float, high: float, cells: int) -> NDArray[np.float64]:
    edges = start + length / cells * np.arange(cells + 1)
    inside = np.minimum(np.maximum(edges, low), max(low, high))
    shares: NDArray[np.float64] = (inside[1:] - inside[:-1]) * (cells / length)
    return shares


def shares_in_view(actor: Actor, covers: Sequence[Actor], shifts: Sequence[float]) -> tuple[float, ...]:
    """``share_in_view`` behind the covers, for each of several distances by which all of them are moved sideways."""
    seen = _ink_inside(actor.drawing, actor.box, PICTURE)
    behind = [_behind(actor.box, cover, shifts) for cover in covers]
    shown = seen * np.prod([1.0 - hidden for hidden in behind], axis=0)
    return tuple([min(1.0, max(0.0, share)) for share in shown.reshape(len(shifts), -1).sum(1).tolist()])


def _behind(box: Box, cover: Actor, shifts: Sequence[float] = (0.0,)) -> NDArray[np.float64]:
    """How opaque ``cover``, moved sideways, is over the middle of each of ``GRID`` x ``GRID`` parts of ``box``.

    The result has the shape ``(len(shifts), GRID, GRID)``.
    """
    # One ring of nothing around the drawing stands for all that lies outside of it.
    ringed = ringed_opacity(cover.drawing.likeness, cover.drawing.flipped)
    grid, over = len(ringed) - 2, cover.box
    lefts = over.left + np.array(shifts)[:, None]
    columns = np.floor((box.left + box.width * _MIDDLES - lefts) * (grid / over.width))
    rows = np.floor((box.top + box.height * _MIDDLES - over.top) * (grid / over.height))
    columns, rows = (np.minimum(np.maximum(cells, -1), grid).astype(np.intp) + 1 for cells in (columns, rows))
    covered: NDArray[np.float64] = ringed[rows[:, None], columns[:, None]]
    return covered


_MIDDLES = (np.arange(GRID) + 0.5) / GRID
