// What CPython asks of a system (WASI), in the worker's memory: files, clocks, a door for messages. Built on
// @bjorn3/browser_wasi_shim, with what it gets wrong or leaves out set right.
import { ConsoleStdout, Directory, File, OpenDirectory, OpenFile, PreopenDirectory, WASI, wasi } from "@bjorn3/browser_wasi_shim";

const HOME = "home/reader";
const MPL_DATA = "/packs/matplotlib.zip/matplotlib/mpl-data"; // where matplotlib looks: beside its own code
const MOST_FILES = 128 << 20; // bytes that code may write to files
const MOST_SAID = 64 << 20; // characters that one cell may say; the kernel cuts what is printed long before

// The shim reports no rights, and access() reads them: matplotlib looks for a folder it may write to.
for (const [kind, type] of [
  [OpenFile, wasi.FILETYPE_REGULAR_FILE],
  [OpenDirectory, wasi.FILETYPE_DIRECTORY],
])
  kind.prototype.fd_fdstat_get = () => {
    const fdstat = new wasi.Fdstat(type, 0);
    fdstat.fs_rights_base = fdstat.fs_rights_inherited = 0x1fffffffn;
    return { ret: 0, fdstat };
  };

// Code may write files, but only so much.
let written = 0;
for (const name of ["fd_write", "fd_pwrite"]) {
  const original = OpenFile.prototype[name];
  OpenFile.prototype[name] = function (data, offset) {
    written += data.byteLength;
    return written > MOST_FILES ? { ret: wasi.ERRNO_NOSPC, nwritten: 0 } : original.call(this, data, offset);
  };
}

export class System {
  /** `say(json)` gets what Python says: messages of the kernel, and what is written past it to stdout and stderr. */
  constructor(say) {
    this.say = say;
    this.packs = new Directory(new Map());
    this.mplData = new PreopenDirectory(MPL_DATA, new Map());
    this.library = new Directory(new Map());
    const home = folder({});
    this.root = new PreopenDirectory("/", new Map(Object.entries({ usr: folder({ local: folder({ lib: this.library }) }), packs: this.packs, tmp: folder({}), home })));
    this.home = make(this.root.dir, HOME.split("/"));
    this.paths = []; // of packs that Python has not been told of
  }

  /** Put a pack in its place. kind: "base" (Python's library), "path" (a zip to import from), "lib" and "mpl-data" (folders). */
  add(name, kind, bytes) {
    if (kind === "base") this.library.contents.set("python315.zip", readOnly(bytes));
    else if (kind === "path") {
      this.packs.contents.set(`${name}.zip`, readOnly(bytes));
      this.paths.push(`/packs/${name}.zip`);
    } else {
      const target = kind === "lib" ? this.home : this.mplData.dir;
      for (const [path, data] of members(bytes)) {
        const parts = path.split("/");
        make(target, parts.slice(0, -1)).contents.set(parts.at(-1), readOnly(data));
      }
    }
  }

  async start(module) {
    const environment = { HOME: `/${HOME}`, TMPDIR: "/tmp", PYTHONTZPATH: "", PYTHONHASHSEED: "0", PYTHONDONTWRITEBYTECODE: "1" };
    const stream = (name) => {
      const decoder = new TextDecoder();
      return new ConsoleStdout((bytes) => this.emit(JSON.stringify({ kind: "stream", name, text: decoder.decode(bytes, { stream: true }) })));
    };
    const descriptors = [new OpenFile(new File([])), stream("stdout"), stream("stderr"), this.root, this.mplData];
    const variables = Object.entries(environment).map((pair) => pair.join("="));
    this.wasi = new WASI(["/usr/local/bin/python.wasm"], variables, descriptors, { debug: false });
    this.instance = this.wasi.inst = await WebAssembly.instantiate(module, this.imports(module));
    const { _initialize, turn } = this.instance.exports;
    // On a stack of its own Python may recurse twice as deep as on a worker's, in browsers that offer one.
    this.enter = WebAssembly.promising ? WebAssembly.promising(turn) : turn;
    _initialize?.();
    await this.turn(`import os, sys; os.chdir("/${HOME}"); os.environ.update(BOOK_MODE="browser", MPLBACKEND="agg"); sys.path.insert(0, "/${HOME}"); del os`);
    await this.refresh();
  }

  /** Tell Python of packs that were added. */
  async refresh() {
    const added = JSON.stringify(this.paths.splice(0));
    await this.turn(`import sys, importlib; sys.path += [p for p in ${added} if p not in sys.path]; importlib.invalidate_caches(); del importlib`);
  }

