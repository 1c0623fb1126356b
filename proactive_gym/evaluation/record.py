"""A finished episode as one line of ``episodes.jsonl``."""

from proactive_gym.stored import Row
from proactive_gym.trajectory import Trajectory


def record(trajectory: Trajectory, agent: str, env: str, wording: str, seed: int | None) -> Row:
    """Everything about the episode but its pictures, which its name gives back; nothing depends on time or machine.

    Args:
        trajectory: The finished episode.
        agent: The agent's name.
        env: The environment's id.
        wording: The name of the wording that was used.
        seed: Whose episodes it is one of; ``None`` where seeds make no difference.
    """
    first = trajectory.exchanges[0].turn if trajectory.exchanges else None
    return {
        "agent": agent,
        "env": env,
        "episode": trajectory.episode,
        "scenario": trajectory.scenario,
        "seed": seed,
        "wording": wording,
        "question": first.question if first else "",
        "options": list(first.options) if first else [],
        "kinds": [kind.value for kind in first.kinds] if first else [],
        # Which options were on offer in each turn, as 0 and 1: the menu may change.
        "offered": ["".join(map(str, exchange.turn.action_mask)) for exchange in trajectory.exchanges],
        "pictures": list(trajectory.pictures),
        "answer": trajectory.answer,
        "replies": [exchange.reply for exchange in trajectory.exchanges],
        "choices": [exchange.choice for exchange in trajectory.exchanges],
        "confidences": _confidences(trajectory),
        "verdicts": _verdicts(trajectory),
        "outcomes": [exchange.outcome.value for exchange in trajectory.exchanges],
        "outcome": None if trajectory.outcome is None else trajectory.outcome.value,
        "requests": trajectory.requests,
        "requests_needed": trajectory.requests_needed,
        "sufficiency": None
        if trajectory.sufficiency is None
        else [round(share, 4) for share in trajectory.sufficiency],
        "return": trajectory.total_reward,
        "error": trajectory.error,
        "unjudged": trajectory.unjudged,
        **_service(trajectory),
    }


def _service(trajectory: Trajectory) -> Row:
    """Who the user was and what became of each request, turn by turn; nothing where the user was perfect."""
    if trajectory.user == "perfect":
        return {}
    responses = [exchange.response and exchange.response.value for exchange in trajectory.exchanges]
    return {"user": trajectory.user, "responses": responses}


def _confidences(trajectory: Trajectory) -> list[list[float] | None] | None:
    """Per turn one number per option; ``None`` where the agent gives none at all."""
    given = [exchange.confidences for exchange in trajectory.exchanges]
    if not any(given):
        return None
    return [None if each is None else [round(share, 6) for share in each] for each in given]


def _verdicts(trajectory: Trajectory) -> list[list[bool] | None] | None:
    """Per turn whether a judge found a suggestion and the answer in it; ``None`` where none was asked at all."""
    given = [exchange.verdict for exchange in trajectory.exchanges]
    if not any(given):
        return None
    return [None if each is None else list(each) for each in given]
