"""What people may call themselves."""

import unicodedata

from proactive_gym.errors import InputError

LONGEST = 40
PREFIX = "person:"


def agent_name(given: str) -> str:
    """The name of the agent that a person of that name is.

    Args:
        given: What was typed into the page, so anything at all.

    Returns:
        ``person:NAME``: normalised, on one line, spaces as single ones.

    Raises:
        InputError: If nothing is left, if it is too long, or if it holds what cannot be seen.
    """
    name = " ".join(unicodedata.normalize("NFKC", given).split())
    if not 1 <= len(name) <= LONGEST:
        raise InputError(f"A name has 1 to {LONGEST} characters; this one has {len(name)}.")
    if not all(unicodedata.category(character)[0] in "LMNPSZ" for character in name):
        raise InputError("A name consists of letters, digits and signs that can be seen; this one holds others.")
    return PREFIX + name


def spoken(agent: str) -> str:
    """The name without what tells it from a model's."""
    return agent.removeprefix(PREFIX)
