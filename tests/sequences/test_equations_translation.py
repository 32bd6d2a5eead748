"""The labelled equations of "Reading and writing", by an independent route each."""

import numpy as np
import pytest
import sympy as sp
import torch
from torch import nn

from lib.sequences import translation as t
from lib.sequences.translation.training import Network

RNG = np.random.default_rng(23)
SOURCE, TARGET = (*t.MARKS, *"abcd"), (*t.MARKS, *"xyz")


def both(attention, seed=3):
    torch.manual_seed(seed)
    network = Network(attention, len(SOURCE), len(TARGET), d=5, H=6).double()
    return network, t.Translator(attention, network.weights(), SOURCE, TARGET)


def read(network, words):
    """Return the encoder's states (T, H) and its last ones (2, H/2), by PyTorch, with two cells that read one way each."""
    ids = torch.tensor([[*(SOURCE.index(w) for w in words), t.END]])
    with torch.no_grad():
        x, H = network.source(ids), network.encoder.hidden_size
        sides = []
        for suffix in ("", "_reverse"):
            cell = nn.GRU(x.shape[2], H, batch_first=True).double()
            for name in ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"):
                getattr(cell, name).copy_(getattr(network.encoder, name + suffix))
            sides.append(cell(x.flip(1) if suffix else x)[0][0])
    return torch.cat([sides[0], sides[1].flip(0)], 1), torch.stack([side[-1] for side in sides])


def linear(layer, x):
    return x @ layer.weight.T + layer.bias


@pytest.mark.equation("eq-encoder-memory")
def test_the_memory_and_the_first_state():
    """The forward state after the last symbol, and the backward state after the first, make the decoder's first state."""
    network, translator = both("dot")
    memory, last = read(network, "abcad")
    state = translator.start("abcad")
    assert np.allclose(state.memory, memory, rtol=1e-12)
    assert np.allclose(last[0], memory[-1, :3]) and np.allclose(last[1], memory[0, 3:])  # where they stand
    with torch.no_grad():
        wanted = torch.tanh(linear(network.bridge, last.flatten()))
    assert np.allclose(state.h[0], wanted, rtol=1e-12)


@pytest.mark.equation("eq-decoder-step")
def test_a_step_with_a_fixed_context():
    network, translator = both("none")
    state, s0 = translator.start("ba"), translator.start("ba").h
    cell = nn.GRUCell(5 + 6, 6).double()
    with torch.no_grad():
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
            getattr(cell, name).copy_(getattr(network.decoder, f"{name}_l0"))
        s = torch.tensor(s0)
        for symbol in (t.START, 4, 5):
            log_p, state = translator.step(state, symbol)
            s = cell(torch.cat([network.target.weight[symbol][None], torch.tensor(s0)], 1), s)
            assert np.allclose(state.h, s, rtol=1e-12)
            assert np.allclose(np.exp(log_p), linear(network.out, s).softmax(1)[0], rtol=1e-10)


@pytest.mark.equation("eq-forced-loss")
def test_the_loss_is_the_mean_of_log_probabilities_over_real_places():
    """PyTorch's cross-entropy of a padded batch, as training takes it, against the numpy translator's probabilities one answer at a time."""
    network, translator = both("additive")
    answers, sources = [[3], [4, 5, 3], []], ["ab", "dc", "aa"]
    x = torch.tensor([[*(SOURCE.index(w) for w in words), t.END] for words in sources])
    y = torch.tensor([[t.START, *a, t.END, *[t.PAD] * (3 - len(a))] for a in answers])
    with torch.no_grad():
        scores = network(x, y[:, :-1])
        loss = nn.functional.cross_entropy(scores.flatten(0, 1), y[:, 1:].flatten(), ignore_index=t.PAD)
    logs = [
        t.search.log_probability(translator.step, translator.start(words), t.START, t.END, answer)
        for words, answer in zip(sources, answers, strict=True)
    ]
    assert float(loss) == pytest.approx(-sum(logs) / sum(len(a) + 1 for a in answers))


@pytest.mark.equation("eq-three-scores")
def test_three_scores():
    """Each in sums over entries, as they are written."""
    H, n, T = 3, 2, 4
    s, M, W, A, B = (RNG.normal(size=shape) for shape in ((n, H), (T, H), (H, H), (H, H), (H, H)))
    a, v = RNG.normal(size=H), RNG.normal(size=H)
    dot = t.attention_scores("dot", s, M)
    bilinear = t.attention_scores("bilinear", s, M, {"W": W})
    additive = t.attention_scores("additive", s, M, {"A": A, "B": B, "a": a, "v": v})
    for i in range(n):
        for j in range(T):
            assert dot[i, j] == pytest.approx(sum(s[i, k] * M[j, k] for k in range(H)))
            assert bilinear[i, j] == pytest.approx(sum(s[i, k] * W[k, m] * M[j, m] for k in range(H) for m in range(H)))
            inside = [sum(s[i, k] * A[k, m] + M[j, k] * B[k, m] for k in range(H)) + a[m] for m in range(H)]
            assert additive[i, j] == pytest.approx(sum(v[m] * np.tanh(inside[m]) for m in range(H)))


