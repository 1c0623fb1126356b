"""Loops compiled by Numba when they are first run."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

Loop = TypeVar("Loop", bound=Callable[..., Any])


def compiled(loop: Loop) -> Loop:
    """The loop, compiled; what comes of it is kept beside its file, or in the user's cache where that is read-only."""
    try:
        return cast(Loop, njit(cache=True, nogil=True, error_model="numpy")(loop))
    except RuntimeError:  # there is no folder to keep it in: each process compiles it anew
        return cast(Loop, njit(nogil=True, error_model="numpy")(loop))


def inlined(loop: Loop) -> Loop:
    """A loop that becomes part of those that call it."""
    return cast(Loop, njit(inline="always", error_model="numpy")(loop))
