"""What a column engine looks up: the steps of its program, and what each layer is like."""

from collections.abc import Sequence

import numpy as np
from amaranth import Array, Cat, Const, Module, Mux, Shape, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from build_decoder.hdl.engine.plan import EnginePlan
from build_decoder.hdl.engine.steps import Load, Row
from build_decoder.hdl.families import DEFAULT, family_of
from build_decoder.hdl.planning.weight_rows import different_columns

__all__ = ["StepTable", "by_layer", "read_only", "step_layout"]


def by_layer(layer: Value, numbers: Sequence[int]) -> Value:
    """What a layer has of these numbers, one a layer."""
    numbers = [int(number) for number in numbers]
    shape = Shape.cast(range(min(0, *numbers), max(0, *numbers) + 1))
    if len(set(numbers)) == 1:
        return Const(numbers[0], shape)
    return Array(Const(number, shape) for number in numbers)[layer]


def step_layout(plan: EnginePlan) -> data.StructLayout:
    """Layout of a step.

    ``load`` says whether a column comes in, else ``layer`` makes one. It reads ``columns`` and one
    more of its source, from value ``start`` on. It leaves ``skipped`` rows of the layer's weights
    out, and its outputs begin at value ``target``. It ``opens`` and ``ends`` windows of the pool.
    It ``resumes`` sums that are kept from word ``sums`` on, and ``keeps`` its own there.
    """
    program = plan.program
    rows = [step for step in program.steps if isinstance(step, Row)]
    skipped = max(row.skipped * program.blocks(row.layer) for row in rows)
    kept = {"resumes": 1, "keeps": 1, "sums": range(program.sums)} if program.sums else {}
    columns = max(len(layer.weights) for layer in plan.network.layers)
    return data.StructLayout(
        {
            "load": 1,
            "layer": range(len(plan.network.layers)),
            "start": range(program.words * program.banks),
            "columns": range(columns),
            "skipped": range(skipped + 1),
            "target": range(max(program.words * program.banks, plan.leaving_values)),
            "opens": 1,
            "ends": 1,
            **kept,
        }
    )


def _fields(plan: EnginePlan, step: Load | Row) -> dict[str, int]:
    program = plan.program
    if isinstance(step, Load):
        tensor, _ = plan.network.inputs[0]
        return {"load": 1, "target": program.first_value(tensor, step.column)}
    layer = step.layer
    fields = {
        "layer": plan.network.layers.index(layer),
        "start": program.start(step),
        "columns": step.end - step.first - 1,
        "skipped": step.skipped * program.blocks(layer),
        "opens": step.opens,
        "ends": step.ends,
    }
    if step.sums is not None:
        fields |= {"resumes": step.resumes, "keeps": step.keeps, "sums": step.sums}
    if layer.target is not None:
        fields["target"] = program.first_value(layer.target, step.into) + layer.offset
    return fields


def read_only(m: Module, rows: np.ndarray, address: Value, platform) -> Value:
    """Bits (rows, width) at ``address``, a cycle later; what is constant is not stored."""
    columns, places = different_columns(rows.astype(np.int64), 1)
    stored = Signal(max(len(columns), 1))
    if len(columns):
        count, depth = columns.shape
        family = family_of(platform) or DEFAULT
        m.submodules += (memory := Memory(
            shape=count,
            depth=depth,
            init=[_as_int(row) for row in columns.T],
            attrs={"ram_style": "block"} if family.memory.fits_block_ram(depth, count) else {},
        ))
        port = memory.read_port()
        m.d.comb += [port.addr.eq(address), stored.eq(port.data)]
    return Cat(
        Const(int(rows[0, bit]), 1) if place < 0 else stored[place]
        for bit, place in enumerate(places.tolist())
    )


def _as_int(bits: np.ndarray) -> int:
    return int.from_bytes(np.packbits(bits.astype(bool), bitorder="little").tobytes(), "little")


class StepTable(wiring.Component):
    """The step that a column engine is at; the next one is there in the third cycle after
    ``advance``: the memory's output is registered, as most of what follows begins with it.

    Members
    -------
    advance : ``In``, 1
    step : ``Out``, :func:`step_layout`
    """

    def __init__(self, plan: EnginePlan):
        self.plan = plan
        self.layout = step_layout(plan)
        super().__init__({"advance": In(1), "step": Out(self.layout)})

    def elaborate(self, platform):
        m = Module()
        steps = self.plan.program.steps
        number = Signal(range(len(steps)))
        with m.If(self.advance):
            m.d.sync += number.eq(Mux(number == len(steps) - 1, 0, number + 1))
        words = [self.layout.const(_fields(self.plan, step)).as_bits() for step in steps]
        width = self.layout.size
        rows = np.array([[word >> bit & 1 for bit in range(width)] for word in words])
        m.d.sync += self.step.as_value().eq(read_only(m, rows, number, platform))
        return m
