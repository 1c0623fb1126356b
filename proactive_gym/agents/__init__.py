"""Agents, by name."""

import sys
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from proactive_gym.agents import scripted
from proactive_gym.agents.base import Agent, Failure, Insider, Reply, Scored, Turn
from proactive_gym.agents.cache import Cached, check_same_every_time
from proactive_gym.agents.options import ModelOptions
from proactive_gym.errors import InputError, check_choice, one_line

__all__ = [
    "FORMS",
    "Agent",
    "Failure",
    "Insider",
    "ModelOptions",
    "Reply",
    "Scored",
    "Turn",
    "agent_names",
    "make_agent",
]

GROUP = "proactive_gym.agents"

_BUILT_IN: dict[str, Callable[[], Any]] = {
    "random": scripted.random,
    "always-ask": scripted.always_ask,
    "never-ask": scripted.never_ask,
    "abstain": scripted.abstain,
    "oracle": scripted.Oracle,
}


_MODELS = {
    "hf": "proactive_gym.agents.transformers",
    "openai": "proactive_gym.agents.chat_api",
    "replay": "proactive_gym.agents.replay",
    "sb3": "proactive_gym.adapters.sb3_agent",
}
"""Modules of model agents, by what stands before the colon; each has ``from_name(model, options)``."""

_SHIPPED = {"tiny": "proactive_gym.agents.tiny", "tiny-rl": "proactive_gym.agents.tiny"}
"""The same for models that come with the package."""


FORMS = ("hf:MODEL", "openai:MODEL", "sb3:FILE.zip", "replay:FOLDER", "module.path:Class")
"""How agents that are made from something are called."""


def agent_names() -> list[str]:
    """Names of the built-in agents and of those that installed packages add."""
    built_in = [*_BUILT_IN, *_SHIPPED]
    return [*built_in, *sorted({entry.name for entry in entry_points(group=GROUP)} - set(built_in))]


def make_agent(agent: str | Agent, options: ModelOptions | None = None) -> Agent:
    """The agent of that name, the class at ``module.path:Class``, or ``agent`` itself if it is one already.

    Args:
        agent: A name, one of ``FORMS``, or an agent.
        options: Settings of the model, where there is one.

    Raises:
        InputError: If there is no such agent, or if what is there is none.
    """
    if not isinstance(agent, str):
        return _checked(agent, repr(agent))
    kind, _, model = agent.partition(":")
    if kind in _MODELS:
        if not model:
            raise InputError(f"The agent {agent!r} lacks its model: {kind}:MODEL.")
        return _with_model(kind, model, options or ModelOptions())
    if agent in _SHIPPED:
        return _with_model(agent, agent, options or ModelOptions())
    if agent in _BUILT_IN:
        made: Agent = _BUILT_IN[agent]()
        return made
    if ":" in agent:
        return _checked(_imported(agent), agent)
    check_choice("agent", agent, [*agent_names(), *FORMS])
    (entry,) = entry_points(group=GROUP, name=agent)
    return _checked(entry.load()(), agent)


def _with_model(kind: str, model: str, options: ModelOptions) -> Agent:
    """The agent of that model; its replies are kept where there is a folder for them."""
    kept = options.cache if kind != "replay" else None
    if kept is not None:
        check_same_every_time(options, kept)
    # Only now: the module brings in a library that takes seconds to import.
    agent = import_module((_MODELS | _SHIPPED)[kind]).from_name(model, options)
    made: Agent = agent if kept is None else Cached(agent, kept, options)
    return made


def _imported(path: str) -> Any:
    """What the class or function at ``module:name`` makes."""
    module, _, name = path.partition(":")
    # A module beside the one who types the command is found, as `python -m` would find it.
    here = str(Path.cwd())
    added = here not in sys.path
    if added:
        sys.path.insert(0, here)
    try:
        found = getattr(import_module(module), name)
        if not callable(found):
            raise TypeError("it is no class or function")
        return found()
    except Exception as error:  # the module is its author's, and may fail in any way
        known = ", ".join(agent_names())
        raise InputError(
            f"The agent {path!r} cannot be made ({type(error).__name__}: {one_line(error)}); "
            f"give one of {known}, or 'module.path:Class' with a class that needs no arguments."
        ) from error
    finally:
        if added:
            sys.path.remove(here)


def _checked(agent: Any, told: str) -> Agent:
    if not callable(getattr(agent, "act", None)) or not isinstance(getattr(agent, "name", None), str):
        raise InputError(f"{told} is no agent: it needs a name and a method act(turns) that returns a reply per turn.")
    checked: Agent = agent
    return checked
