"""Which episodes an evaluation plays."""

import hashlib
import math
from collections.abc import Sequence
from pathlib import Path

from proactive_gym.envs.desk import Desk
from proactive_gym.errors import InputError, check_whole
from proactive_gym.evaluation.filtering import read_names
from proactive_gym.rollout import SEEDS, episode_names

EPISODES = 200
"""Episodes per agent and environment where the source has no end and nobody says how many."""

Plan = dict[str, dict[str, int | None]]
"""By the environments' ids, names of episodes with the seed they belong to; ``None`` where seeds make no difference."""


def checked_seeds(seed: int | Sequence[int]) -> list[int]:
    """The seeds, one or several, each once.

    Raises:
        InputError: If one is impossible or given twice, or if there is none.
    """
    seeds = [seed] if isinstance(seed, int) else list(seed)
    for one in seeds:
        check_whole("seed", one, 0, SEEDS - 1)
        if seeds.count(one) > 1:
            raise InputError(f"seed {one} is given twice; its episodes are played once.")
    if not seeds:
        raise InputError("There is no seed; give at least one.")
    return seeds


def planned(desks: dict[str, Desk], episodes: int | None, seeds: list[int], only: str | Path | None) -> Plan:
    """The episodes to play: all of a source with an end, so many of each seed of one without, or those of a list.

    Args:
        desks: The environments, by id.
        episodes: How many per environment and seed; ``None`` for all there are, or ``EPISODES`` where there is no end.
        seeds: Whose episodes.
        only: A file that names them, as ``filtering.write_names`` writes it.

    Raises:
        InputError: If that cannot be.
    """
    if only is None:
        return {env: _drawn(desk, episodes, seeds) for env, desk in desks.items()}
    if episodes is not None or len(seeds) > 1:
        given = f"seed is {seeds}" if episodes is None else f"episodes is {episodes}"
        raise InputError(f"{given}, but only={str(only)!r} already says which are played.")
    listed = read_names(only)
    for env in desks:
        if env not in listed:
            raise InputError(f"{only} names no episode of {env}; it has some of {', '.join(listed)}.")
    return {env: dict.fromkeys(listed[env]) for env in desks}


def _drawn(desk: Desk, episodes: int | None, seeds: list[int]) -> dict[str, int | None]:
    if desk.source.size(desk.scenarios) == math.inf:
        number = EPISODES if episodes is None else episodes
        return {name: seed for seed in seeds for name in episode_names(desk, number, seed)}
    if len(seeds) > 1:
        raise InputError(
            f"seed is {seeds}, but the source {desk.source.name!r} has the same episodes for every seed; give one "
            "(sampled replies have a seed of their own, --sampling-seed, in runs of their own)."
        )
    return dict.fromkeys(episode_names(desk, episodes, seeds[0]))


def digest(names: Sequence[str]) -> str:
    """Which episodes are played: their number, and the beginning of a hash of their names."""
    return f"{len(names)} episodes, {hashlib.sha256(chr(10).join(names).encode()).hexdigest()[:16]}"
