"""Our measures in Inspect: of an episode as its score, of all episodes as metrics."""

from typing import Any

from inspect_ai.scorer import Metric, SampleScore, Score, Scorer, Target, Value, metric, scorer
from inspect_ai.solver import TaskState

from proactive_gym.adapters.written import OF_ONE, of_one
from proactive_gym.evaluation import cells

KEPT = "episode"
"""Where a sample's store, and its score's metadata, hold the episode as a row of ``episodes.jsonl``."""


@metric(scores="unreduced")
def measures() -> Metric:
    """All measures that can be known of the episodes, with the bounds of 95 % intervals of the first ones."""

    def measured(scores: list[SampleScore]) -> Value:
        rows = [score.score.metadata[KEPT] for score in scores if score.score.metadata]
        if not rows:
            return {}
        (cell,) = cells([{**row, "agent": "", "env": ""} for row in rows])
        shown = {name: estimate.value for name, estimate in cell.measures.items()}
        for name in OF_ONE:
            shown |= {f"{name}_low": cell.measures[name].low, f"{name}_high": cell.measures[name].high}
        return {name: value for name, value in shown.items() if value == value}  # NaN is what cannot be known

    return measured


@scorer(metrics=[measures()])
def episode_measures() -> Scorer:
    """What the episode came to; one that was not played to its end is left unscored, with its error."""

    async def score(state: TaskState, target: Target) -> Score:
        row = state.store.get(KEPT)
        told: dict[str, Any] = {"answer": state.output.completion, "metadata": {KEPT: row}}
        if row["error"] is not None:
            return Score.unscored(reason="scoring_failed", explanation=row["error"], **told)
        return Score(
            value=of_one(row), explanation=f"{', '.join(row['outcomes'])}; the answer is {target.text}", **told
        )

    return score
