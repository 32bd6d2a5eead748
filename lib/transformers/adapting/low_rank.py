"""A change of weights by a product of two thin matrices: W = W₀ + (α/r) A B, and W₀ stays as it was learned (LoRA, Hu et al. 2022).

Texts are rows here, x W, so A (I, r) comes first: it makes r numbers of a row's I, and B (r, O) makes O of these. At the start B is 0: nothing is
changed yet. The paper writes columns, W₀ x + (α/r) B A x, so that its B is our A turned over and its A our B, as far as shapes go; what is
drawn at random and what is 0 is the same here and there: the factor that meets the input is random. `training` trains them with PyTorch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lib.book import validate
from lib.transformers.gpt import GPT

MATRICES = ("Wq", "Wk", "Wv", "Wo", "W1", "W2")  # of a block


@dataclass(frozen=True)
class LowRank:
    """The change (α/r) A B of a matrix of weights (I, O).

    A : (I, r);  B : (r, O);  alpha : α, above 0. Raises ValueError where A and B do not fit each other.
    """

    A: np.ndarray
    B: np.ndarray
    alpha: float

    def __post_init__(self):
        A, B = validate.matrix(self.A, "A"), validate.matrix(self.B, "B")
        if A.shape[1] != len(B):
            raise ValueError(f"A must have as many columns as B has rows, but their shapes are {A.shape} and {B.shape}")
        for name, value in (("A", A), ("B", B), ("alpha", _positive(self.alpha, "alpha"))):
            object.__setattr__(self, name, value)

    @property
    def rank(self) -> int:
        """r, the numbers through which the change passes."""
        return len(self.B)

    @property
    def scale(self) -> float:
        """α/r, what A B is multiplied by: the paper's means against a new search for the rate of learning with each r."""
        return self.alpha / self.rank

    @property
    def entries(self) -> int:
        """The numbers that are learned, r (I + O). Equation: eq-low-rank-count"""
        return self.A.size + self.B.size

    def matrix(self) -> np.ndarray:
        """Return (α/r) A B: (I, O). Equation: eq-low-rank-change"""
        return self.scale * (self.A @ self.B)


def zero_start(inputs: int, outputs: int, rank: int, alpha: float, rng: np.random.Generator) -> LowRank:
    """Return the change of an (inputs, outputs) matrix that learning starts from: A from N(0, 1/inputs), B = 0.

    With A = 0 as well, no slope would be there to leave 0: that of A is a product with B, and that of B one with A.
    Raises ValueError for a rank above the smaller side, which saves nothing.
    """
    inputs, outputs = validate.whole(inputs, "inputs", low=1), validate.whole(outputs, "outputs", low=1)
    rank = validate.whole(rank, "rank", low=1, high=min(inputs, outputs))
    A = validate.generator(rng).normal(0, inputs**-0.5, (inputs, rank))
    return LowRank(A, np.zeros((rank, outputs)), alpha)


def lora_forward(x, W0, change: LowRank) -> np.ndarray:
    """Return x W₀ + (α/r) (x A) B: (…, O), without ever making the product A B.

    x : (…, I);  W0 : (I, O). Equation: eq-low-rank-merge
    """
    x, W0, change = _checked(x, W0, change)
    with np.errstate(over="ignore", invalid="ignore"):
        return validate.result(x @ W0 + change.scale * ((x @ change.A) @ change.B), "an output")


