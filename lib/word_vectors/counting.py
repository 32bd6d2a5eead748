"""Words as counts: bags of words, TF-IDF, co-occurrence in a window, pointwise mutual information, and its SVD.

Matrices are scipy's sparse CSR: of thousands of words a document holds a few dozen.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import svds

from lib.book import validate
from lib.word_vectors.vocabulary import Text, Vocabulary, encode

STOP_WORDS = frozenset(
    "a an and are as at be been but by can do does for from had has have he her his how i if in into is it its may more "
    "most no not of on one only or other our she so some such than that the their them then there these they this to "
    "was we were what when where which who will with would you your".split()
)


# ----------------------------------------------------------------------------------------------------- bags of words
def bag_of_words(documents: Sequence[Sequence[str]], vocabulary: Vocabulary) -> sp.csr_array:
    """Return how often each word stands in each document (N, V); the order of the words is forgotten.

    A document is a list of words; words outside the vocabulary are not counted.
    """
    documents = list(documents)
    text = encode(documents, vocabulary)
    ones = np.ones(len(text))
    return _counted(text.sentence, text.tokens, ones, (len(documents), len(vocabulary)))


def idf(counts, smooth: bool = True) -> np.ndarray:
    """Return the inverse document frequency (V,) of each word of a bag of words (N, V).

    log((1 + N)/(1 + n)) + 1 with `smooth`, which is scikit-learn's setting; log(N/n) without, where each word must stand
    in a document. Equations: eq-idf-smooth, eq-tf-idf
    """
    counts = _sparse(counts)
    N, n = counts.shape[0], (counts > 0).sum(axis=0)
    if smooth:
        return np.log((1 + N) / (1 + n)) + 1
    if (n == 0).any():
        raise ValueError(f"word {int(np.argmin(n))} stands in no document: log(N/0) is infinite, use smooth=True")
    return np.log(N / n)


def tfidf(counts, smooth: bool = True) -> sp.csr_array:
    """Return the TF-IDF table (N, V) of a bag of words (N, V).

    With `smooth` as scikit-learn: counts times smoothed idf, rows at length 1. Without, as most texts write it: a word's share
    of its document times log(N/n). An empty document stays a row of zeros. Equations: eq-tf-idf, eq-idf-smooth
    """
    counts = _sparse(counts)
    weights = idf(counts, smooth)
    if smooth:
        return _unit_rows(sp.csr_array(counts.multiply(weights)))
    total = counts.sum(axis=1)
    share = sp.diags_array(1 / np.where(total > 0, total, 1)) @ counts
    return sp.csr_array(share.multiply(weights))


def cosines(table, query) -> np.ndarray:
    """Return the cosine (N,) of each row of a table (N, V) with a query (V,); a row of zeros has the cosine 0.

    Equation: eq-cosine
    """
    table = _sparse(table, negative=True)
    query = validate.vector(query, "query", table.shape[1], "columns of the table", within=validate.SAFE)
    if not query.any():
        raise ValueError("the query is zero: none of its words is in the vocabulary")
    return _unit_rows(table) @ (query / np.linalg.norm(query))


# ---------------------------------------------------------------------------------------------------- co-occurrence
def cooccurrence(text: Text, window: int, near_counts_more: bool = False) -> sp.csr_array:
    """Return how often word j stands at most `window` words from word i in a sentence (V, V), a symmetric table.

    With `near_counts_more` a pair at the distance o counts (window + 1 − o)/window: what word2vec's random windows come to
    on average. Equation: eq-cooccurrence
    """
    V = len(validate.instance(text, Text, "text").vocabulary)
    w = validate.whole(window, "window", low=1)
    rows, columns, weights = [], [], []
    for o in range(1, min(w, len(text) - 1) + 1):
        same = text.sentence[o:] == text.sentence[:-o]
        left, right = text.tokens[:-o][same], text.tokens[o:][same]
        rows += [left, right]
        columns += [right, left]
        weights.append(np.full(2 * len(left), (w + 1 - o) / w if near_counts_more else 1.0))
    if not rows:
        return sp.csr_array((V, V))
    return _counted(np.concatenate(rows), np.concatenate(columns), np.concatenate(weights), (V, V))


def pmi(C, exponent: float = 1.0) -> sp.csr_array:
    """Return log(p(i, j)/(p(i) p(j))) where C (V, V) is not zero; where it is, PMI is −∞ and nothing is stored.

    exponent < 1 flattens the contexts' distribution p(j) as word2vec's noise is flattened. Equation: eq-pmi
    """
    C = _sparse(C)
    if C.shape[0] != C.shape[1]:
        raise ValueError(f"a co-occurrence table is square, but C has shape {C.shape}")
    total = C.sum()
    if total == 0:
        raise ValueError("C is zero: no two words were seen together")
    smoothed = _flattened(C.sum(axis=0), exponent)
    expected_row, expected_column = C.sum(axis=1), smoothed / smoothed.sum()
    coo = C.tocoo()
    values = np.log(coo.data / (expected_row[coo.row] * expected_column[coo.col]))
    return sp.csr_array((values, (coo.row, coo.col)), shape=C.shape)


def ppmi(C, shift: float = 0.0, exponent: float = 1.0) -> sp.csr_array:
    """Return max(PMI − shift, 0) (V, V): pairs that were never seen, and pairs seen less than expected, count alike; shift ≥ 0.

    Equation: eq-ppmi
    """
    out = pmi(C, exponent)
    out.data = np.maximum(out.data - validate.number(shift, "shift", low=0), 0)
    out.eliminate_zeros()
    return out


def svd_vectors(M, d: int, power: float = 0.5, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return the words' vectors U Σ^power (V, d) and the contexts' V Σ^(1 − power) (V, d) of the truncated SVD of M.

    Their products approximate M better than any other matrices of d columns do. A column's sign is free; here each column of U
    has its largest entry positive. Equation: eq-svd-vectors
    """
    M = _sparse(M, negative=True)
    d = validate.whole(d, "d", low=1, high=min(M.shape) - 1)
    power = validate.number(power, "power", low=0, high=1)
    if not M.nnz:
        raise ValueError("M is zero: it has no directions")
    start = np.random.default_rng(validate.whole(seed, "seed", low=0)).normal(size=min(M.shape))
    U, s, Vt = svds(M, k=d, v0=start)
    order = np.argsort(-s)
    U, s, Vt = U[:, order], s[order], Vt[order]
    sign = np.sign(U[np.argmax(np.abs(U), axis=0), np.arange(d)])
    return U * sign * s**power, Vt.T * sign * s ** (1 - power)


