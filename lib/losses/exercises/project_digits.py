"""Exercises of the project "Read the digits"."""

from __future__ import annotations

import math

import numpy as np

from lib.book import datasets
from lib.book.exercises import case, choice, exercise, goal, number
from lib.losses import backprop, initialisation, optimisers

__all__ = ["chosen_rate", "digit_reader", "loss_of_ignorance", "percent_wrong", "which_start"]

loss_of_ignorance = number(
    "loss_of_ignorance",
    answer=lambda: math.log(10),
    rtol=5e-3,
    why="Every digit gets the probability 1/10, and −log(1/10) = log 10. A first loss far above it is a start that is sure of nothing in particular.",
    hints=(
        "A network that knows nothing gives all ten digits the same probability. Which?",
        "The cross-entropy of one image is −log of the probability that its own digit got.",
        "−log of one tenth, with the natural logarithm.",
    ),
    mistakes=[
        (1.0, "That is the logarithm to base 10. The book's log is the natural one."),
        (lambda: math.log2(10), "That is the logarithm to base 2. The book's log is the natural one."),
        (0.1, "That is the probability itself. The loss is −log of it."),
        (lambda: -math.log(10), "The sign: a loss is −log of a probability, so not below 0."),
        (lambda: math.log(64), "Ten digits share the probability, not 64 pixels."),
        (0.9, "That is the share of guesses that are wrong. The loss is −log of a probability."),
    ],
)


def _scores(rng):
    yield case("one image, right", np.array([[0.0, 3.0, 1.0]]), np.array([1]))
    yield case(
        "scores that are all negative", np.array([[-5.0, -1.0], [-2.0, -9.0], [-3.0, -4.0]]), np.array([1, 1, 0])
    )
    for n, classes in ((7, 10), (40, 10), (10, 4), (6, 6)):
        yield rng.normal(size=(n, classes)), rng.integers(0, classes, n)


@exercise(
    cases=_scores,
    hints=(
        "Which digit does the network name, given its ten scores?",
        "The index of the largest score in each row; compare it with the label.",
        "Z.argmax(axis=…) != labels is an array of truths; its mean is a share.",
    ),
)
def percent_wrong(Z, labels):
    """Return how many of a hundred images are given a wrong label.

    Z : (N, classes), the scores;  labels : (N,), whole numbers;  returns a number from 0 to 100
    """
    return 100 * np.mean(Z.argmax(axis=1) != labels)


@percent_wrong.mistake("That is the percentage that is right. Count those that differ.")
def _right(Z, labels):
    return 100 * np.mean(Z.argmax(axis=1) == labels)


@percent_wrong.mistake("That is a share between 0 and 1. The answer is asked for in percent.")
def _share(Z, labels):
    return np.mean(Z.argmax(axis=1) != labels)


@percent_wrong.mistake("That is how many are wrong. Divide by the number of images, for percent.")
def _count(Z, labels):
    return np.sum(Z.argmax(axis=1) != labels)


@percent_wrong.mistake("You name the digit with the smallest score.")
def _smallest(Z, labels):
    return 100 * np.mean(Z.argmin(axis=1) != labels)


def _trials(rng):
    yield case("one rate", np.array([0.1]), np.array([[5.0, 7.0]]))
    yield case(
        "the luckiest run belongs to a rate that is worse on average",
        np.array([0.001, 0.01, 0.1]),
        np.array([[8.0, 8.0, 8.0], [4.0, 4.0, 4.0], [1.0, 9.0, 9.0]]),
    )
    yield case(
        "two rates are equally good",
        np.array([0.1, 0.01, 1.0]),
        np.array([[4.0, 6.0], [3.0, 7.0], [50.0, 60.0]]),
        tells="Where two rates are equally good, take the smaller one.",
    )
    yield case("one of ten runs has failed", np.array([0.01, 1.0]), np.array([[30.0] * 10, [2.0] * 9 + [95.0]]))
    yield case("a run fails at exactly 90 %", np.array([0.01, 1.0]), np.array([[60.0, 60.0], [2.0, 90.0]]))
    yield case("a run that is bad but has not failed", np.array([0.01, 1.0]), np.array([[60.0, 60.0], [2.0, 89.0]]))
    yield case("the smallest rate has failed", np.array([0.01, 1.0]), np.array([[91.0, 2.0], [56.0, 56.0]]))
    for n, seeds in ((4, 3), (6, 6), (5, 2)):
        yield 10.0 ** rng.permutation(np.arange(-n, 0)), rng.integers(0, 110, (n, seeds)).clip(0, 100) * 1.0


