"""Exercises of the project "Sharpen a number plate"."""

from __future__ import annotations

import numpy as np

from lib.book import datasets, validate
from lib.book.exercises import case, exercise, goal, number

__all__ = ["kappa_of_the_blur", "safe_rate", "sharpener", "slope_of_the_misfit", "when_to_stop"]


def plate(images) -> np.ndarray:
    """Return sixteen digit images (16, 64), ink from 0 to 16, as one picture (32, 128) of two rows, ink from 0 to 1."""
    images = validate.matrix(images, "images")
    if images.shape != (16, 64):
        raise ValueError(f"images must be sixteen digits of 64 pixels, but have shape {images.shape}")
    rows = images.reshape(2, 8, 8, 8).transpose(0, 2, 1, 3).reshape(16, 64) / 16
    return np.kron(rows, np.ones((2, 2)))


def out_of_focus(n: int, spread: float) -> np.ndarray:
    """Return (n, n): each pixel becomes a mean of its neighbours with normal weights of this spread, in pixels."""
    at = np.arange(validate.whole(n, "n", low=1))
    spread = validate.number(spread, "spread", low=0, open_low=True)
    K = np.exp(-((at[:, None] - at) ** 2) / (2 * spread**2))
    return K / K.sum(axis=1).max()


def in_motion(n: int, length: int) -> np.ndarray:
    """Return (n, n): each pixel becomes the mean of itself and of those that passed it, `length` in all."""
    at, length = np.arange(validate.whole(n, "n", low=1)), validate.whole(length, "length", low=1)
    gap = at[:, None] - at
    return ((gap >= 0) & (gap < length)) / length


kappa_of_the_blur = number(
    "kappa_of_the_blur",
    answer=3000.0,
    rtol=1e-6,
    why="The singular values of X ↦ RXCᵀ are all products of one of R and one of C, so the largest is 1 · 0.9 and the smallest 0.01 · 0.03.",
    hints=(
        "What does the blur do to a picture uvᵀ, with u and v right singular vectors of R and of C?",
        "It multiplies it by the product of the two singular values. Which products are the largest and the smallest?",
        "(1 · 0.9) divided by (0.01 · 0.03)",
    ),
    mistakes=[
        (100.0, "That is κ(R) alone. The columns are smeared too."),
        (30.0, "That is κ(C) alone. The rows are blurred too."),
        (130.0, "The two condition numbers multiply; they are not added."),
        (lambda: 3000.0**2, "That is the condition number of the normal equations: the square."),
        (lambda: 0.9 / 0.01, "The smallest value is the product of both smallest, 0.01 · 0.03."),
        (lambda: 1 / 3000, "Upside down: the largest over the smallest."),
    ],
)


def _blurs(rng):
    yield case("one pixel", np.array([[2.0]]), np.array([[3.0]]), np.array([[1.0]]), np.array([[5.0]]))
    yield case("one row", np.array([[0.5]]), rng.normal(size=(4, 4)), rng.normal(size=(1, 4)), rng.normal(size=(1, 4)))
    yield case("the picture fits", np.eye(2), np.eye(3), np.ones((2, 3)), np.ones((2, 3)))
    for m, n in ((3, 5), (5, 3), (4, 4)):
        yield rng.normal(size=(m, m)), rng.normal(size=(n, n)), rng.normal(size=(m, n)), rng.normal(size=(m, n))


@exercise(
    cases=_blurs,
    hints=(
        "For ½‖Aw − b‖² the slope is Aᵀ(Aw − b). What are Aw and Aᵀr when w is a picture?",
        "Aw is R X Cᵀ. The transpose of X ↦ R X Cᵀ is the map that takes a picture E to Rᵀ E C.",
        "E = R @ X @ C.T − B; then R.T on its left and … on its right",
    ),
)
def slope_of_the_misfit(R, C, X, B):
    """Return the gradient of ½‖R X Cᵀ − B‖² by the picture X.

    R : (m, m);  C : (n, n);  X, B : (m, n);  returns (m, n)
    """
    return R.T @ (R @ X @ C.T - B) @ C


@slope_of_the_misfit.mistake("You blurred the error once more. On the way back both matrices are transposed: RᵀEC.")
def _blurred_again(R, C, X, B):
    return R @ (R @ X @ C.T - B) @ C.T


@slope_of_the_misfit.mistake(
    "That is the error of the blurred picture. It has still to go back through the blur: RᵀEC."
)
def _error_alone(R, C, X, B):
    return R @ X @ C.T - B


@slope_of_the_misfit.mistake("That is the direction down, minus the gradient.")
def _downhill(R, C, X, B):
    return R.T @ (B - R @ X @ C.T) @ C


