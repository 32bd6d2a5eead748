"""What the project "A detector for new letters" stands on: letters as their outlines say, a network taken up again, and the goal's lists."""

import numpy as np
import pytest
import torch

from lib.convnets import exercises, glyphs
from lib.convnets.canvases import draw_canvases
from lib.convnets.detection import grid, letters, training
from lib.convnets.digits import Digits
from lib.convnets.exercises import project_glyphs


def test_letters_are_drawn_alike_and_apart():
    one, again = (glyphs.draw_letters([0, 11], 2, np.random.default_rng(0)) for _ in range(2))
    assert one.images.shape == (40, 28, 28) and (one.images == again.images).all()
    assert (np.bincount(one.labels) == 4).all()
    assert (one.images.reshape(40, -1).max(axis=1) == 255).all()
    assert not one.images[:, [0, -1]].any() and not one.images[:, :, [0, -1]].any()  # nothing is cut off
    ink = one.images.reshape(10, 4, -1).astype(float).sum(axis=(1, 2))
    less, more = (ink[[glyphs.LETTERS.index(letter) for letter in pair]] for pair in ("ГЗД", "БВШ"))
    assert (less < more).all()  # fewer strokes
    for bad in ([12], [0.5]):
        with pytest.raises((ValueError, TypeError)):
            glyphs.draw_letters(bad, 1, np.random.default_rng(0))


def test_an_outline_covers_what_it_encloses():
    """The ink of an upright Г is that of its two bars, and a hole within Б stays white."""
    rng = np.random.default_rng(1)
    made = glyphs.draw_letters([2], 3, rng)
    one = made.images[made.labels == 0][0] / 255  # Б, bold
    rows, columns = np.flatnonzero((one > 0.5).any(axis=1)), np.flatnonzero((one > 0.5).any(axis=0))
    inside = one[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    lower = inside[len(inside) // 2 :]
    assert (lower[1:-1, 2:-2] < 0.2).any()


def test_a_network_is_taken_up_where_it_was():
    torch.manual_seed(0)
    net = training.grid_network(3)
    net(torch.rand(4, 1, 64, 64))  # the norms have seen something
    again = training.grid_from(training.grid_state(net.eval()), 3).eval()
    x = torch.rand(2, 1, 64, 64)
    torch.testing.assert_close(net(x), again(x))


def test_adapting_learns_and_leaves_the_start_alone():
    source = glyphs.draw_letters([0], 2, np.random.default_rng(0))
    sheets = draw_canvases(source, 16, np.random.default_rng(1))
    torch.manual_seed(0)
    start = training.grid_network(4)
    before = {name: value.clone() for name, value in start.state_dict().items()}
    targets = torch.from_numpy(np.stack([*map(grid.cell_targets, sheets.boxes, sheets.labels)]))
    loss = lambda net: training.grid_loss(net(torch.from_numpy(sheets.images)), targets).item()
    net = training.grid_adapted(start, sheets, 40, seed=0)
    assert loss(net) < 0.6 * loss(start.eval())
    assert all((value == before[name]).all() for name, value in start.state_dict().items())


def test_a_letter_detector_wants_its_letters():
    torch.manual_seed(0)
    weights = {
        **training.folded(training.grid_network(2)),
        "letters": np.zeros((3, 28, 28), np.uint8),
        "labels": np.arange(3),
    }
    assert isinstance(letters.LetterDetector(weights).unseen, Digits)
    for name, value in (("letters", np.zeros((2, 28, 28))), ("labels", np.array([0, 1, 10]))):
        with pytest.raises(ValueError):
            letters.LetterDetector({**weights, name: value})
    with pytest.raises(ValueError):
        letters.LetterDetector({n: w for n, w in weights.items() if n != "labels"})


def test_a_decoded_cell_is_what_the_detector_says():
    rng = np.random.default_rng(0)
    outputs = rng.normal(size=(1, 15, 8, 8)).clip(-1.9, 1.9)  # no side is cut
    found = grid.decode_cells(outputs, 0.0)[0]
    mine = np.array([exercises.decoded_cell(outputs[0, :, i, j], i, j) for i in range(8) for j in range(8)])
    mine = mine[np.argsort(-mine[:, 4])]
    np.testing.assert_allclose(found.boxes, mine[:, :4])
    np.testing.assert_allclose(found.scores, mine[:, 4])
    assert (found.labels == mine[:, 5]).all()


def test_the_score_to_keep_is_the_best_of_all():
    rng = np.random.default_rng(2)
    for _ in range(30):
        scores, hits = rng.random(12), rng.integers(2, size=12)
        truths = int(hits.sum() + rng.integers(1, 4))
        least, f = exercises.score_to_keep(scores, hits, truths)
        every = [2 * hits[scores >= s].sum() / ((scores >= s).sum() + truths) for s in scores]
        assert f == pytest.approx(max(every)) and f == pytest.approx(every[int(np.flatnonzero(scores == least)[0])])


def test_the_goal_needs_both_remedies():
    measure = project_glyphs.tidy_list.measure
    assert measure(project_glyphs.above_and_apart()) > 91
    assert measure(lambda b, s, k: np.flatnonzero(s >= 0.4)) < 76
    assert measure(lambda b, s, k: project_glyphs.bx.nms(b, s, 0.45)) < 76
