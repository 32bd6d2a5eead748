"""ONNX graphs in numpy: the published tests of the operators, random cases beside onnxruntime, and exported models at other lengths."""

import warnings
from collections import Counter
from functools import cache

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from lib.transformers.adapting import low_rank, training
from lib.transformers.adapting.export import write_onnx
from lib.transformers.adapting.onnx_file import FIELDS, read_graph
from lib.transformers.adapting.onnx_graph import Declared, Graph, Node
from lib.transformers.adapting.operators import OPERATORS
from lib.transformers.gpt import GPT
from lib.transformers.gpt_training import Network

FEWEST = {  # published tests of one operator alone that pass; the package may bring more one day
    **dict(
        Abs=1,
        Add=8,
        And=8,
        Cast=12,
        CastLike=6,
        Concat=12,
        Constant=1,
        ConstantOfShape=3,
        DequantizeLinear=5,
        Div=10,
        Equal=8,
        Erf=1,
    ),
    **dict(Exp=2, Expand=2, Flatten=9, Gather=4, Gelu=4, Gemm=11, Greater=8, GreaterOrEqual=8, Identity=1, IsNaN=2),
    **dict(LayerNormalization=19, Less=8, LessOrEqual=8, Log=2, LogSoftmax=7, MatMul=7, Max=14, Min=14, Mod=19, Mul=9),
    **dict(Neg=2, Not=3, Or=8, Pow=12, Range=3, Reciprocal=2, ReduceMax=11, ReduceMean=8, ReduceSum=12, Relu=1),
    **dict(Reshape=10, Shape=11, Sigmoid=2, Size=2, Slice=8, Softmax=7, Split=16, Sqrt=2, Squeeze=2, Sub=9, Tanh=2),
    **dict(Transpose=7, Trilu=18, Unsqueeze=7, Where=2),
}


# ------------------------------------------------------------------------------------------------ ONNX's published tests
@cache
def published():
    """Return ONNX's own tests that use no operators but ours: those of one operator, and operators written out in others."""
    from onnx.backend.test.case.node import collect_testcases

    state = np.random.get_state()  # noqa: NPY002 - their arrays are drawn from the old global generator
    np.random.seed(0)  # noqa: NPY002
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cases = collect_testcases(None)
    np.random.set_state(state)  # noqa: NPY002
    return [case for case in cases if {node.op_type for node in case.model.graph.node} <= set(OPERATORS)]


def foreign(case) -> bool:
    """Return whether something is given or asked for that is no array of numbers that numpy has."""
    for value in (*case.model.graph.input, *case.model.graph.output):
        if value.type.WhichOneof("value") != "tensor_type":
            return True
        dtype = helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type)
        if dtype.type.__module__ != "numpy" or dtype.kind not in "biuf":
            return True
    return False


def plain(value) -> np.ndarray:
    return numpy_helper.to_array(value) if isinstance(value, TensorProto) else np.asarray(value)


def test_every_published_case_passes_or_has_numbers_that_numpy_has_not():
    passed, refused = Counter(), Counter()
    for case in published():
        kinds = {node.op_type for node in case.model.graph.node}
        kind = kinds.pop() if len(kinds) == 1 else "several"
        for opset in case.model.opset_import:  # And, Not and Or have meant the same since opsets 7 and 1
            opset.version = max(13, opset.version)
        if foreign(case):
            with pytest.raises(ValueError, match=r"are not read|only tensors are read"):
                read_graph(case.model.SerializeToString())
            refused[kind] += 1
            continue
        graph = read_graph(case.model.SerializeToString())
        for given_arrays, expected in case.data_sets:
            found = graph.run(dict(zip(graph.inputs, map(plain, given_arrays), strict=True)))
            for array, wanted in zip(found.values(), map(plain, expected), strict=True):
                assert array.dtype == wanted.dtype and array.shape == wanted.shape, case.name
                short = wanted.dtype == np.float16
                rtol, atol = (case.rtol, 1e-3) if short else (1e-5, 1e-6)
                np.testing.assert_allclose(array, wanted, rtol=rtol, atol=atol, err_msg=case.name)
        passed[kind] += 1
    print(f"\n{passed.total()} published tests pass, {refused.total()} have other numbers: {dict(refused)}")
    assert set(FEWEST) == set(OPERATORS)
    assert not {kind: passed[kind] for kind, fewest in FEWEST.items() if passed[kind] < fewest}
    assert passed["several"] >= 200
    assert set(refused) <= {"Cast", "CastLike", "DequantizeLinear", "Equal", "Identity", "Range", "several"}


