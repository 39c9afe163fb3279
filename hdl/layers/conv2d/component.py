"""Convolution in hardware."""

from amaranth import Module, Mux, Signal
from amaranth.lib import wiring

from build_decoder.hdl.layers.conv2d.window_walk import WindowWalk
from build_decoder.hdl.parts.column_memory import ColumnMemory
from build_decoder.hdl.parts.neurons import Neurons
from build_decoder.hdl.planning.column_store import READ_LATENCY
from build_decoder.hdl.stage_component import StageComponent, connect_memories

__all__ = ["COMPONENT", "Conv2dComponent"]


class Conv2dComponent(StageComponent):
    """``o = activation(window @ weights + bias)`` of the window around each position of ``i``, with
    zeros around the image; see :class:`quant.layers.conv2d.Conv2d`.

    Columns are written into places of a memory as they come, frame after frame. A column of outputs
    begins when the last column of its windows is there, and then goes position by position, pass by
    pass over the filters, block by block through the window: a block a cycle. The last columns of
    outputs of a frame wait for nothing. Meanwhile, the next column comes in.

    Times are those of ``plan``: a column of outputs takes ``rows * passes * beats`` cycles, unless
    its inputs, or outputs before it, take longer.

    Parameters
    ----------
    plan : Conv2dPlan
        The convolution, how it is folded, and what follows from that.

    Members
    -------
    i : ``In``, stream of arrays of channels
    o : ``Out``, stream of arrays of ``lanes`` outputs
    memory_weight, memory_bias : ``In``, ports of the memories, if it is reloadable
    """

    NEURONS: type[Neurons] = Neurons
    """What computes a pass."""

    def elaborate(self, platform):
        m = Module()
        plan, store = self.plan, self.plan.store
        m.submodules.columns = columns = ColumnMemory(self.i.payload.shape(), store)
        m.submodules.walk = walk = WindowWalk(plan)
        m.submodules.neurons = neurons = self.NEURONS(plan.neurons)

        arrived = Signal()
        space = Signal(range(store.places + 1), init=store.places)
        there = Signal(range(store.places + 1))
        first_word, last_word = Signal(init=1), Signal()
        m.d.comb += [
            self.i.ready.eq(neurons.ready & (~first_word | (space != 0))),
            columns.write.eq(self.i.valid & self.i.ready),
            columns.data.eq(self.i.payload),
            last_word.eq(columns.write_word == store.words - 1),
            arrived.eq(columns.write & last_word),
        ]
        with m.If(columns.write):
            m.d.sync += [
                first_word.eq(last_word),
                columns.write_word.eq(Mux(last_word, 0, columns.write_word + 1)),
            ]
        with m.If(arrived):
            last_place = columns.write_place == store.places - 1
            m.d.sync += columns.write_place.eq(Mux(last_place, 0, columns.write_place + 1))

        places = self.plan.neurons.places
        room = Signal(range(places + 1), init=places)
        begins = Signal(range(store.places + 1))
        gone = Signal(range(store.places + 1))
        m.d.comb += [
            begins.eq(Mux(walk.begins, walk.needs, 0)),
            gone.eq(Mux(walk.take & walk.ends, walk.frees, 0)),
            walk.take.eq(
                (there >= begins)
                & ~((room == 0) & (walk.last if plan.double_buffered else walk.first))
            ),
            columns.place.eq(walk.place),
            columns.word.eq(walk.word),
            columns.inside.eq(walk.inside),
        ]
        m.d.sync += [
            there.eq(there + arrived - Mux(walk.take, begins, 0)),
            space.eq(space - (columns.write & first_word) + gone),
            room.eq(room - (walk.take & walk.last) + neurons.done),
        ]

        moves = walk.take, walk.first, walk.last
        for stage in range(READ_LATENCY):
            after = [Signal(name=f"{name}_{stage}") for name in ("take", "first", "last")]
            m.d.sync += [signal.eq(before) for signal, before in zip(after, moves, strict=True)]
            moves = after
        m.d.comb += [
            *(
                port.eq(signal)
                for port, signal in zip(
                    (neurons.take, neurons.first, neurons.last), moves, strict=True
                )
            ),
            neurons.inputs.as_value().eq(columns.block.as_value()),
        ]
        wiring.connect(m, neurons.o, wiring.flipped(self.o))
        connect_memories(m, self, neurons)
        return m


COMPONENT = Conv2dComponent
"""What realises the plan beside this module."""
