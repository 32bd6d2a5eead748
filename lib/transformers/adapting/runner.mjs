// A model without Python: reads a .onnx file and computes it, in any browser and in Node, with nothing installed.
//
//   import { open } from "./runner.mjs";
//   const model = open(bytes);                                      // a Uint8Array
//   const { scores } = model.run({ ids: tensor([1, 7], [3, 1, 4, 1, 5, 9, 2]) });
//
// It knows the operators of the model that the page ships, and says so where it meets another. Numbers of all types are
// kept as doubles: what a weight of 32 bits says is kept, and the sums are those of 64 bits.

export const tensor = (dims, data) => ({ dims, data: Float64Array.from(data) });
const size = (dims) => dims.reduce((a, b) => a * b, 1);
const strides = (dims) => dims.map((_, i) => size(dims.slice(i + 1)));

// ---------------------------------------------------------------------------------------------------------- the file
function varint(bytes, at) {
  let value = 0n, shift = 0n;
  for (;;) {
    const byte = bytes[at++];
    value |= BigInt(byte & 127) << shift;
    shift += 7n;
    if (byte < 128) return [value, at];
  }
}

function fields(bytes) {  // field's number → its values
  const found = {};
  for (let at = 0, key, value; at < bytes.length;) {
    [key, at] = varint(bytes, at);
    const kind = Number(key & 7n), number = Number(key >> 3n);
    if (kind === 0) [value, at] = varint(bytes, at);
    else {
      let length = BigInt({ 1: 8, 5: 4 }[kind] ?? 0);
      if (kind === 2) [length, at] = varint(bytes, at);
      value = bytes.subarray(at, (at += Number(length)));
    }
    (found[number] ??= []).push(value);
  }
  return found;
}

const text = (bytes) => new TextDecoder().decode(bytes ?? new Uint8Array());
const signed = (value) => Number(BigInt.asIntN(64, value));
function wholes(values = []) {  // each in a field of its own, or all packed in one
  const out = [];
  for (const value of values) {
    if (typeof value === "bigint") out.push(signed(value));
    else for (let at = 0, one; at < value.length;) { [one, at] = varint(value, at); out.push(signed(one)); }
  }
  return out;
}

const KINDS = {  // ONNX's number of a type → its bytes, and how one is read
  1: [4, (v, i) => v.getFloat32(i, true)], 3: [1, (v, i) => v.getInt8(i)],
  6: [4, (v, i) => v.getInt32(i, true)], 7: [8, (v, i) => Number(v.getBigInt64(i, true))],
  9: [1, (v, i) => v.getUint8(i)], 11: [8, (v, i) => v.getFloat64(i, true)],
};
function array(bytes) {
  const message = fields(bytes), [kind] = wholes(message[2]), dims = wholes(message[1]), raw = message[9]?.[0];
  if (!KINDS[kind] || !raw) throw new Error(`arrays of type ${kind} are read from raw bytes, and of ${Object.keys(KINDS)}`);
  const [width, get] = KINDS[kind], view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const data = Float64Array.from({ length: size(dims) }, (_, i) => get(view, i * width));
  return [text(message[8]?.[0]), { dims, data }];
}

function attribute(bytes) {
  const message = fields(bytes), [kind] = wholes(message[20]), name = text(message[1][0]);
  const number = () => new DataView(message[2][0].buffer, message[2][0].byteOffset, 4).getFloat32(0, true);
  const readers = { 1: number, 2: () => wholes(message[3])[0], 3: () => text(message[4][0]), 7: () => wholes(message[8]) };
  if (!readers[kind]) throw new Error(`the attribute ${name} is of a kind, ${kind}, that is not read here`);
  return [name, readers[kind]()];
}

