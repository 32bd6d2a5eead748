// The session of a page: one kernel, its cells, what runs and in which order. Loaded when the reader first asks.
import { button, element } from "./dom.js";
import { openEditor } from "./editor.js";
import { Kernel } from "./kernel.js";
import { answersIn, withAnswers } from "./notebook.js";
import { remark } from "./offer.js";
import { Output } from "./outputs.js";

export function open(host) {
  return new Session(host);
}

class Session {
  constructor(host) {
    Object.assign(this, host);
    this.host = host;
    this.queue = Promise.resolve();
    this.epoch = 0; // grows when Python ends: what was waiting for the old one is dropped
    this.meter = element(this.doc, "progress", { max: 1, value: 0, "aria-label": "Loading Python", hidden: "" });
    this.stopButton = button(this.doc, "Stop", () => this.stop(), { class: "book-live-stop", disabled: "" });
    this.restartButton = button(this.doc, "Restart", () => this.restart(), { class: "book-live-restart", disabled: "" });
    this.actions.append(this.stopButton, this.restartButton, this.more());
    this.status.after(this.meter);
    for (const cell of this.cells) this.complete(cell);
    this.mark("off");
  }

  mark(state, text) {
    this.bar.dataset.state = state;
    this.stopButton.disabled = !["loading", "running"].includes(state);
    this.restartButton.disabled = state === "off";
    this.meter.hidden = state !== "loading";
    if (text) this.announce(text);
  }

  // --------------------------------------------------------------------------------------------------- Python
  /** Start Python once; all who ask meanwhile wait for the same start. */
  start() {
    this.starting ??= (async () => {
      const epoch = this.epoch;
      this.mark("loading", "Fetching Python …");
      const tell = (text, share) => {
        if (epoch !== this.epoch || this.bar.dataset.state !== "loading") return;
        this.announce(text);
        this.meter.value = share;
      };
      const kernel = (this.kernel = new Kernel(this.doc, this.root, this.page, tell));
      try {
        this.measured = await kernel.start(this.store.verdicts());
      } catch (error) {
        kernel.stop();
        if (epoch === this.epoch) {
          this.starting = null;
          this.mark("failed", `Python did not start: ${error.message}`);
        }
        throw new Error(`Python did not start: ${error.message}`);
      }
      this.mark("ready", `Python is ready (${(this.measured.total / 1000).toFixed(1)} s, ${(this.measured.bytes / 1e6).toFixed(1)} MB).`);
    })();
    return this.starting;
  }

  stop(text = "Stopped. What the cells had defined is gone: run them again from the top.") {
    this.epoch++;
    this.kernel?.stop();
    this.starting = this.kernel = null;
    this.prepared = false;
    for (const cell of this.cells) if (["waiting", "running"].includes(cell.node.dataset.live)) cell.node.dataset.live = "stopped";
    for (const player of this.doc.defaultView.BookDemos?.players.values() ?? []) player.goStatic();
    this.mark("stopped", text);
  }

  async restart() {
    this.stop("Starting anew …");
    await this.start();
  }

  // ---------------------------------------------------------------------------------------------------- running
  run(cell) {
    const next = this.cells[cell.at + 1];
    const cells = cell.role === "exercise" && next?.role === "check" ? [cell, next] : [cell];
    return this.runMany(cells);
  }

  runAbove(cell) {
    return this.runMany(this.cells.slice(0, cell.at));
  }

  runAll() {
    return this.runMany(this.cells);
  }

  /** Run cells one after the other, after what is running now; stops at the first error. Bootstrap comes first. */
  runMany(cells) {
    const epoch = this.epoch;
    const runnable = cells.filter((cell) => !cell.blocked);
    for (const cell of runnable) cell.node.dataset.live = "waiting";
    const done = this.queue.then(async () => {
      if (epoch !== this.epoch) return;
      try {
        await this.start();
      } catch (error) {
        for (const cell of runnable) delete cell.node.dataset.live;
        return;
      }
      const first = this.cells.find((cell) => cell.role === "bootstrap");
      if (first && !this.prepared && !runnable.includes(first)) await this.execute(first, true);
      for (const cell of runnable) {
        if (epoch !== this.epoch) return;
        if (!(await this.execute(cell))) break;
      }
      for (const cell of runnable) if (cell.node.dataset.live === "waiting") delete cell.node.dataset.live;
    });
    this.queue = done.catch(() => {});
    return done;
  }

  /** Run one cell; quietly: only an error is shown. Returns whether it ended well. */
  async execute(cell, quietly = false) {
    const epoch = this.epoch;
    const output = new Output(this.doc, cell);
    cell.node.dataset.live = "running";
    this.mark("running", `Running cell ${cell.at + 1} …`);
    let kept = quietly;
    this.judged = null;
    const hear = (message) => {
      if (message.kind === "demo") kept = this.demo(cell, output, message) || kept;
      else output.add(message);
      if (message.kind === "verdict") this.verdict(message);
    };
    const result = await this.kernel.run(cell.code, `cell ${cell.at + 1}`, hear).catch((error) => {
      hear({ kind: "error", name: "NotLoaded", traceback: error.message });
      return { ok: false };
    });
    if (epoch !== this.epoch) return false;
    if (cell.role === "bootstrap") this.prepared = true;
    output.finish(result.ok, kept);
    cell.node.dataset.live = result.ok ? "ok" : "error";
    if (result.dead) {
      this.stop(`Python ended: ${result.dead}. Press Run to begin anew.`);
      cell.node.dataset.live = "error";
      return false;
    }
    const ended = result.ok ? `Cell ${cell.at + 1} is done.` : `Cell ${cell.at + 1} ended with an error.`;
    this.mark("ready", this.judged ?? ended);
    return result.ok;
  }

