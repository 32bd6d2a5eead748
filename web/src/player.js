// The demo player: sliders and choices beside a picture whose frames were computed when the book was built. Of texts and
// drawings there are frames for the examples; while Python runs, the reader types or draws anything.
import { Handle } from "./handle.js";
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
    this.modes = []; // for each control: what changes when Python starts and ends
    this.smooth = []; // for each control: whether there are states between its steps
    const kinds = { slider: "slider", choice: "options", text: "text", drawing: "drawing" };
    this.inputs = this.spec.parameters.map((p, i) => this[kinds[p.kind]](p, i));
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
    (this.handle?.picture ?? this.image).after(this.controls);
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
    if (p.handle) (this.handle ??= new Handle(this)).follow(i, p);
    this.modes[i] = (live) => {
      this.smooth[i] = Boolean(live?.smooth);
      input.setAttribute("step", live?.smooth ? "any" : 1);
    };
    return (step, label = p.values[Math.round(step)]) => {
      input.value = step;
      this.handle?.show(i, step);
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
      select.value = typeof step === "number" ? Math.round(step) : "own";
    };
  }

  /** Examples to choose from, and below them what the reader makes: hidden until Python runs, and then a hint is. */
  free(p, i, verb, id, ...parts) {
    const doc = this.figure.ownerDocument;
    const choose = this.options(p, i);
    const select = this.controls.lastElementChild.querySelector("select");
    select.append(element(doc, "option", { value: "own", disabled: "", hidden: "" }, "your own"));
    const row = element(doc, "div", { class: "book-demo-control book-demo-own", hidden: "" });
    row.append(element(doc, id ? "label" : "span", id ? { for: id } : { class: "book-demo-name" }, `or ${verb}`), ...parts);
    const hint = element(doc, "p", { class: "book-demo-hint" }, `Press Run, and you can ${verb} anything here.`);
    this.controls.append(row, hint);
    this.modes[i] = (live) => {
      row.hidden = !live;
      hint.hidden = Boolean(live);
    };
    return choose;
  }

  text(p, i) {
    const id = `book-demo-${++serial}`;
    const attributes = { id, type: "text", maxlength: p.longest, autocomplete: "off", autocapitalize: "off", spellcheck: "false" };
    const input = element(this.figure.ownerDocument, "input", attributes);
    const choose = this.free(p, i, "type", id, input);
    input.addEventListener("input", () => this.user((steps) => replaced(steps, i, input.value)));
    return (step) => {
      choose(step);
      const text = typeof step === "number" ? p.texts[Math.round(step)] : step;
      if (input.value !== text) input.value = text; // otherwise the cursor would jump
    };
  }

  drawing(p, i) {
    const doc = this.figure.ownerDocument;
    const name = `${p.label}: a field to draw in with a pointer. Without one, choose an example.`;
    const canvas = element(doc, "canvas", { class: "book-demo-canvas", role: "img", "aria-label": name });
    const clear = element(doc, "button", { type: "button" }, "Clear");
    const box = element(doc, "div", { class: "book-demo-pad" });
    box.append(canvas, clear);
    const choose = this.free(p, i, "draw", "", box);
    const shown = this.modes[i];
    let pad = null;
    let pixels = null; // of the examples, to go on from
    this.modes[i] = (live) => {
      shown(live);
      pixels = live?.pixels;
      if (!live) return;
      pad ??= new this.Pad(canvas, p.shape, (drawn) => this.user((steps) => replaced(steps, i, drawn)));
      clear.onclick = () => pad.clear();
      if (typeof this.steps[i] === "number") pad.show(pixels[this.steps[i]]);
    };
    return (step) => {
      choose(step);
      if (typeof step === "number" && pixels) pad.show(pixels[Math.round(step)]);
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
    for (const control of this.figure.querySelectorAll("input, select, button")) control.disabled = true;
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
  /** From now on states that are not stored are computed, also of what the reader types or draws: `recompute(steps)` gives {svg, text, labels, note}. */
  goLive(spec, recompute, note = "", Pad = null) {
    Object.assign(this, { recompute, Pad }); // the field to draw in comes with the one who starts Python
    this.figure.dataset.live = "yes";
    spec.parameters.forEach((p, i) => this.modes[i]?.(p));
    if (note) this.tell(note);
  }

  /** Python has ended: the stored frames are what there is. */
  goStatic() {
    if (!this.recompute) return;
    this.recompute = null;
    this.figure.dataset.live = "no";
    for (const change of this.modes) change?.(null);
    this.go(this.steps.map((step, i) => (typeof step === "number" ? Math.round(step) : this.spec.parameters[i].start)));
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
