"""Attention over time steps in hardware."""

from typing import NamedTuple

import numpy as np
from amaranth import Cat, Module, Mux, Shape, Signal, Value
from amaranth.lib import wiring

from build_decoder.hdl.activations.component import activation_component
from build_decoder.hdl.parts.adder_tree import registered_tree
from build_decoder.hdl.parts.group_division import GroupDivision
from build_decoder.hdl.parts.mac_unit import MacUnit
from build_decoder.hdl.parts.neurons import stored_weights
from build_decoder.hdl.parts.requantise import Requantiser
from build_decoder.hdl.parts.row_memory import RowMemory
from build_decoder.hdl.parts.stored_bias import stored_bias
from build_decoder.hdl.parts.weight_memory import WeightMemory
from build_decoder.hdl.parts.writable_weight_memory import WritableWeightMemory
from build_decoder.hdl.shapes import shape_of
from build_decoder.hdl.stage_component import StageComponent
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.requantise import Requantise
from build_decoder.quant.rounding import Rounding

__all__ = ["COMPONENT", "AttentionComponent", "Entering", "Operands"]


class Entering(NamedTuple):
    """Whether a transfer is taken, its row, its step, and whether it is the last row."""

    take: Value
    row: Value
    step: Value
    last_row: Value


class Operands(NamedTuple):
    """What a lane multiplies: with ``load``, the power if ``waiting`` and else a weight are taken
    for the products behind it; the value of these is the one that is kept, ``again``, if
    ``weighting``, and else the one that enters."""

    load: Value
    waiting: Value
    power: Value
    weight: Value
    weighting: Value
    again: Value
    entering: Value


