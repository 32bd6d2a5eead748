// The player in a simulated page: what the reader's hands and ears meet.
import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import { JSDOM } from "jsdom";
import { Pad } from "../../lib/book/pad.js";
import { start } from "../src/book.js";
import { frameIndex, unpack } from "../src/pack.js";

const SPEC = {
  title: "closing columns",
  parameters: [
    { name: "eps", label: "ε", kind: "slider", values: ["10⁻⁸", "10⁻⁴", "1"], start: 1 },
    { name: "who", label: "solver", kind: "choice", values: ["QR", "SVD"], start: 0 },
  ],
  start: 2,
};

function svgPack(demo, count = 6) {
  const lines = ["<svg>", "</svg>", ...Array.from({ length: count }, (_, i) => `frame ${i}`)];
  const frames = Array.from({ length: count }, (_, i) => [0, i + 2, 1]);
  const data = deflateSync(Buffer.from(JSON.stringify({ lines, frames }))).toString("base64");
  return { demo, format: "svg", descriptions: frames.map((_, i) => `This is state ${i}.`), data };
}

function figure(demo) {
  return `<figure class="book-demo" data-demo="${demo}" data-pack="demos/${demo}.js?v=1">
    <img class="book-demo-frame" src="data:," alt="first"><script type="application/json" class="book-demo-spec">
    ${JSON.stringify(SPEC)}</script><figcaption class="book-demo-text">first</figcaption></figure>`;
}

/** A page with demos; object URLs are numbered and remember what they show. */
function page(demos, { reduced = false, queue } = {}) {
  const dom = new JSDOM(`<body>${demos.map(figure).join("")}</body>`, { url: "http://localhost/chapters/x.html" });
  const { window } = dom;
  window.matchMedia = () => ({ matches: reduced });
  if (queue) window.BookDemos = { queue };
  const painted = [];
  const createImageData = (width, height) => ({ width, height, data: new Uint8ClampedArray(4 * width * height) });
  window.HTMLCanvasElement.prototype.getContext = () => ({ createImageData, putImageData: (image) => painted.push(image) });
  const shown = new Map();
  URL.createObjectURL = (blob) => {
    const url = `blob:${shown.size}`;
    shown.set(url, blob);
    return url;
  };
  const revoked = [];
  URL.revokeObjectURL = (url) => revoked.push(url);
  const registry = start(window.document, "http://localhost/");
  return { window, document: window.document, registry, shown, revoked, painted };
}

/** Let all that is under way come to rest, also on a busy machine. */
async function settled() {
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setTimeout(resolve, 10));
}

function slide(p, name, value) {
  const input = p.document.querySelector(`[data-demo="${name}"] input[type=range]`);
  input.value = value;
  input.dispatchEvent(new p.window.Event("input"));
}

test("frames are row-major, the last parameter fastest", () => {
  assert.deepEqual([[0, 0], [0, 1], [1, 0], [2, 1]].map((s) => frameIndex([3, 2], s)), [0, 1, 2, 5]);
  assert.equal(frameIndex([33, 5], [32, 4]), 164);
});

test("an SVG pack unpacks to its lines", async () => {
  const pack = await unpack(svgPack("a"));
  assert.equal(pack.count, 6);
  assert.deepEqual(pack.frame(3), { type: "image/svg+xml", bytes: "<svg>\nframe 3\n</svg>" });
});

test("a WebP pack unpacks to its bytes", async () => {
  const pack = await unpack({ format: "webp", frames: ["UklG"], descriptions: ["one"] });
  assert.equal(pack.frame(0).type, "image/webp");
  assert.deepEqual([...pack.frame(0).bytes], [82, 73, 70]);
});

test("damaged packs are refused", async () => {
  await assert.rejects(unpack({ format: "gif", descriptions: [] }), /unknown format gif/);
  await assert.rejects(unpack({ ...svgPack("a"), descriptions: ["only one"] }), /6 frames but 1 descriptions/);
  await assert.rejects(unpack({ ...svgPack("a"), data: "AAAA" }));
});

