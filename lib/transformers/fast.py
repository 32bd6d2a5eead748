"""Attention in blocks for training in PyTorch, the walk back included: no matrix of all scores is ever there.

It is `attention.tiled_attention`, one head after the other, with blocks whose scores stay in the processor's cache. Kept for the walk back are
queries, keys, values, outputs and one number a query; the weights are computed again (Dao et al. 2022).
"""

from __future__ import annotations

import torch

QUERIES, KEYS = 128, 512  # a block of scores: 256 kB in float32


def tiled_attention(q, k, v, causal: bool = False, scale: float | None = None) -> torch.Tensor:
    """Return softmax(q kᵀ · scale) v, differentiable once, with memory that grows with the number of places and not its square.

    q : (…, T, d);  k : (…, S, d);  v : (…, S, d_v), of one dtype on the processor;  scale : 1/√d where not given
    causal : a query sees the keys at its own place and before; then T = S. Raises TypeError and ValueError for what does not fit.
    """
    for name, value in (("q", q), ("k", k), ("v", v)):
        if not isinstance(value, torch.Tensor) or not value.is_floating_point():
            raise TypeError(f"{name} must be a tensor of floats, but is {type(value).__name__}")
        if value.ndim < 2 or value.numel() == 0:
            raise ValueError(f"{name} must be (…, places, entries), but has shape {tuple(value.shape)}")
    if not q.dtype == k.dtype == v.dtype:
        raise TypeError(f"q, k and v must have one dtype, but have {q.dtype}, {k.dtype} and {v.dtype}")
    front = q.shape[:-2]
    if not front == k.shape[:-2] == v.shape[:-2] or q.shape[-1] != k.shape[-1] or k.shape[-2] != v.shape[-2]:
        raise ValueError(f"shapes {tuple(q.shape)}, {tuple(k.shape)} and {tuple(v.shape)} do not fit each other")
    if causal and q.shape[-2] != k.shape[-2]:
        raise ValueError(
            f"causal attention needs as many keys as queries, but there are {k.shape[-2]} and {q.shape[-2]}"
        )
    one = lambda a: a.reshape(-1, *a.shape[-2:]).contiguous()
    out = _Tiled.apply(one(q), one(k), one(v), bool(causal), q.shape[-1] ** -0.5 if scale is None else float(scale))
    return out.view(*front, *out.shape[-2:])


def _bounds(t: int, causal: bool, size: int):
    """Return (i, e, the blocks of keys (j, f) that queries i to e may see)."""
    for i in range(0, t, QUERIES):
        e = min(i + QUERIES, t)
        end = e if causal else size
        yield i, e, [(j, min(j + KEYS, end)) for j in range(0, end, KEYS)]


def _scores(q, k, i, j, causal):
    """Return the scores of queries i… with keys j…; where a key comes after its query, −∞."""
    s = q @ k.T
    if causal and j + len(k) > i + 1:
        s.masked_fill_(torch.ones(s.shape, dtype=torch.bool).triu_(i - j + 1), -torch.inf)
    return s


class _Tiled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, q, k, v, causal, scale):
        out, log_sums = q.new_empty(*q.shape[:2], v.shape[-1]), q.new_empty(q.shape[:2])
        scaled = q * scale
        for n in range(len(q)):
            for i, e, blocks in _bounds(q.shape[1], causal, k.shape[1]):
                top = q.new_full((e - i, 1), -torch.inf)
                total, mixed = q.new_zeros(e - i, 1), q.new_zeros(e - i, v.shape[-1])
                for j, f in blocks:
                    s = _scores(scaled[n, i:e], k[n, j:f], i, j, causal)
                    new = torch.maximum(top, s.amax(1, keepdim=True))
                    shrink = (top - new).exp_()
                    s.sub_(new).exp_()
                    total.mul_(shrink).add_(s.sum(1, keepdim=True))
                    mixed.mul_(shrink).addmm_(s, v[n, j:f])
                    top = new
                torch.div(mixed, total, out=out[n, i:e])
                log_sums[n, i:e] = (top + total.log_())[:, 0]
        ctx.save_for_backward(scaled, k, v, out, log_sums)
        ctx.causal, ctx.scale = causal, scale
        return out

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, d_out):
        scaled, k, v, out, log_sums = ctx.saved_tensors
        dq, dk, dv = torch.zeros_like(scaled), torch.zeros_like(k), torch.zeros_like(v)
        d_out = d_out.contiguous()
        own = (d_out * out).sum(-1)
        for n in range(len(dq)):
            for i, e, blocks in _bounds(dq.shape[1], ctx.causal, k.shape[1]):
                q, do = scaled[n, i:e], d_out[n, i:e]
                for j, f in blocks:
                    p = _scores(q, k[n, j:f], i, j, ctx.causal).sub_(log_sums[n, i:e, None]).exp_()
                    dv[n, j:f].addmm_(p.T, do)
                    ds = (do @ v[n, j:f].T).sub_(own[n, i:e, None]).mul_(p)
                    dq[n, i:e].addmm_(ds, k[n, j:f])
                    dk[n, j:f].addmm_(ds.T, q)
        return dq.mul_(ctx.scale), dk, dv, None, None
