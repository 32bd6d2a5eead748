import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { JSDOM } from "jsdom";
import { LIMITS } from "../src/live/limits.js";
import { offer } from "../src/live/offer.js";
import { open } from "../src/live/runner.js";

const CELLS = [{ id: "a", role: "bootstrap" }, { id: "b", role: "" }, { id: "c", role: "exercise", exercise: "chapter.slope@12345678" }, { id: "d", role: "check" }];
const FETCHES = { "python-1.wasm": 12_000_000, "core-1.zip": 8_200_000, "lib-1.zip": 90_000 };
const PAGE = { page: "chapters/01/one", folder: "chapters/01/", chapter: "chapter", notebook: "n.ipynb", packages: [], blocked: [], fetches: FETCHES, cells: CELLS };

/** A Python that answers when it is told to: what was asked of it stands in `asked`. */
class Engine {
  static made = [];
  constructor(doc, root, page, tell) {
    Object.assign(this, { tell, asked: [] });
    Engine.made.push(this);
    this.ready = new Promise((resolve, reject) => Object.assign(this, { resolve, reject }));
  }

  start() {
    return this.ready;
  }

  wait(name, on) {
    return new Promise((resolve) => this.asked.push({ name, on, end: (result) => (resolve({ ok: true, ...result }), settled()) }));
  }

  run(code, name, on) {
    return this.wait(code, on);
  }

  demo(key, positions, on) {
    return this.wait(key, on);
  }

  stop() {
    this.ended = true;
    this.reject(new Error("stopped"));
    for (const { end } of this.asked) end({ ok: false, stopped: true });
  }
}

let now = 0;

beforeEach(() => {
  now = 0;
  Engine.made = [];
  mock.timers.enable({ apis: ["setTimeout"] });
  mock.method(performance, "now", () => now);
});

afterEach(() => {
  mock.timers.reset();
  mock.restoreAll();
});

async function settled() {
  for (let i = 0; i < 30; i++) await null;
}

async function pass(seconds) {
  for (let i = 0; i < seconds; i++) {
    now += 1000;
    mock.timers.tick(1000);
    await settled();
  }
}

/** A page as a reader finds it; `device` changes its window. */
function page({ more = {}, device = () => {}, url = "http://book.test/chapters/01/one.html", storage = {} } = {}) {
  const cells = ["import x", "y = 2", "slope = ...", "check(slope)"].map((code) => `<div class="cell"><div class="cell_input"><div class="highlight-x"><div class="highlight"><pre>${code}\n</pre></div></div></div><div class="cell_output">stored</div></div>`);
  const data = `<script type="application/json" id="book-live">${JSON.stringify({ ...PAGE, ...more })}</script>`;
  const { window } = new JSDOM(`<article><h1>One</h1>${cells.join("")}${data}<a href="https://colab.research.google.com/one">Colab</a></article>`, { url });
  for (const [key, value] of Object.entries(storage)) window.localStorage.setItem(key, value);
  window.WebAssembly = { validate: () => true };
  window.Worker = class {};
  device(window);
  const host = offer(window.document, "http://book.test/", async () => ({ open: (one) => open(one, Engine) }));
  const find = (selector) => window.document.querySelector(selector);
  return {
    window,
    host,
    find,
    press: async (at) => (host.cells[at].runButton.click(), settled()),
    click: async (selector) => (find(selector).click(), settled()),
    status: () => host.status.textContent,
    live: () => host.cells.map(({ node }) => node.dataset.live ?? ""),
    python: () => Engine.made.at(-1),
  };
}

/** The same with Python started, its first cell done and the pressed one running. */
async function running(at = 1, options = {}) {
  const it = page(options);
  await it.press(at);
  it.python().resolve({ total: 1000, bytes: 20_290_000, fetched: Object.keys(FETCHES) });
  await settled();
  await it.python().asked[0].end();
  return it;
}

// ---------------------------------------------------------------------------------------------------- the deadline
test("a cell is stopped after a minute, the reader is told before and why, and what was typed stays", async () => {
  const it = await running();
  it.host.cells[1].code = "while True: pass";
  await pass(44);
  assert.equal(it.find("[role=alert]"), null);
  await pass(1);
  assert.match(it.find("[role=alert]").textContent, /^Cell 2 has been running for 45 s and will be stopped at 60 s\./);
  assert.equal(it.host.bar.dataset.stays, "yes");
  await pass(14);
  assert.equal(it.live()[1], "running");
  await pass(1);
  assert.equal(it.find("[role=alert]"), null);
  assert.equal(it.live()[1], "stopped");
  assert.ok(it.python().ended);
  assert.match(it.status(), /Cell 2 was stopped after 60 s\. What you typed is kept/);
  assert.equal(it.host.cells[1].node.querySelector(".book-live-note").textContent, it.status(), "also where the reader looks");
  assert.equal(it.host.cells[1].code, "while True: pass");
  await it.press(1);
  assert.equal(Engine.made.length, 2, "the next press begins anew");
});

