import json
from pathlib import Path

import numpy as np
import pytest

from build_decoder.models import InputError
from build_decoder.models.graph import (
    Architecture,
    Input,
    Node,
    forward,
    layers,
    read_architecture,
    read_weights,
    resources,
    save_architecture,
    save_weights,
)
from build_decoder.models.graph.layer import Mismatch
from build_decoder.models.graph.layers.attention import Attention
from build_decoder.models.graph.layers.bidirectional import Bidirectional
from build_decoder.models.graph.layers.concat import Concat
from build_decoder.models.graph.layers.conv2d import Conv2d
from build_decoder.models.graph.layers.dense import Dense
from build_decoder.models.graph.layers.dropout import Dropout
from build_decoder.models.graph.layers.flatten import Flatten
from build_decoder.models.graph.layers.gru import Gru
from build_decoder.models.graph.layers.lstm import Lstm
from build_decoder.models.graph.layers.max_pool import MaxPool
from build_decoder.models.graph.layers.softmax import Softmax
from tests.architectures import branched, chain, random_inputs, random_weights


def edited(tmp_path: Path, edit) -> Path:
    save_architecture(branched(), tmp_path)
    path = tmp_path / "architecture.json"
    description = json.loads(path.read_text())
    edit(description)
    path.write_text(json.dumps(description))
    return tmp_path


def change(number: int, **fields):
    """Changes fields of a layer of the description, counted from 1."""
    return lambda description: description["layers"][number - 1].update(fields)


def test_types_are_found():
    assert set(layers.names()) == {
        "attention", "bidirectional", "concat", "conv2d", "dense", "dropout", "flatten",
        "global_average_pool", "gru", "lstm", "max_pool", "softmax",
    }


def test_shapes():
    shapes = branched().shapes
    assert shapes["pool"] == (3, 4, 3)
    assert shapes["flat"] == (36,)
    assert shapes["both"] == (6, 4)
    assert shapes["last"] == (4,)
    assert shapes["join"] == (3 + 36 + 4 + 4,)
    assert branched().output_shape == (3,)


def test_convolution_by_hand():
    network = chain("conv", (2, 3, 1), Conv2d(1, (2, 2), "linear"))
    weights = {"layer1": {"weights": np.reshape([1, 10, 100, 1000], (2, 2, 1, 1)), "bias": [0.5]}}
    x = np.reshape([1, 2, 3, 4, 5, 6], (1, 2, 3, 1))
    # An even filter has the larger half of its padding below and to the right.
    expected = [[5421.5, 6532.5, 603.5], [54.5, 65.5, 6.5]]
    result = forward(network, weights, {"x": x})
    np.testing.assert_array_equal(result[0, :, :, 0], expected)


def test_pool_by_hand():
    network = chain("pool", (3, 3, 1), MaxPool((2, 2)))
    x = -np.arange(1.0, 10.0).reshape(1, 3, 3, 1)
    result = forward(network, {}, {"x": x})
    np.testing.assert_array_equal(result[0, :, :, 0], [[-1, -3], [-7, -9]])


def test_attention_by_hand():
    network = chain("attention", (2, 3), Attention())
    x = np.array([[[1.0, 2.0, 3.0], [0.5, 0.0, -1.0]]])
    weights = {"layer1": {"weights": np.array([[1.0], [0.0], [0.5]]), "bias": [[0.25], [-0.5]]}}
    a, b = np.exp(np.tanh([2.75, -0.5]))
    expected = (a * x[0, 0] + b * x[0, 1]) / (a + b)
    np.testing.assert_allclose(forward(network, weights, {"x": x})[0], expected, rtol=1e-12)


def test_softmax_does_not_overflow():
    result = forward(chain("s", (2,), Softmax()), {}, {"x": np.array([[1000.0, 0.0]])})
    np.testing.assert_array_equal(result, [[1, 0]])


def test_costs_by_hand():
    need = resources(chain("c", (5, 7, 2), Conv2d(3, (4, 3), "relu"), MaxPool((2, 2))))
    assert need.weights == 4 * 3 * 2 * 3 + 3
    assert need.macs == 5 * 7 * 3 * 4 * 3 * 2
    assert need.flops == 2 * need.macs + 5 * 7 * 3 + 3 * 4 * 3 * 4
    need = resources(chain("g", (6, 4), Gru(2, False)))
    assert need.weights == 3 * 2 * (4 + 2 + 2)
    assert need.macs == 6 * 3 * 2 * (4 + 2)
    assert need.flops == 2 * need.macs + 6 * 14 * 2
    assert need.profiled_flops == need.flops / 6 + 2


