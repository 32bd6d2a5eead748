"""The page's kernel, its stand-ins for missing modules, and a demo's states between the steps."""

import base64
import json
import subprocess
import sys

import pytest

from lib.book import demos
from lib.book.display import say
from lib.book.kernel import MOST_TEXT, Kernel, bundle_of
from lib.least_squares.demos import closing_columns, tilted_target
from lib.least_squares.squeeze import squeeze_condition
from tools.fingerprint import ROOT


@pytest.fixture
def said():
    return []


@pytest.fixture
def kernel(said):
    return Kernel(said.append)


def texts(said):
    return "".join(m["text"] for m in said if m["kind"] == "stream")


def test_a_cell_prints_shows_its_last_value_and_keeps_its_names(kernel, said):
    assert kernel.run("x = 6\nprint('hello')\nx * 7")
    assert said == [
        {"kind": "stream", "name": "stdout", "text": "hello\n"},
        {"kind": "display", "data": {"text/plain": "42"}},
    ]
    said.clear()
    assert kernel.run("x += _\nx;") and said == []
    assert kernel.run("x") and said[-1]["data"]["text/plain"] == "48"
    assert kernel.run("") and kernel.run("# nothing") and kernel.run("None") and len(said) == 1


def test_tracebacks_show_the_readers_lines_alone(kernel, said):
    assert kernel.run("import json\ndef f():\n    return json.loads('{')", "cell 1")
    assert not kernel.run("1\nf()", "cell 2")
    (error,) = said
    assert error["name"] == "JSONDecodeError"
    assert "cell 2, line 2, in <module>\n    f()" in error["traceback"]
    assert "cell 1, line 3, in f" in error["traceback"] and "decoder.py" not in error["traceback"]
    said.clear()
    assert not kernel.run("def g(n): return g(n + 1)\ng(0)")
    assert "more like these" in said[0]["traceback"] and len(said[0]["traceback"]) < 2000
    said.clear()
    assert not kernel.run("x = '" + 50_000 * "x" + "'; 1 / 0") and len(said[0]["traceback"]) < 1000


def test_odd_errors_are_told_too(kernel, said):
    broken = "class E(Exception):\n    def __str__(self): raise ValueError\nraise E"
    assert not kernel.run(broken) and "message failed" in said[-1]["message"]
    assert not kernel.run("raise SystemExit(3)") and said[-1]["name"] == "SystemExit"
    assert not kernel.run("raise KeyboardInterrupt") and said[-1]["name"] == "KeyboardInterrupt"
    assert not kernel.run("x = = 2") and "SyntaxError" in said[-1]["traceback"]
    assert not kernel.run("input('?')") and said[-1]["name"] == "EOFError"
    assert not kernel.run("'\ud800'.encode()") and kernel.run("1")
    assert kernel.run("class R:\n    def __repr__(self): raise ValueError\nR()")
    assert "its repr raised ValueError" in said[-1]["data"]["text/plain"]


def test_output_is_cut_with_a_note_and_json_can_carry_it(kernel, said):
    assert kernel.run("for i in range(60_000): print('line', i)")
    assert len(texts(said)) < MOST_TEXT + 200 and "cut here" in said[-1]["text"]
    said.clear()
    assert kernel.run(f"'x' * {3 * MOST_TEXT}")
    assert "more characters" in said[-1]["data"]["text/plain"] and len(said[-1]["data"]["text/plain"]) < MOST_TEXT + 100
    json.dumps(said)


def test_what_is_printed_goes_out_at_once_and_in_its_order(kernel, said):
    seen = []
    kernel.namespace["seen"] = lambda: seen.append(len(said))
    assert kernel.run("print('one')\nseen()\nprint('two')\nseen()") and seen == [1, 2]
    said.clear()
    code = "import sys\nprint('a', end='')\nprint('b', file=sys.stderr, end='')\nprint('c', end='')\ndisplay(1)\nsys.stderr.write('d')\n1/0"
    assert not kernel.run(code)
    assert [m.get("text", m["kind"]) for m in said] == ["a", "b", "c", "display", "d", "error"]
    said.clear()
    assert kernel.run("for i in range(20_000): print(i)") and len(said) < 2000
    assert texts(said) == "".join(f"{i}\n" for i in range(20_000))[:MOST_TEXT] + said[-1]["text"]
    said.clear()
    assert kernel.run("for i in range(20_000): print(i, file=sys.stderr if i % 2 else sys.stdout)") and len(said) < 2000
    said.clear()
    assert not kernel.run("print('kept', end='')\nsys.stdout = sys.stderr = None\n1/0")
    assert [m["kind"] for m in said] == ["stream", "error"] and kernel.run("print('again')")


