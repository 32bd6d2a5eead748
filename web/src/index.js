// The bundle's entry: <site>/_static/book.js, so the site's root is one folder up. Works from a folder (file://) too.
import "./book.css";
import { start } from "./book.js";
import { offer } from "./live/offer.js";
import { startMaps } from "./map.js";
import { startPrint } from "./print.js";

const root = new URL("../", document.currentScript.src).href;

function begin() {
  startPrint(document);
  start(document, root);
  window.BookMaps = startMaps(document);
  window.BookLive = offer(document, root);
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
else begin();
