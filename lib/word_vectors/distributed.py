"""word2vec by several processes, on one machine or on many: each trains on its own part of the text, and now and then they meet.

    torchrun --nproc-per-node 2 -m lib.word_vectors.distributed --packages numpy scipy --output vectors.npz

(`python -m torch.distributed.run` is the same as `torchrun`; a second run beside it needs another `--master-port`.) The first process
reads the text and tells the others; only its machine needs the files. After every epoch it writes vectors.checkpoint.npz, and the same
command goes on from there. On two machines (see `--help` for all else):

    torchrun --nnodes 2 --node-rank 0 --nproc-per-node 2 --master-addr 192.168.0.10 --master-port 29500 -m …    on the first
    torchrun --nnodes 2 --node-rank 1 …the same…                                                               on the second

The loop is that of `training`. The same seed, number of processes and settings give the same vectors, on machines of one kind.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist

from lib.book import validate
from lib.book.pytorch import one_thread
from lib.word_vectors import corpus, parallel, training, vocabulary
from lib.word_vectors.training import Settings, Trainer
from lib.word_vectors.vocabulary import Text

EVERY = 32  # steps of a process between two meetings
COMBINE = ("in turn", "mean", "sum")
PATIENCE = timedelta(minutes=10)  # how long a process waits for the others before it gives up
ROOT = Path(__file__).resolve().parents[2]


# ----------------------------------------------------------------------------------------------- one of several
class Partner(Trainer):
    """One of several processes that train the same matrices, each on its own part of the text, and meet every `every` steps.

    rank : which one, from 0;  processes : of how many;  every : steps between meetings
    combine : what becomes of a row's changes: their "sum", their "mean", or what the processes would have done "in turn"
    Alone it is a `Trainer`. It counts seconds: `working`, `meeting`, and of the latter `handling` what it has received; its
    `meetings`, and the bytes that it `sent`.
    """

    def __init__(
        self,
        text: Text,
        settings: Settings | None = None,
        *,
        rank: int = 0,
        processes: int = 1,
        every: int = EVERY,
        combine: str = "in turn",
        **changes,
    ):
        super().__init__(text, settings, **changes)
        self.processes = validate.whole(processes, "processes", low=1)
        self.rank = validate.whole(rank, "rank", low=0, high=self.processes - 1)
        self.every, self.combine = validate.whole(every, "every", low=1), combine
        if combine not in COMBINE:
            raise ValueError(f"combine must be one of {', '.join(COMBINE)}, but is {combine!r}")
        if self.settings.threads != 1:
            raise ValueError(
                f"a process trains on one thread, but threads is {self.settings.threads}: start more processes"
            )
        if len(text) < 2 * self.processes:
            raise ValueError(f"a text of {len(text)} words is too short for {self.processes} processes")
        V, both = len(self.W), self.W
        if self.settings.matrices == 2:
            both = np.concatenate([self.W, self.U])
            self.W, self.U = both[:V], both[V:]
        self._rows = torch.from_numpy(both)  # (2V, d): W and U, that one message may carry both
        self._agreed = self._rows.clone()  # what all held after the last meeting
        self._moved = torch.zeros(len(both), dtype=torch.uint8)  # which rows have moved since
        expected = training.meetings(text, self.settings)
        self._expected = torch.cat(expected) if self.settings.matrices == 2 else expected[0]
        self.working = self.meeting = self.handling = 0.0
        self.meetings = self.sent = 0

    @property
    def counted(self) -> tuple[int, float, int]:
        """How many meetings there were, the seconds spent on what they brought, and the bytes that this process sent."""
        return self.meetings, self.handling, self.sent

    def _epoch(self, report) -> None:
        if self.processes == 1:
            began = time.perf_counter()
            super()._epoch(report)
            self.working += time.perf_counter() - began
            return
        steps = self._begin()
        steps = int(_together(torch.tensor([steps]), dist.ReduceOp.MAX))
        for at in range(0, steps, self.every):
            began = time.perf_counter()
            self._work()
            paused = time.perf_counter()
            rows = _together(self._moved, dist.ReduceOp.MAX).nonzero().view(-1)
            total = _together(self._change(rows))
            received = time.perf_counter()
            self._take(rows, total, at, steps)
            self.handling += time.perf_counter() - received
            self.working += paused - began
            self.meeting += time.perf_counter() - paused
            if report:
                report((self.epoch + min(1, (at + self.every) / steps)) / self.settings.epochs)

    def _begin(self) -> int:
        """Make ready for an epoch and return how many steps it has."""
        blocks = training._shuffled(self, self.rank, self.processes)
        self._agreed.copy_(self._rows)
        self._steps = training._steps(self, blocks, training.STEPS[self.settings.kind])
        return -(-len(blocks[0]) // self.settings.blocks_a_step)

    def _work(self) -> None:
        """Go `every` steps, or as many as are left, and note which rows they may have moved."""
        V, two = len(self.W), self.settings.matrices == 2
        for _, (_, words, noise) in zip(range(self.every), self._steps, strict=False):
            words, noise = words.reshape(-1), noise.reshape(-1)
            for moved in (words, words + V, noise + V) if two else (words, noise):
                self._moved[moved] = 1

    def _change(self, rows: torch.Tensor) -> torch.Tensor:
        """Return how far the given rows have moved since the last meeting (n, d)."""
        return self._rows.index_select(0, rows).sub_(self._agreed.index_select(0, rows))

    def _take(self, rows: torch.Tensor, total: torch.Tensor, at: int, steps: int) -> None:
        """Put the agreed values into the given rows: the old ones and what is made of the total change, at step `at` of `steps`."""
        if self.combine == "in turn":
            self._in_turn(rows, total, at, steps)
        elif self.combine == "mean":
            total.div_(self.processes)
        new = total.add_(self._agreed.index_select(0, rows))
        self._agreed.index_copy_(0, rows, new)
        self._rows.index_copy_(0, rows, new)
        self._moved.zero_()
        self.meetings += 1
        self.sent += round(parallel.ring_bytes(new.nbytes + self._moved.nbytes, self.processes))

    def _in_turn(self, rows: torch.Tensor, total: torch.Tensor, at: int, steps: int) -> None:
        """Make of the total change (n, d) what the processes would have changed one after another.

        Along a direction of curvature κ a row with n gradients a step leaves q = exp(−m · rate · n · κ) of its way in m steps, and
        P processes in turn go (1 + q + … + q^(P−1)) times what one goes. Equation: eq-what-is-left, eq-in-turn
        """
        V, rate = len(self.W), training.rate_at(self.settings, self.epoch + at / steps)
        push = (rate * self._expected).clamp_(max=training.BEARABLE).mul_(min(self.every, steps - at))
        parts = [(slice(None), slice(None))]
        if self.settings.matrices == 2:  # a row of W is pulled along rows of U, and the other way round
            cut = int(torch.searchsorted(rows, V))
            parts = [(slice(0, cut), slice(V, None)), (slice(cut, None), slice(0, V))]
        for mine, others in parts:
            curvature, axes = bends(self._agreed[others], self._expected[others])
            left = (push[rows[mine], None] * -curvature).exp_()
            share = parallel.share_in_turn(left, self.processes)
            torch.matmul((total[mine] @ axes).mul_(share), axes.T, out=total[mine])


def bends(table: torch.Tensor, often: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return how the loss bends for a row that meets these others: the curvatures (d,) of one gradient, and their directions (d, d).

    table : (V, d);  often : (V,), how often each is met.  They are the eigenvalues and eigenvectors of the mean of u uᵀ/4, the
    bound of the Hessian, since σ′ ≤ ¼. Equation: eq-curvature
    """
    moments = table.T @ (table * (often / (4 * often.sum()))[:, None])
    if not bool(moments.isfinite().all()):
        raise FloatingPointError("the training diverged: choose a smaller rate, or meet more often")
    curvature, axes = torch.linalg.eigh(moments)
    return curvature.clamp_(min=0), axes


