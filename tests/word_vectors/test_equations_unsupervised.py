"""The labelled equations of "No dictionary at all", by an independent route each."""

import itertools

import numpy as np
import pytest
import scipy.linalg
import scipy.optimize
import scipy.stats
import sympy as sp
import torch

from lib.word_vectors import adversarial, alignment, unsupervised

RNG = np.random.default_rng(12)


def scores(n=40):
    return RNG.normal(size=n), RNG.normal(size=n)


@pytest.mark.equation("eq-adversary-loss")
def test_adversary_loss():
    """What the game minimises is the formula, with probabilities from scores; without smoothing."""
    moved, other = scores()
    p = lambda z: 1 / (1 + np.exp(-z))
    formula = -np.mean(np.log(p(moved))) - np.mean(np.log(1 - p(other)))
    z = torch.from_numpy(np.concatenate([moved, other]))[:, None]
    t = torch.cat([torch.ones(40, 1), torch.zeros(40, 1)]).double()
    assert 2 * torch.nn.BCEWithLogitsLoss()(z, t).item() == pytest.approx(formula)


@pytest.mark.equation("eq-map-loss")
def test_map_loss():
    """The map's loss has the labels exchanged; in the game its gradient reaches W through the moved words only."""
    X, Y = (torch.from_numpy(RNG.normal(size=(30, 3)).astype(np.float32)) for _ in range(2))
    layers, W = adversarial.adversary(3, 5, torch.Generator().manual_seed(0)), torch.eye(3, requires_grad=True)
    D = lambda shown: adversarial.scores(layers, shown)[0]
    t = torch.cat([torch.ones(30, 1), torch.zeros(30, 1)])
    loss = 2 * torch.nn.BCEWithLogitsLoss()(D(torch.cat([X @ W, Y])), 1 - t)
    p = torch.sigmoid(D(torch.cat([X @ W, Y])))[:, 0]
    formula = -torch.log(1 - p[:30]).mean() - torch.log(p[30:]).mean()
    assert loss.item() == pytest.approx(formula.item(), rel=1e-5)
    (slope,) = torch.autograd.grad(loss, W)
    (alone,) = torch.autograd.grad(-torch.log(1 - torch.sigmoid(D(X @ W))).mean(), W)
    assert torch.allclose(slope, alone, atol=1e-6)


def distributions():
    P, Q = (RNG.dirichlet(np.ones(6)) for _ in range(2))
    return P, Q


@pytest.mark.equation("eq-best-adversary")
def test_best_adversary():
    """Minimised numerically, point by point, the loss leaves p/(p + q)."""
    for _ in range(20):
        P, Q = distributions()
        loss = lambda z, P=P, Q=Q: P @ np.logaddexp(0, -z) + Q @ np.logaddexp(0, z)
        z = scipy.optimize.minimize(loss, np.zeros(6), tol=1e-12).x
        assert np.allclose(1 / (1 + np.exp(-z)), P / (P + Q), atol=1e-4)


@pytest.mark.equation("eq-map-loss-bound")
def test_against_the_best_adversary_the_map_does_best_where_the_clouds_are_equal():
    def losses(P, Q):
        D = P / (P + Q)
        js = (P @ np.log(2 * P / (P + Q)) + Q @ np.log(2 * Q / (P + Q))) / 2
        return -P @ np.log(D) - Q @ np.log(1 - D), -P @ np.log(1 - D) - Q @ np.log(D), js

    for _ in range(50):
        P, Q = distributions()
        of_adversary, of_map, js = losses(P, Q)
        assert of_adversary == pytest.approx(2 * np.log(2) - 2 * js)
        assert of_map > 4 * np.log(2) - of_adversary > 2 * np.log(2)
        assert 4 * np.log(2) - of_adversary == pytest.approx(2 * np.log(2) + 2 * js)
        assert losses(P, P)[1] == pytest.approx(2 * np.log(2))


@pytest.mark.equation("eq-jensen-shannon")
def test_jensen_shannon():
    """scipy's distance squared is the divergence; it is zero for equal distributions and at most log 2."""
    for _ in range(20):
        P, Q = distributions()
        best = P / (P + Q)
        least = -P @ np.log(best) - Q @ np.log(1 - best)
        M = (P + Q) / 2
        divergence = (scipy.stats.entropy(P, M) + scipy.stats.entropy(Q, M)) / 2
        assert least == pytest.approx(2 * np.log(2) - 2 * divergence)
        assert divergence == pytest.approx(scipy.spatial.distance.jensenshannon(P, Q) ** 2)
        assert 0 < divergence < np.log(2)


