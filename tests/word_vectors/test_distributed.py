"""Several processes: started by the documented command they end alike, as good as one, can be stopped, and fail together."""

import json
import os
import signal
import socket
import subprocess
import sys
import time

import numpy as np
import pytest

from lib.word_vectors import counting, distributed, evaluation, training, vocabulary
from lib.word_vectors.vectors import WordVectors

MADE = evaluation.planted(tokens=30_000, words=300, topics=5, styles=2, seed=1)
TEXT = MADE.text
SMALL = {"dimension": 8, "epochs": 3, "every": 4}
OPTIONS = ["--dimension", "8", "--epochs", "3", "--every", "4", "--min-count", "1", "--seed", "5"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the planted text as a file, a sentence a line."""
    path = tmp_path_factory.mktemp("distributed")
    words = np.array(TEXT.vocabulary.words, dtype=object)
    sentences = np.split(words[TEXT.tokens], np.flatnonzero(np.diff(TEXT.sentence)) + 1)
    (path / "text.txt").write_text("\n".join(" ".join(s) for s in sentences), encoding="utf-8")
    return path


def as_read(folder):
    """Return the text as the command reads it."""
    lines = (folder / "text.txt").read_text(encoding="utf-8").splitlines()
    return vocabulary.read([line.split() for line in lines], 1)


def command(folder, output, *more):
    module = ["-m", "lib.word_vectors.distributed", "--text", folder / "text.txt", "--output", folder / output]
    return [*module, *OPTIONS, *more]


# -------------------------------------------------------------------------------------------------- one process
@pytest.mark.parametrize("changes", [{}, {"kind": "cbow"}, {"matrices": 1}])
def test_one_process_is_the_trainer(changes):
    common = {"dimension": 8, "epochs": 2, "seed": 3} | changes
    alone = training.train(TEXT, **common)
    for other in (distributed.train(TEXT, **common), distributed.rehearse(TEXT, processes=1, **common)):
        assert np.array_equal(alone.W, other.W) and np.array_equal(alone.U, other.U)
        assert (other.U is other.W) == (common.get("matrices") == 1)


def test_the_command_with_one_process_stopped_and_resumed(folder, capsys):
    run = [str(part) for part in command(folder, "one.npz")[2:]]
    assert distributed.main([*run, "--stop-after", "1"]) == 0
    assert "epoch 1 of 3: saved in one.checkpoint.npz" in capsys.readouterr().out
    assert not (folder / "one.npz").exists()
    assert distributed.main(run) == 0
    assert "goes on after epoch 1" in capsys.readouterr().out
    text = as_read(folder)
    alone = training.train(text, dimension=8, epochs=3, seed=5)
    found = WordVectors.load(folder / "one.npz")
    assert np.array_equal(found.matrix, alone.W) and found.words == text.vocabulary.words
    assert not (folder / "one.checkpoint.npz").exists()


# --------------------------------------------------------------------------------------------------- rehearsals
def loss(trainer) -> float:
    counts = counting.cooccurrence(TEXT, 5)
    return counting.expected_loss(trainer.W.astype(float) @ trainer.U.T, counts, 5, 0.75)[0]


def test_two_are_as_good_as_one_within_the_seeds():
    """Over five seeds, fresh ones: the mean loss and the mean quality differ by no more than seeds do, and a hair."""
    classes = MADE.classes // MADE.styles
    found = {1: [], 2: []}
    for processes, runs in found.items():
        for seed in range(20, 25):
            made = distributed.rehearse(TEXT, processes=processes, dimension=16, epochs=8, every=4, seed=seed)
            runs.append((loss(made), evaluation.class_share(made.vectors(), classes)))
    one, two = (np.array(found[processes]) for processes in (1, 2))
    spread = one.std(axis=0)
    gap = two.mean(axis=0) - one.mean(axis=0)
    assert gap[0] < 3 * spread[0] + 0.02 and gap[1] > -3 * spread[1] - 0.03, (one, two)


@pytest.mark.parametrize("processes, every", [(3, 1), (8, 1), (8, 1000)])
@pytest.mark.parametrize("kind", training.STEPS)
def test_in_turn_does_not_diverge(processes, every, kind):
    made = distributed.rehearse(TEXT, processes=processes, every=every, kind=kind, dimension=8, epochs=3)
    assert np.abs(made.W).max() < 20 and np.abs(made.U).max() < 20


def test_the_sum_goes_over_the_cliff_and_says_so_and_in_turn_does_not():
    common = {"processes": 4, "every": 1, "blocks": 8, "dimension": 8}
    with pytest.raises(FloatingPointError, match="diverged"):
        distributed.rehearse(TEXT, combine="sum", **common)
    assert np.abs(distributed.rehearse(TEXT, **common).U).max() < 20


def test_one_matrix_stays_one_matrix():
    made = distributed.rehearse(TEXT, processes=2, matrices=1, **SMALL)
    assert made.U is made.W and np.isfinite(made.W).all()


# ------------------------------------------------------------------------------------------------ two processes
SCRIPT = """
import json, sys
import numpy as np
from lib.word_vectors import distributed, evaluation
made = evaluation.planted(tokens=30_000, words=300, topics=5, styles=2, seed=1)
small = {"dimension": 8, "epochs": 3, "every": 4}
runs = {"skip-gram": {}, "cbow": {"kind": "cbow"}, "one": {"matrices": 1}, "mean": {"combine": "mean"}, "again": {}}
with distributed.together() as (rank, processes):
    out, told = {}, {}
    for name, changes in runs.items():
        partner = distributed.train(made.text, **small, **changes)
        out |= {name + "W": partner.W, name + "U": partner.U}
        told[name] = [partner.meetings, partner.sent, partner.working, partner.meeting]
    np.savez(f"{sys.argv[1]}/rank{rank}.npz", **out)
    told["gap"] = distributed.gradient_gap()
    told["seconds"] = list(distributed.all_reduce_seconds([1024, 100_000]).items())
    if rank == 0:
        print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def pair(folder):
    """What two real processes came to, and what the first one told."""
    (folder / "script.py").write_text(SCRIPT, encoding="utf-8")
    told = json.loads(distributed.launch(2, folder / "script.py", folder, seconds=60))
    return [np.load(folder / f"rank{rank}.npz") for rank in (0, 1)], told


def test_both_processes_end_with_the_same_matrices(pair):
    (one, other), _ = pair
    assert all(np.array_equal(one[name], other[name]) for name in one.files)
    assert np.array_equal(one["skip-gramW"], one["againW"]), "the same seed, the same vectors"
    assert not np.allclose(one["skip-gramW"], one["meanW"], atol=1e-4)


@pytest.mark.parametrize("name, changes", [("skip-gram", {}), ("cbow", {"kind": "cbow"}), ("one", {"matrices": 1})])
def test_the_rehearsal_is_the_play(pair, name, changes):
    (one, _), _ = pair
    rehearsed = distributed.rehearse(TEXT, processes=2, **SMALL, **changes)
    assert np.array_equal(one[name + "W"], rehearsed.W) and np.array_equal(one[name + "U"], rehearsed.U)


def test_what_the_processes_tell(pair):
    _, told = pair
    meetings, sent, working, meeting = told["skip-gram"]
    rows, d = 2 * len(TEXT.vocabulary), SMALL["dimension"]
    assert 3 <= meetings <= 3 * -(-len(TEXT) // (2 * 1024 * 4))
    assert 0 < sent <= meetings * rows * (4 * d + 1), "no more than both matrices at each meeting"
    assert working > 0 and meeting > 0
    assert told["gap"] < 1e-6, "DistributedDataParallel's gradient is that of all pairs together"
    assert [size for size, _ in told["seconds"]] == [1024, 100_000] and all(s > 0 for _, s in told["seconds"])


def test_killed_in_the_middle_and_resumed(folder, capsys):
    """The documented command; after the first epoch everything is killed. The same command ends as if nothing had happened."""
    with socket.socket() as free:  # so that another test may run beside this one
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    launcher = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--master-port", port]
    run = [*launcher, *map(str, command(folder, "two.npz"))]
    surroundings = os.environ | {"PYTHONPATH": str(distributed.ROOT), "OMP_NUM_THREADS": "1"}
    pipe = subprocess.PIPE
    with subprocess.Popen(run, env=surroundings, stdout=pipe, stderr=subprocess.DEVNULL, text=True) as started:
        for line in started.stdout:
            if line.startswith("epoch 1 of 3"):
                started.send_signal(signal.SIGTERM)
                break
        started.wait(timeout=40)
    assert (folder / "two.checkpoint.npz").exists() and not (folder / "two.npz").exists()

    # meanwhile one process cannot take it up, nor another seed
    for changed in ([], ["--seed", "6"]):
        with pytest.raises(SystemExit) as stopped:
            distributed.main([str(part) for part in command(folder, "two.npz", *changed)[2:]])
        assert stopped.value.code == 2
        said = capsys.readouterr().err
        assert "belongs to another run, with" in said and "processes 2, not 1" in said
        assert ("seed 5, not 6" in said) == bool(changed)

    told = distributed.launch(2, *command(folder, "two.npz"), seconds=60)
    assert "goes on after epoch" in told and "epoch 3 of 3" in told and "MB sent by each" in told
    found = WordVectors.load(folder / "two.npz")
    rehearsed = distributed.rehearse(as_read(folder), processes=2, seed=5, **SMALL)
    assert np.array_equal(found.matrix, rehearsed.W)
    assert not (folder / "two.checkpoint.npz").exists()


FAILING = """
import os, sys
from lib.word_vectors import distributed, training
first, done = training.STEPS["skip-gram"], [0]
def fails(*args):
    done[0] += 1
    if os.environ["RANK"] == "1" and done[0] > 5:
        raise ValueError("the second process has had enough")
    return first(*args)
training.STEPS["skip-gram"] = fails
sys.exit(distributed.main())
"""


def test_one_process_that_fails_ends_all_with_its_message(folder):
    (folder / "failing.py").write_text(FAILING, encoding="utf-8")
    began = time.monotonic()
    with pytest.raises(RuntimeError, match="process 1: the second process has had enough"):
        distributed.launch(2, folder / "failing.py", *command(folder, "fails.npz")[2:], seconds=50)
    assert time.monotonic() - began < 45, "nobody waits for the one that is gone"
    assert not (folder / "fails.npz").exists()


def test_a_launch_that_takes_too_long_is_ended(folder):
    (folder / "sleeps.py").write_text("import time; time.sleep(600)", encoding="utf-8")
    with pytest.raises(TimeoutError, match=r"1 processes were not done after 0\.5 s"):
        distributed.launch(1, folder / "sleeps.py", seconds=0.5)


# ----------------------------------------------------------------------------------------------------- bad input
@pytest.mark.parametrize(
    "change, message",
    [
        (["--packages", "no-such-package-here"], "'no-such-package-here' is not installed"),
        (["--text", "/nowhere/text.txt"], "/nowhere/text.txt could not be read"),
        (["--text", "{text}", "--output", "/nowhere/at/all/v.npz"], "no folder /nowhere/at/all"),
        (["--text", "{text}", "--output", "{folder}/v.txt"], "must end with .npz"),
        (["--text", "{text}", "--epochs", "0"], "epochs must be at least 1"),
        (["--text", "{text}", "--every", "0"], "every must be at least 1"),
        (["--text", "{text}", "--rate", "nan"], "NaN"),
        (["--text", "{text}", "--kind", "glove"], "'skip-gram' or 'cbow'"),
        (["--text", "{text}", "--combine", "vote"], "in turn, mean, sum"),
        (["--text", "{text}", "--stop-after", "0"], "--stop-after must be at least 1"),
        (["--text", "{text}", "--min-count", "100000"], "no word occurs 100000 times"),
        (["--text", "{text}", "--dimension", "many"], "invalid int value"),
        (["--text", "{text}", "--packages", "numpy"], "not allowed with"),
        ([], "one of the arguments --packages --text is required"),
    ],
)
def test_bad_arguments(folder, change, message, capsys):
    change = [part.format(text=folder / "text.txt", folder=folder) for part in change]
    output = [] if "--output" in change else ["--output", str(folder / "v.npz")]
    with pytest.raises(SystemExit) as stopped:
        distributed.main([*change, *output])
    assert stopped.value.code == 2 and message in capsys.readouterr().err


def test_a_checkpoint_that_is_none(folder, capsys):
    (folder / "odd.checkpoint.npz").write_bytes(b"not an archive")
    with pytest.raises(SystemExit):
        distributed.main([str(part) for part in command(folder, "odd.npz")[2:]])
    assert "is no checkpoint of this program" in capsys.readouterr().err


def test_the_other_processes_leave_help_to_the_first(monkeypatch, capsys):
    monkeypatch.setenv("RANK", "1")
    assert distributed.main(["--help"]) == 0 and not capsys.readouterr().out


@pytest.mark.parametrize(
    "changes, error, message",
    [
        ({"processes": 0}, ValueError, "processes must be at least 1"),
        ({"processes": 2.0}, TypeError, "whole number"),
        ({"rank": 2, "processes": 2}, ValueError, "rank must be at most 1"),
        ({"rank": -1}, ValueError, "rank must be at least 0"),
        ({"every": 0}, ValueError, "every must be at least 1"),
        ({"combine": "vote"}, ValueError, "in turn, mean, sum"),
        ({"threads": 2}, ValueError, "start more processes"),
        ({"processes": 10**6}, ValueError, "too short for 1000000 processes"),
        ({"dimension": 0}, ValueError, "dimension must be at least 1"),
    ],
)
def test_bad_partners(changes, error, message):
    with pytest.raises(error, match=message):
        distributed.Partner(TEXT, **changes)


def test_bad_calls():
    with pytest.raises(RuntimeError, match="no group of processes"):
        distributed.all_reduce_seconds([8])
    with pytest.raises(ValueError, match="processes must be at least 1"):
        distributed.launch(0, "script.py")
    with pytest.raises(ValueError, match="processes must be at least 1"):
        distributed.rehearse(TEXT, processes=0)
