import assert from "node:assert/strict";
import { test } from "node:test";
import { death, explained, small, unable } from "../src/live/able.js";
import { inWords } from "../src/live/limits.js";

const view = (more = {}) => ({ WebAssembly: { validate: () => true }, Worker: class {}, navigator: {}, ...more });
const sentences = (text) => text.split(/[.?!](?:\s|$)/).filter(Boolean).length;

test("a browser that can is told nothing", () => {
  assert.equal(unable(view()), "");
});

test("each lack of a browser is one sentence that says what to do", () => {
  const asked = [];
  const lacks = (at) => ({ validate: (bytes) => (asked.push(bytes), asked.length !== at) });
  for (const [more, expected] of [
    [{ WebAssembly: undefined }, /WebAssembly is switched off .* allow it for this site, or open this notebook in Colab or download it/],
    [{ WebAssembly: lacks(1) }, /Chrome or Edge 137, Firefox 131, Safari 18\.4 .* update this browser, or open this notebook in Colab/],
    [{ WebAssembly: lacks(3) }, /Chrome or Edge 137/],
    [{ Worker: undefined }, /no worker.* allow it/],
  ]) {
    const text = unable(view(more));
    assert.match(text, expected);
    assert.equal(sentences(text.replaceAll("18.4", "")), 1, text);
  }
  for (const bytes of asked) assert.deepEqual([...bytes.slice(0, 8)], [0, 97, 115, 109, 1, 0, 0, 0]);
});

test("what a probe asks for is what it names: without the instruction both are valid modules", () => {
  const asked = [];
  unable(view({ WebAssembly: { validate: (bytes) => asked.push([...bytes]) } }));
  const [exceptions, vectors] = asked;
  const plain = (code) => new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, code.length + 4, 1, code.length + 2, 0, ...code, 11]);
  assert.ok(WebAssembly.validate(plain([65, 0, 26])));
  assert.ok(WebAssembly.validate(new Uint8Array(vectors)), "node has vectors");
  assert.ok(!WebAssembly.validate(new Uint8Array(vectors.map((byte) => (byte === 253 ? 254 : byte)))));
  assert.ok(exceptions.includes(31) && exceptions.includes(105)); // try_table, exnref; the browser test validates it
});

test("each trouble of a start is told with what to do, and that what was typed is kept", () => {
  const online = view({ navigator: { onLine: true } });
  for (const [text, expected] of [
    ["numpy-1a.zip is not the file this book was made with", /^numpy-1a\.zip is not the file .*: reload the page, .* tell whoever serves this book/],
    ["python-1.wasm could not be fetched from book.test. Is there a network?", /book\.test.*Look after the network and press Run again/],
    ["Failed to fetch", /Look after the network/],
    ["python-1.wasm is not at book.test (404)", /reload the page/],
    ["RangeError: WebAssembly.Memory(): could not allocate memory", /too little memory .*400 MB.*close other tabs/],
    ["WebAssembly.instantiate(): Out of memory: Cannot allocate Wasm memory for new instance", /too little memory/],
    ["out of memory", /too little memory/],
    ["Array buffer allocation failed", /too little memory/],
    ["the worker did not start", /blocks the worker.*allow it for this site, or open this notebook in Colab/],
    ["Failed to construct 'Worker': Access denied (SecurityError)", /blocks the worker/],
    ["QuotaExceededError", /storage is full: free/],
    ["something\nelse", /^Python did not start \(something\): reload the page/],
  ])
    assert.match(explained(new Error(text), online), expected);
  assert.match(explained(new RangeError("no"), online), /too little memory/);
  const lost = explained(new TypeError("Failed to fetch"), view({ navigator: { onLine: false } }));
  assert.match(lost, /^This device is offline, .*: connect it and press Run again; what you typed is kept\.$/);
  assert.match(explained("a text", online), /a text/);
});

test("a death names its cause where it is known", () => {
  assert.match(death("Maximum call stack size exceeded"), /\(the recursion went too deep for a browser\)/);
  assert.match(death("InternalError: too much recursion"), /recursion/);
  assert.match(death("out of memory"), /\(its memory was full\)/);
  assert.match(death("exit with exit code 1"), /\(a cell told it to exit\)/);
  assert.match(death("memory access out of bounds"), /\(memory access out of bounds\)/);
  assert.match(death(), /^Python ended; what you typed is kept\. Press Run/);
});

test("small is what has little memory, or a phone's screen under a finger", () => {
  const screen = (matching, deviceMemory) => ({ navigator: { deviceMemory }, matchMedia: (query) => ({ matches: matching.some((one) => query.includes(one)) }) });
  assert.ok(small(screen([], 4)) && small(screen([], 0.5)) && small(screen(["coarse", "600px"])));
  assert.ok(!small(screen([], 8)) && !small(screen(["600px"], 8)) && !small(screen(["coarse"])) && !small(screen([], undefined)));
  assert.ok(!small({ navigator: {} }));
});

test("times in words", () => {
  assert.deepEqual([1000, 45_400, 60_000, 119_000, 300_000, 345_000].map(inWords), ["1 s", "45 s", "60 s", "119 s", "5 min", "5 min 45 s"]);
});
