"""Replies are found among whatever else a port sends."""

import numpy as np
import pytest
from boards_rig import sums_model
from fake_board import FakeClock, FakePort

from build_decoder.boards.driver import Decoder, DeviceError, LinkError
from build_decoder.boards.driver.reply_finder import ReplyFinder
from build_decoder.boards.protocol import PROTOCOL, Command, Info, Reply, Status
from build_decoder.hdl.planning.interface import Interface

ANSWER = b"\x01\x02\x03\x04"
SIZES = {Command.INFO: 17, Command.INFER: len(ANSWER)}
TAG = 7
RIGHT = Reply(Command.INFER, TAG, Status.OK, ANSWER)


def frame(command=Command.INFER, tag=TAG, status=Status.OK, payload=ANSWER):
    return PROTOCOL.reply(Reply(command, tag, status, payload))


def finder():
    return ReplyFinder(PROTOCOL, SIZES, command=Command.INFER, tag=TAG)


def found(data, chunk=None):
    """What is found once all has come, in reads as the driver does them or of ``chunk`` bytes."""
    it, position = finder(), 0
    while position < len(data):
        count = chunk or it.missing
        it.feed(data[position : position + count])
        position += count
        if reply := it.find():
            return reply
    return it.find(last=True)


HEADER_OF_ANOTHER = PROTOCOL.REPLY_HEADER.pack(Command.INFER, TAG - 1, Status.OK, len(ANSWER))
HEADER_OF_OURS = PROTOCOL.REPLY_HEADER.pack(Command.INFER, TAG, Status.OK, 0xFFFF)
BEFORE = {
    "nothing": b"",
    "noise": bytes(range(90)) + b"\xff" * 20,
    "sync bytes": b"\x5a" * 33,
    "a request": PROTOCOL.request(Command.INFER, tag=TAG, payload=b"\x5a\x02\x07\x00\x04\x00"),
    "a late reply": frame(tag=TAG - 1),
    "a late refusal": frame(tag=TAG - 1, status=Status.BAD_CRC, payload=b""),
    "a late INFO": frame(command=Command.INFO, payload=bytes(17)),
    "a damaged late reply": frame(tag=TAG - 1)[:-1] + b"\0",
    "a damaged reply": frame()[:-1] + b"\0",
    "half a reply": frame()[:9],
    "half a late reply": frame(tag=TAG - 1)[:9],
    "a header of another request": b"\x5a" + HEADER_OF_ANOTHER,
    "a header that announces much": b"\x5a" + HEADER_OF_OURS,
    "headers that announce more than comes": (b"\x5a" + HEADER_OF_OURS) * 50,
    "a late reply that holds a refusal of ours": frame(
        command=Command.INFO, payload=frame(status=Status.BAD_CRC, payload=b"") + bytes(9)
    ),
}


@pytest.mark.parametrize("chunk", [None, 1, 3, 1000])
@pytest.mark.parametrize("before", BEFORE)
def test_a_reply_is_found_behind(before, chunk):
    assert found(BEFORE[before] + frame(), chunk) == RIGHT


def test_no_more_is_read_than_the_reply():
    data = b"\x00\x5a\x00" + frame(tag=TAG - 1) + frame()
    it, position = finder(), 0
    while (reply := it.find()) is None:
        it.feed(data[position : position + it.missing])
        position += it.missing
    assert reply == RIGHT
    assert position == len(data)


@pytest.mark.parametrize("data", [b"", b"\x5a", frame()[:-1], frame(tag=8), frame(Command.INFO)])
def test_what_is_not_the_reply_is_none(data):
    assert found(data) is None


def test_a_reply_with_a_wrong_crc_is_told():
    it = finder()
    it.feed(frame()[:-1] + b"\0")
    assert it.find() is None
    assert it.damage.startswith("expected CRC 0x")


def test_a_reply_with_a_wrong_crc_is_not_waited_for():
    model, clock = sums_model(), FakeClock()
    port = FakePort(model, clock)
    port.from_board = lambda reply: [(0, reply[:-1] + bytes([reply[-1] ^ 1]))]
    decoder = Decoder(port, Interface.of_model(model), clock=clock, timeout=30)
    start = clock.now
    with pytest.raises(LinkError, match="expected CRC 0x.* in a reply, got 0x"):
        decoder.check()
    assert clock.now - start < 1


def test_what_follows_a_damaged_reply_is_heard():
    model, clock = sums_model(), FakeClock()
    port = FakePort(model, clock)
    port.from_board = lambda reply: [(0, reply[:-1] + bytes([reply[-1] ^ 1])), (0.02, reply)]
    Decoder(port, Interface.of_model(model), clock=clock).check()
    assert port.requests == 1


@pytest.mark.parametrize("size", [0, 17, 21, 300])
def test_an_info_of_another_length_is_a_foreign_device(size):
    model, clock = sums_model(), FakeClock()
    port = FakePort(model, clock)
    port.board._answer = lambda command, payload: (Status.OK, bytes(size))
    with pytest.raises(DeviceError, match=f"reply to INFO with 22 bytes, got {size}: b'"):
        Decoder(port, Interface.of_model(model), clock=clock).check()
    assert port.requests == 1


INFO_FIELDS = {
    "version": (0, [0, 1, 255], "expected protocol version 2, got"),
    "inputs": (1, [0], "expected an input count of 1 to 65535, got 0"),
    "outputs": (2, [0], "expected an output count of 1 to 65535, got 0"),
    "input width": (3, [0, 49, 200], "inputs: expected a width of 1 to 48 bits, got"),
    "input signed": (4, [3, 255], "inputs: expected 0 or 1 for a signed one, or 2 or 6"),
    "input fraction": (5, [-32768, -513, 513, 32767], "inputs: expected fraction bits of -512 to"),
    "output width": (6, [0, 49, 200], "outputs: expected a width of 1 to 48 bits, got"),
    "output signed": (7, [4], "outputs: expected 0 or 1 for a signed one, or 2 or 6"),
    "output fraction": (8, [9999], "outputs: expected fraction bits of -512 to 512, got 9999"),
}


@pytest.mark.parametrize("field", INFO_FIELDS)
def test_an_info_that_describes_no_decoder_is_a_foreign_device(field):
    index, values, message = INFO_FIELDS[field]
    model = sums_model()
    right = Info.LAYOUT.unpack(Info.of(Interface.of_model(model)).pack())
    for value in values:
        payload = Info.LAYOUT.pack(*right[:index], value, *right[index + 1 :])
        port = FakePort(model, FakeClock())
        port.board._answer = lambda command, data, payload=payload: (Status.OK, payload)
        with pytest.raises(DeviceError, match=f"^board: {message}"):
            Decoder(port, Interface.of_model(model), clock=port.clock).check()
        assert port.requests == 1


def test_outputs_beside_their_format_are_not_believed():
    model, clock = sums_model(), FakeClock()  # outputs of 10 bits in 2 bytes
    port = FakePort(model, clock)
    port.board._answer = lambda command, payload: (Status.OK, b"\x00\x7f\x00\x00")
    decoder = Decoder(port, Interface.of_model(model), clock=clock)
    with pytest.raises(LinkError, match=r"outputs of -512 to 511 \(sQ6.4\), got 0 to 32512"):
        decoder.infer_raw(np.zeros(model.input_count, int))
    assert port.requests == 2
