/** How long things may take, in milliseconds. A page's host may carry others (`host.limits`), as tests do. */
export const LIMITS = {
  cell: 60_000, // one cell, before it is stopped
  notice: 15_000, // how long before that the reader is told
  more: 300_000, // what one press of the button adds
  demo: 15_000, // one state of a demo
  long: 1_000, // until the bar stays in sight
  silence: 20_000, // without news while Python is loading, until the reader is told what to do
};

/** A time in words: 60 s, 5 min, 5 min 45 s. */
export function inWords(ms) {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  return `${Math.floor(seconds / 60)} min` + (seconds % 60 ? ` ${seconds % 60} s` : "");
}

/** A deadline that gives notice: `warn` is called before its end, `calm` when there is no more to warn of, `end` at its end. */
export class Deadline {
  constructor(limits, { warn, calm, end }) {
    Object.assign(this, { limits, warn, calm, end });
    this.started = performance.now();
    this.begin(limits.cell);
  }

  /** Count `ms` from now. The end is set when notice has been given: whoever comes back to a sleeping page still reads it. */
  begin(ms) {
    this.clear();
    const { notice } = this.limits;
    this.timer = setTimeout(() => {
      this.warn(this.passed(), this.passed() + notice);
      this.timer = setTimeout(() => this.end(this.passed()), notice);
    }, ms - notice);
  }

  passed() {
    return performance.now() - this.started;
  }

  extend() {
    this.begin(this.limits.more);
  }

  /** Begin anew: what has passed was not the cell's own time. */
  again() {
    this.started = performance.now();
    this.begin(this.limits.cell);
  }

  clear() {
    clearTimeout(this.timer);
    this.calm();
  }
}
