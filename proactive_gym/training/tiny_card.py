"""Model cards of the tiny model: what it is, what it is not, and the figures it was measured at."""

from collections.abc import Mapping

from proactive_gym.training.asking import Plan
from proactive_gym.training.measuring import Figures, mean_figures
from proactive_gym.training.recognition import Recognition

Measured = Mapping[str, Mapping[str, Figures]]
"""Figures by condition and scenario."""

_HEAD = """---
license: mit
library_name: transformers
pipeline_tag: image-text-to-text
---

# {title}

{what} It has 1.9 million parameters: a ResNet that makes four tokens of a picture of 64 × 64 pixels, and a Llama of
three layers with a token a word, in transformers' class `FastVlmForConditionalGeneration`. No code comes with it:

```python
import proactive_gym
from transformers import AutoModelForImageTextToText, AutoProcessor

model = AutoModelForImageTextToText.from_pretrained(FOLDER)  # weights are kept in half precision, and load in full
processor = AutoProcessor.from_pretrained(FOLDER)
evaluation = proactive_gym.evaluate("{name}", "all", image_size=64)  # the agent takes the likeliest letter
```

## What it was trained on

{trained}

## What it is not

- Not a model of language or of the world: it knows the words of this package's menus, and pictures drawn as this
  package draws them. Anything else it was never shown.
- Not a test of seeing. It was shown clear pictures of all 341 subjects, those of the test split too, as large models
  have seen everything there is; of each split, it learnt from other episodes than those it is measured on. What is new
  in evaluations are episodes, menus and their order.
- {caution}
- Licence: the weights are under the MIT licence; the drawings it learnt from are
  [OpenMoji](https://openmoji.org)'s, CC BY-SA 4.0.

## Figures

"""


def pretrained_card(seen: Recognition, measured: Measured, episodes: int) -> str:
    """The card of the model before it learnt to ask."""
    head = _HEAD.format(
        title="tiny",
        name="tiny",
        what="A multimodal model small enough to be trained from nothing on a laptop: it answers what it sees, "
        "and does not ask.",
        trained="`examples/train_tiny.py`, from random weights: (1) clear pictures and names, brought together as CLIP "
        "does; (2) menus alone: which option is called so, is a thing, an action, a refusal, what would help with such "
        "a question; (3) clear pictures of all seven scenarios with menus. Requests stood on most of these menus and "
        "were never right but for what they were asked by name in (2); to give up was right where the answer was not "
        "listed, 6 % of the time. It never saw a picture that does not suffice.",
        caution="That it does not ask is by construction: requests were never the right reply to a picture. What it "
        "does instead, guess or give up, nobody told it.",
    )
    sees = (
        f"Of clear pictures from episodes never learnt from it names {seen.among_all:.1%} rightly among 341 subjects "
        f"by likeness alone, and {seen.among_four:.1%} among the four on the menu.\n\n"
    )
    return head + sees + figures_table(measured, episodes)


def asking_card(plan: Plan, measured: Measured, episodes: int) -> str:
    """The card of the model after it learnt to ask."""
    unseen = [name for name in measured["needed"] if name not in plan.scenarios]
    manner = "its first turn only" if plan.single_turn else "played to its end"
    head = _HEAD.format(
        title="tiny-rl",
        name="tiny-rl",
        what="`tiny` after reinforcement learning: it asks where the picture does not suffice.",
        trained=f"`tiny`, then {plan.updates} updates of GRPO (`proactive_gym/training/asking.py`) on {plan.episodes} "
        f"episodes of the training split in the scenarios {', '.join(plan.scenarios)}, each {manner}: a right answer "
        f"pays 1, a useful request {plan.request:g}, all else 0. The scenarios {', '.join(unseen)}, and of every "
        "intervention the last phrase, were not seen in this part. The ResNet stayed as it was.",
        caution="It learnt when to ask better than when asking is of no use: where nothing on the menu can help, it "
        "often asks all the same (“unhelpful” and “foreign” below; docs/learning.md).",
    )
    return head + f"Not seen in reinforcement learning: {', '.join(unseen)}.\n\n" + figures_table(measured, episodes)


def figures_table(measured: Measured, episodes: int) -> str:
    """A row per setting and scenario."""
    lines = [
        f"On the test split, {episodes} episodes each, pictures of 64 × 64 pixels. “asks”, “gives up”: first replies.",
        "",
        "| setting | scenario | right in the end | right at once | asks | useful | gives up | requests |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for setting, by_scenario in measured.items():
        for scenario, found in {**by_scenario, "mean": mean_figures(list(by_scenario.values()))}.items():
            shares = (found.accuracy, found.right_at_once, found.asks, found.useful, found.abstains)
            cells = " | ".join(f"{share:.0%}" for share in shares)
            lines.append(f"| {setting} | {scenario.replace('_', ' ')} | {cells} | {found.requests:.1f} |")
    return "\n".join([*lines, ""])
