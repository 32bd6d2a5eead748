"""The data sets: NIST's certified answers computed again, exactly, from the tables as typed."""

import subprocess
import sys
from fractions import Fraction
from math import isqrt, log10

import numpy as np
import pytest

from lib.book import datasets

NAMES = ["Norris", "Pontius", "Wampler1", "Wampler2", "Wampler3", "Wampler4", "Wampler5", "Longley", "Filip"]
SHAPES = {"Norris": (36, 2), "Pontius": (40, 3), "Longley": (16, 7), "Filip": (82, 11)}


def decimal(value) -> Fraction:
    """The decimal that a float was typed as: 83.1 is 831/10, not the binary fraction nearest to it."""
    return Fraction(repr(float(value)))


def solve_exactly(matrix, right):
    """Gauss–Jordan elimination in fractions; `right` is a list of columns' rows."""
    rows = [[*row, *extra] for row, extra in zip(matrix, right, strict=True)]
    for j in range(len(rows)):
        pivot = next(i for i in range(j, len(rows)) if rows[i][j])
        rows[j], rows[pivot] = rows[pivot], rows[j]
        rows[j] = [value / rows[j][j] for value in rows[j]]
        for i in range(len(rows)):
            if i != j and (factor := rows[i][j]):
                rows[i] = [a - factor * b for a, b in zip(rows[i], rows[j], strict=True)]
    return [row[len(rows) :] for row in rows]


def exact_fit(A, b):
    """Coefficients, their variances over s², the residual sum of squares and the total one: all exact."""
    D = len(A[0])
    gram = [[sum(row[i] * row[j] for row in A) for j in range(D)] for i in range(D)]
    moments = [sum(row[i] * t for row, t in zip(A, b, strict=True)) for i in range(D)]
    answer = solve_exactly(gram, [[moments[i], *(Fraction(i == j) for j in range(D))] for i in range(D)])
    w, inverse_diagonal = [row[0] for row in answer], [answer[i][1 + i] for i in range(D)]
    residuals = [t - sum(a * c for a, c in zip(row, w, strict=True)) for row, t in zip(A, b, strict=True)]
    mean = sum(b) / len(b)
    return w, inverse_diagonal, sum(r * r for r in residuals), sum((t - mean) ** 2 for t in b)


def digits(found: Fraction, certified: float) -> float:
    """How many leading digits agree; 16 where they agree exactly."""
    if found == decimal(certified):
        return 16.0
    return -log10(abs(float((found - decimal(certified)) / decimal(certified))))


