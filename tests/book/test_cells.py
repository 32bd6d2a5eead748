"""Cells are read with the tokenizer and the compiler: what looks like a shell line in a string or in brackets is none."""

import ast

import pytest

from lib.book.cells import is_quiet, parse, python_of


@pytest.mark.parametrize(
    ("source", "made"),
    [
        ("!pip install x\ny = 1", "pass\ny = 1"),
        (
            "import sys\nif 'x' in sys.modules:\n    !pip install x\n%matplotlib inline\ny = 7 % 2",
            "import sys\nif 'x' in sys.modules:\n    pass\npass\ny = 7 % 2",
        ),
        ("%matplotlib inline\nx = (17\n % 5)", "pass\nx = (17\n % 5)"),
        ("!ls\ns = '''\n%d of them\n!wow\n'''", "pass\ns = '''\n%d of them\n!wow\n'''"),
        ("x = 17 \\\n  % 5\n!ls", "x = 17 \\\n  % 5\npass"),
        ("!pip install \\\n   numpy \\\n   scipy\nx = 1", "pass\n\n\nx = 1"),
        ("%%time\nx = 1", "pass\nx = 1"),
        ("def f():\n    %timeit g()\n    return 1\n", "def f():\n    pass\n    return 1\n"),
        ("f'{1}'\n!ls # 'quoted", "f'{1}'\npass"),
    ],
)
def test_lines_for_the_shell_become_pass(source, made):
    tree, text = parse(source)
    assert text == made and isinstance(tree, ast.Module) and python_of(source) == made


@pytest.mark.parametrize("source", ["x = (7\n% 2)", "s = '''\n%d\n'''", "a = 5\\\n% 3", "", "# !ls", "'%s' % 1"])
def test_python_stays_as_it_is(source):
    assert parse(source)[1] == source


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("len?", "help(len)"),
        ("!ls\n?np.linalg.svd", "help(np.linalg.svd)"),
        ("np.linalg??", "help(np.linalg)"),
        ("files = !ls", "Jupyter's shell"),
        ("t = %timeit -o f()", "Jupyter's shell"),
        ("%%bash\nls | wc", "another program"),
        ("%%html\n<b>hi</b>", "another program"),
        ("x = = 2", "invalid syntax"),
        ("def f(:\n  pass\n!ls", "syntax"),
        ("x = '''open", "unterminated"),
        ("if True:\nx = 1", "indented block"),
    ],
)
def test_what_only_jupyter_understands_is_told(source, words):
    with pytest.raises(SyntaxError) as found:
        parse(source)
    assert words in str(found.value)
    assert python_of(source) == source


@pytest.mark.parametrize(
    ("source", "quiet"),
    [
        ("1;", True),
        ("1;  # said", True),
        ("1;\n\n# said\n", True),
        ("1  # not;", False),
        ("';'", False),
        ("x = 1\nx", False),
        ("f(1,\n  2);", True),
        ("'''a;\n'''", False),
        ("", False),
        ("(", False),
    ],
)
def test_a_semicolon_at_the_end(source, quiet):
    assert is_quiet(source) == quiet
