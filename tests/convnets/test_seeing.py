"""Slopes down to the pixels against PyTorch's, maps that explain against slow forms of them, ascent, and moved digits."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy import stats

from lib.convnets import architectures as nets
from lib.convnets import digits, networks
from lib.convnets.seeing import ascent, attribution, shifts
from lib.convnets.seeing import training as trainers
from lib.convnets.training import module, weights_of

LENETS = shifts.random_lenets()
PLAIN, BLURRED = LENETS["plain"][0], LENETS["blurred"][0]
KINDS = ((module, False), (trainers.blurred, True))


def pictures(count=3, seed=0):
    """Real digits with a little noise, so that no two pixels of a window are the same."""
    rng = np.random.default_rng(seed)
    images = digits.train_and_test()[0].images[:count] / 255
    return np.clip(images + 0.05 * rng.random(images.shape), 0, 1), rng.integers(10, size=count)


def a_pair(make, blur, seed=0):
    """Return a LeNet of PyTorch's in double precision, and ours with its weights."""
    torch.manual_seed(seed)
    theirs = make(nets.SMALL_LENET, (1, 28, 28)).double().eval()
    return theirs, networks.LeNet(weights_of(theirs), blur)


def slopes_by_autograd(theirs, X, toward, depth):
    x = torch.tensor(X)[:, None].requires_grad_()
    (theirs[:depth](x) * torch.tensor(toward)).sum().backward()
    return x.grad[:, 0].numpy()


@pytest.mark.parametrize("layer", networks.LAYERS)
@pytest.mark.parametrize(("make", "blur"), KINDS)
@pytest.mark.equation("eq-slopes-down")
def test_slopes_by_every_layer_are_pytorchs(make, blur, layer):
    theirs, ours = a_pair(make, blur)
    depth = networks.LAYERS.index(layer) + 1
    for seed in range(3):
        X, _ = pictures(4, seed)
        there = getattr(ours.read(X), layer)
        np.testing.assert_allclose(there, theirs[:depth](torch.tensor(X)[:, None]).detach().numpy(), atol=1e-12)
        toward = np.random.default_rng(seed).normal(size=there.shape)
        np.testing.assert_allclose(
            ours.slopes(X, toward, layer), slopes_by_autograd(theirs, X, toward, depth), atol=1e-10
        )


