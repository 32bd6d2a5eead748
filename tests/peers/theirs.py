"""The peers' own tests, imported from the installed packages and run on our functions through thin adapters.

An adapter gives one of our functions the peer's name and signature; it takes that name's place in the peer's test module while the peer's
test runs. ADOPTED says which tests are run on what; REASONS says for every other test of these modules why it is not.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np

from lib.least_squares import direct, iterative, pseudoinverse
from lib.losses import regression
from lib.regularization import lasso, ridge
from lib.word_vectors import counting


@dataclass(frozen=True)
class Adopted:
    """One of the peer's tests (module, name), what stands in it for what, and its arguments, a call for each."""

    ours: str
    module: str
    test: str
    instead: dict[str, object]
    calls: tuple[dict, ...] = field(default=({},))

    def run(self, monkeypatch, call: dict) -> None:
        module = importlib.import_module(self.module)
        for name, adapter in self.instead.items():
            monkeypatch.setattr(module, name, adapter)
        owner, _, name = self.test.rpartition(".")
        test = getattr(getattr(module, owner)(), name) if owner else getattr(module, self.test)
        test(**call)


# -------------------------------------------------------------------------------------------------------- adapters
def scipy_lstsq(solve: Callable) -> Callable:
    def lstsq(a, b, lapack_driver=None, **_):
        a, b = np.asarray(a, float), np.asarray(b, float)
        x = np.column_stack([solve(a, column) for column in b.reshape(len(b), -1).T]).reshape(
            np.shape(a)[1], *b.shape[1:]
        )
        residues = np.sum((a @ x - b) ** 2, axis=0)
        return x, residues, pseudoinverse.numerical_rank(a), np.linalg.svd(a, compute_uv=False)

    return lstsq


def numpy_lstsq(a, b, rcond=None):
    """As SciPy's, but the residuals are an empty array where the columns do not determine the answer, or fit exactly."""
    x, residues, rank, sigma = scipy_lstsq(pseudoinverse.least_norm)(a, b)
    return x, np.atleast_1d(residues) if rank == a.shape[1] < len(a) else np.array([]), rank, sigma.astype(a.dtype)


def scipy_pinv(a, **_):
    return pseudoinverse.pseudoinverse(a)


def schulz_pinv(a, **_):
    a = np.asarray(a)
    return iterative.schulz_inverse(a).x if len(a) >= a.shape[1] else iterative.schulz_inverse(a.T).x.T


def iterative_solver(solve: Callable) -> Callable:
    def solver(A, b, x0=None, rtol=1e-5):
        found = solve(A.toarray() if hasattr(A, "toarray") else A, b, tol=rtol)
        return found.x, 0 if found.converged else found.iterations

    return solver


class Quantile:
    def __init__(self, quantile, alpha=0.0, **_):
        self.quantile = quantile

    def fit(self, X, y):
        A = np.column_stack([np.ones(len(y)), X])
        self.intercept_, *coef = regression.fit_pinball(A, y, self.quantile)
        self.coef_ = np.array(coef)
        return self

    def predict(self, X):
        return self.intercept_ + X @ self.coef_


class ElasticNet:
    """½‖Aw − y‖²/N + alpha·l1_ratio·‖w‖₁ + ½·alpha·(1 − l1_ratio)·‖w‖², with an intercept: theirs divides by N."""

    solve = staticmethod(lasso.lasso)

    def __init__(self, alpha=1.0, l1_ratio=1.0, **_):
        self.alpha, self.l1_ratio = alpha, l1_ratio

    def set_params(self, **changes):
        vars(self).update(changes)
        return self

    def fit(self, X, y):
        X, y = np.asarray(X, float), np.asarray(y, float)
        N, means, mean = len(y), X.mean(axis=0), y.mean()
        lam, lam2 = N * self.alpha * self.l1_ratio, N * self.alpha * (1 - self.l1_ratio)
        found = self.solve(X - means, y - mean, lam, lam2)
        self.coef_ = getattr(found, "w", found)
        self.intercept_ = mean - means @ self.coef_
        self.dual_gap_ = lasso.duality_gap(X - means, y - mean, self.coef_, lam, lam2) / N
        return self

    def predict(self, X):
        return np.asarray(X) @ self.coef_ + self.intercept_


def _lasso_by(solve: Callable) -> type:
    return type("Lasso", (ElasticNet,), {"solve": staticmethod(solve)})


def mean_pinball_loss(y_true, y_pred, alpha=0.5):
    return regression.pinball(y_pred, y_true, alpha)


def mean_absolute_error(y_true, y_pred):
    return regression.mae(y_pred, y_true)


class Tfidf:
    def __init__(self, smooth_idf=True, norm="l2", **_):
        self.smooth = smooth_idf

    def fit_transform(self, X):
        return counting.tfidf(np.asarray(X, float), self.smooth)


