"""The labelled equations of "Variational autoencoders, and noise taken away", by an independent route each."""

import numpy as np
import pytest
import sympy as sp
from scipy import integrate, stats

from lib.unsupervised.demos.variational import random_coder, random_flow
from lib.unsupervised.exercises.variational import divergence_of_a_code, drawn_codes, flow_pair
from lib.unsupervised.generative import flow, training, variational

RNG = np.random.default_rng(12)
IMAGES = RNG.uniform(size=(3, 14, 14)).round(1)


def log_p(model, x, z):
    """log p(x|z) and log p(z) at many codes, by scipy's distributions."""
    p = 1 / (1 + np.exp(-model.scores(z)))
    return (x * np.log(p) + (1 - x) * np.log(1 - p)).sum(axis=1), stats.norm.logpdf(z).sum(axis=1)


@pytest.mark.equation("eq-latent-model")
@pytest.mark.equation("eq-picture-loss")
@pytest.mark.equation("eq-elbo")
def test_the_bound_lies_below_the_integral_by_the_divergence_from_the_posterior():
    model = random_coder()
    x = IMAGES[0].ravel()
    side = np.linspace(-7, 7, 281)
    z = np.stack(np.meshgrid(side, side, indexing="ij"), axis=-1).reshape(-1, 2)
    loss = -variational.picture_loss(model.scores(z), np.repeat(x[None], len(z), axis=0))
    by_scipy, prior = log_p(model, x, z)
    np.testing.assert_allclose(loss, by_scipy, atol=1e-9)
    cell = (side[1] - side[0]) ** 2
    px = np.exp(loss + prior).sum() * cell
    (mu,), (log_var,) = model.encode(IMAGES[:1])
    log_q = stats.norm.logpdf(z, mu, np.exp(log_var / 2)).sum(axis=1)
    q = np.exp(log_q)
    assert q.sum() * cell == pytest.approx(1, abs=1e-6)
    bound = (q * loss).sum() * cell - variational.gaussian_kl(mu, log_var).sum()
    posterior = loss + prior - np.log(px)
    gap = (q * (log_q - posterior)).sum() * cell
    assert gap > 0
    assert np.log(px) - bound == pytest.approx(gap, abs=1e-6)
    draws = [model.terms(IMAGES[:1], np.random.default_rng(k)) for k in range(2000)]
    estimates = np.array([-a[0] - b.sum() for a, b in draws])
    assert estimates.mean() == pytest.approx(bound, abs=5 * estimates.std() / np.sqrt(2000))


@pytest.mark.equation("eq-gaussian-kl")
@pytest.mark.parametrize(("mu", "sigma"), [(0.0, 1.0), (1.5, 0.4), (-0.7, 2.0)])
def test_the_divergence_by_quadrature(mu, sigma):
    q, p = stats.norm(mu, sigma), stats.norm()
    by_hand, _ = integrate.quad(lambda z: q.pdf(z) * (q.logpdf(z) - p.logpdf(z)), mu - 10 * sigma, mu + 10 * sigma)
    assert variational.gaussian_kl([mu], [2 * np.log(sigma)])[0] == pytest.approx(by_hand, abs=1e-8)
    both = divergence_of_a_code.function(np.full((1, 2), mu), np.full((1, 2), 2 * np.log(sigma)))
    assert both[0] == pytest.approx(2 * by_hand, abs=1e-8)


@pytest.mark.equation("eq-score-gradient")
@pytest.mark.equation("eq-path-gradient")
@pytest.mark.equation("eq-gradient-variances")
def test_both_gradients_and_their_variances_by_symbols():
    e, mu, sigma, c = sp.symbols("e mu sigma c", real=True)

    def mean(expression):  # over e from N(0, 1), of a polynomial
        out = 0
        for (power,), coefficient in sp.Poly(sp.expand(expression), e).terms():
            out += coefficient * (0 if power % 2 else sp.factorial2(power - 1) if power else 1)
        return sp.expand(out)

    z = mu + sigma * e
    for f in (lambda z: z**2 + c, lambda z: z**3 - 2 * z):
        wanted = sp.diff(mean(f(z)), mu)
        slope = sp.diff(f(mu), mu).subs(mu, z)
        assert sp.simplify(mean(f(z) * e / sigma) - wanted) == 0  # (z − μ)/σ² = e/σ
        assert sp.simplify(mean(slope) - wanted) == 0
        assert sp.simplify(mean(slope * e) - sp.diff(mean(f(z)), sigma)) == 0
    one = {mu: 1, sigma: 1}
    by_score, by_path = ((z**2 + c) * e).subs(one), (2 * z).subs(one)
    a = 1 + c
    assert sp.expand(mean(by_score**2) - mean(by_score) ** 2 - (a**2 + 6 * a + 23)) == 0
    assert mean(by_path**2) - mean(by_path) ** 2 == 4


