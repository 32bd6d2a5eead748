"""A solution with one thing changed: a sign, a factor, an axis, a guard, a constant, an index by one, and so on.

Mutants have two uses. Every mutant of a solution must fail its exercise's cases, or be declared equal with the reason: else the
cases are too kind (`tests/book/test_mutants.py`). And a student whose answers are those of a mutant can be told what
kind of thing to look for (`diagnose`).

The changes are made on the syntax tree, so they need only Python and the solution's source.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lib.book.exercises.kinds import CodeExercise

SWAPS = {  # a function for its neighbour: what a student who wrote the second is told
    "sum": [("mean", "You take a mean where a sum is asked for.")],
    "mean": [
        ("sum", "You take a sum where a mean is asked for: divide by the number of terms."),
        ("median", "You take a median where a mean is asked for."),
    ],
    "max": [("min", "You take the smallest where the largest is asked for.")],
    "min": [("max", "You take the largest where the smallest is asked for.")],
    "argmax": [("argmin", "You take the smallest where the largest is asked for.")],
    "argmin": [("argmax", "You take the largest where the smallest is asked for.")],
    "var": [("std", "You take a standard deviation where a variance is asked for.")],
    "std": [("var", "You take a variance where a standard deviation is asked for: the root is missing.")],
    "maximum": [("minimum", "You keep the smaller of two values where the larger belongs.")],
    "minimum": [("maximum", "You keep the larger of two values where the smaller belongs.")],
    "log": [
        ("log2", "That is the logarithm to base 2. The book's log is the natural one."),
        ("log10", "That is the logarithm to base 10. The book's log is the natural one."),
        ("log1p", "You take log(1 + x) where log(x) is asked for."),
    ],
    "cos": [("sin", "You use a sine where a cosine belongs.")],
    "tanh": [("sin", "The activation is another function than tanh.")],
    "any": [("all", "You ask for all where one is enough.")],
    "all": [("any", "You are content with one where all are asked for.")],
}
PIECES = {  # functions that a missing piece may be told by
    "mean": "a mean",
    "sqrt": "a root",
    "std": "a standard deviation",
    "var": "a variance",
    "norm": "a length",
    "abs": "an absolute value",
    "sign": "a sign",
    "log": "a logarithm",
    "exp": "an exponential",
    "max": "a largest value",
    "tanh": "tanh",
    "inv": "an inverse",
    "solve": "a system that is solved",
    "sum": "a sum",
    "len": "a number of entries",
    "eye": "the identity",
}
UNARY = {  # a function of one thing that may be left out: what is said then
    "sqrt": "A root is missing",
    "abs": "An absolute value is missing",
    "absolute": "An absolute value is missing",
    "exp": "An exponential is missing",
    "log": "A logarithm is missing",
    "sign": "You use a value where only its sign belongs",
    "tanh": "The activation is missing",
    "inv": "An inverse is missing",
    "sorted": "Something has to be sorted",
    "sort": "Something has to be sorted",
    "reversed": "Something has to be walked through from the other end",
    "copy": "A copy is missing",
}
AXES = {"sum", "mean", "max", "min", "std", "var", "argmax", "argmin", "norm", "sort", "argsort", "cumsum", "prod"}
COMPARE = {
    ast.Lt: [ast.LtE, ast.Gt],
    ast.LtE: [ast.Lt, ast.GtE],
    ast.Gt: [ast.GtE, ast.Lt],
    ast.GtE: [ast.Gt, ast.LtE],
    ast.Eq: [ast.NotEq],
    ast.NotEq: [ast.Eq],
    ast.In: [ast.NotIn],
    ast.NotIn: [ast.In],
}


@dataclass(frozen=True)
class Mutant:
    """One change of a solution: the function, the statement "as it was → as it is", what kind, and what to say."""

    function: Callable
    change: str
    kind: str
    sentence: str


def of(e: CodeExercise) -> list[Mutant]:
    """Return all mutants of an exercise's solution, each another program than the solution and than one another."""
    tree = ast.parse(e.source)
    seen, out = {ast.unparse(tree)}, []
    for before, after, kind, sentence, program in _changes(tree):
        text = ast.unparse(program)
        if text in seen:
            continue
        seen.add(text)
        with contextlib.suppress(SyntaxError, ValueError, NameError):
            out.append(Mutant(_compiled(e, text), f"{before} → {after}", kind, sentence))
    return out


