"""The corrections to the sources' passages on losses and gradients: what they say failing, what is right holding."""

import itertools

import numpy as np
import pytest

from lib.losses import backprop, initialisation, neurons, optimisers, regression

RNG = np.random.default_rng(8)
A, Y, W = RNG.normal(size=(7, 3)), RNG.normal(size=7), RNG.normal(size=3)
DW = RNG.normal(size=3)


def change(f, w, dw, h=1e-6):
    """The directional derivative of f at w along dw, by central differences."""
    return (f(w + h * dw) - f(w - h * dw)) / (2 * h)


# S0 §1


def test_eqs_3_to_9_are_the_differential_of_the_square():
    """2Aᵀ(Aw − b) belongs to ‖·‖², not to ‖·‖; and ⟨A, Aw⟩ pairs a matrix with a vector: it must be ⟨A dw, Aw⟩."""
    right = 2 * (A.T @ (A @ W - Y)) @ DW
    assert change(lambda w: np.sum((A @ w - Y) ** 2), W, DW) == pytest.approx(right, rel=1e-6)
    norm = np.linalg.norm(A @ W - Y)
    assert change(lambda w: np.linalg.norm(A @ w - Y), W, DW) == pytest.approx(right / (2 * norm), rel=1e-6)
    assert (A @ DW) @ (A @ W) == pytest.approx((A.T @ A @ W) @ DW)


def test_before_eq_11_dividing_by_N_divides_the_differential():
    e = A @ W - Y
    assert np.allclose(regression.mse_gradient(A, W, Y), 2 * A.T @ e / 7)
    assert not np.allclose(regression.mse_gradient(A, W, Y), 2 * A.T @ e)
    assert np.allclose(regression.mse_gradient(A, regression.fit_mse(A, Y), Y), 0, atol=1e-12)


def test_eq_14_holds_off_the_kinks_only():
    """Where an error is 0, sign(e)ᵀX Δw misses the |xᵢΔw| that the loss gains on both sides."""
    y = A @ W
    y[1:] += 1.0
    sides = [(regression.mae(A @ (W + s * 1e-7 * DW), y) - regression.mae(A @ W, y)) / 1e-7 for s in (1, -1)]
    formula = np.sign(A @ W - y) @ A @ DW / 7
    assert sides[0] == pytest.approx(formula + abs(A[0] @ DW) / 7, rel=1e-5)
    assert sides[1] == pytest.approx(-formula + abs(A[0] @ DW) / 7, rel=1e-5)


def test_eq_15_needs_targets_other_than_zero():
    with pytest.raises(ValueError, match="target"):
        regression.mape([1.0, 2.0], [0.0, 2.0])


def test_section_3_2_an_inequality_is_a_half_space():
    """In ℝ³ the points with w·x + c > 0 fill half of a box; those with = 0 have no volume."""
    points = RNG.uniform(-1, 1, (20_000, 3))
    score = points @ [1.0, -2.0, 0.5]
    assert 0.48 < np.mean(score > 0) < 0.52 and np.mean(score == 0) == 0


# S2 question 1


def test_question_1_gates_need_their_signs_and_half_thresholds():
    """As printed, y = σ(x₁ + x₂ 1.5) is OR-like; NAND with +1 has (0, 1) and (1, 0) on its line."""
    corners = neurons.CORNERS
    assert (corners @ [1, 1.5] > 0).astype(int).tolist() == [0, 1, 1, 1] != list(neurons.GATES["AND"])
    assert neurons.threshold_unit(corners, [1, 1], -1.5).tolist() == list(neurons.GATES["AND"])
    assert neurons.threshold_unit(corners, [1, 1], -0.5).tolist() == list(neurons.GATES["OR"])
    on_the_line = corners @ [-1.0, -1.0] + 1
    assert (on_the_line == 0).tolist() == [False, True, True, False]
    hidden = np.column_stack([on_the_line > 0, corners @ [1.0, 1.0] - 0.5 > 0]).astype(float)
    assert neurons.threshold_unit(hidden, [1, 1], -1.5).tolist() != list(neurons.GATES["XOR"])
    hidden[:, 0] = neurons.threshold_unit(corners, [-1, -1], 1.5)
    assert neurons.threshold_unit(hidden, [1, 1], -1.5).tolist() == list(neurons.GATES["XOR"])


