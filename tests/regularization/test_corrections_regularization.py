"""The corrections page, checked for this chapter: what the lecture notes say failing, and what is right holding."""

import numpy as np
import pytest

from lib.book import datasets
from lib.regularization import lasso, network, noise, normalization
from lib.regularization.ridge import ridge, ridge_with_intercept

RNG = np.random.default_rng(37)
A, Y = RNG.normal(size=(12, 3)), RNG.normal(size=12)
norm = np.linalg.norm


# S0 §2 and §3.7


def test_regularization_is_more_than_a_penalty():
    """Early stopping has no penalty, and shrinks and biases the coefficients as ridge does."""
    found = noise.gradient_descent(A, Y, 0.01, 5)[-1]
    full = np.linalg.lstsq(A, Y, rcond=None)[0]
    assert norm(found) < 0.9 * norm(full)


def test_penalising_the_constant_has_a_meaning_and_a_wrong_one():
    """It is well defined, and ties the predictions to the origin of y: they do not follow a shift of y."""
    ones = np.column_stack([np.ones(12), A])
    moved = ones @ ridge(ones, Y + 100, 5.0) - ones @ ridge(ones, Y, 5.0)
    assert np.abs(moved - 100).max() > 5
    (w, w0), (v, v0) = ridge_with_intercept(A, Y, 5.0), ridge_with_intercept(A, Y + 100, 5.0)
    assert np.allclose(A @ v + v0 - (A @ w + w0), 100)


def test_eq_73_penalises_every_column_it_is_given():
    """With a column of ones in A, eq. 73 is not the fit with a free intercept; after centring it is."""
    ones, lam = np.column_stack([np.ones(12), A]), 5.0
    eq_73 = np.linalg.inv(ones.T @ ones + lam * np.eye(4)) @ ones.T @ (Y + 3)
    w, w0 = ridge_with_intercept(A, Y + 3, lam)
    assert abs(eq_73[0] - w0) > 0.3
    Z = A - A.mean(axis=0)
    assert np.allclose(np.linalg.inv(Z.T @ Z + lam * np.eye(3)) @ Z.T @ (Y - Y.mean()), w)


def test_eq_65_without_the_mean_ties_lambda_to_the_sample_size():
    """The same data twice: with the sum of squares λ counts half, with the mean of squares it stays."""
    B, z, lam = np.vstack([A, A]), np.append(Y, Y), 2.0
    assert not np.allclose(ridge(B, z, lam), ridge(A, Y, lam))
    assert np.allclose(ridge(B, z, 24 * lam), ridge(A, Y, 12 * lam))


def test_eq_67_lost_its_lambda():
    w, lam = RNG.normal(size=3), 0.6

    def loss(v):
        return norm(A @ v - Y) ** 2 + lam * v @ v

    slope = [(loss(w + d) - loss(w - d)) / 2e-6 for d in 1e-6 * np.eye(3)]
    assert np.allclose(slope, 2 * A.T @ (A @ w - Y) + lam * 2 * w, atol=1e-6)
    assert not np.allclose(slope, 2 * A.T @ (A @ w - Y) + 2 * w, atol=1e-2)


def test_after_eq_73_invertible_needs_lambda_above_zero():
    B = np.outer(Y, [1.0, 2.0])
    assert np.linalg.matrix_rank(B.T @ B + 0.0 * np.eye(2)) == 1
    assert np.linalg.matrix_rank(B.T @ B + 0.1 * np.eye(2)) == 2
    assert np.linalg.eigvalsh(B.T @ B - 0.1 * np.eye(2))[0] < 0


def test_derivative_of_the_1_norm_misses_zero():
    """sign(w) is a subgradient everywhere, and at 0 one of many: with it alone, 0 would never be optimal."""
    lam = 0.9 * lasso.lambda_max(A, Y)
    w = lasso.lasso(A, Y, lam)
    zeros = w == 0
    assert zeros.any()
    slope = A.T @ (A @ w - Y) + lam * np.sign(w)
    assert np.abs(slope[zeros]).max() > 1e-3, "with the derivative as printed, the minimum is no stationary point"
    assert lasso.optimality(A, Y, w, lam) < 1e-9, "with the subdifferential it is"


def test_l1_has_an_analytic_solution_for_orthonormal_columns():
    Q, _ = np.linalg.qr(A)
    lam = 0.3
    assert lasso.optimality(Q, Y, np.sign(Q.T @ Y) * np.maximum(np.abs(Q.T @ Y) - lam, 0), lam) < 1e-12