def kernel_ridge(K, y, alpha):
    """sklearn's dual coefficients (K + αI)⁻¹y, by our ridge on any A with AAᵀ = K: they are (y − Aw)/α."""
    A = np.linalg.cholesky(K + 1e-12 * np.trace(K) * np.eye(len(K)))
    return np.column_stack([(t - A @ ridge.ridge(A, t, alpha[0])) / alpha[0] for t in y.T])


def cholesky_ridge(X, y, alpha):
    return np.vstack([ridge.ridge(X, t, alpha[0]) for t in y.T])


# ----------------------------------------------------------------------------------------------------- what is run
BASIC, ITERATIVE = "scipy.linalg.tests.test_basic", "scipy.sparse.linalg._isolve.tests.test_iterative"
LINEAR, TEXT = "sklearn.linear_model.tests.", "sklearn.feature_extraction.tests.test_text"
METRICS = "sklearn.metrics.tests.test_regression"
TALL = ("simple_exact", "simple_overdet", "random_exact", "random_overdet")
EXACT = tuple(dict(dtype=np.float64, n=n, lapack_driver=None, overwrite=False) for n in (20, 200))
CALLS = {"random_exact": EXACT}  # the arguments of SciPy's that have some
SOLVERS = {"direct.qr_solve": direct.qr_solve, "direct.householder_solve": direct.householder_solve}
SOLVERS |= {
    "direct.tall_skinny_qr": direct.tall_skinny_qr,
    "direct.refined_normal_equations": direct.refined_normal_equations,
}


def _cases(solve_name: str) -> tuple[dict, ...]:
    """Return SciPy's real cases for one of its solvers, with ours in its place."""
    module = importlib.import_module(ITERATIVE)
    theirs = {"conjugate_gradients": module.cg}.get(solve_name, module.minres)
    ours = iterative_solver(getattr(iterative, solve_name))
    return tuple(
        {"case": SimpleNamespace(A=case.A, b=case.b, solver=ours, convergence=case.convergence, name=case.name)}
        for case in module.cases
        if case.solver is theirs and case.A.dtype.kind == "f"
    )


def adopted() -> list[Adopted]:
    """Return all that is run."""
    out = [
        *(
            Adopted(ours, BASIC, f"TestLstsq.test_{test}", {"lstsq": scipy_lstsq(solve)}, CALLS.get(test, ({},)))
            for ours, solve in SOLVERS.items()
            for test in TALL
        ),
        *(
            Adopted("pseudoinverse.least_norm", BASIC, f"TestLstsq.test_{test}", {"lstsq": scipy_lstsq(pseudoinverse.least_norm)}, CALLS.get(test, ({},)))
            for test in (*TALL, "simple_underdet")
        ),
        *(
            Adopted("pseudoinverse.pseudoinverse", BASIC, f"TestPinv.test_simple_{test}", {"pinv": scipy_pinv})
            for test in ("real", "singular", "cols", "rows")
        ),
        *(
            Adopted("iterative.schulz_inverse", BASIC, f"TestPinv.test_simple_{test}", {"pinv": schulz_pinv})
            for test in ("real", "cols", "rows")
        ),
        *(
            Adopted(f"iterative.{solve}", ITERATIVE, "test_convergence", {}, _cases(solve))
            for solve in ("conjugate_gradients", "minres", "symmlq")
        ),
        *(
            Adopted(f"lasso.{name}", LINEAR + "test_coordinate_descent", test, {"Lasso": _lasso_by(solve), "ElasticNet": ElasticNet})
            for name, solve in (
                ("lasso", lasso.lasso),
                ("coordinate_descent", lasso.coordinate_descent),
                ("proximal_gradient", lasso.proximal_gradient),
            )
            for test in ("test_lasso_toy", "test_lasso_zero")
        ),
        Adopted("ridge.ridge", LINEAR + "test_ridge", "test_primal_dual_relationship",
                {"_solve_cholesky": cholesky_ridge, "_solve_cholesky_kernel": kernel_ridge}),
        Adopted("regression.fit_pinball", LINEAR + "test_quantile", "test_quantile_toy_example", {"QuantileRegressor": Quantile},
                tuple(dict(quantile=q, alpha=0, intercept=1, coef=c) for q, c in ((0.5, None), (0.51, 10), (0.49, 1)))),
        Adopted("regression.fit_pinball", LINEAR + "test_quantile", "test_quantile_estimates_calibration",
                {"QuantileRegressor": Quantile}, tuple({"q": q} for q in (0.5, 0.9, 0.05))),
        Adopted("regression.pinball", METRICS, "test_pinball_loss_relation_with_mae",
                {"mean_pinball_loss": mean_pinball_loss, "mean_absolute_error": mean_absolute_error}, ({"global_random_seed": 0},)),
        Adopted("regression.pinball", METRICS, "test_mean_pinball_loss_on_constant_predictions",
                {"mean_pinball_loss": mean_pinball_loss},
                tuple({"distribution": d, "target_quantile": q, "global_random_seed": 0}
                      for d in ("normal", "lognormal", "exponential", "uniform") for q in (0.05, 0.5, 0.75))),
        Adopted("counting.tfidf", TEXT, "test_tf_idf_smoothing", {"TfidfTransformer": Tfidf}),
    ]  # fmt: skip
    return out


