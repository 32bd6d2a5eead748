"""Claims with their bounds, and tables of numbers, as they stand in a page: aligned, readable, no wider than a phone."""

import pytest
from conftest import CHAPTER, MEASURE, PAGES

CLAIMS = """<table class="book-claims">
<tr><th scope="row">P@1, least squares, 1000 pairs</th><td>0.63 ± 0.02</td><td class="book-claim-bound">✓ &gt; 0.5</td></tr>
<tr><th scope="row">P@1, Procrustes, from as many pairs as there are in the whole dictionary of the chapter</th>
<td>0.7</td><td class="book-claim-bound">✓ &gt; 0.63, the line above</td></tr>
<tr class="book-claim--fails"><th scope="row">share found</th><td>0.47</td><td class="book-claim-bound">✗ &gt; 0.5</td></tr>
</table>"""
TABLE = """<table class="book-table"><thead><tr><th>method</th>{heads}</tr></thead><tbody>
<tr><th>least squares</th>{cells}</tr><tr><th>Procrustes</th>{cells}</tr></tbody></table>""".format(
    heads="".join(f"<th>{n}</th>" for n in (100, 300, 1000, 3000, 10000)), cells="<td>0.63 ± 0.02</td>" * 5
)
PLACE = """(html) => {
  const cell = document.createElement('div');
  cell.className = 'cell docutils container';
  cell.innerHTML = `<div class="cell_output docutils container"><div class="output text_html">${html}</div></div>`;
  document.querySelector('article section').append(cell);
  return getComputedStyle(cell).width;
}"""


@pytest.mark.parametrize("theme", ("light", "dark"))
@pytest.mark.parametrize("path", [] if CHAPTER else PAGES[:1])  # of a page that has no such tables itself
def test_claims_and_tables(visit, path, theme):
    page = visit(path, theme=theme, width=390)
    page.evaluate(MEASURE)
    page.evaluate(PLACE, CLAIMS + TABLE)
    boxes = page.eval_on_selector_all(
        ".book-claims tr",
        "rows => rows.map((r) => [...r.cells].map((c) => { const b = c.getBoundingClientRect(); return [b.left, b.right]; }))",
    )
    assert boxes[0] == boxes[1], "columns are aligned"
    assert all(0 <= left and right <= 390 for row in boxes for left, right in row)
    value = page.locator(".book-claims td").first
    assert "tabular-nums" in value.evaluate("(e) => getComputedStyle(e).fontVariantNumeric")
    colour = "(e) => getComputedStyle(e).color"
    bound, failing = page.locator(".book-claim-bound").first, page.locator(".book-claim--fails td").first
    assert len({value.evaluate(colour), bound.evaluate(colour), failing.evaluate(colour)}) == 3
    wide = page.locator(".book-table")
    assert wide.evaluate("(t) => t.scrollWidth > t.clientWidth") and wide.bounding_box()["width"] <= 390 - 2 * 16
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert not page.evaluate("Measure.faint('.cell_output', 4.5)")
