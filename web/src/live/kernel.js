// Python for one page: its files are fetched and checked here, and run in a worker inside a sandboxed frame. The frame has
// an origin of its own and a policy that allows no connection, so that nothing typed into a cell can reach the network,
// this page, or another page's storage.
import { element } from "./dom.js";

const POLICY = "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval' blob:; worker-src blob:";
const FRAME = `<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${POLICY}"><script>
addEventListener("message", ({ data, ports }) => {
  const worker = new Worker(URL.createObjectURL(new Blob([data.code], { type: "text/javascript" })));
  worker.onerror = (error) => parent.postMessage({ type: "fatal", text: error.message || "the worker did not start" }, "*");
  worker.postMessage(data.boot, [ports[0]]);
}, { once: true });
</script>`;

export class Kernel {
  /** `root` is the site's address, `page` the page's own data; `tell(text, share)` hears how far loading has come. */
  constructor(doc, root, page, tell) {
    Object.assign(this, { doc, root, page, tell });
    this.jobs = new Map();
    this.serial = 0;
  }

  /** Fetch Python and start it; resolves when it is ready, with what was measured. */
  async start(verdicts) {
    const started = performance.now();
    const parts = await this.files();
    if (this.ended) throw new Error("stopped");
    this.tell(`Starting Python (${(parts.bytes / 1e6).toFixed(1)} MB) …`, 1);
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    const ready = new Promise((resolve, reject) => (this.ready = { resolve, reject }));
    port1.onmessage = ({ data }) => this.hear(data);
    this.overhear = ({ source, data }) => source === this.frame?.contentWindow && data?.type === "fatal" && this.hear(data);
    this.doc.defaultView.addEventListener("message", this.overhear);
    this.frame = element(this.doc, "iframe", { sandbox: "allow-scripts", hidden: "", "aria-hidden": "true", tabindex: "-1", srcdoc: FRAME });
    await new Promise((resolve) => {
      this.frame.addEventListener("load", resolve, { once: true });
      this.doc.body.append(this.frame);
    });
    const settings = { absent: parts.absent, verdicts };
    const boot = { port: port2, files: parts.files, lock: parts.lock, packages: parts.packages, lib: parts.lib, settings };
    this.frame.contentWindow.postMessage({ code: parts.worker, boot }, "*", [port2]);
    const measured = await ready;
    return { ...measured, bytes: parts.bytes, total: Math.round(performance.now() - started) };
  }

