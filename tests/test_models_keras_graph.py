"""What networks the layers of a ``config.json`` are read as. None of it needs TensorFlow."""

from pathlib import Path

import numpy as np
import pytest

from build_decoder.models import InputError, load_network
from build_decoder.models.architecture import Input
from build_decoder.models.files.keras_file.config import read_layers
from build_decoder.models.files.keras_file.graph import make_graph
from build_decoder.models.layers.affine import Affine
from build_decoder.models.layers.attention import Attention
from build_decoder.models.layers.bidirectional import Bidirectional
from build_decoder.models.layers.concat import Concat
from build_decoder.models.layers.conv2d import Conv2d
from build_decoder.models.layers.dense import Dense
from build_decoder.models.layers.dropout import Dropout
from build_decoder.models.layers.flatten import Flatten
from build_decoder.models.layers.global_average_pool import GlobalAveragePool
from build_decoder.models.layers.gru import Gru
from build_decoder.models.layers.lstm import Lstm
from build_decoder.models.layers.max_pool import MaxPool
from build_decoder.models.layers.softmax import Softmax
from tests.keras_files import (
    branches,
    dense_config,
    layer,
    nested,
    sequential,
    usual,
    weights_file,
    write_keras,
)

PATH = Path("model.keras")
IMAGE, SERIES, ROW = (6, 9, 2), (6, 4), (4,)


def graph(config):
    return make_graph(PATH, "model", read_layers(PATH, config))


def nodes(config):
    """Name, inputs and layer of each node."""
    return [(node.name, *node.inputs, node.layer) for node in graph(config).architecture.nodes]


def both_ways(kind: str = "LSTM", backward=None, merge_mode="concat", **settings):
    inner = usual(kind, **settings)
    return layer("Bidirectional", layer=inner, backward_layer=backward, merge_mode=merge_mode)


@pytest.mark.parametrize(
    ("shape", "described", "read", "gives"),
    [
        (IMAGE, usual("Conv2D"), Conv2d(3, (3, 2), "linear"), (6, 9, 3)),
        (IMAGE, usual("Conv2D", activation="relu"), Conv2d(3, (3, 2), "relu"), (6, 9, 3)),
        (
            IMAGE,
            usual("Conv2D", kernel_size=[1, 1], padding="valid"),
            Conv2d(3, (1, 1), "linear"),
            (6, 9, 3),
        ),
        (SERIES, usual("Conv1D"), Conv2d(3, (3, 1), "linear"), (6, 1, 3)),
        (
            SERIES,
            usual("Conv1D", kernel_size=[1], padding="causal"),
            Conv2d(3, (1, 1), "linear"),
            (6, 1, 3),
        ),
        (IMAGE, usual("MaxPooling2D"), MaxPool((2, 3)), (3, 3, 2)),
        (
            IMAGE,
            usual("MaxPooling2D", pool_size=[4, 4], strides=[4, 4], padding="same"),
            MaxPool((4, 4)),
            (2, 3, 2),
        ),
        (SERIES, usual("MaxPooling1D"), MaxPool((2, 1)), (3, 1, 4)),
        (IMAGE, usual("GlobalAveragePooling2D"), GlobalAveragePool(), (2,)),
        (SERIES, usual("GlobalAveragePooling1D"), GlobalAveragePool(), (4,)),
        (SERIES, usual("LSTM"), Lstm(3, False), (3,)),
        (SERIES, usual("GRU", return_sequences=True), Gru(3, True), (6, 3)),
        (SERIES, usual("GRU", go_backwards=True), Gru(3, False, backward=True), (3,)),
        (SERIES, both_ways(), Bidirectional(Lstm(3, False)), (6,)),
        (
            SERIES,
            both_ways("GRU", usual("GRU", go_backwards=True, name="b")),
            Bidirectional(Gru(3, False)),
            (6,),
        ),
        (SERIES, both_ways(return_sequences=True), Bidirectional(Lstm(3, True)), (6, 6)),
        (SERIES, usual("TemporalAttention"), Attention(), (4,)),
        (SERIES, usual("ChannelAffine"), Affine(), SERIES),
        (IMAGE, usual("BatchNormalization", axis=3), Affine(), IMAGE),
        (SERIES, usual("BatchNormalization", axis=[2], scale=False), Affine(), SERIES),
        (ROW, usual("Normalization"), Affine(), ROW),
        (SERIES, usual("Normalization", axis=[], mean=1.0, variance=2.0), Affine(), SERIES),
        (ROW, usual("Normalization", mean=[1, 2, 3, 4.5], variance=[1] * 4), Affine(), ROW),
        (IMAGE, usual("Rescaling", scale=[1, 2.0]), Affine(), IMAGE),
        (
            IMAGE,
            usual("Rescaling", scale={"class_name": "__numpy__", "config": {"value": [1, 2]}}),
            Affine(),
            IMAGE,
        ),
        (IMAGE, usual("Flatten"), Flatten(), (108,)),
        ((4, 1), usual("Flatten", data_format="channels_first"), Flatten(), (4,)),
        (SERIES, usual("Dropout"), Dropout(0.5), SERIES),
        (IMAGE, usual("Softmax", axis=3), Softmax(), IMAGE),
        (SERIES, layer("Activation", activation="softmax"), Softmax(), SERIES),
    ],
)
def test_layers(shape, described, read, gives):
    name = described["config"]["name"]
    architecture = graph(branches({"x": shape}, (described, "x"))).architecture
    assert [(n.name, n.inputs, n.layer) for n in architecture.nodes] == [(name, ("x",), read)]
    assert architecture.output_shape == gives


