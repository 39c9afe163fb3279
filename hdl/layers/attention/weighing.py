"""Time steps that are weighed: the hardware that forms of attention have in common."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from amaranth import Cat, Const, Module, Mux, Shape, Signal, Value

from build_decoder.hdl.activations.component import activation_component
from build_decoder.hdl.parts.adder_tree import registered_tree
from build_decoder.hdl.parts.mac_unit import MacUnit
from build_decoder.hdl.parts.requantise import Requantiser
from build_decoder.hdl.parts.row_memory import RowMemory
from build_decoder.hdl.parts.weight_memory import WeightMemory
from build_decoder.hdl.parts.writable_weight_memory import WritableWeightMemory
from build_decoder.hdl.shapes import shape_of
from build_decoder.hdl.stage_component import StageComponent
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.requantise import Requantise
from build_decoder.quant.rounding import Rounding

__all__ = ["Ending", "Entering", "Operands", "Weighed", "WeighingComponent"]


class Entering(NamedTuple):
    """Whether a transfer is taken, its row, its step, and whether it is the last row."""

    take: Value
    row: Value
    step: Value
    last_row: Value


class Operands(NamedTuple):
    """What a lane multiplies: with ``load``, the power if ``waiting`` and else a weight are taken
    for the products behind it; the value of these is what is ``weighed``, if ``weighting``, and
    else the one that enters, ``scored`` as it comes or, where it enters later, ``kept``."""

    load: Value
    waiting: Value
    power: Value
    weight: Value
    weighting: Value
    weighed: Value
    scored: Value
    kept: Value


@dataclass(frozen=True)
class Weighed:
    """A step's products with its power, row by row, and in the cycle after a row its sums.

    Parameters
    ----------
    weighs, first, last
        Whether there is a row in this cycle; whether it is of a frame's first, or last, step.
    row
        Which one.
    power
        The step's power.
    done, row_done
        Whether sums of a last step are there, and of which row.
    sums
        They, side by side.
    """

    weighs: Value
    first: Value
    last: Value
    row: Value
    power: Value
    done: Value
    row_done: Value
    sums: Value


class Ending(Protocol):
    """What sums of a frame's last step go into.

    Attributes
    ----------
    start : int
        What sums start from.
    free : Value
        Whether a last step may be weighed.
    moves : Value
        Whether a row of it may, in this cycle.
    stays : Value
        Whether a row of it stays for one more cycle, though it may.
    """

    start: int
    free: Value
    moves: Value
    stays: Value

    def take(self, m: Module, reserve: Value, weighed: Weighed) -> None:
        """Take the sums. ``reserve`` is there a cycle before the last step's first row."""


