"""Drain: finished sums, group by group, through bias and activation (AHEAD's CG-PE-2)."""

from collections.abc import Mapping
from types import MappingProxyType

from amaranth import Array, Cat, Const, Module, Mux, Shape, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.activations.component import activation_component
from build_decoder.hdl.layers.dense.neurons_plan import NeuronsPlan
from build_decoder.hdl.memory_port import MemoryPort
from build_decoder.hdl.parts.banked_memory import banked_memory
from build_decoder.hdl.parts.native import native_part
from build_decoder.hdl.parts.requantise import Requantiser
from build_decoder.hdl.shapes import shape_of

__all__ = ["Drain"]


class Drain(wiring.Component):
    """Sends a pass's sums on as ``lanes`` outputs a transfer, in the order of the neurons::

        o = activation(sat(sat(sums[u]) + bias[u]))

    When double-buffered, the sums are captured with ``load``, except those that units capture
    (``plan.captured_by_units``), and the first group is drained in the next cycle. Otherwise
    ``load`` comes one cycle ahead of the sums. Sums that are not captured here must hold until
    ``done``, which is high in the cycle in which the last group of a pass leaves the sums. The next
    ``load`` comes with ``done`` or later. A group appears in ``o`` ``plan.drain_latency`` cycles
    after it left; unstalled, one group leaves each cycle. The whole pipeline holds while ``o`` is
    stalled.

    Parameters
    ----------
    plan
        The dense layer and how it is folded.

    Members
    -------
    load : ``In``, 1
    sums : ``In``, array of ``sums`` captured sums
    done : ``Out``, 1
    o : ``Out``, stream of arrays of ``lanes`` outputs
    memory : ``In``, port of the memory of biases, if the plan is reloadable
    """

    MORE: Mapping = MappingProxyType({})
    """Further members, of a drain that needs to know more of the sums."""

    def __init__(self, plan: NeuronsPlan):
        self.plan = plan
        p = plan.parameters
        captured = data.ArrayLayout(Shape(p.captured.width, signed=True), plan.neurons)
        outputs = data.ArrayLayout(shape_of(p.output), plan.lanes)
        memory = {}
        if plan.reloadable:
            _, biases = plan.memories
            memory = {"memory": In(MemoryPort(biases))}
        super().__init__(
            {
                "load": In(1),
                "sums": In(captured),
                "done": Out(1),
                "o": Out(stream.Signature(outputs)),
                **memory,
                **self.MORE,
            }
        )

    def elaborate(self, platform):
        m = Module()
        plan, p = self.plan, self.plan.parameters
        step = Signal()
        leaving = Signal()
        draining = Signal()
        m.d.comb += [step.eq(self.o.ready | ~self.o.valid), leaving.eq(draining & step)]

        sums = Cat(self._held(m, neuron) for neuron in range(plan.neurons))
        with m.If(self.done):
            m.d.sync += draining.eq(0)
        with m.If(self.load):
            m.d.sync += draining.eq(1)

        passing = leaving
        if plan.reloadable:
            passing = leaving | (self.memory.roll & self.memory.step)
        group = self._counter(m, passing, plan.groups_in_frame, "group")
        index = group
        if plan.groups_in_pass < plan.groups_in_frame:
            index = self._counter(m, leaving, plan.groups_in_pass, "index", restart=self.done)
        m.d.comb += self.done.eq(
            leaving & ((index == plan.groups_in_pass - 1) | (group == plan.groups_in_frame - 1))
        )

        valid = leaving
        captured = shape_of(p.captured)
        group_width = captured.width * plan.lanes
        # The last group may have fewer sums than lanes; what fills it up is never looked at.
        padded = Cat(sums, sums[:group_width])
        words = [
            padded[group_width * n : group_width * (n + 1)] for n in range(plan.groups_in_pass)
        ]
        multiplexer = native_part(platform, "multiplexer")
        if plan.registered_selection and multiplexer is not None:
            selected = multiplexer(m, words, index)
        else:
            # Of a few groups, the logic behind the selection goes into its LUTs.
            selected = Array(words)[index] if len(words) > 1 else words[0]
        biases = self._written(m, group, platform) if plan.reloadable else self._constant(group)
        for lane, (bias, shape) in enumerate(biases):
            accumulated = selected.word_select(lane, captured.width).as_signed()
            if plan.registered_selection:
                held = Signal(captured, name=f"selected_{lane}")
                held_bias = Signal(shape, name=f"bias_{lane}")
                with m.If(step):
                    m.d.sync += [held.eq(accumulated), held_bias.eq(bias)]
                accumulated, bias = held, held_bias
            self._finish(m, lane, accumulated, bias, step)

        stages = [Signal(name=f"valid_{stage}") for stage in range(plan.drain_latency - 1)]
        for valid_after in (*stages, self.o.valid):
            with m.If(step):
                m.d.sync += valid_after.eq(valid)
            valid = valid_after
        return m

    def _constant(self, group) -> list[tuple]:
        """Stored bias of each lane, of a table, and the shape that all of the table have."""
        plan, stored = self.plan, self.plan.parameters.stored_biases.tolist()
        biases = []
        for lane in range(plan.lanes):
            table = _padded(stored[lane :: plan.lanes], plan.groups_in_frame)
            bias = Array(table)[group] if plan.groups_in_frame > 1 else table[0]
            biases.append((bias, _range_of(table)))
        return biases

    def _written(self, m, group, platform) -> list[tuple]:
        """The same, of the memory."""
        plan = self.plan
        _, rows = plan.contents(plan.parameters)
        row = banked_memory(m, self.memory, rows, group, platform)
        shape = shape_of(plan.stored_bias)
        count, constant = plan.constant_bits
        words = (row.word_select(lane, shape.width) for lane in range(plan.lanes))
        biases = (Cat(Const(constant, count), word) for word in words)
        return [
            (bias.as_signed() if shape.signed else bias, Shape(len(bias), shape.signed))
            for bias in biases
        ]

    def _held(self, m, neuron: int):
        """Sum of a neuron, which holds while it is drained."""
        if not self.plan.captures or neuron in self.plan.captured_by_units:
            return self.sums[neuron]
        held = Signal.like(self.sums[neuron], name=f"sum_{neuron}")
        with m.If(self.load):
            m.d.sync += held.eq(self.sums[neuron])
        return held

    def _finish(self, m, lane: int, accumulated, bias, step):
        """Accumulator node, bias, sum node and activation of one lane."""
        p = self.plan.parameters
        m.submodules[f"accumulator_{lane}"] = accumulator = Requantiser(p.accumulator_narrowing)
        m.submodules[f"sum_{lane}"] = total = Requantiser(p.sum_narrowing)
        component = activation_component(p.activation)
        m.submodules[f"activation_{lane}"] = activation = component(p.activation)
        m.d.comb += [
            accumulator.i.eq(accumulated),
            total.i.eq(accumulator.o.shift_left(p.biased.fraction - p.accumulator.fraction) + bias),
            activation.i.eq(total.o),
            activation.en.eq(step),
            self.o.payload[lane].eq(activation.o),
        ]

    @staticmethod
    def _counter(m, step, count: int, name: str, *, restart=None):
        """Signal that counts ``step`` from 0 to ``count - 1`` and again, or until ``restart``."""
        counter = Signal(range(count), name=name)
        if count > 1:
            wrap = counter == count - 1 if restart is None else restart
            with m.If(step):
                m.d.sync += counter.eq(Mux(wrap, 0, counter + 1))
        return counter


def _padded(values: list[int], count: int) -> list[int]:
    return values + [0] * (count - len(values))


def _range_of(values) -> Shape:
    low, high = min(0, *values), max(0, *values)
    return Shape(max((~low).bit_length(), high.bit_length()) + (low < 0), low < 0)
