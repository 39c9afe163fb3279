"""A small stream component for the tests of the test benches, with faults on demand."""

import enum
from dataclasses import dataclass

import numpy as np
from amaranth import Module, Mux, Shape, Signal, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.planning.interface import Interface
from build_decoder.quant.qformat import QFormat

__all__ = ["Fault", "FrameSum", "FrameSumComponent"]


class Fault(enum.IntEnum):
    """What a frame whose first element has this value does wrong."""

    NONE = 0
    WRONG = 1  # an output is off by one
    DROPPED = 2  # the last output does not come
    DUPLICATED = 3  # the last output comes twice
    CHANGING = 4  # the payload changes while it is not taken
    WITHDRAWN = 5  # valid falls while it is not taken
    HANGING = 6  # no output, for ever


@dataclass(frozen=True)
class FrameSum:
    """``o[n] = sum(i) + n`` for ``n`` up to ``outputs - 1``: of each frame of ``count`` elements.

    A frame is taken in before its outputs begin; the next one is taken after its last.
    """

    count: int
    lanes: int
    width: int
    outputs: int

    @property
    def beats(self) -> int:
        return -(-self.count // self.lanes)

    @property
    def output_width(self) -> int:
        return self.width + self.count.bit_length() + self.outputs.bit_length()

    @property
    def latency_cycles(self) -> int:
        return self.beats + self.outputs - 1

    @property
    def frame_cycles(self) -> int:
        return self.beats + self.outputs

    @property
    def interface(self) -> Interface:
        return Interface(
            input_lanes=self.lanes,
            name="frame_sum",
            fingerprint=0,
            input_count=self.count,
            input_format=QFormat(self.width, 0),
            output_count=self.outputs,
            output_format=QFormat(self.output_width, 0),
            latency_cycles=self.latency_cycles,
            frame_cycles=self.frame_cycles,
        )

    def compute(self, x: np.ndarray) -> np.ndarray:
        """Outputs (frames, outputs) of elements (frames, count)."""
        return x.sum(axis=1, keepdims=True) + np.arange(self.outputs)

    def elements(
        self, frames: int, *, seed: int, faults: dict[int, Fault] | None = None
    ) -> np.ndarray:
        """Random elements (frames, count), with faults in some frames."""
        limit = 1 << (self.width - 1)
        x = np.random.default_rng(seed).integers(-limit, limit, (frames, self.count))
        x[:, 0] = Fault.NONE
        for frame, fault in (faults or {}).items():
            x[frame, 0] = fault
        return x


class FrameSumComponent(wiring.Component):
    """Hardware of a :class:`FrameSum`."""

    def __init__(self, parameters: FrameSum):
        self.parameters = p = parameters
        self.interface = p.interface
        elements = data.ArrayLayout(signed(p.width), p.lanes)
        values = data.ArrayLayout(Shape(p.output_width, signed=True), 1)
        super().__init__({"i": In(stream.Signature(elements)), "o": Out(stream.Signature(values))})

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        beat = Signal(range(p.beats))
        output = Signal(range(p.outputs + 1))
        total = Signal(signed(p.output_width))
        fault = Signal(Fault)
        stalled = Signal()
        busy = Signal()

        terms = 0
        for lane in range(p.lanes):
            used = lane < p.count - (p.beats - 1) * p.lanes
            element = self.i.payload[lane]
            terms = terms + (element if used else Mux(beat == p.beats - 1, 0, element))
        shown = total + Mux(output < p.outputs, output, p.outputs - 1)
        last = p.outputs - 1 + (fault == Fault.DUPLICATED) - (fault == Fault.DROPPED)
        m.d.comb += [
            self.i.ready.eq(~busy),
            self.o.valid.eq(
                busy & (fault != Fault.HANGING) & ~((fault == Fault.WITHDRAWN) & stalled)
            ),
            self.o.payload[0].eq(
                shown + ((fault == Fault.WRONG) & (output == 0))
                + ((fault == Fault.CHANGING) & ~self.o.ready)
            ),
        ]
        m.d.sync += stalled.eq(self.o.valid & ~self.o.ready)
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += [total.eq(Mux(beat == 0, 0, total) + terms), beat.eq(beat + 1)]
            with m.If(beat == 0):
                m.d.sync += fault.eq(self.i.payload[0])
            with m.If(beat == p.beats - 1):
                m.d.sync += [beat.eq(0), busy.eq(1)]
        with m.If(self.o.valid & self.o.ready):
            m.d.sync += output.eq(output + 1)
            with m.If(output == last):
                m.d.sync += [output.eq(0), busy.eq(0)]
        return m
