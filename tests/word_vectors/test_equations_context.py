"""The labelled equations of "Vectors in context", by an independent route each."""

import itertools

import numpy as np
import pytest
import sympy as sp
import torch

from lib.word_vectors import context, language, senses, vocabulary
from lib.word_vectors.vectors import WordVectors

RNG = np.random.default_rng(8)
VOCABULARY = vocabulary.build([["a", "b", "c", "d"]], 1)
READER = context.Reader(VOCABULARY, dimension=5, layers=2, seed=4)
SENTENCE = ["b", "a", "d", "d", "c"]
sigma = lambda z: 1 / (1 + np.exp(-z))


def factors(joint: np.ndarray, sequence, order):
    """Return the conditional probabilities of a sequence's entries, taken in this order, from a table of all sequences."""
    out, known = [], {}
    for k in order:
        pick = tuple(known.get(i, slice(None)) for i in range(joint.ndim))
        before = joint[pick].sum()
        known[k] = sequence[k]
        pick = tuple(known.get(i, slice(None)) for i in range(joint.ndim))
        out.append(joint[pick].sum() / before)
    return out


@pytest.mark.parametrize("back", (False, True))
@pytest.mark.equation("eq-word-by-word")
@pytest.mark.equation("eq-word-by-word-backwards")
def test_chain_rule(back):
    """For every sequence of four symbols under any distribution, the product of the conditionals is the probability."""
    joint = RNG.random((3, 3, 3, 3))
    joint /= joint.sum()
    for sequence in itertools.product(range(3), repeat=4):
        order = range(3, -1, -1) if back else range(4)
        assert np.prod(factors(joint, sequence, order)) == pytest.approx(joint[sequence])


def by_hand(x, forwards):
    """Return the layers (T, d) of one direction, by the gates' definition, in numpy."""
    net = READER.network
    weights = lambda layer: [
        getattr(layer, f"{n}_l0").detach().numpy() for n in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    ]
    rows = net.words.weight.detach().numpy()[x if forwards else x[::-1]]
    out = [rows]
    for layer in net.forwards if forwards else net.backwards:
        A, B, a, b = weights(layer)
        h, c, said = np.zeros(5), np.zeros(5), []
        for row in out[-1]:
            i, f, g, o = np.split(A @ row + a + B @ h + b, 4)
            c = sigma(f) * c + sigma(i) * np.tanh(g)
            h = sigma(o) * np.tanh(c)
            said.append(h)
        out.append(np.array(said) + (out[-1] if len(out) > 1 else 0))
    return [layer if forwards else layer[::-1] for layer in out]


@pytest.mark.equation("eq-carried-state")
def test_carried_state():
    """torch's LSTM, unrolled in numpy, both directions and both layers."""
    x = np.array([5, *language.numbers([SENTENCE], VOCABULARY)[0], 5])
    both = [np.array(by_hand(x, way)) for way in (True, False)]
    assert np.allclose(READER.states(SENTENCE), np.concatenate(both, axis=2)[:, 1:-1], atol=1e-5)


@pytest.mark.equation("eq-two-directions")
def test_two_directions():
    """The loss of a batch, from the states by hand and a softmax written out; and from torch's cross-entropy."""
    x = np.array([5, *language.numbers([SENTENCE], VOCABULARY)[0], 5])
    net = READER.network
    U, b = (w.detach().numpy() for w in (net.softmax.head.weight, net.softmax.head.bias))
    down, up = (layer.weight.detach().numpy() for layer in net.softmax.tail[0])
    softmax = lambda z: np.exp(z) / np.exp(z).sum()
    total = 0.0
    for way in (True, False):
        top = by_hand(x, way)[-1]
        steps = zip(top[:-1], x[1:], strict=True) if way else zip(top[1:], x[:-1], strict=True)
        logs = []
        for h, target in steps:
            first = softmax(U @ h + b)  # other words, edge, the first three of the vocabulary; and "one of the rest"
            p = np.append(first[:-1], first[-1] * softmax(up @ down @ h))
            logs.append(np.log(np.roll(p, -2)[target]))
        assert np.allclose(READER.log_probabilities([SENTENCE], way)[0], logs, atol=1e-5)
        total -= np.sum(logs)
    batch = torch.from_numpy(x)[:, None]
    tops = net.states(batch, True)[-1][:-1, 0], net.states(batch, False)[-1][1:, 0]
    peer = 0.0
    for top, target in zip(tops, (batch[1:, 0], batch[:-1, 0]), strict=True):
        table = net.softmax.log_prob(top).roll(-2, 1)
        peer += float(torch.nn.functional.cross_entropy(table, target, reduction="sum").detach())
    assert peer == pytest.approx(total, rel=1e-5)


