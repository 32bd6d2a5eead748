"""BERT in numpy against its network in torch; its masking, its loss, its pairs; what it is held beside."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.sequences.number_words import number_of, number_pair
from lib.transformers import bert as b
from lib.transformers.bert_training import Network, loss_of, train_bert, untrained
from lib.transformers.transformer import influence

V = 11


def small(seed=0, layers=2, order="post", causal=False):
    torch.manual_seed(seed)
    network = Network(V, 9, 8, layers, 2, 12, order, causal).double()
    for p in network.parameters():
        torch.nn.init.normal_(p, 0, 0.5)
    return network, b.Bert(network.weights(), 2, causal)


def texts(rng, B, T):
    """Return texts with marks and padding, and segments."""
    ids = rng.integers(4, V, size=(B, T))
    for row in ids:
        row[T - int(rng.integers(0, T)) :] = b.PAD
    ids[:, 0] = b.CLS
    return ids, (np.arange(T) > T // 2).astype(int) * (ids != b.PAD)


@settings(max_examples=40, deadline=None)
@given(
    layers=st.integers(1, 3),
    order=st.sampled_from(["pre", "post"]),
    causal=st.booleans(),
    B=st.integers(1, 3),
    T=st.integers(2, 9),
    seed=st.integers(0, 10**6),
)
@pytest.mark.equation("eq-bert-input")
def test_scores_and_loss_are_those_of_the_network(layers, order, causal, B, T, seed):
    network, model = small(seed, layers, order, causal)
    rng = np.random.default_rng(seed)
    ids, segments = texts(rng, B, T)
    targets = np.where((rng.random((B, T)) < 0.5) & (ids > 3), ids, b.IGNORED)
    targets[0, 0] = 5
    reading = model.read(ids, segments)
    given_ = [torch.tensor(a) for a in (ids, segments, targets)]
    x = network(*given_[:2])
    real = ids != b.PAD
    assert np.allclose(reading.vectors[-1][real], x.detach().numpy()[real], rtol=1e-7, atol=1e-9)
    assert np.allclose(reading.scores[real], network.word_scores(x).detach().numpy()[real], rtol=1e-7, atol=1e-9)
    assert np.allclose(reading.follows, network.next_scores(x).detach(), rtol=1e-7, atol=1e-9)
    words = F.cross_entropy(network.word_scores(x).flatten(0, 1), given_[2].flatten(), ignore_index=b.IGNORED)
    assert b.masked_loss(reading.scores, targets) == pytest.approx(float(words.detach()), rel=1e-7)
    assert float(loss_of(network, *given_).detach()) == pytest.approx(float(words.detach()), rel=1e-9)
    follows = torch.tensor(rng.integers(2, size=B))
    both = words + F.cross_entropy(network.next_scores(x), follows)
    assert float(loss_of(network, *given_, follows).detach()) == pytest.approx(float(both.detach()), rel=1e-9)


@settings(max_examples=30, deadline=None)
@given(B=st.integers(1, 3), T=st.integers(2, 6), seed=st.integers(0, 10**6))
@pytest.mark.equation("eq-masked-loss")
def test_the_loss_has_no_slope_at_a_place_that_was_not_chosen(B, T, seed):
    rng = np.random.default_rng(seed)
    targets = np.where(rng.random((B, T)) < 0.4, rng.integers(V, size=(B, T)), b.IGNORED)
    targets[0, 0] = 3
    scores = torch.tensor(rng.normal(size=(B, T, V)), requires_grad=True)
    loss = F.cross_entropy(scores.flatten(0, 1), torch.tensor(targets).flatten(), ignore_index=b.IGNORED)
    loss.backward()
    slopes, chosen = scores.grad.numpy(), targets != b.IGNORED
    assert (slopes[~chosen] == 0).all() and (np.abs(slopes[chosen]).max(axis=1) > 0).all()
    moved = scores.detach().numpy() + rng.normal(size=(B, T, V)) * ~chosen[..., None]
    assert b.masked_loss(moved, targets) == b.masked_loss(scores.detach().numpy(), targets)
    P = torch.softmax(scores.detach(), 2).numpy()[chosen]  # the slope is (p − one-hot) / how many are chosen
    assert np.allclose(slopes[chosen], (P - np.eye(V)[targets[chosen]]) / chosen.sum(), atol=1e-12)


@pytest.mark.equation("eq-masking")
@pytest.mark.parametrize("share,recipe", [(0.15, b.RECIPE), (0.5, (0.2, 0.5, 0.3)), (1.0, (1, 0, 0))])
def test_words_are_hidden_in_the_shares_that_are_asked_for(share, recipe):
    rng = np.random.default_rng(0)
    ids, _ = texts(rng, 4000, 9)
    shown, targets = b.mask_words(ids, V, rng, share, recipe)
    words, chosen = ids >= 4, targets != b.IGNORED
    assert (
        not chosen[~words].any() and (shown[~chosen] == ids[~chosen]).all() and (targets[chosen] == ids[chosen]).all()
    )
    near = lambda x, p, n: abs(x - p) < 5 * np.sqrt(p * (1 - p) / n) + 1e-12
    n = chosen.sum()
    assert near(n / words.sum(), share, words.sum())
    same = 1 / (V - 4)  # a random word may be the very one
    assert near((shown[chosen] == b.MASK).mean(), recipe[0], n)
    assert near((shown[chosen] == ids[chosen]).mean(), recipe[2] + recipe[1] * same, n)
    assert (shown[chosen] >= b.MASK).all()


def test_padding_is_seen_by_nobody_and_a_causal_one_sees_nothing_later():
    _, model = small()
    ids = np.array([[1, 5, 6, 2, 0, 0, 0]])
    assert np.allclose(model.read(ids).scores[:, :4], model.read(ids[:, :4]).scores, rtol=1e-9, atol=1e-12)
    below = np.tril(np.ones((6, 6), bool), -1)  # a later symbol is changed, an earlier place is looked at
    for causal in (False, True):
        _, one = small(causal=causal)
        moved = influence(lambda ids, one=one: one.read(ids).scores[0], np.arange(4, 10), V)
        assert (moved[below] > 0).all() != causal and (moved[~below] > 0).all()
        assert not causal or (moved[below] == 0).all()


@settings(max_examples=60, deadline=None)
@given(
    first=st.lists(st.integers(4, 30), min_size=1, max_size=9),
    second=st.lists(st.integers(4, 30), min_size=1, max_size=9),
    places=st.integers(3, 25),
)
@pytest.mark.equation("eq-pair")
def test_a_pair_is_packed_and_the_longer_sentence_is_cut(first, second, places):
    ids, segments = b.pack_pair(first, second, places)
    assert len(ids) == len(segments) == places and ids[0] == b.CLS and (ids == b.SEP).sum() == 2
    end = int(np.flatnonzero(ids == b.SEP)[0])
    last = int(np.flatnonzero(ids == b.SEP)[1])
    a, c = list(ids[1:end]), list(ids[end + 1 : last])
    assert a == first[: len(a)] and c == second[: len(c)] and (ids[last + 1 :] == b.PAD).all()
    assert list(segments) == [0] * (end + 1) + [1] * (last - end) + [0] * (places - last - 1)
    if len(first) + len(second) + 3 <= places:
        assert (a, c) == (first, second)
    else:  # full, and no sentence that was cut is shorter than the other one
        assert last == places - 1
        assert len(a) == len(first) or len(a) >= len(c)
        assert len(c) == len(second) or len(c) >= len(a) - 1


@settings(max_examples=200, deadline=None)
@given(pair=st.tuples(st.integers(0, 999_999), st.integers(0, 999_999)))
def test_what_a_word_counts_adds_up_to_the_number(pair):
    ids, segments = b.pairs_of(*np.array([pair]).T)
    values, early = (row[0] for row in b.place_values(ids, segments))
    size = {word: i for i, word in enumerate(b.EN_ONES)} | {word: 10 * (i + 2) for i, word in enumerate(b.EN_TENS)}
    unit, thousand = (1, 100, 1000, 100_000), b.VOCABULARY.index("thousand")
    for segment, k in enumerate(pair):
        own = np.flatnonzero((segments[0] == segment) & (ids[0] >= len(b.SPECIAL)))
        assert [b.VOCABULARY[i] for i in ids[0][own]] == list(number_pair(k).english)
        assert (b.number_texts(np.array([k]))[0, 1:-1] == ids[0][own]).all()
        counted = [i for i in own if values[i] != b.IGNORED]
        assert sum(size[b.VOCABULARY[ids[0][i]]] * unit[values[i]] for i in counted) == k
        for i in counted:
            assert early[i] == (thousand not in [ids[0][j] for j in own if j <= i])
    words = {"hundred", "thousand", "and", *b.SPECIAL}
    quiet = np.array([b.VOCABULARY[i] in words for i in ids[0]])
    assert (values[quiet] == b.IGNORED).all() and not early[quiet].any()


def test_half_of_the_pairs_follow():
    ids, segments, follows = b.drawn_pairs(np.arange(10, 999_000), 400, np.random.default_rng(0))
    assert 160 < follows.sum() < 240 and ids.shape == segments.shape == (400, b.WINDOW)
    for row, yes in zip(ids[:60], follows[:60], strict=True):
        words = [b.VOCABULARY[i] for i in row]
        cut = [i for i, word in enumerate(words) if word == "[SEP]"]
        first, second = number_of(words[1 : cut[0]]), number_of(words[cut[0] + 1 : cut[1]])
        assert (second == first + 1) == bool(yes)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_neighbours_are_counted(seed):
    rng = np.random.default_rng(seed)
    ids, shown = rng.integers(1, 8, size=(6, 5)), rng.integers(1, 8, size=(3, 5))
    found = b.Neighbours(ids, V).fill(shown)
    said = [(row[i - 1], row[i + 1], row[i]) for row in ids for i in range(1, 4) if row[i] >= 4]
    if not said:
        return
    for row, answer in zip(shown, found, strict=True):
        assert answer[0] == answer[-1] == b.IGNORED
        for i in range(1, 4):
            here = [w for left, right, w in said if (left, right) == (row[i - 1], row[i + 1])]
            here = here or [w for left, _, w in said if left == row[i - 1]] or [w for _, _, w in said]
            assert here.count(answer[i]) == max(map(here.count, here))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6))
@pytest.mark.equation("eq-probe")
def test_the_probe_is_least_squares_on_one_hot_classes(seed):
    from sklearn.linear_model import LinearRegression

    rng = np.random.default_rng(seed)
    X, Z = rng.normal(size=(60, 4)), rng.normal(size=(30, 4))
    classes = lambda A: (A @ np.array([[1, 0, -1], [0, 1, 1], [1, 1, 0], [0, 0, 2]]) + 0.5).argmax(axis=1)
    y, z = classes(X), classes(Z)
    theirs = LinearRegression().fit(X, np.eye(y.max() + 1)[y]).predict(Z).argmax(axis=1)
    assert b.probe(X, y, Z, z) == pytest.approx((theirs == z).mean())


def test_training_lowers_the_loss_and_is_the_same_twice():
    ids = b.number_texts(np.arange(100, 200))
    size = len(b.VOCABULARY)

    def batch(rng):
        shown, targets = b.mask_words(ids[rng.integers(len(ids), size=16)], size, rng, 0.3)
        return shown, 0 * shown, targets

    losses = []
    own = dict(D=16, layers=1, hidden=16, seed=3)
    one = train_bert(batch, 60, size, 8, watch=losses.append, warm_up=10, **own)
    two = train_bert(batch, 60, size, 8, warm_up=10, **own)
    assert len(losses) == 60 and np.mean(losses[-10:]) < 0.8 * np.mean(losses[:10])
    assert all(np.array_equal(one[name], two[name]) for name in one)
    start = untrained(size, 8, D=16, layers=1, hidden=16, seed=3).weights()
    assert set(start) == set(one) and not np.allclose(start["words"], one["words"])
    assert isinstance(b.number_bert(one), b.Bert)


def test_what_does_not_fit_is_refused():
    _, model = small()
    w = model.weights
    for name in w:
        with pytest.raises((ValueError, TypeError), match=r"must|missing"):
            b.Bert({k: v for k, v in w.items() if k != name}, 2).read(np.array([1, 5]))
    with pytest.raises(ValueError, match="3 heads"):
        b.Bert(w, 3)
    with pytest.raises(TypeError, match="mapping"):
        b.Bert([1], 2)
    with pytest.raises(ValueError, match="at most 9"):
        model.read(np.full(10, 5))
    with pytest.raises(ValueError, match="segments"):
        model.read(np.array([1, 5]), np.array([0]))
    with pytest.raises(ValueError, match="rows"):
        b.number_bert(small()[0].weights() | {})
    with pytest.raises(ValueError, match="nothing"):
        b.masked_loss(np.zeros((1, 2, 3)), np.array([[-1, -1]]))
    with pytest.raises(ValueError, match="sum 1"):
        b.mask_words(np.array([[5]]), 9, np.random.default_rng(0), recipe=(0.5, 0.1, 0.1))
    with pytest.raises(ValueError, match="order"):
        untrained(9, 5, order="both")
