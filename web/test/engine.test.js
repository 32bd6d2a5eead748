import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { JSDOM } from "jsdom";
import { Kernel } from "../src/live/kernel.js";
import { members } from "../src/live/system.js";

/** A zip whose members are stored, as tools/engine.py writes them. */
function zip(files) {
  const parts = [];
  const directory = [];
  let at = 0;
  for (const [name, text] of files) {
    const [path, data] = [Buffer.from(name), Buffer.from(text)];
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(path.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt32LE(data.length, 20);
    entry.writeUInt32LE(data.length, 24);
    entry.writeUInt16LE(path.length, 28);
    entry.writeUInt32LE(at, 42);
    parts.push(local, path, data);
    directory.push(entry, path);
    at += 30 + path.length + data.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(at, 16);
  return new Uint8Array(Buffer.concat([...parts, ...directory, end]));
}

test("the members of a zip are found, and what is no zip or is compressed is refused", () => {
  const files = [["a.py", "x = 1\n"], ["lib/book/é.py", ""], ["lib/z.md", "text"]];
  const found = [...members(zip(files))].map(([path, data]) => [path, Buffer.from(data).toString()]);
  assert.deepEqual(found, files);
  assert.throws(() => [...members(new Uint8Array(100))], /not a zip/);
  const packed = zip([["a", "b"]]);
  packed[32 + 10] = 8; // of the entry in the directory: deflated
  assert.throws(() => [...members(packed)], /must be stored/);
});

const FILES = { "python-1.zst": "binary", "base-1.zst": "base", "numpy-1.zst": "numpy", "lib.book-1.zst": "lib" };
const sha = (text) => createHash("sha256").update(text).digest("hex");
const entry = (file, depends = [], imports = []) => ({ file, size: FILES[file]?.length ?? 9, unpacked: 9, sha256: sha(FILES[file] ?? ""), depends, imports });
const LIVE = {
  wasm: entry("python-1.zst"),
  packs: {
    base: entry("base-1.zst"),
    numpy: entry("numpy-1.zst", [], ["numpy"]),
    scipy: entry("scipy-1.zst", ["numpy"], ["scipy"]),
    "scikit-learn": entry("sklearn-1.zst", ["scipy"], ["sklearn", "joblib"]),
  },
  lib: { "lib.book": entry("lib.book-1.zst", [], ["lib.book"]), "lib.losses": entry("lib.losses-1.zst", ["lib.book"], ["lib.losses"]) },
};
const PAGE = { lib: ["lib.book"], packages: ["numpy"], absent: {} };

/** A kernel on a page whose files come from `FILES`, changed by `change`; `asked` collects what was fetched. */
function kernel(change = {}) {
  const { window } = new JSDOM("", { url: "http://book.test/" });
  const asked = [];
  globalThis.fetch = async (address, options = {}) => {
    const name = address.split("/").pop();
    asked.push(options.cache === "reload" ? `${name} again` : name);
    if (name === "live.json") return new Response(JSON.stringify(LIVE));
    if (name === "worker.js") return new Response("// worker");
    const text = options.cache === "reload" ? (change[`${name} again`] ?? FILES[name]) : (change[name] ?? FILES[name]);
    return text === undefined ? new Response("", { status: 404 }) : new Response(text);
  };
  const told = [];
  const made = new Kernel(window.document, "http://book.test/", PAGE, (text) => told.push(text));
  return { made, asked, told, window };
}

test("a start fetches what the page needs, once, and tells how much of it has come", async () => {
  const { made, asked, told, window } = kernel();
  made.start({}).catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual(asked.toSorted(), ["base-1.zst", "lib.book-1.zst", "live.json", "numpy-1.zst", "python-1.zst", "worker.js"]);
  assert.match(told[0], /^Fetching Python: 0\.0 of 0\.0 MB/);
  assert.equal(window.document.querySelector("iframe").getAttribute("sandbox"), "allow-scripts");
  made.stop();
  const next = new Kernel(window.document, "http://book.test/", PAGE, () => {});
  next.start({}).catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(asked.length, 6, "what was fetched is kept for the next start");
  assert.equal(window.document.querySelectorAll("iframe").length, 1);
  next.stop();
});

test("a file that is not the known one is asked for again, and then refused by name", async () => {
  const spoilt = kernel({ "base-1.zst": "spoilt" });
  spoilt.made.start({}).catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.ok(spoilt.asked.includes("base-1.zst again"), "the copy that the browser had kept may be the spoilt one");
  spoilt.made.stop();
  const wrong = kernel({ "base-1.zst": "spoilt", "base-1.zst again": "still" });
  await assert.rejects(wrong.made.start({}), /base-1\.zst is not the file this book was made with/);
  const missing = kernel();
  missing.made.page = { ...PAGE, packages: ["scipy"] };
  await assert.rejects(missing.made.start({}), /scipy-1\.zst is not at book\.test \(404\)/);
});

test("packs are read off a cell's imports, with what they depend on", () => {
  const { made } = kernel();
  const texts = { "lib.docstrings": entry("lib.docstrings-1.zst", [], ["lib.losses.corpus"]) };
  made.known = { ...LIVE.packs, ...LIVE.lib, ...texts };
  made.loaded = new Set(["base", "lib.book"]);
  const packs = (code) => made.packsOf(code).toSorted();
  assert.deepEqual(packs("import sklearn.linear_model as m"), ["numpy", "scikit-learn", "scipy"]);
  assert.deepEqual(packs("x = 1\n  from scipy import linalg"), ["numpy", "scipy"]);
  assert.deepEqual(packs("import os, numpy as np, sys"), ["numpy"]);
  assert.deepEqual(packs("from lib import losses as l, book"), ["lib.losses"]);
  assert.deepEqual(packs("from lib.losses import (\n    tables,\n    corpus as c,\n)"), ["lib.docstrings", "lib.losses"]);
  assert.deepEqual(packs("from lib.losses import tables, corpora"), ["lib.losses"]);
  assert.deepEqual(packs("import numpyro\nscipy = 1  # import scipy"), []);
  made.loaded.add("numpy");
  assert.deepEqual(packs("import numpy"), []);
});