test("the reader gives a cell more time, again and again, also by keyboard", async () => {
  const it = await running();
  for (let times = 1; times <= 3; times++) {
    await pass(times === 1 ? 45 : 285);
    const more = it.find("[role=alert] button");
    assert.equal(more.textContent, "Let it run 5 min more");
    more.focus();
    more.click();
    assert.equal(it.find("[role=alert]"), null);
    assert.equal(it.window.document.activeElement, it.host.bar, "the focus is not lost with the button");
    assert.equal(it.status(), "Cell 2 may run 5 min more.");
  }
  await pass(285);
  assert.match(it.find("[role=alert]").textContent, /running for 15 min and will be stopped at 15 min 15 s/);
  await it.python().asked[1].end();
  assert.equal(it.live()[1], "ok");
  assert.equal(it.find("[role=alert]"), null);
  await pass(1000);
  assert.equal(it.python().ended, undefined, "a cell that has ended is not stopped");
});

test("what is fetched for a cell is not the cell's time, and is shown", async () => {
  const it = await running();
  await pass(40);
  it.python().tell("Fetching scipy: 2.1 of 4 MB", 0.5);
  assert.equal(it.status(), "Fetching scipy: 2.1 of 4 MB");
  assert.ok(!it.find("progress").hidden);
  it.python().tell("Fetching scipy: 4 of 4 MB", 1);
  assert.equal(it.status(), "Running cell 2 …");
  assert.ok(it.find("progress").hidden);
  await pass(59);
  assert.equal(it.live()[1], "running");
  await pass(1);
  assert.equal(it.live()[1], "stopped");
});

test("a page's host may carry other limits", async () => {
  const it = page();
  it.host.limits = { ...LIMITS, cell: 5000, notice: 2000 };
  await it.press(1);
  it.python().resolve({ total: 1, bytes: 1 });
  await settled();
  await pass(3);
  assert.match(it.find("[role=alert]").textContent, /for 3 s and will be stopped at 5 s/);
});

test("a demo has 15 s for a state, without the time that it waits for a cell", async () => {
  const it = await running();
  const state = it.host.session.then((s) => s.recompute("demo", [0.5])).catch((error) => error.message);
  await pass(30);
  await it.python().asked[1].end(); // the cell, and the demo's turn comes
  await pass(14);
  assert.equal(it.python().ended, undefined);
  await pass(1);
  assert.ok(it.python().ended);
  assert.match(await state, /A demo computed for more than 15 s, and Python was stopped\. What you typed is kept/);
  assert.equal(it.status(), await state);
});

test("a demo that is answered, refused, or meets a dead Python says so", async () => {
  const it = await running();
  await it.python().asked[1].end();
  const session = await it.host.session;
  const good = session.recompute("demo", [1]);
  it.python().asked[2].on({ kind: "state", text: "x" });
  await it.python().asked[2].end();
  assert.deepEqual(await good, { kind: "state", text: "x" });
  const bad = session.recompute("demo", [1]);
  it.python().asked[3].on({ kind: "error", message: "no \x1b[31msuch\x1b[0m demo" });
  await it.python().asked[3].end();
  await assert.rejects(bad, { message: "no such demo" });
  const dead = session.recompute("demo", [1]);
  await it.python().asked[4].end({ ok: false, dead: "unreachable" });
  await assert.rejects(dead, /^Error: Python ended \(unreachable\); what you typed is kept/);
  await assert.rejects(session.recompute("demo", [1]), /not running/);
});

