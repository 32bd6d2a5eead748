"""The project "A GPT that adds": steps, and the goal, an adder whose weights are set by hand."""

from __future__ import annotations

from functools import cache

import numpy as np

from lib.book.exercises import case, choice, exercise, goal, prediction

__all__ = [
    "adder_by_hand",
    "answer_targets",
    "carry_counts",
    "exact_by_group",
    "four_digits",
    "rows_of_sums",
    "what_was_missing",
    "written_on",
]


# ---------------------------------------------------------------------------------------------------------- step 1
def _sums(rng):
    yield case("5 + 7, one digit each", np.array([5]), np.array([7]), 1, True)
    yield case("with zeros in front", np.array([7, 0]), np.array([30, 0]), 3, True)
    yield case("the units last", np.array([12, 99]), np.array([34, 99]), 2, False)
    for n, backwards in ((3, True), (2, False), (4, True)):
        a, b = rng.integers(10**n, size=(2, 5))
        yield a, b, n, backwards


@exercise(
    cases=_sums,
    hints=(
        "How do you get the hundreds digit of an array of numbers? And how many digits does a sum of two three-digit numbers need?",
        "The digit at 10ⁱ is x // 10**i % 10. Numbers have n of them and the sum has n + 1, zeros in front included; only the sum is turned round.",
        "Stack the digits for i in range(k)[::-1] as columns; then np.hstack the n columns of a, a column of 10, those of b, a column of 11 and "
        "the n + 1 of a + b, with [:, ::-1] if …",
    ),
)
def rows_of_sums(a, b, n, backwards):
    """Return each sum as a row of tokens: n digits of a, plus, n digits of b, equals, and the n + 1 digits of a + b.

    a, b : (N,), whole numbers below 10ⁿ;  tokens : 0 … 9 are the digits, 10 is plus, 11 is equals; zeros in front are written;
    backwards : whether the digits of the sum, and of it alone, are written units first;  returns (N, 3n + 3), whole numbers
    """
    columns = []
    for number, count in ((a, n), (b, n), (a + b, n + 1)):
        columns.append(np.stack([number // 10**i % 10 for i in range(count)[::-1]], axis=1))
    plus = np.full((len(a), 1), 10)
    answer = columns[2][:, ::-1] if backwards else columns[2]
    return np.hstack([columns[0], plus, columns[1], plus + 1, answer])


def _row(a, b, n, backwards, longer=1, turned=(False, False, True), signs=(10, 11), shown=True):
    out = []
    for x, count, turn in zip((a, b, a + b), (n, n, n + longer), turned, strict=True):
        digits = np.stack([x // 10**i % 10 for i in range(count)][::-1], axis=1)
        out.append(digits[:, ::-1] if turn and backwards else digits)
    marks = [np.full((len(a), 1), sign) for sign in signs]
    return np.hstack([out[0], marks[0], out[1], *(marks[1:] if shown else ()), out[2]])


@rows_of_sums.mistake("The sum is never turned round: with backwards its units come first.")
def _never_turned(a, b, n, backwards):
    return _row(a, b, n, backwards, turned=(False, False, False))


@rows_of_sums.mistake("You turn the two numbers round as well. Only the sum is written backwards.")
def _all_turned(a, b, n, backwards):
    return _row(a, b, n, backwards, turned=(True, True, True))


@rows_of_sums.mistake("You turn the sum round whether backwards is asked for or not.")
def _always_turned(a, b, n, backwards):
    return _row(a, b, n, True)


@rows_of_sums.mistake("You turn the sum round where backwards is False, and leave it where it is True.")
def _turned_wrongly(a, b, n, backwards):
    return _row(a, b, n, not backwards)


@rows_of_sums.mistake("Your sum has n digits, so that a carry out of the highest column is lost. It may need n + 1.")
def _too_short(a, b, n, backwards):
    return _row(a, b, n, backwards, longer=0)


@rows_of_sums.mistake("Plus and equals have changed places: plus is token 10, equals is token 11.")
def _signs(a, b, n, backwards):
    return _row(a, b, n, backwards, signs=(11, 10))


@rows_of_sums.mistake("The equals sign is missing: without it nothing says that the answer is asked for.")
def _no_equals(a, b, n, backwards):
    return _row(a, b, n, backwards, shown=False)


# ---------------------------------------------------------------------------------------------------------- step 2
def _rows(rng):
    yield case("one digit, one sum", np.array([[5, 10, 7, 11, 2, 1]]), 4)
    yield case("a prompt of one token", np.array([[3, 4], [1, 0]]), 1)
    for n in (2, 3, 4):
        yield rng.integers(12, size=(4, 3 * n + 3)), 2 * n + 2


@exercise(
    cases=_rows,
    hints=(
        "The scores at a place speak of the token after it. Which place speaks of the answer's first digit?",
        "Inputs are all tokens but the last, targets all but the first. Of the targets those that belong to the prompt become −1: the first prompt − 1.",
        "inputs, targets = rows[:, :-1], rows[:, 1:].copy(); then targets[:, : …] = -1",
    ),
)
def answer_targets(rows, prompt):
    """Return what a GPT reads of each row, and what it is to say at each place, where only the answer counts.

    rows : (N, T), tokens, of which the first `prompt` are given and the others are the answer, 1 ≤ prompt < T; they stay as they are
    returns inputs (N, T − 1) and targets (N, T − 1), with −1 where what comes next does not count
    """
    inputs, targets = rows[:, :-1], rows[:, 1:].copy()
    targets[:, : prompt - 1] = -1
    return inputs, targets


def _masked(rows, prompt, shift=True, until=-1, value=-1, end=None):
    inputs, targets = rows[:, :-1], (rows[:, 1:] if shift else rows[:, :-1]).copy()
    targets[:, : max(prompt + until, 0)] = value
    if end:
        targets[:, end:] = value
    return inputs, targets


@answer_targets.mistake(
    "The targets are not shifted: at each place you ask for the token that the model has just read there."
)
def _not_shifted(rows, prompt):
    return _masked(rows, prompt, shift=False, until=0)


@answer_targets.mistake(
    "Everything counts with you, also the numbers of the prompt. They were drawn at random and nobody can foretell them."
)
def _all_counts(rows, prompt):
    return _masked(rows, prompt, until=-10_000)


@answer_targets.mistake(
    "The answer's first digit does not count with you. The last token of the prompt speaks of it: after the shift it is target prompt − 1."
)
def _first_left_out(rows, prompt):
    return _masked(rows, prompt, until=0)


@answer_targets.mistake(
    "With you the equals sign counts as well, one place too early: the mask ends before the last token of the prompt."
)
def _equals_counts(rows, prompt):
    return _masked(rows, prompt, until=-2)


@answer_targets.mistake("You mark what does not count with 0. That is a digit, and would be learned: mark it with −1.")
def _zeros(rows, prompt):
    return _masked(rows, prompt, value=0)


@answer_targets.mistake("You mark what does not count with −100, as PyTorch does by itself. Here it is −1.")
def _torchs_own(rows, prompt):
    return _masked(rows, prompt, value=-100)


@answer_targets.mistake("Only the last digit counts with you. All digits of the answer do.")
def _last_alone(rows, prompt):
    inputs, targets = rows[:, :-1], rows[:, 1:].copy()
    targets[:, :-1] = -1
    return inputs, targets


@answer_targets.mistake("You blot out the prompt in what is read, too. The model must see the numbers that it adds.")
def _blind(rows, prompt):
    inputs, targets = _masked(rows, prompt)
    inputs = inputs.copy()
    inputs[:, : prompt - 1] = -1
    return inputs, targets


# ---------------------------------------------------------------------------------------------------------- step 3
def _readers(rng):
    yield case("one token is asked for", _reader(rng), rng.integers(12, size=(3, 4)), 1)
    yield case("one row, one token read", _reader(rng), rng.integers(12, size=(1, 1)), 5)
    for T, count in ((5, 3), (8, 4), (3, 6)):
        yield _reader(rng), rng.integers(12, size=(4, T)), count


def _reader(rng):
    """Return a model of random numbers that reads from the left: its scores depend on all that was read, and on the order."""
    table, steps = rng.normal(size=(29, 12)), rng.integers(1, 29, size=12)

    def read(ids):
        state, scores = np.zeros(len(ids), int), []
        for column in np.asarray(ids).T:
            state = (5 * state + steps[column]) % 29
            scores.append(table[state])
        return np.stack(scores, axis=1)

    return read


@exercise(
    cases=_readers,
    hints=(
        "The model says one token at a time. What must it have read before it can say the second?",
        "Read everything so far, take the scores of the last place, and of these the largest. Put that token behind the text and go on.",
        "ids = prompts; then count times: best = read(ids)[:, -1].argmax(axis=1); ids = np.hstack([ids, …]); at the end the last count columns",
    ),
)
def written_on(read, prompts, count):
    """Return the `count` tokens with which a model goes on, each time the one with the largest score.

    read : a function from tokens (N, T) to scores (N, T, V), at each place those of the token that follows
    prompts : (N, T), the same count of tokens in each;  returns (N, count)
    """
    ids = prompts
    for _ in range(count):
        best = read(ids)[:, -1].argmax(axis=1)
        ids = np.hstack([ids, best[:, None]])
    return ids[:, prompts.shape[1] :]


def _written(read, prompts, count, place=-1, fed=True, pick=np.argmax, window=None, keep=False):
    ids, said = np.asarray(prompts), []
    for _ in range(count):
        token = pick(read(ids if window is None else ids[:, -window:])[:, place], axis=1)
        said.append(token)
        ids = np.hstack([ids, token[:, None]]) if fed else ids
    return np.hstack([prompts, np.stack(said, axis=1)]) if keep else np.stack(said, axis=1)


@written_on.mistake(
    "What the model says is not read: it answers the same prompt each time. Put each token behind the text."
)
def _not_fed(read, prompts, count):
    return _written(read, prompts, count, fed=False)


@written_on.mistake("You take the scores of the first place. Those of the last one speak of what comes next.")
def _first_place(read, prompts, count):
    return _written(read, prompts, count, place=0)


@written_on.mistake("The prompt is in your answer. Return what the model has written, and that alone.")
def _with_prompt(read, prompts, count):
    return _written(read, prompts, count, keep=True)


@written_on.mistake("That is the token with the smallest score.")
def _smallest(read, prompts, count):
    return _written(read, prompts, count, pick=np.argmin)


@written_on.mistake(
    "After the first token your model reads the last token alone, without a cache, and has forgotten the numbers."
)
def _forgetful(read, prompts, count):
    first = _written(read, prompts, 1)
    return np.hstack([first, _written(read, first, count - 1, window=1)]) if count > 1 else first


@written_on.mistake(
    "Your window moves: the oldest token is dropped as a new one comes. The model must go on reading all."
)
def _moving(read, prompts, count):
    return _written(read, prompts, count, window=np.shape(prompts)[1])


# ---------------------------------------------------------------------------------------------------------- step 4
def _carried(rng):
    yield case("999 + 1: a carry that runs through", np.array([999]), np.array([1]), 3)
    yield case("a column of 10, and one of 9", np.array([55, 54]), np.array([55, 45]), 2)
    yield case("no carry at all", np.array([123, 0]), np.array([456, 0]), 3)
    for n in (2, 4, 6):
        a, b = rng.integers(10**n, size=(2, 30))
        yield a, b, n


@exercise(
    cases=_carried,
    hints=(
        "Add on paper, from the units. When does a column hand a 1 to the next? Is 9 enough?",
        "A column carries where its two digits and the carry that comes in make 10 or more. Keep the carry from column to column.",
        "carry = 0 and count = 0, both arrays; for i in range(n): carry = (digit of a + digit of b + … >= 10); count = count + carry",
    ),
)
def carry_counts(a, b, n):
    """Return how many columns of each sum hand a 1 to the next one.

    a, b : (N,), whole numbers below 10ⁿ;  returns (N,), from 0 to n
    """
    carry = np.zeros(len(a), int)
    count = np.zeros(len(a), int)
    for i in range(n):
        column = a // 10**i % 10 + b // 10**i % 10 + carry
        carry = (column >= 10).astype(int)
        count = count + carry
    return count


def _counted(a, b, n, comes_in=True, least=10, last=False, columns=None, longest=False):
    carry, count, best = np.zeros((3, len(a)), int)
    for i in range(n if columns is None else columns(n)):
        column = a // 10**i % 10 + b // 10**i % 10 + (carry if comes_in else 0)
        carry = (column >= least).astype(int)
        count = (count + 1) * carry if longest else count + carry
        best = np.maximum(best, count)
    return carry if last else best


@carry_counts.mistake(
    "You look at each column by itself. A column of 9 carries as well when a 1 comes in from the column before."
)
def _alone(a, b, n):
    return _counted(a, b, n, comes_in=False)


@carry_counts.mistake(
    "A column that makes exactly 10 carries too: its digit is 0. So it is 10 or more, not more than 10."
)
def _above_ten(a, b, n):
    return _counted(a, b, n, least=11)


@carry_counts.mistake("A column that makes 9 does not carry: the digit 9 has room in it.")
def _nine_carries(a, b, n):
    return _counted(a, b, n, least=9)


@carry_counts.mistake("The highest column counts too: what it hands on is the sum's first digit.")
def _not_the_last(a, b, n):
    return _counted(a, b, n, columns=lambda n: n - 1)


@carry_counts.mistake("That is whether the highest column carries. Count all columns.")
def _highest(a, b, n):
    return _counted(a, b, n, last=True)


@carry_counts.mistake("That is the longest run of carries. Count all columns that carry, also apart from each other.")
def _run(a, b, n):
    return _counted(a, b, n, longest=True)


# ---------------------------------------------------------------------------------------------------------- step 5
def _answers(rng):
    yield case(
        "one digit wrong in one of two", np.array([[1, 2], [3, 4]]), np.array([[1, 2], [3, 5]]), np.array([0, 0])
    )
    yield case("groups out of order", np.array([[1, 2], [3, 4], [5, 6]]), np.array([[1, 2], [0, 4], [5, 6]]), np.array([1, 0, 1]))  # fmt: skip
    for size, groups in ((12, 2), (20, 3), (25, 4)):
        right = rng.integers(10, size=(size, 4))
        wrong = rng.random((size, 4)) < 0.25
        wrong[: size // 4] = False  # so that some are right
        yield np.where(wrong, (right + 1) % 10, right), right, np.append(np.arange(groups), rng.integers(groups, size=size - groups))  # fmt: skip


@exercise(
    cases=_answers,
    hints=(
        "When is a sum right? Is it right if three of its four digits are?",
        "A row is right where all its digits are. Then take for each group the mean over its own rows.",
        "exact = (said == right).all(axis=1); then for g in range(groups.max() + 1) the mean of exact[…]",
    ),
)
def exact_by_group(said, right, groups):
    """Return for each group the share of its sums of which every digit is right.

    said, right : (N, n + 1), digits;  groups : (N,), the group of each sum, 0 … G − 1, none without a sum;  returns (G,)
    """
    exact = (said == right).all(axis=1)
    return np.array([exact[groups == g].mean() for g in range(groups.max() + 1)])


def _shares(said, right, groups, rows=lambda same: same.all(axis=1), over=None):
    whole = rows(said == right)
    return np.array([whole[groups == g].sum() / (over or (lambda own: own.sum()))(groups == g) for g in range(groups.max() + 1)])  # fmt: skip


@exact_by_group.mistake("That is the share of right digits. A sum is right where all its digits are.")
def _of_digits(said, right, groups):
    return _shares(said, right, groups, rows=lambda same: same.mean(axis=1))


@exact_by_group.mistake("You count a sum as right where any of its digits is.")
def _any_digit(said, right, groups):
    return _shares(said, right, groups, rows=lambda same: same.any(axis=1))


@exact_by_group.mistake(
    "You divide by the number of all sums. A group's share is of its own sums, else the shares say how large the groups are."
)
def _of_all(said, right, groups):
    return _shares(said, right, groups, over=len)


@exact_by_group.mistake("You count the sums of each group that are right. Divide by how many sums it has.")
def _numbers(said, right, groups):
    return _shares(said, right, groups, over=lambda own: 1)


@exact_by_group.mistake("Only the last column is compared. All digits must be right.")
def _last_column(said, right, groups):
    return _shares(said, right, groups, rows=lambda same: same[:, -1])


@exact_by_group.mistake("That is the share of sums that are wrong.")
def _wrong_ones(said, right, groups):
    return _shares(said, right, groups, rows=lambda same: ~same.all(axis=1))


# ------------------------------------------------------------------------------------------------------ four digits
four_digits = prediction(
    "four_digits",
    answer="d",
    why="No training sum had a digit where the fourth digits stand now, and no place beyond the eleventh was ever read in training.",
    feedback={
        "a": "Somebody who has learned to add can go on to the next column. Whether this model has learned that is what is asked.",
        "b": "That would need the three columns that it knows to be found again. They stand at other places now.",
        "c": "Sums without a carry are easy for someone who finds the columns. It looks for them where they stood in training.",
    },
)


what_was_missing = choice(
    "what_was_missing",
    answer="b",
    why="Every place was read and every column had its place, but in the fourth both digits were always 0. Each column is learned by itself: that they all "
    "work alike is known to us, and not to the model.",
    feedback={
        "a": "With numbers written as four digits each place was read in every batch.",
        "c": "Sums without a single carry fail as well. And carries out of the hundreds were seen: they are the thousands of a sum of three digits.",
        "d": "Each of the ten digits was as frequent in the three columns as any other.",
    },
    hints=(
        "Which causes has the wide form taken away, and what happened then?",
        "Look at the columns of the answer: where does it fail, and what stood in that column in training?",
        "In the thousands of the two numbers there was nothing but 0.",
    ),
)


# ------------------------------------------------------------------------------------------------------------ goal
def tenths():
    """A column looks at itself with weight 1, at the one before with 1/10, and so on: what is mixed holds the carry."""

    def look(n):
        weights = np.zeros((n + 1, 2 * n + 2))
        for k in range(n + 1):  # the digit of the sum at 10ᵏ
            for i in range(min(k, n - 1) + 1):  # a column at or below it
                weights[k, [n - 1 - i, 2 * n - i]] = 10.0 ** (i - k)
        return weights

    return look


LONGEST, ASKED = 8, 300  # digits, and sums of each length


@cache
def _prompts(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the values (M, 2n + 2) that a prompt's tokens pass on, 0 for plus and equals, and the sums' digits (M, n + 1), units first."""
    a, b = np.random.default_rng(1000 + n).integers(10**n, size=(2, ASKED))
    b[: ASKED // 3] = 10**n - 1 - a[: ASKED // 3]  # columns of 9 …
    b[: ASKED // 6] += a[: ASKED // 6] > 0  # … through which a carry runs, in half of them
    rows = rows_of_sums.function(a, b, n, True)
    values = rows[:, : 2 * n + 2].copy()
    values[:, [n, 2 * n + 1]] = 0
    return values, rows[:, 2 * n + 2 :]


def _weights(answer, n: int) -> np.ndarray:
    if not callable(answer):
        raise ValueError("hand over a function of n, the number of digits")
    weights = np.asarray(answer(n))
    if weights.shape != (n + 1, 2 * n + 2) or weights.dtype.kind not in "biuf":
        raise ValueError(
            f"for n = {n} an array of numbers {(n + 1, 2 * n + 2)} is asked for, but yours has the shape {weights.shape}"
        )
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise ValueError("what a softmax gives is at least 0, and finite")
    return weights.astype(float)


def _digits(answer, n: int) -> np.ndarray:
    """Return the digits that the weights say: what is mixed, rounded down, its last digit."""
    return (np.floor(_prompts(n)[0] @ _weights(answer, n).T + 1e-9) % 10).astype(int)


def _right(answer, n: int) -> float:
    return float((_digits(answer, n) == _prompts(n)[1]).all(axis=1).mean())


@goal(
    worked=tenths,
    above=99.9,
    label="share of sums of 1 to 8 digits that are right",
    unit=" %",
    hints=(
        "First leave the carry out. Which two places does the digit at 10ᵏ need, and where do they stand in a prompt of n digits?",
        "A carry comes out of the column below where its digits and its own carry make 10 or more. Ten of something there is one of it here: which weight "
        "says that?",
        "The number made of all columns up to k, divided by 10ᵏ and rounded down, ends in the digit at 10ᵏ. So the weight of the column at 10ⁱ is 10^(i − k) for "
        "i ≤ …, at the places n − 1 − i and 2n − i.",
    ),
)
def adder_by_hand(answer) -> float:
    """Hand over a function of n that returns weights (n + 1, 2n + 2), at least 0: row k is the look of the place that says the digit at 10ᵏ."""
    return 100 * float(np.mean([_right(answer, n) for n in range(1, LONGEST + 1)]))


def _mixing(weight, place=None):
    """Return a function of n in which column k looks at column i with a weight of its own."""
    place = place or (lambda n, i: [n - 1 - i, 2 * n - i])

    def look(n):
        weights = np.zeros((n + 1, 2 * n + 2))
        for k in range(n + 1):
            for i in range(n):
                if i <= k:
                    weights[k, place(n, i)] = weight(i, k)
        return weights

    return look


def _says(answer, other) -> bool:
    """Whether an answer says the same digits as another, in sums of 2 to 5 digits."""
    return all((_digits(answer, n) == _digits(other, n)).all() for n in (2, 3, 4, 5))


@adder_by_hand.pitfall(
    "Each column looks at itself alone, so that no carry arrives. What must a column know of those below it?",
    example=lambda: _mixing(lambda i, k: float(i == k)),
)
def _no_carry(answer) -> bool:
    return _says(answer, _mixing(lambda i, k: float(i == k)))


@adder_by_hand.pitfall(
    "Each column looks one column down, no further. In 999 + 1 the carry starts in the units and must arrive in the thousands.",
    example=lambda: _mixing(lambda i, k: 10.0 ** (i - k) * (k - i <= 1)),
)
def _one_down(answer) -> bool:
    return _says(answer, _mixing(lambda i, k: 10.0 ** (i - k) * (k - i <= 1)))


@adder_by_hand.pitfall(
    "You read the numbers from the wrong end: their units stand last, at the places n − 1 and 2n.",
    example=lambda: _mixing(lambda i, k: 10.0 ** (i - k), lambda n, i: [i, n + 1 + i]),
)
def _wrong_end(answer) -> bool:
    return _says(answer, _mixing(lambda i, k: 10.0 ** (i - k), lambda n, i: [i, n + 1 + i]))


@adder_by_hand.pitfall(
    "Your rows begin with the highest digit. Row k says the digit at 10ᵏ, so that the units come first.",
    example=lambda: lambda n: tenths()(n)[::-1],
)
def _rows_turned(answer) -> bool:
    return _says(answer, lambda n: tenths()(n)[::-1])


@adder_by_hand.pitfall(
    "Three digits are right and others are not: your places are those of three columns, which is what the trained model has learned as well.",
    example=lambda: lambda n: np.pad(tenths()(3), ((0, max(n - 3, 0)), (0, max(2 * n - 6, 0))))[: n + 1, : 2 * n + 2],
)
def _three_alone(answer) -> bool:
    return _right(answer, 3) > 0.99 and _right(answer, 4) < 0.5
