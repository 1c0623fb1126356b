"""An experiment: arms that differ in one thing each, several seeds of each, finished runs kept."""

import json
import math
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from scipy import stats

from proactive_gym.envs import SCENARIOS
from proactive_gym.errors import InputError
from proactive_gym.evaluation.statistics import Estimate
from proactive_gym.training.asking import Plan, learn_to_ask
from proactive_gym.training.checkpoint import load_policy
from proactive_gym.training.measuring import CONDITIONS, Figures, measured
from proactive_gym.training.policy import TinyPolicy
from proactive_gym.training.recognition import Say


@dataclass(frozen=True)
class Run:
    """One seed of one arm.

    Attributes:
        arm: The arm's name.
        plan: How asking is learnt; ``None`` to measure the model as it is.
        start: The checkpoint to begin with.
        tested: Test episodes per scenario and setting.
    """

    arm: str
    plan: Plan | None
    start: str
    tested: int

    @property
    def name(self) -> str:
        """Names its file."""
        return f"{self.arm.replace(' ', '_')}-{0 if self.plan is None else self.plan.seed}"

    @property
    def described(self) -> dict[str, Any]:
        """What decides its result, as it can stand in a JSON file."""
        plan = None if self.plan is None else asdict(self.plan)
        return json.loads(json.dumps({"plan": plan, "start": self.start, "tested": self.tested}))  # type: ignore[no-any-return]


class Result(NamedTuple):
    """What came of a run.

    Attributes:
        arm: The arm's name.
        trained: Names of the scenarios trained on.
        history: Per update: pay, and shares of the replies drawn that asked, were right, gave up.
        figures: By condition and scenario.
    """

    arm: str
    trained: tuple[str, ...]
    history: list[list[float]]
    figures: dict[str, dict[str, Figures]]


def run_all(runs: Sequence[Run], out: Path, processes: int, say: Say) -> list[Result]:
    """Do all the runs that are not done yet, in that many processes; each is kept in ``out`` once it is finished.

    Raises:
        InputError: If ``out`` holds a run of that name with other settings.
    """
    out.mkdir(parents=True, exist_ok=True)
    # The first seed of every arm before the second of any: whoever stops early has something of all.
    owed = sorted(
        (run for run in runs if not _is_done(run, out)), key=lambda run: 0 if run.plan is None else run.plan.seed
    )
    say(f"{len(runs)} runs, of which {len(runs) - len(owed)} are done already")
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        under_way = {pool.submit(_do, run, str(out)): run for run in owed}
        for number, finished in enumerate(as_completed(under_way), start=1):
            say(f"{number} of {len(owed)}: {finished.result()}")
    return [_result(run, out) for run in runs]


def _do(run: Run, out: str) -> str:
    """One run, in a process of its own; says how it went."""
    torch.set_num_threads(1)
    policy = load_policy(run.start)
    told = [] if run.plan is None else learn_to_ask(policy, run.plan, lambda said: None)
    found = {
        condition.name: {item.name: measured(policy, item.name, condition, run.tested) for item in SCENARIOS}
        for condition in CONDITIONS
    }
    if run.plan is not None:
        save_weights(policy, Path(out) / f"{run.name}.safetensors")
    kept = {
        **run.described,
        "history": [list(update[1:]) for update in told],
        "figures": {name: {item: list(values) for item, values in by.items()} for name, by in found.items()},
    }
    file = Path(out) / f"{run.name}.json"
    part = file.with_suffix(".part")
    part.write_text(json.dumps(kept, indent=1), encoding="utf-8")
    part.replace(file)
    needed = [found["needed"][item.name] for item in SCENARIOS]
    asks, right = (np.mean([values[place] for values in needed]) for place in (1, 0))
    return f"{run.name}: asks {asks:.0%} and ends rightly {right:.0%} where asking is needed"


def save_weights(policy: TinyPolicy, file: Path) -> None:
    """What learning to ask has changed: everything but the ResNet, in half precision."""
    from safetensors.torch import save_file

    changed = {
        name: weights.detach().half().contiguous()
        for name, weights in policy.model.named_parameters()
        if weights.requires_grad
    }
    save_file(changed, file)


def with_weights(policy: TinyPolicy, file: Path) -> TinyPolicy:
    """The policy with the weights that a run has kept."""
    from safetensors.torch import load_file

    changed = policy.copy()
    changed.model.load_state_dict({name: values.float() for name, values in load_file(file).items()}, strict=False)
    return changed


def _is_done(run: Run, out: Path) -> bool:
    file = out / f"{run.name}.json"
    if not file.exists():
        return False
    kept = json.loads(file.read_text(encoding="utf-8"))
    if {key: kept[key] for key in run.described} != run.described:
        raise InputError(f"{file} holds a run with other settings; give another folder, or remove it.")
    return True


def _result(run: Run, out: Path) -> Result:
    kept = json.loads((out / f"{run.name}.json").read_text(encoding="utf-8"))
    found = {name: {item: Figures(*values) for item, values in by.items()} for name, by in kept["figures"].items()}
    return Result(run.arm, () if run.plan is None else run.plan.scenarios, kept["history"], found)


# --- What several seeds say together ----------------------------------------------------------------------------------


def seeds_of(plan: Plan, seeds: int) -> list[Plan]:
    """The plan with each of the seeds."""
    return [replace(plan, seed=seed) for seed in range(seeds)]


def over_seeds(results: Iterable[Result], condition: str, measure: str, scenarios: Sequence[str]) -> Estimate:
    """The mean over seeds of the mean over scenarios, with Student's 95 % interval over seeds (NaN for one seed)."""
    return interval(each_seed(results, condition, lambda found: float(getattr(found, measure)), scenarios))


def each_seed(
    results: Iterable[Result], condition: str, measure: Callable[[Figures], float], scenarios: Sequence[str]
) -> list[float]:
    """For each seed the mean over scenarios."""
    return [float(np.mean([measure(result.figures[condition][name]) for name in scenarios])) for result in results]


def interval(values: Sequence[float]) -> Estimate:
    """A mean with Student's 95 % interval, for shares."""
    mean = float(np.mean(values))
    if len(values) < 2:
        return Estimate(mean, math.nan, math.nan)
    reach = float(stats.t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / math.sqrt(len(values)))
    return Estimate(mean, max(0.0, mean - reach), min(1.0, mean + reach))