@pytest.mark.equation("eq-beta")
def test_the_loss_that_is_trained():
    import torch

    settings = [training.Setting(3, beta=2.5)]
    model = training.Coders(2, 4, [torch.Generator().manual_seed(3)])
    noise = torch.tensor(RNG.normal(size=(1, 3, 2)), dtype=torch.float32)
    x = torch.tensor(IMAGES.reshape(1, 3, -1), dtype=torch.float32)
    terms = training._losses(model, x, noise, settings)[:, 0].detach().numpy()
    ours = variational.Variational(model.weights(0))
    mu, log_var = ours.encode(IMAGES)
    z = drawn_codes.function(mu, log_var, noise[0].numpy())
    loss = variational.picture_loss(ours.scores(z), IMAGES.reshape(3, -1)).mean()
    kl = variational.gaussian_kl(mu, log_var).sum(axis=1).mean()
    assert terms[0] + 2.5 * terms[1] == pytest.approx(loss + 2.5 * kl, rel=1e-5)


@pytest.mark.equation("eq-between")
def test_places_between_noise_and_data():
    data, noise, t = RNG.normal(size=(5, 3)), RNG.normal(size=(5, 3)), RNG.uniform(size=5)
    place, velocity = flow_pair.function(data, noise, t)
    np.testing.assert_allclose(flow.between(data, noise, t), place)
    later = flow.between(data, noise, t + 1e-6)
    np.testing.assert_allclose((later - place) / 1e-6, velocity, atol=1e-6)


@pytest.mark.equation("eq-flow-loss")
@pytest.mark.equation("eq-exact-velocity")
def test_the_exact_velocity_is_the_mean_over_lines_through_a_place():
    points, t = np.array([[-1.0], [0.5], [2.0]]), 0.4
    rng = np.random.default_rng(0)
    x1, x0 = points[rng.integers(3, size=2_000_000), 0], rng.standard_normal(2_000_000)
    xt = (1 - t) * x0 + t * x1
    for place in (-0.8, 0.1, 0.9):
        near = np.abs(xt - place) < 0.01
        seen = (x1 - x0)[near]
        ours = flow.exact_velocity(points, [[place]], t)[0, 0]
        assert ours == pytest.approx(seen.mean(), abs=5 * seen.std() / np.sqrt(near.sum()) + 0.02)
        for other in (ours - 0.1, ours + 0.1):  # no other guess has a smaller squared error
            assert np.mean((seen - seen.mean()) ** 2) <= np.mean((seen - other) ** 2)


@pytest.mark.equation("eq-same-flow")
@pytest.mark.equation("eq-euler-step")
def test_followers_lie_as_the_lines_places_do():
    points = np.array([[-1.5], [0.5], [1.0]])
    rng = np.random.default_rng(1)
    n, steps = 40_000, 200
    x1, x0 = points[rng.integers(3, size=n)], rng.standard_normal((n, 1))
    walk = flow.follow(lambda x, t: flow.exact_velocity(points, x, t), rng.standard_normal((n, 1)), steps)
    np.testing.assert_allclose(walk[1], walk[0] + flow.exact_velocity(points, walk[0], 0.0) / steps)
    for k in (60, 120, 180):
        t = k / steps
        places = (1 - t) * x0 + t * x1
        for power in (1, 2, 3):
            theirs, ours = places**power, walk[k] ** power
            assert ours.mean() == pytest.approx(theirs.mean(), abs=6 * theirs.std() / np.sqrt(n) + 0.02)
    ends = np.abs(walk[-1] - points.T).min(axis=1)
    assert ends.max() < 1e-6
    shares = np.bincount(np.abs(walk[-1] - points.T).argmin(axis=1), minlength=3) / n
    np.testing.assert_allclose(shares, 1 / 3, atol=0.03)


@pytest.mark.equation("eq-guidance")
def test_guidance_goes_further_along_the_difference():
    model, x, digits = random_flow(), RNG.normal(size=(3, 196)), np.array([1, 5, 9])
    told, free = model(x, 0.6, digits), model(x, 0.6, [-1, -1, -1])
    np.testing.assert_allclose(model.guided(x, 0.6, digits, 3.0), 3 * told - 2 * free, atol=1e-12)
