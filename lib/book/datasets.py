"""The book's data sets: small, named, read-only, and each with its source.

The nine NIST sets come with certified answers, so that a solver can be marked: `longley()`, `norris()`, `pontius()`,
`filip()`, `wampler(1)` … `wampler(5)`, and all of them at once in `strd()`. `diabetes()` is a table to fit and to
predict from, `breast_cancer()` and `iris()` are tables to classify.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import numpy as np

from lib.book import strd as tables
from lib.book import validate


@dataclass(frozen=True, eq=False)
class StRD:
    """A linear least-squares problem with a certified answer, from NIST's Statistical Reference Datasets.

    A             (N, D)  design matrix: a column of ones, then the predictors, or the powers x, x², … of one predictor
    b             (N,)    targets
    certified     (D,)    the least-squares coefficients, certified by NIST to 15 digits
    certified_sd  (D,)    their standard deviations
    residual_sd           ‖b − A·certified‖ / √(N − D), certified
    r_squared             share of the targets' variance that the fit explains, certified
    x             (N, p)  the predictors as measured
    degree                the highest power of x among A's columns
    predictor_names, target_name   what the columns of x and what b measure
    level                 'lower' or 'higher': how hard NIST calls it (no set of NIST's 'average' level is here)
    source                where the observations come from

    Each entry of A is the float64 nearest to the exact power of the decimal that NIST prints, on every machine. That
    rounding is itself a perturbation of A: for Filip it moves the exact solution in its 8th digit.
    """

    name: str
    A: np.ndarray
    b: np.ndarray
    certified: np.ndarray
    certified_sd: np.ndarray
    residual_sd: float
    r_squared: float
    x: np.ndarray
    degree: int
    predictor_names: tuple[str, ...]
    target_name: str
    level: str
    source: str

    @property
    def terms(self) -> tuple[str, ...]:
        """What each column of A holds: ('1', 'x', 'x²', …), or '1' and the predictors' names."""
        if self.x.shape[1] > 1:
            return ("1", *self.predictor_names)
        superscript = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
        return ("1", "x", *(f"x{str(k).translate(superscript)}" for k in range(2, self.degree + 1)))


@dataclass(frozen=True, eq=False)
class Dataset:
    """A table of features X (N, k) and a target y (N,), with the features' `names` and `units` and what `target` is."""

    name: str
    X: np.ndarray
    y: np.ndarray
    names: tuple[str, ...]
    units: tuple[str, ...]
    target: str
    source: str


NIST = "NIST Statistical Reference Datasets, https://www.itl.nist.gov/div898/strd/lls/lls.shtml"


@cache
def longley() -> StRD:
    """Longley (1967): US employment and six economic series that grow together; N = 16, D = 7."""
    rows = np.array(_cells(tables.LONGLEY), dtype=object).reshape(16, 7)
    return _strd(
        "Longley",
        y=rows[:, 0],
        x=rows[:, 1:],
        answers=(tables.LONGLEY_CERTIFIED, tables.LONGLEY_RESIDUAL),
        predictor_names=(
            "GNP price deflator (1954 = 100)",
            "gross national product (million $)",
            "unemployed (thousands)",
            "armed forces (thousands)",
            "population aged 14 and over (thousands)",
            "year",
        ),
        target_name="employment (thousands)",
        source="J. W. Longley, Journal of the American Statistical Association 62 (1967) 819–841",
    )


@cache
def norris() -> StRD:
    """Norris: a customer's ozone monitor read against NIST's, a straight line; N = 36, D = 2."""
    return _strd(
        "Norris",
        **_pairs(tables.NORRIS),
        answers=(tables.NORRIS_CERTIFIED, tables.NORRIS_RESIDUAL),
        predictor_names=("ozone concentration, NIST",),
        target_name="ozone concentration, customer",
        level="lower",
        source="J. Norris, NIST: calibration of ozone monitors",
    )


@cache
def pontius() -> StRD:
    """Pontius: how far a load cell bends under a load, a parabola in a predictor of size 10⁶; N = 40, D = 3."""
    return _strd(
        "Pontius",
        **_pairs(tables.PONTIUS),
        degree=2,
        answers=(tables.PONTIUS_CERTIFIED, tables.PONTIUS_RESIDUAL),
        predictor_names=("load",),
        target_name="deflection",
        level="lower",
        source="P. Pontius, NIST: load cell calibration",
    )


@cache
def filip() -> StRD:
    """Filip: a polynomial of degree 10 through 82 points with x between −9 and −3, NIST's hardest; N = 82, D = 11."""
    return _strd(
        "Filip",
        **_pairs(tables.FILIP),
        degree=10,
        answers=(tables.FILIP_CERTIFIED, tables.FILIP_RESIDUAL),
        predictor_names=("x",),
        target_name="y",
        source="A. Filippelli, NIST",
    )


def wampler(k: int) -> StRD:
    """Wampler's set `k`, 1 to 5: a polynomial of degree 5 at x = 0 … 20; N = 21, D = 6.

    Sets 1 and 2 fit exactly (coefficients 1, and 1, 0.1, 0.01, …). Sets 3, 4 and 5 add to set 1 a residual orthogonal
    to every column, 100 times larger each time: the same answer, ever harder to find. Raises TypeError where `k` is
    no whole number and ValueError where it is not 1 … 5.
    """
    return _wampler(validate.whole(k, "k", low=1, high=5))


@cache
def _wampler(k: int) -> StRD:
    return _strd(
        f"Wampler{k}",
        y=_cells(tables.WAMPLER[k]),
        x=[[Fraction(i)] for i in range(21)],
        degree=5,
        answers=(tables.WAMPLER_CERTIFIED[k], tables.WAMPLER_RESIDUAL[k]),
        predictor_names=("x",),
        target_name="y",
        source="R. H. Wampler, Journal of the American Statistical Association 65 (1970) 549–565",
    )


def strd() -> dict[str, StRD]:
    """All nine NIST sets by name, the easiest first.

    NIST's lower level comes before its higher; within a level, the smaller condition number (of A with its columns
    scaled to length 1) first, and among Wampler's five, which share their A, the smaller residual.
    """
    sets = (norris(), pontius(), *(wampler(k) for k in range(1, 6)), longley(), filip())
    return {data.name: data for data in sets}


@cache
def diabetes() -> Dataset:
    """Efron et al. (2004): ten measurements of 442 diabetes patients, and how far the disease went in a year.

    X is in the units of the study, not scaled. The study codes sex as 1 or 2, and names no units for the serum values:
    their size is that of mg/dL. scikit-learn, which carries the table, is imported here and not before.
    """
    from sklearn.datasets import load_diabetes

    raw = load_diabetes(scaled=False)
    names, units = zip(
        ("age", "years"),
        ("sex", "coded 1 or 2"),
        ("body mass index", "kg/m²"),
        ("mean blood pressure", "mmHg"),
        ("total cholesterol", "mg/dL"),
        ("LDL cholesterol", "mg/dL"),
        ("HDL cholesterol", "mg/dL"),
        ("total / HDL cholesterol", "ratio"),
        ("log triglycerides", "log mg/dL"),
        ("blood sugar", "mg/dL"),
        strict=True,
    )
    return Dataset(
        name="diabetes",
        X=_fixed(raw.data),
        y=_fixed(raw.target),
        names=names,
        units=units,
        target="disease progression one year after baseline",
        source="B. Efron, T. Hastie, I. Johnstone, R. Tibshirani, Annals of Statistics 32 (2004) 407–499",
    )


@cache
def breast_cancer() -> Dataset:
    """Street, Wolberg & Mangasarian (1993): thirty measurements of the cell nuclei of 569 tumours; y is 1 if malignant.

    Of ten properties (radius, texture …) each tumour has the mean over its nuclei, the standard error and the "worst",
    the mean of the three largest. Lengths are in pixels of the microscope's image. Carried by scikit-learn.
    """
    from sklearn.datasets import load_breast_cancer

    raw = load_breast_cancer()
    return Dataset(
        name="breast cancer",
        X=_fixed(raw.data),
        y=_fixed(1.0 - raw.target),
        names=tuple(str(name) for name in raw.feature_names),
        units=("image units",) * 30,
        target="1 if malignant, 0 if benign",
        source="W. N. Street, W. H. Wolberg, O. L. Mangasarian, Biomedical Image Processing, SPIE 1905 (1993) 861–870",
    )


@cache
def iris() -> Dataset:
    """Fisher (1936): sepals and petals of 150 iris flowers; y is the species, 0 setosa, 1 versicolor, 2 virginica.

    Carried by scikit-learn, in centimetres.
    """
    from sklearn.datasets import load_iris

    raw = load_iris()
    return Dataset(
        name="iris",
        X=_fixed(raw.data),
        y=_fixed(raw.target.astype(float)),
        names=("sepal length", "sepal width", "petal length", "petal width"),
        units=("cm",) * 4,
        target="0 setosa, 1 versicolor, 2 virginica",
        source="R. A. Fisher, Annals of Eugenics 7 (1936) 179–188",
    )


@cache
def digit_images() -> Dataset:
    """Alpaydin & Kaynak (1998): 1797 handwritten digits of 13 people, 8 × 8 pixels from 0 to 16 in rows; y is the digit.

    Carried by scikit-learn: the test part of the UCI set, writer after writer.
    """
    from sklearn.datasets import load_digits

    raw = load_digits()
    return Dataset(
        name="digits",
        X=_fixed(raw.data),
        y=_fixed(raw.target.astype(float)),
        names=tuple(f"pixel {row},{column}" for row in range(8) for column in range(8)),
        units=("ink, 0 to 16",) * 64,
        target="the digit, 0 to 9",
        source="E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository (1998)",
    )


# From NIST's decimals to arrays. Fractions hold the decimals exactly; each number is rounded once, at the end.


def _strd(name, y, x, answers, *, degree=1, level="higher", predictor_names, target_name, source) -> StRD:
    certified, residual = (_cells(text) for text in answers)
    A = [[Fraction(1), *(value**power for power in range(1, degree + 1) for value in row)] for row in x]
    return StRD(
        name=name,
        A=_fixed(A),
        b=_fixed(y),
        certified=_fixed(certified[0::2]),
        certified_sd=_fixed(certified[1::2]),
        residual_sd=float(residual[0]),
        r_squared=float(residual[1]),
        x=_fixed(x),
        degree=degree,
        predictor_names=predictor_names,
        target_name=target_name,
        level=level,
        source=f"{source}; {NIST}",
    )


def _cells(text: str) -> list[Fraction]:
    return [Fraction(cell) for cell in text.split()]


def _pairs(text: str) -> dict:
    cells = _cells(text)
    return {"y": cells[0::2], "x": [[value] for value in cells[1::2]]}


def _fixed(values) -> np.ndarray:
    """A read-only float64 copy of `values`, each entry rounded correctly."""
    out = np.array(values, dtype=object).astype(np.float64)
    out.setflags(write=False)
    return out
