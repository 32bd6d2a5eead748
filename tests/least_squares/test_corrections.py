"""The corrections page, checked: each test shows what the lecture notes say failing, and what is right holding.

`chapters/appendix/corrections.md` names every test here beside the passage it corrects;
`tests/book/test_corrections_page.py` holds the two together.
"""

import numpy as np
import pytest

norm = np.linalg.norm


def matrix_with(singular_values, N, rng):
    """A random (N, D) matrix with these singular values."""
    D = len(singular_values)
    U, _ = np.linalg.qr(rng.standard_normal((N, D)))
    V, _ = np.linalg.qr(rng.standard_normal((D, D)))
    return U * singular_values @ V.T, U, V


def differential(A, change):
    """The differential of A ↦ (AᵀA)⁻¹ in the direction `change`."""
    inverse = np.linalg.inv(A.T @ A)
    return -inverse @ (A.T @ change + change.T @ A) @ inverse


# §3.4.1 The estimate


def test_eq_19_the_loss_is_the_squared_norm_over_N():
    """The same observations four times over: the squared norm over N stays, the norm over N halves."""
    rng = np.random.default_rng(19)
    A, b, w = rng.standard_normal((5, 2)), rng.standard_normal(5), rng.standard_normal(2)
    residual, four_times = A @ w - b, np.tile(A, (4, 1)) @ w - np.tile(b, 4)
    assert norm(four_times) ** 2 / 20 == pytest.approx(norm(residual) ** 2 / 5)
    assert norm(four_times) / 20 == pytest.approx(norm(residual) / 5 / 2)


def test_eq_21_and_42_a_least_squares_answer_is_no_solution_of_the_system():
    """Three points off a line: A⁺b leaves a residual, orthogonal to the columns. Where N < D the solutions are many."""
    A, b = np.array([[1.0, 0], [1, 1], [1, 2]]), np.array([0.0, 1, 0])
    w = np.linalg.pinv(A) @ b
    assert norm(A @ w - b) > 0.5 and np.allclose(A.T @ (A @ w - b), 0)
    wide, target = np.array([[3.0, 4]]), np.array([25.0])
    w = np.linalg.pinv(wide) @ target
    for z in np.random.default_rng(21).standard_normal((10, 2)):
        other = w + z - np.linalg.pinv(wide) @ (wide @ z)
        assert np.allclose(wide @ other, target) and norm(other) >= norm(w)


def test_dependent_rows_are_observations_and_must_stay():
    """One day measured twice: dropping the repeated row changes the fit. Dropping a dependent column changes w only."""
    A, b = np.array([[1.0, 1], [1, 1]]), np.array([0.0, 2])
    assert np.allclose(np.linalg.pinv(A) @ b, [0.5, 0.5])
    assert np.allclose(np.linalg.pinv(A[:1]) @ b[:1], [0, 0])
    A, b = np.array([[1.0, 1, 0], [1, 1, 0], [1, 0, 1]]), np.array([1.0, 2, 5])  # one-hot beside a constant
    assert np.linalg.matrix_rank(A) == 2
    assert np.allclose(A @ np.linalg.pinv(A) @ b, A[:, :2] @ np.linalg.pinv(A[:, :2]) @ b)


def test_other_norms_only_those_of_an_inner_product():
    """The best constant in the 1-norm is the median, which is not linear in b: no matrix gives it."""
    b, c = np.array([0.0, 0, 1]), np.array([0.0, 1, 0])
    assert np.median(b) + np.median(c) == 0 and np.median(b + c) == 1
    u, v = np.array([1.0, 0]), np.array([0.0, 1])

    def parallelogram_gap(p):
        return norm(u + v, p) ** 2 + norm(u - v, p) ** 2 - 2 * norm(u, p) ** 2 - 2 * norm(v, p) ** 2

    assert parallelogram_gap(2) == pytest.approx(0) and parallelogram_gap(1) == 4


# §3.4.2 Conditioning


