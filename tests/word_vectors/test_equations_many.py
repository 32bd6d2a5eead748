"""The labelled equations of "When one machine is not enough", by an independent route each."""

import itertools

import numpy as np
import pytest
import sympy as sp
import torch

from lib.word_vectors import distributed, evaluation, parallel, training, word2vec

RNG = np.random.default_rng(12)


def messages(P, n):
    """Walk round the ring message by message and return what each process sends, in numbers, and what all hold at last."""
    held = RNG.integers(0, 9, size=(P, P, n // P))
    right, sent = held.sum(axis=0), np.zeros(P, int)
    for t in range(2 * (P - 1)):
        post = [(p, (p + 1) % P, (p - t) % P, held[p, (p - t) % P].copy()) for p in range(P)]
        for sender, receiver, piece, letter in post:
            sent[sender] += letter.size
            held[receiver, piece] = held[receiver, piece] + letter if t < P - 1 else letter
    assert (held == right).all()
    return sent


@pytest.mark.equation("eq-ring-bytes")
def test_ring_bytes():
    for P in (2, 3, 4, 6):
        sent = messages(P, 60)
        assert (sent * 4 == pytest.approx(parallel.ring_bytes(60 * 4, P))) and len(set(sent)) == 1


@pytest.mark.equation("eq-ring-time")
def test_ring_time():
    """Clocks that wait for one another: a hop starts when the last one has come in, and takes latency and bytes."""
    for P, size, latency, bandwidth in ((2, 8.0, 0.5, 4.0), (5, 30.0, 0.1, 3.0)):
        clock = np.zeros(P)
        for _ in range(2 * (P - 1)):
            arrives = clock + latency + size / P / bandwidth
            clock = np.maximum(clock, np.roll(arrives, 1))
        assert clock == pytest.approx(parallel.ring_seconds(size, P, latency, bandwidth))


@pytest.mark.equation("eq-parallel-time")
def test_parallel_time():
    """Alternate work and meetings, and add up."""
    compute, P, meetings, size, latency, bandwidth = 12.0, 4, 6, 8.0, 0.01, 40.0
    clock, handling = 0.0, 0.02
    for _ in range(meetings):
        clock += compute / P / meetings + handling
        for _ in range(2 * (P - 1)):
            clock += latency + size / P / bandwidth
    assert clock == pytest.approx(parallel.parallel_seconds(compute, P, meetings, size, latency, bandwidth, handling))
    assert parallel.parallel_seconds(compute, 1, meetings, size, latency, bandwidth, handling) == compute


@pytest.mark.equation("eq-ceiling")
def test_ceiling():
    """Below the ceiling for any number of processes, where sending does not take longer than all the work; and it is met in the limit."""
    C, P, M, n, a, B = sp.symbols("C P M n a B", positive=True)
    time = C / P + M * 2 * (P - 1) * (a + n / (P * B))
    ceiling = C * B / (2 * M * n)
    assert sp.simplify(sp.limit(C / time.subs(a, 0), P, sp.oo) - ceiling) == 0
    for _ in range(200):
        compute, meetings, size, bandwidth = (
            RNG.uniform(1, 9),
            RNG.uniform(0.1, 9),
            RNG.uniform(1, 9),
            RNG.uniform(1, 99),
        )
        most = compute * bandwidth / (2 * meetings * size)
        many = np.arange(1, 200)
        gain = compute / parallel.parallel_seconds(compute, many, meetings, size, RNG.uniform(0, 0.1), bandwidth)
        assert gain.max() <= max(1, most) + 1e-9


@pytest.mark.equation("eq-changes")
def test_changes():
    """With c = 1/P the agreed rows are the mean of the copies, as numpy finds it; with c = 1 all changes are added to the old ones."""
    text = evaluation.planted(tokens=4000, words=60, topics=3, styles=1).text
    for way in ("mean", "sum"):
        common = {"processes": 3, "combine": way, "dimension": 5, "every": 100, "epochs": 1}
        partners = [distributed.Partner(text, rank=rank, **common) for rank in range(3)]
        old = partners[0]._rows.numpy().copy()
        for partner in partners:
            partner._begin()
            partner._work()
        copies = np.stack([partner._rows.numpy() for partner in partners])
        wanted = copies.mean(axis=0) if way == "mean" else old + (copies - old).sum(axis=0)
        assert np.allclose(distributed.rehearse(text, **common)._rows.numpy(), wanted, atol=1e-6)


@pytest.mark.equation("eq-in-turn")
def test_in_turn():
    """On a parabola the processes one after another, in symbols."""
    w, best, q = sp.symbols("w best q")
    one = best + q * (w - best)
    for P in range(1, 6):
        after = w
        for _ in range(P):
            after = after.subs(w, one) if P == 1 else best + q * (after - best)
        share = sum(q**k for k in range(P)) / P
        assert sp.expand(w + share * P * (one - w) - after) == 0
        assert parallel.in_turn(0.3, P) == pytest.approx(float(share.subs(q, 0.3)))


@pytest.mark.equation("eq-what-is-left")
def test_what_is_left():
    """Many small steps of gradient descent down a parabola of curvature n κ, against the exponential."""
    rate, n, curvature, steps = 1e-3, 7.0, 0.2, 400
    way = 1.0
    for _ in range(steps):
        way -= rate * n * curvature * way
    assert way == pytest.approx(np.exp(-steps * rate * n * curvature), rel=1e-3)


@pytest.mark.equation("eq-curvature")
def test_curvature():
    """The Hessian of the loss of a row, by finite differences, never bends more than the bound, in any direction."""
    U, w = RNG.normal(size=(8, 3)), RNG.normal(size=3)
    often = RNG.integers(1, 6, size=8).astype(float)
    real = RNG.integers(0, 2, size=8)

    def gradient(w):
        return sum(m * (1 / (1 + np.exp(-u @ w)) - r) * u for m, u, r in zip(often, U, real, strict=True))

    h = 1e-5
    hessian = np.stack([(gradient(w + h * e) - gradient(w - h * e)) / (2 * h) for e in np.eye(3)])
    curvature, axes = distributed.bends(torch.from_numpy(U), torch.from_numpy(often))
    bound = axes.numpy() * curvature.numpy() @ axes.numpy().T * often.sum()
    assert np.linalg.eigvalsh(bound - hessian).min() > -1e-6
    assert np.allclose(bound, (U.T * often) @ U / 4)


def test_in_turn_is_exact_on_parabolas():
    """The partner's own arithmetic: copies that have gone down a bowl, each alone, are brought to where they had come in turn."""
    text = evaluation.planted(tokens=4000, words=60, topics=3, styles=1).text
    partner = distributed.Partner(text, processes=3, dimension=4, every=10, epochs=2)
    partner._agreed[:] = torch.from_numpy(RNG.normal(size=partner._agreed.shape).astype(np.float32))
    V, rows = len(partner.W), torch.arange(len(partner._rows))
    rate = training.rate_at(partner.settings, 0.0)
    best = torch.from_numpy(RNG.normal(size=partner._rows.shape).astype(np.float32))
    wanted, total = partner._agreed.clone(), torch.zeros_like(partner._rows)
    for mine, others in ((slice(0, V), slice(V, None)), (slice(V, None), slice(0, V))):
        curvature, axes = distributed.bends(partner._agreed[others], partner._expected[others])
        push = (rate * partner._expected[mine]).clamp(max=training.BEARABLE)
        left = torch.exp(-10 * push[:, None] * curvature)

        def go(start, mine=mine, axes=axes, left=left):
            return best[mine] + (((start - best[mine]) @ axes) * left) @ axes.T

        total[mine] = 3 * (go(partner._agreed[mine]) - partner._agreed[mine])
        for _ in range(3):
            wanted[mine] = go(wanted[mine])
    partner._take(rows, total, 0, 100)
    assert torch.allclose(partner._rows, wanted, atol=1e-4)


def test_the_loss_is_the_books():
    """The module given to DistributedDataParallel has the loss of negative sampling."""
    model = distributed.Pairs(9, 4, seed=2)
    W, U = (p.detach().numpy().astype(float) for p in model.parameters())
    noise = [2, 3, 5]
    mine = model(torch.tensor([1] * 4), torch.tensor([4, *noise]), torch.tensor([1.0, 0, 0, 0]))
    assert mine.item() * 4 == pytest.approx(word2vec.negative_loss(W[1], U[4], U[noise]), rel=1e-5)


def test_ways_differ():
    text = evaluation.planted(tokens=4000, words=60, topics=3, styles=1).text
    ways = [
        distributed.rehearse(text, processes=2, combine=way, dimension=5, epochs=3, every=1).W
        for way in distributed.COMBINE
    ]
    assert all(not np.allclose(a, b, atol=1e-6) for a, b in itertools.combinations(ways, 2))
