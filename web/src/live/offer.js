// The light part, on every page that has code: buttons, and the reader's stored answers. Python, the editor and all that
// belongs to them are fetched when a button is pressed.
import { button, element } from "./dom.js";
import { Store } from "./store.js";

/** Offer to run the page's cells; returns what the page knows about them, or null where there is nothing to run. */
export function offer(doc, root, fetchRunner = (address) => import(address)) {
  const data = doc.getElementById("book-live");
  if (!data) return null;
  const page = JSON.parse(data.textContent);
  const nodes = [...doc.querySelectorAll("div.cell")].filter((node) => node.querySelector(".cell_input pre"));
  if (nodes.length !== page.cells.length) return null;
  const store = new Store(doc.defaultView, page.page);
  const cells = nodes.map((node, at) => dress(doc, node, { ...page.cells[at], at }, store));
  const host = { doc, root, page, store, cells, announce, need };
  const bar = (host.bar = element(doc, "div", { class: "book-live-bar", role: "region", "aria-label": "Python in this page" }));
  host.status = element(doc, "p", { class: "book-live-status", role: "status" });
  host.actions = element(doc, "div", { class: "book-live-actions" });
  host.actions.append(button(doc, "Run all cells", () => act((s) => s.runAll()), { class: "book-live-all" }));
  bar.append(host.actions, host.status);
  announce(page.blocked.length ? blockedText(page) : "Runs in your browser: nothing to install. Python is fetched when you press Run.");
  for (const cell of cells) equip(cell);
  (doc.querySelector("article h1") ?? nodes[0]).after(bar);

  function announce(text) {
    host.status.textContent = text;
  }

  function equip(cell) {
    const name = `cell ${cell.at + 1}`;
    const blocked = cell.blocked;
    const label = cell.role === "exercise" ? "Run and check" : "Run";
    cell.runButton = button(doc, label, () => act((s) => s.run(cell)), { class: "book-live-run", "aria-label": `${label} ${name}` });
    cell.tools = element(doc, "div", { class: "book-live-tools" }, cell.runButton);
    if (blocked) {
      cell.runButton.disabled = true;
      cell.runButton.textContent = blocked;
    } else {
      cell.tools.append(
        button(doc, "Run all above", () => act((s) => s.runAbove(cell)), { "aria-label": `Run all cells above ${name}` }),
        button(doc, "Edit", () => act((s) => s.edit(cell)), { class: "book-live-edit", "aria-label": `Edit ${name}` }),
      );
    }
    cell.badge = element(doc, "span", { class: "book-live-badge" });
    cell.tools.append(cell.badge);
    cell.node.querySelector(".cell_input").after(cell.tools);
    remark(cell, store);
  }

  /** Do something with the page's session, which is fetched on the first occasion. */
  async function act(what) {
    try {
      return await what(await need());
    } catch (error) {
      announce(`This did not work: ${error.message ?? error}`);
      bar.dataset.state = "failed";
    }
  }

  function need() {
    if (doc.location.protocol === "file:") {
      throw new Error("a page opened from a folder may not load Python. Run `make serve` and open the address it prints.");
    }
    host.session ??= fetchRunner(new URL("_static/runner.js", root).href)
      .then((runner) => runner.open(host))
      .catch((error) => {
        host.session = null;
        throw error;
      });
    return host.session;
  }

  host.act = act;
  return host;
}

function blockedText(page) {
  const runs = page.cells.some((cell) => cell.role === "exercise" && !cell.blocked);
  return `This chapter needs ${page.blocked.join(" and ")}: open in Colab.` + (runs ? " Exercises that do without it run here." : "");
}

/** Collect what a cell consists of, and put a stored answer in its place. */
function dress(doc, node, cell, store) {
  const pre = node.querySelector(".cell_input pre");
  const original = pre.textContent.replace(/\n$/, "");
  const html = pre.innerHTML;
  const out = { ...cell, node, pre, original, html, code: original };
  const kept = store.code(out);
  if (kept !== null && kept !== original) {
    out.code = kept;
    pre.textContent = kept;
  }
  return out;
}

/** Say beside a cell what is known of it: edited, solved. */
export function remark(cell, store) {
  const edited = cell.code !== cell.original;
  const { verdict } = cell.exercise ? store.read(store.key(cell)) : {};
  cell.node.dataset.edited = edited ? "yes" : "no";
  cell.badge.textContent = [edited ? "edited" : "", verdict === "pass" ? "✓ solved" : ""].filter(Boolean).join(" · ");
}