  hear(data) {
    const job = this.jobs.get(data.id);
    if (data.type === "ready") this.ready.resolve(data);
    else if (data.type === "message") job?.on(JSON.parse(data.json));
    else if (data.type === "done") this.settle(data.id, data);
    else if (data.type === "fatal") {
      this.ready.reject(new Error(data.text));
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

  /** Run a cell; packages that it imports and that are not there yet are fetched first. */
  async run(code, name, on) {
    const wanted = this.packagesOf(code);
    if (wanted.length) {
      this.tell(`Fetching ${wanted.join(", ")} …`, 0.9);
      const files = await this.fetchAll(wanted.map((one) => this.fileOf(one)), () => {});
      await this.send({ type: "load", files, ...this.sorted(wanted) });
      for (const one of wanted) this.loaded.add(one);
    }
    return this.send({ type: "run", code, name }, on);
  }

  /** The known packages, and pieces of lib, that `code` imports and that are not loaded yet, with what they depend on. */
  packagesOf(code) {
    const modules = [...code.matchAll(/^\s*(?:import|from)\s+([A-Za-z_][\w.]*)/gm)].map(([, module]) => module);
    for (const [, names] of code.matchAll(/^\s*from\s+lib\s+import\s+([\w, ]+)/gm))
      modules.push(...names.split(",").map((name) => `lib.${name.trim().split(" ")[0]}`));
    const meant = ({ imports }) => imports.some((one) => modules.some((module) => `${module}.`.startsWith(`${one}.`)));
    const names = Object.keys(this.known).filter((name) => meant(this.known[name]));
    return closure(this.known, names).filter((name) => this.available(name) && !this.loaded.has(name));
  }

  /** Names of what is known, as what the worker has to do with each: install a package, unpack a piece of lib. */
  sorted(names) {
    const lib = names.filter((name) => this.live.lib[name]);
    return { packages: names.filter((name) => !lib.includes(name)), lib: lib.map((name) => this.known[name].file_name) };
  }

  demo(key, positions, on) {
    return this.send({ type: "demo", key, positions }, on);
  }

  /** End it at once, whatever it is doing. */
  stop() {
    this.ended = true;
    this.doc.defaultView.removeEventListener("message", this.overhear);
    this.frame?.remove();
    this.ready?.reject(new Error("stopped"));
    for (const id of [...this.jobs.keys()]) this.settle(id, { ok: false, stopped: true });
  }

  // ------------------------------------------------------------------------------------------------- fetching
  /** Fetch what the page needs; every file is compared with its known fingerprint. */
  async files() {
    const here = new URL("_static/", this.root).href;
    const [pins, live] = await Promise.all([json(here + "pyodide.json"), json(here + "live.json")]);
    Object.assign(this, { here, live, known: { ...pins.packages, ...live.lib } });
    this.base = new URL(live.pyodide, here).href;
    this.available = (name) => live.lib[name] || !live.bundled || live.bundled.includes(name);
    const names = closure(this.known, [...this.page.lib, ...this.page.packages]).filter(this.available);
    const { packages, lib } = this.sorted(names);
    this.loaded = new Set(names);
    const wanted = [
      ...Object.entries(pins.core).map(([name, { sha256 }]) => ({ name, url: this.base + name, sha256 })),
      ...names.map((name) => this.fileOf(name)),
    ];
    const worker = (await fetch(here + "worker.js")).text();
    const all = pins.bytes + 4e6 * packages.length; // the packages' sizes are not in the lock: a guess
    const files = await this.fetchAll(wanted, (bytes) =>
      this.tell(`Fetching Python: ${(bytes / 1e6).toFixed(1)} MB …`, Math.min(0.95, bytes / all)),
    );
    const absent = { ...this.page.absent };
    for (const { name, imports } of Object.values(pins.packages))
      if (!this.available(name)) for (const module of imports) absent[module] = `${name} is not loaded in this page`;
    const bytes = Object.values(files).reduce((sum, blob) => sum + blob.size, 0);
    const lock = { info: pins.info, packages: pins.packages };
    return { files, lock, packages, lib, absent, bytes, worker: await worker };
  }

  fileOf(name) {
    const { file_name, sha256 } = this.known[name];
    return { name: file_name, url: (this.live.lib[name] ? this.here : this.base) + file_name, sha256 };
  }

  async fetchAll(wanted, report) {
    const seen = new Map();
    const add = (name, bytes) => {
      seen.set(name, bytes);
      report([...seen.values()].reduce((a, b) => a + b, 0));
    };
    const blobs = await Promise.all(wanted.map((file) => checked(file, add)));
    return Object.fromEntries(wanted.map(({ name }, i) => [name, blobs[i]]));
  }
}

function closure(known, names, found = new Set()) {
  for (const name of names) {
    if (found.has(name)) continue;
    found.add(name);
    closure(known, known[name].depends, found);
  }
  return [...found];
}

async function json(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address} is not there (${answer.status})`);
  return answer.json();
}

/** Fetch one file, telling `report` how much has come, and refuse it unless its SHA-256 is the one known. */
async function checked({ name, url, sha256 }, report) {
  if (!globalThis.crypto?.subtle) {
    // without a secure context the browser itself compares (subresource integrity)
    const answer = await fetched(name, url, { integrity: `sha256-${toBase64(sha256)}` });
    const blob = await answer.blob();
    report(name, blob.size);
    return blob;
  }
  const answer = await fetched(name, url);
  const pieces = [];
  let size = 0;
  for (const reader = answer.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    pieces.push(value);
    report(name, (size += value.length));
  }
  const blob = new Blob(pieces);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));
  const hex = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (hex !== sha256) throw new Error(`${name} is not the file this book was made with`);
  return blob;
}

async function fetched(name, url, options) {
  let answer;
  try {
    answer = await fetch(url, options);
  } catch {
    throw new Error(`${name} could not be fetched from ${new URL(url).host}. Is there a network?`);
  }
  if (!answer.ok) throw new Error(`${name} is not at ${new URL(url).host} (${answer.status})`);
  return answer;
}

function toBase64(hex) {
  return btoa(String.fromCharCode(...hex.match(/../g).map((byte) => parseInt(byte, 16))));
}
