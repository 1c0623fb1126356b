"""Can a model learn to ask, and does it carry over to what it never practised? The whole experiment, in one command.

    python examples/learn_to_ask.py                     # some twenty minutes on two cores
    python examples/learn_to_ask.py --quick             # one seed of the main arms, five minutes
    python examples/learn_to_ask.py --start runs/tiny/tiny   # from a checkpoint that train_tiny.py made

The same command again goes on where it stopped. (a) The model that only ever saw pictures that suffice is measured
where they do not. (b) It is rewarded in four of the seven scenarios: 1 for a right answer, r_p for a useful request,
else 0. (c) It is measured in all seven, on test episodes: other subjects and seeds, three scenarios it was not rewarded
in, phrases that were held back, and in settings in which asking is needless or useless. What came of it is discussed in
docs/learning.md.
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from proactive_gym.errors import InputError, check_whole
from proactive_gym.training.asking import Plan
from proactive_gym.training.checkpoint import load_policy, save_checkpoint
from proactive_gym.training.classroom import all_but
from proactive_gym.training.experiment import Result, Run, run_all, seeds_of, with_weights
from proactive_gym.training.flags import as_words, flags_from
from proactive_gym.training.learning_report import write_report
from proactive_gym.training.measuring import report_on
from proactive_gym.training.run_folder import opened
from proactive_gym.training.tiny_card import asking_card

UNSEEN = ("video_occlusion", "viewpoint", "video_moment")
"""The two on videos share phrases, so that both are seen or neither."""
OTHERS_UNSEEN = ("occlusion", "image_quality", "framing")
REQUEST = (0.5, 0.75, 1.0)
"""What a useful request pays."""


@dataclass(frozen=True)
class Flags:
    """What can be set."""

    out: str = "runs/learn-to-ask"  # folder for the runs; the same command again goes on with them
    start: str = "tiny"  # checkpoint to begin with; by default the one that comes along
    seeds: int = 3  # how often each arm is learnt
    updates: int = 200  # of each seed
    tested: int = 100  # test episodes per scenario and setting
    eval_episodes: int = 100  # episodes per scenario in the report of the model before and after; 0 leaves it out
    processes: int = 2  # seeds under way at once
    quick: bool = False  # one seed, r_p of 0.5 alone

    def __post_init__(self) -> None:
        """Refuse impossible values before anything is learnt."""
        for name in ("seeds", "updates", "tested", "processes"):
            check_whole(name, getattr(self, name), 1)
        check_whole("eval_episodes", self.eval_episodes, 0)


def main(arguments: Sequence[str] | None = None) -> Path:
    """Do the runs, write the reports."""
    return learn(flags_from(Flags, __doc__, arguments))


def learn(flags: Flags) -> Path:
    """All runs as the flags say; the folder with their figures, plots, the checkpoint ``tiny-rl`` and the report."""
    load_policy(flags.start)  # says at once if there is none
    folder = opened(flags.out, "learn-to-ask", as_words(flags))
    began = time.perf_counter()

    def say(what: str) -> None:
        print(f"{time.perf_counter() - began:6.0f} s  {what}", flush=True)

    runs = planned(flags.start, flags.updates, flags.tested, 1 if flags.quick else flags.seeds, flags.quick)
    results = run_all(runs, folder, flags.processes, say)
    for file in write_report(results, folder):
        say(f"wrote {file}")
    save_checkpoint_of(runs[1], results[1], folder / "tiny-rl")
    say(f"saved {folder / 'tiny-rl'}, the first seed of {runs[1].arm!r}")
    if flags.eval_episodes:
        before_and_after = [Path(flags.start), folder / "tiny-rl"]
        say(f"Report: {report_on(before_and_after, flags.eval_episodes, folder / 'evaluation')}")
    return folder


def planned(start: str, updates: int, tested: int, seeds: int, quick: bool = False) -> list[Run]:
    """All runs, arm by arm."""
    runs = [Run("before", None, start, tested)]
    for name, plan in arms(updates, quick).items():
        runs += [Run(name, each, start, tested) for each in seeds_of(plan, seeds)]
    return runs


def save_checkpoint_of(run: Run, result: Result, place: Path) -> None:
    """A checkpoint that transformers loads, with its card."""
    assert run.plan is not None
    learnt = with_weights(load_policy(run.start), place.parent / f"{run.name}.safetensors")
    save_checkpoint(learnt, place, asking_card(run.plan, result.figures, run.tested))


def arms(updates: int, quick: bool = False) -> dict[str, Plan]:
    """What is compared, by name."""
    usual = Plan(all_but(UNSEEN), updates=updates)
    several = {
        f"{manner}, r_p {request:g}": Plan(usual.scenarios, request, single_turn=manner == "single", updates=updates)
        for manner in ("multi", "single")
        for request in (REQUEST[:1] if quick else REQUEST)
    }
    if quick:
        return several
    return several | {
        "decoys": Plan(usual.scenarios, decoys=True, updates=updates),
        "imitation": Plan(usual.scenarios, imitate=True, updates=updates),
        "other split": Plan(all_but(OTHERS_UNSEEN), updates=updates),
    }


if __name__ == "__main__":
    try:
        main()
    except InputError as wrong:
        sys.exit(f"learn_to_ask.py: {wrong}")
