"""Run one notebook in the page's kernel under CPython, with only those modules that its page loads.

Reads JSON from stdin: page (`tools.live.page`), packages (the lock's), sources (of the code cells), folder. Writes JSON:
for each cell what it said, and what every exercise answers to its stub, its solution and each of its mistakes. It imports
nothing but the standard library before the other modules are hidden.
"""

import importlib.machinery
import importlib.util
import json
import os
import sys


def hide_all_but(packages: list[str], pinned: dict) -> list[str]:
    """Make every installed module unfindable but those of `packages`, the standard library and lib; return the hidden."""
    queue, names = list(packages), set()
    while queue:
        name = queue.pop()
        if name not in names:
            names.add(name)
            queue += pinned[name]["depends"]
    newer = ("cloudpickle", "narwhals")  # what our newer joblib and scikit-learn ask for beside the lock's
    allowed = {*newer, *sys.stdlib_module_names, "lib"} | {
        module for name in names for module in pinned[name]["imports"]
    }
    find = importlib.machinery.PathFinder.find_spec
    hidden = []

    def only_allowed(cls, name, path=None, target=None):
        if name.split(".")[0] not in allowed and not name.startswith("_sysconfigdata"):
            hidden.append(name.split(".")[0])
            return None
        return find(name, path, target)

    importlib.machinery.PathFinder.find_spec = classmethod(only_allowed)
    sys.meta_path[:] = [f for f in sys.meta_path if "editable" not in type(f).__module__ + getattr(f, "__name__", "")]
    return hidden


def text_of(message: dict) -> str:
    """Return a message as the text that a notebook would store for it."""
    if message["kind"] == "stream":
        return message["text"]
    return message["data"]["text/plain"] + "\n" if message["kind"] == "display" else ""


def main(page: dict, packages: dict, sources: list[str]) -> dict:
    """Run the cells, then the exercises."""
    assert not {"numpy", "torch", "lib.book.kernel"} & set(sys.modules)
    hidden = hide_all_but(page["packages"], packages)
    os.environ["BOOK_MODE"] = "page"
    from lib.book import kernel

    said: list[dict] = []
    python = kernel.start(lambda text: said.append(json.loads(text)), json.dumps({"absent": page["absent"]}))

    def run(source: str, name: str) -> dict:
        said.clear()
        ok = python.run(source, name)
        return {"ok": ok, "text": "".join(map(text_of, said)), "said": [m for m in said if m["kind"] != "stream"]}

    cells = [run(source, f"cell {i}") for i, source in enumerate(sources, 1)]
    assert cells[0]["ok"], cells[0]
    exercises, verdicts = python.namespace["exercises"], {}
    for cell in page["cells"]:
        if "exercise" not in cell:
            continue
        name = cell["exercise"].split("@")[0].split(".")[1]
        e = getattr(exercises, name)
        answers = {"stub": e.stub}
        if e.kind == "code":
            answers["solution"] = e.source
            answers |= {s: f"{name} = exercises.{name}.mistakes[{i}][0]" for i, (_, s) in enumerate(e.mistakes)}
        elif e.kind == "number":
            answers["solution"] = f"{name} = {e.value()!r}"
            answers |= {s: f"{name} = {float(v() if callable(v) else v)!r}" for v, s in e.mistakes}
        elif e.kind == "choice":
            answers["solution"] = f"{name} = {''.join(sorted(e.answer))!r}"
            answers |= {s: f"{name} = {letter!r}" for letter, s in e.feedback.items() if len(e.answer) == 1}
        elif e.kind == "prediction":
            answers["solution"] = f"{name} = {e.value()!r}"
        elif e.kind == "goal":
            answers["solution"] = f"{name} = exercises.{name}.worked()"
            answers |= {s: f"{name} = exercises.{name}.pitfalls[{i}][1]()" for i, (_, _, s) in enumerate(e.pitfalls)}
        else:
            answers["solution"] = f"{name} = {e.order!r}"
            answers[""] = f"{name} = {e.order[::-1]!r}"
        verdicts[name] = {
            said_of: run(f"{source}\nexercises.{name}.check({name})", name)["said"]
            for said_of, source in answers.items()
        }
    numpy = sys.modules.get("numpy")
    return {
        "cells": cells,
        "verdicts": verdicts,
        "numpy": numpy and numpy.__version__,
        "torch": sys.modules.get("torch") is not None and not hasattr(sys.modules["torch"], "_sentence"),
        "hidden": sorted(set(hidden)),
    }


if __name__ == "__main__":
    given = json.load(sys.stdin)
    os.chdir(given.pop("folder"))
    out = sys.stdout
    sys.stdout = sys.stderr
    found = main(**given)
    out.write(json.dumps(found))
