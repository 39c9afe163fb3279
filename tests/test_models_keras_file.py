"""What is read of a ``.keras`` file before Keras opens it. None of it needs TensorFlow."""

import subprocess
import sys
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest

from models import InputError, load_network
from models.keras_file.archive import unpack
from models.keras_file.chain import make_steps
from models.keras_file.config import read_layers
from models.keras_file.weights import count_weights
from models.limits import MAX_KERAS_BYTES, MAX_KERAS_MEMBERS, MAX_LAYERS
from tests.keras_files import (
    dense_config,
    functional,
    layer,
    sequential,
    weights_file,
    write_keras,
)

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
    ],
)
def test_activation_layers_that_equal_ours(kind: str, settings: dict, name: str):
    assert activation_layer(kind, **settings) == name
    assert steps(dense_config(activation=layer(kind, **settings)))[0].activation == name


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        ("ReLU", RELU | {"max_value": 10.0}, "max_value=None, got max_value=10.0: train it with"),
        ("ReLU", RELU | {"max_value": 1e9}, "max_value=None, got max_value=1000000000.0"),
        ("ReLU", RELU | {"threshold": 1e-9}, "threshold=0.0, got threshold=1e-09"),
        ("ReLU", RELU | {"negative_slope": 0.1}, "negative_slope=0.0, got negative_slope=0.1"),
        ("ReLU", {"max_value": None}, "a setting 'negative_slope', as Keras 3 saves it, got none"),
        ("LeakyReLU", {"negative_slope": 0.3}, "negative_slope=0.2, got negative_slope=0.3"),
        ("LeakyReLU", {"negative_slope": 10**400}, "negative_slope=0.2, got negative_slope=1000"),
        ("ELU", {"alpha": 0.5}, "alpha=1.0, got alpha=0.5"),
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
        (dense_config(activation="relu6"), "an activation of elu, exponential, .*, got relu6"),
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
        (layer("Dense") | {"module": "mine"}, "Flatten, Dense, Activation, .*, got mine.Dense"),
        (layer("Dense") | {"registered_name": "my>Dense"}, "got keras.layers.Dense"),
        (layer("PReLU"), "Flatten, Dense, Activation, .*, got PReLU"),
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
        make_steps(read_layers(PATH, config))


def test_softmax_at_the_end_alone():
    softmax = layer("Softmax", axis=-1)
    for end in ([dense_config(activation="softmax")], [dense_config(), softmax]):
        for after in ([], [layer("Dropout")]):
            (step,) = steps(*end, *after)
            assert step.softmax
            assert step.activation == "linear"
        with pytest.raises(InputError, match="softmax at the end alone"):
            steps(*end, dense_config(name="next"))
    with pytest.raises(InputError, match="softmax at the end alone"):
        steps(dense_config(), softmax, softmax)


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
    linear = layer("Activation", activation="linear")
    (step,) = steps(linear, dense_config(activation="tanh"), linear)
    assert step.activation == "tanh"


TENSOR = {"class_name": "__keras_tensor__", "config": {"keras_history": ["inputlayer", 0, 0]}}
NODE = {"args": [TENSOR], "kwargs": {}}
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
        ([NODE | {"kwargs": None}], {}, "'dense'.*called with the one before, got"),
        ([NODE | {"args": [TENSOR | {"class_name": "x"}]}], {}, "'dense'.*called with the one"),
        ([NODE | {"args": [1, 2]}], {}, "'dense'.*each called with the one before"),
        ([NODE, NODE], {}, "'dense': expected a chain of layers, got a layer used 2 times"),
        ([], {}, "'dense': expected a chain of layers, got a layer used 0 times"),
        (None, {}, "inbound_nodes: expected a list, got None"),
        ([[["inputlayer", 0, 0, {}]]], {}, "'dense'.*each called with the one before"),
        ([NODE], {"output_layers": ["inputlayer", 0, 0]}, "'dense'.*ends in the output"),
        ([NODE], {"output_layers": {"a": ["dense", 0, 0]}}, "one input and one output, got"),
        ([NODE], {"input_layers": [["dense", 0, 0], ["b", 0, 0]]}, "one input and one output"),
        ([NODE], {"input_layers": ["absent", 0, 0]}, "the name of a layer, got 'absent'"),
        ([NODE], {"input_layers": ["dense", 0, 0]}, "'dense'.*that ends in the output, got a br"),
    ],
)
def test_functional_models_that_are_no_chain(nodes, ends: dict, message: str):
    model = functional([START, (dense_config(), nodes)], **ENDS | ends)
    with pytest.raises(InputError, match=f"model.keras: .*{message}"):
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
        (sequential(inputs=(10**9,)), "'inputlayer': expected 1 to 65536 values a sample"),
        (sequential(inputs=(2**9, 2**9)), "'inputlayer': expected 1 to 65536 values a sample"),
        (sequential(dense_config(512), inputs=(65536,)), "'dense': expected at most 16777216 wei"),
        (sequential(dense_config(), inputs=(2, 2)), r"'dense': expected a Flatten .*\(2, 2\)"),
        (sequential(*[dense_config()] * MAX_LAYERS), "layers: expected at most 256 layers, got 25"),
        (sequential(layer("Dropout")), "expected at least one Dense layer, got none"),
    ],
)
def test_configurations_that_are_refused(tmp_path: Path, config, message: str):
    path = write_keras(tmp_path / "bad.keras", config=config)
    with pytest.raises(InputError, match=f"bad.keras: .*{message}"):
        load_network(path)