@slope_of_the_misfit.mistake("The factor 2 is cancelled by the ½ in front.")
def _twice(R, C, X, B):
    return 2 * R.T @ (R @ X @ C.T - B) @ C


def _pairs(rng):
    yield case("one pixel", np.array([[2.0]]), np.array([[0.5]]))
    yield case("R is not symmetric", np.array([[0.0, 3.0], [0.0, 0.0]]), np.eye(2))
    for m, n in ((3, 5), (6, 2), (4, 4)):
        yield rng.normal(size=(m, m)), rng.normal(size=(n, n))


@exercise(
    cases=_pairs,
    hints=(
        "Descent on ½‖Aw − b‖² needs a rate below 2/λ, λ the largest eigenvalue of AᵀA. Half of that is safe.",
        "λ is the square of the largest singular value of X ↦ R X Cᵀ. You know how that one comes about.",
        "np.linalg.norm(…, 2) is a largest singular value. Multiply two of them, square, and take the inverse.",
    ),
)
def safe_rate(R, C):
    """Return the rate 1/λ, λ the largest eigenvalue of the normal equations of X ↦ R X Cᵀ.

    R : (m, m);  C : (n, n);  returns a number
    """
    largest = np.linalg.norm(R, 2) * np.linalg.norm(C, 2)
    return 1 / largest**2


@safe_rate.mistake("λ is the square of the largest singular value: the square is missing.")
def _no_square(R, C):
    return 1 / (np.linalg.norm(R, 2) * np.linalg.norm(C, 2))


@safe_rate.mistake(
    "np.linalg.norm without the 2 is Frobenius' norm: all singular values together, so a needlessly small rate."
)
def _frobenius(R, C):
    return 1 / (np.linalg.norm(R) * np.linalg.norm(C)) ** 2


@safe_rate.mistake("That is 2/λ, the very edge: there the largest component swings for ever.")
def _the_edge(R, C):
    return 2 / (np.linalg.norm(R, 2) * np.linalg.norm(C, 2)) ** 2


@safe_rate.mistake("C is missing: what it amplifies counts as well.")
def _only_r(R, C):
    return 1 / np.linalg.norm(R, 2) ** 2


