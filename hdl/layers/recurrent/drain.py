"""Drain of a step's sums: those of the first part wait for those of the second one."""

from amaranth import Array, Cat, Module, Mux, Shape, Signal
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.families import DEFAULT, family_of
from build_decoder.hdl.layers.recurrent.step_sums import StepSums
from build_decoder.hdl.parts.native import native_part

__all__ = ["StepDrain"]


class StepDrain(wiring.Component):
    """Captures the sums of each pass with ``load``, and sends them on, ``lanes`` a cycle.

    Those of a step's first part go into a memory. Each group of the second part comes out, with
    ``valid``, in the cycle after it left, beside that of the first part.

    Members
    -------
    load : ``In``, 1
    sums : ``In``, array of exact sums of a pass
    done : ``Out``, 1
        Whether the last sums of a pass leave.
    begins : ``Out``, 1
        Whether the first sums of a step's second part are to leave.
    hold : ``In``, 1
        Keeps sums from leaving.
    valid : ``Out``, 1
    of_input, of_state : ``Out``, array of ``lanes`` exact sums
    """

    def __init__(self, sums: StepSums):
        self.plan = sums
        exact = Shape(sums.parameters.exact.width, signed=True)
        lanes = data.ArrayLayout(exact, sums.lanes)
        super().__init__(
            {
                "load": In(1),
                "sums": In(data.ArrayLayout(exact, sums.neurons)),
                "done": Out(1),
                "begins": Out(1),
                "hold": In(1),
                "valid": Out(1),
                "of_input": Out(lanes),
                "of_state": Out(lanes),
            }
        )

    def elaborate(self, platform):
        m = Module()
        plan, rows = self.plan, self.plan.groups_in_frame
        draining, leaving, part = Signal(), Signal(), Signal()
        row = Signal(range(rows))
        index = Signal(range(plan.groups_in_pass))
        row_last = row == rows - 1
        m.d.comb += [
            self.begins.eq(draining & part & (row == 0)),
            leaving.eq(draining & ~self.hold),
            self.done.eq(leaving & ((index == plan.groups_in_pass - 1) | row_last)),
        ]
        m.d.sync += self.valid.eq(leaving & part)
        with m.If(leaving):
            m.d.sync += [
                row.eq(Mux(row_last, 0, row + 1)),
                index.eq(Mux(self.done, 0, index + 1)),
                part.eq(part ^ row_last),
            ]
        held = Signal.like(self.sums)
        with m.If(self.done):
            m.d.sync += draining.eq(0)
        with m.If(self.load):
            m.d.sync += [draining.eq(1), held.eq(self.sums)]

        selected = self._selected(m, platform, held.as_value(), index)
        waited = self._waited(m, platform, leaving & ~part, row, selected)
        second = Signal(len(selected), reset_less=True)
        m.d.sync += second.eq(selected)
        parts = (self.of_input, self.of_state) if plan.state_first else (
            self.of_state, self.of_input
        )
        m.d.comb += [port.as_value().eq(value) for port, value in zip(parts, (second, waited),
                                                                      strict=True)]
        return m

    def _selected(self, m: Module, platform, held, index):
        """The group that leaves."""
        plan = self.plan
        width = plan.lanes * plan.parameters.exact.width
        # What fills up the last group is never looked at.
        padded = Cat(held, held[:width])
        words = [padded[width * n : width * (n + 1)] for n in range(plan.groups_in_pass)]
        if len(words) == 1:
            return words[0]
        multiplexer = native_part(platform, "multiplexer")
        if multiplexer is None:
            return Array(words)[index]
        return multiplexer(m, words, index)

    def _waited(self, m: Module, platform, write_enable, row, selected):
        """Sums of the first part, in the cycle after their row was addressed."""
        rows, width = self.plan.groups_in_frame, len(selected)
        in_blocks = (family_of(platform) or DEFAULT).memory.ram_blocks(rows, width)
        m.submodules.first = memory = Memory(
            shape=width, depth=rows, init=[], attrs={"ram_style": "block"} if in_blocks else {}
        )
        write, read = memory.write_port(), memory.read_port()
        m.d.comb += [
            write.en.eq(write_enable),
            write.addr.eq(row),
            write.data.eq(selected),
            read.addr.eq(row),
        ]
        return read.data
