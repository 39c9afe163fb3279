"""A decoder's interface and its JSON."""

import json
from dataclasses import replace

import numpy as np
import pytest

from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.planning.interface import Interface
from build_decoder.models.errors import InputError
from build_decoder.models.walk import Walk
from build_decoder.quant.qformat import QFormat
from build_decoder.sim.random_networks import random_network

INTERFACE = Interface(
    name="test", input_count=10, output_count=3, input_format=QFormat(-2, 10),
    output_format=QFormat(7, -2, signed=False), fingerprint=0xFFFFFFFF, input_lanes=4,
    latency_cycles=12,
)


def test_beats_are_rounded_up():
    assert INTERFACE.input_beats == 3


@pytest.mark.parametrize(
    "interface",
    [
        INTERFACE,
        replace(INTERFACE, frame_cycles=0),
        replace(INTERFACE, input_lanes=None, latency_cycles=None),
        replace(INTERFACE, input_walk=Walk(((5, 1), (2, 5)))),
        replace(INTERFACE, input_walk=Walk(((10, -1),), 9)),
    ],
)
def test_survives_its_file(interface, tmp_path):
    interface.save(tmp_path / "interface.json")
    assert Interface.load(tmp_path / "interface.json") == interface


def test_values_come_in_the_order_of_the_walk():
    values = np.arange(20).reshape(2, 10)
    turned = replace(INTERFACE, input_walk=Walk(((5, 1), (2, 5))))
    assert turned.in_order(values)[0].tolist() == [0, 5, 1, 6, 2, 7, 3, 8, 4, 9]
    assert turned.in_order(values[1]).tolist() == [10, 15, 11, 16, 12, 17, 13, 18, 14, 19]
    assert INTERFACE.in_order(values) is values


@pytest.mark.parametrize("loops", [[[9, 1]], [[10, 0]], [[2, 1], [5, 1]]])
def test_a_walk_must_have_all_values_once(tmp_path, loops):
    path = tmp_path / "interface.json"
    content = INTERFACE.as_json() | {"input_walk": {"loops": loops}}
    path.write_text(json.dumps(content, default=str))
    with pytest.raises(InputError, match="input_walk: expected each of 10 values once, got"):
        Interface.load(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "line 1: expected JSON"),
        ("[]", "expected a JSON object, got"),
        ('{"input_lanes": 1}', "name: expected this key"),
        ('{"input_width": 1}', "name: expected this key"),
    ],
)
def test_bad_file(tmp_path, content, message):
    path = tmp_path / "interface.json"
    path.write_text(content)
    with pytest.raises(InputError, match=f"interface.json: {message}"):
        Interface.load(path)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("input_lanes", 0),
        ("input_lanes", None),
        ("input_count", -1),
        ("output_count", True),
        ("fingerprint", 1 << 32),
        ("latency_cycles", "many"),
        ("frame_cycles", 1.0),
        ("input_format", {"integer": 40, "fraction": 9, "signed": True}),
        ("output_format", {"integer": 4, "fraction": 9}),
        ("name", ""),
        ("lanes", 1),
    ],
)
def test_bad_value_in_file(tmp_path, key, value):
    path = tmp_path / "interface.json"
    path.write_text(json.dumps(INTERFACE.as_json() | {key: value}))
    with pytest.raises(InputError, match=rf"interface.json: .*{key}.*"):
        Interface.load(path)


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match=r"none.json: expected a file, got no such file"):
        Interface.load(tmp_path / "none.json")


def test_of_a_plan_and_its_component():
    network = random_network(np.random.default_rng(0))
    plan, model = network.plan, network.model
    decoder = Decoder(plan)
    to_verilog(decoder)  # Amaranth warns of components that are never elaborated
    interface = plan.interface
    assert interface == Interface.of(decoder) == Interface(
        name=model.name,
        input_count=model.input_count,
        output_count=model.output_count,
        input_format=model.input_format,
        output_format=model.output_format,
        fingerprint=model.fingerprint(),
        input_lanes=plan.foldings[0].inputs_per_cycle,
        latency_cycles=plan.latency_cycles,
        frame_cycles=plan.frame_cycles,
    )
    assert len(decoder.i.payload.as_value()) == interface.input_lanes * interface.input_width
    assert len(decoder.o.payload.as_value()) == interface.output_width
    assert interface.input_beats == decoder.input_beats
    assert interface.output_count == decoder.output_beats
    of_model = replace(interface, input_lanes=None, latency_cycles=None, frame_cycles=None)
    assert Interface.of_model(model) == of_model
