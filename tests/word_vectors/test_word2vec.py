"""The definition: gradients against torch, pairs against a loop, and the trainer against both."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.word_vectors import training, vocabulary, word2vec

RNG = np.random.default_rng(3)


def grads(loss, *arrays):
    tensors = [torch.tensor(a, requires_grad=True) for a in arrays]
    loss(*tensors).backward()
    return [t.grad.numpy() for t in tensors]


@pytest.mark.parametrize("seed", range(4))
def test_losses_and_gradients_equal_torchs(seed):
    rng = np.random.default_rng(seed)
    W, U = rng.normal(size=(2, 7, 4))
    wanted = grads(lambda w, u: torch.nn.functional.cross_entropy((u @ w[2])[None], torch.tensor([5])), W, U)
    dw, dU = word2vec.softmax_gradient(W, U, 2, 5)
    assert np.allclose(dw, wanted[0][2]) and np.allclose(dU, wanted[1])
    bce = torch.nn.functional.binary_cross_entropy_with_logits
    targets = torch.tensor([1.0, 0, 0, 0], dtype=torch.float64)

    def negative(w, u, noise):
        return bce(torch.cat([(u @ w)[None], noise @ w]), targets, reduction="sum")

    w, u, noise = W[0], U[1], U[3:6]
    assert word2vec.negative_loss(w, u, noise) == pytest.approx(float(negative(*map(torch.tensor, (w, u, noise)))))
    for mine, theirs in zip(word2vec.negative_gradient(w, u, noise), grads(negative, w, u, noise), strict=True):
        assert np.allclose(mine, theirs)
    for mine, theirs in zip(
        word2vec.cbow_gradient(W[:3], u, noise),
        grads(lambda x, u, n: negative(x.mean(0), u, n), W[:3], u, noise),
        strict=True,
    ):
        assert np.allclose(mine, theirs)


def texts(seed, n=60, V=8):
    rng = np.random.default_rng(seed)
    return vocabulary.read([[f"w{i}" for i in rng.integers(V, size=rng.integers(1, 9))] for _ in range(n // 5)], 1)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 7))
def test_pairs_equal_a_loop(seed, window):
    text = texts(seed)
    wanted = [
        (text.tokens[i], text.tokens[j])
        for i in range(len(text))
        for j in range(max(0, i - window), min(len(text), i + window + 1))
        if i != j and text.sentence[i] == text.sentence[j]
    ]
    assert word2vec.pairs(text, window).tolist() == [list(p) for p in wanted] or not wanted


def test_random_windows_count_near_words_more():
    text = vocabulary.read([["a", "b", "c", "d", "e", "f", "g"]] * 400, 1)
    found = word2vec.pairs(text, 3, np.random.default_rng(0))
    gap = np.abs(found[:, 0] - found[:, 1])  # the words are numbered in their order
    shares = np.bincount(gap, minlength=4)[1:] / np.array([6, 5, 4]) / 400 / 2
    assert np.allclose(shares, [1, 2 / 3, 1 / 3], atol=0.05)


# ------------------------------------------------------------------------------- the trainer and the definition


def one_step(kind, seed=0, window=3, divide=True):
    """Run the trainer's step on one block with full windows; return what it changed and what a loop over pairs gives."""
    rng = np.random.default_rng(seed)
    text = texts(seed, 160, 30)
    s = training.Settings(kind=kind, window=window, dimension=6, sample=0.0, divide=divide)
    around, rows = training._blocks(text.tokens, text.sentence, window, np.random.default_rng(1))
    V, k = len(text.vocabulary), training.SHARED_NOISE[kind]
    W, U = rng.normal(size=(2, V, 6))
    noise = torch.from_numpy(rng.integers(0, V, size=(len(around), k)))
    who, seen = (
        table.double().index_select(0, rows.view(-1)).view(len(around), training.BLOCK, -1)
        for table in (training.meets(s), training._bands(window))
    )
    seen = seen.numpy()
    c = around[:, window : window + training.BLOCK]
    W_, U_ = torch.from_numpy(W.copy()), torch.from_numpy(U.copy())
    calm = [torch.ones(V, dtype=torch.float64)] * 2
    training.STEPS[kind](c, around, who, noise, W_, U_, 1.0, calm, s)
    dW, dU = np.zeros_like(W), np.zeros_like(U)
    weight = s.negatives / k  # so much does one shared noise word count for a pair
    for n in range(len(around)):
        N = noise[n].numpy()
        for i in range(training.BLOCK):
            centre, places = int(c[n, i]), np.flatnonzero(seen[n, i])
            if kind == "skip-gram":
                for j in around[n, places].numpy():
                    real = word2vec.negative_gradient(W[centre], U[j], np.zeros((1, 6)))
                    both = word2vec.negative_gradient(W[centre], U[j], U[N])
                    dW[centre] += real[0] + weight * (both[0] - real[0])
                    dU[j] += real[1]
                    np.add.at(dU, N, weight * both[2])
            elif len(places):
                X = W[around[n, places].numpy()]
                real = word2vec.cbow_gradient(X, U[centre], np.zeros((1, 6)))
                both = word2vec.cbow_gradient(X, U[centre], U[N])
                times = 1 if divide else len(places)
                np.add.at(dW, around[n, places].numpy(), times * (real[0] + weight * (both[0] - real[0])))
                dU[centre] += real[1]
                np.add.at(dU, N, weight * both[2])
    return W - W_.numpy(), U - U_.numpy(), dW, dU


