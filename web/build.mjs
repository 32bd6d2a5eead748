// Bundle src/ into one script and one style sheet: node build.mjs [folder]. The result is committed; CI rebuilds and compares.
import { copyFile } from "node:fs/promises";
import { build } from "esbuild";

const folder = process.argv[2] ?? "dist";

await build({
  entryPoints: { book: "src/index.js" },
  outdir: folder,
  bundle: true,
  format: "iife",
  target: ["es2020"],
  minify: true,
  legalComments: "none",
  charset: "utf8",
});
await copyFile("src/favicon.svg", `${folder}/favicon.svg`);
