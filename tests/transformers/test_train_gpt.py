"""The program that trains a GPT by several processes: what two do is what one does, and a run that was killed goes on as if it had not been."""

import dataclasses
import json

import numpy as np
import pytest
import torch

from lib.sequences import characters
from lib.transformers import gpt
from lib.transformers.gpt_training import Network, train_gpt
from lib.transformers.scale import train, trial
from lib.word_vectors import distributed

SMALL = train.Settings(steps=16, batch=8, window=12, width=16, layers=1, heads=2, rate=1e-2, seed=3)
TEXT = "".join(f"{i} + {i + 7} = {2 * i + 7}\n" for i in range(300))
IDS = characters.encode(TEXT)


def command(folder, name, *more):
    options = [f"--{key}={value}" for key, value in dataclasses.asdict(SMALL).items()]
    module = ("-m", "lib.transformers.scale.train", "--text", folder / "text.txt", "--folder", folder / name)
    return [*module, *options, "--every", "5", *more]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("scale")
    (path / "text.txt").write_text(TEXT, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def alone(folder):
    """One process, undisturbed: weights and losses."""
    return train.train(IDS, SMALL, folder=folder_of(folder, "alone"), every=5)


def folder_of(folder, name):
    (folder / name).mkdir(exist_ok=True)
    return folder / name


def same(one, other) -> bool:
    """Whether weights and losses are the same to the last bit."""
    weights = one[0].keys() == other[0].keys() and all(np.array_equal(one[0][name], other[0][name]) for name in one[0])
    return weights and np.array_equal(one[1], other[1])


def result(path):
    with np.load(path / train.RESULT) as file:
        found = {name: file[name] for name in file.files if name != "about"}
    return found, found.pop("losses")


# ------------------------------------------------------------------------------------------------------- one process
def test_it_learns_and_gives_the_weights_of_the_numpy_gpt(alone):
    weights, losses = alone
    assert losses.shape == (SMALL.steps,) and abs(losses[0] - np.log(characters.V)) < 0.3
    assert losses[-1] < losses[0] - 0.3
    rows = train.windows(IDS, SMALL, 0)
    assert np.isfinite(gpt.GPT(weights, SMALL.heads).read(rows[:, :-1]).scores).all()


def test_the_first_loss_is_that_of_the_numpy_gpt(alone):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SMALL.seed)
        start = Network(characters.V, 12, 16, 1, 2, 64).weights()
    rows = train.windows(IDS, SMALL, 0)
    padded = {
        **start,
        "places": np.vstack([start["places"], np.zeros((1, 16))]),
    }  # a 13th place, whose scores do not count
    assert alone[1][0] == pytest.approx(gpt.gpt_loss(gpt.GPT(padded, 2).read(rows).scores, rows), abs=1e-5)


def test_it_does_what_the_chapters_own_loop_does(alone):
    def batch(rng):
        rows = train.windows(IDS, SMALL, next(steps))
        return rows[:, :-1], rows[:, 1:]

    steps = iter(range(SMALL.steps))
    theirs = train_gpt(batch, SMALL.steps, characters.V, 12, 16, 1, 2, 64, rate=1e-2, seed=3)
    for name, value in theirs.items():
        assert np.allclose(alone[0][name], value, atol=1e-6), name


def test_accumulated_portions_are_one_batch(alone, folder):
    weights, losses = train.train(IDS, dataclasses.replace(SMALL, accumulate=4), folder=folder_of(folder, "portions"))
    assert np.abs(losses - alone[1]).max() < 1e-5
    assert max(np.abs(weights[name] - alone[0][name]).max() for name in weights) < 1e-3


@pytest.mark.parametrize("stop", [1, 5, 7])
def test_stopped_and_started_again_it_is_the_same_run(alone, folder, stop):
    where, told = folder_of(folder, f"stopped{stop}"), []
    _, first = train.train(IDS, SMALL, folder=where, every=5, stop_after=stop)
    assert len(first) == stop
    again = train.train(IDS, SMALL, folder=where, every=5, speak=told.append)
    assert same(again, alone) and told[0] == f"goes on after step {stop}"
    assert same(train.train(IDS, SMALL, folder=where, every=5), alone), "a run that is done stays as it is"


