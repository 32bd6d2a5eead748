// Printing: light colours on paper, the reader's own on the screen again afterwards.
import assert from "node:assert/strict";
import { test } from "node:test";
import { JSDOM } from "jsdom";
import { startPrint } from "../src/print.js";

/** A page whose reader chose `mode`, on a device that prefers the dark or not. */
function page(mode, dark) {
  const { window } = new JSDOM(`<!doctype html><html data-mode="${mode}" data-theme="${dark ? "dark" : "light"}"></html>`);
  const print = new window.EventTarget();
  if (dark !== undefined) window.matchMedia = (query) => (query === "print" ? print : { matches: dark });
  startPrint(window.document);
  const change = (matches) => print.dispatchEvent(Object.assign(new window.Event("change"), { matches }));
  return { window, change, theme: () => window.document.documentElement.dataset.theme };
}

for (const [mode, dark, screen] of [["dark", false, "dark"], ["light", true, "light"], ["auto", true, "dark"], ["auto", false, "light"]]) {
  test(`${mode} on a device that is ${dark ? "dark" : "light"}: light on paper, ${screen} on the screen again`, () => {
    const { window, change, theme } = page(mode, dark);
    change(true); // browsers tell it twice: as a medium and as an event
    window.dispatchEvent(new window.Event("beforeprint"));
    assert.equal(theme(), "light");
    window.dispatchEvent(new window.Event("afterprint"));
    change(false);
    assert.equal(theme(), screen);
  });
}

test("a browser that knows no media still prints in light colours", () => {
  const { window, theme } = page("dark");
  window.dispatchEvent(new window.Event("beforeprint"));
  assert.equal(theme(), "light");
  window.dispatchEvent(new window.Event("afterprint"));
  assert.equal(theme(), "dark");
});

test("folded answers are printed, and folded again; those that the reader opened stay open", () => {
  const { window, change } = page("light", false);
  window.document.body.innerHTML = '<details class="sd-dropdown">a</details><details class="sd-dropdown" open>b</details><details>hint</details>';
  const open = () => [...window.document.querySelectorAll("details")].map((one) => one.open);
  change(true);
  window.dispatchEvent(new window.Event("beforeprint"));
  assert.deepEqual(open(), [true, true, false]);
  window.dispatchEvent(new window.Event("afterprint"));
  change(false);
  assert.deepEqual(open(), [false, true, false]);
});