test("controls have labels, values in words and the first state", () => {
  const p = page(["m.a"]);
  const input = p.document.querySelector("input[type=range]");
  assert.equal(p.document.querySelector(`label[for="${input.id}"]`).textContent, "ε");
  assert.deepEqual([input.min, input.max, input.value], ["0", "2", "1"]);
  assert.equal(input.getAttribute("aria-valuetext"), "10⁻⁴");
  assert.equal(p.document.querySelector("output").textContent, "10⁻⁴");
  assert.deepEqual([...p.document.querySelectorAll("option")].map((o) => o.textContent), ["QR", "SVD"]);
  assert.equal(p.document.querySelector("[role=group]").getAttribute("aria-label"), "closing columns");
});

test("moving the slider shows picture, alt text and sentence of the new state", async () => {
  const p = page(["m.a"]);
  p.registry.pack(svgPack("m.a"));
  slide(p, "m.a", 2);
  await settled();
  const image = p.document.querySelector("img");
  assert.equal(image.alt, "This is state 4.");
  assert.equal(p.document.querySelector("figcaption").textContent, "This is state 4.");
  assert.match(await p.shown.get(image.src).text(), /frame 4/);
  assert.equal(p.document.querySelector("figure").dataset.frame, "4");
  assert.equal(p.document.querySelector("input").getAttribute("aria-valuetext"), "1");
});

test("a choice changes the state, Reset returns to the first", async () => {
  const p = page(["m.a"]);
  p.registry.pack(svgPack("m.a"));
  const select = p.document.querySelector("select");
  select.value = "1";
  select.dispatchEvent(new p.window.Event("change"));
  await settled();
  assert.equal(p.document.querySelector("img").alt, "This is state 3.");
  p.document.querySelector(".book-demo-reset").click();
  await settled();
  assert.equal(p.document.querySelector("img").alt, "This is state 2.");
  assert.equal(select.value, "0");
});

test("screen readers are told once the reader rests", async () => {
  const p = page(["m.a"]);
  p.registry.pack(svgPack("m.a"));
  slide(p, "m.a", 0);
  slide(p, "m.a", 2);
  await settled();
  const status = p.document.querySelector("[role=status]");
  assert.equal(status.textContent, "");
  await new Promise((resolve) => setTimeout(resolve, 350));
  assert.equal(status.textContent, "This is state 4.");
});

test("a state left behind while loading is never shown", async () => {
  const p = page(["m.a"]);
  slide(p, "m.a", 0);
  slide(p, "m.a", 2);
  await settled();
  assert.equal(p.document.querySelector("img").alt, "first");
  p.registry.pack(svgPack("m.a"));
  await settled();
  assert.equal(p.document.querySelector("img").alt, "This is state 4.");
  assert.equal(p.shown.size, 1);
});

test("frames are fetched on the first touch, from the site's root, once", () => {
  const p = page(["m.a"]);
  assert.equal(p.document.querySelectorAll("head script").length, 0);
  slide(p, "m.a", 0);
  slide(p, "m.a", 1);
  const scripts = [...p.document.querySelectorAll("head script")];
  assert.deepEqual(scripts.map((s) => s.src), ["http://localhost/demos/m.a.js?v=1"]);
});

test("frames that cannot be fetched leave the first picture and say why", async () => {
  const p = page(["m.a"]);
  slide(p, "m.a", 0);
  p.document.querySelector("head script").onerror();
  await settled();
  const box = p.document.querySelector("figure");
  assert.equal(box.dataset.state, "failed");
  assert.match(box.querySelector("[role=status]").textContent, /cannot move here: its frames could not be loaded/);
  assert.ok([...box.querySelectorAll("input, select, button")].every((c) => c.disabled));
  assert.equal(box.querySelector("img").alt, "first");
});

test("a damaged pack, or one for another grid, says so", async () => {
  for (const bad of [{ ...svgPack("m.a"), data: "!!" }, svgPack("m.a", 5)]) {
    const p = page(["m.a"]);
    slide(p, "m.a", 0);
    p.registry.pack(bad);
    await settled();
    assert.equal(p.document.querySelector("figure").dataset.state, "failed");
  }
});

