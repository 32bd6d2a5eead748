// The session of a page: one kernel, its cells, what runs and in which order. Loaded when the reader first asks.
import { death, explained, small, unable } from "./able.js";
import { rememberFetched, toFetch } from "./cost.js";
import { Pad } from "../../../lib/book/pad.js";
import { button, element } from "./dom.js";
import { openEditor } from "./editor.js";
import { Kernel } from "./kernel.js";
import { Deadline, LIMITS, inWords } from "./limits.js";
import { answersIn, withAnswers } from "./notebook.js";
import { remark } from "./offer.js";
import { Output, removeOutput } from "./outputs.js";
import { plain } from "./terminal.js";

/** Open the session of a page; tests hand in another engine with the interface of `Kernel`. */
export function open(host, Engine = Kernel) {
  return new Session(host, Engine);
}

class Session {
  constructor(host, Engine) {
    Object.assign(this, host);
    this.host = host;
    this.Engine = Engine;
    this.queue = Promise.resolve();
    this.batches = []; // cells to run together: what is waiting or running; emptied when Python is stopped
    this.free = 0; // when the last cell ended
    this.meter = element(this.doc, "progress", { max: 1, value: 0, "aria-label": "Loading Python", hidden: "" });
    this.stopButton = button(this.doc, "Stop", () => this.stop(), { class: "book-live-stop", disabled: "" });
    this.restartButton = button(this.doc, "Restart", () => this.restart(), { class: "book-live-restart", disabled: "" });
    this.actions.append(this.stopButton, this.restartButton, this.more());
    this.status.after(this.meter);
    for (const cell of this.cells) this.complete(cell);
    this.mark("off");
  }

  get times() {
    return this.host.limits ?? LIMITS;
  }

  mark(state, text) {
    this.bar.dataset.state = state;
    this.stopButton.disabled = !["asking", "loading", "running"].includes(state);
    this.restartButton.disabled = state === "off" || state === "asking";
    this.meter.hidden = state !== "loading";
    if (text) this.announce(text);
    if (state === "running") this.soon ??= setTimeout(() => this.stay(), this.times.long);
    else if (state === "asking" || state === "loading") this.stay();
    else if (!this.batches.length) this.leave();
  }

  /** Keep the bar in sight while the reader has to wait or to answer: the cell may be far below it. */
  stay() {
    this.bar.dataset.stays = "yes";
  }

  leave() {
    clearTimeout(this.soon);
    this.soon = null;
    this.bar.dataset.stays = "no";
  }

  // --------------------------------------------------------------------------------------------------- Python
  /** Start Python once; all who ask meanwhile wait for the same start. Resolves to whether it is there. */
  start() {
    if (this.starting) return this.starting;
    const mine = this.begin().then((there) => {
      if (!there && this.starting === mine) this.starting = null;
      return there;
    });
    return (this.starting = mine);
  }

  async begin() {
    this.failure = null;
    const reason = unable(this.view);
    if (reason) return this.fail(reason);
    if (!(await this.consent())) return false;
    const kernel = (this.kernel = new this.Engine(this.doc, this.root, this.page, (text, share) => {
      if (kernel === this.kernel) this.hearLoading(text, share);
    }));
    this.mark("loading", "Fetching Python …");
    this.meter.value = 0;
    this.listen();
    try {
      this.measured = await kernel.start(this.store.verdicts());
    } catch (error) {
      if (kernel !== this.kernel) return false; // stopped meanwhile: that has been told
      kernel.stop();
      return this.fail(explained(error, this.view));
    } finally {
      if (kernel === this.kernel) clearTimeout(this.waiting);
    }
    if (kernel !== this.kernel) return false;
    rememberFetched(this.store, [...Object.keys(this.page.fetches ?? {}), ...(this.measured.fetched ?? [])]);
    this.host.label();
    for (const cell of this.cells) this.note(cell);
    this.mark("ready", `Python is ready (${(this.measured.total / 1000).toFixed(1)} s, ${(this.measured.bytes / 1e6).toFixed(1)} MB).`);
    return true;
  }

  /** Python is not there, for a reason that is told with the ways out: the next press tries again. */
  fail(sentence) {
    this.failure = sentence;
    this.kernel = null;
    this.mark("failed");
    this.announce(sentence, ...this.elsewhere());
    return false;
  }

