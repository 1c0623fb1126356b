"""Where a scene is set: what a scenario is given to make an episode's scene of, and what it makes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from proactive_gym.draw import Draw
from proactive_gym.phrases import Phrases, Phrasing
from proactive_gym.sources.scenes.backdrops import GROUND_STYLES, OUTDOORS, ROOM_STYLES, Ground, Room
from proactive_gym.sources.scenes.likeness import Likeness
from proactive_gym.sources.scenes.props import Actor, Drawing
from proactive_gym.sources.scenes.sight import share_in_view, shares_in_view
from proactive_gym.sources.scenes.subjects import Catalogue, Subject
from proactive_gym.world import Place, World

__all__ = ["Actor", "Scene", "SceneScenario", "SceneStaging", "Stage", "share_in_view", "shares_in_view"]
"""All that a scenario's scene is made with and measured by."""


@dataclass(slots=True)
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
