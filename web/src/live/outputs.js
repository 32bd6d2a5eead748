// What a cell says, as elements. Text is text, pictures are <img>, and HTML that a reader's code made is shown in a frame
// that may run nothing, load nothing and read nothing.
import { element } from "./dom.js";
import { Terminal, plain, printed } from "./terminal.js";

const NOTHING = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:";
const MARKS = { pass: "✓", fail: "✗", todo: "○" };
const STATES = { pass: "✓ done", fail: "✗ not right yet", todo: "○ not attempted" };

/** Return the element for a message of the kernel (see lib/book/kernel.py), or null where it has none. */
export function rendered(doc, message) {
  switch (message.kind) {
    case "stream":
      return printed(doc, message.text, streamOf(message));
    case "display":
      return display(doc, message.data);
    case "error":
      return printed(doc, message.traceback + advice(message), { class: "book-live-error", "data-error": message.name });
    case "verdict":
      return verdict(doc, message);
    case "progress":
      return progress(doc, message);
    case "claim":
      return claim(doc, message);
    case "table":
      return table(doc, message);
    case "map":
      return picture(doc, `data:image/svg+xml;base64,${base64(doc, message.svg)}`, message.text);
    default:
      return null;
  }
}

function streamOf({ name }) {
  return { class: `book-live-${name}`, "data-stream": name };
}

function advice({ name }) {
  return name === "NameError" ? "\n\nIf an earlier cell defines it: press “Run all above”, then run this cell again." : "";
}

function display(doc, data) {
  const text = data["text/plain"] ?? "";
  if (data["image/svg+xml"]) return picture(doc, `data:image/svg+xml;base64,${base64(doc, data["image/svg+xml"])}`, text);
  if (data["image/png"]) return picture(doc, `data:image/png;base64,${data["image/png"]}`, text, true);
  if (data["text/latex"]) return mathematics(doc, data["text/latex"]);
  if (data["text/html"]) return framed(doc, data["text/html"], text);
  if (data["text/markdown"]) return markdown(doc, data["text/markdown"]);
  return printed(doc, text);
}

function base64(doc, text) {
  return chunks(doc, new TextEncoder().encode(text));
}

function chunks(doc, bytes) {
  let out = "";
  for (let i = 0; i < bytes.length; i += 0x8000) out += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return doc.defaultView.btoa(out);
}

function picture(doc, src, alt, sharp = false) {
  const image = element(doc, "img", { src, alt: alt || "A picture without a description" });
  if (sharp) image.addEventListener("load", () => (image.width = image.naturalWidth / 2), { once: true });
  return image;
}

function framed(doc, html, text) {
  const page = `<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${NOTHING}"><body style="font:15px system-ui;margin:.5rem">${html}`;
  return element(doc, "iframe", { class: "book-live-html", sandbox: "", title: text.slice(0, 100) || "HTML output", srcdoc: page });
}

function mathematics(doc, latex) {
  const bare = latex.trim().replace(/^\$+|\$+$/g, "");
  const out = element(doc, "div", { class: "book-live-math" }, `\\[${bare}\\]`);
  const mathjax = doc.defaultView.MathJax;
  mathjax?.typesetPromise?.([out]).then(() => {
    for (const link of out.querySelectorAll("[href]")) link.removeAttribute("href"); // \href may hold a script
  });
  return out;
}

function markdown(doc, text) {
  const code = /^```python\n([^]*)\n```$/.exec(text.trim());
  return code ? element(doc, "pre", {}, code[1]) : element(doc, "div", { class: "book-live-text" }, text);
}

function verdict(doc, { name, status, headline, diagnosis, details, hints }) {
  const state = status in MARKS ? status : "todo";
  const out = element(doc, "div", { class: `book-verdict book-verdict--${state}` });
  out.append(element(doc, "p", {}, element(doc, "strong", {}, `${MARKS[state]} ${name}`), `: ${plain(headline)}`));
  if (diagnosis) out.append(element(doc, "p", { class: "book-diagnosis" }, plain(diagnosis)));
  if (details.length) out.append(element(doc, "pre", {}, plain(details.join("\n"))));
  hints.forEach((hint, i) => {
    const summary = element(doc, "summary", {}, `Hint ${i + 1} of ${hints.length}`);
    out.append(element(doc, "details", { class: "book-hint" }, summary, element(doc, "p", {}, hint)));
  });
  return out;
}