  /** Run Python's code as one turn; returns whether it ended without an exception. Throws where the interpreter has died; `death` in able.js tells why. */
  async turn(code) {
    this.said = 0;
    this.ok = false;
    const bytes = new TextEncoder().encode(code);
    const at = this.instance.exports.host_alloc(bytes.length || 1) >>> 0;
    if (!at) throw new Error("out of memory");
    this.memory().set(bytes, at);
    return (await this.enter(at, bytes.length)) === 0;
  }

  memory() {
    return new Uint8Array(this.instance.exports.memory.buffer);
  }

  emit(json) {
    this.said += json.length;
    if (this.said <= MOST_SAID) this.say(json);
  }

  imports(module) {
    const calls = { ...this.wasi.wasiImport, poll_oneoff: (...given) => this.poll(...given) };
    for (const { module: from, name } of WebAssembly.Module.imports(module))
      if (from !== "host" && (!calls[name] || name.startsWith("sock_"))) calls[name] = () => wasi.ERRNO_NOTSUP;
    return { wasi_snapshot_preview1: calls, host: { call: (...given) => this.heard(...given) } };
  }

  /** Python's `_host.call(bytes) -> bytes`: a message, or a bare true or false: how a job has ended. No exception may unwind Python. */
  heard(at, length, outAt, outLength) {
    try {
      const text = new TextDecoder().decode(this.memory().slice(at >>> 0, (at >>> 0) + length));
      if (text === "true" || text === "false") this.ok = text === "true";
      else this.emit(text);
      const reply = this.instance.exports.host_alloc(1) >>> 0;
      if (!reply) return -2;
      this.memory()[reply] = 0;
      const view = new DataView(this.instance.exports.memory.buffer);
      view.setUint32(outAt >>> 0, reply, true);
      view.setUint32(outLength >>> 0, 1, true);
      return 0;
    } catch {
      return -2;
    }
  }

  /** time.sleep: one subscription to a clock, 48 bytes (userdata, tag at 8, clock at 16, timeout at 24, flags at 40). */
  poll(at, events, count, told) {
    if (!count) return wasi.ERRNO_INVAL;
    const view = new DataView(this.instance.exports.memory.buffer);
    [at, events, told] = [at >>> 0, events >>> 0, told >>> 0];
    const tag = view.getUint8(at + 8);
    if (tag === 0) {
      const now = CLOCKS[view.getUint32(at + 16, true)];
      if (!now) return wasi.ERRNO_INVAL;
      const absolute = view.getUint16(at + 40, true) & 1;
      const end = view.getBigUint64(at + 24, true) + (absolute ? 0n : now());
      for (let left; (left = end - now()) > 0n; ) sleep(Number(left) / 1e6);
    }
    view.setBigUint64(events, view.getBigUint64(at, true), true);
    view.setUint16(events + 8, 0, true);
    view.setUint8(events + 10, tag);
    view.setBigUint64(events + 16, 0n, true);
    view.setUint16(events + 24, 0, true);
    view.setUint32(told, 1, true);
    return 0;
  }
}

const CLOCKS = [() => BigInt(Date.now()) * 1000000n, () => BigInt(Math.round(performance.now() * 1e6))];
let bell;
try {
  bell = new Int32Array(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer);
} catch {
  /* then waiting is busy */
}

function sleep(ms) {
  if (bell) Atomics.wait(bell, 0, 0, ms);
}

const folder = (contents) => new Directory(new Map(Object.entries(contents)));

function readOnly(bytes) {
  const file = new File([], { readonly: true });
  file.data = bytes;
  return file;
}

/** Return the folder at a path below `at`, made where it is missing. */
function make(at, parts) {
  for (const part of parts) {
    if (!at.contents.has(part)) {
      const next = folder({});
      next.parent = at;
      at.contents.set(part, next);
    }
    at = at.contents.get(part);
  }
  return at;
}

/** The members of a zip whose members are stored: [path, bytes], views of the whole. */
export function* members(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.byteLength - 22;
  while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) end--;
  if (end < 0) throw new Error("this is not a zip file");
  let at = view.getUint32(end + 16, true);
  for (let n = view.getUint16(end + 10, true); n > 0; n--) {
    if (view.getUint16(at + 10, true) !== 0) throw new Error("a zip file's members must be stored");
    const [size, nameLength] = [view.getUint32(at + 20, true), view.getUint16(at + 28, true)];
    const from = view.getUint32(at + 42, true);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    const data = from + 30 + view.getUint16(from + 26, true) + view.getUint16(from + 28, true);
    yield [name, bytes.subarray(data, data + size)];
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
}
