"""Every optimiser against torch.optim over 100 steps, schedules against torch's, and the limit of stability."""

import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.losses import backprop, demos
from lib.losses import optimisers as o

seeds = st.integers(0, 10**6)
PAIRS = {  # name: (ours, torch's), of a rate
    "gradient descent": (lambda r: o.GradientDescent(r), lambda p, r: torch.optim.SGD(p, lr=r)),
    "momentum": (lambda r: o.Momentum(r, 0.8), lambda p, r: torch.optim.SGD(p, lr=r, momentum=0.8)),
    "Nesterov": (lambda r: o.Nesterov(r, 0.8), lambda p, r: torch.optim.SGD(p, lr=r, momentum=0.8, nesterov=True)),
    "AdaGrad": (lambda r: o.AdaGrad(r), lambda p, r: torch.optim.Adagrad(p, lr=r)),
    "RMSProp": (lambda r: o.RMSProp(r), lambda p, r: torch.optim.RMSprop(p, lr=r)),
    "Adam": (lambda r: o.Adam(r), lambda p, r: torch.optim.Adam(p, lr=r)),
    "Adam with L2": (lambda r: o.Adam(r, lam=0.1), lambda p, r: torch.optim.Adam(p, lr=r, weight_decay=0.1)),
    "AdamW": (lambda r: o.AdamW(r, lam=0.1), lambda p, r: torch.optim.AdamW(p, lr=r, weight_decay=0.1)),
}


def problem(seed):
    """A random convex problem with a bend: ‖Aw − y‖²/(2N) + mean log cosh w, in numpy and in torch."""
    rng = np.random.default_rng(seed)
    A, y = rng.normal(size=(12, 4)) * np.logspace(-1, 0.5, 4), rng.normal(size=12)

    def gradient(w):
        return A.T @ (A @ w - y) / 12 + np.tanh(w) / 4

    def loss(w):
        return ((torch.tensor(A) @ w - torch.tensor(y)) ** 2).sum() / 24 + torch.log(torch.cosh(w)).mean()

    return gradient, loss, rng.normal(size=4)


@pytest.mark.parametrize("name", PAIRS)
@settings(max_examples=15)
@given(seed=seeds, rate=st.sampled_from([0.001, 0.03, 0.1]))
def test_a_hundred_steps_are_torchs(name, seed, rate):
    gradient, loss, start = problem(seed)
    ours, theirs = PAIRS[name]
    w = torch.tensor(start, requires_grad=True)
    optimiser = theirs([w], rate)
    path = o.minimise(gradient, start, ours(rate), 100)
    for t in range(100):
        optimiser.zero_grad()
        loss(w).backward()
        optimiser.step()
        assert np.allclose(path[t + 1], w.detach().numpy(), rtol=1e-6, atol=1e-6), t


@given(seed=seeds)
def test_nesterovs_two_forms_are_one(seed):
    """The paper's gradient at the point ahead, and the libraries' form, walk the same path seen from that point."""
    gradient, _, start = problem(seed)
    rate, beta, w, h = 0.03, 0.8, start.copy(), np.zeros(4)
    ours = o.minimise(gradient, start, o.Nesterov(rate, beta), 50)
    for t in range(50):
        ahead = w - rate * beta * h
        assert np.allclose(ahead, ours[t], atol=1e-10)
        h = beta * h + gradient(ahead)
        w = w - rate * h


@given(seed=seeds, scale=st.sampled_from([1e-3, 1.0, 1e4]))
def test_adam_does_not_see_the_scale_of_the_loss(seed, scale):
    gradient, _, start = problem(seed)
    one = o.minimise(gradient, start, o.Adam(0.01, eps=1e-30), 40)
    other = o.minimise(lambda w: scale * gradient(w), start, o.Adam(0.01, eps=1e-30), 40)
    assert np.allclose(one, other, atol=1e-8)


def test_adamw_shrinks_all_weights_alike_and_adam_with_l2_does_not():
    g = np.array([10.0, 0.001])
    gap = {}
    for name, make in (("AdamW", o.AdamW), ("Adam", o.Adam)):
        with_decay, without = make(0.1, lam=0.5), make(0.1, lam=0.0)
        gap[name] = with_decay(np.ones(2), g) - without(np.ones(2), g)
    assert np.allclose(gap["AdamW"], -0.05) and np.abs(gap["Adam"]).max() < 1e-3


