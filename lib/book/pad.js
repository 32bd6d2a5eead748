// A drawing field on a canvas: cells of ink from 0 to 255, laid by a pointer. As text, two hexadecimal digits a cell, row by row.
// The built page bundles this file; with a notebook's kernel `lib.book.demos` hands it to the browser.
export class Pad {
  /** `changed(text)` hears of every stroke; the canvas has a pixel a cell, and CSS makes it large. */
  constructor(canvas, [rows, columns], changed) {
    Object.assign(this, { canvas, rows, columns, changed });
    canvas.width = columns;
    canvas.height = rows;
    this.cells = new Uint8Array(rows * columns);
    this.radius = Math.max(0.6, Math.min(rows, columns) / 20); // of the pen, in cells
    canvas.addEventListener("pointerdown", (event) => this.begin(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const kind of ["pointerup", "pointercancel"]) canvas.addEventListener(kind, () => (this.last = null));
  }

  get text() {
    return [...this.cells].map((cell) => cell.toString(16).padStart(2, "0")).join("");
  }

  /** Show a drawing; what is no drawing of this size leaves the field as it is. */
  show(text) {
    if (text.length !== 2 * this.cells.length || /[^0-9a-f]/.test(text)) return;
    this.cells = Uint8Array.from(text.match(/../g), (digits) => parseInt(digits, 16));
    this.paint();
  }

  clear() {
    this.cells.fill(0);
    this.paint();
    this.changed(this.text);
  }

  begin(event) {
    if (event.button) return; // the first button, a finger, a pen
    event.preventDefault();
    this.canvas.setPointerCapture?.(event.pointerId);
    this.last = this.place(event);
    this.stroke(this.last, this.last);
  }

  move(event) {
    if (!this.last) return;
    const here = this.place(event);
    this.stroke(this.last, here);
    this.last = here;
  }

  /** Where the pointer is, in cells. */
  place({ clientX, clientY }) {
    const box = this.canvas.getBoundingClientRect();
    return [((clientY - box.top) / box.height) * this.rows, ((clientX - box.left) / box.width) * this.columns];
  }

  /** Lay ink along a line: full within the pen's radius, none a cell further. */
  stroke([y0, x0], [y1, x1]) {
    const length = (y1 - y0) ** 2 + (x1 - x0) ** 2;
    let wet = false;
    this.cells.forEach((ink, at) => {
      const y = Math.floor(at / this.columns) + 0.5;
      const x = (at % this.columns) + 0.5;
      const along = length ? Math.min(1, Math.max(0, ((y - y0) * (y1 - y0) + (x - x0) * (x1 - x0)) / length)) : 0;
      const away = Math.hypot(y - y0 - along * (y1 - y0), x - x0 - along * (x1 - x0));
      const laid = Math.round(255 * Math.min(1, Math.max(0, 1 + this.radius - away)));
      if (laid <= ink) return;
      this.cells[at] = laid;
      wet = true;
    });
    if (!wet) return;
    this.paint();
    this.changed(this.text);
  }

  paint() {
    const context = this.canvas.getContext?.("2d");
    if (!context) return;
    const image = context.createImageData(this.columns, this.rows);
    this.cells.forEach((ink, at) => (image.data[4 * at + 3] = ink)); // black, as opaque as there is ink
    context.putImageData(image, 0, 0);
  }
}