@pytest.mark.equation("eq-soft-look-up")
@pytest.mark.equation("eq-attentive-output")
@pytest.mark.parametrize("attention", t.ATTENTION[1:])
def test_a_look_and_what_is_said(attention):
    """The weights and the context by PyTorch's own attention where the score is a product; the word from [s, c]."""
    network, translator = both(attention)
    state = translator.start("abc")
    log_p, after = translator.step(state, t.START)
    own = {name.split(".")[1]: value for name, value in translator.weights.items() if name.startswith("attention.")}
    e = torch.tensor(t.attention_scores(attention, after.h, state.memory, own))
    weights = torch.exp(e) / torch.exp(e).sum()
    assert np.allclose(after.attention, weights[0], rtol=1e-12) and after.attention.sum() == pytest.approx(1)
    memory = torch.tensor(state.memory)
    c = sum(weights[0, j] * memory[j] for j in range(len(memory)))
    if attention == "dot":
        q = torch.tensor(after.h)
        theirs = nn.functional.scaled_dot_product_attention(q[None], memory[None], memory[None], scale=1.0)[0, 0]
        assert np.allclose(c, theirs, rtol=1e-12)
    with torch.no_grad():
        o = torch.tanh(linear(network.mix, torch.cat([torch.tensor(after.h[0]), c])))
        assert np.allclose(np.exp(log_p), linear(network.out, o).softmax(0), rtol=1e-10)


@pytest.mark.equation("eq-slope-by-score")
def test_the_slope_by_a_score():
    """Symbolically for three places of two entries, and by autograd on random ones."""
    e, m = sp.symbols("e0:3"), sp.Matrix(3, 2, sp.symbols("m0:6"))
    total = sum(sp.exp(one) for one in e)
    alpha = [sp.exp(one) / total for one in e]
    c = sum((alpha[k] * m.row(k) for k in range(3)), sp.zeros(1, 2))
    for j in range(3):
        assert sp.simplify(sp.diff(c, e[j]) - alpha[j] * (m.row(j) - c)) == sp.zeros(1, 2)
    scores = torch.tensor(RNG.normal(size=5), requires_grad=True)
    M, g = RNG.normal(size=(5, 3)), RNG.normal(size=3)
    weights = scores.softmax(0)
    (weights @ torch.tensor(M) @ torch.tensor(g)).backward()
    a = weights.detach().numpy()
    assert np.allclose(scores.grad, a * ((M - a @ M) @ g), rtol=1e-12)


@pytest.mark.equation("eq-alignment-error")
def test_the_alignment_error_counts_argmaxes_outside_the_gold_places():
    for _ in range(20):
        n, T = RNG.integers(1, 6, size=2)
        weights = RNG.dirichlet(np.ones(T), size=n)
        gold = [sorted({int(j) for j in RNG.integers(T, size=2)}) for _ in range(n)]
        outside = sum(
            max(range(T), key=lambda j, row=row: row[j]) not in g for row, g in zip(weights, gold, strict=True)
        )
        assert t.alignment_error(weights, gold) == pytest.approx(outside / n)


def test_a_greedy_answer_is_right_if_and_only_if_each_word_told_is():
    """The proposition of the first mistake, on translators that have learned a little and on right answers of their own."""
    seen = set()
    for seed in range(60):
        _, translator = both(t.ATTENTION[seed % 4], seed)
        words = [*RNG.choice(list("abcd"), 3)]
        own = translator.translate(words, longest=6)
        for answer in (own, own[:-1], [*own, "x"], ["y", *own[1:]]):
            if len(answer) >= 6:
                continue  # it was cut off: no end was written
            told = translator.said(words, answer) == [*answer, t.MARKS[t.END]]
            assert told == (own == answer)
            seen.add(told)
    assert seen == {True, False}


def test_told_nothing_it_says_what_it_writes():
    for seed in range(30):
        _, translator = both(t.ATTENTION[seed % 4], seed)
        own = translator.translate("dab", longest=5)
        said = translator.said("dab", ["x"] * 4, [False] * 4)
        written = (own + [t.MARKS[t.END]] * 5)[:5]
        assert said == written
