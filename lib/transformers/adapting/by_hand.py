"""The loss's slopes by all weights of a GPT, in numpy: what adapting needs where PyTorch is not, in a page."""

from __future__ import annotations

import numpy as np

from lib.book import validate
from lib.losses.classification import softmax
from lib.regularization.normalization import layer_norm, layer_norm_gradient
from lib.transformers.attention import causal_mask
from lib.transformers.blocks import block, block_gradients
from lib.transformers.gpt import GPT

PARTS = {
    "attention": tuple(f"{kind}{n}" for kind in "Wb" for n in "qkvo"),
    "ff": ("W1", "b1", "W2", "b2"),
}  # of a block, as `blocks.block` groups them


def gpt_slopes(model: GPT, inputs, targets) -> tuple[float, dict[str, np.ndarray]]:
    """Return the mean cross-entropy (nats) of a GPT at the places whose target counts, and its slopes by each weight, by name.

    inputs, targets : (B, T), tokens; a target of −1 does not count, and at least one does. The blocks must have feed-forward parts.
    Equations: eq-gpt-block, eq-gpt-loss, eq-residual-gradient
    """
    model = validate.instance(model, GPT, "model")
    w = model.weights
    V, D = w["words"].shape
    ids = validate.indices(inputs, "inputs", ndim=2, size=V, of="tokens")
    y = validate.indices(np.asarray(targets) + 1, "targets", ndim=2, size=V + 1, of="tokens") - 1
    if y.shape != ids.shape or (y < 0).all() or ids.shape[1] > model.window:
        raise ValueError(
            f"targets must be {ids.shape} as the inputs are, some of them not −1, of at most {model.window} places, but have shape {y.shape}"
        )
    if not all(f"block{i}.W1" in w for i in range(model.layers)):
        raise ValueError("each block of the model must have a feed-forward part")
    x, passes = w["words"][ids] + w["places"][: ids.shape[1]], []
    for i in range(model.layers):
        own = {part: {n: w[f"block{i}.{n}"] for n in names} for part, names in PARTS.items()}
        own |= {norm: {n: w[f"block{i}.{norm}.{n}"] for n in ("gamma", "beta")} for norm in ("norm1", "norm2")}
        passes.append(block(x, own, model.heads, mask=causal_mask(*ids.shape[1:] * 2), activation="gelu_tanh"))
        x = passes[-1].outputs
    features, cache = layer_norm(x, w["last.gamma"], w["last.beta"])
    counts = y >= 0
    P = softmax((features @ w["output"])[counts])  # (M, V)
    said = y[counts]
    loss = float(-np.log(np.maximum(P[np.arange(len(said)), said], 1e-300)).mean())
    d_scores = np.zeros((*ids.shape, V))
    d_scores[counts] = (P - np.eye(V)[said]) / len(said)
    slopes = {"output": features.reshape(-1, D).T @ d_scores.reshape(-1, V)}
    g, slopes["last.gamma"], slopes["last.beta"] = layer_norm_gradient(d_scores @ w["output"].T, cache)
    for i in reversed(range(model.layers)):
        g, _, found = block_gradients(passes[i], g)
        for part, inner in found.items():
            names = {n: f"block{i}.{part}.{n}" if part.startswith("norm") else f"block{i}.{n}" for n in inner}
            slopes |= {names[n]: value for n, value in inner.items()}
    slopes["words"], slopes["places"] = np.zeros((V, D)), np.zeros(w["places"].shape)
    np.add.at(slopes["words"], ids, g)
    slopes["places"][: ids.shape[1]] = g.sum(axis=0)
    return loss, slopes
