"""A GPT of characters trained by several processes, on one machine or many, which goes on exactly where it was stopped.

    torchrun --nproc-per-node 2 -m lib.transformers.scale.train --packages numpy --steps 800 --folder runs/gpt

(`python -m torch.distributed.run` is the same as `torchrun`.) It computes on GPUs where each process has one, with nccl and bfloat16, and
else on CPUs with gloo, in float32. A step reads `--batch` windows of the text, each process its own, and all take the mean of the gradients
(DistributedDataParallel). Every `--every` steps checkpoint.npz is written into the folder, whole or not at all. Whatever ends the program, the
same command goes on from there, and every loss and weight is the one that an undisturbed run gives, to the last bit, on machines of one kind.
In the end gpt.npz holds the weights of `gpt.GPT` and the losses.

Another number of processes adds up in another order, so that results differ in their last digits: a checkpoint of such a run is refused.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import zipfile
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import nn

from lib.book import validate
from lib.book.pytorch import one_thread
from lib.sequences import characters
from lib.transformers.gpt_training import Network, rate_at
from lib.word_vectors import corpus
from lib.word_vectors.distributed import together

FORMAT = "a GPT in training, 1"
CHECKPOINT, RESULT = "checkpoint.npz", "gpt.npz"


@dataclass(frozen=True)
class Settings:
    """What decides the result of a training, besides the text and the number of processes.

    steps : of the optimiser;  batch : windows a step, of all processes together;  accumulate : portions in which a process reads its share
    window : characters that the model sees;  width, layers, heads : the model's, with 4 · width units in its feed-forward parts
    rate : see `gpt_training.rate_at`;  clip : the longest gradient;  seed : of the first weights and of the windows
    """

    steps: int = 800
    batch: int = 16
    accumulate: int = 1
    window: int = 64
    width: int = 64
    layers: int = 2
    heads: int = 4
    rate: float = 3e-3
    clip: float = 1.0
    seed: int = 0

    def __post_init__(self):
        for name in ("steps", "batch", "accumulate", "window", "width", "layers", "heads"):
            validate.whole(getattr(self, name), name, low=1)
        validate.whole(self.seed, "seed", low=0)
        for name in ("rate", "clip"):
            validate.number(getattr(self, name), name, low=0, open_low=True)
        if self.width % self.heads:
            raise ValueError(f"{self.heads} heads do not divide a width of {self.width}")

    def share(self, processes: int) -> int:
        """Return how many windows a step brings each process; ValueError where they cannot be shared out evenly."""
        parts = validate.whole(processes, "processes", low=1) * self.accumulate
        if self.batch % parts:
            raise ValueError(
                f"a batch of {self.batch} windows cannot be dealt to {processes} processes in portions of equal size, {self.accumulate} each"
            )
        return self.batch // processes


# ----------------------------------------------------------------------------------------------------------- the data
def windows(ids: np.ndarray, settings: Settings, step: int, rank: int = 0, processes: int = 1) -> np.ndarray:
    """Return the windows (b, window + 1) of a process at a step: its share of those that one process alone would read.

    They depend on the seed and the step, so that the number of the step is all that a checkpoint must know of the data.
    """
    b = settings.share(processes)
    at = np.random.default_rng([settings.seed, step]).integers(len(ids) - settings.window, size=settings.batch)
    return ids[at[rank * b : (rank + 1) * b, None] + np.arange(settings.window + 1)]


# -------------------------------------------------------------------------------------------------------- a checkpoint
def save(path: Path, about: Mapping, arrays: Mapping[str, np.ndarray]) -> None:
    """Write a checkpoint whole or not at all: what is there stays until the new file is complete on the disk."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(fresh, "wb") as file:
            np.savez(file, about=np.array(json.dumps({"format": FORMAT, **about}, sort_keys=True)), **arrays)
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)


