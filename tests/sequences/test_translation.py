"""The translator in numpy against the network in torch; what it learns; attention against torch's."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.losses.classification import softmax
from lib.sequences import translation as t
from lib.sequences.number_words import number_pair
from lib.sequences.translation import search
from lib.sequences.translation.training import Network, train_translator

SOURCE, TARGET = (*t.MARKS, "a", "b", "c"), (*t.MARKS, "x", "y")


def both(attention, seed):
    torch.manual_seed(seed)
    network = Network(attention, len(SOURCE), len(TARGET), d=5, H=6).double()
    return network, t.Translator(attention, network.weights(), SOURCE, TARGET)


@settings(max_examples=25, deadline=None)
@given(attention=st.sampled_from(t.ATTENTION), seed=st.integers(0, 10**6), n=st.integers(1, 5), m=st.integers(0, 4))
def test_the_numpy_translator_is_the_network(attention, seed, n, m):
    network, translator = both(attention, seed)
    rng = np.random.default_rng(seed)
    words, answer = [str(w) for w in rng.choice(SOURCE[3:], n)], rng.integers(3, 5, m)
    x = torch.tensor([[SOURCE.index(w) for w in words] + [t.END]])
    y = torch.tensor([[t.START, *answer]])
    with torch.no_grad():
        wanted = network(x, y)[0].log_softmax(1).numpy()
    state = translator.start(words)
    for at, symbol in enumerate([t.START, *answer]):
        logs, state = translator.step(state, int(symbol))
        assert np.allclose(logs, wanted[at], rtol=1e-9, atol=1e-11)
    total = sum(wanted[at][s] for at, s in enumerate([*answer, t.END]))
    found = search.log_probability(translator.step, translator.start(words), t.START, t.END, [int(s) for s in answer])
    assert found == pytest.approx(total)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(1, 4), T=st.integers(1, 5), H=st.integers(1, 4))
def test_scores_are_those_of_the_formulas_and_weights_sum_to_one(seed, n, T, H):
    rng = np.random.default_rng(seed)
    q, m, W, A, B = (rng.normal(size=s) for s in ((n, H), (T, H), (H, H), (H, H), (H, H)))
    a, v = rng.normal(size=H), rng.normal(size=H)
    dot, bilinear = t.attention_scores("dot", q, m), t.attention_scores("bilinear", q, m, {"W": W})
    additive = t.attention_scores("additive", q, m, {"A": A, "B": B, "a": a, "v": v})
    for i in range(n):
        for j in range(T):
            assert dot[i, j] == pytest.approx(q[i] @ m[j])
            assert bilinear[i, j] == pytest.approx(q[i] @ W @ m[j])
            assert additive[i, j] == pytest.approx(v @ np.tanh(q[i] @ A + a + m[j] @ B))
    weights = softmax(dot)
    theirs = torch.nn.functional.scaled_dot_product_attention(*(torch.tensor(z)[None] for z in (q, m, m)), scale=1.0)[0]
    assert np.allclose(weights @ m, theirs.numpy(), rtol=1e-9) and np.allclose(weights.sum(axis=1), 1)
    assert np.allclose(t.attention_scores("bilinear", q, m, {"W": np.eye(H)}), dot)


def test_alignment_error():
    weights = np.array([[0.6, 0.4, 0.0], [0.1, 0.2, 0.7], [0.5, 0.1, 0.4]])
    assert t.alignment_error(weights, [[0], [1, 2], [2]]) == pytest.approx(1 / 3)


@pytest.fixture(scope="module")
def learned():
    rng = np.random.default_rng(3)
    numbers = rng.permutation(1000)
    pairs = [number_pair(int(k)) for k in numbers[:900]]
    found = [(p.english, p.russian) for p in pairs]
    losses = []
    model = train_translator(found, "dot", steps=500, batch=64, seed=1, progress=lambda step, loss: losses.append(loss))
    return model, [number_pair(int(k)) for k in numbers[900:]], losses


def test_it_learns_numbers_that_it_has_not_seen(learned):
    model, kept, losses = learned
    right = np.mean([tuple(model.translate(p.english)) == p.russian for p in kept])
    assert right > 0.9 and len(losses) == 500 and losses[-1] < 0.2 < 2 < losses[0]
    errors = [t.alignment_error(model.attention_map(p.english, p.russian), p.alignment) for p in kept]
    assert np.mean(errors) < 0.3
    weights = model.attention_map(kept[0].english, kept[0].russian)
    assert weights.shape == (len(kept[0].russian), len(kept[0].english) + 1)


def test_a_beam_finds_nothing_less_probable_than_greedy_here(learned):
    model, kept, _ = learned
    for p in kept[:20]:
        state = model.start(p.english)
        one = search.greedy(model.step, state, t.START, t.END, 20)
        beam = search.beam_search(model.step, state, t.START, t.END, 4, 20)[0]
        exact = search.exact_search(model.step, state, t.START, t.END, 20)
        assert one.log_p <= exact.log_p + 1e-12 and beam.log_p <= exact.log_p + 1e-12


def test_the_same_seed_gives_the_same_weights_and_leaves_torchs_alone():
    pairs = [(("a", "b"), ("x",)), (("c",), ("y", "x"))]
    torch.manual_seed(5)
    before = torch.rand(3)
    torch.manual_seed(5)
    one, other = (train_translator(pairs, "additive", steps=3, batch=4, H=4, d=3, seed=2) for _ in range(2))
    assert (torch.rand(3) == before).all()
    assert all((one.weights[name] == other.weights[name]).all() for name in one.weights)


@pytest.mark.parametrize("attention", t.ATTENTION)
def test_own_words_are_mixed_in_where_the_right_ones_are_not_told(attention):
    network, translator = both(attention, 4)
    x = torch.tensor([[3, 4, 5, t.END]] * 2)
    y = torch.tensor([[t.START, 3, 4, 3], [t.START, 4, 4, 4]])
    told = torch.tensor([[True] * 4, [False, False, True, False]])
    mixed = network.mixed(x, y, told)
    assert mixed[0].tolist() == y[0].tolist() and mixed[1, 0] == t.START and mixed[1, 2] == 4
    logs, state = translator.step(translator.start("abc"), t.START)
    assert mixed[1, 1] == logs.argmax()
    _, state = translator.step(state, int(mixed[1, 1]))
    assert mixed[1, 3] == translator.step(state, 4)[0].argmax()


def test_teaching_with_own_words_is_another_training():
    pairs = [(("a", "b"), ("x", "y")), (("c",), ("y", "x"))]
    models = {f: train_translator(pairs, "dot", steps=5, batch=4, H=4, d=3, forcing=f) for f in (0.0, 0.5, 1.0)}
    plain = train_translator(pairs, "dot", steps=5, batch=4, H=4, d=3)
    assert all((plain.weights[name] == value).all() for name, value in models[1.0].weights.items())
    assert any((plain.weights[name] != value).any() for name, value in models[0.0].weights.items())
    assert any((models[0.5].weights[name] != value).any() for name, value in models[0.0].weights.items())


@pytest.mark.parametrize("attention", t.ATTENTION)
def test_weights_make_the_translator_they_came_from(attention):
    _, translator = both(attention, 2)
    again = t.translator_of(translator.weights, SOURCE, TARGET)
    assert again.attention == attention and again.translate("abc") == translator.translate("abc")
    for name in translator.weights:
        less = {n: v for n, v in translator.weights.items() if n != name}
        other = {**translator.weights, name: translator.weights[name][:-1]}
        for weights in (less, other):
            if name == "attention.W" and weights is less:
                continue  # without its one matrix it is a translator with dot attention
            with pytest.raises(ValueError, match=r"missing|must have shape|no attention|no matrix"):
                t.translator_of(weights, SOURCE, TARGET)
    with pytest.raises(ValueError, match="must have shape"):
        t.number_translator(translator.weights)


def test_number_words_have_all_words_of_the_data():
    pairs = [number_pair(k) for k in range(0, 1_000_000, 997)] + [number_pair(k) for k in range(100)]
    assert {w for p in pairs for w in p.english} == set(t.NUMBERS_IN_ENGLISH[3:])
    assert {w for p in pairs for w in p.russian} == set(t.NUMBERS_IN_RUSSIAN[3:])
    made = train_translator([(p.english, p.russian) for p in pairs], "dot", steps=1, H=4, d=3)
    assert (made.source, made.target) == (t.NUMBERS_IN_ENGLISH, t.NUMBERS_IN_RUSSIAN)
    assert t.number_translator(made.weights).translate(("one",)) == made.translate(("one",))


MODEL = both("none", 0)[1]
PAIRS = [(("a",), ("x",))]
BAD = [
    (lambda: t.attention_scores("cosine", np.ones((1, 2)), np.ones((3, 2))), ValueError, "kind must be one of"),
    (lambda: t.attention_scores("dot", np.ones((1, 2)), np.ones((3, 4))), ValueError, "queries have 2 entries"),
    (lambda: t.attention_scores("bilinear", np.ones((1, 2)), np.ones((3, 2))), TypeError, "needs weights"),
    (
        lambda: t.attention_scores("additive", np.ones((1, 2)), np.ones((3, 2)), {"A": np.eye(2)}),
        ValueError,
        "B is missing",
    ),
    (lambda: t.alignment_error(np.ones((2, 3)), [[0]]), ValueError, "a list of 2 sets"),
    (lambda: t.alignment_error(np.ones((1, 3)), [[3]]), ValueError, "from 0 to 2"),
    (lambda: MODEL.start(["zebra"]), ValueError, "'zebra' is none of the 3 words"),
    (lambda: MODEL.attention_map(["a"], ["x"]), ValueError, "no attention"),
    (lambda: train_translator(PAIRS, "soft"), ValueError, "attention must be one of"),
    (lambda: train_translator([]), TypeError, "pairs must be a list"),
    (lambda: train_translator(PAIRS, H=5), ValueError, "H must be even"),
    (lambda: train_translator(PAIRS, forcing=1.5), ValueError, "forcing must be at most 1"),
    (lambda: MODEL.said(["a"], ["x"], [True, False]), ValueError, "told must have 1 entries"),
    (lambda: train_translator(PAIRS, steps=0), ValueError, "steps must be at least 1"),
]


@pytest.mark.parametrize("call, kind, says", BAD)
def test_bad_input_is_refused(call, kind, says):
    with pytest.raises(kind, match=says):
        call()
