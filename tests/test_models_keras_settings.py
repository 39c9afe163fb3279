"""What a ``config.json`` is read as, and what of it is refused. None of it needs TensorFlow."""

from pathlib import Path

import numpy as np
import pytest

from build_decoder.models import InputError, load_network
from build_decoder.models.files.keras_file.chain import make_steps
from build_decoder.models.files.keras_file.config import read_layers
from build_decoder.models.limits import MAX_LAYERS
from tests.keras_files import dense_config, functional, layer, sequential, write_keras

PATH = Path("model.keras")


def steps(*layers, inputs=(4,)):
    return make_steps(read_layers(PATH, sequential(*layers, inputs=inputs)))


def activation_layer(kind: str, **settings):
    return steps(dense_config(), layer(kind, **settings))[0].activation


RELU = {"max_value": None, "negative_slope": 0.0, "threshold": 0.0}


@pytest.mark.parametrize(
    ("called", "name"),
    [
        ("relu", "relu"),
        ("sigmoid", "sigmoid"),
        ("tanh", "tanh"),
        ("linear", "linear"),
        (None, "linear"),
        ("exponential", "exp"),
        ("elu", "elu"),
        ("softplus", "softplus"),
        ("silu", "swish"),
        ("gelu", "gelu"),
        ("leaky_relu", "leaky_relu"),
        ("relu6", "relu(6.0)"),
    ],
)
def test_activations_by_name(called: str, name: str):
    assert steps(dense_config(activation=called))[0].activation == name
    assert activation_layer("Activation", activation=called) == name


@pytest.mark.parametrize(
    ("kind", "settings", "name"),
    [
        ("ReLU", RELU, "relu"),
        ("ReLU", RELU | {"negative_slope": 0.2}, "leaky_relu"),
        ("LeakyReLU", {"negative_slope": 0.2}, "leaky_relu"),
        ("LeakyReLU", {"negative_slope": float(np.float32(0.2))}, "leaky_relu"),
        ("LeakyReLU", {"negative_slope": 0}, "relu"),
        ("ELU", {"alpha": 1}, "elu"),
        ("ReLU", RELU | {"max_value": 6.0}, "relu(6.0)"),
        ("ReLU", RELU | {"max_value": 6}, "relu(6.0)"),
        ("ReLU", RELU | {"negative_slope": 0.1}, "leaky_relu(0.1)"),
        ("LeakyReLU", {"negative_slope": 0.3}, "leaky_relu(0.3)"),
        ("LeakyReLU", {"negative_slope": float(np.float32(0.3))}, "leaky_relu(0.3)"),
        ("LeakyReLU", {"negative_slope": 1 / 3}, "leaky_relu(0.3333333333333333)"),
        ("ELU", {"alpha": 0.5}, "elu(0.5)"),
    ],
)
def test_activation_layers_that_equal_ours(kind: str, settings: dict, name: str):
    assert activation_layer(kind, **settings) == name
    assert steps(dense_config(activation=layer(kind, **settings)))[0].activation == name


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        ("ReLU", RELU | {"max_value": 1e9}, "got max_value=1000000000.0, negative_slope=0.0, thr"),
        ("ReLU", RELU | {"max_value": 0.0}, "got max_value=0.0"),
        ("ReLU", RELU | {"max_value": True}, "got max_value=True"),
        ("ReLU", RELU | {"threshold": 1e-9}, "got .*threshold=1e-09"),
        ("ReLU", RELU | {"max_value": 6.0, "negative_slope": 0.1}, "got max_value=6.0, negativ"),
        ("ReLU", {"max_value": None}, "a setting 'negative_slope', as Keras 3 saves it, got none"),
        ("LeakyReLU", {"negative_slope": 1.5}, "got negative_slope=1.5"),
        ("LeakyReLU", {"negative_slope": -0.1}, "got negative_slope=-0.1"),
        ("LeakyReLU", {"negative_slope": 10**400}, "got negative_slope=1000"),
        ("ELU", {"alpha": 0}, "got alpha=0"),
        ("ELU", {"alpha": "much"}, "got alpha='much'"),
        ("Softmax", {"axis": 0}, "softmax over the outputs, axis=-1, got axis=0"),
        ("Softmax", {"axis": [0, 1]}, "axis=-1, got axis=.0, 1."),
    ],
)
def test_settings_that_change_the_result(kind: str, settings: dict, message: str):
    expected = f"model.keras: layer '{kind.lower()}': expected .*{message}"
    with pytest.raises(InputError, match=expected):
        activation_layer(kind, **settings)
    with pytest.raises(InputError, match=message):
        steps(dense_config(activation=layer(kind, **settings)))


