"""The GPT in numpy against the network in torch, its cache, its sampling, and the head that copies."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.transformers import gpt as g
from lib.transformers.anatomy import Sizes, flops
from lib.transformers.gpt_training import Network, train_gpt


def small(seed=0, layers=2, heads=2, hidden=12, V=9, window=10, D=8):
    torch.manual_seed(seed)
    network = Network(V, window, D, layers, heads, hidden, spread=0.5).double()
    for p in network.parameters():
        torch.nn.init.normal_(p, 0, 0.5)
    return network, g.GPT(network.weights(), heads)


@settings(max_examples=30, deadline=None)
@given(
    layers=st.integers(1, 3),
    heads=st.sampled_from([1, 2, 4]),
    hidden=st.sampled_from([0, 5]),
    B=st.integers(1, 3),
    T=st.integers(2, 10),
    seed=st.integers(0, 10**6),
)
@pytest.mark.equation("eq-gpt-block")
@pytest.mark.equation("eq-gpt-loss")
def test_scores_and_loss_are_those_of_the_network(layers, heads, hidden, B, T, seed):
    network, model = small(seed, layers, heads, hidden)
    ids = np.random.default_rng(seed).integers(9, size=(B, T))
    theirs = network(torch.tensor(ids)).detach()
    reading = model.read(ids)
    assert np.allclose(reading.scores, theirs, rtol=1e-6, atol=1e-9)
    loss = F.cross_entropy(theirs[:, :-1].flatten(0, 1), torch.tensor(ids)[:, 1:].flatten())
    assert g.gpt_loss(reading.scores, ids) == pytest.approx(float(loss), rel=1e-6)
    bits = g.surprise(reading.scores, ids)
    assert bits.mean() * np.log(2) == pytest.approx(float(loss), rel=1e-6)


@settings(max_examples=30, deadline=None)
@given(cuts=st.lists(st.integers(1, 4), min_size=1, max_size=5), seed=st.integers(0, 10**6))
def test_with_a_cache_each_step_gives_the_same_at_fewer_operations(cuts, seed):
    _, model = small(seed, window=20)
    ids = np.random.default_rng(seed).integers(9, size=(2, sum(cuts)))
    whole, cache, start, spent = model.read(ids), None, 0, 0
    for n in cuts:
        part = model.read(ids[:, start : start + n], cache)
        assert np.allclose(part.scores, whole.scores[:, start : start + n], rtol=1e-9, atol=1e-12)
        assert np.allclose(part.P[1], whole.P[1][:, :, start : start + n, : start + n])
        cache, start, spent = part.cache, start + n, spent + part.operations
    assert spent <= whole.operations
    again = sum(model.read(ids[:, : t + 1]).operations for t in range(ids.shape[1]))
    assert again >= whole.operations and (again > spent or ids.shape[1] == 1)


def test_operations_are_those_that_the_sizes_say():
    _, model = small(hidden=12)
    counts = flops(Sizes(9, 8, 2, 2, 12, places=10), 7)
    assert model.read(np.zeros((1, 7), int)).operations == sum(counts.values())


@settings(max_examples=30, deadline=None)
@given(t=st.integers(0, 8), seed=st.integers(0, 10**6))
def test_no_place_sees_what_comes_later(t, seed):
    _, model = small(seed)
    ids = np.random.default_rng(seed).integers(9, size=10)
    changed = ids.copy()
    changed[t + 1] = (changed[t + 1] + 1) % 9
    before, after = (model.read(one).scores[0] for one in (ids, changed))
    assert np.array_equal(before[: t + 1], after[: t + 1])
    assert not np.allclose(before[t + 1], after[t + 1])


def test_a_head_that_is_switched_off_passes_nothing_on():
    network, model = small(heads=2)
    ids = np.arange(9)[None]
    with torch.no_grad():
        network.blocks[1].out.weight[:, 4:] = 0  # the second head's part of the mix
        theirs = network(torch.tensor(ids))
    assert np.allclose(model.read(ids, without=((1, 1),)).scores, theirs, rtol=1e-6)
    with pytest.raises(ValueError, match="heads below 2"):
        model.read(ids, without=((0, 2),))


@settings(max_examples=60, deadline=None)
@given(
    scores=st.lists(st.integers(-6, 6), min_size=1, max_size=8),
    T=st.sampled_from([0.25, 1.0, 3.0]),
    k=st.one_of(st.none(), st.integers(1, 9)),
    p=st.one_of(st.none(), st.floats(0, 1)),
)
@pytest.mark.equation("eq-temperature")
def test_the_next_distribution_keeps_what_it_must(scores, T, k, p):
    scores = np.array(scores, float)
    whole = torch.softmax(torch.tensor(scores / T), 0).numpy()
    found = g.next_distribution(scores, T, k, p)
    kept = found > 0
    assert found.sum() == pytest.approx(1) and kept[scores.argmax()]
    assert np.allclose(found[kept], whole[kept] / whole[kept].sum())
    assert scores[kept].min() >= scores[~kept].max(initial=-np.inf)
    if k is None and p is not None:  # what is kept reaches p, and without its least would not
        assert whole[kept].sum() >= p - 1e-9 and (kept.sum() == 1 or whole[kept].sum() - whole[kept].min() < p)
    if p is None:
        assert kept.sum() == min(k or len(scores), len(scores))


def test_at_temperature_zero_the_best_is_certain_and_at_a_high_one_all_are_alike():
    assert np.array_equal(g.next_distribution([1.0, 3.0, 3.0], 0.0), [0, 1, 0])
    assert np.allclose(g.next_distribution([1.0, 3.0, 2.0], 1e9), 1 / 3)


@pytest.mark.parametrize("cached", [True, False])
def test_it_goes_on_past_its_window(cached):
    _, model = small()
    said = list(g.go_on(model, [1, 2, 3], 25, np.random.default_rng(3), 0.8, 5, 0.9, cached))
    assert len(said) == 25 and set(said) <= set(range(9))
    assert said == list(g.go_on(model, [1, 2, 3], 25, np.random.default_rng(3), 0.8, 5, 0.9, not cached))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda m: m.read([0, 9]), "ids"),
        (lambda m: m.read(np.zeros((1, 11), int)), "at most 10 places, but 11"),
        (lambda m: m.read(np.zeros((2, 1), int), m.read([1]).cache), "reading of 2 texts"),
        (lambda m: g.gpt_loss(np.zeros((1, 1, 3)), [[0]]), "2 places or more"),
        (lambda m: list(g.go_on(m, [], 1, np.random.default_rng(0))), "at least one token"),
        (lambda m: g.next_distribution([1.0], -1.0), "temperature"),
        (lambda m: g.next_distribution([1.0], 1.0, 0), "top_k"),
        (lambda m: g.next_distribution([1.0], 1.0, None, 1.5), "top_p"),
        (lambda m: g.GPT({**m.weights, "block0.Wq": np.zeros((8, 7))}, 2), r"block0\.Wq must have shape \(8, 8\)"),
        (lambda m: g.GPT({k: v for k, v in m.weights.items() if k != "block1.bo"}, 2), r"lack block1\.bo"),
        (lambda m: g.GPT(m.weights, 3), "3 heads do not divide"),
        (lambda m: g.repeated_pieces(1, 4, 9, 5, np.random.default_rng(0)), "piece of 5 tokens"),
    ],
)
def test_what_does_not_fit_is_refused(call, says):
    _, model = small()
    with pytest.raises((ValueError, TypeError), match=says):
        call(model)


@pytest.mark.equation("eq-induction-score")
def test_a_weight_is_found_where_a_head_looks():
    P = np.zeros((1, 2, 6, 6))
    P[0, 0] = np.eye(6)
    for t in range(2, 6):
        P[0, 1, t, t - 2] = 1.0
    assert np.array_equal(g.looks_at(P, 2), [0, 1]) and np.array_equal(g.looks_at(P, 0), [1, 0])


def test_a_little_training_learns_to_copy():
    def batch(rng):
        texts = g.repeated_pieces(16, 8, 13, 4, rng)
        return texts[:, :-1], texts[:, 1:]

    losses = []
    own = dict(vocabulary=8, window=12, D=16, layers=2, heads=1, hidden=0, rate=1e-2, spread=0.5)
    weights = train_gpt(batch, 150, seed=1, watch=lambda n, network: losses.append(n), **own)
    model = g.GPT(weights, 1)
    test = g.repeated_pieces(50, 8, 12, 4, np.random.default_rng(9))
    right = model.read(test).scores.argmax(2)[:, 4:-1] == test[:, 5:]
    assert right.mean() > 0.6 and losses == list(range(1, 151))
    again = train_gpt(batch, 150, seed=1, **own)
    assert all(np.array_equal(weights[name], again[name]) for name in weights)
