"""What a vector environment tells of its lanes, merged key by key as Gymnasium's vectors merge it."""

from collections.abc import Sequence
from itertools import chain, compress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proactive_gym.envs.moment import TOLD_ALWAYS, Moment

Infos = dict[str, Any]


def merged(places: NDArray[np.intp], moments: Sequence[Moment], lanes: int) -> Infos:
    """The infos of the moments at these places, of so many lanes.

    A key's values are an array with 0 or ``None`` where there is none; ``_key`` says where there is one.
    """
    infos: Infos = {}
    here = where(places, lanes)
    told = [moment.told for moment in moments]
    for key, values in zip(TOLD_ALWAYS, zip(*told, strict=True), strict=False):
        infos[key], infos[f"_{key}"] = _column(places, values, lanes), here.copy()
    over = [moment.state.over for moment in moments]
    endings, ended = [moment.ending for moment in compress(moments, over)], places[over]
    for key in dict.fromkeys(chain.from_iterable(endings)):
        known = [number for number, ending in enumerate(endings) if key in ending]
        there = ended if len(known) == len(ended) else ended[known]
        infos[key] = _column(there, [endings[number][key] for number in known], lanes)
        infos[f"_{key}"] = where(there, lanes)
    return infos


def where(places: NDArray[np.intp], lanes: int) -> NDArray[np.bool_]:
    """True at these places, of so many lanes."""
    here = np.zeros(lanes, dtype=np.bool_)
    here[places] = True
    return here


def _column(places: NDArray[np.intp], values: Sequence[Any], lanes: int) -> NDArray[Any]:
    """These values at these places, and 0 or ``None`` at all others."""
    kind: type = int if type(values[0]) is int else object
    # From an iterator, since NumPy would take a list of tuples apart.
    some: NDArray[Any] = np.fromiter(values, dtype=kind, count=len(values))
    if len(places) == lanes:
        return some
    column: NDArray[Any] = np.zeros(lanes, int) if kind is int else np.empty(lanes, object)
    column[places] = some
    return column
