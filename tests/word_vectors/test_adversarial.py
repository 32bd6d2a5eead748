"""MUSE's game: its losses, that only the right player moves, that it is the same for a seed, and that it can win."""

import numpy as np
import pytest
import torch

from lib.word_vectors import adversarial, alignment, unsupervised
from lib.word_vectors.adversarial import Game, play


def groups(n=600, turn=0.7, seed=0):
    """Return two clouds in the plane of three unequal groups each, the second turned by an angle no symmetry has."""
    rng = np.random.default_rng(seed)
    middles = np.array([[1.5, 0.0], [-0.3, 1.0], [-0.8, -0.6]])
    draw = lambda: middles[rng.choice(3, n, p=(0.3, 0.2, 0.5))] + 0.25 * rng.normal(size=(n, 2))
    Q = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return draw(), draw() @ Q, Q


QUICK = {"hidden": 24, "turns": 40, "rounds": 2, "lead": 2, "dropout": 0.0}


def test_the_map_turns_one_cloud_onto_the_other():
    X, Y, Q = groups()
    run = play(X, Y, hidden=32, turns=300, rounds=3, lead=3, dropout=0.0, beta=0.01)
    assert np.abs(run.W - Q).max() < 0.25, run.W
    assert run.seen[-1] < 0.7, "the adversary can hardly tell"
    assert len(run.maps) == 3 and run.criterion.shape == (3,)
    assert run.W is run.maps[int(np.argmax(run.criterion))]
    assert run.criterion[0] == pytest.approx(unsupervised.criterion(X, Y, run.maps[0]))


def test_the_same_seed_gives_the_same_maps_and_leaves_torch_as_it_was():
    X, Y, _ = groups(100)
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    threads = torch.get_num_threads()
    one, two = (play(X, Y, seed=3, **QUICK) for _ in range(2))
    assert torch.equal(torch.rand(3), expected) and torch.get_num_threads() == threads
    assert all(np.array_equal(a, b) for a, b in zip(one.maps, two.maps, strict=True))
    assert not np.array_equal(one.W, play(X, Y, seed=4, **QUICK).W)


def test_one_turn_by_hand(monkeypatch):
    """The first step of each player is gradient descent on its loss, then comes the orthogonality step."""
    X, Y, _ = groups(50)
    losses = []
    descend = adversarial._descend

    def watched(loss, parameters, rate):
        parameters = list(parameters)
        losses.append((loss.item(), len(parameters), rate))
        descend(loss, parameters, rate)

    monkeypatch.setattr(adversarial, "_descend", watched)
    run = play(X, Y, hidden=8, turns=1, rounds=2, lead=3, smoothing=0.0, rate=0.5, decay=0.5)
    assert [n for _, n, _ in losses] == [6, 6, 6, 1] * 2 and [r for *_, r in losses] == [0.5] * 4 + [0.25] * 4
    assert np.isclose(losses[0][0], np.log(2), atol=0.1), "untrained, it tosses coins"
    assert not np.allclose(run.maps[0], np.eye(2)) and run.maps[0].shape == (2, 2)


def test_it_stays_nearly_orthogonal():
    rng = np.random.default_rng(1)
    X, Y = (alignment.normalise(rng.normal(size=(200, 6))) for _ in range(2))
    run = play(X, Y, beta=0.05, rate=0.05, **QUICK)
    assert np.abs(np.linalg.svd(run.maps[-1], compute_uv=False) - 1).max() < 0.15


def test_progress_is_told_and_settings_are_one_or_the_other():
    X, Y, _ = groups(50)
    told = []
    play(X, Y, Game(**QUICK), report=told.append)
    assert told == sorted(told) and told[0] == 0 and told[-1] == 1
    with pytest.raises(TypeError, match="either"):
        play(X, Y, Game(), rounds=2)


@pytest.mark.parametrize(
    "changes, says",
    [
        ({"rounds": 0}, "rounds must be at least 1"),
        ({"batch": 0}, "batch"),
        ({"hidden": 0}, "hidden"),
        ({"seed": -1}, "seed"),
        ({"dropout": 1.0}, "dropout must be at most 0.99"),
        ({"smoothing": 0.5}, "smoothing must be at most"),
        ({"rate": 0.0}, "rate must be greater than 0"),
        ({"beta": 2.0}, "beta must be at most 1"),
        ({"decay": 1.5}, "decay"),
    ],
)
def test_bad_settings_are_named(changes, says):
    with pytest.raises(ValueError, match=says):
        Game(**changes)


def test_bad_spaces_are_named():
    X, Y, _ = groups(20)
    with pytest.raises(ValueError, match="2 dimensions and Y 1"):
        play(X, Y[:, :1])
    with pytest.raises(ValueError, match=r"nan|finite"):
        play(np.full((3, 2), np.nan), Y)
