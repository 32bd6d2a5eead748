"""Every public function is handed anything: it answers without NaN or infinity, or refuses in the book's own words.

Functions are found by introspection, so that a new one is covered the day it is written: `usual` says what its arguments usually are.
One argument at a time becomes all that `anything` knows, then hypothesis changes two at once; BOOK_EXAMPLES=1000 looks longer, BOOK_SEED=7
elsewhere. And where an answer grows like a power of an argument, it does so at any scale.
"""

from __future__ import annotations

import os

import anything
import numpy as np
import outcome
import pytest
import usual
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

EXAMPLES, SEED = int(os.environ.get("BOOK_EXAMPLES", 3)), int(os.environ.get("BOOK_SEED", 0))
FOUND = usual.functions()
ATTACKED = sorted(name for name in FOUND if not usual.reason(name))
SLOW = (  # train something, or take hundreds of steps: they meet every eighth of the ways
    "word_vectors.adversarial.play",
    "word_vectors.context.",
    "word_vectors.evaluation.plant",
    "word_vectors.halves.train_apart",
    "word_vectors.training.",
    "word_vectors.word2vec.train_by_pairs",
    "losses.optimisers.largest_stable_rate",
)
SINGLE = (
    "word_vectors.alignment",
    "word_vectors.unsupervised",
    "word_vectors.vectors",
    "word_vectors.adversarial",
)  # in 32 bits
RANDOM = (
    "noise.dropout",
    "bert.mask_words",
    "bert.drawn_pairs",
    "normalization.batch_noise",
    "network.loss_and_gradients",
    "word2vec.pairs",
    "randomized.range_finder",
    "randomized.randomized_svd",
    "pca.parallel_analysis",
    "completion.als.als",
    "completion.descent.sgd",
    "completion.implicit.implicit_als",
    "completion.nonnegative.nmf",
    "completion.ratings.planted",
    "completion.ratings.split",
)  # a generator goes on
ECHO = ("least_squares.model.one_hot",)  # gives back labels, whatever they are
OWN_SCALE = {
    "losses.backprop.numerical_gradient": "its step is a length, and does not shrink with x",
    "convnets.detection.regions.components": "what is ink is darker than a fixed share of black",
    "losses.optimisers.minimise": "it stands still beyond 1e100, by design",
}


def test_reasons_are_for_functions_that_there_are():
    owners = {name.rsplit(".", 1)[0] for name in FOUND}
    unknown = {name for name in usual.NOT_ATTACKED if not {name, name.rsplit(".", 1)[0]} & {*FOUND, *owners}}
    assert not unknown, sorted(unknown)
    assert set(OWN_SCALE) <= set(ATTACKED)


@pytest.mark.parametrize("name", ATTACKED)
def test_anything_is_answered_or_refused(name):
    function = FOUND[name]
    args, kwargs = usual.arguments(name, function)
    answer = outcome.call(function, args, kwargs)
    one_by_one = [(key, way) for key, value in _open(args, kwargs) for way in anything.ways(value)]
    for key, way in one_by_one[:: 8 if name.startswith(SLOW) else 1]:
        _meets(name, args, kwargs, answer, [(key, way)])