def test_peak_values_by_hand():
    # Input 70, convolution 105, pool 36; the flattened tensor is that of the pool.
    assert resources(
        chain("c", (5, 7, 2), Conv2d(3, (4, 3), "relu"), MaxPool((2, 2)), Flatten(),
              Dense(2, "relu"))
    ).peak_values == 70 + 105
    # The second input waits while the first branch runs; both ends wait for the dense layer.
    network = Architecture(
        "n",
        (Input("a", (10,)), Input("b", (10,))),
        (
            Node("a1", ("a",), Dense(20, "relu")),
            Node("b1", ("b",), Dense(20, "relu")),
            Node("join", ("a1", "b1"), Concat()),
            Node("drop", ("join",), Dropout(0.5)),
            Node("y", ("drop",), Dense(15, "relu")),
        ),
    )
    assert resources(network).peak_values == 20 + 20 + 15
    assert resources(chain("l", (6, 4), Lstm(3, True))).peak_values == 24 + 18 + 6


def test_round_trip(tmp_path: Path):
    architecture = branched()
    weights = random_weights(architecture)
    save_architecture(architecture, tmp_path)
    save_weights(architecture, weights, tmp_path)
    again = read_architecture(tmp_path)
    assert again == architecture
    x = random_inputs(architecture)
    result = forward(again, read_weights(again, tmp_path), x)
    np.testing.assert_array_equal(result, forward(architecture, weights, x))
    np.testing.assert_allclose(result.sum(axis=1), 1)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda d: d.update(format=2), "format: expected 1, got 2"),
        (lambda d: d.pop("inputs"), "inputs: expected this key, got an object without it"),
        (lambda d: d.update(extra=1), "expected only the keys .*, got 'extra'"),
        (lambda d: d.update(name="../x"), "name: expected 1 to 64 letters"),
        (lambda d: d.update(layers=[]), "layers: expected 1 to 256 layers, got 0"),
        (lambda d: d["inputs"][0].update(shape=[]), "input 1: shape: expected 1 to 4 sizes, got 0"),
        (
            lambda d: d["inputs"][0].update(shape=[2**20] * 3),
            "input 'image': expected at most 16777216 values",
        ),
        (lambda d: d["inputs"].append({"name": "u", "shape": [2]}), "input 'u': expected a layer"),
        (change(1, type="conv3d"), "layer 1: type: .*conv2d.*got 'conv3d'"),
        (change(1, strides=2), "layer 1: expected only.*got 'strides'"),
        (change(1, name="1x"), "layer name: expected a letter.*got '1x'"),
        (change(1, name="pool"), "layer name: expected each name once"),
        (change(1, kernel=[3]), "layer 1: kernel: expected a list of 2 sizes"),
        (change(1, kernel=[3, 0]), "layer 1: kernel: .*from 1 to 65536, got 0"),
        (change(1, filters=True), "layer 1: filters: .*got True"),
        (change(1, activation="mish"), "layer 1: activation: .*got 'mish'"),
        (change(1, inputs=["pool"]), "'conv': inputs: .*before it, got 'pool'"),
        (change(1, inputs=[]), "layer 1: inputs: expected a list of 1 to 256"),
        (change(1, inputs=["series"]), r"'conv': .*\(rows, columns, channels\)"),
        (change(1, inputs=["image"] * 2), "'conv': expected one input, got 2"),
        (change(5, sequences=1), "layer 5: sequences: expected true or false"),
        (change(5, sequences=False), r"'both': .*\(steps, channels\)"),
        (change(6, layer=3), "layer 6: layer: expected a JSON object, got 3"),
        (
            lambda d: d["layers"][5]["layer"].update(type="dense"),
            "layer 6: layer: type: expected one of gru, lstm, got 'dense'",
        ),
        (change(9, inputs=["flat"]), "'join': expected at least two inputs"),
        (change(9, inputs=["flat", "pool"]), "'join': .*last axis only"),
        (change(10, rate=1.0), "layer 10: rate: .*between 0 and 1, got 1.0"),
        (change(11, units=0), "layer 11: units: .*from 1 to 65536, got 0"),
    ],
)
def test_malformed_architecture(tmp_path: Path, edit, message: str):
    folder = edited(tmp_path, edit)
    with pytest.raises(InputError, match=f"architecture.json: .*{message}") as caught:
        read_architecture(folder)
    assert len(str(caught.value).splitlines()) == 1


