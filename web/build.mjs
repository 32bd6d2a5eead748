// Bundle src/ into one script and one style sheet: node build.mjs [folder]. The result is committed; CI rebuilds and compares.
import { build } from "esbuild";

await build({
  entryPoints: { book: "src/index.js" },
  outdir: process.argv[2] ?? "dist",
  bundle: true,
  format: "iife",
  target: ["es2020"],
  minify: true,
  legalComments: "none",
  charset: "utf8",
});