def rehearse(
    text: Text,
    settings: Settings | None = None,
    *,
    processes: int,
    every: int = EVERY,
    combine: str = "in turn",
    **changes,
) -> Partner:
    """Return what so many processes come to, played one after another by this one: as good or bad as theirs, and slower.

    For two processes the matrices are the same to the last bit; for more, sums are rounded in another order.
    """
    common = {"processes": processes, "every": every, "combine": combine}
    partners = [
        Partner(text, settings, rank=rank, **common, **changes)
        for rank in range(validate.whole(processes, "processes", low=1))
    ]
    if processes == 1:
        return partners[0].run()
    with one_thread():
        for _ in range(partners[0].settings.epochs):
            steps = max([partner._begin() for partner in partners])
            for at in range(0, steps, every):
                for partner in partners:
                    partner._work()
                rows = torch.stack([partner._moved for partner in partners]).amax(0).nonzero().view(-1)
                total = sum(partner._change(rows) for partner in partners)
                for partner in partners:
                    partner._take(rows, total.clone(), at, steps)
            for partner in partners:
                partner.epoch += 1
            partners[0]._check_bounds()
    return partners[0]


def train(text: Text, settings: Settings | None = None, *, report=None, **more) -> Partner:
    """Train all epochs with the other processes of this group (see `together`), or alone; return the trained `Partner`.

    Every process calls it with the same arguments, those of `Partner` without rank and processes.
    """
    rank, processes = (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)
    return Partner(text, settings, rank=rank, processes=processes, **more).run(report=report)


