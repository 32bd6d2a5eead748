"""What a training keeps in a device's memory, and how many operations it takes, counted from sizes alone."""

from __future__ import annotations

from lib.book import validate
from lib.transformers.anatomy import Sizes

# Bytes a parameter with Adam in mixed precision: half-precision weights and gradients, and of the optimiser weights, mean and mean square
WEIGHTS, GRADIENTS, OPTIMISER = 2, 2, 12
STAGES = ("nothing shared", "optimiser", "and gradients", "and weights")


def bytes_a_parameter(devices: int, stage: int) -> float:
    """Return the bytes that a device keeps for each parameter: 16 alone, less where devices share.

    devices : n, among which the batch is shared out
    stage : 0, all keep everything; 1, each keeps an n-th of the optimiser's 12 bytes; 2, of the gradients too; 3, of the weights too
    Equation: eq-zero-bytes. Source: Rajbhandari et al. (2020).
    """
    n, stage = validate.whole(devices, "devices", low=1), validate.whole(stage, "stage", low=0, high=3)
    shared = (0, OPTIMISER, OPTIMISER + GRADIENTS, OPTIMISER + GRADIENTS + WEIGHTS)[stage]
    return WEIGHTS + GRADIENTS + OPTIMISER - shared + shared / n


def sent_a_parameter(devices: int, stage: int) -> float:
    """Return the bytes that a device sends for each parameter in a step, by rings: 4(n − 1)/n, or 6(n − 1)/n in stage 3.

    Each of n pieces of 2-byte numbers goes round once to be added up and once to be told; in stage 3 the weights go round a second time,
    for the way back. Equation: eq-half-ring. Source: Rajbhandari et al. (2020).
    """
    n, stage = validate.whole(devices, "devices", low=1), validate.whole(stage, "stage", low=0, high=3)
    return (3 if stage == 3 else 2) * GRADIENTS * (n - 1) / n


def activation_bytes(sizes: Sizes, T: int, batch: int, table: bool = False, recomputed: bool = False) -> int:
    """Return the bytes of what the blocks keep for the way back, 2 bytes a number.

    sizes : of a GPT whose feed-forward part is not gated;  T : places of a text;  batch : texts
    table : whether attention keeps its T × T weights, as it does where it is not computed in tiles
    recomputed : whether each block keeps its inputs alone, and computes the rest again when it is needed, one block at a time
    Without dropout, without the norms' means and deviations, and without the output's scores. Equation: eq-activation-bytes
    """
    s = validate.instance(sizes, Sizes, "sizes")
    if s.encoder or s.gated or s.key_width != s.width:
        raise ValueError("activations are counted for a GPT: no encoder, no gates, as many heads of keys as of queries")
    T, batch = validate.whole(T, "T", low=1), validate.whole(batch, "batch", low=1)
    if not isinstance(table, bool) or not isinstance(recomputed, bool):
        raise TypeError("table and recomputed must be True or False")
    inputs = s.width
    block = 8 * s.width + 2 * s.hidden + (s.heads * T if table else 0)  # numbers a place
    return 2 * T * batch * (s.layers * inputs + block if recomputed else s.layers * block)


def training_flops(parameters: float, tokens: float) -> float:
    """Return the operations of a training, about: 6 for each parameter and token. Equation: eq-training-flops"""
    parameters = validate.number(parameters, "parameters", low=0, open_low=True)
    return 6 * parameters * validate.number(tokens, "tokens", low=0, open_low=True)
