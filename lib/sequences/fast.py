"""The LSTM for training in PyTorch, with the walk back written by hand: few, large matrix products.

Two things make it fast. The inputs of all steps meet their weights in one product before the loop, so that a step has one product left,
of the state. And on the way back a step only notes its slopes by the gates; the slopes by the weights, sums over all steps, are one product after
the loop. Gates are computed in place.

In float32 the products are those of oneDNN, the library behind PyTorch's own LSTM. `@` calls another one, which on some processors takes
twice as long.
"""

from __future__ import annotations

from collections.abc import Callable

import torch


def product_for(x: torch.Tensor) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
    """Return a function that gives x Wᵀ (n, m) of x (n, k) and W (m, k): by oneDNN for float32 on the processor, else by `@`.

    oneDNN's operation is the one that torch.compile puts in the place of a linear layer. It has no walk back of its own.
    """
    fits = x.dtype == torch.float32 and x.device.type == "cpu" and torch.backends.mkldnn.is_available()
    operation = getattr(torch.ops.mkldnn, "_linear_pointwise", None) if fits else None
    return (lambda x, W: operation(x, W, None, "none", [], "")) if operation else (lambda x, W: x @ W.T)


class _Lstm(torch.autograd.Function):
    """Places first inside: a step reads and writes memory that lies together."""

    @staticmethod
    def forward(ctx, x, Wx, Wh, b):
        B, T, I = x.shape
        H, product = len(Wh), product_for(x)
        inputs = x.transpose(0, 1).reshape(T * B, I)
        gates = product(inputs, Wx.T.contiguous()).add_(b).view(T, B, 4 * H)  # all steps at once
        own = Wh.T.contiguous()
        h, c = x.new_empty(T + 1, B, H), x.new_empty(T + 1, B, H)
        h[0], c[0] = 0, 0
        shown = x.new_empty(T, B, H)
        for a, h0, h1, c0, c1, tanh_c in zip(gates, h, h[1:], c, c[1:], shown, strict=False):
            a.add_(product(h0, own))
            a[:, : 2 * H].sigmoid_()  # input, forget
            a[:, 2 * H : 3 * H].tanh_()  # candidate
            a[:, 3 * H :].sigmoid_()  # output
            i, f, g, o = a.chunk(4, 1)
            torch.mul(f, c0, out=c1).addcmul_(i, g)
            torch.tanh(c1, out=tanh_c)
            torch.mul(o, tanh_c, out=h1)
        ctx.save_for_backward(inputs, Wx, Wh, gates, h, c, shown)
        return h[1:].transpose(0, 1)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, d_outputs):
        inputs, Wx, Wh, gates, h, c, shown = ctx.saved_tensors
        T, B, H = shown.shape
        product, Wh = product_for(inputs), Wh.contiguous()
        by_output = d_outputs.transpose(0, 1)
        i, f, g, o = gates.chunk(4, 2)
        slopes = (1 - gates).mul_(gates)  # σ′ = σ(1 − σ)
        by_i, by_f, by_g, by_o = slopes.chunk(4, 2)
        torch.addcmul(torch.ones_like(g), g, g, value=-1, out=by_g)  # tanh′ = 1 − tanh²
        by_i.mul_(g), by_f.mul_(c[:-1]), by_g.mul_(i), by_o.mul_(shown)  # what is left is dc, for the last one dh
        into_memory = (1 - shown * shown).mul_(o)
        dh, dc = torch.zeros_like(h[0]), torch.zeros_like(h[0])
        for t in range(T - 1, -1, -1):
            dh = dh + by_output[t]
            dc = torch.addcmul(dc, dh, into_memory[t])
            slopes[t, :, : 3 * H].view(B, 3, H).mul_(dc[:, None])
            by_o[t].mul_(dh)
            dh, dc = product(slopes[t], Wh), dc * f[t]
        slopes = slopes.view(T * B, 4 * H)
        dx = product(slopes, Wx.contiguous()).view(T, B, -1).transpose(0, 1) if ctx.needs_input_grad[0] else None
        dWx, dWh = product(inputs.T, slopes.T), product(h[:-1].reshape(T * B, H).T, slopes.T)
        return dx, dWx, dWh, slopes.sum(0)


def lstm(x: torch.Tensor, Wx: torch.Tensor, Wh: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Return the states (B, T, H) of an LSTM over x (B, T, I), from a state and a memory of zeros.

    Wx : (I, 4H);  Wh : (H, 4H);  b : (4H,), gates in PyTorch's order. Differentiable once, by all four. Equation: eq-lstm
    """
    for value, name, axes in ((x, "x", 3), (Wx, "Wx", 2), (Wh, "Wh", 2), (b, "b", 1)):
        if not isinstance(value, torch.Tensor) or not value.is_floating_point():
            raise TypeError(f"{name} must be a tensor of floats, but is {type(value).__name__}")
        if value.ndim != axes or not value.numel():
            raise ValueError(f"{name} must have {axes} axes and entries, but has shape {tuple(value.shape)}")
    H = len(Wh)
    if Wx.shape != (x.shape[2], 4 * H) or Wh.shape != (H, 4 * H) or b.shape != (4 * H,):
        raise ValueError(
            f"for {x.shape[2]} inputs and {H} units Wx, Wh and b must have shapes {(x.shape[2], 4 * H)}, {(H, 4 * H)} and "
            f"{(4 * H,)}, but have {tuple(Wx.shape)}, {tuple(Wh.shape)} and {tuple(b.shape)}"
        )
    return _Lstm.apply(x, Wx, Wh, b)
