"""The hardware handoff in each parser of pynq, and an overlay that is loaded with pynq itself."""

import json

import pytest
from bus_model import BusModel
from pynq_packages import METADATA_0_1_9, METADATA_0_2_0, PYNQ_4_0_0, run_with

from build_decoder.boards.pynq.hwh import hardware_handoff
from build_decoder.boards.pynq.modules import board_modules
from build_decoder.boards.zynq.fclk import fclk_dividers

pytestmark = pytest.mark.slow

PART = "xc7z020clg400-1"


@pytest.fixture(scope="module")
def model():
    return BusModel(reloadable=True)


@pytest.fixture(scope="module")
def handoff(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("hwh") / "decoder.hwh"
    path.write_text(hardware_handoff(model.map, fclk_dividers(125), part=PART))
    return path


def check(found, model):
    core = found["ip"]["decoder"]
    assert core["type"] == "build_decoder.org:ip:neural_decoder:1.0"
    assert (core["phys_addr"], core["addr_range"]) == (0x4000_0000, 1 << model.map.address_bits)
    assert core["fullpath"] == "decoder"
    assert found["clocks"]["0"]["divisor0"] * found["clocks"]["0"]["divisor1"] == 8
    assert [found["clocks"][n]["enable"] for n in "0123"] == [1, 0, 0, 0]
    access = {"r": "read-only", "w": "write-only", "rw": "read-write"}
    for register in model.map.registers:
        told = core["registers"].pop(register.name)
        assert told["address_offset"] == register.offset
        assert told["size"] == 32
        assert told["access"] == access[register.access]
        assert told["description"] == register.about
        assert [
            (name, field["bit_offset"], field["bit_width"])
            for name, field in told["fields"].items()
        ] == [(field.name, field.low, field.width) for field in register.fields]
    assert core["registers"] == {}


METADATA = """
import json, sys
from pynqmetadata.frontends import Metadata
VIEWS
parser = RuntimeMetadataParser(Metadata(input=sys.argv[1]))
core = parser.ip_dict["decoder"]
keys = ("type", "phys_addr", "addr_range", "fullpath", "registers")
json.dump({"ip": {"decoder": {key: core[key] for key in keys}},
           "clocks": {str(n): parser.clock_dict[n] for n in range(4)}}, sys.stdout)
"""


@pytest.mark.parametrize("packages", [METADATA_0_1_9, METADATA_0_2_0], ids=["0.1.9", "0.2.0"])
def test_pynqmetadata(packages, handoff, model):
    views = "from pynqmetadata.views.runtime import RuntimeMetadataParser"
    program = METADATA.replace("VIEWS", views)
    found = json.loads(run_with(packages, program, str(handoff), cwd=handoff.parent))
    check(found, model)
    if packages is METADATA_0_2_0:
        assert found["clocks"]["0"]["frequency"] == 125.0


def test_hwh_parser(handoff, model):
    """That of pynq 4.0.0 for partial bitstreams, and of all pynq before 3."""
    program = """
import json, sys
from pynq.pl_server.hwh_parser import _HWHZynq
parser = _HWHZynq(hwh_name=sys.argv[1])
json.dump({"ip": parser.ip_dict, "clocks": {str(n): c for n, c in parser.clock_dict.items()}},
          sys.stdout)
"""
    check(json.loads(run_with(PYNQ_4_0_0, program, str(handoff), cwd=handoff.parent)), model)


OVERLAY = """
import json, sys
from pynq_stand_ins import AFI_HP0, FPGA0_CLK_CTRL, SLCR, bitstream, board

sys.path.insert(0, ".")
device = board()
with open("decoder.bit", "wb") as file:
    file.write(bitstream())

import decoder_pynq
from pynq import Clocks, Overlay

known = json.load(open("driver.json"))
for register in known["registers"]["registers"]:
    device.word(0x4000_0000 + register["offset"])[:] = register["reset"] or 0

decoder = Overlay("decoder.bit").decoder
assert type(decoder) is decoder_pynq.NeuralDecoder
found = {
    "address": decoder.mmio.base_addr,
    "length": decoder.mmio.length,
    "id": int(decoder.register_map.ID),
    "inputs": int(decoder.register_map.SHAPE.INPUTS),
    "fclk0": Clocks.fclk0_mhz,
    "divisors": int(device.word(SLCR + FPGA0_CLK_CTRL)[0]),
    "managed": device.managed,
    "data": device.kept.data.hex(),
    "name": decoder.core.interface.name,
    "afi": [int(device.word(AFI_HP0 + offset)[0]) for offset in (0, 0x14)],
}
device.word(0x4000_0000)[:] = 7
del decoder
try:
    Overlay("decoder.bit").decoder.infer([0.0] * 6)
except Exception as error:
    found["error"] = f"{type(error).__name__}: {error}"
json.dump(found, sys.stdout)
"""


@pytest.fixture(scope="module")
def folder(handoff, model, tmp_path_factory):
    """As much of what is copied to a board as an overlay needs."""
    path = tmp_path_factory.mktemp("pynq")
    for name, text in board_modules().items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text)
    (path / "decoder.hwh").write_text(handoff.read_text())
    model.known.save(path / "driver.json")
    known = json.loads((path / "driver.json").read_text()) | {"clock_mhz": 125.0}
    (path / "driver.json").write_text(json.dumps(known))
    return path


def test_overlay_of_pynq_4_0_0(folder, model):
    program = OVERLAY
    found = json.loads(run_with(PYNQ_4_0_0, program, cwd=folder))
    assert found == {
        "address": 0x4000_0000,
        "length": 1 << model.map.address_bits,
        "id": 0x4E44_4543,
        "inputs": 6,
        "fclk0": 125.0,
        # SRCSEL and others as they were; DIVISOR0 and DIVISOR1 with a product of 8.
        "divisors": found["divisors"],
        "managed": {"flags": "0", "firmware": "decoder.bin"},
        # Each word swapped, without the header.
        "data": "0302010007060504",
        "name": "sums",
        "afi": [0b1000, 0xF00],
        "error": "DeviceError: expected decoder 'sums' with ID 0x4e444543, got 0x00000007: was "
        "another bitstream loaded?",
    }
    divisors = found["divisors"]
    assert (divisors >> 8 & 0x3F) * (divisors >> 20 & 0x3F) == 8
