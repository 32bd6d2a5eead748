"""Modules that are not there: what does not need them still imports, what does says so.

In the reader's browser there is no PyTorch. A chapter's exercises and demos stand in one package each, and those that do
without it should work all the same. So a missing module is replaced by a stand-in: while the
book's own modules are being imported, it can be named, called and combined; whoever uses it afterwards gets a
ModuleNotFoundError with a sentence that says what is missing and what to do.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import math
import sys
import types
from collections.abc import Callable


class Missing:
    """Something from a module that is not there. Every use raises, except at the top level of the book's modules."""

    def __init__(self, sentence: str, *_, **__):
        object.__setattr__(self, "_sentence", sentence if isinstance(sentence, str) else "a module is missing")

    def __getattr__(self, name: str):
        if name.startswith("__"):
            raise AttributeError(name)
        return Missing(self._sentence)

    def __repr__(self) -> str:
        return f"<not here: {self._sentence}>"

    def __mro_entries__(self, bases) -> tuple:
        return ()

    def __instancecheck__(self, thing) -> bool:
        return False  # nothing is of a class that is not there: scipy asks whether its arrays are PyTorch's

    def __subclasscheck__(self, kind) -> bool:
        return False


def _operation(neutral: Callable[[Missing], object]):
    """Make a special method: it gives `neutral` where lib's modules are being imported, and raises elsewhere."""

    def use(self, *args, **kwargs):
        frame = sys._getframe(1)
        if frame.f_code.co_name == "<module>" and frame.f_globals.get("__name__", "").startswith("lib."):
            return neutral(self)
        raise ModuleNotFoundError(self._sentence)

    return use


_ARITHMETIC = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul")
_NEUTRAL = dict.fromkeys(("call", "getitem", "neg", "lt", "le", "gt", "ge"), lambda self: Missing(self._sentence))
_NEUTRAL |= dict.fromkeys((f"{side}{name}" for name in _ARITHMETIC for side in ("", "r")), _NEUTRAL["call"])
_NEUTRAL |= {"float": lambda self: math.nan, "bool": lambda self: False, "iter": lambda self: iter(())}
_NEUTRAL |= dict.fromkeys(("int", "index", "len"), lambda self: 0)
_NEUTRAL |= {"contains": lambda self: False, "setitem": lambda self: None}
for _name, _value in _NEUTRAL.items():
    setattr(Missing, f"__{_name}__", _operation(_value))


class _StandIn(types.ModuleType):
    def __getattr__(self, name: str):
        if name.startswith("__"):
            raise AttributeError(name)
        return Missing(self._sentence)


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """The last finder asked: it finds what nobody else has found, if it is on the list."""

    def __init__(self, sentences: dict[str, str]):
        self.sentences = sentences

    def find_spec(self, name, path=None, target=None):
        top = name.split(".")[0]
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if top in self.sentences else None

    def create_module(self, spec):
        module = _StandIn(spec.name)
        module._sentence = self.sentences[spec.name.split(".")[0]]
        return module

    def exec_module(self, module) -> None:
        pass


def stand_in(sentences: dict[str, str]) -> None:
    """Let the modules named be imported although they are missing; `sentences` says for each what a user is told."""
    for finder in sys.meta_path:
        if isinstance(finder, _Finder):
            finder.sentences.update(sentences)
            return
    sys.meta_path.append(_Finder(dict(sentences)))


def is_absent(name: str) -> bool:
    """Whether the module `name` has been imported as a stand-in."""
    return isinstance(sys.modules.get(name), _StandIn)
