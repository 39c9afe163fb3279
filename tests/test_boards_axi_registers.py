"""The map of registers: what it promises, its JSON, and that hosts need no Amaranth for it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from build_decoder.boards.axi.registers import RegisterMap, register_map
from build_decoder.hdl.planning.interface import Interface
from build_decoder.models.errors import InputError
from build_decoder.models.files.fields import Fields
from build_decoder.quant.qformat import QFormat

INTERFACE = Interface(
    name="case", input_count=800, output_count=5, input_format=QFormat(4, 0, False),
    output_format=QFormat(9, -1), fingerprint=0x89ABCDEF,
)  # fmt: skip
KINDS = {
    "plain": {"dma": False},
    "dma": {"dma": True},
    "all": {"dma": True, "image_words": 816},
}
CONTRACT = {
    "ID": (0x00, "r"), "VERSION": (0x04, "r"), "FEATURES": (0x08, "r"), "FINGERPRINT": (0x0C, "r"),
    "SHAPE": (0x10, "r"), "INPUT_FORMAT": (0x14, "r"), "OUTPUT_FORMAT": (0x18, "r"),
    "SCRATCH": (0x1C, "rw"), "CONTROL": (0x20, "w"), "STATUS": (0x24, "r"),
    "FRAMES_IN": (0x28, "r"), "FRAMES_OUT": (0x2C, "r"), "ERRORS": (0x30, "r"),
    "CYCLES": (0x34, "r"), "SRC": (0x40, "rw"), "DST": (0x44, "rw"), "COUNT": (0x48, "rw"),
    "LOAD_DATA": (0x80, "w"), "LOAD_COMMAND": (0x84, "w"), "LOAD_STATUS": (0x88, "r"),
    "LOAD_WORDS": (0x8C, "r"), "LAYOUT": (0x90, "r"),
}  # fmt: skip


@pytest.fixture(params=KINDS)
def registers(request) -> RegisterMap:
    return register_map(INTERFACE, **KINDS[request.param])


def test_offsets_and_accesses_are_those_that_software_knows(registers):
    found = {each.name: (each.offset, each.access) for each in registers.registers}
    absent = set() if registers.dma else {"SRC", "DST", "COUNT"}
    if not registers.reloadable:
        absent |= {"LOAD_DATA", "LOAD_COMMAND", "LOAD_STATUS", "LOAD_WORDS", "LAYOUT"}
    assert found == {name: what for name, what in CONTRACT.items() if name not in absent}


def test_what_a_decoder_says_of_itself():
    registers = register_map(INTERFACE, **KINDS["all"])
    reset = {each.name: each.reset for each in registers.registers}
    assert reset["ID"].to_bytes(4) == b"NDEC"
    assert reset["FEATURES"] == 0b11
    assert reset["FINGERPRINT"] == 0x89ABCDEF
    assert reset["SHAPE"] == 5 << 16 | 800
    assert reset["INPUT_FORMAT"] == 4
    assert reset["OUTPUT_FORMAT"] == 0xFFFF << 16 | 1 << 8 | 8


def test_nothing_lies_upon_another(registers):
    taken = [(each.offset, each.offset + 4) for each in registers.registers]
    taken += [(each.offset, each.offset + each.size_bytes) for each in registers.windows]
    assert taken == sorted(taken)
    assert all(end <= start for (_, end), (start, _) in zip(taken, taken[1:], strict=False))
    assert taken[-1][1] <= 1 << registers.address_bits < 2 * taken[-1][1]
    for register in registers.registers:
        ends = [0]
        for field in register.fields:
            assert field.low >= ends[-1]
            ends.append(field.low + field.width)
        assert ends[-1] <= 32


@pytest.mark.parametrize("count", [1, 7, 1024, 1025, 65535])
@pytest.mark.parametrize("width", [1, 5, 32, 33])
def test_windows_hold_a_frame_at_a_base_aligned_to_their_size(count, width):
    format = QFormat(width, 0)
    interface = Interface(
        name="x", input_count=count, output_count=count, input_format=format,
        output_format=format, fingerprint=0,
    )  # fmt: skip
    for window in register_map(interface, dma=False).windows:
        assert window.size_bytes & (window.size_bytes - 1) == 0
        assert window.size_bytes >= max(4 * window.words, 0x1000)
        assert window.offset % window.size_bytes == 0
        assert window.offset >= 0x1000


def test_json_and_back(registers):
    text = json.dumps(registers.as_json())
    assert RegisterMap.read(Fields(json.loads(text), Path("driver.json"))) == registers


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda entries: entries.pop("windows"), "windows: expected this key"),
        (lambda entries: entries["registers"][3].update(access="x"), "3: access: expected one of"),
        (lambda entries: entries["registers"][3].pop("reset"), "registers 3: reset"),
        (lambda entries: entries["windows"][0].update(count=0), "windows 0: count"),
        (lambda entries: entries["registers"][2]["fields"][0].update(low=32), "fields 0: low"),
    ],
)
def test_a_damaged_map_is_refused(change, told):
    entries = json.loads(json.dumps(register_map(INTERFACE, dma=True).as_json()))
    change(entries)
    with pytest.raises(InputError, match=told):
        RegisterMap.read(Fields(entries, Path("driver.json")))


@pytest.mark.parametrize("end", ["input_count", "output_count"])
def test_frames_that_register_shape_cannot_tell_are_refused(end):
    counts = {"input_count": 1, "output_count": 1} | {end: 65536}
    interface = Interface(
        name="big", input_format=QFormat(1, 0), output_format=QFormat(1, 0), fingerprint=0, **counts
    )
    with pytest.raises(InputError, match="big: expected at most 65535 .* got 65536"):
        register_map(interface, dma=False)


def test_hosts_need_no_amaranth():
    program = (
        "import sys\n"
        "import build_decoder.boards.axi.packing, build_decoder.boards.axi.registers\n"
        "assert not [name for name in sys.modules if name.split('.')[0] == 'amaranth']"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parents[1])
