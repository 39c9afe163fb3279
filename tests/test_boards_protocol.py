"""The protocol's bytes."""

from dataclasses import replace

import numpy as np
import pytest
from amaranth.lib.crc import catalog

from build_decoder.boards.protocol import (
    PROTOCOL,
    Command,
    Info,
    LoadError,
    LoadState,
    Reply,
    Status,
    element_bytes,
)
from build_decoder.hdl.planning.interface import Interface
from build_decoder.quant.qformat import QFormat


def test_crc_is_ccitt_false():
    assert PROTOCOL.crc(b"123456789") == 0x29B1
    reference = catalog.CRC16_CCITT_FALSE(data_width=8)
    rng = np.random.default_rng(1)
    for length in (0, 1, 2, 17, 300):
        data = rng.integers(0, 256, length, dtype=np.uint8).tobytes()
        assert PROTOCOL.crc(data) == reference.compute(data)
        assert PROTOCOL.crc(data + PROTOCOL.crc(data).to_bytes(2, "big")) == 0


def test_layout_of_a_request_and_a_reply():
    request = PROTOCOL.request(Command.INFER, tag=7, payload=b"\x11\x22\x33")
    assert request[:-2] == bytes([0xA5, 2, 7, 3, 0, 0x11, 0x22, 0x33])
    assert len(request) == PROTOCOL.request_bytes(3)
    reply = PROTOCOL.reply(Reply(Command.INFO, 7, Status.BAD_LENGTH, b""))
    assert reply[:-2] == bytes([0x5A, 1, 7, 2, 0, 0])
    assert len(reply) == PROTOCOL.reply_bytes(0)


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("width", [1, 7, 8, 9, 16, 17, 31, 48])
def test_values_survive_packing(width, signed):
    format = QFormat(width, 0, signed)
    rng = np.random.default_rng(width)
    raw = rng.integers(format.min_raw, format.max_raw, size=20, endpoint=True)
    raw[:2] = format.min_raw, format.max_raw
    payload = PROTOCOL.pack_values(raw, format)
    assert len(payload) == 20 * element_bytes(format)
    np.testing.assert_array_equal(PROTOCOL.unpack_values(payload, format), raw)


def test_values_are_little_endian():
    raw = np.array([1, -2])
    assert PROTOCOL.pack_values(raw, QFormat(9, 0)) == bytes([1, 0, 0xFE, 0xFF])


def test_info_survives_packing():
    interface = Interface(
        name="decoder",
        input_count=800,
        output_count=2,
        input_format=QFormat(-3, 12, False),
        output_format=QFormat(9, -1),
        fingerprint=0xFEDCBA98,
    )
    payload = Info.of(interface).pack()
    assert len(payload) == 22
    assert Info.unpack(payload) == Info.of(interface)
    at = Info.FINGERPRINT_AT
    assert payload[at : at + 4] == bytes([0x98, 0xBA, 0xDC, 0xFE])
    assert payload[at + 4 :] == bytes(5)
    loads = Info.of(replace(interface, image_words=9, layout_id=0x01020304))
    assert loads.pack() == payload[:-5] + bytes([1, 4, 3, 2, 1])
    assert Info.unpack(loads.pack()) == loads
    with pytest.raises(ValueError, match="expected 1 and a layout id, or 0 and 0, got 0 and 7"):
        Info.unpack(payload[:-4] + bytes([7, 0, 0, 0]))


def test_a_load_state_survives_packing():
    state = LoadState(True, 1, False, LoadError.CRC, 0x10203, 0xFEDCBA98)
    assert state.pack() == bytes([3, 2, 3, 2, 1, 0, 0x98, 0xBA, 0xDC, 0xFE])
    assert LoadState.unpack(state.pack()) == state