def test_a_determinant_says_nothing_about_nearness_to_singular():
    """The computed determinant of a singular matrix comes out nonzero; a tiny one may belong to κ = 1."""
    rng = np.random.default_rng(342)
    singular = [np.vstack([top, top.sum(axis=0)]) for top in rng.integers(1, 100, (50, 2, 3)).astype(float)]
    computed = np.array([np.linalg.det(A) for A in singular])
    assert (computed != 0).any() and (computed < 0).any()
    assert np.linalg.det(0.1 * np.eye(20)) < 1e-19 and np.linalg.cond(0.1 * np.eye(20)) == pytest.approx(1)


def test_eq_24_needs_the_limit_of_small_changes():
    """f(x) = x² at x = 1: the largest ratio over |Δx| ≤ δ is 2 + δ; only its limit, 2, belongs to the problem."""
    for delta in (1, 0.1, 1e-3):
        change = np.linspace(-delta, delta, 1000)
        ratio = np.abs((1 + change) ** 2 - 1) / np.abs(change)
        assert ratio.max() == pytest.approx(2 + delta)


def test_gram_matrix_is_a_correlation_matrix_only_after_standardising():
    A = np.random.default_rng(25).standard_normal((40, 3)) * [1, 5, 20] + [3, 0, 100]
    correlation = np.corrcoef(A, rowvar=False)
    standard = (A - A.mean(axis=0)) / A.std(axis=0)
    assert np.allclose(standard.T @ standard / 40, correlation)
    assert not np.allclose(A.T @ A / 40, correlation, atol=1)


def test_eq_33_has_a_minus():
    """Against finite differences: the differential of A ↦ (AᵀA)⁻¹ carries the minus of eq. 31."""
    rng = np.random.default_rng(33)
    A, change, h = rng.standard_normal((6, 3)), rng.standard_normal((6, 3)), 1e-6
    central = np.linalg.inv((A + h * change).T @ (A + h * change)) - np.linalg.inv(
        (A - h * change).T @ (A - h * change)
    )
    assert np.allclose(central / (2 * h), differential(A, change), rtol=1e-6, atol=1e-8)
    assert not np.allclose(central / (2 * h), -differential(A, change), rtol=0.1)


def test_bound_before_eq_36_divides_by_the_norm_of_the_inverse():
    """A = I/2 and ΔA along it: the line as printed reads 8 ≤ 2; with ‖(AᵀA)⁻¹‖ divided out on the left, 2 ≤ 2."""
    A = change = np.eye(3) / 2
    inverse = np.linalg.inv(A.T @ A)
    left = norm(differential(A, change), 2) / (norm(change, 2) / norm(A, 2))
    right = 2 * norm(inverse, 2) * norm(A, 2) ** 2
    assert left == pytest.approx(8) and right == pytest.approx(2)
    assert left / norm(inverse, 2) == pytest.approx(right)


def test_bound_before_eq_36_needs_the_transpose_to_keep_the_norm_of_A():
    """A column of 9 ones in the ∞-norm, where ‖Aᵀ‖ ≠ ‖A‖: stretching it moves (AᵀA)⁻¹ at rate 2, the bound says 2/9."""
    A = np.ones((9, 1))
    inverse = np.linalg.inv(A.T @ A)
    rate = norm(differential(A, A), np.inf) / norm(inverse, np.inf)
    assert rate == pytest.approx(2)
    assert 2 * norm(inverse, np.inf) * norm(A, np.inf) ** 2 == pytest.approx(2 / 9)
    assert 2 * norm(inverse, np.inf) * norm(A.T, np.inf) * norm(A, np.inf) == pytest.approx(2)


def test_bound_before_eq_36_gives_away_a_factor_of_kappa():
    """(AᵀA)⁻¹Aᵀ = A⁺ kept together: the condition number of A ↦ (AᵀA)⁻¹ is 2κ, reached, where the bound says 2κ²."""
    rng = np.random.default_rng(36)
    A, U, V = matrix_with([10, 1, 0.1], 8, rng)
    size = norm(np.linalg.inv(A.T @ A), 2)

    def rate(change):
        return norm(differential(A, change), 2) / size * norm(A, 2) / norm(change, 2)

    assert max(rate(rng.standard_normal((8, 3))) for _ in range(200)) <= 200 * (1 + 1e-9)
    assert rate(np.outer(U[:, 2], V[:, 2])) == pytest.approx(2 * 100)
    assert 2 * size * norm(A, 2) ** 2 == pytest.approx(2 * 100**2)


