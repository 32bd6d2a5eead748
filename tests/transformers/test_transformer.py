"""The numpy Transformer against the network in torch; what it learns; counts, rates, smoothed targets and leaks against independent routes."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.sequences import translation as t
from lib.sequences.number_words import number_pair
from lib.sequences.translation import search
from lib.transformers import transformer as tf
from lib.transformers.training import Network, train_transformer

SOURCE, TARGET = (*t.MARKS, "a", "b", "c"), (*t.MARKS, "x", "y")


def both(order, layers, heads, seed):
    torch.manual_seed(seed)
    network = Network(len(SOURCE), len(TARGET), 8, heads, 5, layers, order).double()
    with torch.no_grad():
        for w in network.parameters():
            w.add_(torch.randn_like(w) / 4)
    return network, tf.Transformer(network.weights(), SOURCE, TARGET, heads)


@settings(max_examples=25, deadline=None)
@given(
    order=st.sampled_from(["pre", "post"]),
    layers=st.integers(1, 2),
    heads=st.sampled_from([1, 2, 4]),
    seed=st.integers(0, 10**6),
    n=st.integers(1, 5),
    m=st.integers(0, 4),
)
def test_the_numpy_transformer_is_the_network(order, layers, heads, seed, n, m):
    network, model = both(order, layers, heads, seed)
    rng = np.random.default_rng(seed)
    words, answer = [str(w) for w in rng.choice(SOURCE[3:], n)], rng.integers(3, 5, m)
    x = torch.tensor([[SOURCE.index(w) for w in words] + [t.END]])
    with torch.no_grad():
        wanted = network(x, torch.tensor([[t.START, *answer]]))[0].log_softmax(1).numpy()
    assert model.order == order and len(model.encoder) == len(model.decoder) == layers
    state = model.start(words)
    for at, symbol in enumerate([t.START, *answer]):
        logs, state = model.step(state, int(symbol))
        assert np.allclose(logs, wanted[at], rtol=1e-6, atol=1e-9)
    maps = model.maps(words, [TARGET[i] for i in answer])
    shapes = {"encoder": (n + 1, n + 1), "decoder": (m + 1, m + 1), "cross": (m + 1, n + 1)}
    for name, shape in shapes.items():
        assert maps[name].shape == (layers, heads, *shape) and np.allclose(maps[name].sum(axis=-1), 1)
    assert (np.triu(maps["decoder"][0, 0], 1) == 0).all()


def test_sentences_together_are_translated_as_one_by_one():
    _, model = both("pre", 1, 2, 4)
    rng = np.random.default_rng(0)
    sentences = [[str(w) for w in rng.choice(SOURCE[3:], rng.integers(1, 5))] for _ in range(30)]
    assert model.translate_all(sentences, 7) == [model.translate(words, 7) for words in sentences]
    assert model.translate_all([]) == []


def test_it_learns_numbers_that_it_has_not_seen():
    numbers = np.random.default_rng(3).permutation(1000)
    pairs = [number_pair(int(k)) for k in numbers[:900]]
    losses = []
    model = train_transformer(
        [(p.english, p.russian) for p in pairs], steps=300, batch=32, seed=1, progress=lambda s, l: losses.append(l)
    )
    kept = [number_pair(int(k)) for k in numbers[900:]]
    wrote = model.translate_all([p.english for p in kept])
    assert np.mean([tuple(w) == p.russian for w, p in zip(wrote, kept, strict=True)]) > 0.9
    assert len(losses) == 300 and losses[-1] < 0.2 < 2 < losses[0]
    found = search.greedy(model.step, model.start(kept[0].english), t.START, t.END, 20)
    assert [model.target[s] for s in found.symbols] == wrote[0] and found.ended


def test_the_same_seed_gives_the_same_weights_and_leaves_torchs_alone():
    pairs = [(("a", "b"), ("x",)), (("c",), ("y", "x"))]
    torch.manual_seed(5)
    before = torch.rand(3)
    torch.manual_seed(5)
    one, other = (train_transformer(pairs, steps=3, batch=4, D=4, heads=2, hidden=3, seed=2) for _ in range(2))
    assert (torch.rand(3) == before).all()
    assert all((one.weights[name] == other.weights[name]).all() for name in one.weights)


# -------------------------------------------------------------------------------------------------------------- counted
@pytest.mark.parametrize("order", ["pre", "post"])
def test_parameters_by_part_are_those_of_the_network(order):
    network = Network(30, 30, 8, 2, 20, 3, order)
    parts = tf.parameters_by_part(8, 20, 3, 30, order, tied=False)
    assert sum(parts.values()) == sum(w.numel() for w in network.parameters())
    size = lambda name: sum(w.numel() for key, w in network.named_parameters() if name in key)
    assert parts["attention to the memory"] == size("multihead_attn") and parts["self-attention"] == size("self_attn")
    assert parts["feed-forward"] == size("linear") and parts["norms"] == size("norm")
    assert parts["last matrix"] == network.out.weight.numel() + network.out.bias.numel()


def test_the_paper_s_base_model_is_counted():
    parts = tf.parameters_by_part(512, 2048, 6, 37_000)
    assert sum(parts.values()) - parts["embeddings"] == 44_138_496
    assert parts["embeddings"] == 512 * 37_000


# ---------------------------------------------------------------------------------------------- rates, smoothed targets
@settings(max_examples=50, deadline=None)
@given(V=st.integers(2, 7), N=st.integers(1, 4), eps=st.floats(0, 1), seed=st.integers(0, 10**6))
def test_the_smoothed_loss_and_its_slopes_are_torch_s(V, N, eps, seed):
    rng = np.random.default_rng(seed)
    scores, labels = 3 * rng.normal(size=(N, V)), rng.integers(V, size=N)
    z = torch.tensor(scores, requires_grad=True)
    theirs = torch.nn.functional.cross_entropy(z, torch.tensor(labels), label_smoothing=eps)
    theirs.backward()
    loss, slopes = tf.smoothed_cross_entropy(scores, labels, eps)
    assert loss == pytest.approx(float(theirs.detach()), rel=1e-6) and np.allclose(slopes, z.grad, atol=1e-9)
    q = tf.smoothed_targets(labels, V, eps)
    assert np.allclose(q.sum(axis=1), 1) and np.allclose(q[0, labels[0]], 1 - eps + eps / V)


def test_the_rate_rises_in_a_line_and_falls_with_the_root():
    step = np.arange(1, 20_001)
    rate = tf.warm_up_rate(step, 512)
    assert step[rate.argmax()] == 4000 and rate.max() == pytest.approx(6.988e-4, rel=1e-3)
    assert np.allclose(rate[:4000], rate[0] * step[:4000]) and rate[15_999] == pytest.approx(rate.max() / 2)
    assert float(tf.warm_up_rate(4000, 512)) == pytest.approx(rate.max())


# ---------------------------------------------------------------------------------------------------------------- leaks
def mean_of_seen(first, last):
    """Return a model whose scores at place t are the mean of the one-hot symbols at t + first … t + last."""

    def model(ids):
        one_hot, T = np.eye(6)[ids], len(ids)
        return np.array([one_hot[max(0, k + first) : max(0, k + last + 1)].sum(axis=0) for k in range(T)])

    return model


@settings(max_examples=40, deadline=None)
@given(first=st.integers(-6, 0), last=st.integers(-1, 3), T=st.integers(1, 6), seed=st.integers(0, 10**6))
def test_leaks_are_found_where_they_are_and_nowhere_else(first, last, T, seed):
    ids = np.random.default_rng(seed).integers(6, size=T)
    wanted = [(i, k) for i in range(T) for k in range(T) if k < i <= k + last]
    assert tf.leaks(mean_of_seen(first, last), ids, 6) == wanted
    moved = tf.influence(mean_of_seen(first, last), ids, 6)
    assert (moved > 0).tolist() == [[k + first <= i <= k + last for k in range(T)] for i in range(T)]


@settings(max_examples=15, deadline=None)
@given(order=st.sampled_from(["pre", "post"]), layers=st.integers(1, 2), seed=st.integers(0, 10**6))
def test_the_decoder_leaks_nothing_and_its_encoder_everything(order, layers, seed):
    _, model = both(order, layers, 2, seed)
    rng = np.random.default_rng(seed)
    memory, ids = rng.normal(size=(1, 3, 8)), rng.integers(3, 5, 6)
    decoder = lambda ids: model.decode(memory, ids[None])[0][0]
    assert tf.leaks(decoder, ids, len(TARGET), tol=0) == []
    encoder = lambda ids: model.encode(ids[None])[0][0]
    assert len(tf.leaks(encoder, ids, len(SOURCE))) == 6 * 5 / 2


def test_a_model_that_changes_its_input_is_handed_a_copy():
    ids = np.array([1, 2, 3])

    def spoils(ids):
        out = np.eye(4)[ids]
        ids[:] = 0
        return out

    assert tf.leaks(spoils, ids, 4) == [] and ids.tolist() == [1, 2, 3]


WEIGHTS = both("pre", 1, 2, 0)[0].weights()
without = {name: value for name, value in WEIGHTS.items() if name != "decoder0.ff.b2"}
MODEL = tf.Transformer(WEIGHTS, SOURCE, TARGET, 2)
PAIRS = [(("a",), ("x",))]
BAD = [
    (lambda: tf.Transformer(without, SOURCE, TARGET, 2), ValueError, "decoder0.ff.b2 must have shape"),
    (lambda: tf.Transformer(WEIGHTS | {"more": np.ones(2)}, SOURCE, TARGET, 2), ValueError, "more must have shape none"),
    (lambda: tf.Transformer(WEIGHTS, SOURCE[1:], TARGET, 2), ValueError, "a row for each of 5 words"),
    (lambda: tf.Transformer(WEIGHTS, SOURCE, TARGET[1:], 2), ValueError, "a row for each of 4 words"),
    (lambda: tf.Transformer(WEIGHTS, SOURCE, TARGET, 3), ValueError, "3 heads do not divide 8"),
    (lambda: tf.Transformer({"source": np.ones((6, 8)), "target": np.ones((5, 8))}, SOURCE, TARGET), ValueError, "encoder0 are missing"),
    (lambda: tf.number_transformer(WEIGHTS), ValueError, "source must be a matrix"),
    (lambda: MODEL.translate(["zebra"]), ValueError, "'zebra' is none of the 3 words"),
    (lambda: tf.warm_up_rate(0, 512), ValueError, "counted from 1"),
    (lambda: tf.smoothed_targets([0, 4], 4), ValueError, "from 0 to 3"),
    (lambda: tf.smoothed_targets([0], 4, 1.5), ValueError, "eps must be"),
    (lambda: tf.smoothed_cross_entropy(np.ones((2, 3)), [0]), ValueError, "2 rows of scores"),
    (lambda: tf.parameters_by_part(8, 8, 1, 5, "middle"), ValueError, "order must be"),
    (lambda: tf.parameters_by_part(8, 8, 1, 5, tied=1), TypeError, "tied must be"),
    (lambda: tf.leaks("model", [0, 1], 3), TypeError, "model must be a function"),
    (lambda: tf.leaks(lambda ids: np.ones((1, 3)), [0, 1], 3), ValueError, "a row of scores for each of 2"),
    (lambda: tf.leaks(lambda ids: ids * np.nan, [0, 1], 3), ValueError, "NaN"),
    (lambda: train_transformer(PAIRS, D=6, heads=4), ValueError, "a multiple of 4 heads"),
    (lambda: train_transformer(PAIRS, order="middle"), ValueError, "order must be"),
    (lambda: train_transformer([]), TypeError, "pairs must be a list"),
    (lambda: train_transformer(PAIRS, smoothing=2.0), ValueError, "smoothing must be"),
]  # fmt: skip


@pytest.mark.parametrize("call, kind, says", BAD)
def test_bad_input_is_refused(call, kind, says):
    with pytest.raises(kind, match=says):
        call()
