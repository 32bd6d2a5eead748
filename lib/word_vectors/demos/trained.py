"""Pictures of trained vectors: the map to explore, and the analogies by kind."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lib.book.demos import Picture
from lib.book.figures import BLUE, GREEN, ORANGE, canvas
from lib.book.maps import Map
from lib.word_vectors import evaluation
from lib.word_vectors.counting import STOP_WORDS
from lib.word_vectors.vectors import WordVectors

__all__ = ["analogies_picture", "word_map"]


def word_map(vectors: WordVectors, n: int = 700, near: int = 8, seed: int = 0, also: Sequence[str] = ()) -> Map:
    """Return a map of the n most frequent words that are no stop words, and of `also`: laid out by t-SNE.

    A word's neighbours are those among the words of the map, by the cosine in the full space. Of `also` only words that have
    vectors are taken; they come first, so that the map names them where there is room.
    """
    from sklearn.manifold import TSNE

    kept = [vectors.row(word) for word in also if word in vectors]
    often = [i for i, w in enumerate(vectors.words) if len(w) > 2 and w not in STOP_WORDS][:n]
    chosen = vectors.some(list(dict.fromkeys([*kept, *often])))
    flat = TSNE(init="pca", metric="cosine", perplexity=20, max_iter=500, random_state=seed).fit_transform(chosen.unit)
    return Map(
        names=chosen.words,
        points=np.round(flat, 2),
        near=chosen.nearest(np.arange(len(chosen)), near),
        title=f"{len(chosen)} words of scientific Python",
        sentence="Words that are used alike lie close: functions, colours, matrices, distributions and graphs each "
        "have a corner. Look one up to see its neighbours among these words.",
    )


def analogies_picture(results: dict[str, WordVectors]) -> Picture:
    """Show for each kind of analogy the share that each model solves."""
    kinds = list(evaluation.SEALED)
    fig, ax = canvas(width=6.4, height=3.9)
    high = 0.8 / len(results)
    for m, ((name, vectors), colour) in enumerate(zip(results.items(), (BLUE, ORANGE, GREEN), strict=False)):
        scores = [evaluation.solved(vectors, evaluation.questions(kind)) for kind in kinds]
        places = [-i - (m - (len(results) - 1) / 2) * high for i in range(len(kinds))]
        ax.barh(places, [100 * s.value for s in scores], height=0.9 * high, color=colour, label=name)
    ax.set_yticks([-i for i in range(len(kinds))], kinds)
    ax.set(xlim=(0, 100), xlabel="% solved")
    ax.grid(axis="y", visible=False)
    ax.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=len(results))
    return Picture(
        fig,
        f"The share of {len(evaluation.questions())} analogies that each of {len(results)} models solves, kind by kind.",
    )
