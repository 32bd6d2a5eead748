"""Which module may need what: numpy chapters import without torch, the check engine without numpy."""

import pkgutil
import subprocess
import sys

import pytest

import lib

# these train something; the rest must run where torch is not
NEEDS_TORCH = (
    *(f"lib.word_vectors.{name}" for name in ("adversarial", "context", "distributed", "halves", "training")),
    "lib.convnets.segmentation.training",
    "lib.unsupervised.training",
    "lib.unsupervised.generative.training",
    "lib.convnets.seeing.training",
    "lib.sequences.fast",
    "lib.sequences.translation.training",
    *(f"lib.transformers.{name}" for name in ("beyond", "bert_training", "fast", "gpt_training", "training")),
    *(f"lib.transformers.scale.{name}" for name in ("train", "trial")),
    *(f"lib.convnets.{name}" for name in ("depth", "detection.training", "fast", "training")),
    *(f"lib.transformers.adapting.{name}" for name in ("export", "leaving", "training")),
    *(f"lib.transformers.{name}" for name in ("beyond", "fast", "gpt_training", "training")),
    *(f"lib.transformers.adapting.{name}" for name in ("export", "training")),
)
PLAIN = (
    *("lib.book.exercises", "lib.book.compare", "lib.book.sandbox", "lib.book.display", "lib.least_squares.squeeze"),
    *("lib.book.wire", "lib.book.submission", "lib.book.hidden"),
)


def importable(hidden: tuple[str, ...], modules: list[str]) -> subprocess.CompletedProcess:
    """Import `modules` in a fresh Python in which `hidden` packages do not exist."""
    lines = ["import sys", *(f"sys.modules[{name!r}] = None" for name in hidden), *(f"import {m}" for m in modules)]
    return subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True)


def test_all_of_lib_imports_without_torch():
    names = [m.name for m in pkgutil.walk_packages(lib.__path__, "lib.")]
    assert "lib.least_squares.direct" in names
    done = importable(("torch", "onnx"), [n for n in names if n not in NEEDS_TORCH])
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("module", PLAIN)
def test_plain_modules_import_without_numpy(module):
    done = importable(("torch", "numpy", "scipy", "matplotlib", "sympy", "sklearn"), [module])
    assert done.returncode == 0, done.stderr


def test_importing_lib_is_quick_and_quiet():
    """A reader's first cell prints nothing and draws no heavy package it does not need."""
    code = "import lib.least_squares.demos, lib.least_squares.exercises, sys; print('sklearn' in sys.modules)"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert done.stdout.strip() == "False", "scikit-learn is imported before anything asks for its data"
