"""Walk over the passes of LSTMs in a row."""

from amaranth import Array, Const, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.parallel_stack.plan import ParallelStackPlan

__all__ = ["ParallelWalk"]


class ParallelWalk(wiring.Component):
    """Where the next beat is, which goes on with each ``take``: passes of the layers in turn, their
    parts, and beats of these.

    Members
    -------
    take : ``In``, 1
    row : ``Out``
        Of weights.
    beat : ``Out``
        Of the part.
    layer : ``Out``
        Number of the layer whose pass it is.
    of_state : ``Out``, 1
        Whether values are of its state, not of its input.
    odd : ``Out``, 1
        Whether the number of the step is.
    starts, ends : ``Out``, 1
        Whether it is a frame's first or last step.
    late : ``Out``, 1
        Whether it is in the wave of the last column, or in one behind it.
    first, last : ``Out``, 1
        Whether it is the first or the last beat of a pass.
    part_last : ``Out``, 1
        Whether it is the last beat of a part.
    """

    def __init__(self, plan: ParallelStackPlan):
        self.plan = plan
        sums = plan.sums
        most = max(len(block.rows) for block in sums.blocks)
        super().__init__(
            {
                "take": In(1),
                "row": Out(range(sums.beats), init=sums.start(0, False)),
                "beat": Out(range(most)),
                "layer": Out(plan.layer_bits),
                "of_state": Out(1),
                "odd": Out(1),
                "starts": Out(1),
                "late": Out(1, init=plan.late(0)),
                "ends": Out(1),
                "first": Out(1, init=1),
                "last": Out(1),
                "part_last": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        plan, sums, layer = self.plan, self.plan.sums, self.layer
        count, last_step = len(plan.cells), plan.layer.steps - 1
        layers, step = range(count), Signal(range(last_step + 1))
        next_layer, next_step = Signal.like(layer), Signal.like(step)
        last_beats, starts = (
            [_at([each(n, of_state) for n in layers], which) for of_state in (False, True)]
            for each, which in (
                (lambda *part: sums.beats_of(*part) - 1, layer), (sums.start, next_layer)
            )
        )
        m.d.comb += [
            self.odd.eq(step[0] if len(step) else 0),
            self.starts.eq(step == 0),
            self.ends.eq(step == last_step),
            self.part_last.eq(self.beat == Mux(self.of_state, last_beats[1], last_beats[0])),
            self.last.eq(self.part_last & ~self.of_state),
        ]
        self._go_on(m, step, next_layer, next_step)
        with m.If(self.take):
            m.d.sync += [
                self.first.eq(self.last),
                self.beat.eq(Mux(self.part_last, 0, self.beat + 1)),
                self.row.eq(self.row + 1),
            ]
            with m.If(self.part_last):
                m.d.sync += self.of_state.eq(0)
            with m.If(self.last):
                m.d.sync += [
                    layer.eq(next_layer),
                    step.eq(next_step),
                    self.of_state.eq(next_step != 0),
                    self.row.eq(Mux(next_step == 0, starts[0], starts[1])),
                ]
        return m

    def _go_on(self, m: Module, step: Signal, next_layer: Signal, next_step: Signal) -> None:
        """The pass behind one of ``step``, as :attr:`ParallelControl.passes` has them."""
        plan, top = self.plan, len(self.plan.cells) - 1
        last_step = plan.layer.steps - 1
        # Of a wave before that of the last column, the step of the first layer; of others, how many
        # are before it since then, and where they begin.
        wave, late = Signal.like(step), self.late
        behind = Signal(range(top + 1))
        begins = [min(top, last_step + n) for n in range(top + 1)]
        next_wave = Signal()
        with m.If(late):
            with m.If(step != last_step):
                m.d.comb += [next_layer.eq(self.layer - 1), next_step.eq(step + 1)]
            with m.Elif(behind != top):
                number = (behind + 1)[: len(behind)]
                m.d.comb += [
                    next_wave.eq(1),
                    next_layer.eq(_at([*begins[1:], begins[0]], behind)),
                    next_step.eq(
                        _at([last_step + n - begins[n] for n in range(top + 1)], number)
                    ),
                ]
            with m.Else():
                m.d.comb += next_wave.eq(1)
        with m.Else():
            with m.If((self.layer != top) & (step != 0)):
                m.d.comb += [next_layer.eq(self.layer + 1), next_step.eq(step - 1)]
            with m.Else():
                m.d.comb += [
                    next_wave.eq(1),
                    next_layer.eq(Mux(wave == last_step - 1, begins[0], 0)),
                    next_step.eq(
                        Mux(wave == last_step - 1, last_step - begins[0], wave + 1)
                    ),
                ]
        with m.If(self.take & self.last & next_wave):
            with m.If(~late):
                m.d.sync += [wave.eq(wave + 1), late.eq(wave == last_step - 1)]
            with m.Elif(behind == top):
                m.d.sync += [wave.eq(0), behind.eq(0), late.eq(plan.late(0))]
            with m.Else():
                m.d.sync += behind.eq(behind + 1)


def _at(values: list[int], number: Value) -> Value:
    if len({*values}) == 1:
        return Const(values[0])
    return Array(map(Const, values))[number]
