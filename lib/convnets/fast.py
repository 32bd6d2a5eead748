"""A convolution for training in PyTorch made of plain matrix products, the walk back included: no table of what kernels see is made.

The padded pictures lie channels last, pixel after pixel, in one matrix. To move by a row and a column is then to begin at another row
of that matrix, so each of the kernel's taps is one product of a piece of it; what it computes across the borders is thrown away.
"""

from __future__ import annotations

import torch


def conv2d(x, w, b=None, padding: int = 0, dilation: int = 1) -> torch.Tensor:
    """Return the outputs (N, O, Ho, Wo) of a layer with stride 1 and one group, padded with zeros, differentiable once.

    x : (N, C, H, W);  w : (O, C, kh, kw);  b : (O,) or None, of one dtype on the processor. Raises TypeError and ValueError for what
    does not fit.
    """
    b = w.new_zeros(len(w)) if b is None and isinstance(w, torch.Tensor) and w.ndim else b
    for name, value, ndim in (("x", x, 4), ("w", w, 4), ("b", b, 1)):
        if not isinstance(value, torch.Tensor) or not value.is_floating_point():
            raise TypeError(f"{name} must be a tensor of floats, but is {type(value).__name__}")
        if value.ndim != ndim or value.numel() == 0:
            raise ValueError(f"{name} must have {ndim} axes and entries, but has shape {tuple(value.shape)}")
    if not x.dtype == w.dtype == b.dtype:
        raise TypeError(f"x, w and b must have one dtype, but have {x.dtype}, {w.dtype} and {b.dtype}")
    if x.shape[1] != w.shape[1] or len(b) != len(w):
        raise ValueError(f"shapes {tuple(x.shape)}, {tuple(w.shape)} and {tuple(b.shape)} do not fit each other")
    for name, value, low in (("padding", padding, 0), ("dilation", dilation, 1)):
        if isinstance(value, bool) or not isinstance(value, int) or value < low:
            raise ValueError(f"{name} must be a whole number, at least {low}, but is {value!r}")
    reach = [(k - 1) * dilation + 1 for k in w.shape[2:]]
    if any(n + 2 * padding < r for n, r in zip(x.shape[2:], reach, strict=True)):
        raise ValueError(f"a kernel that reaches over {reach} pixels does not fit into {tuple(x.shape[2:])}")
    return _FlatShift.apply(x, w, b, padding, dilation)


def _shifts(kh: int, kw: int, width: int, dilation: int, rows: int):
    """Return ((i, j), the piece of the matrix that tap (i, j) sees) for every tap."""
    for i in range(kh):
        for j in range(kw):
            start = (i * width + j) * dilation
            yield (i, j), slice(start, start + rows)


class _FlatShift(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, w, b, padding, dilation):
        N, C, H, W = x.shape
        O, _, kh, kw = w.shape
        high, wide = H + 2 * padding, W + 2 * padding
        padded = x.new_zeros(N, high, wide, C)
        padded[:, padding : padding + H, padding : padding + W] = x.permute(0, 2, 3, 1)
        flat = padded.view(-1, C)
        rows = len(flat) - dilation * ((kh - 1) * wide + kw - 1)  # the others see beyond the end
        taps = w.permute(2, 3, 1, 0).contiguous()
        y = x.new_empty(len(flat), O)
        y[:rows] = b
        for tap, piece in _shifts(kh, kw, wide, dilation, rows):
            y[:rows].addmm_(flat[piece], taps[tap])
        ctx.save_for_backward(flat, taps)
        ctx.sizes = x.shape, high, wide, rows, padding, dilation
        Ho, Wo = high - dilation * (kh - 1), wide - dilation * (kw - 1)
        return y.view(N, high, wide, O)[:, :Ho, :Wo].permute(0, 3, 1, 2)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, dy):
        flat, taps = ctx.saved_tensors
        (N, C, H, W), high, wide, rows, padding, dilation = ctx.sizes
        kh, kw, _, O = taps.shape
        g = dy.new_zeros(N, high, wide, O)  # 0 where nothing was kept
        g[:, : dy.shape[2], : dy.shape[3]] = dy.permute(0, 2, 3, 1)
        g = g.view(-1, O)[:rows]
        d_flat, d_taps = torch.zeros_like(flat) if ctx.needs_input_grad[0] else None, torch.empty_like(taps)
        for tap, piece in _shifts(kh, kw, wide, dilation, rows):
            torch.mm(flat[piece].T, g, out=d_taps[tap])
            if d_flat is not None:
                d_flat[piece].addmm_(g, taps[tap].T)
        dx = None
        if d_flat is not None:
            dx = d_flat.view(N, high, wide, C)[:, padding : padding + H, padding : padding + W].permute(0, 3, 1, 2)
        return dx, d_taps.permute(3, 2, 0, 1), g.sum(0), None, None
