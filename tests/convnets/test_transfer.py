"""Learning on: from a module's weights, with frozen layers, with batch norms that move or do not, and with a new end."""

import copy

import numpy as np
import pytest
import torch

from lib.convnets import training
from lib.convnets.architectures import Conv, Dense, Pool

NET = (Conv(2, 3, norm=True), Pool("max", 2, 2), Dense(5), Dense(3, relu=False))
RNG = np.random.default_rng(0)
X, y = RNG.random((20, 8, 8)), RNG.integers(3, size=20)


@pytest.fixture(scope="module")
def base():
    return training.train_classifier(NET, X, y, 5, batch=10)


def state(model):
    return {name: value.clone() for name, value in model.state_dict().items()}


def changed(model, before):
    return {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}


def test_a_module_learns_on_as_a_copy(base):
    before = state(base)
    on = training.train_classifier(base, X, y, 3, batch=10)
    assert not changed(base, before)
    assert {"0.0.weight", "0.1.running_mean", "2.1.weight", "3.1.bias"} <= changed(on, before)


@pytest.mark.parametrize("move", [False, True])
def test_frozen_layers_keep_weights_and_norms_only_if_told_to(base, move):
    before = state(base)
    on = training.train_classifier(base, X * 0.5, y, 3, batch=10, frozen=3, norms_move=move)
    moved = changed(on, before)
    assert {name.split(".")[0] for name in moved if "running" not in name and "tracked" not in name} == {"3"}
    assert ("0.1.running_mean" in moved) == ("0.1.running_var" in moved) == move
    assert not on.training


def test_everything_learns_again_after_it_was_frozen(base):
    frozen = training.train_classifier(base, X, y, 2, batch=10, frozen=3)
    assert "0.0.weight" in changed(training.train_classifier(frozen, X, y, 2, batch=10), state(frozen))


def test_a_new_end(base):
    new = training.with_new_end(base, 7, seed=1)
    assert new[-1][-1].weight.shape == (7, 5) and not changed(new[:-1], state(base[:-1]))
    again, other = (training.with_new_end(base, 7, seed) for seed in (1, 2))
    assert torch.equal(new[-1][-1].weight, again[-1][-1].weight) and not torch.equal(
        new[-1][-1].weight, other[-1][-1].weight
    )


def test_features_are_what_the_first_layers_give(base):
    f = training.features(base, X, 2)
    with torch.no_grad():
        mine = copy.deepcopy(base).eval()[:2](torch.from_numpy(X).float()[:, None])
    assert f.shape == (20, 18) and np.allclose(f, mine.flatten(1).numpy())


def test_an_augmentation_sees_every_batch():
    seen = []

    def blank(images, rng):
        seen.append(images.shape)
        assert isinstance(rng, np.random.Generator)
        return np.zeros_like(images)

    model = training.train_classifier(NET, X, y, 4, batch=10, augment=blank)
    assert seen == [(10, 8, 8)] * 4
    assert not torch.isnan(model[-1][-1].weight).any()


@pytest.mark.equation("eq-forgotten-mean")
@pytest.mark.parametrize("k", [1, 5, 22])
def test_a_running_mean_forgets(k):
    norm = torch.nn.BatchNorm1d(1)
    norm.running_mean[:] = 3.0
    batch = torch.tensor([[1.0], [-5.0]])  # mean −2
    for _ in range(k):
        norm(batch)
    assert norm.running_mean.item() == pytest.approx(0.9**k * 3 + (1 - 0.9**k) * -2, rel=1e-5)


def test_bad_settings_are_refused(base):
    with pytest.raises(ValueError, match="frozen"):
        training.train_classifier(base, X, y, 1, frozen=4)
    with pytest.raises(ValueError, match="classes"):
        training.with_new_end(base, 0, 0)
