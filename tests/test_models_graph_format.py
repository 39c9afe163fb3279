"""``network.json`` of format 2: every network is read as it was written, and errors are told."""

import json
from pathlib import Path

import numpy as np
import pytest

from build_decoder.models import (
    Architecture,
    Input,
    InputError,
    Kind,
    Network,
    Node,
    Task,
    load_network,
    save_network,
)
from build_decoder.models.layers.concat import Concat
from build_decoder.models.layers.flatten import Flatten
from build_decoder.models.layers.gru import Gru
from build_decoder.models.walk import Walk
from tests.architectures import branched, chain, random_inputs, random_network
from tests.layers import all_examples


def assert_same(one: Network, other: Network) -> None:
    assert (one.name, one.inputs, one.task) == (other.name, other.inputs, other.task)
    for a, b in zip(one.nodes, other.nodes, strict=True):
        assert (a.name, a.inputs, a.layer) == (b.name, b.inputs, b.layer)
        assert list(a.weights) == list(b.weights)
        for key, array in a.weights.items():
            np.testing.assert_array_equal(array, b.weights[key])
            assert b.weights[key].dtype == np.float64


def assert_round_trip(network: Network, folder: Path) -> None:
    save_network(network, folder)
    again = load_network(folder)
    assert_same(network, again)
    x = random_inputs(network)
    np.testing.assert_array_equal(again.forward(x), network.forward(x))


def random_graph(seed: int) -> Network:
    """Layers of random types in branches that are joined in the end, with random weights."""
    random = np.random.default_rng(seed)
    examples = all_examples()
    inputs, nodes = [], []
    for index in random.permutation(len(examples))[: random.integers(2, 6)]:
        _, layer, shapes = examples[index]
        taken = []
        for shape in shapes:
            fitting = [item for item in inputs if item.shape == shape]
            if not fitting or random.random() < 0.5:
                inputs.append(Input(f"x{len(inputs)}", shape, random.choice(["value", "sample"])))
                fitting = inputs[-1:]
            taken.append(fitting[-1].name)
        nodes.append(Node(f"layer{len(nodes)}", tuple(taken), layer))
        nodes.append(Node(f"flat{len(nodes)}", (nodes[-1].name,), Flatten()))
    ends = tuple(node.name for node in nodes[1::2])
    nodes.append(Node("y", ends, Concat()))
    return random_network(Architecture(f"graph.{seed}", tuple(inputs), tuple(nodes)), seed)


@pytest.mark.parametrize("seed", range(12))
def test_random_graphs_round_trip(seed: int, tmp_path: Path):
    assert_round_trip(random_graph(seed), tmp_path)


def test_branches_round_trip(tmp_path: Path):
    assert_round_trip(random_network(branched()), tmp_path)


def test_values_that_float32_does_not_hold_are_kept(tmp_path: Path):
    network = random_network(branched())
    precise = {
        node: {key: array + 1e-12 for key, array in arrays.items()}
        for node, arrays in network.weights.items()
    }
    assert_round_trip(Network.of(branched(), precise), tmp_path)


def test_a_task_is_kept(tmp_path: Path):
    network = random_network(branched())
    task = Task((Kind.LABELS,), (0.25, 0.5, 0.75), "network.json")
    network = Network(network.name, network.inputs, network.nodes, task)
    assert_round_trip(network, tmp_path)


def repeated(walk: Walk, grain: str = "sample") -> Network:
    inputs = (Input("x", (2, 3), grain), Input("again", (6,), of="x", walk=walk))
    nodes = (Node("flat", ("x",), Flatten()), Node("y", ("flat", "again"), Concat()))
    return random_network(Architecture("repeated", inputs, nodes))


@pytest.mark.parametrize("grain", ["value", "sample"])
@pytest.mark.parametrize("walk", [Walk(((3, 1), (2, 3))), Walk(((6, -1),), start=5)], ids=str)
def test_an_input_in_another_order_round_trips(walk: Walk, grain: str, tmp_path: Path):
    assert_round_trip(repeated(walk, grain), tmp_path)
    again = json.loads((tmp_path / "network.json").read_text())["inputs"][1]
    wanted = {"loops": [list(loop) for loop in walk.loops]}
    if walk.start:
        wanted["start"] = walk.start
    assert again == {"name": "again", "shape": [6], "of": "x", "walk": wanted}


@pytest.mark.parametrize(("shape", "usual"), [((4,), "value"), ((6, 4), "sample")])
def test_the_grain_is_read_where_it_is_said_and_else_follows_from_the_axes(
    shape, usual: str, tmp_path: Path
):
    for grain in ("value", "sample"):
        flat = Node("y", ("x",), Flatten())
        save_network(Network("n", (Input("x", shape, grain),), (flat,)), tmp_path)
        described = json.loads((tmp_path / "network.json").read_text())["inputs"][0]
        assert described.get("grain") == (None if grain == usual else grain)
        assert load_network(tmp_path).inputs[0].grain == grain


