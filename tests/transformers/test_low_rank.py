"""Changes of low rank: against autograd, merged and taken out again, on a GPT, and what training leaves as it was."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.transformers import anatomy
from lib.transformers import gpt as g
from lib.transformers.adapting import low_rank as lr
from lib.transformers.adapting import training as tr
from lib.transformers.gpt_training import Network


def small(seed=0, layers=2, heads=2, hidden=12, V=9, window=10, D=8):
    torch.manual_seed(seed)
    network = Network(V, window, D, layers, heads, hidden, spread=0.5)
    for p in network.parameters():
        torch.nn.init.normal_(p, 0, 0.5)
    return network, g.GPT(network.weights(), heads)


def random_change(rng, inputs, outputs, rank, alpha=4.0):
    return lr.LowRank(rng.normal(size=(inputs, rank)), rng.normal(size=(rank, outputs)), alpha)


def changed(model, rng, on=lr.MATRICES, rank=2):
    """Changes of all that `on` names, none of them 0."""
    return {n: random_change(rng, *model.weights[n].shape, rank) for n in lr.matrices_of(model, on)}


def one_batch(rng):
    texts = rng.integers(9, size=(4, 9))
    return texts[:, :-1], texts[:, 1:]


# ------------------------------------------------------------------------------------------------------------ one matrix
@settings(max_examples=60, deadline=None)
@given(
    sides=st.tuples(st.integers(1, 6), st.integers(1, 6), st.integers(1, 8)),
    front=st.sampled_from([(), (3,), (2, 4)]),
    alpha=st.sampled_from([0.5, 1.0, 16.0]),
    seed=st.integers(0, 10**6),
)
def test_outputs_and_slopes_are_those_of_autograd(sides, front, alpha, seed):
    rng = np.random.default_rng(seed)
    I, O, r = sides
    x, W0, dY = rng.normal(size=(*front, I)), rng.normal(size=(I, O)), rng.normal(size=(*front, O))
    change = random_change(rng, I, O, r, alpha)
    leaves = [torch.tensor(a, requires_grad=True) for a in (x, change.A, change.B)]
    theirs = leaves[0] @ torch.tensor(W0) + alpha / r * (leaves[0] @ leaves[1] @ leaves[2])
    theirs.backward(torch.tensor(dY))
    assert np.allclose(lr.lora_forward(x, W0, change), theirs.detach(), rtol=1e-9, atol=1e-10)
    dx, found = lr.lora_gradients(x, W0, change, dY)
    for mine, leaf in zip((dx, found["A"], found["B"]), leaves, strict=True):
        assert mine.shape == leaf.shape and np.allclose(mine, leaf.grad, rtol=1e-9, atol=1e-10)


@settings(max_examples=60, deadline=None)
@given(I=st.integers(1, 6), O=st.integers(1, 6), r=st.integers(1, 4), seed=st.integers(0, 10**6))
def test_merged_reads_the_same_and_comes_apart_again(I, O, r, seed):
    rng = np.random.default_rng(seed)
    x, W0, change = rng.normal(size=(5, I)), rng.normal(size=(I, O)), random_change(rng, I, O, r)
    W = lr.merged(W0, change)
    assert np.allclose(x @ W, lr.lora_forward(x, W0, change), rtol=1e-9, atol=1e-10)
    assert np.linalg.matrix_rank(W - W0, tol=1e-9) <= r
    back = lr.unmerged(W, change)
    assert (np.abs(back - W0) <= (np.spacing(np.abs(W)) + np.spacing(np.abs(back))) / 2).all()


def test_what_floats_hold_exactly_comes_apart_exactly():
    rng = np.random.default_rng(0)
    eighths = lambda *shape: rng.integers(-40, 41, size=shape) / 8
    W0, change = eighths(6, 5), lr.LowRank(eighths(6, 2), eighths(2, 5), 4.0)
    assert np.array_equal(lr.unmerged(lr.merged(W0, change), change), W0)


@settings(max_examples=30, deadline=None)
@given(I=st.integers(1, 9), O=st.integers(1, 9), seed=st.integers(0, 10**6))
def test_at_the_start_nothing_is_changed_and_only_B_has_a_slope(I, O, seed):
    rng = np.random.default_rng(seed)
    change = lr.zero_start(I, O, min(I, O), 8.0, rng)
    x, W0 = rng.normal(size=(7, I)), rng.normal(size=(I, O))
    assert np.array_equal(lr.lora_forward(x, W0, change), x @ W0) and np.array_equal(lr.merged(W0, change), W0)
    _, slopes = lr.lora_gradients(x, W0, change, rng.normal(size=(7, O)))
    assert not slopes["A"].any() and slopes["B"].all()
    both = lr.LowRank(np.zeros_like(change.A), change.B, 8.0)  # with two zeros nothing would ever move
    _, none = lr.lora_gradients(x, W0, both, np.ones((7, O)))
    assert not none["A"].any() and not none["B"].any()


def test_the_random_factor_has_the_spread_that_it_says():
    A = lr.zero_start(400, 300, 200, 1.0, np.random.default_rng(0)).A
    assert A.std() == pytest.approx(400**-0.5, rel=0.02) and abs(A.mean()) < 1e-3


def test_alpha_is_divided_by_the_rank():
    rng = np.random.default_rng(0)
    A, B = rng.normal(size=(5, 2)), rng.normal(size=(2, 4))
    once, doubled = lr.LowRank(A, B, 6.0), lr.LowRank(np.hstack([A, A]), np.vstack([B, B]), 6.0)
    assert once.scale == 3 and np.allclose(once.matrix(), 3 * A @ B)
    assert doubled.scale == 1.5 and np.allclose(doubled.matrix(), once.matrix())  # twice the terms, each half as large


def test_counts_are_the_published_ones():
    """Hu et al. (2022), table 2: RoBERTa base, rank 8 on queries and values of 12 blocks of 768: 0.3 million."""
    change = lr.LowRank(np.ones((768, 8)), np.ones((8, 768)), 8.0)
    assert 12 * 2 * change.entries == 294_912
    roberta = anatomy.Sizes(50_265, 768, 12, 12, 3072, places=514, kinds=1)
    assert anatomy.low_rank_parameters(roberta, 8) == 294_912


@settings(max_examples=40, deadline=None)
@given(I=st.integers(1, 7), O=st.integers(1, 7), true=st.integers(1, 7), seed=st.integers(0, 10**6))
def test_nothing_of_its_rank_is_nearer_than_the_first_terms_of_the_svd(I, O, true, seed):
    rng = np.random.default_rng(seed)
    change = rng.normal(size=(I, min(true, I, O))) @ rng.normal(size=(min(true, I, O), O))
    errors = lr.best_rank_error(change)
    size = np.linalg.norm(change)
    assert errors.shape == (min(I, O) + 1,) and errors[0] == pytest.approx(size)
    assert (np.diff(errors) <= 1e-12 * size).all() and np.all(errors[min(true, I, O) :] <= 1e-7 * size)
    for r in range(1, min(I, O) + 1):
        best = lr.best_low_rank(change, r, alpha=3.0)
        assert best.rank == r and best.alpha == 3.0
        assert np.linalg.norm(change - best.matrix()) == pytest.approx(errors[r], abs=1e-7 * size)
        for step in (1e-3, 0.3):  # near it and further off nothing is better
            other = lr.LowRank(
                best.A + step * rng.normal(size=best.A.shape), best.B + step * rng.normal(size=best.B.shape), 3.0
            )
            assert np.linalg.norm(change - other.matrix()) >= errors[r] - 1e-7 * size


# ----------------------------------------------------------------------------------------------------------------- a GPT
@settings(max_examples=20, deadline=None)
@given(
    on=st.sets(st.sampled_from(lr.MATRICES), min_size=1).map(sorted),
    layers=st.integers(1, 2),
    seed=st.integers(0, 10**6),
)
def test_a_gpt_with_changes_is_the_merged_one_and_comes_apart(on, layers, seed):
    _, model = small(seed, layers)
    rng = np.random.default_rng(seed)
    changes = changed(model, rng, on)
    assert set(changes) == {f"block{i}.{name}" for i in range(layers) for name in on}
    network = tr.adapted_network(model, changes, torch.float64)
    ids = rng.integers(9, size=(2, 7))
    together = lr.merged_gpt(model, changes)
    unmerged, scores = network(torch.tensor(ids)).detach().numpy(), together.read(ids).scores
    assert np.allclose(scores, unmerged, rtol=1e-6, atol=1e-8)
    assert not np.allclose(scores, model.read(ids).scores)
    again = tr.network_of(together, torch.float64)(torch.tensor(ids)).detach().numpy()  # merged, in PyTorch too
    assert np.allclose(again, unmerged, rtol=1e-9, atol=1e-10)
    apart = lr.unmerged_gpt(together, changes)
    assert all(np.allclose(apart.weights[n], w, rtol=0, atol=1e-14) for n, w in model.weights.items())
    found = tr.changes_in(network)
    assert found.keys() == changes.keys()
    assert all(np.array_equal(found[n].A, c.A) and np.array_equal(found[n].B, c.B) for n, c in changes.items())


def test_a_full_change_is_reached_with_all_ranks_and_approached_with_fewer():
    """What fine-tuning did to each matrix, cut to its first terms: as far off as its singular values say, and not off at full rank."""
    _, before = small(4)
    after = g.GPT(tr.fine_tune(before, one_batch, 5, rate=1e-2), 2)
    for rank in (1, 3, 8):
        cut = lr.merged_gpt(before, lr.nearest_changes(before, after, rank, on=lr.MATRICES))
        for name in lr.matrices_of(before, lr.MATRICES):
            errors = lr.best_rank_error(after.weights[name] - before.weights[name])
            off = np.linalg.norm(cut.weights[name] - after.weights[name])
            assert off == pytest.approx(errors[rank], abs=1e-9)
            assert rank > 1 or errors[1] > 0.01 * errors[0]
    assert all(np.allclose(cut.weights[n], after.weights[n], atol=1e-9) for n in lr.matrices_of(before, lr.MATRICES))


@pytest.mark.parametrize("hidden", [0, 12])
def test_a_network_comes_back_from_its_weights(hidden):
    network, model = small(3, hidden=hidden)
    again = tr.network_of(model).state_dict()
    assert again.keys() == network.state_dict().keys()
    assert all(torch.equal(again[name], value) for name, value in network.state_dict().items())


def test_slopes_by_hand_are_those_in_the_network():
    """The change of a matrix inside the GPT: what arrives at its outputs gives, by hand, the slopes that PyTorch has."""
    _, model = small(1)
    rng = np.random.default_rng(1)
    network = tr.adapted_network(model, changed(model, rng, ["Wo"]), torch.float64)
    layer, seen = network.blocks[1].out, {}
    layer.register_forward_hook(lambda module, given, made: (made.retain_grad(), seen.update(x=given[0], y=made))[0])
    x, y = one_batch(rng)
    F.cross_entropy(network(torch.tensor(x)).flatten(0, 1), torch.tensor(y).flatten()).backward()
    change = tr.changes_in(network)["block1.Wo"]
    _, mine = lr.lora_gradients(seen["x"].detach().numpy(), model.weights["block1.Wo"], change, seen["y"].grad.numpy())
    assert np.allclose(mine["A"], layer.A["0"].grad, rtol=1e-8, atol=1e-12)
    assert np.allclose(mine["B"], layer.B["0"].grad, rtol=1e-8, atol=1e-12)


# --------------------------------------------------------------------------------------------------------------- training
def test_only_the_changes_learn_and_the_base_stays_bit_for_bit():
    _, model = small(2)
    before = {name: value.copy() for name, value in model.weights.items()}
    networks = []
    changes = tr.train_low_rank(
        model, one_batch, 12, rank=2, on=("Wq", "Wv", "W1"), watch=lambda n, network: networks.append(network)
    )
    after = networks[-1].weights()
    assert len(networks) == 12 and after.keys() == before.keys()
    assert all(np.array_equal(after[n], before[n]) and np.array_equal(model.weights[n], before[n]) for n in before)
    learned = [p for p in networks[-1].parameters() if p.requires_grad]
    assert sum(p.numel() for p in learned) == sum(c.entries for c in changes.values()) == 2 * 2 * (16 + 16 + 20)
    for name, change in changes.items():
        start = lr.zero_changes(model, 2, 8.0, np.random.default_rng(0), ("Wq", "Wv", "W1"))[name]
        assert change.B.any() and not np.array_equal(change.A, start.A.astype(np.float32))
    again = tr.train_low_rank(model, one_batch, 12, rank=2, on=("Wq", "Wv", "W1"))
    assert all(np.array_equal(again[n].B, c.B) for n, c in changes.items())


def test_a_feature_extractor_changes_its_output_alone_and_fine_tuning_everything():
    _, model = small(2)
    features = tr.fine_tune(model, one_batch, 3, "output")
    assert [n for n, w in model.weights.items() if not np.array_equal(features[n], w)] == ["output"]
    everything = tr.fine_tune(model, one_batch, 3)
    assert all(not np.array_equal(everything[n], w) for n, w in model.weights.items())


def test_a_change_of_low_rank_learns_another_task():
    """A GPT that says each token again is taught to say the next one of the alphabet, by a change of a few of its numbers."""

    def task(shift):
        def batch(rng):
            x = rng.integers(9, size=(16, 8))
            return x, (x + shift) % 9

        return batch

    _, model = small(5, layers=1, D=16, hidden=32)
    first = g.GPT(tr.fine_tune(model, task(0), 150, rate=1e-2), 2)
    changes = tr.train_low_rank(first, task(1), 300, rank=4, on=lr.MATRICES, rate=1e-2)
    x = np.random.default_rng(7).integers(9, size=(20, 8))
    right = lambda model, shift: (model.read(x).scores.argmax(-1) == (x + shift) % 9).mean()
    second = lr.merged_gpt(first, changes)
    assert right(first, 0) > 0.95 and right(first, 1) < 0.05 and right(second, 1) > 0.9
    assert right(lr.unmerged_gpt(second, changes), 0) == right(first, 0)  # and has forgotten nothing
    assert right(lr.merged_gpt(second, changes), 1) < right(second, 1)  # merged twice it is another model


@pytest.mark.parametrize("name", ["block0.Wq", "block1.W2"])
def test_changes_travel_as_arrays(name):
    _, model = small()
    changes = changed(model, np.random.default_rng(0))
    again = lr.changes_of(lr.flat(changes))
    assert list(again) == list(changes)
    assert np.array_equal(again[name].matrix(), changes[name].matrix())


RNG = np.random.default_rng(0)
ONE = lr.LowRank(np.ones((8, 2)), np.ones((2, 8)), 4.0)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda m: lr.LowRank(np.ones((8, 2)), np.ones((3, 8)), 1.0), "as many columns as B has rows"),
        (lambda m: lr.LowRank(np.ones((8, 2)), np.ones((2, 8)), 0.0), "alpha"),
        (lambda m: lr.zero_start(8, 4, 5, 1.0, RNG), "rank must be at most 4"),
        (lambda m: lr.zero_start(8, 4, 2, 1.0, 0), "numpy Generator"),
        (lambda m: lr.lora_forward(np.ones((3, 7)), np.ones((8, 8)), ONE), r"x must be \(…, 8\)"),
        (lambda m: lr.merged(np.ones((8, 7)), ONE), r"shape \(8, 8\), but the weights have \(8, 7\)"),
        (lambda m: lr.lora_gradients(np.ones((3, 8)), np.ones((8, 8)), ONE, np.ones((2, 8))), r"shape \(3, 8\)"),
        (lambda m: lr.merged(np.ones((8, 8)), np.ones((8, 8))), "must be a LowRank"),
        (lambda m: lr.matrices_of(m, ("Wq", "Wq")), "each once"),
        (lambda m: lr.matrices_of(m, "Wq"), "names of matrices"),
        (lambda m: lr.matrices_of(m, ("W3",)), "some of Wq"),
        (lambda m: lr.matrices_of(small(hidden=0)[1], ("W1",)), "no feed-forward part"),
        (lambda m: lr.merged_gpt(m, {"block2.Wq": ONE}), "no matrix 'block2.Wq'"),
        (lambda m: lr.merged_gpt(m, {"words": ONE}), "no matrix 'words'"),
        (lambda m: lr.merged_gpt(m, [ONE]), "must be a dict"),
        (lambda m: lr.merged_gpt(m, {"block0.W1": ONE}), r"the weights have \(8, 12\)"),
        (lambda m: lr.nearest_changes(m, small(D=4)[1], 2), r"block0.Wq has shape \(8, 8\) before, but \(4, 4\)"),
        (lambda m: lr.changes_of({"block0.Wq.A": np.ones((8, 2))}), "block0.Wq lacks one of"),
        (lambda m: lr.changes_of({**lr.flat({"w": ONE}), "w.C": np.ones(3)}), "and no others"),
        (lambda m: tr.adapted_network(m, {"block0.Wq": lr.LowRank(np.ones((7, 1)), np.ones((1, 8)), 1.0)}), "shape"),
        (lambda m: tr.fine_tune(m, one_batch, 1, "words"), "learned must be one of"),
        (lambda m: tr.train_low_rank(m, one_batch, 0), "count"),
        (lambda m: tr.network_of(small()[0]), "must be a GPT"),
    ],
)
def test_what_does_not_fit_is_refused(call, says):
    with pytest.raises((ValueError, TypeError), match=says):
        call(small()[1])