def strongest(table, row: int, k: int = 10) -> list[tuple[int, float]]:
    """Return the k largest entries of a row of a sparse table, as (column, value), the largest first."""
    table = _sparse(table, negative=True)
    row = validate.whole(row, "row", low=0, high=table.shape[0] - 1)
    at = slice(table.indptr[row], table.indptr[row + 1])
    columns, values = table.indices[at], table.data[at]
    order = np.lexsort((columns, -values))[: validate.whole(k, "k", low=1)]
    return [(int(columns[i]), float(values[i])) for i in order]


# ------------------------------------------------------------------------------------- what negative sampling factors
def expected_loss(S, C, k: float, exponent: float = 1.0) -> tuple[float, np.ndarray]:
    """Return the mean loss of negative sampling for a table of scores S (V, V) = W Uᵀ, and its gradient by S.

    C (V, V) counts the pairs, k noise words are drawn for each with probability ∝ (column sum)^exponent.
    Equation: eq-expected-loss
    """
    S, C = validate.square(S, "S", within=validate.BELOW), _sparse(C).toarray()
    if S.shape != C.shape:
        raise ValueError(f"S {S.shape} and C {C.shape} must have one shape")
    k = validate.number(k, "k", low=0, open_low=True)
    total = C.sum()
    if total == 0:
        raise ValueError("C is zero: there are no pairs to lose anything on")
    noise = _flattened(C.sum(axis=0), exponent)
    drawn = k * np.outer(C.sum(axis=1), noise / noise.sum())
    loss = np.sum(C * np.logaddexp(0, -S) + drawn * np.logaddexp(0, S)) / total
    p = 1 / (1 + np.exp(-np.clip(S, -500, 500)))
    return float(loss), ((C + drawn) * p - C) / total


# ---------------------------------------------------------------------------------------------------------- helpers
def _sparse(table, negative: bool = False) -> sp.csr_array:
    """Return a finite, non-empty CSR table of float64, without negative entries unless they are welcome, or stored zeros."""
    if not sp.issparse(table):
        table = validate.matrix(table, "the table")
    elif table.ndim != 2:
        raise ValueError(f"the table must have 2 axes, but its shape is {table.shape}")
    elif table.dtype.kind not in "biuf":
        raise TypeError(f"the table must hold real numbers, but holds {table.dtype}")
    out = sp.csr_array(table, dtype=np.float64)
    if 0 in out.shape:
        raise ValueError(f"the table is empty: its shape is {out.shape}")
    if not out.has_canonical_format or not out.data.all():
        out = out.copy()  # the caller's table stays as it is
        out.sum_duplicates()
        out.eliminate_zeros()
    if out.nnz:
        validate.in_range(out.data, "the table")
    if not negative and (out.data < 0).any():
        raise ValueError("counts cannot be negative, but the table has a negative entry")
    return out


def _flattened(sums: np.ndarray, exponent: float) -> np.ndarray:
    """Return sums^exponent (V,), 0 where a sum is 0; the distribution p(j) before it is brought to the sum 1."""
    exponent = validate.number(exponent, "exponent")
    with np.errstate(over="ignore"):
        return validate.result(
            np.power(sums, exponent, out=np.zeros_like(sums), where=sums > 0), "the noise distribution"
        )


def _counted(rows, columns, weights, shape) -> sp.csr_array:
    return sp.coo_array((weights, (rows, columns)), shape=shape).tocsr()


def _unit_rows(table: sp.csr_array) -> sp.csr_array:
    norms = np.sqrt(table.multiply(table).sum(axis=1))
    if ((norms < 1e-140) & (np.diff(table.indptr) > 0)).any():
        raise ValueError(f"row {int(np.argmin(norms))} of the table is too small to square: scale it")
    return sp.csr_array(sp.diags_array(1 / np.where(norms > 0, norms, 1)) @ table)
