"""What stands for exercises and demos where a submitted notebook is marked (see `tools.mark`): names that do nothing."""

from __future__ import annotations

from collections.abc import Callable


class Hidden:
    """Stands for an exercise or a demo while a notebook is marked: check(), hint() and solution() say nothing."""

    def __init__(self, name: str):
        self._name = name

    def __getattr__(self, name: str) -> Callable:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args, **kwargs: None

    def __call__(self, *args):
        raise RuntimeError(f"the book's own {self._name} is not at hand while a notebook is marked")


def hidden(name: str) -> Hidden:
    """Return what stands for a name of the modules of exercises and demos: their `__getattr__`."""
    if name.startswith("__"):
        raise AttributeError(name)
    return Hidden(name)
