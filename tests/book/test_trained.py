"""A model that is trained where PyTorch is and loaded where it is not: cost, refusals, interrupts, fingerprints."""

import base64
import functools
import io
import json
import signal
import sys
import types
import zipfile

import numpy as np
import pytest

from lib.book import trained as engine
from lib.book.kernel import Kernel
from lib.book.trained import (
    MIME,
    Weights,
    WeightsError,
    fingerprint,
    name_of,
    packed,
    receive,
    steps,
    trained,
    unpacked,
)

RATE = 0.5


def fit(seed=0, count=4, wide=3):
    """Fit nothing in particular, in `count` steps."""
    w = np.random.default_rng(seed).normal(size=(wide, 2))
    for _ in steps(count):
        w = w - RATE * w
    return {"layer.weight": w, "bias": np.ones(2)}


class Line:
    """A model of weights of one shape."""

    def __init__(self, weights):
        if weights["layer.weight"].shape != (3, 2):
            raise ValueError(f"layer.weight must have the shape (3, 2), but has {weights['layer.weight'].shape}")
        self.weights = weights


@pytest.fixture(autouse=True)
def nothing_received(monkeypatch):
    monkeypatch.setattr(engine, "_received", {})
    monkeypatch.setattr(engine, "_given", [])


@pytest.fixture
def shown(monkeypatch):
    """What trainings show, as bundles."""
    told = []
    monkeypatch.setattr(engine, "_show", lambda one: told.append(one._repr_mimebundle_()))
    return told


@pytest.fixture
def without_torch(monkeypatch):
    """From the call on, as in the page: no PyTorch."""
    return lambda: monkeypatch.setattr(engine, "has_torch", lambda: False)


def published(monkeypatch, shown, name="line", train=fit, **options) -> bytes:
    """Train as the build does, and return the file that it would publish."""
    monkeypatch.setenv("BOOK_MODE", "page")
    trained(name, train, **options)
    assert shown[-1][MIME]["name"] == name
    return base64.b64decode(shown[-1][MIME]["file"])


# ------------------------------------------------------------------------------------------------ the same model
@pytest.mark.parametrize("precision", ["float32", "float16"])
def test_the_page_loads_the_very_model_that_the_build_trained(monkeypatch, shown, without_torch, precision):
    monkeypatch.setenv("BOOK_MODE", "page")
    made = trained("line", fit, seed=3, into=Line, precision=precision)
    assert name_of(made) == "line" and name_of(Line(made.weights)) == ""
    file = base64.b64decode(shown[-1][MIME]["file"])
    without_torch()
    receive({"line": file})
    loaded = trained("line", fit, seed=3, into=Line, precision=precision)
    assert dict(loaded.weights).keys() == {"layer.weight", "bias"}
    for key in loaded.weights:
        assert (loaded.weights[key] == made.weights[key]).all() and loaded.weights[key].dtype == np.float64
    exact = fit(3)["layer.weight"]
    error = abs(loaded.weights["layer.weight"] - exact).max() / abs(exact).max()
    assert 0 < error < (1e-7 if precision == "float32" else 1e-3), "rounded as it is stored"
    with pytest.raises(ValueError, match="read-only"):
        loaded.weights["bias"][0] = 1
    first, then = shown
    assert first["text/plain"] == then["text/plain"] == "line: 8 parameters, trained in 4 steps"
    assert MIME not in then and "has loaded what the build" in then["text/markdown"]
    assert "has loaded" not in str(first) and "text/html" not in then, "a page shows HTML in a frame of its own"


def test_the_file_depends_on_nothing_but_the_model(monkeypatch, shown):
    assert published(monkeypatch, shown, seed=1) == published(monkeypatch, shown, seed=1)
    assert published(monkeypatch, shown, seed=1) != published(monkeypatch, shown, seed=2)


