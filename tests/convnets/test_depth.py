"""Deep networks side by side: each is what it would be alone, and bad input is refused."""

import numpy as np
import pytest
import torch
from torch import nn

from lib.convnets import depth as deep


def alone(one: torch.Tensor, groups: int, seed: int) -> torch.Tensor:
    return one.unflatten(0, (groups, -1))[seed]


@pytest.mark.parametrize("normed", [True, False])
@pytest.mark.parametrize("shortcut", [True, False])
def test_networks_side_by_side_are_those_that_stand_alone(shortcut, normed):
    x = torch.randn(20, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    three = deep.Networks(14, shortcut, [4, 5, 6], width=3, normed=normed)(x.expand(-1, 3, -1, -1))
    for k, seed in enumerate((4, 5, 6)):
        one = deep.Networks(14, shortcut, [seed], width=3, normed=normed)(x)
        assert torch.allclose(three[:, k], one[:, 0], rtol=1e-4, atol=1e-5)


def test_training_side_by_side_is_training_alone():
    _, together = deep.train_networks(8, True, [1, 2], epochs=2, rate=0.02)
    for k, seed in enumerate((1, 2)):
        _, one = deep.train_networks(8, True, [seed], epochs=2, rate=0.02)
        assert abs(together[:, k] - one[:, 0]).max() < 0.02
    assert not np.array_equal(together[:, 0], together[:, 1])


def test_the_shortcut_keeps_every_second_row_and_puts_zeros_behind():
    block = deep.Block(2, 4, 2, groups=3, shortcut=True, normed=False)
    x = torch.arange(6 * 16.0).reshape(1, 6, 4, 4)
    past = block.past(x).unflatten(1, (3, 4))
    for k in range(3):
        assert torch.equal(past[:, k, :2], x[:, 2 * k : 2 * k + 2, ::2, ::2])
        assert not past[:, k, 2:].any()
    wanted = torch.relu(block.past(x) + block.two(torch.relu(block.one(x))))
    assert torch.equal(block(x), wanted)


def test_a_block_that_is_passed_by_hands_its_input_on():
    network = deep.Networks(8, True, [0])
    x = torch.rand(2, 4, 8, 8)
    network.blocks[0].live = False
    assert torch.equal(network.blocks[0](x), x)
    plain = deep.Networks(8, False, [0])
    plain.blocks[0].live = False
    assert torch.equal(plain.blocks[0](x), x)


def test_without_each_block_puts_the_blocks_back():
    network = deep.Networks(14, True, [0, 1])
    found = deep.without_each_block(network)
    assert found["without"].shape == (6, 2) and found["whole"].shape == (2,)
    assert all(block.live for block in network.blocks)
    assert np.array_equal(deep.wrong(network, *deep.pictures()[2:]), found["whole"])


def test_slopes_at_start_are_autograds():
    sizes = deep.slopes_at_start(8, True, True, [3], width=2)
    X, y, _, _ = deep.pictures()
    network = deep.Networks(8, True, [3], 2)
    nn.functional.cross_entropy(network(X[:100])[:, 0], y[:100]).backward()
    wanted = [one.weight.grad.pow(2).mean().sqrt().item() for one in network.convolutions()]
    assert sizes.shape == (1, 7) and np.allclose(sizes[0], wanted, rtol=1e-4)


def test_the_pictures_are_apart():
    X, y, Xt, yt = deep.pictures()
    assert (len(X), len(Xt)) == (1297, 500) and len(y) == 1297 and len(yt) == 500
    assert abs(float(X.mean())) < 1e-5 and abs(float(X.std()) - 1) < 1e-4


@pytest.mark.parametrize("depth", [2, 9, 21, "20", 8.5, None])
def test_a_depth_that_is_not_6n_plus_2_is_refused(depth):
    with pytest.raises((ValueError, TypeError), match="depth"):
        deep.Networks(depth, True, [0])


@pytest.mark.parametrize("seeds", [[-1], [0.5], ["a"]])
def test_bad_seeds_are_refused(seeds):
    with pytest.raises((ValueError, TypeError), match="seed"):
        deep.Networks(8, True, seeds)


def test_no_epochs_are_refused():
    with pytest.raises(ValueError, match="epochs"):
        deep.train_networks(8, True, [0], epochs=0)
