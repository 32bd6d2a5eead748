"""What the page shows of the program: losses of one process and of two, of a run that was stopped, and slopes that float16 would lose."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from lib.book import validate
from lib.sequences import characters
from lib.transformers.gpt_training import Network, train_gpt
from lib.transformers.scale.train import Settings, train, windows
from lib.word_vectors import corpus, distributed


def text() -> np.ndarray:
    """Return numpy's documentation as numbers (N,)."""
    return characters.encode(characters.split_documents(corpus.docstrings(("numpy",)))[0])


def losses(seed: int, count: int, stop: int) -> dict[str, np.ndarray]:
    """Return the losses (count,) of "one" process, of "two", and of two "again" that were stopped after `stop` steps and started anew.

    Each step reads the same 16 windows. Two processes are started by torchrun, as the program's are.
    """
    count = validate.whole(count, "count", low=2)
    stop = validate.whole(stop, "stop", low=1, high=count - 1)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(steps=count, seed=validate.whole(seed, "seed", low=0))
        _, one = train(text(), settings, folder=folder)
        out = Path(folder) / "losses.npz"
        distributed.launch(2, "-m", "lib.transformers.scale.trial", out, seed, count, stop, seconds=300)
        with np.load(out) as found:
            return {"one": one, "two": found["two"], "again": found["again"]}


def slopes(seed: int, count: int, keep: int = 8192) -> dict[str, np.ndarray]:
    """Return {"slopes": (keep,)}: slopes of the loss by the first block's hidden scores, of 16 windows, after `count` steps."""
    ids, settings, found = text(), Settings(steps=count, seed=seed), []

    def batch(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        rows = windows(ids, settings, int(rng.integers(2**31)))
        return rows[:, :-1], rows[:, 1:]

    def look(step: int, network: Network) -> None:
        if step == count:
            x, y = (torch.from_numpy(a) for a in batch(np.random.default_rng(seed)))
            network.blocks[0].W1.register_full_backward_hook(
                lambda module, by_input, by_output: found.append(by_output[0])
            )
            F.cross_entropy(network(x).flatten(0, 1), y.flatten()).backward()

    train_gpt(batch, count, characters.V, settings.window, seed=seed, watch=look)
    flat = found[0].flatten().numpy()
    return {"slopes": flat[:: max(1, len(flat) // keep)][:keep]}


def main(out: str, seed: str, count: str, stop: str) -> None:
    """Train twice with the other processes, undisturbed and with a pause; the first process writes the losses."""
    settings, ids = Settings(steps=int(count), seed=int(seed)), text()
    with distributed.together() as (rank, _), tempfile.TemporaryDirectory() as folder:
        places = [Path(folder) / name for name in ("two", "again")]
        for place in places:
            place.mkdir()
        _, two = train(ids, settings, folder=places[0])
        train(ids, settings, folder=places[1], stop_after=int(stop))
        _, again = train(ids, settings, folder=places[1])
        if rank == 0:
            np.savez(out, two=two, again=again)


if __name__ == "__main__":
    main(*sys.argv[1:])