def test_eq_40_ends_at_kappa_squared_because_V_has_norm_one():
    A, _, V = matrix_with([4, 2, 1], 7, np.random.default_rng(40))
    inverse = np.linalg.inv(A.T @ A)
    assert norm(V, 2) == pytest.approx(1) and norm(V, "fro") ** 2 == pytest.approx(3)
    assert norm(inverse, 2) == pytest.approx(1 / 1**2)  # the largest of 1/σ², with nothing lost in eq. 39
    assert 2 * norm(inverse, 2) * norm(A, 2) ** 2 == pytest.approx(2 * np.linalg.cond(A) ** 2)


def test_a_small_sigma_is_nearness_to_singular_and_only_the_ratio_hurts():
    """σ_D is the distance to the nearest singular matrix. Shrinking every direction alike leaves κ where it was."""
    A, U, V = matrix_with([3, 2, 0.25], 6, np.random.default_rng(41))
    nearest = A - 0.25 * np.outer(U[:, 2], V[:, 2])
    assert np.linalg.matrix_rank(nearest) == 2 and norm(A - nearest, 2) == pytest.approx(0.25)
    assert norm(1e-6 * A, -2) == pytest.approx(0.25e-6) and np.linalg.cond(1e-6 * A) == pytest.approx(12)


def test_eq_45_is_an_equality_in_the_operator_norm_and_a_bound_in_others():
    rng = np.random.default_rng(45)
    A, U, _ = matrix_with([5, 1, 0.2], 8, rng)
    inverse = np.linalg.pinv(A)
    stretch = [norm(inverse @ change) / norm(change) for change in rng.standard_normal((500, 8))]
    assert max(stretch) <= norm(inverse, 2) * (1 + 1e-12)
    assert norm(inverse @ U[:, 2]) == pytest.approx(norm(inverse, 2))  # reached
    assert norm(inverse, "fro") > 1.01 * norm(inverse, 2)  # submultiplicative too, and never reached


def test_eq_46_pythagoras_is_sharper_than_the_triangle():
    """The residual is orthogonal to Ax, so ‖b‖ = √(‖Ax‖² + ‖ε‖²), up to √2 below ‖Ax‖ + ‖ε‖."""
    rng = np.random.default_rng(46)
    A, b = rng.standard_normal((9, 3)), rng.standard_normal(9)
    fitted = A @ np.linalg.pinv(A) @ b
    assert norm(b) == pytest.approx(np.hypot(norm(fitted), norm(b - fitted)))
    assert 1 < (norm(fitted) + norm(b - fitted)) / norm(b) <= np.sqrt(2)


def test_eq_47_is_meant_to_end_in_the_norm_of_A():
    """‖Ax‖/‖x‖ ≤ ‖A‖ is the step from eq. 47, whose sides are printed alike, to eq. 48; it is strict for most x."""
    rng = np.random.default_rng(47)
    A = rng.standard_normal((6, 3))
    ratios = [norm(A @ x) / norm(x) for x in rng.standard_normal((100, 3))]
    assert max(ratios) <= norm(A, 2) * (1 + 1e-12) and min(ratios) < 0.9 * norm(A, 2)


def test_eq_50_means_the_smallest_nonzero_singular_value():
    A, _, _ = matrix_with([2, 0.5, 0], 6, np.random.default_rng(50))
    assert norm(np.linalg.pinv(A, rcond=1e-12), 2) == pytest.approx(1 / 0.5)


