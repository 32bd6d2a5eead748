"""A submitted notebook, from inside: which of its cells an answer needs, running them, and calling the answer.

This runs where nothing is trusted (see `tools.mark`), in the same Python as the submission, which may change any of it.
So nothing here decides anything: what leaves is what the cells said and what the answer's function returned.
"""

from __future__ import annotations

import ast
import json
import re
import symtable
from collections.abc import Callable
from functools import cache
from typing import Any

from lib.book import compare, wire
from lib.book.cells import parse
from lib.book.exercises.stubs import is_untouched
from lib.book.kernel import Kernel
from lib.book.sandbox import run

Piece = tuple[frozenset[str], frozenset[str]]  # the names that a cell binds, and those that it needs from elsewhere


# ------------------------------------------------------------------------------------------- which cells are needed
def names(code: str) -> Piece:
    """Return which names a piece of code binds at its top level, and which it needs from before or after it.

    A name counts as bound too where a part of it is assigned (``A[0] = 1``). Raises SyntaxError.
    """
    binds: set[str] = set()
    first: set[str] = set()  # needed before anything here binds them
    later: set[str] = set()  # needed when a function is called
    for statement in parse(code)[0].body:
        table = symtable.symtable(ast.unparse(statement), "cell", "exec")
        symbols = table.get_symbols()
        first |= ({s.get_name() for s in symbols if s.is_referenced()} | _added_to(statement)) - binds
        later |= {s.get_name() for inner in _below(table) for s in inner.get_symbols() if s.is_global()}
        binds |= {s.get_name() for s in symbols if s.is_assigned() or s.is_imported()} | _changed(statement)
        if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*":
            binds.add("*")
    return frozenset(binds), frozenset(first | (later - binds))


def _below(table: symtable.SymbolTable):
    for inner in table.get_children():
        yield inner
        yield from _below(inner)


def _added_to(statement: ast.stmt) -> set[str]:
    """Return the names that a statement takes up and binds again: ``total += 1``."""
    targets = [node.target for node in ast.walk(statement) if isinstance(node, ast.AugAssign)]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _changed(node: ast.AST) -> set[str]:
    """Return the names of things whose parts are assigned to, functions left aside."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
        return set()
    found = set().union(*map(_changed, ast.iter_child_nodes(node)))
    if isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(node.ctx, ast.Store):
        while isinstance(node, (ast.Subscript, ast.Attribute)):
            node = node.value
        if isinstance(node, ast.Name):
            found.add(node.id)
    return found


def needed(pieces: list[Piece | None], last: int) -> list[int]:
    """Return the indices of the pieces that number `last` needs, itself included, in order; None is a piece no one can read.

    A name is taken from the last piece before that binds it, else from one after (a function may be defined before what it calls).
    """
    stars = [i for i in range(last) if pieces[i] and "*" in pieces[i][0]]
    chosen, waiting = set(), [last, *stars]
    while waiting:
        i = waiting.pop()
        if i in chosen:
            continue
        chosen.add(i)
        for name in pieces[i][1] if pieces[i] else ():
            binders = [j for j in range(last) if j != i and pieces[j] and name in pieces[j][0]]
            before = [j for j in binders if j < i]
            if binders:
                waiting.append(before[-1] if before else binders[0])
    return sorted(chosen)


def find(codes: list[str], pieces: list[Piece | None], name: str) -> int | None:
    """Return the index of the cell that holds the answer `name`: the last one that binds it before its check, else the last.

    A cell that is no Python counts where a line begins with ``def name(`` or ``name =``. Cells' ids are not asked: a copied cell has
    another, and some editors give them anew.
    """
    begins = re.compile(rf"^(def {name}\s*\(|{name}\s*=[^=])", re.M)
    checks = [i for i, code in enumerate(codes) if f"exercises.{name}.check(" in code]
    found = [i for i, code in enumerate(codes) if (name in pieces[i][0] if pieces[i] else begins.search(code))]
    above = [i for i in found if checks and i <= checks[-1]]
    return (above or found or [None])[-1]


def _names_or_none(code: str) -> Piece | None:
    try:
        return names(code)
    except Exception:  # no Python, or for another Python than this
        return None


# ---------------------------------------------------------------------------------------------------------- running
class Submission:
    """The cells of one notebook, run as far as one answer needs them, and the functions that its answer is made of."""

    def __init__(self):
        self.errors: list[dict] = []
        self.functions: list[Callable] = []
        self.kernel = Kernel(lambda message: message["kind"] == "error" and self.errors.append(message))

    def answer(self, name: str, codes: list[str]) -> dict:
        """Run the cells that the answer `name` needs; return it, packed, or what stopped them."""
        pieces = [_names_or_none(code) for code in codes]
        last = find(codes, pieces, name)
        if last is None:
            return {"missing": True}
        for i in needed(pieces, last):  # one that fails may not matter, unless it is the answer's own, the last
            ended_well = self.kernel.run(codes[i], f"code cell {i + 1}")
        found, error = self.kernel.namespace, self.errors[0] if self.errors else {"name": "", "traceback": ""}
        said = {"error": error["name"], "stopped": error["traceback"]}
        if not ended_well or name not in found:
            return said
        untouched = found[name] is ... or (callable(found[name]) and is_untouched(found[name]))
        return said | {"untouched": untouched, "answer": wire.pack(compare.plain(found[name]), self.functions)}

    def call(self, number: int, args: str, seconds: float, back: Callable) -> dict:
        """Call a function of the answer with packed arguments; return what came of it, its value packed.

        back(number, *args) : calls a function that stands in the arguments
        """
        out = run(self.functions[number], tuple(wire.unpack(args, back)), seconds)
        said = {"error": out.error, "error_type": out.error_type, "traceback": list(out.traceback)}
        value = "" if out.error else wire.pack(out.value, self.functions)
        return {**said, "value": value, "mutated": out.mutated, "printed": out.printed}


# -------------------------------------------------------------------------------------------------------- the door
@cache
def submission() -> Submission:
    """Return the one submission that this interpreter holds."""
    return Submission()


def turn(text: str) -> None:
    """Do what is asked, and send what came of it through the door, with the word that goes with this question."""
    import _host  # the engine's

    asked = json.loads(text)
    word, what = asked.pop("word"), asked.pop("what")

    def back(number: int, *args) -> Any:
        reply = json.loads(_host.call(f"{word}?{json.dumps([number, wire.pack(list(args))])}".encode()))
        if reply["error"]:
            raise RuntimeError(reply["error"])
        return wire.unpack(reply["value"])

    try:
        mine = submission()
        reply = mine.answer(**asked) if what == "answer" else mine.call(**asked, back=back)
    except BaseException as error:
        reply = {"failed": f"{type(error).__name__}: {str(error)[:300]}"}
    _host.call(f"{word}={json.dumps(reply)}".encode())