@pytest.mark.parametrize("kind, divide", [("skip-gram", False), ("cbow", True), ("cbow", False)])
@pytest.mark.parametrize("seed", (0, 1))
def test_a_step_of_the_trainer_is_the_gradient_of_the_definition(kind, divide, seed):
    """All pairs of a step, one by one with the same noise, and in products: the same sums."""
    gotW, gotU, dW, dU = one_step(kind, seed, divide=divide)
    assert np.abs(dW).max() > 0.1
    assert np.allclose(gotW, dW, atol=1e-6) and np.allclose(gotU, dU, atol=1e-6)


def test_blocks_see_what_the_windows_say():
    """Unshuffled and with every window drawn at its widest, the blocks' pairs are the text's pairs."""

    class Widest:
        def integers(self, low, high, size):
            return np.full(size, high - 1)

        def permutation(self, n):
            return np.arange(n)

    for seed in range(5):
        text = texts(seed, 300, 12)
        around, rows = training._blocks(text.tokens, text.sentence, 4, Widest())
        near = training._bands(4).index_select(0, rows.view(-1)).view(len(around), training.BLOCK, -1)
        n, i, j = np.nonzero(near.numpy())
        got = np.column_stack([around[n, i + 4].numpy(), around[n, j].numpy()])
        assert got.tolist() == word2vec.pairs(text, 4).tolist()


def test_block_gradient_is_that_of_its_loss():
    X, Y, M = RNG.normal(size=(3, 4)), RNG.normal(size=(5, 4)), RNG.integers(-2, 3, size=(3, 5)).astype(float)

    def loss(X, Y):
        Z, m = X @ Y.T, torch.tensor(M)
        softplus = torch.nn.functional.softplus
        return (m.clamp(min=0) * softplus(-Z) + (-m).clamp(min=0) * softplus(Z)).sum()

    value, dX, dY = word2vec.block_gradient(X, Y, M)
    wanted = grads(loss, X, Y)
    assert value == pytest.approx(float(loss(torch.tensor(X), torch.tensor(Y))))
    assert np.allclose(dX, wanted[0]) and np.allclose(dY, wanted[1])


def test_the_readable_loop_learns():
    """Two groups of words that never meet: after training, words of a group are nearer to each other."""
    rng = np.random.default_rng(0)
    group = lambda names: [list(rng.choice(names, 6)) for _ in range(60)]
    text = vocabulary.read(group(["a", "b", "c"]) + group(["x", "y", "z"]), 1)
    W, _ = word2vec.train_by_pairs(text, d=8, window=3, epochs=4, rate=0.1)
    unit = W / np.linalg.norm(W, axis=1, keepdims=True)
    first = np.array([w in "abc" for w in text.vocabulary.words])
    cosine = unit @ unit.T
    assert cosine[np.ix_(first, first)].mean() > cosine[np.ix_(first, ~first)].mean() + 0.3


def test_distributions():
    assert word2vec.noise_distribution([1, 16], 0.75) == pytest.approx([1 / 9, 8 / 9])
    assert word2vec.noise_distribution([5, 1, 2], 0.0) == pytest.approx([1 / 3] * 3)
    kept = word2vec.keep_probability([1, 10, 989], 1e-2)
    assert kept[0] == kept[1] == 1 and 0.1 < kept[2] < 0.12
    assert (word2vec.keep_probability([3, 4], 0.0) == 1).all()


V3 = np.ones((3, 2))


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: word2vec.softmax_loss(V3, np.ones((4, 2)), 0, 0), "one shape"),
        (lambda: word2vec.softmax_loss(V3, V3, 3, 0), "at most 2"),
        (lambda: word2vec.softmax_gradient(V3, V3, 0, -1), "at least 0"),
        (lambda: word2vec.negative_loss([1, 2], [1, 2, 3], V3), "3 entries"),
        (lambda: word2vec.negative_gradient([1, np.nan], [1, 2], V3), "NaN"),
        (lambda: word2vec.negative_gradient([1, 2], [1, 2], np.ones((2, 3))), "3 columns"),
        (lambda: word2vec.cbow_loss(np.zeros((0, 2)), [1, 2], V3), "empty"),
        (lambda: word2vec.noise_distribution([1, 0]), "positive"),
        (lambda: word2vec.noise_distribution([1, 2], np.inf), "infinite"),
        (lambda: word2vec.keep_probability([1, 2], -1), "at least 0"),
        (lambda: word2vec.pairs(texts(0), 0), "at least 1"),
        (lambda: word2vec.block_gradient(V3, V3, np.ones((3, 2))), "do not fit"),
        (lambda: word2vec.train_by_pairs(texts(0), d=0), "at least 1"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_wrong_types():
    with pytest.raises(TypeError, match="whole number"):
        word2vec.pairs(texts(0), 2.5)
    with pytest.raises(TypeError, match="real numbers"):
        word2vec.negative_loss(["a"], ["b"], [["c"]])