def test_a_progress_bar_is_not_cut_and_its_line_counts_once(kernel, said):
    update = "print(f'\\r{i:6d} of 100000 |' + '#' * 40, end='')"
    assert kernel.run(f"for i in range(20_000): {update}") and texts(said).endswith(" 19999 of 100000 |" + "#" * 40)
    said.clear()
    assert kernel.run("for i in range(20_000): print(i, '#' * 40, end='\\r')") and "cut" not in texts(said)
    said.clear()
    assert kernel.run("for i in range(20_000): print('\\r' + '#' * 40)") and "cut here" in said[-1]["text"]
    assert len(texts(said)) < 1.1 * MOST_TEXT
    said.clear()
    assert kernel.run("print('\\r' * 10, 'x' * 200_000)") and len(texts(said)) < MOST_TEXT + 200


def test_every_form_of_display(monkeypatch, said):
    for module in ("IPython", "IPython.display"):
        monkeypatch.setitem(sys.modules, module, None)  # as in the browser: not installed
    kernel = Kernel(said.append)
    code = """from IPython.display import HTML, display
class Odd:
    def _repr_html_(self): raise ValueError
    def _repr_latex_(self): return "$x$"
    def __repr__(self): return "odd"
display(HTML("<b>hi</b>"), 3)
Odd()"""
    assert kernel.run(code), said
    html, three, odd = (m["data"] for m in said)
    assert html["text/html"] == "<b>hi</b>" and three == {"text/plain": "3"}
    assert odd == {"text/plain": "odd", "text/latex": "$x$"}
    assert bundle_of(Kernel)["text/plain"].startswith("<class")


def test_a_semicolon_hides_the_last_value_wherever_a_comment_stands(kernel, said):
    assert kernel.run("1 + 1;  # quiet") and kernel.run("1 + 1;\n# quiet\n") and not said
    assert kernel.run("1 + 1  # not quiet;") and said.pop()["data"]["text/plain"] == "2"
    assert kernel.run("'a;'") and said.pop()["data"]["text/plain"] == "'a;'"


def test_annotations_are_values_until_a_cell_says_otherwise(kernel, said):
    assert kernel.run("def f(x: int): ...\nf.__annotations__") and "<class 'int'>" in said[-1]["data"]["text/plain"]
    assert kernel.run("from __future__ import annotations")
    assert kernel.run("def f(x: int): ...\nf.__annotations__") and said[-1]["data"]["text/plain"] == "{'x': 'int'}"


def test_await_at_the_top_is_told_what_to_write(kernel, said):
    assert not kernel.run("import asyncio\nawait asyncio.sleep(0)")
    assert said[-1]["name"] == "SyntaxError" and "asyncio.run(main())" in said[-1]["message"]
    assert kernel.run("async def main(): return 3\nasyncio.run(main())") and said[-1]["data"]["text/plain"] == "3"
    assert not kernel.run("len?") and "help(len)" in said[-1]["message"]


def test_figures_are_sharp_and_closed(kernel, said):
    assert kernel.run("import matplotlib.pyplot as plt\nplt.plot([1, 2]);\nplt.figure(); plt.plot([3, 4]);")
    pictures = [base64.b64decode(m["data"]["image/png"]) for m in said if "image/png" in m.get("data", {})]
    assert len(pictures) == 2 and all(p.startswith(b"\x89PNG") for p in pictures)
    assert int.from_bytes(pictures[0][16:20], "big") > 900  # 6.4 inches at twice 100 dots, trimmed
    assert kernel.run("plt.get_fignums()") and said[-1]["data"]["text/plain"] == "[]"
    assert not kernel.run("plt.plot([1]); 1 / 0")


def test_the_books_own_objects_speak_for_themselves(kernel, said):
    assert kernel.run("from lib.least_squares import demos, exercises\nfrom lib.book.exercises import progress")
    assert kernel.run("exercises.linear_in_what.check('c')")
    assert said[-1]["kind"] == "verdict" and said[-1]["status"] == "pass"
    assert said[-1]["memory"].startswith("least_squares.linear_in_what@")
    assert kernel.run("progress('least_squares')") and said[-1]["kind"] == "progress"
    assert said[-1]["states"]["linear_in_what"] == "pass"
    assert kernel.run("demos.closing_columns")
    assert said[-1]["kind"] == "demo" and said[-1]["svg"].startswith("<svg")
    kernel.demo("least_squares.closing_columns", [3.5, 3, 1])
    assert said[-1]["kind"] == "state" and "10⁻⁷" in said[-1]["labels"][0]
    kernel.demo("no.such", [0])
    assert said[-1]["kind"] == "error" and "no demo" in said[-1]["message"]
    kernel.demo("least_squares.closing_columns", [99, 0, 0])
    assert "must lie between 0 and 16" in said[-1]["message"]