@pytest.mark.parametrize(("make", "blur"), KINDS)
def test_guided_slopes_stop_where_they_are_negative(make, blur):
    theirs, ours = a_pair(make, blur, seed=1)

    class Guided(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x.clamp(min=0)

        @staticmethod
        def backward(ctx, d):
            (x,) = ctx.saved_tensors
            return d * (x > 0) * (d > 0)

    def guide(parts):
        for name, part in parts.named_children():
            if isinstance(part, torch.nn.ReLU):
                bent = torch.nn.Module()
                bent.forward = Guided.apply
                setattr(parts, name, bent)
            else:
                guide(part)

    X, labels = pictures(4)
    guide(theirs)
    want = slopes_by_autograd(theirs, X, np.eye(10)[labels], 6)
    np.testing.assert_allclose(attribution.slopes(ours, X, labels, guided=True), want, atol=1e-10)


@pytest.mark.equation("eq-saliency")
def test_the_map_of_slopes_is_a_difference_quotient():
    X, labels = pictures(2)
    S, h = attribution.slopes(PLAIN, X, labels), 1e-6
    for i, j in ((5, 14), (13, 13), (20, 9)):
        up, down = X.copy(), X.copy()
        up[:, i, j] += h
        down[:, i, j] -= h
        quotient = (attribution.scores_of(PLAIN, up, labels) - attribution.scores_of(PLAIN, down, labels)) / (2 * h)
        np.testing.assert_allclose(S[:, i, j], quotient, atol=1e-6)


@pytest.mark.parametrize("net", [PLAIN, BLURRED])
@pytest.mark.equation("eq-completeness")
@pytest.mark.equation("eq-integrated-gradients")
def test_integrated_slopes_add_up_to_the_difference(net):
    X, labels = pictures(5)
    for baseline in (0.0, 0.5, X.mean(axis=0)):
        start = np.broadcast_to(baseline, X.shape)
        whole = attribution.scores_of(net, X, labels) - attribution.scores_of(net, start, labels)
        coarse, fine = (
            np.abs(attribution.integrated_gradients(net, X, labels, baseline, n).sum(axis=(1, 2)) - whole).max()
            for n in (4, 256)
        )
        assert fine < 5e-3 * np.abs(whole).max() and fine < coarse


def test_without_free_terms_the_way_from_nothing_has_one_slope():
    weights = {name: value * (not name.endswith(".b")) for name, value in PLAIN.weights.items()}
    net = networks.LeNet(weights)
    X, labels = pictures(4)
    product = attribution.slopes_times_input(net, X, labels)
    np.testing.assert_allclose(attribution.integrated_gradients(net, X, labels, steps=3), product, atol=1e-10)
    np.testing.assert_allclose(product.sum(axis=(1, 2)), attribution.scores_of(net, X, labels), atol=1e-10)


@pytest.mark.equation("eq-occlusion")
@pytest.mark.parametrize(("size", "stride", "filler"), [(4, 3, 0.0), (7, 7, 0.5), (27, 1, 1.0), (28, 5, 0.25)])
def test_occlusion_by_a_slow_count(size, stride, filler):
    X, labels = pictures(1, 3)
    image, label = X[0], int(labels[0])
    total, count = np.zeros((28, 28)), np.zeros((28, 28))
    whole = PLAIN.read(X).scores[0, label]
    for i in range(0, 29 - size, stride):
        for j in range(0, 29 - size, stride):
            covered = image.copy()
            covered[i : i + size, j : j + size] = filler
            total[i : i + size, j : j + size] += whole - PLAIN.read(covered[None]).scores[0, label]
            count[i : i + size, j : j + size] += 1
    want = np.divide(total, count, out=np.zeros_like(total), where=count > 0)
    np.testing.assert_allclose(attribution.occlusion(PLAIN, image, label, size, stride, filler), want, atol=1e-12)


def test_ranks_are_scipys():
    rng = np.random.default_rng(0)
    for _ in range(20):
        a, b = rng.integers(0, 5, 30), rng.normal(size=30)
        np.testing.assert_allclose(attribution.ranks(a), stats.rankdata(a) - 1)
        assert np.isclose(attribution.rank_correlation(a, b), stats.spearmanr(a, b).statistic)


def test_shuffling_keeps_the_numbers_and_the_other_layers():
    new = attribution.shuffled(BLURRED, ["dense2", "conv1"], np.random.default_rng(0))
    assert new.blurred
    for name, value in BLURRED.weights.items():
        mine = new.weights[name]
        np.testing.assert_array_equal(np.sort(mine, axis=None), np.sort(value, axis=None))
        assert np.array_equal(mine, value) == (name.split(".")[0] in ("conv2", "dense1"))


@pytest.mark.parametrize("flip", [False, True])
def test_the_first_pixels_are_replaced(flip):
    X, _ = pictures(3)
    maps = np.random.default_rng(1).normal(size=X.shape)
    maps[:, 3:9] = 7.0  # equals, of which the earlier go first
    new = 1 - X if flip else np.full((28, 28), 0.5)
    for count in (0, 5, 200, 784):
        found = attribution.replaced(X, maps, count, new)
        for n in range(3):
            covered = X[n].copy()
            for at in sorted(range(784), key=lambda at, n=n: (-maps[n].flat[at], at))[:count]:
                covered.flat[at] = 1 - covered.flat[at] if flip else 0.5
            np.testing.assert_array_equal(found[n], covered)


@pytest.mark.equation("eq-ascent-step")
def test_a_step_of_the_ascent_by_hand():
    X, _ = pictures(1)
    toward = np.eye(10)[3]
    seen = ascent.ascend(PLAIN, toward, X[0], 2, rate=0.5, penalty=0.3)
    for before, after in pairwise(seen):
        g = PLAIN.slopes(before[None], toward[None])[0] - 0.3 * before
        np.testing.assert_allclose(after, before + 0.5 * g / np.linalg.norm(g), atol=1e-12)
    smooth = ascent.ascend(PLAIN, toward, X[0], 1, rate=0.5, blur=True, bounds=(0, 1))[1]
    once = np.pad(ascent.ascend(PLAIN, toward, X[0], 1, rate=0.5)[1], 1, mode="reflect")
    weights = np.outer([0.25, 0.5, 0.25], [0.25, 0.5, 0.25])
    want = [[(once[i : i + 3, j : j + 3] * weights).sum() for j in range(28)] for i in range(28)]
    np.testing.assert_allclose(smooth, np.clip(want, 0, 1), atol=1e-12)


def test_an_ascent_ascends_for_a_class_and_for_a_unit_of_a_map():
    start = np.full((28, 28), 0.2)
    unit = np.zeros((16, 8, 8))
    unit[PLAIN.read(start[None]).maps2[0, :, 4, 4].argmax(), 4, 4] = 1  # one that is not at 0, where slopes are
    for layer, toward in (("scores", np.eye(10)[7]), ("maps2", unit)):
        seen = ascent.ascend(PLAIN, toward, start, 30, rate=0.2, layer=layer)
        value = [(getattr(PLAIN.read(x[None]), layer)[0] * toward).sum() for x in (seen[0], seen[-1])]
        assert value[1] > value[0] + 0.1
    assert not np.any(seen[-1][:, :4] - start[:, :4])  # that unit sees columns 8 to 23 alone


@pytest.mark.equation("eq-sign-step")
def test_the_sign_step_is_the_best_of_its_size_for_a_plane():
    theirs, ours = a_pair(module, False)
    X, labels = pictures(3)
    x = torch.tensor(X)[:, None].requires_grad_()
    torch.nn.functional.cross_entropy(theirs(x), torch.tensor(labels), reduction="sum").backward()
    g = x.grad[:, 0].numpy()
    np.testing.assert_allclose(ascent.loss_slopes(ours, X, labels), g, atol=1e-10)
    step = ascent.sign_step(ours, X, labels, 0.02)
    np.testing.assert_allclose(step, np.clip(X + 0.02 * np.sign(g), 0, 1), atol=1e-12)
    rng = np.random.default_rng(0)
    best = 0.02 * np.abs(g).sum(axis=(1, 2))  # of all steps within ± 0.02, by the plane's formula
    for _ in range(50):
        other = rng.uniform(-0.02, 0.02, X.shape)
        assert ((g * other).sum(axis=(1, 2)) <= best).all()


def test_moved_pictures():
    X = np.random.default_rng(0).random((2, 5, 6))
    for down, right in ((0, 0), (1, -2), (-3, 4), (5, 0), (0, 9)):
        out = shifts.moved(X, down, right)
        for i in range(5):
            for j in range(6):
                inside = 0 <= i - down < 5 and 0 <= j - right < 6
                np.testing.assert_array_equal(out[:, i, j], X[:, i - down, j - right] if inside else 0)
    assert len(set(shifts.places(4))) == 17


@pytest.mark.equation("eq-consistency")
def test_consistency_is_the_share_of_pairs_that_agree():
    rng = np.random.default_rng(0)
    for moves, count in ((1, 3), (4, 5), (9, 7)):
        said = rng.integers(3, size=(moves, count))
        pairs = [(said[a] == said[b]).mean() for a in range(moves) for b in range(moves)]
        assert np.isclose(shifts.consistency(said), np.mean(pairs))


def test_a_move_by_four_pixels_moves_the_last_maps_by_one():
    X = np.zeros((1, 28, 28))
    X[0, 10:18, 10:18] = np.random.default_rng(0).random((8, 8))
    for net in (PLAIN, BLURRED):
        here, there = (net.read(x).pooled2 for x in (X, shifts.moved(X, 4, 0)))
        np.testing.assert_allclose(there[:, :, 2:-1], here[:, :, 1:-2], atol=1e-12)


def test_training_gives_what_lenets_are_made_of():
    learn, held = digits.train_and_test()
    arrays = trainers.train_kinds(learn, held.rows(np.arange(20)), [3, 4], 2, 3)
    lenets = shifts.Lenets(arrays)
    assert len(lenets["blurred"]) == 2 and lenets["blurred"][0].blurred and not lenets["plain_moved"][1].blurred
    assert not np.array_equal(lenets.start[0], lenets.start[1])
    assert np.abs(lenets.start[0] - lenets["plain_moved"][0].weights["conv1.W"]).max() < 0.02  # three steps away
    said = lenets["plain"][1].classify(held.images[:20] / 255)
    assert np.isclose(lenets.right["plain"][1, 0], (said == held.labels[:20]).mean(), atol=0.051)


def test_bad_input():
    X, labels = pictures(2)
    arrays = {name: value for name, value in vars(LENETS).items() if name in ("right", "agree")}
    for call, kind in (
        (lambda: PLAIN.slopes(X, np.zeros((2, 9))), ValueError),
        (lambda: PLAIN.slopes(X, np.zeros((2, 10)), "softmax"), ValueError),
        (lambda: attribution.slopes("net", X, labels), TypeError),
        (lambda: attribution.slopes(PLAIN, X, [1, 10]), ValueError),
        (lambda: attribution.slopes(PLAIN, X, [1]), ValueError),
        (lambda: attribution.integrated_gradients(PLAIN, X, labels, np.zeros(28)), ValueError),
        (lambda: attribution.integrated_gradients(PLAIN, X, labels, steps=0), ValueError),
        (lambda: attribution.occlusion(PLAIN, X[0], 3, size=29), ValueError),
        (lambda: attribution.occlusion(PLAIN, X, 3), ValueError),
        (lambda: attribution.shuffled(PLAIN, ["dense3"], np.random.default_rng(0)), ValueError),
        (lambda: attribution.shuffled(PLAIN, ["dense2"], 0), TypeError),
        (lambda: attribution.rank_correlation([1, 1], [1, 2]), ValueError),
        (lambda: attribution.rank_correlation([1, 2], [1, 2, 3]), ValueError),
        (lambda: attribution.replaced(X, X[:1], 1), ValueError),
        (lambda: attribution.replaced(X, X, 785), ValueError),
        (lambda: attribution.replaced(X, X, 3, np.zeros(28)), ValueError),
        (lambda: ascent.ascend(PLAIN, np.eye(10)[0], X[0], 1, bounds=(1, 0)), ValueError),
        (lambda: ascent.ascend(PLAIN, np.eye(10)[0], X[0], -1), ValueError),
        (lambda: ascent.ascend(PLAIN, np.zeros(9), X[0], 1), ValueError),
        (lambda: ascent.sign_step(PLAIN, X, labels, -0.1), ValueError),
        (lambda: shifts.moved(X[0], 1, 1), ValueError),
        (lambda: shifts.moved(X, 0.5, 1), TypeError),
        (lambda: shifts.consistency([1, 2]), ValueError),
        (lambda: shifts.consistency([[0.5]]), TypeError),
        (lambda: shifts.Lenets([1]), TypeError),
        (lambda: shifts.Lenets(arrays), ValueError),
        (lambda: shifts.Lenets({"start_0": np.zeros((6, 1, 5, 5))}), ValueError),
    ):
        with pytest.raises(kind):
            call()
