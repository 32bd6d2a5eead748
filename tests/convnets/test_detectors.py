"""The two detectors: what cells say and mean, numpy's passes equal to PyTorch's, proposals and crops, and bad input."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy import ndimage

from lib.convnets.canvases import SIZE, draw_canvases
from lib.convnets.detection import grid, regions, training
from lib.convnets.detection.average_precision import Found
from lib.convnets.detection.boxes import iou
from lib.convnets.digits import train_and_test


@pytest.fixture(scope="module")
def drawn():
    return draw_canvases(train_and_test()[0], 40, np.random.default_rng(3))


def saying(targets, sure=30.0):
    """Return the network's numbers (1, 15, 8, 8) that say what the targets say."""
    out = np.zeros((1, grid.NUMBERS, grid.CELLS, grid.CELLS))
    inside = np.clip(targets[1:3].astype(float), 1e-9, 1 - 1e-9)
    out[0, 0] = np.where(targets[0] > 0, sure, -sure)
    out[0, 1:3] = np.log(inside / (1 - inside))
    out[0, 3:5] = targets[3:5]
    out[0, 5:] = sure * (np.arange(10)[:, None, None] == targets[5])
    return out


@pytest.mark.equation("eq-cell-of-a-box")
def test_what_the_targets_say_is_decoded_to_the_boxes(drawn):
    for boxes, labels in zip(drawn.boxes, drawn.labels, strict=True):
        targets = grid.cell_targets(boxes, labels)
        if targets[0].sum() < len(boxes):
            continue  # two middles in one cell
        (found,) = grid.decode_cells(saying(targets))
        assert len(found) == len(boxes)
        best = iou(found.boxes, boxes).argmax(axis=1)
        assert sorted(best) == list(range(len(boxes)))
        assert np.allclose(found.boxes, boxes[best], atol=1e-4) and (found.labels == labels[best]).all()


def test_a_cell_is_that_of_the_middle():
    targets = grid.cell_targets([[20, 9, 36, 33]], [7])  # the middle is (28, 21)
    assert np.argwhere(targets[0]).tolist() == [[2, 3]]  # row 21 // 8, column 28 // 8
    assert np.allclose(targets[:, 2, 3], [1, 0.5, 0.625, np.log(16 / 20), np.log(24 / 20), 7])
    two = grid.cell_targets([[0, 0, 8, 8], [1, 1, 7, 7]], [1, 2])
    assert two[0].sum() == 1 and two[5, 0, 0] == 2
    assert not grid.cell_targets([], []).any()


@pytest.mark.equation("eq-cell-score")
def test_scores_are_products_of_two_probabilities():
    rng = np.random.default_rng(0)
    out = rng.normal(size=(3, 15, 8, 8))
    found = grid.decode_cells(out, least=0.0)
    t = torch.from_numpy(out)
    want = torch.sigmoid(t[:, 0]) * torch.softmax(t[:, 5:], 1).amax(1)
    for one, scores in zip(found, want.numpy(), strict=True):
        assert np.allclose(one.scores, np.sort(scores.ravel())[::-1])
    assert all((f.scores >= 0.3).all() for f in grid.decode_cells(out, 0.3))


@pytest.mark.equation("eq-grid-loss")
def test_the_loss_by_hand():
    rng = np.random.default_rng(1)
    out = rng.normal(size=(2, 15, 8, 8))
    Y = np.stack(
        [grid.cell_targets([[10, 10, 30, 34]], [3]), grid.cell_targets([[3, 3, 20, 20], [40, 4, 60, 30]], [0, 9])]
    )
    want = 0.0
    for n in range(2):
        for i in range(8):
            for j in range(8):
                z, y = out[n, :, i, j], Y[n, :, i, j].astype(float)
                p = 1 / (1 + np.exp(-z[0]))
                want += -np.log(p if y[0] else 1 - p)
                if y[0]:
                    want += 5 * (((1 / (1 + np.exp(-z[1:3]))) - y[1:3]) ** 2).sum() + 5 * ((z[3:5] - y[3:5]) ** 2).sum()
                    want += np.log(np.exp(z[5:]).sum()) - z[5 + int(y[5])]
    got = training.grid_loss(torch.from_numpy(out), torch.from_numpy(Y).double())
    assert float(got) == pytest.approx(want / 2, rel=1e-9)