// ------------------------------------------------------------------------------------------------------ the operators
function joined(a, b) {  // the shape of two arrays together, aligned at their last axes
  const n = Math.max(a.length, b.length), at = (dims, i) => dims[i - n + dims.length] ?? 1;
  return Array.from({ length: n }, (_, i) => {
    if (at(a, i) !== at(b, i) && at(a, i) !== 1 && at(b, i) !== 1) throw new Error(`shapes ${a} and ${b} do not fit`);
    return at(a, i) === 1 ? at(b, i) : at(a, i);
  });
}
function spread(x, dims) {  // x repeated along axes of length 1
  const own = strides(x.dims), step = dims.map((_, i) => {
    const j = i - dims.length + x.dims.length;
    return j < 0 || x.dims[j] === 1 ? 0 : own[j];
  });
  return picked(dims, (at) => x.data[at.reduce((sum, n, i) => sum + n * step[i], 0)]);
}
function picked(dims, value) {  // an array whose entry at each place is value(place)
  const out = new Float64Array(size(dims)), at = dims.map(() => 0);
  for (let i = 0; i < out.length; i++) {
    out[i] = value(at);
    for (let axis = dims.length - 1; axis >= 0 && ++at[axis] === dims[axis]; axis--) at[axis] = 0;
  }
  return { dims, data: out };
}
const each = (f) => (...parts) => {
  const dims = parts.map((p) => p.dims).reduce(joined), all = parts.map((p) => spread(p, dims).data);
  return { dims, data: all[0].map((_, i) => f(...all.map((a) => a[i]))) };
};
const rows = (f) => (x, ...rest) => {  // f changes each row along the last axis
  const n = x.dims.at(-1), data = Float64Array.from(x.data);
  for (let i = 0; i < data.length; i += n) f(data.subarray(i, i + n), ...rest);
  return { dims: x.dims, data };
};
const last = (x, { axis = -1 }) => {
  if (axis !== -1 && axis !== x.dims.length - 1) throw new Error(`the axis ${axis} is not the last`);
};

function matmul(a, b) {
  const [n, k] = a.dims.slice(-2), m = b.dims.at(-1), many = joined(a.dims.slice(0, -2), b.dims.slice(0, -2));
  if (k !== b.dims.at(-2)) throw new Error(`shapes ${a.dims} and ${b.dims} do not fit`);
  const A = spread(a, [...many, n, k]).data, B = spread(b, [...many, k, m]).data, out = new Float64Array(size(many) * n * m);
  for (let one = 0; one < size(many); one++)
    for (let i = 0; i < n; i++)
      for (let l = 0; l < k; l++)
        for (let j = 0; j < m; j++) out[(one * n + i) * m + j] += A[(one * n + i) * k + l] * B[(one * k + l) * m + j];
  return { dims: [...many, n, m], data: out };
}

const softmax = rows((row) => {
  const most = Math.max(...row), sum = row.reduce((s, z) => s + Math.exp(z - most), 0);
  row.forEach((z, i) => { row[i] = Math.exp(z - most) / sum; });
});
const norm = rows((row, scale, bias, epsilon) => {
  const mean = row.reduce((s, z) => s + z, 0) / row.length;
  const variance = row.reduce((s, z) => s + (z - mean) ** 2, 0) / row.length;
  row.forEach((z, i) => { row[i] = ((z - mean) / Math.sqrt(variance + epsilon)) * scale[i] + bias[i]; });
});

function reshape(x, shape, { allowzero = 0 }) {
  const dims = Array.from(shape.data, (n, i) => (n === 0 && !allowzero ? x.dims[i] : n));
  const free = dims.indexOf(-1);
  if (free >= 0) dims[free] = -x.data.length / size(dims);
  return { dims, data: x.data };
}
function slice(x, starts, ends, axes, steps) {
  if (steps && steps.data.some((step) => step !== 1)) throw new Error("slices go in steps of 1 here");
  const from = x.dims.map(() => 0), dims = [...x.dims];
  Array.from(axes ? axes.data : starts.data.keys(), (a) => (a + x.dims.length) % x.dims.length).forEach((axis, i) => {
    const inside = (n) => Math.min(Math.max(n < 0 ? n + x.dims[axis] : n, 0), x.dims[axis]);
    from[axis] = inside(starts.data[i]);
    dims[axis] = Math.max(0, inside(ends.data[i]) - from[axis]);
  });
  const step = strides(x.dims);
  return picked(dims, (at) => x.data[at.reduce((sum, n, i) => sum + (n + from[i]) * step[i], 0)]);
}
function concat(parts) {
  if (parts.some((p) => p.dims.length !== 1)) throw new Error("only rows of numbers are joined here");
  return tensor([parts.reduce((n, p) => n + p.dims[0], 0)], parts.flatMap((p) => Array.from(p.data)));
}

