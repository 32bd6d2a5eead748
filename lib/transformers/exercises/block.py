"""Exercises of "The block, and the whole Transformer"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise, number, order

__all__ = [
    "annotated_norm",
    "decoder_in_order",
    "leaking_places",
    "normed_before",
    "parameters_of_a_block",
    "peak_of_the_rate",
    "smooth_targets",
    "why_warm_up",
]

# ------------------------------------------------------------------------------------------------------ numbers, choices
parameters_of_a_block = number(
    "parameters_of_a_block",
    answer=lambda: 4 * 32 * 33 + 2 * 32 * 64 + 64 + 32 + 4 * 32,
    rtol=1e-9,
    unit="parameters",
    why="Attention: four matrices of 32 · 32 and four vectors of 32, 4,224. Network: 2 · 32 · 64 + 64 + 32 = 4,192. Two norms of 2 · 32: 128.",
    hints=(
        "Count the three parts one by one: attention, network, norms.",
        "Attention has four square matrices, whatever the heads; the network two; and there are two norms, each with a scale and a shift.",
        "4 * (D * D + D) + (2 * D * F + F + D) + 2 * …",
    ),
    mistakes=[
        (lambda: 4 * 32 * 32 + 2 * 32 * 64 + 4 * 32, "The free terms are missing: four of attention, two of the network."),
        (lambda: 4 * 32 * 33 + 2 * 32 * 64 + 64 + 32, "The two norms are missing, a scale and a shift each."),
        (lambda: 4 * 32 * 33 + 2 * 32 * 64 + 64 + 32 + 2 * 32, "There are two norms, each with a scale and a shift of 32."),
        (lambda: 3 * 32 * 33 + 2 * 32 * 64 + 64 + 32 + 4 * 32, "Attention has a fourth matrix, which mixes what the heads found."),
        (lambda: 4 * 4 * 32 * 33 + 2 * 32 * 64 + 64 + 32 + 4 * 32, "Heads share the matrices: each has a quarter of their columns."),
        (lambda: 8 * 32 * 33 + 2 * 32 * 64 + 64 + 32 + 6 * 32, "That is a decoder's block. An encoder's has one attention and two norms."),
    ],
)  # fmt: skip

peak_of_the_rate = number(
    "peak_of_the_rate",
    answer=lambda: (256 * 1000) ** -0.5,
    rtol=1e-2,
    why="The two forms meet at step = warm_up, and there the rate is D^−½ · warm_up^−½ = 1/√256,000.",
    hints=(
        "One of the two in the minimum rises, the other falls. Where do they meet?",
        "step^−½ = step · warm_up^−3/2 at step = warm_up. Put that step in.",
        "1 / math.sqrt(D * warm_up)",
    ),
    mistakes=[
        (lambda: 1000**-0.5, "The factor D^−½ is missing."),
        (lambda: 256**-0.5, "That is the factor D^−½ alone."),
        (lambda: (512 * 4000) ** -0.5, "That is the peak of the paper's base model. Here D is 256 and warm_up 1,000."),
        (lambda: 256**-0.5 * 1000**-1.5, "That is the rate of the first step. The peak comes at step 1,000."),
    ],
)

why_warm_up = choice(
    "why_warm_up",
    answer="c",
    why="Adam's first steps move every weight by the rate, whatever the size of its slope. In a deep stack that is normed after its sums, such steps "
    "soon go further than the slopes hold.",
    feedback={
        "a": "Adam divides by the size of the slopes, so that large ones make no larger step.",
        "b": "Slopes of the last blocks are no smaller with norms after the sums: they are larger.",
        "d": "The attention is computed the same way at every rate.",
    },
    hints=(
        "How far does a weight move in Adam's first step?",
        "By the rate, whatever its slope. What did the demo of first steps say of 16 blocks?",
        "The longer a step, the less of what the slopes promise is kept; and with norms after the sums the promise ends sooner.",
    ),
)

decoder_in_order = order(
    "decoder_in_order",
    lines={
        "A": "norm, attend to the encoder's outputs, add the result to the vector",
        "B": "norm, and multiply by the last matrix",
        "C": "add the place's sinusoids to √D times its word's vector",
        "D": "norm, put each place through the feed-forward network, add the result to the vector",
        "E": "norm, attend to the places up to this one, add the result to the vector",
    },
    needs={"E": "C", "A": "E", "D": "A", "B": "D"},
    feedback={
        "E": "Attention without the words' vectors has nothing to look at: first C.",
        "A": "In a decoder's block self-attention comes before the attention to the encoder.",
        "D": "The network is the last of a block's three sublayers.",
        "B": "Scores are read off after the last block, and after its own norm.",
    },
    hints=(
        "What comes in first, and what is asked for at the end?",
        "A block's three sublayers stand between: its own places, the memory, the network.",
        "Vectors, self-attention, attention to the memory, …, scores.",
    ),
)


# --------------------------------------------------------------------------------------------------- normed before
def _norm(x):
    return (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)


def _shifted(x):
    """A norm that does not undo itself when it is applied twice."""
    return 2 * x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + 1e-5) + 0.3


def _sublayer(A, b):
    return lambda x: np.tanh(x @ A + b)


def _stacks(rng):
    yield case("no sublayer", np.array([[1.0, 3.0, 5.0]]), [], _shifted)
    yield case("one sublayer that gives zeros", np.array([[1.0, -3.0]]), [lambda x: 0 * x], _norm)
    for T, D, n in ((2, 3, 1), (3, 4, 2), (4, 3, 3)):
        parts = [_sublayer(rng.normal(size=(D, D)), rng.normal(size=D)) for _ in range(n)]
        yield 3 * rng.normal(size=(T, D)) + 1, parts, (_norm, _shifted)[n % 2]


@exercise(
    cases=_stacks,
    hints=(
        "x is carried past each sublayer unchanged. Which place does the norm have?",
        "x_{ℓ+1} = x_ℓ + f(norm(x_ℓ)) for each sublayer f, one after the other; and at the end one more norm.",
        "a loop in which x becomes x + …, where f is given norm(x); and what comes after the loop?",
    ),
)
def normed_before(x, sublayers, norm):
    """Return what a stack of sublayers gives, each normed before, with the norm that such a stack has at its end.

    x : (T, D);  sublayers : a list of functions from (T, D) to (T, D), perhaps empty;  norm : a function likewise;  returns (T, D)
    """
    for f in sublayers:
        x = x + f(norm(x))
    return norm(x)


@normed_before.mistake(
    "The norm after the last sublayer is missing. Without it the scores are read off a sum that has grown with every sublayer."
)
def _no_last_norm(x, sublayers, norm):
    for f in sublayers:
        x = x + f(norm(x))
    return x


@normed_before.mistake("You carried on norm(x), not x: what goes around a sublayer must be left as it is.")
def _residual_of_the_norm(x, sublayers, norm):
    for f in sublayers:
        y = norm(x)
        x = y + f(y)
    return norm(x)


@normed_before.mistake(
    "That is a stack normed after: norm(x + f(x)). Here the norm stands before the sublayer, inside the residual."
)
def _normed_after(x, sublayers, norm):
    for f in sublayers:
        x = norm(x + f(x))
    return x


@normed_before.mistake(
    "You normed what the sublayer gives, x + norm(f(x)). It is what the sublayer reads that is normed."
)
def _normed_outputs(x, sublayers, norm):
    for f in sublayers:
        x = x + norm(f(x))
    return norm(x)


@normed_before.mistake("The residual is missing: add x to what the sublayer gives.")
def _no_residual(x, sublayers, norm):
    for f in sublayers:
        x = f(norm(x))
    return norm(x)


@normed_before.mistake("The sublayers read x as it is. In front of each stands a norm: f(norm(x)).")
def _no_norm_before(x, sublayers, norm):
    for f in sublayers:
        x = x + f(x)
    return norm(x)


@normed_before.mistake("Each sublayer was given the first x. It reads what the sublayers before it have made.")
def _all_read_the_first(x, sublayers, norm):
    return norm(x + sum(f(norm(x)) for f in sublayers))


# ------------------------------------------------------------------------------------------------ the other layer norm
def _rows(rng):
    yield case("a row that hardly varies", np.array([[1.0, 1.001, 0.999]]), np.ones(3), np.zeros(3), 1e-2)
    yield case("two entries", np.array([[1.0, 3.0], [0.0, -4.0]]), np.array([2.0, 1.0]), np.array([0.5, 0.0]), 1e-5)
    yield case("a batch of sentences", rng.normal(size=(2, 3, 4)), rng.normal(size=4), rng.normal(size=4), 0.1)
    for T, D in ((2, 4), (3, 5), (5, 3)):
        yield 0.5 * rng.normal(size=(T, D)) + 1, rng.normal(size=D), rng.normal(size=D), 0.1


@exercise(
    cases=_rows,
    hints=(
        "Mean and standard deviation of each row. With which number does this one divide the sum of squares?",
        "The standard deviation with D − 1 under the root; ε is added to it, outside the root.",
        "s = x.std(axis=-1, ddof=1, keepdims=True); then γ (x − mean)/(s + …) + β",
    ),
)
def annotated_norm(x, gamma, beta, eps):
    """Return what the layer norm of "The Annotated Transformer" gives, so that weights trained with it can be used.

    x : (…, D), D at least 2;  gamma, beta : (D,);  eps : added to the standard deviation, which is the unbiased one;  returns an array like x
    """
    s = x.std(axis=-1, ddof=1, keepdims=True)
    return gamma * (x - x.mean(axis=-1, keepdims=True)) / (s + eps) + beta


def _other_norm(ddof=1, inside=False, axis=-1, centred=True, power=1):
    def norm(x, gamma, beta, eps):
        mean = x.mean(axis=axis, keepdims=True) if centred else 0
        variance = x.var(axis=axis, keepdims=True, ddof=ddof)
        scale = np.sqrt(variance + eps) if inside else variance ** (power / 2) + eps
        return gamma * (x - mean) / scale + beta

    return norm


@annotated_norm.mistake(
    "That is the paper's layer norm: √(variance + ε), with the plain mean of squares. This one divides by s + ε."
)
def _the_paper_s(x, gamma, beta, eps):
    return _other_norm(ddof=0, inside=True)(x, gamma, beta, eps)


@annotated_norm.mistake("ε is under the root. Here it is added to the standard deviation.")
def _eps_inside(x, gamma, beta, eps):
    return _other_norm(inside=True)(x, gamma, beta, eps)


@annotated_norm.mistake("The plain standard deviation, with D under the root. The unbiased one has D − 1 (ddof=1).")
def _biased(x, gamma, beta, eps):
    return _other_norm(ddof=0)(x, gamma, beta, eps)


@annotated_norm.mistake("Mean and deviation go over the places. Each place has its own, over its entries: axis −1.")
def _over_places(x, gamma, beta, eps):
    with np.errstate(all="ignore"):
        return _other_norm(axis=0)(x, gamma, beta, eps) if len(x) > 1 else np.zeros(x.shape)


@annotated_norm.mistake("γ and β are missing: they scale and shift what was normed.")
def _bare(x, gamma, beta, eps):
    return _other_norm()(x, 1.0, 0.0, eps)


@annotated_norm.mistake("γ and β come last. Before the norm they are taken out again by mean and deviation.")
def _scaled_first(x, gamma, beta, eps):
    return _other_norm()(gamma * x + beta, 1.0, 0.0, eps)


@annotated_norm.mistake("The mean is not taken away.")
def _not_centred(x, gamma, beta, eps):
    return _other_norm(centred=False)(x, gamma, beta, eps)


@annotated_norm.mistake("You divided by the variance: its root has the unit of x.")
def _by_variance(x, gamma, beta, eps):
    return _other_norm(power=2)(x, gamma, beta, eps)


# --------------------------------------------------------------------------------------------------- smoothed targets
def _labels(rng):
    yield case("one place, three classes", np.array([2]), 3, 0.3)
    yield case("padding alone", np.array([0, 0]), 4, 0.1)
    yield case("no smoothing", np.array([1, 3, 0]), 4, 0.0)
    yield case("all of it", np.array([1, 3, 0]), 4, 1.0)
    for N, V, eps in ((3, 4, 0.1), (6, 5, 0.2), (5, 7, 0.4)):
        yield rng.integers(V, size=N), V, eps


@exercise(
    cases=_labels,
    hints=(
        "Every real place starts with ε spread over all classes. What is added to its right class?",
        "ε/V everywhere in the row, and 1 − ε more at the label; a row of padding is 0.",
        "q = np.full((len(labels), V), eps / V); then q[np.arange(len(labels)), labels] += …, and the rows of padding",
    ),
)
def smooth_targets(labels, V, eps):
    """Return the smoothed targets of a batch's places: 1 − ε on the right class and ε spread evenly over all V; zeros where there is padding.

    labels : (N,) whole numbers below V, 0 for padding;  V : classes, the padding among them;  eps : 0 to 1;  returns (N, V)
    """
    q = np.full((len(labels), V), eps / V)
    q[np.arange(len(labels)), labels] += 1 - eps
    q[labels == 0] = 0
    return q


def _smoothed(others, right, padding=True, column=False):
    def targets(labels, V, eps):
        with np.errstate(all="ignore"):
            q = np.full((len(labels), V), others(eps, V))
        q[np.arange(len(labels)), labels] = right(eps, V)
        if column:
            q[:, 0] = 0
        if padding:
            q[labels == 0] = 0
        return q

    return targets


@smooth_targets.mistake(
    "ε is spread over the V − 2 classes that are neither right nor padding, as in The Annotated Transformer. Here it is spread over all V."
)
def _over_v_minus_two(labels, V, eps):
    return _smoothed(lambda e, V: e / (V - 2), lambda e, V: 1 - e, column=True)(labels, V, eps)


@smooth_targets.mistake("You spread ε over the V − 1 wrong classes. It is spread over all V, the right one among them.")
def _over_the_wrong(labels, V, eps):
    return _smoothed(lambda e, V: e / (V - 1), lambda e, V: 1 - e)(labels, V, eps)


@smooth_targets.mistake("Your rows do not sum to 1: the right class has its share of ε as well, 1 − ε + ε/V.")
def _right_without_share(labels, V, eps):
    return _smoothed(lambda e, V: e / V, lambda e, V: 1 - e)(labels, V, eps)


@smooth_targets.mistake("Every wrong class has all of ε. It is shared: ε/V each.")
def _eps_each(labels, V, eps):
    return _smoothed(lambda e, V: e, lambda e, V: 1 - e)(labels, V, eps)


@smooth_targets.mistake("Rows of padding are to be 0: nothing is to be said there.")
def _padding_counts(labels, V, eps):
    return _smoothed(lambda e, V: e / V, lambda e, V: 1 - e + e / V, padding=False)(labels, V, eps)


@smooth_targets.mistake(
    "You set the column of the padding to 0. It is its rows that are 0: a class that is never right has its share of ε all the same."
)
def _column_of_padding(labels, V, eps):
    return _smoothed(lambda e, V: e / V, lambda e, V: 1 - e + e / V, padding=False, column=True)(labels, V, eps)


@smooth_targets.mistake("Where there is padding your targets foretell padding. Rows of padding are to be 0 altogether.")
def _padding_foretold(labels, V, eps):
    q = _smoothed(lambda e, V: e / V, lambda e, V: 1 - e + e / V)(labels, V, eps)
    q[labels == 0] = np.eye(V)[0]
    return q


# -------------------------------------------------------------------------------------------------------------- leaks
def _model(first, last, gate=None):
    """Return a model whose scores at place t are weighted sums of the one-hot symbols at t + first … t + last; gate(t) says where."""

    def model(ids):
        one_hot, T = np.eye(5)[ids], len(ids)
        out = np.zeros((T, 5))
        for t in range(T):
            for d in range(first, last + 1):
                if 0 <= t + d < T and (d <= 0 or gate is None or gate(t)):
                    out[t] += one_hot[t + d] / (2 + abs(d))
        return out

    return model


def _suspects(rng):
    ids = lambda n, V=5: rng.integers(V, size=n)
    yield case("a model that sees nothing of what comes later", _model(-2, 0), ids(5), 5)
    yield case("one that reads the symbol after the next", _model_after_next, ids(5), 5)
    yield case("one that is told the next symbol, of two that there are", _model(-1, 1), ids(4, 2), 2)
    yield case("one that is told the next symbol, and reads 0, 1, 2, 3, 4", _model(0, 1), np.arange(5), 5)
    yield case("a text of one symbol", _model(-1, 1), ids(1), 5)
    for first, last, where in ((0, 1, 0), (-1, 2, 2), (-1, 3, 1), (-2, 2, None), (-9, 9, None)):
        yield _model(first, last, None if where is None else lambda t, w=where: t == w), ids(6), 5


def _model_after_next(ids):
    one_hot = np.eye(5)[ids]
    return one_hot + np.vstack([one_hot[2:], np.zeros((min(2, len(ids)), 5))])[: len(ids)] / 4


@exercise(
    cases=_suspects,
    hints=(
        "Ask the model once. Then change one symbol, ask again, and see which places before it moved.",
        "For every place i: put another symbol there, in a copy; every t < i where any score differs is a leak.",
        "changed = ids.copy(); changed[i] = (ids[i] + 1) % V; then compare each row of model(changed) above row i with the first answer",
    ),
)
def leaking_places(model, ids, V):
    """Return the places, in order, whose scores move when a symbol at a later place is changed: an empty list where nothing leaks.

    model : a function from ids (T,) to scores (T, V);  ids : (T,) whole numbers below V, at least 2;  returns a list of whole numbers
    """
    before, found = model(ids), set()
    for i in range(len(ids)):
        changed = ids.copy()
        changed[i] = (ids[i] + 1) % V
        moved = (model(changed) != before).any(axis=1)
        found |= {t for t in range(i) if moved[t]}
    return sorted(found)


def _leaking(near=False, itself=False, later=False, last=False, changed_places=False):
    def places(model, ids, V):
        before, found = model(ids), set()
        for i in range(len(ids)):
            if last and i < len(ids) - 1:
                continue
            changed = ids.copy()
            changed[i] = (ids[i] + 1) % V
            moved = np.abs(model(changed) - before).max(axis=1) > 1e-9
            if near:
                ts = range(max(i - 1, 0), i)
            elif later:
                ts = range(i + 1, len(ids))
            else:
                ts = range(i + 1 if itself else i)
            hits = {t for t in ts if moved[t]}
            found |= ({i} if hits else set()) if changed_places else hits
        return sorted(found)

    return places


@leaking_places.mistake(
    "You counted places that moved with their own symbol, or with an earlier one. That they may: only the places before the changed one must not move."
)
def _itself(model, ids, V):
    return _leaking(itself=True)(model, ids, V)


@leaking_places.mistake(
    "You looked only at the place just before the changed one. A leak may reach further: a mask that is two places off, for one."
)
def _only_the_one_before(model, ids, V):
    return _leaking(near=True)(model, ids, V)


@leaking_places.mistake("You stopped at the first leak. Asked for are all places that move.")
def _only_the_first(model, ids, V):
    return _leaking()(model, ids, V)[:1]


@leaking_places.mistake(
    "Those are the places after the changed one, which are meant to move. A leak is one before it that moves."
)
def _the_later_ones(model, ids, V):
    return _leaking(later=True)(model, ids, V)


@leaking_places.mistake("Only the last symbol was changed. Change each: a leak in the middle is found only from there.")
def _only_the_last_changed(model, ids, V):
    return _leaking(last=True)(model, ids, V)


@leaking_places.mistake("Those are the places that were changed. Asked for are those that moved.")
def _the_changed_ones(model, ids, V):
    return _leaking(changed_places=True)(model, ids, V)
