// The demo player: sliders and choices beside a picture whose frames were computed when the book was built.
import { frameIndex, unpack } from "./pack.js";

const KEPT = 64; // frames kept as object URLs
const PAUSE = 300; // ms without movement before a screen reader is told the new state
const TICK = 140; // ms a step while playing
let serial = 0;

export class Player {
  /** Take over a <figure class="book-demo">; `load` fetches its pack and resolves to it. */
  constructor(figure, load) {
    this.figure = figure;
    this.load = load;
    this.image = figure.querySelector(".book-demo-frame");
    this.caption = figure.querySelector(".book-demo-text");
    this.spec = JSON.parse(figure.querySelector(".book-demo-spec").textContent);
    this.sizes = this.spec.parameters.map((p) => p.values.length);
    this.steps = this.spec.parameters.map((p) => p.start);
    this.urls = new Map();
    this.ready = null;
    this.build();
    this.mark("waiting", this.spec.start);
  }

  mark(state, frame = this.figure.dataset.frame) {
    this.figure.dataset.state = state;
    this.figure.dataset.frame = frame;
  }

  // ------------------------------------------------------------------------------------------------- controls
  build() {
    const doc = this.figure.ownerDocument;
    this.controls = element(doc, "div", { class: "book-demo-controls", role: "group", "aria-label": this.spec.title });
    this.inputs = this.spec.parameters.map((p, i) => (p.kind === "slider" ? this.slider(p, i) : this.options(p, i)));
    const buttons = element(doc, "div", { class: "book-demo-buttons" });
    if (this.spec.parameters[0].kind === "slider" && !still(doc)) {
      this.play = element(doc, "button", { type: "button", class: "book-demo-play" }, "Play");
      this.play.addEventListener("click", () => (this.timer ? this.pause() : this.run()));
      buttons.append(this.play);
    }
    const reset = element(doc, "button", { type: "button", class: "book-demo-reset" }, "Reset");
    reset.addEventListener("click", () => this.user(() => this.spec.parameters.map((p) => p.start)));
    buttons.append(reset);
    this.controls.append(buttons);
    this.status = element(doc, "p", { class: "book-demo-status", role: "status" });
    this.image.after(this.controls);
    this.caption.after(this.status);
    for (const kind of ["focusin", "pointerdown"]) this.controls.addEventListener(kind, () => this.prepare(), { once: true });
  }

  slider(p, i) {
    const doc = this.figure.ownerDocument;
    const id = `book-demo-${++serial}`;
    const row = element(doc, "div", { class: "book-demo-control" });
    const input = element(doc, "input", { type: "range", id, min: 0, max: p.values.length - 1, step: 1 });
    const output = element(doc, "output", { for: id });
    row.append(element(doc, "label", { for: id }, p.label), input, output);
    this.controls.append(row);
    input.addEventListener("input", () => this.user((steps) => replaced(steps, i, Number(input.value))));
    return (step, label = p.values[Math.round(step)]) => {
      input.value = step;
      input.setAttribute("aria-valuetext", label);
      output.textContent = label;
    };
  }

  options(p, i) {
    const doc = this.figure.ownerDocument;
    const id = `book-demo-${++serial}`;
    const row = element(doc, "div", { class: "book-demo-control" });
    const select = element(doc, "select", { id });
    p.values.forEach((value, step) => select.append(element(doc, "option", { value: step }, value)));
    row.append(element(doc, "label", { for: id }, p.label), select);
    this.controls.append(row);
    select.addEventListener("change", () => this.user((steps) => replaced(steps, i, Number(select.value))));
    return (step) => {
      select.value = Math.round(step);
    };
  }

  /** The reader did something: playing stops, the new steps are shown. */
  user(change) {
    this.pause();
    return this.go(change([...this.steps]));
  }

  run() {
    this.go(replaced(this.steps, 0, this.steps[0] >= this.sizes[0] - 1 ? 0 : Math.round(this.steps[0])));
    this.play.textContent = "Pause";
    this.timer = setInterval(() => {
      this.go(replaced(this.steps, 0, this.steps[0] + 1));
      if (this.steps[0] === this.sizes[0] - 1) this.pause();
    }, TICK);
  }

  pause() {
    clearInterval(this.timer);
    this.timer = null;
    if (this.play) this.play.textContent = "Play";
  }

