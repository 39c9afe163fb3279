"""A small decoder of the contract's interface, and a board simulated behind a serial port."""

from types import SimpleNamespace

import numpy as np
from amaranth import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.data import ArrayLayout
from amaranth.lib.wiring import In, Out
from amaranth.sim import Simulator

from build_decoder.boards.shell import Shell
from build_decoder.hdl.shapes import shape_of
from build_decoder.quant.qformat import QFormat

Q3_2, Q6_4 = QFormat(3, 2), QFormat(6, 4)


def sums_model(*, inputs=6, outputs=2, input_format=Q3_2, output_format=Q6_4):
    """Integer "model" whose output k is the sum of all inputs plus k, wrapped to the output."""

    def compute(x_raw):
        y = np.asarray(x_raw).sum(axis=1, keepdims=True) + np.arange(outputs)
        return (y - output_format.min_raw) % (1 << output_format.width) + output_format.min_raw

    return SimpleNamespace(
        name="sums",
        inputs=(SimpleNamespace(name="x", shape=(inputs,), walk=None),),
        nodes=(SimpleNamespace(name="sums", inputs=("x",)),),
        input_count=inputs,
        output_count=outputs,
        input_format=input_format,
        output_format=output_format,
        classes=None,
        continuous=False,
        weight_bits=inputs * outputs * 8,
        fingerprint=lambda: 0xCAFE1234,
        compute=compute,
        quantise_input=input_format.quantise,
        dequantise_output=output_format.to_real,
    )


class SumsDecoder(wiring.Component):
    """`sums_model` in hardware: takes a frame, then offers its outputs one by one."""

    def __init__(self, model, *, lanes=1):
        self.model = model
        self.lanes = lanes
        self.input_beats = -(-model.input_count // lanes)
        self.output_beats = model.output_count
        self.latency_cycles = self.input_beats
        self.frame_cycles = self.input_beats + self.output_beats
        super().__init__(
            {
                "i": In(stream.Signature(ArrayLayout(shape_of(model.input_format), lanes))),
                "o": Out(stream.Signature(ArrayLayout(shape_of(model.output_format), 1))),
            }
        )

    def elaborate(self, platform):
        m = Module()
        total = Signal(shape_of(self.model.output_format))
        beat = Signal(range(self.input_beats + 1))
        sent = Signal(range(self.output_beats + 1))
        m.d.comb += [
            self.i.ready.eq(beat != self.input_beats),
            self.o.valid.eq(beat == self.input_beats),
            self.o.payload[0].eq(total + sent),
        ]
        with m.If(self.i.valid & self.i.ready):
            value = total
            for lane in range(self.lanes):
                # Lanes behind the end of the frame are not to be used.
                used = beat * self.lanes + lane < self.model.input_count
                value = value + (self.i.payload[lane] & used.replicate(64).as_signed())
            m.d.sync += [total.eq(value), beat.eq(beat + 1)]
        with m.If(self.o.valid & self.o.ready):
            m.d.sync += sent.eq(sent + 1)
            with m.If(sent == self.output_beats - 1):
                m.d.sync += [sent.eq(0), beat.eq(0), total.eq(0)]
        return m


class SimulatedPort:
    """Serial port whose other end is a `Shell` in Amaranth's simulator, and its clock.

    ``write`` queues bytes for the line; ``read`` advances the simulation until the bytes are there
    or ``timeout_bytes`` byte times have passed. As a clock it tells the time of the line.
    """

    BAUD = 1_000_000

    def __init__(self, decoder, *, divisor=4, timeout_bytes=60, **shell_options):
        self.shell = Shell(decoder, divisor=divisor, **shell_options)
        self.divisor = divisor
        self.timeout_bytes = timeout_bytes
        self.rejected = 0
        self._to_board, self._from_board = [], bytearray()
        self._cycle = 0
        self._simulator = Simulator(self.shell)
        self._simulator.add_clock(1e-6)
        self._simulator.add_testbench(self._line_to_board, background=True)
        self._simulator.add_testbench(self._line_from_board, background=True)
        self._simulator.add_testbench(self._watch, background=True)
        self._simulator.add_testbench(self._forever)

    @staticmethod
    async def _cycles(ctx, count):
        # Not `tick().repeat(count)`: suspended in there, a testbench cannot be disposed of quietly.
        for _ in range(count):
            await ctx.tick()

    async def _forever(self, ctx):
        while True:
            await ctx.tick()
            self._cycle += 1

    async def _watch(self, ctx):
        while True:
            _, _, rejected = await ctx.tick().sample(self.shell.rejected)
            self.rejected += rejected

    async def _line_to_board(self, ctx):
        while True:
            if not self._to_board:
                await ctx.tick()
                continue
            byte = self._to_board.pop(0)
            for bit in (0, *((byte >> index) & 1 for index in range(8)), 1):
                ctx.set(self.shell.rx, bit)
                await self._cycles(ctx, self.divisor)

    async def _line_from_board(self, ctx):
        while True:
            while ctx.get(self.shell.tx):
                await ctx.tick()
            await self._cycles(ctx, self.divisor // 2)
            bits = []
            for _ in range(9):
                await self._cycles(ctx, self.divisor)
                bits.append(ctx.get(self.shell.tx))
            assert bits[8] == 1, "stop bit is low"
            self._from_board.append(sum(bit << index for index, bit in enumerate(bits[:8])))

    def run(self, byte_times):
        """Advance by that many byte times."""
        end = self._cycle + byte_times * 10 * self.divisor
        while self._cycle < end:
            self._simulator.advance()

    @property
    def waiting(self):
        """Bytes that are still to go to the board."""
        return len(self._to_board)

    def monotonic(self):
        return self._cycle / (self.BAUD * self.divisor)

    def sleep(self, seconds):
        self.run(int(seconds * self.BAUD / 10) + 1)

    def write(self, data):
        self._to_board.extend(data)

    def read(self, count):
        end = self._cycle + self.timeout_bytes * 10 * self.divisor
        while len(self._from_board) < count and self._cycle < end:
            self._simulator.advance()
        data, self._from_board = self._from_board[:count], self._from_board[count:]
        return bytes(data)

    def reset_input_buffer(self):
        self._from_board.clear()