test("a browser without DecompressionStream is told", async () => {
  const kept = globalThis.DecompressionStream;
  delete globalThis.DecompressionStream;
  try {
    const p = page(["m.a"]);
    p.registry.pack(svgPack("m.a"));
    slide(p, "m.a", 0);
    await settled();
    assert.match(p.document.querySelector("[role=status]").textContent, /too old to unpack/);
  } finally {
    globalThis.DecompressionStream = kept;
  }
});

test("a pack that arrives before the player waits for it", async () => {
  const p = page(["m.a"], { queue: [svgPack("m.a")] });
  slide(p, "m.a", 2);
  await settled();
  assert.equal(p.document.querySelector("img").alt, "This is state 4.");
});

test("two demos on a page do not disturb each other", async () => {
  const p = page(["m.a", "m.b"]);
  p.registry.pack(svgPack("m.a"));
  p.registry.pack(svgPack("m.b"));
  slide(p, "m.b", 2);
  await settled();
  assert.deepEqual([...p.document.querySelectorAll("img")].map((i) => i.alt), ["first", "This is state 4."]);
  const ids = [...p.document.querySelectorAll("[id]")].map((e) => e.id);
  assert.equal(new Set(ids).size, ids.length);
});

test("Play walks to the end and stops; any touch stops it; reduced motion has no Play", async () => {
  const p = page(["m.a"]);
  p.registry.pack(svgPack("m.a"));
  const play = p.document.querySelector(".book-demo-play");
  play.click();
  assert.equal(play.textContent, "Pause");
  await new Promise((resolve) => setTimeout(resolve, 400));
  assert.equal(play.textContent, "Play");
  assert.equal(p.document.querySelector("input").value, "2");
  play.click(); // from the end it starts again
  assert.equal(p.document.querySelector("input").value, "0");
  slide(p, "m.a", 1);
  assert.equal(play.textContent, "Play");
  assert.equal(page(["m.a"], { reduced: true }).document.querySelector(".book-demo-play"), null);
});

test("old frames are let go", async () => {
  const p = page(["m.a"]);
  p.registry.pack(svgPack("m.a"));
  const player = p.registry.get("m.a");
  await player.prepare();
  for (let i = 0; i < 70; i++) player.pack.frame = () => ({ type: "image/svg+xml", bytes: "" });
  for (let i = 0; i < 70; i++) player.url(i);
  assert.equal(player.urls.size, 64);
  assert.equal(p.revoked.length, 6);
});

test("with Python in the page, states between the stored ones are computed, one at a time", async () => {
  const p = page(["a"]);
  p.registry.pack(svgPack("a"));
  const player = p.registry.get("a");
  const spec = { parameters: [{ smooth: true }, { smooth: false }] };
  const asked = [];
  player.goLive(spec, async (steps) => {
    asked.push(steps[0]);
    await settled();
    return { svg: "<svg/>", text: `computed at ${steps[0]}`, labels: [`ε = ${steps[0]}`, "QR"], note: "" };
  });
  for (const value of [0.25, 0.5, 1.5]) slide(p, "a", value);
  await settled();
  await settled();
  await settled();
  assert.deepEqual(asked, [0.25, 1.5], "what the reader passed by is left out");
  assert.equal(player.caption.textContent, "computed at 1.5");
  assert.equal(p.document.querySelector("output").textContent, "ε = 1.5");
  assert.equal(player.figure.dataset.frame, "computed");
  slide(p, "a", 2);
  await settled();
  assert.equal(player.caption.textContent, "This is state 4.", "a stored state is shown as stored");
});

test("when Python has ended the stored frames are back; an error is told beside the demo", async () => {
  const p = page(["a"]);
  p.registry.pack(svgPack("a"));
  const player = p.registry.get("a");
  player.goLive({ parameters: [{ smooth: true }, {}] }, async () => {
    throw new Error("Python is not running");
  });
  slide(p, "a", 0.4);
  await settled();
  assert.match(p.document.querySelector(".book-demo-note").textContent, /Python is not running/);
  player.goStatic();
  await settled();
  assert.equal(player.caption.textContent, "This is state 0.");
});