  // ----------------------------------------------------------------------------------------------------- frames
  /** Fetch and unpack the frames once. */
  prepare() {
    this.ready ??= (async () => {
      if (!this.load) return; // it was made in the page, and is computed
      this.mark("loading");
      try {
        this.pack = await unpack(await this.load());
        const states = this.sizes.reduce((a, b) => a * b, 1);
        if (this.pack.count !== states) throw new Error(`${this.pack.count} frames for ${states} states`);
        this.mark("ready");
      } catch (error) {
        this.fail(error);
      }
    })();
    return this.ready;
  }

  fail(error) {
    this.pause();
    this.mark("failed");
    this.status.textContent = `This demo cannot move here: ${error.message}. The picture shows its first state.`;
    this.status.classList.add("book-demo-failed");
    for (const control of this.controls.querySelectorAll("input, select, button")) control.disabled = true;
  }

  /** Show the state at `steps`: the controls at once, the picture and its sentence when the frame is there. */
  async go(steps) {
    this.steps = steps;
    this.inputs.forEach((show, i) => show(steps[i]));
    if (this.recompute && !(this.load && steps.every(Number.isInteger))) return this.compute();
    await this.prepare();
    if (!this.pack || this.steps !== steps) return;
    const index = frameIndex(this.sizes, steps);
    this.image.src = this.url(index);
    this.figure.dataset.frame = index;
    this.say(this.pack.descriptions[index]);
  }

  say(text) {
    this.image.alt = text;
    this.caption.textContent = text;
    clearTimeout(this.telling);
    this.telling = setTimeout(() => (this.status.textContent = text), PAUSE);
  }

  // ------------------------------------------------------------------------------------------------- recomputing
  /** From now on states between the stored ones are computed: `recompute(steps)` gives {svg, text, labels, note}. */
  goLive(spec, recompute, note = "") {
    this.recompute = recompute;
    this.figure.dataset.live = "yes";
    const inputs = this.controls.querySelectorAll("input, select");
    spec.parameters.forEach((p, i) => p.smooth && inputs[i].setAttribute("step", "any"));
    if (note) this.tell(note);
  }

  /** Python has ended: the stored frames are what there is. */
  goStatic() {
    if (!this.recompute) return;
    this.recompute = null;
    this.figure.dataset.live = "no";
    for (const input of this.controls.querySelectorAll("input")) input.step = 1;
    this.go(this.steps.map(Math.round));
  }

  /** Compute the state at the present steps, one at a time; what the reader passed by meanwhile is left out. */
  async compute() {
    if (this.busy) return;
    this.busy = true;
    try {
      for (let done = null; this.recompute && done !== this.steps; ) {
        done = this.steps;
        const started = performance.now();
        const state = await this.recompute(done);
        this.figure.dataset.ms = Math.round(performance.now() - started);
        if (this.steps === done) this.inputs.forEach((show, i) => show(done[i], state.labels[i]));
        if (state.svg) this.image.src = this.fresh(state.svg);
        this.figure.dataset.frame = "computed";
        this.tell(state.note);
        this.say(state.text);
      }
    } catch (error) {
      this.tell(`This state could not be computed: ${error.message}`);
    } finally {
      this.busy = false;
    }
  }

  fresh(svg) {
    if (this.computed) URL.revokeObjectURL(this.computed);
    return (this.computed = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" })));
  }

  tell(note) {
    this.note ??= this.figure.appendChild(element(this.figure.ownerDocument, "p", { class: "book-demo-note" }));
    this.note.textContent = note;
    this.note.hidden = !note;
  }

  url(index) {
    let url = this.urls.get(index);
    if (!url) {
      const { type, bytes } = this.pack.frame(index);
      url = URL.createObjectURL(new Blob([bytes], { type }));
    }
    this.urls.delete(index);
    this.urls.set(index, url); // the most recent last
    if (this.urls.size > KEPT) {
      const [oldest, old] = this.urls.entries().next().value;
      this.urls.delete(oldest);
      URL.revokeObjectURL(old);
    }
    return url;
  }
}

function replaced(steps, at, step) {
  return steps.map((old, i) => (i === at ? step : old));
}

function still(doc) {
  return doc.defaultView.matchMedia?.("(prefers-reduced-motion: reduce)").matches ?? false;
}

function element(doc, tag, attributes = {}, text = "") {
  const out = doc.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) out.setAttribute(name, value);
  out.textContent = text;
  return out;
}