def test_eq_51_is_a_bound_and_its_second_term_may_be_the_larger():
    """μ(A, b) runs from 1 to any size; κ is exactly √(λmax/λmin) of AᵀA and is neither μ nor near it."""
    A, U, V = matrix_with([100, 10, 1], 8, np.random.default_rng(51))
    kappa = np.linalg.cond(A)
    eigenvalues = np.linalg.eigvalsh(A.T @ A)
    assert kappa == pytest.approx(np.sqrt(eigenvalues[-1] / eigenvalues[0]))

    def mu_and_bound(b):
        x = np.linalg.pinv(A) @ b
        shrink = norm(np.linalg.pinv(A), 2) / norm(x)
        return shrink * norm(b), kappa + shrink * norm(b - A @ x)

    mu, bound = mu_and_bound(A @ V[:, 2])  # a right-hand side along the weakest direction
    assert mu == pytest.approx(1) and bound == pytest.approx(kappa)
    outside = np.linalg.qr(np.column_stack([U, np.ones(8)]))[0][:, 3]
    mu, bound = mu_and_bound(A @ V[:, 2] + 1e4 * outside)  # almost all of b is residual
    assert mu > 90 * kappa and mu <= bound


def test_neither_approach_moves_A_and_wedin_does():
    """A change of A, from the weakest direction to the residual's, moves x at the rate κ² tan θ/η: far over eq. 51."""
    A, U, V = matrix_with([1, 0.1, 1e-3], 8, np.random.default_rng(52))
    outside = np.linalg.qr(np.column_stack([U, np.ones(8)]))[0][:, 3]
    x = V @ [1, 1, 1]
    b = A @ x + outside
    delta = 1e-9
    moved = np.linalg.pinv(A + delta * np.outer(outside, V[:, 2])) @ b
    rate = norm(moved - x) / norm(x) / (delta / norm(A, 2))
    kappa, tilt = 1e3, 1 / norm(A @ x)  # tilt = tan θ = ‖r‖/‖Ax‖
    b_only = kappa + norm(np.linalg.pinv(A), 2) / norm(x)
    eta = norm(A, 2) * norm(x) / norm(A @ x)
    assert rate > 300 * b_only
    assert rate == pytest.approx(kappa**2 * tilt / eta, rel=1e-2)
    assert rate <= kappa + kappa**2 * tilt / eta


# §3.4.3 Another inner product


def test_eq_52_is_a_bilinear_form():
    """⟨u, v⟩ = uᵀGv is bilinear; its quadratic form uᵀGu gives it back by polarisation."""
    rng = np.random.default_rng(520)
    root = rng.standard_normal((3, 3))
    G, u, v = root.T @ root, rng.standard_normal(3), rng.standard_normal(3)

    def quadratic(w):
        return w @ G @ w

    assert u @ G @ v == pytest.approx((quadratic(u + v) - quadratic(u - v)) / 4)
    assert quadratic(2 * u) == pytest.approx(4 * quadratic(u))  # so it is no inner product itself


def test_what_becomes_of_a_matrix_depends_on_what_it_is():
    """An operator becomes PMP⁻¹, a table of row vectors XPᵀ; PMPᵀ is for a square table whose product is MGk."""
    rng = np.random.default_rng(54)
    root = rng.standard_normal((3, 3))
    G = root.T @ root + np.eye(3)
    P = np.linalg.cholesky(G).T
    M, X, k = rng.standard_normal((3, 3)), rng.standard_normal((5, 3)), rng.standard_normal(3)
    assert np.allclose(P.T @ P, G) and np.allclose(np.tril(P, -1), 0)
    assert np.allclose((P @ M @ np.linalg.inv(P)) @ (P @ k), P @ (M @ k))
    assert np.allclose((X @ P.T) @ (P @ k), X @ G @ k)
    assert np.allclose(np.linalg.inv(P) @ (P @ M @ P.T) @ (P @ k), M @ G @ k)
    assert not np.allclose((P @ M @ P.T) @ (P @ k), P @ (M @ k))
    with pytest.raises(ValueError):
        P @ X @ P.T