def test_torch_modules_and_tensors_are_taken(shown):
    torch = pytest.importorskip("torch")
    layer = torch.nn.Linear(2, 3)
    weights = trained("layer", lambda: layer)
    assert np.allclose(weights["weight"], layer.weight.detach().numpy()) and weights.parameters == 9
    assert trained("layer", lambda: {"w": torch.ones(2, 2, requires_grad=True)})["w"].sum() == 4


def test_what_it_cost(monkeypatch, shown, capsys):
    monkeypatch.setenv("BOOK_MODE", "text")
    trained("line", fit, into=dict)
    assert shown[-1] == {"text/plain": "line: 8 parameters, trained in 4 steps"}
    assert capsys.readouterr().out == "", "no bar where text is stored"
    trained("plain", lambda: {"w": [1.0, 2.0]})
    assert shown[-1] == {"text/plain": "plain: 2 numbers"}
    monkeypatch.setenv("BOOK_MODE", "live")
    trained("line", fit)
    assert shown[-1]["text/plain"].startswith("line: 8 numbers, trained in 4 steps, 0.")
    assert MIME not in shown[-1]
    out = capsys.readouterr().out
    assert "\r████████████████████ 4 of 4 steps, 0 s left" in out
    assert out.endswith("\r") and not out.split("\r")[-2].strip(), "the bar is gone in the end"


# ------------------------------------------------------------------------------------------------ being interrupted
def interrupted(count=50, at=7):
    """Train, and press stop at a step."""
    done = []
    for step in steps(count):
        if step == at:
            signal.raise_signal(signal.SIGINT)
        done.append(step)
    return {"w": np.array(done, float)}


def test_pytorch_has_one_thread_while_it_trains_and_its_own_number_after(monkeypatch, shown):
    torch = pytest.importorskip("torch")
    set_to = [7]
    monkeypatch.setattr(torch, "get_num_threads", lambda: set_to[-1])
    monkeypatch.setattr(torch, "set_num_threads", set_to.append)
    found = trained("line", lambda: {"threads": np.array([torch.get_num_threads()])})
    assert found["threads"] == 1 and set_to == [7, 1, 7]
    with pytest.raises(TypeError):
        trained("line", lambda: None)
    assert set_to[-1] == 7


def test_an_interrupt_ends_the_training_after_its_step(monkeypatch, shown):
    monkeypatch.setenv("BOOK_MODE", "live")
    before = signal.getsignal(signal.SIGINT)
    weights = trained("long", interrupted)
    assert len(weights["w"]) == 8 and "stopped after 8 of 50 steps" in shown[-1]["text/plain"]
    assert signal.getsignal(signal.SIGINT) is before
    assert len(trained("long", interrupted, at=49)["w"]) == 50


def test_an_interrupt_outside_steps_and_a_second_one_end_the_cell(monkeypatch, shown):
    monkeypatch.setenv("BOOK_MODE", "live")

    def no_steps():
        signal.raise_signal(signal.SIGINT)
        return {"w": [1.0]}

    def twice():
        for _ in steps(3):
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
        return {"w": [1.0]}

    before = signal.getsignal(signal.SIGINT)
    for train in (no_steps, twice):
        with pytest.raises(KeyboardInterrupt):
            trained("long", train)
        assert signal.getsignal(signal.SIGINT) is before and engine._run is None
    assert not shown


@pytest.mark.parametrize("where", ["page", "text"])
def test_the_build_keeps_no_half_trained_model(monkeypatch, shown, where):
    monkeypatch.setenv("BOOK_MODE", where)
    with pytest.raises(KeyboardInterrupt):
        trained("long", interrupted)
    assert not shown and engine._run is None


def test_steps_by_themselves_and_within_steps(monkeypatch, shown, capsys):
    assert list(steps(3)) == [0, 1, 2]
    monkeypatch.setenv("BOOK_MODE", "live")

    def epochs():
        for _ in steps(3):
            for _ in steps(100):
                pass
        for _ in steps(2):
            pass
        return {"w": [1.0]}

    assert trained("epochs", epochs).steps == 5
    assert "100" not in capsys.readouterr().out
    for bad in (0, -1, 2.5, "3", True, None):
        with pytest.raises(ValueError, match="positive whole number"):
            steps(bad)