def test_the_network_is_pytorchs_with_its_norms_folded(drawn):
    torch.manual_seed(0)
    net = training.grid_network(4)
    with torch.no_grad():
        for layer in net:
            if isinstance(layer, torch.nn.BatchNorm2d):
                layer.running_mean.uniform_(-0.3, 0.3)
                layer.running_var.uniform_(0.5, 2)
                layer.weight.uniform_(0.5, 2)
                layer.bias.uniform_(-0.3, 0.3)
    net.eval().double()
    ours = grid.GridDetector(training.folded(net))(drawn.images)
    with torch.no_grad():
        theirs = net(torch.from_numpy(drawn.images).double()).numpy()
    assert ours.shape == (40, 15, 8, 8) and np.abs(ours - theirs).max() < 1e-9


# ------------------------------------------------------------------------------------------------------ in parts
def test_the_region_network_is_pytorchs():
    torch.manual_seed(1)
    net = training.region_network().double()
    weights = {}
    layers = [layer for layer in net if hasattr(layer, "weight")]
    for name, layer in zip(("conv0", "conv1", "dense0", "dense1"), layers, strict=True):
        W = layer.weight.detach().numpy()
        weights |= {f"{name}.W": W.T if "dense" in name else W, f"{name}.b": layer.bias.detach().numpy()}
    x = np.random.default_rng(0).normal(size=(70, 1, 28, 28))
    with torch.no_grad():
        theirs = net(torch.from_numpy(x)).numpy()
    assert np.abs(regions.RegionDetector(weights)(x) - theirs).max() < 1e-10


@pytest.mark.parametrize("seed", range(5))
def test_crops_are_pytorchs_grid_sample(seed, drawn):
    rng = np.random.default_rng(seed)
    corner = rng.uniform(-5, 50, (6, 2))
    boxes = np.concatenate([corner, corner + rng.uniform(4, 30, (6, 2))], axis=1)
    image = torch.from_numpy(drawn.images[seed]).double()
    middle, half = (boxes[:, :2] + boxes[:, 2:]) / 2, 1.25 * (boxes[:, 2:] - boxes[:, :2]) / 2
    theta = torch.zeros(6, 2, 3, dtype=torch.float64)
    theta[:, 0, 0], theta[:, 1, 1] = torch.from_numpy(half.T / 32)
    theta[:, :, 2] = torch.from_numpy(middle / 32 - 1)
    places = F.affine_grid(theta, (6, 1, 28, 28), align_corners=False)
    want = F.grid_sample(image[None].expand(6, 1, 64, 64), places, align_corners=False)
    assert np.allclose(regions.crops(drawn.images[seed, 0], boxes), want.numpy(), atol=1e-10)


def test_components_hold_the_pieces_of_ink(drawn):
    for image in drawn.images[:10, 0]:
        boxes = regions.components(image)
        dark = ndimage.gaussian_filter(image.astype(float), 0.5) > regions.DARK
        for x0, y0, x1, y1 in boxes.astype(int):
            part = dark[y0:y1, x0:x1]
            assert part[0].any() and part[-1].any() and part[:, 0].any() and part[:, -1].any() and y1 - y0 >= 5
    assert regions.components(np.zeros((64, 64))).shape == (0, 4)
    assert regions.windows().shape == (300, 4) and regions.windows().max() <= SIZE


@pytest.mark.equation("eq-box-code")
def test_targets_of_regions(drawn):
    boxes, labels = drawn.boxes[0], drawn.labels[0]
    near, far = boxes + np.array([1, -1, 1, 0]), np.array([[0, 0, 2, 2.0]])
    kinds, code = regions.region_targets(np.concatenate([near, far]), boxes, labels)
    assert kinds.tolist() == [*labels.tolist(), 10] and not code[-1].any()
    from lib.convnets.detection.boxes import decode

    assert np.allclose(decode(code[:-1], near), boxes)


