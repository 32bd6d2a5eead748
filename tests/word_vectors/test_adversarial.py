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


def peer(layers):
    """Return the adversary as torch builds it."""
    modules = []
    for A, b in layers:
        linear = torch.nn.Linear(*A.shape)
        linear.weight.data, linear.bias.data = A.T.clone(), b.clone()
        modules += [linear, torch.nn.LeakyReLU(0.2)]
    return torch.nn.Sequential(*modules[:-1])


@pytest.mark.parametrize("seed", range(5))
def test_scores_and_slopes_are_those_of_torch(seed):
    chance = torch.Generator().manual_seed(seed)
    layers = adversarial.adversary(4, 7, chance)
    shown = torch.randn((9, 4), generator=chance, requires_grad=True)
    truth = torch.rand((9, 1), generator=chance)
    D = peer(layers)
    loss = torch.nn.BCEWithLogitsLoss()(D(shown), truth)
    scored, given = adversarial.scores(layers, shown.detach())
    assert torch.allclose(scored, D(shown), atol=1e-6)
    error = adversarial._error(scored, truth)
    weights, nothing = adversarial.slopes(layers, given, error)
    wanted = torch.autograd.grad(loss, [*D.parameters(), shown])
    found = [part for A, b in weights for part in (A.T, b)]
    assert nothing is None and len(found) == len(wanted) - 1
    none, by_shown = adversarial.slopes(layers, given, error, of_weights=False)
    assert none == []
    for mine, theirs in zip([*found, by_shown], wanted, strict=True):
        assert torch.allclose(mine, theirs, atol=1e-6)


def test_one_turn_by_hand():
    """With whole clouds as batches the first turn is gradient descent on both losses, then the orthogonality step."""
    point = np.array([[0.6, 0.8]])
    other = np.array([[1.0, 0.2]]) * 1.0 / np.sqrt(1.04)
    run = play(point, other, hidden=8, turns=1, rounds=1, lead=3, batch=1, dropout=0.0, smoothing=0.0, rate=0.5)
    x, y = (torch.tensor(v * np.sqrt(2) / np.linalg.norm(v), dtype=torch.float32) for v in (point, other))
    chance = torch.Generator().manual_seed(0)
    D = peer(adversarial.adversary(2, 8, chance))
    W, t = torch.eye(2, requires_grad=True), torch.tensor([[1.0], [0.0]])
    says = torch.nn.BCEWithLogitsLoss()
    for player, target in (3 * [(list(D.parameters()), t)]) + [([W], 1 - t)]:
        slopes = torch.autograd.grad(says(D(torch.cat([x @ W, y])), target), player)
        with torch.no_grad():
            for p, slope in zip(player, slopes, strict=True):
                p -= 0.5 * slope
    wanted = unsupervised.orthogonality_step(W.detach().numpy().astype(float), 0.02)
    assert np.allclose(run.W, wanted, atol=1e-5) and not np.allclose(run.W, np.eye(2), atol=1e-3)


def test_rates_fall_from_round_to_round():
    X, Y, _ = groups(50)
    one = play(X, Y, hidden=8, turns=3, rounds=2, decay=1.0)
    other = play(X, Y, hidden=8, turns=3, rounds=2, decay=0.5)
    assert np.array_equal(one.maps[0], other.maps[0]) and not np.array_equal(one.maps[1], other.maps[1])


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
