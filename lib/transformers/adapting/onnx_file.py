"""Reading a .onnx file without any package: its bytes, and what they say; and writing one.

The file is one message of Protocol Buffers. A message is a row of fields: a number that says which field and how its value is written, and the value,
which may be a message itself. Whole numbers are written seven bits a byte, the lowest first, the eighth bit saying that there are more.
The fields' numbers are those of the published schema, onnx.proto: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from lib.transformers.adapting.onnx_graph import Declared, Graph, Node
from lib.transformers.adapting.operators import OPERATORS, TYPES, type_of

OLDEST = 13  # the opset from which on the operators mean what `operators` computes
Message = dict[int, list]  # field → its values, in their order: whole numbers, or bytes

FIELDS = {  # message → field → its number
    "ModelProto": {"ir_version": 1, "producer_name": 2, "graph": 7, "opset_import": 8, "metadata_props": 14},
    "OperatorSetIdProto": {"domain": 1, "version": 2},
    "GraphProto": {"node": 1, "name": 2, "initializer": 5, "input": 11, "output": 12, "sparse_initializer": 15},
    "NodeProto": {"input": 1, "output": 2, "op_type": 4, "attribute": 5, "domain": 7},
    "AttributeProto": {"name": 1, "f": 2, "i": 3, "s": 4, "t": 5, "floats": 7, "ints": 8, "strings": 9, "type": 20},
    "TensorProto": {
        **{"dims": 1, "data_type": 2, "float_data": 4, "int32_data": 5, "int64_data": 7, "name": 8, "raw_data": 9},
        **{"double_data": 10, "uint64_data": 11, "external_data": 13, "data_location": 14},
    },
    "StringStringEntryProto": {"key": 1, "value": 2},
    "ValueInfoProto": {"name": 1, "type": 2},
    "TypeProto": {"tensor_type": 1},
    "TypeProto.Tensor": {"elem_type": 1, "shape": 2},
    "TensorShapeProto": {"dim": 1},
    "TensorShapeProto.Dimension": {"dim_value": 1, "dim_param": 2},
}
HELD = {  # types of number → the field that holds them where they are not raw bytes; the rest is in int32_data
    **{np.float32: "float_data", np.float64: "double_data", np.int64: "int64_data"},
    **{np.uint32: "uint64_data", np.uint64: "uint64_data"},
}


def _model(source) -> _Reader:
    if not isinstance(source, (str, Path, bytes)):
        raise TypeError(f"source must be a path or bytes, but is {type(source).__name__}")
    return _Reader("ModelProto", source if isinstance(source, bytes) else Path(source).read_bytes())


def read_metadata(source) -> dict[str, str]:
    """Return what else a model says of itself, name → text: a path of a .onnx file, or its bytes. Raises as `read_graph` does."""
    entries = _model(source).all("metadata_props", "StringStringEntryProto")
    return {entry.text("key"): entry.text("value") for entry in entries}


def read_graph(source) -> Graph:
    """Return the graph of a model: a path of a .onnx file, or its bytes.

    Weights that lie in a file beside it are read where a path is given. Raises ValueError for what is no ONNX model, for an opset before 13, and
    for operators, attributes and types that are not known here; TypeError for a source that is neither path nor bytes.
    """
    model = _model(source)
    folder = None if isinstance(source, bytes) else Path(source).parent
    opsets = {opset.text("domain"): opset.whole("version") for opset in model.all("opset_import", "OperatorSetIdProto")}
    if not opsets or not model.has("graph"):
        raise ValueError("this is no ONNX model: it has no graph, or names no opset")
    for domain in ("", "ai.onnx"):
        if opsets.get(domain, OLDEST) < OLDEST:
            raise ValueError(f"the model is written for opset {opsets[domain]}, but is read from {OLDEST} on")
    graph = model.one("graph", "GraphProto")
    if graph.has("sparse_initializer"):
        raise ValueError("the model has sparse weights, which are not read here")
    constants = {part.text("name"): _array(part, folder) for part in graph.all("initializer", "TensorProto")}
    declared = [value for value in graph.all("input", "ValueInfoProto") if value.text("name") not in constants]
    return Graph(
        nodes=tuple(_node(node, folder) for node in graph.all("node", "NodeProto")),
        inputs={value.text("name"): _declared(value) for value in declared},
        outputs=tuple(value.text("name") for value in graph.all("output", "ValueInfoProto")),
        constants=constants,
    )


# ------------------------------------------------------------------------------------------------------------- messages
def fields(data: bytes) -> Message:
    """Return the fields of a message: number → values. Raises ValueError where the bytes are none."""
    found: Message = {}
    at = 0
    while at < len(data):
        key, at = whole_at(data, at)
        kind, value = key & 7, None
        if kind == 0:  # a whole number
            value, at = whole_at(data, at)
        elif kind in (1, 2, 5):  # eight bytes, as many as said, four bytes
            size, at = whole_at(data, at) if kind == 2 else ({1: 8, 5: 4}[kind], at)
            value, at = data[at : at + size], at + size
        if value is None or at > len(data):
            raise ValueError("this is no ONNX model: its bytes are no fields of a message")
        found.setdefault(key >> 3, []).append(value)
    return found


def whole_at(data: bytes, at: int) -> tuple[int, int]:
    """Return the whole number that is written from `at` on, seven bits a byte, and where the next value begins."""
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise ValueError("this is no ONNX model: a number in it does not end")
        value |= (data[at] & 127) << shift
        shift, at = shift + 7, at + 1
        if data[at - 1] < 128:
            return value, at


class _Reader:
    """A message, whose fields are asked for by their names."""

    def __init__(self, kind: str, data: bytes):
        self.numbers, self.fields = FIELDS[kind], fields(data)

    def values(self, name: str) -> list:
        return self.fields.get(self.numbers[name], [])

    def has(self, name: str) -> bool:
        return bool(self.values(name))

    def all(self, name: str, kind: str) -> list[_Reader]:
        return [_Reader(kind, data) for data in self.bytes(name)]

    def one(self, name: str, kind: str) -> _Reader:
        return _Reader(kind, b"".join(self.bytes(name)))

    def bytes(self, name: str) -> list[bytes]:
        if not all(isinstance(value, bytes) for value in self.values(name)):
            raise ValueError(f"this is no ONNX model: {name} is a number")
        return self.values(name)

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(value.decode() for value in self.bytes(name))

    def text(self, name: str) -> str:
        return (self.texts(name) or ("",))[-1]

    def wholes(self, name: str) -> list[int]:
        """Return whole numbers, each a field or all packed in one, of 64 bits with a sign."""
        return [value - (value >> 63 << 64) for value in self._unpacked(name)]

    def _unpacked(self, name: str) -> Iterator[int]:
        for value in self.values(name):
            at = 0
            if isinstance(value, int):
                yield value & (1 << 64) - 1
            else:
                while at < len(value):
                    number, at = whole_at(value, at)
                    yield number & (1 << 64) - 1

    def whole(self, name: str) -> int:
        return (self.wholes(name) or [0])[-1]

    def floats(self, name: str, dtype: str = "<f4") -> np.ndarray:
        return np.frombuffer(b"".join(self.bytes(name)), dtype)


# ----------------------------------------------------------------------------------------------------- what they stand for
def _array(tensor: _Reader, folder: Path | None) -> np.ndarray:
    dtype = np.dtype(type_of(tensor.whole("data_type")))
    dims = tensor.wholes("dims")
    held = HELD.get(dtype.type, "int32_data")
    if tensor.whole("data_location") == 1:
        found = np.frombuffer(_beside(tensor, folder), dtype.newbyteorder("<"))
    elif tensor.has("raw_data"):
        found = np.frombuffer(b"".join(tensor.bytes("raw_data")), dtype.newbyteorder("<"))
    elif held in ("float_data", "double_data"):
        found = tensor.floats(held, dtype.newbyteorder("<").str)
    else:
        wholes = np.array(tensor.wholes(held), np.int64)
        found = wholes.astype(np.uint16).view(np.float16) if dtype == np.float16 else wholes
    if min(dims, default=1) < 0 or math.prod(dims) != found.size:
        raise ValueError(f"the array {tensor.text('name')!r} has {found.size} entries, but its shape is {tuple(dims)}")
    return found.astype(dtype).reshape(dims)


def _beside(tensor: _Reader, folder: Path | None) -> bytes:
    """Return the bytes of an array that lies in another file in the model's folder, and in no other place."""
    pairs = tensor.all("external_data", "StringStringEntryProto")
    entries = {pair.text("key"): pair.text("value") for pair in pairs}
    name = tensor.text("name")
    if folder is None:
        raise ValueError(
            f"the array {name!r} is not in the model's bytes but in a file beside it: give the model's path"
        )
    file = (folder / entries.get("location", "")).resolve()
    if not file.is_relative_to(folder.resolve()) or not file.is_file():
        raise ValueError(
            f"the array {name!r} should be in {entries.get('location')!r}, which is no file beside the model"
        )
    offset = int(entries.get("offset", 0))
    length = int(entries.get("length", file.stat().st_size - offset))
    with file.open("rb") as data:
        data.seek(offset)
        return data.read(length)


