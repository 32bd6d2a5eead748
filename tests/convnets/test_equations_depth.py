"""The labelled equations of "Depth, and ways past it", by an independent route each."""

import itertools

import numpy as np
import pytest
import sympy as sp
import torch
from torch import nn

from lib.convnets import depth as deep
from lib.convnets.exercises.depth import residual_block, slope_through_blocks

RNG = np.random.default_rng(11)


def branch_of(block):
    """A block's two layers from PyTorch's parts, in the equation's order."""
    return nn.Sequential(block.one, block.norms[0], nn.ReLU(), block.two, block.norms[1])


@pytest.mark.equation("eq-plain-block")
@pytest.mark.equation("eq-residual-block")
def test_a_block_is_the_formula():
    x = torch.rand(5, 3, 6, 6)
    for shortcut in (False, True):
        block = deep.Block(3, 3, 1, 1, shortcut, normed=True)
        branch = branch_of(block)(x)
        assert torch.allclose(block(x), torch.relu(branch + x if shortcut else branch), atol=1e-6)
        mine = residual_block.function(x.numpy(), lambda v, b=branch: b.detach().numpy(), lambda v: v)
        if shortcut:
            assert np.allclose(block(x).detach().numpy(), mine, atol=1e-6)


@pytest.mark.equation("eq-stage-parameters")
@pytest.mark.parametrize("w", [1, 4, 16])
@pytest.mark.parametrize("depth", [8, 20, 56])
def test_parameters_are_those_of_the_network(depth, w):
    n = (depth - 2) // 6
    network = deep.Networks(depth, True, [0], w)
    formula = 9 * w + 9 * w**2 * (42 * n - 10) + 2 * w * (1 + 14 * n) + 40 * w + 10
    assert formula == sum(p.numel() for p in network.parameters())
    assert len(network.convolutions()) == depth - 1


@pytest.mark.equation("eq-relu-variance")
def test_the_variance_of_a_bent_normal():
    t = sp.symbols("t", positive=True)
    density = sp.exp(-(t**2) / 2) / sp.sqrt(2 * sp.pi)
    mean, square = (sp.integrate(t**k * density, (t, 0, sp.oo)) for k in (1, 2))
    assert sp.simplify(square - mean**2 - (sp.pi - 1) / (2 * sp.pi)) == 0


@pytest.mark.equation("eq-slope-growth")
@pytest.mark.parametrize("size", [0.3, 2.0])
def test_slopes_grow_by_the_formula_whatever_the_weights_size(size):
    """Autograd through wide layers, with weights of another size each time."""
    torch.manual_seed(3)
    width, layers = 400, 6
    x = torch.randn(400, width)
    inputs = []
    for _ in range(layers):
        x = x.requires_grad_() if not inputs else x
        x.retain_grad()
        inputs.append(x)
        z = x @ (size * torch.randn(width, width) / width**0.5)
        x = torch.relu((z - z.mean(0)) / z.std(0, unbiased=False))
    x.backward(torch.randn_like(x))
    sizes = [float(one.grad.pow(2).mean()) for one in inputs]
    growth = np.array(sizes[1:-1]) / np.array(sizes[2:])
    assert np.allclose(growth, np.pi / (np.pi - 1), rtol=0.06)


@pytest.mark.equation("eq-stream-variance")
@pytest.mark.equation("eq-residual-growth")
def test_variances_add_and_slopes_grow_as_the_formula_says():
    """Blocks x + norm(relu(norm(x A)) B) without a last ReLU: k = 2 layers, a mean over starts."""
    torch.manual_seed(0)
    width, n, c = 300, 8, np.pi / (np.pi - 1)

    def norm(z):
        return (z - z.mean(0)) / z.std(0, unbiased=False)

    ratios, variances = [], []
    for _ in range(4):
        x = norm(torch.randn(300, width)).requires_grad_()
        inputs = []
        for _ in range(n):
            x.retain_grad()
            inputs.append(x)
            A, B = (torch.randn(width, width) / width**0.5 for _ in range(2))
            x = x + norm(torch.relu(norm(x @ A)) @ B)
        x.retain_grad()
        inputs.append(x)
        x.backward(torch.randn_like(x))
        variances.append([float(one.detach().var()) for one in inputs])
        sizes = np.array([float(one.grad.pow(2).mean()) for one in inputs])
        ratios.append(sizes[:-1] / sizes[1:])
    assert np.allclose(np.mean(variances, axis=0), 1 + np.arange(n + 1), rtol=0.05)
    growth = np.mean(ratios, axis=0)
    assert np.allclose(growth, 1 + c / (1 + np.arange(n)), rtol=0.1)


@pytest.mark.equation("eq-paths")
def test_a_product_of_ways_past_is_a_sum_over_subsets():
    Js = [RNG.normal(size=(3, 3)) for _ in range(4)]
    eye = np.eye(3)
    product, total = eye, np.zeros((3, 3))
    for J in Js:
        product = (eye + J) @ product
    count = [0] * 5
    for chosen in itertools.product((0, 1), repeat=4):
        path = eye
        for J, taken in zip(Js, chosen, strict=True):
            path = J @ path if taken else path
        total += path
        count[sum(chosen)] += 1
    assert np.allclose(product, total) and count == [1, 4, 6, 4, 1]
    g = RNG.normal(size=3)
    assert np.allclose(slope_through_blocks.function(g, Js), product.T @ g)
