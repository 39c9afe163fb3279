"""Stream interfaces and their JSON sidecar."""

import json

import numpy as np
import pytest

from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.export import to_verilog
from build_decoder.models.errors import InputError
from build_decoder.sim.interface import StreamInterface
from build_decoder.sim.random_networks import random_network

INTERFACE = StreamInterface(
    input_lanes=4, input_width=8, input_signed=True, input_count=10,
    output_width=5, output_signed=False, output_count=3, latency_cycles=12,
)


def test_beats_are_rounded_up():
    assert INTERFACE.input_beats == 3


def test_survives_its_file(tmp_path):
    INTERFACE.save(tmp_path / "interface.json")
    assert StreamInterface.load(tmp_path / "interface.json") == INTERFACE


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "expected a stream interface as JSON"),
        ("[]", "expected an object of"),
        ('{"input_lanes": 1}', "expected an object of"),
    ],
)
def test_bad_file(tmp_path, content, message):
    path = tmp_path / "interface.json"
    path.write_text(content)
    with pytest.raises(InputError, match=f"interface.json: {message}"):
        StreamInterface.load(path)


@pytest.mark.parametrize("value", [0, -1, "many"])
def test_bad_value_in_file(tmp_path, value):
    path = tmp_path / "interface.json"
    INTERFACE.save(path)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"input_width": value}))
    with pytest.raises(InputError, match="interface.json: "):
        StreamInterface.load(path)


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match="none.json: "):
        StreamInterface.load(tmp_path / "none.json")


def test_of_a_decoder():
    network = random_network(np.random.default_rng(0))
    decoder = Decoder(network.plan)
    to_verilog(decoder)  # Amaranth warns of components that are never elaborated
    interface = StreamInterface.of(decoder)
    assert len(decoder.i.payload.as_value()) == interface.input_lanes * interface.input_width
    assert len(decoder.o.payload.as_value()) == interface.output_width
    assert interface.input_beats == decoder.input_beats
    assert interface.output_count == decoder.output_beats
    assert interface.latency_cycles == decoder.latency_cycles
    assert interface.frame_cycles == decoder.frame_cycles
