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
                "ends": Out(1),
                "first": Out(1, init=1),
                "last": Out(1),
                "part_last": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        plan, sums, layer = self.plan, self.plan.sums, self.layer
        top, last_step = len(plan.cells) - 1, plan.layer.steps - 1
        step = Signal(range(last_step + 1))
        # Layer and step of the first pass of a wave: of all layers, the step before.
        wave_layer, wave_step = Signal.like(layer), Signal.like(step)
        next_layer, next_step = Signal.like(layer), Signal.like(step)
        last_beats = [
            _of_layer([sums.beats_of(n, of_state) - 1 for n in range(top + 1)], layer)
            for of_state in (False, True)
        ]
        of_first = layer == 0
        pass_last = Mux(self.of_state, ~of_first, of_first | self.starts)
        # The first pass of a frame has no part of a state.
        row_start = _of_layer(
            [sums.start(0, True), *(sums.start(n, False) for n in range(1, top + 1))], next_layer
        )
        starts_frame = (next_layer == 0) & (next_step == 0)
        m.d.comb += [
            self.odd.eq(step[0] if len(step) else 0),
            self.starts.eq(step == 0),
            self.ends.eq(step == last_step),
            self.part_last.eq(self.beat == Mux(self.of_state, last_beats[1], last_beats[0])),
            self.last.eq(self.part_last & pass_last),
        ]
        with m.If((layer != top) & (step != 0)):
            m.d.comb += [next_layer.eq(layer + 1), next_step.eq(step - 1)]
        with m.Else():
            more = wave_step != last_step
            m.d.comb += [
                next_layer.eq(Mux(more | (wave_layer == top), 0, wave_layer + 1)),
                next_step.eq(Mux(more, wave_step + 1, Mux(wave_layer == top, 0, last_step))),
            ]
            with m.If(self.take & self.last):
                m.d.sync += [wave_layer.eq(next_layer), wave_step.eq(next_step)]
        with m.If(self.take):
            m.d.sync += [
                self.first.eq(self.last),
                self.beat.eq(Mux(self.part_last, 0, self.beat + 1)),
                self.row.eq(self.row + 1),
            ]
            with m.If(self.part_last):
                m.d.sync += self.of_state.eq(~self.of_state)
            with m.If(self.last):
                m.d.sync += [
                    layer.eq(next_layer),
                    step.eq(next_step),
                    self.of_state.eq((next_layer == 0) & (next_step != 0)),
                    self.row.eq(Mux(starts_frame, sums.start(0, False), row_start)),
                ]
        return m


def _of_layer(values: list[int], layer: Value) -> Value:
    if len({*values}) == 1:
        return Const(values[0])
    return Array(map(Const, values))[layer]
