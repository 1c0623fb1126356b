"""What each outcome pays."""

import math
from dataclasses import dataclass, fields
from numbers import Real
from typing import ClassVar

from proactive_gym.errors import InputError
from proactive_gym.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Reward:
    """Pay per outcome of a turn.

    The default is accuracy: 1 for a correct answer, else 0, so asking pays once, by making the answer possible.
    Paying ``request`` on every turn teaches endless asking; if you do, keep it well below ``correct``
    and set a ``budget``, or train with ``single_turn=True`` as the paper does (``Reward(request=0.5)``).

    A request on the last allowed turn (outcome ``exhausted``) brings no further picture and pays as a useless one.
    """

    correct: float = 1.0
    wrong: float = 0.0
    abstained: float = 0.0
    request: float = 0.0
    useless_request: float = 0.0
    unreadable: float = 0.0

    _paid_as: ClassVar[dict[Outcome, str]] = {
        Outcome.REQUESTED: "request",
        Outcome.EXHAUSTED: "useless_request",
    }

    def __post_init__(self) -> None:
        """Refuse what is not a finite number."""
        for field in fields(self):
            value = getattr(self, field.name)
            if not _finite(value):
                raise InputError(f"Reward({field.name}=…) is {value!r}, but must be a finite number.")

    def of(self, outcome: Outcome) -> float:
        """What ``outcome`` pays."""
        return float(getattr(self, self._paid_as.get(outcome, outcome.value)))

    @classmethod
    def named(cls, reward: "str | Reward") -> "Reward":
        """``"accuracy"`` or a ready :class:`Reward`.

        Raises:
            InputError: If it is neither.
        """
        if isinstance(reward, Reward):
            return reward
        if reward == "accuracy":
            return cls()
        raise InputError(f"reward is {reward!r}, but must be 'accuracy' or a proactive_gym.Reward(…).")


def _finite(value: object) -> bool:
    if not isinstance(value, Real) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond the largest float
        return False