@pytest.mark.parametrize(
    ("shape", "described", "changes", "message"),
    [
        (IMAGE, "Conv2D", {"strides": [2, 2]}, r"strides=\[1, 1\], got strides=\[2, 2\]"),
        (IMAGE, "Conv2D", {"strides": [1, True]}, r"strides=\[1, 1\], got strides=\[1, True\]"),
        (IMAGE, "Conv2D", {"dilation_rate": [1, 2]}, r"dilation_rate=\[1, 1\], got dilation_ra"),
        (IMAGE, "Conv2D", {"groups": 2}, "groups=1, got groups=2"),
        (IMAGE, "Conv2D", {"padding": "valid"}, "padding='same', got padding='valid'"),
        (SERIES, "Conv1D", {"padding": "causal"}, "padding='same', got padding='causal'"),
        (IMAGE, "Conv2D", {"data_format": "channels_first"}, "data_format='channels_last', got"),
        (IMAGE, "Conv2D", {"activation": "mish"}, "an activation of .*, got mish"),
        (IMAGE, "Conv2D", {"filters": 1, "activation": "softmax"}, "softmax of at least 2 units"),
        (IMAGE, "Conv2D", {"lora_rank": 2}, "a plain Conv2D layer, without lora_rank"),
        (IMAGE, "Conv2D", {"use_bias": 1}, "use_bias true or false, got 1"),
        (IMAGE, "Conv2D", {"filters": 0}, "filters of a whole number from 1 to 65536, got 0"),
        (IMAGE, "Conv2D", {"filters": 10**9}, "a whole number from 1 to 65536, got 1000000000"),
        (IMAGE, "Conv2D", {"filters": True}, "a whole number from 1 to 65536, got True"),
        (IMAGE, "Conv2D", {"kernel_size": [3]}, "kernel_size of 2 whole numbers"),
        (IMAGE, "Conv2D", {"kernel_size": 3}, "kernel_size of 2 whole numbers .*, got 3"),
        (IMAGE, "Conv2D", {"dtype": "bfloat16"}, "float32 or float64, got 'bfloat16'"),
        (IMAGE, "MaxPooling2D", {"strides": [2, 2]}, r"strides=\[2, 3\], got strides=\[2, 2\]"),
        (
            IMAGE,
            "MaxPooling2D",
            {"pool_size": [4, 3], "strides": [4, 3]},
            r"padding='same', or lengths that \(4, 3\) divides, got padding='valid' of .*\(6, 9\)",
        ),
        (IMAGE, "MaxPooling2D", {"padding": "full"}, "padding='same' or padding='valid', got"),
        (IMAGE, "MaxPooling2D", {"data_format": "channels_first"}, "data_format='channels_last'"),
        (IMAGE, "GlobalAveragePooling2D", {"keepdims": True}, "keepdims=False, got keepdims=True"),
        (SERIES, "GlobalAveragePooling1D", {"data_format": "channels_first"}, "'channels_last'"),
        (SERIES, "LSTM", {"activation": "relu"}, "activation='tanh', got activation='relu'"),
        (SERIES, "LSTM", {"activation": layer("ReLU")}, "activation='tanh', got activation={'mod"),
        (SERIES, "LSTM", {"recurrent_activation": "hard_sigmoid"}, "activation='sigmoid', got"),
        (SERIES, "LSTM", {"stateful": True}, "stateful=False, got stateful=True"),
        (SERIES, "LSTM", {"return_state": True}, "return_state=False, got return_state=True"),
        (SERIES, "LSTM", {"units": 0}, "units of a whole number from 1 to 65536, got 0"),
        (SERIES, "LSTM", {"use_bias": None}, "use_bias true or false, got None"),
        (SERIES, "LSTM", {"return_sequences": 1}, "return_sequences=True or return_sequences=F"),
        (
            SERIES,
            "LSTM",
            {"return_sequences": True, "go_backwards": True},
            "steps in the order of time, got 'lstm' with go_backwards=True: put models.keras_lay",
        ),
        (SERIES, "GRU", {"reset_after": False}, "reset_after=True, got reset_after=False"),
        (IMAGE, "BatchNormalization", {"axis": 1}, "axis=-1, the last one, got axis=1"),
        (IMAGE, "BatchNormalization", {"axis": [1, 3]}, "axis=-1, the last one, got axis=.1, 3"),
        (IMAGE, "BatchNormalization", {"axis": 0}, "axes of samples of 3 axes, got axis=0"),
        (IMAGE, "BatchNormalization", {"axis": 4}, "axes of samples of 3 axes, got axis=4"),
        (IMAGE, "BatchNormalization", {"axis": -4}, "axes of samples of 3 axes, got axis=-4"),
        (IMAGE, "BatchNormalization", {"epsilon": None}, "a number epsilon, got None"),
        (IMAGE, "BatchNormalization", {"center": None}, "center=True or center=False, got center"),
        (SERIES, "Normalization", {"axis": [1]}, r"axis=-1, the last one, got axis=\[1\]"),
        (SERIES, "Normalization", {"mean": [1.0] * 6}, "mean of finite numbers, one or 4"),
        (SERIES, "Normalization", {"mean": [[1.0] * 4]}, "mean of finite numbers, one or 4"),
        (SERIES, "Normalization", {"variance": float("nan")}, "variance of finite numbers"),
        (SERIES, "Normalization", {"invert": None}, "invert=True or invert=False"),
        (SERIES, "Rescaling", {"scale": [1, 2]}, "scale of finite numbers, one or 4, got .1, 2"),
        (SERIES, "Rescaling", {"scale": "2"}, "scale of finite numbers, one or 4, got '2'"),
        (SERIES, "Rescaling", {"scale": 10**400}, "scale of finite numbers, one or 4"),
        (SERIES, "Rescaling", {"offset": True}, "offset of finite numbers, one or 4, got True"),
        (IMAGE, "Flatten", {"data_format": "channels_first"}, "'channels_last', got data_format="),
        (ROW, "Dropout", {"rate": 1}, "a rate from 0 up to 1, got 1"),
        (ROW, "Dropout", {"rate": True}, "a rate from 0 up to 1, got True"),
        (IMAGE, "Softmax", {"axis": 1}, "softmax over the outputs, axis=-1, got axis=1"),
    ],
)
def test_settings_that_are_refused(shape, described: str, changes: dict, message: str):
    graph(branches({"x": shape}, (usual(described), "x")))
    changed = branches({"x": shape}, (usual(described, "changed", **changes), "x"))
    message = message.replace("'lstm'", "'changed'")
    with pytest.raises(InputError, match=f"model.keras: layer 'changed': expected .*{message}"):
        graph(changed)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (both_ways(merge_mode="sum"), "merge_mode='concat', got merge_mode='sum'"),
        (both_ways(merge_mode=None), "merge_mode='concat', got merge_mode=None"),
        (both_ways(go_backwards=True), "a layer that runs forwards and the same one backwards"),
        (both_ways(backward=usual("LSTM")), "a layer that runs forwards and the same one back"),
        (both_ways(backward=usual("LSTM", units=4, go_backwards=True)), "the same one backwards"),
        (both_ways(backward=usual("GRU", go_backwards=True)), "the same one backwards"),
        (both_ways(backward=layer("Dense")), "backward_layer GRU or LSTM, got Dense"),
        (both_ways("GRU", reset_after=False), "reset_after=True, got reset_after=False"),
        (both_ways(dtype="float16"), "float32 or float64, got 'float16'"),
        (both_ways(stateful=True), "stateful=False, got stateful=True"),
        (both_ways(backward="LSTM"), "backward_layer GRU or LSTM, got 'LSTM'"),
    ],
)
def test_directions_that_are_refused(changed: dict, message: str):
    with pytest.raises(InputError, match=f"layer 'bidirectional(: .*)?': expected .*{message}"):
        graph(branches({"x": SERIES}, (changed, "x")))


