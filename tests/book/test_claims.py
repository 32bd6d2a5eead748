"""Claims: what readers see, what is compared, and what happens where one does not hold."""

import json

import numpy as np
import pytest

import tools.claims
from lib.book import claims
from lib.book.claims import ClaimError, claim, measured_text, table


@pytest.fixture
def shown(monkeypatch):
    """What was displayed, in order."""
    out = []
    monkeypatch.setattr(claims, "_display", out.append)
    monkeypatch.setattr(claims, "_named", [])
    return out


@pytest.fixture(params=["page", "text"])
def checked(request, monkeypatch):
    monkeypatch.setenv("BOOK_MODE", request.param)


def html(thing) -> str:
    return thing._repr_mimebundle_()["text/html"]


def test_readers_see_the_number_and_what_is_compared_does_not(shown, monkeypatch):
    monkeypatch.setenv("BOOK_MODE", "page")
    claim("P@1, least squares", 0.6317, above=0.5)
    assert "0.63" in html(shown[0]) and "✓ &gt; 0.5" in html(shown[0])
    assert repr(shown[0]) == "P@1, least squares: > 0.5"
    monkeypatch.setenv("BOOK_MODE", "text")
    assert shown[0]._repr_mimebundle_() == {"text/plain": "P@1, least squares: > 0.5"}
    monkeypatch.setenv("BOOK_MODE", "live")
    assert repr(shown[0]) == "P@1, least squares: 0.63   ✓ > 0.5"


def test_a_bound_that_was_measured_has_the_name_it_was_claimed_under(shown, checked):
    by_squares, by_turning = np.float64(0.631712), np.float64(0.7021)
    claim("P@1, least squares", by_squares, above=0.5)
    claim("P@1, Procrustes", by_turning, above=by_squares)
    claim("P@1, CSLS", 0.8123, above=("the cosine", by_turning + 1e-9))
    assert [c.bound for c in shown] == ["> 0.5", "> P@1, least squares", "> the cosine"]
    with pytest.raises(ValueError, match="needs a name: above="):
        claim("P@1, guessed", 0.9, above=0.7021234)


@pytest.mark.parametrize(
    ("value", "bounds", "told"),
    [
        (0.47, {"above": 0.5}, "here it is 0.47; the text says > 0.5"),
        (np.float64(0.5), {"above": 0.5}, "> 0.5"),
        (np.float64(0.5), {"below": 0.5}, "< 0.5"),
        (2, {"least": 3}, "≥ 3"),
        (4, {"most": 3}, "≤ 3"),
        (4, {"equal": 3}, "= 3"),
        (0.8, {"above": 0.5, "below": 0.7}, "0.5 to 0.7"),
        ([0.4, 0.5], {"above": 0.5}, "here it is 0.45;"),
        ([0.4, 0.6], {"above": 0.5, "every": True}, "here it is 0.4, 0.6;"),
    ],
)
def test_a_claim_that_does_not_hold_ends_the_build_and_a_reader_goes_on(value, bounds, told, shown, monkeypatch):

    for where in ("page", "text"):
        monkeypatch.setenv("BOOK_MODE", where)
        with pytest.raises(ClaimError, match=told) as found:
            claim("the score", value, **bounds)
        assert "the score" in str(found.value) and not shown
    monkeypatch.setenv("BOOK_MODE", "live")
    claim("the score", value, **bounds)
    assert told in repr(shown[0]) and "book-claim--fails" in html(shown[0]) and "✗" in html(shown[0])


def test_runs_show_mean_and_spread(shown, checked):
    claim("P@1", [0.61, 0.63, 0.65], above=0.55, below=0.7, runs="deals")
    claim("P@1, each", [0.61, 0.63, 0.65], above=0.6, every=True)
    claim("gain", [0.61, 0.63], above=("before", [0.55, 0.62]), every=True)
    assert str(shown[0].value) == "0.63 ± 0.02, 3 deals" and shown[0].bound == "0.55 to 0.7"
    assert shown[1].bound == "> 0.6 for each of 3 seeds"
    with pytest.raises(ClaimError):
        claim("each", [0.61, 0.63], above=("before", [0.55, 0.64]), every=True)
    with pytest.raises(ValueError, match="3 runs, but its bound has 2"):
        claim("P@1", [1, 2, 3], above=("two", [1, 2]))


def test_numbers_keep_the_digits_they_were_measured_to():
    told = [measured_text(x, d) for x, d in ((0.6, 2), (0.5999, 2), (61.0, 2), (61.4, 2), (-0.104, 2), (3.1e-7, 2), (12.34, 3), (1e-8, 2), (1234.5, 2))]  # fmt: skip
    assert told == ["0.60", "0.60", "61", "61", "−0.10", "3.1 × 10⁻⁷", "12.3", "10⁻⁸", "1234"]


