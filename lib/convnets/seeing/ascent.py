"""Pictures made by walking along slopes: those that a network likes best, and small steps that change its answer."""

from __future__ import annotations

import numpy as np

from lib.book import validate
from lib.convnets.digits import CLASSES, SIDE
from lib.convnets.networks import LeNet
from lib.convnets.pooling import blur_matrix
from lib.convnets.seeing.attribution import checked_pictures
from lib.losses.classification import softmax


def ascend(
    net: LeNet,
    toward,
    start,
    steps: int,
    rate: float = 1.0,
    *,
    layer: str = "scores",
    penalty: float = 0.0,
    blur: bool = False,
    bounds: tuple[float, float] | None = None,
) -> np.ndarray:
    """Return the pictures of an ascent, (steps + 1, 28, 28), the start among them: each step has the length `rate`, along the slope.

    toward : which sum of a layer's numbers should grow, as that layer has them for one picture: (10,) for the scores, (6, 24, 24) for maps1
    start : (28, 28);  penalty : λ, of which λ/2 · ‖x‖² is taken off;  blur : whether the picture is blurred after each step, by ¼, ½, ¼ both ways
    bounds : (low, high), into which each pixel is put back after each step. Equation: eq-ascent-step. Source: Erhan et al. (2009)
    """
    validate.instance(net, LeNet, "net")
    x, toward = validate.array(start, "start", 2), validate.array(toward, "toward")
    steps, rate = validate.whole(steps, "steps", low=0, high=10_000), validate.number(rate, "rate", low=0)
    penalty = validate.number(penalty, "penalty", low=0)
    validate.instance(blur, bool, "blur")
    if bounds is not None:
        low, high = validate.vector(bounds, "bounds", 2, "numbers, low and high,")
        if low >= high:
            raise ValueError(f"bounds must be (low, high), but are {low:g} and {high:g}")
    B = blur_matrix(SIDE, stride=1)
    seen = [x]
    for _ in range(steps):
        g = net.slopes(x[None], toward[None], layer)[0] - penalty * x
        x = x + rate * g / max(np.linalg.norm(g), 1e-12)
        if blur:
            x = B @ x @ B.T
        if bounds is not None:
            x = np.clip(x, low, high)
        seen.append(x)
    return np.array(seen)


def loss_slopes(net: LeNet, images, labels) -> np.ndarray:
    """Return the slopes of each picture's cross-entropy by its pixels, (N, 28, 28)."""
    X, labels = checked_pictures(net, images, labels)
    d = softmax(net.read(X).scores) - np.eye(CLASSES)[labels]
    return net.slopes(X, d)


def sign_step(net: LeNet, images, labels, eps: float) -> np.ndarray:
    """Return pictures (N, 28, 28) with each pixel moved by `eps` to where the loss grows, and put back between 0 and 1.

    Equation: eq-sign-step. Source: Goodfellow, Shlens and Szegedy (2015)
    """
    X, labels = checked_pictures(net, images, labels)
    eps = validate.number(eps, "eps", low=0)
    return np.clip(X + eps * np.sign(loss_slopes(net, X, labels)), 0, 1)