@pytest.mark.parametrize(
    "kind",
    [
        "Conv2DTranspose", "Conv3D", "Embedding", "Lambda", "LayerNormalization", "Masking",
        "Maximum", "MultiHeadAttention", "Multiply", "RNN", "SimpleRNN",
    ],
)  # fmt: skip
def test_kinds_that_are_refused(kind: str):
    with pytest.raises(InputError, match=f"layer 'other': expected .*, got {kind}$"):
        graph(branches({"x": SERIES}, (layer(kind, name="other"), "x")))


def test_layers_of_others_under_our_name_are_refused():
    other = layer("Mine", name="other") | {"module": "m", "registered_name": "build_decoder>Mine"}
    with pytest.raises(InputError, match="layer 'other': expected .*, got build_decoder>Mine"):
        graph(branches({"x": SERIES}, (other, "x")))
    for registered in ("mine>TemporalAttention", None):
        other = usual("TemporalAttention") | {"registered_name": registered}
        with pytest.raises(InputError, match="got build_decoder.models.keras_layers.TemporalAtt"):
            graph(branches({"x": SERIES}, (other, "x")))


@pytest.mark.parametrize("kind", ["Conv2D", "LSTM", "GlobalAveragePooling2D", "MaxPooling1D"])
def test_samples_of_other_axes_are_refused(kind: str):
    with pytest.raises(InputError, match=r"samples of \d axes, got samples of shape \(4,\)"):
        graph(branches({"x": ROW}, (usual(kind), "x")))