def unchanged(e: CodeExercise) -> Callable:
    """Return the solution itself, compiled as its mutants are."""
    return _compiled(e, e.source)


def _compiled(e: CodeExercise, source: str) -> Callable:
    namespace = dict(e.function.__globals__)
    if "np" in namespace:
        namespace["np"] = _Careful(namespace["np"])
    exec(compile(source, f"<mutant of {e.name}>", "exec"), namespace)
    return namespace[e.name]


class _Careful:
    """numpy, but for linear algebra with NaN or inf, about which LAPACK writes on the reader's screen: it raises instead."""

    def __init__(self, module, checks: bool = False):
        self._module, self._checks = module, checks

    def __getattr__(self, name: str):
        value = getattr(self._module, name)
        if name == "linalg":
            return _Careful(value, True)
        if not self._checks or not callable(value) or isinstance(value, type):
            return value

        def careful(*args, **keywords):
            isfinite = sys.modules["numpy"].isfinite
            if not all(isfinite(a).all() for a in args if hasattr(a, "dtype") and a.dtype.kind in "fc"):
                raise self._module.LinAlgError("Array must not contain infs or NaNs")
            return value(*args, **keywords)

        return careful


def _changes(tree: ast.Module) -> Iterator[tuple[str, str, str, str, ast.Module]]:
    """Yield (statement before, statement after, kind, sentence, whole program) for every change of every node."""
    function = tree.body[0]
    params = Symbols(function)
    for old, new, program in _exchanged_constants(tree):
        said = (
            f"Two constants are in each other's place: {new!r} stands where {old!r} belongs, and the other way round."
        )
        yield str(old), str(new), "constants", said, program
    for path, node in _nodes(function):
        parent = _parent(function, path)
        for kind, sentence, new in _variants(node, params, parent):
            program = copy.deepcopy(tree)
            owner, field, index = _follow(program.body[0], path)
            mutated = ast.fix_missing_locations(copy.deepcopy(new)) if isinstance(new, ast.AST) else new
            if index is None:
                setattr(owner, field, mutated)
            elif mutated is None:
                del getattr(owner, field)[index]
                if not getattr(owner, field):
                    if field != "body":
                        continue
                    getattr(owner, field).append(ast.Pass())
            else:
                getattr(owner, field)[index] = mutated
            before, after = _statement(function, path), _statement(program.body[0], path, mutated is None)
            yield before, after, kind, sentence, ast.fix_missing_locations(program)


class Symbols:
    """The parameters and the local names of a solution, and what the local names stand for."""

    def __init__(self, function: ast.FunctionDef):
        self.params = [a.arg for a in function.args.args]
        self.locals: dict[str, ast.AST] = {}
        for node in ast.walk(function):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    names, values = [target], [node.value]
                    if isinstance(target, ast.Tuple):
                        names = target.elts
                        values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value] * len(names)
                    for name, value in zip(names, values, strict=False):
                        if isinstance(name, ast.Name):
                            self.locals.setdefault(name.id, value)

    def __contains__(self, name: str) -> bool:
        return name in self.params

    def within(self, node: ast.AST, depth: int = 3) -> Iterator[ast.AST]:
        """Yield the nodes of a piece, local names replaced by what they stand for."""
        for part in ast.walk(node):
            yield part
            if depth and isinstance(part, ast.Name) and part.id in self.locals:
                yield from self.within(self.locals[part.id], depth - 1)


def _exchanged_constants(tree: ast.Module) -> Iterator[tuple[float, float, ast.Module]]:
    """Yield (one, other, program) for every two fractions of the solution that change places throughout."""
    floats = sorted({n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, float)})
    floats = [x for x in floats if x not in (0.0, 1.0)]
    for i, one in enumerate(floats):
        for other in floats[i + 1 :]:
            program = copy.deepcopy(tree)
            for node in ast.walk(program):
                if isinstance(node, ast.Constant) and node.value in (one, other):
                    node.value = other if node.value == one else one
            yield one, other, program


