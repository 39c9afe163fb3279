"""What an ONNX file has that is not read is refused in one line that names it."""

import re

import numpy as np
import pytest

from build_decoder.models import InputError, load_network
from tests.onnx_files import OnnxModel, check_same, needs_onnx

pytestmark = needs_onnx
FREE = "batch"


def refusal(path) -> str:
    with pytest.raises(InputError) as caught:
        load_network(path)
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith(f"{path}: ")
    return text.removeprefix(f"{path}: ")


def image() -> OnnxModel:
    return OnnxModel(("x", [FREE, 2, 8, 8]))


def conv(model=None, inputs=2, kernel=3, **attributes) -> OnnxModel:
    model = model or image()
    attributes = {"pads": [1] * 4, "name": "conv", **attributes}
    model.add("Conv", model.weights(4, inputs, kernel, kernel), **attributes)
    return model


def dense(kind: str | None = None, *more, **attributes) -> OnnxModel:
    model = OnnxModel(("x", [FREE, 5]))
    model.gemm(5, 3)
    if kind:
        model.add(kind, *(model.array(each) for each in more), name="node", **attributes)
    return model


def flattened(model: OnnxModel, count: int) -> OnnxModel:
    model.add("Flatten")
    model.gemm(count, 2)
    return model


def lstm(kind="LSTM", start=None, **attributes) -> OnnxModel:
    model = OnnxModel(("x", [4, FREE, 3]))
    gates = {"LSTM": 4, "GRU": 3}[kind]
    arrays = [model.weights(1, gates * 5, count) for count in (3, 5)]
    states = ["", "", model.array(start)] if start is not None else []
    model.add(kind, *arrays, *states, hidden_size=5, name="cell", **attributes)
    model.add("Squeeze", model.whole(1))
    model.add("Gather", model.array(3, np.int64), axis=0)
    model.gemm(5, 2)
    return model


def lstm_behind_convolution() -> OnnxModel:
    model = OnnxModel(("x", [FREE, 3, 4]))
    model.add("Conv", model.weights(3, 3, 3))
    model.add("Transpose", perm=[2, 0, 1])
    model.add("LSTM", model.weights(1, 20, 3), model.weights(1, 20, 5), hidden_size=5, name="cell",
              outputs=["y", "h"])
    model.last = "h"
    model.add("Squeeze", model.whole(0))
    return model


def mixing_samples() -> OnnxModel:
    model = OnnxModel(("x", [FREE, 4]))
    model.add("Transpose", perm=[1, 0])
    model.gemm(2, 3)
    return model


def lstm_state() -> OnnxModel:
    model = OnnxModel(("x", [4, FREE, 3]))
    model.add("LSTM", *(model.weights(1, 20, n) for n in (3, 5)), hidden_size=5,
              outputs=["y", "h", "c"])
    model.add("Squeeze", model.whole(0), of="c", name="state")
    return model


def two_dynamic() -> OnnxModel:
    model = OnnxModel(("x", [FREE, "steps", 3]))
    model.add("Flatten")
    return model


def strange_domain() -> OnnxModel:
    return dense("FusedGemm", domain="com.microsoft")


