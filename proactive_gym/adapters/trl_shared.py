"""What the ways into TRL share: which episodes, what a request pays, what completions say, what is logged."""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from typing import Any

from proactive_gym.envs.desk import Desk
from proactive_gym.errors import InputError
from proactive_gym.evaluation.decisions import ASKED
from proactive_gym.outcome import Outcome
from proactive_gym.rollout import episode_names

_SHARES: dict[str, Collection[Outcome]] = {
    "accuracy": (Outcome.CORRECT,),
    "asked": ASKED,
    "asked_usefully": (Outcome.REQUESTED,),
    "abstained": (Outcome.ABSTAINED,),
    "unreadable": (Outcome.UNREADABLE,),
}


def episodes_to_play(desk: Desk, episodes: int | None, seed: int) -> list[str]:
    """The names of that many episodes.

    Raises:
        InputError: If a number is impossible, or if there is no episode.
    """
    found = list(episode_names(desk, episodes, seed))
    if not found:
        raise InputError(f"The source {desk.source.name!r} has no episode to train on: the split is empty.")
    return found


def log_outcomes(log: Callable[[str, float], None] | None, outcomes: Sequence[Outcome], kinds: Sequence[str]) -> None:
    """The shares of outcomes, over all and by kind; accuracy and asking only, there."""
    if log is None:
        return
    by_kind: dict[str, list[Outcome]] = defaultdict(list)
    for outcome, kind in zip(outcomes, kinds, strict=True):
        by_kind[kind].append(outcome)
    for name, counted in _SHARES.items():
        log(name, _share(outcomes, counted))
    for kind, of_kind in by_kind.items():
        for name in ("accuracy", "asked"):
            log(f"{name}/{kind}", _share(of_kind, _SHARES[name]))


def _share(outcomes: Sequence[Outcome], counted: Collection[Outcome]) -> float:
    return sum(outcome in counted for outcome in outcomes) / len(outcomes)


def check_request(request: Any) -> float:
    """r_p, if it is a number from 0 to 1.

    Raises:
        InputError: If it is not.
    """
    number = isinstance(request, int | float) and not isinstance(request, bool)
    if not number or not 0 <= request <= 1:
        raise InputError(
            f"r_p, what a useful request pays, is {request!r}, but must be a number from 0 to 1, where 1 is what the "
            "right answer pays."
        )
    return float(request)


def said(completion: Any) -> str:
    """The words of a completion: what its last message says."""
    content = completion if isinstance(completion, str) else completion[-1].get("content") or ""
    if isinstance(content, str):
        return content
    return " ".join(block["text"] for block in content if block.get("type") == "text")