# --------------------------------------------------------------------------------------------- random cases, and a peer
def both(operator, arrays, outputs=1, opset=17, **attributes):
    """Return what a graph of one node gives here and in onnxruntime."""
    names = [f"in{i}" if a is not None else "" for i, a in enumerate(arrays)]
    made = [f"out{i}" for i in range(outputs)]
    declared = [
        helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(a.dtype), a.shape)
        for n, a in zip(names, arrays, strict=True)
        if n
    ]
    graph = helper.make_graph(
        [helper.make_node(operator, names, made, **attributes)],
        "one",
        declared,
        [helper.make_empty_tensor_value_info(n) for n in made],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    feeds = {n: a for n, a in zip(names, arrays, strict=True) if n}
    ours = read_graph(model.SerializeToString()).run(feeds)
    theirs = onnxruntime.InferenceSession(model.SerializeToString()).run(made, feeds)
    return list(zip(ours.values(), theirs, strict=True))


def agree(pairs):
    for ours, theirs in pairs:
        assert ours.dtype == theirs.dtype and ours.shape == theirs.shape
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


def drawn(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


whole = lambda *values: np.array(values, np.int64)
seeds = st.integers(0, 10**6)


@settings(max_examples=60, deadline=None)
@given(
    start=st.integers(-9, 9), end=st.integers(-9, 9), step=st.sampled_from([-3, -2, -1, 1, 2, 3]), axis=st.integers(-2, 1)
)  # fmt: skip
def test_slices_are_those_of_onnxruntime(start, end, step, axis):
    agree(both("Slice", [drawn(0, 5, 6), whole(start), whole(end), whole(axis), whole(step)]))


@settings(max_examples=30, deadline=None)
@given(axis=st.integers(-3, 2), keep=st.booleans(), seed=seeds)
def test_what_goes_along_axes_is_that_of_onnxruntime(axis, keep, seed):
    x = drawn(seed, 2, 3, 4)
    agree(both("Softmax", [x], axis=axis))
    agree(both("LogSoftmax", [x], axis=axis))
    agree(both("ReduceMean", [x], axes=[axis], keepdims=int(keep)))
    agree(both("ReduceMax", [x], axes=[axis], keepdims=int(keep)))
    agree(both("ReduceSum", [x, whole(axis)], keepdims=int(keep)))
    rest = x.shape[axis % 3 :]
    agree(both("LayerNormalization", [x, drawn(1, *rest), drawn(2, *rest)], axis=axis, epsilon=0.01))
    agree(both("Gather", [x, whole(0, -1, 1)], axis=axis))
    agree(both("Split", [np.repeat(x, 2, axis), None], outputs=2, axis=axis))


@settings(max_examples=30, deadline=None)
@given(flags=st.tuples(st.booleans(), st.booleans()), scales=st.tuples(st.floats(-2, 2), st.floats(-2, 2)), seed=seeds)
def test_products_are_those_of_onnxruntime(flags, scales, seed):
    a, b = drawn(seed, 3, 4), drawn(seed + 1, 4, 5)
    turned = [x.T.copy() if flag else x for x, flag in zip((a, b), flags, strict=True)]
    own = dict(transA=int(flags[0]), transB=int(flags[1]), alpha=scales[0], beta=scales[1])
    agree(both("Gemm", [*turned, drawn(seed + 2, 5)], **own))
    agree(both("MatMul", [drawn(seed, 2, 1, 3, 4), drawn(seed + 1, 5, 4, 2)]))


@settings(max_examples=30, deadline=None)
@given(k=st.integers(-4, 4), upper=st.booleans(), ends=st.tuples(st.integers(-9, 9), st.integers(-9, 9)), seed=seeds)
def test_triangles_ranges_and_whole_numbers_are_those_of_onnxruntime(k, upper, ends, seed):
    agree(both("Trilu", [drawn(seed, 2, 3, 5), np.array(k)], upper=int(upper)))
    agree(both("Range", [np.array(ends[0]), np.array(ends[1]), np.array(k or 1)]))
    rng = np.random.default_rng(seed)
    a, b = rng.integers(-9, 10, size=(3, 4)), np.where((b := rng.integers(-5, 6, size=4)) == 0, 7, b)
    agree(both("Div", [a, b]))
    agree(both("Mod", [a, b]))
    agree(both("Expand", [drawn(seed, 3, 1), whole(2, 1, 4)]))
    agree(both("Reshape", [drawn(seed, 2, 3, 4), whole(0, -1)]))


# --------------------------------------------------------------------------------------------------------- whole models
def network(hidden=12, seed=0):
    torch.manual_seed(seed)
    net = Network(11, 12, 8, 2, 2, hidden)
    for p in net.parameters():
        torch.nn.init.normal_(p, 0, 0.4)
    return net


def adapted():
    model = GPT(network().weights(), 2)
    rng = np.random.default_rng(0)
    shapes = {name: model.weights[name].shape for name in low_rank.matrices_of(model, ("Wq", "Wv", "W2"))}
    change = lambda shape: low_rank.LowRank(rng.normal(size=(shape[0], 2)), rng.normal(size=(2, shape[1])), 2.0)
    return training.adapted_network(model, {name: change(shape) for name, shape in shapes.items()})


def encoder(**settings):
    torch.manual_seed(0)
    return torch.nn.TransformerEncoderLayer(8, 2, 12, dropout=0.5, batch_first=True, **settings)


TOKENS = (lambda B, T: torch.from_numpy(np.random.default_rng(B * 100 + T).integers(11, size=(B, T))), "ids")
VECTORS = (lambda B, T: torch.from_numpy(drawn(B * 100 + T, B, T, 8)), "x")
MODELS = {
    "GPT": (network, TOKENS),
    "attention alone": (lambda: network(hidden=0), TOKENS),
    "changes of low rank beside it": (adapted, TOKENS),
    "post-norm block, ReLU": (encoder, VECTORS),
    "pre-norm block, GELU": (lambda: encoder(norm_first=True, activation="gelu"), VECTORS),
}


@pytest.mark.parametrize("name", MODELS)
def test_an_exported_model_is_the_same_at_other_lengths(name, tmp_path, capfd):
    make, (given_arrays, fed) = MODELS[name]
    net, path = make().train(), tmp_path / "model.onnx"
    write_onnx(net, given_arrays(2, 5), path, {0: "batch", 1: "length"}, (fed, "y"))
    assert capfd.readouterr() == ("", "")  # a page shows what is written
    assert net.training  # as it was, though it was written without dropout
    onnx.checker.check_model(onnx.load(path), full_check=True)
    graph, session = read_graph(path), onnxruntime.InferenceSession(path)
    assert graph.inputs[fed].shape[:2] == ("batch", "length") and graph.outputs == ("y",)
    for B, T in ((1, 1), (1, 12), (3, 2), (4, 7), (2, 5)):
        given_array = given_arrays(B, T)
        wanted = net.eval()(given_array).detach().numpy()
        assert wanted.shape[:2] == (B, T)
        feeds = {fed: given_array.numpy()}
        ours = graph.run(feeds)["y"]
        assert ours.dtype == np.float32
        np.testing.assert_allclose(ours, wanted, rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(session.run(["y"], feeds)[0], wanted, rtol=1e-5, atol=1e-5)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    path = tmp_path_factory.mktemp("onnx") / "one.onnx"
    write_onnx(network(), torch.zeros(2, 3, dtype=torch.long), path, {0: "batch", 1: "length"})
    return path


def test_weights_in_a_file_beside_it_are_read(exported, tmp_path):
    path = exported
    ids = np.random.default_rng(0).integers(11, size=(2, 4))
    wanted = read_graph(path).run({"ids": ids})["scores"]
    assert np.array_equal(read_graph(path.read_bytes()).run({"ids": ids})["scores"], wanted)
    model = onnx.load(path)
    onnx.save(model, tmp_path / "two.onnx", save_as_external_data=True, location="weights", size_threshold=0)
    assert (tmp_path / "weights").stat().st_size > 4 * 1000
    assert np.array_equal(read_graph(str(tmp_path / "two.onnx")).run({"ids": ids})["scores"], wanted)
    with pytest.raises(ValueError, match="give the model's path"):
        read_graph((tmp_path / "two.onnx").read_bytes())
    (tmp_path / "below").mkdir()  # a model does not read what lies elsewhere
    for tensor in (model := onnx.load(tmp_path / "two.onnx", load_external_data=False)).graph.initializer:
        for entry in tensor.external_data:
            entry.value = "../weights" if entry.key == "location" else entry.value
    (tmp_path / "below" / "three.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(ValueError, match="no file beside the model"):
        read_graph(tmp_path / "below" / "three.onnx")


def test_a_model_in_older_operators_is_read(tmp_path):
    """torch's older export for opset 14: constants as nodes, the norm written out, axes as attributes."""
    net, path, ids = network(), tmp_path / "old.onnx", torch.tensor([[3, 1, 4, 1, 5], [9, 2, 6, 5, 3]])
    free = {"ids": {0: "batch", 1: "length"}}
    own = dict(dynamo=False, opset_version=14, input_names=["ids"], output_names=["y"], dynamic_axes=free)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(net, (ids,), path, **own)
    graph = read_graph(path)
    assert {"Constant", "ReduceMean", "Pow", "Sqrt", "Tanh", "Cast"} <= {node.operator for node in graph.nodes}
    for more in (ids, ids[:1, :1], torch.cat([ids, ids], dim=1)):
        wanted = net(more).detach().numpy()
        np.testing.assert_allclose(graph.run({"ids": more.numpy()})["y"], wanted, rtol=1e-5, atol=1e-5)


def test_each_step_can_be_looked_at():
    graph = Graph(
        (Node("Split", ("x",), ("a", "b"), {"num_outputs": 2}), Node("MatMul", ("a", "W"), ("y",))),
        {"x": Declared(np.float64, ("N", 2))},
        ("y", "x"),
        {"W": np.eye(2)},
    )
    x = np.arange(8.0).reshape(4, 2)
    steps = graph.trace({"x": x})
    assert [str(node) for node, _ in steps] == ["Split that makes a, b", "MatMul that makes y"]
    assert [[a.shape for a in made] for _, made in steps] == [[(2, 2), (2, 2)], [(2, 2)]]
    out = graph.run({"x": x})
    assert np.array_equal(out["y"], x[:2]) and np.array_equal(out["x"], x)
    out["x"][:] = 0  # what is given belongs to who asked
    assert x.any()


# ------------------------------------------------------------------------------------------------------------- the file
def test_the_fields_have_the_numbers_of_the_published_schema():
    for kind, numbers in FIELDS.items():
        message = onnx
        for part in kind.split("."):
            message = getattr(message, part)
        assert {name: message.DESCRIPTOR.fields_by_name[name].number for name in numbers} == numbers


NUMBERS = {
    **dict.fromkeys((np.float32, np.float64), st.floats(-8, 8, width=32)),
    np.float16: st.floats(-8, 8, width=16),
    np.bool_: st.booleans(),
    **{
        t: st.integers(int(np.iinfo(t).min), int(np.iinfo(t).max))
        for t in (np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64)
    },
}


@settings(max_examples=80, deadline=None)
@given(
    array=st.sampled_from(list(NUMBERS)).flatmap(
        lambda t: st.lists(NUMBERS[t], max_size=6).map(lambda values: np.array(values, t))
    ),
    raw=st.booleans(),
    row=st.booleans(),
)
def test_arrays_are_read_as_the_package_reads_them(array, raw, row):
    array = array[None] if row else array
    if raw:
        tensor = numpy_helper.from_array(array, "w")
    else:
        tensor = helper.make_tensor("w", helper.np_dtype_to_tensor_dtype(array.dtype), array.shape, array.ravel())
    assert tensor.HasField("raw_data") == raw
    graph = helper.make_graph([], "g", [], [helper.make_empty_tensor_value_info("w")], [tensor])
    found = read_graph(helper.make_model(graph).SerializeToString()).constants["w"]
    assert found.dtype == array.dtype and found.shape == array.shape
    assert np.array_equal(found, numpy_helper.to_array(tensor)) and np.array_equal(found, array)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_bytes_that_were_spoilt_are_refused_or_still_a_graph(exported, data):
    file = bytearray(exported.read_bytes())
    for _ in range(data.draw(st.integers(0, 3))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    file = bytes(file[: data.draw(st.integers(0, len(file)))])
    try:
        graph = read_graph(file)
    except ValueError:
        return
    assert isinstance(graph, Graph)


# ------------------------------------------------------------------------------------------------------------- bad input
def model_of(*nodes, opset=17, kind=TensorProto.FLOAT, **more):
    declared = [helper.make_tensor_value_info(n, kind, ["N", 3]) for n in ("x", "y")]
    graph = helper.make_graph(
        [helper.make_node(*n[:3], **n[3]) for n in nodes], "g", declared[:1], declared[1:], **more
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset), helper.make_opsetid("own", 1)])
    return model.SerializeToString()


RELU = ("Relu", ["x"], ["y"], {})
GRAPH = Graph((Node("Add", ("x", "z"), ("y",)),), {n: Declared(np.float32, ("N", 3)) for n in "xz"}, ("y",))
ONES = np.ones((2, 3), np.float32)
SPARSE = helper.make_sparse_tensor(
    numpy_helper.from_array(ONES[0, :1], "w"), numpy_helper.from_array(whole(0), "i"), [3]
)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: read_graph(model_of(("Conv", ["x", "x"], ["y"], {}), RELU)), "not known here: Conv"),
        (lambda: read_graph(model_of(("Relu", ["x"], ["y"], {"domain": "own"}))), "not known here: own.Relu"),
        (lambda: read_graph(model_of(("Softmax", ["x"], ["y"], {"axes": 1}))), "Softmax that makes y has attributes"),
        (lambda: read_graph(model_of(("Relu", ["u"], ["y"], {}))), "uses 'u', which no node before it makes"),
        (lambda: read_graph(model_of(RELU, RELU)), "makes 'y', which is there already"),
        (lambda: read_graph(model_of(("Relu", ["x"], ["u"], {}))), "gives 'y', which no node makes"),
        (lambda: read_graph(model_of(RELU, opset=11)), "opset 11, but is read from 13 on"),
        (lambda: read_graph(model_of(RELU, kind=TensorProto.BFLOAT16)), "type 16 are not read"),
        (lambda: read_graph(model_of(RELU, sparse_initializer=[SPARSE])), "sparse weights"),
        (lambda: read_graph(b"no model at all"), "no ONNX model"),
        (lambda: read_graph(b""), "names no opset"),
        (lambda: read_graph(3), "must be a path or bytes"),
        (lambda: GRAPH.run([ONES]), "dict of name"),
        (lambda: GRAPH.run({"x": ONES}), "feeds lacks input 'z'; its inputs: x, z"),
        (lambda: GRAPH.run({"x": ONES, "z": ONES, "w": ONES}), "the graph has no input 'w'"),
        (lambda: GRAPH.run({"x": ONES, "z": ONES.astype(float)}), r"float32 of shape \(N, 3\), but holds float64"),
        (lambda: GRAPH.run({"x": ONES[:, :2], "z": ONES}), r"x must be float32 of shape \(N, 3\).* has shape \(2, 2\)"),
        (lambda: GRAPH.run({"x": ONES[0], "z": ONES}), r"has shape \(3,\)"),
        (lambda: GRAPH.run({"x": ONES, "z": ONES[:1]}), r"where N is 2, but has shape \(1, 3\)"),
        (lambda: GRAPH.run({"x": np.ma.array(ONES), "z": ONES}), "mask would be lost"),
        (lambda: both("Reshape", [ONES, whole(4, 2)]), r"Reshape that makes out0 cannot compute with shapes \(2, 3\)"),
        (lambda: both("Gather", [ONES, whole(2)]), "Gather that makes out0 cannot compute"),
        (lambda: both("Div", [whole(1), whole(0)]), "divided by 0"),
        (lambda: both("Split", [ONES, whole(1, 2)], outputs=2), "do not make 2"),
        (lambda: both("Range", [whole(1)[0], whole(2)[0], whole(0)[0]]), "Range that makes out0 cannot compute"),
        (lambda: both("Add", [ONES, None]), "cannot compute with shapes .* none"),
        (lambda: both("Relu", [ONES], outputs=2), "should make 2 arrays, but makes 1"),
        (lambda: both("Gelu", [ONES], opset=20, approximate="sine"), "'none' or 'tanh'"),
        (lambda: write_onnx(3, torch.zeros(2), "no.onnx", {}), "must be a PyTorch module"),
        (lambda: write_onnx(network(), [1], "no.onnx", {}), "example must be a tensor"),
        (lambda: write_onnx(network(), torch.zeros(2, 1), "no.onnx", {1: "length"}), "2 or longer along the free axis 1"),
        (lambda: write_onnx(network(), torch.zeros(2, 2), "no.onnx", {2: "length"}), "axes from 0 to 1"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_and_named(call, says):
    with pytest.raises((ValueError, TypeError), match=says):
        call()


def test_a_model_reads_no_more_places_than_its_window(exported):
    with pytest.raises(ValueError, match=r"Add that makes .* cannot compute"):
        read_graph(exported).run({"ids": np.zeros((1, 13), np.int64)})
