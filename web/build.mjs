// Bundle src/ into web/dist (or the folder named): node build.mjs [folder]. The result is committed; a test compares.
//   book.js, book.css   on every page: demos, the buttons to run cells
//   runner.js           fetched when a reader runs or edits a cell: editor, outputs, kernel
//   worker.js           runs Python (Pyodide)
//   pyodide.json        which Pyodide: its files with their fingerprints, from the package that package.json pins
import { createHash } from "node:crypto";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { build } from "esbuild";

const folder = process.argv[2] ?? "dist";
const common = { outdir: folder, bundle: true, target: ["es2022"], minify: true, legalComments: "none", charset: "utf8" };
await build({ ...common, entryPoints: { book: "src/index.js" }, format: "iife", external: ["*/runner.js"] });
await build({ ...common, entryPoints: { runner: "src/live/runner.js" }, format: "esm" });
await build({ ...common, entryPoints: { worker: "src/live/worker.js" }, format: "iife" });
await copyFile("src/favicon.svg", `${folder}/favicon.svg`);

const CORE = ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip"];
const WANTED = ["numpy", "scipy", "matplotlib", "scikit-learn", "sympy"];
const source = "node_modules/pyodide";
const { version } = JSON.parse(await readFile(`${source}/package.json`, "utf8"));
const lock = JSON.parse(await readFile(`${source}/pyodide-lock.json`, "utf8"));
const core = {};
for (const name of CORE) {
  const bytes = await readFile(`${source}/${name}`);
  core[name] = { size: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}
const packages = {};
for (const queue = [...WANTED]; queue.length; ) {
  const name = queue.pop();
  if (packages[name]) continue;
  packages[name] = lock.packages[name];
  queue.push(...packages[name].depends);
}
const bytes = Object.values(core).reduce((sum, { size }) => sum + size, 0);
const sorted = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1)));
const address = `https://cdn.jsdelivr.net/pyodide/v${version}/full/`;
await writeFile(`${folder}/pyodide.json`, JSON.stringify({ version, address, bytes, core, info: lock.info, packages: sorted }, null, 1) + "\n");
