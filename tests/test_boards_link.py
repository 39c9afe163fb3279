"""The host driver against the RTL's UART in simulation: its own bytes, its own parser."""

import numpy as np
import pytest
from boards_rig import SimulatedPort, SumsDecoder, sums_model

from build_decoder.boards.driver import Decoder, DeviceError, LinkTimeout, SaturationWarning
from build_decoder.boards.protocol import PROTOCOL, Command, Info, Protocol, Reply, Status
from build_decoder.hdl.decoder import Decoder as HardwareDecoder
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.interface import Interface
from build_decoder.quant.activations import integer_activation
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.layers.dense import Dense
from build_decoder.quant.qformat import QFormat

IMPATIENT = Protocol(idle_byte_times=8)


def simulated(model=None, *, lanes=1, **options):
    model = model or sums_model()
    port = SimulatedPort(SumsDecoder(model, lanes=lanes), protocol=IMPATIENT, **options)
    return port, opened(port, model), model


def opened(port, model):
    """The driver on a simulated port, patient for 60 byte times of the line."""
    interface = Interface.of_model(model)
    return Decoder(port, interface, protocol=IMPATIENT, baud=port.BAUD, timeout=6e-4, clock=port)


def small_model():
    """7-5-2 network with random weights."""
    rng = np.random.default_rng(5)

    def dense(inputs, units, activation, input_format, output_format):
        weight, bias, total = QFormat(2, 4), QFormat(2, 5), QFormat(4, 5)
        return Dense(
            input=input_format,
            weight=weight,
            accumulator=QFormat(4, 6),
            bias=bias,
            weights=rng.integers(weight.min_raw, weight.max_raw + 1, size=(inputs, units)),
            biases=rng.integers(bias.min_raw, bias.max_raw + 1, size=units),
            activation=integer_activation(activation, total, output_format),
        )

    hidden, output = QFormat(2, 5), QFormat(4, 6)
    first = dense(7, 5, "tanh", QFormat(3, 3), hidden)
    return IntegerModel.chain("small", (first, dense(5, 2, "linear", hidden, output)))


def random_frames(model, count, seed=1):
    format = model.input_format
    rng = np.random.default_rng(seed)
    return rng.integers(format.min_raw, format.max_raw + 1, size=(count, model.input_count))


@pytest.mark.parametrize("divisor", [4, 5, 7])
def test_info_describes_the_decoder(divisor):
    _, decoder, model = simulated(divisor=divisor)
    assert decoder.info() == Info.of(Interface.of_model(model))
    decoder.check()


@pytest.mark.parametrize(
    ("inputs", "outputs", "lanes", "input_format", "output_format"),
    [
        (1, 1, 1, QFormat(1, 0, False), QFormat(1, 0, False)),
        (6, 2, 1, QFormat(3, 2), QFormat(6, 4)),
        (7, 3, 4, QFormat(4, 4), QFormat(8, 0)),
        (7, 3, 3, QFormat(9, 3), QFormat(9, 8)),
        (5, 2, 8, QFormat(8, 0, False), QFormat(30, 2)),
        (3, 1, 2, QFormat(2, 15, False), QFormat(8, 10, False)),
    ],
)
def test_infer_equals_the_integer_model(inputs, outputs, lanes, input_format, output_format):
    model = sums_model(
        inputs=inputs, outputs=outputs, input_format=input_format, output_format=output_format
    )
    port, decoder, _ = simulated(model, lanes=lanes)
    x_raw = random_frames(model, 6)
    x_raw[0], x_raw[1] = input_format.min_raw, input_format.max_raw
    np.testing.assert_array_equal(decoder.infer_raw(x_raw), model.compute(x_raw))
    assert port.rejected == 0


@pytest.mark.slow
def test_a_signature_of_a_nerve_cuff_goes_through():
    model = sums_model(inputs=5600, outputs=3, input_format=QFormat(1, 5))
    port = SimulatedPort(SumsDecoder(model), protocol=IMPATIENT)
    # At this rate of the line it takes 420 byte times to feed the decoder.
    decoder = Decoder(
        port, Interface.of_model(model), protocol=IMPATIENT, baud=port.BAUD, decoder_seconds=6e-3,
        timeout=6e-4, clock=port,
    )  # fmt: skip
    x_raw = random_frames(model, 1)
    np.testing.assert_array_equal(decoder.infer_raw(x_raw), model.compute(x_raw))
    assert port.rejected == 0


def test_infer_takes_and_gives_real_values():
    _, decoder, model = simulated()
    x = np.random.default_rng(2).uniform(-5, 5, size=(2, model.input_count))
    expected = model.dequantise_output(model.compute(model.quantise_input(x)))
    with pytest.warns(SaturationWarning):
        np.testing.assert_array_equal(decoder.infer(x), expected)
    np.testing.assert_array_equal(decoder.infer(x[0]), expected[0])  # none of it saturates


