// What a reader has written and solved, in the browser's own storage. A full, blocked or spoilt storage breaks nothing:
// then the answers last as long as the page.
const PREFIX = "lst:";

export class Store {
  constructor(view, page) {
    this.page = page;
    this.memory = new Map();
    try {
      this.storage = view.localStorage;
      this.storage.setItem(`${PREFIX}try`, "1");
      this.storage.removeItem(`${PREFIX}try`);
    } catch {
      this.storage = null;
    }
  }

  /** An exercise is known by its own name and the fingerprint of its stub, any other cell by its page and id. */
  key(cell) {
    return cell.exercise ? `${PREFIX}exercise:${cell.exercise}` : `${PREFIX}cell:${this.page}:${cell.id}`;
  }

  read(key) {
    try {
      const text = this.memory.get(key) ?? this.storage?.getItem(key);
      const value = text ? JSON.parse(text) : {};
      return value && typeof value === "object" ? value : {};
    } catch {
      return {};
    }
  }

  /** Change the entry under `key`; fields that are null go, and so does an empty entry. Returns whether it will last. */
  write(key, change) {
    const value = Object.fromEntries(Object.entries({ ...this.read(key), ...change }).filter(([, v]) => v !== null));
    const empty = Object.keys(value).length === 0;
    try {
      if (!this.storage) throw new Error("no storage");
      if (empty) this.storage.removeItem(key);
      else this.storage.setItem(key, JSON.stringify(value));
      this.memory.delete(key);
      return true;
    } catch {
      if (empty) this.memory.delete(key);
      else this.memory.set(key, JSON.stringify(value));
      return false;
    }
  }

  /** Whether what is kept of a cell would be lost with the page. */
  inMemory(cell) {
    return this.memory.has(this.key(cell));
  }

  code(cell) {
    const { code } = this.read(this.key(cell));
    return typeof code === "string" ? code : null;
  }

  keys(prefix) {
    const all = new Set(this.memory.keys());
    try {
      for (let i = 0; i < this.storage.length; i++) all.add(this.storage.key(i));
    } catch {
      /* no storage: what is in memory is all there is */
    }
    return [...all].filter((key) => key?.startsWith(PREFIX + prefix));
  }

  /** Verdicts by memory key, for the kernel's progress table. */
  verdicts() {
    const all = this.keys("exercise:").map((key) => [key.slice(`${PREFIX}exercise:`.length), this.read(key).verdict]);
    return Object.fromEntries(all.filter(([, verdict]) => verdict === "pass" || verdict === "fail"));
  }

  /** Forget everything of a chapter: its exercises by name, its pages' cells by address. */
  forgetChapter(chapter, folder) {
    for (const key of [...this.keys(`exercise:${chapter}.`), ...this.keys(`cell:${folder}`)]) {
      this.memory.delete(key);
      try {
        this.storage?.removeItem(key);
      } catch {
        /* it was not there */
      }
    }
  }
}
