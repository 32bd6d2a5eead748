// A handle in a demo's picture: the reader drags it, or moves it with the arrow keys, and the sliders that say where it stands follow.
import { element } from "./live/dom.js";

const ARROWS = { ArrowLeft: ["x", -1], ArrowRight: ["x", 1], ArrowUp: ["y", -1], ArrowDown: ["y", 1] };

export class Handle {
  constructor(player) {
    const doc = player.figure.ownerDocument;
    Object.assign(this, { player, axes: {}, labels: [] }); // axes: x and y → the slider's number, where its first step stands, how far the next is
    this.picture = element(doc, "div", { class: "book-demo-picture" });
    this.knob = element(doc, "button", { type: "button", class: "book-demo-handle" });
    player.image.replaceWith(this.picture);
    this.picture.append(player.image, this.knob);
    this.knob.addEventListener("pointerdown", (event) => this.begin(event));
    this.knob.addEventListener("pointermove", (event) => this.move(event));
    for (const kind of ["pointerup", "pointercancel"]) this.knob.addEventListener(kind, () => (this.held = null));
    this.knob.addEventListener("keydown", (event) => this.press(event));
    this.knob.addEventListener("focus", () => player.prepare(), { once: true });
  }

  /** Slider `i` follows along its axis. */
  follow(i, { handle: { axis, first, step }, label }) {
    this.axes[axis] = { i, first, step };
    this.labels.push(label);
    this.knob.setAttribute("aria-label", `${this.labels.join(", ")}: drag, or press the arrow keys`);
    this.knob.style[axis === "x" ? "top" : "left"] ||= "50%"; // until the other axis has its slider
  }

  /** Stand where slider `i` is at `position`. */
  show(i, position) {
    for (const [axis, its] of Object.entries(this.axes))
      if (its.i === i) this.knob.style[axis === "x" ? "left" : "top"] = `${(100 * (its.first + its.step * position)).toFixed(3)}%`;
  }

  begin(event) {
    if (event.button || this.knob.disabled) return;
    this.knob.setPointerCapture?.(event.pointerId);
    this.held = { x: event.clientX, y: event.clientY, steps: this.player.steps };
    this.player.prepare();
  }

  move(event) {
    if (!this.held) return;
    const { width, height } = this.player.image.getBoundingClientRect();
    this.go(this.held.steps, { x: (event.clientX - this.held.x) / width, y: (event.clientY - this.held.y) / height });
  }

  press(event) {
    const [axis, way] = ARROWS[event.key] ?? [];
    if (!this.axes[axis]) return;
    event.preventDefault(); // the page stays where it is
    this.go(this.player.steps, { [axis]: way * Math.abs(this.axes[axis].step) });
  }

  /** Move on from `steps` by `shares` of the picture, to the nearest state that there is. */
  go(steps, shares) {
    const { player } = this;
    const next = [...steps];
    for (const [axis, { i, step }] of Object.entries(this.axes)) {
      const there = Math.min(Math.max(steps[i] + (shares[axis] ?? 0) / step, 0), player.sizes[i] - 1);
      next[i] = player.smooth[i] ? there : Math.round(there);
    }
    if (next.some((step, i) => step !== player.steps[i])) player.user(() => next);
  }
}