@pytest.mark.parametrize("processes", [1, 2, 4])
def test_the_processes_windows_are_together_those_of_one(processes):
    for step in (0, 3):
        shares = [train.windows(IDS, SMALL, step, rank, processes) for rank in range(processes)]
        assert np.array_equal(np.concatenate(shares), train.windows(IDS, SMALL, step))
    assert not np.array_equal(train.windows(IDS, SMALL, 0), train.windows(IDS, SMALL, 1))


# ------------------------------------------------------------------------------------------------------ two processes
KILLED = """
import os, signal, sys
from lib.transformers.scale import train, trial
plain = train._step
def step(*args):
    step.done += 1
    if os.environ["RANK"] == "1" and step.done == 9:
        os.kill(os.getpid(), signal.SIGKILL)
    return plain(*args)
step.done = 0
train._step = step
sys.exit(train.main())
"""


@pytest.mark.equation("eq-data-parallel")
def test_two_processes_and_a_kill_halfway(folder, alone, capsys):
    distributed.launch(2, *command(folder, "whole"), seconds=120)
    whole = result(folder / "whole")
    assert np.abs(whole[1] - alone[1]).max() < 1e-4, "two with half of the windows each: one process, to rounding"
    assert max(np.abs(whole[0][name] - alone[0][name]).max() for name in alone[0]) < 1e-3

    (folder / "killed.py").write_text(KILLED, encoding="utf-8")
    with pytest.raises(RuntimeError, match="processes failed"):
        distributed.launch(2, folder / "killed.py", *command(folder, "killed")[2:], seconds=120)
    with np.load(folder / "killed" / train.CHECKPOINT) as kept:
        assert len(kept["losses"]) == 5 and {"random.0.cpu", "random.1.cpu"} <= set(kept.files)
    assert not (folder / "killed" / train.RESULT).exists()

    assert train.main([str(part) for part in command(folder, "killed")[2:]]) == 1  # one process cannot take it up
    assert "processes 2, not 1: start that one again" in capsys.readouterr().err

    told = distributed.launch(2, *command(folder, "killed"), seconds=120)
    assert "goes on after step 5" in told and "step 16 of 16" in told
    assert same(result(folder / "killed"), whole)


# ---------------------------------------------------------------------------------------------------------- the files
def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / train.CHECKPOINT
    train.save(path, {"run": {"seed": 0}}, {"losses": np.arange(3.0)})

    def fails(*args, **kwargs):
        raise OSError("no space left")

    with monkeypatch.context() as broken:
        broken.setattr(train.os, "fsync", fails)
        with pytest.raises(OSError, match="no space left"):
            train.save(path, {"run": {"seed": 0}}, {"losses": np.arange(9.0)})
    assert len(train.load(path, {"seed": 0})[1]["losses"]) == 3
    assert [file.name for file in tmp_path.iterdir()] == [train.CHECKPOINT]


