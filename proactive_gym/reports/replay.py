"""Episodes to look at: picture by picture what was shown, said, chosen, and what the oracle would have done."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from proactive_gym.envs.desk import Desk
from proactive_gym.evaluation.decisions import Case, Deed, decisions
from proactive_gym.evaluation.mistakes import GOOD, ending
from proactive_gym.reports.sheets import evenly
from proactive_gym.reports.walking import Moment, PictureName, Walks, shown_turns
from proactive_gym.stored import Row

LONGEST_REPLY = 1000
LONGEST_TEXT = 2000


class Budget(NamedTuple):
    """How much of a run a page holds.

    Attributes:
        plays: Episodes, each counted once for every agent.
        pictures: Different pictures.
        size: Characters, pictures and words together.
        turns: Turns of an episode that are shown; the first and the last ones of longer episodes.
    """

    plays: int = 420
    pictures: int = 1000
    size: int = 4_000_000
    turns: int = 16


BUDGET = Budget()


class Replay(NamedTuple):
    """What the page's script lays out.

    Attributes:
        data: Plain lists, numbers and strings.
        shown: How many episodes are in it.
        played: How many there are.
        problem: Why some or all have no pictures; ``""`` if all have.
    """

    data: dict[str, Any]
    shown: int
    played: int
    problem: str


def replay(rows: Sequence[Row], desks: Mapping[str, Desk], problem: str, budget: Budget = BUDGET) -> Replay:
    """Evenly chosen episodes, the same for every agent, as many as the budget bears.

    Args:
        rows: A run's.
        desks: By the environments' ids, those that could be opened again.
        problem: Why others could not.
        budget: How many are shown.
    """
    played = [row for row in rows if row["error"] is None]
    number = budget.plays
    chosen = _chosen(played, number)
    walks = Walks(desks, budget.turns)
    while (pictures := walks.pictures(chosen)) > budget.pictures and number > 1:
        number = min(number - 1, max(1, number * budget.pictures // pictures))
        chosen = _chosen(played, number)
    album = walks.painted(chosen)
    data = _laid_out(chosen, walks, album, budget)
    while (size := _size(data)) > budget.size and number > 1:
        number = min(number - 1, max(1, number * budget.size // size))
        chosen = _chosen(played, number)
        data = _laid_out(chosen, walks, album, budget)
    return Replay(data, len(chosen), len(played), problem or walks.problem)


def _chosen(rows: Sequence[Row], most: int) -> list[Row]:
    """At most ``most`` rows: in each environment the same episodes of all agents, evenly chosen."""
    by_env: dict[str, dict[str, list[Row]]] = {}
    for row in rows:
        by_env.setdefault(row["env"], {}).setdefault(row["episode"], []).append(row)
    agents = len({row["agent"] for row in rows})
    each = max(1, most // max(1, len(by_env) * agents))
    return [row for by_name in by_env.values() for name in evenly(list(by_name), each) for row in by_name[name]][:most]


class _Index(dict[Any, int]):
    """Numbers things in the order in which they come."""

    def __missing__(self, key: Any) -> int:
        self[key] = len(self)
        return self[key]


def _laid_out(rows: Sequence[Row], walks: Walks, album: Mapping[PictureName, str], budget: Budget) -> dict[str, Any]:
    pictures, said = _Index(), _Index()
    plays = [_play(row, walks.of(row), album, pictures, said, budget) for row in rows]
    return {
        "pictures": [album[name] for name in pictures],
        "said": list(said),
        "plays": plays,
        "agents": list(dict.fromkeys(row["agent"] for row in rows)),
        "scenarios": list(dict.fromkeys(row["scenario"] for row in rows)),
        "endings": list(dict.fromkeys(play["ending"] for play in plays)),
        "good": [kind.value for kind in GOOD],
    }


def _play(
    row: Row,
    moments: Sequence[Moment],
    album: Mapping[PictureName, str],
    pictures: _Index,
    said: _Index,
    budget: Budget,
) -> dict[str, Any]:
    made = decisions(row)
    return {
        "agent": row["agent"],
        "scenario": row["scenario"],
        "episode": row["episode"],
        "question": _cut(row["question"], LONGEST_TEXT),
        "options": [_cut(option, LONGEST_TEXT) for option in row["options"] or (moments[0].options if moments else ())],
        "hidden": not row["options"],
        "answer": row["answer"],
        "needed": row["requests_needed"],
        "known": row["sufficiency"] is not None,
        "ending": ending(row).value,
        "needless": any(each.asked and each.case is Case.NEEDLESS for each in made),
        "blind": any(each.deed is Deed.ANSWERED and each.case is not Case.NEEDLESS for each in made),
        "turns": [_turn(row, turn, moments, album, pictures, said) for turn in shown_turns(row, budget.turns)],
    }


def _turn(
    row: Row,
    turn: int,
    moments: Sequence[Moment],
    album: Mapping[PictureName, str],
    pictures: _Index,
    said: _Index,
) -> dict[str, Any]:
    moment = moments[turn] if moments else None
    likely, choice = row["confidences"] and row["confidences"][turn], row["choices"][turn]
    return {
        "number": turn,
        "picture": pictures[moment.picture] if moment and moment.picture in album else None,
        "said": said[_cut(moment.said, LONGEST_TEXT)] if moment else None,
        "offered": row["offered"][turn],
        "seen": None if row["sufficiency"] is None else row["sufficiency"][turn],
        "reply": _reply(row["replies"][turn]),
        "choice": choice,
        "likely": likely[choice] if likely and choice is not None else None,
        "outcome": row["outcomes"][turn],
        "best": moment.best if moment else None,
    }


def _reply(reply: Any) -> str | None:
    """What was written; ``None`` where an option's number was given."""
    return _cut(reply, LONGEST_REPLY) if isinstance(reply, str) else None


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}… ({len(text) - longest} more)"


def _size(data: Any) -> int:
    """About as many characters as it takes in the page."""
    if isinstance(data, dict):
        return sum(len(key) + 4 + _size(value) for key, value in data.items())
    if isinstance(data, list):
        return sum(1 + _size(value) for value in data)
    return len(data) + 2 if isinstance(data, str) else 6
