"""The command ``proactive-gym train``: starts the recipes of ``examples/``."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, NamedTuple

from proactive_gym.errors import InputError

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

DONE = 0


class Recipe(NamedTuple):
    """What can be trained.

    Attributes:
        module: Its name in ``proactive_gym.recipes``, which is ``examples/`` in a checkout.
        about: What it does.
    """

    module: str
    about: str


RECIPES = {
    "ppo": Recipe("ppo", "a policy without language, by PPO; seven minutes of a free core"),
    "grpo": Recipe("grpo_mllm", "a multimodal language model, by GRPO as in the paper; GPUs"),
    "tiny": Recipe("train_tiny", "the tiny multimodal model that comes along, from nothing"),
    "learn-to-ask": Recipe("learn_to_ask", "the tiny model learns to ask: the experiment"),
}


def add_train(commands: "Commands") -> None:
    """Add ``train`` to the command line."""
    told = "\n".join(f"  {name:14}{recipe.about}" for name, recipe in RECIPES.items())
    train = commands.add_parser(
        "train",
        help="train a model; the same command again goes on from the last checkpoint",
        description=f"{told}\n\n`proactive-gym train RECIPE --help` lists a recipe's flags.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    train.add_argument("recipe", metavar="RECIPE", choices=RECIPES, help=f"one of: {', '.join(RECIPES)}")
    train.add_argument("flags", nargs=argparse.REMAINDER, help="the recipe's own; --out is runs/RECIPE by default")
    train.set_defaults(command=_train, keeps=True)


def _train(parsed: argparse.Namespace) -> int:
    module = f"proactive_gym.recipes.{RECIPES[parsed.recipe].module}"
    # In a checkout, the recipes are reached by a link, which not every system keeps.
    if find_spec("proactive_gym.recipes") is None or find_spec(module) is None:
        raise InputError(
            f"The recipe {parsed.recipe!r} ({module}) is not in this installation; install proactive-gym anew, or run "
            f"examples/{RECIPES[parsed.recipe].module}.py from its source."
        )
    named = any(flag == "--out" or flag.startswith("--out=") for flag in parsed.flags)
    folder = [] if named else ["--out", f"runs/{parsed.recipe}"]
    with _as_if_called(f"proactive-gym train {parsed.recipe}", [*folder, *parsed.flags]):
        import_module(module).main()
    return DONE


@contextmanager
def _as_if_called(name: str, flags: list[str]) -> Iterator[None]:
    """Recipes read the command line, as scripts do."""
    before, sys.argv = sys.argv, [name, *flags]
    try:
        yield
    finally:
        sys.argv = before