@pytest.mark.parametrize(
    ("described", "message"),
    [
        (dense_config(activation="hard_silu"), "an activation of elu, expon.*, got hard_silu"),
        (dense_config(activation="swich"), "an activation of .*, got swich"),
        (dense_config(activation=layer("PReLU")), "an activation of .*, got PReLU"),
        (dense_config(activation=layer("Embedding")), "an activation of .*, got Embedding"),
        (
            dense_config(activation={"class_name": "function", "config": "mine>relu"}),
            "got the function mine>relu",
        ),
        (dense_config(activation={"value": ["4w"]}), "got a lambda or something else"),
        (dense_config(1, activation="softmax"), "softmax of at least 2 units, got 1, of which"),
        (dense_config(lora_rank=2), "a plain Dense layer, without lora_rank, got lora_rank=2"),
        (dense_config(quantization_config={"a": 1}), "without quantization_config"),
        (dense_config(use_bias=None), "use_bias true or false, got None"),
        (dense_config(10**9), "1 to 65536 units, got 1000000000"),
        (dense_config(True), "1 to 65536 units, got True"),
        (dense_config(dtype="float16"), "float32 or float64, got 'float16': make the model with"),
        (dense_config(dtype=None), "float32 or float64, got None"),
        (
            dense_config(dtype={"class_name": "DTypePolicy", "config": {"name": "mixed_bfloat16"}}),
            "float32 or float64, got 'mixed_bfloat16'",
        ),
        (
            dense_config(dtype={"config": {"mode": "int8", "source_name": "float32"}}),
            r"weights quantised to 'int8': save the model before quantize\(\)",
        ),
        (
            dense_config(activation=layer("ReLU", dtype="float16", **RELU)),
            "float32 or float64, got 'float16'",
        ),
        (layer("Dense") | {"module": "mine"}, "docs/keras.md lists, such as Dense, got mine.Dense"),
        (layer("Dense") | {"registered_name": "my>Dense"}, "got keras.layers.Dense"),
        (layer("SimpleRNN"), "an LSTM or GRU in its place, got SimpleRNN"),
        (layer("Maximum"), "docs/keras.md lists, got Maximum"),
    ],
)
def test_other_layers_and_settings(described: dict, message: str):
    name = described["config"]["name"]
    with pytest.raises(InputError, match=f"model.keras: layer '{name}': expected .*{message}"):
        steps(described)


def test_dtypes_that_are_exact():
    policy = {"class_name": "DTypePolicy", "config": {"name": "float64"}}
    assert steps(dense_config(dtype=policy))[0].units == 3


def test_input_of_another_type():
    config = sequential(dense_config())
    config["config"]["layers"][0]["config"]["dtype"] = "uint8"
    with pytest.raises(InputError, match="layer 'inputlayer': expected float32 .*, got 'uint8'"):
        read_layers(PATH, config)


