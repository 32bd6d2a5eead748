// The worker: Python (Pyodide) started from files that the page has handed over. It fetches nothing.
// A classic worker: from an origin of its own, Chromium starts no module worker.
let port, python, kernel, current;
let files = {};

self.onmessage = async ({ data }) => {
  port = data.port;
  try {
    const ms = await boot(data);
    let queue = Promise.resolve();
    port.onmessage = ({ data: job }) => (queue = queue.then(() => work(job)));
    port.postMessage({ type: "ready", ...ms });
  } catch (error) {
    port.postMessage({ type: "fatal", text: String(error?.message ?? error) });
  }
};

async function boot({ files: given, lock, packages, lib, settings }) {
  const started = performance.now();
  files = given;
  const address = "https://files.invalid/"; // no such host: every file is served from memory, here
  self.fetch = async (request) => {
    const name = String(request?.url ?? request).split(/[?#]/)[0].split("/").pop();
    if (!files[name]) throw new TypeError(`${name} is not among this page's files`);
    const type = name.endsWith(".wasm") ? "application/wasm" : "application/octet-stream";
    return new Response(files[name], { headers: { "content-type": type } });
  };
  const module = (name) => import(URL.createObjectURL(new Blob([files[name]], { type: "text/javascript" })));
  const [{ loadPyodide }, { default: createPyodideModule }] = await Promise.all([module("pyodide.mjs"), module("pyodide.asm.mjs")]);
  python = await loadPyodide({
    indexURL: address,
    packageBaseUrl: address,
    lockFileContents: lock,
    createPyodideModule,
    env: { HOME: "/home/pyodide", BOOK_MODE: "page", MPLBACKEND: "agg" },
  });
  const core = Math.round(performance.now() - started);
  await load(packages, lib);
  kernel = python.pyimport("lib.book.kernel").start(
    (json) => port.postMessage({ type: "message", id: current, json }),
    JSON.stringify(settings),
  );
  return { core, ms: Math.round(performance.now() - started) };
}

async function load(packages, lib) {
  const problems = [];
  await python.loadPackage(packages, { messageCallback: () => {}, errorCallback: (text) => problems.push(text) });
  if (problems.length) throw new Error(problems.join("; "));
  const extractDir = python.runPython("import importlib, sysconfig; sysconfig.get_path('purelib')");
  for (const name of lib) python.unpackArchive(await files[name].arrayBuffer(), "zip", { extractDir });
  python.runPython("importlib.invalidate_caches()");
}

async function work(job) {
  current = job.id;
  try {
    let ok = true;
    if (job.type === "load") {
      Object.assign(files, job.files);
      await load(job.packages, job.lib);
    } else if (job.type === "demo") kernel.demo(job.key, job.positions);
    else ok = kernel.run(job.code, job.name);
    port.postMessage({ type: "done", id: job.id, ok });
  } catch (error) {
    port.postMessage({ type: "fatal", text: String(error?.message ?? error).split("\n")[0] });
  }
}