@exercise(
    cases=_trials,
    hints=(
        "One lucky run proves nothing. What do several seeds of one rate say together?",
        "Take the mean over the seeds. A rate with a failed run counts as infinitely bad. Among the best, the smallest rate.",
        "mean = wrong.mean(axis=…); mean[a run of it is ≥ 90] = …; then the min of the rates whose mean is the smallest",
    ),
)
def chosen_rate(rates, wrong):
    """Return the rate that is wrong least often on average over the seeds.

    A rate of which a run has failed (90 % wrong or more) is out, and among equally good rates the smallest is taken.
    rates : (R,);  wrong : (R, S), percent wrong of each rate and seed;  returns a number
    """
    mean = wrong.mean(axis=1)
    mean[(wrong >= 90).any(axis=1)] = np.inf
    return rates[mean == mean.min()].min()


@chosen_rate.mistake("You took the rate of the one luckiest run. Judge a rate by all its seeds together.")
def _lucky(rates, wrong):
    best = wrong.min(axis=1)
    best[(wrong >= 90).any(axis=1)] = np.inf
    return rates[best == best.min()].min()


@chosen_rate.mistake(
    "You leave failed runs out of the mean. A rate that fails with one seed in three is out altogether."
)
def _forgiven(rates, wrong):
    fine = np.where(wrong >= 90, 0.0, wrong)
    mean = fine.sum(axis=1) / np.maximum((wrong < 90).sum(axis=1), 1)
    mean[(wrong >= 90).all(axis=1)] = np.inf
    return rates[mean == mean.min()].min()


@chosen_rate.mistake("A rate of which a run has failed still counts with its mean. It is out.")
def _failures_averaged(rates, wrong):
    mean = wrong.mean(axis=1)
    return rates[mean == mean.min()].min()


@chosen_rate.mistake("That is the rate that is wrong most often.")
def _worst(rates, wrong):
    mean = wrong.mean(axis=1)
    return rates[mean == mean.max()].min()


which_start = choice(
    "which_start",
    answer="c",
    why="Its first loss is near log 10, so no step is spent on unlearning; its units differ; and √2 is what ReLU needs at any depth, so it is the start that one can defend before the result is known.",
    feedback={
        "a": "It did learn here, since there is one hidden layer. That is luck of the depth: ten layers with this gain pass on nothing. Defend a start by what is known, not by one result.",
        "b": "Its first loss is several times log 10: the network is sure of guesses about nothing, and its first epochs go into unlearning them.",
        "d": "A first loss of log 10 is necessary, not sufficient: units that start equal stay equal.",
    },
    hints=(
        "Two questions: is the first loss near that of ignorance, and do the units differ?",
        "Then ask which of those left would also do in a deep network of ReLU units.",
        "Kaiming's: the variance 2/k, which is a gain of √2.",
    ),
)


# --------------------------------------------------------------------------------------------------------------- goal
def train_a_reader():
    """Train on every image given, at the rate and from the start that the trials chose; scale what is read as well."""
    data = datasets.digit_images()
    known = np.arange(len(data.X)) % 3 != 2
    X, labels = (data.X[known] - 8) / 8, data.y[known].astype(int)
    start = initialisation.network([64, 64, 10], gain=np.sqrt(2), seed=0)
    layers, _ = optimisers.train(
        start,
        X,
        labels,
        optimisers.Adam(0.01),
        epochs=30,
        batch=32,
        phi="ReLU",
        schedule=optimisers.cosine,
    )

    def read(pixels):
        scores = backprop.forward(layers, (pixels - 8) / 8, "ReLU")[-1]
        return scores.argmax(axis=1)

    return read


