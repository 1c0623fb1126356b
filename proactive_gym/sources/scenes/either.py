"""What is written once for arrays and tensors, and has to be done in one way for each of them."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Table = NDArray[Any]
"""What never changes: an array that is reckoned once, and put once on each device that asks for it."""


def exact(picture: Any) -> Any:
    """The picture in float32."""
    return picture.astype(np.float32) if isinstance(picture, np.ndarray) else picture.float()


def constant(picture: Any, table: Callable[..., Table], *arguments: float) -> Any:
    """``table(*arguments)``: an array if the picture is one, else a tensor where the picture is."""
    if isinstance(picture, np.ndarray):
        return table(*arguments)
    return _tensor(table, arguments, picture.device)


@lru_cache(maxsize=256)
def _tensor(table: Callable[..., Table], arguments: tuple[float, ...], device: Any) -> Any:
    import torch

    return torch.from_numpy(table(*arguments)).to(device)