def _nodes(function: ast.FunctionDef) -> Iterator[tuple[list, ast.AST]]:
    """Yield (path from the function, node) for every node of the body but the docstring."""

    def walk(node, path):
        for field, value in ast.iter_fields(node):
            if isinstance(value, ast.AST):
                yield [*path, (field, None)], value
                yield from walk(value, [*path, (field, None)])
            elif isinstance(value, list):
                for i, item in enumerate(value):
                    if isinstance(item, ast.AST):
                        yield [*path, (field, i)], item
                        yield from walk(item, [*path, (field, i)])

    for path, node in walk(function, []):
        if path[0][0] == "body" and path[0] != ("body", 0):
            yield path, node


def _parent(root: ast.AST, path: list) -> ast.AST:
    for field, index in path[:-1]:
        root = getattr(root, field) if index is None else getattr(root, field)[index]
    return root


def _follow(root: ast.AST, path: list) -> tuple[ast.AST, str, int | None]:
    return _parent(root, path), *path[-1]


def _statement(root: ast.AST, path: list, gone: bool = False) -> str:
    """Return the first line of the innermost statement on a path, as text."""
    found, node = root, root
    for field, index in path:
        value = getattr(node, field)
        if index is not None and (index >= len(value) or (gone and (field, index) == path[-1])):
            return "(nothing)"
        node = value if index is None else value[index]
        if isinstance(node, ast.stmt):
            found = node
    return ast.unparse(found).split("\n")[0]


# ------------------------------------------------------------------------------------------------------- operators
def _variants(node: ast.AST, symbols: Symbols, parent: ast.AST) -> Iterator[tuple[str, str, ast.AST | None]]:
    """Yield (kind, sentence, replacement) for one node; None deletes a statement."""
    if isinstance(node, ast.Constant) and isinstance(parent, ast.keyword):
        return  # strict=True, kind="stable", axis=1: the last has an operator of its own
    even = isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Pow) and _integer(parent.right) == 2
    for kind, what, new in _raw(node, symbols):
        if even and kind in ("turned", "inserted"):
            continue  # (a − b)² is (b − a)²
        sentence = what if not what or what.endswith(".") else what + _where(node, symbols) + "."
        yield kind, sentence, new


def _where(node: ast.AST, symbols: Symbols) -> str:
    """Name the arguments that a piece of the solution deals with: " (look where lam comes in)"."""
    found = [n.id for n in symbols.within(node) if isinstance(n, ast.Name) and n.id in symbols]
    names = list(dict.fromkeys(found))
    return f" (look where {' and '.join(names)} come{'s' if len(names) == 1 else ''} in)" if 0 < len(names) < 3 else ""


def _about(node: ast.AST, symbols: Symbols) -> str:
    """Say what a missing piece is made of: ": one with a mean and lam". A single thing of all that is in it will do."""
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return f": the number {node.value:g}" if abs(node.value) != 1 else ": a 1"
    parts = list(symbols.within(node))
    calls = {
        n.func.attr if isinstance(n.func, ast.Attribute) else getattr(n.func, "id", "")
        for n in parts
        if isinstance(n, ast.Call)
    }
    things = [word for name, word in PIECES.items() if name in calls][:1]
    names = list(dict.fromkeys(n.id for n in parts if isinstance(n, ast.Name) and n.id in symbols))
    if len(names) <= 2:
        things += names
    return ": one with " + " and ".join(things) if things else ""


