// A searchable map of named points: the page shows it without this script; the script adds a search field, the
// neighbours as buttons, and the pointer. What is found is named on the map and said in the sentence below.
let serial = 0;

export class WordMap {
  constructor(figure) {
    this.figure = figure;
    this.doc = figure.ownerDocument;
    this.svg = figure.querySelector("svg");
    this.caption = figure.querySelector(".book-map-text");
    this.found = figure.querySelector(".book-map-found");
    Object.assign(this, JSON.parse(figure.querySelector(".book-map-data").textContent));
    this.rows = new Map(this.names.map((name, row) => [name, row]));
    this.first = this.caption.textContent;
    this.build();
  }

  build() {
    const id = `book-map-${++serial}`;
    const form = this.make("form", { class: "book-map-search", role: "search", "aria-label": this.title });
    this.input = this.make("input", { id, type: "search", list: `${id}-names`, autocomplete: "off", spellcheck: "false" });
    const list = this.make("datalist", { id: `${id}-names` });
    for (const name of [...this.names].sort()) list.append(this.make("option", { value: name }));
    this.nearby = this.make("p", { class: "book-map-near" });
    const label = this.make("label", { for: id });
    label.textContent = "Find a word";
    const clear = this.make("button", { type: "button" });
    clear.textContent = "Reset";
    form.append(label, this.input, list, clear);
    this.caption.setAttribute("role", "status");
    this.svg.before(form);
    this.caption.after(this.nearby);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.search(this.input.value);
    });
    this.input.addEventListener("change", () => this.search(this.input.value));
    this.input.addEventListener("input", () => this.rows.has(this.word()) && this.show(this.rows.get(this.word())));
    clear.addEventListener("click", () => this.reset());
    this.svg.addEventListener("click", (event) => this.pick(event));
  }

  word() {
    return this.input.value.trim().toLowerCase();
  }

  /** Show the word that was asked for, or say that it is not here. */
  search(text) {
    const name = text.trim().toLowerCase();
    if (!name) return this.reset();
    if (this.rows.has(name)) return this.show(this.rows.get(name));
    const close = this.names.filter((other) => other.startsWith(name)).slice(0, 5);
    this.clear();
    this.caption.textContent =
      `“${name}” is not on this map of ${this.names.length} words.` + (close.length ? ` There are: ${close.join(", ")}.` : "");
  }

  show(row) {
    this.clear();
    const near = this.near[row];
    this.figure.classList.add("book-map-chosen");
    this.figure.dataset.row = row;
    const boxes = [];
    for (const [i, at] of [row, ...near].entries()) this.mark(at, i === 0, boxes);
    this.caption.textContent = `Nearest to “${this.names[row]}”: ${near.map((i) => this.names[i]).join(", ")}.`;
    this.input.value = this.names[row];
    this.nearby.replaceChildren(
      ...near.map((at) => {
        const button = this.make("button", { type: "button" });
        button.textContent = this.names[at];
        button.addEventListener("click", () => {
          this.show(at);
          this.nearby.querySelector("button").focus();
        });
        return button;
      }),
    );
  }

  /** Set a dot off and name it, a line lower for each name that is in the way. */
  mark(row, chosen, boxes) {
    const [x, y] = this.places[row];
    const name = this.names[row];
    const wide = 9.5 * name.length + 8;
    let line = y + 4;
    while (boxes.some(([u, v, w]) => Math.abs(line - v) < 16 && x < u + w && u < x + wide)) line += 4;
    boxes.push([x, line, wide]);
    const dot = this.draw("circle", { cx: x, cy: y, r: chosen ? 6 : 4.5, class: chosen ? "book-map-here" : "" });
    const text = this.draw("text", { x: x + 8, y: line, class: chosen ? "book-map-here" : "" });
    text.textContent = name;
    this.found.append(dot, text);
  }

  clear() {
    this.found.replaceChildren();
    this.nearby.replaceChildren();
    this.figure.classList.remove("book-map-chosen");
    delete this.figure.dataset.row;
  }

  reset() {
    this.clear();
    this.input.value = "";
    this.caption.textContent = this.first;
  }

  /** A click on the map chooses the dot that is nearest to it. */
  pick(event) {
    const box = this.svg.getBoundingClientRect();
    const [, , width, height] = this.svg.getAttribute("viewBox").split(" ").map(Number);
    const x = ((event.clientX - box.left) / box.width) * width;
    const y = ((event.clientY - box.top) / box.height) * height;
    const away = ([u, v]) => (u - x) ** 2 + (v - y) ** 2;
    const best = this.places.reduce((a, place, i) => (away(place) < away(this.places[a]) ? i : a), 0);
    this.show(best);
  }

  make(tag, attributes) {
    const out = this.doc.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) out.setAttribute(name, value);
    return out;
  }

  draw(tag, attributes) {
    const out = this.doc.createElementNS(this.svg.namespaceURI, tag);
    for (const [name, value] of Object.entries(attributes)) if (value !== "") out.setAttribute(name, value);
    return out;
  }
}

/** Make every map of the page searchable; return them. */
export function startMaps(doc) {
  return [...doc.querySelectorAll("figure.book-map")].map((figure) => new WordMap(figure));
}
