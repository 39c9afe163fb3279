"""One deadline for a request, which follows from its bytes, the rate, the decoder and a margin."""

import numpy as np
import pytest
from boards_rig import sums_model
from fake_board import READ_SECONDS, FakeClock, FakePort

from build_decoder.boards.driver import Decoder, LinkTimeout
from build_decoder.boards.protocol import Command
from build_decoder.hdl.planning.interface import Interface
from build_decoder.quant.qformat import QFormat


def opened(model, *, baud=1_000_000, **options):
    clock = FakeClock()
    port = FakePort(model, clock, baud=baud)
    return port, Decoder(port, Interface.of_model(model), baud=baud, clock=clock, **options)


@pytest.mark.parametrize("baud", [300, 9600, 1_000_000])
def test_the_longest_frames_are_waited_for(baud):
    model = sums_model(inputs=65_535, outputs=65_535, output_format=QFormat(8, 0))
    port, decoder = opened(model, baud=baud, timeout=0.01)
    x_raw = np.zeros((1, 65_535), int)
    start = port.clock.now
    np.testing.assert_array_equal(decoder.infer_raw(x_raw), model.compute(x_raw))
    line = 10 * (65_535 + 7 + 65_535 + 8) / baud
    assert port.clock.now - start == pytest.approx(line, rel=1e-6)
    assert port.requests == 1
    assert decoder._exchange.seconds(Command.INFER, 65_535) == pytest.approx(line + 0.01)


@pytest.mark.parametrize(("decoder_seconds", "requests"), [(0.0, 2), (0.5, 1)])
def test_a_slow_decoder_is_waited_for(decoder_seconds, requests):
    model = sums_model()
    port, decoder = opened(model, timeout=0.1, decoder_seconds=decoder_seconds)
    port.from_board = lambda reply: [(0.5, reply)]
    x_raw = np.zeros((1, model.input_count), int)
    if requests == 1:
        np.testing.assert_array_equal(decoder.infer_raw(x_raw), model.compute(x_raw))
    else:
        with pytest.raises(LinkTimeout):
            decoder.infer_raw(x_raw)
    assert port.requests == requests


def test_half_a_request_is_dropped_before_the_next():
    model = sums_model()
    port, decoder = opened(model, timeout=0.01)  # less than the board waits for the other half
    port.to_board = lambda data: [(0, data[:9] if port.requests == 1 else data)]
    x_raw = np.ones((1, model.input_count), int)
    np.testing.assert_array_equal(decoder.infer_raw(x_raw), model.compute(x_raw))
    assert port.requests == 2


class Impatient(FakePort):
    """Returns at once what is there, as ports that do not block."""

    def read(self, count):
        data = bytearray()
        while len(data) < count and self._arriving and self._arriving[0][0] <= self.clock.now:
            data.append(self._arriving.popleft()[1])
        return bytes(data)


def test_a_port_that_does_not_block():
    model, clock = sums_model(), FakeClock()
    port = Impatient(model, clock)
    decoder = Decoder(port, Interface.of_model(model), clock=clock)
    x_raw = np.ones((3, model.input_count), int)
    np.testing.assert_array_equal(decoder.infer_raw(x_raw), model.compute(x_raw))
    port.from_board = lambda reply: [(0, reply[:-1] + bytes([reply[-1] ^ 1])), (0.02, reply)]
    np.testing.assert_array_equal(decoder.infer_raw(x_raw), model.compute(x_raw))
    assert port.requests == 6


class Talker(FakePort):
    """Sends the same for ever, and never what it is asked for."""

    def __init__(self, text):
        super().__init__(sums_model(), FakeClock())
        self.text = text
        self.position = 0

    def read(self, count):
        self.clock.now += count * self.byte_seconds
        start = self.position % len(self.text)
        self.position += count
        return (self.text * 2 + self.text * (count // len(self.text)))[start : start + count]


@pytest.mark.parametrize(
    "text",
    [b"\0", b"\x5a", b"$GPGGA,1*47\r\n", b"\x5a\x02\x01\x00\xff\xff", b"\x5a\x02\x01\x00\x04\x00"],
)
def test_a_port_that_keeps_talking_has_one_deadline(text):
    port = Talker(text)
    model = sums_model()
    decoder = Decoder(port, Interface.of_model(model), clock=port.clock)
    start = port.clock.now
    with pytest.raises(LinkTimeout, match=r"in 1 s: got [0-9]+,[0-9]{3} bytes that are none"):
        decoder.infer_raw(np.zeros((5, model.input_count), int))
    attempt = decoder._exchange.seconds(Command.INFER, model.input_count)
    longest_read = 65_543 * port.byte_seconds + READ_SECONDS
    assert port.clock.now - start <= 2 * (attempt + longest_read) + 8192 * port.byte_seconds


def test_the_port_of_pyserial_gets_its_time_outs():
    model = sums_model(inputs=20_000)
    port, decoder = opened(model, baud=9600)
    port.timeout = port.write_timeout = None
    decoder.check()
    assert port.timeout == READ_SECONDS
    assert port.write_timeout == decoder._exchange.seconds(Command.INFO, 0)
    decoder.infer_raw(np.zeros(20_000, int))
    assert port.write_timeout == decoder._exchange.seconds(Command.INFER, 20_000)
    assert port.write_timeout > 20.8
