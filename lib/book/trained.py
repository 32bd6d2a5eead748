"""A trained model wherever the book is read: trained here where PyTorch is, loaded in the page where it is not.

    model = trained("number_words", train, seed=0, into=Translator)

With PyTorch the cell trains. When the build runs the notebook, the weights go into the cell's output, from where the build
publishes them with the page (`tools.weights`). In the page the same cell loads them, so that every cell after it runs. Both
give the same model: what training gave is rounded as it is stored. A file of weights carries the fingerprint of the code, the seed
and the settings that made it, and is refused where the code is another.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import functools
import hashlib
import importlib
import inspect
import io
import json
import linecache
import math
import re
import signal
import sys
import textwrap
import threading
import time
import types
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lib.book import absent
from lib.book.cells import names_from_outside
from lib.book.display import bundle, escape, is_reader, mode
from lib.book.pytorch import one_thread

MIME = "application/vnd.book.weights+json"  # the part of a cell's output that the build publishes
MOST_BYTES = 1_000_000  # of a published file: a reader on a phone fetches it
ABOUT = "about.json"
# Where a page's Python is handed its weights: beside lib. Nowhere else is there such a folder.
PUBLISHED = Path(__file__).parent.parent.parent / "weights"
STEP = 0.2  # seconds between two states of the progress bar


class WeightsError(RuntimeError):
    """There are no weights to load, or they are not those of this code; one sentence says which and what to do."""


class Weights(Mapping):
    """A model's weights: name → read-only float64 array, or uint8 for a file's bytes, with what is known of their training."""

    def __init__(self, arrays: Mapping[str, np.ndarray], about: Mapping[str, Any]):
        self._arrays = {name: _read_only(array) for name, array in arrays.items()}
        self.name, self.seed, self.steps = about["name"], about["seed"], about["steps"]
        self.bytes = sum(array.size for array in self._arrays.values() if array.dtype == np.uint8)
        self.parameters = sum(array.size for array in self._arrays.values()) - self.bytes

    def __getitem__(self, name: str) -> np.ndarray:
        return self._arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)

    def __repr__(self) -> str:
        return f"Weights {self.name}: {self.parameters:,} parameters in {len(self)} arrays"


def trained(
    name: str,
    train: Callable[..., Any],
    *,
    seed: int | None = None,
    into: Callable[[Weights], Any] | None = None,
    precision: str = "float32",
    **settings,
):
    """Train a model where PyTorch is, load what the build trained where it is not; return it and show what it cost.

    name : what the model is called, once in the book: a Python identifier
    train : called as ``train(seed=seed, **settings)``, without a seed where none is given; returns its weights, name → array or
        tensor of finite numbers, or a torch module; an array of uint8 is a file's bytes, and stays what it is. What it goes through with `steps` shows a progress bar, and ends early when the reader interrupts it.
    into : makes the model from the `Weights`, and raises ValueError where they do not fit it; the weights themselves unless given
    precision : "float32" or "float16", in which the weights are stored; `settings` are numbers, text, or lists of these

    Raises TypeError and ValueError for arguments that are not such, or weights that are not; WeightsError, without PyTorch, where
    there are no weights of this name, they are spoilt, or another code, seed or settings made them.
    """
    _check(name, train, seed, into, precision, settings)
    arguments = settings if seed is None else {"seed": seed, **settings}
    code = fingerprint(name, train, arguments)
    if not has_torch():
        weights = _loaded(name, code)
        model = _built(weights, into)
        _show(Told(weights, into is not None, loaded=True))
        return model
    with _training() as run, one_thread():
        found = train(**arguments)
    about = {"name": name, "code": code, "seed": seed, "steps": run.done}
    file = packed(_arrays_of(name, found), about, precision, math.inf if is_reader() else MOST_BYTES)
    weights = unpacked(name, file)  # rounded as it is stored: the page has the same model
    model = _built(weights, into)
    _show(
        Told(
            weights,
            into is not None,
            file=file,
            seconds=time.perf_counter() - run.started,
            stopped=run.stopped,
            of=run.of,
        )
    )
    return model


def has_torch() -> bool:
    """Whether PyTorch is here, and not a stand-in for it."""
    try:
        importlib.import_module("torch")
    except ImportError:
        return False
    return not absent.is_absent("torch")


def name_of(model) -> str:
    """Return the name under which `trained` gave this very object, or "" for any other."""
    return next((name for known, name in reversed(_given) if known is model), "")


def receive(files: Mapping[str, str | Path | bytes | None]) -> None:
    """Hand over weights from elsewhere than `PUBLISHED`: name → file or its bytes; None for one that could not be fetched."""
    _received.update(files)


_received: dict[str, str | Path | bytes | None] = {}
_given: list[tuple[Any, str]] = []


def _check(name, train, seed, into, precision, settings) -> None:
    if not isinstance(name, str) or not name.isidentifier():
        raise ValueError(f"a model's name must be a Python identifier, as number_words, but is {name!r}")
    if not callable(train):
        raise TypeError(f"trained({name!r}, …) needs a function that trains, but was given {type(train).__name__}")
    if isinstance(train, absent.Missing):
        raise TypeError(f"trained({name!r}, …): define train without PyTorch's decorators, so that the page has it too")
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int) or seed < 0):
        raise ValueError(f"trained({name!r}, …): seed must be a whole number from 0 on, but is {seed!r}")
    if into is not None and not callable(into):
        raise TypeError(f"trained({name!r}, …): into must make a model from weights, but is {type(into).__name__}")
    if precision not in ("float32", "float16"):
        raise ValueError(f"trained({name!r}, …): precision must be 'float32' or 'float16', but is {precision!r}")
    for key, value in settings.items():
        if not _is_plain(value):
            kind = type(value).__name__
            raise TypeError(f"trained({name!r}, …): {key} must be a number, text or a list of these, but is {kind}")


def _is_plain(value) -> bool:
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (bool, int, float, str))


def _built(weights: Weights, into):
    """Return the model, remembered under its name; weights of other shapes than the code's are refused."""
    try:
        model = weights if into is None else into(weights)
    except (ValueError, KeyError, IndexError) as error:
        told = f"it has no {error}" if isinstance(error, KeyError) else error
        made = getattr(into, "__name__", "the model")
        raise WeightsError(f"the weights of {weights.name!r} do not fit {made}: {told}") from error
    _given[:] = [(known, name) for known, name in _given if name != weights.name] + [(model, weights.name)]
    return model


