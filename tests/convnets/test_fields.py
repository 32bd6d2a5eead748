"""Receptive fields: the recurrence against what PyTorch's gradients reach, networks' published fields, and how influence is spread."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.convnets import architectures, fields
from lib.convnets.fields import Field, Window

window = st.builds(Window, st.integers(1, 4), st.integers(1, 3), st.integers(0, 3), st.integers(1, 3))


def by_torch(layers, n, unit):
    """The gradient of a unit by n numbers through convolutions whose weights are all 1 / size."""
    x = torch.ones(1, 1, n, dtype=torch.float64, requires_grad=True)
    y = x
    for w in layers:
        y = F.conv1d(
            y, torch.full((1, 1, w.size), 1 / w.size, dtype=torch.float64), None, w.stride, w.padding, w.dilation
        )
    y[0, 0, unit].backward()
    return x.grad[0, 0].numpy()


@pytest.mark.equation("eq-path-counts")
@pytest.mark.equation("eq-field-recurrence")
@settings(max_examples=120, deadline=None)
@given(st.lists(window, min_size=1, max_size=4), st.data())
def test_the_gradient_is_pytorchs_and_reaches_as_far_as_the_recurrence_says(layers, data):
    field = fields.receptive_field(layers)
    n = field.size + 5 * field.jump + 6
    lengths = fields.sizes(layers, n)
    unit = data.draw(st.integers(0, lengths[-1] - 1))
    gradient = fields.influence(layers, n, unit)
    np.testing.assert_allclose(gradient, by_torch(layers, n, unit), atol=1e-12)
    first, last = field.of(unit)
    if first >= 0 and last < n:
        assert fields.extent(gradient) == (first, last)
        assert gradient.sum() == pytest.approx(1)  # nothing was lost in the padding
    else:
        seen = np.flatnonzero(gradient)
        assert not len(seen) or (first <= seen[0] and seen[-1] <= last)


@pytest.mark.equation("eq-field-of-branches")
@pytest.mark.parametrize("name", architectures.NETWORKS)
def test_fields_of_networks_by_gradient(name):
    net = architectures.windows(architectures.NETWORKS[name][0])
    field, n = fields.receptive_field(net), 1501
    unit = fields.sizes(net, n)[-1] // 2
    assert fields.extent(fields.influence(net, n, unit)) == field.of(unit)


def test_published_fields():
    sizes = {
        name: fields.receptive_field(architectures.windows(net)).size
        for name, (net, _) in architectures.NETWORKS.items()
    }
    # Araujo, Norris and Sim (2019), table 1
    assert (sizes["AlexNet"], sizes["VGG-16"], sizes["ResNet-50"]) == (195, 212, 483)
    assert fields.receptive_field(architectures.windows(architectures.resnet(50, late=True))).size == 427


def test_a_field_in_two_dimensions_by_pytorchs_gradient():
    layers = [Window(3, 2, 1), Window(2, 1, 0), Window(3, 1, 2, 2)]
    x = torch.ones(1, 1, 31, 31, dtype=torch.float64, requires_grad=True)
    y = x
    for w in layers:
        y = F.conv2d(
            y, torch.rand(1, 1, w.size, w.size, dtype=torch.float64) + 0.1, None, w.stride, w.padding, w.dilation
        )
    y[0, 0, 7, 6].backward()
    field = fields.receptive_field(layers)
    rows, columns = (np.flatnonzero(x.grad[0, 0].numpy().any(axis=axis)) for axis in (1, 0))
    assert (rows[0], rows[-1]) == field.of(7) and (columns[0], columns[-1]) == field.of(6)


@pytest.mark.equation("eq-spread")
@settings(max_examples=60, deadline=None)
@given(st.lists(window, min_size=1, max_size=5))
def test_the_spread_is_that_of_the_paths(layers):
    layers = [Window(w.size, w.stride, 0, w.dilation) for w in layers]
    n = fields.receptive_field(layers).size  # one unit, which sees all
    p, x = fields.influence(layers, n), np.arange(n)
    assert p.sum() == pytest.approx(1)
    assert fields.spread(layers) == pytest.approx(np.sqrt(max((p * x**2).sum() - (p * x).sum() ** 2, 0)), abs=1e-7)
    offsets = np.random.default_rng(0).integers(0, [w.size for w in layers], size=(4000, len(layers)))
    jumps = np.cumprod([1, *(w.stride for w in layers[:-1])])
    walks = offsets @ (jumps * [w.dilation for w in layers])
    assert walks.std() == pytest.approx(fields.spread(layers), rel=0.1, abs=1e-9)


def test_random_weights_have_the_bell_of_equal_ones_on_average():
    net, rng = [Window(3, padding=1)] * 3, np.random.default_rng(0)
    mean = np.mean([fields.random_gradient(net, 11, 8, rng, relu=False) for _ in range(3000)], axis=0)
    np.testing.assert_allclose(mean, fields.influence(net, 11), atol=0.02)
    assert mean[:2].max() == mean[-2:].max() == 0  # outside the field of 7


@pytest.mark.parametrize("relu", [False, True])
def test_a_random_gradient_is_one_of_pytorchs(relu):
    layers = [Window(3, 2, 1), Window(2, 1, 0, 2)]
    ours = fields.random_gradient(layers, 12, 3, np.random.default_rng(5), relu)
    rng = np.random.default_rng(5)
    x = torch.tensor(rng.normal(size=(1, 3, 12)), requires_grad=True)
    y = x
    for w in layers:
        W = rng.normal(size=(3, 3, w.size)) * np.sqrt((1 + relu) / (3 * w.size))
        y = F.conv1d(y, torch.from_numpy(W), None, w.stride, w.padding, w.dilation)
        y = torch.relu(y) if relu else y
    signs = torch.from_numpy(rng.choice([-1.0, 1.0], size=3) / np.sqrt(3))
    (y[0, :, y.shape[2] // 2] * signs).sum().backward()
    np.testing.assert_allclose(ours, x.grad[0].square().sum(0).numpy(), atol=1e-12)


@pytest.mark.parametrize(
    "call, kind, words",
    [
        (lambda: Window(0), ValueError, "size"),
        (lambda: Window(3, padding=-1), ValueError, "padding"),
        (lambda: fields.receptive_field("AlexNet"), TypeError, "list of windows"),
        (lambda: fields.receptive_field([3]), TypeError, "Window"),
        (lambda: fields.receptive_field([[]]), ValueError, "branch"),
        (lambda: fields.receptive_field([[[Window(1, 2)], []]]), ValueError, "one jump"),
        (lambda: fields.merged([]), ValueError, "at least one"),
        (lambda: fields.after(Window(3), Window(3)), TypeError, "Field"),
        (lambda: fields.sizes([Window(3)], 2), ValueError, "does not fit"),
        (lambda: fields.sizes([[[Window(2)], []]], 5), ValueError, "one length"),
        (lambda: fields.influence([Window(3)], 5, 3), ValueError, "unit"),
        (lambda: fields.spread([[[]]]), ValueError, "chain"),
        (lambda: fields.random_gradient([[[]]], 5, 2, np.random.default_rng(0)), ValueError, "branches"),
        (lambda: fields.random_gradient([Window(1)], 5, 2, 0), TypeError, "Generator"),
        (lambda: fields.extent(np.zeros(3)), ValueError, "larger"),
        (lambda: Field(3, 1, 0).of(-1), ValueError, "at least 0"),
    ],
)  # fmt: skip
def test_bad_input(call, kind, words):
    with pytest.raises(kind, match=words):
        call()
