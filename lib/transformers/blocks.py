"""The Transformer's block in numpy, forwards and back by hand: attention, a network at each place, residuals and norms around them.

Arrays are (B, T, D): sequences, places, entries. A block is two sublayers, or three where it looks at another sequence, the memory (B, S, D):
self-attention, attention to the memory, feed-forward network. Around each stands a residual and a layer norm, in one of two orders:
"post" x ← norm(x + f(x)), as in the paper's text, "pre" x ← x + f(norm(x)), as in its later code. Outputs and gradients are those of
torch.nn.TransformerEncoderLayer and TransformerDecoderLayer without dropout.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lib.book import validate
from lib.book.pytorch import plain
from lib.losses.classification import log_sum_exp, softmax
from lib.losses.neurons import ACTIVATIONS, Activation
from lib.regularization.normalization import Normalized, layer_norm, layer_norm_gradient
from lib.transformers import attention
from lib.transformers.attention import multi_head, multi_head_gradients

Weights = dict[str, dict[str, np.ndarray]]
ORDERS = ("pre", "post")


# ------------------------------------------------------------------------------------------------- the feed-forward network
def gelu_tanh(z) -> np.ndarray:
    """Return z/2 · (1 + tanh(√(2/π)(z + 0.044715 z³))), nearly z Φ(z). Equation: eq-gelu-tanh. Source: Hendrycks & Gimpel (2016)."""
    z = validate.array(z, "z", within=validate.ANY)
    return z / 2 * (1 + np.tanh(_inner(z)))


def gelu_tanh_slope(z) -> np.ndarray:
    """Return the derivative of `gelu_tanh`."""
    z = validate.array(z, "z", within=validate.ANY)
    near = np.clip(z, -40, 40)  # further out the tanh is ±1, and its slope 0
    t = np.tanh(_inner(near))
    return (1 + t) / 2 + near / 2 * (1 - t**2) * math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * near**2)


def _inner(z: np.ndarray) -> np.ndarray:
    near = np.clip(z, -40, 40)
    return math.sqrt(2 / math.pi) * (near + 0.044715 * near**3)


BENDS = {"relu": ACTIVATIONS["ReLU"], "gelu": ACTIVATIONS["GELU"], "gelu_tanh": Activation(gelu_tanh, gelu_tanh_slope)}


@dataclass(frozen=True)
class FeedForwardPass:
    """A pass through the network at each place: outputs (…, D), and what the walk back needs."""

    outputs: np.ndarray
    kept: tuple


def feed_forward(x, weights: dict[str, np.ndarray], activation: str = "relu") -> FeedForwardPass:
    """Return φ(xW₁ + b₁)W₂ + b₂, at each place by itself.

    x : (…, D);  weights : W1 (D, F), b1 (F,), W2 (F, D), b2 (D,);  activation : "relu", "gelu" or "gelu_tanh"
    Equation: eq-feed-forward. Source: Vaswani et al. (2017), section 3.3.
    """
    x = validate.array(x, "x")
    if x.ndim < 1:
        raise ValueError("x must be (…, D), but is a single number")
    W, phi = _checked_network(weights, x.shape[-1]), _activation(activation)
    with np.errstate(over="ignore", invalid="ignore"):
        z = validate.result(x @ W["W1"] + W["b1"], "a unit's score")
        h = phi.value(z)
        return FeedForwardPass(validate.result(h @ W["W2"] + W["b2"], "an output"), (x, W, phi, z, h))


def feed_forward_gradients(passed: FeedForwardPass, d_outputs) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return the loss's slopes by x and by the weights, from those by the outputs (…, D)."""
    x, W, phi, z, h = validate.instance(passed, FeedForwardPass, "passed").kept
    dY = _slopes(d_outputs, passed.outputs.shape)
    flat = lambda A: A.reshape(-1, A.shape[-1])
    with np.errstate(over="ignore", invalid="ignore"):
        dz = dY @ W["W2"].T * phi.slope(z)
        dW = {"W1": flat(x).T @ flat(dz), "b1": flat(dz).sum(axis=0)}
        dW |= {"W2": flat(h).T @ flat(dY), "b2": flat(dY).sum(axis=0)}
        dx = validate.result(dz @ W["W1"].T, "a gradient")
    return dx, {name: validate.result(value, "a gradient") for name, value in dW.items()}


