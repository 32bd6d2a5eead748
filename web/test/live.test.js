import assert from "node:assert/strict";
import { test } from "node:test";
import { JSDOM } from "jsdom";
import { answersIn, withAnswers } from "../src/live/notebook.js";
import { offer } from "../src/live/offer.js";
import { Output, removeOutput, rendered } from "../src/live/outputs.js";
import { Store } from "../src/live/store.js";

const CELLS = [
  { id: "a", role: "bootstrap" },
  { id: "b", role: "exercise", exercise: "chapter.slope@12345678" },
  { id: "c", role: "check" },
];
const PAGE = { page: "chapters/01/one", folder: "chapters/01/", chapter: "chapter", notebook: "n.ipynb", packages: [], blocked: [], cells: CELLS };

function dom({ page = PAGE, sources = ["import x", "slope = ...", "check(slope)"], url = "http://book.test/chapters/01/one.html" } = {}) {
  const cells = sources.map((code) => `<div class="cell"><div class="cell_input"><div class="highlight-x"><div class="highlight"><pre>${code}\n</pre></div></div></div><div class="cell_output">stored</div></div>`);
  const data = `<script type="application/json" id="book-live">${JSON.stringify(page)}</script>`;
  return new JSDOM(`<article><h1>One</h1>${cells.join("")}${data}</article>`, { url });
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

test("a page offers buttons and loads nothing before one is pressed", async () => {
  const { window } = dom();
  const asked = [];
  const session = { run: (cell) => asked.push(cell.at) };
  const host = offer(window.document, "http://book.test/", async (address) => (asked.push(address), { open: () => session }));
  assert.deepEqual(asked, []);
  assert.equal(window.document.querySelectorAll(".book-live-run").length, 3);
  assert.equal(host.cells[1].runButton.textContent, "Run and check");
  host.cells[1].runButton.click();
  host.cells[2].runButton.click();
  await settled();
  assert.deepEqual(asked, ["http://book.test/_static/runner.js", 1, 2]);
});

test("a page whose cells are not the announced ones is left alone", () => {
  const { window } = dom({ sources: ["only one"] });
  assert.equal(offer(window.document, "http://book.test/"), null);
  assert.equal(window.document.querySelector(".book-live-bar"), null);
});

test("a page opened from a folder says what to do, and a failed load can be tried again", async () => {
  const folder = dom({ url: "file:///book/one.html" }).window;
  const host = offer(folder.document, "file:///book/", async () => assert.fail("nothing may be loaded"));
  host.cells[0].runButton.click();
  await settled();
  assert.match(host.status.textContent, /make serve/);

  let times = 0;
  const { window } = dom();
  const other = offer(window.document, "http://book.test/", async () => {
    if (++times === 1) throw new Error("no network");
    return { open: () => ({ run() {} }) };
  });
  other.cells[0].runButton.click();
  await settled();
  assert.match(other.status.textContent, /no network/);
  other.cells[0].runButton.click();
  await settled();
  assert.equal(times, 2);
});

test("cells that need what no browser has say so, and their neighbours run", () => {
  const blocked = "needs PyTorch: open in Colab";
  const cells = [CELLS[0], { id: "t", role: "", blocked }, CELLS[1]];
  const { window } = dom({ page: { ...PAGE, blocked: ["PyTorch"], cells } });
  const host = offer(window.document, "http://book.test/");
  assert.ok(host.cells[1].runButton.disabled);
  assert.equal(host.cells[1].runButton.textContent, blocked);
  assert.ok(!host.cells[2].runButton.disabled);
  assert.match(host.status.textContent, /needs PyTorch: open in Colab. Exercises that do without it run here/);
});

test("edits and verdicts are kept, by the exercise's own name, and shown on the next visit", () => {
  const { window } = dom();
  const store = new Store(window, PAGE.page);
  store.write(store.key(CELLS[1]), { code: "slope = 3" });
  store.write(store.key(CELLS[1]), { verdict: "pass" });
  const host = offer(window.document, "http://book.test/");
  assert.equal(host.cells[1].pre.textContent, "slope = 3");
  assert.equal(host.cells[1].original, "slope = ...");
  assert.equal(host.cells[1].badge.textContent, "edited · ✓ solved");
  assert.deepEqual(store.verdicts(), { "chapter.slope@12345678": "pass" });
  store.forgetChapter("chapter", "chapters/01/");
  assert.deepEqual(store.read(store.key(CELLS[1])), {});
});

test("a stub that has changed starts anew", () => {
  const { window } = dom();
  const store = new Store(window, PAGE.page);
  store.write(store.key(CELLS[1]), { code: "slope = 3" });
  assert.equal(store.code({ ...CELLS[1], exercise: "chapter.slope@87654321" }), null);
});

test("a blocked, full or spoilt storage breaks nothing", () => {
  const refuse = () => {
    throw new Error("SecurityError");
  };
  for (const view of [
    { get localStorage() { return refuse(); } },
    { localStorage: { getItem: () => null, setItem: refuse, removeItem() {}, length: 0, key: () => null } },
    { localStorage: { getItem: () => "{spoilt", setItem() {}, removeItem() {}, length: 1, key: () => "lst:exercise:x" } },
  ]) {
    const store = new Store(view, "p");
    assert.equal(store.code(CELLS[1]), null);
    store.write(store.key(CELLS[1]), { code: "slope = 1" });
    assert.doesNotThrow(() => store.verdicts());
    assert.doesNotThrow(() => store.forgetChapter("chapter", "c"));
  }
  const forgetful = new Store({ get localStorage() { return refuse(); } }, "p");
  assert.equal(forgetful.write("lst:cell:p:a", { code: "1" }), false);
  assert.deepEqual(forgetful.read("lst:cell:p:a"), { code: "1" });
});

test("what a cell says is never read as HTML of this page", () => {
  const { document } = dom().window;
  const evil = "<img src=x onerror=alert(1)><script>alert(1)</script>";
  const messages = [
    { kind: "stream", name: "stdout", text: evil },
    { kind: "error", name: "NameError", traceback: evil },
    { kind: "display", data: { "text/plain": evil } },
    { kind: "display", data: { "text/markdown": evil } },
    { kind: "verdict", name: evil, status: evil, headline: evil, diagnosis: evil, details: [evil], hints: [evil] },
    { kind: "progress", summary: evil, states: { [evil]: evil } },
    { kind: "claim", label: evil, value: evil, told: evil, holds: false },
    { kind: "table", title: evil, across: evil, columns: [evil], rows: [[evil, evil]], said: evil, failures: [evil] },
  ];
  for (const message of messages) {
    const made = rendered(document, message);
    assert.equal(made.querySelectorAll("img, script").length, 0, message.kind);
    assert.ok(made.textContent.includes("alert(1)"));
  }
  const frame = rendered(document, { kind: "display", data: { "text/html": evil, "text/plain": "x" } });
  assert.equal(frame.tagName, "IFRAME");
  assert.equal(frame.getAttribute("sandbox"), "");
  assert.match(frame.getAttribute("srcdoc"), /default-src 'none'/);
  const svg = rendered(document, { kind: "display", data: { "image/svg+xml": "<svg/>", "text/plain": "A picture." } });
  assert.equal(svg.tagName, "IMG");
  assert.equal(svg.alt, "A picture.");
});

test("the stored output stays until the first new piece is there", () => {
  const { document } = dom().window;
  const node = document.querySelector("div.cell");
  const tools = node.querySelector(".cell_input").appendChild(document.createElement("div"));
  node.querySelector(".cell_input").after(tools);
  const stored = node.querySelector(".cell_output");
  const output = new Output(document, { node, tools });
  assert.ok(!stored.hidden);
  output.add({ kind: "stream", name: "stdout", text: "one " });
  output.add({ kind: "stream", name: "stdout", text: "two" });
  assert.ok(stored.hidden);
  assert.equal(node.querySelectorAll(".book-live-output pre").length, 1);
  assert.equal(node.querySelector(".book-live-output").textContent, "one two");
});

test("claims and tables are set out as the built page sets them out", () => {
  const { document } = dom().window;
  const claims = [true, false].map((holds) => rendered(document, { kind: "claim", label: "a number", value: "0.63", told: "✓ > 0.5", holds }));
  assert.deepEqual(claims.map((made) => made.querySelector("tr").className), ["", "book-claim--fails"]);
  assert.equal(claims[0].textContent, "a number0.63✓ > 0.5");
  const message = { kind: "table", title: "scores, 2 seeds", across: "", columns: ["a", "b"], rows: [["ours", "0.55", "0.7"]], said: "✓ a > 0.1", failures: ["b < 0.2"] };
  const table = rendered(document, message);
  assert.equal(table.querySelector("caption").textContent, "scores, 2 seeds");
  assert.deepEqual([...table.querySelectorAll("tbody tr > *")].map((one) => `${one.tagName} ${one.textContent}`), ["TH ours", "TD 0.55", "TD 0.7"]);
  assert.deepEqual([...table.querySelectorAll("p")].map((one) => one.textContent), ["✓ a > 0.1", "b < 0.2"]);
  const map = rendered(document, { kind: "map", svg: "<svg/>", text: "A map." });
  assert.ok(map.src.startsWith("data:image/svg+xml") && map.alt === "A map.");
});

test("a player of the stored output stays in sight beside what is new, and goes home", () => {
  const { document } = dom().window;
  const node = document.querySelector("div.cell");
  const tools = document.createElement("div");
  node.querySelector(".cell_input").after(tools);
  const stored = node.querySelector(".cell_output");
  const player = stored.appendChild(document.createElement("figure"));
  const shown = () => [...node.querySelectorAll(".book-live-output > *")].map((one) => one.tagName);
  const alone = new Output(document, { node, tools });
  alone.keep(player);
  alone.finish(true, true);
  assert.ok(!stored.hidden && stored.contains(player));
  for (const order of [["keep", "print"], ["print", "keep"], ["keep", "print"]]) {
    const output = new Output(document, { node, tools });
    for (const what of order) {
      if (what === "keep") output.keep(player);
      else output.add({ kind: "stream", name: "stdout", text: "x" });
    }
    output.finish(true, true);
    assert.ok(stored.hidden);
    assert.deepEqual(shown(), order.map((what) => (what === "keep" ? "FIGURE" : "PRE")));
  }
  removeOutput(node.querySelector(".book-live-output"));
  assert.ok(stored.contains(player) && stored.textContent === "stored");
});

test("answers travel in a notebook and come back, by id or by the exercise's name", () => {
  const book = { cells: [{ cell_type: "markdown", source: "# One" }, { cell_type: "code", id: "b", source: ["slope = ..."], outputs: [1], execution_count: 2 }], nbformat: 4 };
  const cells = [{ ...CELLS[1], original: "slope = ...", code: "slope = 3" }];
  const made = JSON.parse(withAnswers(JSON.stringify(book), cells));
  assert.equal(made.cells[1].source, "slope = 3");
  assert.deepEqual(made.cells[1].outputs, []);
  assert.equal(made.cells[0].source, "# One");
  assert.deepEqual(answersIn(JSON.stringify(made), cells), [[cells[0], "slope = 3"]]);
  made.cells[1].id = "another";
  assert.equal(answersIn(JSON.stringify(made), cells)[0][1], "slope = 3");
  assert.throws(() => answersIn("no", cells), /not a notebook/);
  assert.throws(() => answersIn("{}", cells), /no cells/);
  assert.throws(() => answersIn('{"cells":[{"cell_type":"code","source":"x = 1"}]}', cells), /no cell of this page/);
});
