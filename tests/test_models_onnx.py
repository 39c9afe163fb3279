"""ONNX files in the shapes that people export are read, and compute what onnxruntime computes."""

import re
from pathlib import Path

import numpy as np
import pytest

from build_decoder.models import Kind, load_network
from build_decoder.models.layers import type_of
from tests.onnx_files import OnnxModel, check_same, needs_onnx

pytestmark = needs_onnx
FREE = "batch"


def kinds(network) -> list[str]:
    return [type_of(node.layer).name for node in network.nodes]


@pytest.mark.parametrize("opset", [13, 17, 21])
def test_mlp_as_pytorch_exports_it(tmp_path, opset):
    model = OnnxModel(("x", [FREE, 12]), opset=opset)
    model.gemm(12, 8)
    model.add("Relu")
    model.gemm(8, 6)
    model.add("Sigmoid")
    model.gemm(6, 3)
    path = model.save(tmp_path)
    network = load_network(path)
    assert network.is_dense_chain
    assert [layer.activation for layer in network.layers] == ["relu", "sigmoid", "linear"]
    assert (network.name, network.topology) == ("net", "12-8-6-3")
    check_same(path, network)


@pytest.mark.parametrize("opset", [13, 17, 21])
def test_mlp_as_tf2onnx_writes_it(tmp_path, opset):
    model = OnnxModel(("x:0", ["unk__5", 12]), opset=opset)
    for inputs, units, activation in ((12, 8, "Tanh"), (8, 3, "Softmax")):
        model.add("MatMul", model.weights(inputs, units))
        model.add("Add", model.weights(units))
        model.add(activation)
    path = model.save(tmp_path)
    network = load_network(path)
    assert kinds(network) == ["dense", "dense", "softmax"]
    assert network.task.kinds == (Kind.CLASSES,)
    check_same(path, network)


def image_model(opset, padding=1, batch=FREE):
    model = OnnxModel(("image", [batch, 2, 8, 6]), opset=opset)
    model.add("Conv", model.weights(4, 2, 3, 3), model.weights(4), kernel_shape=[3, 3],
              pads=[padding] * 4, strides=[1, 1], dilations=[1, 1], group=1)
    model.add("BatchNormalization", *(model.weights(4) for _ in range(3)),
              model.array(np.array([0.5, 1, 2, 0.7], np.float32)), epsilon=1e-3)
    model.add("Relu")
    return model


@pytest.mark.parametrize("opset", [13, 17, 21])
@pytest.mark.parametrize("batch", [FREE, 1])
def test_cnn_with_batch_normalisation(tmp_path, opset, batch):
    model = image_model(opset, batch=batch)
    model.add("MaxPool", kernel_shape=[2, 2], strides=[2, 2])
    model.add("Conv", model.weights(3, 4, 3, 3), kernel_shape=[3, 3], auto_pad="SAME_UPPER")
    model.add("MaxPool", kernel_shape=[2, 2], strides=[2, 2])
    model.add("Relu")  # behind the pool, as many write it
    model.add("Flatten")
    model.gemm(6, 4)
    path = model.save(tmp_path)
    network = load_network(path)
    assert kinds(network) == ["conv2d", "max_pool", "conv2d", "max_pool", "flatten", "dense"]
    given, ordered = network.inputs
    assert (given.shape, ordered.shape, ordered.of) == ((2, 8, 6), (8, 6, 2), given.name)
    check_same(path, network)


def test_convolutions_without_padding_are_parts_of_ours(tmp_path):
    model = image_model(17, padding=0)
    model.add("Conv", model.weights(3, 4, 3, 3))
    model.add("Relu")
    model.add("Reshape", model.whole(-1, 3 * 4 * 2))
    model.gemm(24, 4)
    path = model.save(tmp_path)
    check_same(path, load_network(path))


