"""Endless rendered episodes."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from proactive_gym.draw import Draw
from proactive_gym.episode import Episode
from proactive_gym.errors import InputError, check_choice, check_whole
from proactive_gym.menu import Kind, Option
from proactive_gym.phrases import Phrasing
from proactive_gym.setting import Setting
from proactive_gym.sources.assemble import Matter, assemble, decoys_on_menu, intervention
from proactive_gym.sources.scenes.art import ATTRIBUTION
from proactive_gym.sources.scenes.frame import Frame
from proactive_gym.sources.scenes.painter import Pictures, handed_over, paint
from proactive_gym.sources.scenes.stage import SceneScenario, Stage
from proactive_gym.sources.scenes.subjects import SPLITS, Catalogue, drawings

ABSTENTIONS = ("I cannot tell.", "I do not know.", "I cannot answer this question.")
TWINS = ("needed", "sufficient", "unhelpful")


class ScenesSource:
    """Episodes rendered from a catalogue of subjects, OpenMoji's drawings to begin with, as many as anyone likes.

    Episode ``i`` of a scenario and split is called ``scenes/SCENARIO/SPLIT/i`` (or by another catalogue's name), with
    ``/sufficient`` or ``/unhelpful`` behind it for the twin in which asking is needless or cannot help. All of an
    episode's random draws come from its name, so it is the same whoever plays it, when, and in which batch.

    Args:
        split: ``"train"``, ``"validation"`` or ``"test"``; they share neither subjects nor episodes.
        image_size: Side of the square pictures, in pixels.
        catalogue: The subjects, with what they look like; OpenMoji's drawings by default.
    """

    knows_sufficiency = True

    def __init__(
        self, split: str | None = None, image_size: int | None = None, catalogue: Catalogue | None = None
    ) -> None:
        self.split = check_choice("split", "test" if split is None else split, SPLITS)
        self.side = check_whole("image_size", 224 if image_size is None else image_size, 32, 4096)
        self.image_size: int | None = self.side
        self.defaults: dict[str, Any] = {}
        self.catalogue = drawings() if catalogue is None else catalogue
        self.name = self.catalogue.name
        # Passers-by, toys and the like are OpenMoji's, whatever the subjects are.
        self.attribution = " ".join(dict.fromkeys([self.catalogue.attribution, ATTRIBUTION])).strip()

    def for_practice(self) -> "ScenesSource":
        """Where worked examples come from: the training split."""
        return ScenesSource("train", self.side, self.catalogue)

    def drives(self, scenario: SceneScenario) -> bool:
        """Whether there are subjects that the scenario can show, and enough of them for a menu."""
        return bool(self.catalogue.fitting(self.split, scenario))

    def size(self, scenarios: Sequence[Any]) -> float:
        """Without end."""
        return math.inf

    def menu_size(self, scenario: Any, setting: Setting) -> int:
        """Four answers, one abstention, and as many interventions as the scenario's menu offers at most; decoys."""
        return 4 if setting.clear else 5 + int(scenario.most_offered) + decoys_on_menu(setting)

    def episode_name(self, scenarios: Sequence[SceneScenario], number: int, setting: Setting) -> str:
        """The name of episode ``number``; several scenarios and mixed twins take turns."""
        scenario = scenarios[number % len(scenarios)]
        name = f"{self.name}/{scenario.name}/{self.split}/{number}"
        twin = TWINS[(number // len(scenarios)) % 3] if setting.control == "mixed" else setting.control
        return name if twin in (None, "needed") else f"{name}/{twin}"

    def episode(self, scenarios: Sequence[SceneScenario], name: str, setting: Setting) -> Episode:
        """The episode of that name."""
        scenario, stream, twin = self._parsed(scenarios, name)
        draw = Draw(stream)
        subject = draw.one(self.catalogue.fitting(self.split, scenario))
        likeness = subject.likeness(draw, scenario)
        staging = scenario.staging(subject, likeness)
        assert staging is not None  # or the subject would not be among the fitting ones
        answers = (subject, *staging.wrong_answers(draw, subject, self.catalogue))
        scene = staging.set_scene(Stage(draw, subject, likeness, answers, self.catalogue, twin == "unhelpful"))
        # The menu has a stream of its own: twins, whose scenes draw more or less, still share it.
        draw = Draw(f"{stream}/menu")
        matter = Matter(
            name=name,
            scenario=scenario.name,
            question=draw.one(scene.questions or staging.questions).format(**scene.words),
            hint=scenario.hint,
            answers=[answer.option for answer in answers],
            asking=[
                Option(draw.one(ABSTENTIONS), Kind.ABSTENTION),
                *(intervention(name, _put(scenario, name, setting.phrasing, draw, stream)) for name in scene.menu),
            ],
            own=frozenset(scenario.interventions),
            near=scenario.near_decoys(setting.phrasing) if decoys_on_menu(setting) else {},
            world=scene,
            sufficient=twin == "sufficient",
        )
        return assemble(matter, setting, draw)

    def paint(self, pictures: Sequence[Frame]) -> Pictures:
        """Uint8 ``(N, image_size, image_size, 3)``."""
        return paint(pictures, self.side)

    def paint_again(self, pictures: Sequence[Frame]) -> list[Pictures]:
        """The painter's own copies, which it needs no more."""
        return [self.paint([frame])[0] if frame.painted is None else handed_over(frame) for frame in pictures]

    def paint_on(self, device: Any) -> Callable[[Sequence[Frame]], Any]:
        """A painter of ``torch.uint8`` pictures on that device."""
        from proactive_gym.sources.scenes.device_painter import DevicePainter

        return partial(DevicePainter(device).paint, side=self.side)

    def _parsed(self, scenarios: Sequence[SceneScenario], name: str) -> tuple[SceneScenario, str, str]:
        parts = name.split("/")
        if not 4 <= len(parts) <= 5 or parts[0] != self.name or not (parts[3].isascii() and parts[3].isdecimal()):
            raise InputError(
                f"There is no episode {name!r}: rendered ones are called '{self.name}/SCENARIO/SPLIT/NUMBER', "
                "with '/sufficient' or '/unhelpful' behind it for a twin."
            )
        twin = check_choice(f"The twin in episode {name!r}", parts[4], TWINS[1:]) if len(parts) == 5 else "needed"
        if parts[2] != self.split:  # or every episode would spell out what is wrong with it
            where = f"The split of episode {name!r}, in an environment with split={self.split!r},"
            check_choice(where, parts[2], [self.split])
        known = {scenario.name: scenario for scenario in scenarios}
        scenario = known[check_choice(f"The scenario of episode {name!r}, in this environment,", parts[1], known)]
        # Twins share the stream, hence the subject, the menu and the room.
        return scenario, "/".join(parts[:4]), twin


def rendered(data_dir: str | None = None, split: str | None = None, image_size: int | None = None) -> ScenesSource:
    """The source ``scenes``, as ``proactive_gym.sources.make_source`` makes it.

    Raises:
        InputError: If it is given a folder.
    """
    if data_dir is not None:
        raise InputError(f"data_dir is {data_dir!r}, but the source 'scenes' renders its pictures and reads none.")
    return ScenesSource(split, image_size)


def _put(scenario: SceneScenario, name: str, phrasing: Phrasing, draw: Draw, stream: str) -> Sequence[str]:
    """The ways of putting an intervention, in random order.

    What is drawn for the words to train with is drawn in any case, so that the menu's order is the same in all words.
    """
    usual = draw.shuffled(scenario.interventions[name])
    if phrasing == "train":
        return usual
    return Draw(f"{stream}/{name}/{phrasing}").shuffled(scenario.phrases(phrasing)[name])
