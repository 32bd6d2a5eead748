"""Our functions pass their peers' own tests; each test of these modules that is not run has its reason."""

from __future__ import annotations

import importlib
import inspect
import re

import pytest
import theirs

RUN = [(one, call) for one in theirs.adopted() for call in one.calls]


@pytest.mark.parametrize(("one", "call"), RUN, ids=lambda value: getattr(value, "ours", ""))
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_peers_own_test(one, call, monkeypatch):
    one.run(monkeypatch, call)


def test_every_other_test_of_these_modules_has_a_reason():
    for module in {one.module for one in theirs.adopted()}:
        found = importlib.import_module(module)
        mine = {one.test for one in theirs.adopted() if one.module == module}
        names = [name for name in vars(found) if name.startswith("test_")]
        for owner, kind in inspect.getmembers(found, inspect.isclass):
            if owner.startswith("Test"):
                names += [f"{owner}.{name}" for name in vars(kind) if name.startswith("test")]
        assert mine <= set(names), f"{module} has no {sorted(mine - set(names))} any more"
        silent = [name for name in names if name not in mine and theirs.why_not(module, name) is None]
        assert not silent, f"{module}: say why {silent} are not run"


def test_numpys_cases_of_lstsq_and_pinv(monkeypatch):
    """numpy.linalg's own checks (TestLstsq.do, TestPinv.do) of its table of matrices, with our functions in the place of its own."""
    from numpy.linalg.tests import test_linalg

    cases = theirs.numpy_cases()
    assert len(cases) > 100
    monkeypatch.setattr(test_linalg.linalg, "lstsq", theirs.numpy_lstsq)
    monkeypatch.setattr(test_linalg.linalg, "pinv", theirs.scipy_pinv)
    for case in cases:
        test_linalg.TestPinv().do(case.a, case.b, case.tags)
        test_linalg.TestLstsq().do(case.a, case.b, case.tags)


def test_reasons_are_sentences_about_modules_that_ship():
    for module, reasons in theirs.REASONS.items():
        assert all(why and re.compile(pattern) for pattern, why in reasons)
        if "needs the package" not in reasons[0][1]:
            importlib.import_module(module)


def test_the_page_says_what_is_run():
    import page

    text = page.PAGE.read_text(encoding="utf-8")
    assert page.written(text) == text, "write the appendix' page anew: python tests/peers/page.py"
