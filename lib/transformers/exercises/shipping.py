"""Exercises of "Shipping a model"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise, number

__all__ = [
    "bytes_in_eight_bits",
    "fold_the_norm",
    "order_of_nodes",
    "quantise_columns",
    "read_varint",
    "what_a_trace_keeps",
]


# ---------------------------------------------------------------------------------------------------------- a varint
def _written(n: int) -> list[int]:
    out = []
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    return [*out, n]


def _varint_cases(rng):
    yield case("one byte", [5], 0)
    yield case("127, the largest of one byte, with more behind it", [127, 9], 0)
    yield case("300, as 172 and 2", [172, 2], 0)
    yield case("in the middle of a file", [8, 172, 2, 18], 1)
    yield case("zero", [200, 0, 7], 1)
    for n in (128, 16_384, int(rng.integers(2**20, 2**34)), int(rng.integers(2**40, 2**55))):
        yield [*rng.integers(256, size=2).tolist(), *_written(n), 130], 2


@exercise(
    cases=_varint_cases,
    hints=(
        "Each byte carries seven bits. What do you do with the eighth, and which seven bits come first?",
        "The k-th byte b adds (b % 128) · 128ᵏ; the number ends with the first byte below 128.",
        "value = power = …; loop: value += data[at] % 128 * power; then at += 1 and power *= 128; stop after a byte below …",
    ),
)
def read_varint(data, at):
    """Return (value, next): the whole number that begins at a place of a file, and the place behind it.

    data : a list of bytes, whole numbers from 0 to 255;  at : where the number's first byte is
    """
    value, power = 0, 1
    while True:
        byte = data[at]
        value += byte % 128 * power
        at, power = at + 1, power * 128
        if byte < 128:
            return value, at


def _varint(data, at, mask=128, base=128, big=False, relative=False, stay=False, stop=lambda byte: byte < 128):
    digits, start = [], at
    while True:
        byte = data[at]
        digits.append(byte % mask)
        at += 1
        if stop(byte) or at == len(data):
            break
    digits = digits[::-1] if big else digits
    value = sum(d * base**k for k, d in enumerate(digits))
    return value, start if stay else at - start if relative else at


@read_varint.mistake(
    "The eighth bit only says that there are more: take it off each byte, with byte % 128 or byte & 127."
)
def _with_the_flag(data, at):
    return _varint(data, at, mask=256)


@read_varint.mistake("The lowest seven bits come first. You read the first byte as the highest.")
def _highest_first(data, at):
    return _varint(data, at, big=True)


@read_varint.mistake("A byte carries seven bits here, so that the next one counts 128 times as much, not 256 times.")
def _by_eight(data, at):
    return _varint(data, at, base=256)


@read_varint.mistake(
    "That is how many bytes the number takes. Return the place behind it, from which reading goes on: counted from the file's beginning."
)
def _length(data, at):
    return _varint(data, at, relative=True)


@read_varint.mistake("Return the place behind the number, from which reading goes on, not the place where it began.")
def _stays(data, at):
    return _varint(data, at, stay=True)


@read_varint.mistake("It is the other way round: a byte of 128 or more says that another follows.")
def _other_way(data, at):
    return _varint(data, at, stop=lambda byte: byte >= 128)


# ---------------------------------------------------------------------------------------------------- an order of nodes
def _order_cases(rng):
    yield case("one node", [(["x"], ["y"])], ["x"])
    yield case("in order already", [(["x"], ["a"]), (["a"], ["b"]), (["a", "b"], ["y"])], ["x"])
    yield case("backwards", [(["b"], ["y"]), (["a"], ["b"]), (["x"], ["a"])], ["x"])
    yield case("one that was not ready goes before the rest", [(["a"], ["b"]), (["x"], ["a"]), (["x"], ["c"])], ["x"])
    yield case("a weight and an input", [(["h", "W"], ["y"]), (["x", "W"], ["h"])], ["x", "W"])
    yield case("two outputs", [(["b"], ["y"]), (["x"], ["a", "b"]), (["a", "y"], ["z"])], ["x"])
    yield case("a circle", [(["x"], ["a"]), (["c"], ["b"]), (["b"], ["c"])], ["x"])
    for n in (5, 7, 9):
        nodes = []
        for i in range(n):
            names = ["x", *(f"v{j}" for j in range(i))]
            nodes.append(([names[j] for j in rng.integers(len(names), size=2)], [f"v{i}"]))
        yield [nodes[i] for i in rng.permutation(n)], ["x"]


@exercise(
    cases=_order_cases,
    hints=(
        "When can a node be computed? Which nodes can be computed at the beginning?",
        "Keep the names that are there. Take the first node that waits and whose inputs are all there, add its outputs, and look from the beginning again.",
        "while there is an i among the waiting with all(name in known for name in nodes[i][0]): take the smallest, append it, and known.update(nodes[i][1]); else return …",
    ),
)
def order_of_nodes(nodes, known):
    """Return an order in which nodes can be computed, as a list of their numbers from 0.

    nodes : a list of pairs (names of inputs, names of outputs);  known : the names that are there before
    At each step the first of the waiting nodes that can be computed is taken. Return the empty list where some can never be computed.
    """
    known, order = set(known), []
    while len(order) < len(nodes):
        ready = [i for i, (inputs, _) in enumerate(nodes) if i not in order and all(name in known for name in inputs)]
        if not ready:
            return []
        order.append(ready[0])
        known.update(nodes[ready[0]][1])
    return order


def _ordered(nodes, known, need=all, pick=0, only=None, sweep=False, part=False, first=False):
    known, order = set(known), []
    while len(order) < len(nodes):
        ok = lambda inputs: need(name in known for name in (inputs[:1] if only else inputs))
        if sweep:
            before = len(order)
            for i, (inputs, outputs) in enumerate(nodes):
                if i not in order and ok(inputs):
                    order.append(i)
                    known.update(outputs)
            if len(order) == before:
                return order if part else []
            continue
        ready = [i for i, (inputs, _) in enumerate(nodes) if i not in order and ok(inputs)]
        if not ready:
            return order if part else []
        order.append(ready[pick])
        known.update(nodes[ready[pick]][1][:1] if first else nodes[ready[pick]][1])
    return order


@order_of_nodes.mistake("A node needs all of its inputs; you take it when one of them is there.")
def _any_input(nodes, known):
    return _ordered(nodes, known, need=any)


@order_of_nodes.mistake("You look at a node's first input alone. It needs all of them.")
def _first_input(nodes, known):
    return _ordered(nodes, known, only=True)


@order_of_nodes.mistake(
    "You go on behind the node that was taken. Look from the beginning again: one that was not ready may be ready now, and is before the rest."
)
def _sweeps(nodes, known):
    return _ordered(nodes, known, sweep=True)


@order_of_nodes.mistake("Of the nodes that can be computed the first is asked for; you take the last.")
def _takes_the_last(nodes, known):
    return _ordered(nodes, known, pick=-1)


@order_of_nodes.mistake("Where some nodes can never be computed there is no order: return the empty list.")
def _as_far_as_it_goes(nodes, known):
    return _ordered(nodes, known, part=True)


@order_of_nodes.mistake("A node may make several arrays: all its outputs are there once it was computed.")
def _first_output(nodes, known):
    return _ordered(nodes, known, first=True)


# ------------------------------------------------------------------------------------------------- a scale a column
def _column_cases(rng):
    yield case("the largest is negative", np.array([[-2.0, 0.3], [0.7, 1.0]]))
    yield case("a column of zeros", np.array([[0.0, 1.5], [0.0, -0.4], [0.0, 0.1]]))
    yield case("one row", np.array([[0.5, -3.0, 0.0]]))
    for m, n in ((4, 3), (3, 5), (6, 2)):
        yield (rng.normal(size=(m, n)) * np.exp(rng.normal(size=n)),)


@exercise(
    cases=_column_cases,
    hints=(
        "What must a column's largest entry, its sign aside, become?",
        "The scale of a column is its largest |entry| divided by 127; the whole numbers are the entries divided by it and rounded.",
        "largest = np.abs(W).max(axis=…); scale = np.where(largest > 0, largest / 127, 1.0); codes = np.rint(W / …)",
    ),
)
def quantise_columns(W):
    """Return (codes, scale): 8-bit whole numbers of a matrix, from −127 to 127, with one scale for each column, W ≈ codes · scale.

    W : (m, n);  returns arrays (m, n), whole numbers, rounded to the nearest, and (n,). A column of zeros has the scale 1.
    """
    largest = np.abs(W).max(axis=0)
    scale = np.where(largest > 0, largest / 127, 1.0)
    return np.rint(W / scale), scale


def _columns(W, top=127, size=np.abs, axis=0, round=np.rint, safe=True, clip=False):
    largest = size(W).max(axis=axis, keepdims=axis == 1)
    if axis is None:
        largest = np.full(W.shape[1], largest)
    with np.errstate(all="ignore"):
        scale = np.where(largest > 0, largest / top, 1.0) if safe else largest / top
        codes = round(W / scale)
    codes = np.clip(codes, -127, 127) if clip else codes
    return codes, scale.ravel()


@quantise_columns.mistake("Take the largest entry without its sign: a column's most negative entry must fit too.")
def _largest_positive(W):
    return _columns(W, size=lambda W: W)


@quantise_columns.mistake(
    "You cut off the fraction. Round to the nearest whole number: the error is then at most half a step."
)
def _cut_off(W):
    return _columns(W, round=np.trunc)


@quantise_columns.mistake("The quotients are not rounded: what is stored must be whole numbers.")
def _unrounded(W):
    return _columns(W, round=lambda W: W)


@quantise_columns.mistake("You round down. Round to the nearest whole number: the error is then at most half a step.")
def _down(W):
    return _columns(W, round=np.floor)


@quantise_columns.mistake(
    "That is a scale for each row. A column makes one entry of the product: it is given the scale."
)
def _by_rows(W):
    return _columns(W, axis=1)


@quantise_columns.mistake("That is one scale for the whole matrix, which a single large column spoils for all others.")
def _one_for_all(W):
    return _columns(W, axis=None)


@quantise_columns.mistake("The largest entry becomes 128, which 8 bits with a sign do not have: divide by 127.")
def _by_128(W):
    return _columns(W, top=128)


@quantise_columns.mistake("In a column of zeros the scale would be 0, and 0 / 0 no number: give it the scale 1.")
def _zero_scale(W):
    return _columns(W, safe=False)


# ------------------------------------------------------------------------------------------------------ a norm's scale
def _fold_cases(rng):
    yield case("a scale alone", np.array([2.0, 0.5]), np.zeros(2), np.array([[1.0, 3.0], [4.0, 2.0]]), np.zeros(2))
    yield case("a shift alone", np.ones(2), np.array([1.0, -2.0]), np.array([[1.0, 3.0], [4.0, 2.0]]), np.ones(2))
    yield case("a scale of 0", np.array([0.0, 1.5]), np.array([1.0, 0.5]), rng.normal(size=(2, 2)), rng.normal(size=2))
    for d, m in ((3, 3), (4, 2), (2, 5)):
        yield rng.normal(size=d), rng.normal(size=d), rng.normal(size=(d, m)), rng.normal(size=m)


@exercise(
    cases=_fold_cases,
    hints=(
        "Multiply (x̂ γ + β) W + b out, entry by entry. What stands with x̂, and what does not?",
        "Entry j is Σᵢ x̂ᵢ γᵢ Wᵢⱼ + Σᵢ βᵢ Wᵢⱼ + bⱼ.",
        "return gamma[:, …] * W, b + beta @ …",
    ),
)
def fold_the_norm(gamma, beta, W, b):
    """Return (W′, b′) with (x̂ γ + β) W + b = x̂ W′ + b′ for every row x̂: a norm's scale and shift, put into the layer behind it.

    gamma, beta : (d,);  W : (d, m);  b : (m,);  returns arrays (d, m) and (m,)
    """
    return gamma[:, None] * W, b + beta @ W


@fold_the_norm.mistake("γ multiplies the entries that come in, which are W's rows: gamma[:, None] * W.")
def _on_columns(gamma, beta, W, b):
    m = W.shape[1]
    return (gamma * W if m == len(gamma) else np.resize(gamma, m) * W), b + beta @ W


@fold_the_norm.mistake("The shift β goes through W as well: β W comes to the free terms.")
def _without_the_shift(gamma, beta, W, b):
    return gamma[:, None] * W, b


@fold_the_norm.mistake("β is added after γ has multiplied: it goes through W as it was, not through γ W.")
def _shift_scaled(gamma, beta, W, b):
    return gamma[:, None] * W, b + beta @ (gamma[:, None] * W)


@fold_the_norm.mistake("γ multiplies: W′ has γᵢ Wᵢⱼ, and you divide by it, as if the norm were to be undone.")
def _divided(gamma, beta, W, b):
    with np.errstate(all="ignore"):
        return W / gamma[:, None], b + beta @ W


@fold_the_norm.mistake("The layer's own free terms b are lost: they stay, and β W is added to them.")
def _own_terms_lost(gamma, beta, W, b):
    return gamma[:, None] * W, beta @ W


# ------------------------------------------------------------------------------------------------------------- numbers
bytes_in_eight_bits = number(
    "bytes_in_eight_bits",
    answer=lambda: 768 * 2304 + 4 * 2304,
    rtol=1e-9,
    unit="bytes",
    why="768 · 2,304 weights of one byte and 2,304 scales of four bytes: 1,778,688, a little more than a quarter of the 7,077,888 in 32 bits.",
    hints=(
        "There are two arrays: the whole numbers, and the scales.",
        "A whole number of 8 bits is one byte, and a scale of 32 bits is four.",
        "768 * 2304 + 4 * …",
    ),
    mistakes=[
        (lambda: 768 * 2304, "The scales have bytes too: four for each column."),
        (lambda: 768 * 2304 + 2304, "A scale is a number of 32 bits: four bytes, not one."),
        (lambda: 768 * 2304 + 4 * 768, "That is a scale for each row. Each of the 2,304 columns has one."),
        (lambda: 4 * 768 * 2304, "That is the matrix in 32 bits."),
        (lambda: 8 * 768 * 2304 + 32 * 2304, "That is in bits. A byte has eight."),
    ],
)

what_a_trace_keeps = choice(
    "what_a_trace_keeps",
    answer="b",
    why="The trace meets operators. The loop has run by then: three copies of its body are in the graph, as many as the example had places.",
    feedback={
        "a": "A trace sees no loops: Python has run it, and the trace wrote down what was computed on the way.",
        "c": "Each pass of the loop is written down, so that nothing of the example's three is lost.",
        "d": "Nothing is refused: the older way of torch.onnx writes the file, and warns at most.",
    },
    hints=(
        "What does a trace see: Python's lines, or the operators that are computed?",
        "With an example of three places the body of the loop runs three times.",
        "Then what does the graph do with five places?",
    ),
)
