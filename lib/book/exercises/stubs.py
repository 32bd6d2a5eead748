"""The source and the stub of a reference solution, and what can be seen of an answer before it is run."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable


def split_source(function: Callable) -> tuple[str, str]:
    """Return the source of `function` without decorators, and the stub: its signature and docstring, then `...`."""
    source = textwrap.dedent(inspect.getsource(function))
    node = ast.parse(source).body[0]
    lines = source.splitlines()[node.lineno - 1 :]
    doc = node.body[0]
    if not (isinstance(doc, ast.Expr) and isinstance(doc.value, ast.Constant) and isinstance(doc.value.value, str)):
        raise ValueError(f"exercise {function.__name__} needs a docstring: it is the student's task")
    head = lines[: doc.end_lineno - node.lineno + 1]
    return "\n".join(lines).rstrip(), "\n".join([*head, "    ..."])


def is_untouched(function: Callable) -> bool:
    """Whether a function's body is still nothing but a docstring and `...`: its code is that of an empty function."""
    code = getattr(function, "__code__", None)
    if code is None:
        return False

    def documented():
        "doc"
        ...

    def bare(): ...

    constants = [c for c in code.co_consts if c != function.__doc__]
    return code.co_code in (documented.__code__.co_code, bare.__code__.co_code) and constants in ([], [None])


def takes_too_few(answer: Callable, function: Callable) -> bool:
    """Whether the student's function cannot be called with as many arguments as the reference takes."""
    try:
        inspect.signature(answer).bind(*names(function))
    except TypeError:
        return True
    except ValueError:  # a builtin without a signature: let it be called
        return False
    return False


def names(function: Callable) -> list[str]:
    """Return the names of a function's parameters, [] where it has no signature to be read."""
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return []


def parameters(function: Callable) -> str:
    return f"({', '.join(names(function))})"