def test_question_1_the_theorem_needs_a_closed_bounded_set():
    """On the whole line a sum of sigmoids goes flat: the sine is missed by 1 somewhere."""
    network = neurons.staircase(lambda x: np.sin(6 * x), 200)
    assert neurons.largest_error(network, lambda x: np.sin(6 * x)) < 0.02
    x = np.linspace(1, 4, 1000)
    assert np.abs(network(x[:, None]) - np.sin(6 * x)).max() > 1


def test_question_1_the_worked_example():
    n = backprop.neuron([1, 2], [0.5, 0.2], -1.1, 1)
    assert n.s == pytest.approx(0.4502, abs=5e-5) and n.s_by_h == pytest.approx(0.2475, abs=5e-5)
    assert n.by_w[0] == pytest.approx(-0.0680, abs=5e-5) and 0.45**2 == pytest.approx(0.2025)
    differences = backprop.numerical_gradient(lambda w: backprop.neuron(w, [0.5, 0.2], -1.1, 1).loss, [1.0, 2.0])
    assert np.allclose(n.by_w, differences, atol=1e-9)
    assert n.loss == pytest.approx((1 - n.s) ** 2 / 2)  # half the squared error


# S2 question 2


def test_question_2_the_drawbacks_of_mse_and_mae():
    """One target moved far: the mean follows, the median stays. MAE's slope has one size far and near; MSE's fades."""
    y = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    far = np.array([1.0, 2.0, 3.0, 4.0, 500.0])
    one = np.ones((5, 1))
    assert regression.fit_mse(one, far)[0] > 100 and regression.fit_mae(one, far)[0] == pytest.approx(3.0)
    assert regression.fit_mse(one, y)[0] == pytest.approx(3.0)
    sizes = [
        (abs(f(np.ones((1, 1)), [e], [0.0])[0]))
        for f, e in itertools.product((regression.mse_gradient, regression.mae_gradient), (1e-3, 1.0))
    ]
    assert sizes[0] < sizes[1] and sizes[2] == sizes[3]


def test_question_2_epsilon_stands_outside_the_root():
    import torch

    g = 1e-5
    w = torch.tensor([1.0], dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.RMSprop([w], lr=0.1, alpha=0.0, eps=1e-8)
    w.grad = torch.tensor([g], dtype=torch.float64)
    optimiser.step()
    assert 1 - w.item() == pytest.approx(0.1 * g / (g + 1e-8), rel=1e-6)
    assert 0.1 * g / np.sqrt(g**2 + 1e-8) < (1 - w.item()) / 9


def test_question_2_momentum_may_leave_the_better_hollow():
    """From the same place, gradient descent ends in the lower hollow, and momentum flies on into the higher one."""
    ground = optimisers.SURFACES["two hollows"]
    ends = [
        optimisers.minimise(ground.gradient, np.array(ground.starts[2]), make(0.03), 300)[-1, 0]
        for make in (optimisers.GradientDescent, optimisers.Momentum)
    ]
    assert ends[0] == pytest.approx(1, abs=0.05) and ends[1] == pytest.approx(-1, abs=0.1)


def test_question_2_single_samples_converge_when_the_rate_falls():
    """One sample a step: a constant rate stays at a distance, rates like 1/t do not."""
    best = regression.fit_mse(A, Y)
    ends = {}
    for name, schedule in (("constant", optimisers.constant), ("falling", lambda t, steps: 1 / (1 + t / 50))):
        rng = np.random.default_rng(0)

        def gradient(w, rng=rng):
            i = rng.integers(7)
            return 2 * A[i] * (A[i] @ w - Y[i])

        path = optimisers.minimise(gradient, np.zeros(3), optimisers.GradientDescent(0.05), 20_000, schedule)
        ends[name] = np.sqrt(np.mean((path[-200:] - best) ** 2))
    assert ends["falling"] < ends["constant"] / 5


# S2 question 3


def test_question_3_xaviers_weights_do_not_suit_the_sigmoid():
    """With gain 1 the gradient through fifty sigmoid layers is lost; through tanh it arrives."""
    assert initialisation.propagate("sigmoid", 1.0, 50).gradients[0] < 1e-20
    assert initialisation.propagate("tanh", 1.0, 50).gradients[0] > 0.01
