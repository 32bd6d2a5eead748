"""Famous networks: every published count, shapes and counts against PyTorch modules that are built from the same lists, and bad input."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from lib.convnets import architectures as nets
from lib.convnets import training

VARIANTS = {
    **nets.NETWORKS,
    "AlexNet, one group": (nets.alexnet(1), (3, 227, 227)),
    "AlexNet, library": (nets.ALEXNET_LIBRARY, (3, 224, 224)),
    "GoogLeNet, library": (nets.googlenet(True), (3, 224, 224)),
    "ResNet-50, late": (nets.resnet(50, late=True), (3, 224, 224)),
    "LeNet today": (nets.LENET_TODAY, (1, 32, 32)),
    "small LeNet": (nets.SMALL_LENET, (1, 28, 28)),
}
PUBLISHED = {  # parameters, and millions of multiplications where they are told
    "LeNet-5": (60_000, None),
    "LeNet today": (61_706, None),
    "small LeNet": (8_990, None),
    "AlexNet": (60_965_224, 724),
    "AlexNet, one group": (62_378_344, 1_135),
    "AlexNet, library": (61_100_840, 714),
    "VGG-16": (138_357_544, 15_470),
    "GoogLeNet": (6_998_552, 1_583),
    "GoogLeNet, library": (6_624_904, 1_498),
    "ResNet-18": (11_689_512, 1_814),
    "ResNet-34": (21_797_672, 3_664),
    "ResNet-50": (25_557_032, 3_858),
    "ResNet-50, late": (25_557_032, 4_089),
}


def multiplications_by_hooks(model, x):
    """Count from what PyTorch's own layers give: kernel entries of one output, times outputs."""
    total = []

    def hook(layer, _, y):
        per_output = layer.weight[0].numel()
        total.append(per_output * y[0].numel())

    for layer in model.modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            layer.register_forward_hook(hook)
    with torch.no_grad():
        return model(x), sum(total)


@pytest.mark.equation("eq-conv-parameters")
@pytest.mark.equation("eq-conv-macs")
@pytest.mark.parametrize("name", VARIANTS)
def test_published_counts_and_pytorchs(name):
    net, shape = VARIANTS[name]
    counted = nets.total(net, shape)
    parameters, millions = PUBLISHED[name]
    assert counted.parameters == parameters
    assert millions is None or round(counted.multiplications / 1e6) == millions
    model = training.module(net, shape).eval()
    left_out = 25 * (6 * 16 - 60) if name == "LeNet-5" else 0  # weights of the links that its table cuts
    assert sum(p.numel() for p in model.parameters()) - left_out == parameters
    if name in ("VGG-16", "ResNet-34") or name.startswith("ResNet-50"):
        model = model.to("meta")  # shapes alone: no arithmetic
        x = torch.zeros(1, *shape, device="meta")
    else:
        x = torch.zeros(1, *shape)
    y, multiplications = multiplications_by_hooks(model, x)
    assert y[0].numel() == counted.shape[0]
    if name != "LeNet-5":
        assert multiplications == counted.multiplications


@pytest.mark.parametrize("name", ["LeNet-5", "AlexNet", "GoogLeNet", "GoogLeNet, library", "ResNet-18"])
def test_the_shape_behind_each_layer_is_pytorchs(name):
    net, shape = VARIANTS[name]
    x = torch.zeros(1, *shape, device="meta")
    for part, step in zip(training.module(net, shape).to("meta").eval(), nets.steps_of(net, shape), strict=True):
        x = part(x)
        assert (*x.shape[1:], 1, 1)[:3] == step.shape


def test_lenet5s_layers_have_the_papers_counts():
    assert [step.parameters for step in nets.steps_of(*nets.NETWORKS["LeNet-5"])] == [156, 12, 1516, 32, 48_120, 10_164]
    assert [len(read) for read in training.LENET5_TABLE] == [3] * 6 + [4] * 9 + [6]
    assert sorted(map(len, {frozenset(read) for read in training.LENET5_TABLE})) == [3] * 6 + [4] * 9 + [
        6
    ]  # all differ


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_convolution_counts_as_pytorchs(data):
    groups = data.draw(st.integers(1, 3))
    C, channels = (groups * data.draw(st.integers(1, 3)) for _ in range(2))
    size, stride, padding = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 3)), data.draw(st.integers(0, 2))
    H, W = (data.draw(st.integers(4, 9)) for _ in range(2))
    layer = nets.Conv(channels, size, stride, padding, groups, data.draw(st.booleans()), data.draw(st.booleans()))
    counted = nets.count(layer, (C, H, W))
    model = training.module((layer,), (C, H, W)).eval()
    y, multiplications = multiplications_by_hooks(model, torch.zeros(1, C, H, W))
    assert tuple(y.shape[1:]) == counted.shape and multiplications == counted.multiplications
    assert sum(p.numel() for p in model.parameters()) == counted.parameters