test("a demo that the page did not have gets a player of its own", async () => {
  const p = page([]);
  p.window.URL.createObjectURL = () => "blob:x";
  const player = p.registry.adopt("new", SPEC, "<svg/>", "first words");
  p.document.body.append(player.figure);
  player.goLive({ parameters: [{ smooth: true }, {}] }, async (steps) => ({ svg: "<svg/>", text: `at ${steps}`, labels: ["", ""], note: "" }));
  slide(p, "new", 2);
  await settled();
  assert.equal(player.caption.textContent, "at 2,0");
  assert.equal(player.figure.dataset.state === "failed", false);
});

// ------------------------------------------------------------------------------------------ a handle in the picture
/** A page with one demo whose handle two sliders follow: 3 steps of a quarter of the width, 2 of half the height upwards. */
function handlePage() {
  const p = page(["m.a"]);
  const figure = p.document.querySelector("figure");
  figure.querySelector(".book-demo-controls").remove();
  const numbers = { kind: "slider", start: 1 };
  const parameters = [
    { ...numbers, name: "right", label: "to the right", values: ["0", "1", "2"], handle: { axis: "x", first: 0.25, step: 0.25 } },
    { ...numbers, name: "up", label: "up", values: ["0", "1"], handle: { axis: "y", first: 0.75, step: -0.5 } },
  ];
  figure.querySelector(".book-demo-spec").textContent = JSON.stringify({ title: "box", parameters, start: 3 });
  const registry = start(p.document, "http://localhost/");
  registry.pack(svgPack("m.a"));
  const image = figure.querySelector("img");
  image.getBoundingClientRect = () => ({ left: 0, top: 0, width: 400, height: 200 });
  const knob = figure.querySelector(".book-demo-handle");
  const event = (kind, more) => {
    const made = Object.assign(new p.window.Event(kind, { cancelable: true }), { button: 0, pointerId: 1 }, more);
    knob.dispatchEvent(made);
    return made;
  };
  const pointer = (kind, clientX, clientY, more) => event(kind, { clientX, clientY, ...more });
  const place = () => [parseFloat(knob.style.left), parseFloat(knob.style.top)];
  return { ...p, figure, image, knob, player: registry.get("m.a"), pointer, place, press: (key) => event("keydown", { key }) };
}

test("the handle stands where its sliders say, and moves with them", () => {
  const p = handlePage();
  assert.deepEqual(p.place(), [50, 25]);
  assert.equal(p.knob.getAttribute("aria-label"), "to the right, up: drag, or press the arrow keys");
  assert.ok(p.image.closest(".book-demo-picture").nextElementSibling.matches(".book-demo-controls"));
  slide(p, "m.a", 2);
  assert.deepEqual(p.place(), [75, 25]);
});

test("dragged, it takes the sliders to the nearest state, and no further than their ends", async () => {
  const p = handlePage();
  p.pointer("pointermove", 300, 150);
  p.pointer("pointerdown", 205, 55, { button: 2 });
  p.pointer("pointermove", 300, 150);
  assert.deepEqual(p.place(), [50, 25], "only the first button drags");
  p.pointer("pointerdown", 205, 55); // not quite at its middle
  p.pointer("pointermove", 240, 60);
  assert.deepEqual(p.player.steps, [1, 1], "too little for a step");
  p.pointer("pointermove", 290, 150);
  await settled();
  assert.deepEqual(p.place(), [75, 75]);
  assert.equal(p.image.alt, "This is state 4.");
  assert.deepEqual([...p.figure.querySelectorAll("input")].map((i) => i.value), ["2", "0"]);
  p.pointer("pointermove", -900, -900);
  await settled();
  assert.deepEqual(p.player.steps, [0, 1]);
  p.pointer("pointerup", -900, -900);
  p.pointer("pointermove", 300, 150);
  assert.deepEqual(p.player.steps, [0, 1], "it was let go");
});