# S2 questions 4 and 9, S1


def test_dropout_in_evaluation_is_the_mean_of_a_layer_and_not_of_a_network():
    """Of the layer it is applied to, exactly; behind a ReLU the two differ."""
    x, w, rng = np.array([1.0, -0.8]), np.array([1.0, 1.0]), np.random.default_rng(0)
    m = noise.dropout_mask((200_000, 2), 0.5, rng, inverted=False)
    assert np.allclose((x * m).mean(axis=0), 0.5 * x, atol=0.01)
    assert np.maximum((x * m) @ w, 0).mean() > 1.5 * max((0.5 * x) @ w, 0)


def test_batch_norm_uses_running_statistics_in_evaluation_only():
    """In training the batch's own: absurd running statistics change nothing."""
    x = RNG.normal(size=(8, 2))
    plain, spoiled = normalization.BatchNorm(2), normalization.BatchNorm(2)
    spoiled.running_mean, spoiled.running_variance = np.full(2, 1e6), np.full(2, 1e6)
    assert np.allclose(plain(x)[0], spoiled(x)[0])
    plain.training = spoiled.training = False
    assert not np.allclose(plain(x)[0], spoiled(x)[0])


def test_batch_norm_remembers_the_unbiased_variance():
    """And normalises with the other one, so evaluation on the very batch is not training on it."""
    x = RNG.normal(size=(4, 1))
    layer = normalization.BatchNorm(1, momentum=1.0, eps=0.0)
    trained = layer(x)[0]
    assert layer.running_variance[0] == pytest.approx(x.var(ddof=1))
    layer.training = False
    assert np.allclose(layer(x)[0], trained * np.sqrt(3 / 4))


def test_batch_norm_does_not_assume_normal_signals():
    """Two clumps far apart: mean 0 and variance 1 afterwards, and still two clumps."""
    x = np.concatenate([np.zeros((50, 1)), np.ones((50, 1))])
    y, _ = normalization.batch_norm(x, [1.0], [0.0], 0.0)
    assert np.allclose([y.mean(), y.var()], [0, 1]) and len(np.unique(np.round(y, 9))) == 2


def test_layer_norm_is_over_the_features_of_one_token():
    """Not over a sentence: each of its words is normalised by itself, whatever the others are."""
    sentence = RNG.normal(size=(1, 5, 8))
    ones, zeros = np.ones(8), np.zeros(8)
    y, _ = normalization.layer_norm(sentence, ones, zeros)
    alone, _ = normalization.layer_norm(sentence[:, 2:3], ones, zeros)
    assert np.allclose(y[:, 2:3], alone) and np.allclose(y.mean(axis=2), 0, atol=1e-12)
    whole = (sentence - sentence.mean()) / sentence.std()
    assert not np.allclose(y, whole, atol=0.1)


def test_augmented_copies_are_no_new_samples():
    """Two hundred digits and their shifted copies, against as many real ones: the real ones teach more."""
    images, digit = datasets.digit_images().X.reshape(-1, 8, 8) / 16, datasets.digit_images().y.astype(int)
    moves = [(0, 0), (0, 1), (1, 0), (0, -1)]
    copies = np.concatenate([noise.shift_images(images[:200], d, r).reshape(200, 64) for d, r in moves])
    flat = images.reshape(-1, 64)
    recipe = network.Recipe(epochs=20, eta=0.03)
    copied = network.train(copies, np.tile(digit[:200], 4), flat[800:], digit[800:], recipe)
    real = network.train(flat[:800], digit[:800], flat[800:], digit[800:], recipe)
    assert real.accuracy[-1] > copied.accuracy[-1] + 0.02


def test_horizontal_reflection_spoils_labels_too():
    """Trained on digits and their mirror images under the same labels, a network reads digits worse."""
    images, digit = datasets.digit_images().X.reshape(-1, 8, 8) / 16, datasets.digit_images().y.astype(int)
    flat, mirrored = images.reshape(-1, 64), images[:400, :, ::-1].reshape(-1, 64)
    scores = []
    for X, t in ((flat[:400], digit[:400]), (np.vstack([flat[:400], mirrored]), np.tile(digit[:400], 2))):
        runs = [
            network.train(X, t, flat[800:], digit[800:], network.Recipe(16, 20, eta=0.03, seed=s)) for s in range(3)
        ]
        scores.append(np.mean([run.accuracy[-1] for run in runs]))
    assert scores[1] < scores[0]
