"""The labelled equations of "The block, and the whole Transformer", by an independent route each."""

import math

import numpy as np
import pytest
import sympy as sp
import torch

from lib.transformers import blocks
from lib.transformers import transformer as tf
from lib.transformers.exercises import annotated_norm, normed_before

RNG = np.random.default_rng(23)


def norm(x):
    return torch.nn.functional.layer_norm(torch.tensor(x), x.shape[-1:]).numpy()


@pytest.mark.equation("eq-around-a-part")
@pytest.mark.equation("eq-residual-gradient")
def test_the_way_past_is_the_identity_in_the_product():
    """Three parts: the product of I + J, taken apart, and autograd through x + tanh(x A)."""
    A = [torch.tensor(RNG.normal(size=(3, 3)) / 2) for _ in range(3)]
    x0 = torch.tensor(RNG.normal(size=3))

    def run(x):
        for a in A:
            x = x + torch.tanh(a @ x)
        return x

    x, J = x0, []
    for a in A:
        J.append(torch.autograd.functional.jacobian(lambda v, a=a: torch.tanh(a @ v), x).numpy())
        x = x + torch.tanh(a @ x)
    eye, (a, b, c) = np.eye(3), J
    expanded = eye + a + b + c + c @ b + c @ a + b @ a + c @ b @ a
    whole = torch.autograd.functional.jacobian(run, x0).numpy()
    assert np.allclose(whole, (eye + c) @ (eye + b) @ (eye + a)) and np.allclose(whole, expanded)


@pytest.mark.equation("eq-feed-forward")
def test_the_network_is_two_linear_layers_with_a_bend_between():
    W = {
        "W1": RNG.normal(size=(3, 7)),
        "b1": RNG.normal(size=7),
        "W2": RNG.normal(size=(7, 3)),
        "b2": RNG.normal(size=3),
    }
    x = RNG.normal(size=(2, 4, 3))
    t = {name: torch.tensor(value) for name, value in W.items()}
    hidden = torch.nn.functional.linear(torch.tensor(x), t["W1"].T, t["b1"])
    for name, bend in (("relu", torch.relu), ("gelu", torch.nn.GELU()), ("gelu_tanh", torch.nn.GELU("tanh"))):
        wanted = torch.nn.functional.linear(bend(hidden), t["W2"].T, t["b2"]).numpy()
        assert np.allclose(blocks.feed_forward(x, W, name).outputs, wanted, rtol=1e-9)


@pytest.mark.equation("eq-gelu-tanh")
def test_the_tanh_form_is_the_formula_and_near_the_other():
    z = sp.symbols("z")
    formula = z / 2 * (1 + sp.tanh(sp.sqrt(2 / sp.pi) * (z + sp.Rational(44715, 10**6) * z**3)))
    for value in (-3, -0.5, 0, 1, 4):
        assert float(blocks.gelu_tanh(value)) == pytest.approx(float(formula.subs(z, value)), abs=1e-12)
        slope = float(sp.diff(formula, z).subs(z, value))
        assert float(blocks.gelu_tanh_slope(value)) == pytest.approx(slope, abs=1e-12)


@pytest.mark.equation("eq-post-norm")
@pytest.mark.equation("eq-pre-norm")
def test_where_the_norm_stands():
    """With attention's last matrix 0 and b2 alone in the network, a block's two parts give 0 and b2."""
    W, x, b = blocks.random_block(4, 5), RNG.normal(size=(1, 3, 4)), np.array([1.0, -2.0, 0.5, 3.0])
    W["attention"]["Wo"] = np.zeros((4, 4))
    W["ff"] |= {"W2": np.zeros((5, 4)), "b2": b}
    assert np.allclose(blocks.block(x, W, 2, "pre").outputs, x + b)
    assert np.allclose(blocks.block(x, W, 2, "post").outputs, norm(norm(x) + b), rtol=1e-9)
    ends = blocks.stack(x, [W, W], 2, "pre").outputs
    assert np.allclose(ends, norm(x + 2 * b), rtol=1e-9)
    solution = normed_before.function(x[0], [lambda y: 0 * y, lambda y: 0 * y + b], norm)
    assert np.allclose(solution, norm(x[0] + b))


@pytest.mark.equation("eq-first-step")
@pytest.mark.parametrize("order", blocks.ORDERS)
def test_a_short_step_against_the_signs_keeps_the_promise(order):
    """The directional derivative along −sign(slope) is −‖slope‖₁: the share kept goes to 1 linearly in the rate."""
    found = blocks.first_step(4, order, np.array([1e-5, 1e-6]), seed=3)
    off = np.abs(1 - found["happened"] / found["promised"])
    assert off[0] < 0.02 and off[1] < 0.25 * off[0] + 1e-6