@goal(
    worked=train_a_reader,
    below=5,
    unit=" %",
    label="the share of the 599 images kept back that is misread",
    hints=(
        "What chose the rate, the start and the length of the training? Only images that the network was not trained on may.",
        "Scale the pixels to about −1 … 1, start ReLU units with a gain of √2, and try rates a factor of ten apart. Then train on all that you have.",
        "64 hidden units, Adam, thirty epochs in batches of 32 with a cosine schedule. The function scales the pixels, goes forward, and takes the argmax.",
    ),
)
def digit_reader(answer) -> float:
    """Hand over a function that takes pixels (N, 64), from 0 to 16 as they come, and returns N digits."""
    pixels, labels = _kept_back()
    return 100 * float(np.mean(_read(answer, pixels) != labels))


def _kept_back() -> tuple[np.ndarray, np.ndarray]:
    """Return the pixels and labels of every third image, which the notebook does not use."""
    data = datasets.digit_images()
    return data.X[2::3].copy(), data.y[2::3].astype(int)


def _read(answer, pixels) -> np.ndarray:
    if not callable(answer):
        raise ValueError(f"hand over a function of pixels (N, 64), not {type(answer).__name__}")
    read = np.asarray(answer(pixels))
    if read.shape != (len(pixels),):
        raise ValueError(f"for {len(pixels)} images it must return {len(pixels)} digits, but its shape is {read.shape}")
    if not (np.isin(read, np.arange(10))).all():
        raise ValueError("a digit is a whole number from 0 to 9: did you return probabilities, or scores?")
    return read.astype(int)


def _unscaled():
    read = train_a_reader()
    return lambda pixels: read(8 * pixels + 8)


@digit_reader.pitfall(
    "On pixels that are scaled first it reads far better: you trained on scaled pixels, and your function passes raw ones on. Scale inside the function.",
    example=_unscaled,
)
def _forgot_to_scale(answer) -> bool:
    pixels, labels = _kept_back()
    raw = np.mean(_read(answer, pixels) != labels)
    ways = ((pixels - 8) / 8, pixels / 16, pixels / 8, pixels / 16 - 0.5)
    return bool(raw > 0.05 and min(np.mean(_read(answer, way) != labels) for way in ways) < raw / 2)


@digit_reader.pitfall(
    "It gives every image the same digit. With a rate too large the units die and only the free terms speak: look at the losses.",
    example=lambda: lambda pixels: np.full(len(pixels), 3),
)
def _always_the_same(answer) -> bool:
    return len(set(_read(answer, _kept_back()[0]))) == 1


def _memory():
    data = datasets.digit_images()
    known = {row.tobytes(): label for at, (row, label) in enumerate(zip(data.X, data.y, strict=True)) if at % 3 != 2}
    return lambda pixels: np.array(
        [known.get(row.tobytes(), int(row.sum()) % 10) for row in np.ascontiguousarray(pixels)]
    )


@digit_reader.pitfall(
    "It reads the images it was given almost without error, and fresh ones badly: it has learned them by heart. Judge by images that took no part in training.",
    example=_memory,
)
def _by_heart(answer) -> bool:
    data = datasets.digit_images()
    known = np.arange(len(data.X)) % 3 != 2
    (pixels, labels), given = _kept_back(), _read(answer, data.X[known].copy())
    return bool(np.mean(given != data.y[known]) < 0.02 and np.mean(_read(answer, pixels) != labels) > 0.1)


def _scaled_by_the_batch():
    read = train_a_reader()
    return lambda pixels: read(8 + 8 * (pixels - pixels.mean(axis=0)) / (pixels.std(axis=0) + 1e-9))


@digit_reader.pitfall(
    "An image alone is read as another digit than the same image among others: your function scales by the mean or spread of what it is handed. Use numbers fixed in training.",
    example=_scaled_by_the_batch,
)
def _depends_on_the_others(answer) -> bool:
    pixels = _kept_back()[0][:60]
    alone = np.concatenate([_read(answer, pixels[i : i + 1]) for i in range(60)])
    return bool(np.sum(alone != _read(answer, pixels)) > 6)
