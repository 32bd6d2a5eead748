"""The corrections to the sources' passages on convolution: what they say failing, what is right holding."""

import numpy as np
import torch
import torch.nn.functional as F

from lib.convnets import convolution as cv

RNG = np.random.default_rng(7)


def test_the_bias_is_added_once_and_not_with_every_tap():
    x, K, b = RNG.normal(size=(1, 3, 6, 6)), RNG.normal(size=(2, 3, 3, 3)), RNG.normal(size=2)
    right = F.conv2d(*(torch.tensor(a) for a in (x, K, b))).numpy()
    once = cv.conv2d(x, K) + b[:, None, None]
    with_every_tap = cv.conv2d(x, K) + K[0].size * b[:, None, None]
    assert np.allclose(once, right) and np.abs(with_every_tap - right).max() > 1


def test_the_size_with_padding_alone_is_rounded_down_too():
    W, size, P, S = 28, 3, 0, 2
    y = F.conv2d(torch.zeros(1, 1, W, W), torch.zeros(1, 1, size, size), stride=S, padding=P)
    assert (W - size + 2 * P) / S + 1 == 13.5
    assert y.shape[-1] == cv.output_size(W, size, S, P) == 13


def test_a_mirrored_border_can_be_found():
    """A central difference along the rows is exactly 0 on a mirrored border, whatever the picture."""
    image = RNG.normal(size=(40, 40))
    found = cv.filtered(image, cv.KERNELS["vertical edges"], padding=1, mode="reflect")
    flat = np.abs(found) < 1e-12
    assert flat[:, [0, -1]].all() and not flat[:, 1:-1].any()