def test_saved_by_keras_2(tmp_path: Path):
    path = write_keras(tmp_path / "old.keras", metadata=b'{"keras_version": "2.15.0"}')
    expected = "old.keras: expected a model saved by Keras 3, got one saved by Keras 2.15.0: read"
    with pytest.raises(InputError, match=expected):
        load_network(path)


def test_not_a_keras_file(tmp_path: Path):
    good = write_keras(tmp_path / "good.keras").read_bytes()
    for content in (b"", b"not a zip", good[:-30], good[60:]):
        (tmp_path / "bad.keras").write_bytes(content)
        with pytest.raises(InputError, match="bad.keras: expected a Keras model, .* a damaged"):
            load_network(tmp_path / "bad.keras")
    with zipfile.ZipFile(tmp_path / "bad.keras", "w") as archive:
        archive.writestr("config.json", "{}")
    with pytest.raises(InputError, match="a zip with model.weights.h5, got one without it"):
        load_network(tmp_path / "bad.keras")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        write_keras(tmp_path / "bad.keras", others=[("config.json", b"{}")])
    with pytest.raises(InputError, match="each file once, got 'config.json' twice"):
        load_network(tmp_path / "bad.keras")


# Bombs: small files that unpack to gigabytes. They are refused by what they declare, so the tests
# unpack nothing; the last test measures the memory of a process that is given one.


