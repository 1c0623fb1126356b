"""Memory is used again, but never while anyone can see it."""

from __future__ import annotations

import numpy as np
import pytest

from proactive_gym.sources.batches import Batches


def address(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]


def test_memory_is_used_again_once_nobody_holds_it():
    batches = Batches()
    first = batches.empty((4, 8, 8, 3))
    assert first.shape == (4, 8, 8, 3) and first.dtype == np.uint8 and first.flags.c_contiguous
    here = address(first)
    del first
    again = batches.empty((4, 8, 8, 3))
    assert address(again) == here
    del again
    assert address(batches.empty((3, 8, 8, 3))) == here, "a smaller batch fits in as well"


HOLDERS = {
    "array": lambda array: array,
    "picture": lambda array: array[1],
    "view of a view": lambda array: array[1:3].reshape(-1)[5:].view(np.int8),
    "memoryview": memoryview,
    "tensor": lambda array: pytest.importorskip("torch").from_numpy(array)[2],
}


@pytest.mark.parametrize("hold", HOLDERS.values(), ids=HOLDERS)
def test_what_anyone_holds_is_left_alone(hold):
    batches = Batches()
    array = batches.empty((4, 8, 8, 3))
    array[...] = 7
    held = hold(array)
    del array
    others = [batches.empty((4, 8, 8, 3)) for _ in range(3)]
    for other in others:
        other[...] = 9
    assert np.all(np.asarray(held).view(np.uint8) == 7)
    assert len({address(other) for other in others}) == 3


def test_what_was_done_to_an_array_does_not_come_back():
    """Who makes an array read-only, or of another shape, has one of his own."""
    batches = Batches()
    array = batches.empty((2, 4, 4, 3))
    array.setflags(write=False)
    del array
    batches.empty((2, 4, 4, 3))[...] = 1


def test_no_more_is_kept_than_allowed():
    batches = Batches(size=1000)
    held = [batches.empty((300,)) for _ in range(9)]
    assert sum(memory.size for memory in batches._kept) <= 1000
    assert len({address(array) for array in held}) == 9
    many = [batches.empty((1,)) for _ in range(99)]
    assert len(batches._kept) <= 12 and len({address(array) for array in many}) == 99
    assert batches.empty((5000,)).size == 5000 and all(memory.size <= 1000 for memory in batches._kept)