# --------------------------------------------------------------------------------------------- what is not, and why
REASONS: dict[str, tuple[tuple[str, str], ...]] = {  # for each module patterns of tests, and why they are not run; the first that fits counts
    "numpy.linalg.tests.test_linalg": (
        ("complex|csingle|cdouble", "we take real numbers alone"),
        ("0x|size-0", "we refuse empty matrices"),
        ("generalized", "we take one matrix at a time, not stacks of them"),
        ("matrix", "we give back plain arrays, not np.matrix"),
    ),
    BASIC: (
        ("TestLstsq.*complex|TestPinv.*complex", "we take real numbers alone"),
        ("TestLstsq.*empty|TestPinv.*empty", "we refuse empty matrices"),
        ("check_finite", "we always check, so there is no switch"),
        ("atol_rtol", "one tolerance, rcond, as in NumPy"),
        ("native_list_argument", "tests a dtype of SciPy's; lists are tried by `anything`"),
        (".*", "tests other functions: inv, det, solve with structure, Toeplitz, matrix balancing"),
    ),
    ITERATIVE: (
        ("precond", "our solvers take no preconditioner"),
        ("maxiter|x0|show|positional", "tests SciPy's own keyword arguments"),
        (".*", "tests other solvers, or LinearOperator"),
    ),
    LINEAR + "test_coordinate_descent": (
        ("cv|CV", "cross-validation is chapter 3's own"),
        ("multi|Multi", "we fit one target at a time"),
        ("sparse|precompute|gram|copy|check_input|order|readonly|dtype|precision|float", "tests the memory that scikit-learn takes or keeps"),
        ("positive|weight", "no positivity, no sample weights"),
        ("convergence|warning|warm|param|descent|nonfinite", "tests warnings and keyword arguments"),
        ("path|alpha_max|alphas", "tests scikit-learn's grids of alpha; ours is given"),
        (".*", "tests scikit-learn's interfaces, or alpha = 0, which we refuse"),
    ),
    LINEAR + "test_ridge": (
        ("cv|CV|loo", "tests RidgeCV's interface; our leave-one-out errors have tests of their own"),
        ("class", "a classifier, not in the book"),
        ("weight|positive|sparse|sag|lbfgs|cg_", "no sample weights, no positivity, one solver"),
        ("unpenalized|limits|vs_lstsq", "alpha = 0, or near it, which we refuse"),
        (".*", "tests scikit-learn's interfaces, arrays of other libraries, or internal operators"),
    ),
    LINEAR + "test_quantile": (
        ("weight|sparse", "no sample weights, no sparse matrices"),
        ("huber|equivariance|asymmetric", "with a penalty on the coefficients, or HuberRegressor, which estimates a scale too"),
        (".*", "tests scikit-learn's interfaces"),
    ),
    LINEAR + "test_huber": ((".*", "HuberRegressor estimates the errors' scale with the coefficients; our delta is given"),),
    METRICS: (
        ("multi|weight", "one target, no weights"),
        (".*", "tests scores that are not in the book, or scikit-learn's checks of input"),
    ),
    TEXT: (
        ("hash", "no hashing in the book"),
        ("pick|clone|copy|type|dtype|setter|feature|fit_", "tests scikit-learn's interfaces"),
        ("no_smoothing|sublinear|binary", "another formula: idf without smoothing is theirs plus 1, no logarithm of counts"),
        (".*", "tests splitting text into words; our documents are lists of words"),
    ),
    "torch.testing._internal": ((".*", "needs the package expecttest, which neither readers nor contributors have"),),
    "gensim.test": ((".*", "needs the package testfixtures, which neither readers nor contributors have"),),
}  # fmt: skip


def why_not(module: str, test: str) -> str | None:
    """Return why a test of a peer's is not run, or None where nothing is said."""
    return next((why for pattern, why in REASONS.get(module, ()) if re.search(pattern, test)), None)


# ------------------------------------------------------------------------------------------------ NumPy's table of cases
def numpy_cases() -> list:
    """Return NumPy's CASES that are real matrices, not empty, not stacked: all that are laid out plainly, and some with strides."""
    from numpy.linalg.tests.test_linalg import CASES

    real = [
        case
        for case in CASES
        if (type(case.a), np.ndim(case.a)) == (np.ndarray, 2)
        and case.a.size
        and case.a.dtype.kind == np.asarray(case.b).dtype.kind == "f"
    ]
    plain = [case for case in real if "strided" not in case.tags]
    return plain + [case for case in real if "strided" in case.tags][::4]
