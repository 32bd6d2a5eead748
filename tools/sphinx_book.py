"""The book's own Sphinx extension: what Jupyter Book needs to give a book that stands by itself.

- executed notebooks come from the cache that `tools.execute` fills; with CHAPTER, the other chapters' pages show the text
  that their notebooks store, unless the cache holds the whole chapter;
- everything a page loads comes with the book: MathJax is copied from its pip package, the page's script and styles from
  web/dist, the demos' frames from `tools.packs`; sphinx-thebe, which loads from elsewhere, is switched off;
- a picture without alt text is a warning, and so fails the build; what the theme leaves unnamed gets a name, what the
  extensions name twice gets its own, and the menu offers the notebook itself;
- what a page needs to run its cells in the browser is written beside it and into it (`tools.live`, `tools.engine`);
- ``{book-equations}`` writes the table of equations, functions and tests.
"""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import sys
from collections import Counter
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools import equations, execute, live, packs, weights  # noqa: E402

logger = logging.getLogger(__name__)
FORMULA_AND_COMMA = re.compile(r'\(?<span class="math notranslate nohighlight">[^<]*</span>[,.;:!?)’”]+')
# Before the theme's own script reads them: a first visit has no choice stored, and the theme says so on the console.
FIRST_VISIT = """<script>try {
  if ((localStorage.getItem("mode") || "auto") === "auto") {
    localStorage.setItem("mode", "auto");
    localStorage.setItem("theme", matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  }
} catch (blocked) {}</script>
"""
MATHJAX = ("tex-mml-chtml.js", "output/chtml/fonts", "input/tex/extensions")


def configure(app, config) -> None:
    """Point the build at its cache and its assets, and tell the kernels where they are."""
    config.nb_execution_cache_path = str(execute.folder())
    config.nb_execution_excludepatterns = [f"chapters/{name}/*" for name in execute.unexecuted()]
    config.mathjax_path = "mathjax/tex-mml-chtml.js"
    config.html_static_path = [*config.html_static_path, str(ROOT / "web" / "dist")]
    os.environ.update(execute.surroundings())
    config.html_theme_options["navbar_persistent"] = []  # the page's own bar has the search
    _without_thebe(app)


def _without_thebe(app) -> None:
    """Drop sphinx-thebe: it has no switch, loads from another host, and breaks every page with a double `const`."""
    for listeners in app.events.listeners.values():
        listeners[:] = [one for one in listeners if not one.handler.__module__.startswith("sphinx_thebe")]
    for files in (app.registry.css_files, app.registry.js_files):
        files[:] = [one for one in files if "thebe" not in str(one[0])]


def finish(app, error) -> None:
    """Copy MathJax, the demos' frames and what pages need to run their cells into the finished book."""
    if error is not None or app.builder.format != "html":
        return
    packs.write(Path(app.outdir) / "demos", without=[name.split("_", 1)[1] for name in execute.unexecuted()])
    weights.write_frames(Path(app.outdir) / "demos")
    live.write(Path(app.outdir))
    source = Path(str(importlib.metadata.distribution("sphinx-mathjax-offline").locate_file("sphinx-mathjax-offline")))
    target = Path(app.outdir) / "_static" / "mathjax"
    for name in MATHJAX:
        here, there = source / "static" / "mathjax" / name, target / name
        there.parent.mkdir(parents=True, exist_ok=True)
        if here.is_dir():
            shutil.copytree(here, there, dirs_exist_ok=True)
        else:
            shutil.copy2(here, there)


def require_alt(app, doctree) -> None:
    """Warn of every picture without alt text, with the page it stands on."""
    for image in doctree.findall(nodes.image):
        if not image.get("alt", "").strip():
            logger.warning("a picture has no alt text: %s", image.get("uri", "?"), location=(app.env.docname, None))


def own_ids(app, doctree) -> None:
    """Name the boxes of exercises, theorems and proofs after their labels: the extensions call all of a kind alike."""
    about, proofs = "", Counter()
    for node in doctree.findall(nodes.Element):
        about = node.get("label", about) if "realtype" in node else about
        if node.get("ids") in (["exercise-content"], ["proof-content"]):
            node["ids"] = [f"{node.parent['ids'][0]}-content"]
        elif node.get("ids") == ["proof"]:
            proofs[about] += 1
            number = f"-{proofs[about]}" if proofs[about] > 1 else ""
            node["ids"] = [f"proof-of-{about}{number}" if about else f"proof{number}"]


def offer_notebook(app, pagename, templatename, context, doctree) -> None:
    """Let the page's menu lead to its notebook (`tools.live.write`); a page that is none has no source to offer."""
    for group in context.get("header_buttons", ()):
        buttons = group.get("buttons", [])
        for button in [one for one in buttons if one.get("label") == "download-source-button"]:
            if context.get("page_source_suffix") == ".ipynb":
                address = context["pathto"](f"_static/notebooks/{pagename}.ipynb", 1)
                button |= {"url": address, "tooltip": "Download this notebook"}
            else:
                buttons.remove(button)


def accessible(app, pagename, templatename, context, doctree) -> None:
    """Mend the theme's HTML: a formula keeps its comma, the sidebar's arrows get names, entries lose a false list."""
    context["metatags"] = FIRST_VISIT + context.get("metatags", "")
    if "body" in context:
        body = context["body"].replace('<div role="list" class="citation-list">', '<div class="citation-list">')
        source = Path(app.env.doc2path(pagename))
        if source.suffix == ".ipynb":
            body += live.script(source)
        context["body"] = FORMULA_AND_COMMA.sub(r'<span class="book-together">\g<0></span>', body)
    if "generate_toctree_html" in context:
        original = context["generate_toctree_html"]

        def named(*args, **kwargs):
            tree = original(*args, **kwargs)
            for arrow in tree.find_all("summary") if hasattr(tree, "find_all") else ():
                arrow["aria-label"] = f"Pages of: {arrow.find_parent('li').a.get_text(strip=True)}"
            return tree

        context["generate_toctree_html"] = named


class EquationTable(SphinxDirective):
    """``{book-equations}``: a table of the labelled equations, the functions that compute them, the tests."""

    def run(self) -> list[nodes.Node]:
        base = f"{self.config.html_theme_options['repository_url']}/blob/main"
        rows = equations.table()
        for folder in ("lib", "tests", "chapters"):
            for file in (ROOT / folder).rglob("*"):
                if file.suffix in (".py", ".ipynb"):
                    self.env.note_dependency(str(file))

        def links(items) -> str:
            return ", ".join(f"[`{n}`]({base}/{p.relative_to(ROOT).as_posix()}#L{line})" for n, p, line in items) or "–"

        lines = ["| Equation | Label | Computed by | Checked by |", "|---|---|---|---|"]
        for row in rows:
            lines.append(f"| {{eq}}`{row.label}` | `{row.label}` | {links(row.functions)} | {links(row.tests)} |")
        container = nodes.container(classes=["book-equations"])
        self.state.nested_parse(StringList(lines, source="equations"), self.content_offset, container)
        return [container]


def setup(app):
    app.connect("config-inited", configure, priority=999)
    app.connect("doctree-read", require_alt)
    app.connect("doctree-read", own_ids)
    app.connect("html-page-context", offer_notebook, priority=998)
    app.connect("html-page-context", accessible, priority=999)
    app.connect("build-finished", finish)
    app.add_js_file("book.js", loading_method="defer")
    app.add_css_file("book.css")
    app.add_directive("book-equations", EquationTable)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
