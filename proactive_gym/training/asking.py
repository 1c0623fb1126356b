"""The third lesson: to ask. Group-relative policy optimisation (GRPO) on the gym's own vector environments.

Every turn is a group: the lanes of a group are put where one conversation stands, each takes a reply drawn from the
policy, and a reply is as good as what it pays, measured against the others of its group. The conversation goes on with
the first of them.

Source: Z. Shao et al., DeepSeekMath (arXiv 2402.03300), for the group's mean and spread as the baseline.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch

from proactive_gym.envs.vector import ProactiveVectorEnv
from proactive_gym.errors import InputError, check_whole
from proactive_gym.outcome import Outcome
from proactive_gym.reward import Reward
from proactive_gym.sources.fixed import FixedEpisodes
from proactive_gym.sources.scenes.source import ScenesSource
from proactive_gym.training.classroom import classroom
from proactive_gym.training.policy import TinyPolicy
from proactive_gym.training.recognition import Say
from proactive_gym.training.tiny_model import SIDE


@dataclass(frozen=True)
class Plan:
    """How asking is learnt.

    Attributes:
        scenarios: Names of the scenarios that are trained on.
        request: What a useful request pays, 0…1; a right answer pays 1, all else 0.
        single_turn: Whether an episode is its first turn, as in the paper, or is played to its end.
        imitate: Instead of reinforcement: whoever knows the answers says what to reply, and that is learnt.
        decoys: Whether menus also offer interventions of the other scenarios trained on, which do nothing.
        held_back: How many of an intervention's phrases, the last ones, are never seen here.
        updates: How often the weights are changed.
        groups: Conversations at once.
        samples: Replies drawn in each.
        rate: Step size at the beginning; it falls to a tenth.
        keep: Weight of staying near the model that one began with.
        episodes: How many different episodes there are.
        seed: Of everything random.
    """

    scenarios: tuple[str, ...]
    request: float = 0.5
    single_turn: bool = False
    imitate: bool = False
    decoys: bool = False
    held_back: int = 1
    updates: int = 300
    groups: int = 32
    samples: int = 8
    rate: float = 3e-4
    keep: float = 0.02
    episodes: int = 2000
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be trained on."""
        for name in ("request", "keep"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
                raise InputError(f"{name} is {value!r}, but must be a number from 0 to 1.")
        for name in ("updates", "groups", "samples", "episodes"):
            check_whole(name, getattr(self, name), 1)
        check_whole("held_back", self.held_back, 0, 1)
        classroom(self.scenarios, decoys=self.scenarios if self.decoys else ())


class Told(NamedTuple):
    """What one update saw: shares of the replies drawn.

    Attributes:
        update: Its number.
        reward: The mean pay.
        asked: Requests.
        right: Right answers.
        abstained: Givings up.
    """

    update: int
    reward: float
    asked: float
    right: float
    abstained: float


def learn_to_ask(policy: TinyPolicy, plan: Plan, say: Say = print) -> list[Told]:
    """Train the policy's model in place; the ResNet stays as it is.

    Returns:
        What each update saw.
    """
    torch.manual_seed(plan.seed)
    policy.model.model.vision_tower.requires_grad_(False)
    weights = [weight for weight in policy.model.parameters() if weight.requires_grad]
    before = policy.copy() if plan.keep and not plan.imitate else None
    optimiser = torch.optim.AdamW(weights, lr=plan.rate, betas=(0.9, 0.98), weight_decay=0.0)
    room = Room(plan)
    history: list[Told] = []
    for update in range(1, plan.updates + 1):
        for group in optimiser.param_groups:
            group["lr"] = plan.rate * min(1.0, update / 10) * (1 - 0.9 * update / plan.updates)
        taught = room.lesson(policy, before)
        optimiser.zero_grad()
        taught.loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimiser.step()
        history.append(_told(update, taught))
        if update % 25 == 0:
            say(_line(plan, history[-25:]))
    return history


def _told(update: int, taught: "Taught") -> Told:
    share = {outcome: taught.outcomes.count(outcome) / len(taught.outcomes) for outcome in Outcome}
    asked = share[Outcome.REQUESTED] + share[Outcome.USELESS_REQUEST] + share[Outcome.EXHAUSTED]
    return Told(update, taught.reward, asked, share[Outcome.CORRECT], share[Outcome.ABSTAINED])


def _line(plan: Plan, of_late: Sequence[Told]) -> str:
    reward, asked, right, abstained = np.array(of_late)[:, 1:].mean(0)
    return (
        f"update {of_late[-1].update} of {plan.updates}: pay {reward:.2f}, asks {asked:.0%}, answers rightly "
        f"{right:.0%}, gives up {abstained:.0%}"
    )


class Taught(NamedTuple):
    """What one turn in every conversation came to: the loss, the mean pay and the outcomes of the replies drawn."""

    loss: torch.Tensor
    reward: float
    outcomes: list[Outcome]


class Room:
    """Conversations that one learns from: a vector environment with a group of lanes for each of them.

    Args:
        plan: What is learnt, and on what.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.samples = 1 if plan.imitate else plan.samples
        self.envs = ProactiveVectorEnv(
            classroom(plan.scenarios, slice(-plan.held_back or None), plan.scenarios if plan.decoys else ()),
            num_envs=plan.groups * self.samples,
            source=FixedEpisodes(ScenesSource("train", SIDE), plan.episodes),
            single_turn=plan.single_turn,
            reward=Reward(correct=1.0, request=plan.request),
        )
        self.envs.reset(seed=plan.seed * 1_000_000)

    def lesson(self, policy: TinyPolicy, before: TinyPolicy | None) -> Taught:
        """Take one turn in every conversation."""
        observations = self._gathered()
        shown = {key: observations[key][:: self.samples] for key in ("image", "dialogue", "action_mask")}
        features = policy.features(shown["image"])
        scores = policy.scores(shown["dialogue"], features, shown["action_mask"])
        chances = scores.log_softmax(1)
        if self.plan.imitate:
            choices = torch.tensor([[lane.best_choice()] for lane in self.envs.conversations])
        else:
            choices = torch.multinomial(chances.detach().exp(), self.samples, replacement=True)
        pay, outcomes = self._step(choices)
        loss = -(self._advantages(pay) * chances.gather(1, choices)).mean()
        if before is not None:
            with torch.no_grad():
                usual = before.scores(shown["dialogue"], features, shown["action_mask"]).log_softmax(1)
            loss = loss + self.plan.keep * (chances.exp() * (chances - usual)).sum(1).mean()
        return Taught(loss, float(pay.mean()), outcomes)

    def _gathered(self) -> dict[str, Any]:
        """All lanes of a group put where its first one stands."""
        stand = [self.envs.clone_state(group * self.samples) for group in range(self.plan.groups)]
        observations, _ = self.envs.restore_state([branch for branch in stand for _ in range(self.samples)])
        return observations

    def _step(self, choices: torch.Tensor) -> tuple[torch.Tensor, list[Outcome]]:
        lanes = self.envs.conversations
        _, pay, _, _, _ = self.envs.step(choices.flatten().numpy())
        outcomes = [lane.state.outcome for lane in lanes]
        return torch.from_numpy(pay).float().view_as(choices), [outcome for outcome in outcomes if outcome is not None]

    def _advantages(self, pay: torch.Tensor) -> torch.Tensor:
        if self.plan.imitate:
            return torch.ones_like(pay)
        return (pay - pay.mean(1, keepdim=True)) / (pay.std(1, keepdim=True) + 1e-4)