test("arrow keys move it a step in the direction that they point", async () => {
  const p = handlePage();
  assert.ok(p.press("ArrowDown").defaultPrevented);
  assert.deepEqual(p.player.steps, [1, 0]);
  p.press("ArrowDown");
  p.press("ArrowRight");
  assert.deepEqual(p.player.steps, [2, 0]);
  p.press("ArrowUp");
  p.press("ArrowLeft");
  await settled();
  assert.equal(p.image.alt, "This is state 3.");
  assert.equal(p.press("Tab").defaultPrevented, false);
});

test("while Python runs it stands between the steps too; without frames it is gone", async () => {
  const p = handlePage();
  p.player.goLive({ parameters: [{ smooth: true }, { smooth: false }] }, async (steps) => ({ svg: "<svg/>", text: `at ${steps}`, labels: ["", ""], note: "" }));
  p.pointer("pointerdown", 200, 50);
  p.pointer("pointermove", 250, 70);
  await settled();
  assert.deepEqual(p.player.steps, [1.5, 1]);
  assert.equal(p.image.alt, "at 1.5,1");
  p.player.goStatic();
  await settled();
  assert.deepEqual(p.place(), [75, 25]);
  p.player.fail(new Error("its frames could not be loaded"));
  assert.ok(p.knob.disabled);
});

// -------------------------------------------------------------------------------------------- texts and drawings
const FREE = {
  title: "attention map",
  parameters: [
    { name: "words", label: "number", kind: "text", values: ["seven", "(nothing)"], start: 0, texts: ["seven", ""], longest: 20 },
    { name: "digit", label: "digit", kind: "drawing", values: ["dot", "blank"], start: 1, shape: [2, 3] },
  ],
  start: 1,
};
const LIVE = { parameters: [{ smooth: false }, { smooth: false, pixels: ["ff0000000000", "000000000000"] }] };

/** A page with one demo of a text and a drawing, and Python that answers with what it was asked. */
function freePage() {
  const p = page(["m.a"]);
  const figure = p.document.querySelector("figure");
  figure.querySelector(".book-demo-controls").remove();
  figure.querySelector(".book-demo-spec").textContent = JSON.stringify(FREE);
  const registry = start(p.document, "http://localhost/");
  registry.pack(svgPack("m.a", 4));
  const player = registry.get("m.a");
  const asked = [];
  const answer = async (steps) => {
    asked.push([...steps]);
    return { svg: "<svg/>", text: `computed for ${steps}`, labels: steps.map(String), note: "" };
  };
  const input = figure.querySelector("input[type=text]");
  const canvas = figure.querySelector("canvas");
  canvas.getBoundingClientRect = () => ({ left: 0, top: 0, width: 300, height: 200 });
  const pointer = (kind, x, y, button = 0) =>
    canvas.dispatchEvent(Object.assign(new p.window.Event(kind, { cancelable: true }), { clientX: x, clientY: y, button, pointerId: 1 }));
  return { ...p, figure, player, asked, answer, input, canvas, pointer, selects: [...figure.querySelectorAll("select")] };
}

async function chosen(p, select, value) {
  select.value = value;
  select.dispatchEvent(new p.window.Event("change"));
  await settled();
}

test("without Python a reader chooses among the examples, and is told that more is possible", async () => {
  const p = freePage();
  const own = [...p.figure.querySelectorAll(".book-demo-own")];
  assert.ok(own.every((row) => row.hidden));
  assert.match(p.figure.querySelector(".book-demo-hint").textContent, /Press Run, and you can type anything/);
  assert.deepEqual([...p.selects[0].options].filter((o) => !o.hidden).map((o) => o.textContent), ["seven", "(nothing)"]);
  await chosen(p, p.selects[0], "1");
  await chosen(p, p.selects[1], "0");
  assert.equal(p.figure.querySelector("img").alt, "This is state 2.");
});

