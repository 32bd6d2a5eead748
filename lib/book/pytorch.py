"""What every training with PyTorch here needs. PyTorch is imported when it is used, so that this module imports where it is not."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

_calm = threading.Lock()
_depth = 0
_before = 0


@contextmanager
def one_thread() -> Iterator[None]:
    """PyTorch on one thread while anything trains, in however many of Python's threads.

    The products are too small to share, where the processor is busy two threads would wait for each other, and sums keep their order.
    """
    global _depth, _before
    torch = importlib.import_module("torch")
    with _calm:
        if _depth == 0:
            _before = torch.get_num_threads()
            torch.set_num_threads(1)
        _depth += 1
    try:
        yield
    finally:
        with _calm:
            _depth -= 1
            if _depth == 0:
                torch.set_num_threads(_before)


def plain(tensor) -> np.ndarray:
    """Return a tensor's numbers as a float64 array of its own."""
    return tensor.detach().double().numpy().copy()
