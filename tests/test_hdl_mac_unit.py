"""MAC units: exact sums at the documented times, of every multiplier, in the blocks that fit."""

from dataclasses import replace

import numpy as np
import pytest

from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.families.ecp5 import FAMILY as ECP5
from build_decoder.hdl.families.xc7 import FAMILY as XC7
from build_decoder.hdl.layers.dense.plan import DensePlan
from build_decoder.hdl.parts.mac_unit import MacUnit
from build_decoder.hdl.planning.fits import fits_block
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.multipliers import Multiplier, Multipliers
from build_decoder.quant.activations import integer_activation
from build_decoder.quant.layers.dense import Dense
from build_decoder.quant.qformat import QFormat
from tests.cell_models import ForFamily
from tests.rtl import simulate


def plan(
    input: QFormat,
    weight: QFormat,
    *,
    beats: int = 2,
    inputs_per_cycle: int = 1,
    rows: str = "random",
    accumulator: QFormat | None = None,
    pipelined: bool = False,
) -> DensePlan:
    """Two neurons' plan; ``rows`` says to which end of their range their weights go."""
    random = np.random.default_rng(0)
    weights = random.integers(
        weight.min_raw, weight.max_raw, (beats * inputs_per_cycle, 2), endpoint=True
    )
    ends = {"+": weight.max_raw, "-": weight.min_raw}
    if rows != "random":
        weights[:] = [ends[sign] for sign in rows]
    layer = Dense(
        input=input, weight=weight, accumulator=accumulator or QFormat(8, 0), bias=QFormat(2, 0),
        weights=weights,
        biases=np.zeros(2, dtype=np.int64),
        activation=integer_activation("linear", QFormat(8, 0), QFormat(8, 0)),
    )
    folding = Folding(inputs_per_cycle, 2)
    return DensePlan(layer, folding, 1, double_buffered=True, pipelined_products=pipelined)


def check_sums(plan: DensePlan, kind: Multiplier, family: str | None) -> dict[str, int]:
    """Step a unit of the layer's first neurons through passes with gaps; returns its cells."""
    mapped = ForFamily(dut := MacUnit(kind, plan), family)
    neurons, p = kind.neurons, plan.parameters
    accumulates, constant = plan.units_accumulate, plan.constant_weights
    start = p.rounding_constant if accumulates else 0
    rows = plan.weight_rows[:, 0, :neurons].tolist()
    random = np.random.default_rng(7)

    def any_of(format, shape=()):
        return random.integers(format.min_raw, format.max_raw, shape, endpoint=True).tolist()

    def input_value():
        extremes = [p.input.min_raw, p.input.max_raw]
        return random.choice(extremes).item() if random.random() < 0.5 else any_of(p.input)

    async def testbench(ctx):
        held, total, row = rows[0], None, 0
        # What is in the registers of products, the oldest first, and whether it is valid and first.
        stages = 1 + plan.pipelined_products
        products, entered = [[0] * neurons] * stages, [(0, 0)] * stages
        # Constant weights are there, and need no load.
        ctx.set(dut.load, not constant)
        ctx.set(dut.weights, rows[0])
        await ctx.tick()
        for cycle in range(100):
            enters = bool(random.random() < 0.7)
            x = input_value()
            ctx.set(dut.x, x)
            # In a gap: other weights that are not loaded, and any first that is not valid.
            following = rows[(row + 1) % len(rows)]
            if not constant:
                ctx.set(dut.load, enters)
                ctx.set(dut.weights, following if enters else any_of(p.weight, neurons))
            valid, first = entered.pop(0)
            ctx.set(dut.valid, valid)
            ctx.set(dut.first, first if valid else int(random.integers(2)))
            entered.append((int(enters), int(row == 0)))
            await ctx.tick()
            if valid:
                before = [start] * neurons if first else total
                total = [t + q for t, q in zip(before, products[0], strict=True)]
            products = [*products[1:], [w * x for w in held]]
            if enters:
                held, row = following, (row + 1) % len(rows)
            expected = total if accumulates else products[0]
            if cycle >= stages and expected is not None:
                assert [ctx.get(s) for s in dut.sums] == expected, cycle

    simulate(mapped, testbench)
    return mapped.cells


