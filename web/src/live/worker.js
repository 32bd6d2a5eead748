// The worker: CPython in WebAssembly, with files that the page has handed over. It fetches nothing.
// A classic worker: from an origin of its own, Chromium starts no module worker.
//
// The engine's interface, behind which another one could stand. To it, once:
//   {port, module or wasm, settings}    wasm: the compressed binary, a Blob
// then through the port, as soon as they have been fetched:
//   {type: "boot", packs}    a pack: {name, kind, blob, unpacked}
// and then jobs, each answered with {type: "done", id, ok}:
//   {type: "run", id, code, name}   {type: "demo", id, key, positions}   {type: "load", id, packs}
// From it: {type: "ready", …}, {type: "message", id, json} (see lib/book/kernel.py), {type: "fatal", text};
// and {module} to whoever started it: the compiled binary, for the next worker.
import { compile, inflate } from "./inflate.js";
import { System } from "./system.js";

let port, system, current;

self.onmessage = async ({ data }) => {
  port = data.port;
  try {
    port.postMessage({ type: "ready", ...(await boot(data)) });
    let queue = Promise.resolve();
    port.onmessage = ({ data: job }) => (queue = queue.then(() => work(job)));
  } catch (error) {
    fatal(error);
  }
};

async function boot({ module, wasm, settings }) {
  const started = performance.now();
  const since = () => Math.round(performance.now() - started);
  const compiling = module ?? compile(wasm);
  const { packs } = await new Promise((resolve) => (port.onmessage = ({ data }) => resolve(data)));
  const files = await Promise.all(packs.map(inflated));
  const inflatedAt = since();
  const compiled = await compiling;
  const compiledAt = since();
  if (!module) self.postMessage({ module: compiled });
  system = new System(say);
  add(files);
  await system.start(compiled);
  const core = since();
  if (!(await system.turn(`__import__("lib.book.kernel").book.kernel.attach(${python(settings)})`)))
    throw new Error("the book's kernel did not start");
  return { inflated: inflatedAt, compiled: compiledAt, core, ms: since() };
}

const inflated = async (file) => ({ ...file, bytes: await inflate(file.blob, file.unpacked) });

function add(files) {
  for (const { name, kind, bytes } of files) system.add(name, kind, bytes);
}

/** What Python says, as JSON text. */
function say(json) {
  port.postMessage({ type: "message", id: current, json });
}

/** A value as a Python literal: the text of its JSON. */
const python = (value) => JSON.stringify(JSON.stringify(value));

async function work(job) {
  current = job.id;
  try {
    let ok = true;
    if (job.type === "load") {
      add(await Promise.all(job.packs.map(inflated)));
      await system.refresh();
    } else {
      const { type, ...told } = job;
      await system.turn(`__import__("lib.book.kernel").book.kernel.turn(${python({ type, ...told })})`);
      ok = system.ok;
    }
    port.postMessage({ type: "done", id: job.id, ok });
  } catch (error) {
    fatal(error);
  }
}

function fatal(error) {
  port.postMessage({ type: "fatal", name: error?.name ?? "Error", text: String(error?.message ?? error).split("\n")[0] });
}
