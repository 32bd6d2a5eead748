"""The tagger: slopes against differences, what it learns, and that padding teaches it nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.losses.backprop import numerical_gradient
from lib.sequences import layers, tagging

# the tag is the last symbol of the sentence, at each place: only who reads from the end can know
RNG = np.random.default_rng(1)
LENGTHS = RNG.integers(2, 6, 300)
IDS = RNG.integers(3, size=(300, 5)) * (np.arange(5) < LENGTHS[:, None])
TAGS = np.repeat(IDS[np.arange(300), LENGTHS - 1][:, None], 5, axis=1)


@settings(max_examples=15, deadline=None)
@given(sides=st.sampled_from(tagging.SIDES), cell=st.sampled_from(["RNN", "LSTM", "GRU"]), seed=st.integers(0, 99))
def test_slopes_are_the_differences(sides, cell, seed):
    rng = np.random.default_rng(seed)
    D = 1 + (sides == "both")
    stack = layers.random_stack(cell, 3, 2, 1, D, seed)
    V, v = rng.normal(size=(2 * D, 3)), rng.normal(size=3)
    x, n, y = IDS[:4], LENGTHS[:4], TAGS[:4]
    _, slopes = tagging._loss_and_slopes(cell, sides, stack, V, v, x, n, y)

    def loss_of(weights):
        changed = [[dict(w) for w in stack[0]]]
        changed[0][-1]["Wh"] = weights
        return tagging._loss_and_slopes(cell, sides, changed, V, v, x, n, y)[0]

    by_V = numerical_gradient(lambda W: tagging._loss_and_slopes(cell, sides, stack, W, v, x, n, y)[0], V)
    assert np.allclose(slopes[-2], by_V, rtol=1e-5, atol=1e-8)
    last = list(stack[0][-1]).index("Wh") - len(stack[0][-1]) - 2
    assert np.allclose(slopes[last], numerical_gradient(loss_of, stack[0][-1]["Wh"]), rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("seed", range(2))
def test_only_who_reads_from_the_end_knows_the_last_symbol(seed):
    share = {}
    for sides in tagging.SIDES:
        found = tagging.train_tagger(IDS[:200], LENGTHS[:200], TAGS[:200], sides=sides, steps=150, seed=seed)
        share[sides] = found.share_right(IDS[200:], LENGTHS[200:], TAGS[200:])
        assert len(found.losses) == 150 and found.losses[-20:].mean() < found.losses[:20].mean()
    assert share["backwards"] > 0.99 and share["both"] > 0.99 and share["forwards"] < 0.75


def test_padding_teaches_nothing():
    spoiled = IDS.copy()
    spoiled[np.arange(5) >= LENGTHS[:, None]] = 2
    one, other = (tagging.train_tagger(x, LENGTHS, TAGS, steps=5) for x in (IDS, spoiled))
    assert (one.losses == other.losses).all()
    assert one.share_right(IDS, LENGTHS, TAGS) == one.share_right(spoiled, LENGTHS, TAGS)


def test_a_forget_bias_is_added_once():
    plain, open_ = (
        tagging.train_tagger(IDS, LENGTHS, TAGS, "LSTM", H=4, steps=1, rate=1e-9, forget=f) for f in (0.0, 1.5)
    )
    for one, other in zip(plain.stack[0], open_.stack[0], strict=True):
        change = other["bx"] + other["bh"] - one["bx"] - one["bh"]
        assert np.allclose(change, np.repeat([0, 1.5, 0, 0], 4), atol=1e-6)


BAD = [
    (
        lambda: tagging.train_tagger(IDS, LENGTHS, TAGS, "GRU", forget=1.0),
        ValueError,
        "only the LSTM has a forget gate",
    ),
    (lambda: tagging.train_tagger(IDS, LENGTHS, TAGS, sides="left"), ValueError, "sides must be one of"),
    (lambda: tagging.train_tagger(IDS, LENGTHS[:5], TAGS), ValueError, "300 sentences, but 5 lengths"),
    (lambda: tagging.train_tagger(IDS, LENGTHS, TAGS[:, :4]), ValueError, "tags must have the ids' shape"),
    (lambda: tagging.train_tagger(IDS, LENGTHS, TAGS, rate=0.0), ValueError, "rate must be greater than 0"),
    (lambda: tagging.train_tagger(IDS - 1, LENGTHS, TAGS), ValueError, "ids must hold whole numbers from 0"),
]


@pytest.mark.parametrize("call, kind, says", BAD)
def test_bad_input_is_refused(call, kind, says):
    with pytest.raises(kind, match=says):
        call()
