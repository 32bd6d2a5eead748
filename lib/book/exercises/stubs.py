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
    signature, rest = doc.lineno - node.lineno, doc.end_lineno - node.lineno + 1
    head = [*lines[:signature], *(part for line in lines[signature:rest] for part in _folded(line))]
    return "\n".join([*head, *lines[rest:]]).rstrip(), "\n".join([*head, "    ..."])


def _folded(line: str) -> list[str]:
    """Return a docstring's line as lines of at most 80 columns, what a page shows; between two arguments if it can be."""
    indent = line[: len(line) - len(line.lstrip())]
    made = [""]
    for piece in line.replace(";  ", ";  \n").split("\n"):
        if made[-1] and len((made[-1] + piece).rstrip()) > 80:
            made.append(indent)
        made[-1] += piece
    fold = textwrap.TextWrapper(80, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False)
    return [part for one in made for part in fold.wrap(one.rstrip()) or [""]]


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