def load(path: Path, wanted: Mapping) -> tuple[dict, dict[str, np.ndarray]] | None:
    """Return what `save` has written, or None where there is no file.

    wanted : what a run must share with its checkpoint. Raises ValueError where the file is torn or no checkpoint of this program,
    or is one of another run; nothing in it is executed.
    """
    if not path.exists():
        return None
    spoilt = f"{path} is no complete checkpoint of this program"
    try:
        with np.load(path, allow_pickle=False) as kept:  # the archive's sums are compared while it is read
            arrays = {name: kept[name] for name in kept.files}
        about = json.loads(str(arrays.pop("about")))
        if about["format"] != FORMAT:
            raise ValueError(f"its format is {about['format']!r}")
        found = about["run"]
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{spoilt} ({error}): delete it to begin anew") from None
    differ = [
        f"{name} {found.get(name, '?')}, not {value}" for name, value in wanted.items() if found.get(name) != value
    ]
    if differ:
        raise ValueError(
            f"{path} belongs to another run, with {', '.join(differ)}: start that one again, or delete the file to begin anew"
        )
    return about, arrays


def _state(network: nn.Module, optimiser: torch.optim.Optimizer) -> dict[str, np.ndarray]:
    found = {f"model.{name}": value.cpu().numpy() for name, value in network.state_dict().items()}
    for i, state in optimiser.state_dict()["state"].items():
        found |= {f"optimiser.{i}.{name}": value.cpu().numpy() for name, value in state.items()}
    return found


def _restore(network: nn.Module, optimiser: torch.optim.Optimizer, arrays: Mapping[str, np.ndarray]) -> None:
    tensors = {name: torch.from_numpy(value) for name, value in arrays.items()}
    network.load_state_dict({k.removeprefix("model."): v for k, v in tensors.items() if k.startswith("model.")})
    states: dict[int, dict] = {}
    for name, value in tensors.items():
        if name.startswith("optimiser."):
            _, i, key = name.split(".")
            states.setdefault(int(i), {})[key] = value
    optimiser.load_state_dict({"state": states, "param_groups": optimiser.state_dict()["param_groups"]})


def _random_states(device: torch.device) -> dict[str, np.ndarray]:
    """Return the states of every process's random generators. This GPT draws nothing after its first weights; one with dropout would."""
    mine = {"cpu": torch.get_rng_state().numpy()}
    if device.type == "cuda":
        mine["cuda"] = torch.cuda.get_rng_state(device).numpy()
    everyone = [mine]
    if dist.is_initialized():
        everyone = [None] * dist.get_world_size()
        dist.all_gather_object(everyone, mine)
    return {f"random.{rank}.{kind}": value for rank, states in enumerate(everyone) for kind, value in states.items()}


