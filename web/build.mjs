// Bundle src/ into web/dist (or the folder named): node build.mjs [folder]. The result is committed; a test compares.
//   book.js, book.css   on every page: demos, the buttons to run cells
//   runner.js           fetched when a reader runs or edits a cell: editor, outputs, kernel
//   worker.js           runs Python, in the frame that kernel.js makes
import { copyFile } from "node:fs/promises";
import { build } from "esbuild";

const folder = process.argv[2] ?? "dist";
const common = { outdir: folder, bundle: true, target: ["es2022"], minify: true, legalComments: "none", charset: "utf8" };
await build({ ...common, entryPoints: { book: "src/index.js" }, format: "iife", external: ["*/runner.js"] });
await build({ ...common, entryPoints: { runner: "src/live/runner.js" }, format: "esm" });
await build({ ...common, entryPoints: { worker: "src/live/worker.js" }, format: "iife" });
await copyFile("src/favicon.svg", `${folder}/favicon.svg`);
