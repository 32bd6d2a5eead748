"""Exercises of "Backpropagation"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise, number, order
from lib.losses.backprop import neuron

__all__ = [
    "backward_in_order",
    "gradients_of_two_layers",
    "slopes_of_a_chain",
    "sum_what_was_repeated",
    "the_other_weight",
    "vjp_of_a_layer",
    "why_backwards",
]

the_other_weight = number(
    "the_other_weight",
    answer=lambda: neuron([1.0, 2.0], [0.5, 0.2], -1.1, 1.0).by_w[1],
    rtol=1e-2,
    why="The slope by h is (s − 1) s (1 − s) = −0.1361, and h grows by 0.2 for each unit of w₂.",
    hints=(
        "Everything from the loss back to h is the same as for w₁. What differs is the last factor.",
        "dL/dw₂ = (s − t) · s(1 − s) · x₂ with x₂ = 0.2 and s = 0.4502.",
        "(0.4502 - 1) * 0.4502 * (1 - 0.4502) * 0.2",
    ),
    mistakes=[
        (
            lambda: -neuron([1.0, 2.0], [0.5, 0.2], -1.1, 1.0).by_w[1],
            "The sign is lost: s lies below the target, so dL/ds = s − 1 is negative.",
        ),
        (lambda: neuron([1.0, 2.0], [0.5, 0.2], -1.1, 1.0).by_w[0], "That is the slope by w₁. The input of w₂ is 0.2."),
        (
            lambda: neuron([1.0, 2.0], [0.5, 0.2], -1.1, 1.0).by_h,
            "That is the slope by h. One factor is left: dh/dw₂ = x₂.",
        ),
        (lambda: -0.5498 * 0.2, "The slope of the sigmoid, s(1 − s), is missing."),
        (
            lambda: neuron([1.0, 2.0], [0.5, 0.2], -1.1, 1.0).by_x[1],
            "That is the slope by the input x₂: you multiplied with the weight.",
        ),
    ],
)

why_backwards = choice(
    "why_backwards",
    answer="b",
    why="A row times a matrix stays a row. From the other side a matrix with one column for each input is carried along.",
    feedback={
        "a": "The product is the same from either side: matrix multiplication is associative.",
        "c": "Both need the values of the forward pass; walking back must even store them all.",
        "d": "It works for any differentiable steps. What matters is the shape: many inputs, one output.",
    },
    hints=(
        "Write down the shapes of the Jacobians of a network with a million weights and one loss.",
        "The last Jacobian has a single row. What is the shape of the product so far, from each side?",
        "Row times matrix costs one multiplication an entry of the matrix; matrix times matrix many.",
    ),
)

backward_in_order = order(
    "backward_in_order",
    lines={
        "A": "W₂ ← W₂ − η dW₂ and W₁ ← W₁ − η dW₁",
        "B": "G₁ = (GW₂ᵀ) ∘ φ′(XW₁ + b₁)",
        "C": "G = (P − T)/N, the gradient by Z",
        "D": "dW₁ = XᵀG₁",
        "E": "dW₂ = HᵀG",
        "F": "compute H = φ(XW₁ + b₁) and Z = HW₂ + b₂",
    },
    needs={"C": "F", "E": "C", "B": "C", "D": "B", "A": "DE"},
    feedback={
        "C": "P is the softmax of Z: the forward pass comes first.",
        "E": "Hᵀ waits for something to be multiplied with: the gradient by Z.",
        "B": "G₁ is carried back from G through W₂.",
        "D": "The gradient of the first layer needs the gradient by its scores, G₁.",
        "A": "Change the weights last: the backward pass must see those of the forward pass.",
    },
    hints=(
        "Values go forward, then slopes come back, and only then do weights change.",
        "Start with the forward pass and end with the change of the weights. What does the gradient by Z need, and who needs it?",
        "F and C stand first; from there back to the first layer, B before D. Where may E stand?",
    ),
)


# ------------------------------------------------------------------------------------------------------- plain Python
def _chains(rng):
    yield case("one step", [3.5])
    yield case("a flat step", [2.0, 0.0, 5.0])
    for n in (3, 5, 8):
        yield ([rng.uniform(-2, 2) for _ in range(n)],)


@exercise(
    cases=_chains,
    python_only=True,
    hints=(
        "The last value changes the output by the last slope. What about the value before it?",
        "Walk from the end: each slope of the output is the next one times the local slope.",
        "out = []; g = 1.0; for s in reversed(slopes): g = g * s; out.append(g); return out[::-1]",
    ),
)
def slopes_of_a_chain(slopes):
    """Return the derivative of the output by every value of a chain, with one multiplication a step.

    slopes : a list; slopes[i] is the derivative of value i + 1 by value i, and the last value is the output
    returns a list of the same length: the derivative of the output by value 0, value 1, …
    """
    out, g = [], 1.0
    for slope in reversed(slopes):
        g = g * slope
        out.append(g)
    return out[::-1]


@slopes_of_a_chain.mistake(
    "These are products from the front: the derivatives of each value by the input, not of the output by each value."
)
def _from_the_front(slopes):
    out, g = [], 1.0
    for slope in slopes:
        g = g * slope
        out.append(g)
    return out


@slopes_of_a_chain.mistake("The numbers are right and their order is turned: the derivative by value 0 comes first.")
def _turned(slopes):
    return slopes_of_a_chain.function(slopes)[::-1]


@slopes_of_a_chain.mistake("You added the local slopes. The chain rule multiplies them.")
def _added(slopes):
    return [sum(slopes[i:]) for i in range(len(slopes))]


@slopes_of_a_chain.mistake("That is one step too late: the derivative by value i contains its own local slope.")
def _shifted(slopes):
    return [*slopes_of_a_chain.function(slopes)[1:], 1.0]


@slopes_of_a_chain.mistake(
    "Every entry is the whole product. A later value has fewer slopes between itself and the output."
)
def _whole_product(slopes):
    g = 1.0
    for slope in slopes:
        g = g * slope
    return [g] * len(slopes)


# -------------------------------------------------------------------------------------------------------------- layers
def _layer_and_gradient(rng):
    yield case("one sample, one unit", np.array([[2.0, 5.0]]), np.array([[1.0], [-1.0]]), np.array([[0.5]]))
    for n, k, m in ((4, 3, 2), (3, 3, 3), (5, 2, 4)):
        yield rng.normal(size=(n, k)), rng.normal(size=(k, m)), rng.normal(size=(n, m))


@exercise(
    cases=_layer_and_gradient,
    hints=(
        "Each of the three results has the shape of what it is the gradient of. That nearly settles which product it is.",
        "dX = GWᵀ, dW = XᵀG, and b was added to each row, so db collects all rows.",
        "G @ W.T has the shape of X, X.T @ G that of W, and a sum of G over one axis that of b.",
    ),
)
def vjp_of_a_layer(X, W, G):
    """Return (dX, dW, db), the gradients of a loss by X, W and b, from its gradient G by XW + b.

    X : (N, k);  W : (k, m);  G : (N, m);  returns (N, k), (k, m), (m,)
    """
    return G @ W.T, X.T @ G, G.sum(axis=0)


@vjp_of_a_layer.mistake("b was added to every row, so its gradient is the sum over the rows, not their mean.")
def _mean_of_rows(X, W, G):
    return G @ W.T, X.T @ G, G.mean(axis=0)


@vjp_of_a_layer.mistake("You summed G over the units. b has one entry a unit, and collects over the samples.")
def _sum_of_units(X, W, G):
    return G @ W.T, X.T @ G, G.sum(axis=1)


@vjp_of_a_layer.mistake("dX and dW are in each other's place.")
def _swapped(X, W, G):
    return X.T @ G, G @ W.T, G.sum(axis=0)


@vjp_of_a_layer.mistake("dW needs no 1/N of its own: the mean over the samples is already in G.")
def _divided(X, W, G):
    return G @ W.T, X.T @ G / len(X), G.sum(axis=0)


@vjp_of_a_layer.mistake("b was added to every row, so G has to be summed over the rows: db has one entry a unit.")
def _not_summed(X, W, G):
    return G @ W.T, X.T @ G, G


@vjp_of_a_layer.mistake("Ones are the slope of XW + b by b. The gradient has G on top: sum it over the rows.")
def _without_G(X, W, G):
    return G @ W.T, X.T @ G, np.ones(W.shape[1])


def _repeated(rng):
    yield case("nothing was repeated", np.array([[1.0, 2.0]]), (1, 2))
    yield case("a number", np.arange(6.0).reshape(2, 3), ())
    for big, small in (((4, 3), (3,)), ((4, 3), (4, 1)), ((4, 3), (1, 3)), ((2, 4, 3), (4, 1)), ((2, 4, 3), (2, 1, 3))):
        yield rng.normal(size=big), small


@exercise(
    cases=_repeated,
    hints=(
        "An entry that was copied ten times receives ten gradients: they add up.",
        "First sum over the axes that `shape` does not have (the leading ones), then over those where it has 1.",
        "G = G.sum(axis=tuple(range(G.ndim - len(shape)))); then G.sum(axis=…, keepdims=True) over the axes of size 1",
    ),
)
def sum_what_was_repeated(G, shape):
    """Return the gradient by an array of the given shape that was broadcast to the shape of G.

    G : the gradient by the broadcast array;  shape : a tuple that broadcasts to G.shape;  returns an array of that shape
    """
    extra = G.ndim - len(shape)
    G = G.sum(axis=tuple(range(extra)))
    ones = tuple(i for i, n in enumerate(shape) if n == 1)
    return G.sum(axis=ones, keepdims=True)


@sum_what_was_repeated.mistake(
    "You took the mean of the copies' gradients. They add up: each copy moves the loss on its own."
)
def _mean_of_copies(G, shape):
    return sum_what_was_repeated.function(G, shape) * np.prod(shape) / G.size


@sum_what_was_repeated.mistake("You took one of the copies. The gradients of all of them add up.")
def _first_copy(G, shape):
    for _ in range(G.ndim - len(shape)):
        G = G[0]
    return G[tuple(slice(0, n) for n in shape)]


@sum_what_was_repeated.mistake(
    "Leading axes are summed, but not those where the shape has a 1: they were repeated as well."
)
def _only_leading(G, shape):
    return G.sum(axis=tuple(range(G.ndim - len(shape))))


@sum_what_was_repeated.mistake(
    "The sum dropped the axes of size 1. Keep them (keepdims), so that the shape is the array's own."
)
def _dropped(G, shape):
    return np.squeeze(sum_what_was_repeated.function(G, shape))


@sum_what_was_repeated.mistake("You summed over all axes and spread the sum again. Only the repeated axes are summed.")
def _sum_of_all(G, shape):
    return np.ones(shape) * G.sum()


# ----------------------------------------------------------------------------------------------------------- two layers
def _networks(rng):
    yield case(
        "one sample, one hidden unit",
        np.array([[1.0]]),
        np.array([0.5]),
        np.array([[2.0]]),
        np.array([0.0]),
        np.array([1.5]),
    )
    for n, k, m in ((4, 2, 3), (6, 3, 2), (5, 4, 4)):
        yield (
            rng.normal(size=(n, k)),
            rng.normal(size=n),
            rng.normal(size=(k, m)),
            rng.normal(size=m),
            rng.normal(size=m),
        )


@exercise(
    cases=_networks,
    hints=(
        "Forward: H = tanh(XW + b), ŷ = Hv, e = ŷ − y. Then walk back from e.",
        "The gradient by ŷ is g = 2e/N. By v it is Hᵀg; by H it is g vᵀ; through tanh multiply by 1 − H².",
        "G = np.outer(g, v) * (1 - H**2); return X.T @ G, G.sum(axis=0), H.T @ g",
    ),
)
def gradients_of_two_layers(X, y, W, b, v):
    """Return (dW, db, dv), the gradients of the mean squared error of ŷ = tanh(XW + b) v.

    X : (N, k);  y : (N,);  W : (k, m);  b : (m,);  v : (m,);  returns (k, m), (m,), (m,)
    """
    H = np.tanh(X @ W + b)
    g = 2 * (H @ v - y) / len(y)
    G = np.outer(g, v) * (1 - H**2)
    return X.T @ G, G.sum(axis=0), H.T @ g


@gradients_of_two_layers.mistake("The slope of tanh, 1 − H², is missing on the way back to W and b.")
def _no_slope(X, y, W, b, v):
    H = np.tanh(X @ W + b)
    g = 2 * (H @ v - y) / len(y)
    return X.T @ np.outer(g, v), np.outer(g, v).sum(axis=0), H.T @ g


@gradients_of_two_layers.mistake("You took 1 − (XW + b)² for the slope of tanh: it is 1 − tanh², so 1 − H².")
def _slope_of_scores(X, y, W, b, v):
    Z = X @ W + b
    H = np.tanh(Z)
    g = 2 * (H @ v - y) / len(y)
    G = np.outer(g, v) * (1 - Z**2)
    return X.T @ G, G.sum(axis=0), H.T @ g


@gradients_of_two_layers.mistake("The gradient went past v: by H it is g times vᵀ, one column a hidden unit.")
def _past_v(X, y, W, b, v):
    H = np.tanh(X @ W + b)
    g = 2 * (H @ v - y) / len(y)
    G = g[:, None] * (1 - H**2)
    return X.T @ G, G.sum(axis=0), H.T @ g


@gradients_of_two_layers.mistake("The 2/N of the mean squared error is missing.")
def _sum_of_halves(X, y, W, b, v):
    return tuple(part * len(y) / 2 for part in gradients_of_two_layers.function(X, y, W, b, v))


@gradients_of_two_layers.mistake("The signs are turned: the error is ŷ − y.")
def _turned_signs(X, y, W, b, v):
    return tuple(-part for part in gradients_of_two_layers.function(X, y, W, b, v))


@gradients_of_two_layers.mistake("h(1 − h) is the slope of the sigmoid. That of tanh is 1 − h².")
def _slope_of_sigmoid(X, y, W, b, v):
    H = np.tanh(X @ W + b)
    g = 2 * (H @ v - y) / len(y)
    G = np.outer(g, v) * H * (1 - H)
    return X.T @ G, G.sum(axis=0), H.T @ g


@gradients_of_two_layers.mistake(
    "The mean over the samples is in g already: db is the sum of G's rows, not their mean."
)
def _mean_of_rows_layers(X, y, W, b, v):
    dW, db, dv = gradients_of_two_layers.function(X, y, W, b, v)
    return dW, db / len(X), dv
