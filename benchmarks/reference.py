"""Beside the benchmark's own loop: the same checkpoint, rows and replies, and how long each side takes.

    python benchmarks/reference.py            # writes docs/reference.json and the tables of docs/models.md
    python benchmarks/reference.py --quick --out /tmp/reference      # a quick look; starts a new page there

The package ``proactivebench`` is fetched unless ``PROACTIVEBENCH_FOLDER`` names a folder with it. Its loop is run with
one conversation at a time, as it is written, with one thread and with one for each core; ours with 1, 8 and 32
conversations in this process, and shared out among workers, one for each core, that are there already. Rounds take
turns, so that whatever else keeps the machine busy slows all alike. Every round sees that all replies are the same.
"""

import argparse
import json
import os
import tempfile
import warnings
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import mean, median
from typing import Any, NamedTuple

import torch
import transformers
from reference_inputs import SIZES, make_checkpoint, package, write_rows
from reference_sides import Played, Team, load_package, parts_of, play_ours, play_theirs, threads
from speed import described, filled, markdown

from proactive_gym.agents import ModelOptions
from proactive_gym.agents.transformers import TransformersAgent
from proactive_gym.benchmark import Measurement, Sheet, machine

BEGIN, END = "<!-- reference -->", "<!-- /reference -->"
GOAL, SHARE = 8.0, 5.0
CORES = os.cpu_count() or 1
THEIRS, THREADED = "theirs, 1", f"theirs, 1, {CORES} threads"
WORKERS = f"ours, 32, {CORES} workers"
PARTS = ("model", "processor", "agent", "environment")


class Case(NamedTuple):
    """A checkpoint to compare on.

    Attributes:
        size: Its size's name.
        long: Whether it always replies with 50 tokens.
        one_in: The rows: one in so many.
    """

    size: str
    long: bool
    one_in: int


FULL = (Case("tiny", False, 60), Case("tiny", True, 30), Case("small", False, 160))
QUICK = (Case("tiny", False, 400),)
BATCHES = (1, 8, 32)


@dataclass
class Compared:
    """All that was measured on one checkpoint.

    Attributes:
        what: The checkpoint and the rows in a line.
        rounds: By side and batch, what came of playing, round by round.
    """

    what: str
    rounds: dict[str, list[Played]] = field(default_factory=dict)

    def measured(self, of: Callable[[Played, Played], float], beside: str = THEIRS) -> dict[str, Measurement]:
        """By side: a figure of each round, made of what was played and of what the benchmark's loop played."""
        return {
            side: Measurement("reference", side, 0, "", tuple(map(of, self.rounds[side], self.rounds[beside])))
            for side in self.rounds
        }

    @property
    def best_of_theirs(self) -> str:
        """How the benchmark's loop is faster, with one thread or with several."""
        return min((THEIRS, THREADED), key=lambda side: median(once.seconds for once in self.rounds[side]))


def compare(case: Case, rounds: int, folder: Path) -> Compared:
    """Play the rows by both, again and again.

    Raises:
        RuntimeError: If a reply differs.
    """
    rows, checkpoint = folder / "rows", folder / f"LLaVA of {case.size} size"
    rows.mkdir(parents=True)
    write_rows(rows, case.one_in)
    weights = make_checkpoint(checkpoint, SIZES[case.size], case.long)
    agent = TransformersAgent(str(checkpoint), ModelOptions(device="cpu", dtype="float32"))
    script = load_package(package())
    found = Compared("")
    with closing(Team(checkpoint, rows, CORES, BATCHES[-1])) as team:
        for number in range(rounds + 1):
            played = {THEIRS: play_theirs(script, agent, rows)}
            with threads(CORES):
                played[THREADED] = play_theirs(script, agent, rows)
            played |= {f"ours, {batch}": play_ours(agent, rows, batch) for batch in BATCHES}
            played[WORKERS] = team.play()
            _check_same(played)
            if number:  # the first round warms up
                for side, once in played.items():
                    found.rounds.setdefault(side, []).append(once)
    found.what = _described(agent, weights, played[THEIRS])
    return found


def _check_same(played: dict[str, Played]) -> None:
    for side, once in played.items():
        if once.replies != played[THEIRS].replies:
            raise RuntimeError(f"{side}: not all replies are those of the benchmark's loop.")