def _raw(node: ast.AST, params: Symbols) -> Iterator[tuple[str, str, ast.AST | None]]:
    if isinstance(node, ast.BinOp):
        yield from _binary(node, params)
    elif isinstance(node, ast.UnaryOp):
        if isinstance(node.op, ast.USub):
            yield "sign", "A sign is turned", node.operand
        if isinstance(node.op, ast.Not):
            yield "guard", "A condition is turned round", node.operand
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        yield from _comparison(node)
    elif isinstance(node, ast.BoolOp):
        for i in range(len(node.values)):
            rest = node.values[:i] + node.values[i + 1 :]
            new = rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
            yield "guard", "A condition is missing", new
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield "guard", "Two conditions are joined by the wrong word, and for or", ast.BoolOp(other, node.values)
    elif isinstance(node, ast.Call):
        yield from _call(node)
    elif isinstance(node, ast.Constant):
        yield from _constant(node)
    elif isinstance(node, ast.Attribute):
        if node.attr == "T":
            yield "transpose", "A transpose is missing", node.value
    elif isinstance(node, ast.Subscript):
        yield from _subscript(node)
    elif isinstance(node, ast.IfExp):
        yield "guard", "A case is not treated on its own: a condition is missing", node.body
        yield "guard", "A case is not treated on its own: a condition is missing", node.orelse
    elif isinstance(node, ast.comprehension) and node.ifs:
        new = ast.comprehension(node.target, node.iter, node.ifs[1:], 0)
        yield "guard", "A condition is missing: some things must be left out", new
    elif isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Load) and len(node.elts) > 1:
        for i in range(len(node.elts) - 1):
            swapped = list(node.elts)
            swapped[i], swapped[i + 1] = swapped[i + 1], swapped[i]
            yield "order", f"Parts {i + 1} and {i + 2} are in each other's place", ast.Tuple(swapped, node.ctx)
    elif isinstance(node, ast.If):
        yield "guard", "A case is not treated on its own: a condition is missing", _if(node, ast.Constant(False))
        yield "guard", "A case is not treated on its own: a condition is missing", _if(node, ast.Constant(True))
    elif isinstance(node, (ast.Assign, ast.AugAssign, ast.Expr, ast.For, ast.Delete)):
        yield "step", "A step is missing", None
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and isinstance(node.value, ast.BinOp):
            for plain in (1.0, 0.0):
                said = f"An intermediate quantity is {plain:g} where it has to be computed"
                yield "step", said, ast.Assign(node.targets, ast.Constant(plain), lineno=0)
        if isinstance(node, ast.AugAssign):
            yield (
                "step",
                "Something is replaced where it should be added to",
                ast.Assign([node.target], node.value, lineno=0),
            )
            other = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}.get(type(node.op))
            if other:
                yield "sign", "A sign is turned", ast.AugAssign(node.target, other(), node.value)
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in params:
        for other in params.params:
            if other != node.id:
                sentence = f"You use {other} in a place where another argument belongs."
                yield "argument", sentence, ast.Name(other, ast.Load())
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in params.locals:
        for other in params.locals:
            if other != node.id:
                sentence = "One quantity stands where another belongs: perhaps the old one for the new."
                yield "quantity", sentence, ast.Name(other, ast.Load())


def _if(node: ast.If, test: ast.expr) -> ast.If:
    return ast.If(test, node.body, node.orelse)


