"""What happens where PyTorch is: a small GPT is trained, exported, compared in three runtimes; and a module whose trace is wrong.

Needs the packages onnx, onnxscript and onnxruntime. What comes out is bytes and numbers: `shipping` reads them without any of these.
"""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path

import numpy as np
import torch
from torch import nn

from lib.book import validate
from lib.sequences import characters
from lib.transformers.adapting.export import write_onnx
from lib.transformers.adapting.onnx_file import read_graph, write_graph
from lib.transformers.adapting.onnx_graph import Declared
from lib.transformers.adapting.shipping import Shipped, file_of
from lib.transformers.gpt_training import Network, learn
from lib.word_vectors import corpus

WINDOW, D, LAYERS, HEADS = 64, 48, 2, 4
SHAPES = (
    (1, 1),
    (1, 5),
    (3, 17),
    (2, 64),
)  # texts and places at which runtimes are compared; the export's example has (2, 5)
HELD = 64  # texts of the test that travel with the model


def trained_network(seed: int, count: int) -> tuple[Network, np.ndarray]:
    """Return a GPT of characters that has learned from `count` batches of documentation, and texts (64, 64) that it has not seen."""
    train_text, test_text = characters.split_documents(corpus.docstrings(("numpy", "scipy")))
    ids, held = characters.encode(train_text), characters.encode(test_text)

    def windows(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        rows = ids[rng.integers(len(ids) - WINDOW - 1, size=16)[:, None] + np.arange(WINDOW + 1)]
        return rows[:, :-1], rows[:, 1:]

    seed = validate.whole(seed, "seed", low=0)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = Network(characters.V, WINDOW, D, LAYERS, HEADS, 4 * D)
    learn(network, windows, validate.whole(count, "count", low=1), 3e-3, np.random.default_rng(seed))
    return network, held[: HELD * WINDOW].reshape(HELD, WINDOW)


def exported(network: Network) -> tuple[bytes, bytes]:
    """Return the file that PyTorch writes of a network, and the same graph with its alphabet, without PyTorch's notes on its own source."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        write_onnx(network, torch.zeros(2, 5, dtype=torch.long), path, {0: "batch", 1: "length"})
        theirs = path.read_bytes()
    return theirs, file_of(read_graph(theirs), characters.SYMBOLS)


def compared(network: Network, file: bytes, held: np.ndarray) -> np.ndarray:
    """Return for each of `SHAPES` the largest difference of a score from PyTorch's, over the largest score: here, and in onnxruntime (4, 2).

    Raises onnx's own error where its checker does not accept the file.
    """
    import onnx
    import onnxruntime

    onnx.checker.check_model(onnx.load_from_string(file), full_check=True)
    session, model, rows = onnxruntime.InferenceSession(file), Shipped(file), []
    network.eval()
    for B, T in SHAPES:
        ids = np.ascontiguousarray(held[:B, :T])
        with torch.no_grad():
            theirs = network(torch.from_numpy(ids)).numpy()
        found = model.scores(ids), session.run(["scores"], {"ids": ids})[0]
        rows.append([np.abs(ours - theirs).max() / np.abs(theirs).max() for ours in found])
    return np.array(rows)


class Centred(nn.Module):
    """A row less its mean, and divided by its largest entry where that is above 1: right in Python, and wrong once it is traced."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return rows (B, T) less their means, scaled into −1 … 1 where they leave it."""
        x = x - x.sum(1, keepdim=True) / int(x.shape[1])
        if float(x.abs().max()) > 1:
            x = x / x.abs().max()
        return x


def traced() -> bytes:
    """Return `Centred` as torch.onnx's older way writes it, which records one pass, of small numbers in rows of 6."""
    example = torch.linspace(-0.5, 0.5, 12).reshape(2, 6)
    own = dict(dynamo=False, opset_version=17, input_names=["x"], output_names=["y"])
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / "centred.onnx"
        torch.onnx.export(Centred(), (example,), path, dynamic_axes={"x": {0: "batch", 1: "length"}}, **own)
        graph = read_graph(path)
    return write_graph(graph, {"y": Declared(np.float32, ("batch", "length"))}, opset=17)