def test_dense_over_each_step_is_refused():
    with pytest.raises(InputError, match=r"layer 'dense': expected a Flatten .*shape \(6, 4\)"):
        graph(branches({"x": SERIES}, (dense_config(), "x")))


def test_branches():
    config = branches(
        {"left": IMAGE, "right": IMAGE, "row": ROW},
        (usual("Conv2D", "a", activation="relu"), "left"),
        (usual("Conv2D", "b", activation="tanh"), "right"),
        (usual("Concatenate"), "b", "a"),
        (usual("GlobalAveragePooling2D", "mean"), "concatenate"),
        (usual("Concatenate", "all"), "mean", "row", "mean"),
        (dense_config(2, activation="softmax"), "all"),
    )
    config["config"]["layers"].reverse()  # the order of the file is no order of calls
    architecture = graph(config).architecture
    assert [item.name for item in architecture.inputs] == ["left", "right", "row"]
    found = {node.name: (*node.inputs, node.layer) for node in architecture.nodes}
    assert found == {
        "a": ("left", Conv2d(3, (3, 2), "relu")),
        "b": ("right", Conv2d(3, (3, 2), "tanh")),
        "concatenate": ("b", "a", Concat()),
        "mean": ("concatenate", GlobalAveragePool()),
        "all": ("mean", "row", "mean", Concat()),
        "dense": ("all", Dense(2, "linear")),
        "dense_softmax": ("dense", Softmax()),
    }
    assert architecture.nodes[-1].name == "dense_softmax"


@pytest.mark.parametrize(
    ("axis", "shapes", "message"),
    [
        (1, (SERIES, SERIES), "axis=-1, the last one, got axis=1"),
        (0, (SERIES, SERIES), "axes of samples of 2 axes, got axis=0"),
        ([-1], (SERIES, (5, 4)), r"inputs that differ in the last axis only, got .*\(5, 4\)"),
        (-1, (SERIES, ROW), "inputs that differ in the last axis only"),
        (-1, (SERIES,), "at least two inputs, got 1"),
    ],
)
def test_concatenations_that_are_refused(axis, shapes, message: str):
    inputs = {f"x{index}": shape for index, shape in enumerate(shapes)}
    config = branches(inputs, (usual("Concatenate", axis=axis), *inputs))
    with pytest.raises(InputError, match=f"layer 'concatenate': expected {message}"):
        graph(config)


