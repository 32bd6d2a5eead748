"""GPT: a step of training beside the LSTM's, and writing with a cache beside reading everything again."""

from __future__ import annotations

import time

import numpy as np
import torch
import torch.nn.functional as F

from benchmarks.bench import alternate, table, write
from lib.sequences import characters
from lib.transformers.gpt import GPT, go_on
from lib.transformers.gpt_training import Network


def step_of_training() -> list[list[str]]:
    """Return rows for one step of the page's GPT and of its LSTM: 16 texts of 64 characters, forward, backward and the optimiser."""
    torch.manual_seed(0)
    ids = torch.randint(characters.V, (16, 65))
    x, y = ids[:, :-1], ids[:, 1:].flatten()
    network = Network(characters.V, 64, 64, 2, 4, 256)
    table_, lstm, out = (
        torch.nn.Embedding(characters.V, 48),
        torch.nn.LSTM(48, 192, batch_first=True),
        torch.nn.Linear(192, characters.V),
    )
    rival = torch.nn.ModuleList([table_, lstm, out])

    def trained(parameters, scores):
        optimiser = torch.optim.Adam(parameters)

        def step():
            loss = F.cross_entropy(scores().flatten(0, 1), y)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()

        return step

    candidates = {
        "GPT": trained([*network.parameters()], lambda: network(x)),
        "LSTM": trained([*rival.parameters()], lambda: out(lstm(table_(x))[0])),
    }
    sizes = {"GPT": network, "LSTM": rival}
    return [
        [row.name, f"{sum(p.numel() for p in sizes[row.name].parameters()):,}", f"{1e3 * row.seconds:.1f}", _ratio(row)]
        for row in alternate(candidates, "LSTM", 41, time.process_time)
    ]


def writing(T: int) -> list[list[str]]:
    """Return rows for T tokens in numpy, written with the cache and without, by a GPT of 4 blocks, 128 wide."""
    torch.manual_seed(0)
    model, rng = GPT(Network(98, T + 1, 128, 4, 4, 512).weights(), 4), lambda: np.random.default_rng(0)
    candidates = {
        "with the cache": lambda: list(go_on(model, [0], T, rng())),
        "everything again": lambda: list(go_on(model, [0], T, rng(), cached=False)),
    }
    rows = alternate(candidates, "with the cache", 3, time.process_time)
    return [[f"{row.name}, {T} tokens", f"{row.seconds:.2f}", _ratio(row)] for row in rows]


def _ratio(row) -> str:
    return f"{row.ratio:.2f} [{row.low:.2f}, {row.high:.2f}]"


def main() -> None:
    """Write benchmarks/results/gpt.md."""
    torch.set_num_threads(1)
    steps = ["model", "parameters", "ms", "time / LSTM's [range]"]
    texts = ["writing", "s", "time / with the cache [range]"]
    write(
        "gpt",
        "\n\n".join(
            [
                "## GPT\n\nThe candidates take turns; a ratio is taken inside a round, and the median over rounds is given. Processor time of one thread.",
                "### A step of training\n\n16 texts of 64 characters, forward, backward and the optimiser, in PyTorch.\n\n"
                + table(steps, step_of_training()),
                "### With a cache and without\n\nIn numpy, a GPT of 4 blocks, 128 wide.\n\n"
                + table(texts, [row for T in (64, 256) for row in writing(T)]),
            ]
        ),
    )