@pytest.mark.equation("eq-orthogonality-step")
def test_orthogonality_step():
    """Half the gradient of ‖WWᵀ − I‖²/2, by sympy: the step is gradient descent, with rate β/2 … 2·β/2."""
    W = sp.Matrix(2, 2, sp.symbols("a b c d"))
    far = W * W.T - sp.eye(2)
    penalty = sum(e**2 for e in far) / 4
    slope = sp.Matrix(2, 2, [sp.diff(penalty, w) for w in W])
    beta = sp.symbols("beta")
    step = (1 + beta) * W - beta * W * W.T * W
    assert sp.simplify(step - (W - beta * slope)) == sp.zeros(2, 2)
    numbers = RNG.normal(size=(2, 2))
    by_sympy = np.array(step.subs(dict(zip(W, numbers.ravel(), strict=True))).subs(beta, 0.01), float)
    assert np.allclose(unsupervised.orthogonality_step(numbers, 0.01), by_sympy)


@pytest.mark.equation("eq-singular-step")
def test_singular_step():
    s, beta = sp.symbols("sigma beta", positive=True)
    step = s + beta * s * (1 - s**2)
    assert step.subs(s, 1) == 1 and sp.simplify(sp.diff(step, s).subs(s, 1) - (1 - 2 * beta)) == 0
    assert sp.simplify(step - ((1 + beta) * s - beta * s**3)) == 0
    W = RNG.normal(size=(4, 4)) / 3
    U, sigma, Vt = np.linalg.svd(W)
    after = unsupervised.orthogonality_step(W, 0.1)
    assert np.allclose(U.T @ after @ Vt.T, np.diag(sigma + 0.1 * sigma * (1 - sigma**2)))


@pytest.mark.equation("eq-criterion")
def test_criterion():
    X, Y = RNG.normal(size=(2, 25, 6))
    W = scipy.stats.ortho_group.rvs(6, random_state=1)
    rows, total = alignment.csls(X @ W, Y, 10)[0][:, 0], 0.0
    for i, j in enumerate(rows):
        total += 1 - scipy.spatial.distance.cosine(X[i] @ W, Y[j])
    assert unsupervised.criterion(X, Y, W) == pytest.approx(total / 25)


@pytest.mark.equation("eq-gram-turned")
def test_gram_turned():
    X, Q, P = RNG.normal(size=(7, 3)), scipy.stats.ortho_group.rvs(3, random_state=2), np.eye(7)[RNG.permutation(7)]
    Y = P @ X @ Q
    assert np.allclose(Y @ Y.T, P @ X @ X.T @ P.T)


@pytest.mark.equation("eq-profile")
def test_profile():
    """The root is the one symmetric matrix without negative eigenvalues whose square is XXᵀ."""
    X = RNG.normal(size=(8, 3))
    U, s, _ = np.linalg.svd(X, full_matrices=False)
    root = (U * s) @ U.T
    assert np.allclose(root @ root, X @ X.T) and np.allclose(root, root.T) and np.linalg.eigvalsh(root).min() > -1e-9
    by_eigen = np.linalg.eigh(X @ X.T)
    other = (by_eigen[1] * np.sqrt(np.clip(by_eigen[0], 0, None))) @ by_eigen[1].T
    assert np.allclose(unsupervised.similarity_profile(X), alignment.normalise(np.sort(other, axis=1)), atol=1e-6)


@pytest.mark.equation("eq-objective", "eq-self-learning")
def test_self_learning_raises_its_objective():
    """Two words' partners and all orthogonal maps of the plane tried out: each half-step is the best for the other half fixed."""
    X, Y = (alignment.normalise(RNG.normal(size=(5, 2))) for _ in range(2))
    total = lambda W, D: sum((X[i] @ W) @ Y[j] for i, j in enumerate(D))
    D = (2, 0, 1, 1, 4)
    W = alignment.procrustes(X, Y[list(D)])
    for t in np.linspace(0, 2 * np.pi, 721):
        turn = np.array([[np.cos(t), np.sin(t)], [-np.sin(t), np.cos(t)]])
        assert total(turn, D) <= total(W, D) + 1e-9 and total(turn * [1, -1], D) <= total(W, D) + 1e-9
    best = tuple((X @ W @ Y.T).argmax(axis=1))
    assert max(total(W, E) for E in itertools.product(range(5), repeat=5)) == pytest.approx(total(W, best))
