"""Radial basis functions in hardware."""

import numpy as np
from amaranth import Array, Cat, Module, Mux, Signal
from amaranth.lib.memory import Memory

from build_decoder.hdl.activations.component import activation_component
from build_decoder.hdl.layers.rbf.plan import RbfPlan
from build_decoder.hdl.parts.delayed import delayed
from build_decoder.hdl.parts.read_only_table import read_only_table
from build_decoder.hdl.parts.requantise import Requantiser
from build_decoder.hdl.parts.shift_add import shift_add_product
from build_decoder.hdl.recurrent.columns import Columns
from build_decoder.hdl.stage_component import StageComponent

__all__ = ["COMPONENT", "RbfComponent"]


class RbfComponent(StageComponent):
    """Gaussian units around centres; see :class:`quant.operations.distances.GaussianUnits`.

    Inputs are kept, and read again in each pass, beside the centres of its units. Squares of
    differences are made in LUTs, one a unit and cycle, and summed. Sums of a pass go into registers
    and leave one by one, while the next pass goes on. Of two inputs and two units in two passes,
    with ``s`` squares and ``w`` sums that wait::

        i.payload   3 1 - - - - - - - - - - -
        inputs      - - 3 1 3 1 - - - - - - -
        squares     - - - - s s s s - - - - -
        sums        - - - - - - - w - w - - -
        o.valid     0 0 0 0 0 0 0 0 0 0 1 0 1

    Parameters
    ----------
    plan : RbfPlan
        The layer, and how many of its units there are at once.

    Members
    -------
    i : ``In``, stream of arrays of one input
    o : ``Out``, stream of arrays of one output
    """

    plan: RbfPlan

    def elaborate(self, platform):
        m = Module()
        plan, distances = self.plan, self.plan.layer.units.distances
        take, ends, passes_end = Signal(), Signal(), Signal()
        beat, row = Signal(range(plan.values)), Signal(range(plan.values * len(plan.groups)))
        busy, done = Signal(), Signal()
        there, value = self._inputs(m, beat, take & passes_end)
        centres = self._centres(m, row)
        m.d.comb += [
            ends.eq(beat == plan.values - 1),
            passes_end.eq(row == plan.values * len(plan.groups) - 1),
            take.eq(~(busy & ends) & ((row != 0) | there)),
        ]
        with m.If(take):
            m.d.sync += [
                beat.eq(Mux(ends, 0, beat + 1)), row.eq(Mux(passes_end, 0, row + 1))
            ]
        with m.If(done):
            m.d.sync += busy.eq(0)
        with m.If(take & ends):
            m.d.sync += busy.eq(1)

        # Read; the difference; its square; the sum.
        first = delayed(m, Mux(take, beat == 0, 0), 3, "first", flag=True)
        added = delayed(m, take, 3, "added", flag=True)
        load = delayed(m, take & ends, 4, "load", flag=True)
        of_input, of_centre = distances.shifts
        value, sums = value.shift_left(of_input), []
        for lane, centre in enumerate(centres):
            difference = delayed(m, value - centre.shift_left(of_centre), 1, f"difference_{lane}")
            square = delayed(
                m, shift_add_product(difference, difference), 1, f"square_{lane}"
            )
            total = Signal(distances.span.width - 1, name=f"sum_{lane}", reset_less=True)
            with m.If(added):
                m.d.sync += total.eq(Mux(first, 0, total) + square)
            sums.append(total)
        self._give(m, sums, load, done)
        return m

    def _inputs(self, m: Module, beat, leaves):
        """Inputs come in; whether a frame of them is there, and the one that was addressed a cycle
        ago."""
        plan = self.plan
        m.submodules.inputs = inputs = Columns(
            self.i.payload.shape(), words=plan.values, places=2, turned=False
        )
        space, there, word = Signal(range(3), init=2), Signal(range(3)), Signal(range(plan.values))
        last = word == plan.values - 1
        begun = Signal()
        m.d.comb += [
            begun.eq(inputs.write & (word == 0)),
            self.i.ready.eq((word != 0) | (space != 0)),
            inputs.write.eq(self.i.valid & self.i.ready),
            inputs.write_word.eq(word),
            inputs.ends.eq(last),
            inputs.data.eq(self.i.payload),
            inputs.word.eq(beat),
            inputs.next.eq(leaves),
            inputs.en.eq(1),
        ]
        with m.If(inputs.write):
            m.d.sync += word.eq(Mux(last, 0, word + 1))
        m.d.sync += [
            space.eq(space - begun + leaves),
            there.eq(there + (inputs.write & last) - leaves),
        ]
        return there != 0, inputs.o[0]

    def _centres(self, m: Module, row) -> list:
        """Centres of the units of a pass, that of an input a row, in the cycle after it was
        addressed."""
        plan, centres = self.plan, self.plan.layer.units.distances.centres
        spare = plan.lanes * len(plan.groups) - plan.units
        raw = np.pad(centres.raw, ((0, 0), (0, spare)))
        # (passes, inputs, lanes)
        rows = raw.reshape(plan.values, -1, plan.lanes).transpose(1, 0, 2).reshape(-1, plan.lanes)
        width = centres.format.width
        words = [
            sum((int(value) & ((1 << width) - 1)) << n * width for n, value in enumerate(values))
            for values in rows
        ]
        m.submodules.centres = memory = Memory(
            shape=width * plan.lanes, depth=len(words), init=words
        )
        read = memory.read_port()
        m.d.comb += read.addr.eq(row)
        found = [read.data[n * width : (n + 1) * width] for n in range(plan.lanes)]
        return [each.as_signed() for each in found] if centres.format.signed else found

    def _give(self, m: Module, sums, load, done) -> None:
        """Sums wait, and leave one by one through their scale and the activation."""
        plan, units = self.plan, self.plan.layer.units
        waiting, sends, moves = Signal(), Signal(), Signal()
        index, unit = Signal(range(plan.lanes)), Signal(range(plan.units))
        held = [Signal.like(total, name=f"held_{n}") for n, total in enumerate(sums)]
        last = unit == plan.units - 1
        m.d.comb += [
            moves.eq(~self.o.valid | self.o.ready),
            sends.eq(waiting & moves),
            done.eq(sends & ((index == plan.lanes - 1) | last)),
        ]
        with m.If(sends):
            m.d.sync += [
                index.eq(Mux(done, 0, index + 1)), unit.eq(Mux(last, 0, unit + 1))
            ]
        with m.If(done):
            m.d.sync += waiting.eq(0)
        with m.If(load):
            m.d.sync += [
                waiting.eq(1),
                *(kept.eq(total) for kept, total in zip(held, sums, strict=True)),
            ]

        m.submodules.narrow = narrow = Requantiser(units.narrowing.requantise)
        kind = activation_component(units.activation)
        m.submodules.activation = activation = kind(units.activation)
        scale = read_only_table(units.scales.raw.tolist(), unit)
        selected = Signal.like(held[0], reset_less=True)
        scaled_by = Signal(scale.shape(), reset_less=True)
        product = shift_add_product(selected, scaled_by)
        exact = Signal(product.shape(), reset_less=True)
        flags = Signal(plan.registers)
        with m.If(moves):
            m.d.sync += [
                selected.eq(Array(held)[index]),
                scaled_by.eq(scale),
                exact.eq(product),
                flags.eq(Cat(sends, flags[:-1])),
            ]
        m.d.comb += [
            narrow.i.eq(exact),
            activation.i.eq(narrow.o),
            activation.en.eq(moves),
            self.o.payload[0].eq(activation.o),
            self.o.valid.eq(flags[-1]),
        ]


COMPONENT = RbfComponent
"""What realises the plan beside this module."""
