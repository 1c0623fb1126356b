"""What a policy does, measured on the gym's own rollouts, in settings that tell asking from mere liking to ask."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from proactive_gym.agents import ModelOptions, make_agent
from proactive_gym.agents.base import Agent
from proactive_gym.envs import SCENARIOS
from proactive_gym.menu import Kind
from proactive_gym.outcome import Outcome
from proactive_gym.rollout import rollouts
from proactive_gym.sources.fixed import FixedEpisodes
from proactive_gym.sources.scenes.source import ScenesSource
from proactive_gym.training.classroom import EVERY, all_but, classroom
from proactive_gym.training.tiny_model import SIDE
from proactive_gym.trajectory import Trajectory


class Condition(NamedTuple):
    """A setting to be measured in.

    Attributes:
        name: What tables call it.
        arguments: Keyword arguments of the environment.
        phrases: Which phrases of interventions stand on menus.
        decoys: Whether as many interventions of other scenarios stand there as well.
    """

    name: str
    arguments: dict[str, Any]
    phrases: slice = EVERY
    decoys: bool = False


CONDITIONS = (
    Condition("needed", {}),
    Condition("sufficient", {"control": "sufficient"}),
    Condition("unhelpful", {"control": "unhelpful"}),
    Condition("foreign", {"interventions": "foreign"}),
    Condition("decoys", {}, decoys=True),
    Condition("new phrases", {}, phrases=slice(-1, None)),
    Condition("fixed order", {"menu_order": "benchmark"}),
)
"""Asking is needed; it is needless; it cannot help; only requests that cannot help are on the menu, or such beside
those that can; requests are put in phrases that training held back; interventions stand before answers."""


class Figures(NamedTuple):
    """Shares of episodes, 0…1, unless it says otherwise.

    Attributes:
        accuracy: Ended with the right answer.
        asks: The first reply asks for an intervention.
        useful: The first reply asks for one that does something.
        abstains: The first reply gives up.
        right_at_once: The first reply is the right answer.
        requests: Requests an episode, on average.
        exhausted: Asked until the turns were spent.
    """

    accuracy: float
    asks: float
    useful: float
    abstains: float
    right_at_once: float
    requests: float
    exhausted: float


def measured(agent: Agent, scenario: str, condition: Condition, episodes: int = 100, seed: int = 0) -> Figures:
    """Play that many test episodes of one scenario in one setting."""
    decoys = all_but([scenario]) if condition.decoys else ()
    # Foreign interventions come from all scenarios here, those never trained on included.
    room = classroom([scenario], condition.phrases, decoys)
    room.family = SCENARIOS
    played = list(
        rollouts(
            agent,
            room,
            episodes,
            num_envs=64,
            seed=seed,
            source=_episodes(episodes, condition.name),
            **condition.arguments,
        )
    )
    return figures(played)


def figures(played: Sequence[Trajectory]) -> Figures:
    """What these episodes come to."""
    first = [trajectory.exchanges[0] for trajectory in played]
    kinds = [None if turn.choice is None else turn.turn.kinds[turn.choice] for turn in first]
    useful = (Outcome.REQUESTED, Outcome.EXHAUSTED)
    return Figures(
        accuracy=_share([trajectory.outcome is Outcome.CORRECT for trajectory in played]),
        asks=_share([kind is Kind.INTERVENTION for kind in kinds]),
        useful=_share([turn.outcome in useful for turn in first]),
        abstains=_share([kind is Kind.ABSTENTION for kind in kinds]),
        right_at_once=_share([turn.outcome is Outcome.CORRECT for turn in first]),
        requests=_share([trajectory.requests for trajectory in played]),
        exhausted=_share([trajectory.outcome is Outcome.EXHAUSTED for trajectory in played]),
    )


def mean_figures(several: Sequence[Figures]) -> Figures:
    """The unweighted mean, of scenarios or seeds."""
    return Figures(*(sum(values) / len(values) for values in zip(*several, strict=True)))


def report_on(checkpoints: Sequence[str | Path], episodes: int, folder: Path) -> Path:
    """Let these checkpoints play all scenarios beside the oracle, and write the usual report; returns its page.

    Args:
        checkpoints: Folders, or names of models that come with the package.
        episodes: How many each plays in each scenario, of the test split.
        folder: Of the evaluation, which goes on where it stopped.
    """
    from proactive_gym import evaluate

    letters = ModelOptions(decide="letter")
    named = [place if str(place) in ("tiny", "tiny-rl") else f"hf:{place}" for place in checkpoints]
    players = [make_agent(str(name), letters) for name in named]
    evaluate([*players, "oracle"], "all", episodes, out=folder, image_size=SIDE)
    return folder / "report.html"


def _share(hits: Sequence[float]) -> float:
    return sum(hits) / len(hits)


@lru_cache(maxsize=64)
def _episodes(number: int, condition: str) -> FixedEpisodes:
    """The same test episodes for all that is measured in a condition, so that each picture is painted once.

    One of its own for each, since it knows episodes by their names, which say nothing of phrases and decoys.
    """
    del condition
    return FixedEpisodes(ScenesSource("test", SIDE), number)
