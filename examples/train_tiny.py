"""Train the tiny model from nothing: to see, to read menus and to answer. Not to ask.

    python examples/train_tiny.py --out runs/tiny              # twenty minutes on one core
    proactive-gym eval --agent hf:runs/tiny/tiny --decide letter --env all --image-size 64 --out runs/tiny-evaluated

Three lessons' worth of data, all rendered here: clear pictures of the 341 subjects with their names; menus alone;
clear pictures with menus on which interventions and abstentions stand and are (nearly) never right. It never sees a
picture that does not suffice. Written at the end: ``tiny``, a checkpoint that transformers loads, with a model card
that holds the figures measured on episodes never learnt from, and the usual report in ``evaluation``.

The same command again goes on after the last lesson that came to its end.
"""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from proactive_gym.envs import SCENARIOS
from proactive_gym.errors import InputError, check_whole
from proactive_gym.training.checkpoint import load_policy, save_checkpoint
from proactive_gym.training.clear_pictures import CHECKS, clear_pictures
from proactive_gym.training.flags import as_words, flags_from
from proactive_gym.training.measuring import Condition, mean_figures, measured, report_on
from proactive_gym.training.policy import TinyPolicy
from proactive_gym.training.reading import learn_to_read
from proactive_gym.training.recognition import learn_to_see, recognition
from proactive_gym.training.run_folder import finish, finished, opened
from proactive_gym.training.tiny_card import pretrained_card
from proactive_gym.training.tiny_model import made_model, made_processor, made_tokenizer
from proactive_gym.training.words import all_texts

GATE = 0.95
"""Right answers on clear pictures, below which nobody should go on to reinforcement learning."""
SEES = (
    "Names clear pictures; cannot read menus yet: one of the two lessons of `examples/train_tiny.py` is still to come."
)

Say = Callable[[str], None]


@dataclass(frozen=True)
class Flags:
    """What can be set."""

    out: str = "runs/tiny"  # folder for the run; the same command again goes on with it
    pictures: int = 40_000  # how many to learn from
    seeing: int = 1500  # steps of the first lesson, 128 pictures each
    reading: int = 1300  # steps of the second lesson, 64 menus each
    words_first: int = 150  # of these, how many are without pictures
    tested: int = 200  # test episodes per scenario and setting, for the model card
    eval_episodes: int = 100  # episodes per scenario in the report; 0 leaves it out
    seed: int = 0  # of the weights, of chance and of the pictures

    def __post_init__(self) -> None:
        """Refuse impossible values before anything is painted."""
        for name in ("pictures", "seeing", "reading", "tested"):
            check_whole(name, getattr(self, name), 1)
        for name in ("eval_episodes", "seed"):
            check_whole(name, getattr(self, name), 0)
        check_whole("words_first", self.words_first, 0, self.reading)


def main(arguments: Sequence[str] | None = None) -> Path:
    """Train, measure, save."""
    return train(flags_from(Flags, __doc__, arguments))


def train(flags: Flags) -> Path:
    """Train as the flags say; the folder with the checkpoint ``tiny`` and the report."""
    folder = opened(flags.out, "tiny", as_words(flags))
    torch.set_num_threads(1)  # more of them only fight over so small a model
    began = time.perf_counter()

    def say(what: str) -> None:
        print(f"{time.perf_counter() - began:6.0f} s  {what}", flush=True)

    if not finished(folder):
        learn(flags, folder, say)
        finish(folder)
    if flags.eval_episodes:
        say(f"Report: {report_on([folder / 'tiny'], flags.eval_episodes, folder / 'evaluation')}")
    return folder


def learn(flags: Flags, folder: Path, say: Say) -> None:
    """Both lessons; each ends with a checkpoint from which the next one begins, interrupted or not."""
    shown = clear_pictures(flags.pictures, seed=flags.seed, say=say)
    if not (folder / "sees").exists():
        tokenizer = made_tokenizer(all_texts())
        model, processor = made_model(tokenizer, flags.seed), made_processor(tokenizer)
        learn_to_see(model, tokenizer, shown, flags.seeing, seed=flags.seed, say=say)
        save_checkpoint(TinyPolicy(model, processor), folder / "sees", SEES)
    policy = load_policy(folder / "sees")
    seen = recognition(policy.model, policy.processor.tokenizer, clear_pictures(2048, CHECKS))
    say(
        f"names {seen.among_all:.1%} of new clear pictures rightly among 341, {seen.among_four:.1%} among a menu's four"
    )
    learn_to_read(policy, shown, flags.reading, flags.words_first, seed=flags.seed, say=say)
    figures = {}
    for name, arguments in (("sufficient", {"control": "sufficient"}), ("needed", {})):
        condition = Condition(name, arguments)
        figures[name] = {item.name: measured(policy, item.name, condition, flags.tested) for item in SCENARIOS}
    accuracy = mean_figures(list(figures["sufficient"].values())).accuracy
    save_checkpoint(policy, folder / "tiny", pretrained_card(seen, figures, flags.tested))
    verdict = "enough" if accuracy >= GATE else f"less than the {GATE:.0%} that learning to ask should start from"
    say(f"answers {accuracy:.1%} of clear pictures rightly, with requests on the menu: {verdict}")


if __name__ == "__main__":
    try:
        main()
    except InputError as wrong:
        sys.exit(f"train_tiny.py: {wrong}")
