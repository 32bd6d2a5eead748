"""The labelled equations of "Tensors, and trains of small ones", by an independent route each."""

import itertools
import math

import numpy as np
import pytest

from lib.unsupervised import tensors
from lib.unsupervised.exercises.tensors import entry_of_a_train, ranks_of_a_train
from lib.unsupervised.tensors import TensorTrain

RNG = np.random.default_rng(8)
SHAPE, RANKS = (3, 4, 2, 5), (2, 3, 4)


def train(ranks=RANKS, shape=SHAPE):
    ends = (1, *ranks, 1)
    return TensorTrain(tuple(RNG.normal(size=(ends[k], n, ends[k + 1])) for k, n in enumerate(shape)))


def entries(made):
    """Every entry as a product of matrices, place by place."""
    out = np.empty(made.shape)
    for place in itertools.product(*map(range, made.shape)):
        out[place] = np.linalg.multi_dot([core[:, i] for core, i in zip(made.cores, place, strict=True)])[0, 0]
    return out


@pytest.mark.equation("eq-unfolding")
def test_an_unfolding_puts_the_first_indices_into_the_rows():
    A = RNG.normal(size=SHAPE)
    for k in (1, 2, 3):
        M = tensors.unfolding(A, k)
        for place in itertools.product(*map(range, SHAPE)):
            row, column = 0, 0
            for i, n in zip(place[:k], SHAPE[:k], strict=True):
                row = row * n + i
            for i, n in zip(place[k:], SHAPE[k:], strict=True):
                column = column * n + i
            assert M[row, column] == A[place]


@pytest.mark.equation("eq-train")
def test_a_trains_entries_are_products_of_matrices():
    made = train()
    whole = entries(made)
    np.testing.assert_allclose(made.full(), whole, atol=1e-12)
    place = (2, 1, 0, 3)
    assert entry_of_a_train.function(list(made.cores), place) == pytest.approx(whole[place])


@pytest.mark.equation("eq-train-size")
def test_the_cores_hold_as_many_numbers():
    made = train()
    ends = (1, *RANKS, 1)
    assert made.size == sum(ends[k] * n * ends[k + 1] for k, n in enumerate(SHAPE))
    assert made.size <= len(SHAPE) * max(SHAPE) * max(RANKS) ** 2


@pytest.mark.equation("eq-train-ranks")
def test_ranks_are_those_of_the_unfoldings():
    A = entries(train())
    of_unfoldings = [np.linalg.matrix_rank(tensors.unfolding(A, k)) for k in (1, 2, 3)]
    assert all(r <= given for r, given in zip(of_unfoldings, RANKS, strict=True))
    assert list(tensors.tt_svd(A).ranks) == of_unfoldings


@pytest.mark.equation("eq-tt-svd")
@pytest.mark.equation("eq-train-error")
@pytest.mark.equation("eq-train-bound")
@pytest.mark.parametrize("eps", [0.1, 0.4, 0.7])
def test_squared_errors_of_the_cuts_add_up_and_stay_near_the_best(eps):
    A = RNG.normal(size=SHAPE)
    made = tensors.tt_svd(A, eps)
    rest, dropped = A, []
    for n, core in zip(
        SHAPE, made.cores[:-1], strict=False
    ):  # project on the columns of each core, one after the other
        M, U = rest.reshape(core.shape[0] * n, -1), core.reshape(-1, core.shape[2])
        np.testing.assert_allclose(U.T @ U, np.eye(U.shape[1]), atol=1e-12)
        s = np.linalg.svd(M, compute_uv=False)[U.shape[1] :]
        E = M - U @ (U.T @ M)
        assert np.linalg.norm(E) == pytest.approx(np.linalg.norm(s), abs=1e-10)  # the smallest values were dropped
        dropped.append(np.linalg.norm(E))
        rest = U.T @ M
    np.testing.assert_allclose(rest.ravel(), made.cores[-1].ravel(), atol=1e-12)
    error = np.linalg.norm(A - made.full())
    assert error == pytest.approx(np.linalg.norm(dropped), abs=1e-10)
    assert error <= eps * np.linalg.norm(A)
    tails = [
        np.linalg.norm(np.linalg.svd(tensors.unfolding(A, k), compute_uv=False)[r:])
        for k, r in enumerate(made.ranks, start=1)
    ]
    assert all(e <= tail + 1e-10 for e, tail in zip(dropped, tails, strict=True))
    assert max(tails) - 1e-10 <= error <= math.sqrt(len(SHAPE) - 1) * max(tails) + 1e-10