  verdict({ memory, status, headline }) {
    if (status === "todo" || !memory) return;
    const cell = this.cells.find((one) => one.exercise === memory);
    if (!cell) return;
    const before = this.store.read(this.store.key(cell)).verdict;
    if (before !== "pass") this.store.write(this.store.key(cell), { verdict: status });
    remark(cell, this.store);
    this.judged = `${status === "pass" ? "✓" : "✗"} ${cell.exercise.split("@")[0].split(".").pop()}: ${headline}`;
  }

  /** A cell has shown a demo: its player computes from now on. Returns whether the stored output stays in place. */
  demo(cell, output, { demo, spec, svg, text, note }) {
    const registry = this.doc.defaultView.BookDemos;
    let player = registry.get(demo);
    const own = player && cell.node.contains(player.figure);
    if (!player) {
      player = registry.adopt(demo, spec, svg, text);
      output.box.append(player.figure);
      output.take();
    }
    player.goLive(spec, (positions) => this.recompute(demo, positions), note);
    return own;
  }

  async recompute(key, positions) {
    let state = null;
    const result = await (this.kernel?.demo(key, positions, (message) => (state = message)) ?? { stopped: true });
    if (result.stopped) throw new Error("Python is not running");
    if (state?.kind === "error") throw new Error(state.message);
    return state;
  }

  // ---------------------------------------------------------------------------------------------------- editing
  complete(cell) {
    if (cell.blocked) return;
    cell.resetButton = button(this.doc, "Reset this cell", () => this.reset(cell), { "aria-label": `Reset cell ${cell.at + 1}` });
    cell.badge.before(cell.resetButton);
  }

  edit(cell) {
    const details = cell.node.querySelector("details.hide");
    if (details) details.open = true;
    if (!cell.editor) {
      const block = cell.pre.closest(".highlight").parentElement;
      const place = element(this.doc, "div", { class: "book-live-editor" });
      block.before(place);
      block.hidden = true;
      const leave = () => cell.runButton.focus();
      cell.editor = openEditor(place, cell.code, `Code of cell ${cell.at + 1}`, {
        run: () => this.host.act(() => this.run(cell)),
        leave,
        changed: (text) => this.changed(cell, text),
      });
    }
    cell.editor.focus();
  }

  changed(cell, text) {
    cell.code = text;
    const lasts = this.store.write(this.store.key(cell), { code: text === cell.original ? null : text });
    remark(cell, this.store);
    if (!lasts && !this.warned) {
      this.warned = true;
      this.announce("The browser keeps nothing for this site: download your answers before you leave.");
    }
  }

  /** Put `code` into a cell, as if the reader had typed it. */
  put(cell, code) {
    if (cell.editor) cell.editor.dispatch({ changes: { from: 0, to: cell.editor.state.doc.length, insert: code } });
    else {
      if (code === cell.original) cell.pre.innerHTML = cell.html;
      else cell.pre.textContent = code;
      this.changed(cell, code);
    }
  }

  reset(cell) {
    this.put(cell, cell.original);
    this.store.write(this.store.key(cell), { code: null, verdict: null });
    for (const old of cell.node.querySelectorAll(".book-live-output")) old.remove();
    for (const old of cell.node.querySelectorAll(".cell_output")) old.hidden = false;
    delete cell.node.dataset.live;
    remark(cell, this.store);
    this.announce(`Cell ${cell.at + 1} is as the book has it.`);
  }

  resetChapter() {
    const question = "Forget all your edits and verdicts in this chapter? This cannot be undone.";
    if (!this.doc.defaultView.confirm(question)) return;
    this.store.forgetChapter(this.page.chapter, this.page.folder);
    for (const cell of this.cells) this.reset(cell);
    this.announce("The chapter is as the book has it.");
  }

  // ------------------------------------------------------------------------------------------------------ files
  more() {
    const doc = this.doc;
    const file = element(doc, "input", { type: "file", accept: ".ipynb", class: "book-live-file", "aria-label": "A notebook with your answers" });
    file.addEventListener("change", () => this.host.act(() => this.load(file)));
    const list = element(doc, "div", { class: "book-live-menu" });
    list.append(
      button(doc, "Download my answers as a notebook", () => this.host.act(() => this.download()), { class: "book-live-download" }),
      element(doc, "label", {}, "Load answers from a notebook ", file),
      button(doc, "Reset the chapter", () => this.resetChapter(), { class: "book-live-reset" }),
    );
    return element(doc, "details", { class: "book-live-more" }, element(doc, "summary", {}, "My answers"), list);
  }

  async download() {
    const answer = await fetch(new URL(this.page.notebook, this.root));
    if (!answer.ok) throw new Error(`the notebook is not there (${answer.status})`);
    const text = withAnswers(await answer.text(), this.cells);
    const name = this.page.notebook.split("/").pop();
    const link = element(this.doc, "a", { href: URL.createObjectURL(new Blob([text], { type: "application/x-ipynb+json" })), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    this.announce(`${name} holds your answers: open it in Jupyter or Colab.`);
  }

  async load(input) {
    const [file] = input.files;
    if (!file) return;
    const found = answersIn(await file.text(), this.cells);
    const changed = found.filter(([cell, code]) => code !== cell.code);
    for (const [cell, code] of changed) this.put(cell, code);
    input.value = "";
    this.announce(`${found.length} cells of this page found in ${file.name}; ${changed.length} of them differed and were taken over.`);
  }
}