def _described(agent: TransformersAgent, weights: int, played: Played) -> str:
    episodes = [episode for of_set in played.replies.values() for episode in of_set]
    replies = [reply for episode in episodes for reply in episode]
    tokens = mean(agent_tokens(agent, reply) for reply in replies)
    return (
        f"{weights / 1e6:.2g} million weights, replies of {tokens:.0f} tokens: {len(episodes)} episodes, "
        f"{len(replies)} decisions, {len(set(replies))} different replies"
    )


def agent_tokens(agent: TransformersAgent, reply: str) -> int:
    """How many tokens a reply has, its end included unless it was cut off."""
    prompts, _ = parts_of(agent)
    return min(50, len(prompts.tokenizer.encode(reply, add_special_tokens=False)) + 1)


# --- What is shown ----------------------------------------------------------------------------------------------------


def sheets(found: Compared) -> list[Sheet]:
    """How fast both are, and where the time goes."""
    fast = {
        "decisions/s": found.measured(lambda once, _: once.decisions / once.seconds),
        "times as fast": found.measured(_faster),
        "times as fast as the better of theirs": found.measured(_faster, found.best_of_theirs),
        "times less work": found.measured(lambda once, theirs: theirs.work / once.work),
    }
    spent = {f"ms, {part}": found.measured(partial(_milliseconds, part)) for part in PARTS}
    spent["% environment"] = found.measured(_share)
    return [_sheet(found.what, fast), _sheet("Where the time of a decision goes", spent)]


def _sheet(title: str, columns: dict[str, dict[str, Measurement]]) -> Sheet:
    sides = next(iter(columns.values()))
    return Sheet(
        title,
        ("", *columns),
        [(side, *(of[side].written(True) for of in columns.values())) for side in sides],
    )


def _faster(once: Played, theirs: Played) -> float:
    return theirs.seconds / once.seconds


def _share(once: Played, _: Played) -> float:
    return 100 * once.spent["environment"] / sum(once.spent.values())


def _milliseconds(part: str, once: Played, _: Played) -> float:
    return 1000 * once.spent.get(part, 0.0) / once.decisions


def verdicts(found: Compared) -> list[str]:
    """The goals beside what was measured, for workers."""
    faster = found.measured(_faster, found.best_of_theirs)[WORKERS]
    share = found.measured(_share)[WORKERS]
    return [
        f"{found.what}: {CORES} workers are {faster.written(True)}× as fast as the better of theirs "
        f"(goal: ≥ {GOAL:g}×, "
        f"{'met' if faster.median >= GOAL else 'missed'}), {share.written(True)} % of the time in the environment "
        f"(goal: ≤ {SHARE:g} %, {'met' if share.median <= SHARE else 'missed'})"
    ]


def as_json(found: Compared) -> dict[str, Any]:
    """Every round."""
    return {
        "what": found.what,
        "rounds": {
            side: [
                {"seconds": round(once.seconds, 3), "work": round(once.work, 3), "decisions": once.decisions}
                | {"spent": {part: round(seconds, 3) for part, seconds in once.spent.items()}}
                for once in played
            ]
            for side, played in found.rounds.items()
        },
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, write, show."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "docs")
    options = parser.parse_args(arguments)
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    warnings.simplefilter("ignore")
    found = []
    for case in QUICK if options.quick else FULL:
        with tempfile.TemporaryDirectory() as place:
            found.append(compare(case, 1 if options.quick else options.rounds, Path(place)))
        print(*verdicts(found[-1]), flush=True)
    told = machine() | {"torch": torch.__version__, "transformers": transformers.__version__}
    parts = [f"Measured on: {described(told)}."]
    parts += ["\n".join(f"* {line}" for each in found for line in verdicts(each))]
    parts += [markdown(sheet) for each in found for sheet in sheets(each)]
    options.out.mkdir(parents=True, exist_ok=True)
    page = options.out / "models.md"
    text = page.read_text(encoding="utf-8") if page.exists() else f"{BEGIN}{END}\n"
    page.write_text(filled(text, parts, BEGIN, END), encoding="utf-8")
    figures = {"machine": told, "compared": [as_json(each) for each in found]}
    (options.out / "reference.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print("\n\n".join(parts))


if __name__ == "__main__":
    main()