_UNITS = pytest.mark.parametrize(
    ("kind", "family"),
    [
        (Multiplier.DSP, None), (Multiplier.DSP, XC7), (Multiplier.DSP, ECP5),
        (Multiplier.PACKED, None), (Multiplier.PACKED, XC7),
        (Multiplier.LUT, None), (Multiplier.LUT, XC7), (Multiplier.LUT, ECP5),
    ],
    ids=str,
)  # fmt: skip
_FOLDED = pytest.mark.parametrize("inputs_per_cycle", [1, 2], ids=["sums", "products"])


@pytest.mark.parametrize(("signed_x", "signed_weight", "rows"), [
    (True, True, "random"), (True, True, "--"), (True, True, "+-"), (True, True, "-+"),
    (False, True, "random"), (False, True, "-+"), (True, False, "++"), (False, False, "++"),
])
@_FOLDED
@_UNITS
def test_sums_and_products(kind, family, inputs_per_cycle, signed_x, signed_weight, rows):
    layer = plan(
        QFormat(3, 1, signed_x), QFormat(2, 2, signed_weight),
        beats=5, inputs_per_cycle=inputs_per_cycle, rows=rows,
    )
    assert layer.parameters.rounding_constant == 4
    assert fits_block(layer, kind, XC7.dsp)
    cells = check_sums(layer, kind, family)
    block = {XC7: "DSP48E1", ECP5: "MULT18X18D"}.get(family)
    assert cells == ({} if block is None or kind is Multiplier.LUT else {block: 1})


@pytest.mark.parametrize(("signed_x", "bits"), [(True, 1), (False, 0), (True, 4)])
@_FOLDED
@_UNITS
def test_pipelined_products(kind, family, inputs_per_cycle, signed_x, bits):
    """Of both, a cycle later, of operands that tables multiply and of wider ones."""
    layer = plan(
        QFormat(3, bits, signed_x), QFormat(2, bits), beats=5, inputs_per_cycle=inputs_per_cycle,
        pipelined=True,
    )
    cells = check_sums(layer, kind, family)
    block = {XC7: "DSP48E1", ECP5: "MULT18X18D"}.get(family)
    assert cells == ({} if block is None or kind is Multiplier.LUT else {block: 1})


def test_selected_products_are_not_pipelined():
    layer = plan(QFormat(3, 0), QFormat(2, 0), pipelined=True)
    with pytest.raises(ValueError, match="expected products that are made, .* got selected ones"):
        replace(layer, multipliers=Multipliers(select=2))


@pytest.mark.parametrize("rows", ["random", "++", "--"])
@pytest.mark.parametrize(
    ("family", "input", "weight"),
    [
        (XC7, QFormat(18, 0), QFormat(23, 2)),
        (XC7, QFormat(17, 0, signed=False), QFormat(23, 2)),
        (XC7, QFormat(17, 0, signed=False), QFormat(22, 2, signed=False)),
        (ECP5, QFormat(18, 0), QFormat(16, 2)),
        (ECP5, QFormat(18, 0, signed=False), QFormat(16, 2)),
        (ECP5, QFormat(18, 0, signed=False), QFormat(16, 2, signed=False)),
    ],
    ids=str,
)
def test_the_widest_operands_of_a_block(family, input, weight, rows):
    layer = plan(input, weight, beats=4, rows=rows)
    assert sum(check_sums(layer, Multiplier.DSP, family).values()) == 1


@pytest.mark.parametrize("rows", ["random", "++", "+-", "-+"])
@pytest.mark.parametrize(
    ("input", "weight"),
    [
        (QFormat(12, 0), QFormat(4, 2)),
        (QFormat(11, 0, signed=False), QFormat(4, 2)),
        (QFormat(9, 0, signed=False), QFormat(3, 4)),
    ],
    ids=str,
)
def test_the_widest_pairs_of_a_block(input, weight, rows):
    layer = plan(input, weight, beats=3, rows=rows)
    # Those with the widest sums take all of the pre-adder.
    assert rows != "-+" or weight.width + layer.unit_width == XC7.dsp.weight
    assert check_sums(layer, Multiplier.PACKED, XC7) == {"DSP48E1": 1}