def square_root(value: Fraction) -> Fraction:
    """√value, rounded down at its 40th decimal."""
    scale = 10**40
    return Fraction(isqrt(value.numerator * scale * scale // value.denominator), scale)


@pytest.mark.parametrize("name", NAMES)
def test_nists_certificates_are_reproduced_in_exact_arithmetic(name):
    data = datasets.strd()[name]
    x = [[decimal(v) for v in row] for row in data.x]
    A = [[Fraction(1), *(v**power for power in range(1, data.degree + 1) for v in row)] for row in x]
    w, inverse_diagonal, rss, total = exact_fit(A, [decimal(v) for v in data.b])
    N, D = data.A.shape
    assert min(digits(a, c) for a, c in zip(w, data.certified, strict=True)) > 14
    variance = rss / (N - D)
    if rss == 0:
        assert data.residual_sd == 0 and data.r_squared == 1 and not data.certified_sd.any()
        return
    deviations = [square_root(variance * q) for q in inverse_diagonal]
    assert min(digits(a, c) for a, c in zip(deviations, data.certified_sd, strict=True)) > 14
    assert digits(square_root(variance), data.residual_sd) > 14
    assert digits(1 - rss / total, data.r_squared) > 14


def test_wampler_is_a_polynomial_plus_an_orthogonal_disturbance():
    x = np.arange(21)
    for k, step in ((1, 1), (2, Fraction(1, 10))):
        exact = [sum((Fraction(int(v)) * step) ** p for p in range(6)) for v in x]
        assert [decimal(v) for v in datasets.wampler(k).b] == exact
    disturbance = datasets.wampler(3).b - datasets.wampler(1).b  # whole numbers: float64 holds them exactly
    for k, factor in ((3, 1), (4, 100), (5, 10_000)):
        assert np.array_equal(datasets.wampler(k).b - datasets.wampler(1).b, factor * disturbance)
    assert not any(sum(int(d) * int(v) ** p for v, d in zip(x, disturbance, strict=True)) for p in range(6))


@pytest.mark.parametrize("name", NAMES)
def test_each_set_is_whole_read_only_and_correctly_rounded(name):
    data = datasets.strd()[name]
    N, D = SHAPES.get(name, (21, 6))
    assert data.A.shape == (N, D) and data.b.shape == (N,) and data.certified.shape == data.certified_sd.shape == (D,)
    assert data.name == name and len(data.terms) == D and len(data.predictor_names) == data.x.shape[1]
    assert data.level in ("lower", "average", "higher") and "NIST" in data.source and data.target_name
    for values in (data.A, data.b, data.x, data.certified, data.certified_sd):
        assert values.dtype == np.float64 and np.isfinite(values).all()
        with pytest.raises(ValueError, match="read-only"):
            values[0] = 0
    assert (data.A[:, 0] == 1).all()
    powers = [data.x**power for power in range(1, data.degree + 1)]
    np.testing.assert_array_max_ulp(data.A[:, 1:], np.hstack(powers), maxulp=8)
    nearest = [float(decimal(value) ** data.degree) for value in data.x[:, -1]]
    assert data.A[:, -1].tolist() == nearest


def test_the_sets_come_easiest_first():
    sets = datasets.strd()
    assert list(sets) == NAMES
    hardness = [
        (data.level == "higher", float(f"{np.linalg.cond(data.A / np.linalg.norm(data.A, axis=0)):.3g}"))
        for data in sets.values()
    ]
    assert hardness == sorted(hardness)
    wampler = [sets[f"Wampler{k}"].residual_sd for k in range(1, 6)]
    assert wampler == sorted(wampler)


def test_rounding_filips_powers_already_costs_half_the_digits():
    """What the docstring says: with A rounded to float64 even exact arithmetic keeps 7 digits of the certificate."""
    data = datasets.filip()
    w, *_ = exact_fit([[Fraction(float(v)) for v in row] for row in data.A], [Fraction(float(v)) for v in data.b])
    assert 7 < min(digits(a, c) for a, c in zip(w, data.certified, strict=True)) < 8


def test_terms_name_the_columns():
    assert datasets.norris().terms == ("1", "x")
    assert datasets.wampler(1).terms == ("1", "x", "x²", "x³", "x⁴", "x⁵")
    assert datasets.filip().terms[-1] == "x¹⁰"
    assert datasets.longley().terms[-1] == "year"


def test_sets_are_cached_and_the_dictionary_is_the_callers_own():
    assert datasets.longley() is datasets.longley() and datasets.wampler(2) is datasets.wampler(np.int64(2))
    datasets.strd().clear()
    assert len(datasets.strd()) == 9


@pytest.mark.parametrize("k", [0, 6, -1, 10**6])
def test_wampler_refuses_a_number_it_has_not(k):
    with pytest.raises(ValueError, match="k must be at"):
        datasets.wampler(k)


@pytest.mark.parametrize("k", [1.0, 2.5, "1", None, True, float("nan"), [1], np.array([1])])
def test_wampler_refuses_what_is_no_whole_number(k):
    with pytest.raises(TypeError, match="whole number"):
        datasets.wampler(k)


def test_diabetes_is_the_unscaled_study():
    data = datasets.diabetes()
    assert data.X.shape == (442, 10) and data.y.shape == (442,)
    assert len(data.names) == len(data.units) == 10 and "Efron" in data.source
    assert data.X[0].tolist() == [59, 2, 32.1, 101, 157, 93.2, 38, 4, 4.8598, 87] and data.y[0] == 151
    assert set(data.X[:, 1]) == {1, 2} and data.y.min() == 25 and data.y.max() == 346
    assert not data.X.flags.writeable and not data.y.flags.writeable
    ratio = data.X[:, 4] / data.X[:, 6]  # total over HDL cholesterol, the study's eighth column, mostly rounded
    assert np.mean(np.abs(ratio - data.X[:, 7]) <= 0.5) > 0.95


def test_tables_to_classify():
    cancer, iris = datasets.breast_cancer(), datasets.iris()
    assert cancer.X.shape == (569, 30) and len(cancer.names) == len(cancer.units) == 30
    assert cancer.y.sum() == 212 and set(cancer.y) == {0, 1}, "212 malignant, 357 benign"
    assert cancer.X[cancer.y == 1, 0].mean() > cancer.X[cancer.y == 0, 0].mean(), "malignant nuclei are larger"
    assert iris.X.shape == (150, 4) and np.bincount(iris.y.astype(int)).tolist() == [50, 50, 50]
    assert iris.X[iris.y == 0, 2].max() < iris.X[iris.y > 0, 2].min(), "setosa has the short petals"
    digits = datasets.digit_images()
    assert digits.X.shape == (1797, 64) and digits.X.min() == 0 and digits.X.max() == 16
    assert np.bincount(digits.y.astype(int)).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    for data in (cancer, iris, digits):
        assert not data.X.flags.writeable and not data.y.flags.writeable and data.source


def test_the_module_needs_only_numpy_until_diabetes_is_asked_for():
    code = (
        "import sys; sys.modules.update(dict.fromkeys(['torch', 'sklearn', 'scipy', 'matplotlib', 'pandas']))\n"
        "from lib.book import datasets; assert len(datasets.strd()) == 9"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