@pytest.mark.parametrize("kind", ["components", "windows"])
def test_a_short_training_learns_something(kind):
    source = train_and_test()[0]
    weights = training.train_regions(source, 300, seed=0, kind=kind, canvases=150)
    again = training.train_regions(source, 300, seed=0, kind=kind, canvases=150)
    assert all((weights[name] == again[name]).all() for name in weights)
    made = draw_canvases(source, 30, np.random.default_rng(8))
    detector, hits, said = regions.RegionDetector(weights), 0, 0
    for image, boxes, labels in zip(made.images[:, 0], made.boxes, made.labels, strict=True):
        out = detector(regions.crops(image, boxes))
        hits, said = hits + (out[:, :10].argmax(1) == labels).sum(), said + len(labels)
        found = detector.detect(image, boxes)
        assert len(found) <= len(boxes)
    assert hits / said > 0.25  # a guess is right in a tenth
    assert len(detector.detect(made.images[0, 0], np.zeros((0, 4)))) == 0


def test_multiplications_are_counted():
    """Beside PyTorch's own counter, which counts a multiplication with its addition as two."""
    from torch.utils.flop_counter import FlopCounterMode

    net, parts = training.grid_network(6), training.region_network()
    for module, shape, count in (
        (net, (1, 1, 64, 64), grid.GridDetector(training.folded(net.eval())).multiplications()),
        (parts, (1, 1, 28, 28), regions.RegionDetector.multiplications()),
    ):
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            module(torch.zeros(shape))
        assert counter.get_total_flops() == 2 * count


def test_the_grids_training_lowers_the_loss():
    source = train_and_test()[0]
    weights = training.train_grid(source, 60, seed=0, width=4)
    made = draw_canvases(source, 30, np.random.default_rng(8))
    Y = torch.from_numpy(np.stack([*map(grid.cell_targets, made.boxes, made.labels)])).double()
    before = training.grid_loss(torch.zeros(30, 15, 8, 8, dtype=torch.float64), Y)
    after = training.grid_loss(torch.from_numpy(grid.GridDetector(weights)(made.images)), Y)
    assert float(after) < 0.6 * float(before)


def test_doubles_are_removed_across_classes_or_within():
    found = Found([[0, 0, 10, 10], [0, 0, 10, 9], [30, 30, 40, 40]], [0.5, 0.9, 0.1], [1, 2, 1])
    assert grid.without_doubles(found).labels.tolist() == [2, 1]
    assert grid.without_doubles(found, per_class=True).labels.tolist() == [2, 1, 1]


RANDOM = {f"conv{i}.{kind}": np.zeros(s) for i, (k, c) in enumerate([(2, 1), (2, 2), (2, 2), (2, 2), (2, 2), (2, 2)])
          for kind, s in (("W", (k, c, 3, 3)), ("b", (k,)))} | {"conv6.W": np.zeros((15, 2, 1, 1)), "conv6.b": np.zeros(15)}  # fmt: skip


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (lambda: grid.cell_targets([[60, 60, 70, 80]], [1]), ValueError),
        (lambda: grid.cell_targets([[6, 6, 6, 8]], [1]), ValueError),
        (lambda: grid.cell_targets([[6, 6, 9, 8]], [10]), ValueError),
        (lambda: grid.cell_targets([[6, 6, 9, 8]], [1, 2]), ValueError),
        (lambda: grid.decode_cells(np.zeros((1, 14, 8, 8))), ValueError),
        (lambda: grid.decode_cells(np.zeros((1, 15, 8, 8)), least=2), ValueError),
        (lambda: grid.without_doubles([1]), TypeError),
        (lambda: grid.GridDetector({}), ValueError),
        (lambda: grid.GridDetector(RANDOM | {"conv3.W": np.zeros((2, 1, 3, 3))}), ValueError),
        (lambda: grid.GridDetector(RANDOM | {"conv6.W": np.zeros((14, 2, 1, 1)), "conv6.b": np.zeros(14)}), ValueError),
        (lambda: grid.GridDetector(RANDOM)(np.zeros((1, 64, 64))), ValueError),
        (lambda: grid.GridDetector(RANDOM)(np.zeros((1, 1, 32, 64))), ValueError),
        (lambda: regions.components(np.zeros((32, 64))), ValueError),
        (lambda: regions.crops(np.zeros((64, 64)), [[5, 5, 1, 1]]), ValueError),
        (lambda: regions.RegionDetector({}), ValueError),
        (lambda: regions.region_targets([[0, 0, 1, 1]], [[0, 0, 1, 1]], [11]), ValueError),
        (lambda: regions.region_targets([[0, 0, 1, 1]], [[0, 0, 1, 1]], [1, 2]), ValueError),
    ],
)  # fmt: skip
def test_bad_input(call, kind):
    with pytest.raises(kind):
        call()