def test_a_frame_of_sync_bytes_is_not_mistaken():
    model = sums_model(input_format=QFormat(8, 0, False))
    _, decoder, _ = simulated(model)
    x_raw = np.full((2, model.input_count), PROTOCOL.request_sync)
    np.testing.assert_array_equal(decoder.infer_raw(x_raw), model.compute(x_raw))


def read_reply(port):
    """The next reply on the line, whatever request it is to."""
    header = PROTOCOL.REPLY_HEADER
    port.run(port.waiting)  # a long request has to arrive before it is answered
    head = port.read(1 + header.size)
    assert head[0] == PROTOCOL.reply_sync
    command, tag, status, length = header.unpack(head[1:])
    payload = port.read(length)
    assert PROTOCOL.crc(head[1:] + payload + port.read(PROTOCOL.CRC_BYTES)) == 0
    return Reply(command, tag, status, payload)


def infer_request(model, frame, tag):
    payload = PROTOCOL.pack_values(frame, model.input_format)
    return PROTOCOL.request(Command.INFER, tag=tag, payload=payload)


def test_garbage_before_a_request_is_skipped():
    port, decoder, model = simulated()
    port.write(bytes([0x00, 0xFF, 0x5A, 0x13, 0x01]))
    x_raw = random_frames(model, 1)
    np.testing.assert_array_equal(decoder.infer_raw(x_raw), model.compute(x_raw))


def test_back_to_back_requests_are_all_answered_in_order():
    port, decoder, model = simulated()
    x_raw = random_frames(model, 3)
    port.write(b"".join(infer_request(model, frame, tag) for tag, frame in enumerate(x_raw)))
    for tag, expected in enumerate(model.compute(x_raw)):
        reply = read_reply(port)
        assert (reply.tag, reply.status) == (tag, Status.OK)
        np.testing.assert_array_equal(
            PROTOCOL.unpack_values(reply.payload, model.output_format), expected
        )
    assert port.rejected == 0


@pytest.mark.parametrize("position", [1, 2, 6, -1])
def test_a_corrupted_request_is_refused_and_the_next_one_answered(position):
    port, decoder, model = simulated()
    (frame,) = random_frames(model, 1)
    request = bytearray(infer_request(model, frame, 9))
    request[position] ^= 0x10
    port.write(request)
    reply = read_reply(port)
    assert (reply.status, reply.payload) == (Status.BAD_CRC, b"")
    np.testing.assert_array_equal(decoder.infer_raw(frame[None]), model.compute(frame[None]))


@pytest.mark.parametrize("kept", [1, 2, 5, 8, -1])
def test_a_truncated_request_is_dropped_after_the_idle_time(kept):
    port, decoder, model = simulated()
    x_raw = random_frames(model, 1)
    port.write(infer_request(model, x_raw[0], 3)[:kept])
    port.run(2 * IMPATIENT.idle_byte_times + 20)
    assert port.rejected == 1
    np.testing.assert_array_equal(decoder.infer_raw(x_raw), model.compute(x_raw))


@pytest.mark.parametrize(
    ("command", "payload", "status"),
    [
        (Command.INFO, b"\0", Status.BAD_LENGTH),
        (Command.INFER, b"", Status.BAD_LENGTH),
        (Command.INFER, bytes(5), Status.BAD_LENGTH),
        (Command.INFER, bytes(7), Status.BAD_LENGTH),
        (Command.INFER, bytes(300), Status.BAD_LENGTH),
        (0, b"", Status.UNKNOWN_COMMAND),
        (77, bytes(6), Status.UNKNOWN_COMMAND),
    ],
)
def test_wrong_requests_get_a_status(command, payload, status):
    port, decoder, model = simulated()
    port.write(PROTOCOL.request(command, tag=200, payload=payload))
    reply = read_reply(port)
    assert (reply.command, reply.tag, reply.status) == (command, 200, status)
    assert reply.payload == b""
    decoder.check()


def test_a_request_too_long_for_the_memory_harms_neither_frame_nor_info():
    port, decoder, model = simulated()
    port.write(PROTOCOL.request(Command.INFER, payload=bytes([0x55]) * 100))
    assert read_reply(port).status == Status.BAD_LENGTH
    decoder.check()


def test_another_decoder_is_noticed():
    port = SimulatedPort(SumsDecoder(sums_model()), protocol=IMPATIENT)
    decoder = opened(port, sums_model(inputs=5))
    with pytest.raises(DeviceError, match="expected decoder 'sums' .* got 6 x sQ3.2"):
        decoder.check()


def test_a_silent_board_is_noticed():
    port, decoder, _ = simulated()
    port.write = lambda data: None
    with pytest.raises(LinkTimeout, match="no reply to INFO in .* s: got no bytes"):
        decoder.info()


def test_a_real_decoder_behind_the_link():
    model = small_model()
    decoder_component = HardwareDecoder(
        DecoderPlan.of(model, [Folding(2, 3), Folding(1, 2)])
    )
    port = SimulatedPort(decoder_component, protocol=IMPATIENT)
    decoder = opened(port, model)
    decoder.check()
    x_raw = random_frames(model, 4)
    np.testing.assert_array_equal(decoder.infer_raw(x_raw), model.compute(x_raw))
