"""Continuous decoders behind a link: a reset command, a step at a time, and what is lost."""

from dataclasses import replace

import numpy as np
import pytest
from amaranth.sim import Simulator

from build_decoder.boards.axi.core import Core
from build_decoder.boards.axi.packing import from_words, to_words
from build_decoder.boards.axi.registers import register_map
from build_decoder.boards.driver import Decoder, LinkError, LinkTimeout, connect
from build_decoder.boards.driver_file import DriverFile
from build_decoder.boards.protocol import PROTOCOL, Command, Info, Protocol, Reply, Status
from build_decoder.boards.pynq.bus_decoder import BusDecoder
from build_decoder.boards.pynq.steps import Golden, steps
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.interface import Interface
from build_decoder.hdl.reloadable_decoder import decoder_of
from build_decoder.models.errors import InputError
from build_decoder.quant.other_weights import with_other_weights
from build_decoder.quant.switched import compute_switched
from tests.boards_rig import SimulatedPort, sums_model
from tests.bus_model import BusModel
from tests.continuous import quantised
from tests.fake_board import FakeBoard, FakeClock, FakePort
from tests.test_boards_axi_core import access

IMPATIENT = Protocol(idle_byte_times=8)
STEPS = 6


class ContinuousBoard(FakeBoard):
    """Keeps what came since a reset."""

    def __init__(self, *arguments, **more):
        super().__init__(*arguments, **more)
        self.before = []

    def _answer(self, command, payload):
        if command == Command.RESET:
            self.before = []
            return Status.OK, b""
        status, answer = super()._answer(command, payload)
        if command == Command.INFER and status == Status.OK:
            model = self.model
            self.before.append(PROTOCOL.unpack_values(payload, model.input_format))
            y_raw = model.compute(np.array(self.before))[-1]
            answer = PROTOCOL.pack_values(y_raw, model.output_format)
        return status, answer


def fake(**faults):
    model, x_raw = quantised("gru")
    clock = FakeClock()
    port = FakePort(model, clock, **faults)
    port.board = ContinuousBoard(model)
    return Decoder(port, Interface.of_model(model), clock=clock), port, model, x_raw


@pytest.mark.slow
def test_the_link_steps_and_resets():
    model, x_raw = quantised("gru")
    x_raw = x_raw[:STEPS]
    port = SimulatedPort(decoder_of(DecoderPlan.chosen(model, {})), protocol=IMPATIENT)
    interface = Interface.of_model(model)
    decoder = Decoder(
        port, interface, protocol=IMPATIENT, baud=port.BAUD, timeout=1e-3, clock=port
    )
    assert decoder.info() == Info.of(interface)
    np.testing.assert_array_equal(decoder.infer_raw(x_raw[:4]), model.compute(x_raw)[:4])
    np.testing.assert_array_equal(decoder.infer_raw(x_raw[4:]), model.compute(x_raw)[4:])
    decoder.reset()
    x = model.input_format.to_real(x_raw)
    stepped = [decoder.step(each) for each in x]
    np.testing.assert_array_equal(stepped, model.dequantise_output(model.compute(x_raw)))
    decoder.reset()
    decoder.reset()
    np.testing.assert_array_equal(decoder.infer_raw(x_raw), model.compute(x_raw))
    assert port.rejected == 0


@pytest.mark.slow
def test_weights_are_loaded_between_two_steps():
    """States stay, until they are reset."""
    built, x_raw = quantised("gru", headroom=2)
    new, x_raw = with_other_weights(built), x_raw[:STEPS]
    plan = DecoderPlan.chosen(built, {"l0": {"folding": Folding(4, 9)}}, reloadable=True)
    port = SimulatedPort(
        decoder_of(plan), divisor=4, timeout_bytes=40, protocol=Protocol(idle_byte_times=16)
    )
    decoder = Decoder(
        port, plan.interface, protocol=Protocol(idle_byte_times=16), baud=port.BAUD, timeout=3e-3,
        clock=port,
    )
    decoder.check()
    got = [decoder.infer_raw(x_raw[:2])]
    decoder.load_weights(plan.image_layout.image(new))
    got.append(decoder.infer_raw(x_raw[2:4]))
    decoder.rollback()
    assert decoder.info().fingerprint == built.fingerprint()
    got.append(decoder.infer_raw(x_raw[4:]))
    which = np.repeat([0, 1, 0], 2)
    np.testing.assert_array_equal(
        np.concatenate(got), compute_switched((built, new), which, x_raw)
    )
    decoder.reset()
    decoder.verify()
    np.testing.assert_array_equal(decoder.infer_raw(x_raw[:2]), built.compute(x_raw)[:2])


def test_others_do_not_know_the_command():
    model = sums_model()
    clock = FakeClock()
    decoder = Decoder(FakePort(model, clock), Interface.of_model(model), clock=clock)
    for call in (decoder.reset, lambda: decoder.step(np.zeros(model.input_count))):
        with pytest.raises(InputError, match="continuous"):
            call()


def test_one_step_at_a_time():
    decoder, _, model, x_raw = fake()
    with pytest.raises(InputError, match="one step"):
        decoder.step(model.input_format.to_real(x_raw[:2]))