# -------------------------------------------------------------------------------------------------------- the training
@one_thread()
def train(
    ids,
    settings: Settings | None = None,
    *,
    folder: str | Path,
    every: int = 100,
    stop_after: int | None = None,
    speak: Callable[[str], None] = lambda line: None,
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Train with the other processes of this group, or alone; return the weights of a `gpt.GPT` and the losses (steps,), in nats.

    ids : (N,), a text as `characters.encode` gives it;  folder : where checkpoints are kept, and found
    every : steps between two checkpoints;  stop_after : end after so many steps, and go on another time
    All processes call it with the same arguments; the first one reads and writes the files.
    """
    settings = Settings() if settings is None else validate.instance(settings, Settings, "settings")
    every = validate.whole(every, "every", low=1)
    last = settings.steps if stop_after is None else validate.whole(stop_after, "stop_after", low=1)
    ids = validate.indices(ids, "ids", size=characters.V, of="characters")
    if len(ids) <= settings.window:
        raise ValueError(
            f"a text of {len(ids)} characters is too short for windows of {settings.window} and what follows"
        )
    rank, processes = (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)
    settings.share(processes)
    path, device = Path(folder) / CHECKPOINT, _device()
    run = asdict(settings) | {"processes": processes, "text": hashlib.sha256(ids.tobytes()).hexdigest()[:16]}

    kept = _from_the_first(lambda: load(path, run), rank)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        network = Network(
            characters.V, settings.window, settings.width, settings.layers, settings.heads, 4 * settings.width
        ).to(device)
    optimiser = torch.optim.AdamW(network.parameters(), settings.rate, betas=(0.9, 0.98), weight_decay=0.01)
    losses: list[float] = []
    if kept is not None:
        arrays = kept[1]
        try:
            _restore(network, optimiser, arrays)
            losses = arrays["losses"].tolist()
            torch.set_rng_state(torch.from_numpy(arrays[f"random.{rank}.cpu"]))
            if device.type == "cuda":
                torch.cuda.set_rng_state(torch.from_numpy(arrays[f"random.{rank}.cuda"]), device)
        except (KeyError, RuntimeError, ValueError) as error:
            raise ValueError(
                f"{path} is no complete checkpoint of this program ({error}): delete it to begin anew"
            ) from None
        speak(f"goes on after step {len(losses)}")
    shared = _shared(network, device)
    for step in range(len(losses), min(last, settings.steps)):
        for group in optimiser.param_groups:
            group["lr"] = rate_at(settings.rate, step, settings.steps)
        losses.append(_step(shared, optimiser, windows(ids, settings, step, rank, processes), settings, device))
        done = step + 1
        if done % every == 0 or done == min(last, settings.steps):
            random = _random_states(device)
            if rank == 0:
                save(path, {"run": run}, _state(network, optimiser) | random | {"losses": np.array(losses)})
            speak(f"step {done} of {settings.steps}: loss {np.mean(losses[-every:]):.3f} nats, saved in {path.name}")
    return network.cpu().weights(), np.array(losses)


def _step(network: nn.Module, optimiser, rows: np.ndarray, settings: Settings, device: torch.device) -> float:
    """Make one step with this process's windows and all the others'; return the mean loss of all."""
    total = torch.zeros((), device=device)
    portions = torch.from_numpy(rows).long().to(device).chunk(settings.accumulate)
    for i, portion in enumerate(portions):
        waits = i < len(portions) - 1 and dist.is_initialized()
        with network.no_sync() if waits else nullcontext():  # the processes meet at the last portion alone
            with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
                scores = network(portion[:, :-1])
            loss = F.cross_entropy(scores.float().flatten(0, 1), portion[:, 1:].flatten()) / len(portions)
            loss.backward()
        total += loss.detach()
    nn.utils.clip_grad_norm_(network.parameters(), settings.clip)
    optimiser.step()
    optimiser.zero_grad()
    if dist.is_initialized():
        dist.all_reduce(total)
        total /= dist.get_world_size()
    if not torch.isfinite(total):
        raise FloatingPointError("the training diverged: choose a smaller rate")
    return float(total)


def _shared(network: nn.Module, device: torch.device) -> nn.Module:
    """Return the network as one whose gradients are averaged over the processes; alone, as it is.

    DistributedDataParallel orders its messages anew after a first pass, and with three processes or more that order can decide about last
    digits. So one pass is made and thrown away: a run that goes on then adds up as one that was never stopped.
    """
    if not dist.is_initialized():
        return network
    shared = nn.parallel.DistributedDataParallel(network, device_ids=[device.index] if device.type == "cuda" else None)
    shared(torch.zeros(1, 1, dtype=torch.long, device=device)).sum().backward()
    shared.zero_grad()
    return shared


def _device() -> torch.device:
    """Return this process's GPU where each process of this machine has one, else the CPU."""
    if torch.cuda.is_available() and torch.cuda.device_count() >= int(os.environ.get("LOCAL_WORLD_SIZE", 1)):
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
    return torch.device("cpu")


def _from_the_first(read: Callable[[], object], rank: int):
    """Return what the first process reads, to all of them."""
    carrier = [read() if rank == 0 else None]
    if dist.is_initialized():
        dist.broadcast_object_list(carrier, 0)
    return carrier[0]


# ---------------------------------------------------------------------------------------------------- the command line
def main(argv: list[str] | None = None) -> int:
    """Train by the command line; return the exit code: 0, 1 where the training failed, 2 where the arguments are wrong."""
    argv = sys.argv[1:] if argv is None else list(argv)
    rank, device = int(os.environ.get("RANK", 0)), _device()
    speak = (lambda line: print(line, flush=True)) if rank == 0 else (lambda line: None)
    if device.type == "cuda":
        torch.cuda.set_device(device)
    try:
        job = _job(argv) if rank == 0 else None  # the first process alone reads arguments and text
        backend = "nccl" if device.type == "cuda" else "gloo"
        with together(backend) as (rank, processes):
            ids, settings, more = job = _from_the_first(lambda: job, rank)
            speak(f"{len(ids):,} characters; processes: {processes}, on {device.type}")
            weights, losses = train(ids, settings, speak=speak, **more)
            if rank == 0 and len(losses) == settings.steps:
                _write(more["folder"] / RESULT, weights, losses)
                speak(f"wrote {RESULT}")
    except (ValueError, TypeError, OSError, FloatingPointError) as error:
        print(f"process {rank}: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


def _write(path: Path, weights: Mapping[str, np.ndarray], losses: np.ndarray) -> None:
    save(path, {"run": {}}, {**weights, "losses": losses})


def _job(argv: list[str]) -> tuple[np.ndarray, Settings, dict]:
    """Return what the command line asks for: the text as numbers, the settings, and what else `train` takes."""
    default = Settings()
    parser = argparse.ArgumentParser(
        prog="torchrun --nproc-per-node 2 -m lib.transformers.scale.train",
        description="Train a GPT of characters by several processes. The same command goes on with a run that was ended.",
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--packages", nargs="+", metavar="NAME", help="train on the docstrings of installed packages")
    source.add_argument("--text", type=Path, metavar="FILE", help="or on a text file, in UTF-8")
    parser.add_argument("--folder", type=Path, required=True, help=f"where {CHECKPOINT} and {RESULT} go")
    for name, what in (
        ("steps", "steps of the optimiser"),
        ("batch", "windows a step, of all processes together"),
        ("accumulate", "portions in which a process reads its share"),
        ("window", "characters that the model sees"),
        ("width", "entries of a place's vector"),
        ("layers", "blocks"),
        ("heads", "heads of each block"),
        ("rate", "the largest learning rate"),
        ("clip", "the longest gradient"),
        ("seed", "of all randomness"),
    ):
        kind = type(getattr(default, name))
        parser.add_argument(f"--{name}", type=kind, default=getattr(default, name), help=f"{what} (%(default)s)")
    parser.add_argument("--every", type=int, default=100, help="steps between two checkpoints (%(default)s)")
    parser.add_argument("--stop-after", type=int, metavar="STEPS", help="end after so many steps; go on another time")
    arguments = parser.parse_args(argv)
    try:
        settings = Settings(**{name: getattr(arguments, name) for name in asdict(default)})
        processes = int(os.environ.get("WORLD_SIZE", 1))
        settings.share(processes)
        for name in ("every", "stop_after"):
            if getattr(arguments, name) is not None:
                validate.whole(getattr(arguments, name), f"--{name.replace('_', '-')}", low=1)
        ids = characters.encode(_text(arguments))
        arguments.folder.mkdir(parents=True, exist_ok=True)
    except (ValueError, TypeError, OSError) as error:
        parser.error(str(error))
    return ids, settings, {name: getattr(arguments, name) for name in ("folder", "every", "stop_after")}


def _text(arguments) -> str:
    if arguments.packages:
        return characters.split_documents(corpus.docstrings(arguments.packages))[0]
    try:
        return arguments.text.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"--text: {arguments.text} could not be read: {error}") from None


if __name__ == "__main__":
    sys.exit(main())
