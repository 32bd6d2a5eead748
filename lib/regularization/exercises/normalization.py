"""Exercises of "Batch and layer normalization"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise, number, order

__all__ = [
    "gradient_in_order",
    "gradient_through_batch_norm",
    "normalize_batch",
    "normalize_layer",
    "running_average",
    "two_in_a_batch",
    "which_statistics",
]


def _batches(rng):
    yield case("two samples", np.array([[1.0], [3.0]]), np.array([2.0]), np.array([0.5]), 1e-5)
    yield case("a feature that never changes", np.array([[1.0, 5], [2, 5], [4, 5]]), np.ones(2), np.zeros(2), 1e-3)
    for n, d in ((4, 2), (6, 3), (9, 4)):
        yield 3 * rng.normal(size=(n, d)) + 1, rng.normal(size=d), rng.normal(size=d), 1e-5


@exercise(
    cases=_batches,
    hints=(
        "The mean and the variance of each feature, over the samples of the batch.",
        "x̂ = (x − mean)/√(variance + ε), with the mean of the squared deviations; then γx̂ + β.",
        "mean, variance = x.mean(axis=0), x.var(axis=0); centre, divide by np.sqrt(variance + eps), then γ and β.",
    ),
)
def normalize_batch(x, gamma, beta, eps):
    """Return batch normalization's output in training.

    x : (N, D);  gamma, beta : (D,);  eps : a small number under the root;  returns (N, D)
    """
    mean, variance = x.mean(axis=0), x.var(axis=0)
    return gamma * (x - mean) / np.sqrt(variance + eps) + beta


@normalize_batch.mistake(
    "You divided the squares by N − 1. Batch norm normalises with the plain mean of squares, over N."
)
def _unbiased(x, gamma, beta, eps):
    return gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0, ddof=1) + eps) + beta


@normalize_batch.mistake("ε was added to the standard deviation. It belongs under the root, beside the variance.")
def _eps_outside(x, gamma, beta, eps):
    return gamma * (x - x.mean(axis=0)) / (x.std(axis=0) + eps) + beta


@normalize_batch.mistake("You divided by the variance: its root has the unit of x.")
def _no_root(x, gamma, beta, eps):
    return gamma * (x - x.mean(axis=0)) / (x.var(axis=0) + eps) + beta


@normalize_batch.mistake("One mean for everything: each feature has its own, axis=0.")
def _one_mean(x, gamma, beta, eps):
    return gamma * (x - x.mean()) / np.sqrt(x.var() + eps) + beta


@normalize_batch.mistake(
    "You normalised each sample over its features: that is layer norm. Batch norm goes over the samples, axis 0."
)
def _over_features(x, gamma, beta, eps):
    mean, variance = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)
    return gamma * (x - mean) / np.sqrt(variance + eps) + beta


@normalize_batch.mistake("γ and β are missing: the normalised values are scaled and shifted at the end.")
def _bare(x, gamma, beta, eps):
    return (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps)


@normalize_batch.mistake("The mean is not subtracted: centre each feature first.")
def _not_centred(x, gamma, beta, eps):
    return gamma * x / np.sqrt(x.var(axis=0) + eps) + beta


@exercise(
    cases=lambda rng: [
        (np.array([[1.0, 3.0]]), np.array([2.0, 1.0]), np.array([0.5, 0.0]), 1e-5),
        (np.array([[2.0, 2.0, 2.0], [1.0, 0.0, 5.0]]), np.ones(3), np.zeros(3), 1e-3),
        *(
            (3 * rng.normal(size=s) + 1, rng.normal(size=s[-1]), rng.normal(size=s[-1]), 1e-5)
            for s in ((4, 3), (2, 3, 5))
        ),
    ],
    hints=(
        "Each sample (and place) is normalised by itself.",
        "Mean and variance over the last axis, kept so that they broadcast.",
        "mean = x.mean(axis=-1, keepdims=True); variance = x.var(axis=-1, keepdims=True); …",
    ),
)
def normalize_layer(x, gamma, beta, eps):
    """Return layer normalization's output.

    x : (…, D);  gamma, beta : (D,);  eps : a small number under the root;  returns an array like x
    """
    mean, variance = x.mean(axis=-1, keepdims=True), x.var(axis=-1, keepdims=True)
    return gamma * (x - mean) / np.sqrt(variance + eps) + beta


@normalize_layer.mistake("That is batch normalization: your means go over the samples. Here they go over the features.")
def _over_samples(x, gamma, beta, eps):
    return gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps) + beta


@normalize_layer.mistake("You centred but did not scale: divide by √(variance + ε).")
def _centred_only(x, gamma, beta, eps):
    return gamma * (x - x.mean(axis=-1, keepdims=True)) + beta


@normalize_layer.mistake("ε stands outside the root. It belongs under it, beside the variance.")
def _outside(x, gamma, beta, eps):
    return gamma * (x - x.mean(axis=-1, keepdims=True)) / (x.std(axis=-1, keepdims=True) + eps) + beta


@normalize_layer.mistake("γ and β were applied before the normalisation, which takes them out again: they come last.")
def _gamma_first(x, gamma, beta, eps):
    z = gamma * x + beta
    return (z - z.mean(axis=-1, keepdims=True)) / np.sqrt(z.var(axis=-1, keepdims=True) + eps)


@normalize_layer.mistake("You divided the squares by D − 1 (ddof = 1). Layer norm takes their plain mean.")
def _unbiased_layer(x, gamma, beta, eps):
    D = x.shape[-1]
    variance = x.var(axis=-1, keepdims=True) * D / (D - 1)
    return gamma * (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(variance + eps) + beta


@normalize_layer.mistake(
    "One mean and one variance for everything: each sample (and place) has its own, over the last axis."
)
def _over_everything(x, gamma, beta, eps):
    return gamma * (x - x.mean()) / np.sqrt(x.var() + eps) + beta


@normalize_layer.mistake("You divided by the variance: its root has the unit of x.")
def _no_root_layer(x, gamma, beta, eps):
    return gamma * (x - x.mean(axis=-1, keepdims=True)) / (x.var(axis=-1, keepdims=True) + eps) + beta


@normalize_layer.mistake("The mean is not subtracted: that is RMSNorm.")
def _rms(x, gamma, beta, eps):
    return gamma * x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + eps) + beta


@normalize_layer.mistake("γ and β are missing: the normalised values are scaled and shifted at the end.")
def _bare_layer(x, gamma, beta, eps):
    return (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(x.var(axis=-1, keepdims=True) + eps)


def _gradients(rng):
    yield case("two samples", np.array([[1.0], [3.0]]), np.array([2.0]), np.array([[1.0], [0.0]]), 1e-2)
    yield case("the same for all samples", rng.normal(size=(5, 2)), np.array([1.0, -2.0]), np.ones((5, 2)), 1e-5)
    for n, d in ((4, 2), (6, 3), (9, 4)):
        yield 2 * rng.normal(size=(n, d)), rng.normal(size=d), rng.normal(size=(n, d)), 1e-5


@exercise(
    cases=_gradients,
    rtol=1e-7,
    atol=1e-9,
    hints=(
        "The mean and the variance depend on x as well. Which two parts of the gradient can therefore have no effect?",
        "h = γg; the gradient is (h − mean(h) − x̂ mean(h x̂))/√(variance + ε), all means over the batch.",
        "h = gamma * g; return (h - h.mean(axis=0) - x_hat * (h * x_hat).mean(axis=0)) / root, root = np.sqrt(x.var(axis=0) + eps)",
    ),
)
def gradient_through_batch_norm(x, gamma, g, eps):
    """Return the gradient with respect to x, given g, the gradient with respect to batch norm's output, in training.

    x, g : (N, D);  gamma : (D,);  eps : a small number under the root;  returns (N, D)
    """
    root = np.sqrt(x.var(axis=0) + eps)
    x_hat, h = (x - x.mean(axis=0)) / root, gamma * g
    return (h - h.mean(axis=0) - x_hat * (h * x_hat).mean(axis=0)) / root


@gradient_through_batch_norm.mistake(
    "You took mean and variance for constants. That is right in evaluation; here they move with x."
)
def _constants(x, gamma, g, eps):
    return gamma * g / np.sqrt(x.var(axis=0) + eps)


@gradient_through_batch_norm.mistake("The variance moves with x too: the part along x̂ is missing.")
def _mean_only(x, gamma, g, eps):
    h = gamma * g
    return (h - h.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps)


@gradient_through_batch_norm.mistake("γ is missing: the output is γx̂ + β, so x̂ receives γg.")
def _no_gamma(x, gamma, g, eps):
    return gradient_through_batch_norm.function(x, np.ones_like(gamma), g, eps)


@gradient_through_batch_norm.mistake("You took the sums where the means belong: each sample is one of N in the mean.")
def _sums(x, gamma, g, eps):
    root = np.sqrt(x.var(axis=0) + eps)
    x_hat, h = (x - x.mean(axis=0)) / root, gamma * g
    return (h - h.sum(axis=0) - x_hat * (h * x_hat).sum(axis=0)) / root


@gradient_through_batch_norm.mistake("The mean moves with x too: mean(h) has to be taken off.")
def _variance_only(x, gamma, g, eps):
    root = np.sqrt(x.var(axis=0) + eps)
    x_hat, h = (x - x.mean(axis=0)) / root, gamma * g
    return (h - x_hat * (h * x_hat).mean(axis=0)) / root


@gradient_through_batch_norm.mistake("The division by √(variance + ε) is missing at the end.")
def _not_divided(x, gamma, g, eps):
    return gradient_through_batch_norm.function(x, gamma, g, eps) * np.sqrt(x.var(axis=0) + eps)


def _histories(rng):
    yield case("no batch yet", [], 0.1)
    yield case("the newest alone", [5.0, 7.0], 1.0)
    yield case("never moves", [5.0, 7.0], 0.0)
    for _ in range(4):
        yield [rng.uniform(-2, 4) for _ in range(rng.randint(1, 6))], rng.choice([0.1, 0.3, 0.5])


@exercise(
    cases=_histories,
    python_only=True,
    hints=(
        "After each batch the average moves a little towards that batch's mean.",
        "running ← (1 − momentum) · running + momentum · mean, from 0.",
        "for mean in means: running = (1 - momentum) * running + momentum * mean",
    ),
)
def running_average(means, momentum):
    """Return PyTorch's running mean after batches with these means, with plain Python. It starts at 0.

    means : a list of numbers;  momentum : the weight of the newest batch;  returns a number
    """
    running = 0.0
    for mean in means:
        running = (1 - momentum) * running + momentum * mean
    return running


@running_average.mistake(
    "That is the other convention, in which momentum is the weight of the past. PyTorch's is that of the newest batch."
)
def _other_convention(means, momentum):
    running = 0.0
    for mean in means:
        running = momentum * running + (1 - momentum) * mean
    return running


@running_average.mistake("The past must fade: (1 − momentum) times the old value, or the average grows without limit.")
def _never_fades(means, momentum):
    running = 0.0
    for mean in means:
        running = running + momentum * mean
    return running


@running_average.mistake("That is the plain mean of all batches: what momentum=None does.")
def _plain_mean(means, momentum):
    return sum(means) / len(means) if means else 0.0


@running_average.mistake("You started from the first batch's mean. The running mean starts at 0.")
def _warm_start(means, momentum):
    running = means[0] if means else 0.0
    for mean in means[1:]:
        running = (1 - momentum) * running + momentum * mean
    return running


@running_average.mistake("That is the newest mean alone: the past has to keep its weight 1 − momentum.")
def _newest(means, momentum):
    return means[-1] if means else 0.0


@running_average.mistake("You corrected for the start at 0, as Adam does. PyTorch's running mean is not corrected.")
def _corrected(means, momentum):
    weight = 1 - (1 - momentum) ** len(means)
    return running_average.function(means, momentum) / weight if weight else 0.0


@running_average.mistake("The first batch has been left out.")
def _first_skipped(means, momentum):
    return running_average.function(means[1:], momentum)


two_in_a_batch = number(
    "two_in_a_batch",
    answer=-1.0,
    rtol=1e-6,
    why="The mean is 5 and the standard deviation 2: two samples always become −1 and +1, whatever they were.",
    hints=(
        "Compute the mean and the variance of the two.",
        "The variance is the mean of two squared deviations: (4 + 4)/2.",
        "(3 − 5)/2.",
    ),
    mistakes=[
        (1.0, "That is the other sample, the 7."),
        (lambda: -(0.5**0.5), "You divided the squares by N − 1 = 1. Batch norm divides by N."),
        (-0.5, "You divided by the variance, 4, and not by its root."),
        (-2.0, "Centred, but not scaled."),
    ],
)

which_statistics = choice(
    "which_statistics",
    answer="d",
    why="Without running statistics there is nothing but the batch to take them from, in both modes.",
    feedback={
        "a": "That is the usual case, track_running_stats=True, in evaluation.",
        "b": "A layer without running statistics has no record of the training set.",
        "c": "It normalises in both modes; only where the statistics come from could differ.",
    },
    hints=(
        "What has the layer stored?",
        "track_running_stats=False: nothing.",
        "So in evaluation it does what it does in training.",
    ),
)

gradient_in_order = order(
    "gradient_in_order",
    lines={
        "A": "With centred x, adding the same number to all samples changes nothing, so dx enters as dx − mean(dx)",
        "B": "The output is γx̂ + β, so dL = Σ g γ dx̂ = Σ h dx̂ with h = γg",
        "C": "dx̂ is therefore 1/s times dx without its parts along 1 and along x̂, an orthogonal projection P",
        "D": "The root moves by ds = mean(x̂ dx), since s² is the mean of squares: dx̂ = (dx − mean(dx) − x̂ ds)/s",
        "E": "P is symmetric, so dL = Σ h P dx/s = Σ (Ph/s) dx: the gradient is Ph/s",
    },
    needs={"D": "A", "C": "D", "E": "BC"},
    feedback={
        "D": "Deal with the mean first: the root is that of the centred values.",
        "C": "The projection can be read off once both effects on x̂ are there.",
        "E": "You need dL in terms of dx̂, and dx̂ as a projection of dx.",
    },
    why="A projection moves from dx to h because it is symmetric: that is all of backpropagation through the layer.",
    hints=(
        "Two threads: what happens to x̂ when x moves, and what a change of x̂ does to the loss. They meet in the last line.",
        "Mean before root; the projection after both.",
        "The last line uses the projection and the chain rule.",
    ),
)
