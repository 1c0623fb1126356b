"""Puts an episode together: the part that every source shares."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from proactive_gym.draw import Draw
from proactive_gym.episode import Episode, Published
from proactive_gym.menu import Kind, Menu, Option
from proactive_gym.setting import Setting
from proactive_gym.users import REMARKS, USERS
from proactive_gym.world import World


@dataclass(frozen=True)
class Matter:
    """What a source knows of an episode before the setting is applied.

    Attributes:
        name: Names the episode for good.
        scenario: The scenario's name.
        question: What the user asks.
        hint: The scenario's hint, used if the setting asks for one and its wording has none.
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
    asking = list(matter.asking if setting.foreign is None else _foreign(matter, setting.foreign.items(), draw))
    if fixed:
        return Menu(asking + answers)
    if setting.menu_order == "benchmark":
        return Menu(draw.shuffled(asking) + draw.shuffled(answers))
    return Menu(draw.shuffled(asking + answers))


def _foreign(matter: Matter, phrases: Iterable[tuple[str, tuple[str, ...]]], draw: Draw) -> list[Option]:
    """The options with other scenarios' interventions in the places of the scenario's own."""
    pool = [(name, texts) for name, texts in phrases if name not in matter.own]
    own = sum(option.kind is Kind.INTERVENTION for option in matter.asking)
    drawn = (intervention(name, draw.shuffled(texts)) for name, texts in draw.some(pool, own))
    return [next(drawn) if option.kind is Kind.INTERVENTION else option for option in matter.asking]


def intervention(name: str, texts: Sequence[str]) -> Option:
    """The option of that name; the first of its texts stands on the menu."""
    text, *also = texts
    return Option(text, Kind.INTERVENTION, name, tuple(also))