// ------------------------------------------------------------------------------------------------ what a press costs
test("buttons say what the first press fetches, once, rounded up, and nothing of little", async () => {
  const it = page();
  const texts = () => it.host.cells.map(({ runButton }) => runButton.textContent);
  assert.deepEqual(texts(), ["Run · fetches 21 MB once", "Run · fetches 21 MB once", "Run and check · fetches 21 MB once", "Run · fetches 21 MB once"]);
  assert.equal(it.find(".book-live-all").textContent, "Run all cells · fetches 21 MB once");
  assert.equal(it.host.cells[2].runButton.getAttribute("aria-label"), "Run and check · fetches 21 MB once, cell 3");
  await it.press(1);
  it.python().resolve({ total: 1, bytes: 1, fetched: ["scipy-1.zip"] });
  await settled();
  assert.deepEqual(texts(), ["Run", "Run", "Run and check", "Run"]);
  assert.equal(it.host.cells[2].runButton.getAttribute("aria-label"), "Run and check cell 3");
  const key = "lst-python:fetched";
  const kept = { [key]: it.window.localStorage.getItem(key) };
  assert.equal(page({ storage: kept }).host.cells[0].runButton.textContent, "Run", "on other pages too");
  const newer = { fetches: { ...FETCHES, "python-1.wasm": undefined, "python-2.wasm": 12_000_001 } };
  assert.equal(page({ storage: kept, more: newer }).host.cells[0].runButton.textContent, "Run · fetches 13 MB once");
  const more = { fetches: { ...FETCHES, "scipy-1.zip": 4_000_000, "lib-2.zip": 90_000 } };
  assert.equal(page({ storage: kept, more }).host.cells[0].runButton.textContent, "Run", "90 kB are not worth a word");
  assert.equal(page({ storage: { [key]: '{"files": 3}' } }).host.cells[0].runButton.textContent, "Run · fetches 21 MB once");
  assert.equal(page({ more: { fetches: undefined } }).host.cells[0].runButton.textContent, "Run");
});

test("a start that fails has fetched nothing", async () => {
  const it = page();
  await it.press(1);
  it.python().reject(new Error("no"));
  await settled();
  assert.equal(it.host.cells[0].runButton.textContent, "Run · fetches 21 MB once");
});

test("progress is shown without being read out piece by piece, and silence is explained", async () => {
  const it = page();
  await it.press(1);
  it.python().tell("Fetching Python: 8.2 of 21 MB", 0.4);
  assert.equal(it.status(), "Fetching Python: 8.2 of 21 MB");
  assert.equal(it.find("progress").value, 0.4);
  assert.equal(it.host.status.getAttribute("aria-live"), "off");
  await pass(20);
  assert.match(it.status(), /Nothing has come for 20 s: .* press Stop and then Run/);
  assert.equal(it.host.status.getAttribute("aria-live"), null);
  it.python().tell("Fetching Python: 9.2 of 21 MB", 0.5);
  assert.equal(it.status(), "Fetching Python: 9.2 of 21 MB");
  it.python().tell("Starting Python …", 1);
  await pass(20);
  assert.match(it.status(), /fetched but did not start within 20 s.*Open in Colab/);
  it.python().resolve({ total: 1000, bytes: 1 });
  await settled();
  await pass(30);
  assert.ok(!it.status().includes("20 s"));
});

// ------------------------------------------------------------------------------------------------- bad surroundings
test("a browser that cannot run Python says so, with the ways out, and fetches nothing", async () => {
  const it = page({ device: (window) => (window.WebAssembly = { validate: () => false }) });
  for (let times = 0; times < 2; times++) {
    await it.press(1);
    assert.equal(Engine.made.length, 0);
    assert.match(it.status(), /needs Chrome or Edge 137, Firefox 131, Safari 18\.4/);
    assert.deepEqual([...it.host.status.querySelectorAll("a")].map((a) => a.href), ["https://colab.research.google.com/one", "http://book.test/n.ipynb"]);
    assert.match(it.host.cells[1].node.querySelector(".book-live-note").textContent, /Open in Colab/);
    assert.equal(it.live()[1], "");
    assert.equal(it.host.bar.dataset.state, "failed");
  }
});

test("a start that fails says why, once, and can be tried again", async () => {
  const it = page();
  await it.press(2);
  it.python().reject(new Error("core-1.zip is not the file this book was made with"));
  await settled();
  assert.match(it.status(), /^core-1\.zip is not the file this book was made with: reload the page/);
  assert.deepEqual(it.live(), ["", "", "", ""]);
  await it.press(2);
  assert.equal(Engine.made.length, 2);
  it.python().resolve({ total: 1, bytes: 1 });
  await settled();
  assert.equal(it.find(".book-live-note"), null, "what is mended is no longer told");
});