class AttentionComponent(StageComponent):
    """``o[c] = sum over t of p[t] * i[t, c] / sum over t of p[t]``, with the power ``p[t]`` of the
    score of step ``t``; see :class:`quant.operations.attend.Attend`.

    Values of a step are multiplied with the weights of scores as they come, and kept. When the
    step's power is there, the same multipliers make products of the values with it, for a sum a
    channel in a memory; the next step waits for that. The last step's sums go into another memory,
    from which dividers take them group by group, while the next frame comes in.

    Values are moved up by the least value of their format, which turns one bit, so that sums are
    not negative; quotients are moved down again. Weights that are written at run time multiply
    values as they are.

    A step of ``g`` transfers takes ``2 g + 4`` cycles, where powers take 2. From the last value to
    the last mean it is ``g + 8`` cycles and ``g (q + 1)`` for quotients of ``q`` bits. Several
    channels a cycle add the levels of an adder tree to both, and what the last group sends behind
    its first transfer. Frames follow each other without a gap, unless all steps but the last take
    less time than the division.

    Of two channels and two steps with powers 1 and 3, and quotients of 4 bits: means of 22 / 4,
    which is rounded up, and 16 / 4. With ``x`` the values are multiplied with weights, and with
    ``p`` with powers; ``d`` are bits of quotients::

        i.payload   4 1 - - - - - - 6 5 - - - - - - - - - - - - - - - - - - - -
        i.ready     1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0 1 1 1 1 1 1 1 1 1 1 1 1 1 1
        product of  x x - - - - p p x x - - - - p p - - - - - - - - - - - - - -
        dividing    - - - - - - - - - - - - - - - - - - d d d d - d d d d - - -
        o.valid     0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1 0 0 0 0 1
        o.payload   - - - - - - - - - - - - - - - - - - - - - - - - 6 - - - - 4

    Parameters
    ----------
    plan : AttentionPlan
        The attention, how it is folded, and what follows from that.

    Members
    -------
    i : ``In``, stream of arrays of channels of a step
    o : ``Out``, stream of arrays of ``lanes`` means
    memory_weight, memory_bias : ``In``, ports of the memories, if it is reloadable

    Attributes
    ----------
    DIVISION : type of GroupDivision
        Hardware of the division; of the class.
    """

    DIVISION: type[GroupDivision] = GroupDivision

    def elaborate(self, platform):
        m = Module()
        plan, attend, groups = self.plan, self.plan.layer.attend, self.plan.groups
        inputs = plan.folding.inputs_per_cycle
        m.submodules.weights = weights = self._weights(m)
        m.submodules.kept = kept = RowMemory(groups, inputs * self._kept_bits)
        m.submodules.division = division = self.DIVISION(plan.quotients)

        row, next_row = Signal(range(groups)), Signal(range(groups))
        step = Signal(range(attend.steps))
        left = Signal(range(plan.power_latency), init=plan.power_latency - 1)
        waiting, weighting, take = Signal(), Signal(), Signal()
        last_row, last_step = row == groups - 1, step == attend.steps - 1
        weighted = weighting & last_row
        entering, values = self._entering(m, Entering(take, row, step, last_row), division)
        m.d.comb += [
            self.i.ready.eq(weights.ready & ~waiting & ~weighting),
            take.eq(self.i.valid & self.i.ready),
            next_row.eq(Mux(take | weighting, Mux(last_row, 0, row + 1), row)),
            weights.advance.eq((entering.take & ~entering.last_row) | weighted),
            kept.write.eq(entering.take),
            kept.row.eq(entering.row),
            kept.next_row.eq(next_row),
            kept.data.eq(Cat(values)),
            division.reserve.eq(waiting & (left == 0) & last_step & division.free),
        ]
        m.d.sync += row.eq(next_row)
        with m.If(take & last_row):
            m.d.sync += waiting.eq(1)
        with m.If(waiting):
            with m.If(left != 0):
                m.d.sync += left.eq(left - 1)
            with m.Elif(~last_step | division.free):
                m.d.sync += [
                    left.eq(left.init), waiting.eq(0), weighting.eq(1)
                ]
        with m.If(weighted):
            m.d.sync += [weighting.eq(0), step.eq(Mux(last_step, 0, step + 1))]

        power = Signal(shape_of(attend.power.output))
        products = []
        units = plan.multipliers.units(inputs, 1)
        for kind, k, _ in units:
            load, width = weights.load | waiting, self._kept_bits
            again = kept.read[k * width : (k + 1) * width]
            operands = Operands(
                load, waiting, power, weights.weights[k][0], weighting, again, values[k]
            )
            products.append(self._product(m, kind, k, operands))
        self._score(m, products, entering, weighted, power)
        self._sum(m, products, Cat(weighting, step == 0, last_step, row), power, division)

        m.d.comb += [
            division.o.ready.eq(self.o.ready),
            self.o.valid.eq(division.o.valid),
            self.o.payload.eq(division.o.payload),
        ]
        return m

    @property
    def _kept_bits(self) -> int:
        """Bits of a value that is kept."""
        return self.plan.layer.attend.input.width

    def _entering(
        self, m: Module, entering: Entering, division: GroupDivision
    ) -> tuple[Entering, list[Value]]:
        """Where a transfer that is taken enters multipliers, and its values as they are kept."""
        return entering, [_moved(value) for value in self.i.payload]

    def _product(self, m: Module, kind, k: int, operands: Operands) -> Value:
        """The product of a lane."""
        m.submodules[f"unit_{k}"] = unit = MacUnit(kind, self.plan.scores)
        o = operands
        m.d.comb += [
            unit.load.eq(o.load),
            unit.weights[0].eq(Mux(o.waiting, o.power, o.weight)),
            unit.x.eq(Mux(o.weighting, o.again, self._scored(self.i.payload[k]))),
        ]
        return unit.sums[0]

    def _score(self, m: Module, products, entering: Entering, advance, power) -> None:
        """The power of a step's score, which stays until the next step's products."""
        plan, attend = self.plan, self.plan.layer.attend
        biased = attend.biased_sum
        total = registered_tree(m, products, "score")
        beat = Cat(entering.take, entering.row == 0)
        for stage in range(plan.score_latency):
            after = Signal(2, name=f"beat_{stage}")
            m.d.sync += after.eq(beat)
            beat = after
        # Values were moved up, and weights bring that into the sum.
        moved = attend.input.min_raw * int(attend.weights.raw.sum())
        start = biased.rounding_constant + (0 if plan.reloadable else moved)
        score = Signal(Shape(biased.exact_width, signed=True))
        with m.If(beat[0]):
            m.d.sync += score.eq(Mux(beat[1], start, score) + total)

        captured = QFormat(biased.exact_width - biased.fraction, attend.accumulator.fraction)
        narrowing = Requantise(captured, attend.accumulator, Rounding.FLOOR)
        m.submodules.accumulator = accumulator = Requantiser(narrowing)
        m.submodules.sum = narrowed = Requantiser(biased.sum_narrowing)
        m.submodules.power = activation = activation_component(attend.power)(attend.power)
        shift = biased.biased.fraction - attend.accumulator.fraction
        m.d.comb += [
            accumulator.i.eq(score >> biased.dropped),
            narrowed.i.eq(accumulator.o.shift_left(shift) + self._bias(m, advance)),
            activation.i.eq(narrowed.o),
            activation.en.eq(1),
            power.eq(activation.o),
        ]

    def _bias(self, m: Module, advance):
        """The stored bias of a step, the next one's after ``advance``."""
        biased = self.plan.layer.attend.biased_sum
        if self.plan.reloadable:
            return stored_bias(biased, [self._written_bias(m, advance)])
        stored = biased.stored_biases
        shape = Shape.cast(range(min(0, int(stored.min())), max(0, int(stored.max())) + 1))
        m.submodules.biases = biases = WeightMemory(shape=shape, rows=stored.reshape(-1, 1, 1))
        m.d.comb += biases.advance.eq(advance)
        if len(stored) == 1:
            return biases.weights[0][0]
        bias = Signal(shape)
        with m.If(biases.load):
            m.d.sync += bias.eq(biases.weights[0][0])
        return bias

    def _written_bias(self, m: Module, advance):
        """The same of the memory, as it is."""
        plan, biases = self.plan, self.plan.layer.attend.biases
        m.submodules.biases = memory = WritableWeightMemory(
            shape=shape_of(biases.format),
            layout=(1, 1),
            memory=plan.memories[1],
            rows=plan.bias_bits(plan.layer),
        )
        wiring.connect(m, wiring.flipped(self.memory_bias), memory.memory)
        bias = Signal(shape_of(biases.format))
        m.d.comb += memory.advance.eq(advance)
        with m.If(memory.load):
            m.d.sync += bias.eq(memory.weights[0][0])
        return bias

    def _weights(self, m: Module) -> WeightMemory | WritableWeightMemory:
        """Weights of scores. A single row of constants is there twice, so that it is loaded
        again."""
        scores = self.plan.scores
        if self.plan.reloadable:
            memory = stored_weights(scores)
            wiring.connect(m, wiring.flipped(self.memory_weight), memory.memory)
            return memory
        rows = scores.weight_rows
        if len(rows) == 1:
            rows = np.repeat(rows, 2, axis=0)
        return WeightMemory(shape=shape_of(scores.parameters.weight), rows=rows)

    def _scored(self, value):
        """A value as its weight multiplies it."""
        return value if self.plan.reloadable else _moved(value)

    def _sum(self, m: Module, products, beat, power, division) -> None:
        """Sums of products with powers, and of these, and where they go."""
        plan = self.plan
        width, groups = plan.weighted_width, plan.groups
        m.submodules.sums = sums = RowMemory(groups, width * len(products))
        weighting, first, last, row = beat[0], beat[1], beat[2], beat[3:]
        total = Signal(plan.total_width)
        added = Signal(plan.total_width)
        m.d.comb += added.eq(Mux(first, 0, total) + power)
        with m.If(weighting & (row == 0)):
            m.d.sync += total.eq(added)

        after = Signal(len(beat))
        m.d.sync += after.eq(beat)
        adds, begins, ends, at = after[0], after[1], after[2], after[3:]
        data = Cat(
            (Mux(begins, 0, sums.read[k * width : (k + 1) * width]) + product)[:width]
            for k, product in enumerate(products)
        )
        m.d.comb += [
            sums.write.eq(adds),
            sums.row.eq(at),
            sums.next_row.eq(row),
            sums.data.eq(data),
            division.write.eq(adds & ends),
            division.row.eq(at),
            division.numerators.eq(data),
            division.load.eq(weighting & (row == 0) & last),
            division.next_denominator.eq(added),
        ]


def _moved(value):
    """A value as what it is above the least one of its format."""
    return Cat(value[:-1], ~value[-1]) if value.shape().signed else value


COMPONENT = AttentionComponent
"""What realises the plan beside this module."""
