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
  const registry = { pack: (pack) => slot(pack.demo).resolve(pack), get: (name) => players.get(name), players };
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
}

function deferred() {
  const out = {};
  out.promise = new Promise((resolve, reject) => Object.assign(out, { resolve, reject }));
  return out;
}
