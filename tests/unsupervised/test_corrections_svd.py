"""The corrections to the source's passages on singular values: what it says failing, what is right holding."""

import numpy as np

from lib.unsupervised.svd import compression, decomposition

RNG = np.random.default_rng(8)


def test_rank_thirty_saves_a_quarter():
    factors = RNG.normal(size=(80, 30)), RNG.normal(size=(30, 80))
    numbers = sum(f.size for f in factors)
    assert 1 - numbers / 80**2 == 0.25
    assert compression.parameters(80, 80, 30) == numbers + 30  # with the singular values apart it is even less


def test_a_truncated_sum_has_no_higher_rank_than_the_matrix():
    A = RNG.normal(size=(6, 2)) @ RNG.normal(size=(2, 5))
    assert [np.linalg.matrix_rank(decomposition.low_rank(A, k)) for k in range(6)] == [0, 1, 2, 2, 2, 2]


def test_two_rotations_and_a_stretch_cannot_mirror():
    turn = lambda t: np.array([[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]])
    mirror = np.diag([1.0, -1.0])
    assert np.allclose(mirror.T @ mirror, np.eye(2))  # orthogonal, and no rotation
    for _ in range(100):
        s, t = RNG.uniform(0, 2 * np.pi, size=2)
        assert np.linalg.det(turn(s) @ np.diag(RNG.exponential(size=2)) @ turn(t)) > 0 > np.linalg.det(mirror)
    U, sigma, Vt = np.linalg.svd(np.array([[1.0, 2.0], [3.0, 1.0]]))
    assert np.linalg.det(U) * np.linalg.det(Vt) < 0 and (sigma > 0).all()
