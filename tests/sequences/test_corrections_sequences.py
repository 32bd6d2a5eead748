"""The corrections to the sources' passages on sequences: what they say failing, what is right holding."""

import numpy as np
import pytest
import sympy as sp

from lib.sequences import layers

RNG = np.random.default_rng(11)


def test_the_sum_over_steps_holds_for_immediate_derivatives_only():
    """With the total derivatives on the right the sum counts each use of the weight several times."""
    w = sp.symbols("w")
    h1 = sp.Integer(1)
    h2 = w * h1 + 1
    h3 = w * h2 + 1
    immediate = w * h1 + h2  # k = 2 carried over one step, and k = 3
    total = w**2 * sp.diff(h1, w) + w * sp.diff(h2, w) + sp.diff(h3, w)
    assert sp.expand(sp.diff(h3, w) - immediate) == 0
    assert sp.expand(sp.diff(h3, w) - total) != 0


def test_each_step_s_loss_has_its_own_prediction():
    """(1/T) Σ l(y_t, ŷ) with one ŷ for all steps is another number than with ŷ_t, and has another slope."""
    y, y_hat = RNG.normal(size=5), RNG.normal(size=5)
    with_own = np.mean((y - y_hat) ** 2)
    assert all(np.mean((y - one) ** 2) != pytest.approx(with_own) for one in y_hat)


def test_a_gate_has_an_entry_for_every_unit():
    """A gate that is one number cannot keep one unit and renew another; the GRU's can."""
    ((W,),) = layers.random_stack("GRU", 1, 2)
    W["bx"][2:4] = [50.0, -50.0]  # z = (1, 0), whatever comes in
    h0 = np.array([[[0.3, 0.3]]])
    after = layers.forward("GRU", [[W]], np.ones((1, 1, 1)), h0=h0).h[0, 0]
    assert after[0] == pytest.approx(0.3) and abs(after[1] - 0.3) > 0.05


def test_the_reset_gate_has_input_weights_of_its_own():
    """With z's input weights in r's place, r and z can never tell one input from another in different ways."""
    stack = layers.random_stack("GRU, reset before, z takes", 3, 4)
    shared = [[{name: value.copy() for name, value in stack[0][0].items()}]]
    shared[0][0]["Wx"][:, :4] = shared[0][0]["Wx"][:, 4:8]
    X = RNG.normal(size=(1, 5, 3))
    one, other = (layers.forward("GRU, reset before, z takes", s, X).outputs for s in (stack, shared))
    assert np.abs(one - other).max() > 1e-3
    shapes = {name: value.shape for name, value in stack[0][0].items()}
    assert shapes["Wx"] == (3, 12)  # three matrices (3, 4), not two


def test_what_is_kept_is_one_minus_z_and_turning_z_is_the_same_cell():
    """With h ← (1 − z) h + z h̃ and z near 1 nothing is kept; with z h + (1 − z) h̃ and the signs of z's weights turned it is the same cell."""
    ((W,),) = layers.random_stack("GRU, reset before", 1, 2)
    W["bx"][2:4] = 50.0  # z = 1
    h0, x = np.array([[[0.9, -0.9]]]), np.zeros((1, 1, 1))
    assert np.allclose(layers.forward("GRU, reset before", [[W]], x, h0=h0).h, h0)
    W["Wh"][:] = 0.0  # so that the candidate knows nothing of the state
    one, other = (layers.forward("GRU, reset before, z takes", [[W]], x, h0=h).h for h in (h0, -h0))
    assert np.allclose(one, other)
    ((W,),) = layers.random_stack("GRU, reset before", 3, 4)
    turned = {name: value.copy() for name, value in W.items()}
    for value in turned.values():
        value[..., 4:8] *= -1
    X = RNG.normal(size=(2, 5, 3))
    keeps = layers.forward("GRU, reset before", [[W]], X).outputs
    assert np.allclose(keeps, layers.forward("GRU, reset before, z takes", [[turned]], X).outputs, atol=1e-13)
    assert not np.allclose(keeps, layers.forward("GRU, reset before, z takes", [[W]], X).outputs, atol=1e-2)


def test_mut1_needs_inputs_as_wide_as_its_state():
    with pytest.raises(ValueError, match="3 inputs do not fit 4 units"):
        layers.random_stack("MUT1", 3, 4)
    assert layers.random_stack("MUT3", 3, 4)


def test_one_printed_perplexity_is_not_that_of_its_loss():
    losses = [4.582, 4.399, 4.606, 4.444, 4.411, 4.380, 4.519, 4.550, 4.503, 4.494]
    printed = [97.7, 81.4, 100.8, 85.1, 82.3, 79.83, 91.7, 94.6, 90.2, 89.47]
    off = np.abs(np.exp(losses) - printed)
    assert off[2] == pytest.approx(0.71, abs=0.02) and np.delete(off, 2).max() < 0.15
