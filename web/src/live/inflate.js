// Zstandard, in the browser: what the build has compressed (tools/engine.py). Browsers know gzip alone.
import { ZSTDDecoder } from "zstddec/stream";

const SLICE = 1 << 20; // bytes handed to the decoder at a time: its own memory stays small
const decoder = new ZSTDDecoder();
let ready;

/** The decoder asks `fetch` for a data: address that holds its binary; here nothing may be fetched, so it gets it directly. */
function prepared() {
  ready ??= (async () => {
    const own = self.fetch;
    self.fetch = async (address) => new Response(Uint8Array.from(atob(address.split(",")[1]), (c) => c.charCodeAt(0)));
    try {
      await decoder.init();
    } finally {
      self.fetch = own;
    }
  })();
  return ready;
}

async function chunks(blob) {
  const [bytes] = await Promise.all([blob.arrayBuffer(), prepared()]);
  const slices = [];
  for (let at = 0; at < bytes.byteLength; at += SLICE) slices.push(new Uint8Array(bytes, at, Math.min(SLICE, bytes.byteLength - at)));
  return decoder.decodeStreaming(slices);
}

/** Return a compressed file's bytes; `size` is what they come to. */
export async function inflate(blob, size) {
  const out = new Uint8Array(size);
  let at = 0;
  for (const chunk of await chunks(blob)) {
    out.set(chunk, at);
    at += chunk.length;
  }
  if (at !== size) throw new Error(`a file of ${size} bytes unpacks to ${at}`);
  return out;
}

/** Compile a compressed WebAssembly binary while it is being unpacked. */
export async function compile(blob) {
  const parts = await chunks(blob);
  const pull = (controller) => {
    const { done, value } = parts.next();
    if (done) controller.close();
    else controller.enqueue(value);
  };
  const body = new ReadableStream({ pull }, { highWaterMark: 4 });
  return WebAssembly.compileStreaming(new Response(body, { headers: { "content-type": "application/wasm" } }));
}
