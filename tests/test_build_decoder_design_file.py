"""The hardware of a decoder as a file: made again exactly, or refused in one line."""

import json
from dataclasses import replace

import numpy as np
import pytest

from build_decoder.design_file import Design
from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.families.xc7 import FAMILY as XC7
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.models.errors import InputError
from build_decoder.sim.random_networks import random_network


@pytest.fixture(scope="module")
def network():
    """Two layers, with multipliers of several kinds."""
    return random_network(np.random.default_rng(9))


@pytest.fixture
def path(network, tmp_path):
    Design.of(network.plan, XC7).save(tmp_path / "design.json")
    return tmp_path / "design.json"


def test_the_same_verilog_is_made_again(network, path):
    read = Design.load(path)
    assert read == Design.of(network.plan, XC7)
    plan = read.plan(network.model)
    assert plan.foldings == network.plan.foldings
    assert [layer.multipliers for layer in plan.dense] == [
        layer.multipliers for layer in network.plan.dense
    ]
    made, again = (to_verilog(Decoder(plan), family=XC7) for plan in (network.plan, plan))
    assert made == again


@pytest.mark.parametrize("number", range(20))
def test_plans_survive_their_file(number, tmp_path):
    network = random_network(np.random.default_rng([3, number]))
    Design.of(network.plan, None).save(tmp_path / "design.json")
    read = Design.load(tmp_path / "design.json")
    assert read == Design.of(network.plan, None)
    assert read.plan(network.model).interface == network.plan.interface


def test_it_is_read_in_words(network):
    folded = network.plan.folded.split(", ")
    assert folded == [
        f"{f.inputs_per_cycle}x{f.outputs_per_cycle}" for f in network.plan.foldings
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"family": 7}, "family: expected a string"),
        ({"family": "xc8"}, "family: expected one of ecp5, ice40, xc7, got 'xc8'"),
        ({"layers": {}}, "layers: expected a list"),
        ({"layers": [{}]}, "layer 1: name: expected this key"),
        ({"layers": [{"name": "a", "type": "lstn"}]}, "layer 1: type: expected one of .*'lstn'"),
        ({"layers": [{"name": "a", "type": "concat", "lanes": 2}]}, "layer 1: expected only"),
        ({"layers": [{"name": "a", "type": "dense"}]}, "layer 1: folding: expected this key"),
        (
            {"layers": [{"name": "a", "type": "dense", "folding": 1, "multipliers": {}}]},
            "layer 1: folding: expected a JSON object",
        ),
        ({"format": "1"}, "format: expected a whole number from 2 to 2"),
        ({"interface": None}, "interface: expected a JSON object"),
        ({"latency": 3}, "expected only the keys"),
    ],
)
def test_a_file_that_is_none(change, message, path):
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(InputError, match=rf"^{path}: {message}"):
        Design.load(path)


def changed(design: Design, **interface) -> Design:
    return replace(design, interface=replace(design.interface, **interface))


@pytest.mark.parametrize("name", ["latency_cycles", "frame_cycles", "input_lanes", "input_count"])
def test_an_interface_that_its_layers_do_not_make(name, network):
    design = Design.of(network.plan, None)
    wrong = getattr(design.interface, name) + 1
    with pytest.raises(InputError, match=rf"^design\.json: interface: {name}: .*got {wrong}$"):
        changed(design, **{name: wrong}).plan(network.model)
    with pytest.raises(InputError, match="interface: frame_cycles: .*got None$"):
        changed(design, frame_cycles=None).plan(network.model)


def test_hardware_of_another_model(network):
    design = Design.of(network.plan, None)
    other = random_network(np.random.default_rng(10)).model
    with pytest.raises(InputError, match=rf"fingerprint: expected {other.fingerprint()}, that of"):
        design.plan(other)


def test_layers_that_cannot_be_made(network):
    design = Design.of(network.plan, None)
    first, *others = design.layers

    def chosen(**choices) -> Design:
        changed = replace(first, choices={**first.choices, **choices})
        return replace(design, layers=(changed, *others))

    for wrong in (
        replace(design, layers=design.layers[:-1]),
        replace(design, layers=(first, *design.layers)),
        replace(design, layers=(replace(first, name="other"), *others)),
        replace(design, layers=(replace(first, type="concat", choices={}), *others)),
        chosen(multipliers=Multipliers(dsp=1000)),
        chosen(folding=Folding(3, 7)),
    ):
        with pytest.raises(InputError, match=r"^design\.json: layers: expected hardware of"):
            wrong.plan(network.model)