@pytest.mark.parametrize("kind", ["Dense", "ReLU", "Dropout", "Flatten", "TimeReversal"])
def test_several_inputs_of_a_layer_of_one(kind: str):
    config = branches(
        {"x": ROW, "y": ROW}, (dense_config(name="d"), "x"), (usual(kind, "one"), "d", "y")
    )
    with pytest.raises(InputError, match="layer 'one': expected one input, got 2"):
        graph(config)


def test_activations_belong_to_the_linear_layer_before_them():
    config = branches(
        {"x": IMAGE},
        (usual("Conv2D"), "x"),
        (layer("GaussianNoise"), "conv2d"),
        (usual("Dropout"), "gaussiannoise"),
        (usual("BatchNormalization"), "dropout"),
        (usual("Dropout", "again"), "batchnormalization"),
        (usual("Dropout", "none", rate=0), "again"),
        (usual("ReLU"), "none"),
        (usual("Rescaling"), "relu"),
    )
    made = graph(config)
    assert [(node.name, *node.inputs, node.layer) for node in made.architecture.nodes] == [
        ("conv2d", "x", Conv2d(3, (3, 2), "relu")),
        ("dropout", "conv2d", Dropout(0.5)),
        ("again", "dropout", Dropout(0.5)),
        ("rescaling", "again", Affine()),
    ]
    assert made.parts[0].layers == ["conv2d", "batchnormalization", "relu"]
    assert made.stored == 3 * 2 * 2 * 3 + 4 * 3


@pytest.mark.parametrize(
    ("before", "message"),
    [
        ([], "got input 'inputlayer'"),
        ([usual("BatchNormalization")], "got input 'inputlayer'"),
        ([usual("LSTM")], "got 'lstm', which is LSTM"),
        ([usual("Flatten"), dense_config(activation="tanh")], "got tanh of 'dense'"),
        ([usual("Flatten"), dense_config(activation="softmax")], "got 'dense', which is Dense"),
        ([usual("Conv1D"), usual("MaxPooling1D")], "got 'maxpooling1d', which is MaxPooling1D"),
        ([usual("Conv1D"), usual("ReLU")], "got relu of 'conv1d'"),
    ],
)
def test_activations_of_other_layers_are_refused(before, message: str):
    config = sequential(*before, usual("ReLU", "last"), inputs=SERIES)
    with pytest.raises(InputError, match=f"'last': expected a linear Dense.* before it.*{message}"):
        graph(config)


@pytest.mark.parametrize("tapped", ["dense", "batchnormalization"])
def test_activations_of_layers_that_others_take_are_refused(tapped: str):
    config = branches(
        {"x": ROW},
        (dense_config(), "x"),
        (usual("BatchNormalization"), "dense"),
        (usual("ReLU"), "batchnormalization"),
        (usual("Concatenate"), "relu", tapped),
    )
    got = "'dense', which others take" if tapped == "dense" else "'batchnormalization', which is"
    got = got.replace("others", "other layers")
    with pytest.raises(InputError, match=f"'relu': expected .*no other layer takes, got {got}"):
        graph(config)


def test_steps_in_the_order_of_time():
    backwards = usual("LSTM", return_sequences=True, go_backwards=True)
    config = branches(
        {"x": SERIES},
        (backwards, "x"),
        (layer("GaussianNoise"), "lstm"),
        (usual("TimeReversal", "one"), "gaussiannoise"),
        (usual("TimeReversal", "other"), "lstm"),
        (usual("Concatenate"), "one", "other"),
    )
    made = graph(config)
    assert nodes(config) == [
        ("lstm", "x", Lstm(3, True, backward=True)),
        ("concatenate", "lstm", "lstm", Concat()),
    ]
    assert made.parts[0].layers == ["lstm", "other"]
    for taker in (usual("TemporalAttention"), usual("Dropout"), usual("GRU"), usual("Softmax")):
        with pytest.raises(InputError, match="expected steps in the order of time, got 'lstm'"):
            graph(branches({"x": SERIES}, (backwards, "x"), (taker, "lstm")))
    for before in (usual("LSTM", "lstm", return_sequences=True), usual("Dropout", "lstm")):
        config = branches({"x": SERIES}, (before, "x"), (usual("TimeReversal"), "lstm"))
        with pytest.raises(InputError, match="'timereversal': expected a recurrent.*got 'lstm'"):
            graph(config)


