import assert from "node:assert/strict";
import { test } from "node:test";
import { JSDOM } from "jsdom";
import { Output, rendered } from "../src/live/outputs.js";
import { Screen, Terminal, plain } from "../src/live/terminal.js";

const ESC = "\x1b";

/** The text that pieces leave, each written by itself. */
function left(...pieces) {
  const screen = new Screen();
  for (const piece of pieces) screen.write(piece);
  return [...screen.take(), ...screen.reach()].map(([text]) => text).join("");
}

/** The runs with a style, as "style: text". */
function styled(...pieces) {
  const screen = new Screen();
  for (const piece of pieces) screen.write(piece);
  return screen.reach().filter(([, style]) => style).map(([text, style]) => `${style}: ${text}`);
}

function cell() {
  const { document } = new JSDOM('<div class="cell"><div class="cell_input"></div><div class="tools"></div><div class="cell_output">stored</div></div>', { pretendToBeVisual: true }).window;
  return { document, node: document.querySelector(".cell"), tools: document.querySelector(".tools") };
}

test("a carriage return overwrites from the line's start, and keeps what it does not reach", () => {
  assert.equal(left("one\rtwo"), "two");
  assert.equal(left("twelve\rten"), "tenlve");
  assert.equal(left("a\nbcd\rX"), "a\nXcd");
  assert.equal(left("one\r\ntwo\r\n"), "one\ntwo\n");
  assert.equal(left("one\r"), "one");
  assert.equal(left("\r\r\rx"), "x");
});

test("a line that is split over messages is one line", () => {
  assert.equal(left("0 %", "\r", "50 %", "\r100 %"), "100 %");
  assert.equal(left("one\r", "\ntwo"), "one\ntwo");
  assert.equal(left("ab", "\b", "c"), "ac");
});

test("backspaces move, and stop at the line's start", () => {
  assert.equal(left("abc\b\bX"), "aXc");
  assert.equal(left("a\n\b\b\b\bb"), "a\nb");
});

test("plain text, tabs, signs of every script and empty lines stay as they are", () => {
  const text = "a\tb\n\n  indented \nκ(A) = ‖A‖ 日本 😀 é\n";
  assert.equal(left(text), text);
  assert.equal(left("😀x\r😀y"), "😀y");
  const long = Array.from({ length: 500 }, (_, i) => `line ${i}`).join("\n");
  assert.equal(left(long), long);
});

test("colours and weights become classes, also when a sequence comes in two messages", () => {
  assert.deepEqual(styled(`${ESC}[31mred${ESC}[0m plain`), ["ansi-red: red"]);
  assert.deepEqual(styled(`${ESC}[`, "1;3", `2mboth${ESC}`, "[mplain"), ["ansi-bold ansi-green: both"]);
  assert.deepEqual(styled(`${ESC}[1mbold ${ESC}[4mline${ESC}[22;24m plain`), ["ansi-bold: bold ", "ansi-bold ansi-underline: line"]);
  assert.deepEqual(styled(`${ESC}[94mbright${ESC}[39m plain`), ["ansi-blue: bright"]);
  assert.deepEqual(styled(`${ESC}[31;44mon blue`), ["ansi-on-blue: on blue"]);
  assert.deepEqual(styled(`${ESC}[7;33mturned${ESC}[27;39mplain`), ["ansi-inverse ansi-yellow: turned"]);
  assert.deepEqual(styled(`${ESC}[30mblack${ESC}[37mwhite${ESC}[97mwhite`), [], "black and white are the page's own text");
  assert.deepEqual(styled(`${ESC}[2mfaint${ESC}[0m${ESC}[90mgrey`), ["ansi-dim: faintgrey"]);
});

test("shades become the nearest of the six colours, and eat none of the codes that follow", () => {
  assert.deepEqual(styled(`${ESC}[38;5;196mx`), ["ansi-red: x"]);
  assert.deepEqual(styled(`${ESC}[38;5;9mx`), ["ansi-red: x"]);
  assert.deepEqual(styled(`${ESC}[38;5;244mx`), ["ansi-dim: x"]);
  assert.deepEqual(styled(`${ESC}[38;2;20;40;250;1mx`), ["ansi-bold ansi-blue: x"]);
  assert.deepEqual(styled(`${ESC}[38:2::250:240:10mx`), ["ansi-yellow: x"]);
  assert.deepEqual(styled(`${ESC}[58;5;1;3mx`), ["ansi-italic: x"]);
});

test("a bar's colours move with it", () => {
  assert.deepEqual(styled(`${ESC}[32m###${ESC}[0m   \r${ESC}[31m#`), ["ansi-red: #", "ansi-green: ##"]);
});