def test_least_squares_in_another_inner_product_changes_the_rows():
    """Minimising ‖Xw − b‖_G is least squares for PX and Pb, with P of size N × N."""
    rng = np.random.default_rng(55)
    X, b = rng.standard_normal((6, 2)), rng.standard_normal(6)
    root = rng.standard_normal((6, 6))
    G = root.T @ root + np.eye(6)
    P = np.linalg.cholesky(G).T
    w = np.linalg.lstsq(P @ X, P @ b, rcond=None)[0]
    assert np.allclose(w, np.linalg.solve(X.T @ G @ X, X.T @ G @ b))
    assert not np.allclose(w, np.linalg.lstsq(X, b, rcond=None)[0], rtol=0.01)
    best = (X @ w - b) @ G @ (X @ w - b)
    for step in rng.standard_normal((20, 2)):
        assert (X @ (w + step) - b) @ G @ (X @ (w + step) - b) > best


# §3.5 and §3.6 Cost and factorizations


def flops_of_gram(N, D):
    """Forming the upper triangle of AᵀA: N multiplications and N − 1 additions an entry."""
    return D * (D + 1) // 2 * (2 * N - 1)


def flops_of_cholesky(D):
    """Counted in the loops of G = RᵀR."""
    count = 0
    for j in range(D):
        count += 2 * j + 1  # the diagonal entry: j products subtracted, a square root
        count += (D - j - 1) * (2 * j + 1)  # the rest of the row: j products subtracted, a division each
    return count


def flops_of_householder(N, D):
    """Counted in the loops of A = QR, Q kept as reflections, each applied to the columns right of it."""
    count = 0
    for j in range(D):
        length = N - j
        count += 3 * length
        count += (D - j - 1) * 4 * length
    return count


def flops_of_inverse(D):
    """Gauss–Jordan: D steps, each D² multiplications and as many subtractions."""
    return 2 * D**3


def test_eq_59_the_inverse_is_not_needed():
    """Cholesky does the work of the inverse in a sixth of its operations; and D² + DN vanish inside the O."""
    assert flops_of_cholesky(300) == pytest.approx(300**3 / 3, rel=0.02)
    assert flops_of_cholesky(300) < flops_of_inverse(300) / 5.8
    assert flops_of_gram(10_000, 300) == pytest.approx(10_000 * 300**2, rel=0.01)  # half of 2ND²: AᵀA is symmetric
    rng = np.random.default_rng(59)
    A, b = rng.standard_normal((30, 4)), rng.standard_normal(30)
    L = np.linalg.cholesky(A.T @ A)
    w = np.linalg.solve(L.T, np.linalg.solve(L, A.T @ b))
    assert np.allclose(w, np.linalg.inv(A.T @ A) @ A.T @ b)


def test_eq_62_qr_never_takes_fewer_operations():
    """2ND² − 2D³/3 against ND² + D³/3: twice as many for tall A, the same for square A, never fewer."""
    assert flops_of_householder(5_000, 200) == pytest.approx(2 * 5_000 * 200**2 - 2 * 200**3 / 3, rel=0.01)
    for D in (1, 2, 5, 20, 100, 400):
        for N in (D, 2 * D, 10 * D, 1000 * D):
            assert flops_of_householder(N, D) > flops_of_gram(N, D) + flops_of_cholesky(D)
    tall = flops_of_householder(10**6, 100) / (flops_of_gram(10**6, 100) + flops_of_cholesky(100))
    square = flops_of_householder(1000, 1000) / (flops_of_gram(1000, 1000) + flops_of_cholesky(1000))
    assert tall == pytest.approx(2, rel=0.02) and square == pytest.approx(1, rel=0.02)


def test_qr_is_accurate_because_it_never_squares_kappa():
    """κ = 10⁶: the normal equations lose about twice the digits that QR loses, in the same float64."""
    rng = np.random.default_rng(61)
    A, _, _ = matrix_with(np.logspace(0, -6, 5), 40, rng)
    x = np.ones(5)
    b = A @ x
    Q, R = np.linalg.qr(A)
    by_qr = norm(np.linalg.solve(R, Q.T @ b) - x) / norm(x)
    by_normal_equations = norm(np.linalg.solve(A.T @ A, A.T @ b) - x) / norm(x)
    assert np.linalg.cond(A.T @ A) == pytest.approx(np.linalg.cond(A) ** 2, rel=1e-2)
    assert by_qr < 1e-9 and by_normal_equations > 1e-7