def _binary(node: ast.BinOp, symbols: Symbols) -> Iterator[tuple[str, str, ast.AST]]:
    op, left, right = node.op, node.left, node.right
    if isinstance(op, (ast.Add, ast.Sub)):
        other = ast.Sub() if isinstance(op, ast.Add) else ast.Add()
        yield "sign", "A sign is turned", ast.BinOp(left, other, right)
        yield "term", f"A term is missing{_about(right, symbols)}.", left
        yield "term", f"A term is missing{_about(left, symbols)}.", right
        if isinstance(op, ast.Sub):
            yield "turned", "A sign is turned: the difference is taken the other way round", ast.BinOp(right, op, left)
        for side, place in ((left, 0), (right, 1)):
            if isinstance(side, ast.Constant):
                continue
            for change, said in (
                (ast.BinOp(ast.Constant(2), ast.Mult(), side), "A factor 2 is too many, or a half is missing"),
                (ast.BinOp(side, ast.Div(), ast.Constant(2)), "A factor 2 is missing, or a half is too many"),
            ):
                yield "scaled", said, ast.BinOp(change if place == 0 else left, op, change if place == 1 else right)
        if isinstance(op, ast.Sub) and not isinstance(left, ast.Constant) and not isinstance(right, ast.Constant):
            said = "An absolute value is taken where the sign has to stay"
            yield "inserted", said, ast.Call(ast.Name("abs", ast.Load()), [node], [])
        yield from _root_moved(node)
    elif isinstance(op, ast.Mult):
        yield "factor", f"A factor is missing{_about(right, symbols)}.", left
        yield "factor", f"A factor is missing{_about(left, symbols)}.", right
        yield "factor", "You divide where you should multiply", ast.BinOp(left, ast.Div(), right)
    elif isinstance(op, (ast.Div, ast.FloorDiv)):
        yield "factor", f"A division is missing{_about(right, symbols)}.", left
        yield "factor", "You multiply where you should divide", ast.BinOp(left, ast.Mult(), right)
        yield "factor", "A ratio is upside down", ast.BinOp(right, op, left)
    elif isinstance(op, ast.MatMult):
        if not (_is_vector(left) and _is_vector(right)):
            yield "order", "Two factors of a matrix product stand in the wrong order", ast.BinOp(right, op, left)
        yield "factor", f"A factor is missing{_about(right, symbols)}.", left
        yield "factor", f"A factor is missing{_about(left, symbols)}.", right
        yield (
            "product",
            "You multiply entry by entry where a matrix product belongs",
            ast.BinOp(left, ast.Mult(), right),
        )
        for a, b in ((_transposed(left), right), (left, _transposed(right))):
            if a is not None and b is not None:
                yield "transpose", "There is a transpose too many", ast.BinOp(a, op, b)
    elif isinstance(op, ast.Pow):
        what = "A root is missing" if isinstance(right, ast.Constant) and right.value == 0.5 else "A power is missing"
        yield "power", what, left
        if _integer(right) == 2:
            said = "A size is taken where a square belongs"
            yield "power", said, ast.Call(ast.Name("abs", ast.Load()), [left], [])
        yield (
            "power",
            "A power is another one than yours",
            ast.BinOp(left, op, ast.BinOp(right, ast.Add(), ast.Constant(1))),
        )
        if not isinstance(right, ast.Constant):
            yield "power", "You multiply by the exponent where a power belongs", ast.BinOp(left, ast.Mult(), right)
    elif isinstance(op, ast.Mod):
        yield "term", "A remainder is missing", left


def _root_moved(node: ast.BinOp) -> Iterator[tuple[str, str, ast.AST]]:
    """Yield √a + b for √(a + b), and the other way round."""
    root = node.left
    if isinstance(root, ast.Call) and getattr(root.func, "attr", "") == "sqrt":
        inside = ast.Call(root.func, [ast.BinOp(root.args[0], node.op, node.right)], [])
        yield "root", "Something stands inside the root that belongs outside", inside


def _is_vector(node: ast.AST) -> bool:
    """Whether a name is a vector's: matrices have capital letters."""
    return isinstance(node, ast.Name) and node.id[0].islower()


def _transposed(node: ast.AST) -> ast.AST | None:
    return ast.Attribute(node, "T", ast.Load()) if isinstance(node, ast.Name) and not _is_vector(node) else None


def _comparison(node: ast.Compare) -> Iterator[tuple[str, str, ast.AST]]:
    for i, op in enumerate(COMPARE.get(type(node.ops[0]), ())):
        said = (
            "A comparison is off at the border: with or without equality"
            if i == 0
            else "A comparison points the wrong way"
        )
        if isinstance(node.ops[0], (ast.Eq, ast.NotEq, ast.In, ast.NotIn)):
            said = "A condition is turned round"
        yield "comparison", said, ast.Compare(node.left, [op()], node.comparators)