@pytest.mark.equation("eq-warm-up")
def test_the_rate_is_largest_where_its_two_forms_meet():
    t, w, D = sp.symbols("t w D", positive=True)
    rises, falls = t * w ** sp.Rational(-3, 2) / sp.sqrt(D), 1 / sp.sqrt(D * t)
    assert sp.simplify(rises.subs(t, w) - 1 / sp.sqrt(D * w)) == 0 and sp.simplify((rises - falls).subs(t, w)) == 0
    for step in (1, 10, 400, 9000):
        wanted = min(float(form.subs({t: step, w: 400, D: 64})) for form in (rises, falls))
        assert float(tf.warm_up_rate(step, 64, 400)) == pytest.approx(wanted)


@pytest.mark.equation("eq-other-norm")
def test_the_other_norm_has_torch_s_std_and_differs_by_a_root_where_epsilon_is_nothing():
    x, gamma, beta = RNG.normal(size=(3, 6)), RNG.normal(size=6), RNG.normal(size=6)
    t = torch.tensor(x)
    wanted = gamma * ((t - t.mean(-1, keepdim=True)) / (t.std(-1, keepdim=True) + 0.1)).numpy() + beta
    assert np.allclose(annotated_norm.function(x, gamma, beta, 0.1), wanted)
    plain = annotated_norm.function(x, np.ones(6), np.zeros(6), 0.0)
    assert np.allclose(plain, math.sqrt(5 / 6) * torch.nn.functional.layer_norm(t, (6,), eps=0.0).numpy())


@pytest.mark.equation("eq-decoder-block")
def test_a_decoder_s_block_has_three_parts():
    """Each part alone, the others silenced: attention to itself, to the memory, the network."""
    W, x, M = blocks.random_block(4, 5, True, 2), RNG.normal(size=(1, 3, 4)), RNG.normal(size=(1, 2, 4))
    silent = {name: {n: np.zeros_like(v) for n, v in W[name].items()} for name in ("attention", "cross", "ff")}
    one = torch.nn.MultiheadAttention(4, 2, batch_first=True).double()
    for name, keys in (("attention", norm(x)), ("cross", M)):
        with torch.no_grad():
            one.in_proj_weight.copy_(torch.tensor(np.vstack([W[name][f"W{n}"].T for n in "qkv"])))
            one.out_proj.weight.copy_(torch.tensor(W[name]["Wo"].T))
        keys = torch.tensor(keys)
        wanted = x + one(torch.tensor(norm(x)), keys, keys)[0].detach().numpy()
        assert np.allclose(blocks.block(x, W | silent | {name: W[name]}, 2, memory=M).outputs, wanted, rtol=1e-6)
    network = W["ff"]
    wanted = x + np.maximum(norm(x) @ network["W1"] + network["b1"], 0) @ network["W2"] + network["b2"]
    assert np.allclose(blocks.block(x, W | silent | {"ff": network}, 2, memory=M).outputs, wanted, rtol=1e-6)


@pytest.mark.equation("eq-block-parameters")
def test_a_block_s_parameters():
    for D, F in ((4, 5), (32, 64)):
        module = torch.nn.TransformerEncoderLayer(D, 2, F)
        count = sum(w.numel() for w in module.parameters())
        assert count == (4 * D**2 + 4 * D) + (2 * D * F + F + D) + 2 * (2 * D)
        assert count == sum(v.size for part in blocks.random_block(D, F).values() for v in part.values())


@pytest.mark.equation("eq-smoothed-targets")
@pytest.mark.equation("eq-smoothed-loss")
@pytest.mark.equation("eq-smoothed-slope")
def test_smoothed_targets_their_loss_and_its_slope():
    z, V, y, eps = RNG.normal(size=5), 5, 3, 0.2
    logs = torch.tensor(z).log_softmax(0).numpy()
    wanted = -(1 - eps) * logs[y] - eps / V * logs.sum()
    loss, slope = tf.smoothed_cross_entropy(z[None], [y], eps)
    assert loss == pytest.approx(wanted) and loss == pytest.approx(-(tf.smoothed_targets([y], V, eps)[0] * logs).sum())
    by_differences = [
        (tf.smoothed_cross_entropy((z + h)[None], [y], eps)[0] - tf.smoothed_cross_entropy((z - h)[None], [y], eps)[0]) / 2e-5
        for h in 1e-5 * np.eye(V)
    ]  # fmt: skip
    assert np.allclose(slope[0], by_differences, atol=1e-8)


@pytest.mark.equation("eq-smoothed-optimum")
def test_the_optimum_is_found_by_going_downhill():
    V, eps, z = 6, 0.3, np.zeros((1, 6))
    for _ in range(3000):
        z = z - 2 * tf.smoothed_cross_entropy(z, [2], eps)[1]
    gap = z[0, 2] - np.delete(z[0], 2)
    assert np.allclose(gap, math.log(1 + V * (1 - eps) / eps), atol=1e-6)
    q = tf.smoothed_targets([2], V, eps)[0]
    assert tf.smoothed_cross_entropy(z, [2], eps)[0] == pytest.approx(-(q * np.log(q)).sum())