def test_schulz_takes_more_operations_than_the_inverse():
    """Two products a step, about 2 log₂κ steps before the digits double; and from a careless start it diverges."""
    rng = np.random.default_rng(350)
    A, _, _ = matrix_with(np.logspace(0, -1, 6), 20, rng)
    G = A.T @ A  # the matrix that the notes call A here: square, κ(G) = 100
    X, steps = G / (norm(G, 1) * norm(G, np.inf)), 0
    while norm(X @ G - np.eye(6)) > 1e-8:
        X, steps = X @ (2 * np.eye(6) - G @ X), steps + 1
    assert np.allclose(X, np.linalg.inv(G), rtol=1e-6)
    assert steps >= 2 * np.log2(100)
    assert steps * 4 * 6**3 > 20 * flops_of_inverse(6)
    X = 3 * np.eye(6)  # ρ(I − GX) = 2
    for _ in range(8):
        X = X @ (2 * np.eye(6) - G @ X)
    assert norm(X @ G - np.eye(6)) > 1e6


def conjugate_gradients(G, c, most):
    """The steps that CG takes to bring ‖Gw − c‖ under 10⁻⁸‖c‖, or `most`."""
    w, r = np.zeros(len(c)), c.copy()
    p = r.copy()
    for step in range(most):
        if norm(r) <= 1e-8 * norm(c):
            return step
        curvature = p @ G @ p
        if curvature <= 0:
            raise ZeroDivisionError("not positive definite")
        alpha = (r @ r) / curvature
        w, new = w + alpha * p, r - alpha * G @ p
        p, r = new + (new @ new) / (r @ r) * p, new
    return most


def test_krylov_methods_are_quadratic_by_the_step_not_in_all():
    """A step of CG costs D², the steps grow with √κ: D³ and more where κ is large. And CG wants a definite matrix."""
    D = 100
    steps = [conjugate_gradients(np.diag(np.logspace(0, p, D)), np.ones(D), 10 * D) for p in (1, 3, 5)]
    assert steps[0] < 35 < steps[1] and steps[2] > 2 * steps[1]
    assert steps[2] * 2 * D**2 > 2 * D**3  # more than inverting G
    indefinite = np.array([[0.0, 1], [1, 0]])  # symmetric, invertible
    with pytest.raises(ZeroDivisionError):
        conjugate_gradients(indefinite, np.array([1.0, 0]), 10)


def test_eq_63_uses_the_thin_svd_and_a_truncated_one_drops_part_of_A():
    A, _, _ = matrix_with([3, 1, 0.1], 6, np.random.default_rng(63))
    U, s, Vt = np.linalg.svd(A, full_matrices=False)
    assert U.shape == (6, 3) and np.allclose(U * s @ Vt, A)
    assert norm(A - U[:, :2] * s[:2] @ Vt[:2], 2) == pytest.approx(0.1)


def test_the_svd_helps_with_a_large_kappa_only_when_it_is_truncated():
    """The whole thin SVD answers like QR, noise over σ_D and all; without its smallest σ it keeps x."""
    rng = np.random.default_rng(64)
    A, _, V = matrix_with([1, 0.5, 1e-7], 30, rng)
    x = V @ [1, 1, 0]
    b = A @ x + 1e-3 * rng.standard_normal(30)
    U, s, Vt = np.linalg.svd(A, full_matrices=False)
    whole, truncated = Vt.T @ (U.T @ b / s), Vt[:2].T @ (U[:, :2].T @ b / s[:2])
    Q, R = np.linalg.qr(A)
    by_qr = np.linalg.solve(R, Q.T @ b)
    assert np.allclose(whole, by_qr, rtol=1e-5)
    assert norm(whole - x) > 100 * norm(x) and norm(truncated - x) < 0.01 * norm(x)


def test_for_tall_matrices_the_products_cost_more_than_the_factorization():
    """At N = 100 D forming AᵀA takes 300 times the operations of factoring it: D³ is not where the time goes."""
    N, D = 10_000, 100
    assert flops_of_gram(N, D) > 250 * flops_of_cholesky(D)
    assert flops_of_gram(N, D) > 40 * flops_of_inverse(D)
