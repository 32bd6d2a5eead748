"""The cases of every exercise are strong enough: each mutant of its solution fails, or is listed as equal with the reason."""

import pytest
from equal_mutants import EQUAL

from lib.book.exercises import all_exercises, mutants, trials

CODE = {key: e for key, e in all_exercises().items() if e.kind == "code"}


@pytest.mark.parametrize("key", CODE)
def test_every_mutant_fails(key, record_property):
    e = CODE[key]
    found = mutants.of(e)
    assert len(found) >= 5, f"{key}: only {len(found)} mutants; is its solution so short?"
    alive = {m.change for m in found if trials.passes(e, m.function, seconds=1.0)}
    equal = set(EQUAL.get(key, {}))
    record_property(
        "mutants", f"{key:<48} {len(found) - len(alive)} of {len(found)} killed, {len(alive & equal)} equal"
    )
    assert not alive - equal, f"{key}: no case tells these from the solution:\n" + "\n".join(sorted(alive - equal))
    assert not equal - alive, f"{key}: listed as equal, but not so:\n" + "\n".join(sorted(equal - alive))


def test_only_exercises_are_listed_as_equal():
    assert set(EQUAL) <= set(CODE) and all(all(why.values()) for why in EQUAL.values())


def test_a_kind_case_is_noticed():
    """A weaker set of cases lets a mutant through, and the test above would see it."""
    from lib.book.exercises.trials import Case

    e = CODE["word_vectors.positive_pmi"]
    symmetric = [(c, expected) for c, expected in trials.drawn(e) if (c.args[0] == c.args[0].T).all()]
    assert len(symmetric) < len(trials.drawn(e)) and isinstance(symmetric[0][0], Case)
    rows_twice = next(m for m in mutants.of(e) if "C.sum(axis=1), C.sum(axis=1)" in m.change)
    passes = [not trials.trial(e, rows_twice.function, c, expected).problem for c, expected in symmetric]
    assert all(passes) and not trials.passes(e, rows_twice.function)
