"""What some types of layer offer in integers; `test_layer_contracts` has what all types do."""

from dataclasses import replace

import numpy as np
import pytest

from build_decoder.models import Input, Node, layers
from build_decoder.models.golden import GoldenData
from build_decoder.models.nerve_cuff.cuff import NerveCuff
from build_decoder.models.nerve_cuff.escape_fcn import EscapeFcn
from build_decoder.models.nerve_cuff.escape_net import EscapeNet
from build_decoder.models.nerve_cuff.escape_rnn import EscapeRnn
from build_decoder.models.network import Network
from build_decoder.models.rewrites import rewrite
from build_decoder.models.task import Kind as TaskKind
from build_decoder.models.task import Task
from build_decoder.quant import layers as integer_layers
from build_decoder.quant.evaluator import Evaluator
from build_decoder.quant.formats import NodeKey, integer_model
from build_decoder.quant.layer import EVERY_OUTPUT, Kind, Parts
from build_decoder.quant.operations.raw_array import RawArray
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.range_analysis import analyse_ranges, observed_values
from tests import random_layers
from tests.layer_cases import float_case, has_weights, parts_of

WITH_WEIGHTS = [kind for kind in random_layers.TYPES if has_weights(kind)]
RECURRENT = ("gru", "lstm")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (
            "lstm",
            {"input": 15, "weight": 24, "recurrent": 16, "accumulator": 40, "bias": 8, "sum": 40,
             "gate": 30, "candidate": 10, "cell": 10, "squashed": 10, "output": 10},
        ),
        (
            "gru",
            {"input": 15, "weight": 18, "recurrent": 12, "accumulator": 20, "bias": 12,
             "reset": 10, "sum": 30, "gate": 20, "candidate": 10, "output": 10},
        ),
        (
            "attention",
            {"input": 15, "weight": 3, "accumulator": 5, "bias": 5, "sum": 5, "power": 5,
             "output": 3},
        ),
    ],
)  # fmt: skip
def test_words_of_a_frame(kind, words):
    """Of 5 steps of 3 channels, and 2 units."""
    fields = {"units": 2, "sequences": False} if kind in RECURRENT else {}
    layer = layers.get(kind).layer(**fields)
    raw = {name: np.ones(s, np.int64) for name, s in layer.weight_shapes([(5, 3)]).items()}
    formats = {role: QFormat(4, 2) for role in words if role != "input"}
    quantiser = integer_layers.get(kind)
    parts = Parts(
        layer, [(5, 3)], (QFormat(3, 2),), formats,
        lambda name: RawArray(formats[quantiser.arrays[name]], raw[name]),
    )  # fmt: skip
    assert {s.role: s.words for s in quantiser.integer(parts).signals} == words


@pytest.mark.parametrize("kind", WITH_WEIGHTS)
def test_digests_tell_weights_apart(kind):
    quantiser = integer_layers.get(kind)
    case = random_layers.layer(kind, 3)
    roles = quantiser.arrays
    digest = quantiser.integer(parts_of(case)).digest()
    assert quantiser.integer(parts_of(case)).digest() == digest
    for name, raw in case.nodes[0].weights.items():
        other = raw.copy()
        other.flat[-1] = 0 if other.flat[-1] else case.nodes[0].formats[roles[name]].max_raw
        weights = {name: other}
        assert quantiser.integer(parts_of(case, weights=weights)).digest() != digest, name


@pytest.mark.parametrize(
    ("kind", "fields"),
    [("lstm", "sequences"), ("lstm", "backward"), ("gru", "sequences"), ("gru", "backward")],
)
def test_digests_tell_order_and_sequences_apart(kind, fields):
    case = random_layers.layer(kind, 3)
    quantiser = integer_layers.get(kind)
    first, second = (
        quantiser.integer(parts_of(case, fields={fields: flag})).digest() for flag in (False, True)
    )
    assert first != second


@pytest.mark.parametrize("kind", ["conv2d", "max_pool"])
def test_digests_tell_windows_apart(kind):
    """Of one row or one column, over an image of one value."""
    name, fields = {
        "conv2d": ("kernel", {"filters": 1, "activation": "relu"}),
        "max_pool": ("size", {}),
    }[kind]
    quantiser = integer_layers.get(kind)
    formats = {role.name: QFormat(4, 4) for role in quantiser.roles(None)}
    digests = set()
    for window in ((1, 3), (3, 1)):
        layer = layers.get(kind).layer(**{**fields, name: window})
        shapes = layer.weight_shapes([(1, 1, 1)])
        parts = Parts(
            layer, [(1, 1, 1)], (QFormat(4, 4),), formats,
            lambda name, shapes=shapes: RawArray(QFormat(4, 4), np.ones(shapes[name], np.int64)),
        )  # fmt: skip
        digests.add(quantiser.integer(parts).digest())
    assert len(digests) == 2