# --------------------------------------------------------------------------------------------------- how it goes on
@dataclass
class _Run:
    """A training that is going on: how many steps it has made, and whether the reader wants it to end."""

    started: float = field(default_factory=time.perf_counter)
    done: int = 0
    of: int = 0  # how many steps were asked for
    inside: bool = False  # whether the training is within `steps`, and can end at the next one
    stopped: bool = False


_run: _Run | None = None


@contextlib.contextmanager
def _training() -> Iterator[_Run]:
    """While it is in force steps are counted, and with a reader the first interrupt ends the training at its next step."""
    global _run
    outer, _run = _run, _Run()
    run = _run
    listens = mode() == "live" and threading.current_thread() is threading.main_thread()

    def stop(signum, frame):
        if run.stopped or not run.inside:
            raise KeyboardInterrupt
        run.stopped = True

    before = signal.signal(signal.SIGINT, stop) if listens else None
    try:
        yield run
    finally:
        _run = outer
        if listens:
            signal.signal(signal.SIGINT, signal.default_int_handler if before is None else before)


def steps(count: int) -> Iterator[int]:
    """Yield 0 … count − 1, and show a reader who waits how far it has come.

    Within `trained` an interrupt ends it after the step that is going on, and the steps are counted. Raises ValueError where
    `count` is no positive whole number.
    """
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise ValueError(f"steps needs a positive whole number of steps, but was given {count!r}")
    return _steps(count)


def _steps(count: int) -> Iterator[int]:
    run = _run or _Run()
    outermost = not run.inside  # steps within a step are part of it
    run.of += count if outermost else 0
    bar = _Bar(count) if outermost and mode() == "live" else None
    try:
        for step in range(count):
            if run.stopped:
                break
            run.inside = True
            yield step
            run.done += outermost
            if bar:
                bar.show(step + 1)
    finally:
        run.inside = not outermost
        if bar:
            bar.end()