def _checked_network(weights, D: int) -> dict[str, np.ndarray]:
    if not isinstance(weights, dict) or set(weights) != {"W1", "b1", "W2", "b2"}:
        raise TypeError("weights of the network must be a dict of W1, b1, W2, b2")
    found = {name: validate.array(weights[name], name, 2 if name[0] == "W" else 1) for name in weights}
    F = found["W1"].shape[1]
    for name, shape in {"W1": (D, F), "b1": (F,), "W2": (F, D), "b2": (D,)}.items():
        if found[name].shape != shape:
            raise ValueError(f"{name} must have shape {shape}, but has {found[name].shape}")
    return found


def _activation(name: str) -> Activation:
    if not isinstance(name, str) or name not in BENDS:
        raise ValueError(f"activation must be one of {', '.join(map(repr, BENDS))}, but is {name!r}")
    return BENDS[name]


def _slopes(d_outputs, shape) -> np.ndarray:
    d_outputs = validate.array(d_outputs, "d_outputs")
    if d_outputs.shape != shape:
        raise ValueError(f"d_outputs must have the outputs' shape {shape}, but has {d_outputs.shape}")
    return d_outputs


# ------------------------------------------------------------------------------------------------------------ the block
@dataclass(frozen=True)
class BlockPass:
    """A pass through a block: outputs (B, T, D), its heads' weights P (B, h, T, T), those on the memory (B, h, T, S), what the way back needs."""

    outputs: np.ndarray
    P: np.ndarray
    cross_P: np.ndarray | None
    kept: tuple


def block(
    x,
    weights: Weights,
    heads: int,
    order: str = "pre",
    memory=None,
    mask=None,
    memory_mask=None,
    activation: str = "relu",
) -> BlockPass:
    """Run x (B, T, D) through a block.

    weights : {attention, norm1, ff, norm2}, and of a block that looks at a memory (B, S, D): {attention, norm1, cross, norm2, ff, norm3};
        attention and cross as `multi_head` takes them, ff as `feed_forward`, each norm {gamma, beta} (D,)
    order : "pre" norms what each sublayer reads, and nothing norms the last block's outputs; "post" norms each sum
    mask, memory_mask : True where a place may look, broadcast to (B, T, T) and (B, T, S)
    Equations: eq-pre-norm, eq-post-norm, eq-decoder-block. Source: Vaswani et al. (2017), section 3.1; Xiong et al. (2020).
    """
    x = validate.array(x, "x", 3)
    W = _checked_block(weights, memory is not None, memory_mask is not None)
    if not isinstance(order, str) or order not in ORDERS:
        raise ValueError(f"order must be 'pre' or 'post', but is {order!r}")
    sublayers: list[tuple[str, Callable]] = [("attention", lambda y: multi_head(y, W["attention"], heads, None, mask))]
    if memory is not None:
        sublayers.append(("cross", lambda y: multi_head(y, W["cross"], heads, memory, memory_mask)))
    sublayers.append(("ff", lambda y: feed_forward(y, W["ff"], activation)))
    kept = {}
    for number, (name, f) in enumerate(sublayers, start=1):
        norm = W[f"norm{number}"]
        if order == "pre":
            y, cache = layer_norm(x, **norm)
            passed = f(y)
            x = x + passed.outputs
        else:
            passed = f(x)
            x, cache = layer_norm(x + passed.outputs, **norm)
        kept[name] = passed, cache
    cross_P = kept["cross"][0].P if memory is not None else None
    return BlockPass(x, kept["attention"][0].P, cross_P, (order, kept))