@pytest.mark.parametrize("name", [name for name in ATTACKED if not name.startswith(SLOW)])
def test_two_at_once_are_answered_or_refused(name):
    function = FOUND[name]
    args, kwargs = usual.arguments(name, function)
    places = _open(args, kwargs)
    if len(places) < 2:
        return

    @seed(SEED)
    @settings(max_examples=EXAMPLES, derandomize=SEED == 0, database=None, suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def attack(data):
        two = data.draw(st.lists(st.sampled_from(range(len(places))), min_size=2, max_size=2, unique=True))
        changes = [(places[i][0], data.draw(anything.anything(places[i][1]))) for i in two]
        _meets(name, args, kwargs, None, changes)

    attack()


def _open(args: list, kwargs: dict) -> list[tuple]:
    """Return the places of arguments and what stands there: functions are called, not looked at."""
    return [(key, value) for key, value in (*enumerate(args), *kwargs.items()) if not callable(value)]


def _meets(name: str, args: list, kwargs: dict, answer, changes: list[tuple]) -> None:
    """Call the function with some arguments changed, each in one way, and look at what comes of it."""
    args, kwargs, what = list(args), dict(kwargs), []
    for key, way in changes:
        array = isinstance((args if isinstance(key, int) else kwargs)[key], np.ndarray)
        (args if isinstance(key, int) else kwargs)[key] = way.make()
        what.append(f"{key}: {way.name}")
    try:
        got = outcome.call(FOUND[name], args, kwargs, echo=name.startswith(ECHO))
    except outcome.Refused as refused:
        assert answer is None or not way.same or way.name == "nested lists", (
            f"{what} holds the same numbers, but: {refused}"
        )
        return
    except AssertionError as error:
        raise AssertionError(f"{name}, {what}: {error}") from error
    assert not (array and "masked" in way.name), f"{what} is taken without its mask"
    if answer is not None and way.same and not any(random in name for random in RANDOM):
        rtol = 1e-4 if name.startswith(SINGLE) else 1e-9
        assert outcome.alike(got, answer, rtol), f"{what} holds the same numbers, but the answer is another"


# ------------------------------------------------------------------------------------------------------------- scale
NEAR = (2.0**-6, 2.0, 2.0**4)  # where the power is found
POWERS = (
    1e-300,
    1e-200,
    1e-160,
    1e-120,
    1e-80,
    1e-50,
    1e-30,
    1e-12,
    1e12,
    1e30,
    1e50,
    1e80,
    1e120,
    1e160,
    1e200,
    1e300,
)


@pytest.mark.parametrize("name", [name for name in ATTACKED if not name.startswith(SLOW) and name not in OWN_SCALE])
def test_scale_changes_nothing_but_scale(name):
    """Where an answer grows like a power of an argument, it does so at any scale, or is refused: nothing is lost in silence."""
    function = FOUND[name]
    args, kwargs = usual.arguments(name, function)
    at_one = list(outcome.parts(outcome.call(function, args, kwargs)))
    for key in [k for k, v in kwargs.items() if isinstance(v, np.ndarray) and v.dtype.kind == "f"]:
        degrees = _degrees(function, args, kwargs, key, at_one)
        if degrees is None:
            continue
        for scale in POWERS:
            try:
                got = list(outcome.parts(outcome.call(function, args, {**kwargs, key: kwargs[key] * scale})))
            except outcome.Refused:
                continue
            for value, one, degree in zip(got, at_one, degrees, strict=True):
                _compare(
                    np.asarray(value),
                    np.asarray(one),
                    degree,
                    scale,
                    f"{key} times {scale:g}",
                    1e-4 if name.startswith(SINGLE) else 1e-7,
                )


def _degrees(function, args, kwargs, key, at_one) -> list[int | None] | None:
    """Return the power of the argument that each part of the answer grows with, None where it does not; or None where none does."""
    try:
        tried = [list(outcome.parts(outcome.call(function, args, {**kwargs, key: kwargs[key] * s}))) for s in NEAR]
    except outcome.Refused:
        return None
    degrees = []
    for one, *others in zip(at_one, *tried, strict=True):
        one, *others = (np.asarray(v, float) if np.asarray(v).dtype.kind == "f" else None for v in (one, *others))
        many = others[-1]
        degree = None
        if one is not None and one.size and one.shape == many.shape and np.abs(one).max() > 1e-8:
            ratio = np.log2(np.linalg.norm(many) / np.linalg.norm(one)) / np.log2(NEAR[-1]) if many.any() else 0.3
            if abs(ratio - round(ratio)) < 1e-9:
                degree = round(ratio)
                exact = all(
                    np.allclose(v, one * s**degree, rtol=1e-9, atol=1e-12 * np.abs(v).max())
                    for v, s in zip(others, NEAR, strict=True)
                )
                degree = degree if exact else None
        degrees.append(degree)
    return None if all(degree is None for degree in degrees) else degrees


def _compare(value, one, degree, scale, what, rtol) -> None:
    if degree is None:
        return
    size = np.log10(np.abs(one).max()) + degree * np.log10(scale)  # of what is expected
    if size < -290:
        assert np.abs(value).max() <= 1e-280, f"{what}: {value} where almost nothing is expected"
    else:
        expected = np.sign(one) * np.exp(np.log(np.maximum(np.abs(one), 1e-300)) + degree * np.log(scale)) * (one != 0)
        assert np.abs(value - expected).max() <= rtol * np.abs(expected).max(), f"{what}: {value} instead of {expected}"