test("the line and the screen can be erased", () => {
  assert.equal(left(`100 %\r${ESC}[K5 %`), "5 %");
  assert.equal(left(`100 %${ESC}[2K\rdone`), "done");
  assert.equal(left(`one\ntwo${ESC}[2J${ESC}[Hthree\nfour`), "three\nfour");
  assert.equal(left(`one\ntwo\nthree${ESC}[2A\r${ESC}[Jx`), "x");
});

test("bars one below the other move each in its own line", () => {
  const frame = (i) => `\repoch ${i}\n\rbatch ${i}${ESC}[A`;
  assert.equal(left(...[1, 2, 3].map(frame)), "epoch 3\nbatch 3");
  assert.equal(left(`a\nb\nc${ESC}[9A\rX${ESC}[9B`), `X\nb\nc${"\n".repeat(7)}`);
});

test("what else controls a terminal is dropped, and so is every other control character", () => {
  assert.equal(left(`${ESC}]0;a title\x07text`), "text");
  assert.equal(left(`${ESC}]8;;https://host.test${ESC}`, `\\link${ESC}]8;;${ESC}\\`), "link");
  assert.equal(left(`${ESC}[?25lhidden${ESC}[?25h`), "hidden");
  assert.equal(left(`${ESC}(B${ESC}7${ESC}8${ESC}=x\x07\x00\x0f\x7fy`), "xy");
  assert.deepEqual(styled(`${ESC}[>4;1mx`), []);
  assert.equal(left(`x${ESC}`), "x");
  assert.equal(left(`x${ESC}é`), "xé");
  assert.equal(left(`${ESC}]no end\nnext`), "]no end\nnext", "a title that does not end on its line is text");
  assert.ok(left(`${ESC}]${"a".repeat(5000)}`, "b").endsWith("ab"), "and so is one that is too long");
  for (const text of [ESC, `${ESC}[`, `${ESC}]`, "\x9b"]) assert.ok(left(text.repeat(10 ** 5)).length <= 10 ** 5);
});

test("every text that is shown is free of control sequences", () => {
  const { document } = cell();
  const red = `${ESC}[31mred${ESC}[0m\rR`;
  for (const message of [
    { kind: "stream", name: "stderr", text: red },
    { kind: "display", data: { "text/plain": red } },
    { kind: "error", name: "ValueError", traceback: red },
    { kind: "verdict", name: "x", status: "fail", headline: red, diagnosis: red, details: [red], hints: [] },
  ]) {
    const text = rendered(document, message).textContent;
    assert.ok(!/[\x1b\r]/.test(text) && text.includes("Red"), message.kind);
  }
  assert.equal(plain(`${ESC}[1mbold${ESC}[0m`), "bold");
});

test("streams that take turns have a terminal each, and a bar after another output begins a new line", () => {
  const { document, node, tools } = cell();
  const output = new Output(document, { node, tools });
  output.add({ kind: "stream", name: "stderr", text: "1 %" });
  output.add({ kind: "stream", name: "stderr", text: "\r2 %" });
  output.add({ kind: "stream", name: "stdout", text: "a word\n" });
  output.add({ kind: "stream", name: "stderr", text: "\r3 %" });
  output.add({ kind: "display", data: { "text/plain": "value" } });
  output.finish(true, false);
  const shown = [...node.querySelectorAll(".book-live-output > *")].map((one) => `${one.className}|${one.textContent}`);
  assert.deepEqual(shown, ["book-live-stderr|2 %", "book-live-stdout|a word\n", "book-live-stderr|3 %", "|value"]);
});

test("many updates are shown once a frame, the last one at the end, and take little time", () => {
  const { document, node, tools } = cell();
  const output = new Output(document, { node, tools });
  let painted = 0;
  const paint = Terminal.prototype.paint;
  Terminal.prototype.paint = function () {
    painted++;
    paint.call(this);
  };
  const started = performance.now();
  try {
    for (let i = 0; i < 10 ** 5; i++) output.add({ kind: "stream", name: "stderr", text: `\r${i} of 100000 |${"#".repeat(i % 40).padEnd(40)}|` });
    output.finish(true, false);
  } finally {
    Terminal.prototype.paint = paint;
  }
  assert.equal(painted, 1, "nothing is painted while messages come in one go");
  assert.match(node.querySelector("pre").textContent, /^99999 of 100000 \|#+ +\|$/);
  assert.ok(performance.now() - started < 5000);
});

test("what has scrolled out of reach is settled in few nodes", () => {
  const { document, node, tools } = cell();
  const output = new Output(document, { node, tools });
  const text = Array.from({ length: 3000 }, (_, i) => `line ${i}\n`);
  for (const line of text) output.add({ kind: "stream", name: "stdout", text: line });
  output.finish(true, false);
  const pre = node.querySelector("pre");
  assert.equal(pre.textContent, text.join(""));
  assert.ok(pre.childNodes.length <= 3);
});