def test_schedules_are_torchs():
    w = torch.zeros(1, requires_grad=True)
    optimiser = torch.optim.SGD([w], lr=1.0)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=30)
    for t in range(30):
        assert o.cosine(t, 30) == pytest.approx(schedule.get_last_lr()[0], abs=1e-12)
        optimiser.step()
        schedule.step()
    warmed = o.warm_up(o.cosine, 10)
    assert [warmed(t, 40) for t in (0, 4, 9)] == pytest.approx([0.1, 0.5, 1.0])
    assert [warmed(10 + t, 40) for t in (0, 15, 30)] == pytest.approx([1, 0.5, 0])
    assert o.inverse(0, 10) == 1 and o.inverse(10, 10) == pytest.approx(0.1) and o.constant(3, 10) == 1


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9])
def test_the_limit_of_stability_is_found_to_three_digits(seed, beta):
    Q = np.linalg.qr(np.random.default_rng(seed).normal(size=(5, 5)))[0]
    H = Q @ np.diag([0.1, 0.5, 1.0, 3.0, 7.0]) @ Q.T
    H = (H + H.T) / 2
    assert o.largest_stable_rate(H, beta) == pytest.approx(
        o.stability_limit(H, beta), rel=5e-3 if beta == 0.9 else 2e-3
    )


@pytest.mark.parametrize("name", o.SURFACES)
def test_surfaces_have_their_gradients_and_lie_above_zero(name):
    surface = o.SURFACES[name]
    rng = np.random.default_rng(0)
    left, right, bottom, top = surface.box
    for w in rng.uniform((left, bottom), (right, top), (30, 2)):
        differences = backprop.numerical_gradient(lambda v: float(surface.value(v)), w)
        assert np.allclose(surface.gradient(w), differences, atol=1e-6) and surface.value(w) >= -1e-12
    assert all(left < x < right and bottom < y < top for x, y in surface.starts)


def test_train_learns_in_batches_and_gives_the_same_twice():
    X, labels, X_new, labels_new = demos.split_digits()
    start = backprop.random_layers([64, 32, 10])
    runs = [o.train(start, X, labels, o.Adam(0.01), epochs=4, batch=50, seed=1) for _ in range(2)]
    assert (runs[0][1] == runs[1][1]).all() and runs[0][1][-1] < 0.2
    assert np.mean(backprop.forward(runs[0][0], X_new)[-1].argmax(axis=1) == labels_new) > 0.88
    full, _ = o.train(start, X, labels, o.GradientDescent(0.5), epochs=3, batch=len(X))
    again, _ = backprop.gradient_descent(start, X, labels, 0.5, 3)
    assert all(
        np.allclose(a, b) for pair, other in zip(full, again, strict=True) for a, b in zip(pair, other, strict=True)
    )


def test_flying_off_stays_finite():
    path = o.minimise(lambda w: 100 * w, np.ones(2), o.GradientDescent(1.0), 500)
    assert np.isfinite(path).all() and np.abs(path[-1]).max() > 1e50