test("an interpreter that dies is told of, and the next press begins anew", async () => {
  for (const dead of ["Maximum call stack size exceeded", "out of memory", "unreachable", ""]) {
    const it = await running();
    it.python().asked[1].on({ kind: "stream", name: "stdout", text: "so far" });
    await it.python().asked[1].end({ ok: false, dead: dead || undefined, stopped: !dead });
    assert.match(it.status(), /^Python ended.*; what you typed is kept\. Press Run to begin anew\.$/, dead);
    assert.equal(it.live()[1], "error");
    assert.equal(it.host.cells[1].node.querySelector(".book-live-output").textContent, "so far");
    assert.equal(it.host.cells[1].node.querySelector(".book-live-note").textContent, it.status());
    const before = Engine.made.length;
    await it.press(1);
    assert.equal(Engine.made.length, before + 1);
  }
});

test("a storage that keeps nothing is told of, stays told, and the page asks before it is left", async () => {
  const it = page({
    device: (window) => {
      window.Storage.prototype.setItem = () => {
        throw new window.DOMException("full", "QuotaExceededError");
      };
    },
  });
  const session = await it.host.act((s) => s);
  session.put(it.host.cells[2], "slope = 3");
  assert.match(it.status(), /keeps nothing for this site: download your answers/);
  assert.match(it.find(".book-live-more summary").textContent, /not kept by this browser/);
  const leave = () => {
    const event = new it.window.Event("beforeunload", { cancelable: true });
    it.window.dispatchEvent(event);
    return event.defaultPrevented;
  };
  assert.ok(leave());
  session.put(it.host.cells[2], it.host.cells[2].original);
  assert.ok(!leave());
});

// ----------------------------------------------------------------------------------------------------------- phones
const PHONE = (window) => {
  window.matchMedia = () => ({ matches: true });
};

test("a small device is asked before the first start, once in a visit", async () => {
  for (const device of [PHONE, (window) => Object.defineProperty(window.navigator, "deviceMemory", { value: 4 })]) {
    const it = page({ device });
    it.host.cells[1].runButton.focus();
    await it.press(1);
    assert.equal(Engine.made.length, 0);
    assert.match(it.find(".book-live-question").textContent, /about 400 MB of memory and fetches 21 MB/);
    assert.equal(it.window.document.activeElement.textContent, "Start Python");
    assert.equal(it.host.bar.dataset.stays, "yes");
    await it.click(".book-live-no");
    assert.equal(it.find(".book-live-question"), null);
    assert.equal(it.window.document.activeElement, it.host.cells[1].runButton);
    assert.deepEqual(it.live(), ["", "", "", ""]);
    assert.equal(it.host.bar.dataset.stays, "no");
    await it.press(1);
    await it.click(".book-live-yes");
    assert.equal(Engine.made.length, 1);
    await it.click(".book-live-stop");
    await it.press(1);
    assert.equal(Engine.made.length, 2, "the answer lasts");
    Engine.made = [];
  }
});

test("typing and loading answers ask nothing of a small device, and a large one is not asked", async () => {
  const it = page({ device: PHONE });
  (await it.host.act((s) => s)).put(it.host.cells[1], "y = 3");
  assert.equal(it.find(".book-live-question"), null);
  const large = page({ device: (window) => Object.defineProperty(window.navigator, "deviceMemory", { value: 8 }) });
  await large.press(1);
  assert.equal(Engine.made.length, 1);
});

test("Stop while the question stands is an answer too", async () => {
  const it = page({ device: PHONE });
  await it.press(1);
  await it.click(".book-live-stop");
  assert.equal(it.find(".book-live-question"), null);
  assert.equal(Engine.made.length, 0);
  assert.equal(it.live()[1], "stopped");
  await it.press(1);
  assert.ok(it.find(".book-live-question"));
});

// ------------------------------------------------------------------------------------------------ presses and stops
test("Stop while Python is loading ends it at once, and the next press does not wait for it", async () => {
  const it = page();
  await it.press(1);
  await it.click(".book-live-stop");
  assert.equal(it.status(), "Stopped before Python was there. Press Run to begin again.");
  await it.press(1);
  assert.equal(Engine.made.length, 2);
  assert.equal(it.live()[1], "waiting");
  Engine.made[0].resolve({ total: 1, bytes: 1 }); // too late
  await settled();
  assert.equal(it.host.bar.dataset.state, "loading");
  it.python().resolve({ total: 1, bytes: 1 });
  await settled();
  assert.deepEqual(it.live(), ["running", "waiting", "", ""]);
});