def _together(value: torch.Tensor, how=dist.ReduceOp.SUM) -> torch.Tensor:
    """Return the sum (or what else) of this tensor over all processes, in its place."""
    dist.all_reduce(value, how)
    return value


# ------------------------------------------------------------------------------------------------------ the group
@contextmanager
def together(backend: str = "gloo") -> Iterator[tuple[int, int]]:
    """Join the processes that torchrun has started and give (rank, how many), for the time of the block; alone, (0, 1).

    backend : the library that carries their messages, of those of PyTorch: "gloo" for CPUs, "nccl" for GPUs
    Where all run on this machine they speak by its loopback alone, so that its name need not resolve.
    """
    rank, processes = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    if processes > 1:
        if os.environ.get("LOCAL_WORLD_SIZE") == str(processes):
            os.environ["MASTER_ADDR"] = "127.0.0.1"
            names = [name for _, name in socket.if_nameindex()]
            loopback = next((name for name in ("lo", "lo0") if name in names), None)
            if loopback:
                os.environ.setdefault("GLOO_SOCKET_IFNAME", loopback)
        dist.init_process_group(backend, timeout=PATIENCE)
    yield rank, processes
    if processes > 1:  # after an error the process ends, and torchrun ends the others
        dist.destroy_process_group()


def launch(processes: int, *what: str, seconds: float = 600) -> str:
    """Run ``torchrun --nproc-per-node … what`` on this machine, by its loopback and a free port, and return what it printed.

    what : a script and its arguments, or "-m", a module and its arguments
    Raises RuntimeError with its messages where it fails, TimeoutError where it takes longer than `seconds`; nothing is left running.
    """
    count = str(validate.whole(processes, "processes", low=1))
    here = ("--standalone", "--local-addr", "127.0.0.1")  # no name has to resolve
    command = [sys.executable, "-m", "torch.distributed.run", *here, "--nproc-per-node", count]
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    surroundings = os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    started = subprocess.Popen(
        [*command, *map(str, what)], env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        out, messages = started.communicate(timeout=validate.number(seconds, "seconds", low=0, open_low=True))
    except BaseException as error:
        started.terminate()  # torchrun then ends the processes that it started
        started.communicate()
        if isinstance(error, subprocess.TimeoutExpired):
            raise TimeoutError(f"{processes} processes were not done after {seconds:g} s, and were ended") from None
        raise
    if started.returncode:
        raise RuntimeError(f"{processes} processes failed:\n{messages[-6000:]}")
    return out


def all_reduce_seconds(sizes, rounds: int = 5) -> dict[int, float]:
    """Return the median seconds that the processes of this group take to add up so many bytes each, by size."""
    if not dist.is_initialized():
        raise RuntimeError("there is no group of processes: call it inside `with together()`, under torchrun")
    found = {}
    for size in sizes:
        value = torch.zeros(-(-validate.whole(size, "size", low=4) // 4))
        times = []
        for _ in range(validate.whole(rounds, "rounds", low=1) + 1):
            dist.barrier()
            began = time.perf_counter()
            dist.all_reduce(value)
            times.append(time.perf_counter() - began)
        found[size] = float(np.median(times[1:]))
    return found


# ------------------------------------------------------------------------------------------- the same, by PyTorch
class Pairs(torch.nn.Module):
    """W and U (V, d) as a module: the mean loss of pairs of which some are real and the others noise."""

    def __init__(self, V: int, d: int, seed: int = 0):
        super().__init__()
        random = torch.Generator().manual_seed(seed)
        self.W, self.U = (torch.nn.Parameter(torch.randn(V, d, generator=random)) for _ in range(2))

    def forward(self, centres, contexts, real):
        scores = (self.W[centres] * self.U[contexts]).sum(1)
        return torch.nn.functional.binary_cross_entropy_with_logits(scores, real)


def gradient_gap(V: int = 50, d: int = 8, pairs: int = 64, seed: int = 0) -> float:
    """Return the largest difference between DistributedDataParallel's gradient, each process seeing its pairs alone, and
    that of one process which sees them all."""
    rank, processes = dist.get_rank(), dist.get_world_size()
    rng = np.random.default_rng(seed)
    batch = [torch.from_numpy(rng.integers(V, size=(processes, pairs))) for _ in range(2)]
    batch.append(torch.from_numpy(rng.integers(2, size=(processes, pairs)).astype(np.float32)))
    whole = Pairs(V, d, seed)
    whole(*(part.view(-1) for part in batch)).backward()
    shared = torch.nn.parallel.DistributedDataParallel(Pairs(V, d, seed))
    shared(*(part[rank] for part in batch)).backward()  # all gradients are averaged in here
    gaps = [(a.grad - b.grad).abs().max() for a, b in zip(whole.parameters(), shared.parameters(), strict=True)]
    return float(_together(torch.stack(gaps).max(), dist.ReduceOp.MAX))


# ------------------------------------------------------------------------------------------------ the command line
def main(argv: list[str] | None = None) -> int:
    """Train by the command line; return the exit code: 0, 1 where the training failed, 2 where the arguments are wrong."""
    argv = sys.argv[1:] if argv is None else list(argv)
    rank = int(os.environ.get("RANK", 0))
    if rank and {"-h", "--help"} & set(argv):
        return 0
    try:
        job = _job(argv) if rank == 0 else None  # arguments, text and checkpoint are read by the first process alone
        with together() as (rank, processes):
            if processes > 1:
                carrier = [job]
                dist.broadcast_object_list(carrier, 0)
                job = carrier[0]
            _run(job, rank, processes)
    except (ValueError, TypeError, OSError, FloatingPointError) as error:
        return _say(f"process {rank}: {error}", sys.stderr, 1)
    except RuntimeError as error:
        if "gloo" not in str(error).lower():
            raise
        return _say(f"process {rank}: lost touch with the others: {str(error).splitlines()[0]}", sys.stderr, 1)
    return 0


def _job(argv: list[str]) -> dict:
    """Return what the command line asks for: the text, the settings, how to meet, and the checkpoint to go on from."""
    arguments, parser = _arguments(argv)
    output = arguments.output
    if output.suffix != ".npz":
        parser.error(f"--output must end with .npz, but is {output}")
    if not output.absolute().parent.is_dir():
        parser.error(f"--output: there is no folder {output.absolute().parent}")
    names = ("kind", "dimension", "window", "negatives", "epochs", "rate", "sample", "seed")
    try:
        settings = Settings(**{name: getattr(arguments, name) for name in names})
        text = _text(arguments)
        common = {"every": arguments.every, "combine": arguments.combine}
        Partner(text, settings, processes=int(os.environ.get("WORLD_SIZE", 1)), **common)
        if arguments.stop_after is not None:
            validate.whole(arguments.stop_after, "--stop-after", low=1)
    except (ValueError, TypeError, OSError) as error:
        parser.error(str(error))
    job = {"text": text, "settings": settings, "common": common, "stop_after": arguments.stop_after, "output": output}
    return job | {"epoch": _kept(job, parser.error)}


def _arguments(argv: list[str]):
    parser = argparse.ArgumentParser(
        prog="torchrun --nproc-per-node 2 -m lib.word_vectors.distributed",
        description="Train word vectors by several processes. The same command goes on with a run that was stopped.",
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--packages", nargs="+", metavar="NAME", help="train on the docstrings of installed packages")
    source.add_argument(
        "--text", type=Path, metavar="FILE", help="or on a file: a sentence a line, words set apart by blanks"
    )
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="where the words' vectors go (.npz)")
    parser.add_argument("--min-count", type=int, default=5, help="leave out words that occur less often (5)")
    default = Settings()
    parser.add_argument("--kind", default=default.kind, help="skip-gram or cbow (skip-gram)")
    for name, what in (
        ("dimension", "numbers in a vector"),
        ("window", "words to each side that count as context"),
        ("negatives", "noise words for each pair"),
        ("epochs", "how often the text is read"),
        ("seed", "of all randomness"),
    ):
        parser.add_argument(f"--{name}", type=int, default=getattr(default, name), help=f"{what} (%(default)s)")
    parser.add_argument("--rate", type=float, help="the learning rate to start with (by the kind)")
    parser.add_argument("--sample", type=float, default=default.sample, help="threshold of subsampling (%(default)s)")
    parser.add_argument("--every", type=int, default=EVERY, help="steps between two meetings (%(default)s)")
    parser.add_argument("--combine", default=COMBINE[0], help=f"how: {', '.join(COMBINE)} (%(default)s)")
    parser.add_argument(
        "--stop-after", type=int, metavar="EPOCHS", help="stop after so many epochs; go on another time"
    )
    return parser.parse_args(argv), parser


def _text(arguments) -> Text:
    if arguments.packages:
        sentences = corpus.sentences(corpus.docstrings(arguments.packages))
    else:
        try:
            sentences = [line.split() for line in arguments.text.read_text(encoding="utf-8").splitlines()]
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"--text: {arguments.text} could not be read: {error}") from None
    return vocabulary.read(sentences, arguments.min_count)


def _checkpoint(job: dict) -> Path:
    return job["output"].with_suffix(".checkpoint.npz")


def _identity(job: dict, processes: int) -> dict:
    """Return what a run must share with its checkpoint, besides its words."""
    s = job["settings"]
    settings = asdict(s) | {"rate": s.starting_rate, "blocks": s.blocks_a_step}
    return settings | job["common"] | {"processes": processes, "tokens": len(job["text"])}


def _kept(job: dict, refuse: Callable[[str], None]) -> int:
    """Return how many epochs the checkpoint has behind it; refuse one of another run."""
    path = _checkpoint(job)
    if not path.exists():
        return 0
    try:
        with np.load(path) as kept:
            wanted = _identity(job, int(os.environ.get("WORLD_SIZE", 1)))
            found = {name: kept[name].item() if name in kept else "?" for name in wanted}
            differ = [f"{name} {found[name]}, not {wanted[name]}" for name in wanted if found[name] != wanted[name]]
            if not differ and tuple(kept["words"].tolist()) != job["text"].vocabulary.words:
                differ = ["other words"]
            epoch = int(kept["epoch"])
    except (OSError, ValueError, KeyError) as error:
        refuse(f"{path} is no checkpoint of this program ({error}): delete it to begin anew")
    if differ:
        refuse(
            f"{path} belongs to another run, with {', '.join(differ)}: start that one again, or delete the file to begin anew"
        )
    return epoch


def _run(job: dict, rank: int, processes: int) -> None:
    """Train, save after every epoch, and in the end write the vectors."""
    text, path, speak = job["text"], _checkpoint(job), _say if rank == 0 else (lambda *_: None)
    partner = Partner(text, job["settings"], rank=rank, processes=processes, **job["common"])
    speak(f"{len(text)} words in sentences, {len(text.vocabulary)} different ones; processes: {processes}")
    if job["epoch"]:
        if rank == 0:
            with np.load(path) as kept:
                partner.W[:], partner.U[:] = kept["W"], kept["U"]
        if processes > 1:
            dist.broadcast(partner._rows, 0)
        partner.epoch = job["epoch"]
        speak(f"goes on after epoch {partner.epoch}")
    last = partner.settings.epochs
    if job["stop_after"] is not None:
        last = min(last, partner.epoch + job["stop_after"])
    report = _reporter(speak)
    while partner.epoch < last:
        partner.run(epochs=1, report=report)
        if rank == 0:
            keep = _identity(job, processes)
            _whole(path, lambda to, keep=keep: partner.save(to, **keep))
        speak(f"epoch {partner.epoch} of {partner.settings.epochs}: saved in {path.name}")
    took = f"{partner.working:.1f} s of work"
    if processes > 1:
        took += f" and {partner.meeting:.1f} s in {partner.meetings} meetings, {partner.sent / 1e6:.1f} MB sent by each"
    speak(took)
    if rank == 0 and partner.epoch == partner.settings.epochs:
        _whole(job["output"], partner.vectors().save)
        path.unlink()
        speak(f"wrote {job['output']}")


def _whole(path: Path, write: Callable[[Path], None]) -> None:
    """Write a file whole or not at all."""
    fresh = path.with_suffix(f".{os.getpid()}.npz")
    try:
        write(fresh)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def _reporter(speak, seconds: float = 10.0) -> Callable[[float], None]:
    """Return a report that says how far the training is, every few seconds."""
    state = {"last": time.monotonic()}

    def report(share: float) -> None:
        if time.monotonic() - state["last"] > seconds:
            state["last"] = time.monotonic()
            speak(f"{share:.0%} done")

    return report


def _say(line: str, to=None, code: int = 0) -> int:
    print(line, file=to or sys.stdout, flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