def _call(node: ast.Call) -> Iterator[tuple[str, str, ast.AST]]:
    function, method = node.func, isinstance(node.func, ast.Attribute)
    name = function.attr if method else getattr(function, "id", "")
    module = method and isinstance(function.value, ast.Name) and function.value.id in ("np", "math")
    linalg = method and isinstance(function.value, ast.Attribute) and function.value.attr == "linalg"
    first = node.args[0] if node.args and (module or linalg or not method) else function.value if method else None
    for other, sentence in SWAPS.get(name, ()):
        if (
            method
            and sentence
            and not (isinstance(function.value, ast.Name) and function.value.id == "math" and other == "sum")
        ):
            yield (
                "function",
                sentence,
                ast.Call(ast.Attribute(function.value, other, ast.Load()), node.args, node.keywords),
            )
        elif name in ("max", "min"):
            yield "function", sentence, ast.Call(ast.Name(other, ast.Load()), node.args, node.keywords)
    if (
        name == "sqrt"
        and len(node.args) == 1
        and isinstance(node.args[0], ast.BinOp)
        and isinstance(node.args[0].op, ast.Add)
    ):
        inner = node.args[0]
        outside = ast.BinOp(ast.Call(function, [inner.left], []), ast.Add(), inner.right)
        yield "root", "Something stands outside the root that belongs inside", outside
    if name in UNARY and UNARY[name] and first is not None:
        yield "function", UNARY[name], first
    if name in ("maximum", "minimum", "max", "min", "clip") and len(node.args) >= 2 and not node.keywords:
        for arg in node.args[:2]:
            yield "guard", "A value has to be kept within a border: a maximum or minimum is missing", arg
    if name in ("max", "min") and not method and len(node.args) == 1 and not node.keywords:
        z = node.args[0]
        naive = (
            "You subtract another value than the largest"
            if name == "max"
            else "You take another value than the smallest"
        )
        yield "stable", naive, ast.Subscript(z, ast.Constant(0), ast.Load())
        if isinstance(z, ast.Name):
            yield "stable", naive, ast.parse(f"max({z.id}, key=abs)", mode="eval").body
            yield "stable", naive, ast.parse(f"sum({z.id}) / len({z.id})", mode="eval").body
    if name in ("max", "min") and method and not module:
        yield "stable", "You subtract another value than the largest", ast.Constant(0.0)
    if name in AXES:
        yield from _axes(node, name, method and not module and not linalg)
    if name in ("var", "std"):
        keywords = [*node.keywords, ast.keyword("ddof", ast.Constant(1))]
        said = "You divide by n − 1 in a variance. Here it is n (numpy's own default)."
        yield "ddof", said, ast.Call(function, node.args, keywords)
    if linalg and name == "norm" and len(node.args) == 2:
        said = "That is the Frobenius norm; the spectral norm is asked for."
        yield "norm", said, ast.Call(function, node.args[:1], node.keywords)
    if linalg and name == "solve":
        a, b = node.args
        yield (
            "order",
            "You multiply by a matrix where a system has to be solved with it",
            ast.BinOp(a, ast.MatMult(), b),
        )
        if isinstance(a, ast.Name):  # products such as AᵀA are symmetric
            turned = ast.Call(function, [ast.Attribute(a, "T", ast.Load()), b], [])
            yield "transpose", "A system is solved with the transposed matrix", turned
        yield "step", "A system is left unsolved: only its right-hand side is there", b
    if name == "range":
        yield from _range(node)
    if name in ("outer", "copysign", "column_stack", "dot") and len(node.args) == 2:
        yield "order", "Two things are in each other's place", ast.Call(function, node.args[::-1], node.keywords)
    for i, keyword in enumerate(node.keywords):
        if keyword.arg in ("key", "default", "kind", "initial", "strict"):
            continue
        if keyword.arg in ("keepdims", "axis", "ddof", "axes", "full_matrices"):
            rest = node.keywords[:i] + node.keywords[i + 1 :]
            said = {"axis": "You take it over everything: an axis is missing"}.get(
                keyword.arg, "A result has another shape"
            )
            yield "axis", said, ast.Call(function, node.args, rest)


