// Whether a browser can run Python, and what to say where it cannot: each trouble in one sentence, with what to do.

// Two modules of a few bytes that only a browser with the instructions takes for valid: exceptions with references
// (try_table and catch_all_ref), and vectors of 128 bits (i8x16.splat).
const EXCEPTIONS = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 15, 1, 13, 0, 2, 105, 31, 64, 1, 3, 0, 11, 0, 11, 26, 11];
const VECTORS = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 9, 1, 7, 0, 65, 0, 253, 15, 26, 11];
const ELSEWHERE = "open this notebook in Colab or download it";
const KEPT = "what you typed is kept";

/** Why Python cannot run in this browser, in one sentence; "" where it can. `view` is the window. */
export function unable(view = globalThis) {
  const { WebAssembly, Worker } = view;
  if (typeof WebAssembly?.validate !== "function")
    return `WebAssembly is switched off in this browser (by its owner, or by a lockdown mode): allow it for this site, or ${ELSEWHERE}.`;
  if (![EXCEPTIONS, VECTORS].every((bytes) => WebAssembly.validate(new Uint8Array(bytes))))
    return `Python in the page needs Chrome or Edge 137, Firefox 131, Safari 18.4 or a later one: update this browser, or ${ELSEWHERE}.`;
  if (typeof Worker !== "function") return `This browser allows the page no worker, which Python needs: allow it for this site, or ${ELSEWHERE}.`;
  return "";
}

/** Whether a device is small: little memory, or a phone's screen (upright or turned). */
export function small(view) {
  const matches = (query) => view.matchMedia?.(query).matches ?? false;
  return view.navigator.deviceMemory <= 4 || (matches("(pointer: coarse)") && matches("(max-width: 600px), (max-height: 500px)"));
}

const MEMORY = /out of memory|memory exhausted|could not allocate|cannot allocate|allocation failed|too large|invalid array (buffer )?length|RangeError.*memory/i;

/** The sentence for an error that kept Python from starting, or a package from loading. */
export function explained(error, view = globalThis) {
  const text = String(error?.message ?? error).split("\n")[0];
  const has = (pattern) => pattern.test(text) || pattern.test(error?.name ?? "");
  if (has(/not the file this book was made with/))
    return `${text}: reload the page, and if it happens again tell whoever serves this book; ${KEPT}.`;
  if (has(/could not be fetched|failed to fetch|networkerror|load failed/i)) {
    if (view.navigator?.onLine === false) return `This device is offline, and Python has not been fetched yet: connect it and press Run again; ${KEPT}.`;
    return `${sentence(text)} Look after the network and press Run again; ${KEPT}.`;
  }
  if (has(/ is not (at|there)/)) return `${text}: reload the page, and if it happens again tell whoever serves this book.`;
  if (has(/quota|storage is full/i)) return `The browser's storage is full: free some of this device's space, or allow this site more, and press Run again; ${KEPT}.`;
  if (has(MEMORY) || error?.name === "RangeError") return `This device has too little memory free for Python (about 400 MB): close other tabs and press Run again, or ${ELSEWHERE}; ${KEPT}.`;
  if (has(/worker|securityerror|content security policy|frame/i))
    return `The browser, or something added to it, blocks the worker that Python runs in (${text}): allow it for this site, or ${ELSEWHERE}.`;
  return `Python did not start (${text}): reload the page and press Run again, or ${ELSEWHERE}; ${KEPT}.`;
}

/** The sentence for an interpreter that has died, whatever the cause it gave. */
export function death(reason = "") {
  const why = /call stack|recursion|stack overflow|stack space/i.test(reason)
    ? "the recursion went too deep for a browser"
    : MEMORY.test(reason)
      ? "its memory was full"
      : /^exit\b/.test(reason)
        ? "a cell told it to exit"
        : reason.split("\n")[0].replace(/[.\s]+$/, "");
  return `Python ended${why ? ` (${why})` : ""}; ${KEPT}. Press Run to begin anew.`;
}

function sentence(text) {
  return /[.?!]$/.test(text) ? text : `${text}.`;
}
