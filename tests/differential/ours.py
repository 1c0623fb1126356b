"""Plays episodes with our own conversations and tells of them as ``reference.py`` does."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import proactive_gym
from differential.replies import random_reply
from differential.rows import Row, random_row
from proactive_gym.envs.conversation import Conversation
from proactive_gym.envs.image_quality import ImageQualityRow
from proactive_gym.envs.suite import ProactiveSuiteEnv
from proactive_gym.episode import Episode
from proactive_gym.menu import Kind
from proactive_gym.reading import strict_readings
from proactive_gym.rollout import make_desk
from proactive_gym.sources.proactivebench.layout import DATA_SETS, rows_file
from proactive_gym.sources.proactivebench.row import StepwiseRow
from proactive_gym.wording import OWN, Wording

IDS = {
    scenario.dataset: env_id
    for scenario, env_id in zip(ProactiveSuiteEnv.scenarios, proactive_gym.ENVIRONMENTS, strict=False)
}
SCENARIOS = {scenario.dataset: scenario.name for scenario in ProactiveSuiteEnv.scenarios}
LONGEST = 300
CUT = "\x00"
"""Stands between question and menu, in a wording made for the comparison."""

Trace = dict[str, Any]


@dataclass(frozen=True)
class Played:
    """One episode as we played it.

    Attributes:
        dataset: The row's data set.
        row: The row.
        odd: Whether it is one that no author meant.
        clear: Whether it was played in the reference setting.
        replies: What was replied, turn by turn.
        trace: What was shown, said and judged at each turn, and how it ended.
        outcome: What the last reply came to.
    """

    dataset: str
    row: Row
    odd: bool
    clear: bool
    replies: list[str]
    trace: Trace
    outcome: str | None

    @property
    def job(self) -> dict[str, Any]:
        """The same episode for the other side to play."""
        return {"dataset": self.dataset, "row": self.row, "clear": self.clear, "replies": self.replies}


def played_at_random(folder: Path, episodes: int, seed: int, wording: Wording) -> Iterator[Played]:
    """That many random episodes, spread over the data sets: a third of odd rows, a sixth in the reference setting."""
    random = Random(seed)
    for place, dataset in enumerate(DATA_SETS):
        numbers = range(len(range(place, episodes, len(DATA_SETS))))
        odd = [random.random() < 1 / 3 for _ in numbers]
        rows = [random_row(random, dataset, number, odd[number]) for number in numbers]
        clear = {number for number in numbers if random.random() < 1 / 6}
        for setting in (False, True):
            chosen = [row for row in rows if (row["id"] in clear) is setting]
            for conversation, row in zip(_begun(folder, dataset, chosen, wording, setting), chosen, strict=True):
                patience = random.choice((0.3, 0.8, 0.97, 1.0))
                yield _played(
                    conversation, row, partial(random_reply, random, patience=patience), odd[row["id"]], setting
                )


def replayed(folder: Path, dataset: str, row: Row, replies: Sequence[str], wording: Wording) -> Played:
    """A row that no author meant, with these replies."""
    waiting = iter(replies)
    (conversation,) = _begun(folder, dataset, [row], wording)
    return _played(conversation, row, lambda now: next(waiting), odd=True, clear=False)


def expected_in_free_words(folder: Path, dataset: str, rows: Sequence[Row]) -> Iterator[Trace]:
    """What counts in the first reply in free words to each of the rows."""
    for conversation in _begun(folder, dataset, list(rows), OWN, reply="open", single_turn=True):
        expected = conversation.episode.expected(conversation.state)
        yield {"texts": expected.texts, "suggestions": len(expected.suggestions)}


def _begun(
    folder: Path, dataset: str, rows: list[Row], wording: Wording, clear: bool = False, **more: Any
) -> list[Conversation]:
    if not rows:
        return []
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / rows_file(dataset)).write_text(text, encoding="utf-8")
    settings = {"data_dir": folder, "split": "all", "reply": "text", "wording": wording, "clear": clear, "hint": True}
    desk = make_desk(IDS[dataset], {"source": "proactivebench", **settings, **more})
    return [desk.begin(desk.named(row["id"])) for row in rows]


def _played(
    conversation: Conversation, row: Row, reply: Callable[[Conversation], str], odd: bool, clear: bool
) -> Played:
    turns: list[Trace] = []
    replies: list[str] = []
    while not conversation.state.over and len(replies) < LONGEST:
        replies.append(reply(conversation))
        turns.append({**_shown(conversation), "verdicts": _verdicts(conversation, replies[-1])})
        conversation.say(replies[-1])
    state, episode = conversation.state, conversation.episode
    trace = {
        "turns": turns,
        "over": state.over,
        "correct": state.outcome == "correct",
        "suggestions": state.turn,
        "all turns taken": len(replies) == episode.world.turns,
    }
    dataset = next(name for name, scenario in SCENARIOS.items() if scenario == episode.scenario)
    return Played(dataset, row, odd, clear, replies, trace, state.outcome)


def _shown(conversation: Conversation) -> Trace:
    episode, photo = conversation.episode, conversation.picture
    return {
        "picture": photo.file,
        "box": None if photo.box is None else list(photo.box),
        "question": episode.question,
        "question with hint": conversation.dialogue.split(CUT)[0],
        "options": [text for text, on in zip(episode.texts, conversation.offered, strict=True) if on],
    }


def _verdicts(conversation: Conversation, reply: str) -> list[str]:
    """What the benchmark says of each part of the menu; in the reference setting the first part is empty."""
    episode, place = conversation.episode, conversation.state.place
    asking, answers = episode.blocks
    right = [episode.answer] if episode.world.answerable(place) else []
    return [
        _verdict(conversation, reply, asking, _welcome(episode, place)),
        _verdict(conversation, reply, answers, right),
    ]


def _welcome(episode: Episode, place: Any) -> list[int]:
    """Numbers of the options that the benchmark welcomes as requests.

    That is every one on the menu, even where its words mean nothing and the code then fails; but no repair that does
    not fit, and none at the last of a row of pictures.
    """
    world, requests = episode.world, episode.menu.of_kind(Kind.INTERVENTION)
    ways = world.moves(place)
    if isinstance(world, ImageQualityRow):
        return [number for number in requests if episode.menu[number].name in ways]
    return [] if isinstance(world, StepwiseRow) and not ways else requests


def _verdict(conversation: Conversation, reply: str, block: list[int], right: list[int]) -> str:
    named = strict_readings(reply, conversation.episode.texts, conversation.offered, [block])
    if not named:
        return "mismatch"
    return "correct" if any(number in right for number in named) else "wrong"