def test_a_step_without_an_answer_is_not_repeated():
    """Whether the board took it is not known: nothing goes on before a reset."""
    lost = []

    def from_board(data):
        if len(lost) == 1:
            lost.append(1)
            return [(0, b"")]
        return [(0, data)]

    decoder, port, model, x_raw = fake(from_board=from_board)
    expected = model.compute(x_raw)
    np.testing.assert_array_equal(decoder.infer_raw(x_raw[:2]), expected[:2])
    lost.append(0)
    requests = port.requests
    with pytest.raises(LinkTimeout):
        decoder.infer_raw(x_raw[2])
    assert port.requests == requests + 1
    with pytest.raises(LinkError, match="`reset` first"):
        decoder.infer_raw(x_raw[3])
    assert port.requests == requests + 1
    decoder.reset()
    np.testing.assert_array_equal(decoder.infer_raw(x_raw), expected)


def test_a_reset_is_repeated():
    refused = []

    def from_board(data):
        if not refused:
            refused.append(1)
            return [(0, PROTOCOL.reply(Reply(Command.RESET, data[2], Status.BAD_CRC, b"")))]
        return [(0, data)]

    decoder, port, _, _ = fake(from_board=from_board)
    decoder.reset()
    assert port.requests == 2


def test_opening_brings_states_to_zero():
    first, port, model, x_raw = fake()
    port.board.before = [x_raw[0]]
    first.close()
    decoder = connect(port, model, timeout=1)
    np.testing.assert_array_equal(decoder.infer_raw(x_raw), model.compute(x_raw))


def test_registers_clear_states():
    model, x_raw = quantised("gru")
    x_raw = x_raw[:STEPS]
    core = Core(decoder_of(DecoderPlan.chosen(model, {})), memory_id_bits=None)
    registers, bus = core.registers, core.bus
    assert registers.continuous
    assert registers.register("FEATURES").reset == 0b100
    got = []

    def offset(name):
        return registers.register(name).offset

    async def start(ctx, value):
        await access(ctx, bus, offset("CONTROL"), write=value)
        for _ in range(100):
            status, _, _ = await access(ctx, bus, offset("STATUS"))
            if not status & 0b100001:
                return status
        raise AssertionError("busy for ever")

    async def host(ctx):
        inputs, outputs = registers.window("INPUT"), registers.window("OUTPUT")
        for _ in range(2):
            for words in to_words(x_raw, model.input_format):
                for number, word in enumerate(words):
                    await access(ctx, bus, inputs.offset + 4 * number, write=int(word))
                await start(ctx, 1)
                words = [
                    (await access(ctx, bus, outputs.offset + 4 * number))[0]
                    for number in range(outputs.words)
                ]
                got.append(from_words(np.array(words, np.uint32), model.output_format, 2))
            # Not together with a START.
            assert await start(ctx, 0b101) & 0b10000
            assert not await start(ctx, 0b100) & 0b10000

    simulator = Simulator(core)
    simulator.add_clock(1e-6)
    simulator.add_testbench(host)
    simulator.run()
    expected = model.compute(x_raw)
    np.testing.assert_array_equal(got, np.concatenate([expected, expected]))


class ContinuousBus(BusModel):
    """Keeps what came since CLEAR."""

    def __init__(self, model):
        super().__init__()
        self.model, self.before = model, np.zeros((0, model.input_count), np.int64)
        self.interface = replace(
            Interface.of_model(model), input_lanes=1, latency_cycles=9, frame_cycles=8
        )
        self.map = register_map(self.interface, dma=True)
        self.known = DriverFile(interface=self.interface, clock_mhz=100.0, registers=self.map)
        self.values = {r.name: r.reset or 0 for r in self.map.registers}
        self._input, self._output = (
            self.array[window.offset // 4 :][: window.words] for window in self.map.windows
        )
        self._banks = [(self.interface.fingerprint, 0), None]

    def _control(self, data):
        if data == 4:
            self.before = self.before[:0]
            self.set_status(REFUSED=0)
        else:
            super()._control(data)

    def compute(self, x_raw):
        self.before = np.concatenate([self.before, x_raw])
        return self.model.compute(self.before)[-len(x_raw) :]


def test_the_driver_on_a_bus():
    model, x_raw = quantised("gru")
    expected = model.compute(x_raw)
    bus = ContinuousBus(model)
    decoder = BusDecoder(bus, bus.known, allocate=bus.allocate)
    decoder.reset()
    np.testing.assert_array_equal(decoder.infer_raw(x_raw[:3]), expected[:3])
    x = model.input_format.to_real(x_raw)
    np.testing.assert_array_equal(decoder.step(x[3]), model.dequantise_output(expected[3]))
    np.testing.assert_array_equal(decoder.infer_raw(x_raw[4:]), expected[4:])
    for step in steps()[3:5]:
        assert "0 mismatches" in step.run(decoder, Golden(x_raw, expected))
    other = BusModel()
    with pytest.raises(InputError, match="continuous"):
        BusDecoder(other, other.known).reset()
