"""Variational autoencoders and flows: numpy's passes against PyTorch's, what each slip changes, and bad input."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch.distributions import Independent, Normal, kl_divergence

from lib.convnets import digits
from lib.unsupervised.demos.variational import random_coder, random_flow
from lib.unsupervised.generative import flow, training, variational
from lib.unsupervised.generative.training import Setting

RNG = np.random.default_rng(5)
IMAGES = RNG.uniform(size=(6, 14, 14))


def test_the_divergence_is_pytorchs():
    mu, log_var = RNG.normal(size=(2, 5, 3))
    q = Independent(Normal(torch.tensor(mu), torch.tensor(np.exp(log_var / 2))), 1)
    p = Independent(Normal(torch.zeros(5, 3, dtype=torch.float64), torch.ones(5, 3, dtype=torch.float64)), 1)
    np.testing.assert_allclose(
        variational.gaussian_kl(mu, log_var).sum(axis=1), kl_divergence(q, p).numpy(), atol=1e-12
    )


def test_a_pictures_loss_is_pytorchs():
    scores, x = RNG.normal(size=(4, 7)) * 5, RNG.uniform(size=(4, 7))
    theirs = F.binary_cross_entropy_with_logits(torch.tensor(scores), torch.tensor(x), reduction="none").sum(1)
    np.testing.assert_allclose(variational.picture_loss(scores, x), theirs.numpy(), atol=1e-12)


def coders(*settings, code=3):
    generators = [torch.Generator().manual_seed(s.seed) for s in settings]
    return training.Coders(code, 5, generators)


def test_numpys_pass_is_pytorchs():
    model = coders(Setting(1), Setting(2))
    x = torch.tensor(IMAGES.reshape(1, 6, -1).repeat(2, axis=0), dtype=torch.float32)
    mu, log_var = model.encode(x)
    for k in (0, 1):
        ours = variational.Variational(model.weights(k))
        got = ours.encode(IMAGES)
        np.testing.assert_allclose(got[0], mu[k].detach().numpy(), atol=1e-5)
        np.testing.assert_allclose(got[1], log_var[k].detach().numpy(), atol=1e-5)
        z = RNG.normal(size=(4, 3))
        theirs = model.decode(torch.tensor(z[None].repeat(2, axis=0), dtype=torch.float32))[k].detach().numpy()
        np.testing.assert_allclose(ours.scores(z), theirs, atol=1e-5)
        assert ours.decode(z).shape == (4, 14, 14) and 0 <= ours.decode(z).min() <= ours.decode(z).max() <= 1


def test_a_model_among_many_trains_as_it_does_alone():
    settings = [Setting(3), Setting(4, 2.0), Setting(5, slip="no noise")]
    together = training.train_variational(IMAGES, settings, code=2, count=5, hidden=6, batch=4)
    for setting, weights in zip(settings, together, strict=True):
        (alone,) = training.train_variational(IMAGES, [setting], code=2, count=5, hidden=6, batch=4)
        for name, value in alone.items():
            np.testing.assert_allclose(weights[name], value, atol=1e-6)


def losses(slip, noise):
    """The two terms that training sees, of one model whose weights are the same for each slip."""
    settings = [Setting(7, slip=slip)]
    model = coders(*settings)
    x = torch.tensor(IMAGES.reshape(1, 6, -1), dtype=torch.float32)
    return model, training._losses(model, x, noise, settings)[:, 0]


@pytest.mark.parametrize("slip", training.SLIPS)
def test_each_slip_changes_what_its_name_says(slip):
    noise = torch.randn(1, 6, 3, generator=torch.Generator().manual_seed(1))
    model, right = losses("", noise)
    mu, log_var = model.encode(torch.tensor(IMAGES.reshape(1, 6, -1), dtype=torch.float32))
    x = torch.tensor(IMAGES.reshape(1, 6, -1), dtype=torch.float32)

    def picture(z):
        return F.binary_cross_entropy_with_logits(model.decode(z), x, reduction="none").sum(2).mean()

    picture_right = picture(mu + (log_var / 2).exp() * noise)
    kl = ((mu**2 + log_var.exp() - 1 - log_var) / 2).sum(2).mean()
    assert torch.allclose(right, torch.stack([picture_right, kl]), rtol=1e-5)
    wanted = {
        "sign of the divergence": (picture_right, -kl),
        "half forgotten": (picture_right, 2 * kl),
        "log σ² taken for log σ": (picture(mu + log_var.exp() * noise), kl),
        "mean over pixels": (picture_right / 196, kl),
        "draw without gradient": (picture_right, kl),
        "no noise": (picture(mu), kl),
        "sigmoid twice": (
            F.binary_cross_entropy_with_logits(
                torch.sigmoid(model.decode(mu + (log_var / 2).exp() * noise)), x, reduction="none"
            )
            .sum(2)
            .mean(),
            kl,
        ),
        "one noise for all": (picture(mu + (log_var / 2).exp() * noise[:, :1]), kl),
    }[slip]
    slipped_model, slipped = losses(slip, noise)
    assert torch.allclose(slipped, torch.stack(wanted), rtol=1e-5)
    slipped[0].backward()
    reaches = (
        float(slipped_model.layers["mean"].W.grad.abs().max())
        if slipped_model.layers["mean"].W.grad is not None
        else 0.0
    )
    assert (reaches == 0) == (slip == "draw without gradient")


def test_a_few_steps_lower_the_bound():
    X = np.repeat(IMAGES[:2].round(), 16, axis=0)
    before, after = (
        variational.Variational(training.train_variational(X, [Setting(0)], 2, count, hidden=16, batch=8)[0])
        for count in (1, 150)
    )

    def bound(model):
        loss, kl = model.terms(X, np.random.default_rng(0))
        return loss.mean() + kl.sum(axis=1).mean()

    assert bound(after) < 0.8 * bound(before)


def test_numpys_flow_is_pytorchs():
    torch.manual_seed(2)
    model = training.Velocity(6)
    weights = {
        name.removeprefix("layers.").replace("weight", "W").replace("bias", "b"): (p.T if p.ndim == 2 else p)
        .detach()
        .double()
        .numpy()
        for name, p in model.named_parameters()
    }
    x, digits = RNG.normal(size=(4, 196)), np.array([3, -1, 0, 9])
    told = torch.zeros(4, 10)
    for row, digit in enumerate(digits):
        if digit >= 0:
            told[row, digit] = 1
    theirs = model(torch.tensor(x, dtype=torch.float32), torch.full((4,), 0.3), told).detach().numpy()
    ours = flow.Flow(weights)
    np.testing.assert_allclose(ours(x, 0.3, digits), theirs, atol=1e-5)
    np.testing.assert_allclose(ours.guided(x, 0.3, digits, 1.0), ours(x, 0.3, digits), atol=1e-12)
    np.testing.assert_allclose(ours.guided(x, 0.3, digits, 0.0), ours(x, 0.3, np.full(4, -1)), atol=1e-12)


def test_a_flow_learns_one_picture():
    X = np.repeat(IMAGES[:1], 8, axis=0)
    weights = training.train_flow(X, np.full(8, 4), seed=0, count=300, hidden=256, batch=32)
    model = flow.Flow(weights)
    noise = RNG.normal(size=(5, 196))
    made = flow.follow(lambda x, t: model(x, t, np.full(5, 4)), noise, 20)[-1]
    target = 2 * IMAGES[0].ravel() - 1
    assert np.all(np.linalg.norm(made - target, axis=1) < 0.65 * np.linalg.norm(noise - target, axis=1))


def test_halves():
    images = RNG.integers(256, size=(2, 4, 6))
    small = digits.halved(images)
    assert small.shape == (2, 2, 3)
    assert small[1, 0, 2] == pytest.approx(images[1, :2, 4:].mean() / 255)


def without(weights, name):
    return {k: v for k, v in weights.items() if k != name}


@pytest.mark.parametrize("make", [random_coder, random_flow])
def test_missing_and_cut_weights_are_refused(make):
    model = make()
    for name, value in model.weights.items():
        for bad in (without(model.weights, name), {**model.weights, name: value[:-1]}):
            with pytest.raises(ValueError, match="must have shape"):
                type(model)(bad)


CODER, FLOW = random_coder(), random_flow()


@pytest.mark.parametrize(
    ("act", "kind", "match"),
    [
        (lambda: digits.halved(np.ones((1, 3, 4))), ValueError, "even"),
        (lambda: digits.halved(np.ones((3, 4))), ValueError, "3 axes"),
        (lambda: variational.gaussian_kl([1.0], [1.0, 2.0]), ValueError, "same shape"),
        (lambda: variational.gaussian_kl([1.0], [1e4]), ValueError, "range of floats"),
        (lambda: variational.picture_loss([[1.0]], [[2.0]]), ValueError, "from 0 to 1"),
        (lambda: variational.picture_loss([[1.0]], [[0.5, 0.5]]), ValueError, "same shape"),
        (lambda: variational.live_dimensions([1.0]), ValueError, "matrix"),
        (lambda: CODER.encode(np.ones((1, 28, 28))), ValueError, "14 × 14"),
        (lambda: CODER.decode(np.ones((1, 3))), ValueError, "2 columns"),
        (lambda: CODER.terms(IMAGES, 0), TypeError, "Generator"),
        (lambda: FLOW(np.ones((2, 195)), 0.5, [1, 2]), ValueError, "196"),
        (lambda: FLOW(np.ones((2, 196)), 1.5, [1, 2]), ValueError, "at most 1"),
        (lambda: FLOW(np.ones((2, 196)), 0.5, [1, 10]), ValueError, "−1 to 9"),
        (lambda: FLOW(np.ones((2, 196)), 0.5, [1]), ValueError, "2 numbers"),
        (lambda: FLOW(np.ones((2, 196)), 0.5, [0.5, 1]), TypeError, "whole"),
        (lambda: FLOW.guided(np.ones((1, 196)), 0.5, [1], -1), ValueError, "strength"),
        (lambda: flow.between(np.ones((2, 3)), np.ones((2, 2)), np.ones(2)), ValueError, "one shape"),
        (lambda: flow.between(np.ones((2, 3)), np.ones((2, 3)), [0.5, 1.5]), ValueError, "from 0 to 1"),
        (lambda: flow.exact_velocity(np.ones((2, 3)), np.ones((2, 2)), 0.5), ValueError, "as many columns"),
        (lambda: flow.exact_velocity(np.ones((2, 3)), np.ones((2, 3)), 1), ValueError, "below 1"),
        (lambda: flow.follow(3, np.ones((1, 2)), 5), TypeError, "function"),
        (lambda: flow.follow(lambda x, t: x, np.ones((1, 2)), 0), ValueError, "count"),
        (lambda: Setting(slip="a typo"), ValueError, "slip must be one of"),
    ],
)
def test_bad_input_is_refused(act, kind, match):
    with pytest.raises(kind, match=match):
        act()
