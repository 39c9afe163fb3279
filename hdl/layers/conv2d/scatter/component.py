"""Convolution in hardware whose inputs are added to open sums as they come."""

from amaranth import Cat, Module, Mux, Shape, Signal
from amaranth.lib import wiring
from amaranth.lib.memory import Memory

from build_decoder.hdl.layers.conv2d.scatter.walk import ScatterWalk
from build_decoder.hdl.parts.adder_tree import registered_tree
from build_decoder.hdl.parts.drain import Drain
from build_decoder.hdl.parts.finished_sums import FinishedSums, in_luts
from build_decoder.hdl.parts.mac_unit import MacUnit
from build_decoder.hdl.parts.neurons import stored_weights
from build_decoder.hdl.stage_component import StageComponent

__all__ = ["COMPONENT", "ScatterComponent"]


class ScatterComponent(StageComponent):
    """``o = activation(window @ weights + bias)`` of the window around each position of ``i``, with
    zeros around the image, computed input by input; see :class:`quant.layers.conv2d.Conv2d`.

    A block of channels enters with its first beat, and is held for the others: a beat for each
    column of a window and each pass over the filters. What a beat makes is added to a row of the
    memory of sums. With the last block of a column, a row goes to the place of the next older
    column of outputs; that of the oldest one waits for the drain instead, and in the last column of
    a frame, those of all columns that there are. What is behind the image is added to sums that
    never leave.

    Times are those of ``plan``: a block takes ``taps * passes`` cycles, unless outputs before it
    take longer.

    Parameters
    ----------
    plan : ScatterPlan
        The convolution, how it is folded, and what follows from that.

    Members
    -------
    i : ``In``, stream of arrays of channels
    o : ``Out``, stream of arrays of ``lanes`` outputs
    memory_weight, memory_bias : ``In``, ports of the memories, if it is reloadable
    """

    def elaborate(self, platform):
        m = Module()
        sums = self.plan.neurons
        m.submodules.walk = walk = ScatterWalk(self.plan)
        m.submodules.weights = weights = stored_weights(sums)
        m.submodules.drain = drain = Drain(sums)
        if self.plan.reloadable:
            wiring.connect(m, wiring.flipped(self.memory_weight), weights.memory)
            wiring.connect(m, wiring.flipped(self.memory_bias), drain.memory)
            # Products with what is behind the image may be under way still.
            m.d.comb += walk.restart.eq(self.memory_weight.hold)

        room = Signal(range(sums.finished_places + 1), init=sums.finished_places)
        may_take, begins = Signal(), walk.row == 0
        held, block = Signal.like(self.i.payload), Signal.like(self.i.payload)
        m.d.comb += [
            may_take.eq(weights.ready & ~(walk.finishes & (room == 0))),
            self.i.ready.eq(may_take & begins),
            walk.take.eq(may_take & (self.i.valid | ~begins)),
            weights.advance.eq(walk.take),
            block.eq(Mux(begins, self.i.payload, held)),
        ]
        m.d.sync += room.eq(room - (walk.take & walk.finishes) + drain.done)
        with m.If(begins):
            m.d.sync += held.eq(self.i.payload)

        beat = Cat(walk.take, walk.finishes, walk.opens, walk.moves, walk.row)
        for stage in range(sums.mac_latency - 1):
            after = Signal(len(beat), name=f"beat_{stage}")
            m.d.sync += after.eq(beat)
            beat = after
        taken, finishes, opens, moves, row = *beat[:4], beat[4:]
        products = self._products(m, weights, block)
        added = self._added(m, platform, products, taken, opens, moves, row)
        self._drained(m, drain, added, taken & finishes)
        wiring.connect(m, drain.o, wiring.flipped(self.o))
        return m

    def _products(self, m: Module, weights, block) -> list:
        """Sums of a beat's products, of each neuron, a cycle before they are added."""
        sums = self.plan.neurons
        terms = [[] for _ in range(sums.neurons)]
        units = sums.multipliers.units(sums.folding.inputs_per_cycle, sums.neurons)
        for kind, k, neuron in units:
            m.submodules[f"unit_{k}_{neuron}"] = unit = MacUnit(kind, sums)
            m.d.comb += [unit.load.eq(weights.load), unit.x.eq(block[k])]
            for n in range(kind.neurons):
                m.d.comb += unit.weights[n].eq(weights.weights[k][neuron + n])
                terms[neuron + n].append(unit.sums[n])
        return [registered_tree(m, each, f"tree_{n}") for n, each in enumerate(terms)]

    def _added(self, m: Module, platform, products, taken, opens, moves, row) -> list:
        """The open sums with a beat's products; and what goes back into the memory."""
        sums, p = self.plan.neurons, self.plan.neurons.parameters
        rows, passes = sums.block_beats, sums.passes
        width = p.exact.width
        m.submodules.sums = memory = Memory(
            shape=width * sums.neurons,
            depth=rows,
            init=[],
            attrs=in_luts(platform),
        )
        read, write = memory.read_port(domain="comb"), memory.write_port()
        added = [Signal(Shape(width, signed=True), name=f"added_{n}") for n in range(len(products))]
        for n, (total, product) in enumerate(zip(added, products, strict=True)):
            before = read.data[n * width : (n + 1) * width].as_signed()
            m.d.comb += total.eq(product + Mux(opens, p.rounding_constant, before))
        m.d.comb += [
            read.addr.eq(row),
            write.addr.eq(Mux(moves, row - passes, row)),
            write.data.eq(Cat(added)),
            # The oldest sums have no place to go.
            write.en.eq(taken & ~(moves & (row < passes))),
        ]
        return added

    def _drained(self, m: Module, drain: Drain, added, finished) -> None:
        """Finished sums wait in places, one behind the other, until they have left."""
        sums, p = self.plan.neurons, self.plan.neurons.parameters
        dropped, width = p.exact.width - p.captured.width, p.captured.width
        m.submodules.finished = waiting = FinishedSums(sums.finished_places, width * sums.neurons)
        m.d.comb += [
            waiting.finished.eq(finished),
            waiting.data.eq(Cat(total[dropped:] for total in added)),
            waiting.done.eq(drain.done),
            drain.sums.as_value().eq(waiting.sums),
            drain.load.eq(waiting.load),
        ]


COMPONENT = ScatterComponent
"""What realises the plan beside this module."""
