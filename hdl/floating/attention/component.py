"""Attention over time steps in floating point, in hardware."""

import numpy as np
from amaranth import Cat, Module, Mux, Signal, Value, signed

from build_decoder.hdl.activations.component import activation_component
from build_decoder.hdl.floating.attention.division import FloatGroupDivision
from build_decoder.hdl.floating.steps import cut_steps
from build_decoder.hdl.floating.taken import Taken, taken_layout
from build_decoder.hdl.layers.attention.component import AttentionComponent
from build_decoder.hdl.layers.attention.weighing import Entering, Operands
from build_decoder.hdl.parts.adder_tree import registered_tree
from build_decoder.hdl.parts.delayed import delayed
from build_decoder.hdl.parts.mac_unit import MacUnit
from build_decoder.hdl.parts.read_only_table import read_only_table
from build_decoder.hdl.parts.weight_memory import WeightMemory

__all__ = ["COMPONENT", "FloatAttentionComponent"]


class FloatAttentionComponent(AttentionComponent):
    """``o[c] = round(sum over t of p[t] * i[t, c] / sum over t of p[t])``; see
    :class:`quant.floating.attention.FloatAttention`.

    Control, streams and the order of a step are those of any attention. Values are kept as they are
    taken: a significand and a shift. A product of significands is shifted to its place in a score,
    and one with a power, whose shift is zero, to its place in a channel's sum.
    """

    DIVISION = FloatGroupDivision

    @property
    def kept_bits(self) -> int:
        return taken_layout(self.plan.scores.taken).size

    def weights(self, m: Module) -> WeightMemory:
        scores = self.plan.scores
        rows = scores.weight_rows
        # A single row is there twice, so that it is loaded again.
        rows = np.repeat(rows, 2, axis=0) if len(rows) == 1 else rows
        return WeightMemory(shape=scores.words.width, rows=rows)

    def scored(self, value: Value) -> Value:
        return value

    def entered(
        self, m: Module, entering: Entering, ending
    ) -> tuple[Entering, list[Value]]:
        plan, lanes = self.plan, self.plan.folding.inputs_per_cycle
        take = delayed(m, entering.take, 1, "entering", flag=True)
        row = delayed(m, entering.row, 1, "row_entering")
        last_row = delayed(m, entering.last_row, 1, "last_row_entering")
        values, filled = [], plan.layer.channels % lanes or lanes
        for lane, code in enumerate(self.i.payload):
            m.submodules[f"taken_{lane}"] = taken = Taken(plan.scores.taken)
            value = Signal(taken.o.shape(), name=f"value_{lane}", reset_less=True)
            m.d.comb += taken.i.eq(code)
            m.d.sync += value.eq(taken.o)
            if lane >= filled:
                # Whatever fills up the last transfer of a step is no value.
                m.d.sync += value.nan.eq(taken.o.nan & ~entering.last_row)
            values.append(value)
        # No step ends while its values enter.
        first = (entering.step == 0) & (row == 0)
        nan = Signal(name="nan_of_frame")
        with m.If(take):
            m.d.sync += nan.eq(Cat(value.nan for value in values).any() | (nan & ~first))
        m.d.comb += ending.division.next_nan.eq(nan)
        return Entering(take, row, entering.step, last_row), [each.as_value() for each in values]

    def product(self, m: Module, kind, k: int, operands: Operands) -> Value:
        plan, o = self.plan, operands
        bits = plan.scores.words.significand.width
        m.submodules[f"unit_{k}"] = unit = MacUnit(kind, plan.scores.products)
        x = taken_layout(plan.scores.taken)(Mux(o.weighting, o.weighed, o.kept))
        of_weight = Signal(len(o.weight) - bits, name=f"weight_shift_{k}", reset_less=True)
        shift = Signal.like(of_weight + x.shift, name=f"shift_{k}", reset_less=True)
        with m.If(o.load):
            m.d.sync += of_weight.eq(Mux(o.waiting, 0, o.weight[bits:]))
        m.d.sync += shift.eq(of_weight + x.shift)
        m.d.comb += [
            unit.load.eq(o.load),
            unit.weights[0].eq(Mux(o.waiting, o.power, o.weight[:bits].as_signed())),
            unit.x.eq(x.significand),
        ]
        width = max(plan.scores.parameters.exact.width, plan.weighted_width)
        term = Signal(signed(width), name=f"term_{k}")
        m.d.comb += term.eq(unit.sums[0] << shift)
        return term

    def score(self, m: Module, products, entering: Entering, advance, power) -> None:
        plan, sums, form = self.plan, self.plan.layer.sums, self.plan.layer.power
        total = registered_tree(m, products, "score")
        beat = Cat(entering.take, entering.row == 0)
        beat = delayed(m, beat, plan.score_latency, "beat", flag=True)
        score = Signal(signed(sums.width))
        with m.If(beat[0]):
            m.d.sync += score.eq(Mux(beat[1], 0, score) + total)
        bias = read_only_table(sums.added, entering.step)
        biased = Signal(signed(sums.total.width), reset_less=True)
        m.d.sync += biased.eq(score.shift_left(sums.least - sums.total.least) + bias)
        m.submodules.power = activation = activation_component(form)(form)
        m.d.comb += [
            # Half a step is in the bias where bits are dropped.
            activation.i.eq(cut_steps(biased, sums.total.least, form.input)),
            activation.en.eq(1),
            power.eq(activation.o),
        ]


COMPONENT = FloatAttentionComponent
"""What realises the plan beside this module."""
