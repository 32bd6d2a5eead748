"""Wrong answers to the book's exercises, as students write them, each with what a helpful verdict speaks of.

They were written from the stubs alone, before the solutions were read. `FINAL` names the exercises whose answers were
left aside while cases and diagnoses were improved: what is measured there is what a new answer will meet.
"""

import importlib
import pkgutil

_modules = [info.name.removeprefix(f"{__name__}.") for info in pkgutil.walk_packages(__path__, f"{__name__}.")]
WRONG = {
    f"{name.split('.')[0]}.{exercise}": answers
    for name in _modules
    for exercise, answers in getattr(importlib.import_module(f"{__name__}.{name}"), "WRONG", {}).items()
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
