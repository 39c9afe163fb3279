"""Attention over time steps in hardware."""

from amaranth import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import wiring

from build_decoder.hdl.layers.attention.plan import AttentionPlan
from build_decoder.hdl.layers.attention.weighing import Weighed, WeighingComponent
from build_decoder.hdl.parts.group_division import GroupDivision
from build_decoder.hdl.parts.neurons import stored_weights
from build_decoder.hdl.parts.stored_bias import stored_bias
from build_decoder.hdl.parts.writable_weight_memory import WritableWeightMemory
from build_decoder.hdl.shapes import shape_of

__all__ = ["COMPONENT", "AttentionComponent"]


class AttentionComponent(WeighingComponent):
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

    def ending(self, m: Module) -> "_Divided":
        ending = _Divided(m, self.plan, self.DIVISION(self.plan.quotients))
        m.d.comb += [
            ending.division.o.ready.eq(self.o.ready),
            self.o.valid.eq(ending.division.o.valid),
            self.o.payload.eq(ending.division.o.payload),
        ]
        return ending

    def kept(self, value: Value) -> Value:
        return _moved(value)

    def scored(self, value: Value) -> Value:
        return value if self.plan.reloadable else _moved(value)

    def weighed(self, kept: Value, row: Value, lane: int) -> Value:
        return kept

    @property
    def score_start(self) -> int:
        if self.plan.reloadable:
            return super().score_start
        # Values were moved up, and weights bring that into the sum.
        attend = self.plan.layer.attend
        return super().score_start + attend.input.min_raw * int(attend.weights.raw.sum())

    def bias(self, m: Module, advance):
        plan = self.plan
        if not plan.reloadable:
            return super().bias(m, advance)
        format = plan.layer.attend.biases.format
        m.submodules.biases = memory = WritableWeightMemory(
            shape=shape_of(format),
            layout=(1, 1),
            memory=plan.memories[1],
            rows=plan.bias_bits(plan.layer),
        )
        wiring.connect(m, wiring.flipped(self.memory_bias), memory.memory)
        bias = Signal(shape_of(format))
        m.d.comb += memory.advance.eq(advance)
        with m.If(memory.load):
            m.d.sync += bias.eq(memory.weights[0][0])
        return stored_bias(plan.layer.attend.biased_sum, [bias])

    def weights(self, m: Module):
        if not self.plan.reloadable:
            return super().weights(m)
        memory = stored_weights(self.plan.scores)
        wiring.connect(m, wiring.flipped(self.memory_weight), memory.memory)
        return memory


class _Divided:
    """Sums of a frame's last step are divided by that of powers."""

    start = 0
    moves, stays = Const(1), Const(0)

    def __init__(self, m: Module, plan: AttentionPlan, division: GroupDivision):
        self.plan = plan
        m.submodules.division = self.division = division
        self.free = self.division.free

    def take(self, m: Module, reserve: Value, weighed: Weighed) -> None:
        division, begins = self.division, weighed.weighs & (weighed.row == 0)
        total = Signal(self.plan.total_width)
        added = Signal(self.plan.total_width)
        m.d.comb += added.eq(Mux(weighed.first, 0, total) + weighed.power)
        with m.If(begins):
            m.d.sync += total.eq(added)
        m.d.comb += [
            division.reserve.eq(reserve),
            division.write.eq(weighed.done),
            division.row.eq(weighed.row_done),
            division.numerators.eq(weighed.sums),
            division.load.eq(begins & weighed.last),
            division.next_denominator.eq(added),
        ]


def _moved(value):
    """A value as what it is above the least one of its format."""
    return Cat(value[:-1], ~value[-1]) if value.shape().signed else value


COMPONENT = AttentionComponent
"""What realises the plan beside this module."""