@pytest.mark.parametrize("name", ["metadata.json", "config.json", "model.weights.h5", "assets/a"])
def test_members_that_unpack_to_much_more(tmp_path: Path, name: str):
    parts = {"metadata": b"{}", "config": None, "weights": b"", "others": []}
    zeros = bytes(2**26)
    parts |= {
        "metadata.json": {"metadata": zeros},
        "config.json": {"config": zeros},
        "model.weights.h5": {"weights": zeros},
        "assets/a": {"others": [("assets/a", zeros)]},
    }[name]
    path = write_keras(tmp_path / "bomb.keras", **parts, compression=zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 2**17
    with pytest.raises(InputError, match=f"'{name}': expected at most 64 bytes for each byte p"):
        unpack(path)


def declare(path: Path, name: str, size: int) -> None:
    """Make the zip's directory say that the file `name` unpacks to `size` bytes."""
    data = bytearray(path.read_bytes())
    entry = -1
    while (entry := data.find(b"PK\x01\x02", entry + 1)) >= 0:
        if data[entry + 46 : entry + 46 + len(name)] == name.encode():
            data[entry + 24 : entry + 28] = size.to_bytes(4, "little")
            path.write_bytes(data)
            return
    raise AssertionError(f"expected an entry for {name}")


@pytest.mark.parametrize("name", ["config.json", "model.weights.h5"])
def test_members_that_lie_about_their_size(tmp_path: Path, name: str):
    key = {"config.json": "config", "model.weights.h5": "weights"}[name]
    path = write_keras(
        tmp_path / "bomb.keras", **{key: bytes(2**26)}, compression=zipfile.ZIP_DEFLATED
    )
    declare(path, name, 1000)
    with pytest.raises(InputError, match="bomb.keras: .*expected"):
        unpack(path)
    path = write_keras(tmp_path / "more.keras")
    declare(path, name, 2**20)
    with pytest.raises(InputError, match="more.keras: .*expected 1048576 bytes, got more or fewer"):
        unpack(path)


def test_too_large_together(tmp_path: Path):
    count = 60
    path = write_keras(tmp_path / "big.keras", others=[(f"a{i}", b"") for i in range(count)])
    data = bytearray(path.read_bytes())
    size = MAX_KERAS_BYTES // count + 1
    entry = -1
    while (entry := data.find(b"PK\x01\x02", entry + 1)) >= 0:
        for at in (20, 24):  # packed, unpacked
            data[entry + at : entry + at + 4] = size.to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(InputError, match="expected at most 536870912 bytes unpacked, got"):
        unpack(path)


def test_too_large_on_the_disk(tmp_path: Path):
    with (tmp_path / "big.keras").open("wb") as stream:
        stream.truncate(MAX_KERAS_BYTES + 1)  # takes no room
    with pytest.raises(InputError, match="big.keras: expected at most 536870912 bytes, got 536870"):
        unpack(tmp_path / "big.keras")


def test_too_many_members(tmp_path: Path):
    names = [f"assets/{i}" for i in range(MAX_KERAS_MEMBERS)]
    path = write_keras(tmp_path / "many.keras", others=[(name, b"") for name in names])
    with pytest.raises(InputError, match="many.keras: expected at most 64 files in it, got more"):
        unpack(path)
    unpack(write_keras(tmp_path / "few.keras", others=[(name, b"") for name in names[3:]]))


@pytest.mark.parametrize("way", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packing_that_cannot_be_bounded(tmp_path: Path, way: int):
    path = write_keras(tmp_path / "model.keras", compression=way)
    with pytest.raises(InputError, match="expected a stored or deflated file, got another way"):
        unpack(path)


def test_deflated_files_are_read(tmp_path: Path):
    path = write_keras(
        tmp_path / "model.keras", weights=b"abc" * 1000, compression=zipfile.ZIP_DEFLATED
    )
    archive = unpack(path)
    assert archive.weights == b"abc" * 1000
    assert archive.config == sequential(dense_config())


# The arrays: HDF5 files that declare more than they hold.


def test_weights_are_counted():
    pytest.importorskip("h5py")
    assert count_weights(PATH, weights_file()) == 4 * 3 + 3

    def packed(file, group):
        rng = np.random.default_rng(0)
        group.create_dataset("0", data=rng.normal(size=(200, 300)), compression="gzip")

    assert count_weights(PATH, weights_file(packed)) == 200 * 300


def _fill(file, group):
    group.create_dataset("0", (2**24,), "f4", fillvalue=1.0)


def _pack(file, group):
    group.create_dataset("0", data=np.zeros((2**20,), "f4"), chunks=(2**16,), compression="gzip")


def _chunk(file, group):
    chunk = {"maxshape": (None,), "chunks": (2**24,), "compression": "gzip"}
    group.create_dataset("0", data=np.ones(12, "f4"), **chunk)


def _external(file, group):
    group.create_dataset("0", (4, 3), "f4", external=[("/etc/hostname", 0, 48)])


def _virtual(file, group):
    import h5py

    group.create_virtual_dataset("0", h5py.VirtualLayout((10**9,), "f4"))


def _soft_link(file, group):
    import h5py

    group["0"] = h5py.SoftLink("/elsewhere")


def _external_link(file, group):
    import h5py

    group["0"] = h5py.ExternalLink("other.h5", "/elsewhere")


def _texts(file, group):
    group.create_dataset("0", data=["a", "b"])


def _records(file, group):
    group.create_dataset("0", (4, 3), np.dtype([("a", "f4", (1000, 1000))]))


def _groups(file, group):
    for number in range(5000):
        group.create_group(f"g{number}")


@pytest.mark.parametrize(
    ("fill", "message"),
    [
        (_fill, "'layers/dense/vars/0': expected at most 64 .*, got 67108864 .* of which 0"),
        (_pack, "'layers/dense/vars/0': expected at most 64 bytes for each byte stored"),
        (_chunk, "'layers/dense/vars/0': expected at most 64 .*, got 67108864 bytes"),
        (_external, "an array in this file, got one in another file"),
        (_virtual, "an array in this file, got one in another file"),
        (_soft_link, "a group or an array, got a link"),
        (_external_link, "a group or an array, got a link"),
        (_texts, "expected numbers, got 'object'"),
        (_records, "expected numbers, got"),
        (_groups, "expected at most 4096 groups and arrays, got more"),
        (lambda file, group: None, "expected 12 weights or more, got 0"),
    ],
)
def test_weights_that_are_refused(tmp_path: Path, fill, message: str):
    pytest.importorskip("h5py")
    path = write_keras(tmp_path / "bad.keras", weights=weights_file(fill))
    with pytest.raises(InputError, match=f"bad.keras: model.weights.h5: .*{message}"):
        load_network(path)


def test_damaged_weights(tmp_path: Path):
    pytest.importorskip("h5py")
    for weights in (b"", b"not HDF5", weights_file()[:600]):
        path = write_keras(tmp_path / "bad.keras", weights=weights)
        with pytest.raises(InputError, match="weights of a Keras model, got damaged data"):
            load_network(path)


_LIMITED = """
import resource, sys
from models import InputError, load_network
used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    load_network(sys.argv[1])
except InputError as error:
    print(error)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - used) // 1024)
print("tensorflow" in sys.modules)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in KiB on Linux alone")
def test_a_bomb_takes_no_memory(tmp_path: Path):
    path = tmp_path / "bomb.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", "{}")
        with archive.open("model.weights.h5", "w") as stream:
            for _ in range(600):
                stream.write(bytes(2**20))
    command = [sys.executable, "-c", _LIMITED, str(path)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    message, megabytes, tensorflow = result.stdout.splitlines()
    assert "got 629145600 bytes packed into" in message
    assert int(megabytes) < 100
    assert tensorflow == "False"
