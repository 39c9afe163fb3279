"""Scatter walk: the order in which blocks are added to open sums."""

from amaranth import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.layers.conv2d.scatter.plan import ScatterPlan

__all__ = ["ScatterWalk"]


class ScatterWalk(wiring.Component):
    """Where a beat stands, which goes on with each ``take``: columns, blocks of each, and rows of
    sums that a block is added to.

    Parameters
    ----------
    plan
        The convolution, and how it is folded.

    Members
    -------
    take, restart : ``In``, 1
        ``restart`` goes to the first beat of a frame.
    row : ``Out``
        Row of the memory of sums; row 0 is the first beat of a block.
    opens : ``Out``, 1
        Whether nothing was added to the sums before.
    moves : ``Out``, 1
        Whether the column ends with this block: sums are those of the next older output then.
    finishes : ``Out``, 1
        Whether the sums are finished, and those of an output.
    """

    def __init__(self, plan: ScatterPlan):
        self.plan = plan
        flags = {name: Out(1) for name in ("opens", "moves", "finishes")}
        row = Out(range(plan.neurons.block_beats))
        super().__init__({"take": In(1), "restart": In(1), "row": row, **flags})

    def elaborate(self, platform):
        m = Module()
        plan, sums = self.plan, self.plan.neurons
        columns, rows, passes = plan.layer.shape[0], sums.block_beats, sums.passes
        block, column = Signal(range(sums.blocks)), Signal(range(columns))
        row_last, first_block = self.row == rows - 1, block == 0
        first_column, last_column = column == 0, column == columns - 1
        oldest = self.row < passes
        at_end = plan.finished(columns - 1)
        m.d.comb += [
            self.moves.eq(block == sums.blocks - 1),
            self.opens.eq(first_block & (first_column | (self.row >= rows - passes))),
            self.finishes.eq(
                self.moves
                & Mux(
                    last_column,
                    (self.row >= at_end.start) & (self.row < at_end.stop),
                    oldest & (column >= plan.behind),
                )
            ),
        ]
        with m.If(self.take):
            m.d.sync += self.row.eq(Mux(row_last, 0, self.row + 1))
            with m.If(row_last):
                m.d.sync += block.eq(Mux(self.moves, 0, block + 1))
                with m.If(self.moves):
                    m.d.sync += column.eq(Mux(last_column, 0, column + 1))
        with m.If(self.restart):
            m.d.sync += [self.row.eq(0), block.eq(0), column.eq(0)]
        return m
