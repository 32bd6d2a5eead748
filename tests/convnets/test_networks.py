"""The LeNet in numpy against PyTorch's, MNIST's layout, and histograms of gradients against a slow count."""

import numpy as np
import pytest
import torch

from lib.convnets import architectures as nets
from lib.convnets import digits, networks, training


def small_lenet(seed=0):
    torch.manual_seed(seed)
    return training.module(nets.SMALL_LENET, (1, 28, 28)).eval()


def test_the_forward_pass_is_pytorchs_layer_by_layer():
    model, images = small_lenet(), np.random.default_rng(0).random((3, 28, 28))
    ours = networks.LeNet(training.weights_of(model)).read(images)
    x = torch.from_numpy(images).float()[:, None]
    with torch.no_grad():
        for part, mine in zip(
            model, (ours.maps1, ours.pooled1, ours.maps2, ours.pooled2, ours.hidden, ours.scores), strict=True
        ):
            x = part(x)
            np.testing.assert_allclose(mine, x.numpy(), atol=1e-5)
    np.testing.assert_allclose(ours.probabilities, torch.softmax(x, 1).numpy(), atol=1e-5)


def test_many_pictures_are_read_in_parts():
    model, images = small_lenet(1), np.random.default_rng(1).random((301, 28, 28))
    lenet = networks.LeNet(training.weights_of(model))
    with torch.no_grad():
        theirs = model(torch.from_numpy(images).float()[:, None]).argmax(1).numpy()
    assert (lenet.classify(images) == theirs).mean() > 0.98  # where two scores are the same to 7 digits, either may win


@pytest.mark.parametrize("name", [f"{layer}.{part}" for layer in networks.SHAPES for part in "Wb"])
def test_weights_that_do_not_fit(name):
    weights = training.weights_of(small_lenet())
    for bad in ({**weights, name: weights[name][1:]}, {n: w for n, w in weights.items() if n != name}):
        with pytest.raises(ValueError, match=name):
            networks.LeNet(bad)


def test_bad_pictures_and_weights():
    lenet = networks.LeNet(training.weights_of(small_lenet()))
    for call, kind in (
        (lambda: networks.LeNet([1, 2]), TypeError),
        (lambda: lenet.read(np.zeros((28, 28))), ValueError),
        (lambda: lenet.read(np.zeros((2, 20, 28))), ValueError),
        (lambda: lenet.classify(np.full((2, 28, 28), np.nan)), ValueError),
        (lambda: networks.centred(np.full((4, 4), 2.0)), ValueError),
        (lambda: networks.centred(np.zeros((4, 4)), box=30), ValueError),
        (lambda: networks.hog(np.zeros((2, 28, 27))), ValueError),
        (lambda: networks.hog(np.zeros((2, 7, 28))), ValueError),
        (lambda: networks.hog(np.zeros((28, 28))), ValueError),
    ):
        with pytest.raises(kind):
            call()


def centre(ink):
    return [(ink.sum(axis=1 - axis) @ np.arange(28)) / ink.sum() for axis in (0, 1)]


def test_a_drawing_is_laid_out_as_mnist_is():
    rng = np.random.default_rng(0)
    for shape in ((28, 28), (40, 25), (10, 60)):
        ink = np.zeros(shape)
        ink[2 : shape[0] // 2, 3 : shape[1] - 4] = rng.random((shape[0] // 2 - 2, shape[1] - 7))
        out = networks.centred(ink)
        assert out.shape == (28, 28) and 0 <= out.min() and out.max() <= 1
        rows, columns = (np.ptp(np.flatnonzero(out.any(axis=axis))) + 1 for axis in (1, 0))
        assert max(rows, columns) == 20
        assert np.allclose(centre(out), 14, atol=0.51)
    assert not networks.centred(np.zeros((5, 5))).any()


def test_mnists_own_digits_hardly_move():
    images = digits.train_and_test()[1].images[:100] / 255
    again = np.array([networks.centred(image) for image in images])
    same = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(images, again, strict=True)]
    assert np.mean(np.array(same) > 0.999) > 0.95  # all but where rounding puts a centre on the other side
    assert np.allclose([centre(image) for image in images], 14, atol=0.51)


@pytest.mark.equation("eq-hog")
def test_histograms_of_gradients_by_a_slow_count():
    X = np.random.default_rng(0).random((1, 14, 21))
    votes = np.zeros((2, 3, 9))
    for i in range(14):
        for j in range(21):
            down = X[0, i + 1, j] - X[0, i - 1, j] if 0 < i < 13 else 0.0
            right = X[0, i, j + 1] - X[0, i, j - 1] if 0 < j < 20 else 0.0
            angle = np.degrees(np.arctan2(down, right)) % 180
            votes[i // 7, j // 7, int(angle // 20) % 9] += np.hypot(down, right) / 49
    rows = []
    for j in range(2):
        v = votes[:, j : j + 2].ravel()
        v = np.minimum(v / np.sqrt(v @ v + 1e-10), 0.2)
        rows.append(v / np.sqrt(v @ v + 1e-10))
    np.testing.assert_allclose(networks.hog(X)[0], np.concatenate(rows), atol=1e-12)


def test_histograms_do_not_change_with_contrast_and_fit_28_pixels():
    images = digits.train_and_test()[1].images[:5] / 255
    H = networks.hog(images)
    assert H.shape == (5, 324)
    np.testing.assert_allclose(networks.hog(images * 0.5), H, atol=1e-4)