@pytest.mark.parametrize("family", [None, XC7, ECP5])
@pytest.mark.parametrize("kind", [Multiplier.DSP, Multiplier.LUT], ids=str)
@pytest.mark.parametrize("inputs_per_cycle", [1, 2])
def test_constant_weights_are_never_loaded(kind, family, inputs_per_cycle):
    layer = plan(QFormat(4, 0), QFormat(2, 2), beats=1, inputs_per_cycle=inputs_per_cycle)
    assert layer.constant_weights
    assert not fits_block(layer, kind, XC7.dsp)
    cells = check_sums(layer, kind, family)
    assert "DSP48E1" not in cells


@pytest.mark.parametrize("inputs_per_cycle", [1, 2])
@pytest.mark.parametrize(
    ("kind", "beats", "input", "weight"),
    [
        (Multiplier.DSP, 1, QFormat(6, 0), QFormat(6, 0)),
        (Multiplier.PACKED, 1, QFormat(6, 0), QFormat(6, 0)),
        (Multiplier.DSP, 2, QFormat(19, 0), QFormat(8, 0)),
        (Multiplier.DSP, 2, QFormat(8, 0), QFormat(26, 0)),
        (Multiplier.PACKED, 2, QFormat(8, 0), QFormat(12, 0)),
    ],
    ids=str,
)
def test_synthesis_is_left_no_multiplication_to_find_blocks_for(
    kind, beats, input, weight, inputs_per_cycle
):
    layer = plan(input, weight, beats=beats, inputs_per_cycle=inputs_per_cycle)
    assert not fits_block(layer, kind, XC7.dsp)
    assert check_sums(layer, kind, XC7) == {}
    assert " * " not in to_verilog(MacUnit(kind, layer), family=XC7)
    assert " * " in to_verilog(MacUnit(kind, layer))


@pytest.mark.parametrize(
    ("family", "input", "weight", "fits"),
    [
        (XC7, QFormat(18, 0), QFormat(25, 0), True),
        (XC7, QFormat(17, 0, signed=False), QFormat(25, 0), True),
        (XC7, QFormat(18, 0, signed=False), QFormat(8, 0), False),
        (XC7, QFormat(19, 0), QFormat(8, 0), False),
        (XC7, QFormat(8, 0), QFormat(26, 0), False),
        (XC7, QFormat(8, 0), QFormat(24, 0, signed=False), True),
        (XC7, QFormat(8, 0), QFormat(25, 0, signed=False), False),
        (ECP5, QFormat(18, 0), QFormat(18, 0), True),
        (ECP5, QFormat(18, 0, signed=False), QFormat(18, 0), True),
        (ECP5, QFormat(19, 0), QFormat(8, 0), False),
        (ECP5, QFormat(8, 0), QFormat(19, 0), False),
    ],
    ids=str,
)
def test_block_for_operands_that_fit(family, input, weight, fits):
    block = {XC7: "DSP48E1", ECP5: "MULT18X18D"}[family]
    text = to_verilog(MacUnit(Multiplier.DSP, plan(input, weight)), family=family)
    assert (f"{block} #" in text) == fits


def test_packing_needs_room_for_both_weights():
    found = set()
    for width in range(2, 20):
        packed = plan(QFormat(4, 0), QFormat(width, 0))
        low, high = packed.parameters.weights[:, 0], packed.parameters.weights[:, 1]
        operands = [*(high << packed.unit_width), *((high << packed.unit_width) + low)]
        room = all(-(1 << 24) <= operand < 1 << 24 for operand in operands)
        # A port is judged by its format, so that there may be room and no packing.
        fits = fits_block(packed, Multiplier.PACKED, XC7.dsp)
        assert room or not fits
        found.add(fits)
    assert found == {True, False}


def test_packing_needs_a_port_for_a_weights_format():
    # Small weights of a wide format leave room, and yet the ports take the format.
    for width, fits in ((10, True), (14, True), (22, False)):
        layer = plan(QFormat(4, 0), QFormat(width, 0))
        small = replace(layer.parameters, weights=layer.parameters.weights.clip(-3, 3))
        packed = replace(layer, parameters=small)
        assert fits_block(packed, Multiplier.PACKED, XC7.dsp) == fits, packed.unit_width
        if fits:
            assert check_sums(packed, Multiplier.PACKED, XC7) == {"DSP48E1": 1}
