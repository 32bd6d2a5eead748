"""The decomposition, the best approximation, subspaces, Jacobi and the sketch, against LAPACK, scipy, scikit-learn and mpmath."""

import mpmath
import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.fft import dctn, idctn
from sklearn.utils.extmath import randomized_svd, svd_flip

from lib.unsupervised.svd import compression, decomposition, jacobi, randomized

RNG = np.random.default_rng(5)
seeds = st.integers(0, 2**32 - 1)


def of_rank(rng, m, n, r):
    return rng.normal(size=(m, r)) @ rng.normal(size=(r, n)) if r else np.zeros((m, n))


def exact_values(A):
    with mpmath.workdps(60):
        return [mpmath.mpf(x) for x in mpmath.svd_r(mpmath.matrix(A.tolist()), compute_uv=False)]


@settings(max_examples=40, deadline=None)
@given(seeds, st.integers(1, 9), st.integers(1, 9), st.integers(0, 9))
def test_the_proofs_construction_is_a_full_decomposition(seed, m, n, r):
    A = of_rank(np.random.default_rng(seed), m, n, min(m, n, r))
    U, sigma, Vt = decomposition.svd_by_eigenvectors(A)
    S = np.zeros((m, n))
    np.fill_diagonal(S, sigma)
    scale = max(np.linalg.norm(A), 1)
    assert U.shape == (m, m) and Vt.shape == (n, n)
    assert np.allclose(U.T @ U, np.eye(m), atol=1e-9) and np.allclose(Vt @ Vt.T, np.eye(n), atol=1e-9)
    assert np.abs(U @ S @ Vt - A).max() < 2e-7 * scale
    assert np.allclose(sigma, np.linalg.svd(A, compute_uv=False), atol=2e-7 * scale)


@settings(max_examples=40, deadline=None)
@given(seeds, st.integers(1, 8), st.integers(1, 8))
def test_low_rank_has_the_errors_of_the_theorem(seed, m, n):
    A = np.random.default_rng(seed).normal(size=(m, n))
    spectral, frobenius = decomposition.truncation_errors(np.linalg.svd(A, compute_uv=False))
    for k in range(min(m, n) + 1):
        close = decomposition.low_rank(A, k)
        assert np.linalg.matrix_rank(close, tol=1e-9) <= k
        assert np.isclose(np.linalg.norm(A - close, 2), spectral[k], atol=1e-12)
        assert np.isclose(np.linalg.norm(A - close), frobenius[k], atol=1e-12)


def test_energy_and_the_rank_for_an_error():
    sigma = np.array([4.0, 3.0, 0.0])
    assert np.allclose(decomposition.energy(sigma), [0.64, 1, 1])
    assert [decomposition.rank_for_error(sigma, e) for e in (1.0, 0.61, 0.59, 0.0)] == [0, 1, 2, 2]
    assert np.allclose(decomposition.energy(np.zeros(2)), 1) and decomposition.rank_for_error(np.zeros(2), 0.1) == 0


@settings(max_examples=30, deadline=None)
@given(seeds, st.integers(2, 8), st.integers(1, 8))
def test_signs_are_scikit_learns(seed, m, n):
    U, sigma, Vt = np.linalg.svd(np.random.default_rng(seed).normal(size=(m, n)), full_matrices=False)
    mine, theirs = decomposition.fix_signs(-U, -Vt), svd_flip(U, Vt)
    assert np.allclose(mine[0], theirs[0]) and np.allclose(mine[1], theirs[1])
    assert np.allclose((mine[0] * sigma) @ mine[1], (U * sigma) @ Vt)


@settings(max_examples=40, deadline=None)
@given(seeds, st.integers(1, 4), st.integers(1, 4), st.sampled_from([1.0, 1e-3, 1e-9]))
def test_principal_angles_are_scipys(seed, k, l, eps):
    rng = np.random.default_rng(seed)
    Q = np.linalg.qr(rng.normal(size=(9, k)))[0]
    near = np.hstack([Q, rng.normal(size=(9, 4))])[:, :l] + eps * rng.normal(size=(9, l))
    W = np.linalg.qr(near)[0]
    mine, theirs = decomposition.principal_angles(Q, W), np.sort(scipy.linalg.subspace_angles(Q, W))
    assert np.allclose(mine, theirs, rtol=1e-6, atol=1e-14)


@settings(max_examples=40, deadline=None)
@given(seeds, st.integers(1, 9), st.integers(1, 9), st.integers(0, 9))
def test_jacobi_agrees_with_lapack(seed, m, n, r):
    A = of_rank(np.random.default_rng(seed), m, n, min(m, n, r))
    found = jacobi.jacobi_svd(A)
    scale = max(np.linalg.norm(A), 1)
    assert np.allclose(found.sigma, np.linalg.svd(A, compute_uv=False), atol=1e-13 * scale)
    assert np.allclose((found.U * found.sigma) @ found.Vt, A, atol=1e-13 * scale)
    for Q in (found.U, found.Vt.T):
        assert np.allclose(Q.T @ Q, np.eye(Q.shape[1]), atol=1e-12)


@pytest.mark.parametrize("order, lapack", [("falling", (0, 1e-12)), ("rising", (0.01, 1)), ("mixed", (10, 1e7))])
@pytest.mark.parametrize("seed", range(3))
def test_jacobi_keeps_small_values_in_any_order_of_columns_and_lapack_in_one(seed, order, lapack):
    """Column scales from 1 to 1e-20; truth in 60 digits. LAPACK starts at the left, so that falling columns suit it."""
    scales = 10.0 ** -np.arange(0, 24, 4)
    scales = {"falling": scales, "rising": scales[::-1], "mixed": scales[[3, 5, 0, 4, 1, 2]]}[order]
    A = np.random.default_rng(seed).normal(size=(8, 6)) * scales
    exact = exact_values(A)
    mine, theirs = (
        max(abs(mpmath.mpf(float(x)) / y - 1) for x, y in zip(sigma, exact, strict=True))
        for sigma in (jacobi.jacobi_svd(A).sigma, np.linalg.svd(A, compute_uv=False))
    )
    assert mine < 1e-14 and lapack[0] <= theirs < lapack[1]


