"""One episode of each environment on one sheet: what was shown, what was said."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from proactive_gym.agents.base import Agent
from proactive_gym.envs.rendering import card, stacked, strip
from proactive_gym.reports.tables import short
from proactive_gym.rollout import episode_names, make_desk, play
from proactive_gym.trajectory import Trajectory

LONGEST = 5


def write_contact_sheet(agent: Agent, envs: Sequence[str], file: Path, seed: int = 0, **env_kwargs: Any) -> None:
    """Let the agent play an episode of each environment, and draw them below one another as a PNG.

    Args:
        agent: Who plays.
        envs: Ids.
        file: Where the PNG goes.
        seed: Which episodes: of the first few of that seed, the one that shows the most without growing too long.
        **env_kwargs: Keyword arguments of the environments.
    """
    stacked([_strip(_telling(agent, env, seed, env_kwargs), env) for env in envs]).save(file, optimize=True)


def _telling(agent: Agent, env: str, seed: int, env_kwargs: dict[str, Any]) -> Trajectory:
    desk = make_desk(env, env_kwargs)
    played = list(play(agent, desk, episode_names(desk, 8, seed)))
    return max(played, key=lambda trajectory: len(trajectory.exchanges) if len(trajectory.exchanges) <= LONGEST else 0)


def _strip(trajectory: Trajectory, env: str) -> Any:
    cards = []
    for exchange in trajectory.exchanges[:LONGEST]:
        turn = exchange.turn
        said = turn.options[exchange.choice] if exchange.choice is not None else str(exchange.reply)
        cards.append(card(turn.image, turn.dialogue, exchange.outcome, f"» {said}"))
    return strip(cards, f"{short(env)}   {trajectory.episode}")