@pytest.mark.parametrize("backward", [False, True])
def test_observed_states_follow_from_observed_gates(backward):
    layer, inputs, weights = float_case("lstm", 5, backward=backward, sequences=True)
    held = integer_layers.get("lstm").observed(layer, inputs, weights)
    units = layer.units
    i, f, o = (held["gate"][..., n * units : (n + 1) * units] for n in range(3))
    kept = np.concatenate([0 * held["cell"][:, :1], held["cell"][:, :-1]], axis=1)
    np.testing.assert_allclose(held["cell"], f * kept + i * held["candidate"])
    np.testing.assert_allclose(held[EVERY_OUTPUT], o * held["squashed"])

    layer, inputs, weights = float_case("gru", 5, backward=backward, sequences=True)
    held = integer_layers.get("gru").observed(layer, inputs, weights)
    z = held["gate"][..., : layer.units]
    h = np.concatenate([0 * held[EVERY_OUTPUT][:, :1], held[EVERY_OUTPUT][:, :-1]], axis=1)
    np.testing.assert_allclose(held[EVERY_OUTPUT], z * h + (1 - z) * held["candidate"])
    np.testing.assert_allclose(held["sum"][..., : 2 * layer.units], logit(held["gate"]))
    np.testing.assert_allclose(
        held["sum"][..., 2 * layer.units :], np.arctanh(held["candidate"])
    )


def logit(share: np.ndarray) -> np.ndarray:
    return np.log(share / (1 - share))


@pytest.mark.parametrize("kind", RECURRENT)
def test_ranges_hold_states_of_all_steps(kind):
    """Not only of the step that a layer gives: other steps' values come back into sums."""
    layer, (x,), weights = float_case(kind, 7, sequences=False, backward=False)
    # The last steps forget what the first ones did.
    x = np.concatenate([x, 0 * x, 0 * x], axis=1)
    weights = {**weights, "recurrent": 0 * weights["recurrent"], "bias": 0 * weights["bias"]}
    network = Network.chain("net", x.shape[1:], [("cell", layer, weights)])
    (output,) = (
        array
        for key, array in observed_values(network, x.reshape(len(x), -1)).items()
        if key.role == "output"
    )
    given = layer.forward([x], weights)
    everything = replace(layer, sequences=True).forward([x], weights)
    assert np.abs(output).max() == np.abs(everything).max() > np.abs(given).max()


def test_too_wide_a_sum_is_told_with_its_layer_and_role():
    random = np.random.default_rng(1)
    weights = {"weights": random.normal(size=(3, 2)), "bias": random.normal(size=2)}
    dense = layers.get("dense").layer(2, "relu")
    both = layers.get("add").layer()
    nodes = (Node("first", ("x",), dense, weights), Node("both", ("first", "first"), both))
    network = Network("net", (Input("x", (3,)),), nodes)
    formats = analyse_ranges(network, random.normal(size=(20, 3)))
    says = r"^layer 'first': accumulator: expected exact sums of at most 48 bits, got \d+$"
    with pytest.raises(ValueError, match=says):
        integer_model(network, {**formats, NodeKey("x", "input"): QFormat(40, 8)})
    fine = {**formats, NodeKey("first", "output"): QFormat(40, 8)}
    says = r"^layer 'both': output: expected sums of at most 48 bits, got 49$"
    with pytest.raises(ValueError, match=says):
        integer_model(network, fine)


def test_states_are_told_from_signals():
    for kind, states in (("lstm", {"cell", "output"}), ("gru", {"output"})):
        roles = integer_layers.get(kind).roles(None)
        assert {role.name for role in roles if role.kind is Kind.STATE} == states


@pytest.mark.parametrize("kind", ["attention", "softmax"])
def test_powers_have_no_sign(kind):
    (power,) = (role for role in integer_layers.get(kind).roles(None) if role.name == "power")
    assert power.signed is False


CUFF = NerveCuff(rings=3, contacts=4, samples=12)


@pytest.mark.parametrize(
    "network",
    [
        EscapeRnn(units=3, dense=4, cell="lstm", attention=True, cuff=CUFF),
        EscapeRnn(units=3, dense=4, cell="gru", layers=2, bidirectional=True, cuff=CUFF),
        EscapeFcn(filters=3, pointwise=2, sets=2, multiplier=1, cuff=CUFF),
        EscapeNet(filters=2, dense=4, kernels=(4, 2), dropout=0.5, cuff=CUFF),
    ],
    ids=["lstm", "gru", "fcn", "net"],
)
def test_networks_of_all_types_come_near_their_floats(network):
    """In fine formats; and an evaluator's results are those of the integer model."""
    architecture = network.architecture("net")
    random = np.random.default_rng(3)
    weights = {
        node.name: {
            name: random.normal(0, 1 / np.sqrt(np.prod(shape[:-1])), shape)
            for name, shape in architecture.weight_shapes(node).items()
        }
        for node in architecture.nodes
    }
    rewritten = rewrite(Network.of(architecture, weights), probabilities=True).network
    (given, *_) = rewritten.given_inputs
    x = random.uniform(-1, 1, (12, len(rewritten.given_inputs) * int(np.prod(given.shape))))
    y = rewritten.forward(x)
    golden = GoldenData(
        x, y, None, np.zeros(12, dtype=bool), Task((TaskKind.CLASSES,), source="test")
    )
    evaluator = Evaluator(rewritten, golden)
    fine = analyse_ranges(rewritten, x, extra=16)
    np.testing.assert_allclose(evaluator.outputs(fine), y, atol=1e-5)
    formats = {
        key: QFormat(format.integer, max(10, 1 + format.integer) - format.integer, format.signed)
        for key, format in analyse_ranges(rewritten, x).items()
    }
    model = integer_model(rewritten, formats)
    np.testing.assert_array_equal(evaluator.outputs(formats), model.predict(x))
    np.testing.assert_allclose(model.predict(x), y, atol=0.02)