def test_jacobi_says_when_its_sweeps_do_not_suffice():
    with pytest.raises(ValueError, match="more sweeps"):
        jacobi.jacobi_svd(RNG.normal(size=(6, 6)), sweeps=2)


@settings(max_examples=60, deadline=None)
@given(seeds, st.floats(-12, 12))
def test_a_rotation_makes_two_columns_orthogonal_by_a_small_angle(seed, power):
    a, b = np.random.default_rng(seed).normal(size=(2, 4)) * np.array([[1.0], [10.0**power]])
    c, s = jacobi.rotation(a @ a, b @ b, a @ b)
    x, y = c * a - s * b, s * a + c * b
    assert abs(x @ y) < 1e-14 * np.linalg.norm(x) * np.linalg.norm(y) * max(1, 10 ** abs(power))
    assert c > 0.7071 and np.isclose(c * c + s * s, 1)


@settings(max_examples=25, deadline=None)
@given(seeds, st.integers(1, 12), st.integers(1, 12))
def test_a_sketch_of_a_matrix_of_low_rank_is_exact(seed, m, n):
    rng = np.random.default_rng(seed)
    r = min(m, n, 3)
    A = of_rank(rng, m, n, r)
    U, sigma, Vt = randomized.randomized_svd(A, r, rng)
    assert U.shape == (m, r) and Vt.shape == (r, n)
    assert np.allclose((U * sigma) @ Vt, A, atol=1e-10) and np.allclose(U.T @ U, np.eye(r), atol=1e-10)


@pytest.mark.parametrize("m, n", [(60, 40), (40, 60)])
def test_a_sketch_gives_the_vectors_of_scikit_learns_full_svd_where_it_has_power(m, n):
    """With the same signs: both choose them in the same way."""
    rng = np.random.default_rng(4)
    Q, W = (np.linalg.qr(rng.normal(size=(d, 12)))[0] for d in (m, n))
    A = (Q * 0.5 ** np.arange(12)) @ W.T
    U, sigma, Vt = randomized.randomized_svd(A, 4, rng, power=4)
    theirs = randomized_svd(A, 4, n_iter=8, random_state=0, transpose=False)
    for mine, other in zip((U, sigma, Vt), theirs, strict=True):
        assert np.allclose(mine, other, atol=1e-8)


def test_more_power_comes_nearer_and_never_below_the_theorem():
    rng = np.random.default_rng(0)
    A = rng.normal(size=(80, 60)) * np.linspace(1, 0.1, 60)
    best = decomposition.truncation_errors(np.linalg.svd(A, compute_uv=False))[1][8]
    errors = []
    for power in range(4):
        found = [randomized.randomized_svd(A, 8, np.random.default_rng(seed), 4, power) for seed in range(10)]
        errors.append(np.mean([np.linalg.norm(A - (U * s) @ Vt) for U, s, Vt in found]))
    assert np.all(np.array(errors) >= best * (1 - 1e-12))
    assert np.all(np.diff(errors) < 0) and errors[-1] < 1.01 * best


def test_pictures_of_few_bytes():
    image = np.random.default_rng(2).random((24, 40))
    size = compression.NUMBER * compression.parameters(24, 40, 5)
    assert compression.rank_within(24, 40, size) == 5 and compression.rank_within(24, 40, size - 1) == 4
    assert np.abs(compression.svd_picture(image, size) - decomposition.low_rank(image, 5)).max() < 2e-3
    for block in (None, 8, 4):
        everything = compression.dct_picture(image, 4 * image.size, block)
        assert np.abs(everything - image).max() < 5e-3
    few = compression.dct_picture(image, 400)
    cosines = dctn(image, norm="ortho")
    threshold = np.sort(np.abs(cosines).ravel())[-100]
    assert np.abs(few - idctn(np.where(np.abs(cosines) >= threshold, cosines, 0), norm="ortho")).max() < 2e-2
    one = compression.dct_picture(image, 400, 8)[:8, :8]
    assert np.sum(np.abs(dctn(one, norm="ortho")) > 1e-9) < 64
    assert compression.svd_picture(image, 0).any() == compression.dct_picture(image, 0).any() == False  # noqa: E712


def test_upright_stripes_have_rank_one_and_turned_ones_do_not():
    ranks = [np.linalg.matrix_rank(compression.turned_stripes(angle)) for angle in (0, 45, 90)]
    assert ranks[0] == ranks[2] == 1 and ranks[1] > 30
    assert np.array_equal(compression.turned_stripes(20.0).T, compression.turned_stripes(70.0))


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="orthonormal"):
        decomposition.completed(np.ones((3, 2)))
    with pytest.raises(ValueError, match="rows"):
        decomposition.principal_angles(np.eye(3), np.eye(4))
    with pytest.raises(ValueError, match="largest first"):
        decomposition.truncation_errors([1.0, 2.0])
    with pytest.raises(ValueError, match="divide"):
        compression.dct_picture(np.ones((9, 8)), 10, 4)
    with pytest.raises(ValueError, match="65,536"):
        compression.dct_picture(np.ones((300, 300)), 10)
    with pytest.raises(ValueError, match="cannot be compared"):
        compression.relative_error(np.zeros((2, 2)), np.ones((2, 2)))
    with pytest.raises(TypeError, match="Generator"):
        randomized.randomized_svd(np.eye(3), 1, 0)
