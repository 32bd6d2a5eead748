"""Reverse-mode automatic differentiation of expressions in arrays: every gradient from one walk back.

    W = Tensor(np.ones((3, 2)))
    loss = ((X @ W - Y) ** 2).mean()
    loss.backward()
    W.grad                      # (3, 2)

A Tensor remembers the Tensors it was computed from, and for each the vector–Jacobian product (VJP) that carries a gradient
back to it. `backward` calls them in reverse order. After Karpathy's micrograd (2020), with arrays for numbers.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lib.book import validate
from lib.book.validate import ANY
from lib.losses.backprop import numerical_gradient, sum_to_shape
from lib.losses.neurons import activation


class Tensor:
    """An array of float64, and after `backward` its gradient, of the same shape.

    Raises ValueError where a value is NaN or infinite, TypeError where it is no array of real numbers.
    """

    __slots__ = ("grad", "name", "parents", "value")
    __array_ufunc__ = None  # array + Tensor asks the Tensor

    def __init__(self, value):
        self.value = (
            value.value
            if isinstance(value, Tensor)
            else validate.array(value, "a Tensor", allow_empty=True, within=ANY)
        )
        self.parents: tuple[tuple[Tensor, Callable], ...] = ()
        self.name, self.grad = "leaf", None

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    def __repr__(self) -> str:
        return f"Tensor({self.value!r}, {self.name})"

    def backward(self) -> None:
        """Set `grad` of all Tensors that this one, a single number, was computed from. Equation: eq-chain-rule"""
        if self.value.size != 1:
            raise ValueError(
                f"backward starts from a single number, but this Tensor has shape {self.shape}: sum it first"
            )
        order = self._order()
        for tensor in order:
            tensor.grad = np.zeros(tensor.shape)
        self.grad = np.ones(self.shape)
        for tensor in reversed(order):
            for parent, vjp in tensor.parents:
                parent.grad += sum_to_shape(vjp(tensor.grad), parent.shape)

    def _order(self) -> list[Tensor]:
        """Return this Tensor and all before it, each after those it was computed from (no recursion: graphs are deep)."""
        order, seen, stack = [], set(), [(self, False)]
        while stack:
            tensor, finished = stack.pop()
            if finished:
                order.append(tensor)
            elif id(tensor) not in seen:
                seen.add(id(tensor))
                stack.append((tensor, True))
                stack.extend((parent, False) for parent, _ in tensor.parents)
        return order

    def _beside(self, other) -> Tensor:
        """Return `other` as a Tensor, or raise where the two shapes cannot be brought to one."""
        other = _tensor(other)
        if self.shape == other.shape or not self.shape or not other.shape:
            return other  # the usual cases, at no cost
        try:
            np.broadcast_shapes(self.shape, other.shape)
        except ValueError:
            raise ValueError(f"shapes {self.shape} and {other.shape} cannot be broadcast to one") from None
        return other

    def __add__(self, other):
        other = self._beside(other)
        return _node("+", self.value + other.value, (self, lambda g: g), (other, lambda g: g))

    def __mul__(self, other):
        other = self._beside(other)
        a, b = self.value, other.value
        return _node("*", a * b, (self, lambda g: g * b), (other, lambda g: g * a))

    def __truediv__(self, other):
        other = self._beside(other)
        a, b = self.value, other.value
        if not b.all():
            raise ValueError("division by zero")
        return _node("/", a / b, (self, lambda g: g / b), (other, lambda g: -g * a / b**2))

    def __matmul__(self, other):
        other = _tensor(other)
        A, B = self.value, other.value
        if A.ndim != 2 or B.ndim not in (1, 2) or A.shape[1] != B.shape[0]:
            raise ValueError(f"@ takes (N, k) @ (k, m) or (N, k) @ (k,), but was given {A.shape} @ {B.shape}")
        back = (lambda g: g @ B.T) if B.ndim == 2 else (lambda g: np.outer(g, B))
        return _node("@", A @ B, (self, back), (other, lambda g: A.T @ g))

    def __pow__(self, exponent):
        p, a = validate.number(exponent, "the exponent"), self.value
        if (p != round(p) and (a <= 0).any()) or (p < 0 and not a.all()):
            raise ValueError(f"the power {p:g} of {a.min():g} has no value or no derivative")
        return _node("**", a**p, (self, lambda g: g * p * a ** (p - 1 if p else 0)))

    def __neg__(self):
        return _node("neg", -self.value, (self, lambda g: -g))

    def __sub__(self, other):
        return self + -self._beside(other)

    def __rsub__(self, other):
        return _tensor(other) - self

    def __rtruediv__(self, other):
        return _tensor(other) / self

    def __rmatmul__(self, other):
        return _tensor(other) @ self

    def exp(self):
        if self.value.max(initial=0) > 709:
            raise ValueError(f"e to the {self.value.max():.4g} is more than a float holds: take the largest out first")
        y = np.exp(self.value)
        return _node("exp", y, (self, lambda g: g * y))

    def log(self):
        a = self.value
        if (a <= 0).any():
            raise ValueError(f"log of {a.min():g}: take logarithms of positive numbers, or losses from scores")
        return _node("log", np.log(a), (self, lambda g: g / a))

    def activate(self, name: str):
        """Return φ of every entry, φ one of `neurons.ACTIVATIONS`. Equation: eq-vjp-entrywise"""
        phi, z = activation(name), self.value
        y = phi.value(z)
        return _node(name, y, (self, lambda g: g * phi.slope_at(z, y)))

    def sum(self, axis=None, keepdims: bool = False):
        axes = () if axis is None else axis if isinstance(axis, tuple) else (axis,)
        axes = [validate.whole(one, "axis", low=-self.value.ndim, high=self.value.ndim - 1) for one in axes]
        if len({one % self.value.ndim for one in axes}) < len(axes):
            raise ValueError(f"an axis is named twice: {axis}")
        y, shape = self.value.sum(axis=axis, keepdims=True), self.shape
        back = (self, lambda g: np.broadcast_to(g.reshape(y.shape), shape))
        return _node("sum", y if keepdims else self.value.sum(axis=axis), back)

    def mean(self, axis=None, keepdims: bool = False):
        total = self.sum(axis, keepdims)
        return total * (total.value.size / max(self.value.size, 1))

    # What leaves the range of floats is refused by `_node`, and here: numpy need not warn of it.
    backward, sum = validate.finite_answer(backward), validate.finite_answer(sum)
    __add__, __mul__, __truediv__ = map(validate.finite_answer, (__add__, __mul__, __truediv__))
    __matmul__, __pow__ = map(validate.finite_answer, (__matmul__, __pow__))
    __radd__, __rmul__ = __add__, __mul__

    @property
    def T(self):
        return _node("T", self.value.T, (self, lambda g: g.T))

    def reshape(self, *shape):
        try:
            self.value.reshape(*shape)
        except (ValueError, TypeError, IndexError):
            raise ValueError(f"a Tensor of shape {self.shape} cannot be reshaped to {shape}") from None
        return _node("reshape", self.value.reshape(*shape), (self, lambda g: g.reshape(self.shape)))

    def __getitem__(self, index):
        try:
            taken = self.value[index]
        except (IndexError, ValueError, TypeError) as error:
            raise ValueError(f"a Tensor of shape {self.shape} has no entry [{index}]: {error}") from None

        def scatter(g):
            out = np.zeros(self.shape)
            np.add.at(out, index, g)  # an entry taken twice gets both gradients
            return out

        return _node("[]", taken, (self, scatter))

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("a Tensor that is a single number has no length")
        return len(self.value)

    def __iter__(self):
        return (self[i] for i in range(len(self)))


def log_sum_exp(Z: Tensor) -> Tensor:
    """Return log Σₖ e^zₖ (N, 1) of the rows of Z (N, K), without overflow. Equation: eq-log-sum-exp"""
    Z = _tensor(Z)
    if Z.value.ndim != 2 or not Z.value.size:
        raise ValueError(f"Z must be a matrix of scores with entries, but has shape {Z.shape}")
    top = Z.value.max(axis=1, keepdims=True)  # a constant shift: it has no gradient of its own
    return (Z - top).exp().sum(axis=1, keepdims=True).log() + top


def gradients(f: Callable[..., Tensor], *arrays) -> list[np.ndarray]:
    """Return the gradients of the number f(*Tensors), one array for each of `arrays`. Equation: eq-chain-rule"""
    leaves = [Tensor(a) for a in arrays]
    _number_of(f, *leaves).backward()
    return [np.zeros(leaf.shape) if leaf.grad is None else leaf.grad for leaf in leaves]


def gradcheck(f: Callable[..., Tensor], *arrays, step: float = 1e-6) -> float:
    """Return the largest difference between `gradients` and central differences, as a share of the largest entry.

    About 1e-9 for right VJPs of smooth functions of moderate size. Equation: eq-central-difference
    """
    worst = 0.0
    for i, found in enumerate(gradients(f, *arrays)):

        def of_one(x, i=i):
            return _number_of(f, *(Tensor(x if j == i else a) for j, a in enumerate(arrays))).value.item()

        gap = np.abs(found - numerical_gradient(of_one, arrays[i], step)).max(initial=0.0)
        worst = max(worst, float(gap / max(np.abs(found).max(initial=0.0), np.finfo(float).tiny)))
    return worst


def _number_of(f: Callable[..., Tensor], *leaves: Tensor) -> Tensor:
    """Return f(*leaves), or raise where it is no Tensor of one number."""
    out = f(*leaves)
    if not isinstance(out, Tensor):
        raise TypeError(f"f must return a Tensor, but returns {type(out).__name__}")
    if out.value.size != 1:
        raise ValueError(f"f must return a single number, but returns a Tensor of shape {out.shape}: sum it first")
    return out


def _tensor(value) -> Tensor:
    return value if isinstance(value, Tensor) else Tensor(value)


def _node(name: str, value, *parents: tuple[Tensor, Callable]) -> Tensor:
    out = Tensor.__new__(Tensor)
    out.value, out.parents, out.name, out.grad = np.asarray(value), parents, name, None
    if not np.isfinite(out.value).all():
        largest = max(np.abs(parent.value).max() for parent, _ in parents)
        raise ValueError(f"{name} of entries up to {largest:.3g} is not finite")
    return out