def test_the_gradient_that_is_used_is_that_of_the_sum():
    """Both directions apart, added, against torch's backward of the whole."""
    x = torch.from_numpy(np.array([[5, 0, 1, 5], [5, 2, 2, 5]]).T.copy())
    reader = context.Reader(VOCABULARY, dimension=5, seed=4, dropout=0.0, batch=6)
    parts = [reader._slopes(x, way, torch.Generator())[1] for way in (True, False)]
    whole = -sum(reader.network.log_likelihood(x, way).sum() for way in (True, False)) / 6
    whole.backward()
    for weight, a, b in zip(reader.network.parameters(), *parts, strict=True):
        parts_of_it = [g for g in (a, b) if g is not None]
        assert (weight.grad is None) is (not parts_of_it)
        assert not parts_of_it or torch.allclose(weight.grad, sum(parts_of_it), atol=1e-6)


@pytest.mark.equation("eq-perplexity")
def test_perplexity():
    """The N-th root of one over the product; k for k equally likely symbols."""
    p = sp.symbols("p1:4", positive=True)
    formula = sp.exp(-sum(map(sp.log, p)) / 3)
    assert sp.simplify(formula - (1 / (p[0] * p[1] * p[2])) ** sp.Rational(1, 3)) == 0
    drawn = RNG.uniform(0.01, 1, size=12)
    assert language.perplexity(np.log(drawn)) == pytest.approx(np.prod(1 / drawn) ** (1 / 12))
    assert language.perplexity(np.log(np.full(7, 1 / 50))) == pytest.approx(50)


@pytest.mark.equation("eq-elmo")
def test_elmo():
    layers, scores = RNG.normal(size=(3, 6, 4)), RNG.normal(size=3)
    weights = torch.softmax(torch.from_numpy(scores), 0).numpy()
    by_loop = 1.7 * sum(w * h for w, h in zip(weights, layers, strict=True))
    assert np.allclose(senses.mix(layers, scores, 1.7), by_loop)


@pytest.mark.equation("eq-window-mean")
def test_window_mean():
    """By convolution: sums of the neighbours' unit vectors, and their number."""
    table = WordVectors(tuple("abcd"), RNG.normal(size=(4, 3)))
    text = list("abcdabcaddcb")
    rows = np.array([table.unit["abcd".index(w)] for w in text])
    hole = np.array([1, 1, 1, 0, 1, 1, 1.0])
    sums = np.stack([np.convolve(rows[:, j], hole, "same") for j in range(3)], axis=1)
    expected = sums / np.convolve(np.ones(12), hole, "same")[:, None]
    assert np.allclose(senses.window_means(table, [text], [(0, i) for i in range(12)], 3), expected, atol=1e-6)


@pytest.mark.equation("eq-balanced-accuracy")
def test_balanced_accuracy():
    """Against scikit-learn, and a half for whoever always says the same."""
    from sklearn.metrics import balanced_accuracy_score

    truth, said = RNG.integers(0, 2, size=(2, 50))
    shares = [np.mean(said[truth == w] == w) for w in (0, 1)]
    assert np.mean(shares) == pytest.approx(balanced_accuracy_score(truth, said))
    assert balanced_accuracy_score(truth, np.zeros(50)) == 0.5


@pytest.mark.equation("eq-mean-cosine")
def test_mean_cosine():
    """Against all pairs, one by one."""
    X = RNG.normal(size=(9, 4)) + 0.5
    unit = X / np.linalg.norm(X, axis=1, keepdims=True)
    pairs = [unit[i] @ unit[j] for i in range(9) for j in range(9) if i != j]
    assert senses.mean_cosine(X) == pytest.approx(np.mean(pairs))