def _declared(value: _Reader) -> Declared:
    kind = value.one("type", "TypeProto")
    if not kind.has("tensor_type"):
        raise ValueError(f"{value.text('name')!r} is no tensor, and only tensors are read here")
    tensor = kind.one("tensor_type", "TypeProto.Tensor")
    dims = tensor.one("shape", "TensorShapeProto").all("dim", "TensorShapeProto.Dimension")
    lengths = [dim.whole("dim_value") if dim.has("dim_value") else dim.text("dim_param") or None for dim in dims]
    return Declared(type_of(tensor.whole("elem_type")), tuple(lengths) if tensor.has("shape") else None)


def _node(node: _Reader, folder: Path | None) -> Node:
    operator, domain = node.text("op_type"), node.text("domain")
    if domain not in ("", "ai.onnx"):
        raise ValueError(f"the graph has operators that are not known here: {domain}.{operator}")
    attributes = {}
    if operator in OPERATORS:  # else the graph names it
        parts = node.all("attribute", "AttributeProto")
        attributes = {part.text("name"): _attribute(part, folder) for part in parts}
    outputs = node.texts("output")
    if operator == "Cast":
        to = attributes.get("to")
        type_of(to if isinstance(to, int) else 0)  # raises where numpy has no such type
    if operator == "Split":
        attributes["num_outputs"] = len(outputs)
    return Node(operator, node.texts("input"), outputs, attributes)