def block_gradients(passed: BlockPass, d_outputs) -> tuple[np.ndarray, np.ndarray | None, Weights]:
    """Return the loss's slopes by x, by the memory (None where there was none) and by the weights, from those by the outputs.

    Equation: eq-residual-gradient
    """
    order, kept = validate.instance(passed, BlockPass, "passed").kept
    g = _slopes(d_outputs, passed.outputs.shape)
    d_memory, found = None, {}
    for number, (name, (inner, cache)) in reversed([*enumerate(kept.items(), start=1)]):
        d_sum = g
        if order == "post":
            d_sum, d_gamma, d_beta = layer_norm_gradient(g, cache)
        if name == "ff":
            d_inner, dW = feed_forward_gradients(inner, d_sum)
        else:
            d_inner, d_other, dW = multi_head_gradients(inner, d_sum)
            d_memory = d_other if name == "cross" else d_memory
        if order == "pre":
            d_inner, d_gamma, d_beta = layer_norm_gradient(d_inner, cache)
        g = d_sum + d_inner  # one part around the sublayer, one through it
        found |= {name: dW, f"norm{number}": {"gamma": d_gamma, "beta": d_beta}}
    return validate.result(g, "a gradient"), d_memory, found


def _checked_block(weights, crossed: bool, masked: bool) -> Weights:
    """Return the weights, or raise where they are not a block's, or do not fit whether there is a memory."""
    plain = {"attention", "norm1", "ff", "norm2"}
    if not isinstance(weights, dict) or set(weights) not in (plain, plain | {"cross", "norm3"}):
        raise TypeError("weights must be a dict of attention, norm1, ff, norm2, and of cross and norm3 with a memory")
    for name in weights:
        if name.startswith("norm") and (not isinstance(weights[name], dict) or set(weights[name]) != {"gamma", "beta"}):
            raise TypeError(f"{name} must be a dict of gamma and beta")
    if crossed != ("cross" in weights):
        raise ValueError("a memory is given, but the weights have no cross" if crossed else "cross needs a memory")
    if masked and not crossed:
        raise ValueError("memory_mask is given, but no memory")
    return weights


# --------------------------------------------------------------------------------------------------------- many blocks
@dataclass(frozen=True)
class StackPass:
    """A pass through blocks, one after another: outputs (B, T, D), each block's pass, and the norm after the last."""

    outputs: np.ndarray
    blocks: tuple[BlockPass, ...]
    norm: Normalized | None


def stack(x, weights: list[Weights], heads: int, order: str = "pre", mask=None, activation: str = "relu") -> StackPass:
    """Run x (B, T, D) through blocks without a memory; with order "pre" the last one's outputs are normed, with γ = 1 and β = 0."""
    if not isinstance(weights, (list, tuple)) or not weights:
        raise TypeError("weights must be a list of blocks' weights, at least one")
    passes: list[BlockPass] = []
    for one in weights:
        passes.append(block(x, one, heads, order, mask=mask, activation=activation))
        x = passes[-1].outputs
    if order == "post":
        return StackPass(x, tuple(passes), None)
    x, norm = layer_norm(x, np.ones(x.shape[-1]), np.zeros(x.shape[-1]))
    return StackPass(x, tuple(passes), norm)


def stack_gradients(passed: StackPass, d_outputs) -> tuple[np.ndarray, list[Weights]]:
    """Return the loss's slopes by x and by each block's weights, from those by the outputs."""
    validate.instance(passed, StackPass, "passed")
    g, found = _slopes(d_outputs, passed.outputs.shape), []
    if passed.norm is not None:
        g, _, _ = layer_norm_gradient(g, passed.norm)
    for one in passed.blocks[::-1]:
        g, _, dW = block_gradients(one, g)
        found.append(dW)
    return g, found[::-1]


