"""Trains, their sums, products and rounding, and Tucker's form: against whole arrays, against tensorly, and with bad input."""

import numpy as np
import pytest
import tensorly
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorly.decomposition import tensor_train, tucker

from lib.unsupervised import tensors
from lib.unsupervised.tensors import TensorTrain


def random_train(rng, shape, ranks):
    ends = (1, *ranks, 1)
    return TensorTrain(tuple(rng.normal(size=(ends[k], n, ends[k + 1])) for k, n in enumerate(shape)))


@st.composite
def shapes(draw, least=1):
    shape = tuple(draw(st.lists(st.integers(1, 5), min_size=least, max_size=5)))
    return shape, tuple(draw(st.integers(1, 4)) for _ in shape[1:]), np.random.default_rng(draw(st.integers(0, 10**6)))


@settings(max_examples=60, deadline=None)
@given(shapes(), st.floats(0.0, 0.9))
def test_a_train_keeps_its_promise(made, eps):
    shape, _, rng = made
    A = rng.normal(size=shape)
    train = tensors.tt_svd(A, eps)
    assert train.shape == shape
    assert np.linalg.norm(train.full() - A) <= (eps + 1e-12) * np.linalg.norm(A)
    places = np.stack([rng.integers(n, size=7) for n in shape], axis=1)
    np.testing.assert_allclose(train.entries(places), train.full()[tuple(places.T)], atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(shapes())
def test_sums_products_and_inner_products_are_those_of_the_arrays(made):
    shape, ranks, rng = made
    a, b = random_train(rng, shape, ranks), random_train(rng, shape, ranks[::-1])
    A, B = a.full(), b.full()
    scale = np.abs(A).max() * np.abs(B).max() + np.abs(A).max() + np.abs(B).max()
    np.testing.assert_allclose(tensors.add(a, b).full(), A + B, atol=1e-12 * scale)
    np.testing.assert_allclose(tensors.multiply(a, b).full(), A * B, atol=1e-12 * scale)
    assert tensors.inner(a, b) == pytest.approx((A * B).sum(), abs=1e-12 * scale * A.size)
    assert a.size == sum(core.size for core in a.cores)


@settings(max_examples=40, deadline=None)
@given(shapes(least=2), st.floats(0.0, 0.6))
def test_rounding_keeps_the_array_and_finds_the_ranks(made, eps):
    shape, ranks, rng = made
    a = random_train(rng, shape, ranks)
    doubled = tensors.add(a, a)
    again = tensors.rounded(doubled)
    np.testing.assert_allclose(again.full(), 2 * a.full(), atol=1e-10 * np.linalg.norm(a.full()))
    assert again.ranks == tensors.tt_svd(2 * a.full(), 1e-11).ranks
    rough = tensors.rounded(doubled, eps)
    assert np.linalg.norm(rough.full() - 2 * a.full()) <= (eps + 1e-10) * np.linalg.norm(2 * a.full())


@pytest.mark.parametrize("shape", [(4, 5, 6), (3, 4, 5, 2), (7, 6)])
def test_tensorly_gives_the_same_array_at_the_same_ranks(shape):
    rng = np.random.default_rng(len(shape))
    A = rng.normal(size=shape)
    ours = tensors.tt_svd(A, 0.5)
    theirs = tensor_train(A, rank=[1, *ours.ranks, 1])
    np.testing.assert_allclose(tensorly.tt_to_tensor(theirs), ours.full(), atol=1e-10)
    ranks = [max(1, n - 2) for n in shape]
    core, factors = tucker(A, rank=ranks, init="svd", n_iter_max=100, tol=1e-12)
    best = np.linalg.norm(tensorly.tucker_to_tensor((core, factors)) - A)
    error = np.linalg.norm(tensors.hosvd(A, ranks).full() - A)
    assert best - 1e-9 <= error <= np.sqrt(A.ndim) * best + 1e-9  # De Lathauwer et al. (2000)


@settings(max_examples=40, deadline=None)
@given(shapes(least=2))
def test_tuckers_form_at_full_ranks_is_the_array(made):
    shape, _, rng = made
    A = rng.normal(size=shape)
    form = tensors.hosvd(A, [min(n, A.size // n) for n in shape])
    np.testing.assert_allclose(form.full(), A, atol=1e-10)
    for F in form.factors:
        np.testing.assert_allclose(F.T @ F, np.eye(F.shape[1]), atol=1e-10)


def test_zeros_and_ones_have_ranks_one():
    assert tensors.tt_svd(np.zeros((3, 4, 5))).ranks == (1, 1)
    assert tensors.tt_svd(np.ones((3, 4, 5, 2))).ranks == (1, 1, 1)
    assert tensors.tt_svd([1, 2, 3]).full().tolist() == [1, 2, 3]
    assert tensors.rounded(tensors.tt_svd(np.zeros((2, 2, 2)))).full().tolist() == np.zeros((2, 2, 2)).tolist()


def test_the_whole_error_may_be_spent():
    """With eps = 1 all but one number a cut may go, and what is left is still a train."""
    A = np.random.default_rng(1).normal(size=(4, 5, 6))
    assert tensors.tt_svd(A, 1.0).size < tensors.tt_svd(A, 0.1).size


def test_too_many_entries_are_not_written_out():
    train = tensors.rank_one([np.ones(10)] * 12)
    assert tensors.inner(train, train) == pytest.approx(1e12)
    with pytest.raises(ValueError, match=r"1\.0e\+12 entries"):
        train.full()
    with pytest.raises(ValueError, match="more than"):
        tensors.Tucker(np.ones((1,) * 9), tuple(np.ones((10, 1)) for _ in range(9))).full()


GOOD = tensors.rank_one([np.ones(2), np.ones(3)])


@pytest.mark.parametrize(
    ("act", "kind", "match"),
    [
        (lambda: TensorTrain((np.ones((1, 2, 3)), np.ones((2, 2, 1)))), ValueError, "begin with 3"),
        (lambda: TensorTrain((np.ones((1, 2, 3)),)), ValueError, "end with 1"),
        (lambda: TensorTrain(()), TypeError, "at least one array"),
        (lambda: TensorTrain(5), TypeError, "at least one array"),
        (lambda: TensorTrain((np.ones((2, 2)),)), ValueError, "3 axes"),
        (lambda: tensors.tt_svd(3.0), ValueError, "at least one index"),
        (lambda: tensors.tt_svd(np.ones((2, 2)), -1), ValueError, "eps"),
        (lambda: tensors.tt_svd([[np.nan]]), ValueError, "NaN"),
        (lambda: tensors.unfolding(np.ones(3), 1), ValueError, "two indices"),
        (lambda: tensors.unfolding(np.ones((2, 2)), 2), ValueError, "k must be"),
        (lambda: tensors.add(GOOD, tensors.rank_one([np.ones(3), np.ones(2)])), ValueError, "same shape"),
        (lambda: tensors.add(GOOD, np.ones((2, 3))), TypeError, "TensorTrain"),
        (lambda: tensors.inner(GOOD, 1), TypeError, "TensorTrain"),
        (lambda: tensors.multiply(GOOD, None), TypeError, "TensorTrain"),
        (lambda: tensors.rounded([1.0]), TypeError, "TensorTrain"),
        (lambda: tensors.rank_one(3), TypeError, "list"),
        (lambda: GOOD.entries([[0, 1, 2]]), ValueError, "2 columns"),
        (lambda: GOOD.entries([[0, 3]]), ValueError, "0 to 2"),
        (lambda: GOOD.entries([[0.5, 1.0]]), TypeError, "whole numbers"),
        (lambda: tensors.hosvd(np.ones((2, 3)), [1]), ValueError, "2 whole numbers"),
        (lambda: tensors.hosvd(np.ones((2, 3)), [1, 4]), ValueError, "at most 3"),
        (lambda: tensors.hosvd(np.ones((2, 1, 9)), [1, 1, 5]), ValueError, "product of the other sizes"),
        (lambda: tensors.Tucker(np.ones((2, 2)), (np.ones((3, 2)),)), ValueError, "2 matrices"),
        (lambda: tensors.Tucker(np.ones((2, 2)), (np.ones((3, 2)), np.ones((3, 1)))), ValueError, "2 columns"),
        (lambda: TensorTrain((np.full((1, 2, 1), 1e40),) * 9).full(), ValueError, "range of floats"),
    ],
)
def test_bad_input_is_refused(act, kind, match):
    with pytest.raises(kind, match=match):
        act()