@pytest.mark.parametrize("demo", [closing_columns, tilted_target])
def test_states_between_the_steps(demo):
    """At whole positions the state is the stored one; between them the value lies between, and the label says it."""
    for name, p in demo.parameters.items():
        for i, value in enumerate(p.values):
            assert p.at(i) == (value, p.labels[i]), name
        if p.scale:
            between, label = p.at(0.5)
            assert p.values[0] < between < p.values[1] and label == say(between, p.digits) + p.unit
            if p.scale == "log":
                assert between == pytest.approx((p.values[0] * p.values[1]) ** 0.5)
    for bad in (-0.1, len(p.values), "x", None):
        with pytest.raises(ValueError, match="position"):
            p.at(bad)


def test_words_without_a_drawing():
    picture = closing_columns(eps=0.05)
    assert say(squeeze_condition(0.05)) in picture.description and "figure" not in picture.__dict__
    assert picture.figure is picture.figure
    with pytest.raises(ValueError, match="controls"):
        closing_columns.at([1])
    assert isinstance(demos.Picture(lambda: picture.figure, "Words enough.").svg(), str)


WITHOUT = """
import importlib.machinery, json, sys
find = importlib.machinery.PathFinder.find_spec
gone = ("numpy", "scipy", "matplotlib", "torch", "sympy")
hide = lambda cls, name, path=None, target=None: None if name.split(".")[0] in gone else find(name, path, target)
importlib.machinery.PathFinder.find_spec = classmethod(hide)
from lib.book import kernel
said = []
python = kernel.start(lambda m: said.append(json.loads(m)), json.dumps({"absent": {n: n + " is away" for n in gone}, "verdicts": {"a@b": "pass"}}))
for cell in json.load(sys.stdin):
    python.run(cell)
print(json.dumps(said))
"""


def without_numpy(*cells):
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT], input=json.dumps(cells), capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_chapter_imports_without_numpy_and_its_python_exercises_work():
    imports = "import numpy as np\nfrom lib.least_squares import demos, exercises, squeeze"
    right = "exercises.newton_reciprocal.check(exercises.newton_reciprocal.function)"
    wrong = "exercises.line_from_lists.check(lambda x, b: (0, 0))"
    needs = "exercises.solve_by_qr.check(lambda A, b: 0)"
    said = without_numpy(
        imports, right, wrong, needs, "demos.closing_columns", "np.zeros(2)", "squeeze.squeeze_matrix(0.5)"
    )
    one, two, three, demo, error, last = said
    assert (one["status"], two["status"], three["status"]) == ("pass", "fail", "todo")
    assert "numpy is away" in three["headline"]
    assert demo["svg"] == "" and "matplotlib is away" in demo["note"] and "κ = 42" in demo["text"]
    assert error["name"] == "ModuleNotFoundError" and error["message"] == "numpy is away"
    assert last["data"]["text/plain"] == "((1.0, 1.0), (1.0, 1.5))"


def test_nothing_is_of_a_class_that_is_not_there():
    """Libraries ask whether an array is one of PyTorch's (scipy does) wherever somebody has imported it."""
    said = without_numpy("import numpy as np", "isinstance(3, np.ndarray), issubclass(int, np.ndarray)")
    assert said[-1]["data"]["text/plain"] == "(False, False)"


def test_a_stand_in_refuses_every_use():
    uses = (
        "np()",
        "np.a.b + 1",
        "2 * np.a",
        "float(np.a)",
        "bool(np.a)",
        "list(np.a)",
        "np.a[0]",
        "np.a < 2",
        "-np.a",
        "1 in np.a",
    )
    said = without_numpy("import numpy as np", *uses)
    assert len(said) == len(uses)
    for use, message in zip(uses, said, strict=True):
        assert message["kind"] == "error", use
        assert message["name"] in ("ModuleNotFoundError", "TypeError"), (use, message)
    said = without_numpy("import numpy as np\nclass Net(np.Module):\n    pass\nNet()", "import nowhere")
    assert said[1]["message"] == "No module named 'nowhere'"