# ----------------------------------------------------------------------------------------------- what is refused
@pytest.mark.parametrize(
    "arguments, error, message",
    [
        (("two words", fit), ValueError, "must be a Python identifier"),
        ((7, fit), ValueError, "must be a Python identifier"),
        (("m", 3), TypeError, "needs a function that trains, but was given int"),
        (("m", dict), TypeError, "must return its weights, name → array, or a torch module; it returned nothing"),
        (("m", lambda: None), TypeError, "it returned nothing"),
        (("m", lambda: [1.0]), TypeError, "it returned list"),
        (("m", lambda: {"a b": [1.0]}), ValueError, "one is called 'a b'"),
        (("m", lambda: {1: [1.0]}), ValueError, "one is called 1"),
        (("m", lambda: {"w": ["x"]}), TypeError, "'w' must hold real numbers"),
        (("m", lambda: {"w": [1j]}), TypeError, "'w' must hold real numbers"),
        (("m", lambda: {"w": [np.nan]}), ValueError, "the training has diverged"),
        (("m", lambda: {"w": [1e300]}), ValueError, "'w' of 'm' do not fit float32: the largest is 1e.300"),
    ],
)
def test_bad_arguments_and_bad_weights(arguments, error, message):
    with pytest.raises(error, match=message):
        trained(*arguments)


def large():
    return {"w": np.random.default_rng(0).normal(size=300_000)}


@pytest.mark.parametrize("where", ["page", "text"])
def test_a_build_refuses_a_model_that_is_too_large_for_a_page(monkeypatch, where):
    monkeypatch.setenv("BOOK_MODE", where)
    with pytest.raises(
        ValueError, match=r"'m' take 1,\d+,\d+ bytes, and a page's may take 1,000,000: try precision='float16'"
    ):
        trained("m", large)


def test_a_reader_may_train_a_larger_one(monkeypatch, shown):
    monkeypatch.setenv("BOOK_MODE", "live")
    assert trained("m", large).parameters == 300_000


def test_single_numbers_empty_arrays_and_other_orders_are_kept(shown):
    odd = {"t": 0.5, "none": np.zeros((0, 3)), "turned": np.arange(6.0).reshape(2, 3).T, "whole": np.array([1, 2])}
    weights = trained("odd", lambda: odd)
    assert {key: array.shape for key, array in weights.items()} == {
        "t": (),
        "none": (0, 3),
        "turned": (3, 2),
        "whole": (2,),
    }
    assert weights["t"] == 0.5 and (weights["turned"] == odd["turned"]).all() and weights.parameters == 9


def test_bad_options():
    for seed in (-1, 1.5, True, "0"):
        with pytest.raises(ValueError, match="seed must be a whole number from 0 on"):
            trained("m", fit, seed=seed)
    with pytest.raises(TypeError, match="into must make a model from weights, but is str"):
        trained("m", fit, into="Line")
    with pytest.raises(ValueError, match="precision must be 'float32' or 'float16'"):
        trained("m", fit, precision="float8")
    with pytest.raises(TypeError, match="wide must be a number, text or a list of these, but is ndarray"):
        trained("m", fit, wide=np.ones(2))
    with pytest.raises(ValueError, match="do not fit float16"):
        trained("m", lambda: {"w": [1e5]}, precision="float16")
    with pytest.raises(
        WeightsError, match=r"do not fit Line: layer.weight must have the shape \(3, 2\), but has \(4, 2\)"
    ):
        trained("m", fit, wide=4, into=Line)
    with pytest.raises(WeightsError, match=r"do not fit Line: it has no 'layer\.weight'"):
        trained("m", lambda: {"w": [1.0]}, into=Line)


