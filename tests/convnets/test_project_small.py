"""What the project "Two percent, with fewer than 10,000 numbers" stands on: chains against PyTorch, bending against SciPy, Wilson's interval."""

import numpy as np
import pytest
import torch
from scipy import ndimage, stats

from lib.convnets import architectures, exercises, networks, training
from lib.convnets.architectures import Conv, Dense, GlobalAverage, Pool
from lib.convnets.exercises import project_small

CHAINS = (
    ((Conv(4, 3), Pool("max", 2, 2), Conv(6, 3, groups=2), Dense(5), Dense(3, relu=False)), (1, 12, 12)),
    ((Conv(4, 3, stride=2, padding=1), Pool("average", 2, 1), Conv(4, 1, groups=4), GlobalAverage(), Dense(3, relu=False)), (2, 9, 8)),
    ((Dense(4), Dense(3, relu=False)), (1, 5, 5)),
)  # fmt: skip


@pytest.mark.parametrize("case", range(len(CHAINS)))
@pytest.mark.parametrize("seed", range(3))
def test_scores_and_slopes_are_pytorchs(case, seed):
    layers, shape = CHAINS[case]
    torch.manual_seed(seed)
    model = training.module(layers, shape).double()
    chain = networks.Chain(layers, shape, training.chain_weights(model))
    x, y = torch.rand(5, *shape, dtype=torch.float64), torch.randint(3, (5,))
    scores = model(x).flatten(1)
    loss = torch.nn.functional.cross_entropy(scores, y)
    loss.backward()
    np.testing.assert_allclose(chain.scores(x.numpy()), scores.detach().numpy(), atol=1e-12)
    value, slopes = chain.slopes(x.numpy(), y.numpy())
    assert value == pytest.approx(loss.item(), abs=1e-12)
    theirs = [p.grad.numpy() for p in model.parameters()]
    for (name, ours), their in zip(slopes.items(), theirs, strict=True):
        np.testing.assert_allclose(ours, their.T if name.startswith("dense") else their, atol=1e-12)
    assert chain.parameters == architectures.total(layers, shape).parameters


def test_normalization_is_multiplied_in():
    rows = [("conv", 4, 3, 1), ("pool", 2), ("conv", 6, 3, 2), ("average",), ("dense", 3)]
    torch.manual_seed(0)
    model = training.module(architectures.designed(rows, norm=True), (1, 12, 12)).double()
    model(torch.rand(40, 1, 12, 12, dtype=torch.float64))  # the norms' means and variances move
    model.eval()
    chain = networks.Chain(architectures.designed(rows), (1, 12, 12), training.chain_weights(model))
    x = torch.rand(5, 1, 12, 12, dtype=torch.float64)
    np.testing.assert_allclose(chain.scores(x.numpy()[:, 0]), model(x).detach().numpy(), atol=1e-12)


def test_what_a_chain_refuses():
    layers, shape = CHAINS[0]
    weights = {name: np.ones(size) for name, size in networks.shapes_of(layers, shape).items()}
    chain = networks.Chain(layers, shape, weights)
    for call, kind in (
        (lambda: networks.Chain(layers, shape, [1]), TypeError),
        (lambda: networks.Chain(layers, shape, {**weights, "conv3.W": np.ones(3)}), ValueError),
        (lambda: networks.Chain(layers, shape, {**weights, "dense1.b": np.ones(4)}), ValueError),
        (lambda: networks.Chain((Conv(4, 3, norm=True),), shape, {}), TypeError),
        (lambda: networks.Chain((Pool("max", 2, 2, trained=True),), shape, {}), TypeError),
        (lambda: chain.scores(np.zeros((2, 11, 12))), ValueError),
        (lambda: chain.slopes(np.zeros((2, 12, 12)), [0]), ValueError),
        (lambda: chain.slopes(np.zeros((2, 12, 12)), [0, 3]), ValueError),
        (lambda: networks.fit_chain(layers, np.zeros((2, 12, 12)), [0], 5), ValueError),
        (lambda: networks.fit_chain(layers, np.zeros((2, 12, 12)), [0, 1], 0), ValueError),
        (lambda: architectures.designed([]), ValueError),
        (lambda: architectures.designed([("conv", 3, 3)]), ValueError),
        (lambda: architectures.designed([("pool", 2, 2)]), ValueError),
        (lambda: architectures.designed([("tail", 3)]), ValueError),
    ):
        with pytest.raises(kind):
            call()


