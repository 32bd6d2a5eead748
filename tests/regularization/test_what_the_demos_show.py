"""What the prose says of the chapter's demos, asked of the demos themselves."""

import pytest

from lib.regularization import demos


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
