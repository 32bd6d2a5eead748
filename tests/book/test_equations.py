"""No labelled equation without a test, no test for an equation that is not there."""

import pytest

from tools import equations


def test_every_label_is_checked():
    unchecked = [row.label for row in equations.table() if not row.tests]
    assert not unchecked, f"no test is marked @pytest.mark.equation for {', '.join(unchecked)}"


def test_every_check_names_a_label():
    unknown = set(equations.checks()) - set(equations.labels())
    assert not unknown, f"tests check labels that no page carries: {', '.join(sorted(unknown))}"


def test_docstrings_name_existing_labels():
    unknown = set(equations.functions()) - set(equations.labels())
    assert not unknown, f"docstrings in lib/ name labels that no page carries: {', '.join(sorted(unknown))}"


def test_table_finds_a_missing_check(tmp_path):
    for folder in ("chapters/01_x", "lib/x", "tests/x"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "chapters/01_x/a.md").write_text("$$\na = b\n$$ (eq-one)\n\n$$ c = d $$ (eq-two)\n")
    (tmp_path / "lib/x/m.py").write_text('def f():\n    """Compute a.\n\n    Equation: eq-one\n    """\n')
    marked = 'import pytest\n@pytest.mark.equation("eq-one")\ndef test_one():\n    assert True\n'
    (tmp_path / "tests/x/test_m.py").write_text(marked)
    one, two = equations.table(tmp_path)
    assert one.label == "eq-one" and one.functions[0][0] == "f" and one.tests[0][0] == "test_one"
    assert two.label == "eq-two" and not two.tests and not two.functions
    (tmp_path / "chapters/01_x/b.md").write_text("$$ e $$ (eq-one)\n")
    with pytest.raises(ValueError, match="labelled twice"):
        equations.labels(tmp_path)