class WeighingComponent(StageComponent):
    """Values of a step are multiplied with the weights of scores as they come, and kept. When the
    step's power is there, the same multipliers make products of the values with it, for a sum a
    channel in a memory; the next step waits for that.
    """

    def ending(self, m: Module) -> Ending:
        """What takes the sums of a frame's last step."""
        raise NotImplementedError

    def kept(self, value: Value) -> Value:
        """A value as it is kept."""
        raise NotImplementedError

    def scored(self, value: Value) -> Value:
        """A value as weights multiply it."""
        raise NotImplementedError

    def weighed(self, kept: Value, row: Value, lane: int) -> Value:
        """What powers multiply in a lane of a row, of the value that is kept there."""
        raise NotImplementedError

    @property
    def kept_bits(self) -> int:
        """Bits of a value as it is kept."""
        return self.plan.layer.attend.input.width

    def entered(
        self, m: Module, entering: Entering, ending: Ending
    ) -> tuple[Entering, list[Value]]:
        """Where a transfer that is taken enters multipliers, and its values as they are kept."""
        return entering, [self.kept(value) for value in self.i.payload]

    def product(self, m: Module, kind, k: int, operands: Operands) -> Value:
        """The product of lane ``k``, by a unit of a ``kind``."""
        m.submodules[f"unit_{k}"] = unit = MacUnit(kind, self.plan.scores)
        o = operands
        m.d.comb += [
            unit.load.eq(o.load),
            unit.weights[0].eq(Mux(o.waiting, o.power, o.weight)),
            unit.x.eq(Mux(o.weighting, o.weighed, o.scored)),
        ]
        return unit.sums[0]

    def elaborate(self, platform):
        m = Module()
        plan, attend = self.plan, self.plan.layer.attend
        inputs, groups, rows = plan.folding.inputs_per_cycle, plan.groups, plan.rows
        m.submodules.weights = weights = self.weights(m)
        m.submodules.kept = kept = RowMemory(groups, inputs * self.kept_bits)
        ending = self.ending(m)

        row, next_row = Signal(range(rows)), Signal(range(rows))
        step = Signal(range(attend.steps))
        left = Signal(range(plan.power_latency), init=plan.power_latency - 1)
        waiting, weighting, take = Signal(), Signal(), Signal()
        last_taken, last_row, last_step = (
            row == groups - 1, row == rows - 1, step == attend.steps - 1
        )
        weighs, passes = Signal(), Signal()
        weighted, reserve = passes & last_row, Signal()
        entering, values = self.entered(m, Entering(take, row, step, last_taken), ending)
        m.d.comb += [
            self.i.ready.eq(weights.ready & ~waiting & ~weighting),
            take.eq(self.i.valid & self.i.ready),
            weighs.eq(weighting & (~last_step | ending.moves)),
            passes.eq(weighs & ~(last_step & ending.stays)),
            next_row.eq(row),
            weights.advance.eq((entering.take & ~entering.last_row) | weighted),
            kept.write.eq(entering.take),
            kept.row.eq(entering.row),
            kept.next_row.eq(next_row),
            kept.data.eq(Cat(values)),
            reserve.eq(waiting & (left == 0) & last_step & ending.free),
        ]
        with m.If(take):
            m.d.comb += next_row.eq(Mux(last_taken, 0, row + 1))
        with m.If(passes):
            m.d.comb += next_row.eq(Mux(last_row, 0, row + 1))
        m.d.sync += row.eq(next_row)
        with m.If(take & last_taken):
            m.d.sync += waiting.eq(1)
        with m.If(waiting):
            with m.If(left != 0):
                m.d.sync += left.eq(left - 1)
            with m.Elif(~last_step | ending.free):
                m.d.sync += [
                    left.eq(left.init), waiting.eq(0), weighting.eq(1)
                ]
        with m.If(weighted):
            m.d.sync += [weighting.eq(0), step.eq(Mux(last_step, 0, step + 1))]

        power = Signal(shape_of(attend.power.output))
        products = []
        width = self.kept_bits
        for kind, k, _ in plan.multipliers.units(inputs, 1):
            operands = Operands(
                load=weights.load | waiting,
                waiting=waiting,
                power=power,
                weight=weights.weights[k][0],
                weighting=weighting,
                weighed=self.weighed(kept.read[k * width : (k + 1) * width], row, k),
                scored=self.scored(self.i.payload[k]),
                kept=values[k],
            )
            products.append(self.product(m, kind, k, operands))
        self.score(m, products, entering, weighted, power)
        beat = weighs, step == 0, last_step, row
        ending.take(m, reserve, self._sum(m, products, beat, power, ending.start))
        return m

    @property
    def score_start(self) -> int:
        """What a score's exact sum starts from."""
        return self.plan.layer.attend.biased_sum.rounding_constant

    def score(self, m: Module, products, entering: Entering, advance, power) -> None:
        """The power of a step's score, which stays until the next step's products."""
        plan, attend = self.plan, self.plan.layer.attend
        biased = attend.biased_sum
        total = registered_tree(m, products, "score")
        beat = Cat(entering.take, entering.row == 0)
        for stage in range(plan.score_latency):
            after = Signal(2, name=f"beat_{stage}")
            m.d.sync += after.eq(beat)
            beat = after
        score = Signal(Shape(biased.exact_width, signed=True))
        with m.If(beat[0]):
            m.d.sync += score.eq(Mux(beat[1], self.score_start, score) + total)

        captured = QFormat(biased.exact_width - biased.fraction, attend.accumulator.fraction)
        narrowing = Requantise(captured, attend.accumulator, Rounding.FLOOR)
        m.submodules.accumulator = accumulator = Requantiser(narrowing)
        m.submodules.sum = narrowed = Requantiser(biased.sum_narrowing)
        m.submodules.power = activation = activation_component(attend.power)(attend.power)
        shift = biased.biased.fraction - attend.accumulator.fraction
        m.d.comb += [
            accumulator.i.eq(score >> biased.dropped),
            narrowed.i.eq(accumulator.o.shift_left(shift) + self.bias(m, advance)),
            activation.i.eq(narrowed.o),
            activation.en.eq(1),
            power.eq(activation.o),
        ]

    def bias(self, m: Module, advance):
        """The stored bias of a step, the next one's after ``advance``."""
        stored = self.plan.layer.attend.biased_sum.stored_biases
        shape = Shape.cast(range(min(0, int(stored.min())), max(0, int(stored.max())) + 1))
        m.submodules.biases = biases = WeightMemory(shape=shape, rows=stored.reshape(-1, 1, 1))
        m.d.comb += biases.advance.eq(advance)
        if len(stored) == 1:
            return biases.weights[0][0]
        bias = Signal(shape)
        with m.If(biases.load):
            m.d.sync += bias.eq(biases.weights[0][0])
        return bias

    def weights(self, m: Module) -> WeightMemory | WritableWeightMemory:
        """Weights of scores. A single row of constants is there twice, so that it is loaded
        again."""
        scores = self.plan.scores
        rows = scores.weight_rows
        if len(rows) == 1:
            rows = np.repeat(rows, 2, axis=0)
        return WeightMemory(shape=shape_of(scores.parameters.weight), rows=rows)

    def _sum(self, m: Module, products, beat, power, start: int) -> Weighed:
        """Sums of products with powers. A row behind those of values has a single sum, which is in
        a register: a row more than a power of two would make the memory twice as deep."""
        plan, width = self.plan, self.plan.weighted_width
        m.submodules.sums = sums = RowMemory(plan.groups, width * len(products))
        weighs, first, last, row = beat
        single = row == plan.groups if plan.rows > plan.groups else Const(0)
        before = Cat(weighs, first, last, single, row)
        after = Signal(len(before))
        m.d.sync += after.eq(before)
        adds, begins, ends, behind, at = after[0], after[1], after[2], after[3], after[4:]
        reads = [sums.read[k * width : (k + 1) * width] for k in range(len(products))]
        if plan.rows > plan.groups:
            register = Signal(width)
            reads[0] = Mux(behind, register, reads[0])
        totals = [
            (Mux(begins, start, read) + product)[:width]
            for read, product in zip(reads, products, strict=True)
        ]
        if plan.rows > plan.groups:
            with m.If(adds & behind):
                m.d.sync += register.eq(totals[0])
        m.d.comb += [
            sums.write.eq(adds & ~ends & ~behind),
            sums.row.eq(at),
            sums.next_row.eq(row),
            sums.data.eq(Cat(totals)),
        ]
        return Weighed(weighs, first, last, row, power, adds & ends, at, Cat(totals))