def descend(parameters, loss: Callable[[int], Any], count: int, rate: float, fall, *, fused=False, after=None) -> None:
    """Take `count` steps of Adam with PyTorch, shown and counted as `steps` does.

    parameters : what learns;  loss : called with the step from 0 on, returns the scalar tensor to make smaller
    rate : of Adam, times fall(share of the steps that are done) in each step;  fused : PyTorch's one kernel for all parameters
    after : called with the step once it is made
    """
    optimiser = importlib.import_module("torch").optim.Adam(parameters, rate, fused=fused)
    for step in steps(count):
        value = loss(step)
        optimiser.param_groups[0]["lr"] = rate * fall(step / count)
        optimiser.zero_grad()
        value.backward()
        optimiser.step()
        if after is not None:
            after(step)


class _Bar:
    """A line of text that is written over itself: the share that is done, the steps, the seconds that are left."""

    def __init__(self, count: int):
        self.count, self.started, self.shown, self.width = count, time.perf_counter(), -math.inf, 0

    def show(self, done: int) -> None:
        now = time.perf_counter()
        if now - self.shown < STEP and done < self.count:
            return
        self.shown = now
        left = (now - self.started) / done * (self.count - done)
        full = 20 * done // self.count
        self._write(f"{'█' * full}{'░' * (20 - full)} {done:,} of {self.count:,} steps, {left:.0f} s left")

    def end(self) -> None:
        if self.width:
            self._write("")
            sys.stdout.write("\r")

    def _write(self, text: str) -> None:
        sys.stdout.write("\r" + text.ljust(self.width))
        sys.stdout.flush()
        self.width = len(text)


@dataclass(frozen=True)
class Told:
    """What a reader is told of a training: parameters and steps everywhere, seconds where it has just been done.

    model : whether a model was made of what came out; else these are numbers, and need not be parameters
    """

    weights: Weights
    model: bool = True
    loaded: bool = False
    file: bytes = b""
    seconds: float = 0.0
    stopped: bool = False
    of: int = 0

    def __repr__(self) -> str:
        w = self.weights
        what = "parameters" if self.model else "numbers"
        text = f"{w.name}: {w.bytes:,} bytes" if w.bytes else f"{w.name}: {w.parameters:,} {what}"
        if self.stopped:
            text += f", stopped after {w.steps:,} of {self.of:,} steps"
        elif w.steps:
            text += f", trained in {w.steps:,} steps"
        text += f", {self.seconds:.1f} s" if mode() == "live" and not self.loaded else ""
        return text + (": what the text says of it may not hold" if self.stopped else "")

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        if self.loaded:
            return bundle(repr(self), markdown=f"{self!r}. The page has loaded what the build of the book trained.")
        told = bundle(repr(self), html=f'<p class="book-trained">{escape(repr(self))}.</p>')
        if mode() == "page" and self.file:
            told[MIME] = {"name": self.weights.name, "file": base64.b64encode(self.file).decode()}
        return told


def _show(told: Told) -> None:
    from IPython.display import display

    display(told)


# ------------------------------------------------------------------------------------------------------- the file
def packed(
    arrays: Mapping[str, np.ndarray], about: Mapping[str, Any], precision: str = "float32", most: float = MOST_BYTES
) -> bytes:
    """Return weights as a compressed .npz file whose bytes depend on nothing else; `about` goes with them.

    Raises ValueError where a number does not fit the precision, or the file has more than `most` bytes.
    """
    name = about["name"]
    about = {**about, "shapes": {key: list(array.shape) for key, array in arrays.items()}}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as made:

        def write(key: str, data: bytes) -> None:
            entry = zipfile.ZipInfo(key)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            made.writestr(entry, data)

        write(ABOUT, json.dumps(about, sort_keys=True).encode())
        for key, array in arrays.items():
            with np.errstate(over="ignore"):
                kind = np.uint8 if array.dtype == np.uint8 else f"<f{4 if precision == 'float32' else 2}"
                rounded = np.asarray(array, dtype=kind, order="C")
            if not np.isfinite(rounded).all():
                raise ValueError(
                    f"the weights {key!r} of {name!r} do not fit {precision}: the largest is {abs(array).max():.3g}"
                )
            one = io.BytesIO()
            np.lib.format.write_array(one, rounded, allow_pickle=False)
            write(f"{key}.npy", one.getvalue())
    size = len(out.getvalue())
    if size > most:
        advice = "precision='float16', or fewer of them" if precision == "float32" else "fewer of them"
        raise ValueError(f"the weights of {name!r} take {size:,} bytes, and a page's may take {most:,}: try {advice}")
    return out.getvalue()