def test_softmax_at_the_end_alone():
    softmax = layer("Softmax", axis=-1)
    softmax_again = layer("Softmax", axis=-1, name="again")
    for end in ([dense_config(activation="softmax")], [dense_config(), softmax]):
        for after in ([], [layer("Dropout")]):
            (step,) = steps(*end, *after)
            assert step.softmax
            assert step.activation == "linear"
        with pytest.raises(InputError, match="softmax at the end alone"):
            steps(*end, dense_config(name="next"))
    with pytest.raises(InputError, match="softmax at the end alone"):
        steps(dense_config(), softmax, softmax_again)


@pytest.mark.parametrize("shape", [(2, 3), (3, 4, 5), (2, 2, 3, 2), (1, 4), (4, 1)])
def test_flatten_keeps_the_place_of_each_input(shape: tuple[int, ...]):
    x = np.random.default_rng(5).normal(size=shape)
    channels = [x[i].reshape(-1) for i in range(shape[0])]
    for data_format, wanted in (
        ("channels_last", x.reshape(-1)),
        ("channels_first", np.stack(channels, axis=-1).reshape(-1)),
    ):
        flatten = layer("Flatten", data_format=data_format)
        again = layer("Flatten", data_format="channels_first", name="again")
        (step,) = steps(flatten, again, dense_config(), inputs=shape)
        np.testing.assert_array_equal(x.reshape(-1)[step.order], wanted)
        assert step.layers == ["flatten", "again", "dense"]


def test_linear_activation_changes_nothing():
    linear, again = (layer("Activation", activation="linear", name=name) for name in "ab")
    (step,) = steps(linear, dense_config(activation="tanh"), again)
    assert step.activation == "tanh"


TENSOR = {"class_name": "__keras_tensor__", "config": {"keras_history": ["inputlayer", 0, 0]}}
NODE = {"args": [TENSOR], "kwargs": {}}


def call(name: str, index: int = 0):
    tensor = {"class_name": "__keras_tensor__", "config": {"keras_history": [name, 0, index]}}
    return {"args": [tensor], "kwargs": {}}


ELSEWHERE, SECOND, ITSELF = call("elsewhere"), call("inputlayer", 1), call("dense")
ENDS = {"input_layers": ["inputlayer", 0, 0], "output_layers": [["dense", 0, 0]]}
START = (layer("InputLayer", batch_shape=[None, 4]), [])


@pytest.mark.parametrize("kwargs", [{}, {"training": None}, {"training": False, "mask": None}])
def test_functional(kwargs: dict):
    model = functional([START, (dense_config(), [NODE | {"kwargs": kwargs}])], **ENDS)
    assert [layer.name for layer in read_layers(PATH, model)] == ["inputlayer", "dense"]


@pytest.mark.parametrize(
    ("nodes", "ends", "message"),
    [
        ([NODE | {"kwargs": {"training": True}}], {}, "'dense'.*alone, got training=True"),
        ([NODE | {"kwargs": {"mask": NODE}}], {}, "'dense'.*alone, got mask="),
        ([NODE | {"kwargs": None}], {}, "'dense'.*outputs of other layers.*Dense called otherw"),
        ([NODE | {"args": [TENSOR | {"class_name": "x"}]}], {}, "'dense'.*called otherwise"),
        ([NODE | {"args": [1, 2]}], {}, "'dense'.*called otherwise"),
        ([NODE | {"args": [[]]}], {}, "'dense'.*called otherwise"),
        ([NODE | {"args": [[TENSOR, 1]]}], {}, "'dense'.*called otherwise"),
        ([NODE, NODE], {}, "'dense': expected a layer that is used once, got a layer used 2 times"),
        ([], {}, "'dense': expected a layer that is used once, got a layer used 0 times"),
        (None, {}, "inbound_nodes: expected a list, got None"),
        ([[["inputlayer", 0, 0, {}]]], {}, "'dense'.*called otherwise"),
        ([ELSEWHERE], {}, "'dense': expected the name of a layer to take, got 'elsewhere'"),
        ([SECOND], {}, "'dense'.*called otherwise"),
        ([ITSELF], {}, "'dense': expected layers that do not take their own outputs, got a circle"),
        ([NODE], {"output_layers": ["inputlayer", 0, 0]}, "'dense'.*a way from it to the output"),
        ([NODE], {"output_layers": ["absent", 0, 0]}, "the name of a layer to take, got 'absent'"),
        ([NODE], {"output_layers": {"a": ["dense", 0, 0]}}, "output_layers: .*one output, got"),
        ([NODE], {"output_layers": [["dense", 0, 0]] * 2}, "output_layers: .*one output, got"),
        ([NODE], {"output_layers": []}, "output_layers: expected a model of one output, got"),
        ([NODE], {"input_layers": {"a": ["inputlayer", 0, 0]}}, "of inputs in a list, got {'a'"),
        ([NODE], {"input_layers": ["absent", 0, 0]}, "each InputLayer once, got 'absent'"),
        ([NODE], {"input_layers": ["dense", 0, 0]}, "each InputLayer once, got 'dense'"),
        ([NODE], {"input_layers": [["inputlayer", 0, 0]] * 2}, "once, got 'inputlayer'"),
    ],
)
def test_functional_models_that_are_refused(nodes, ends: dict, message: str):
    model = functional([START, (dense_config(), nodes)], **ENDS | ends)
    with pytest.raises(InputError, match=f"model.keras: .*{message}"):
        read_layers(PATH, model)


