"""The appendix' page on the peers' tests, written from what `theirs` runs: python tests/peers/page.py"""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "chapters/appendix/peers.md"
BEGIN, END = "<!-- the tables are written by tests/peers/page.py -->", "<!-- end of the tables -->"


def tables() -> str:
    """Return what is run and what is not, as Markdown."""
    import theirs

    lines = ["| Our function | Passes | Of |", "|---|---|---|"]
    for ours, test in (("pseudoinverse.least_norm", "TestLstsq.do"), ("pseudoinverse.pseudoinverse", "TestPinv.do")):
        lines.append(
            f"| `{ours}` | `{test}`, on its table `CASES` of real matrices | `numpy.linalg.tests.test_linalg` |"
        )
    rows: dict[tuple[str, str], list[str]] = {}
    for one in theirs.adopted():
        many = f" ({len(one.calls)} calls)" if len(one.calls) > 1 else ""
        rows.setdefault((one.ours, one.module), []).append(f"`{one.test}`{many}")
    for (ours, module), passed in sorted(rows.items()):
        lines.append(f"| `{ours}` | {', '.join(passed)} | `{module}` |")
    lines += ["", "The other tests of these modules are not run:", "", "| Module | Tests | Why not |", "|---|---|---|"]
    for module, reasons in theirs.REASONS.items():
        for pattern, why in reasons:
            named = "all others" if pattern == ".*" else pattern.replace(".*", "…").replace("|", ", ")
            lines.append(f"| `{module}` | {named} | {why} |")
    return "\n".join(lines)


def written(page: str) -> str:
    """Return the page with the tables of today."""
    return page[: page.index(BEGIN) + len(BEGIN)] + "\n\n" + tables() + "\n\n" + page[page.index(END) :]


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}, with SciPy {version('scipy')} and scikit-learn {version('scikit-learn')}")
