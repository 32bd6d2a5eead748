"""Every page of the built book: quiet, self-contained, readable by everybody, light on the wire.

A page is opened once in each theme, and that visit serves all its checks, each reported by its own name: in the light on
a desktop that becomes a phone, in the dark on a phone that becomes a desktop and then paper.
"""

import re
from functools import cache
from urllib.parse import unquote, urldefrag, urlparse

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import CHAPTER, HTML, MEASURE, PAGES, ROOT, missing
from demo_page import demos, keyboard, pictures_against, small_targets

DESKTOP, PHONE, NARROW = 1200, 390, 360  # px
CAPTION = 14  # px, the smallest caption
CONTRAST, IN_PICTURES = 4.5, 3  # WCAG 2: text of ordinary size, and what a picture is read by


def ready(page):
    """Wait until MathJax has set the page, and load what measures it."""
    page.wait_for_function(
        "!window.MathJax || MathJax.startup?.promise?.then(() => (window.mathDone = true)) && window.mathDone"
    )
    page.evaluate(MEASURE)
    return page


def settled(page) -> None:
    """Let two frames pass, so that a new width or medium has reached the page and its script."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def resized(page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    settled(page)


def printed(page, media: str) -> None:
    page.emulate_media(media=media, color_scheme="dark")
    settled(page)


OTHERS = ("search.html?q=matrix", "genindex.html", "prf-prf.html")
LETTER, INDEX = 9, 6.3  # px on a phone: the em of a picture's smallest letter, and of its indices and exponents
# axe takes ten times as long to judge the colours of code and formulas as all else; `Measure.faint` judges theirs.
OF_COLOUR = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
NOT_OF_COLOUR = {"rules": {rule: {"enabled": False} for rule in OF_COLOUR["runOnly"]["values"]}}
TOKENS = {"exclude": [[".highlight"], ["mjx-container"]]}


def barriers(page, rules: dict, context: dict | None = None) -> list[str]:
    """Return what axe finds serious or critical."""
    options = {"resultTypes": ["violations"], "preload": False, **rules}
    return [
        f"{v['id']}: {[' '.join(n['target'][:1]) + ' ' + n['failureSummary'][:200] for n in v['nodes'][:3]]}"
        for v in Axe().run(page, context, options).response["violations"]
        if v["impact"] in ("serious", "critical")
    ]


def sideways(page) -> list[str]:
    wide, seen = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    return [f"the page is {wide} px wide on a screen of {seen} px"] if wide > seen + 1 else []


def unset_mathematics(page) -> list[str]:
    """Return formulas with errors, formulas that were not set, and raw markup."""
    found = [f"{n} formulas with an error" if (n := page.locator("mjx-merror, [data-mjx-error]").count()) else ""]
    written, done = page.locator(".math").count(), page.locator("mjx-container").count()
    found += [f"{written} formulas, of which {done} are set" if done < written else ""]
    raw = re.findall(r".{0,30}(?:\$\$|\\\(|\\begin\{|:::|\{eq\}|\{cite\}).{0,30}", page.inner_text("article"))
    return [one for one in (*found, *raw) if one]


def undescribed(page) -> list[str]:
    """Return pictures without alt text, and pictures that did not arrive."""
    return page.eval_on_selector_all(
        "article img",
        """all => all.filter((i) => !i.alt.trim() || (i.complete && !i.naturalWidth))
                    .map((i) => `${i.src.slice(0, 80)}: alt “${i.alt.slice(0, 40)}”, ${i.naturalWidth} px`)""",
    )


def search_fields(page) -> list[str]:
    """Return the search fields and buttons that are visible, unless there is exactly one and it stays in sight."""
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    settled(page)
    shown = page.locator("form.bd-search:visible, .search-button-field:visible, .search-button:visible").all()
    places = [one.bounding_box()["y"] for one in shown]
    page.evaluate("scrollTo(0, 0)")
    return (
        [] if len(places) == 1 and 0 <= places[0] < 100 else [f"{len(places)} ways to search, at the heights {places}"]
    )


def small_letters(page) -> tuple[list[str], int]:
    """Return the pictures whose letters are too small, and how many are pixels, which nobody can measure."""
    told = page.evaluate("Measure.smallest()")
    found = [
        f"letters {one['letter'] or LETTER:.1f} px, indices {one['index'] or INDEX:.1f} px, in {one['what']}"
        for one in told["found"]
        if (one["letter"] or LETTER) < LETTER or (one["index"] or INDEX) < INDEX
    ]
    return found, told["raster"]


class Report:
    """A check a name: what it finds is reported with the page and the theme, and the other checks go on."""

    def __init__(self, subtests, path: str, theme: str):
        self.subtests, self.where = subtests, f"{path}, {theme}"

    def __call__(self, name: str, findings: list[str]) -> None:
        with self.subtests.test(name):
            assert not findings, f"{self.where}: {name}\n" + "\n".join(map(str, findings))


def test_there_is_a_book(site):
    if not PAGES:
        missing("the book has no pages")
    assert len(PAGES) >= 2


@pytest.mark.parametrize("path", PAGES)
def test_light(visit, site, subtests, record_property, path):
    """A first visit on a desktop, which then becomes a phone."""
    page, report = ready(visit(path)), Report(subtests, path, "light")
    for _ in range(6):  # lazily loaded frames are requests too
        page.mouse.wheel(0, 4000)
        page.wait_for_timeout(50)
    page.wait_for_load_state("networkidle")
    report("no error and no warning", page.problems)
    hosts = {urlparse(url).netloc for url in page.requested if url.startswith("http")}
    report("no other host", sorted(hosts - {urlparse(site).netloc}))
    report("mathematics is set", unset_mathematics(page))
    report("pictures are there and described", undescribed(page))
    report("an id is given once", page.evaluate("Measure.twice()"))
    report(
        "the first theme is that of the device", [] if page.get_attribute("html", "data-theme") == "light" else ["dark"]
    )
    report("one way to search", search_fields(page))
    report("accessible", barriers(page, NOT_OF_COLOUR))
    report("accessible colours", barriers(page, OF_COLOUR, TOKENS))
    report("text stands out", page.evaluate(f"Measure.faint('body', {CONTRAST})"))
    report("captions can be read", page.evaluate(f"Measure.captions({CAPTION})"))
    report("pictures are light", pictures_against(page, "light"))
    report("letters stand out in pictures", page.evaluate(f"Measure.pale({IN_PICTURES})"))
    for width in (PHONE, NARROW):
        resized(page, width)
        report(f"{width} px: no scrolling sideways", sideways(page))
        report(f"{width} px: nothing is cut off", page.evaluate("Measure.cut()"))
        if width == PHONE:
            small, raster = small_letters(page)
            report("letters of pictures can be read", small)
            record_property("raster", raster)
    report("one way to search on a phone", search_fields(page))
    report("letters stay in their pictures", page.evaluate("Measure.beyond()"))
    with subtests.test("keyboard"):
        for name in demos(page):
            keyboard(page, name)
    report("still no error and no warning", page.problems)


@pytest.mark.parametrize("path", PAGES)
def test_dark(visit, subtests, path):
    """A first visit on a phone that prefers the dark, which then becomes a desktop; in the end the page is printed."""
    page, report = ready(visit(path, theme="dark", width=NARROW, has_touch=True)), Report(subtests, path, "dark")
    report(
        "the first theme is that of the device", [] if page.get_attribute("html", "data-theme") == "dark" else ["light"]
    )
    report("fingers find the controls", small_targets(page, NARROW))
    for width in (NARROW, PHONE):
        resized(page, width)
        report(f"{width} px: no scrolling sideways", sideways(page))
        report(f"{width} px: nothing is cut off", page.evaluate("Measure.cut()"))
    resized(page, DESKTOP)
    report("accessible colours", barriers(page, OF_COLOUR, TOKENS))
    report("no dark text on dark ground", page.evaluate(f"Measure.faint('body', {CONTRAST})"))
    report("letters stand out in dark pictures", page.evaluate(f"Measure.pale({IN_PICTURES})"))
    report("pictures are dark", pictures_against(page, "dark"))
    report("no error and no warning", page.problems)
    printed(page, "print")
    report("paper is light", [] if page.get_attribute("html", "data-theme") == "light" else ["printed in the dark"])
    report("print can be read", page.evaluate(f"Measure.faint('article', {CONTRAST})"))
    report("printed pictures are light", pictures_against(page, "light"))
    printed(page, "screen")
    report("after printing it is dark again", [] if page.get_attribute("html", "data-theme") == "dark" else ["light"])


@pytest.mark.parametrize("theme", ("light", "dark"))
@pytest.mark.parametrize("path", [] if CHAPTER else OTHERS)
def test_pages_that_the_builder_writes(visit, subtests, path, theme):
    """The search with what it found, and the indices."""
    page, report = ready(visit(path, theme=theme)), Report(subtests, path, theme)
    if "?" in path:
        page.locator("#search-results li").first.wait_for()
    report("an id is given once", page.evaluate("Measure.twice()"))
    report("text stands out", page.evaluate(f"Measure.faint('body', {CONTRAST})"))
    resized(page, NARROW)
    report("no scrolling sideways", sideways(page))
    report("no error and no warning", page.problems)


@pytest.mark.parametrize("path", PAGES)
def test_without_javascript(visit, path):
    page = visit(path, java_script_enabled=False)
    assert page.locator("article h1").first.is_visible()
    for image in page.locator("article img").all():
        image.scroll_into_view_if_needed()
        assert image.bounding_box()["width"] > 50
    for caption in page.locator(".book-demo-text").all():
        assert caption.inner_text().strip()


@pytest.mark.parametrize("path", PAGES[:1])
def test_a_chosen_theme_is_kept(visit, path):
    """The reader's own choice wins over the device's, on this page and on the next."""
    page = visit(path)
    theme = lambda: page.get_attribute("html", "data-theme")
    assert theme() == "light"
    while theme() != "dark":
        page.locator(".theme-switch-button:visible").first.click()
    page.reload()
    assert theme() == "dark" and not page.problems


# ------------------------------------------------------------------------------------------- read, without a browser
@cache
def text_of(path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def ids_of(path) -> set[str]:
    return set(re.findall(r'\s(?:id|name)="([^"]+)"', text_of(path)))


@pytest.mark.parametrize("path", PAGES)
def test_weight(path):
    """A page with all frames of its demos stays within 2 MB."""
    text = text_of(HTML / path)
    packs = {HTML / name for name in re.findall(r'data-pack="([^"?]+)', text)}
    pictures = {(HTML / path).parent / name for name in re.findall(r'<img[^>]+src="([^":]+)"', text)}
    files = [HTML / path, *packs, *(p for p in pictures if p.is_file())]
    size = sum(file.stat().st_size for file in files)
    assert size <= 2_000_000, {f.name: f.stat().st_size for f in files}


@pytest.mark.parametrize("path", PAGES)
def test_no_dead_links_inside(path):
    """Whatever a page links to or loads from the book is there, and so is the place in it."""
    here = HTML / path
    dead = []
    for link in sorted(set(re.findall(r'\s(?:href|src)="([^"]*)"', text_of(here)))):
        if urlparse(link).scheme or link.startswith("//"):
            continue
        address, place = urldefrag(link)
        file = (here.parent / unquote(address.split("?")[0])).resolve() if address else here
        if not file.is_file():
            dead.append(link)
        elif place and file.suffix == ".html" and unquote(place) not in ids_of(file):
            dead.append(link)
    assert not dead, f"{path} links to {dead}"


@pytest.mark.parametrize("path", PAGES)
def test_the_menu_offers_the_notebook(path):
    """Pages that are notebooks offer theirs; no page offers a source that is not in the book."""
    offered = re.findall(r'href="([^"]+)"[^>]*btn-download-source-button', text_of(HTML / path), re.S)
    notebook = ROOT / path.replace(".html", ".ipynb")
    if not notebook.is_file():
        assert not offered
        return
    (link,) = offered
    assert ((HTML / path).parent / link).read_bytes() == notebook.read_bytes()
