"""Exercises of "Adapting a model"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise, number, order

__all__ = [
    "another_task",
    "freeze_and_tune",
    "frozen_norm",
    "lora_by_hand",
    "lora_slopes",
    "trainable_numbers",
    "which_ones_move",
]


# ------------------------------------------------------------------------------------------------------- the outputs
def _parts(rng, N, I, O, r):
    return rng.normal(size=(N, I)), rng.normal(size=(I, O)), rng.normal(size=(I, r)), rng.normal(size=(r, O))


def _forward_cases(rng):
    yield case("B is 0, as at the start", *_parts(rng, 2, 3, 2, 1)[:3], np.zeros((1, 2)), 8.0)
    yield case("one text, one number", np.array([[2.0]]), np.array([[3.0]]), np.array([[0.5]]), np.array([[4.0]]), 3.0)
    for N, I, O, r, alpha in ((3, 4, 4, 2, 8.0), (2, 5, 3, 3, 1.5), (4, 3, 3, 3, 6.0)):
        yield (*_parts(rng, N, I, O, r), alpha)


@exercise(
    cases=_forward_cases,
    hints=(
        "Two ways for x, side by side: through W0 as before, and through the thin pair. Their results are added.",
        "The thin way: first x A, r numbers a row; then times B; then times α/r, where r is the number of B's rows.",
        "x @ W0 + alpha / len(B) * ((x @ A) @ …)",
    ),
)
def lora_by_hand(x, W0, A, B, alpha):
    """Return the outputs of a matrix that is frozen, with a change of low rank beside it.

    x : (N, I), a row each;  W0 : (I, O), frozen;  A : (I, r);  B : (r, O);  alpha : α, a number;  returns (N, O)
    """
    return x @ W0 + alpha / len(B) * ((x @ A) @ B)


@lora_by_hand.mistake("You multiply by α. The factor is α/r: divide by the rank, the number of B's rows.")
def _alpha_alone(x, W0, A, B, alpha):
    return x @ W0 + alpha * (x @ A @ B)


@lora_by_hand.mistake("The factor α/r is missing.")
def _no_scale(x, W0, A, B, alpha):
    return x @ W0 + x @ A @ B


@lora_by_hand.mistake("α/r belongs to the change alone. You have multiplied the frozen outputs by it as well.")
def _scaled_all(x, W0, A, B, alpha):
    return alpha / len(B) * (x @ W0 + x @ A @ B)


@lora_by_hand.mistake("That is the change alone. What the frozen matrix gives is added to it.")
def _change_alone(x, W0, A, B, alpha):
    return alpha / len(B) * (x @ A @ B)


@lora_by_hand.mistake("That is what the frozen matrix gives by itself. The change beside it is missing.")
def _frozen_alone(x, W0, A, B, alpha):
    return x @ W0


@lora_by_hand.mistake("You divide by the number of inputs. r is how many columns A has, and rows B.")
def _by_inputs(x, W0, A, B, alpha):
    return x @ W0 + alpha / len(A) * (x @ A @ B)


# -------------------------------------------------------------------------------------------------------- the slopes
def _slope_cases(rng):
    def one(N, I, O, r, alpha):
        x, _, A, B = _parts(rng, N, I, O, r)
        return x, A, B, alpha, rng.normal(size=(N, O))

    x, A, B, alpha, G = one(3, 4, 2, 2, 4.0)
    yield case("at the start: B is 0", x, A, np.zeros_like(B), alpha, G)
    yield case("both 0: nothing moves", x, np.zeros_like(A), np.zeros_like(B), alpha, G)
    for sizes in ((2, 3, 3, 3, 6.0), (3, 4, 4, 2, 8.0), (4, 2, 5, 1, 0.5), (5, 3, 2, 2, 3.0)):
        yield one(*sizes)


@exercise(
    cases=_slope_cases,
    hints=(
        "Y = x W₀ + s (x A) B with s = α/r. Call U = x A. Then Y depends on B as a layer with inputs U, and U on A as a layer with inputs x.",
        "The slope by B is s Uᵀ G. The slope by U is s G Bᵀ, and the slope by A is xᵀ times that.",
        "s = alpha / len(B); dB = s * (x @ A).T @ G; dA = x.T @ (s * G @ …)",
    ),
)
def lora_slopes(x, A, B, alpha, G):
    """Return (dA, dB), the slopes of the loss by the two factors of a change of low rank.

    x : (N, I);  A : (I, r);  B : (r, O);  alpha : α, a number;  G : (N, O), the slopes by the outputs x W₀ + (α/r) x A B;
    returns arrays (I, r), (r, O)
    """
    s = alpha / len(B)
    return x.T @ (s * G @ B.T), s * (x @ A).T @ G


@lora_slopes.mistake("The factor α/r is missing: what multiplies the change multiplies its slopes.")
def _slopes_unscaled(x, A, B, alpha, G):
    return x.T @ (G @ B.T), (x @ A).T @ G


@lora_slopes.mistake("The factor is α/r, not α.")
def _slopes_alpha(x, A, B, alpha, G):
    return alpha * x.T @ (G @ B.T), alpha * (x @ A).T @ G


@lora_slopes.mistake("The scale is right for one factor and missing for the other.")
def _scaled_once(x, A, B, alpha, G):
    return x.T @ (G @ B.T), alpha / len(B) * (x @ A).T @ G


@lora_slopes.mistake("You return them the other way round: first the slope by A, then the one by B.")
def _swapped(x, A, B, alpha, G):
    dA, dB = _right_slopes(x, A, B, alpha, G)
    return dB, dA


@lora_slopes.mistake("These are means over the rows. G holds the slopes of the whole loss, so that rows are added.")
def _mean_over_rows(x, A, B, alpha, G):
    dA, dB = _right_slopes(x, A, B, alpha, G)
    return dA / len(x), dB / len(x)


@lora_slopes.mistake("Slopes, not a step: no minus.")
def _downhill(x, A, B, alpha, G):
    dA, dB = _right_slopes(x, A, B, alpha, G)
    return -dA, -dB


def _right_slopes(x, A, B, alpha, G):
    s = alpha / len(B)
    return s * x.T @ (G @ B.T), s * (x @ A).T @ G


# ------------------------------------------------------------------------------------------------- from task to task
def _task_cases(rng):
    def change(I, O, r, alpha):
        return rng.normal(size=(I, r)), rng.normal(size=(r, O)), alpha

    old, new = change(4, 3, 2, 8.0), change(4, 3, 3, 1.5)
    W0 = rng.normal(size=(4, 3))
    yield case("the new change is 0", W0 + 4.0 * old[0] @ old[1], *old, new[0], 0 * new[1], new[2])
    for I, O, r1, r2 in ((3, 3, 1, 2), (4, 4, 3, 2), (2, 5, 2, 1)):
        old, new = change(I, O, r1, float(rng.uniform(2, 9))), change(I, O, r2, float(rng.uniform(2, 9)))
        W0 = rng.normal(size=(I, O))
        yield (W0 + old[2] / r1 * old[0] @ old[1], *old, *new)


@exercise(
    cases=_task_cases,
    hints=(
        "The old change is in W. Take it out exactly as it was put in; then put the new one in.",
        "W − (α_old/r_old) A_old B_old is W₀. Each change has its own α and its own r.",
        "W - alpha_old / len(B_old) * (A_old @ B_old) + alpha_new / len(…) * (A_new @ B_new)",
    ),
)
def another_task(W, A_old, B_old, alpha_old, A_new, B_new, alpha_new):
    """Return the matrix for the new task, given the one into which the change for the old task is merged.

    W : (I, O), W₀ with the old change in it;  A_old : (I, r);  B_old : (r, O);  A_new : (I, q);  B_new : (q, O), of another rank q perhaps;
    alpha_old, alpha_new : α of each, numbers;  returns (I, O)
    """
    return W - alpha_old / len(B_old) * (A_old @ B_old) + alpha_new / len(B_new) * (A_new @ B_new)


@another_task.mistake("The old change is still in W. Take it out first.")
def _on_top(W, A_old, B_old, alpha_old, A_new, B_new, alpha_new):
    return W + alpha_new / len(B_new) * (A_new @ B_new)


@another_task.mistake("The changes are taken out and put in without their factors α/r.")
def _unscaled_tasks(W, A_old, B_old, alpha_old, A_new, B_new, alpha_new):
    return W - A_old @ B_old + A_new @ B_new


@another_task.mistake("The factors are α/r, each with its own rank, not α.")
def _alphas(W, A_old, B_old, alpha_old, A_new, B_new, alpha_new):
    return W - alpha_old * (A_old @ B_old) + alpha_new * (A_new @ B_new)


@another_task.mistake("The old change has been added once more. It must be subtracted.")
def _twice(W, A_old, B_old, alpha_old, A_new, B_new, alpha_new):
    return W + alpha_old / len(B_old) * (A_old @ B_old) + alpha_new / len(B_new) * (A_new @ B_new)


@another_task.mistake("That is W₀: the old change is out, but the new one is not in.")
def _only_out(W, A_old, B_old, alpha_old, A_new, B_new, alpha_new):
    return W - alpha_old / len(B_old) * (A_old @ B_old)


@another_task.mistake("Both changes have the old one's factor. The new one has its own α and its own rank.")
def _one_factor(W, A_old, B_old, alpha_old, A_new, B_new, alpha_new):
    return W + alpha_old / len(B_old) * (A_new @ B_new - A_old @ B_old)


# ------------------------------------------------------------------------------------------------- a norm that stays
def _norm_cases(rng):
    yield case(
        "a batch far from what the layer knows",
        100 + rng.normal(size=(4, 2)),
        np.ones(2),
        np.zeros(2),
        np.zeros(2),
        np.ones(2),
        1e-5,
    )
    yield case(
        "a single row",
        rng.normal(size=(1, 3)),
        np.array([1.0, 2.0, -1.0]),
        rng.normal(size=3),
        rng.normal(size=3),
        np.array([0.5, 2.0, 4.0]),
        0.1,
    )
    yield case(
        "an entry that never varied",
        rng.normal(size=(3, 2)),
        np.ones(2),
        np.zeros(2),
        np.zeros(2),
        np.array([0.0, 1.0]),
        0.25,
    )
    for N, D in ((3, 2), (5, 4)):
        yield (
            rng.normal(1, 2, size=(N, D)),
            rng.normal(size=D),
            rng.normal(size=D),
            rng.normal(size=D),
            rng.uniform(0.5, 3, size=D),
            0.01,
        )


@exercise(
    cases=_norm_cases,
    hints=(
        "A frozen layer must give one and the same output for a row, whatever stands beside it in the batch.",
        "So use the running mean and variance as they are: subtract the one, divide by the root of the other plus ε, then γ and β.",
        "gamma * (x - running_mean) / np.sqrt(running_variance + …) + beta",
    ),
)
def frozen_norm(x, gamma, beta, running_mean, running_variance, eps):
    """Return the outputs of a layer of batch normalization that is frozen: it computes as in evaluation, and nothing of it moves.

    x : (N, D), a batch of the new task;  gamma, beta, running_mean, running_variance : (D,), as the old task left them;  eps : ε;
    returns (N, D)
    """
    return gamma * (x - running_mean) / np.sqrt(running_variance + eps) + beta


def _normed(x, gamma, beta, mean, variance, eps):
    return gamma * (x - mean) / np.sqrt(variance + eps) + beta


@frozen_norm.mistake("You take mean and variance from the batch, as in training. A frozen layer uses the running ones.")
def _of_the_batch(x, gamma, beta, running_mean, running_variance, eps):
    return _normed(x, gamma, beta, x.mean(axis=0), x.var(axis=0), eps)


@frozen_norm.mistake("The running statistics are moved towards this batch first. Frozen means that they stay.")
def _moved(x, gamma, beta, running_mean, running_variance, eps):
    mean, variance = 0.9 * running_mean + 0.1 * x.mean(axis=0), 0.9 * running_variance + 0.1 * x.var(axis=0)
    return _normed(x, gamma, beta, mean, variance, eps)


@frozen_norm.mistake("ε stands under the root, beside the variance.")
def _eps_outside(x, gamma, beta, running_mean, running_variance, eps):
    return gamma * (x - running_mean) / (np.sqrt(running_variance) + eps) + beta


@frozen_norm.mistake("You divide by the variance. Divide by the standard deviation, the root of variance plus ε.")
def _no_root(x, gamma, beta, running_mean, running_variance, eps):
    return gamma * (x - running_mean) / (running_variance + eps) + beta


@frozen_norm.mistake("γ and β are frozen, but they still scale and shift.")
def _bare(x, gamma, beta, running_mean, running_variance, eps):
    return (x - running_mean) / np.sqrt(running_variance + eps)


@frozen_norm.mistake("The mean of the batch is mixed with the running variance: both must be the running ones.")
def _half_frozen(x, gamma, beta, running_mean, running_variance, eps):
    return _normed(x, gamma, beta, x.mean(axis=0), running_variance, eps)


# ------------------------------------------------------------------------------------------------------------ counts
trainable_numbers = number(
    "trainable_numbers",
    answer=lambda: 12 * 4 * 16 * 2 * 768,
    rtol=1e-9,
    unit="numbers",
    why="Each of 12 · 4 matrices of 768 × 768 gets a pair with 16 · (768 + 768) numbers.",
    hints=(
        "How many numbers has the pair A, B beside one matrix of 768 × 768?",
        "A is 768 × 16 and B is 16 × 768. There are four such matrices in each of twelve blocks.",
        "12 * 4 * 16 * (768 + …)",
    ),
    mistakes=[
        (lambda: 12 * 4 * 16 * 768, "Half of it: A and B both count, and all four matrices of attention have a change."),
        (lambda: 4 * 16 * 2 * 768, "That is one block. There are twelve."),
        (lambda: 12 * 4 * 768 * 768, "Those are the frozen matrices. Learned are the thin pairs beside them."),
        (lambda: 12 * 4 * 16 * 768 * 768, "The sides are added, not multiplied: r (I + O)."),
    ],
)  # fmt: skip

which_ones_move = choice(
    "which_ones_move",
    answer="b",
    why="Without slopes the optimiser leaves the parameters alone, but the running mean and variance are no parameters: each pass in training mode moves them.",
    feedback={
        "a": "Parameters with `requires_grad=False` get no slopes, and the optimiser passes them by.",
        "c": "Weight decay is a part of the optimiser's step, and a parameter without a slope gets no step.",
        "d": "Something moves: think of what a layer remembers that is no parameter.",
    },
    hints=(
        "What does batch normalization keep besides γ and β?",
        "Who changes the running statistics: the optimiser, or the forward pass?",
        "They move in each pass while the layer is in training mode.",
    ),
)

freeze_and_tune = order(
    "freeze_and_tune",
    lines={
        "A": "train on the new task",
        "B": "load the weights of the first task",
        "C": "compare the body with the loaded weights, number by number, running statistics included",
        "D": "set requires_grad=False for the body, and put the body in eval mode",
        "E": "measure the new task with the weights as they are",
        "F": "hand the optimiser the parameters that are still free",
    },
    needs={"E": "B", "D": "E", "F": "D", "A": "F", "C": "A"},
    feedback={
        "E": "First there must be a model that can be measured.",
        "D": "Measure before you change anything: else you cannot say what the training brought.",
        "F": "Which parameters are free is settled by freezing.",
        "A": "No training without an optimiser that knows what is free.",
        "C": "Whether the body has stayed shows after the training.",
    },
    hints=(
        "Each step needs the one before it.",
        "The first number to know is how good the model is without any training.",
        "Freeze, then make the optimiser, then train; check last.",
    ),
)
