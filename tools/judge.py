"""A pytest plugin: nbval judges a notebook, and what it passed becomes the page: ``pytest -p tools.judge chapters``.

The notebooks run as for their pages (BOOK_MODE=page). Compared is the text, as it is stored: streams and text/plain;
pictures and HTML are kept for the page and not compared. When every cell of a notebook has passed, what the cells gave
goes into the cache that the build reads (`tools.execute`), so that a notebook runs once. One that differs or fails leaves
nothing there.

With pytest-xdist the notebooks are dealt out slow ones first: ``-n 2 --dist loadfile --no-loadscope-reorder``.
"""

from __future__ import annotations

import os
import time

import nbformat
import pytest
from nbval.plugin import IPyNbCell, IPyNbFile

from tools import execute

HINT = "If the new text is right, store it: python -m tools.notebooks store"


def pytest_configure(config) -> None:
    """Set the surroundings that kernels inherit, and nbval's options."""
    os.environ.update(execute.surroundings())
    config.option.nbval_current_env = True
    config.option.nbval_cell_timeout = execute.TIMEOUT
    if not hasattr(config, "workerinput"):  # once, before the workers ask for it
        execute.prepare()


def pytest_collect_file(file_path, parent):
    """Collect a notebook, a test for each of its code cells."""
    if file_path.suffix == ".ipynb":
        return Notebook.from_parent(parent, path=file_path)


def pytest_collection_modifyitems(items) -> None:
    """Put the slow notebooks first, their cells in order."""
    paths = execute.slow_first(list(dict.fromkeys(item.path for item in items)))
    items.sort(key=lambda item: paths.index(item.path))  # a stable sort


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Tell a notebook which of its cells have passed."""
    report = yield
    if call.when == "call" and report.passed and isinstance(item.parent, Notebook):
        item.parent.passed.add(item.cell_num)
    return report


def pytest_terminal_summary(terminalreporter) -> None:
    """Say which command stores a text that has changed, and remember how long each notebook took."""
    seconds: dict[str, float] = {}
    for report in terminalreporter.getreports("passed"):
        name = report.nodeid.split("::")[0]
        seconds[name] = seconds.get(name, 0.0) + report.duration
    failed = terminalreporter.getreports("failed")
    execute.remember({name: took for name, took in seconds.items() if not any(name in r.nodeid for r in failed)})
    differing = [report for report in failed if "Cell outputs differ" in report.longreprtext]
    for name in dict.fromkeys(report.nodeid.split("::")[0] for report in differing):
        terminalreporter.write_line(f"{name} does not give the text it stores. {HINT} {name}")


class Notebook(IPyNbFile):
    """A notebook that remembers which cells have passed, and in the end is kept for its page or forgotten."""

    def collect(self):
        """Yield the code cells; of what they give, the text alone is compared."""
        self.passed: set[int] = set()
        self.cells: list[IPyNbCell] = []
        for cell in super().collect():
            compare = cell.compare_outputs
            cell.compare_outputs = lambda test, ref, *rest, compare=compare: compare(text_only(test), ref, *rest)
            self.cells.append(cell)
            yield cell

    def setup(self) -> None:
        """Start the kernel; what an earlier run left is judged anew."""
        execute.forget(self.path)
        self.started = time.perf_counter()
        super().setup()

    def teardown(self) -> None:
        """Keep the executed notebook if all of its cells have passed; end the kernel."""
        if len(self.passed) == len(self.cells):
            execute.keep(self.path, self.executed(), time.perf_counter() - self.started)
        super().teardown()

    def executed(self):
        """Return the notebook with what its cells gave, as if a client had executed it."""
        info = self.kernel.kc.kernel_info(reply=True, timeout=60)
        self.nb.metadata["language_info"] = nbformat.from_dict(info["content"]["language_info"])
        for count, cell in enumerate(self.cells, 1):
            cell.cell.execution_count, cell.cell.outputs = count, cell.test_outputs
            for output in cell.test_outputs:
                if output.output_type == "execute_result":
                    output.execution_count = count
        return self.nb


def text_only(outputs) -> list:
    """Return outputs with nothing but their text: what a notebook stores."""
    kept = []
    for output in outputs:
        if "data" in output:
            text = {kind: value for kind, value in output["data"].items() if kind == "text/plain"}
            output = nbformat.from_dict({**output, "data": text})
        kept.append(output)
    return kept
