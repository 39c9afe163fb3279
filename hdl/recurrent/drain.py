"""Drain of a step's sums: those of the first part wait for those of the second one."""

from collections.abc import Mapping
from types import MappingProxyType

from amaranth import Array, Cat, Module, Mux, Shape, Signal
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Member, Out

from build_decoder.hdl.families import DEFAULT, family_of
from build_decoder.hdl.parts.native import native_part
from build_decoder.hdl.recurrent.plan import RecurrentPlan

__all__ = ["StepDrain"]


class StepDrain(wiring.Component):
    """Captures the sums of each pass with ``load``, and sends them on, ``lanes`` a cycle.

    Those of a step's first part go into a memory. Each group of the second part comes out, with
    ``valid``, in the cycle after it left, beside that of the first part. After the last one of a
    unit, none leaves for some cycles, if the plan says so.

    Parameters
    ----------
    plan : RecurrentPlan
        The layer, and how it is folded.
    more
        Further members.

    Members
    -------
    load : ``In``, 1
    sums : ``In``, array of exact sums of a pass
    done : ``Out``, 1
        Whether the last sums of a pass leave.
    begins : ``Out``, 1
        Whether the first sums of a step's second part are to leave.
    sent : ``Out``, 1
        Whether outputs of the step are given.
    hold : ``In``, 1
        Keeps sums from leaving.
    valid : ``Out``, 1
    row : ``Out``
        Number of the unit; of single sums, that of its sum in the bits below.
    starts : ``Out``, 1
        Whether it is a frame's first step or, in continuous mode, the first one after a reset.
    of_input, of_state : ``Out``, array of ``lanes`` exact sums
    """

    def __init__(self, plan: RecurrentPlan, more: Mapping[str, Member] = MappingProxyType({})):
        self.plan, sums = plan, plan.sums
        exact = Shape(sums.parameters.exact.width, signed=True)
        lanes = data.ArrayLayout(exact, sums.lanes)
        super().__init__(
            {
                "load": In(1),
                "sums": In(data.ArrayLayout(exact, sums.neurons)),
                "done": Out(1),
                "begins": Out(1),
                "sent": Out(1),
                "hold": In(1),
                "valid": Out(1),
                "row": Out(plan.row_bits),
                "starts": Out(1),
                "of_input": Out(lanes),
                "of_state": Out(lanes),
                **more,
            }
        )

    def elaborate(self, platform):
        m = Module()
        plan, sums = self.plan, self.plan.sums
        draining, part = Signal(), Signal()
        leaving, unit_last = Signal(), Signal()
        may_leave = draining & ~self._resting(m, leaving & part & unit_last)
        index = Signal(range(sums.groups_in_pass))
        unit = Signal(range(plan.units))
        step = Signal(1 if plan.continuous else range(plan.layer.steps))
        row, first = Signal.like(self.row), Signal()
        m.d.comb += [row.eq(unit), first.eq(unit == 0), unit_last.eq(1)]
        if sums.lanes == 1:
            gate = Signal(range(plan.gates))
            m.d.comb += [
                row.eq(Cat(gate, unit)),
                first.eq((unit == 0) & (gate == 0)),
                unit_last.eq(gate == plan.gates - 1),
            ]
            with m.If(leaving):
                m.d.sync += gate.eq(Mux(unit_last, 0, gate + 1))
        last_unit = unit == plan.units - 1
        ends, last_step = last_unit & unit_last, step == plan.layer.steps - 1
        # In continuous mode, outputs of each step are given, and no other step is a first one.
        every, next_step = plan.layer.sequences, Mux(last_step, 0, step + 1)
        if plan.continuous:
            every, next_step = True, 1
        m.d.comb += [
            self.begins.eq(may_leave & part & first),
            self.sent.eq(1 if every else last_step),
            leaving.eq(may_leave & ~self.hold),
            self.done.eq(leaving & ((index == sums.groups_in_pass - 1) | ends)),
        ]
        m.d.sync += [
            self.valid.eq(leaving & part),
            self.row.eq(row),
            self.starts.eq(step == 0),
        ]
        with m.If(leaving):
            m.d.sync += index.eq(Mux(self.done, 0, index + 1))
            with m.If(unit_last):
                m.d.sync += unit.eq(Mux(last_unit, 0, unit + 1))
            with m.If(ends):
                m.d.sync += part.eq(~part)
                with m.If(part):
                    m.d.sync += step.eq(next_step)
        ports = (self.of_state, self.of_input)
        if not sums.state_first:
            ports = ports[::-1]
        self._leave(m, platform, draining, index, (leaving & ~part, row), ports)
        return m

    def _leave(self, m: Module, platform, draining, index, first, ports) -> None:
        """Sums that came with ``load`` leave as the two ``ports``, those of the first part from the
        memory into which they are written with ``first``, whether it is one and its row."""
        held = Signal.like(self.sums)
        with m.If(self.done):
            m.d.sync += draining.eq(0)
        with m.If(self.load):
            m.d.sync += [draining.eq(1), held.eq(self.sums)]
        selected = self._selected(m, platform, held.as_value(), index)
        waited = self._waited(m, platform, *first, selected)
        second = Signal(len(selected), reset_less=True)
        m.d.sync += second.eq(selected)
        for port, value in zip(ports, (waited, second), strict=True):
            m.d.comb += port.as_value().eq(value)

    def _resting(self, m: Module, whole):
        """Whether a unit's last sums have left, with ``whole``, a short time ago."""
        rests = self.plan.rests
        if not rests:
            return 0
        left = Signal(range(rests + 1))
        with m.If(left != 0):
            m.d.sync += left.eq(left - 1)
        with m.If(whole):
            m.d.sync += left.eq(rests)
        return left != 0

    def _selected(self, m: Module, platform, held, index):
        """The group that leaves."""
        plan = self.plan.sums
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
        rows, width = 1 << len(row), len(selected)
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