def test_inputs_are_given_in_the_form_in_which_they_are_taken():
    config = branches(
        {"x": SERIES, "y": SERIES},
        (usual("Conv1D"), "x"),
        (usual("LSTM"), "x"),
        (usual("GlobalAveragePooling1D", "mean"), "conv1d"),
        (usual("BatchNormalization", "bn"), "y"),
        (usual("Concatenate", "beside"), "bn", "y"),
        (usual("MaxPooling1D", "pool"), "beside"),
        (usual("Flatten"), "pool"),
        (usual("Flatten", "steps"), "x"),
        (usual("Concatenate"), "lstm", "mean", "flatten", "steps"),
    )
    architecture = graph(config).architecture
    given, image, other = architecture.inputs
    assert given == Input("x", (6, 4))
    assert (image.name, image.shape, image.of) == ("x_image", (6, 1, 4), "x")
    np.testing.assert_array_equal(image.walk.indices, np.arange(24))
    assert other == Input("y", (6, 1, 4))
    found = {node.name: node.inputs for node in architecture.nodes}
    assert found["conv1d"] == ("x_image",)
    assert found["lstm"] == found["steps"] == ("x",)
    assert found["beside"] == ("bn", "y")


@pytest.mark.parametrize(
    ("calls", "name"),
    [
        ([(usual("Conv1D"), "x"), (usual("LSTM", "last"), "conv1d")], "last"),
        ([(usual("MaxPooling1D"), "x"), (usual("TemporalAttention"), "maxpooling1d")], "temporal"),
        (
            [
                (usual("GRU", return_sequences=True), "x"),
                (usual("BatchNormalization"), "gru"),
                (usual("GlobalAveragePooling1D", "last"), "batchnormalization"),
            ],
            "last",
        ),
        (
            [
                (usual("Conv1D"), "x"),
                (usual("LSTM", return_sequences=True), "x"),
                (usual("Concatenate", "last"), "conv1d", "lstm"),
            ],
            "last",
        ),
        (
            [
                (usual("BatchNormalization"), "x"),
                (usual("Conv1D"), "batchnormalization"),
                (usual("Flatten"), "conv1d"),
                (usual("LSTM", "last"), "batchnormalization"),
                (usual("Concatenate"), "flatten", "last"),
            ],
            "last",
        ),
    ],
)
def test_steps_that_would_have_to_change_their_form_are_refused(calls, name: str):
    form = r"\(steps,( 1,)? channels\), as .* have them"
    message = f"layer '{name}.*': expected samples {form}, got {form}"
    with pytest.raises(InputError, match=message):
        graph(branches({"x": SERIES}, *calls))


def test_models_inside_a_model():
    inner = branches(
        {"a": ROW, "b": ROW}, (usual("Concatenate", "join"), "b", "a"), (dense_config(), "join")
    )
    row = nested("row", sequential(dense_config(4, activation="relu"), inputs=ROW))
    bare = sequential(dense_config(4), usual("ReLU"))  # without an InputLayer
    del bare["config"]["layers"][0]
    config = branches(
        {"x": ROW},
        (row, "x"),
        (nested("bare", bare), "row"),
        (nested("both", inner), "bare", "x"),
        (usual("Softmax"), "both"),
    )
    assert nodes(config) == [
        ("row", "x", Dense(4, "relu")),
        ("bare", "row", Dense(4, "relu")),
        ("both_join", "x", "bare", Concat()),
        ("both_dense", "both_join", Dense(3, "linear")),
        ("softmax", "both_dense", Softmax()),
    ]
    assert [part.layers for part in graph(config).parts[:2]] == [
        ["row/dense"],
        ["bare/dense", "bare/relu"],
    ]


