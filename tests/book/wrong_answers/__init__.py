"""Wrong answers to the book's exercises, as students write them, each with what a helpful verdict speaks of.

They were written from the stubs alone, before the solutions were read. `FINAL` names the exercises whose answers were
left aside while cases and diagnoses were improved: what is measured there is what a new answer will meet.
"""

from . import least_squares, losses, regularization, sequences, transformers, word_vectors

WRONG = {
    f"{module.__name__.split('.')[-1]}.{name}": answers
    for module in (least_squares, losses, regularization, sequences, transformers, word_vectors)
    for name, answers in module.WRONG.items()
}

FINAL = frozenset(
    {
        "least_squares.weighted_fit",
        "least_squares.newton_reciprocal",
        "least_squares.cholesky_factor",
        "losses.gradient_of_mape",
        "losses.momentum_in_a_list",
        "losses.for_relu",
        "losses.gradients_of_two_layers",
        "regularization.running_average",
        "regularization.drop_units",
        "regularization.one_coordinate",
        "regularization.found_after",
        "regularization.normalize_layer",
        "word_vectors.noise_shares",
        "word_vectors.csls_table",
        "word_vectors.reading_pairs",
        "word_vectors.nearest_rows",
    }
)
