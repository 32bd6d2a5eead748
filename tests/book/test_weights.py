"""Weights from a notebook's run to its page: kept with what the notebook gave, published, loaded where there is no PyTorch."""

import json
import re
from pathlib import Path

import pytest
import without_torch
from test_build import build, judge, page, run, runs, small, write  # noqa: F401  small is a fixture

from tools import weights

IMPORTS = """
import numpy as np
import torch

from lib.book.claims import claim
from lib.book.trained import steps, trained
from lib.small import demos
"""
TRAIN = """
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)


def train(seed, count):
    torch.manual_seed(seed)
    net, x = Net(), torch.linspace(-1, 1, 20)[:, None]
    optimiser = torch.optim.Adam(net.parameters(), lr=0.1)
    for _ in steps(count):
        optimiser.zero_grad()
        ((net.layer(x) - 3 * x) ** 2).mean().backward()
        optimiser.step()
    return net
"""
DEMO = '''"""A demo of a model."""
import numpy as np

from lib.book.demos import Picture, demo, given, text
from lib.book.figures import canvas, drawable


class Line:
    """A straight line."""

    def __init__(self, weights):
        self.slope = float(weights["layer.weight"][0, 0])


@demo(model=given("slope", sample=lambda: Line({"layer.weight": np.ones((1, 1))}), of=Line), words=text(examples=("a", "bc")))
def lengths(model, words):
    """A bar as long as a text."""
    fig, ax = canvas(layout=None)
    ax.bar([0, 1], [len(words), model.slope])
    ax.set(ylabel="length", xticks=[], title=drawable(words))
    return Picture(fig, f"A text of {len(words)} letters stands beside the slope of the line.")
'''
LOAD = 'model = trained("slope", train, seed=1, into=demos.Line, count=100)'
RUN = "open('../../_build/runs.txt', 'a').write('x') and None"
CELLS = (
    IMPORTS,
    TRAIN,
    LOAD,
    RUN,
    'claim("slope", model.slope, above=2.5, below=3.5)',
    "net = train(1, 2)",
    "net.layer.weight.shape",
    "demos.lengths(model)",
)
SHOWN = "Demo lengths, drawn from slope: 2 states."


@pytest.fixture(scope="module")
def book(small):  # noqa: F811
    """The small book with a notebook that trains a model; nbval has passed it, and the pages are built."""
    (small / "lib/small/demos.py").write_text(DEMO)
    write(small, *CELLS, shown=SHOWN)
    (small / "chapters/01_small/one.ipynb").write_text(
        stored(small, {2: "slope: 2 parameters, trained in 100 steps", 4: "slope: 2.5 to 3.5", 6: "torch.Size([1, 1])"})
    )
    done = judge(small)
    assert done.returncode == 0, done.stdout + done.stderr
    assert runs(small) == 1
    done = build(small)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not done.stderr and runs(small) == 0, "what nbval passed is the page"
    return small


def stored(root, texts: dict[int, str]) -> str:
    """Return the notebook with these texts stored for its code cells."""
    found = json.loads((root / "chapters/01_small/one.ipynb").read_text())
    code = [cell for cell in found["cells"] if cell["cell_type"] == "code"]
    for at, text in texts.items():
        kind = (
            {"output_type": "display_data"} if at != 6 else {"output_type": "execute_result", "execution_count": at + 1}
        )
        code[at]["outputs"] = [{**kind, "data": {"text/plain": text}, "metadata": {}}]
    return json.dumps(found)


def spec(root) -> dict:
    """Return what the built page tells its script."""
    return json.loads(re.search(r'id="book-live">(.*?)</script>', page(root), re.S).group(1))


def in_page(root, files: dict[str, str]) -> list[dict]:
    """Run the notebook as the page would, without PyTorch, on these weights; return what each cell says."""
    return without_torch.run(root / "chapters/01_small/one.ipynb", files, root)


def published(root) -> dict[str, str]:
    """Return the page's weights as its Python would have them: name → file, each pack compared with its fingerprint."""
    return without_torch.published(root / "_build/html", spec(root), root / "_build/unpacked")


def test_the_page_is_told_of_its_weights_and_of_the_cells_that_it_cannot_run(book):
    told = spec(book)
    assert told["weights"] == ["slope"] == list(published(book)) and "lib.weights.slope" in told["lib"]
    live = json.loads((book / "_build/html/_static/live.json").read_text())
    entry = live["lib"]["lib.weights.slope"]
    assert told["fetches"][entry["file"]] == entry["size"] < 2_000 and entry["imports"] == entry["depends"] == []
    blocked = [cell.get("blocked", "") for cell in told["cells"]]
    assert blocked == ["", "", "", "", "", "needs PyTorch: open in Colab", "needs PyTorch: open in Colab", ""]
    assert told["blocked"] == ["PyTorch"] and "torch" not in told["packages"]


def test_every_other_cell_runs_without_pytorch_and_says_what_is_stored(book):
    ran = without_torch.check(book / "chapters/01_small/one.ipynb", spec(book), published(book), book)
    assert ran == [1, 2, 3, 4, 5, 8]
    cells = in_page(book, published(book))
    assert [cell["ok"] for cell in cells] == [True, True, True, True, True, False, False, True]
    assert cells[2]["text"] == "slope: 2 parameters, trained in 100 steps\n"
    assert "has loaded what the build of the book trained" in cells[2]["said"][0]["data"]["text/markdown"]
    assert "PyTorch does not run in a browser" in cells[5]["said"][0]["message"]
    (demo,) = cells[7]["said"]
    assert (demo["kind"], demo["demo"]) == ("demo", "small.lengths.slope")
    assert demo["summary"] == SHOWN and "A text of 1 letters" in demo["text"]


