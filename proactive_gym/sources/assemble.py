"""Puts an episode together: the part that every source shares."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from proactive_gym.draw import Draw
from proactive_gym.episode import Episode, World
from proactive_gym.menu import Kind, Menu, Option
from proactive_gym.setting import Setting


@dataclass(frozen=True)
class Matter:
    """What a source knows of an episode before the setting is applied.

    Attributes:
        name: Names the episode for good.
        scenario: The scenario's name.
        question: What the user asks.
        hint: The scenario's hint, used if the setting asks for it.
        answers: The right answer's text first, then the wrong ones.
        abstentions: Ways of giving up that the menu offers.
        interventions: Name of each intervention that the menu offers, and its texts: the first one stands on the menu.
        own: Names of all of the scenario's interventions, on the menu or not.
        world: What the user can show.
        sufficient: Whether to start at the world's best place.
    """

    name: str
    scenario: str
    question: str
    hint: str
    answers: Sequence[str]
    abstentions: Sequence[str]
    interventions: Sequence[tuple[str, tuple[str, ...]]]
    own: frozenset[str]
    world: World[Any]
    sufficient: bool = False


def assemble(matter: Matter, setting: Setting, draw: Draw) -> Episode:
    """The episode that ``setting`` makes of ``matter``; ``draw`` decides the menu's order."""
    menu = _menu(matter, setting, draw)
    world = matter.world
    turns = world.turns if setting.budget is None else min(world.turns, setting.budget + 1)
    return Episode(
        name=matter.name,
        scenario=matter.scenario,
        question=matter.question,
        hint=_hint(matter, setting),
        menu=menu,
        answer=next(i for i, option in enumerate(menu) if option.kind is Kind.ANSWER and option.name),
        world=world,
        start=world.best if setting.clear or matter.sufficient else world.start,
        turns=1 if setting.clear else turns,
        single_turn=setting.single_turn,
    )


def _hint(matter: Matter, setting: Setting) -> str:
    if isinstance(setting.hint, str):
        return setting.hint
    return matter.hint if setting.hint else ""


def _menu(matter: Matter, setting: Setting, draw: Draw) -> Menu:
    # The right answer is the one that has a name; texts alone go out to the agent.
    answers = [Option(text, Kind.ANSWER, "right" if not i else "") for i, text in enumerate(matter.answers)]
    if setting.clear:
        return Menu(draw.shuffled(answers))
    asking = [Option(text, Kind.ABSTENTION) for text in matter.abstentions]
    for name, (text, *also) in _interventions(matter, setting, draw):
        asking.append(Option(text, Kind.INTERVENTION, name, tuple(also)))
    if setting.menu_order == "benchmark":
        return Menu(draw.shuffled(asking) + draw.shuffled(answers))
    return Menu(draw.shuffled(asking + answers))


def _interventions(matter: Matter, setting: Setting, draw: Draw) -> Sequence[tuple[str, tuple[str, ...]]]:
    if setting.foreign is None:
        return matter.interventions
    pool = [(name, phrases) for name, phrases in setting.foreign.items() if name not in matter.own]
    return [(name, tuple(draw.shuffled(phrases))) for name, phrases in draw.some(pool, len(matter.interventions))]
