"""What a scenario is: everything that one of the seven rooms has to say."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from proactive_gym.draw import Draw
from proactive_gym.errors import InputError
from proactive_gym.phrases import Phrases, Phrasing, held_out, near_decoys
from proactive_gym.sources.proactivebench.row import OfficialRow
from proactive_gym.sources.scenes.likeness import Likeness
from proactive_gym.sources.scenes.stage import Scene, Stage
from proactive_gym.sources.scenes.subjects import Catalogue, Distractors, Subject


class Staging(ABC):
    """A way of showing a situation: in a drawn room, in a photograph, in a video."""

    questions: ClassVar[tuple[str, ...]]
    """Ways in which the user asks; ``{words}`` are filled in by the scene."""
    needs: ClassVar[str] = "picture"
    """What must be had of a subject to show it: its ``"picture"``, its ``"strokes"``, a ``"photograph"`` of it …"""
    distractors: ClassVar[Distractors] = "random"
    """How wrong answers are chosen."""

    def fits(self, subject: Subject) -> bool:
        """Whether that subject can be shown so."""
        return True

    def shows(self, likeness: Likeness) -> bool:
        """Whether a subject that looks like that can be shown so."""
        return self.needs in likeness.gives

    def wrong_answers(self, draw: Draw, subject: Subject, catalogue: Catalogue) -> list[Subject]:
        """Three subjects that the menu offers beside the right one."""
        return catalogue.distractors(draw, subject, self.distractors)

    @abstractmethod
    def set_scene(self, stage: Stage) -> Scene[Any]:
        """The scene of one rendered episode; of one in which asking cannot help if ``stage.unhelpful``."""

    def __eq__(self, other: object) -> bool:
        """There is no state: two of a class are one."""
        return type(self) is type(other)

    def __hash__(self) -> int:
        """See ``__eq__``."""
        return hash(type(self))


class Scenario(Staging):
    """A kind of situation in which the picture does not suffice, and the first way of showing it.

    Subclass it, fill in the class attributes and ``set_scene``, and register an environment whose ``scenarios`` holds
    an instance; nothing else in the package needs to know. ``examples/custom_scenario`` is a whole one.
    """

    name: ClassVar[str]
    """In snake case; part of every episode's name."""
    dataset: ClassVar[str] = ""
    """The official data set, by its file's name; empty if there is none."""
    row: ClassVar[type[OfficialRow[Any]] | None] = None
    """How an episode of one of its rows goes; see ``OfficialRow``."""
    hint: ClassVar[str]
    """What the user adds where hints are on."""
    interventions: ClassVar[dict[str, tuple[str, ...]]]
    """What the user can do, by name, each with the ways in which a menu puts it."""
    most_offered: ClassVar[int]
    """The most interventions that one menu offers."""
    further: ClassVar[tuple[Staging, ...]] = ()
    """Other ways of showing the situation, for subjects that are not to be had in the form that it ``needs``."""

    def phrases(self, phrasing: Phrasing = "train") -> Phrases:
        """The interventions in the words of that phrasing; override it to have others than ``"train"``.

        Raises:
            InputError: If there are none.
        """
        if phrasing == "train":
            return self.interventions
        found = held_out(self.name, phrasing)
        if missing := [name for name in self.interventions if name not in found]:
            raise InputError(
                f"phrasing is {phrasing!r}, but the scenario {self.name!r} has no such words for {missing[0]!r}; leave "
                "it out, or let the scenario's phrases() give them."
            )
        return found

    def near_decoys(self, phrasing: Phrasing = "train") -> Phrases:
        """Interventions that seem to help and do nothing, in the words of that phrasing; there may be none."""
        return near_decoys(self.name, phrasing)

    def staging(self, subject: Subject, likeness: Likeness) -> Staging | None:
        """The first way in which that subject, looking like that, can be shown; ``None`` if there is none."""
        return next((way for way in (self, *self.further) if way.shows(likeness) and way.fits(subject)), None)