const OPERATORS = {
  Add: (_, a, b) => each((x, y) => x + y)(a, b),
  Mul: (_, a, b) => each((x, y) => x * y)(a, b),
  Equal: (_, a, b) => each((x, y) => Number(x === y))(a, b),
  Where: (_, c, a, b) => each((t, x, y) => (t ? x : y))(c, a, b),
  Cast: (_, x) => x,
  DequantizeLinear: ({ axis = 1 }, q, s) =>
    s.data.length === 1 ? each((x, y) => x * y)(q, s)
      : picked(q.dims, (at) => q.data[at.reduce((sum, n, i) => sum * q.dims[i] + n, 0)] * s.data[at[axis]]),
  Expand: (_, x, shape) => spread(x, joined(x.dims, Array.from(shape.data))),
  Gather: ({ axis = 0 }, x, at) => {
    if (axis !== 0) throw new Error("rows are looked up along the first axis here");
    const wide = size(x.dims.slice(1)), dims = [...at.dims, ...x.dims.slice(1)];
    return { dims, data: Float64Array.from({ length: size(dims) }, (_, i) => x.data[at.data[Math.floor(i / wide)] * wide + (i % wide)]) };
  },
  Gelu: ({ approximate }, x) => {
    if (approximate !== "tanh") throw new Error("GELU is computed in its form with tanh here");
    return each((z) => (z / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (z + 0.044715 * z ** 3))))(x);
  },
  LayerNormalization: (how, x, scale, bias) => (last(x, how), norm(x, scale.data, bias.data, how.epsilon ?? 1e-5)),
  MatMul: (_, a, b) => matmul(a, b),
  Softmax: (how, x) => (last(x, how), softmax(x)),
  Shape: ({ start = 0, end }, x) => { const dims = x.dims.slice(start, end); return tensor([dims.length], dims); },
  Reshape: (how, x, shape) => reshape(x, shape, how),
  Slice: (_, ...inputs) => slice(...inputs),
  Concat: (_, ...parts) => concat(parts),
  Squeeze: (_, x, axes) => ({ dims: x.dims.filter((_, i) => !axes.data.some((a) => (a + x.dims.length) % x.dims.length === i)), data: x.data }),
  Transpose: ({ perm }, x) => {
    const own = strides(x.dims), step = perm.map((axis) => own[axis]);
    return picked(perm.map((axis) => x.dims[axis]), (at) => x.data[at.reduce((sum, n, i) => sum + n * step[i], 0)]);
  },
  Trilu: ({ upper = 1 }, x) => {
    const keep = upper ? (i, j) => j >= i : (i, j) => j <= i, [n, m] = x.dims.slice(-2);
    return { dims: x.dims, data: x.data.map((z, at) => (keep(Math.floor(at / m) % n, at % m) ? z : 0)) };
  },
};

// --------------------------------------------------------------------------------------------------------- the graph
export function open(bytes) {
  const model = fields(bytes), graph = fields(model[7][0]);
  const constants = Object.fromEntries((graph[5] ?? []).map(array));
  const nodes = (graph[1] ?? []).map(fields).map((node) => ({
    operator: text(node[4][0]),
    inputs: (node[1] ?? []).map(text),
    outputs: node[2].map(text),
    attributes: Object.fromEntries((node[5] ?? []).map(attribute)),
  }));
  const unknown = nodes.find((node) => !OPERATORS[node.operator]);
  if (unknown) throw new Error(`the operator ${unknown.operator} is not known here`);
  const outputs = graph[12].map((value) => text(fields(value)[1][0]));
  const metadata = Object.fromEntries((model[14] ?? []).map(fields).map((entry) => [text(entry[1][0]), text(entry[2]?.[0])]));

  function run(feeds) {
    const values = { ...constants, ...feeds };
    for (const node of nodes) {
      const made = OPERATORS[node.operator](node.attributes, ...node.inputs.map((name) => values[name]));
      values[node.outputs[0]] = made;
    }
    return Object.fromEntries(outputs.map((name) => [name, values[name]]));
  }
  return { run, metadata, nodes };
}
