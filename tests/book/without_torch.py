"""Run a notebook's cells in the page's kernel where PyTorch is not: a process of its own, with a stand-in for it.

`run`, `published` and `check` are for tests. The process reads JSON from stdin (sources of the code cells, folder, absent, weights as `lib.book.trained.receive`
takes them) and writes for each cell whether it ended well, its text, and what else it said.
"""

import hashlib
import importlib.machinery
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
ABSENT = {"torch": "PyTorch does not run in a browser: open this notebook in Colab"}


def run(notebook: Path, weights: dict[str, str], root: Path = ROOT) -> list[dict]:
    """Return what each code cell of `notebook` says when its page has these weights: name → file."""
    cells = [cell for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
    sources = ["".join(cell["source"]) for cell in cells]
    given = {"sources": sources, "folder": str(notebook.parent), "absent": ABSENT, "weights": weights}
    env = os.environ | {"PYTHONPATH": str(root), "BOOK_MODE": "page"}
    command = [sys.executable, __file__]
    done = subprocess.run(command, input=json.dumps(given), env=env, cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def published(site: Path, page: dict, folder: Path) -> dict[str, str]:
    """Unpack the weights that a built page is handed into `folder`, as its Python unpacks them; return name → file."""
    import zstandard

    known = json.loads((site / "_static/live.json").read_text(encoding="utf-8"))["lib"]
    files = {}
    for name in page["weights"]:
        assert f"lib.weights.{name}" in page["lib"], f"the page does not fetch the weights of {name}"
        entry = known[f"lib.weights.{name}"]
        data = (site / "_static/python" / entry["file"]).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (entry["size"], entry["sha256"])
        with zipfile.ZipFile(io.BytesIO(zstandard.decompress(data))) as pack:
            (inside,) = pack.namelist()
            pack.extract(inside, folder)
        files[name] = str(folder / inside)
    return files


def check(notebook: Path, page: dict, weights: dict[str, str], root: Path = ROOT) -> list[int]:
    """Run a notebook as `page` (`tools.live.page`) says that it runs there; return which cells ran.

    Each cell that the page offers to run ends well and gives the text that the notebook stores. What the page sets out itself
    (verdicts, demos) says what is stored.
    """
    cells = [cell for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
    ran = []
    for number, (cell, told, here) in enumerate(
        zip(cells, page["cells"], run(notebook, weights, root), strict=True), 1
    ):
        if told.get("blocked"):
            continue
        source = "".join(cell["source"])
        assert here["ok"], (number, source, here["said"])
        ran.append(number)
        if "nbval-ignore-output" in cell["metadata"].get("tags", []):
            continue
        stored = "".join(map(stored_text, cell["outputs"]))
        own = [m.get("headline") or m.get("summary") or m["text"] for m in here["said"] if m["kind"] != "display"]
        assert all(words in stored for words in own), (number, source, own)
        assert own or here["text"] == stored, (number, source, here["text"], stored)
    return ran


def stored_text(output: dict) -> str:
    """Return the text of an output as a notebook stores it."""
    if "text" in output:
        return "".join(output["text"])
    return "".join(output["data"]["text/plain"]) + "\n"


def hide() -> None:
    """Make unfindable what no page has, whatever is installed."""
    find = importlib.machinery.PathFinder.find_spec
    hidden = ("torch", "IPython", "ipywidgets")
    seen = classmethod(lambda cls, name, *rest: None if name.split(".")[0] in hidden else find(name, *rest))
    importlib.machinery.PathFinder.find_spec = seen


def main(sources: list[str], folder: str, absent: dict, weights: dict) -> list[dict]:
    """Run the cells one after the other, whether or not one fails."""
    hide()
    from lib.book import kernel

    os.chdir(folder)
    said: list[dict] = []
    python = kernel.start(lambda text: said.append(json.loads(text)), json.dumps({"absent": absent}))
    if weights:
        from lib.book import trained

        trained.receive(weights)
    cells = []
    for number, source in enumerate(sources, 1):
        said.clear()
        ok = python.run(source, f"cell {number}")
        shown = [one["text"] if one["kind"] == "stream" else one["data"]["text/plain"] + "\n" for one in said
                 if one["kind"] in ("stream", "display")]  # fmt: skip
        cells.append({"ok": ok, "text": "".join(shown), "said": [one for one in said if one["kind"] != "stream"]})
    assert not hasattr(sys.modules.get("torch"), "nn") or hasattr(sys.modules["torch"], "_sentence")
    return cells


if __name__ == "__main__":
    given, out = json.load(sys.stdin), sys.stdout
    sys.stdout = sys.stderr
    found = main(**given)
    out.write(json.dumps(found))
