"""Masks and what they are worth, the U-Net's sizes and counts, numpy's pass equal to PyTorch's, and bad input."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.spatial.distance import dice as scipy_dice
from scipy.spatial.distance import jaccard as scipy_jaccard
from sklearn.metrics import f1_score, jaccard_score

from lib.convnets.canvases import draw_canvases
from lib.convnets.convolution import conv_matrix, conv_transpose2d
from lib.convnets.digits import train_and_test
from lib.convnets.segmentation import scores, training, unet


def two_masks(seed, shape=(9, 7)):
    rng = np.random.default_rng(seed)
    return (rng.random(shape) < rng.uniform(0.05, 0.9)).astype(float), (rng.random(shape) < 0.4).astype(float)


@pytest.mark.equation("eq-dice")
@pytest.mark.equation("eq-jaccard")
@pytest.mark.parametrize("seed", range(25))
def test_scores_are_those_of_two_other_libraries(seed):
    a, b = two_masks(seed)
    flat = a.ravel().astype(bool), b.ravel().astype(bool)
    assert scores.dice(a, b) == pytest.approx(1 - scipy_dice(*flat), abs=1e-12)
    assert scores.dice(a, b) == pytest.approx(f1_score(b.ravel(), a.ravel()), abs=1e-12)
    assert scores.jaccard(a, b) == pytest.approx(1 - scipy_jaccard(*flat), abs=1e-12)
    assert scores.jaccard(a, b) == pytest.approx(jaccard_score(b.ravel(), a.ravel()), abs=1e-12)


@pytest.mark.equation("eq-jaccard-from-dice")
@pytest.mark.parametrize("seed", range(25))
def test_jaccard_from_dice(seed):
    a, b = two_masks(seed)
    D = scores.dice(a, b)
    assert scores.jaccard(a, b) == pytest.approx(D / (2 - D), abs=1e-12)


def test_empty_masks_have_the_value_that_is_agreed_on():
    none, one = np.zeros((4, 4)), np.eye(4)
    assert scores.dice(none, none) == scores.jaccard(none, none) == 1
    assert scores.dice(none, none, empty=0) == scores.jaccard(none, none, empty=0) == 0
    assert scores.dice(none, one) == scores.jaccard(one, none) == 0
    assert scores.mean_dice([none, one], [none, one]) == 1
    assert scores.mean_dice([none, one], [none, one], empty=0) == 0.5


def test_a_mean_over_images_is_not_the_dice_of_all_pixels():
    a, b = np.zeros((2, 10, 10)), np.zeros((2, 10, 10))
    a[0], b[0], b[1, 0, 0] = 1, 1, 1
    assert scores.mean_dice(a, b) == 0.5 and scores.dice(a, b) == pytest.approx(200 / 201)


@pytest.mark.equation("eq-soft-dice")
@pytest.mark.equation("eq-soft-dice-slope")
@pytest.mark.parametrize("seed", range(10))
def test_soft_dice_and_its_slopes_are_autograds(seed):
    rng = np.random.default_rng(seed)
    p, (_, t), smooth = rng.random((5, 6)), two_masks(seed, (5, 6)), float(rng.uniform(0, 2))
    q = torch.from_numpy(p).requires_grad_()
    want = (2 * (q * torch.from_numpy(t)).sum() + smooth) / (q.sum() + t.sum() + smooth)
    want.backward()
    assert scores.soft_dice(p, t, smooth) == pytest.approx(float(want.detach()), abs=1e-12)
    assert np.allclose(scores.soft_dice_gradient(p, t, smooth), q.grad.numpy(), atol=1e-12)
    hard = (p > 0.5).astype(float)
    assert scores.soft_dice(hard, t, 0) == pytest.approx(scores.dice(hard, t))


def test_the_training_loss_is_one_less_soft_dice():
    rng = np.random.default_rng(2)
    z, (_, t) = rng.normal(size=(3, 4, 4)), two_masks(2, (3, 4, 4))
    got = training.soft_dice_loss(torch.from_numpy(z), torch.from_numpy(t))
    assert float(got) == pytest.approx(1 - scores.soft_dice(1 / (1 + np.exp(-z)), t), abs=1e-12)


def test_pieces_and_things():
    mask = np.zeros((12, 12))
    mask[1:5, 1:5], mask[5:9, 5:9], mask[11, 0] = 1, 1, 1  # the first two meet at a corner
    assert [piece.sum() for piece in scores.pieces(mask)] == [32]
    assert [piece.sum() for piece in scores.pieces(mask, smallest=1)] == [32, 1]
    things = np.zeros((1, 12, 12), dtype=int)
    things[0, 1:5, 1:5], things[0, 5:9, 5:9] = 1, 2
    assert scores.instance_counts(mask[None], things) == (0, 1, 2)  # one half is not above one half
    mask[5, 5] = 0
    assert scores.instance_counts(mask[None], things) == (2, 2, 2)
    assert scores.instance_counts(np.zeros((1, 12, 12)), things) == (0, 0, 2)


# ------------------------------------------------------------------------------------------------------------ the U-Net
def test_the_published_sizes_and_counts():
    sizes = unet.valid_sizes(572)
    assert sizes.out == 388 and sizes.bottom == 28
    assert sizes.skips == (568, 280, 136, 64) and sizes.joined == (392, 200, 104, 56) and sizes.crops == (88, 40, 16, 4)
    assert unet.parameters() == 31_030_658
    with torch.device("meta"):
        net = training.Published()
        assert net(torch.empty(1, 1, 572, 572)).shape == (1, 2, 388, 388)
    assert sum(p.numel() for p in net.parameters()) == 31_030_658


@pytest.mark.equation("eq-unet-size")
@pytest.mark.parametrize("levels", [1, 2, 3])
def test_sizes_and_counts_are_those_of_the_network(levels):
    net = training.Published(2, levels, inputs=3, classes=4)
    assert unet.parameters(2, levels, 3, 4) == sum(p.numel() for p in net.parameters())
    tried = 0
    for n in range(1, 150):
        try:
            out = unet.valid_sizes(n, levels).out
        except ValueError:
            continue
        tried += 1
        assert out == n - 12 * 2**levels + 8 == net(torch.zeros(1, 3, n, n)).shape[-1]
    assert tried >= 5


@pytest.mark.equation("eq-taps-at-a-place")
@pytest.mark.parametrize(("k", "stride"), [(3, 2), (4, 2), (2, 2), (5, 3), (1, 2), (6, 3), (2, 3)])
def test_taps_at_a_place(k, stride):
    n = 6
    one = torch.ones(1, 1, n, dtype=torch.float64)
    want = F.conv_transpose1d(one, torch.ones(1, 1, k, dtype=torch.float64), stride=stride)[0, 0].numpy()
    assert (unet.taps_at(n, k, stride) == want).all()
    inside = np.arange(k, (n - 1) * stride)
    assert (unet.taps_at(n, k, stride)[inside] == np.ceil((k - inside % stride) / stride)).all()


@pytest.mark.equation("eq-transposed-places")
@pytest.mark.parametrize("seed", range(8))
def test_a_transposed_convolution_by_its_sum_its_matrix_and_pytorch(seed):
    rng = np.random.default_rng(seed)
    n, k, s = (int(v) for v in rng.integers((2, 1, 1), (7, 6, 4)))
    x, kernel = rng.normal(size=n), rng.normal(size=k)
    size = (n - 1) * s + k
    by_sum = [sum(x[v] * kernel[u - s * v] for v in range(n) if 0 <= u - s * v < k) for u in range(size)]
    A = conv_matrix(kernel[None, None, None], (1, size), stride=(1, s))
    ours = conv_transpose2d(x[None, None, None], kernel[None, None, None], stride=(1, s))[0, 0, 0]
    theirs = F.conv_transpose1d(torch.from_numpy(x)[None, None], torch.from_numpy(kernel)[None, None], stride=s)
    for other in (A.T @ x, ours, theirs[0, 0].numpy()):
        assert np.allclose(by_sum, other, atol=1e-12)


@pytest.mark.parametrize("skips", [True, False])
def test_the_small_network_is_pytorchs_with_its_norms_folded(skips):
    torch.manual_seed(0)
    net = training.Small(3, skips)
    with torch.no_grad():
        for layer in net.modules():
            if isinstance(layer, torch.nn.BatchNorm2d):
                layer.running_mean.uniform_(-0.3, 0.3)
                layer.running_var.uniform_(0.5, 2)
                layer.weight.uniform_(0.5, 2)
                layer.bias.uniform_(-0.3, 0.3)
    net.eval().double()
    ours = unet.SmallUNet(training.folded(net.layers()))
    assert ours.skips is skips
    x = np.random.default_rng(0).normal(size=(6, 1, 24, 16))
    with torch.no_grad():
        theirs = net(torch.from_numpy(x)).numpy()
    assert np.abs(ours(x) - theirs).max() < 1e-10
    assert np.allclose(ours.probabilities(x), 1 / (1 + np.exp(-theirs)))


@pytest.mark.parametrize("loss", training.LOSSES)
def test_a_short_training_finds_ink_and_is_repeated_to_the_bit(loss):
    source = train_and_test()[0]
    weights = training.train_unet(source, 60, seed=1, loss=loss, width=4)
    again = training.train_unet(source, 60, seed=1, loss=loss, width=4)
    assert all((weights[name] == again[name]).all() for name in weights)
    made = draw_canvases(source, 20, np.random.default_rng(8))
    said = unet.SmallUNet(weights)(made.images) > 0
    assert scores.dice(said * 1.0, (made.instances > 0) * 1.0) > 0.5  # everything called ink would have 0.12


GOOD = training.folded(training.Small(2, True).eval().layers())


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (lambda: scores.dice(np.zeros(3), np.zeros(4)), ValueError),
        (lambda: scores.dice([0.2, 1], [0, 1]), ValueError),
        (lambda: scores.jaccard([0, 1], [0, 3]), ValueError),
        (lambda: scores.mean_dice([0, 1], [0, 1]), ValueError),
        (lambda: scores.soft_dice([1.5], [1]), ValueError),
        (lambda: scores.soft_dice([0.5], [0.5]), ValueError),
        (lambda: scores.soft_dice([0.0], [0], 0), ValueError),
        (lambda: scores.soft_dice([0.0, 1], [0], 0), ValueError),
        (lambda: scores.pieces(np.zeros(4)), ValueError),
        (lambda: scores.instance_counts(np.zeros((1, 4, 4)), np.zeros((1, 4, 5), int)), ValueError),
        (lambda: scores.instance_counts(np.zeros((1, 4, 4)), np.zeros((1, 4, 4), int), 0.4), ValueError),
        (lambda: unet.valid_sizes(573), ValueError),
        (lambda: unet.valid_sizes(12, 2), ValueError),
        (lambda: unet.valid_sizes(572.5), TypeError),
        (lambda: unet.taps_at(3, 0, 1), ValueError),
        (lambda: unet.enlarge(np.zeros(3)), ValueError),
        (lambda: unet.SmallUNet({}), ValueError),
        (lambda: unet.SmallUNet(GOOD | {"conv3.W": np.zeros((8, 3, 3, 3))}), ValueError),
        (lambda: unet.SmallUNet(GOOD | {"conv7.W": np.zeros(8)}), ValueError),
        (lambda: unet.SmallUNet(GOOD | {"conv12.W": np.zeros((2, 2, 1, 1)), "conv12.b": np.zeros(2)}), ValueError),
        (lambda: unet.SmallUNet(GOOD)(np.zeros((1, 1, 12, 16))), ValueError),
        (lambda: unet.SmallUNet(GOOD)(np.zeros((1, 2, 16, 16))), ValueError),
        (lambda: training.train_unet(train_and_test()[0], 1, seed=0, loss="Dice"), ValueError),
    ],
)  # fmt: skip
def test_bad_input(call, kind):
    with pytest.raises(kind):
        call()
