"""Autoencoders in numpy beside PyTorch's, and the pieces of their training."""

import numpy as np
import pytest
import torch

from lib.unsupervised import autoencoders as ae
from lib.unsupervised import training

RNG = np.random.default_rng(0)
IMAGES = RNG.random((7, 28, 28))


def made(make, seed):
    torch.manual_seed(seed)
    return training.start(make(), training.pictures(IMAGES))


@pytest.mark.parametrize("k", [1, 2, 9])
def test_the_deep_network_in_numpy_is_pytorch_s(k):
    net = made(lambda: training.deep(k, (20, 11)), k)
    mine = ae.Deep(training.weights_of(net))
    with torch.no_grad():
        codes = net.encoder(training.pictures(IMAGES)).numpy()
    rows = IMAGES.reshape(len(IMAGES), -1)
    assert mine.code_size == k and np.allclose(mine.encode(rows), codes, atol=1e-5)
    assert np.allclose(mine(rows), training.painted(net, IMAGES).reshape(len(IMAGES), -1), atol=1e-5)


@pytest.mark.parametrize("maps", [(1, 2), (3, 5), (8, 16)])
def test_the_denoiser_in_numpy_is_pytorch_s(maps):
    net = made(lambda: training.denoising(maps), sum(maps))
    mine = ae.Convolutional(training.weights_of(net))
    noisy = IMAGES + RNG.normal(size=IMAGES.shape)
    with torch.no_grad():
        theirs = torch.sigmoid(net(torch.from_numpy(noisy).float()[:, None]))[:, 0].numpy()
    assert np.allclose(mine(noisy), theirs, atol=1e-5)
    assert (
        sum(W.size + b.size for W, b in ae.Convolutional(training.weights_of(training.denoising())).weights.values())
        == 6705
    )


def test_the_ring_s_network_in_numpy_is_pytorch_s():
    weights = training.train_on_points(RNG.normal(size=(5, 2)), 0.3, 2, 0, width=6)
    x = RNG.normal(size=(4, 2))
    h = torch.from_numpy(x)
    for n in (1, 2, 3):
        h = h @ torch.from_numpy(weights[f"dense{n}.W"]) + torch.from_numpy(weights[f"dense{n}.b"])
        h = torch.relu(h) if n < 3 else h
    assert np.allclose(ae.Plain(weights)(x), h.numpy())


@pytest.mark.parametrize("make", [lambda: training.deep(2), lambda: training.convolutional(2)])
def test_the_start_paints_about_the_mean(make):
    """Before any step the painted pictures are near the mean digit, or its mean grey, and not half grey all over."""
    images = RNG.random((50, 28, 28)) * np.linspace(0, 0.4, 28)
    net = made(make, 1)
    training.start(net, training.pictures(images))
    painted = training.painted(net, images)
    assert abs(painted.mean() - images.mean()) < 0.1


def test_masks_are_gaps_and_gaussian_noise_has_its_spread():
    torch.manual_seed(0)
    x = torch.full((400, 1, 28, 28), 0.5)
    gaps = training.masked(0.8)(x)
    assert set(np.unique(gaps.numpy())) == {0.0, 0.5} and abs(float((gaps == 0).float().mean()) - 0.4) < 0.03
    spread = (training.gaussian(1.0)(x) - x).flatten(1).std(dim=1)
    assert float(spread.max()) < 1.1 and float(spread.min()) < 0.1 and abs(float(spread.mean()) - 0.5) < 0.05


@pytest.mark.parametrize("kind", training.SPARSE)
def test_sparse_codes_have_the_shapes_and_as_many_on_as_they_may(kind):
    encode, paint, drawings = training.train_sparse(kind, IMAGES, 2, 0, units=12, weight=0.1, k=3)
    h = encode(IMAGES)
    assert h.shape == (7, 12) and (h >= 0).all() and drawings.shape == (12, 784)
    assert paint(h).shape == (7, 784)
    if kind == "top-k":
        assert ((h > 0).sum(axis=1) <= 3).all()
    if kind == "rate":
        assert (h < 1).all()


def test_the_same_seed_gives_the_same_network_and_another_another():
    runs = [training.weights_of(training.train(lambda: training.deep(2, (5, 4)), IMAGES, 3, s)) for s in (1, 1, 2)]
    same = [np.array_equal(runs[0][name], runs[1][name]) for name in runs[0]]
    assert all(same) and not np.allclose(runs[0]["dense1.W"], runs[2]["dense1.W"])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ae.Deep({}), "dense1"),
        (lambda: ae.Deep(3), "mapping"),
        (lambda: ae.Deep({"dense1.W": np.ones((3, 2)), "dense1.b": np.ones(2)}), "half"),
        (lambda: ae.Deep({"dense1.W": np.ones((3, 2)), "dense1.b": np.ones(3)}), "fit"),
        (lambda: ae.Convolutional({"conv1.W": np.ones((2, 1, 4, 4))}), "missing"),
        (lambda: ae.area_under_curve([], [1.0]), "normal"),
        (lambda: ae.rate_penalty(np.zeros((3, 2)), 0.1), "infinite"),
        (lambda: ae.rate_penalty(np.full((3, 2), 1.5), 0.1), "between 0 and 1"),
        (lambda: ae.rate_penalty(np.full((3, 2), 0.5), 1.0), "rho"),
        (lambda: ae.best_denoiser(np.ones((2, 2)), np.ones((3, 1)), 1.0), "columns"),
        (lambda: ae.projected(np.ones((2, 3)), np.ones(3), np.ones((2, 1))), "rows"),
        (lambda: training.train(training.denoising, IMAGES, 1, 0, loss="absolute"), "loss"),
        (lambda: training.train_sparse("L2", IMAGES, 1, 0), "kind"),
    ],
)
def test_bad_input_is_refused_in_words(call, words):
    with pytest.raises((ValueError, TypeError), match=words):
        call()
