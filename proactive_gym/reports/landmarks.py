"""Scripted agents on the very episodes of a run, so that its figures have something to stand beside.

Nothing is painted and no model is asked: scripted agents do not look.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from proactive_gym.agents.scripted import Oracle, Scripted, always_ask, never_ask, random
from proactive_gym.envs.desk import Desk
from proactive_gym.errors import InputError
from proactive_gym.evaluation.measures import Cell
from proactive_gym.evaluation.statistics import Estimate, average, family, share
from proactive_gym.menu import Kind
from proactive_gym.outcome import Outcome
from proactive_gym.reports.sheets import evenly
from proactive_gym.stored import Row
from proactive_gym.turns import turn_of

NAMES = ("oracle", "always-ask", "never-ask", "random")
MOST = 400
"""Episodes of an environment that a landmark is played on; of more, so many evenly chosen ones."""


class Landmark(NamedTuple):
    """A scripted agent in one environment.

    Attributes:
        agent: Its name.
        env: The environment's id.
        accuracy: The share of right answers.
        requests: How often it asks, per episode.
        how: ``"run"``: it took part; ``"played"`` on the run's episodes; ``"reckoned"`` from what the run says of them.
    """

    agent: str
    env: str
    accuracy: Estimate
    requests: Estimate
    how: str

    def net(self, price: float) -> Estimate:
        """Right answers less the price of what was asked; the bounds take both for independent."""
        value = self.accuracy.value - price * self.requests.value
        reach = [
            float(np.hypot(ends[0], price * ends[1]))
            for ends in (
                (self.accuracy.value - self.accuracy.low, self.requests.high - self.requests.value),
                (self.accuracy.high - self.accuracy.value, self.requests.value - self.requests.low),
            )
        ]
        return Estimate(value, value - reach[0], value + reach[1])


def landmarks(rows: Sequence[Row], table: Sequence[Cell], desks: Mapping[str, Desk]) -> list[Landmark]:
    """Those that took part from the table; others played, where there is a desk; else reckoned, where that can be.

    Args:
        rows: A run's.
        table: Its measures.
        desks: By the environments' ids, those that can be opened again.
    """
    took_part = {(cell.agent, cell.env): cell for cell in table if cell.episodes}
    found = []
    for env, episodes in _episodes(rows).items():
        for name in NAMES:
            if (name, env) in took_part:
                measures = took_part[name, env].measures
                found.append(Landmark(name, env, measures["accuracy"], measures["requests"], "run"))
            elif env in desks:
                found += _played(name, env, evenly(list(episodes), MOST), desks[env])
            else:
                found += _reckoned(name, env, list(episodes.values()))
    return found


def _episodes(rows: Iterable[Row]) -> dict[str, dict[str, Row]]:
    """By environment and name."""
    found: dict[str, dict[str, Row]] = {}
    for row in rows:
        if row["error"] is None:
            found.setdefault(row["env"], {})[row["episode"]] = row
    return found


def _agent(name: str) -> Oracle | Scripted:
    made: dict[str, Callable[[], Oracle | Scripted]] = {
        **{"oracle": Oracle, "always-ask": always_ask, "never-ask": never_ask, "random": random}
    }
    return made[name]()


def _played(name: str, env: str, episodes: Sequence[str], desk: Desk) -> list[Landmark]:
    agent = _agent(name)
    try:
        ended = [_to_its_end(agent, desk, episode) for episode in episodes]
    except InputError:  # no menu to choose from, or an episode that is there no more
        return []
    families = [family(episode) for episode in episodes]
    accuracy = share([outcome is Outcome.CORRECT for outcome, _ in ended], families)
    return [Landmark(name, env, accuracy, average([requests for _, requests in ended], families), "played")]


_NO_PICTURE = np.zeros((1, 1, 3), dtype=np.uint8)


def _to_its_end(agent: Oracle | Scripted, desk: Desk, episode: str) -> tuple[Outcome | None, int]:
    """What an episode comes to, and how often was asked in it."""
    conversation = desk.begin(episode)
    while not conversation.state.over:
        turn = turn_of(conversation, _NO_PICTURE)
        if isinstance(agent, Oracle):
            (choice,) = agent.act_told([turn], [conversation.best_choice()])
        else:
            (choice,) = agent.act([turn])
        assert isinstance(choice, int)
        conversation.choose(choice)
    return conversation.state.outcome, conversation.state.requests


def _reckoned(name: str, env: str, rows: Sequence[Row]) -> list[Landmark]:
    """What follows from the menus and from the requests needed, where these are known; not for those that wander."""
    if any(row["sufficiency"] is None or not row["options"] for row in rows):
        return []
    families = [family(row["episode"]) for row in rows]
    if name == "never-ask":
        accuracy = sum(1 / row["kinds"].count(Kind.ANSWER) for row in rows) / len(rows)
        return [Landmark(name, env, _exactly(accuracy), _exactly(0.0), "reckoned")]
    if name == "oracle":
        helped = [row["requests_needed"] is not None for row in rows]
        requests = average([row["requests_needed"] or 0 for row in rows], families)
        return [Landmark(name, env, share(helped, families), requests, "reckoned")]
    return []


def _exactly(value: float) -> Estimate:
    return Estimate(value, value, value)