def _runs(rng):
    yield case("it gets there at once", np.array([1.0, 0.5, 0.1]), 1.0, 9)
    yield case(
        "it never gets there",
        np.array([9.0, 8.0, 7.5]),
        0.1,
        100,
        tells="Where it never gets there, the last step is the answer.",
    )
    yield case("exactly there", np.array([5.0, 2.0, 1.0]), 0.5, 16)
    yield case("the step before is nearer to the noise", np.array([9.0, 4.1, 2.0, 1.9]), 1.0, 16)
    yield case("it rises again", np.array([9.0, 3.9, 4.5, 3.5]), 1.0, 16)
    for n in (6, 12, 20):
        misfits = np.sort(rng.uniform(1, 20, n))[::-1].copy()
        yield misfits, float(misfits[n // 2] / 10 * 1.001), 100
        yield misfits, float(misfits[n // 3] / 10 * 0.999), 100


@exercise(
    cases=_runs,
    hints=(
        "How well does the true picture itself fit what was measured? It misses it by the noise.",
        "N errors of size σ have a norm of about σ√N. Who fits better than that fits the noise.",
        "np.flatnonzero(misfits <= noise * np.sqrt(N)): the first of these, or the last step if there is none",
    ),
)
def when_to_stop(misfits, noise, N):
    """Return the first step at which the misfit is at most that of the noise; the last step where there is none.

    misfits : (steps,), ‖R X Cᵀ − B‖ after steps 0, 1, 2, …;  noise : standard deviation of a pixel's error;
    N : number of pixels;  returns a whole number, the step's index
    """
    found = np.flatnonzero(misfits <= noise * np.sqrt(N))
    return found[0] if len(found) else len(misfits) - 1


@when_to_stop.mistake("That is the step with the smallest misfit. It fits the noise best, too.")
def _smallest(misfits, noise, N):
    return int(np.argmin(misfits))


@when_to_stop.mistake("That is the step whose misfit is nearest to the noise's, which may still lie above it.")
def _nearest(misfits, noise, N):
    return int(np.argmin(np.abs(misfits - noise * np.sqrt(N))))


@when_to_stop.mistake("A norm adds up all pixels: N errors of size σ have the norm σ√N, not σ.")
def _one_pixel(misfits, noise, N):
    found = np.flatnonzero(misfits <= noise)
    return found[0] if len(found) else len(misfits) - 1


@when_to_stop.mistake("σ²N is the square of the norm. Compare norms with norms.")
def _squared(misfits, noise, N):
    found = np.flatnonzero(misfits <= noise**2 * N)
    return found[0] if len(found) else len(misfits) - 1


@when_to_stop.mistake("That is the last step still above the noise. The one after it has arrived.")
def _one_early(misfits, noise, N):
    found = np.flatnonzero(misfits <= noise * np.sqrt(N))
    return max(0, found[0] - 1) if len(found) else len(misfits) - 1


# --------------------------------------------------------------------------------------------------------------- goal
def make_a_sharpener():
    """Descend with every pixel kept between 0 and 1, until the misfit is that of the noise.

    It uses `slope_of_the_misfit` and `safe_rate`, the functions of steps 2 and 3.
    """

    def sharpen(R, C, B, noise):
        X, rate = np.zeros(B.shape), safe_rate(R, C)
        for _ in range(1000):
            if np.linalg.norm(R @ X @ C.T - B) <= noise * np.sqrt(B.size):
                break
            X = np.clip(X - rate * slope_of_the_misfit(R, C, X, B), 0, 1)
        return X

    return sharpen


@goal(
    worked=make_a_sharpener,
    below=0.35,
    label="the mean relative error on six other pictures",
    hints=(
        "The pictures kept back have different amounts of noise. What tells the number of steps for each?",
        "Descend from a blank picture at the safe rate, and stop where the misfit reaches σ√N. You know one thing more of every pixel: ink lies between 0 and 1.",
        "In a loop: leave it when the misfit is at most noise · √B.size; else X = np.clip(X − rate · slope, 0, 1).",
    ),
)
def sharpener(answer) -> float:
    """Hand over a function of R (m, m), C (n, n), B (m, n) and the noise that returns the picture X (m, n)."""
    return float(np.mean([np.linalg.norm(_tried(answer, *asked) - X) / np.linalg.norm(X) for X, asked in _kept_back()]))


def _kept_back() -> list[tuple[np.ndarray, tuple]]:
    """Return six pictures and what was photographed of each: R, C, B and the noise."""
    images, rng, out = datasets.digit_images().X, np.random.default_rng(7), []
    for at, noise in enumerate((0.01, 0.03, 0.06) * 2):
        X = plate(images[600 + 16 * at : 616 + 16 * at])
        R, C = out_of_focus(32, 1.2), in_motion(128, 7)
        out.append((X, (R, C, R @ X @ C.T + noise * rng.normal(size=X.shape), noise)))
    return out


def _tried(answer, R, C, B, noise) -> np.ndarray:
    if not callable(answer):
        raise ValueError(f"hand over a function of R, C, B and the noise, not {type(answer).__name__}")
    X = np.asarray(answer(R.copy(), C.copy(), B.copy(), noise), dtype=float)
    if X.shape != B.shape:
        raise ValueError(f"the picture must have the shape {B.shape} of B, but has shape {X.shape}")
    return X


def _misfits(answer) -> np.ndarray:
    """Return the misfit of each picture kept back, in units of the noise's σ√N."""
    made = []
    for _, (R, C, B, noise) in _kept_back():
        X = _tried(answer, R, C, B, noise)
        made.append(np.linalg.norm(R @ X @ C.T - B) / (noise * np.sqrt(B.size)))
    return np.array(made)


@sharpener.pitfall(
    "That is the photograph itself, or nearly: nothing was sharpened.", example=lambda: lambda R, C, B, noise: B
)
def _untouched(answer) -> bool:
    return all(
        np.linalg.norm(_tried(answer, *asked) - asked[2]) < 0.1 * np.linalg.norm(asked[2]) for _, asked in _kept_back()
    )


@sharpener.pitfall(
    "Your pictures fit the photographs much better than the true ones do, so they fit the noise: dividing by the small singular values has blown it up. Stop earlier.",
    example=lambda: lambda R, C, B, noise: np.linalg.solve(C, np.linalg.solve(R, B).T).T,
)
def _too_far(answer) -> bool:
    return bool(np.median(_misfits(answer)) < 0.7 and sharpener.measure(answer) > 0.35)


def _three_steps(R, C, B, noise):
    X = np.zeros(B.shape)
    for _ in range(3):
        X = X - safe_rate(R, C) * slope_of_the_misfit(R, C, X, B)
    return X


@sharpener.pitfall(
    "Your pictures miss the photographs by much more than the noise does: there is more to be had before the noise comes in. Take more steps.",
    example=lambda: _three_steps,
)
def _too_early(answer) -> bool:
    return bool(np.median(_misfits(answer)) > 1.5 and sharpener.measure(answer) > 0.35)
