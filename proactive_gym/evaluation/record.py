"""A finished episode as one line of ``episodes.jsonl``."""

import json
from typing import Any

from proactive_gym.rollout import Trajectory

Row = dict[str, Any]

FIELDS = frozenset({
    *("agent", "env", "episode", "scenario", "wording", "question", "options", "kinds", "answer"),
    *("replies", "choices", "confidences", "outcomes", "outcome", "requests", "requests_needed", "sufficiency"),
    *("return", "error"),
})  # fmt: skip
"""What every row has."""

# Rows of episodes that could not be played have an ``error`` and no ``outcome``; nothing is measured on them.


def record(trajectory: Trajectory, agent: str, env: str, wording: str) -> Row:
    """Everything about the episode but its pictures, which its name gives back; nothing depends on time or machine.

    Args:
        trajectory: The finished episode.
        agent: The agent's name.
        env: The environment's id.
        wording: The name of the wording that was used.
    """
    first = trajectory.exchanges[0].turn if trajectory.exchanges else None
    return {
        "agent": agent,
        "env": env,
        "episode": trajectory.episode,
        "scenario": trajectory.scenario,
        "wording": wording,
        "question": first.question if first else "",
        "options": list(first.options) if first else [],
        "kinds": [kind.value for kind in first.kinds] if first else [],
        "answer": trajectory.answer,
        "replies": [exchange.reply for exchange in trajectory.exchanges],
        "choices": [exchange.choice for exchange in trajectory.exchanges],
        "confidences": _confidences(trajectory),
        "outcomes": [exchange.outcome.value for exchange in trajectory.exchanges],
        "outcome": None if trajectory.outcome is None else trajectory.outcome.value,
        "requests": trajectory.requests,
        "requests_needed": trajectory.requests_needed,
        "sufficiency": None
        if trajectory.sufficiency is None
        else [round(share, 4) for share in trajectory.sufficiency],
        "return": trajectory.total_reward,
        "error": trajectory.error,
    }


def _confidences(trajectory: Trajectory) -> list[list[float] | None] | None:
    """Per turn one number per option; ``None`` where the agent gives none at all."""
    given = [exchange.confidences for exchange in trajectory.exchanges]
    if not any(given):
        return None
    return [None if each is None else [round(share, 6) for share in each] for each in given]


def line(row: Row) -> str:
    """The row as a line of JSON, always with the same bytes."""
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n"