def test_branches():
    both = [(dense_config(name=name), [NODE]) for name in ("left", "right")]
    model = functional([START, *both], **ENDS | {"output_layers": ["left", 0, 0]})
    with pytest.raises(InputError, match="layer 'right': expected a way from it to the output"):
        read_layers(PATH, model)
    model = functional([START, both[0], both[0]], **ENDS)
    with pytest.raises(InputError, match="layer 'left': expected a name of its own, got one that"):
        read_layers(PATH, model)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (b"not JSON", "config.json: line 1: expected JSON"),
        (b"\xff\xfe", "config.json: expected JSON text, got binary data"),
        (b"[" * 10**5 + b"]" * 10**5, "config.json: expected JSON, got absurd"),
        (b'{"a":' * 200 + b"1" + b"}" * 200, "config.json: expected JSON, got absurd"),
        (b"9" * 10**4, "config.json: expected JSON, got absurd"),
        (b" " * 2**20 + b"{}", "config.json: expected at most 1048576 bytes, got 1048578"),
        ([], r"config.json: expected a JSON object, got \[\]"),
        (sequential() | {"class_name": "Mine"}, "a Sequential or functional .*, got 'keras.Mine'"),
        (sequential() | {"module": "mine"}, "or functional model .*, got 'mine.Sequential'"),
        (sequential() | {"config": None}, "config.json: config: expected a JSON object, got None"),
        (
            sequential() | {"config": {"layers": [dense_config()]}},
            r"input: expected a fixed size \(begin the model with keras.Input.*got none",
        ),
        (
            sequential() | {"config": {"layers": [[]]}},
            r"config.json: a layer: expected a JSON object, got \[\]",
        ),
        (sequential(inputs=(None, 3)), r"'inputlayer': expected a fixed size .*\[None, None, 3\]"),
        (sequential(inputs=(10**9,)), "'inputlayer': expected 1 to 2097152 values a sample"),
        (sequential(inputs=(2**11, 2**11)), "'inputlayer': expected 1 to 2097152 values a sample"),
        (sequential(dense_config(2048), inputs=(65536,)), "'dense': expected at most 67108864 wei"),
        (sequential(*[dense_config()] * MAX_LAYERS), "layers: expected at most 256 layers, got 25"),
    ],
)
def test_configurations_that_are_refused(tmp_path: Path, config, message: str):
    path = write_keras(tmp_path / "bad.keras", config=config)
    with pytest.raises(InputError, match=f"bad.keras: .*{message}"):
        load_network(path)
