// The map in a simulated page: searching, walking from word to word, clicking, and finding nothing.
import assert from "node:assert/strict";
import { test } from "node:test";
import { JSDOM } from "jsdom";
import { startMaps } from "../src/map.js";

const DATA = {
  title: "Words",
  names: ["row", "column", "red", "blue"],
  places: [[10, 10], [20, 12], [600, 400], [620, 410]],
  near: [[1, 2], [0, 3], [3, 0], [2, 1]],
};

function page() {
  const dom = new JSDOM(`<figure class="book-map"><svg viewBox="0 0 720 560" role="img" aria-label="Words."><g class="book-map-found"></g></svg>
    <script type="application/json" class="book-map-data">${JSON.stringify(DATA)}</script>
    <figcaption class="book-map-text">Four words.</figcaption></figure>`);
  const { document } = dom.window;
  const [map] = startMaps(document);
  const type = (text) => {
    map.input.value = text;
    map.input.dispatchEvent(new dom.window.Event("change"));
  };
  return { dom, document, map, type, caption: () => document.querySelector(".book-map-text").textContent };
}

test("the field has a label, proposes every word and the sentence is live", () => {
  const { document, map } = page();
  assert.equal(document.querySelector(`label[for="${map.input.id}"]`).textContent, "Find a word");
  assert.deepEqual([...document.querySelectorAll("option")].map((o) => o.value), ["blue", "column", "red", "row"]);
  assert.equal(document.querySelector(".book-map-text").getAttribute("role"), "status");
  assert.equal(document.querySelector("form").getAttribute("aria-label"), "Words");
});

test("a word that is typed is set off, named and said with its neighbours", () => {
  const { document, type, caption } = page();
  type(" Row ");
  assert.equal(caption(), "Nearest to “row”: column, red.");
  assert.deepEqual([...document.querySelectorAll(".book-map-found text")].map((t) => t.textContent), ["row", "column", "red"]);
  assert.equal(document.querySelector(".book-map-found circle").getAttribute("class"), "book-map-here");
  assert.equal(document.querySelector("figure").dataset.row, "0");
});

test("names that would overlap go below one another", () => {
  const { document, type } = page();
  type("row");
  const [row, column] = [...document.querySelectorAll(".book-map-found text")].map((t) => Number(t.getAttribute("y")));
  assert.ok(column - row >= 16);
});

test("a neighbour is a button: one walks from word to word by keyboard", () => {
  const { document, type, caption } = page();
  type("row");
  const buttons = [...document.querySelectorAll(".book-map-near button")];
  assert.deepEqual(buttons.map((b) => b.textContent), ["column", "red"]);
  buttons[1].click();
  assert.equal(caption(), "Nearest to “red”: blue, row.");
  assert.equal(document.activeElement.textContent, "blue");
});

test("a word that is not there is said so, with those that begin like it", () => {
  const { document, type, caption } = page();
  type("colu");
  assert.match(caption(), /“colu” is not on this map of 4 words\. There are: column\./);
  type("zebra");
  assert.equal(caption(), "“zebra” is not on this map of 4 words.");
  assert.equal(document.querySelectorAll(".book-map-found text").length, 0);
});

test("a click chooses the nearest dot", () => {
  const { dom, map, caption } = page();
  map.svg.getBoundingClientRect = () => ({ left: 0, top: 0, width: 360, height: 280 });
  map.svg.dispatchEvent(new dom.window.MouseEvent("click", { clientX: 311, clientY: 207, bubbles: true }));
  assert.equal(caption(), "Nearest to “blue”: red, column.");
});

test("Reset and an empty search return to the first sentence", () => {
  const { document, type, caption } = page();
  type("row");
  document.querySelector(".book-map-search button").click();
  assert.equal(caption(), "Four words.");
  type("blue");
  type("");
  assert.equal(caption(), "Four words.");
  assert.equal(document.querySelectorAll(".book-map-near button").length, 0);
});