def test_where_there_is_nothing_to_load(without_torch):
    without_torch()
    with pytest.raises(WeightsError, match="neither PyTorch, to train 'line', nor a page with its weights"):
        trained("line", fit)
    receive({"other": b"", "second": None})
    with pytest.raises(WeightsError, match="no weights called 'line'; it has 'other', 'second'"):
        trained("line", fit)
    with pytest.raises(WeightsError, match="'second' have not arrived"):
        trained("second", fit)
    receive({"third": "/no/such/file"})
    with pytest.raises(WeightsError, match="'third' have not arrived"):
        trained("third", fit)


def test_spoilt_files_and_those_of_others(monkeypatch, shown, without_torch, tmp_path):
    file = published(monkeypatch, shown)
    without_torch()

    def answer(data, train=fit, name="line", **options):
        monkeypatch.setattr(engine, "_received", {name: data})
        with pytest.raises(WeightsError) as told:
            trained(name, train, **options)
        assert "\n" not in str(told.value)
        return str(told.value)

    for spoilt in (b"", b"not a zip", file[:-30], file[: len(file) // 2], file.replace(b"about", b"abouT")):
        assert "'line' are spoilt" in answer(spoilt)
    for at in range(40, len(file), 37):  # one byte is another
        broken = bytearray(file)
        broken[at] ^= 0x55
        try:
            assert "'line' are spoilt" in answer(bytes(broken)), at
        except pytest.fail.Exception:  # a byte that says nothing, as of a date: then the weights are the right ones
            assert dict(unpacked("line", bytes(broken))).keys() == dict(unpacked("line", file)).keys()
    assert "was asked for, but the file holds the weights of 'line'" in answer(file, name="other")
    assert "trained by other code, another seed or other settings" in answer(file, seed=1)
    assert "trained by other code" in answer(file, count=5)
    assert "trained by other code" in answer(file, train=lambda: {"w": [1.0]})
    monkeypatch.setitem(globals(), "RATE", 0.25)
    assert "trained by other code" in answer(file)
    monkeypatch.undo()


def test_weights_of_other_shapes(monkeypatch, shown, without_torch):
    file = published(monkeypatch, shown)
    code = fingerprint("line", fit, {})
    with zipfile.ZipFile(io.BytesIO(file)) as held:
        about = json.loads(held.read("about.json"))
    assert about["code"] == code
    without_torch()
    other = packed({"layer.weight": np.ones((4, 2)), "bias": np.ones(2)}, about)
    receive({"line": other})
    with pytest.raises(WeightsError, match=r"do not fit Line: layer.weight must have the shape \(3, 2\)"):
        trained("line", fit, into=Line)
    out = io.BytesIO()  # the file says one shape and holds another
    with zipfile.ZipFile(io.BytesIO(other)) as held, zipfile.ZipFile(out, "w") as made:
        for key in held.namelist():
            made.writestr(key, json.dumps(about) if key == "about.json" else held.read(key))
    receive({"line": out.getvalue()})
    with pytest.raises(WeightsError, match=r"spoilt \(array 'layer\.weight'\)"):
        trained("line", fit, into=Line)


def test_no_pickle_is_read():
    out, one = io.BytesIO(), io.BytesIO()
    np.save(one, np.array([{}], dtype=object), allow_pickle=True)
    about = {"name": "m", "code": "", "seed": 0, "steps": 0, "shapes": {"w": [1]}}
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("about.json", json.dumps(about))
        made.writestr("w.npy", one.getvalue())
    with pytest.raises(WeightsError, match="spoilt"):
        unpacked("m", out.getvalue())


# ------------------------------------------------------------------------------------------------- the fingerprint
def uses_the_book():
    """Reach for the book from within."""
    from lib.book import claims

    return claims


CELL = """
from lib.book import figures
SCALE = {scale}
net = {of_a_locals_name}
def helper(x):
    return {body}
class Net:
    def go(self):
        return {method}
def unused():
    return {unused}
def train(seed=0):
    {comment}net = Net()
    return {{"w": helper(SCALE)}}
train
"""
SAME = {"scale": 2, "body": "[x]", "method": 1, "unused": 0, "comment": "", "of_a_locals_name": 5}


def in_a_cell(**changes) -> str:
    """Return the fingerprint of a training that is written in a cell."""
    said = []
    kernel = Kernel(said.append)
    assert kernel.run(CELL.format(**(SAME | changes)), "cell 3"), said
    return fingerprint("m", kernel.namespace["train"], {})


def test_the_fingerprint_follows_what_the_training_uses_and_nothing_else():
    assert in_a_cell() == in_a_cell() == in_a_cell(unused=1) == in_a_cell(of_a_locals_name=6)
    for change in ({"scale": 3}, {"body": "[2 * x]"}, {"method": 2}, {"comment": "seed = 1\n    "}):
        assert in_a_cell(**change) != in_a_cell(), change
    assert (
        fingerprint("m", fit, {"seed": 1}) != fingerprint("m", fit, {"seed": 2}) != fingerprint("n", fit, {"seed": 2})
    )
    half = functools.partial(fit, count=2)
    assert fingerprint("m", half, {}) != fingerprint("m", functools.partial(fit, count=3), {})


def test_the_fingerprint_holds_the_books_modules_that_are_reached():
    from lib.book.claims import claim

    code = engine.code_of(claim)
    assert {"lib.book.claims", "lib.book.display"} <= set(code) and not [n for n in code if not n.startswith("lib.")]
    assert set(engine.code_of(uses_the_book)) == {"uses_the_book", "lib.book", *code}
    with pytest.raises(ValueError, match="text of f cannot be found"):
        space = {}
        exec("def f(): return 1", space)
        fingerprint("m", space["f"], {})


def test_it_is_the_same_with_a_stand_in_for_pytorch(monkeypatch):
    """The cell that defines a network runs in the page, with a stand-in, and has the fingerprint that the build gave."""
    pytest.importorskip("torch")
    from lib.book import absent

    cell = """
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 2)
def train(seed):
    torch.manual_seed(seed)
    return Net()
"""

    def run() -> str:
        said = []
        kernel = Kernel(said.append)
        assert kernel.run(cell, "cell 2"), said
        return fingerprint("m", kernel.namespace["train"], {"seed": 0})

    here = run()
    for name in [name for name in sys.modules if name.split(".")[0] == "torch"]:
        monkeypatch.delitem(sys.modules, name)
    stand_in = types.ModuleType("torch")
    finder = absent._Finder({"torch": "no torch here"})
    for name in ("torch", "torch.nn"):
        stand_in = finder.create_module(types.SimpleNamespace(name=name))
        monkeypatch.setitem(sys.modules, name, stand_in)
    monkeypatch.setattr(sys.modules["torch"], "nn", sys.modules["torch.nn"], raising=False)
    assert not engine.has_torch() and run() == here


def test_a_decorated_training_is_refused_in_the_page():
    from lib.book.absent import Missing

    with pytest.raises(TypeError, match="without PyTorch's decorators"):
        trained("m", Missing("no torch"))


def test_weights_are_a_mapping():
    weights = Weights({"a": np.ones((2, 3)), "b": np.zeros(1)}, {"name": "m", "seed": 4, "steps": 9})
    assert list(weights) == ["a", "b"] and len(weights) == 2 and weights.seed == 4
    assert repr(weights) == "Weights m: 7 parameters in 2 arrays"


def test_a_files_bytes_stay_what_they_are(shown):
    data = np.frombuffer(b"\x08\xff\x00book", np.uint8)

    def make(count):
        for _ in steps(count):
            pass
        return {"file": data, "measured": np.array([0.5, 2.0])}

    given = trained("with_a_file", make, count=3, precision="float16")
    assert given["file"].dtype == np.uint8 and given["file"].tobytes() == data.tobytes()
    assert given["measured"].dtype == np.float64 and given.bytes == 7 and given.parameters == 2
    assert shown[0]["text/plain"].startswith("with_a_file: 7 bytes, trained in 3 steps")
    with pytest.raises(ValueError, match="read-only"):
        given["file"][0] = 1
