// A pack: all frames of a demo, as lib/book/packs.py writes them.

/** Frame index of the chosen steps, row-major: the last parameter is the fastest. */
export function frameIndex(sizes, steps) {
  return sizes.reduce((index, size, i) => index * size + steps[i], 0);
}

/** Return {count, descriptions, frame(i)}; frame(i) is {type, bytes} for a Blob. Throws where the pack is damaged. */
export async function unpack(pack) {
  const descriptions = pack.descriptions;
  if (pack.format === "webp") {
    const frame = (i) => ({ type: "image/webp", bytes: fromBase64(pack.frames[i]) });
    return checked(pack.frames.length, descriptions, frame);
  }
  if (pack.format !== "svg") throw new Error(`unknown format ${pack.format}`);
  const { lines, frames } = JSON.parse(await inflate(fromBase64(pack.data)));
  const frame = (i) => ({ type: "image/svg+xml", bytes: frames[i].map((n) => lines[n]).join("\n") });
  return checked(frames.length, descriptions, frame);
}

function checked(count, descriptions, frame) {
  if (count !== descriptions.length) throw new Error(`${count} frames but ${descriptions.length} descriptions`);
  return { count, descriptions, frame };
}

function fromBase64(text) {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}

async function inflate(bytes) {
  if (typeof DecompressionStream === "undefined") throw new Error("this browser is too old to unpack the frames");
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).text();
}