def test_the_page_shows_the_frames_that_the_notebook_drew(book):
    (address,) = re.findall(r'data-demo="small.lengths.slope" data-pack="(demos/[^"]+)"', page(book))
    frames = (book / "_build/html" / address).read_text(encoding="utf-8")
    assert "A text of 2 letters stands" in frames and '"demo":"small.lengths.slope"' in frames
    assert "application/vnd.book" not in page(book), "what travels with the output is no part of the page"
    assert [file.name for file in (book / "_build/html/demos").iterdir()] == [address.removeprefix("demos/")]


@pytest.mark.parametrize(
    "spoil, sentence",
    [
        (lambda data: None, "have not arrived"),
        (lambda data: data[:-40], "are spoilt"),
        (lambda data: b"<html>404</html>", "are spoilt"),
    ],
)
def test_weights_that_do_not_arrive_whole(book, tmp_path, spoil, sentence):
    (file,) = published(book).values()
    data = spoil(Path(file).read_bytes())
    if data is not None:
        (tmp_path / "slope.npz").write_bytes(data)
    cells = in_page(book, {"slope": str(tmp_path / "slope.npz")})
    (error,) = cells[2]["said"]
    assert error["name"] == "WeightsError" and sentence in error["message"] and "\n" not in error["message"]


def test_a_cell_that_the_reader_changed_is_refused_its_weights(book):
    file = book / "chapters/01_small/one.ipynb"
    kept = file.read_text()
    try:
        file.write_text(kept.replace("lr=0.1", "lr=0.2"))
        (error,) = in_page(book, published(book))[2]["said"]
        assert "trained by other code" in error["message"] and "reset the cells" in error["message"]
    finally:
        file.write_text(kept)


def test_a_later_build_has_them_without_running_the_notebook(book):
    before = spec(book)
    folder = book / "_build/html/_static/python"
    (file,) = folder.glob("weights-*")
    data = file.read_bytes()
    file.unlink()
    (folder / "weights-slope-000000000000.zip.zst").write_bytes(b"of an older run")
    runs(book)
    assert build(book).returncode == 0 and runs(book) == 0
    assert spec(book) == before and [(one.name, one.read_bytes()) for one in folder.glob("weights-*")] == [
        (file.name, data)
    ]


# ------------------------------------------------------------------------------------------------- which cells need it
def needs_torch(*code: str) -> list[bool]:
    return ["torch" in found for found in weights.needed(list(code))]


def test_a_definition_needs_nothing_until_it_is_used():
    assert (
        needs_torch("import torch\nimport numpy as np", "def f():\n    return torch.ones(2)", "np.ones(2)")
        == [False] * 3
    )
    assert needs_torch("import torch", "def f():\n    return torch.ones(2)", "f()") == [False, False, True]
    assert needs_torch("import torch", "def f():\n    return torch.ones(2)", "def g():\n    return f()", "g()")[-1]
    assert needs_torch("import torch", "class N(torch.nn.Module): ...", "N()") == [False, False, True]


def test_a_name_that_a_function_binds_itself_is_its_own():
    cells = ("import torch", "def train(seed):\n    return torch.ones(2)")
    assert not needs_torch(*cells, "def f(text):\n    train, test = text\n    return train", "f([1, 2])")[-1]
    assert not needs_torch(*cells, "def f(train):\n    return train", "f(1)")[-1]
    assert needs_torch(*cells, "def f(text):\n    return train(text)", "f(1)")[-1]


def test_what_trained_calls_does_not_count_and_what_cells_hand_on_does():
    cells = ("import torch", "def f(seed):\n    return torch.ones(2)")
    assert not needs_torch(*cells, 'm = trained("m", f, seed=1)', "m")[-1]
    assert not needs_torch(*cells, 'm = trained("m", train=f)', "m")[-1]
    assert not needs_torch(*cells, 'm = trained("m", lambda: torch.ones(3))', "m")[-1]
    assert needs_torch(*cells, 'm = trained("m", f, into=torch.tensor)', "m")[2:] == [True, True]
    assert needs_torch(*cells, "x = f(1)", "y = x + 1", "y", "x = 3", "x")[2:] == [True, True, True, False, False]


def test_a_function_that_is_shown_is_not_called():
    cells = (
        "from lib.sequences import characters",
        "show_source(characters.train_reader)",
        "characters.train_reader([1, 2])",
    )
    assert needs_torch(*cells) == [False, False, True]


def test_the_books_own_functions_are_followed():
    cells = ("from lib.word_vectors.training import train\nfrom lib.word_vectors import vectors", "vectors", "train")
    assert needs_torch(*cells) == [False, False, True]
    assert needs_torch("from lib.word_vectors import training", 'm = trained("m", training.train)', "m") == [False] * 3


def test_models_are_named_in_quotes():
    assert weights.models_in('a = trained("one", f)\nb = trained("two", f)') == ["one", "two"]
    for bad in ("trained(name, f)", "trained()", "trained(3, f)"):
        with pytest.raises(ValueError, match="without its model's name in quotes"):
            weights.models_in(bad)
    assert weights.models_in("trained = 3") == []


def test_every_model_has_its_name_to_itself():
    """A model's weights, and its demos' frames, are files under its name: two notebooks may not use the same."""
    from tools.execute import notebooks

    names = [name for path in notebooks() for name in set(weights.models(path))]
    assert len(names) == len(set(names)), sorted(names)