test("a cell that is pressed many times before it begins runs once, with what it then holds", async () => {
  const it = page();
  for (let i = 0; i < 3; i++) await it.press(1);
  (await it.host.session).put(it.host.cells[1], "y = 5");
  it.python().resolve({ total: 1, bytes: 1 });
  await settled();
  await it.python().asked[0].end();
  await it.python().asked[1].end();
  assert.deepEqual(it.python().asked.map(({ name }) => name), ["import x", "y = 5"]);
});

test("a double click is one press", async () => {
  const it = await running();
  it.host.cells[1].runButton.dispatchEvent(new it.window.MouseEvent("click", { detail: 2 }));
  await settled();
  await it.python().asked[1].end();
  assert.equal(it.python().asked.length, 2);
});

test("Run on a running cell runs it once more afterwards, and it is shown as running meanwhile", async () => {
  const it = await running();
  await it.press(1);
  await it.press(1);
  assert.equal(it.live()[1], "running");
  await it.python().asked[1].end();
  assert.equal(it.live()[1], "running");
  await it.python().asked[2].end();
  assert.equal(it.live()[1], "ok");
  assert.equal(it.python().asked.length, 3);
});

test("after an error what was waiting with it is dropped, and other presses are not", async () => {
  const it = await running();
  await it.click(".book-live-all");
  await it.press(3);
  await it.python().asked[1].end({ ok: false });
  assert.deepEqual(it.live(), ["running", "waiting", "waiting", "waiting"]);
  await it.python().asked[2].end({ ok: false });
  assert.deepEqual(it.live(), ["running", "error", "", "waiting"], "cell 4 was pressed by itself; the first is tried again for it");
  await it.python().asked[3].end();
  assert.deepEqual(it.live(), ["ok", "error", "", "running"]);
});

test("a first cell that failed is tried again before the next", async () => {
  const it = page();
  await it.press(1);
  it.python().resolve({ total: 1, bytes: 1 });
  await settled();
  await it.python().asked[0].end({ ok: false });
  await it.python().asked[1].end({ ok: false });
  await it.press(1);
  assert.equal(it.python().asked[2].name, "import x");
});

test("nothing above is no reason to fetch Python", async () => {
  const it = page();
  it.host.cells[0].node.querySelectorAll("button")[1].click();
  await settled();
  assert.equal(Engine.made.length, 0);
  assert.match(it.status(), /No cell there runs/);
});

test("a running cell is not reset under the reader's hands", async () => {
  const it = await running();
  const session = await it.host.session;
  session.put(it.host.cells[1], "y = 7");
  session.reset(it.host.cells[1]);
  session.resetChapter();
  assert.equal(it.host.cells[1].code, "y = 7");
  assert.match(it.status(), /press Stop first/);
  await it.python().asked[1].end();
  session.reset(it.host.cells[1]);
  assert.equal(it.host.cells[1].code, "y = 2");
  assert.equal(it.live()[1], "");
});

test("the bar stays in sight while the reader has to wait, and not for what is quick", async () => {
  const it = page();
  assert.equal(it.host.bar.dataset.stays, undefined);
  await it.press(1);
  assert.equal(it.host.bar.dataset.stays, "yes", "loading");
  it.python().resolve({ total: 1, bytes: 1 });
  await settled();
  await it.python().asked[0].end();
  await it.python().asked[1].end();
  assert.equal(it.host.bar.dataset.stays, "no");
  await it.press(1);
  assert.equal(it.host.bar.dataset.stays, "no");
  await pass(1);
  assert.equal(it.host.bar.dataset.stays, "yes");
  await it.click(".book-live-stop");
  assert.equal(it.host.bar.dataset.stays, "no");
});

test("a failed import of the editor is tried at another address, and says what to do", async () => {
  const { window } = page();
  const asked = [];
  const host = offer(new JSDOM(window.document.documentElement.outerHTML.replace(/<div class="book-live-(bar|tools)"[^]*?<\/div>/g, ""), { url: "http://book.test/" }).window.document, "http://book.test/", async (address) => {
    asked.push(address);
    if (asked.length === 1) throw new TypeError("Failed to fetch dynamically imported module");
    return { open: () => ({ run() {} }) };
  });
  host.cells[0].runButton.click();
  await settled();
  assert.match(host.status.textContent, /could not be fetched\. Look after the network and press the button again/);
  host.cells[0].runButton.click();
  await settled();
  host.cells[1].runButton.click();
  await settled();
  assert.deepEqual(asked, ["http://book.test/_static/runner.js", "http://book.test/_static/runner.js?again=2"]);
});