@pytest.mark.equation("eq-bottleneck-count")
def test_weights_of_a_bottleneck():
    for C in (4, 64, 128):
        block = nets.bottleneck(C)
        weights = sum(
            layer.size**2 * a * layer.channels for layer, a in zip(block.paths[0], (4 * C, C, C), strict=True)
        )
        assert weights == 17 * C**2
        plain = nets.total((nets.Conv(4 * C, 3, 1, 1, bias=False),) * 2, (4 * C, 8, 8)).parameters
        assert plain == 288 * C**2
        norms = 2 * (C + C + 4 * C)
        assert nets.count(block, (4 * C, 8, 8)).parameters == weights + norms


@pytest.mark.equation("eq-shortcut")
def test_a_residual_block_adds_what_it_reads():
    net = (nets.basic_block(4),)
    model = training.module(net, (4, 6, 6)).eval()
    x = torch.rand(2, 4, 6, 6)
    with torch.no_grad():
        inner = model[0].chains[0](x)
        torch.testing.assert_close(model(x), torch.relu(x + inner))


@pytest.mark.parametrize(
    "call, kind, words",
    [
        (lambda: nets.Conv(6, 0), ValueError, "size"),
        (lambda: nets.Conv(6, 3, groups=4), ValueError, "groups"),
        (lambda: nets.Pool("mean", 2, 2), ValueError, "kind"),
        (lambda: nets.Pool("max", 2, 0), ValueError, "stride"),
        (lambda: nets.Dense(0), ValueError, "units"),
        (lambda: nets.Branches((), "add"), ValueError, "paths"),
        (lambda: nets.Branches(((),), "sum"), ValueError, "join"),
        (lambda: nets.count("conv", (1, 5, 5)), TypeError, "layer"),
        (lambda: nets.count(nets.Conv(4, 3, groups=2), (3, 5, 5)), ValueError, "groups"),
        (lambda: nets.count(nets.Conv(4, 7), (3, 5, 5)), ValueError, "does not fit"),
        (lambda: nets.count(nets.Dense(3), (5, 5)), ValueError, "C, H, W"),
        (lambda: nets.total(nets.Dense(3), (1, 5, 5)), TypeError, "tuple of layers"),
        (lambda: nets.count(nets.Branches(((nets.Conv(4, 3),), ())), (4, 5, 5)), ValueError, "one size"),
        (lambda: nets.resnet(101), ValueError, "depth"),
    ],
)  # fmt: skip
def test_bad_input(call, kind, words):
    with pytest.raises(kind, match=words):
        call()


def test_a_small_net_learns_and_shifts_are_shifts():
    rng = np.random.default_rng(0)
    x = torch.zeros(50, 1, 7, 7)
    x[:, 0, 3, 3] = 1
    moved = training.shifted(x, 2, rng)
    assert moved.sum() == 50  # nothing is lost, and
    rows, columns = (moved[:, 0].sum(dim=d).argmax(1) for d in (2, 1))
    assert set(rows.tolist()) == set(columns.tolist()) == {1, 2, 3, 4, 5}  # each shift comes up
    images = np.zeros((60, 8, 8))
    labels = np.arange(60) % 2
    images[labels == 0, :, 2] = images[labels == 1, 5, :] = 1  # lines down, lines across
    net = (nets.Conv(4, 3), nets.GlobalAverage(), nets.Dense(2, relu=False))
    model = training.train_classifier(net, images, labels, 150, batch=20, rate=3e-2, shifts=1)
    assert training.accuracy(model, images, labels) > 0.95
    weights = training.weights_of(model)
    assert {name: w.shape for name, w in weights.items()} == {
        "conv1.W": (4, 1, 3, 3), "conv1.b": (4,), "dense1.W": (4, 2), "dense1.b": (2,)
    }  # fmt: skip
    seen = training.field_by_gradient(model, images[:10], 0)
    assert seen.shape == (8, 8) and np.count_nonzero(seen) <= 9  # a unit of the one convolution
    for bad in (dict(labels=labels[:5]), dict(images=images[0]), dict(count=0)):
        with pytest.raises(ValueError):
            training.train_classifier(**{"net": net, "images": images, "labels": labels, "count": 1} | bad)
    with pytest.raises(ValueError, match="table"):
        training.module((nets.Conv(16, 5, links=61),), (6, 9, 9))
