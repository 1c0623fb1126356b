"""Train the tiny model from nothing: to see, to read menus and to answer. Not to ask.

    python examples/train_tiny.py --out runs/tiny              # a quarter of an hour on one core
    proactive-gym eval --agent hf:runs/tiny --decide letter --env all --image-size 64 --out runs/tiny-evaluated

Three lessons' worth of data, all rendered here: clear pictures of the 341 subjects with their names; menus alone;
clear pictures with menus on which interventions and abstentions stand and are (nearly) never right. It never sees a
picture that does not suffice. Written at the end: a checkpoint that transformers loads, with a model card that holds
the figures measured on episodes never learnt from.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import torch

from proactive_gym.envs import SCENARIOS
from proactive_gym.training.checkpoint import save_checkpoint
from proactive_gym.training.clear_pictures import CHECKS, clear_pictures
from proactive_gym.training.measuring import Condition, mean_figures, measured
from proactive_gym.training.policy import TinyPolicy
from proactive_gym.training.reading import learn_to_read
from proactive_gym.training.recognition import Recognition, learn_to_see, recognition
from proactive_gym.training.tiny_card import pretrained_card
from proactive_gym.training.tiny_model import made_model, made_processor, made_tokenizer
from proactive_gym.training.words import all_texts

GATE = 0.95
"""Right answers on clear pictures, below which nobody should go on to reinforcement learning."""


def main() -> None:
    """Train, measure, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder for the checkpoint")
    parser.add_argument("--pictures", type=int, default=40_000, help="to learn from")
    parser.add_argument("--seeing", type=int, default=1500, help="steps of the first lesson, 128 pictures each")
    parser.add_argument("--reading", type=int, default=1300, help="steps of the second lesson, 64 menus each")
    parser.add_argument("--words-first", type=int, default=150, help="of these, how many are without pictures")
    parser.add_argument("--tested", type=int, default=200, help="test episodes per scenario and setting")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)  # more of them only fight over so small a model
    began = time.perf_counter()

    def say(what: str) -> None:
        print(f"{time.perf_counter() - began:6.0f} s  {what}", flush=True)

    tokenizer = made_tokenizer(all_texts())
    model, processor = made_model(tokenizer, options.seed), made_processor(tokenizer)
    shown = clear_pictures(options.pictures, seed=options.seed, say=say)
    learn_to_see(model, tokenizer, shown, options.seeing, seed=options.seed, say=say)
    seen = recognition(model, tokenizer, clear_pictures(2048, CHECKS))
    say(
        f"names {seen.among_all:.1%} of new clear pictures rightly among 341, {seen.among_four:.1%} among a menu's four"
    )

    policy = TinyPolicy(model, processor)
    learn_to_read(policy, shown, options.reading, options.words_first, seed=options.seed, say=say)
    finish(policy, seen, options.out, options.tested, say)


def finish(policy: TinyPolicy, seen: Recognition, out: Path, tested: int, say: Callable[[str], None]) -> None:
    """Measure what was learnt, and save it with its card."""
    figures = {}
    for name, arguments in (("sufficient", {"control": "sufficient"}), ("needed", {})):
        condition = Condition(name, arguments)
        figures[name] = {item.name: measured(policy, item.name, condition, tested) for item in SCENARIOS}
    accuracy = mean_figures(list(figures["sufficient"].values())).accuracy
    save_checkpoint(policy, out, pretrained_card(seen, figures, tested))
    verdict = "enough" if accuracy >= GATE else f"less than the {GATE:.0%} that learning to ask should start from"
    say(f"answers {accuracy:.1%} of clear pictures rightly, with requests on the menu: {verdict}. Saved to {out}.")


if __name__ == "__main__":
    main()