def _axes(node: ast.Call, name: str, method: bool) -> Iterator[tuple[str, str, ast.AST]]:
    """Yield a reduction with its axis turned or left out."""
    places = [(k.value, ("keyword", i)) for i, k in enumerate(node.keywords) if k.arg == "axis"]
    at = 0 if method else 1
    if name != "norm" and len(node.args) > at:
        places.append((node.args[at], ("arg", at)))
    for value, (where, i) in places:
        number = _integer(value)
        if number is None:
            continue
        for other in (0,) if number == 1 else (0, None) if number == -1 else (1,):
            args, keywords = list(node.args), list(node.keywords)
            new = ast.Constant(other)
            if where == "arg":
                args[i] = new
            else:
                keywords[i] = ast.keyword("axis", new)
            said = "You sum, average, sort or compare along the wrong axis: rows for columns"
            yield "axis", said, ast.Call(node.func, args, keywords)
        if where == "arg":
            yield (
                "axis",
                "You take it over everything: an axis is missing",
                ast.Call(node.func, node.args[:i], node.keywords),
            )


def _integer(node: ast.AST) -> int | None:
    try:
        value = ast.literal_eval(node)
    except ValueError:
        return None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _range(node: ast.Call) -> Iterator[tuple[str, str, ast.AST]]:
    for i in range(len(node.args)):
        if len(node.args) == 3 and i == 2:
            continue
        for step in (1, -1):
            args = list(node.args)
            args[i] = ast.BinOp(args[i], ast.Add() if step > 0 else ast.Sub(), ast.Constant(1))
            yield "index", "A loop starts or ends one step too early or too late", ast.Call(node.func, args, [])


def _constant(node: ast.Constant) -> Iterator[tuple[str, str, ast.AST]]:
    value = node.value
    if isinstance(value, bool) or value is None:
        if isinstance(value, bool):
            yield "constant", "", ast.Constant(not value)
        return
    if isinstance(value, int):
        others = [value + 1, value - 1] if value >= 0 else [value + 1]
        if value in (2, 4):
            others.append(value / 2)
    elif isinstance(value, float):
        others = (
            [value * 10, value / 10, value * 1e-8] if abs(value) < 1e-3 and value else [value + 1, value / 2, 1 - value]
        )
        if 0.8 < value < 1:
            others.append(1 - (1 - value) * 10 if value > 0.95 else 1 - (1 - value) / 10)
    elif isinstance(value, str) and value:
        others = [value.strip("<>") if value.startswith("<") else value + "?"]
    else:
        return
    for other in others:
        said = (
            f"A constant is off: you seem to use {other:g}."
            if isinstance(other, (int, float))
            else "A text is another one than asked for"
        )
        yield "constant", said, ast.Constant(other)


def _subscript(node: ast.Subscript) -> Iterator[tuple[str, str, ast.AST]]:
    index = node.slice
    if isinstance(node.ctx, ast.Load) and isinstance(index, ast.Name):
        for step, op in ((1, ast.Add()), (1, ast.Sub())):
            shifted = ast.BinOp(index, op, ast.Constant(step))
            yield "index", "An index is off by one", ast.Subscript(node.value, shifted, node.ctx)
    if isinstance(index, ast.Slice):
        if index.step is not None:
            yield "order", "Something is in reverse order", node.value
        for part in ("lower", "upper"):
            if getattr(index, part) is not None:
                new = copy.copy(index)
                setattr(new, part, None)
                yield "index", "A slice holds too much", ast.Subscript(node.value, new, node.ctx)
    if isinstance(index, ast.Tuple) and len(index.elts) == 2 and isinstance(node.ctx, ast.Load):
        turned = ast.Tuple(index.elts[::-1], ast.Load())
        yield "order", "Rows and columns are in each other's place", ast.Subscript(node.value, turned, node.ctx)
    if isinstance(node.value, ast.Subscript) and isinstance(node.ctx, ast.Load):
        inner = node.value
        turned = ast.Subscript(ast.Subscript(inner.value, index, ast.Load()), inner.slice, ast.Load())
        yield "order", "Rows and columns are in each other's place", turned
