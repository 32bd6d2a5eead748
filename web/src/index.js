// The bundle's entry: <site>/_static/book.js, so the site's root is one folder up. Works from a folder (file://) too.
import "./book.css";
import { start } from "./book.js";

const root = new URL("../", document.currentScript.src).href;
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => start(document, root));
else start(document, root);