def test_the_exercises_ranks_keep_the_error():
    A = RNG.normal(size=SHAPE)
    for eps in (0.2, 0.5):
        ranks = ranks_of_a_train.function(A, eps)
        made = tensors.tt_svd(A, eps)
        assert all(r <= least for r, least in zip(made.ranks, ranks, strict=True))


@pytest.mark.equation("eq-train-sum")
@pytest.mark.equation("eq-train-product")
@pytest.mark.equation("eq-train-inner")
def test_sums_products_and_inner_products():
    a, b = train((2, 3, 2)), train((3, 1, 2))
    A, B = entries(a), entries(b)
    total, product = tensors.add(a, b), tensors.multiply(a, b)
    np.testing.assert_allclose(entries(total), A + B, atol=1e-12)
    np.testing.assert_allclose(entries(product), A * B, atol=1e-11)
    assert total.ranks == (5, 4, 4) and product.ranks == (6, 3, 4)
    by_kron = np.linalg.multi_dot(
        [sum(np.kron(G[:, i], H[:, i]) for i in range(G.shape[1])) for G, H in zip(a.cores, b.cores, strict=True)]
    )
    assert tensors.inner(a, b) == pytest.approx(by_kron[0, 0]) == pytest.approx((A * B).sum())


@pytest.mark.equation("eq-tucker")
def test_tuckers_form_spreads_each_index():
    core, factors = RNG.normal(size=(2, 3, 2)), [RNG.normal(size=(n, r)) for n, r in ((4, 2), (3, 3), (5, 2))]
    np.testing.assert_allclose(
        tensors.Tucker(core, factors).full(), np.einsum("abc,ia,jb,kc->ijk", core, *factors), atol=1e-12
    )


@pytest.mark.equation("eq-cp")
def test_a_sum_of_products_is_a_sum_of_trains_of_rank_one():
    vectors = [[RNG.normal(size=n) for n in SHAPE] for _ in range(3)]
    whole = sum(np.einsum("i,j,k,l->ijkl", *term) for term in vectors)
    total = tensors.rank_one(vectors[0])
    for term in vectors[1:]:
        total = tensors.add(total, tensors.rank_one(term))
    np.testing.assert_allclose(total.full(), whole, atol=1e-12)
    assert total.ranks == (3, 3, 3)


@pytest.mark.equation("eq-border")
@pytest.mark.parametrize("n", [1.0, 7.0, 50.0])
def test_two_terms_come_near_a_sum_of_three(n):
    x, y = RNG.normal(size=(2, 4))

    def product(*vectors):
        return np.einsum("i,j,k->ijk", *vectors)

    D = product(x, x, y) + product(x, y, x) + product(y, x, x)
    rest = (product(x, y, y) + product(y, x, y) + product(y, y, x)) / n + product(y, y, y) / n**2
    near = x + y / n
    np.testing.assert_allclose(n * product(near, near, near) - n * product(x, x, x), D + rest, atol=1e-10)


def test_the_shown_lines_of_tensorly_run():
    """The code in the page's dropdown, word for word."""
    import json
    import re
    from pathlib import Path

    page = json.loads(Path("chapters/08_unsupervised/07_tensors.ipynb").read_text())
    text = "\n".join("".join(cell["source"]) for cell in page["cells"] if cell["cell_type"] == "markdown")
    (code,) = re.findall(r"```python\n(.*?)```", text, flags=re.S)
    A = RNG.normal(size=(10, 40, 16, 12))
    made = {"A": A}
    exec(code, made)
    ours = tensors.tt_svd(A, 0.0)
    assert max(ours.ranks) > 40  # so that the shown ranks cut
    assert made["train"].shape == made["form"].shape == made["terms"].shape == A.shape
    errors = [np.linalg.norm(made[name] - A) / np.linalg.norm(A) for name in ("train", "form", "terms")]
    assert all(0.5 < e < 1 for e in errors)
    hosvd = np.linalg.norm(tensors.hosvd(A, [8, 16, 10, 8]).full() - A) / np.linalg.norm(A)
    assert errors[1] < hosvd  # "starts from ours and improves it in turns"
