"""A fixed vocabulary of actions, whatever the menu says and in whichever order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from proactive_gym.envs.base import ProactiveEnv
from proactive_gym.envs.desk import Desk
from proactive_gym.errors import InputError, check_choice
from proactive_gym.phrases import NEAR_DECOYS, Phrasing
from proactive_gym.sources.fixed import FixedEpisodes
from proactive_gym.sources.scenes.source import ABSTENTIONS, ScenesSource
from proactive_gym.sources.scenes.subjects import SPLITS

ABSTAIN = "abstain"
"""The name of the action that gives up."""


class Word(NamedTuple):
    """One action: its name, and the texts by which menus offer it."""

    name: str
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Vocabulary:
    """What can be done in any episode; a word's place is the action's number.

    Words are told by the texts on the menu, so that whatever shows one can be encoded: environments, an agent's turns.

    Attributes:
        words: The actions, in order.

    Raises:
        InputError: If there are none, or if two share a name or a text.
    """

    words: tuple[Word, ...]

    def __post_init__(self) -> None:
        """Refuse what would leave an action or a text without its one meaning."""
        if not self.words:
            raise InputError("The vocabulary has no words, but a policy needs at least one action.")
        _refuse_twice("name", [word.name for word in self.words])
        _refuse_twice("text", [text for word in self.words for text in word.texts])

    @classmethod
    def made(
        cls,
        interventions: Mapping[str, Iterable[str]],
        answers: Mapping[str, Iterable[str]],
        abstentions: Iterable[str] = ABSTENTIONS,
    ) -> Self:
        """Giving up, then the interventions, then the answers.

        Args:
            interventions: Texts by intervention.
            answers: Texts by answer.
            abstentions: Texts of giving up.
        """
        named = {ABSTAIN: abstentions, **interventions}
        words = [Word(name, tuple(texts)) for group in (named, answers) for name, texts in group.items()]
        return cls(tuple(words))

    @classmethod
    def of(cls, env: Any, splits: Iterable[str] = SPLITS) -> Self:
        """The words of rendered scenes: 1 abstention, 19 interventions, 341 subjects.

        They are the same for every built-in id and split, so that a policy trained on one can be run on another; a
        scenario of your own adds its interventions at the end, and ``decoys="near"`` or ``"mixed"`` theirs. Another
        ``phrasing`` adds texts to the words, but no words.

        Args:
            env: One of this package's environments, single or vector, wrapped or not.
            splits: Which splits' subjects are answers; all of them by default.

        Raises:
            InputError: If the environment is not one of these, or its source has answers of its own.
        """
        desk = desk_of(env)
        source = desk.source
        while isinstance(source, FixedEpisodes):
            source = source.source
        if not isinstance(source, ScenesSource):
            raise InputError(
                f"The answers of the source {source.name!r} are not known in advance; "
                "name them in a vocabulary of your own: Vocabulary.made(interventions, answers, abstentions)."
            )
        wanted = [check_choice("The split", split, SPLITS) for split in splits]
        answers = {item.name: (item.option,) for item in source.catalogue.subjects.values() if item.split in wanted}
        scenarios, phrasing = (*ProactiveEnv.family, *desk.scenarios), desk.setting.phrasing
        phrases = _phrases(scenarios, phrasing)
        built_in = {name: phrases.pop(name) for name in _phrases(ProactiveEnv.family, phrasing)}
        if NEAR_DECOYS[desk.setting.decoys]:
            phrases |= {name: texts for item in scenarios for name, texts in item.near_decoys(phrasing).items()}
        return cls((*cls.made(built_in, answers).words, *(Word(name, texts) for name, texts in phrases.items())))

    def only(self, names: Iterable[str]) -> Self:
        """The vocabulary of these words alone, in the order they have here.

        Raises:
            InputError: If one of them is no word of it.
        """
        wanted = {self.number(name) for name in names}
        return type(self)(tuple(word for number, word in enumerate(self.words) if number in wanted))

    def __len__(self) -> int:
        """How many actions there are."""
        return len(self.words)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The actions' names, in order."""
        return tuple(word.name for word in self.words)

    def number(self, name: str) -> int:
        """The number of the action of that name.

        Raises:
            InputError: If there is none.
        """
        if name not in self._by_name:
            nearest = get_close_matches(str(name), self.names, n=1)
            hint = f" (did you mean {nearest[0]!r}?)" if nearest else ""
            raise InputError(f"{name!r} is none of the {len(self)} words in this vocabulary{hint}.")
        return self._by_name[name]

    def numbers(self, options: Sequence[str]) -> list[int]:
        """The action of each option on a menu.

        Raises:
            InputError: If an option is in no word's texts.
        """
        try:
            return [self._by_text[text] for text in options]
        except KeyError as error:
            raise InputError(
                f"The menu has the option {error.args[0]!r}, which is the text of none of the {len(self)} words in "
                "this vocabulary; add the word, or take Vocabulary.of(env)."
            ) from None

    def multi_hot(self, options: Sequence[str], offered: Iterable[Any]) -> NDArray[np.int8]:
        """Which actions are on offer, int8 ``(n,)``.

        Args:
            options: The whole menu.
            offered: Which of it is on offer: an ``action_mask``.
        """
        row = np.zeros(len(self), dtype=np.int8)
        row[[number for number, here in zip(self.numbers(options), offered, strict=False) if here]] = 1
        return row

    def option(self, action: int, options: Sequence[str], offered: Iterable[Any]) -> int | None:
        """The option that the action chooses; ``None`` if it is not on offer. Arguments as in ``multi_hot``."""
        here = enumerate(zip(self.numbers(options), offered, strict=False))
        return next((option for option, (number, is_here) in here if is_here and number == action), None)

    @cached_property
    def _by_name(self) -> dict[str, int]:
        return {word.name: number for number, word in enumerate(self.words)}

    @cached_property
    def _by_text(self) -> dict[str, int]:
        return {text: number for number, word in enumerate(self.words) for text in word.texts}


def desk_of(env: Any) -> Desk:
    """The desk of one of our environments, single or vector, under any wrappers."""
    desk = getattr(getattr(env, "unwrapped", None), "desk", None)
    if not isinstance(desk, Desk):
        raise InputError(f"Only environments of proactive_gym have a vocabulary, but this is {env}.")
    return desk


def _phrases(scenarios: Sequence[Any], phrasing: Phrasing) -> dict[str, tuple[str, ...]]:
    """Texts by intervention, those to train with first; scenarios that share one may word it differently."""
    phrases: dict[str, tuple[str, ...]] = {}
    for scenario in scenarios:
        for name, texts in (*scenario.interventions.items(), *scenario.phrases(phrasing).items()):
            phrases[name] = tuple(dict.fromkeys((*phrases.get(name, ()), *texts)))
    return phrases


def _refuse_twice(what: str, items: Sequence[str]) -> None:
    if len(set(items)) < len(items):
        twice = next(item for item in items if items.count(item) > 1)
        raise InputError(f"The {what} {twice!r} is in the vocabulary twice, but must mean one action.")
