"""A cell as a notebook reads it, where there is no notebook: the page's kernel, and what looks at cells before.

Lines for Jupyter's shell (``!pip …``, ``%timeit``) are set aside; what only Jupyter understands is told in a sentence. Cells
are read with Python's own tokenizer and compiler, so that a ``%`` in a string or within brackets stays what it is.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize

SHELL = re.compile(r"(\s*)[%!]")
WHOLE_CELL = re.compile(r"%%(\w+)")
FOR_PYTHON = {"time", "timeit", "capture", "prun"}  # magics of a whole cell whose rest is still Python
HELP = re.compile(r"^\s*\?{0,2}([A-Za-z_][\w.]*)\?{0,2}\s*(?:#.*)?$")
QUIET = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


def parse(source: str, filename: str = "<cell>") -> tuple[ast.Module, str]:
    """Return a cell's syntax tree and the Python it was made from: lines for the shell have become ``pass``.

    Raises SyntaxError, with a sentence that says what to write instead where the cell asks Jupyter for something.
    """
    try:
        return ast.parse(source, filename), source
    except SyntaxError:
        without = _without_shell(source)
        try:
            return ast.parse(without, filename), without
        except SyntaxError as again:
            _explain(again, without)
            raise again from None


def python_of(source: str) -> str:
    """Return a cell's Python, without the lines for the shell; source that is no Python comes back as it is."""
    try:
        return parse(source)[1]
    except SyntaxError:
        return source


def is_quiet(source: str) -> bool:
    """Whether a cell ends with a semicolon, which in a notebook hides the last value; comments after it do not count."""
    last = ""
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type not in QUIET:
                last = token.string
    except (tokenize.TokenError, SyntaxError):
        return False
    return last == ";"


def _without_shell(source: str) -> str:
    """Replace each line for the shell by ``pass``: one that starts with % or ! where a statement may start."""
    cell = WHOLE_CELL.match(source)
    if cell and cell.group(1) not in FOR_PYTHON:
        raise SyntaxError(f"%%{cell.group(1)} hands the cell to another program: that works in Jupyter, not in a page")
    made: list[str] = []
    goes_on = False  # the line before was for the shell and ended with a backslash
    for line in source.splitlines():
        shell = SHELL.match(line)
        if goes_on:
            goes_on = line.rstrip().endswith("\\")
            made.append("")
        elif shell and _statement_may_start(made):
            goes_on = line.rstrip().endswith("\\")
            made.append(shell.group(1) + "pass")
        else:
            made.append(line)
    return "\n".join(made) + ("\n" if source.endswith("\n") else "")


def _statement_may_start(before: list[str]) -> bool:
    """Whether these lines leave no bracket, string or backslash open."""
    if before and before[-1].rstrip().endswith("\\"):
        return False
    text = "\n".join(before) + "\n"
    try:
        for _ in tokenize.generate_tokens(io.StringIO(text).readline):
            pass
    except tokenize.TokenError as error:
        return "multi-line" not in str(error)  # "EOF in multi-line string" and "… statement"
    except SyntaxError:  # an indentation that ends nowhere: the compiler will say so
        return True
    return True


def _explain(error: SyntaxError, source: str) -> None:
    """Say what is meant where a line asks Jupyter for something that Python has another word for."""
    lines = source.splitlines()
    line = lines[error.lineno - 1] if error.lineno and error.lineno <= len(lines) else ""
    asked = HELP.match(line)
    if asked and "?" in line:
        error.msg = f"`{line.strip()}` asks Jupyter for help; in Python it is help({asked.group(1)})"
    elif re.search(r"=\s*[!%]", line):
        error.msg = "what follows = is for Jupyter's shell (! or %), which a page has not"


def await_explained(error: SyntaxError) -> SyntaxError:
    """Return the compiler's complaint about an `await` at the top of a cell with what to write instead."""
    if "outside function" in str(error.msg) and ("await" in error.msg or "async" in error.msg):
        error.msg = f"{error.msg}: put it into `async def main(): …` and run it with `asyncio.run(main())`"
    return error


def names_from_outside(function: ast.AST) -> set[str]:
    """Return the names that a function, given as its node or as a tree around it, reads from outside: none that it, or one in it, binds."""
    nodes = list(ast.walk(function))
    bound = {node.arg for node in nodes if isinstance(node, ast.arg)}
    bound |= {node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    bound -= {name for node in nodes if isinstance(node, ast.Global) for name in node.names}
    return {node.id for node in nodes if isinstance(node, ast.Name) and node.id not in bound}
