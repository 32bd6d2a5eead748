"""The labelled equations of "A model of characters", by an independent route each."""

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from lib.sequences import characters

RNG = np.random.default_rng(29)
SHAPES = {"E": (98, 3), "Wx": (3, 16), "Wh": (4, 16), "bx": 16, "bh": 16, "U": (4, 98), "u": 98}
READER = characters.Reader({name: RNG.normal(size=shape) for name, shape in SHAPES.items()})
TEXT = characters.encode("the shape of the array, and the other shapes of arrays\nthat are shaped")


@pytest.mark.parametrize("model", [READER, characters.Ngrams(TEXT, 4), characters.Ngrams(TEXT, 4, "Kneser–Ney")])
@pytest.mark.equation("eq-bits-a-character")
def test_bits_are_minus_the_logarithm_of_what_was_said_of_each_character(model):
    """Read anew up to each character, and asked for its probability: the mean of −log₂ is what `bits` gives."""
    text = characters.encode("and the shapes")
    asked = [-np.log2(model.after(text[:t])[0][text[t]]) for t in range(len(text))]
    assert np.allclose(model.bits(text), asked, rtol=1e-10)
    assert model.bits(text).mean() == pytest.approx(np.mean(asked))


@pytest.mark.equation("eq-bits-and-nats")
def test_bits_nats_and_perplexity():
    scores, said = torch.tensor(RNG.normal(size=(50, 98))), torch.tensor(RNG.integers(98, size=50))
    L = float(torch.nn.functional.cross_entropy(scores, said))
    p = scores.softmax(1)[torch.arange(50), said].numpy()
    B = -np.log2(p).mean()
    assert pytest.approx(L / np.log(2)) == B and np.exp(L) == pytest.approx(2**B)
    assert np.exp(L) == pytest.approx(stats.gmean(1 / p))


@settings(max_examples=200, deadline=None)
@given(low=st.fractions(0, 1), share=st.fractions(Fraction(1, 10**6), 1))
@pytest.mark.equation("eq-code-length")
def test_a_piece_of_so_many_digits_fits_into_every_stretch(low, share):
    """With L = ⌈−log₂ P⌉ + 1 digits some k has [k, k + 1)/2^L within [low, low + P], and L < −log₂ P + 2."""
    P = share * (1 - low) or Fraction(1, 2)
    low = low if share * (1 - low) else Fraction(0)
    above = 0  # ⌈−log₂ P⌉, exactly
    while Fraction(1, 2**above) > P:
        above += 1
    L = above + 1
    k = -((-low * 2**L) // 1)  # the first whole number at or above low · 2^L
    assert low <= Fraction(k, 2**L) and Fraction(k + 1, 2**L) <= low + P
    assert P <= 1 and Fraction(1, 2 ** (L - 1)) <= P < Fraction(1, 2 ** (L - 2))


@pytest.mark.equation("eq-entropy")
def test_the_price_is_the_entropy_and_something_that_is_never_negative():
    for _ in range(50):
        p, q = RNG.dirichlet(np.ones(6)), RNG.dirichlet(np.ones(6))
        H = characters.entropy(p)
        assert pytest.approx(stats.entropy(p, base=2)) == H
        price = (p * np.log2(1 / q)).sum()
        assert price == pytest.approx(H + special.rel_entr(p, q).sum() / np.log(2)) and price >= H
    x = np.geomspace(1e-6, 1e6, 1000)
    assert (np.log2(x) <= (x - 1) / np.log(2) + 1e-12).all()


def witten_bell(text, order, context, symbol):
    """The formula as it stands, on strings, from the longest context down."""
    if order == 0:
        return Fraction(1, 98)
    h = context[len(context) - order + 1 :]
    padded = [0] * (order - 1) + text
    followed = [padded[i + len(h)] for i in range(len(padded) - len(h)) if padded[i : i + len(h)] == h]
    shorter = witten_bell(text, order - 1, context, symbol)
    n, t = len(followed), len(set(followed))
    return (followed.count(symbol) + t * shorter) / Fraction(n + t) if n else shorter


@pytest.mark.equation("eq-witten-bell")
def test_witten_bell_is_its_formula():
    text = [int(s) for s in RNG.integers(4, 9, 60)]
    for order in (1, 2, 3, 4):
        model = characters.Ngrams(text, order)
        for _ in range(15):
            context = [int(s) for s in RNG.integers(4, 10, RNG.integers(order - 1, 7))]
            p, _ = model.after(context)
            assert p.sum() == pytest.approx(1)
            symbol = int(RNG.integers(3, 11))
            assert p[symbol] == pytest.approx(float(witten_bell(text, order, context, symbol)), rel=1e-12)


@pytest.mark.equation("eq-temperature")
def test_a_temperature_divides_scores_or_logarithms_alike():
    for T in (0.1, 0.7, 1.0, 3.0):
        z = 2 * RNG.normal(size=9)
        q = special.softmax(z)
        mine = characters.with_temperature(z, T)
        assert np.allclose(mine, torch.softmax(torch.tensor(z) / T, 0).numpy(), rtol=1e-12)
        assert np.allclose(mine, characters.with_temperature(np.log(q), T), rtol=1e-10)
        assert np.allclose(mine, q ** (1 / T) / (q ** (1 / T)).sum(), rtol=1e-10)
        assert (np.argsort(mine) == np.argsort(z)).all()
    assert characters.with_temperature(z, 1e-4).max() == pytest.approx(1)
    assert np.allclose(characters.with_temperature(z, 1e6), 1 / 9, atol=1e-5)


@pytest.mark.equation("eq-entropy-rises")
def test_the_entropy_s_slope_is_the_variance_over_the_cube():
    beta, T = sp.symbols("beta T", positive=True)
    z = sp.symbols("z1:4", real=True)
    Z = sum(sp.exp(beta * k) for k in z)
    mean = sum(k * sp.exp(beta * k) for k in z) / Z
    variance = sum(k**2 * sp.exp(beta * k) for k in z) / Z - mean**2
    slope = sp.diff((sp.log(Z) - beta * mean).subs(beta, 1 / T), T)
    at = {**dict(zip(z, (0.3, -1.1, 2.0), strict=True)), T: 1.7}
    assert float(slope.subs(at)) == pytest.approx(float((variance.subs(beta, 1 / T) / T**3).subs(at)))
    scores, step = RNG.normal(size=7), 1e-5
    nats = lambda t: stats.entropy(special.softmax(scores / t))
    p = characters.with_temperature(scores, 0.8)
    spread = (p * scores**2).sum() - (p * scores).sum() ** 2
    assert (nats(0.8 + step) - nats(0.8 - step)) / (2 * step) == pytest.approx(spread / 0.8**3, rel=1e-6)
