"""Teaching a trained GPT another task with PyTorch: changes of low rank beside frozen weights, all weights anew, or the output alone.

The model that one starts from is `gpt.GPT` and is never changed. What comes out are changes, or weights, that numpy reads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from torch import nn

from lib.book import validate
from lib.book.pytorch import plain
from lib.transformers.adapting.low_rank import LowRank, merged_gpt, zero_changes
from lib.transformers.gpt import GPT
from lib.transformers.gpt_training import Network, learn

Batch = Callable[[np.random.Generator], tuple[np.ndarray, np.ndarray]]
Watch = Callable[[int, Network], None]
PLACES = {"Wq": ("qkv", 0), "Wk": ("qkv", 1), "Wv": ("qkv", 2), "Wo": ("out", 0), "W1": ("W1", 0), "W2": ("W2", 0)}
LEARNED = ("all", "output")


class Adapted(nn.Module):
    """A dense layer, frozen, and changes of low rank of its weights, or of parts of them, which are learned.

    changes : which part of the outputs → its change;  parts : how many equal ones the outputs have, 3 for queries, keys and values together
    """

    def __init__(self, linear: nn.Linear, changes: Mapping[int, LowRank], parts: int = 1):
        super().__init__()
        self.linear, self.parts = linear.requires_grad_(False), parts
        as_tensor = lambda a: nn.Parameter(torch.tensor(a, dtype=linear.weight.dtype))
        self.A = nn.ParameterDict({str(i): as_tensor(change.A) for i, change in changes.items()})
        self.B = nn.ParameterDict({str(i): as_tensor(change.B) for i, change in changes.items()})
        self.alpha = {str(i): change.alpha for i, change in changes.items()}

    weight = property(lambda self: self.linear.weight, doc="The frozen weights, without the changes.")
    bias = property(lambda self: self.linear.bias, doc="The frozen free terms.")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return x W₀ᵀ + b, and in the parts that have a change (α/r) (x A) B more."""
        pieces = list(self.linear(x).chunk(self.parts, dim=-1))
        for i, A in self.A.items():
            pieces[int(i)] = pieces[int(i)] + self.alpha[i] / A.shape[1] * ((x @ A) @ self.B[i])
        return torch.cat(pieces, dim=-1)

    def changes(self) -> dict[int, LowRank]:
        """Return which part of the outputs → its change as it is now, float64."""
        return {int(i): LowRank(plain(A), plain(self.B[i]), self.alpha[i]) for i, A in self.A.items()}


def network_of(model: GPT, dtype: torch.dtype = torch.float32) -> Network:
    """Return the network that computes what the model does: the way back from `Network.weights`.

    Raises ValueError where blocks have feed-forward parts of different sizes, or some have none: a Network has one size for all.
    """
    w = validate.instance(model, GPT, "model").weights
    V, D = w["words"].shape
    sizes = {np.shape(w[f"block{i}.W1"])[1] if f"block{i}.W1" in w else 0 for i in range(model.layers)} or {0}
    if len(sizes) > 1:
        raise ValueError(f"the blocks' feed-forward parts must have one size, but have {sorted(sizes)}")
    network = Network(V, model.window, D, model.layers, model.heads, sizes.pop()).to(dtype)
    state = {"words.weight": w["words"], "places.weight": w["places"], "output.weight": w["output"].T}
    norms = {"last": "last"}
    for i in range(model.layers):
        part = lambda name, i=i: w[f"block{i}.{name}"]
        layers = {"qkv": [np.concatenate([part(f"{kind}{n}") for n in "qkv"], axis=-1) for kind in "Wb"]}
        layers["out"] = [part("Wo"), part("bo")]
        norms[f"blocks.{i}.norm1"] = f"block{i}.norm1"
        if f"block{i}.W1" in w:
            layers |= {f"W{n}": [part(f"W{n}"), part(f"b{n}")] for n in "12"}
            norms[f"blocks.{i}.norm2"] = f"block{i}.norm2"
        for layer, (W, b) in layers.items():
            state |= {f"blocks.{i}.{layer}.weight": W.T, f"blocks.{i}.{layer}.bias": b}
    for layer, name in norms.items():
        state |= {f"{layer}.weight": w[f"{name}.gamma"], f"{layer}.bias": w[f"{name}.beta"]}
    network.load_state_dict({name: torch.tensor(np.asarray(value)) for name, value in state.items()})
    return network


def adapted_network(model: GPT, changes: Mapping[str, LowRank], dtype: torch.dtype = torch.float32) -> Network:
    """Return the model's network, frozen, with the changes beside their matrices: they alone are learned.

    changes : name of a weight → its change, see `low_rank.zero_changes`. Its `weights()` are the model's, without the changes.
    """
    merged_gpt(model, changes)  # raises for what does not fit the model
    network = network_of(model, dtype).requires_grad_(False)
    for i, block in enumerate(network.blocks):
        own = {name.split(".")[1]: change for name, change in changes.items() if name.startswith(f"block{i}.")}
        for layer in dict.fromkeys(PLACES[name][0] for name in own):
            here = {PLACES[name][1]: change for name, change in own.items() if PLACES[name][0] == layer}
            setattr(block, layer, Adapted(getattr(block, layer), here, 3 if layer == "qkv" else 1))
    return network


def changes_in(network: Network) -> dict[str, LowRank]:
    """Return name of a weight → its change, of a network from `adapted_network`, as they are now."""
    out = {}
    for i, block in enumerate(network.blocks):
        for name, (layer, part) in PLACES.items():
            adapted = getattr(block, layer)
            if isinstance(adapted, Adapted) and str(part) in adapted.A:
                out[f"block{i}.{name}"] = adapted.changes()[part]
    return out


def train_low_rank(
    model: GPT,
    batch: Batch,
    count: int,
    rank: int = 4,
    alpha: float = 8.0,
    on: Sequence[str] = ("Wq", "Wv"),
    rate: float = 3e-3,
    seed: int = 0,
    watch: Watch | None = None,
) -> dict[str, LowRank]:
    """Return the changes of the model's matrices (see `low_rank.matrices_of`) that were learned from `count` batches; the model stays as it is.

    batch, rate, watch : see `gpt_training.train_gpt`
    """
    count, rate, rng = _checked(count, rate, seed)
    network = adapted_network(model, zero_changes(model, rank, alpha, rng, on))
    learn(network, batch, count, rate, rng, watch)
    return changes_in(network)


def fine_tune(
    model: GPT,
    batch: Batch,
    count: int,
    learned: str = "all",
    rate: float = 3e-3,
    seed: int = 0,
    watch: Watch | None = None,
) -> dict[str, np.ndarray]:
    """Return the model's weights after `count` batches more, of which "all" or the matrix "output" alone has learned.

    With "output" everything before it stays bit for bit (but for the rounding of the weights given to 32 bits): the model makes features.
    batch, rate, watch : see `gpt_training.train_gpt`
    """
    if learned not in LEARNED:
        raise ValueError(f"learned must be one of {', '.join(map(repr, LEARNED))}, but is {learned!r}")
    count, rate, rng = _checked(count, rate, seed)
    network = network_of(model)
    if learned == "output":
        network.requires_grad_(False).output.requires_grad_(True)
    learn(network, batch, count, rate, rng, watch)
    return network.weights()


def _checked(count, rate, seed) -> tuple[int, float, np.random.Generator]:
    rate = validate.number(rate, "rate", low=0, open_low=True)
    return validate.whole(count, "count", low=1), rate, np.random.default_rng(validate.whole(seed, "seed", low=0))
