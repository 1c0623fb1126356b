"""Whole episodes in TRL's ``GRPOTrainer``, through its environment interface (experimental in TRL 1.16).

All generations of a prompt start from the same episode, since its name is the prompt::

    episodes = Episodes("ProactiveSuite-v0", 1000, split="train")
    GRPOTrainer(model, EpisodeReward(request=0.5), args, episodes.dataset(), environment_factory=episodes.factories())

Where one class of environment is wanted, ``environment_class`` makes one from any id; the rows' column ``seed`` or
``episode`` says where a group starts::

    rows = Dataset.from_dict({"prompt": [[{"role": "user", "content": ""}]] * 1000, "seed": range(1000)})
    Occlusion = environment_class("ProactiveOcclusion-v0", split="train")
    GRPOTrainer(model, EpisodeReward(request=0.5), args, rows, environment_factory=Occlusion)
"""

from collections.abc import Callable, Sequence
from typing import Any

from proactive_gym.adapters.trl_shared import check_request, episodes_to_play, log_outcomes, said
from proactive_gym.adapters.trl_tools import EpisodeTools, tools_of
from proactive_gym.adapters.written import written_desk
from proactive_gym.envs.base import ProactiveEnv
from proactive_gym.envs.conversation import Conversation
from proactive_gym.outcome import Outcome


class Episodes:
    """Whole episodes, each of which a group of generations plays from its beginning.

    Args:
        env: An environment's id, or its class.
        episodes: How many; ``None`` for all of a source that has an end.
        seed: Other seeds take other episodes, where the source has no end.
        **env_kwargs: Keyword arguments of the environment; replies are written, so ``reply`` is no choice.

    Raises:
        InputError: If an argument is impossible, or if there is no episode.
    """

    def __init__(
        self, env: str | type[ProactiveEnv], episodes: int | None = None, seed: int = 0, **env_kwargs: Any
    ) -> None:
        self.desk = written_desk(env, env_kwargs)
        self.names = episodes_to_play(self.desk, episodes, seed)

    def dataset(self) -> Any:
        """A ``datasets.Dataset`` of names, each with the scenario whose tools go with it."""
        from datasets import Dataset

        scenarios = [self.desk.begin(name).episode.scenario for name in self.names]
        empty = [{"role": "user", "content": ""}]  # what the user says comes from ``reset``
        return Dataset.from_dict({"prompt": [empty] * len(self.names), "episode": self.names, "environment": scenarios})

    def factories(self) -> dict[str, type[EpisodeTools]]:
        """TRL's ``environment_factory``: for each scenario, what makes an environment with its interventions."""
        return {
            scenario.name: tools_of(self.desk, (scenario,), f"{scenario.name.title().replace('_', '')}Tools")
            for scenario in self.desk.scenarios
        }


def environment_class(env: str, **env_kwargs: Any) -> type[EpisodeTools]:
    """A class for TRL's ``environment_factory`` from any id: one documented method per intervention of its scenarios.

    Rows with the same ``seed`` start where ``gym.make(env, …).reset(seed=seed)`` does, so that a group has one start.

    Args:
        env: The id.
        **env_kwargs: Keyword arguments of the environment; replies are written, so ``reply`` is no choice.

    Raises:
        InputError: If an argument is impossible.
    """
    desk = written_desk(env, env_kwargs)
    return tools_of(desk, desk.scenarios, env.rpartition(":")[2].partition("-")[0])


class EpisodeReward:
    """TRL's reward function for ``Episodes``: 1 if it ends with the right answer; r_p, once, if it only asked; else 0.

    Asking pays once: an episode that asks, and then neither answers nor gives up, earns r_p however long it goes on.
    Words that a model says instead of calling a tool are read as its reply.

    Args:
        request: r_p.

    Raises:
        InputError: If r_p is not in [0, 1].
    """

    __name__ = "episode"  # what TRL logs it by

    def __init__(self, request: float = 0.5) -> None:
        self.request = check_request(request)

    def __call__(
        self,
        completions: Sequence[Any],
        environments: Sequence[EpisodeTools],
        log_metric: Callable[[str, float], None] | None = None,
        **told: Any,
    ) -> list[float]:
        """The rewards, one per episode."""
        del told
        played = [_concluded(tools, completion) for tools, completion in zip(environments, completions, strict=True)]
        outcomes = [conversation.state.outcome or Outcome.UNREADABLE for conversation in played]
        log_outcomes(log_metric, outcomes, [conversation.episode.scenario for conversation in played])
        if log_metric is not None:
            log_metric("requests", sum(conversation.state.requests for conversation in played) / len(played))
        return [self._of(conversation) for conversation in played]

    def _of(self, conversation: Conversation) -> float:
        outcome = conversation.state.outcome
        if outcome is Outcome.CORRECT:
            return 1.0
        return self.request if outcome in (Outcome.REQUESTED, Outcome.EXHAUSTED) else 0.0


def _concluded(tools: EpisodeTools, completion: Any) -> Conversation:
    """The conversation, after what the model said last where that was no call of a tool."""
    conversation = tools.conversation
    assert conversation is not None
    last = completion[-1]
    if not conversation.state.over and last["role"] == "assistant" and not last.get("tool_calls"):
        conversation.say(said(completion))
    return conversation