@pytest.mark.parametrize("pads", [[4, 0], [0, 0], [2, 2], [1, 3]])
@pytest.mark.parametrize("groups", [1, 2])
def test_convolutions_with_holes_and_groups_and_any_padding(tmp_path, pads, groups):
    model = OnnxModel(("x", [FREE, 2, 15]))
    model.add("Conv", model.weights(4, 2 // groups, 3), model.weights(4), pads=pads,
              dilations=[2], group=groups)
    model.add("Relu")
    model.add("MaxPool", kernel_shape=[3], strides=[3])
    model.add("Conv", model.weights(2, 4, 2))
    model.add("GlobalAveragePool")
    model.add("Flatten")
    model.gemm(2, 3)
    path = model.save(tmp_path)
    check_same(path, load_network(path))


def test_lstm_behind_a_convolution(tmp_path):
    model = OnnxModel(("x", [FREE, 3, 6]))
    model.add("Conv", model.weights(3, 3, 3), pads=[1, 1])
    model.add("Transpose", perm=[2, 0, 1])
    model.add("LSTM", *(model.weights(1, 20, n) for n in (3, 5)), hidden_size=5,
              outputs=["y", "h"])
    model.last = "h"
    model.add("Squeeze", model.whole(0))
    model.gemm(5, 2)
    path = model.save(tmp_path)
    check_same(path, load_network(path))


def test_one_dimensional_cnn(tmp_path):
    model = OnnxModel(("spikes", [FREE, 3, 20]))
    model.add("Conv", model.weights(4, 3, 5), model.weights(4), pads=[2, 2])
    model.add("Elu")
    model.add("MaxPool", kernel_shape=[2], strides=[2])
    model.add("Conv", model.weights(4, 4, 1))
    model.add("GlobalAveragePool")
    model.add("Squeeze", model.whole(2))
    model.gemm(4, 2)
    path = model.save(tmp_path)
    network = load_network(path)
    assert network.inputs[1].shape == (20, 1, 3)
    check_same(path, network)


def test_one_dimensional_cnn_as_tf2onnx_writes_it(tmp_path):
    model = OnnxModel(("x", [FREE, 20, 3]))
    model.add("Reshape", model.whole(-1, 1, 20, 3))
    model.add("Transpose", perm=[0, 3, 1, 2])
    model.add("Conv", model.weights(4, 3, 1, 5), pads=[0, 2, 0, 2])
    model.add("Elu")
    model.add("MaxPool", kernel_shape=[1, 2], strides=[1, 2])
    model.add("Squeeze", model.whole(2))
    model.add("GlobalAveragePool")
    model.add("Squeeze", model.whole(2))
    model.gemm(4, 2)
    path = model.save(tmp_path)
    network = load_network(path)
    assert network.inputs[1].shape == (20, 1, 3)
    check_same(path, network)


def test_images_that_become_one_row(tmp_path):
    model = OnnxModel(("x", [FREE, 2, 2, 6]))
    model.add("MaxPool", kernel_shape=[2, 1], strides=[2, 1])
    model.add("Conv", model.weights(3, 2, 1, 3), pads=[0, 1, 0, 1])
    model.add("Squeeze", model.whole(2))
    model.add("Conv", model.weights(3, 3, 3), pads=[1, 1])
    model.add("Relu")
    model.add("MaxPool", kernel_shape=[6], strides=[1])
    model.add("Flatten")
    model.gemm(3, 2)
    path = model.save(tmp_path)
    check_same(path, load_network(path))


@pytest.mark.parametrize("opset", [13, 17, 21])
def test_images_as_tf2onnx_turns_them(tmp_path, opset):
    model = OnnxModel(("x", [FREE, 6, 8, 2]), opset=opset)
    model.add("Transpose", perm=[0, 3, 1, 2])
    model.add("Conv", model.weights(4, 2, 3, 3), pads=[1, 1, 1, 1])
    model.add("Add", model.weights(1, 4, 1, 1))
    model.add("Relu")
    model.add("Transpose", perm=[0, 2, 3, 1])
    if opset < 18:
        model.add("ReduceMean", axes=[1, 2], keepdims=0)
    else:
        model.add("ReduceMean", model.whole(1, 2), keepdims=0)
    model.add("MatMul", model.weights(4, 3))
    path = model.save(tmp_path)
    network = load_network(path)
    assert [item.name for item in network.inputs] == ["x"]
    check_same(path, network)


def recurrent(model, kind, channels, units, direction="forward", **more):
    ways = 2 if direction == "bidirectional" else 1
    gates = {"LSTM": 4, "GRU": 3}[kind]
    names = [f"y_{len(model.nodes)}", f"h_{len(model.nodes)}"]
    model.add(
        kind,
        model.weights(ways, gates * units, channels, size=0.5),
        model.weights(ways, gates * units, units, size=0.5),
        model.weights(ways, 2 * gates * units, size=0.3),
        outputs=names, hidden_size=units, direction=direction, **more,
    )
    return names


@pytest.mark.parametrize("opset", [13, 17, 21])
@pytest.mark.parametrize("direction", ["forward", "reverse"])
def test_lstm_as_pytorch_exports_it(tmp_path, opset, direction):
    model = OnnxModel(("x", [FREE, 7, 3]), opset=opset)
    model.add("Transpose", perm=[1, 0, 2])
    recurrent(model, "LSTM", 3, 5, direction)
    model.add("Squeeze", model.whole(1))
    model.add("Transpose", perm=[1, 0, 2])
    model.add("Gather", model.array(-1 if direction == "forward" else 0, np.int64), axis=1)
    model.gemm(5, 2)
    path = model.save(tmp_path)
    network = load_network(path)
    assert kinds(network) == ["lstm", "dense"]
    assert not network.nodes[0].layer.sequences
    check_same(path, network)


@pytest.mark.parametrize("kind", ["GRU", "LSTM"])
@pytest.mark.parametrize("direction", ["forward", "reverse", "bidirectional"])
def test_stacked_recurrent_layers_with_their_last_state(tmp_path, kind, direction):
    more = {"linear_before_reset": 1} if kind == "GRU" else {}
    ways = 2 if direction == "bidirectional" else 1
    model = OnnxModel(("x", [7, FREE, 3]))
    recurrent(model, kind, 3, 4, direction, **more)
    model.add("Transpose", perm=[0, 2, 1, 3])
    model.add("Reshape", model.whole(0, 0, -1))
    _, state = recurrent(model, kind, 4 * ways, 5, direction, **more)
    model.add("Transpose", of=state, perm=[1, 0, 2])
    model.add("Reshape", model.whole(-1, 5 * ways))
    model.gemm(5 * ways, 2)
    path = model.save(tmp_path)
    network = load_network(path)
    first, second = (getattr(node.layer, "layer", node.layer) for node in network.nodes[:2])
    assert first.sequences
    assert not second.sequences
    check_same(path, network, axis=1)


def test_lstm_with_states_of_zeros_that_the_file_computes(tmp_path):
    """As PyTorch makes them for a free number of samples."""
    model = OnnxModel(("x", [FREE, 7, 3]))
    turned = model.add("Transpose", perm=[1, 0, 2])
    model.add("Shape")
    model.add("Gather", model.array(1, np.int64))
    model.add("Unsqueeze", model.whole(0))
    shape = model.add("Concat", model.last, model.whole(5), of=model.whole(1), axis=0)
    zeros = model.add("ConstantOfShape", of=shape)
    model.add(
        "LSTM", *(model.weights(1, 20, n, size=0.5) for n in (3, 5)), model.weights(1, 40), "",
        zeros, zeros, of=turned, outputs=["y", "h", "c"], hidden_size=5,
    )
    model.add("Squeeze", model.whole(0), of="h")
    model.gemm(5, 2)
    path = model.save(tmp_path)
    check_same(path, load_network(path))


def test_largest_value_of_each_channel(tmp_path):
    model = image_model(21)
    model.add("GlobalMaxPool")
    model.add("Flatten")
    path = model.save(tmp_path)
    network = load_network(path)
    assert network.nodes[-1].layer.size == (8, 6)
    check_same(path, network)


def test_steps_of_both_directions_go_into_a_dense_layer(tmp_path):
    model = OnnxModel(("x", [FREE, 4, 3]))
    model.add("Transpose", perm=[1, 0, 2])
    recurrent(model, "LSTM", 3, 2, "bidirectional")
    model.add("Transpose", perm=[2, 3, 0, 1])  # an order that no layer has
    model.add("Flatten")
    model.gemm(16, 2)
    path = model.save(tmp_path)
    network = load_network(path)
    assert kinds(network) == ["bidirectional", "flatten", "dense"]
    check_same(path, network)


def test_branches_that_are_added_and_concatenated(tmp_path):
    model = OnnxModel(("x", [FREE, 6]))
    model.gemm(6, 4)
    first = model.add("Tanh")
    model.gemm(4, 4)
    second = model.add("Relu")
    model.add("Add", second, of=first)
    added = model.add("Relu")  # of a sum: a layer of its own
    model.gemm(4, 3)
    model.add("Concat", first, added, axis=1)
    model.gemm(11, 2)
    path = model.save(tmp_path)
    network = load_network(path)
    assert {"add", "concat"} <= {*kinds(network)}
    check_same(path, network)


def test_residual_image_and_channels_that_are_concatenated(tmp_path):
    model = OnnxModel(("x", [FREE, 2, 5, 5]))
    model.add("Conv", model.weights(2, 2, 3, 3), pads=[1, 1, 1, 1])
    conv = model.add("Relu")
    added = model.add("Add", "x", of=conv)
    model.add("Concat", conv, of=added, axis=1)
    model.add("Conv", model.weights(3, 4, 3, 3), pads=[1, 1, 1, 1])
    model.add("GlobalAveragePool")
    model.add("Flatten")
    path = model.save(tmp_path)
    check_same(path, load_network(path))


def test_two_inputs(tmp_path):
    model = OnnxModel(("a", [FREE, 4]), ("b", [FREE, 2, 3]))
    flat = model.add("Flatten", of="b")
    model.add("Concat", flat, of="a", axis=1)
    model.gemm(10, 3)
    path = model.save(tmp_path)
    check_same(path, load_network(path))


def test_scaled_inputs_and_shapes_that_the_file_computes(tmp_path):
    model = OnnxModel(("x", [FREE, 2, 3]))
    model.add("Sub", model.weights(2, 1))
    model.add("Div", model.array(np.array([[2.0], [0.5]], np.float32)))
    scaled = model.add("Mul", model.array(np.float32(3)))
    model.add("Shape")
    model.add("Slice", model.whole(0), model.whole(1), model.whole(0))
    model.add("Concat", model.whole(-1), axis=0)
    model.add("Reshape", model.last, of=scaled)
    model.gemm(6, 3)
    model.add("Neg")
    path = model.save(tmp_path)
    check_same(path, load_network(path))


@pytest.mark.parametrize(
    ("kind", "name", "attributes"),
    [("Tanh", "tanh", {}), ("Softplus", "softplus", {}), ("Exp", "exp", {}), ("Elu", "elu", {}),
     ("LeakyRelu", "leaky_relu", {"alpha": 0.2}), ("LeakyRelu", "leaky_relu(0.01)", {}),
     ("LeakyRelu", "relu", {"alpha": 0.0}), ("Elu", "elu(0.5)", {"alpha": 0.5})],
)
def test_activations(tmp_path, kind, name, attributes):
    model = OnnxModel(("x", [FREE, 4]))
    model.gemm(4, 3)
    model.add(kind, **attributes)
    path = model.save(tmp_path)
    network = load_network(path)
    assert network.layers[0].activation == name
    check_same(path, network)


def test_relu6(tmp_path):
    model = OnnxModel(("x", [FREE, 4]))
    model.gemm(4, 3)
    model.add("Clip", model.array(np.float32(0)), model.array(np.float32(6)))
    path = model.save(tmp_path)
    network = load_network(path)
    assert network.layers[0].activation == "relu(6.0)"
    check_same(path, network)


def gelu(model, form):
    x = model.last
    model.add("Div", model.array(np.float32(np.sqrt(2))))
    model.add("Erf")
    model.add("Add", model.array(np.float32(1)))
    erf = model.last
    half = model.array(np.float32(0.5))
    if form == "half first":
        model.add("Mul", erf, of=model.add("Mul", half, of=x))
    else:
        model.add("Mul", erf, of=x)
        model.add("Mul", half)


@pytest.mark.parametrize("form", ["half first", "half last"])
def test_gelu_of_several_nodes(tmp_path, form):
    model = OnnxModel(("x", [FREE, 4]))
    model.gemm(4, 3)
    gelu(model, form)
    model.gemm(3, 2)
    path = model.save(tmp_path)
    network = load_network(path)
    assert network.layers[0].activation == "gelu"
    check_same(path, network)


def test_swish_of_two_nodes_and_gelu_of_one(tmp_path):
    model = OnnxModel(("x", [FREE, 4]), opset=20)
    x = model.gemm(4, 3)
    model.add("Mul", model.add("Sigmoid"), of=x)
    model.gemm(3, 3)
    model.add("Gelu")
    path = model.save(tmp_path)
    network = load_network(path)
    assert [layer.activation for layer in network.layers] == ["swish", "gelu"]
    check_same(path, network)


def test_dense_layer_of_each_time_step(tmp_path):
    model = OnnxModel(("x", [FREE, 5, 3]))
    model.add("MatMul", model.weights(3, 4))
    model.add("Add", model.weights(4))
    model.add("Relu")
    model.add("Flatten")
    model.gemm(20, 2)
    path = model.save(tmp_path)
    check_same(path, load_network(path))


def test_weights_beside_the_file(tmp_path):
    import onnx

    model = OnnxModel(("x", [FREE, 12]))
    model.gemm(12, 3)
    path = tmp_path / "net.onnx"
    onnx.save(model.proto(), path, save_as_external_data=True, size_threshold=0, location="w.bin")
    assert (tmp_path / "w.bin").is_file()
    check_same(path, load_network(path))


def test_golden_data_keep_the_order_of_the_file(tmp_path):
    """An image with its channels last is refused, as its shape is another."""
    model = image_model(17)
    model.add("GlobalAveragePool")
    model.add("Flatten")
    path = model.save(tmp_path)
    network = load_network(path)
    rng = np.random.default_rng(2)
    x = rng.normal(size=(4, 2, 8, 6))
    flat = network.forward(x.reshape(4, -1))
    np.testing.assert_array_equal(network.forward(x), flat)


def test_the_page_lists_the_operators_that_are_read():
    from build_decoder.models.files.onnx_file.readers import READERS

    page = (Path(__file__).parents[1] / "docs" / "onnx.md").read_text()
    table = page.partition("## What is read\n")[2].partition("\nAn activation of")[0]
    listed = {*re.findall(r"`([A-Z]\w+)`", table)}
    assert listed - {"Y", "Y_h"} == {kind for kind in READERS if kind.isalnum()} - {"LogSoftmax"}
