"""The array of LSTMs in a row: units one below the other, each a cycle later."""

from amaranth import Array, Cat, Module, Shape, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.parallel_stack.plan import ParallelStackPlan
from build_decoder.hdl.parallel_stack.weights import UnitWeights
from build_decoder.hdl.parts.adder_tree import registered_tree
from build_decoder.hdl.parts.delayed import delayed
from build_decoder.hdl.parts.mac_unit import MacUnit
from build_decoder.hdl.parts.native import native_part
from build_decoder.hdl.recurrent.control import READ_LATENCY
from build_decoder.hdl.shapes import shape_of

__all__ = ["ParallelArray"]


class ParallelArray(wiring.Component):
    """Sums of all units of a layer. Rows of weights, and the values that these are multiplied with,
    go from unit to unit, a cycle each. So sums of a unit are complete a cycle after those of the
    one before it, and are selected in that cycle, in which the next pass may begin.

    With ``r`` cycles from a row to its values (``READ_LATENCY``), those of unit ``k`` come ``r +
    2 + k`` cycles after the last row of a pass, and hold for that cycle. ``sums`` has those of the
    unit that is ``selected`` then ``plan.select_latency`` cycles later.

    Members
    -------
    take, first : ``In``, 1
        Whether there is a row of a pass, and whether it is the first one.
    row : ``In``
        Its number.
    x : ``In``, array of a value a lane, ``READ_LATENCY`` cycles after their row
    selected : ``In``
        Number of a unit.
    sums : ``Out``, array of sums of a unit
    """

    def __init__(self, plan: ParallelStackPlan):
        self.plan = plan
        sums, lanes = plan.sums, plan.folding.inputs_per_cycle
        width = sums.unit_width + (lanes - 1).bit_length()
        super().__init__(
            {
                "take": In(1),
                "first": In(1),
                "row": In(range(sums.beats)),
                "x": In(data.ArrayLayout(shape_of(sums.parameters.input), lanes)),
                "selected": In(range(plan.most_units)),
                "sums": Out(data.ArrayLayout(Shape(width, signed=True), plan.gates)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        plan, sums = self.plan, self.plan.sums
        p, per_lane = sums.parameters, plan.folding.outputs_per_cycle
        units = [[] for _ in range(plan.most_units)]
        for kind, _, neuron in sums.multipliers.units(1, sums.neurons):
            unit = neuron % per_lane // plan.gates
            units[unit].append((kind, neuron))

        row, x = self.row, self.x
        beat = delayed(m, Cat(self.take, self.first & self.take), READ_LATENCY + 1, "beat",
                       flag=True)
        words = []
        for number, blocks in enumerate(units):
            row_then = delayed(m, row, 1, f"row_{number}")
            own = plan.neurons_of(number)
            m.submodules[f"weights_{number}"] = weights = UnitWeights(
                shape=shape_of(p.weight), rows=p.weights[:, own]
            )
            m.d.comb += [weights.address.eq(row), weights.address_then.eq(row_then)]
            totals = {}
            for kind, neuron in blocks:
                m.submodules[f"mac_{neuron}"] = mac = MacUnit(kind, sums)
                m.d.comb += [
                    mac.load.eq(1),
                    mac.valid.eq(beat[0]),
                    mac.first.eq(beat[1]),
                    mac.x.eq(x[neuron // per_lane]),
                ]
                for more in range(kind.neurons):
                    m.d.comb += mac.weights[more].eq(weights.weights[own.index(neuron + more)])
                    totals[neuron + more] = mac.sums[more]
            words.append(Cat(totals[neuron] for neuron in own))
            if number + 1 < len(units):
                row, beat = row_then, delayed(m, beat, 1, f"beat_{number}", flag=True)
                x = delayed(m, x, 1, f"x_{number}")
        self._select(m, platform, words)
        return m

    def _select(self, m: Module, platform, words: list[Value]) -> None:
        """The sums of all lanes of the unit that is selected, and what they come to."""
        plan, width = self.plan, self.plan.sums.unit_width
        among = plan.select_among
        groups = [words[n : n + among] for n in range(0, len(words), among)]
        bits = (among - 1).bit_length()
        chosen = []
        for number, group in enumerate(groups):
            word = Signal(len(words[0]), name=f"group_{number}", reset_less=True)
            m.d.sync += word.eq(_of(m, platform, group, self.selected[:bits]))
            chosen.append(word)
        if plan.selections > 1:
            which = delayed(m, self.selected[bits:], 1, "which")
            word = Signal(len(words[0]), reset_less=True)
            m.d.sync += word.eq(_of(m, platform, chosen, which))
        else:
            (word,) = chosen
        for gate, total in enumerate(self.sums):
            terms = [
                word[n * width : (n + 1) * width].as_signed()
                for n in range(gate, plan.gates * plan.folding.inputs_per_cycle, plan.gates)
            ]
            m.d.comb += total.eq(registered_tree(m, terms, f"sum_{gate}"))


def _of(m: Module, platform, words: list[Value], index: Value) -> Value:
    """The word of a number."""
    if len(words) == 1:
        return words[0]
    multiplexer = native_part(platform, "multiplexer")
    return Array(words)[index] if multiplexer is None else multiplexer(m, words, index)