def first_step(depth: int, order: str, rates, seed: int = 0, D: int = 32) -> dict[str, np.ndarray]:
    """Return what Adam's first step does to a stack of random blocks that is to tell 20 classes apart: each weight moves by the rate.

    depth : number of blocks, of 4 heads and 2D units, D a multiple of 4;  rates : (n,), each tried from the same start
    "before" : the loss, a number;  "promised" : (n,), by how much it falls if slopes stay as they are;  "happened" : (n,), by how much it falls
    "slopes" : (depth,), norm of the slopes by each block's W2
    """
    depth, D = validate.whole(depth, "depth", low=1), validate.whole(D, "D", low=4)
    rates = validate.vector(rates, "rates")
    rng = np.random.default_rng(validate.whole(seed, "seed", low=0))
    weights = [random_block(D, 2 * D, seed=int(rng.integers(2**31))) for _ in range(depth)]
    X, U = rng.normal(size=(4, 10, D)), rng.normal(size=(D, 20)) / math.sqrt(D)
    labels = rng.integers(20, size=40)

    def loss(weights: list[Weights]) -> tuple[float, StackPass, np.ndarray]:
        passed = stack(X, weights, 4, order)
        scores = passed.outputs.reshape(40, D) @ U
        slopes = (softmax(scores) - np.eye(20)[labels]) @ U.T / 40
        return (log_sum_exp(scores) - scores[np.arange(40), labels]).mean(), passed, slopes.reshape(X.shape)

    before, passed, slopes = loss(weights)
    _, dW = stack_gradients(passed, slopes)
    total = sum(np.abs(value).sum() for one in dW for part in one.values() for value in part.values())
    happened = [before - loss(_moved(weights, dW, rate))[0] for rate in rates]
    norms = np.array([np.linalg.norm(one["ff"]["W2"]) for one in dW])
    return {"before": before, "promised": rates * total, "happened": np.array(happened), "slopes": norms}


def _moved(weights: list[Weights], slopes: list[Weights], rate: float) -> list[Weights]:
    """Return the weights after Adam's first step: w − rate · sign(slope)."""
    return [
        {a: {b: W[a][b] - rate * np.sign(dW[a][b]) for b in W[a]} for a in W}
        for W, dW in zip(weights, slopes, strict=True)
    ]


# --------------------------------------------------------------------------------------------------------------- weights
def random_block(D: int, hidden: int, crossed: bool = False, seed: int = 0) -> Weights:
    """Return weights of a block with `hidden` units: matrices (m, n) drawn evenly from ±√(6/(m + n)), free terms 0, norms that change nothing.

    crossed : with a sublayer that looks at a memory. Source of the spread: Glorot & Bengio (2010).
    """
    D, F = validate.whole(D, "D", low=1), validate.whole(hidden, "hidden", low=1)
    if not isinstance(crossed, (bool, np.bool_)):
        raise TypeError(f"crossed must be True or False, but is {crossed!r}")
    seed = validate.whole(seed, "seed", low=0)
    rng = np.random.default_rng([seed, 1])
    matrix = lambda m, n: rng.uniform(-1, 1, (m, n)) * math.sqrt(6 / (m + n))
    names = ("attention", "cross")[: 1 + bool(crossed)]
    weights = {name: attention.random_heads(D, seed=int(rng.integers(2**31))) for name in names}
    weights["ff"] = {"W1": matrix(D, F), "b1": np.zeros(F), "W2": matrix(F, D), "b2": np.zeros(D)}
    return weights | {f"norm{i}": {"gamma": np.ones(D), "beta": np.zeros(D)} for i in range(1, 3 + bool(crossed))}


def block_of(module) -> Weights:
    """Return the weights of a torch.nn.TransformerEncoderLayer or TransformerDecoderLayer: float64 copies.

    Its order, activation and dropout are not among them. Raises where it has no free terms, or norms with another ε than 1e-5.
    """
    if not hasattr(module, "self_attn") or not hasattr(module, "linear1"):
        raise TypeError("module must be a torch.nn.TransformerEncoderLayer or TransformerDecoderLayer")
    if module.linear1.bias is None:
        raise ValueError("module must have bias=True")
    found = {"attention": attention.heads_of(module.self_attn)}
    if hasattr(module, "multihead_attn"):
        found["cross"] = attention.heads_of(module.multihead_attn)
    found["ff"] = {}
    for i in (1, 2):
        linear = getattr(module, f"linear{i}")
        found["ff"] |= {f"W{i}": plain(linear.weight).T.copy(), f"b{i}": plain(linear.bias)}
    for i in range(1, 3 + ("cross" in found)):
        norm = getattr(module, f"norm{i}")
        if norm.eps != 1e-5:
            raise ValueError(f"norm{i} must have eps=1e-5, but has {norm.eps}")
        found[f"norm{i}"] = {"gamma": plain(norm.weight), "beta": plain(norm.bias)}
    return found
