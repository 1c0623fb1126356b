"""Environments to learn and to be tested in: some scenarios, some of their phrases, with decoys or without."""

from collections.abc import Mapping, Sequence
from typing import Any

from proactive_gym.draw import Draw
from proactive_gym.envs import SCENARIOS
from proactive_gym.envs.base import ProactiveEnv
from proactive_gym.envs.scenario import Scenario
from proactive_gym.errors import InputError, check_choice
from proactive_gym.phrases import Phrases, Phrasing
from proactive_gym.sources.scenes.stage import Scene

EVERY = slice(None)


def classroom(names: Sequence[str], phrases: slice = EVERY, decoys: Sequence[str] = ()) -> type[ProactiveEnv]:
    """An environment of some of the scenarios.

    Foreign interventions, too, come from these scenarios alone, so that nothing of the others is seen.

    Args:
        names: Of the scenarios.
        phrases: Which of an intervention's phrases are used.
        decoys: Names of scenarios whose interventions stand on the menus as well, as many as can help; they do nothing.

    Raises:
        InputError: If there is no such scenario, or if these have too few interventions for decoys.
    """
    known = [scenario.name for scenario in SCENARIOS]
    for name in (*names, *decoys):
        check_choice("The scenario", name, known)
    if not names:
        raise InputError("There are no scenarios to train on; name at least one.")
    chosen = tuple(_put_so(scenario, phrases, decoys) for scenario in SCENARIOS if scenario.name in names)
    return type("Classroom", (ProactiveEnv,), {"scenarios": chosen, "family": chosen})


def all_but(names: Sequence[str]) -> tuple[str, ...]:
    """The names of the other scenarios."""
    return tuple(scenario.name for scenario in SCENARIOS if scenario.name not in names)


def _put_so(scenario: Scenario, phrases: slice, decoys: Sequence[str]) -> Scenario:
    """The scenario in these phrases alone."""
    others = [other for other in SCENARIOS if other.name in decoys]
    pool = _merged(others)
    foreign = {name: texts for name, texts in pool.items() if name not in scenario.interventions}
    if decoys and len(foreign) < scenario.most_offered:
        raise InputError(
            f"The menus of {scenario.name!r} offer up to {scenario.most_offered} interventions, but there are only "
            f"{len(foreign)} decoys in {', '.join(decoys)}; name more scenarios."
        )
    said = {name: texts[phrases] for name, texts in (scenario.interventions | foreign).items()}
    kind = type(scenario)

    def put(self: Scenario, phrasing: Phrasing = "train") -> Phrases:
        """Which phrases there are is a matter of those to train with; the held-out ones are whole."""
        return said if phrasing == "train" else _merged((*others, scenario), phrasing)

    more: dict[str, Any] = {"interventions": said, "phrases": put}
    if decoys:
        more["most_offered"] = 2 * scenario.most_offered
        more["set_scene"] = lambda self, stage: _decoyed(kind.set_scene(self, stage), stage.draw, list(foreign))
    made: Scenario = type(kind.__name__, (kind,), more)()
    return made


def _merged(scenarios: Sequence[Scenario], phrasing: Phrasing = "train") -> Phrases:
    """The interventions of all of them; where two share one, in the words of the latter."""
    return {name: texts for scenario in scenarios for name, texts in scenario.phrases(phrasing).items()}


def _decoyed(scene: Scene[Any], draw: Draw, foreign: list[str]) -> Scene[Any]:
    return DecoyedScene(scene, tuple(draw.some(foreign, len(scene.menu))))


class DecoyedScene(Scene[Any]):
    """A scene whose menu offers, beside what can help, as many interventions that do nothing here."""

    def __init__(self, scene: Scene[Any], decoys: tuple[str, ...]) -> None:
        """The same scene with these decoys."""
        self.scene, self.decoys = scene, decoys
        self.start, self.best, self.turns = scene.start, scene.best, scene.turns

    @property
    def words(self) -> Mapping[str, str]:
        """As in the scene."""
        return self.scene.words

    @property
    def menu(self) -> tuple[str, ...]:
        """What the scene offers, and the decoys."""
        return (*self.scene.menu, *self.decoys)

    def picture(self, place: Any) -> Any:
        """As in the scene."""
        return self.scene.picture(place)

    def moves(self, place: Any) -> Mapping[str, Any]:
        """As in the scene: decoys lead nowhere."""
        return self.scene.moves(place)

    def between(self, place: Any, there: Any) -> Any:
        """As in the scene."""
        return self.scene.between(place, there)

    def spent(self, place: Any) -> frozenset[str]:
        """As in the scene."""
        return self.scene.spent(place)

    def sufficiency(self, place: Any) -> float | None:
        """As in the scene."""
        return self.scene.sufficiency(place)

    def sufficient(self, place: Any) -> bool | None:
        """As in the scene."""
        return self.scene.sufficient(place)

    def answerable(self, place: Any) -> bool:
        """As in the scene."""
        return self.scene.answerable(place)