function progress(doc, { summary, states }) {
  const rows = Object.entries(states).map(([name, state]) =>
    element(doc, "tr", {}, element(doc, "td", {}, name.replaceAll("_", " ")), element(doc, "td", {}, STATES[state] ?? state)),
  );
  const head = element(doc, "tr", {}, element(doc, "th", {}, "Exercise"), element(doc, "th", {}, "State"));
  const body = element(doc, "tbody", {}, ...rows);
  return element(doc, "table", { class: "book-progress" }, element(doc, "caption", {}, summary), element(doc, "thead", {}, head), body);
}

/** A claim, as the built page sets it out (lib/book/claims.py): the columns have the same place in every cell's table. */
function claim(doc, { label, value, told, holds }) {
  const row = element(doc, "tr", { class: holds ? false : "book-claim--fails" });
  row.append(
    element(doc, "th", { scope: "row", style: "width:46%" }, label),
    element(doc, "td", { style: "width:26%" }, value),
    element(doc, "td", { class: "book-claim-bound" }, told),
  );
  return element(doc, "table", { class: "book-claims", style: "width:100%;table-layout:fixed;margin:0" }, element(doc, "tbody", {}, row));
}

function table(doc, { title, across, columns, rows, said, failures }) {
  const column = (name) => element(doc, "th", { scope: "col" }, name);
  const head = element(doc, "thead", {}, element(doc, "tr", {}, ...[across, ...columns].map(column)));
  const row = ([name, ...texts]) => element(doc, "tr", {}, element(doc, "th", { scope: "row" }, name), ...texts.map((text) => element(doc, "td", {}, text)));
  const body = element(doc, "tbody", {}, ...rows.map(row));
  const caption = title ? [element(doc, "caption", {}, title)] : [];
  const out = element(doc, "div", {}, element(doc, "table", { class: "book-table", tabindex: "0" }, ...caption, head, body));
  if (said) out.append(element(doc, "p", { class: "book-claim-bound" }, said));
  for (const line of failures) out.append(element(doc, "p", { class: "book-claim--fails" }, line));
  return out;
}

const homes = new WeakMap(); // what stands in a new output but belongs to the stored one → its place there

/** Take a cell's new output away; what it had borrowed from the stored one goes back. */
export function removeOutput(box) {
  for (const one of box.children) homes.get(one)?.replaceWith(one);
  box.remove();
}

/** The place of a cell's output: the stored one stays until the first new piece is there. */
export class Output {
  constructor(doc, cell) {
    this.doc = doc;
    this.cell = cell;
    this.box = element(doc, "div", { class: "cell_output docutils container book-live-output" });
    this.shown = false;
    this.kept = []; // what of the stored output stays in use: a demo's player, a map
    this.stream = null; // the terminal that the last piece was printed on
  }

  take() {
    if (this.shown) return;
    this.shown = true;
    const { node, tools } = this.cell;
    for (const old of node.querySelectorAll(".cell_output")) {
      if (old.classList.contains("book-live-output")) removeOutput(old);
      else old.hidden = true;
    }
    for (const one of this.kept) this.borrow(one, this.box.firstChild);
    (node.querySelector("details.hide") ?? tools).after(this.box);
  }

  /** Something of the stored output stays in use: in its place if there is nothing else, and otherwise in the new one. */
  keep(one) {
    this.stream?.paint();
    this.stream = null;
    if (this.shown) this.borrow(one, null);
    else this.kept.push(one);
  }

  borrow(one, before) {
    const home = this.doc.createComment("");
    one.replaceWith(home);
    homes.set(one, home);
    this.box.insertBefore(one, before);
  }

  add(message) {
    if (message.kind === "stream") this.print(message);
    else {
      const made = rendered(this.doc, message);
      if (!made) return;
      this.place(made);
    }
    this.take();
  }

  /** Print on the terminal of the last piece, or on a new one below. */
  print(message) {
    if (this.stream?.node.dataset.stream !== message.name) {
      const terminal = new Terminal(this.doc, streamOf(message));
      this.place(terminal.node);
      this.stream = terminal;
    }
    this.stream.write(message.text);
  }

  /** Put an element below what is there. */
  place(made) {
    this.stream?.paint();
    this.stream = null;
    this.box.append(made);
  }

  /** The cell has ended: all that was printed is shown; without an error and without a word, its old output goes too. */
  finish(ok, keep) {
    this.stream?.paint();
    if (ok && !keep) this.take();
  }
}