def _attribute(attribute: _Reader, folder: Path | None):
    kind = attribute.whole("type")
    if kind == 1:
        return float(np.append(0.0, attribute.floats("f"))[-1])
    if kind == 4:
        return _array(attribute.one("t", "TensorProto"), folder)
    readers = {
        2: ("whole", "i"),
        3: ("text", "s"),
        6: ("floats", "floats"),
        7: ("wholes", "ints"),
        8: ("texts", "strings"),
    }
    if kind not in readers:
        raise ValueError(f"the attribute {attribute.text('name')!r} is of a kind, {kind}, that is not read here")
    reader, name = readers[kind]
    return getattr(attribute, reader)(name)


# -------------------------------------------------------------------------------------------------------------- writing
IR_VERSION = 9  # the version of the file's own form that opset 20 came with
CODES = {np.dtype(kind): code for code, kind in TYPES.items()}


def write_graph(
    graph: Graph, outputs: Mapping[str, Declared], metadata: Mapping[str, str] | None = None, opset: int = 20
) -> bytes:
    """Return the bytes of a .onnx file that holds a graph.

    outputs : what each output is, by its name, as readers of the file want to know;  opset : the version of the operators that the graph uses
    metadata : what else it should say of itself, name → text
    Raises TypeError for what is no graph, ValueError where `outputs` are not the graph's.
    """
    if not isinstance(graph, Graph):
        raise TypeError(f"graph must be a Graph, but is {type(graph).__name__}")
    if set(outputs) != set(graph.outputs):
        raise ValueError(f"outputs must say what {', '.join(graph.outputs)} are, but names {', '.join(outputs)}")
    message = _message(
        "GraphProto",
        node=[_node_bytes(node) for node in graph.nodes],
        name=["graph"],
        initializer=[_tensor_bytes(array, name) for name, array in graph.constants.items()],
        input=[_declared_bytes(name, declared) for name, declared in graph.inputs.items()],
        output=[_declared_bytes(name, outputs[name]) for name in graph.outputs],
    )
    told = [_message("StringStringEntryProto", key=[k], value=[v]) for k, v in (metadata or {}).items()]
    operators = _message("OperatorSetIdProto", domain=[""], version=[opset])
    head = dict(ir_version=[IR_VERSION], producer_name=["book"])
    return _message("ModelProto", **head, graph=[message], opset_import=[operators], metadata_props=told)


