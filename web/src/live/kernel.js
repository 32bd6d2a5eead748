// Python for one page: its files are fetched and compared here, and run in a worker inside a sandboxed frame. The frame has
// an origin of its own and a policy that allows no connection, so that nothing typed into a cell can reach the network,
// this page, or another page's storage.
import { element } from "./dom.js";

const POLICY = "default-src 'none'; script-src 'unsafe-inline' 'wasm-unsafe-eval' blob:; worker-src blob:";
// The frame keeps the compiled binary: a worker that follows another one starts at once.
const FRAME = `<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${POLICY}"><script>
let address, worker, compiled;
addEventListener("message", ({ data, ports }) => {
  worker?.terminate();
  worker = null;
  if (data.end) return;
  address ??= URL.createObjectURL(new Blob([data.code], { type: "text/javascript" }));
  try { worker = new Worker(address); } catch (error) { return parent.postMessage({ type: "fatal", text: "the worker did not start: " + error.message }, "*"); }
  worker.onmessage = ({ data }) => (compiled = data.module);
  worker.onerror = (error) => parent.postMessage({ type: "fatal", text: error.message || "the worker did not start" }, "*");
  if (compiled) data.boot = { ...data.boot, wasm: null, module: compiled };
  worker.postMessage({ ...data.boot, port: ports[0] }, [ports[0]]);
});
</script>`;
const PLACES = ["base", "mpl-data"]; // packs that have a place of their own; others are paths to import from, or pieces of lib

/** What outlives a restart: the files that were fetched, and the frame. One for each document. */
class Engine {
  static of(doc, root) {
    return (engines.has(doc) ? engines : engines.set(doc, new Engine(doc, root))).get(doc);
  }

  constructor(doc, root) {
    Object.assign(this, { doc, here: new URL("_static/", root).href, blobs: new Map(), seen: new Map() });
  }

  /** What there is to fetch: {wasm, packs: name → file, lib: name → file}, each {file, size, unpacked, sha256, …}. */
  async known() {
    this.live ??= await json(`${this.here}live.json`);
    this.worker ??= await text(this.here + (this.live.worker ?? "worker.js"));
    return this.live;
  }

  /** Return files, fetched once, telling `report(bytes so far, bytes in all)` of those that were not here yet. */
  async fetch(wanted, report) {
    const missing = wanted.filter(({ file }) => this.seen.get(file) !== Infinity);
    const all = missing.reduce((sum, { size }) => sum + size, 0);
    const told = () => report(missing.reduce((sum, { file, size }) => sum + Math.min(size, this.seen.get(file) ?? 0), 0), all);
    const come = (file, bytes) => (this.seen.set(file, bytes), told());
    const one = (entry) => {
      const coming = checked(`${this.here}python/`, entry, (bytes) => come(entry.file, bytes));
      coming.then(
        () => come(entry.file, Infinity),
        () => this.blobs.delete(entry.file), // the next start tries again
      );
      return coming;
    };
    for (const entry of wanted) if (!this.blobs.has(entry.file)) this.blobs.set(entry.file, one(entry));
    return Promise.all(wanted.map(({ file }) => this.blobs.get(file)));
  }

  async opened() {
    this.frame ??= new Promise((resolve) => {
      const frame = element(this.doc, "iframe", { sandbox: "allow-scripts", hidden: "", "aria-hidden": "true", tabindex: "-1", srcdoc: FRAME });
      frame.addEventListener("load", () => resolve(frame), { once: true });
      this.doc.body.append(frame);
    });
    return this.frame;
  }
}
const engines = new WeakMap();

export class Kernel {
  /** `root` is the site's address, `page` the page's own data; `tell(text, share)` hears how far loading has come. */
  constructor(doc, root, page, tell) {
    Object.assign(this, { doc, page, tell, engine: Engine.of(doc, root) });
    this.jobs = new Map();
    this.serial = 0;
  }

  /** Fetch Python and start it; resolves when it is ready, with what was measured. */
  async start(verdicts) {
    const started = performance.now();
    const [{ wasm, packs, lib }, frame] = await Promise.all([this.engine.known(), this.engine.opened()]);
    this.known = { ...packs, ...lib };
    const names = closure(this.known, ["base", ...this.page.lib, ...this.page.packages]);
    this.loaded = new Set(names);
    const wanted = [wasm, ...names.map((name) => this.known[name])];
    const coming = this.engine.fetch(wanted, (here, all) =>
      this.tell(`Fetching Python: ${megabytes(here)} of ${megabytes(all)} MB …`, 0.95 * (here / all)),
    );
    coming.catch(() => {}); // it is awaited below
    const binary = await this.engine.blobs.get(wasm.file);
    if (this.ended) throw new Error("stopped");
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    const ready = new Promise((resolve, reject) => (this.ready = { resolve, reject }));
    ready.catch(() => {});
    port1.onmessage = ({ data }) => this.hear(data);
    this.window = frame.contentWindow;
    this.overhear = ({ source, data }) => source === this.window && data?.type === "fatal" && this.hear(data);
    this.doc.defaultView.addEventListener("message", this.overhear);
    const settings = { absent: this.page.absent, verdicts };
    this.window.postMessage({ code: this.engine.worker, boot: { wasm: binary, settings } }, "*", [port2]);
    const [, ...blobs] = await coming.catch((error) => {
      this.stop();
      throw error;
    }); // while the binary is compiled
    const fetched = performance.now() - started;
    if (this.ended) throw new Error("stopped");
    this.tell("Starting Python …", 1);
    port1.postMessage({ type: "boot", packs: this.told(names, blobs) });
    const measured = await ready;
    const total = Math.round(performance.now() - started);
    const bytes = wanted.reduce((sum, { size }) => sum + size, 0);
    return { ...measured, bytes, fetching: Math.round(fetched), fetched: wanted.map(({ file }) => file), total };
  }