def test_backward_is_written_where_it_is_true_alone(tmp_path: Path):
    for backward in (False, True):
        save_network(random_network(chain("g", (4, 2), Gru(3, True, backward))), tmp_path)
        described = json.loads((tmp_path / "network.json").read_text())["layers"][0]
        assert described.get("backward") == (True if backward else None)
        assert load_network(tmp_path).nodes[0].layer.backward is backward


def edited(folder: Path, edit, network: Network | None = None) -> Path:
    save_network(random_network(branched()) if network is None else network, folder)
    path = folder / "network.json"
    description = json.loads(path.read_text())
    edit(description)
    path.write_text(json.dumps(description))
    return folder


def change(number: int, **fields):
    """Changes fields of a layer of the description, counted from 1."""
    return lambda description: description["layers"][number - 1].update(fields)


def change_input(number: int, **fields):
    return lambda description: description["inputs"][number - 1].update(fields)


def without(number: int, key: str):
    return lambda description: description["layers"][number - 1].pop(key)


def refused(folder: Path) -> str:
    with pytest.raises(InputError) as caught:
        load_network(folder)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert len(message) < len(str(folder)) + 300
    return message


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda d: d.pop("inputs"), "inputs: expected this key, got an object without it"),
        (lambda d: d.update(extra=1), "expected only the keys format, .*, got 'extra'"),
        (lambda d: d.update(name="../x"), "name: expected 1 to 64 letters"),
        (lambda d: d.update(layers=[]), "layers: expected 1 to 256 layers, got 0"),
        (lambda d: d.update(layers=d["layers"] * 40), "layers: expected 1 to 256 layers, got 480"),
        (lambda d: d.update(inputs=[5]), "input 1: expected a JSON object, got 5"),
        (lambda d: d.update(threshold=0.5), "threshold: expected a task beside it, got none"),
        (lambda d: d.update(task="binary"), "task: expected one output for binary, got 3 outputs"),
        # inputs
        (change_input(1, shape=[]), "input 1: shape: expected 1 to 4 sizes, got 0"),
        (change_input(1, shape=[1] * 5), "input 1: shape: expected 1 to 4 sizes, got 5"),
        (change_input(1, shape=35), "input 1: shape: expected a list, got 35"),
        (change_input(1, shape=[True]), "input 1: shape: .* got True"),
        (change_input(1, shape=[2**20] * 3), "input 'image': expected at most 16777216 values"),
        (change_input(1, shape=[2**40]), "input 1: shape: expected a whole number from 1 to 16777"),
        (change_input(1, grain="word"), "input 1: grain: expected one of value, sample, got 'word"),
        (change_input(1, colour=1), "input 1: expected only the keys .*, got 'colour'"),
        (change_input(1, of="series"), "input 1: walk: expected this key"),
        (change_input(1, walk={"loops": [[70, 1]]}), "input 1: of: expected this key"),
        (lambda d: d["inputs"].append({"name": "u", "shape": [2]}), "input 'u': expected a layer"),
        # a walk
        (
            change_input(2, of="image", walk={"loops": [[23, 1]]}),
            "input 'series': expected a walk of 24 steps, got 23 steps",
        ),
        (
            change_input(2, of="lstm", walk={"loops": [[24, 1]]}),
            "input 'series': of: expected the name of an input before it that is given itself",
        ),
        (
            change_input(2, of="image", walk={"loops": [[24, 1]]}, grain="value"),
            "input 2: expected only the keys name, shape, of, walk, got 'grain'",
        ),
        (change_input(2, of="image", walk=[[24, 1]]), "input 2: walk: expected a JSON object"),
        (change_input(2, of="image", walk={"loops": []}), "walk: loops: expected 1 to 8 loops"),
        (
            change_input(2, of="image", walk={"loops": [[24, 1, 1]]}),
            "walk: loops: expected pairs of a count and a stride",
        ),
        (
            change_input(2, of="image", walk={"loops": [[2**24] * 2] * 8}),
            "input 'series': expected a walk of 24 steps",
        ),
        (
            change_input(2, of="image", walk={"loops": [[24, 2**30]]}),
            "walk: loops: expected a whole number from -16777216 to 16777216, got 1073741824",
        ),
        (
            change_input(2, of="image", walk={"loops": [[24, 1]], "start": 0.5}),
            "walk: start: expected a whole number .* got 0.5",
        ),
        # layers
        (change(1, type="conv3d"), "layer 1: type: .*conv2d.*got 'conv3d'"),
        (without(1, "type"), "layer 1: type: expected this key"),
        (without(1, "kernel"), "layer 1: kernel: expected this key, got an object without it"),
        (change(1, strides=2), "layer 1: expected only the keys name, .* bias, got 'strides'"),
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
        (change(5, backward="yes"), "layer 5: backward: expected true or false, got 'yes'"),
        (change(5, sequences=False), r"'both': .*\(steps, channels\)"),
        (change(6, layer=3), "layer 6: layer: expected a JSON object, got 3"),
        (
            lambda d: d["layers"][5]["layer"].update(type="dense"),
            "layer 6: layer: type: expected one of gru, lstm, got 'dense'",
        ),
        (
            lambda d: d["layers"][5]["layer"].update(backward=True),
            "layer 6: layer: expected only the keys type, units, sequences, got 'backward'",
        ),
        (change(9, inputs=["flat"]), "'join': expected at least two inputs"),
        (change(9, inputs=["flat", "pool"]), "'join': .*last axis only"),
        (change(10, rate=1.0), "layer 10: rate: .*between 0 and 1, got 1.0"),
        (change(11, units=0), "layer 11: units: .*from 1 to 65536, got 0"),
        (change(1, filters=2**16, kernel=[2**16] * 2), "layer 'conv': expected at most 67108864 w"),
        # arrays
        (without(1, "weights"), "layer 1: weights: expected this key"),
        (change(12, bias="weights.npz:dense.bias"), "layer 12: expected only.*got 'bias'"),
        (change(1, bias=7), "layer 1: bias: expected a string of 1 to 255 characters, got 7"),
        (change(1, bias="../b.npy"), "layer 1: bias: expected a file inside the network's folder"),
        (change(1, bias="/etc/hostname"), "layer 1: bias: expected a file inside the network's"),
    ],
)
def test_a_malformed_description_is_told(tmp_path: Path, edit, message: str):
    folder = edited(tmp_path, edit)
    with pytest.raises(InputError, match=f"network.json: .*{message}"):
        load_network(folder)
    refused(folder)