def unpacked(name: str, file: bytes, code: str | None = None) -> Weights:
    """Return the weights in a file, or raise WeightsError where it is spoilt, of another model, or not made by `code`."""
    spoilt = f"the weights of {name!r} are spoilt"
    try:
        with zipfile.ZipFile(io.BytesIO(file)) as held:
            about = json.loads(held.read(ABOUT))
            arrays = {
                key: np.lib.format.read_array(io.BytesIO(held.read(f"{key}.npy")), allow_pickle=False)
                for key in about["shapes"]
            }
            of, made_by, _ = about["name"], about["code"], (about["seed"], about["steps"])
    except (
        zipfile.BadZipFile,
        zlib.error,
        KeyError,
        TypeError,
        ValueError,
        OSError,
        EOFError,
        NotImplementedError,
    ) as error:
        raise WeightsError(
            f"{spoilt} ({type(error).__name__}): reload the page, or open the notebook in Colab"
        ) from error
    if of != name:
        raise WeightsError(f"{name!r} was asked for, but the file holds the weights of {of!r}: reload the page")
    if code is not None and made_by != code:
        raise WeightsError(
            f"the weights of {name!r} were trained by other code, another seed or other settings than this page has now, and a "
            "page cannot train: reset the cells that you changed and reload the page, or open the notebook in Colab"
        )
    for key, array in arrays.items():
        known = array.dtype.kind == "f" or array.dtype == np.uint8
        if list(array.shape) != about["shapes"][key] or not known or not np.isfinite(array).all():
            raise WeightsError(f"{spoilt} (array {key!r}): reload the page, or open the notebook in Colab")
    return Weights(arrays, about)


def _loaded(name: str, code: str) -> Weights:
    """Return the weights that the page has under this name: handed over by `receive`, or in the folder beside lib."""
    files = {file.stem: file for file in PUBLISHED.glob("*.npz")} | _received
    if not files:
        raise WeightsError(
            f"here is neither PyTorch, to train {name!r}, nor a page with its weights: open the notebook in Colab, "
            "or install PyTorch"
        )
    if name not in files:
        raise WeightsError(f"this page has no weights called {name!r}; it has {', '.join(map(repr, sorted(files)))}")
    file = files[name]
    if isinstance(file, (str, Path)):
        file = Path(file).read_bytes() if Path(file).is_file() else None
    if file is None:
        raise WeightsError(f"the weights of {name!r} have not arrived: reload the page when there is a network")
    return unpacked(name, bytes(file), code)


def _arrays_of(name: str, found) -> dict[str, np.ndarray]:
    """Return what `train` gave as arrays by name, or raise where that is no model's weights."""
    if hasattr(found, "state_dict"):
        found = found.state_dict()
    if not isinstance(found, Mapping) or not found:
        given = "nothing" if found is None or found == {} else type(found).__name__
        raise TypeError(
            f"train of {name!r} must return its weights, name → array, or a torch module; it returned {given}"
        )
    out = {}
    for key, value in found.items():
        if not isinstance(key, str) or not re.fullmatch(r"[A-Za-z_][\w.]*", key):
            raise ValueError(
                f"train of {name!r}: weights are named by letters, digits, _ and ., but one is called {key!r}"
            )
        array = np.asarray(value.detach().cpu() if hasattr(value, "detach") else value)
        if array.dtype.kind not in "fiub":
            raise TypeError(f"train of {name!r}: {key!r} must hold real numbers, but holds {array.dtype}")
        array = array if array.dtype == np.uint8 else array.astype(np.float64)
        if not np.isfinite(array).all():
            raise ValueError(f"train of {name!r}: {key!r} has a NaN or infinite entry; the training has diverged")
        out[key] = array
    return out


