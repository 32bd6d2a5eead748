// What a cell prints, as a terminal shows it: a carriage return and backspaces overwrite, so that a progress bar is one
// line, colours become classes (see book.css), and every other control sequence is obeyed in silence or dropped.
import { element } from "./dom.js";

const HEIGHT = 24; // rows that the cursor can reach, as on a terminal: several progress bars move side by side
const WIDEST = 1000; // columns that a movement can reach
const LONGEST = 2000; // characters of a sequence that does not end, before it is taken for text
const COLOURS = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

// A sequence with parameters, or a string for the terminal itself (a title, a link), or a short sequence; a lone escape
// character; text; any other control character.
const PARTS =
  /(?:\x1b\[|\x9b)([0-?]*)[ -/]*([@-~])|\x1b[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-OQ-WYZ\\`-~]|\x1b|([^\x00-\x1f\x7f-\x9f]+)|[\x00-\x1f\x7f-\x9f]/g;
const UNFINISHED = /(?:\x1b\[|\x9b)[0-?]*[ -/]*$|\x1b[\]PX^_][^\x07\x1b\n]*\x1b?$|\x1b[ -/]*$/;

/** The last rows of what was printed, and the cursor in them. Rows that scroll out of reach are handed over as they are. */
export class Screen {
  constructor() {
    this.rows = [blank()];
    this.x = this.y = 0;
    this.pen = {};
    this.style = "";
    this.held = ""; // the beginning of a sequence whose end comes with the next message
    this.gone = []; // runs [text, style] of the rows above, since they were last taken
  }

  write(text) {
    text = this.held + text;
    this.held = "";
    const open = UNFINISHED.exec(text);
    if (open && open[0].length < LONGEST) {
      this.held = open[0];
      text = text.slice(0, open.index);
    }
    for (const [part, numbers, letter, printed] of text.matchAll(PARTS)) {
      if (printed) this.print(printed);
      else if (letter === "m") this.colour(numbers);
      else if (letter) this.move(letter, numbers);
      else if (part === "\n") this.down();
      else if (part === "\r") this.x = 0;
      else if (part === "\b") this.x = Math.max(0, this.x - 1);
      else if (part === "\t") this.print("\t");
    }
  }

  print(text) {
    const { chars, styles } = this.rows[this.y];
    for (let at = chars.length; at < this.x; at++) [chars[at], styles[at]] = [" ", ""];
    for (const char of text) {
      chars[this.x] = char;
      styles[this.x++] = this.style;
    }
  }

  down() {
    this.x = 0;
    this.y++;
    if (this.y === this.rows.length) this.rows.push(blank());
    if (this.rows.length > HEIGHT) {
      this.gone.push(...runs(this.rows.shift()), ["\n", ""]);
      this.y--;
    }
  }

  /** Move the cursor, or erase. What is not known is left out. */
  move(letter, numbers) {
    const [first = "", second = ""] = numbers.split(";");
    const n = Math.max(1, Number(first) || 1);
    const row = this.rows[this.y];
    if (letter === "A" || letter === "F") this.y = Math.max(0, this.y - n);
    else if (letter === "B" || letter === "E") this.y += n;
    else if (letter === "C") this.x = Math.max(this.x, Math.min(this.x + n, WIDEST));
    else if (letter === "D") this.x = Math.max(0, this.x - n);
    else if (letter === "G") this.x = Math.min(n, WIDEST) - 1;
    else if (letter === "H" || letter === "f") [this.y, this.x] = [n - 1, Math.min(Number(second) || 1, WIDEST) - 1];
    else if (letter === "K") erase(row, first, this.x);
    else if (letter === "J" && first < "2") {
      erase(row, first, this.x);
      for (const other of first === "1" ? this.rows.slice(0, this.y) : this.rows.splice(this.y + 1)) erase(other, "2");
    } else if (letter === "J") {
      for (const other of this.rows) erase(other, "2");
    }
    if (letter === "E" || letter === "F") this.x = 0;
    this.y = Math.min(this.y, HEIGHT - 1);
    while (this.rows.length <= this.y) this.rows.push(blank());
  }

  /** Take up another pen: bold, a colour, … (SGR, ECMA-48 8.3.117). Shades become the nearest of the six colours. */
  colour(numbers) {
    if (/[^\d;:]/.test(numbers)) return; // a private sequence
    const codes = numbers.replace(/([345]8:2):\d*:(\d+:\d+:\d+)/g, "$1:$2").split(/[;:]/).map(Number);
    const pen = this.pen;
    for (let at = 0; at < codes.length; at++) {
      const code = codes[at];
      if (code === 0) {
        for (const name in pen) delete pen[name];
      } else if (code === 1) pen.weight = "bold";
      else if (code === 2) pen.weight = "dim";
      else if (code === 22) pen.weight = "";
      else if (code === 3 || code === 23) pen.slant = code === 3 ? "italic" : "";
      else if (code === 4 || code === 21 || code === 24) pen.line = code === 24 ? "" : "underline";
      else if (code === 7 || code === 27) pen.turned = code === 7 ? "inverse" : "";
      else if (code === 9 || code === 29) pen.strike = code === 9 ? "strike" : "";
      else if (code === 39) pen.ink = "";
      else if (code === 49) pen.ground = "";
      else if (code === 38 || code === 48 || code === 58) {
        const shade = codes[at + 1] === 5 ? shadeOf(codes[at + 2]) : rgb(...codes.slice(at + 2, at + 5));
        if (code !== 58) pen[code === 38 ? "ink" : "ground"] = shade; // 58 is the colour of the underline
        at += codes[at + 1] === 5 ? 2 : 4;
      } else if (code >= 30 && code <= 37) pen.ink = COLOURS[code - 30];
      else if (code >= 40 && code <= 47) pen.ground = COLOURS[code - 40];
      else if (code >= 90 && code <= 97) pen.ink = code === 90 ? "grey" : COLOURS[code - 90];
      else if (code >= 100 && code <= 107) pen.ground = COLOURS[code - 100];
    }
    this.style = classes(this.pen);
  }

  /** Hand over the runs of the rows that have scrolled out of reach since the last time. */
  take() {
    return this.gone.splice(0);
  }

  /** The runs [text, style] of the rows within reach. */
  reach() {
    return this.rows.flatMap((row, at) => (at ? [["\n", ""], ...runs(row)] : runs(row)));
  }
}

function blank() {
  return { chars: [], styles: [] };
}

function erase({ chars, styles }, how, x = 0) {
  if (how === "1") for (let at = 0; at <= x && at < chars.length; at++) [chars[at], styles[at]] = [" ", ""];
  else chars.length = styles.length = how === "2" ? 0 : Math.min(x, chars.length);
}

/** A row as runs [text, style] of one style each. */
function runs({ chars, styles }) {
  const out = [];
  for (let from = 0, at = 1; from < chars.length; at++) {
    if (at < chars.length && styles[at] === styles[from]) continue;
    out.push([chars.slice(from, at).join(""), styles[from]]);
    from = at;
  }
  return out;
}

/** The classes of a pen. Black and white are the page's own text; on a coloured ground so is every ink, to be readable. */
function classes({ weight, slant, line, strike, turned, ink, ground }) {
  const bare = !ink || ink === "black" || ink === "white";
  const names = [weight === "bold" && "bold", slant, line, strike];
  if (turned) names.push("inverse", !bare && ink !== "grey" && ink);
  else if (ground) names.push(`on-${ground === "black" || ground === "white" ? "grey" : ground}`);
  else if (!bare) names.push(ink === "grey" ? "dim" : ink);
  else if (weight === "dim") names.push("dim");
  return names.filter(Boolean).map((name) => `ansi-${name}`).join(" ");
}

/** One of the 256 colours: the 16 named ones, a cube of six by six by six, greys. */
function shadeOf(n) {
  if (!(n >= 0 && n < 232)) return "grey";
  if (n < 16) return n === 8 ? "grey" : COLOURS[n % 8];
  return rgb(Math.floor((n - 16) / 36), Math.floor((n - 16) / 6) % 6, (n - 16) % 6);
}

/** The nearest of the named colours: which of red, green and blue are strong; what has little colour is grey. */
function rgb(red = 0, green = 0, blue = 0) {
  const most = Math.max(red, green, blue);
  if (most - Math.min(red, green, blue) < most / 4 || !most) return "grey";
  return COLOURS[(red > 0.6 * most) + 2 * (green > 0.6 * most) + 4 * (blue > 0.6 * most)];
}

/** A <pre> that shows what is written, at most once a frame however much comes. */
export class Terminal {
  constructor(doc, attributes = {}) {
    this.doc = doc;
    this.screen = new Screen();
    this.tail = element(doc, "span", {});
    this.node = element(doc, "pre", attributes, this.tail);
  }

  write(text) {
    this.screen.write(text);
    const { requestAnimationFrame } = this.doc.defaultView;
    if (!requestAnimationFrame) return this.paint();
    this.frame ??= requestAnimationFrame(() => this.paint());
  }

  paint() {
    this.frame = null;
    for (const run of this.screen.take()) this.settle(run);
    this.tail.replaceChildren(...merged(this.screen.reach()).map((run) => this.piece(run)));
  }

  /** Add what can no longer change above the tail; plain text goes on in one text node. */
  settle([text, style]) {
    const last = this.tail.previousSibling;
    if (!style && last?.nodeType === 3) last.appendData(text);
    else this.tail.before(this.piece([text, style]));
  }

  piece([text, style]) {
    return style ? element(this.doc, "span", { class: style }, text) : text;
  }
}

function merged(list) {
  const out = [];
  for (const [text, style] of list) {
    if (out.length && out.at(-1)[1] === style) out.at(-1)[0] += text;
    else out.push([text, style]);
  }
  return out;
}

/** A <pre> with a text that is there as a whole. */
export function printed(doc, text, attributes = {}) {
  const terminal = new Terminal(doc, attributes);
  terminal.screen.write(text);
  terminal.paint();
  return terminal.node;
}

/** A text as a terminal would leave it, without its colours. */
export function plain(text) {
  const screen = new Screen();
  screen.write(text);
  return [...screen.take(), ...screen.reach()].map(([part]) => part).join("");
}