def test_too_many_weights(tmp_path: Path):
    folder = edited(tmp_path, change(1, filters=2**16, kernel=[2**16, 2**16]))
    with pytest.raises(InputError, match="layer 'conv': expected at most"):
        read_architecture(folder)


def test_missing_and_damaged_files(tmp_path: Path):
    with pytest.raises(InputError, match="architecture.json: expected a file, got no such file"):
        read_architecture(tmp_path)
    (tmp_path / "architecture.json").write_text("{")
    with pytest.raises(InputError, match="line 1: expected JSON"):
        read_architecture(tmp_path)
    with pytest.raises(InputError, match="weights.npz: expected a file, got no such file"):
        read_weights(branched(), tmp_path)
    (tmp_path / "weights.npz").write_text("not a zip")
    with pytest.raises(InputError, match="weights.npz: expected an .npz file"):
        read_weights(branched(), tmp_path)


def test_wrong_weights(tmp_path: Path):
    architecture = branched()
    weights = random_weights(architecture)
    save_weights(architecture, weights, tmp_path)

    with np.load(tmp_path / "weights.npz") as archive:
        good = dict(archive)

    def read_with(**changes):
        arrays = {key: array for key, array in {**good, **changes}.items() if array is not None}
        np.savez(tmp_path / "weights.npz", **arrays)
        read_weights(architecture, tmp_path)

    with pytest.raises(InputError, match=r"'dense': bias: expected shape \(3\).*got.*\(4,\)"):
        read_with(**{"dense.bias": np.zeros(4)})
    with pytest.raises(InputError, match="expected an array called 'dense.bias'"):
        read_with(**{"dense.bias": None})
    with pytest.raises(InputError, match="'dense': bias: expected finite numbers"):
        read_with(**{"dense.bias": np.full(3, np.nan)})
    with pytest.raises(InputError, match="expected the arrays of branched only, got .*'more'"):
        read_with(more=np.zeros(1))


def test_wrong_weights_and_inputs_to_forward():
    architecture = branched()
    weights, x = random_weights(architecture), random_inputs(architecture)
    with pytest.raises(Mismatch, match=r"layer 'dense': expected arrays .* got \[\]"):
        forward(architecture, {**weights, "dense": {}}, x)
    with pytest.raises(Mismatch, match="expected weights of its layers only, got .*'other'"):
        forward(architecture, {**weights, "other": {}}, x)
    dense = {**weights["dense"], "bias": np.zeros(2)}
    with pytest.raises(Mismatch, match=r"'dense': bias: expected shape \(3,\), got \(2,\)"):
        forward(architecture, {**weights, "dense": dense}, x)
    with pytest.raises(Mismatch, match=r"input 'series': expected shape \(samples, 6, 4\)"):
        forward(architecture, weights, {**x, "series": x["image"]})
    with pytest.raises(Mismatch, match="input 'series': expected samples, got none"):
        forward(architecture, weights, {"image": x["image"]})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Dense(0, "relu"), "expected at least 1 unit, got 0"),
        (lambda: Dense(1, "mish"), "expected an activation of .*, got 'mish'"),
        (lambda: Conv2d(0, (1, 1), "relu"), "expected at least 1 filter, got 0"),
        (lambda: Conv2d(1, (1, 0), "relu"), "expected a kernel of rows and columns"),
        (lambda: Conv2d(1, (1, 1), "mish"), "expected an activation of .*, got 'mish'"),
        (lambda: MaxPool((0, 2)), "expected a size of rows and columns"),
        (lambda: Lstm(0, True), "expected at least 1 unit, got 0"),
        (lambda: Bidirectional(Softmax()), "expected a recurrent layer, got Softmax"),
        (lambda: Dropout(1.0), "expected a rate between 0 and 1, got 1.0"),
        (lambda: Architecture("a", (), ()), "expected at least one input, got none"),
        (lambda: Architecture("a", (Input("x", (1,)),), ()), "at least one layer, got none"),
        (lambda: chain("a", (0,), Softmax()), "input 'x': expected a shape of whole numbers"),
    ],
)
def test_malformed_in_python(make, message: str):
    with pytest.raises(Mismatch, match=message):
        make()