  /** Links to where the notebook runs without this browser's Python. */
  elsewhere() {
    const link = (href, text, more = {}) => element(this.doc, "a", { href, ...more }, text);
    const colab = this.doc.querySelector('a[href*="colab.research.google.com"]')?.href;
    const links = colab ? [link(colab, "Open in Colab")] : [];
    links.push(link(new URL(this.page.notebook, this.root).href, "Download the notebook", { download: "" }));
    return links.flatMap((one, at) => [at ? " · " : " ", one]);
  }

  /** On a small device ask before the first start; resolves to whether Python may be started. The answer lasts for the visit. */
  async consent() {
    if (this.host.agreed ?? !small(this.view)) return true;
    const key = "lst-python:agreed";
    try {
      if (this.view.sessionStorage.getItem(key)) return true;
    } catch {
      /* blocked: the answer lasts as long as the page */
    }
    const megabytes = Math.ceil(toFetch(this.page, this.store) / 1e6);
    const first = megabytes ? ` and fetches ${megabytes} MB the first time` : "";
    const from = this.doc.activeElement;
    const yes = await new Promise((resolve) => {
      this.answer = resolve;
      this.ask(
        `Python needs about 400 MB of memory${first}: on a small device the page may then be closed by the system. Reading, demos and typed answers work without it.`,
        { role: "group" },
        button(this.doc, "Start Python", () => resolve(true), { class: "book-live-yes" }),
        button(this.doc, "Not now", () => resolve(false), { class: "book-live-no" }),
      );
      this.mark("asking", "Start Python on this device?");
      this.question.querySelector("button").focus({ preventScroll: true });
    });
    this.ask();
    if (from?.isConnected) from.focus({ preventScroll: true });
    if (!yes) {
      if (this.bar.dataset.state === "asking") this.mark("off", "Python was not started. What you type is kept all the same.");
      return false;
    }
    this.host.agreed = true;
    try {
      this.view.sessionStorage.setItem(key, "yes");
    } catch {
      /* see above */
    }
    return true;
  }

  /** Show one sentence with its buttons in the bar, in the place of the last such; without a sentence only take that away. */
  ask(sentence, attributes, ...buttons) {
    if (this.question?.contains(this.doc.activeElement)) this.bar.focus({ preventScroll: true });
    this.question?.remove();
    this.question = null;
    if (!sentence) return;
    const text = element(this.doc, "p", { id: "book-live-question" }, sentence);
    const actions = element(this.doc, "div", { class: "book-live-actions" }, ...buttons);
    this.question = element(this.doc, "div", { class: "book-live-question", "aria-labelledby": "book-live-question", ...attributes }, text, actions);
    this.bar.append(this.question);
  }

  /** News of what is being fetched, at the start or for a cell that imports more. That time is not the cell's. */
  hearLoading(text, share = 0) {
    const { state } = this.bar.dataset;
    if (state !== "loading" && !this.current) return;
    const loading = state === "loading";
    this.clock?.again();
    this.announceQuietly(loading || (text && share < 1) ? text : `Running cell ${this.current.at + 1} …`);
    this.meter.value = share || 0;
    this.meter.hidden = !loading && !(share < 1);
    if (loading) this.listen();
  }

  /** Say so when nothing has been heard for long while Python is loading. */
  listen() {
    clearTimeout(this.waiting);
    const { silence } = this.times;
    this.waiting = setTimeout(() => {
      const time = inWords(silence);
      if (this.meter.value < 1) this.announce(`Nothing has come for ${time}: the network is slow. Wait, or press Stop and then Run.`);
      else this.announce(`Python has been fetched but did not start within ${time}: this device is slow, or the browser blocks it. Wait, or go elsewhere.`, ...this.elsewhere());
    }, silence);
  }