test("with Python a reader types, and the examples stay", async () => {
  const p = freePage();
  p.player.goLive(LIVE, p.answer, "", Pad);
  assert.ok([...p.figure.querySelectorAll(".book-demo-own")].every((row) => !row.hidden));
  assert.ok([...p.figure.querySelectorAll(".book-demo-hint")].every((hint) => hint.hidden));
  assert.equal(p.document.querySelector(`label[for="${p.input.id}"]`).textContent, "or type");
  assert.deepEqual([p.input.value, p.input.maxLength], ["seven", 20]);
  for (const typed of ["", "<b>&amp;", "👩‍👧 ёж 漢字"]) {
    p.input.value = typed;
    p.input.dispatchEvent(new p.window.Event("input"));
    await settled();
    assert.deepEqual(p.asked.at(-1), [typed, 1]);
    assert.equal(p.player.caption.textContent, `computed for ${typed},1`);
    assert.equal(p.input.value, typed);
    assert.equal(p.selects[0].value, "own");
  }
  await chosen(p, p.selects[0], "0");
  assert.equal(p.input.value, "seven");
  assert.equal(p.figure.querySelector("img").alt, "This is state 1.", "an example's stored frame");
});

test("with Python a reader draws, clears, and goes on from an example", async () => {
  const p = freePage();
  p.player.goLive(LIVE, p.answer, "", Pad);
  p.pointer("pointermove", 50, 50);
  p.pointer("pointerdown", 50, 50, 2);
  assert.deepEqual(p.asked, [], "nothing is drawn before the first button is down");
  p.pointer("pointerdown", 50, 50);
  p.pointer("pointermove", 250, 50);
  p.pointer("pointerup", 250, 50);
  p.pointer("pointermove", 250, 150);
  await settled();
  const drawn = p.asked.at(-1)[1];
  assert.match(drawn, /^[0-9a-f]{12}$/);
  assert.equal(drawn.slice(0, 6), "ffffff", "the first row is full of ink");
  const image = p.painted.at(-1);
  assert.deepEqual([image.width, image.height, ...image.data.slice(0, 4)], [3, 2, 0, 0, 0, 255], "black, opaque");
  assert.notEqual(drawn.slice(6), "ffffff");
  assert.equal(p.selects[1].value, "own");
  p.figure.querySelector(".book-demo-pad button").click();
  await settled();
  assert.equal(p.asked.at(-1)[1], "000000000000");
  await chosen(p, p.selects[1], "0");
  p.pointer("pointerdown", 250, 150);
  await settled();
  assert.match(p.asked.at(-1)[1], /^ff.*ff$/, "the example's ink and the reader's");
  p.pointer("pointercancel", 0, 0);
  assert.match(p.canvas.getAttribute("aria-label"), /digit: a field to draw in.*choose an example/);
});

test("Reset, and the end of Python, give the first examples back", async () => {
  const p = freePage();
  p.player.goLive(LIVE, p.answer, "", Pad);
  p.input.value = "nine";
  p.input.dispatchEvent(new p.window.Event("input"));
  p.pointer("pointerdown", 50, 50);
  await settled();
  p.figure.querySelector(".book-demo-reset").click();
  await settled();
  assert.deepEqual([p.input.value, p.selects[0].value, p.selects[1].value], ["seven", "0", "1"]);
  assert.equal(p.figure.querySelector("img").alt, "This is state 1.");
  p.input.value = "nine";
  p.input.dispatchEvent(new p.window.Event("input"));
  await settled();
  p.player.goStatic();
  await settled();
  assert.equal(p.figure.querySelector("img").alt, "This is state 1.");
  assert.ok([...p.figure.querySelectorAll(".book-demo-own")].every((row) => row.hidden));
});

test("what cannot be computed is said beside the demo, and the next is computed", async () => {
  const p = freePage();
  p.player.goLive(LIVE, async ([words]) => {
    if (words === "bad") throw new Error("number may have 20 characters, but has 10,000");
    return { svg: "<svg/>", text: `computed for ${words}`, labels: ["", ""], note: "" };
  }, "", Pad);
  for (const [typed, told] of [["bad", /10,000/], ["good", /^$/]]) {
    p.input.value = typed;
    p.input.dispatchEvent(new p.window.Event("input"));
    await settled();
    assert.match(p.figure.querySelector(".book-demo-note").textContent, told);
  }
  assert.equal(p.player.caption.textContent, "computed for good");
});