def test_a_chain_learns_what_is_easy():
    rng = np.random.default_rng(0)
    X = rng.random((60, 6, 6)) * 0.2
    labels = np.arange(60) % 2
    X[labels == 1, :, 2:4] += 1  # a bar that stands
    X[labels == 0, 2:4] += 1  # one that lies
    chain = networks.fit_chain(architectures.designed([("conv", 2, 3, 1), ("average",), ("dense", 2)]), X, labels, 60)
    assert (chain.classify(X) == labels).all()


def test_numbers_are_counted_as_in_the_networks():
    rng = np.random.default_rng(1)
    for _ in range(30):
        rows = [("conv", int(rng.integers(1, 5)) * 2, int(rng.integers(1, 4)), 1), ("pool", int(rng.integers(1, 4)))]
        rows += (
            [("conv", 6, 2, 2)] * int(rng.integers(3))
            + [("average",)] * int(rng.integers(2))
            + [("dense", 7), ("dense", 10)]
        )
        layers = architectures.designed(rows)
        assert exercises.design_parameters(rows, 20) == architectures.total(layers, (1, 20, 20)).parameters


@pytest.mark.parametrize("shape", [(6, 6), (5, 8), (9, 4)])
def test_bending_is_scipys_and_pytorchs(shape):
    rng = np.random.default_rng(len(shape))
    for _ in range(10):
        image, A, t = rng.random(shape), np.eye(2) + rng.uniform(-0.5, 0.5, (2, 2)), rng.uniform(-2, 2, 2)
        ours = exercises.bent(image, A, t)
        middle = (np.array(shape) - 1) / 2
        M, s = A[::-1, ::-1], t[::-1]  # rows before columns
        theirs = ndimage.affine_transform(image, M, middle + s - M @ middle, order=1, mode="grid-constant")
        np.testing.assert_allclose(ours, theirs, atol=1e-12)
        maps = np.concatenate([A, t[:, None]], axis=1)[None]
        x = torch.from_numpy(image)[None, None].float()
        np.testing.assert_allclose(training.warped(x, maps)[0, 0], ours, atol=1e-5)


@pytest.mark.equation("eq-wilson")
@pytest.mark.parametrize(("wrong", "n"), [(0, 10), (3, 20), (20, 1000), (7, 7), (11, 1000)])
def test_wilsons_ends_lie_at_the_rim(wrong, n):
    low, high = exercises.likely_share(wrong, n)
    for p in (low, high):
        if 0 < p < 1:
            assert (wrong / n - p) ** 2 == pytest.approx(1.96**2 * p * (1 - p) / n, rel=1e-9)
    theirs = stats.binomtest(wrong, n).proportion_ci(2 * stats.norm.cdf(1.96) - 1, "wilson")
    np.testing.assert_allclose((low, high), (theirs.low, theirs.high), atol=1e-12)


def test_the_goal():
    """The worked reader clears the bar, a dense layer misses it, and too many numbers are refused."""
    assert project_small.reader_of_2000.measure(project_small.small_and_trained()) < 6.5
    assert project_small.reader_of_2000.measure(project_small._dense_reader()) > 8.5
    rows = [("dense", 12), ("dense", 10)]
    shapes = networks.shapes_of(architectures.designed(rows), (1, 14, 14))
    with pytest.raises(ValueError, match="fewer than 2,000"):
        project_small.reader_of_2000.measure((rows, {name: np.zeros(size) for name, size in shapes.items()}))
