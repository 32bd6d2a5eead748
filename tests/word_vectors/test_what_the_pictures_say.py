"""What the pictures of this chapter say, where it is more than drawing."""

import numpy as np
import pytest

from lib.word_vectors import alignment, demos, unsupervised
from lib.word_vectors.vectors import WordVectors


def test_the_map_names_the_words_asked_for_first_and_looks_for_neighbours_among_its_own():
    rng = np.random.default_rng(0)
    names = [f"word{i}" for i in range(80)]
    vectors = WordVectors(names, rng.normal(size=(80, 12)))
    shown = demos.word_map(vectors, n=60, near=5, also=["word75", "unheard", "word3"])
    assert list(shown.names[:2]) == ["word75", "word3"]
    assert len(shown.names) == 61 and len(set(shown.names)) == 61, "sixty frequent ones, and one that is rarer"
    inside = vectors.some([vectors.row(name) for name in shown.names])
    for name in ("word75", "word10"):
        wanted = [w for w, _ in inside.neighbours(name, 5)]
        assert shown.tell(name) == f"Nearest to “{name}”: {', '.join(wanted)}."


@pytest.mark.parametrize("pairs", [2, 3, 4, 5, 8])
def test_matched_clouds_are_the_same_for_any_basis_of_what_is_left_open(pairs, monkeypatch):
    """An SVD may return any basis of a null space; the demo must not tell which."""
    matched = demos.matching_clouds(step=0, pairs=pairs, rest="filled by chance").description
    svd = np.linalg.svd

    def another(A, full_matrices=True, **more):
        U, s, Vt = svd(A, full_matrices=full_matrices, **more)
        if full_matrices and len(s) == len(U) == len(Vt):
            null = s <= 1e-6 * s[0]
            if null.sum() > 1:
                U[:, null], Vt[null] = np.roll(U[:, null], 1, axis=1), -Vt[null][::-1]
        return U, s, Vt

    from lib.word_vectors.demos import dictionary

    dictionary._matched.cache_clear()
    monkeypatch.setattr(np.linalg, "svd", another)
    try:
        assert demos.matching_clouds(step=0, pairs=pairs, rest="filled by chance").description == matched
    finally:
        dictionary._matched.cache_clear()


def test_a_wide_singular_value_blows_up_and_a_narrow_one_arrives():
    assert "blown up" in demos.kept_orthogonal(beta=0.5, largest=3.0).description
    assert "equal 1 up to rounding" in demos.kept_orthogonal(beta=0.5, largest=1.5).description
    W = unsupervised.orthogonality_step(np.diag([3.0, 0.5]), 0.5)
    assert np.abs(W).max() > 3


def test_profiles_find_partners_without_noise():
    assert "60 of 60 words" in demos.profiles(noise=0.0, word="A").description
    X = alignment.normalise(np.random.default_rng(1).normal(size=(40, 6)))
    Q = np.linalg.qr(np.random.default_rng(2).normal(size=(6, 6)))[0]
    assert np.allclose(unsupervised.similarity_profile(X), unsupervised.similarity_profile(X @ Q), atol=1e-6)
