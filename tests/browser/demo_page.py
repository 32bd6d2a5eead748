"""A page's demos in Chromium, and the hands of a reader who moves them."""

import io

from PIL import Image

# Sets every control to `step`, waits for the new picture, and returns [ms to the picture, alt, caption, frame].
MOVE = """async ([name, steps]) => {
  const figure = document.querySelector(`[data-demo="${name}"]`), image = figure.querySelector('img');
  const inputs = [...figure.querySelectorAll('input[type=range], select')];
  const times = [];
  for (const [i, step] of steps.entries()) {
    const input = inputs[i];
    if (Number(input.value) === step) continue;
    const shown = new Promise((resolve) => image.addEventListener('load', resolve, { once: true }));
    const start = performance.now();
    input.value = step;
    input.dispatchEvent(new Event(input.tagName === 'SELECT' ? 'change' : 'input', { bubbles: true }));
    await shown;
    await image.decode();
    times.push(performance.now() - start);
  }
  return [times, image.alt, figure.querySelector('.book-demo-text').textContent, figure.dataset.frame];
}"""


def demos(page) -> list[str]:
    """Return the names of the page's demos."""
    return page.eval_on_selector_all("figure.book-demo", "all => all.map((f) => f.dataset.demo)")


def prepared(page, name: str) -> list[int]:
    """Bring a demo into view, wait for its frames, and return the sizes of its controls."""
    figure = page.locator(f'[data-demo="{name}"]')
    figure.scroll_into_view_if_needed()
    page.wait_for_function(f"""document.querySelector('[data-demo="{name}"]').dataset.state === 'ready'""")
    return page.evaluate(f"BookDemos.get('{name}').sizes")


def moved(page, name: str) -> list[float]:
    """Move a demo's controls to both ends and the middle, hold the page to the frame and its words; return the times in ms."""
    sizes = prepared(page, name)
    first = page.locator(f'[data-demo="{name}"] img').get_attribute("alt")
    seen, times = set(), []
    for share in (0.0, 0.5, 1.0):
        steps = [round(share * (size - 1)) for size in sizes]
        took, alt, caption, frame = page.evaluate(MOVE, [name, steps])
        index = 0
        for size, step in zip(sizes, steps, strict=True):
            index = index * size + step
        assert int(frame) == index and alt == caption and len(alt) > 10
        times += took
        seen.add(alt)
    assert len(seen) >= 2, f"{name} says the same in every state"
    page.locator(f'[data-demo="{name}"] .book-demo-reset').click()
    page.wait_for_function(f"""document.querySelector('[data-demo="{name}"] img').alt === {first!r}""")
    return times


def keyboard(page, name: str) -> None:
    """Move a demo's first slider with Home, an arrow and End, and hold it to what it says of itself."""
    prepared(page, name)
    slider = page.locator(f'[data-demo="{name}"] input[type=range]').first
    if not slider.count():
        return
    slider.focus()
    page.keyboard.press("Home")
    assert slider.input_value() == "0", name
    page.keyboard.press("ArrowRight")
    assert slider.input_value() == "1", name
    output = page.locator(f'[data-demo="{name}"] output').first.inner_text()
    assert slider.get_attribute("aria-valuetext") == output, name
    page.keyboard.press("End")
    assert slider.input_value() == slider.get_attribute("max"), name


def small_targets(page, width: int) -> list[str]:
    """Return the controls of demos and maps that a finger misses: lower than 44 px, or not on the screen of `width` px."""
    found = []
    for control in page.locator(":is(.book-demo, .book-map) :is(button, input, select)").all():
        box = control.bounding_box()
        if box and (box["height"] < 44 or box["x"] < 0 or box["x"] + box["width"] > width):
            found.append(f"{control.evaluate('(c) => Measure.short(c)')}: {box}")
    return found


def corner(page, selector: str, at: int = 0) -> tuple[int, ...]:
    """Return the colour of a picture's corner as it stands on the screen."""
    image = page.locator(selector).nth(at)
    image.scroll_into_view_if_needed()
    box = image.bounding_box()
    shot = page.screenshot(clip={"x": box["x"] + 2, "y": box["y"] + 2, "width": 4, "height": 4})
    return Image.open(io.BytesIO(shot)).convert("RGB").getpixel((1, 1))


def pictures_against(page, theme: str) -> list[str]:
    """Return the pictures whose ground is not that of the theme: white in the light, almost black in the dark."""
    right = {"light": lambda c: min(c) > 240, "dark": lambda c: max(c) < 60}[theme]
    found = []
    for selector in ("figure.book-demo img", "article figure:not(.book-demo) img"):
        for at in range(page.locator(selector).count()):
            colour = corner(page, selector, at)
            if not right(colour):
                found.append(f"{selector} number {at + 1} has the ground {colour} in the {theme}")
    return found