  hear(data) {
    const job = this.jobs.get(data.id);
    if (data.type === "ready") this.ready.resolve(data);
    else if (data.type === "message") job?.on?.(JSON.parse(data.json));
    else if (data.type === "done") this.settle(data.id, data);
    else if (data.type === "fatal") {
      this.ready.reject(Object.assign(new Error(data.text), { name: data.name ?? "Error" }));
      this.dead = data.text;
      for (const id of [...this.jobs.keys()]) this.settle(id, { ok: false, dead: data.text });
    }
  }

  settle(id, result) {
    this.jobs.get(id)?.resolve(result);
    this.jobs.delete(id);
  }

  send(message, on) {
    if (this.ended || this.dead) return Promise.resolve({ ok: false, stopped: true });
    const id = ++this.serial;
    return new Promise((resolve) => {
      this.jobs.set(id, { on, resolve });
      this.port.postMessage({ ...message, id });
    });
  }

  /** Run a cell; packs that it imports and that are not there yet are fetched first. */
  async run(code, name, on) {
    const wanted = this.packsOf(code);
    if (wanted.length) {
      const report = (here, all) => this.tell(`Fetching ${wanted.join(", ")}: ${megabytes(here)} of ${megabytes(all)} MB …`, here / all);
      const blobs = await this.engine.fetch(wanted.map((one) => this.known[one]), report);
      await this.send({ type: "load", packs: this.told(wanted, blobs) });
      for (const one of wanted) this.loaded.add(one);
    }
    return this.send({ type: "run", code, name }, on);
  }

  /** The packs, pieces of lib among them, that `code` imports and that are not loaded yet, with what they depend on. */
  packsOf(code) {
    const modules = [...code.matchAll(/^\s*(?:import|from)\s+([A-Za-z_][\w.]*)/gm)].map(([, module]) => module);
    for (const [, from, names] of code.matchAll(/^\s*from\s+(lib(?:\.\w+)*)\s+import\s+(\([^)]*\)|[\w, ]+)/gm))
      modules.push(...names.replace(/[()]/g, "").split(",").map((name) => `${from}.${name.trim().split(" ")[0]}`));
    for (const [, names] of code.matchAll(/^\s*import\s+([\w., ]+)/gm)) modules.push(...names.split(",").map((name) => name.trim().split(" ")[0]));
    const meant = ({ imports }) => imports.some((one) => modules.some((module) => `${module}.`.startsWith(`${one}.`)));
    const names = Object.keys(this.known).filter((name) => meant(this.known[name]));
    return closure(this.known, names).filter((name) => !this.loaded.has(name));
  }

  /** Packs as the worker is told of them: where each goes, and its compressed file. */
  told(names, blobs) {
    const kind = (name) => (name.startsWith("lib.") ? "lib" : PLACES.includes(name) ? name : "path");
    return names.map((name, i) => ({ name, kind: kind(name), blob: blobs[i], unpacked: this.known[name].unpacked }));
  }

  demo(key, positions, on) {
    return this.send({ type: "demo", key, positions }, on);
  }

  /** End it at once, whatever it is doing. What was fetched stays for the next one. */
  stop() {
    this.ended = true;
    this.doc.defaultView.removeEventListener("message", this.overhear);
    this.window?.postMessage({ end: true }, "*");
    this.window = null;
    this.port?.close();
    this.ready?.reject(new Error("stopped"));
    for (const id of [...this.jobs.keys()]) this.settle(id, { ok: false, stopped: true });
  }
}

const megabytes = (bytes) => (bytes / 1e6).toFixed(1);

function closure(known, names, found = new Set()) {
  for (const name of names) {
    if (found.has(name)) continue;
    found.add(name);
    closure(known, known[name].depends, found);
  }
  return [...found];
}

const json = async (address) => (await fetched(address, { cache: "no-cache" })).json(); // asked for anew: it names the rest
const text = async (address) => (await fetched(address)).text();

/** Fetch one file, telling `report` how many bytes have come, and refuse it unless its SHA-256 is the one known. */
async function checked(folder, entry, report) {
  const first = await attempt(folder, entry, report, {});
  if (first) return first;
  const again = await attempt(folder, entry, report, { cache: "reload" }); // what the browser had kept may be spoilt
  if (again) return again;
  throw new Error(`${entry.file} is not the file this book was made with`);
}

async function attempt(folder, { file, sha256 }, report, options) {
  const integrity = globalThis.crypto?.subtle ? undefined : `sha256-${toBase64(sha256)}`; // without it the browser compares
  const answer = await fetched(folder + file, { ...options, integrity });
  const pieces = [];
  let size = 0;
  for (const reader = answer.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    pieces.push(value);
    report((size += value.length));
  }
  const blob = new Blob(pieces);
  if (integrity) return blob;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));
  const hex = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex === sha256 ? blob : null;
}

async function fetched(address, options) {
  const name = address.split("/").pop();
  let answer;
  try {
    answer = await fetch(address, options);
  } catch {
    throw new Error(`${name} could not be fetched from ${new URL(address).host}. Is there a network?`);
  }
  if (!answer.ok) throw new Error(`${name} is not at ${new URL(address).host} (${answer.status})`);
  return answer;
}

function toBase64(hex) {
  return btoa(String.fromCharCode(...hex.match(/../g).map((byte) => parseInt(byte, 16))));
}
