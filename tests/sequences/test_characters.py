"""Characters: the split keeps the test apart, n-grams agree with chapter 4's, the reader with PyTorch's, writing with its probabilities."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.sequences import characters
from lib.word_vectors import language

RNG = np.random.default_rng(41)


def random_reader(d=3, H=5, seed=0):
    rng = np.random.default_rng(seed)
    V = characters.V
    shapes = {"E": (V, d), "Wx": (d, 4 * H), "Wh": (H, 4 * H), "bx": 4 * H, "bh": 4 * H, "U": (H, V), "u": V}
    return characters.Reader({name: rng.normal(size=shape) for name, shape in shapes.items()})


# ------------------------------------------------------------------------------------------------------- the text
@given(st.text(max_size=60))
def test_a_text_comes_back_but_for_characters_that_are_none_of_ours(text):
    ids = characters.encode(text)
    assert ids.shape == (len(text),)
    if text:
        back = characters.decode(ids)
        assert len(back) == len(text)
        assert all(
            a == b or (b == characters.OTHER and a not in characters.SYMBOLS) for a, b in zip(text, back, strict=True)
        )


def test_symbols():
    assert characters.V == 98 == len(set(characters.SYMBOLS))
    assert characters.encode(characters.EDGE)[0] == 0 and characters.encode("é")[0] == 97


def documents(count=200):
    paragraphs = [f"paragraph {i} of some length" for i in range(300)]
    names = [f"package.part{i % 17}.Class{i % 40}.method{i}" for i in range(count)]
    return [
        SimpleNamespace(name=name, text="\n\n".join(paragraphs[k] for k in RNG.integers(300, size=3))) for name in names
    ]


def test_nothing_of_the_test_was_learned_from():
    given_ = documents()
    learned, tested = characters.split_documents(given_, every=4)
    parts = [set(text.replace(characters.EDGE, "\n\n").split("\n\n")) - {""} for text in (learned, tested)]
    assert not parts[0] & parts[1] and all(parts)
    everything = {p for d in given_ for p in d.text.split("\n\n")}
    assert parts[0] | parts[1] == everything
    both = learned + tested
    assert all(both.count(p) == 1 for p in list(everything)[:20] if not any(p != q and p in q for q in everything))


def test_the_split_depends_on_names_alone():
    given_ = documents()
    assert characters.split_documents(given_) == characters.split_documents(given_[::-1])
    for text in characters.split_documents(given_, 3):
        assert text[0] == text[-1] == characters.EDGE


def test_one_owner_stays_together():
    given_ = [SimpleNamespace(name=f"a.b.C{i // 5}.m{i}", text=f"text of C{i // 5}, number {i}") for i in range(200)]
    learned, tested = characters.split_documents(given_, 3)
    owners = [{piece.split(",")[0] for piece in text.split(characters.EDGE) if piece} for text in (learned, tested)]
    assert not owners[0] & owners[1] and min(map(len, owners)) > 3


@pytest.mark.parametrize("bad", [[1], ["text"], [SimpleNamespace(name=1, text="a")], [SimpleNamespace(name="a")]])
def test_documents_have_names_and_texts(bad):
    with pytest.raises(TypeError, match="a document must have a name and a text"):
        characters.split_documents(bad)


# ------------------------------------------------------------------------------------------------------- n-grams
@settings(max_examples=40, deadline=None)
@given(order=st.integers(1, 6), kinds=st.integers(1, 8), length=st.integers(1, 200), seed=st.integers(0, 999))
def test_kneser_ney_is_chapter_four_s(order, kinds, length, seed):
    """There a sentence has edges on both sides, and the edge is the last symbol; here it is the first, and is written out."""
    rng = np.random.default_rng(seed)
    text, asked = (rng.integers(1, kinds + 1, n) for n in (length, 30))
    theirs = language.Ngrams([text - 1], characters.V, order)
    mine = characters.Ngrams(np.append(text, 0), order, "Kneser–Ney")
    assert np.allclose(mine.bits(np.append(asked, 0)), -theirs.log_probabilities([asked - 1]) / np.log(2), rtol=1e-9)


@settings(max_examples=60, deadline=None)
@given(
    order=st.integers(1, 9),
    smoothing=st.sampled_from(characters.SMOOTHING),
    kinds=st.integers(1, 98),
    length=st.integers(1, 300),
    seed=st.integers(0, 999),
)
def test_probabilities_sum_to_one_and_both_ways_of_asking_agree(order, smoothing, kinds, length, seed):
    rng = np.random.default_rng(seed)
    text, asked = rng.integers(kinds, size=length), rng.integers(98, size=12)
    model = characters.Ngrams(text, order, smoothing)
    bits, (p, state) = model.bits(asked), model.after([])
    for cost, symbol in zip(bits, asked, strict=True):
        assert p.sum() == pytest.approx(1) and p.min() > 0
        assert -np.log2(p[symbol]) == pytest.approx(cost)
        p, state = model.after([symbol], state)
    assert np.allclose(p, model.after(asked)[0])


def test_what_was_counted():
    text = characters.encode("abcabcabd")
    model = characters.Ngrams(text, 3)
    strings = {(0, 0, 1), (0, 1, 2)} | {(1, 2, 3), (2, 3, 1), (3, 1, 2), (1, 2, 4)}
    assert model.stored == len(strings)
    assert model.knows(characters.encode("abz")).tolist() == [True, True, True]
    assert model.knows(characters.encode("zab")).tolist() == [True, False, False]


@pytest.mark.parametrize("bad", ["kneser-ney", 3, None])
def test_smoothing_is_one_of_two(bad):
    with pytest.raises(ValueError, match="smoothing must be one of 'Witten–Bell', 'Kneser–Ney'"):
        characters.Ngrams([1, 2, 3], 2, bad)


def test_a_state_has_the_length_of_the_context():
    with pytest.raises(ValueError, match="state must be the last 2 symbols, but has 3"):
        characters.Ngrams([1, 2, 3], 3).after([1], np.array([1, 2, 3]))
    with pytest.raises(ValueError, match="from 0 to 97"):
        characters.Ngrams([1, 98], 3)


# ------------------------------------------------------------------------------------------------------- the LSTM
@settings(max_examples=20, deadline=None)
@given(d=st.integers(1, 6), H=st.integers(1, 8), length=st.integers(1, 40), seed=st.integers(0, 99))
def test_the_reader_is_pytorch_s(d, H, length, seed):
    torch.manual_seed(seed)
    E, lstm, out = torch.nn.Embedding(98, d), torch.nn.LSTM(d, H, batch_first=True), torch.nn.Linear(H, 98)
    ids = torch.randint(98, (length,))
    ((layer,),) = characters.layers.weights_of(lstm)
    plain = {"E": E.weight, "U": out.weight.T, "u": out.bias}
    mine = characters.Reader({**layer, **{n: v.detach().double().numpy() for n, v in plain.items()}})
    with torch.no_grad():
        read = torch.cat([torch.zeros(1, dtype=torch.long), ids[:-1]])
        states, _ = lstm(E(read[None]))
        wanted = torch.nn.functional.cross_entropy(out(states)[0], ids, reduction="none").numpy() / np.log(2)
    assert np.allclose(mine.bits(ids.numpy()), wanted, atol=1e-5)


def test_chunks_change_nothing_when_the_state_is_carried():
    reader, ids = random_reader(), RNG.integers(98, size=60)
    whole = reader.bits(ids, chunk=1000)
    for chunk in (1, 7, 30, 60):
        assert np.allclose(reader.bits(ids, chunk=chunk), whole, atol=1e-12)
    _, state = reader.after(ids[:20])
    assert np.allclose(reader.after(ids[20:], state)[0], reader.after(ids)[0], atol=1e-12)


def test_a_reader_refuses_weights_that_do_not_fit():
    weights = dict(random_reader().weights)
    with pytest.raises(ValueError, match="U is missing"):
        characters.Reader({n: w for n, w in weights.items() if n != "U"})
    with pytest.raises(ValueError, match=r"Wh must have shape \(5, 20\)"):
        characters.Reader({**weights, "Wh": np.ones((4, 20))})
    with pytest.raises(TypeError, match="weights must be arrays by name"):
        characters.Reader([1])
    with pytest.raises(ValueError):
        characters.Reader({**weights, "bh": np.ones(())})
    with pytest.raises(TypeError, match="state must be the pair"):
        random_reader().scores([1, 2], "nonsense")
    assert characters.Reader({**weights, "measured": [2.0, 1.5]}).measured.tolist() == [2.0, 1.5]
    assert random_reader().parameters == sum(w.size for w in weights.values())


@settings(max_examples=40, deadline=None)
@given(B=st.integers(1, 4), T=st.integers(1, 6), K=st.integers(1, 4), rest=st.integers(0, 30))
def test_rows_go_on_and_targets_are_the_next_symbols(B, T, K, rest):
    N = B * T * K + 1 + rest % (B * T)
    inputs, targets = characters.chunks(np.arange(N), B, T)
    assert inputs.shape == targets.shape == (K, B, T)
    assert (targets == inputs + 1).all()
    assert (inputs[1:, :, 0] == inputs[:-1, :, -1] + 1).all()
    assert sorted(inputs.ravel()) == [*range(B * T * K)]


def test_a_text_too_short_for_a_chunk():
    with pytest.raises(ValueError, match="2 rows of 3 symbols need a text of 7 symbols, but it has 6"):
        characters.chunks(np.arange(6), 2, 3)


def test_training_learns():
    """A text that repeats itself costs next to nothing in the end, and the same seed gives the same weights."""
    text = characters.encode("abcdefgh" * 500)
    weights = characters.train_reader(text, B=4, T=8, d=4, H=12, rate=0.03, seed=1, test=text[:200], at=(1, 100))
    reader = characters.Reader(weights)
    assert reader.measured.shape == (2,) and reader.measured[0] > 6 > 0.3 > reader.measured[1]
    assert reader.bits(text[:200])[20:].mean() < 0.3
    again = characters.train_reader(text, B=4, T=8, d=4, H=12, rate=0.03, seed=1)
    assert all(np.allclose(again[name], weights[name], atol=1e-4) for name in again) and "measured" not in again


def test_training_carries_its_state():
    """A symbol is said again two places on. In chunks of 2 a border lies between the two half of the time."""
    rng = np.random.default_rng(3)
    symbols = rng.integers(2, 4, 12_000)
    text = np.stack([symbols, np.full(12_000, 5), symbols], 1).ravel()  # x . x x . x: the third is the first
    weights = characters.train_reader(text, B=8, T=2, d=4, H=16, rate=0.03, seed=0, test=text[:301], at=(2200,))
    assert (
        characters.Reader(weights).measured[-1] < 0.45
    )  # one bit in 3 characters is news; without a state it would be one in 2


@pytest.mark.parametrize(
    "changes", [{"B": 0}, {"T": 0}, {"d": 0}, {"H": 0}, {"rate": 0}, {"rate": -1}, {"seed": -1}, {"ids": [98] * 50}]
)
def test_training_refuses_what_is_no_setting(changes):
    with pytest.raises((ValueError, TypeError)):
        characters.train_reader(**{"ids": [1, 2] * 20, "B": 2, "T": 4, "d": 2, "H": 2} | changes)


# ------------------------------------------------------------------------------------------------------- writing
def test_what_is_written_is_drawn_from_the_probabilities():
    text = characters.encode("abacabad" * 30)
    model = characters.Ngrams(text, 2)
    p, _ = model.after(characters.encode("a"))
    for T in (0.5, 1.0, 2.0):
        drawn = [characters.write(model, "a", 1, T, seed) for seed in range(3000)]
        wanted = characters.with_temperature(np.log(p), T)
        for c in "bcd":
            assert np.mean([d == c for d in drawn]) == pytest.approx(wanted[characters.encode(c)[0]], abs=0.04)


def test_writing_reads_what_it_has_written():
    model = characters.Ngrams(characters.encode("xyz" * 400), 3)
    assert characters.write(model, "x", 20, 0.05) == ("yz" + "xyz" * 6)[:20]
    reader = random_reader()
    long = characters.write(reader, "a", 30, 1.0, 3)
    assert characters.write(reader, "a", 12, 1.0, 3) == long[:12] and len(long) <= 30
    assert characters.write(reader, "", 0) == ""


def test_edges_are_written_and_read():
    model = characters.Ngrams(characters.encode("end.\f" * 400), 4)
    assert characters.write(model, "e", 9, 0.05) == "nd.\fend.\f"


def test_writing_refuses_what_is_no_model():
    with pytest.raises(TypeError, match="model must be Ngrams or a Reader"):
        characters.write("model", "a", 3)
    with pytest.raises(TypeError, match="text must be a string"):
        characters.write(characters.Ngrams([1, 2], 1), 3, 3)


@pytest.mark.parametrize("bad", [[0.5, 0.6], [-0.1, 1.1], [], [np.nan, 1.0]])
def test_entropy_wants_probabilities(bad):
    with pytest.raises(ValueError):
        characters.entropy(bad)


def test_entropy_at_its_ends():
    assert characters.entropy([1.0, 0.0]) == 0 and characters.entropy(np.full(8, 1 / 8)) == pytest.approx(3)