def lora_gradients(x, W0, change: LowRank, d_outputs) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return the loss's slopes by x (…, I), and by what is learned, A (I, r) and B (r, O); W₀ gets none.

    d_outputs : (…, O), the slopes by `lora_forward`'s outputs. Equation: eq-low-rank-slopes
    """
    x, W0, change = _checked(x, W0, change)
    dY = validate.array(d_outputs, "d_outputs")
    if dY.shape != (*x.shape[:-1], W0.shape[1]):
        raise ValueError(f"d_outputs must have shape {(*x.shape[:-1], W0.shape[1])}, but has {dY.shape}")
    flat = lambda a: a.reshape(-1, a.shape[-1])
    with np.errstate(over="ignore", invalid="ignore"):
        d_hidden = change.scale * (dY @ change.B.T)  # (…, r), by x A
        dA = flat(x).T @ flat(d_hidden)
        dB = change.scale * (flat(x @ change.A).T @ flat(dY))
        dx = dY @ W0.T + d_hidden @ change.A.T
        return validate.result(dx, "a gradient"), {
            "A": validate.result(dA, "a gradient"),
            "B": validate.result(dB, "a gradient"),
        }


def merged(W0, change: LowRank) -> np.ndarray:
    """Return W₀ + (α/r) A B: (I, O), with which a text is read at no more cost than before. Equation: eq-low-rank-change"""
    W0, change = _fitting(W0, change)
    return validate.result(W0 + change.matrix(), "a weight")


def unmerged(W, change: LowRank) -> np.ndarray:
    """Return W − (α/r) A B: W₀ again, where W was `merged` with this very change.

    Exact but for rounding: an entry is off by at most half a unit in the last place of W and half a one of the answer. Who changes tasks
    often keeps W₀, since each merge and its way back may round anew.
    """
    W, change = _fitting(W, change)
    return validate.result(W - change.matrix(), "a weight")


def _positive(value, name: str) -> float:
    return validate.number(value, name, low=validate.SMALLEST)


def _fitting(W, change) -> tuple[np.ndarray, LowRank]:
    W, change = validate.matrix(W, "W"), validate.instance(change, LowRank, "change")
    shape = (len(change.A), change.B.shape[1])
    if W.shape != shape:
        raise ValueError(f"the change is one of a matrix of shape {shape}, but the weights have {W.shape}")
    return W, change


def _checked(x, W0, change) -> tuple[np.ndarray, np.ndarray, LowRank]:
    W0, change = _fitting(W0, change)
    x = validate.array(x, "x", within=validate.SAFE)
    if x.ndim < 1 or x.shape[-1] != len(W0):
        raise ValueError(f"x must be (…, {len(W0)}), but has shape {x.shape}")
    return x, W0, change


# -------------------------------------------------------------------------------------------------------- a full change
def best_low_rank(change, rank: int, alpha: float = 1.0) -> LowRank:
    """Return the change of this rank that is nearest to a full one (I, O), in the Frobenius norm: the first `rank` terms of its SVD.

    Each factor has half of a singular value, √σ. Equation: eq-nearest-rank. Source: Eckart & Young (1936).
    """
    change = validate.matrix(change, "change")
    rank = validate.whole(rank, "rank", low=1, high=min(change.shape))
    alpha = _positive(alpha, "alpha")
    U, s, Vt = np.linalg.svd(change, full_matrices=False)
    root = np.sqrt(s[:rank] * (rank / alpha))
    return LowRank(U[:, :rank] * root, root[:, None] * Vt[:rank], alpha)


def best_rank_error(change) -> np.ndarray:
    """Return ‖ΔW − its nearest of rank r‖ for r = 0, 1, … min(I, O): √(σ²ᵣ₊₁ + σ²ᵣ₊₂ + …), which no change of rank r goes below.

    change : ΔW (I, O), say the weights after a full training minus those before. Source: Eckart & Young (1936).
    """
    s = np.linalg.svd(validate.matrix(change, "change"), compute_uv=False)
    return np.append(np.sqrt(np.cumsum(s[::-1] ** 2)[::-1]), 0.0)


# ------------------------------------------------------------------------------------------------------- a GPT's weights
def matrices_of(model: GPT, on: Sequence[str] = ("Wq", "Wv")) -> tuple[str, ...]:
    """Return the names of the model's weights that a change on these matrices of each block is put on: "block0.Wq", …

    on : of "Wq", "Wk", "Wv", "Wo", "W1", "W2"; those of the feed-forward part only where the model has one
    """
    model, on = validate.instance(model, GPT, "model"), checked_matrices(on)
    names = tuple(f"block{i}.{name}" for i in range(model.layers) for name in on)
    for name in names:
        if name not in model.weights:
            raise ValueError(f"the model has no {name}: its blocks have no feed-forward part")
    return names


def checked_matrices(on) -> tuple[str, ...]:
    """Return the names as a tuple, or raise where one is none of a block's matrices, or is there twice."""
    if isinstance(on, str) or not isinstance(on, Sequence) or not all(isinstance(name, str) for name in on):
        raise TypeError(f"on must be names of matrices, as ('Wq', 'Wv'), but is {on!r}")
    if not on or not set(on) <= set(MATRICES) or len(set(on)) < len(on):
        raise ValueError(f"on must name some of {', '.join(MATRICES)}, each once, but is {on!r}")
    return tuple(on)