REFUSED = {
    "stride": (lambda: conv(strides=[2, 0]), "node 'conv' (Conv): expected strides from 1 up"),
    "dilation": (lambda: conv(dilations=[0, 2]), "node 'conv' (Conv): expected dilations from 1"),
    "group": (lambda: conv(inputs=1, group=4), "node 'conv' (Conv): expected weights for 2 ch"),
    "pads": (lambda: conv(pads=[2] * 4),
             "node 'conv' (Conv): expected pads of at most 2 together"),
    "negative pads": (lambda: conv(pads=[-1, 0, 0, 0]), "node 'conv' (Conv): expected pads from 0"),
    "channels": (lambda: conv(inputs=3), "node 'conv' (Conv): expected weights for 2 channels"),
    "pads behind a cut": (lambda: conv(conv(pads=[0] * 4), 4, name="second"),
                          "node 'second' (Conv): expected zeros around a whole image"),
    "overlapping pool": (lambda: (m := conv(), m.add("MaxPool", kernel_shape=[3, 3], name="pool",
                                                     strides=[2, 2]))[0],
                         "node 'pool' (MaxPool): expected windows side by side"),
    "largest of a cut": (lambda: (m := conv(pads=[0] * 4), m.add("GlobalMaxPool", name="m"))[0],
                         "node 'm' (GlobalMaxPool): expected all of (8, 8) positions"),
    "padded average": (lambda: (m := conv(), m.add("AveragePool", kernel_shape=[3, 3], name="a",
                                                   strides=[3, 3], auto_pad="SAME_UPPER"))[0],
                       "node 'a' (AveragePool): expected windows without padding, or lengths"),
    "average of a rest": (lambda: (m := conv(), m.add("AveragePool", kernel_shape=[3, 3], name="a",
                                                      strides=[3, 3], ceil_mode=1))[0],
                          "node 'a' (AveragePool): expected ceil_mode=0, or lengths"),
    "wide average": (lambda: (m := conv(), m.add("AveragePool", kernel_shape=[9, 1], name="a"))[0],
                     "node 'a' (AveragePool): expected windows that fit in (8, 8)"),
    "image as output": (conv, "output: expected all outputs of a layer in its order"),
    "hard tanh": (lambda: dense("Clip", np.float32(-1), np.float32(1)),
                  "node 'node' (Clip): expected a lower limit of 0, as a ReLU has, got limits -1"),
    "slope": (lambda: dense("LeakyRelu", alpha=1.5),
              "node 'node' (LeakyRelu): expected a parameter above 0 and up to 1"),
    "slopes": (lambda: dense("PRelu", np.float32([0.1, 0.2, 0.3])),
               "node 'node' (PRelu): expected a parameter above 0 and up to 1 that all values"),
    "elu": (lambda: dense("Elu", alpha=-0.5), "node 'node' (Elu): expected a parameter above 0"),
    "log softmax": (lambda: dense("LogSoftmax"), "node 'node' (LogSoftmax): expected softmax or"),
    "selu": (lambda: dense("Selu"), "node 'node' (Selu): expected an operator that docs/onnx.md"),
    "power": (lambda: dense("Pow", np.float32(2)),
              "node 'node' (Pow): expected an operator that docs/onnx.md"),
    "cast": (lambda: dense("Cast", to=7), "node 'node' (Cast): expected a cast between floats"),
    "domain": (strange_domain, "node 'node' (FusedGemm): expected an operator of ONNX itself"),
    "attribute": (lambda: lstm(clip=3.0), "node 'cell' (LSTM): expected only the attributes"),
    "gates": (lambda: lstm(activations=["Sigmoid", "Relu", "Tanh"]),
              "node 'cell' (LSTM): expected activations ['sigmoid', 'tanh', 'tanh']"),
    "reset": (lambda: lstm("GRU"), "node 'cell' (GRU): expected linear_before_reset=1"),
    "layout": (lambda: lstm(layout=1), "node 'cell' (LSTM): expected layout=0"),
    "start": (lambda: lstm(start=np.ones((1, 2, 5), np.float32)),
              "node 'cell' (LSTM): expected initial_h of zeros"),
    "cell state": (lstm_state, "node 'state' (Squeeze): expected tensors of nodes before it"),
    "part of steps": (lstm_behind_convolution,
                      "node 'cell' (LSTM): expected all 4 steps that '/conv_0/Conv' computes"),
    "samples mixed": (mixing_samples, "(Gemm): expected axis 0 to be that of the samples"),
    "free steps": (two_dynamic, "input 'x': expected one free axis, that of samples"),
    "infinite weights": (lambda: dense("Add", np.float32([1, np.inf, 0])),
                         "node 'node' (Add): expected finite constants"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_computed_is_refused_by_its_node(tmp_path, case):
    make, said = REFUSED[case]
    assert said in refusal(make().save(tmp_path))


@pytest.mark.parametrize("opset", [12, 22])
def test_other_opsets(tmp_path, opset):
    model = OnnxModel(("x", [FREE, 5]), opset=opset)
    model.gemm(5, 2)
    assert refusal(model.save(tmp_path)) == (
        f"expected opset 13 to 21 (export with opset_version=17), got opset {opset}"
    )


def test_what_is_no_onnx_file(tmp_path):
    path = tmp_path / "net.onnx"
    for content in (b"", b"nothing", bytes(range(256)) * 9):
        path.write_bytes(content)
        assert refusal(path) == "expected an ONNX model, got a damaged file or another kind"


def test_a_file_that_was_cut_off(tmp_path):
    content = dense().save(tmp_path).read_bytes()
    path = tmp_path / "cut.onnx"
    for end in range(1, len(content), 7):
        path.write_bytes(content[:end])
        assert refusal(path)


def test_names_of_files(tmp_path):
    path = dense().save(tmp_path).rename(tmp_path / "a b.onnx")
    assert refusal(path) == (
        "file name: expected 1 to 64 letters, digits, '_', '-' and '.', got 'a b'"
    )


def changed(tmp_path, change):
    proto = dense().proto()
    change(proto)
    path = tmp_path / "net.onnx"
    path.write_bytes(proto.SerializeToString())
    return path


def test_sizes_that_the_file_does_not_have(tmp_path):
    def enormous(proto):
        proto.graph.initializer[0].dims[:] = [2**40, 2**40]

    assert "expected at most 67108864 weights in all" in refusal(changed(tmp_path, enormous))

    def larger(proto):
        proto.graph.initializer[0].dims[:] = [2**20]

    assert "expected values of its shape and type" in refusal(changed(tmp_path, larger))


@pytest.mark.parametrize("shape", [[2**40], [2**20, 2**20], [-1]])
def test_constants_that_would_be_enormous(tmp_path, shape):
    model = OnnxModel(("x", [FREE, 5]))
    filled = model.add("ConstantOfShape", of=model.whole(*shape), name="filled")
    model.add("Mul", filled, of="x")
    assert "node 'filled' (ConstantOfShape): expected at most" in refusal(model.save(tmp_path))


def test_constants_that_double_again_and_again(tmp_path):
    model = OnnxModel(("x", [FREE, 5]))
    name = model.whole(*range(64))
    for _ in range(60):
        name = model.add("Concat", name, of=name, axis=0)
    assert "expected at most 16777216 values" in refusal(model.save(tmp_path))


def outside(tmp_path, location):
    def change(proto):
        tensor = proto.graph.initializer[0]
        tensor.ClearField("raw_data")
        tensor.data_location = tensor.EXTERNAL
        tensor.external_data.add(key="location", value=location)

    return changed(tmp_path, change)


@pytest.mark.parametrize("location", ["../secret", "/etc/passwd", "", "missing.bin"])
def test_weights_outside_of_the_folder(tmp_path, location):
    folder = tmp_path / "model"
    folder.mkdir()
    (tmp_path / "secret").write_bytes(bytes(60))
    assert "expected weights in a file of the model's folder" in refusal(outside(folder, location))


def test_weights_behind_a_link_or_too_few(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    (tmp_path / "secret").write_bytes(bytes(60))
    (folder / "link").symlink_to(tmp_path / "secret")
    assert "expected weights in a file of the model's folder" in refusal(outside(folder, "link"))
    (folder / "short").write_bytes(bytes(10))
    assert "expected values of its shape and type" in refusal(outside(folder, "short"))


def test_a_node_read_otherwise_than_onnx_computes_it_is_found(tmp_path, monkeypatch):
    """The proof: a reader that is wrong does not pass."""
    from build_decoder.models.files.onnx_file import readers
    from build_decoder.models.files.onnx_file.readers import activations

    path = dense("Tanh").save(tmp_path)
    check_same(path, load_network(path))
    monkeypatch.setitem(readers.READERS, "Tanh", activations.READERS["Sigmoid"])
    monkeypatch.setitem(activations._NAMES, "Tanh", "sigmoid")
    assert re.match(r"tensor 't1': expected [-.\d]+, as onnx computes, got", refusal(path))


def test_a_factor_that_is_the_number_of_samples_is_found(tmp_path):
    model = OnnxModel(("x", [FREE, 5]))
    model.add("Shape")
    model.add("Gather", model.array(0, np.int64), axis=0)
    count = model.add("Cast", to=1)
    model.add("Mul", count, of="x")
    model.gemm(5, 2)
    assert "expected a model that treats each sample alike" in refusal(model.save(tmp_path))


def test_another_order_of_golden_data_is_found(tmp_path):
    """Channels last in place of the file's channels first."""
    from build_decoder.models import load_golden

    model = conv()
    model.add("Relu")
    path = flattened(model, 256).save(tmp_path)
    network = load_network(path)
    x = np.random.default_rng(0).normal(size=(9, 2, 8, 8))
    y = network.forward(x)
    np.savez(tmp_path / "golden.npz", x=x, y=y)
    assert len(load_golden(tmp_path / "golden.npz", network).x) == 9
    np.savez(tmp_path / "golden.npz", x=x.transpose(0, 2, 3, 1), y=y)
    with pytest.raises(InputError, match="x: expected shape"):
        load_golden(tmp_path / "golden.npz", network)
    np.savez(tmp_path / "golden.npz", x=x.transpose(0, 2, 3, 1).reshape(9, -1), y=y)
    with pytest.raises(InputError, match="sample 0, output"):
        load_golden(tmp_path / "golden.npz", network)
