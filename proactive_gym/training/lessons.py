"""What the tiny model is asked in its second lesson: to read menus, and to answer what it sees. Never to ask.

Everything is put to it as a user puts it, by ``dialogue``.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from proactive_gym.dialogue import dialogue
from proactive_gym.draw import Draw
from proactive_gym.envs import SCENARIOS, Scenario
from proactive_gym.episode import Episode
from proactive_gym.menu import Kind
from proactive_gym.sources.scenes.source import ABSTENTIONS
from proactive_gym.training.clear_pictures import names
from proactive_gym.training.tiny_model import PICTURE
from proactive_gym.training.words import ACTION, HELP, OTHER_ACTIONS, REFUSAL, SHOW, THING


class Lesson(NamedTuple):
    """One question with a menu.

    Attributes:
        kind: What it teaches: ``answer``, ``abstain`` or one of the lessons on words.
        said: What the user says.
        options: How many options there are.
        right: The numbers of those that are right.
        picture: Which picture goes with it, or ``None``.
        word: What stands in the picture's place, if anything.
    """

    kind: str
    said: str
    options: int
    right: tuple[int, ...]
    picture: int | None = None
    word: str | None = None

    @property
    def shown(self) -> str | None:
        """What stands in the picture's place."""
        return self.word if self.picture is None else PICTURE


def about_a_picture(draw: Draw, episode: Episode, picture: int) -> Lesson:
    """A question about a picture that suffices: the answer, or where that is not listed, that one cannot tell.

    Interventions stand on most menus, as they do on those of the environments, and are never right.
    """
    right = episode.texts[episode.answer]
    is_listed = not draw.chance(0.08)
    wrong = _wrong_answers(draw, episode, right, draw.one((1, 2, 3, 3, 3, 3)))
    refusals = [draw.one(ABSTENTIONS)] if not is_listed or draw.chance(0.85) else []
    asking = _interventions(draw, episode)
    answers = [right, *wrong] if is_listed else wrong
    hint = _scenario(episode.scenario).hint if draw.chance(0.1) else ""
    rights = [right] if is_listed else refusals
    kind = "answer" if is_listed else "abstain"
    return _put(draw, kind, episode.question, rights, [*answers, *refusals, *asking], hint)._replace(picture=picture)


def about_words(draw: Draw, episode: Episode) -> Lesson:
    """A question about the menu itself."""
    chance = draw.unit()
    if chance < 0.2:
        return naming(draw)
    if chance < 0.6:
        return _helping(draw, episode)
    actions = [draw.one(OTHER_ACTIONS if draw.chance(0.5) else _texts(draw.one(SCENARIOS))) for _ in range(2)]
    things, refusals = draw.some(names(), draw.whole(1, 4)), [draw.one(ABSTENTIONS)]
    asked = {"action": (ACTION, actions), "thing": (THING, things), "refusal": (REFUSAL, refusals)}
    kind = draw.one(tuple(asked))
    words, rights = asked[kind]
    lesson = _put(draw, kind, draw.one(SHOW), rights, [*things, *refusals, *dict.fromkeys(actions)])
    return lesson._replace(word=draw.one(words))


def naming(draw: Draw) -> Lesson:
    """Which option is the one named, with the name in the picture's place: the plainest reading of a menu."""
    things = draw.some(names(), draw.whole(2, 7))
    return _put(draw, "name", draw.one(SHOW), things[:1], things)._replace(word=things[0])


def _helping(draw: Draw, episode: Episode) -> Lesson:
    """What a user could do about a picture that does not suffice, going by the question alone."""
    own = _own(episode)
    helping = draw.some(own, draw.whole(1, min(2, len(own))))
    foreign = draw.some(_foreign(episode), draw.whole(1, 4))
    others = [*draw.some(names(), draw.whole(0, 3)), draw.one(ABSTENTIONS)]
    lesson = _put(draw, "help", episode.question, helping, [*helping, *foreign, *others])
    return lesson._replace(word=draw.one(HELP))


def _put(draw: Draw, kind: str, question: str, rights: Sequence[str], options: Sequence[str], hint: str = "") -> Lesson:
    menu = draw.shuffled(list(options))
    said = dialogue(question, hint, menu, [True] * len(menu))
    return Lesson(kind, said, len(menu), tuple(number for number, text in enumerate(menu) if text in rights))


def _wrong_answers(draw: Draw, episode: Episode, right: str, number: int) -> list[str]:
    """Those of the episode's own menu, which may look alike; or any."""
    own = [option.text for option in episode.menu if option.kind is Kind.ANSWER and option.text != right]
    if draw.chance(0.6):
        return draw.some(own, number)
    return [name for name in draw.some(names(), number + 1) if name != right][:number]


def _interventions(draw: Draw, episode: Episode) -> list[str]:
    """As the episode's menu has them, or others; or none."""
    on_menu = [option.text for option in episode.menu if option.kind is Kind.INTERVENTION]
    chance = draw.unit()
    if chance < 0.4:
        return on_menu
    if chance < 0.6:
        return draw.some(_foreign(episode), len(on_menu))
    if chance < 0.8:
        return [draw.one(_own(episode)), *draw.some(_foreign(episode), draw.whole(1, 3))]
    return []


def _own(episode: Episode) -> list[str]:
    """Everything that the scenario's users can do."""
    return _texts(_scenario(episode.scenario))


def _foreign(episode: Episode) -> list[str]:
    """Everything that others can do and they cannot."""
    return _foreign_to(_scenario(episode.scenario))


@lru_cache
def _foreign_to(scenario: Scenario) -> list[str]:
    own = set(_texts(scenario))
    return [text for other in SCENARIOS for text in _texts(other) if text not in own]


@lru_cache
def _texts(scenario: Scenario) -> list[str]:
    return list(dict.fromkeys(text for texts in scenario.interventions.values() for text in texts))


def _scenario(name: str) -> Scenario:
    return next(scenario for scenario in SCENARIOS if scenario.name == name)