def test_torn_and_foreign_checkpoints_are_refused(folder):
    where = folder_of(folder, "torn")
    path = where / train.CHECKPOINT
    train.train(IDS, SMALL, folder=where, every=5, stop_after=2)
    good = path.read_bytes()
    flipped = bytearray(good)
    flipped[len(good) // 2] ^= 4
    foreign = where / "foreign.npz"
    np.savez(foreign, about=np.array(json.dumps({"format": "another program", "run": {}})))
    bare = where / "bare.npz"
    np.savez(bare, losses=np.zeros(2))
    objects = where / "objects.npz"
    np.savez(objects, about=np.array([{}], dtype=object))
    spoilt = [good[: len(good) // 2], b"", b"not an archive", bytes(flipped), foreign.read_bytes(), bare.read_bytes()]
    for data in (*spoilt, objects.read_bytes()):
        path.write_bytes(data)
        with pytest.raises(ValueError, match=r"no complete checkpoint of this program.*delete it to begin anew"):
            train.train(IDS, SMALL, folder=where)
    about, arrays = {"run": json.loads(run_of(good, where))}, {"losses": np.zeros(2)}
    train.save(path, about, arrays)  # the right run, but nothing in it
    with pytest.raises(ValueError, match="no complete checkpoint"):
        train.train(IDS, SMALL, folder=where)


def run_of(data: bytes, where) -> str:
    file = where / "copy.npz"
    file.write_bytes(data)
    with np.load(file) as kept:
        return json.dumps(json.loads(str(kept["about"]))["run"])


@pytest.mark.parametrize("change", [{"seed": 4}, {"steps": 20}, {"batch": 16}, {"rate": 2e-2}, {"accumulate": 2}])
def test_a_checkpoint_of_other_settings_is_refused(folder, change):
    where = folder_of(folder, "settings")
    train.train(IDS, SMALL, folder=where, every=5, stop_after=1)
    (name, value), *_ = change.items()
    with pytest.raises(ValueError, match=f"another run, with {name} .*, not {value}:"):
        train.train(IDS, dataclasses.replace(SMALL, **change), folder=where)


def test_a_checkpoint_of_another_text_is_refused(folder):
    where = folder_of(folder, "settings")
    train.train(IDS, SMALL, folder=where, every=5, stop_after=1)
    with pytest.raises(ValueError, match="another run, with text"):
        train.train(IDS[1:], SMALL, folder=where)


# ----------------------------------------------------------------------------------------------------------- bad input
@pytest.mark.parametrize(
    "change, message",
    [
        (["--packages", "no-such-package-here"], "'no-such-package-here' is not installed"),
        (["--text", "/nowhere/text.txt"], "/nowhere/text.txt could not be read"),
        (["--text", "{text}", "--steps", "0"], "steps must be at least 1"),
        (["--text", "{text}", "--heads", "3"], "3 heads do not divide a width of 64"),
        (["--text", "{text}", "--batch", "6", "--accumulate", "4"], "cannot be dealt to 1 processes"),
        (["--text", "{text}", "--rate", "nan"], "NaN"),
        (["--text", "{text}", "--every", "0"], "--every must be at least 1"),
        (["--text", "{text}", "--stop-after", "0"], "--stop-after must be at least 1"),
        (["--text", "{text}", "--packages", "numpy"], "not allowed with"),
        ([], "one of the arguments --packages --text is required"),
    ],
)
def test_bad_arguments(folder, change, message, capsys):
    change = [part.format(text=folder / "text.txt") for part in change]
    with pytest.raises(SystemExit) as stopped:
        train.main([*change, "--folder", str(folder / "bad")])
    assert stopped.value.code == 2 and message in capsys.readouterr().err


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda where: train.train(IDS[:12], SMALL, folder=where), ValueError, "12 characters is too short"),
        (lambda where: train.train([98], SMALL, folder=where), ValueError, "ids"),
        (lambda where: train.train(IDS, {"steps": 3}, folder=where), TypeError, "settings"),
        (lambda where: train.train(IDS, SMALL, folder=where, every=0), ValueError, "every must be at least 1"),
        (lambda where: train.Settings(batch=2.0), TypeError, "whole number"),
        (lambda where: train.Settings(clip=0), ValueError, "clip"),
        (lambda where: SMALL.share(3), ValueError, "8 windows cannot be dealt to 3 processes"),
        (
            lambda where: train.train(IDS, dataclasses.replace(SMALL, rate=1e30), folder=where),
            FloatingPointError,
            "diverged",
        ),
    ],
)
def test_bad_calls(tmp_path, call, error, message):
    with pytest.raises(error, match=message):
        call(tmp_path)


def test_what_the_page_shows_of_slopes():
    found = trial.slopes(1, 2, keep=100)["slopes"]
    assert found.shape == (100,) and np.isfinite(found).all() and np.count_nonzero(found) > 90
    assert np.array_equal(found, trial.slopes(1, 2, keep=100)["slopes"])


def test_a_stop_lies_within_the_run():
    with pytest.raises(ValueError, match="stop must be at most 4"):
        trial.losses(0, 5, 5)