def _read_only(array) -> np.ndarray:
    array = np.asarray(array)
    out = np.array(array, dtype=np.uint8 if array.dtype == np.uint8 else np.float64)
    out.flags.writeable = False
    return out


# ------------------------------------------------------------------------------------------------- who made them
def fingerprint(name: str, train: Callable, arguments: Mapping[str, Any]) -> str:
    """Return 16 hex digits that change with a model's name, its training's arguments, or the text of the code that trains it.

    The code is that of `train`, of what it uses in the notebook (functions, methods of classes, plain constants), and of the
    book's modules that these reach by import. It is the same where PyTorch is and where a stand-in takes its place.
    """
    made = [name, sorted(arguments.items()), sorted(code_of(train).items())]
    return hashlib.sha256(json.dumps(made, default=repr).encode()).hexdigest()[:16]


def code_of(train: Callable) -> dict[str, str]:
    """Return the code that a training depends on: the name of a function, a constant or a module of the book → its text."""
    parts: dict[str, str] = {}
    modules: list[str] = []
    home = getattr(
        _innermost(train), "__globals__", {}
    )  # of the notebook, or the file, that the training is written in
    queue: list[tuple[str, Any]] = [(getattr(train, "__name__", "train"), train)]
    while queue:
        name, thing = queue.pop()
        if isinstance(thing, absent.Missing) or name in parts:
            continue
        if isinstance(thing, functools.partial):
            parts[f"{name}, given"] = repr((thing.args, sorted(thing.keywords.items())))
        thing = _innermost(thing)
        module = thing.__name__ if isinstance(thing, types.ModuleType) else getattr(thing, "__module__", None) or ""
        if module.split(".")[0] == "lib":
            modules.append(module)
        elif isinstance(thing, types.FunctionType) and thing.__globals__ is home:
            parts[name] = text = _text(thing)
            queue += [(n, home[n]) for n in sorted(names_from_outside(_tree(text)) & set(home))]
            modules += _imports(text)
        elif isinstance(thing, type) and module == home.get("__name__"):
            queue += [(f"{name}.{n}", f) for n, f in vars(thing).items() if isinstance(f, types.FunctionType)]
        elif _is_plain(thing):
            parts[name] = repr(thing)
    return parts | _module_texts(modules)


def _innermost(thing):
    """Return the function within a partial one, a method or a wrapper; anything else as it is."""
    while isinstance(thing, functools.partial):
        thing = thing.func
    return inspect.unwrap(thing) if isinstance(thing, types.FunctionType) else getattr(thing, "__func__", thing)


def _text(function: types.FunctionType) -> str:
    """Return a function's text, the same in every version of Python: from its first line to where its block ends."""
    lines = linecache.getlines(function.__code__.co_filename, function.__globals__)[
        function.__code__.co_firstlineno - 1 :
    ]
    if not lines:
        name = function.__name__
        raise ValueError(f"the text of {name} cannot be found: define it in a cell, or in a module of the book")
    return "\n".join(line.rstrip() for line in textwrap.dedent("".join(inspect.getblock(lines))).splitlines())


@functools.cache
def _tree(text: str) -> ast.AST:
    try:
        return ast.parse(text)
    except SyntaxError:  # a lambda within brackets, say: its line is no statement
        return ast.Module([], [])


def _imports(text: str) -> list[str]:
    """Return the modules of the book that code imports anywhere; ``from lib.a import b`` gives both lib.a and lib.a.b."""
    found: list[str] = []
    for node in ast.walk(_tree(text)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return [name for name in found if name.split(".")[0] == "lib"]


def _module_texts(names: list[str]) -> dict[str, str]:
    """Return the text of these modules of the book and of those that they import."""
    out: dict[str, str] = {}
    queue = list(names)
    while queue:
        name = queue.pop()
        file = _file(name)
        if name not in out and file is not None:
            out[name] = file.read_text(encoding="utf-8")
            queue += _imports(out[name])
    return out


def _file(module: str) -> Path | None:
    """Return a module's file without importing the module; None where there is none, as for a function's name."""
    path = Path(__file__).parent.parent.parent.joinpath(*module.split("."))
    return next((p for p in (path / "__init__.py", path.with_suffix(".py")) if p.is_file()), None)
