"""Exercises of "Autoencoders"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise, number

__all__ = [
    "alarms",
    "best_guess_between_two",
    "denoising_loss",
    "pixel_loss",
    "rate_penalty",
    "tied_autoencoder",
    "weights_when_tied",
    "why_black",
    "why_ones_pass",
]

# ------------------------------------------------------------------------------------------------------ numbers, choices
_FREE = 128 + 64 + 2 + 64 + 128 + 784
_TIED = 784 * 128 + 128 * 64 + 64 * 2

weights_when_tied = number(
    "weights_when_tied",
    answer=lambda: _TIED + _FREE,
    rtol=1e-9,
    unit="numbers",
    why="784 · 128 + 128 · 64 + 64 · 2 = 108,672 weights, used twice, and 1,170 free terms: 109,842.",
    hints=(
        "Which of the numbers are shared by the two halves, and which are not?",
        "Three matrices are used twice. Each of the six layers has free terms of its own, as many as it has outputs.",
        "784 * 128 + 128 * 64 + 64 * 2 + (128 + 64 + 2) + (…)",
    ),
    mistakes=[
        (lambda: 2 * _TIED + _FREE, "That is the network without tied weights: each matrix is counted twice."),
        (lambda: _TIED, "The free terms are missing: each of the six layers has its own."),
        (lambda: _TIED + 128 + 64 + 2, "The decoder's free terms are missing: only the matrices are shared."),
        (lambda: 2 * _TIED, "Each matrix is counted twice, and the free terms are missing."),
        (lambda: _TIED + 2 * (128 + 64 + 2), "The decoder's layers have 64, 128 and 784 outputs, and so many free terms."),
    ],
)  # fmt: skip

best_guess_between_two = number(
    "best_guess_between_two",
    answer=lambda: np.tanh(0.5 / 0.8**2),
    rtol=5e-3,
    why="The weights are softmax(−(0.5 ∓ 1)²/(2 · 0.64)); their difference is tanh(0.5/0.64) = 0.653.",
    hints=(
        "The best guess is the mean of the two points, each with the probability that it was the one.",
        "The probabilities are to each other as exp(−(x̃ − 1)²/(2s²)) to exp(−(x̃ + 1)²/(2s²)).",
        "p = 1 / (1 + np.exp(-2 * 0.5 / 0.8**2)), and then p * 1 + (1 - p) * …",
    ),
    mistakes=[
        (lambda: 1.0, "That is the nearer point. The other one may have been it as well, and pulls the mean its way."),
        (lambda: 1 / (1 + np.exp(-2 * 0.5 / 0.8**2)), "That is the probability of the point 1. Take the mean of the two points."),
        (lambda: np.tanh(0.5 / 0.8), "You divided by s. In the exponent stands s²."),
        (lambda: np.tanh(1.0 / 0.8**2), "In the exponent the distances are halved: −(x̃ − x)²/(2s²)."),
        (lambda: 0.5, "That leaves x̃ where it is."),
        (lambda: np.tanh(0.5 / 0.8**2) - 0.5, "That is the step. The guess itself is asked for."),
    ],
)  # fmt: skip

why_black = choice(
    "why_black",
    answer="b",
    why="p(1 − p) is a factor of the squared error's slope by the score, and it is about p where p is near 0. Cross-entropy has p − x.",
    feedback={
        "a": "The error of the black picture is larger than that of the mean picture: there are better places.",
        "c": "The code has two numbers in the runs with cross-entropy as well, and those leave the black picture.",
        "d": "The rate is the same in both. A long step led there, but what keeps the network there is something else.",
    },
    hints=(
        "What is the same in both kinds of runs, and what is not?",
        "Write down the slope by one pixel's score when the pixel is bright and p is 0.001.",
        "Squared error: 2(p − x)p(1 − p) ≈ −0.002. Cross-entropy: p − x ≈ −1.",
    ),
)

why_ones_pass = choice(
    "why_ones_pass",
    answer="c",
    why="A stroke is what all digits are made of, so it is painted well, and with few inked pixels there is little to get wrong.",
    feedback={
        "a": "No 1 was among the pictures that this network learned from.",
        "b": "The threshold has no part in the area under the curve, which is below one half.",
        "d": "The code has eight numbers for every digit; the ones need fewer than that.",
    },
    hints=(
        "The score is the squared error of a pixel. When is it small?",
        "How many pixels of a 1 have ink, and what is a 1 made of?",
        "Little ink, in a stroke that also occurs in 4, 7 and 9.",
    ),
)


# ------------------------------------------------------------------------------------------------------ tied weights
def _layers(rng):
    for title, N, D, k in (("one picture", 1, 5, 2), ("a code of one number", 4, 3, 1), ("", 6, 4, 3), ("", 3, 6, 4), ("as many numbers as pixels", 5, 3, 3)):  # fmt: skip
        values = rng.random((N, D)), rng.normal(size=(D, k)), rng.normal(size=k), rng.normal(size=D)
        yield case(title, *values) if title else values


@exercise(
    cases=_layers,
    hints=(
        "Two layers. The first reads D numbers and gives k, the second reads k and gives D; which shape has W in each?",
        "h = relu(X W + b) and X̂ = h Wᵀ + c: the second layer uses the transpose, and its own free terms.",
        "H = np.maximum(X @ W + b, 0); return H, H @ … + c",
    ),
)
def tied_autoencoder(X, W, b, c):
    """Return the codes and the reconstructions of an autoencoder whose decoder uses the encoder's matrix, transposed.

    X : (N, D), pictures as rows;  W : (D, k);  b : (k,), free terms of the encoder, which ends with a ReLU;  c : (D,), those of the decoder,
    which has nothing behind it;  returns two arrays, (N, k) and (N, D)
    """
    H = np.maximum(X @ W + b, 0)
    return H, H @ W.T + c


@tied_autoencoder.mistake("The ReLU is missing: then the code is a linear function, and so is all of it.")
def _no_relu(X, W, b, c):
    H = X @ W + b
    return H, H @ W.T + c


@tied_autoencoder.mistake("There is a ReLU behind the decoder too: the stub says that nothing stands behind it.")
def _relu_twice(X, W, b, c):
    H = np.maximum(X @ W + b, 0)
    return H, np.maximum(H @ W.T + c, 0)


@tied_autoencoder.mistake(
    "You took the encoder's free term off again before you multiplied. The decoder reads the code as it is."
)
def _undone(X, W, b, c):
    H = np.maximum(X @ W + b, 0)
    return H, (H - b) @ W.T + c


@tied_autoencoder.mistake(
    "The decoder has the pseudoinverse. Tied weights are the transpose, whether or not it inverts."
)
def _pseudoinverse(X, W, b, c):
    H = np.maximum(X @ W + b, 0)
    return H, H @ np.linalg.pinv(W) + c


@tied_autoencoder.mistake("The decoder's free terms c are missing.")
def _no_free_terms(X, W, b, c):
    H = np.maximum(X @ W + b, 0)
    return H, H @ W.T


@tied_autoencoder.mistake(
    "The encoder's free terms stand behind the ReLU. They belong to what it bends: relu(X W + b)."
)
def _free_terms_outside(X, W, b, c):
    H = np.maximum(X @ W, 0) + b
    return H, H @ W.T + c


# ------------------------------------------------------------------------------------------------------ denoising
def _noisy(rng):
    def halve(X):
        return X / 2

    def cut(low):
        return lambda X: np.maximum(X, low)

    def mixed(A):
        return lambda X: np.tanh(X @ A)

    yield case("no noise", np.array([[0.2, 0.7]]), np.zeros((1, 2)), halve)
    yield case("a network that hands on what it reads", rng.random((3, 2)), rng.normal(size=(3, 2)), lambda X: X)
    yield case("a network that cuts at zero", rng.random((4, 3)), rng.normal(size=(4, 3)), cut(0.0))
    yield case("pixels that leave the range", np.array([[0.0, 1.0, 0.5]]), np.array([[-3.0, 2.0, 4.0]]), halve)
    for N, D in ((1, 4), (5, 3), (4, 6)):
        yield rng.random((N, D)), 0.7 * rng.normal(size=(N, D)), mixed(rng.normal(size=(D, D)))


@exercise(
    cases=_noisy,
    hints=(
        "What does the network read, and what is its answer compared with?",
        "It reads x + η and is compared with x: the sum of squares over the pixels, then the mean over the pictures.",
        "error = X - reconstruct(X + noise), then its squares, summed along axis 1",
    ),
)
def denoising_loss(X, noise, reconstruct):
    """Return the denoising loss of a batch: the pictures' squared errors, summed over the pixels, as a mean over the pictures.

    X : (N, D), clean pictures;  noise : (N, D), to be added (and nothing cut off);  reconstruct : a function from (N, D) to (N, D), the network
    """
    error = X - reconstruct(X + noise)
    return (error**2).sum(axis=1).mean()


@denoising_loss.mistake("You compared with the noisy picture: then the network learns to keep the noise.")
def _noisy_target(X, noise, reconstruct):
    Y = X + noise
    return ((Y - reconstruct(Y)) ** 2).sum(axis=1).mean()


@denoising_loss.mistake("The network was given the clean picture. It has to read the noisy one.")
def _clean_input(X, noise, reconstruct):
    return ((X - reconstruct(X)) ** 2).sum(axis=1).mean()


@denoising_loss.mistake("The input is clean and the target noisy: you have them the wrong way round.")
def _swapped(X, noise, reconstruct):
    return ((X + noise - reconstruct(X)) ** 2).sum(axis=1).mean()


@denoising_loss.mistake(
    "You cut the noisy picture to 0 … 1. Cut noise has no mean of zero any more, and tells of the clean value."
)
def _clipped(X, noise, reconstruct):
    return ((X - reconstruct(np.clip(X + noise, 0, 1))) ** 2).sum(axis=1).mean()


@denoising_loss.mistake("You took the mean over the pixels as well. They are summed: the loss is D times as large.")
def _mean_of_pixels(X, noise, reconstruct):
    return ((X - reconstruct(X + noise)) ** 2).mean()


@denoising_loss.mistake("You summed over the pictures. Their mean is asked for.")
def _sum_of_pictures(X, noise, reconstruct):
    return ((X - reconstruct(X + noise)) ** 2).sum()


# ------------------------------------------------------------------------------------------------- the pixels' cross-entropy
def _scores(rng):
    yield case("scores far from zero", np.array([[800.0, -800.0]]), np.array([[1.0, 0.25]]))
    yield case(
        "scores far on the wrong side", np.array([[-900.0, 3.0], [2.0, 900.0]]), np.array([[0.5, 1.0], [0.0, 0.5]])
    )
    yield case("scores of zero", np.zeros((2, 3)), rng.random((2, 3)))
    for N, D in ((1, 3), (4, 2), (3, 5)):
        yield 2 * rng.normal(size=(N, D)), rng.random((N, D))


@exercise(
    cases=_scores,
    hints=(
        "The cross-entropy of one pixel is −x log p − (1 − x) log(1 − p), with p = σ(a). What becomes of log p when a is −800?",
        "It is log(1 + e^a) − x a, and log(1 + e^a) = max(a, 0) + log(1 + e^−|a|).",
        "each = np.maximum(A, 0) + np.log1p(np.exp(-abs(A))) - …; then the sum over axis 1 and the mean",
    ),
)
def pixel_loss(A, X):
    """Return the cross-entropy of pixels, from scores, summed over a picture's pixels and as a mean over the pictures.

    A : (N, D), scores of any size and sign, whose sigmoids are painted;  X : (N, D), the pictures, from 0 to 1
    """
    each = np.maximum(A, 0) + np.log1p(np.exp(-np.abs(A))) - X * A
    return each.sum(axis=1).mean()


def _stable(A, X):
    return np.maximum(A, 0) + np.log1p(np.exp(-np.abs(A))) - X * A


@pixel_loss.mistake(
    "For scores far from 0 the sigmoid is exactly 0 or 1, and its log infinite. Take log(1 + e^a) − xa, stably."
)
def _naive(A, X):
    with np.errstate(all="ignore"):
        P = 1 / (1 + np.exp(-A))
        return (-X * np.log(P) - (1 - X) * np.log(1 - P)).sum(axis=1).mean()


@pixel_loss.mistake("You took the mean over the pixels as well: they are summed.")
def _mean_over_pixels(A, X):
    return _stable(A, X).mean()


@pixel_loss.mistake("You summed over the pictures as well: their mean is asked for.")
def _sum_over_pictures(A, X):
    return _stable(A, X).sum()


@pixel_loss.mistake(
    "Only the ink's half is there, −x log p. A pixel that is dark has the other half, −(1 − x) log(1 − p)."
)
def _ink_alone(A, X):
    return (X * (np.maximum(-A, 0) + np.log1p(np.exp(-np.abs(A))))).sum(axis=1).mean()


@pixel_loss.mistake("That is the squared error. The cross-entropy is asked for.")
def _squared(A, X):
    with np.errstate(over="ignore"):
        return ((1 / (1 + np.exp(-A)) - X) ** 2).sum(axis=1).mean()


@pixel_loss.mistake("You put the sigmoids in where the scores belong: in log(1 + e^a) − xa stands a itself.")
def _sigmoid_twice(A, X):
    with np.errstate(over="ignore"):
        P = 1 / (1 + np.exp(-A))
    return _stable(P, X).sum(axis=1).mean()


# ------------------------------------------------------------------------------------------------------ rates of units
def _activities(rng):
    yield case("units at their rate", np.full((4, 2), 0.1), 0.1)
    yield case("one unit, mostly off", np.array([[0.9], [0.05], [0.05]]), 0.2)
    yield case("one picture", np.array([[0.3, 0.6, 0.1]]), 0.05)
    for N, K, rho in ((5, 3, 0.05), (3, 4, 0.2), (8, 2, 0.5)):
        yield rng.uniform(0.02, 0.98, (N, K)), rho


@exercise(
    cases=_activities,
    hints=(
        "ρ̂ of a unit is a mean. Over what: the pictures, or the units?",
        "ρ̂ = mean over axis 0; then ρ log(ρ/ρ̂) + (1 − ρ) log((1 − ρ)/(1 − ρ̂)), summed over the units.",
        "r = H.mean(axis=0); return (rho * np.log(rho / r) + …).sum()",
    ),
)
def rate_penalty(H, rho):
    """Return the sparse penalty of a batch: the divergence KL(ρ‖ρ̂) of each unit, summed over the units.

    H : (N, K), activities between 0 and 1, a column for each unit;  rho : ρ, the rate at which a unit should be on, between 0 and 1
    """
    r = H.mean(axis=0)
    return (rho * np.log(rho / r) + (1 - rho) * np.log((1 - rho) / (1 - r))).sum()


@rate_penalty.mistake(
    "You took each picture's mean. A rate belongs to a unit: the mean of a column, over the pictures."
)
def _by_picture(H, rho):
    r = H.mean(axis=1)
    return (rho * np.log(rho / r) + (1 - rho) * np.log((1 - rho) / (1 - r))).sum()


@rate_penalty.mistake("That is KL(ρ̂‖ρ): the target rate ρ stands first.")
def _other_way(H, rho):
    r = H.mean(axis=0)
    return (r * np.log(r / rho) + (1 - r) * np.log((1 - r) / (1 - rho))).sum()


@rate_penalty.mistake(
    "You took the divergence of each activity and then the mean. Then every picture would have to switch every unit on at the rate ρ; it is the unit's mean that should have it."
)
def _by_activity(H, rho):
    return (rho * np.log(rho / H) + (1 - rho) * np.log((1 - rho) / (1 - H))).mean(axis=0).sum()


@rate_penalty.mistake("You took the mean over the units: their divergences are summed.")
def _mean_of_units(H, rho):
    r = H.mean(axis=0)
    return (rho * np.log(rho / r) + (1 - rho) * np.log((1 - rho) / (1 - r))).mean()


@rate_penalty.mistake(
    "Half of it is missing: a unit is also off, with the rate 1 − ρ. Without that term it can even be negative."
)
def _on_alone(H, rho):
    r = H.mean(axis=0)
    return (rho * np.log(rho / r)).sum()


@rate_penalty.mistake(
    "One rate for all units: two units that are always on and always off would then look well. Each has its own."
)
def _one_rate(H, rho):
    r = H.mean()
    return H.shape[1] * (rho * np.log(rho / r) + (1 - rho) * np.log((1 - rho) / (1 - r)))


# ------------------------------------------------------------------------------------------------------ alarms
def _days(rng):
    yield case("one share", np.arange(11.0), np.array([-1.0, 4.0, 9.5, 20.0]), 0.1)
    yield case("a new picture exactly at the threshold", np.arange(11.0), np.array([9.0, 9.1]), 0.1)
    yield case("half of them", np.array([3.0, 1.0, 2.0]), np.array([1.5, 2.5]), 0.5)
    yield case("all new pictures strange", rng.random(40), 5 + rng.random(6), 0.05)
    for N, M, share in ((50, 30, 0.05), (21, 12, 0.2), (33, 25, 0.3)):
        yield rng.gamma(2.0, size=N), rng.gamma(2.0, size=M), share


@exercise(
    cases=_days,
    hints=(
        "What should the share be a share of: of all new pictures, or of normal ones?",
        "The threshold is the quantile 1 − share of the scores of the normal pictures; above it lies an alarm.",
        "at = np.quantile(…, 1 - share); return at, (new > at).mean()",
    ),
)
def alarms(normal, new, share):
    """Return a threshold above which about `share` of normal pictures' errors lie, and the share of new pictures' errors above it.

    normal : (N,), errors of normal pictures that were kept back for choosing the threshold;  new : (M,), errors of the pictures to judge
    share : of normal ones that may raise an alarm, between 0 and 1 (use np.quantile);  returns two numbers
    """
    at = np.quantile(normal, 1 - share)
    return at, (new > at).mean()


@alarms.mistake(
    "You chose the threshold by the pictures that are to be judged: then that share of them is always strange."
)
def _by_the_new(normal, new, share):
    at = np.quantile(new, 1 - share)
    return at, (new > at).mean()


@alarms.mistake("The sign is wrong: strange pictures have a large error, and you raise the alarm for small ones.")
def _small_errors(normal, new, share):
    at = np.quantile(normal, share)
    return at, (new < at).mean()


@alarms.mistake("You took the quantile `share`: then all but that share of normal pictures raise an alarm.")
def _low_quantile(normal, new, share):
    at = np.quantile(normal, share)
    return at, (new > at).mean()


@alarms.mistake("You put both together and took their quantile: what is strange then raises its own threshold.")
def _by_all(normal, new, share):
    at = np.quantile(np.concatenate([normal, new]), 1 - share)
    return at, (new > at).mean()


@alarms.mistake("Those are the ones that pass: the alarm is for errors above the threshold.")
def _turned(normal, new, share):
    at = np.quantile(normal, 1 - share)
    return at, (new <= at).mean()


@alarms.mistake("That is a share of the largest error, and one odd picture moves it. Take the quantile of the errors.")
def _of_the_largest(normal, new, share):
    at = (1 - share) * normal.max()
    return at, (new > at).mean()


@alarms.mistake("The second number is the share among the normal pictures. Asked is that among the new ones.")
def _among_normal(normal, new, share):
    at = np.quantile(normal, 1 - share)
    return at, (normal > at).mean()
