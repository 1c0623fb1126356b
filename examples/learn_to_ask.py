"""Can a model learn to ask, and does it carry over to what it never practised? The whole experiment, in one command.

    python examples/learn_to_ask.py                     # some twenty minutes on two cores
    python examples/learn_to_ask.py --quick             # one seed of the main arms, five minutes
    python examples/learn_to_ask.py --start runs/tiny   # from a checkpoint that train_tiny.py made

The same command again goes on where it stopped. (a) The model that only ever saw pictures that suffice is measured
where they do not. (b) It is rewarded in four of the seven scenarios: 1 for a right answer, r_p for a useful request,
else 0. (c) It is measured in all seven, on test episodes: other subjects and seeds, three scenarios it was not rewarded
in, phrases that were held back, and in settings in which asking is needless or useless. What came of it is discussed in
docs/learning.md.
"""

import argparse
import time
from pathlib import Path

from proactive_gym.training.asking import Plan
from proactive_gym.training.checkpoint import load_policy, save_checkpoint
from proactive_gym.training.classroom import all_but
from proactive_gym.training.experiment import Result, Run, run_all, seeds_of, with_weights
from proactive_gym.training.learning_report import write_report
from proactive_gym.training.tiny_card import asking_card

UNSEEN = ("video_occlusion", "viewpoint", "video_moment")
"""The two on videos share phrases, so that both are seen or neither."""
OTHERS_UNSEEN = ("occlusion", "image_quality", "framing")
REQUEST = (0.5, 0.75, 1.0)
"""What a useful request pays."""


def main() -> None:
    """Do the runs, write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs/learn_to_ask"))
    parser.add_argument("--start", default="tiny", help="checkpoint to begin with (default: the one that comes along)")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--updates", type=int, default=200)
    parser.add_argument("--tested", type=int, default=100, help="test episodes per scenario and setting")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="one seed, r_p of 0.5 alone")
    options = parser.parse_args()
    began = time.perf_counter()

    def say(what: str) -> None:
        print(f"{time.perf_counter() - began:6.0f} s  {what}", flush=True)

    runs = planned(options.start, options.updates, options.tested, 1 if options.quick else options.seeds, options.quick)
    results = run_all(runs, options.out, options.processes, say)
    for file in write_report(results, options.out):
        say(f"wrote {file}")
    save_checkpoint_of(runs[1], results[1], options.out / "tiny-rl")
    say(f"saved {options.out / 'tiny-rl'}, the first seed of {runs[1].arm!r}")


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
    main()
