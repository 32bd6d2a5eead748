"""Texts as characters: bits, smoothed n-grams, an LSTM that reads, and drawing what comes next.

There are 98 symbols: the edge of a text, the line break, the 95 printable characters of ASCII, and one for any other. Only numpy is needed
here; the notebook trains the LSTM with PyTorch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from lib.book import validate
from lib.book.pytorch import one_thread, plain
from lib.book.trained import steps
from lib.losses.classification import log_sum_exp, softmax
from lib.sequences import layers

EDGE, OTHER = "\f", "\ufffd"
SYMBOLS = EDGE + "\n" + "".join(map(chr, range(32, 127))) + OTHER
V = len(SYMBOLS)
_NUMBER = {symbol: i for i, symbol in enumerate(SYMBOLS)}


# ------------------------------------------------------------------------------------------------------- the text
def encode(text: str) -> np.ndarray:
    """Return the symbols' numbers (N,) of a text; what is no symbol of ours becomes the one for others."""
    if not isinstance(text, str):
        raise TypeError(f"text must be a string, but is {type(text).__name__}")
    return np.fromiter((_NUMBER.get(c, V - 1) for c in text), np.int64, len(text))


def decode(ids) -> str:
    """Return the text of symbols' numbers (N,)."""
    return "".join(SYMBOLS[i] for i in validate.indices(ids, "ids", size=V, of="symbols"))


def split_documents(documents: Iterable, every: int = 20) -> tuple[str, str]:
    """Return a text to learn from and one to test on, each with EDGE around its documents, in an order that is drawn by their names.

    documents : each with a `name`, such as "scipy.fft.fft", and a `text`, as lib.word_vectors.corpus.docstrings gives them
    One owner in `every` is for the test: the first three parts of a name, so that a class and its methods stay together. A paragraph that
    occurs more than once is kept where it comes first, so that nothing of the test stands in the other text.
    """
    every, dealt = validate.whole(every, "every", low=2), []
    for document in documents:
        name, text = getattr(document, "name", None), getattr(document, "text", None)
        if not isinstance(name, str) or not isinstance(text, str):
            raise TypeError(f"a document must have a name and a text, but one is {type(document).__name__}")
        dealt.append((_drawn(name), name, text))
    seen: set[str] = set()
    parts: tuple[list[str], list[str]] = ([], [])
    for _, name, text in sorted(dealt):
        fresh = []
        for paragraph in text.split("\n\n"):
            if (key := " ".join(paragraph.split())) not in seen:
                seen.add(key)
                fresh.append(paragraph)
        if left := "\n\n".join(fresh).strip():
            owner = ".".join(name.split(".")[:3])
            parts[_drawn(owner) % every == 0].append(left)
    train, test = (EDGE + EDGE.join(part) + EDGE for part in parts)
    return train, test