def varint(value: int) -> bytes:
    """Return a whole number of 64 bits as it is written: seven bits a byte, the lowest first, the eighth saying that there are more.

    Raises ValueError for a number that does not fit. Equation: eq-varint
    """
    if not -(1 << 63) <= value < 1 << 64:
        raise ValueError(f"a number has at most 64 bits, but {value} has more")
    value, out = value & (1 << 64) - 1, bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes((*out, value))


def _message(kind: str, **parts: list) -> bytes:
    """Return a message: each field's values, whole numbers, 32-bit floats, texts or bytes."""
    out = bytearray()
    for name, values in parts.items():
        for value in values:
            number = FIELDS[kind][name] << 3
            if isinstance(value, float):
                out += varint(number | 5) + struct.pack("<f", value)
            elif isinstance(value, (int, np.integer)):
                out += varint(number) + varint(int(value))
            else:
                data = value.encode() if isinstance(value, str) else value
                out += varint(number | 2) + varint(len(data)) + data
    return bytes(out)


def _tensor_bytes(array: np.ndarray, name: str = "") -> bytes:
    array = np.asarray(array)
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    return _message(
        "TensorProto", dims=list(array.shape), data_type=[CODES[array.dtype]], name=[name], raw_data=[little.tobytes()]
    )


def _declared_bytes(name: str, declared: Declared) -> bytes:
    field = lambda n: {} if n is None else {"dim_param": [n]} if isinstance(n, str) else {"dim_value": [n]}
    parts = {"elem_type": [CODES[np.dtype(declared.dtype)]]}
    if declared.shape is not None:
        dims = [_message("TensorShapeProto.Dimension", **field(n)) for n in declared.shape]
        parts["shape"] = [_message("TensorShapeProto", dim=dims)]
    kind = _message("TypeProto", tensor_type=[_message("TypeProto.Tensor", **parts)])
    return _message("ValueInfoProto", name=[name], type=[kind])


def _node_bytes(node: Node) -> bytes:
    known = dict(node.attributes)
    if node.operator == "Split" and len(node.inputs) > 1:
        known.pop("num_outputs", None)  # the reader's own: a file says one or the other
    return _message(
        "NodeProto",
        input=list(node.inputs),
        output=list(node.outputs),
        op_type=[node.operator],
        attribute=[_attribute_bytes(name, value) for name, value in known.items()],
    )


def _attribute_bytes(name: str, value) -> bytes:
    if name == "value":
        parts = dict(t=[_tensor_bytes(value)], type=[4])
    elif isinstance(value, float):
        parts = dict(f=[value], type=[1])
    elif isinstance(value, (int, np.integer)):
        parts = dict(i=[value], type=[2])
    elif isinstance(value, str):
        parts = dict(s=[value], type=[3])
    elif isinstance(value, np.ndarray):
        parts = dict(floats=[value.astype("<f4").tobytes()], type=[6])
    elif all(isinstance(v, str) for v in value) and value:
        parts = dict(strings=list(value), type=[8])
    else:
        parts = dict(ints=list(value), type=[7])
    return _message("AttributeProto", name=[name], **parts)
