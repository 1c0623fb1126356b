"""Puts an episode together: the part that every source shares."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from proactive_gym.draw import Draw
from proactive_gym.episode import Episode, Published
from proactive_gym.errors import InputError
from proactive_gym.menu import Kind, Menu, Option
from proactive_gym.phrases import DECOYS, NEAR_DECOYS, Phrases
from proactive_gym.setting import Setting
from proactive_gym.users import REMARKS, USERS
from proactive_gym.world import World


@dataclass(slots=True)
class Matter:
    """What a source knows of an episode before the setting is applied.

    Attributes:
        name: Names the episode for good.
        scenario: The scenario's name.
        question: What the user asks.
        hint: The scenario's hint, used if the setting asks for one and its wording has none.
        near: Decoys of the scenario's own.
        variant: Tells episodes of the scenario apart that a wording may give hints of their own.
        answers: The answers' texts.
        asking: The menu's other options: abstentions and interventions.
        own: Names of all of the scenario's interventions, on the menu or not.
        world: What the user can show.
        right: The place of the right answer among the answers.
        published: What counts in free words where the source says so itself.
        sufficient: Whether to start at the world's best place.
        ordered: Whether options stand in the benchmark's order, which ``menu_order="benchmark"`` then keeps; else it
            draws one within each part.
    """

    name: str
    scenario: str
    question: str
    hint: str
    answers: Sequence[str]
    asking: Sequence[Option]
    own: frozenset[str]
    world: World[Any]
    right: int = 0
    near: Phrases = field(default_factory=dict)
    variant: str = ""
    published: Published | None = None
    sufficient: bool = False
    ordered: bool = False


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
        published=matter.published,
        template=setting.wording.template,
        user=USERS[setting.user],
        remarks={**REMARKS, **setting.wording.remarks} if setting.wording.remarks else REMARKS,
    )


def _hint(matter: Matter, setting: Setting) -> str:
    if isinstance(setting.hint, str):
        return setting.hint
    if not setting.hint:
        return ""
    if setting.open:
        return setting.wording.open_hint
    hints = setting.wording.hints
    return hints.get(f"{matter.scenario}/{matter.variant}") or hints.get(matter.scenario) or matter.hint


def _menu(matter: Matter, setting: Setting, draw: Draw) -> Menu:
    # The right answer is the one that has a name; texts alone go out to the agent.
    answers = [
        Option(text, Kind.ANSWER, "right" if place == matter.right else "") for place, text in enumerate(matter.answers)
    ]
    fixed = setting.menu_order == "benchmark" and matter.ordered
    if setting.clear:
        return Menu(answers if fixed else draw.shuffled(answers))
    asking = [
        *(matter.asking if setting.foreign is None else _foreign(matter, setting.foreign, draw)),
        *_decoys(matter, setting, draw),
    ]
    if fixed:
        return Menu(asking + answers)
    if setting.menu_order == "benchmark":
        return Menu(draw.shuffled(asking) + draw.shuffled(answers))
    return Menu(draw.shuffled(asking + answers))


def _foreign(matter: Matter, phrases: Phrases, draw: Draw) -> list[Option]:
    """The options with other scenarios' interventions in the places of the scenario's own."""
    own = sum(option.kind is Kind.INTERVENTION for option in matter.asking)
    drawn = iter(_some(_others(phrases, matter.own), own, draw))
    return [next(drawn) if option.kind is Kind.INTERVENTION else option for option in matter.asking]


def _decoys(matter: Matter, setting: Setting, draw: Draw) -> list[Option]:
    """Interventions that stand on the menu as well, and do nothing."""
    number = decoys_on_menu(setting)
    if not number:
        return []
    near = NEAR_DECOYS[setting.decoys]
    return [*_some(matter.near, near, draw), *_some(_others(setting.far, matter.own), number - near, draw)]


def decoys_on_menu(setting: Setting) -> int:
    """How many decoys each menu has."""
    return 0 if setting.decoys == "none" or setting.clear else DECOYS


def check_decoys(setting: Setting, scenario: str, own: Collection[str], near: Phrases) -> None:
    """See that there are enough decoys for the menus of a scenario.

    Args:
        setting: The setting.
        scenario: The scenario's name.
        own: Names of its interventions.
        near: Its own decoys.

    Raises:
        InputError: If there are too few.
    """
    number = decoys_on_menu(setting)
    wanted = NEAR_DECOYS[setting.decoys] if number else 0
    far = _others(setting.far, own)
    for found, needed, what in ((near, wanted, "plausible decoys"), (far, number - wanted, "interventions of others")):
        if len(found) < needed:
            raise InputError(
                f"decoys is {setting.decoys!r}, but for the scenario {scenario!r} there are {len(found)} {what} and "
                f"each menu needs {needed}; leave it out, or let the scenario's near_decoys() give more."
            )


def _others(phrases: Phrases, own: Collection[str]) -> Phrases:
    """Those of the interventions that are not the scenario's own."""
    return {name: texts for name, texts in phrases.items() if name not in own}


def _some(phrases: Phrases, number: int, draw: Draw) -> list[Option]:
    """So many of the interventions, each in any of its words."""
    return [intervention(name, draw.shuffled(texts)) for name, texts in draw.some(list(phrases.items()), number)]


def intervention(name: str, texts: Sequence[str]) -> Option:
    """The option of that name; the first of its texts stands on the menu."""
    text, *also = texts
    return Option(text, Kind.INTERVENTION, name, tuple(also))
