"""The way of a step of a column engine through what it reads."""

from amaranth import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.engine.plan import EnginePlan
from build_decoder.hdl.engine.tables import by_layer, step_layout

__all__ = ["EngineWalk"]


class EngineWalk(wiring.Component):
    """Where the values and the weights of the next products are.

    From the slowest to the fastest loop: positions of a column, passes over the filters, columns of
    the window, and blocks of each. A pass takes a cycle for each filter at least, in which its
    outputs leave.

    Members
    -------
    step : ``In``, the step
    begin : ``In``, 1
        Whether it begins with the next cycle.
    run : ``In``, 1
        Whether the walk goes on.
    at, weight_at : ``Out``
        Number of the first value, and row of the weights.
    take, first, last : ``Out``, 1
        Whether products are made of them, whether these are the first of a pass, and whether this
        is the last cycle of a pass.
    ends : ``Out``, 1
        Whether it is the last cycle of the step.
    """

    def __init__(self, plan: EnginePlan):
        self.plan = plan
        layout = step_layout(plan)
        super().__init__(
            {
                "step": In(layout),
                "begin": In(1),
                "run": In(1),
                "at": Out(layout["start"].shape),
                "weight_at": Out(range(len(plan.program.weight_rows))),
                "take": Out(1),
                "first": Out(1),
                "last": Out(1),
                "ends": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        plan, program, step = self.plan, self.plan.program, self.step
        layers = plan.network.layers
        rings = [program.rings[layer.source.name] for layer in layers]
        most, banks = program.least_cycles, program.banks

        def of(numbers):
            return by_layer(step.layer, list(numbers))

        blocks = [program.blocks(layer) for layer in layers]
        passes = [program.passes(layer) for layer in layers]
        last_block = of(count - 1 for count in blocks)
        last_pass = of(count - 1 for count in passes)
        last_position = of(layer.positions - 1 for layer in layers)
        stride = of(ring.words * banks for ring in rings)
        # Wherever the window begins in a column, this says whether the next one is the first again.
        last_place = of(
            (ring.base + (ring.places - 1) * ring.words) * banks for ring in rings
        )
        back = of((ring.places - 1) * ring.words * banks for ring in rings)
        move = of(layer.step for layer in layers)
        weight_pass = of(
            len(layer.weights) * count for layer, count in zip(layers, blocks, strict=True)
        )

        block = Signal(range(max(blocks)))
        column = Signal.like(step.columns)
        number = Signal(range(max(passes)))
        position = Signal(range(max(layer.positions for layer in layers)))
        age = Signal(range(most))
        held = Signal()
        fresh = Signal(init=1)
        row_at, column_at = Signal.like(self.at), Signal.like(self.at)
        pass_weight, first_weight = Signal.like(self.weight_at), Signal.like(self.weight_at)
        bases = [program.weight_bases[layer.name] for layer in layers]

        block_ends = block == last_block
        column_ends = block_ends & (column == step.columns)
        old = age == most - 1
        pass_ends = (column_ends | held) & old
        m.d.comb += [
            self.take.eq(self.run & ~held),
            self.first.eq(fresh),
            self.last.eq(self.run & pass_ends),
            self.ends.eq(
                self.last & (number == last_pass) & (position == last_position)
            ),
        ]
        next_column, next_row = Signal.like(self.at), Signal.like(self.at)
        next_pass = Signal.like(self.weight_at)
        m.d.comb += [
            next_column.eq(Mux(column_at >= last_place, column_at - back, column_at + stride)),
            first_weight.eq(of(bases) + step.skipped),
            next_row.eq(row_at + move),
            next_pass.eq(pass_weight + weight_pass),
        ]
        with m.If(self.begin):
            m.d.sync += [
                self.at.eq(step.start), column_at.eq(step.start), row_at.eq(step.start),
                self.weight_at.eq(first_weight), pass_weight.eq(first_weight),
                block.eq(0), column.eq(0), number.eq(0), position.eq(0),
                age.eq(0), held.eq(0), fresh.eq(1),
            ]
        with m.Elif(self.run):
            with m.If(~old):
                m.d.sync += age.eq(age + 1)
            m.d.sync += fresh.eq(0)
            with m.If(pass_ends):
                m.d.sync += [age.eq(0), held.eq(0), fresh.eq(1), block.eq(0), column.eq(0)]
                with m.If(number == last_pass):
                    m.d.sync += [
                        number.eq(0), position.eq(position + 1),
                        self.at.eq(next_row), column_at.eq(next_row), row_at.eq(next_row),
                        self.weight_at.eq(first_weight), pass_weight.eq(first_weight),
                    ]
                with m.Else():
                    m.d.sync += [
                        number.eq(number + 1),
                        self.at.eq(row_at), column_at.eq(row_at),
                        self.weight_at.eq(next_pass), pass_weight.eq(next_pass),
                    ]
            with m.Elif(column_ends):
                m.d.sync += held.eq(1)
            with m.Else():
                m.d.sync += self.weight_at.eq(self.weight_at + 1)
                with m.If(block_ends):
                    m.d.sync += [
                        block.eq(0), column.eq(column + 1),
                        self.at.eq(next_column), column_at.eq(next_column),
                    ]
                with m.Else():
                    m.d.sync += [block.eq(block + 1), self.at.eq(self.at + plan.taps)]
        return m