def _drawn(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")


# ------------------------------------------------------------------------------------------------------- n-grams
SMOOTHING = ("Witten–Bell", "Kneser–Ney")


class Ngrams:
    """The next symbol from the order − 1 before it: counted, and mixed with what shorter contexts say.

    ids : the text to count (N,), numbers below V;  order : n, from 1 to 9;  smoothing : "Witten–Bell" or "Kneser–Ney"
    For a context h and h′, which is h without its oldest symbol, p(c | h) = own(hc) + rest(h) p(c | h′). Before the shortest all symbols
    are equally likely; a context that was never seen has the rest 1. Equations: eq-witten-bell, eq-kneser-ney
    """

    def __init__(self, ids, order: int, smoothing: str = "Witten–Bell"):
        ids = _symbols(ids)
        self.order = validate.whole(order, "order", low=1, high=9)  # V⁹ is the last power below 2⁶³
        if not isinstance(smoothing, str) or smoothing not in SMOOTHING:
            raise ValueError(f"smoothing must be one of {', '.join(map(repr, SMOOTHING))}, but is {smoothing!r}")
        self.tables = []  # for each order from 1 on: strings as numbers, their own shares, contexts, the shares that these leave
        codes, counts = np.unique(self._codes(ids), return_counts=True)
        for k in range(self.order, 0, -1):
            contexts, first = np.unique(codes // V, return_index=True)
            n, t = np.add.reduceat(counts, first), np.diff(np.append(first, len(codes)))  # symbols, and kinds of them
            each = np.repeat(np.arange(len(contexts)), t)  # the context of each string
            if smoothing == "Witten–Bell":
                own, rest = counts / (n + t)[each], t / (n + t)
            else:
                once, twice = (counts == 1).sum(), (counts == 2).sum()
                D = once / (once + 2 * twice) if once and twice else 0.5
                own, rest = (counts - D) / n[each], D * t / n
            self.tables.insert(0, (codes, own, contexts, rest))
            codes, where = np.unique(codes % V ** (k - 1), return_inverse=True)
            counts = np.bincount(where, counts if smoothing == "Witten–Bell" else None).astype(np.int64)

    @property
    def stored(self) -> int:
        """How many different strings of the order's length it has counted."""
        return len(self.tables[-1][0])

    def bits(self, ids) -> np.ndarray:
        """Return −log₂ of the probability of each symbol of a text (N,), which begins after an edge."""
        asked = self._codes(_symbols(ids))
        p = np.full(len(asked), 1 / V)
        for k, (codes, own, contexts, rest) in enumerate(self.tables, 1):
            string = asked % V**k
            p = _looked_up(codes, own, string, 0.0) + _looked_up(contexts, rest, string // V, 1.0) * p
        return -np.log2(p)

    def knows(self, ids) -> np.ndarray:
        """Return for each symbol of a text (N,) whether the order − 1 symbols before it were counted anywhere."""
        asked, (_, _, contexts, rest) = self._codes(_symbols(ids)), self.tables[-1]
        return _looked_up(contexts, rest, asked // V, -1.0) >= 0

    def after(self, ids, state: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return the probability of each symbol (V,) after a text (N,), which may be empty, and a state from which to read on.

        state : what was returned before, if the text goes on there; else it begins after an edge. It is the last `order` − 1 symbols.
        """
        before = np.zeros(self.order - 1, np.int64) if state is None else _symbols(state, empty=True)
        if len(before) != self.order - 1:
            raise ValueError(f"state must be the last {self.order - 1} symbols, but has {len(before)}")
        before = np.concatenate([before, _symbols(ids, empty=True)])
        before, p, context = before[len(before) - self.order + 1 :], np.full(V, 1 / V), 0
        for k, (codes, own, contexts, rest) in enumerate(self.tables):
            context += int(before[-k]) * V ** (k - 1) if k else 0  # the number of the last k symbols
            low, high = np.searchsorted(codes, [context * V, (context + 1) * V])  # what has followed them
            if high > low:
                p = rest[np.searchsorted(contexts, context)] * p
                p[codes[low:high] % V] += own[low:high]
        return p, before

    def _codes(self, ids: np.ndarray) -> np.ndarray:
        """Return for each symbol the number that it makes with those before it, in base V; before the text stand edges."""
        padded = np.concatenate([np.zeros(self.order - 1, np.int64), ids])
        code = np.zeros(len(ids), np.int64)
        for at in range(self.order):
            code = code * V + padded[at : at + len(ids)]
        return code


def _looked_up(table: np.ndarray, values: np.ndarray, wanted: np.ndarray, missing: float) -> np.ndarray:
    """Return the value that belongs to each wanted number in a sorted table, `missing` where it is not there."""
    at = np.minimum(np.searchsorted(table, wanted), len(table) - 1)
    return np.where(table[at] == wanted, values[at], missing)


def _symbols(ids, empty: bool = False) -> np.ndarray:
    if empty and (ids.size == 0 if isinstance(ids, np.ndarray) else isinstance(ids, (list, tuple)) and not ids):
        return np.zeros(0, np.int64)
    return validate.indices(ids, "ids", size=V, of="symbols")


# ------------------------------------------------------------------------------------------------------- the LSTM
State = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Reader:
    """An LSTM of one layer that reads symbols and says what comes next.

    weights : E (V, d), a vector a symbol; Wx (d, 4H), Wh (H, 4H), bx and bh (4H,), the layer; U (H, V) and u (V,), the scores
    measured : what its training measured on the way, bits a symbol (k,), where the weights hold such an array; else empty
    """

    weights: Mapping[str, np.ndarray]
    measured: np.ndarray = field(init=False)

    def __post_init__(self):
        if not isinstance(self.weights, Mapping):
            raise TypeError(f"weights must be arrays by name, but are {type(self.weights).__name__}")
        names = ("E", "Wx", "Wh", "bx", "bh", "U", "u")
        if missing := [name for name in names if name not in self.weights]:
            raise ValueError(f"weights must have {', '.join(names)}, but {', '.join(missing)} is missing")
        w = {name: validate.array(self.weights[name], name) for name in names}
        d, H = (np.atleast_1d(w[name]).shape[-1] for name in ("E", "bh"))
        H //= 4
        shapes = {
            "E": (V, d),
            "Wx": (d, 4 * H),
            "Wh": (H, 4 * H),
            "bx": (4 * H,),
            "bh": (4 * H,),
            "U": (H, V),
            "u": (V,),
        }
        for name, shape in shapes.items():
            if w[name].shape != shape:
                raise ValueError(f"{name} must have shape {shape}, but has {w[name].shape}")
        object.__setattr__(self, "measured", np.array(self.weights.get("measured", ())))
        object.__setattr__(self, "weights", w)

    @property
    def parameters(self) -> int:
        """The number of weights."""
        return sum(value.size for value in self.weights.values())

    def scores(self, ids, state: State | None = None) -> tuple[np.ndarray, State]:
        """Read symbols (N,); return the scores (N, V) of what follows each, and the state after the last: h and c, (1, 1, H) each.

        state : what was returned before, if the text goes on there; zeros if not given
        """
        w, ids = self.weights, _symbols(ids)
        if state is not None and not (isinstance(state, tuple) and len(state) == 2):
            raise TypeError(f"state must be the pair (h, c) that was returned before, but is {type(state).__name__}")
        h, c = (None, None) if state is None else state
        stack = [[{name: w[name] for name in ("Wx", "Wh", "bx", "bh")}]]
        passed = layers.forward("LSTM", stack, w["E"][ids][None], h0=h, c0=c)
        return passed.outputs[0] @ w["U"] + w["u"], (passed.h, passed.c)

    def bits(self, ids, chunk: int = 256) -> np.ndarray:
        """Return −log₂ of the probability of each symbol of a text (N,), which begins after an edge; read in chunks, the state carried on."""
        ids, chunk = _symbols(ids), validate.whole(chunk, "chunk", low=1)
        read, state, out = np.concatenate([[0], ids[:-1]]), None, []
        for at in range(0, len(ids), chunk):
            Z, state = self.scores(read[at : at + chunk], state)
            said = Z[np.arange(len(Z)), ids[at : at + chunk]]
            out.append((log_sum_exp(Z) - said) / np.log(2))
        return np.concatenate(out)

    def after(self, ids, state: State | None = None) -> tuple[np.ndarray, State]:
        """Return the probability of each symbol (V,) after a text (N,), and the state; without a state the text begins after an edge."""
        ids = _symbols(ids, empty=True)
        if state is None:
            ids = np.concatenate([[0], ids])
        Z, state = self.scores(ids, state)
        return softmax(Z[-1:])[0], state


def chunks(ids, B: int, T: int) -> tuple[np.ndarray, np.ndarray]:
    """Return inputs and targets (K, B, T) for a state that is carried on: row b of a chunk goes on where row b of the one before ended.

    The text (N,) is cut into B long rows and these into K chunks of T symbols, as many as fit. A target is the symbol after its input.
    """
    ids, B, T = validate.indices(ids, "ids"), validate.whole(B, "B", low=1), validate.whole(T, "T", low=1)
    K = (len(ids) - 1) // (B * T)
    if K < 1:
        raise ValueError(f"{B} rows of {T} symbols need a text of {B * T + 1} symbols, but it has {len(ids)}")
    cut = lambda part: part[: B * K * T].reshape(B, K, T).transpose(1, 0, 2)
    return cut(ids), cut(ids[1:])


def train_reader(
    ids, B: int = 16, T: int = 64, d: int = 48, H: int = 192, rate: float = 0.01, seed: int = 0, test=None, at=()
) -> dict[str, np.ndarray]:
    """Return the weights of a Reader of H units that has read a text (N,) once, in chunks; needs PyTorch.

    rate : Adam's, after 50 steps of warm-up, before it falls in a straight line to 0; gradients are clipped at norm 1
    test, at : a text to measure, and after which steps: bits a symbol, in "measured"
    """
    import torch
    from torch import nn

    inputs, targets = (torch.from_numpy(part) for part in chunks(_symbols(ids), B, T))
    d, H = validate.whole(d, "d", low=1), validate.whole(H, "H", low=1)
    rate, seed = validate.number(rate, "rate", low=0, open_low=True), validate.whole(seed, "seed", low=0)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        E, lstm, out = nn.Embedding(V, d), nn.LSTM(d, H, batch_first=True), nn.Linear(H, V)
    weights = [*E.parameters(), *lstm.parameters(), *out.parameters()]
    adam, state, measured = torch.optim.Adam(weights, rate, betas=(0.9, 0.98)), None, []
    with one_thread():
        for step in steps(len(inputs)):
            adam.param_groups[0]["lr"] = rate * min(1, (step + 1) / 50) * (1 - step / len(inputs))
            h, state = lstm(E(inputs[step]), state)
            state = tuple(part.detach() for part in state)  # it is carried on, but slopes end here
            loss = nn.functional.cross_entropy(out(h).flatten(0, 1), targets[step].flatten())
            adam.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(weights, 1.0)
            adam.step()
            if step + 1 in at:
                measured.append(_measure(E, lstm, out, test))
    ((layer,),) = layers.weights_of(lstm)
    found = {"E": plain(E.weight), "U": plain(out.weight.T), "u": plain(out.bias)}
    return {**found, **layer, **({"measured": np.array(measured)} if measured else {})}


def _measure(E, lstm, out, test) -> float:
    """Return bits a symbol on a text (N,), read as rows of about 2500, each from a state of zeros."""
    import torch

    test = _symbols(test)
    inputs, targets = chunks(test, 1, min(2500, len(test) - 1))  # (K, 1, T)
    with torch.no_grad():
        h, _ = lstm(E(torch.from_numpy(inputs[:, 0].copy())))
        said = out(h).log_softmax(2).gather(2, torch.from_numpy(targets[:, 0].copy())[..., None])
    return -float(said.mean()) / np.log(2)


# ------------------------------------------------------------------------------------------- drawing what comes next
def entropy(p) -> float:
    """Return the entropy of probabilities (K,), in bits: the mean of −log₂ p, where 0 log 0 is 0. Equation: eq-entropy"""
    p = validate.vector(p, "p")
    if (p < 0).any() or abs(p.sum() - 1) > 1e-6:
        raise ValueError(
            f"p must be probabilities, at least 0 and of sum 1, but has sum {p.sum():g} and smallest entry {p.min():g}"
        )
    some = p[p > 0]
    return float(max(0.0, -(some * np.log2(some)).sum()))


def with_temperature(z, T: float) -> np.ndarray:
    """Return the softmax of z/T (K,), for scores or log-probabilities z. Equation: eq-temperature"""
    z, T = validate.vector(z, "z", within=validate.ANY), validate.number(T, "T", low=0, open_low=True)
    with np.errstate(over="ignore"):  # far below the largest score a share is 0
        share = np.exp((z - z.max()) / T)
    return share / share.sum()


def write(model: Ngrams | Reader, start: str, count: int, T: float = 1.0, seed: int = 0) -> str:
    """Return `count` symbols that continue a text, each drawn from the model's probabilities at temperature T; EDGE where one text ends."""
    if not isinstance(model, (Ngrams, Reader)):
        raise TypeError(f"model must be Ngrams or a Reader, but is {type(model).__name__}")
    count, rng = validate.whole(count, "count", low=0), np.random.default_rng(validate.whole(seed, "seed", low=0))
    (p, state), out = model.after(encode(start)), []
    for _ in range(count):
        symbol = int(rng.choice(V, p=with_temperature(np.log(p), T)))
        out.append(symbol)
        p, state = model.after([symbol], state)
    return decode(out) if out else ""
