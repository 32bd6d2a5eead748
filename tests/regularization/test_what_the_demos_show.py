"""What the prose says of the chapter's demos, asked of the demos themselves."""

import numpy as np
import pytest

from lib.regularization import demos
from lib.regularization.network import Recipe, train


def says(picture, *parts: str) -> bool:
    """Whether a picture's sentence holds all the parts."""
    missing = [part for part in parts if part not in picture.description]
    assert not missing, f"{missing} not in: {picture.description}"
    return True


# -------------------------------------------------------------------------------------------- two troubles, one cause
@pytest.mark.parametrize(
    ("degree", "lam", "fresh"),
    [(3, 0.0, "0.1"), (5, 0.0, "0.11"), (7, 0.0, "0.11"), (13, 0.0, "116"), (5, 1e-4, "0.11"), (13, 1e-4, "0.11"),
     (13, 1.0, "0.21")],
)  # fmt: skip
def test_the_wiggling_polynomial(degree, lam, fresh):
    assert says(demos.wiggling_polynomial(degree=degree, lam=lam), f"and {fresh} on fresh ones")


@pytest.mark.parametrize(("sigma", "best"), [(0.1, "0.0018"), (0.25, "0.0056"), (0.6, "0.032")])
def test_noisier_data_want_a_larger_penalty(sigma, best):
    assert says(demos.bias_and_variance(lam=1.0, sigma=sigma), f"least near λ = {best}")


def test_the_peak_at_interpolation():
    """Its two descents, where each is least, and the peak that ridge removes."""
    alike, first = (demos.peak_at_interpolation(lam=10.0, signal=p) for p in demos.overfitting.SIGNALS)
    assert says(alike, "1.1 with 1 of 100 features, 26 with 38 and 0.67 with 100", "λ = 10 has at most 1.")
    assert says(first, "0.12 with 14 of 100 features", "0.44 with 53")
    risk = demos.overfitting._ridge_risk(10.0, demos.overfitting.SIGNALS[0])
    near = risk[(demos.overfitting.USED > 20) & (demos.overfitting.USED < 60)]
    assert near.max() < 1.2 * risk[0], "with λ = 10 a low hump is left"
    best = demos.overfitting._best_risk(demos.overfitting.SIGNALS[0])
    assert (best[1:] < best[:-1]).all(), "with the best λ more features never hurt"


# -------------------------------------------------------------------------------------------------------------- ridge
def test_longleys_error_is_in_millions():
    """Longley's target is in thousands, the demo's in millions: an error of 0.418 million people."""
    assert says(demos.ridge_trace(lam=0.01, data="Longley"), "leave-one-out error 0.418 million people")


# -------------------------------------------------------------------------------------------------------------- lasso
def test_balls_meet_at_corners_edges_or_not_at_all():
    """Of the 91 positions of the diamond 21 touch at a corner, 63 along an edge; 7 hold the answer inside. The circle never."""
    told = {norm: [] for norm in demos.lasso.NORMS}
    for state in demos.balls_and_ellipses.states():
        told[state["norm"]].append(demos.balls_and_ellipses(**state).description)
    for norm, counts in ((demos.lasso.NORMS[0], [21, 63, 7]), (demos.lasso.NORMS[1], [0, 63, 28])):
        assert [sum(word in text for text in told[norm]) for word in ("corner", "neither", "large enough")] == counts


def test_who_enters_the_path():
    """Body mass index and triglycerides first, then pressure; seven coefficients leave as small an error as ten."""
    entered = []
    for step in range(41):
        W = demos.lasso._patients()[3][step]
        entered += [name for name, w in zip(demos.SHORT["diabetes"], W, strict=True) if w and name not in entered]
    assert set(entered[:2]) == {"BMI", "log TG"} and entered[2] == "pressure"
    assert says(demos.lasso_path_line(step=20), "7 of 10 coefficients", "54.6 points")
    assert says(demos.lasso_path_line(step=40), "10 of 10 coefficients", "54.6 points")


def test_likeness_and_a_small_price_slow_every_solver():
    """From correlation 0 to 0.9, and from 0.3 λ_max to 0.01, each needs more passes, or more than the 200 of the race."""
    for likeness, then in ((0.0, 0.5), (0.5, 0.9)):
        for share in (0.3, 0.1, 0.01):
            before, after = demos.lasso._race(likeness, share), demos.lasso._race(then, share)
            assert all(len(after[name]) > len(before[name]) or len(before[name]) == 201 for name in after)
    for likeness in (0.0, 0.5, 0.9, 0.99):
        before, after = demos.lasso._race(likeness, 0.3), demos.lasso._race(likeness, 0.01)
        assert all(len(after[name]) > len(before[name]) or len(before[name]) == 201 for name in after)


def test_who_wins_the_race():
    """By passes, or by the gap after 200: ISTA is last; FISTA beats coordinate descent only at the small λ, from 0.5 on."""
    for likeness in (0.0, 0.5, 0.9, 0.99):
        for share in (0.3, 0.1, 0.01):
            run = {name: (len(gap), gap[-1]) for name, gap in demos.lasso._race(likeness, share).items()}
            assert max(run, key=run.get) == "ISTA"
            assert bool(run["FISTA"] < run["coordinate descent"]) == (share == 0.01 and likeness > 0)


# -------------------------------------------------------------------------------------------------------------- noise
def test_wrong_labels_are_learned_by_heart_late():
    """On other seeds than those shown: few of them after 40 epochs, nearly all after 200."""
    X, labels, X_fresh, labels_fresh = demos.noisy_digits()
    wrong = labels != demos.true_labels()
    assert wrong.sum() == 77
    shares = {}
    for epochs in (40, 200):
        run = train(X, labels, X_fresh, labels_fresh, Recipe(100, epochs, eta=0.03, seed=7))
        shares[epochs] = np.mean((run.network.scores(X).argmax(axis=1) == labels)[wrong])
    assert shares[40] < 0.45 and shares[200] > 0.97


@pytest.mark.parametrize("eta, steps, least, most", [(0.2, 1000, 0.195, 0.21), (1.0, 1, 0.49, 0.51)])
def test_stopping_is_a_fifth_from_ridge_after_short_steps_and_a_half_after_one_long(eta, steps, least, most):
    picture = demos.stopping_against_ridge(steps=steps, eta=eta)
    assert least < float(picture.description.split("differ by at most ")[1].split(";")[0]) < most