H, w = np.diag([1.0, 2.0]), np.ones(2)
layers = backprop.random_layers([2, 3, 2])
X, labels = np.ones((4, 2)), np.array([0, 1, 0, 1])
BAD = [
    *[
        (lambda make=make: make(-0.1), ValueError, "rate must be greater than 0, but is -0.1")
        for make in o.OPTIMISERS.values()
    ],
    (lambda: o.GradientDescent(np.nan), ValueError, "rate"),
    (lambda: o.GradientDescent("fast"), TypeError, "rate"),
    (lambda: o.Momentum(0.1, 1.0), ValueError, "beta must be below 1, but is 1"),
    (lambda: o.Nesterov(0.1, -0.5), ValueError, "beta must be at least 0"),
    (lambda: o.AdaGrad(0.1, 0.0), ValueError, "eps"),
    (lambda: o.RMSProp(0.1, 1.5), ValueError, "beta2"),
    (lambda: o.Adam(0.1, beta1=1.0), ValueError, "beta1"),
    (lambda: o.AdamW(0.1, lam=-1.0), ValueError, "lam"),
    (lambda: o.Adam(0.1)(w, np.ones(3)), ValueError, r"w has the shape \(2,\), but its gradient g has \(3,\)"),
    (lambda: o.Adam(0.1)(w, [np.inf, 1.0]), ValueError, "g"),
    (lambda: o.minimise(lambda v: v, w, o.Adam(0.1), 0), ValueError, "steps"),
    (lambda: o.minimise(lambda v: v * np.nan, w, o.Adam(0.1), 3), ValueError, "g"),
    (lambda: o.warm_up(o.cosine, 0), ValueError, "first"),
    (lambda: o.train(layers, X, labels[:3], o.Adam(0.1), 1, 2), ValueError, "4 rows, but there are 3 targets"),
    (lambda: o.train(layers, X, labels, o.Adam(0.1), 1, 0), ValueError, "batch"),
    (lambda: o.train(layers, X, labels, o.Adam(0.1), 0, 2), ValueError, "epochs"),
    (lambda: o.unflatten(np.ones(3), layers), ValueError, "reshape|entries"),
    (lambda: o.unflatten(np.ones(300), layers), ValueError, "300 entries, but the layers have 17"),
    (lambda: o.stability_limit([[1.0, 2.0], [0.0, 1.0]]), ValueError, "symmetric"),
    (lambda: o.stability_limit(-H), ValueError, "eigenvalues"),
    (lambda: o.stability_limit(np.zeros((2, 2))), ValueError, "eigenvalues"),
    (lambda: o.stability_limit(H, 1.0), ValueError, "beta"),
    (lambda: o.largest_stable_rate([[1.0, 2.0]]), ValueError, "square"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()


# ------------------------------------------------------------------------------ what the page says is found in its demos
def race(surface, start, rate):
    """Return the losses of the last five steps, and where each racer ends, by name."""
    rates = {
        n: demos.optimisers._best_rate(surface, start, n) if rate == demos.optimisers.OWN else rate
        for n in demos.optimisers.RACERS
    }
    paths = {n: demos.optimisers._run(surface, start, n, rates[n]) for n in rates}
    return {n: float(demos.optimisers._height(surface, path)[-5:].mean()) for n, path in paths.items()}, paths


@pytest.mark.parametrize("place", [("plateau", 0, 0.3), ("plateau", 1, 0.3), ("plateau", 2, 0.3), ("banana", 2, 0.003)])
def test_where_plain_descent_wins(place):
    losses, _ = race(*place)
    assert min(losses, key=losses.get) == "gradient descent"


def test_who_leaves_the_wrong_hollow():
    def right(start, rate):
        _, paths = race("two hollows", start, rate)
        return {name for name, path in paths.items() if abs(path[-1, 0] - 1) < 0.5}

    assert right(0, 0.01) == right(0, 0.03) == {"momentum"} and right(0, 0.3) == {"Adam"}
    assert all(right(1, rate) == set() for rate in demos.optimisers.RATES) and right(1, demos.optimisers.OWN) == {
        "Adam",
        "RMSProp",
    }
    assert all("momentum" not in right(2, rate) for rate in (0.01, 0.03, 0.07))


def test_who_flies_off_in_the_long_valley():
    def gone(rate):
        losses, _ = race("long valley", 0, rate)
        return {name for name, loss in losses.items() if loss > 1e3}

    assert gone(0.07) == set() and gone(0.1) == {"gradient descent"} and gone(0.3) == {"gradient descent", "momentum"}


def test_losses_below_what_is_shown_are_not_given_digits():
    assert "gradient descent below 10⁻¹²" in str(demos.the_race(surface="plateau", start=2, rate=0.3))


def test_noise_falls_with_the_rate_and_with_the_batch():
    said = {place: float(re.search(r"are ([\d.]+) from", str(demos.batches(batch=place[0], rate=place[1])))[1]) for place in
            ((4, 0.3), (4, 0.03), (64, 0.3), (4, 0.003))}  # fmt: skip
    assert list(said.values()) == pytest.approx([0.42, 0.1, 0.09, 0.7], rel=0.1)
