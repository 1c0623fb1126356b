"""The tiny model that comes with the package, before it learnt to ask and after: ``tiny`` and ``tiny-rl``."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

from transformers.utils import logging

from proactive_gym.agents.options import ModelOptions
from proactive_gym.agents.transformers import TransformersAgent


def folder(name: str) -> Path:
    """Where the checkpoint of that name is, with its model card: a folder that ``hf:`` and transformers load."""
    return Path(str(files("proactive_gym").joinpath("data/models", name)))


def from_name(name: str, options: ModelOptions) -> TransformersAgent:
    """The agent of that name; it takes the likeliest letter, the only way of replying it was taught.

    Raises:
        InputError: If the options ask for another way.
    """
    with _quietly():
        agent = TransformersAgent(str(folder(name)), replace(options, decide="letter"))
    agent.name = name
    return agent


@contextmanager
def _quietly() -> Iterator[None]:
    """Without a progress bar for what takes no time."""
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()