  stop(text) {
    text ??= this.measured
      ? "Stopped. What the cells had defined is gone: run them again from the top."
      : "Stopped before Python was there. Press Run to begin again.";
    const { kernel, batches, current } = this;
    this.clock?.clear();
    clearTimeout(this.waiting);
    this.starting = this.kernel = this.current = this.clock = this.measured = null;
    this.prepared = false;
    this.queue = Promise.resolve();
    this.batches = [];
    kernel?.stop();
    this.answer?.(false);
    for (const cell of new Set([...batches.flatMap(({ left }) => [...left]), ...(current ? [current] : [])])) this.ended(cell, "stopped");
    for (const player of this.view.BookDemos?.players.values() ?? []) player.goStatic();
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

  /**
   * Run cells one after the other, after what is running now; stops at the first error. Bootstrap comes first. Pressed
   * again before they have begun, they still run once, with the code that they then have.
   */
  runMany(cells) {
    const runnable = cells.filter((cell) => !cell.blocked);
    if (!runnable.length) return this.announce("No cell there runs in the page.");
    const waiting = this.batches.find(({ begun, cells: its }) => !begun && its.length === runnable.length && its.every((one, i) => one === runnable[i]));
    if (waiting) return waiting.done;
    const batch = { cells: runnable, left: new Set(runnable), begun: false };
    this.batches.push(batch);
    for (const cell of runnable) this.show(cell);
    batch.done = this.queue.then(() => this.work(batch));
    this.queue = batch.done.catch(() => {});
    return batch.done;
  }

  async work(batch) {
    const dropped = () => !this.batches.includes(batch);
    try {
      if (dropped()) return;
      if (!(await this.start())) {
        if (!dropped() && this.failure) this.note(batch.cells[0], this.failure, ...this.elsewhere());
        return;
      }
      if (dropped()) return;
      batch.begun = true;
      const first = this.cells.find((cell) => cell.role === "bootstrap");
      if (first && !this.prepared && !batch.cells.includes(first)) await this.execute(first, true);
      for (const cell of batch.cells) {
        if (dropped()) return;
        batch.left.delete(cell);
        if (!(await this.execute(cell))) return;
      }
    } finally {
      this.batches = this.batches.filter((other) => other !== batch);
      for (const cell of batch.left) this.show(cell);
      if (!this.batches.length && !["asking", "loading"].includes(this.bar.dataset.state)) this.leave();
    }
  }

  /** Show of a cell whether it runs, waits, or how it last ended. */
  show(cell) {
    const state = cell === this.current ? "running" : this.batches.some(({ left }) => left.has(cell)) ? "waiting" : cell.outcome;
    if (state) cell.node.dataset.live = state;
    else delete cell.node.dataset.live;
  }

  ended(cell, outcome) {
    cell.outcome = outcome;
    this.show(cell);
  }

  busy(cell) {
    return ["waiting", "running"].includes(cell.node.dataset.live);
  }

  /** Run one cell; quietly: only an error is shown. Returns whether it ended well. */
  async execute(cell, quietly = false) {
    const { kernel } = this;
    const output = new Output(this.doc, cell);
    this.current = cell;
    this.show(cell);
    this.note(cell);
    this.mark("running", `Running cell ${cell.at + 1} …`);
    const clock = (this.clock = this.timed(cell));
    let kept = quietly;
    this.judged = null;
    const hear = (message) => {
      const stays = message.kind === "demo" ? this.demo(cell, output, message) : message.kind === "map" && this.map(cell);
      if (stays) output.keep(stays);
      else if (message.kind !== "demo") output.add(message);
      kept ||= Boolean(stays);
      if (message.kind === "verdict") this.verdict(message);
    };
    const result = await kernel.run(cell.code, `cell ${cell.at + 1}`, hear).catch((error) => {
      hear({ kind: "error", name: "NotLoaded", traceback: explained(error, this.view) });
      return { ok: false };
    });
    clock.clear();
    output.finish(result.ok, kept);
    if (kernel !== this.kernel) return false;
    this.current = this.clock = null;
    this.free = performance.now();
    if (cell.role === "bootstrap") this.prepared = result.ok;
    this.ended(cell, result.ok ? "ok" : "error");
    if (result.dead || result.stopped) {
      const sentence = death(result.dead);
      this.stop(sentence);
      this.note(cell, sentence);
      return false;
    }
    const ended = result.ok ? `Cell ${cell.at + 1} is done.` : `Cell ${cell.at + 1} ended with an error.`;
    this.mark("ready", this.judged ?? ended);
    return result.ok;
  }

  /** The time that a cell has: the reader is told before it ends, and may give it more, again and again. */
  timed(cell) {
    const name = `Cell ${cell.at + 1}`;
    const extend = () => {
      clock.extend();
      this.announce(`${name} may run ${inWords(this.times.more)} more.`);
    };
    const clock = new Deadline(this.times, {
      warn: (passed, end) => {
        const more = button(this.doc, `Let it run ${inWords(this.times.more)} more`, extend, { class: "book-live-extend" });
        this.ask(`${name} has been running for ${inWords(passed)} and will be stopped at ${inWords(end)}.`, { role: "alert" }, more);
        this.stay();
      },
      calm: () => this.ask(),
      end: (passed) => {
        const sentence = `${name} was stopped after ${inWords(passed)}. What you typed is kept; what the cells had defined is gone: mend the cell, or give it more time when the page asks, and run the cells again from the top.`;
        this.stop(sentence);
        this.note(cell, sentence);
      },
    });
    return clock;
  }

  /** Say something below a cell, where the reader who ran it is looking; without a text, take it away. */
  note(cell, ...parts) {
    cell.note?.remove();
    if (!parts.length) return;
    cell.note = element(this.doc, "p", { class: "book-live-note" }, ...parts);
    (cell.node.querySelector("details.hide") ?? cell.tools).after(cell.note);
  }

  verdict({ memory, status, headline }) {
    if (status === "todo" || !memory) return;
    const cell = this.cells.find((one) => one.exercise === memory);
    if (!cell) return;
    const before = this.store.read(this.store.key(cell)).verdict;
    if (before !== "pass") this.store.write(this.store.key(cell), { verdict: status });
    remark(cell, this.store);
    this.judged = `${status === "pass" ? "✓" : "✗"} ${cell.exercise.split("@")[0].split(".").pop()}: ${plain(headline)}`;
  }

  /** A cell has shown a map: the page's own, which can be searched, stays while the cell is the book's. */
  map(cell) {
    return cell.code === cell.original && cell.node.querySelector(".book-map");
  }

  /** A cell has shown a demo: its player computes from now on. Returns the player's figure where the cell has it already. */
  demo(cell, output, { demo, spec, svg, text, note }) {
    const registry = this.view.BookDemos;
    let player = registry.get(demo);
    const own = player && cell.node.contains(player.figure);
    if (!player) {
      player = registry.adopt(demo, spec, svg, text);
      output.place(player.figure);
      output.take();
    }
    player.goLive(spec, (positions) => this.recompute(demo, positions), note, Pad);
    return own && player.figure;
  }

  async recompute(key, positions) {
    const { kernel } = this;
    if (!kernel) throw new Error("Python is not running");
    let state = null;
    let reason = "Python is not running";
    const forget = this.timedDemo((sentence) => this.stop((reason = sentence)));
    const result = await kernel.demo(key, positions, (message) => (state = message));
    forget();
    if (kernel === this.kernel && (result.dead || result.stopped)) this.stop((reason = death(result.dead)));
    if (result.dead || result.stopped) throw new Error(reason);
    if (state?.kind === "error") throw new Error(plain(state.message));
    return state;
  }

  /** The time that a demo has for one state, without what it waits for a cell. Returns how to end the watch. */
  timedDemo(end) {
    const asked = performance.now();
    const { demo } = this.times;
    let timer;
    const look = () => {
      const left = this.current ? demo : Math.max(asked, this.free) + demo - performance.now();
      if (left > 0) timer = setTimeout(look, left);
      else end(`A demo computed for more than ${inWords(demo)}, and Python was stopped. What you typed is kept: press Run to begin anew.`);
    };
    look();
    return () => clearTimeout(timer);
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
    if (!lasts) this.warn();
  }

  /** The browser keeps nothing (its storage is blocked or full): say so once, keep it in sight, and ask before the page is left. */
  warn() {
    if (this.warned) return;
    this.warned = true;
    this.announce("The browser keeps nothing for this site: download your answers before you leave.");
    this.answers.textContent = "My answers (not kept by this browser: download them)";
    this.view.addEventListener("beforeunload", (event) => {
      if (this.cells.some((cell) => cell.code !== cell.original && this.store.inMemory(cell))) event.preventDefault();
    });
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
    if (this.busy(cell)) return this.announce(`Cell ${cell.at + 1} is running: press Stop first, then reset it.`);
    this.note(cell);
    this.put(cell, cell.original);
    this.store.write(this.store.key(cell), { code: null, verdict: null });
    for (const old of cell.node.querySelectorAll(".book-live-output")) removeOutput(old);
    for (const old of cell.node.querySelectorAll(".cell_output")) old.hidden = false;
    this.ended(cell, null);
    remark(cell, this.store);
    this.announce(`Cell ${cell.at + 1} is as the book has it.`);
  }

  resetChapter() {
    if (this.batches.length) return this.announce("Cells are running: press Stop first, then reset the chapter.");
    const question = "Forget all your edits and verdicts in this chapter? This cannot be undone.";
    if (!this.view.confirm(question)) return;
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
    this.answers = element(doc, "summary", {}, "My answers");
    return element(doc, "details", { class: "book-live-more" }, this.answers, list);
  }

  async download() {
    const answer = await fetch(new URL(this.page.notebook, this.root)).catch(() => {
      throw new Error("the notebook could not be fetched. Is there a network? What you typed is still here.");
    });
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