def zero_changes(
    model: GPT, rank: int, alpha: float, rng: np.random.Generator, on: Sequence[str] = ("Wq", "Wv")
) -> dict[str, LowRank]:
    """Return name → `zero_start` for each of `matrices_of` the model."""
    names = matrices_of(model, on)
    return {name: zero_start(*model.weights[name].shape, rank, alpha, rng) for name in names}


def nearest_changes(
    before: GPT, after: GPT, rank: int, alpha: float = 1.0, on: Sequence[str] = ("Wq", "Wv")
) -> dict[str, LowRank]:
    """Return name → the change of this rank that is nearest to what a full training did to each of `matrices_of` the model.

    Raises ValueError where the two models are not of one shape.
    """
    out = {}
    for name in matrices_of(before, on):
        old, new = before.weights[name], validate.instance(after, GPT, "after").weights.get(name)
        if np.shape(old) != np.shape(new):
            raise ValueError(f"{name} has shape {np.shape(old)} before, but {np.shape(new)} after")
        out[name] = best_low_rank(new - old, rank, alpha)
    return out


def merged_gpt(model: GPT, changes: Mapping[str, LowRank]) -> GPT:
    """Return the model with the changes in its weights; the one that is given stays, so that nothing is merged twice unseen."""
    return _with(model, changes, merged)


def unmerged_gpt(model: GPT, changes: Mapping[str, LowRank]) -> GPT:
    """Return the model without the changes that are merged into it (see `unmerged`)."""
    return _with(model, changes, unmerged)


def _with(model, changes, function) -> GPT:
    model, changes = validate.instance(model, GPT, "model"), _by_name(changes, "changes")
    strange = [name for name in changes if name not in model.weights or name.split(".")[-1] not in MATRICES]
    if strange:
        raise ValueError(f"the model has no matrix {strange[0]!r} to change")
    return replace(model, weights={**model.weights, **{n: function(model.weights[n], c) for n, c in changes.items()}})


def flat(changes: Mapping[str, LowRank]) -> dict[str, np.ndarray]:
    """Return the changes as name → array, "block0.Wq.A", "block0.Wq.B" and "block0.Wq.alpha" (1,), as they are stored."""
    out = {}
    for name, change in _by_name(changes, "changes").items():
        change = validate.instance(change, LowRank, name)
        out |= {f"{name}.A": change.A, f"{name}.B": change.B, f"{name}.alpha": np.array([change.alpha])}
    return out


def changes_of(arrays: Mapping[str, np.ndarray]) -> dict[str, LowRank]:
    """Return the changes of which `flat` made these arrays. Raises ValueError where some are missing or do not fit."""
    names = list(dict.fromkeys(name.rsplit(".", 1)[0] for name in _by_name(arrays, "arrays")))
    out = {}
    for name in names:
        parts = [f"{name}.{part}" for part in ("A", "B", "alpha")]
        if not set(parts) <= set(arrays):
            raise ValueError(f"{name} lacks one of {', '.join(parts)}")
        A, B, alpha = (arrays[part] for part in parts)
        out[name] = LowRank(A, B, validate.vector(alpha, parts[2], 1)[0])
    if len(arrays) != 3 * len(out):
        raise ValueError("the arrays must be A, B and alpha of each change, and no others")
    return out


def _by_name(value, name: str) -> Mapping:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise TypeError(f"{name} must be a dict with the weights' names as keys, but is {type(value).__name__}")
    return value
