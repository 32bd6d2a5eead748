// What every page runs: find the demos, fetch their frames when they come near, keep `BookDemos` for the packs.
import { Player } from "./player.js";

/** Start the players of `doc`; `root` is the site's address, with a slash at its end. Returns the registry. */
export function start(doc, root) {
  const view = doc.defaultView;
  const packs = new Map(); // demo → {promise, resolve, reject}
  const players = new Map();

  function slot(name) {
    if (!packs.has(name)) packs.set(name, deferred());
    return packs.get(name);
  }

  function load(name, address) {
    const { promise, reject } = slot(name);
    const script = doc.createElement("script");
    script.src = root + address;
    script.onerror = () => reject(new Error("its frames could not be loaded"));
    doc.head.append(script);
    return promise;
  }

  const early = view.BookDemos?.queue ?? [];
  const registry = { pack: (pack) => slot(pack.demo).resolve(pack), get: (name) => players.get(name), players, adopt };
  view.BookDemos = registry;
  early.forEach(registry.pack);

  const near = view.IntersectionObserver
    ? new view.IntersectionObserver(
        (entries) => entries.filter((e) => e.isIntersecting).forEach((e) => players.get(e.target.dataset.demo).prepare()),
        { rootMargin: "100%" },
      )
    : null;
  for (const figure of doc.querySelectorAll("figure.book-demo")) {
    const { demo, pack } = figure.dataset;
    const player = new Player(figure, () => load(demo, pack));
    player.inputs.forEach((show, i) => show(player.steps[i]));
    players.set(demo, player);
    near?.observe(figure);
  }
  return registry;

  /** Make a player for a demo that the page did not show when it was built: it has no stored frames. */
  function adopt(demo, spec, svg, text) {
    const figure = doc.createElement("figure");
    figure.className = "book-demo";
    figure.dataset.demo = demo;
    const image = figure.appendChild(doc.createElement("img"));
    image.className = "book-demo-frame";
    image.alt = text;
    if (svg) image.src = view.URL.createObjectURL(new view.Blob([svg], { type: "image/svg+xml" }));
    const data = figure.appendChild(doc.createElement("script"));
    data.type = "application/json";
    data.className = "book-demo-spec";
    data.textContent = JSON.stringify(spec);
    const caption = figure.appendChild(doc.createElement("figcaption"));
    caption.className = "book-demo-text";
    caption.textContent = text;
    const player = new Player(figure, null);
    player.inputs.forEach((show, i) => show(player.steps[i]));
    players.set(demo, player);
    return player;
  }
}

function deferred() {
  const out = {};
  out.promise = new Promise((resolve, reject) => Object.assign(out, { resolve, reject }));
  return out;
}