@pytest.mark.parametrize(
    ("edit", "parts"),
    [
        (change(1, bias="b.npy"), ("b.npy: layer 1: bias: expected a file, got no such file",)),
        (change(1, bias="weights.npz"), ("layer 1: bias: expected an array in FILE.csv",)),
        (change(1, bias="weights.npz:no"), ("layer 1: bias: expected an array called 'no'",)),
        (
            change(1, bias="weights.npz:dense.weights"),
            ("layer 1: bias: expected shape (3) for (axis 1), got shape (47, 3)",),
        ),
        (
            change(1, weights="weights.npz:conv.bias"),
            ("layer 1: weights: expected shape (4, 3, 2, 3)", "got shape (3,)"),
        ),
    ],
)
def test_a_wrong_reference_is_told(tmp_path: Path, edit, parts: tuple[str, ...]):
    message = refused(edited(tmp_path, edit))
    for part in parts:
        assert part in message


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.full(3, np.nan), "layer 11: bias: expected finite numbers"),
        (np.array([0, 1e31, 0]), "layer 11: bias: expected finite numbers of at most 1e+30"),
        (np.zeros(4), "layer 11: bias: expected shape (3) for (axis 1), got shape (4,)"),
        (np.zeros((3, 3)), "layer 11: bias: expected shape (3) for (axis 1), got shape (3, 3)"),
        (np.array(["a"] * 3), "layer 11: bias: expected real numbers"),
        (np.array([1, 2, 3j]), "layer 11: bias: expected real numbers"),
        (np.array([None] * 3), "layer 11: bias: expected numbers, got pickled Python objects"),
    ],
)
def test_a_malformed_array_is_told(tmp_path: Path, array: np.ndarray, message: str):
    folder = edited(tmp_path, change(11, bias="bias.npy"))
    np.save(folder / "bias.npy", array, allow_pickle=True)
    assert f"bias.npy: {message}" in refused(folder)


def test_a_damaged_or_missing_file_is_told(tmp_path: Path):
    folder = edited(tmp_path, lambda description: None)
    (folder / "weights.npz").write_text("not a zip")
    assert "weights.npz: expected an .npz file" in refused(folder)
    (folder / "weights.npz").unlink()
    assert "weights.npz: layer 1: weights: expected a file, got no such file" in refused(folder)
    (folder / "network.json").write_text("{")
    assert "network.json: line 1: expected JSON" in refused(folder)


def test_more_weights_in_all_than_fit_are_refused_before_any_is_read(tmp_path: Path):
    """Each layer has as many as one may have: their files are not even there."""
    width = 2**13
    layer = {"type": "dense", "units": width, "activation": "relu", "weights": "w.npy",
             "bias": "b.npy"}  # fmt: skip
    names = ["x", "a", "b"]
    description = {
        "format": 2,
        "name": "large",
        "inputs": [{"name": "x", "shape": [width]}],
        "layers": [
            {"name": name, "inputs": [before], **layer}
            for before, name in zip(names, names[1:], strict=False)
        ],
    }
    (tmp_path / "network.json").write_text(json.dumps(description))
    message = refused(tmp_path)
    assert "layers: expected at most 67108864 weights in all, got 134234112" in message