@pytest.mark.parametrize(
    ("inner", "message"),
    [
        (sequential(dense_config(), inputs=(5,)), r"'m/inputlayer': expected samples of shape"),
        (sequential(dense_config(), inputs=(None,)), r"'m/inputlayer': expected samples of shape"),
        (
            branches({"a": ROW, "b": ROW}, (usual("Concatenate"), "a", "b")),
            "input_layers: expected 1 inputs, got 2",
        ),
        (sequential(dense_config(), dense_config()), "'m/dense': expected a name of its own"),
        (sequential(layer("Multiply")), "layer 'm/multiply': expected .*, got Multiply"),
        (
            sequential(nested("deep", sequential(dense_config(activation="mish")))),
            "layer 'm/deep/dense': expected an activation of .*, got mish",
        ),
    ],
)
@pytest.mark.parametrize("outer", ["functional", "sequential"])
def test_models_inside_that_are_refused(tmp_path: Path, inner, message: str, outer: str):
    model = nested("m", inner)
    config = branches({"x": ROW}, (model, "x")) if outer == "functional" else sequential(model)
    path = write_keras(tmp_path / "bad.keras", config=config)
    with pytest.raises(InputError, match=f"bad.keras: .*{message}"):
        load_network(path)


def test_names_of_nodes():
    config = branches(
        {"1st input": ROW},
        (dense_config(name="ähnlich"), "1st input"),
        (dense_config(name="_hidden", activation="softmax"), "ähnlich"),
        (dense_config(name="_hidden_softmax"), "_hidden"),
        (dense_config(name="a b"), "_hidden_softmax"),
        (dense_config(name="a_b"), "a b"),
        (usual("Softmax", name="x" * 80), "a_b"),
        (usual("BatchNormalization", name="x" * 64), "x" * 80),
    )
    architecture = graph(config).architecture
    assert [item.name for item in architecture.inputs] == ["layer_1st_input"]
    assert [node.name for node in architecture.nodes] == [
        "layer_hnlich",
        "layer_hidden",
        "layer_hidden_softmax",
        "layer_hidden_softmax_2",
        "a_b",
        "a_b_2",
        "x" * 64,
        "x" * 62 + "_2",
    ]


@pytest.mark.parametrize(
    ("calls", "message"),
    [
        ([(usual("Conv2D", kernel_size=[65536, 65536]), "x")], "'conv2d': expected at most 671088"),
        ([(usual("Conv2D", filters=999, kernel_size=[200, 200]), "x")], "at most 67108864 weights"),
        ([(usual("Flatten"), "x"), (dense_config(65536), "flatten")], "got 32400 inputs x 65536"),
        (
            [
                (usual("Conv2D", "a", filters=4096, kernel_size=[1, 1]), "x"),
                (usual("Conv2D", "b", filters=4096, kernel_size=[1, 1]), "a"),
                (usual("GlobalAveragePooling2D"), "b"),
            ],
            "layer 'a': expected at most 16777216 values",
        ),
    ],
)
def test_sizes_are_limited_before_anything_is_allocated(calls, message: str):
    with pytest.raises(InputError, match=f"model.keras: .*{message}"):
        graph(branches({"x": (90, 180, 2)}, *calls))


def test_weights_in_all_are_limited():
    wide = [dense_config(8000, name=f"d{index}") for index in range(3)]
    with pytest.raises(InputError, match="expected at most 67108864 weights in all, got 128064032"):
        graph(sequential(usual("BatchNormalization"), *wide, inputs=(8,)))


@pytest.mark.parametrize("described", ["BatchNormalization", "LSTM", "TemporalAttention"])
def test_weights_that_the_file_has_not(tmp_path: Path, described: str):
    pytest.importorskip("h5py")
    config = branches({"x": (10, 4)}, (usual(described), "x"))
    path = write_keras(tmp_path / "few.keras", config=config, weights=weights_file(inputs=1))
    wanted = {"BatchNormalization": 16, "LSTM": 84, "TemporalAttention": 14}[described]
    message = f"few.keras: model.weights.h5: expected {wanted} weights or more, got 6"
    with pytest.raises(InputError, match=message):
        load_network(path)


def test_model_of_an_input_alone():
    config = branches({"x": ROW}, (usual("Dropout"), "x"))
    config["config"]["layers"][1]["config"]["rate"] = 0.0
    with pytest.raises(InputError, match="model.keras: expected at least one layer, got none"):
        graph(config)
