"""Slopes through time: how a state depends on an earlier one, what truncation leaves out, and what clipping does.

These look at one layer that reads in one direction; its weights are those of `layers`. For the LSTM a state is h and c one after the other,
so S = 2H there and S = H elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lib.book import validate
from lib.sequences.cells import CELLS, Weights
from lib.sequences.layers import Pass, cell_named, forward


def step_jacobians(cell: str, weights: Weights, X, h0=None, c0=None) -> np.ndarray:
    """Return ∂h_t/∂h_{t−1} (T, S, S) of every step on one sequence X (T, I), h0 and c0 (H,): row i, column j is unit i by unit j.

    Equation: eq-step-jacobian
    """
    kind, X = cell_named(cell), validate.array(X, "X", 2)
    start = [None if v is None else validate.vector(v, name)[None, None] for v, name in ((h0, "h0"), (c0, "c0"))]
    passed = forward(cell, [[weights]], X[None], None, *start)
    W, steps = passed.stack[0][0], [kept for _, _, kept in passed.kept[0]]
    T, H = passed.outputs.shape[1:]
    all_steps = tuple(
        None if parts[0] is None else np.concatenate(parts) for parts in zip(*steps, strict=True)
    )  # the T steps, side by side as a batch
    rows = []
    with np.errstate(over="ignore", invalid="ignore"):
        for i in range(2 * H if kind.memory else H):
            by = np.zeros((T, 2 * H))
            by[:, i] = 1
            _, dh, dc, _ = kind.backward(by[:, :H], by[:, H:], all_steps, W)
            rows.append(np.hstack([dh, dc]) if kind.memory else dh)
        return validate.result(np.stack(rows, axis=1), "a Jacobian")


def jacobian_norms(cell: str, weights: Weights, X, h0=None, c0=None) -> np.ndarray:
    """Return ‖∂h_t/∂h_0‖ (T,), for t = 1, …, T: the most by which a change of the first state can grow on its way to the t-th.

    Equation: eq-jacobian-product
    """
    product, scale, out = 1.0, 0.0, []
    for J in step_jacobians(cell, weights, X, h0, c0):
        product = J if np.isscalar(product) else J @ product
        size = np.linalg.norm(product, 2)
        if size == 0:
            out += [-np.inf]
            continue
        product, scale = product / size, scale + np.log(size)  # a long product leaves the range of floats
        out.append(scale)
    with np.errstate(over="ignore", under="ignore"):
        return validate.result(np.exp(out), "the norm of a Jacobian")


def norm_bound(weights: Weights, X, h0=None) -> np.ndarray:
    """Return the bound (T,) of the plain cell's ‖∂h_t/∂h_0‖: the product of ‖W_h‖ · max(1 − h²) over the steps.

    Equation: eq-jacobian-bound
    """
    X = validate.array(X, "X", 2)
    h0 = None if h0 is None else validate.vector(h0, "h0")[None, None]
    passed = forward("RNN", [[weights]], X[None], h0=h0)
    steepest = (1 - passed.outputs[0] ** 2).max(axis=1)  # (T,)
    with np.errstate(over="ignore", under="ignore"):
        bound = np.cumprod(steepest * np.linalg.norm(passed.stack[0][0]["Wh"], 2))
    return validate.result(bound, "the bound")


def with_spectral_radius(W, rho: float) -> np.ndarray:
    """Return the square matrix W times the number that makes its spectral radius, the largest |eigenvalue|, rho."""
    W, rho = validate.square(W, "W"), validate.number(rho, "rho", low=0)
    scale = np.abs(W).max()
    radius = np.abs(np.linalg.eigvals(W / scale)).max() if scale else 0.0
    if radius <= 1e-8:  # of a nilpotent matrix rounding alone leaves about 1e-8
        raise ValueError(
            "W has no eigenvalue that stands out from rounding: no factor gives it another spectral radius"
        )
    return W / scale * (rho / radius)


def truncated_gradient(passed: Pass, d_outputs, window: int) -> Weights:
    """Return the slopes by the weights where the loss at each place reaches back over `window` steps only, its own among them.

    passed : of one sequence or several, without padding, one layer and one direction;  d_outputs : (B, T, H)
    With a window of 1 only immediate derivatives are left, with T all: backpropagation through time. Equations: eq-total-derivative, eq-bptt
    """
    passed = validate.instance(passed, Pass, "passed")
    if len(passed.kept) != 1 or not all(here.all() for _, here, _ in passed.kept[0]):
        raise ValueError("passed must be of one layer in one direction, without padding")
    d_outputs, window = validate.array(d_outputs, "d_outputs", 3), validate.whole(window, "window", low=1)
    if d_outputs.shape != passed.outputs.shape:
        raise ValueError(f"d_outputs must have the outputs' shape {passed.outputs.shape}, but has {d_outputs.shape}")
    kind, W, steps = CELLS[passed.cell], passed.stack[0][0], passed.kept[0]
    total = {name: np.zeros(value.shape) for name, value in W.items()}
    with np.errstate(over="ignore", invalid="ignore"):
        for t in range(len(steps)):
            dh, dc = d_outputs[:, t], 0.0
            for _, _, kept in reversed(steps[max(0, t + 1 - window) : t + 1]):
                _, dh, dc, dW = kind.backward(dh, dc, kept, W)
                for name, value in dW.items():
                    total[name] += value
    return {name: validate.result(value, f"the slope by {name}") for name, value in total.items()}


# -------------------------------------------------------------------------------------------------------------- clipping
def clip_by_norm(gradients: Sequence, most: float) -> tuple[list[np.ndarray], float]:
    """Return the gradients, shortened together so that all their entries as one vector have at most the norm `most`, and that norm before.

    The direction stays. As torch.nn.utils.clip_grad_norm_, without its 1e-6. Equation: eq-clip
    """
    arrays, most = _arrays(gradients), validate.number(most, "most", low=0, open_low=True)
    scale = max(float(np.abs(a).max()) for a in arrays)
    norm = scale * float(np.sqrt(sum(np.sum((a / scale) ** 2) for a in arrays))) if scale else 0.0
    factor = most / norm if norm > most else 1.0
    return [a * factor for a in arrays], norm


def clip_by_value(gradients: Sequence, most: float) -> list[np.ndarray]:
    """Return the gradients with each entry moved into [−most, most]: the direction changes."""
    most = validate.number(most, "most", low=0, open_low=True)
    return [np.clip(a, -most, most) for a in _arrays(gradients)]


def _arrays(gradients) -> list[np.ndarray]:
    if not isinstance(gradients, (list, tuple)) or not gradients:
        raise TypeError("gradients must be a list of arrays")
    return [validate.array(g, f"gradients[{i}]") for i, g in enumerate(gradients)]
