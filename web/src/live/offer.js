// The light part, on every page that has code: buttons, and the reader's stored answers. Python, the editor and all that
// belongs to them are fetched when a button is pressed.
import { costOf } from "./cost.js";
import { button, element } from "./dom.js";
import { Store } from "./store.js";

/** Offer to run the page's cells; returns what the page knows about them, or null where there is nothing to run. */
export function offer(doc, root, fetchRunner = (address) => import(address)) {
  const data = doc.getElementById("book-live");
  if (!data) return null;
  const page = JSON.parse(data.textContent);
  const nodes = [...doc.querySelectorAll("div.cell")].filter((node) => node.querySelector(".cell_input pre"));
  if (nodes.length !== page.cells.length) return null;
  const view = doc.defaultView;
  const store = new Store(view, page.page);
  const cells = nodes.map((node, at) => dress(doc, node, { ...page.cells[at], at }, store));
  const host = { doc, view, root, page, store, cells, need, act, announce, announceQuietly, label };
  const bar = (host.bar = element(doc, "div", { class: "book-live-bar", role: "region", "aria-label": "Python in this page", tabindex: "-1" }));
  host.status = element(doc, "p", { class: "book-live-status", role: "status" });
  host.actions = element(doc, "div", { class: "book-live-actions" });
  const all = button(doc, "Run all cells", once((s) => s.runAll()), { class: "book-live-all" });
  let tries = 0;
  host.actions.append(all);
  bar.append(host.actions, host.status);
  announce(page.blocked.length ? blockedText(page) : "Runs in your browser: nothing to install. Python is fetched when you press Run.");
  for (const cell of cells) equip(cell);
  label();
  for (const event of ["storage", "pageshow"]) view.addEventListener(event, label); // another page has fetched Python
  (doc.querySelector("article h1") ?? nodes[0]).after(bar);

  /** Say something, with links where there are some; a screen reader reads it out. */
  function announce(...parts) {
    host.status.removeAttribute("aria-live");
    host.status.replaceChildren(...parts);
  }

  /** Show what changes many times a second: a screen reader does not read each of it. */
  function announceQuietly(text) {
    host.status.setAttribute("aria-live", "off");
    host.status.textContent = text;
  }

  /** Let every button say what it will do, and what has to be fetched for it. */
  function label() {
    const cost = costOf(page, store);
    name(all, "Run all cells", cost);
    for (const cell of cells) if (!cell.blocked) name(cell.runButton, cell.does, cost, `cell ${cell.at + 1}`);
  }

  /** The name that is read out begins with the words that are seen. */
  function name(node, does, cost, of = "") {
    node.replaceChildren(does, ...(cost ? [element(doc, "span", { class: "book-live-cost" }, ` · ${cost}`)] : []));
    if (of) node.setAttribute("aria-label", cost ? `${does} · ${cost}, ${of}` : `${does} ${of}`);
  }

  /** A press of a button; the second one of a double click is none. */
  function once(what) {
    return (event) => (event.detail > 1 ? null : act(what));
  }

  function equip(cell) {
    cell.does = cell.role === "exercise" ? "Run and check" : "Run";
    cell.runButton = button(doc, cell.blocked ?? "", once((s) => s.run(cell)), { class: "book-live-run" });
    cell.tools = element(doc, "div", { class: "book-live-tools" }, cell.runButton);
    if (cell.blocked) cell.runButton.disabled = true;
    else {
      const it = `cell ${cell.at + 1}`;
      cell.tools.append(
        button(doc, "Run all above", once((s) => s.runAbove(cell)), { "aria-label": `Run all above ${it}` }),
        button(doc, "Edit", () => act((s) => s.edit(cell)), { class: "book-live-edit", "aria-label": `Edit ${it}` }),
      );
    }
    cell.badge = element(doc, "span", { class: "book-live-badge" });
    cell.tools.append(cell.badge);
    cell.node.querySelector(".cell_input").after(cell.tools);
    remark(cell, store);
  }

  /** The runner's address: another one for each try, since some browsers remember that they could not fetch a module. */
  function runner() {
    return new URL("_static/runner.js" + (tries++ ? `?again=${tries}` : ""), root).href;
  }

  /** Do something with the page's session, which is fetched on the first occasion. */
  async function act(what) {
    try {
      return await what(await need());
    } catch (error) {
      announce(`This did not work: ${error.message ?? error}`);
      if (!host.session) bar.dataset.state = "failed";
    }
  }

  function need() {
    if (doc.location.protocol === "file:") {
      throw new Error("a page opened from a folder may not load Python. Run `make serve` and open the address it prints.");
    }
    host.session ??= fetchRunner(runner())
      .catch((error) => {
        const lost = error instanceof TypeError; // what an import says that found no file
        throw lost ? new Error("the editor could not be fetched. Look after the network and press the button again; what you typed is kept.") : error;
      })
      .then(({ open }) => open(host))
      .catch((error) => {
        host.session = null;
        throw error;
      });
    return host.session;
  }

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
