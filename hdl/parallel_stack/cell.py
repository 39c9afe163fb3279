"""The cell of LSTMs in a row, of which each takes units of any layer, one a cycle."""

from amaranth import Module, Shape, Value
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.layers.lstm.cell import LstmCellComponent
from build_decoder.hdl.layers.lstm.plan import LstmPlan
from build_decoder.hdl.parts.delayed import delayed
from build_decoder.hdl.recurrent.cell import biased_total
from build_decoder.hdl.shapes import shape_of

__all__ = ["ParallelCell"]


class ParallelCell(LstmCellComponent):
    """An LSTM's cell whose units come in any order, all sums of one at once, of input and state in
    one. A unit must not come again in the next two cycles.

    Members
    -------
    valid, starts : ``In``, 1
        Whether sums come, and whether nothing was kept.
    row : ``In``
        Number of the unit.
    totals : ``In``, array of a unit's exact sums
    done : ``Out``, 1
    o : ``Out``, an output
    """

    def __init__(self, plan: LstmPlan):
        self.plan = plan
        exact = Shape(plan.layer.cell.sums.span.format.width, signed=True)
        wiring.Component.__init__(
            self,
            {
                "valid": In(1),
                "row": In(plan.row_bits),
                "starts": In(1),
                "totals": In(data.ArrayLayout(exact, plan.gates)),
                "done": Out(1),
                "o": Out(shape_of(plan.layer.output)),
            },
        )

    def _sums(self, m: Module) -> list[Value]:
        p = self.plan.layer.cell
        return [
            biased_total(m, lane, p.sums, p.biased_sum, self.totals[lane], bias)
            for lane, bias in enumerate(self._biases(m))
        ]

    def _kept(self, m: Module, take: Value, write: Value, cell: Value) -> Value:
        """By the number of the unit, which is written in the cycle after it was taken."""
        m.submodules.cells = memory = Memory(
            shape=shape_of(self.plan.layer.cell.cell), depth=self.plan.units, init=[]
        )
        read_port, write_port = memory.read_port(), memory.write_port()
        reads = delayed(m, self.row, self.plan.gate_latency, "reads")
        m.d.comb += [
            read_port.addr.eq(reads),
            write_port.addr.eq(delayed(m, reads, 2, "writes")),
            write_port.en.eq(write),
            write_port.data.eq(cell),
        ]
        return read_port.data