@pytest.mark.parametrize(
    ("given", "bounds", "error", "words"),
    [
        (0.5, {}, TypeError, "has no bound, so it cannot fail"),
        (0.5, {"over": 1}, TypeError, "no bound is called"),
        (float("nan"), {"above": 0}, ValueError, "finite"),
        ([], {"above": 0}, ValueError, "finite"),
        ("much", {"above": 0}, TypeError, "a number is needed"),
        (None, {"above": 0}, TypeError, "a number is needed"),
        (0.5, {"above": float("inf")}, ValueError, "finite"),
    ],
)
def test_bad_claims(given, bounds, error, words, shown):
    with pytest.raises(error, match=words):
        claim("the score", given, **bounds)
    with pytest.raises(ValueError, match="label"):
        claim(" ", 1.0, above=0)


def test_a_table_shows_numbers_and_compares_what_is_claimed(shown, monkeypatch):
    monkeypatch.setenv("BOOK_MODE", "page")
    rows = {"squares": {25: [0.31, 0.33], 100: [0.05, 0.07]}, "turning": {25: [0.2, 0.2], 100: [0.6, 0.7]}}
    table("P@1", rows, [25, 100], order={25: ("squares", "turning")}, rises=["turning"], across="pairs",
          bounds={("squares", 100): {"below": 0.1}}, runs="deals")  # fmt: skip
    (made,) = shown
    assert "<td>0.32 ± 0.01</td>" in html(made) and "P@1, 2 deals" in html(made)
    assert repr(made).splitlines() == [
        "P@1",
        "  squares, 100 < 0.1",
        "  25: squares > turning",
        "  turning rises with pairs",
    ]
    with pytest.raises(ClaimError, match="100: squares"):
        table("P@1", rows, [25, 100], order={100: ("squares", "turning")})
    monkeypatch.setenv("BOOK_MODE", "live")
    table("P@1", rows, [25, 100], order={100: ("squares", "turning")})
    assert "here it is 0.06; the text says > turning" in repr(shown[-1]) and "book-claim--fails" in html(shown[-1])


def test_bad_tables(shown):
    with pytest.raises(TypeError, match="claims nothing"):
        table("t", {"a": [1, 2]}, ["x", "y"])
    with pytest.raises(ValueError, match="1 cells, but there are 2 columns"):
        table("t", {"a": [1]}, ["x", "y"], rises=["a"])
    with pytest.raises(ValueError, match="no column 'y'"):
        table("t", {"a": {"x": 1}}, ["x", "y"], rises=["a"])
    with pytest.raises(ValueError, match="no cell"):
        table("t", {"a": [1, 2]}, ["x", "y"], rises=["b"])
    with pytest.raises(ValueError, match="no order"):
        table("t", {"a": ["one", 2]}, ["x", "y"], rises=["a"])


def test_what_was_claimed_is_recorded_for_the_checks(shown, monkeypatch, tmp_path):
    monkeypatch.setenv("BOOK_MODE", "text")
    monkeypatch.setenv("BOOK_CLAIMS", str(tmp_path))
    claim("P@1", 0.63, above=0.5)
    row = json.loads(next(tmp_path.iterdir()).read_text())
    assert row["label"] == "P@1" and row["value"] == [0.63] and row["bounds"] == {"above": [0.5]}


def recorded(value, named=(), **bounds):
    rows = value if isinstance(value, list) else [value]
    return {"label": "x", "folder": "f", "value": rows, "named": list(named),
            "bounds": {k: [b] for k, b in bounds.items()}}  # fmt: skip


@pytest.mark.parametrize(
    ("claim", "why"),
    [
        (recorded(0.63, above=0.5), ""),
        (recorded(0.63, above=0.1), "far above its bound 0.1"),
        (recorded(0.63, above=0.0), "cannot be negative"),
        (recorded(0.63, above=-1.0), "cannot be negative"),
        (recorded(0.02, below=0.05), ""),
        (recorded(0.02, below=0.5), "far below its bound 0.5"),
        (recorded(3e-16, below=1e-12), ""),
        (recorded(0.0, below=1e-12), ""),
        (recorded(0.97, below=1.0), "as is every share"),
        (recorded(0.63, above=0.0, below=1.0), "nearly everything fits"),
        (recorded(0.63, above=0.55, below=0.7), ""),
        (recorded(-0.4, below=-0.2), ""),
        (recorded(-0.4, above=-0.5, below=-0.3), ""),
        (recorded(0.63, named=["above"], above=0.01), ""),
        (recorded(3, equal=3), ""),
        (recorded([0.6, 0.7], above=0.1), "far above"),
    ],
)
def test_bounds_that_could_hardly_fail_are_found(claim, why):
    found = tools.claims.loose(claim)
    assert (why in found) if why else not found


def test_the_check_of_what_was_recorded(tmp_path):
    with pytest.raises(SystemExit, match="no claims"):
        tools.claims.main([str(tmp_path)])
    (tmp_path / "1.jsonl").write_text(json.dumps(recorded(0.63, above=0.5)) + "\n")
    tools.claims.main([str(tmp_path)])
    (tmp_path / "2.jsonl").write_text(json.dumps(recorded(0.63, above=0.1)) + "\n")
    with pytest.raises(SystemExit, match="1 of 2 claims could hardly fail"):
        tools.claims.main([str(tmp_path)])
