"""What all tests share: one thread, no network, ears for Ctrl-C, and skipping what an absent extra would need."""

from __future__ import annotations

import importlib.util
import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

for _name, _value in {
    "OMP_NUM_THREADS": "1",  # more threads only fight over a small or busy machine
    "MKL_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_OFFLINE": "1",
    "TRL_EXPERIMENTAL_SILENCE": "1",
}.items():
    os.environ.setdefault(_name, _value)

# What a script starts in the background is deaf to it, and so would be the commands that are interrupted here.
signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("default", deadline=None)  # a busy machine is no bug
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")

NEEDED_MODULES = {"trl": ("trl", "datasets"), "ray": ("ray",), "serve": ("openai", "fastapi", "uvicorn")}
"""Per marker: the modules of the extra of the same name."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests of an extra that is not installed."""
    for extra, modules in NEEDED_MODULES.items():
        if all(importlib.util.find_spec(module) for module in modules):
            continue
        skip = pytest.mark.skip(reason=f"needs proactive-gym[{extra}]")
        for item in items:
            if item.get_closest_marker(extra):
                item.add_marker(skip)


@pytest.fixture(scope="session")
def project_root() -> Path:
    """The folder that holds pyproject.toml."""
    return Path(__file__).resolve().parent.parent
