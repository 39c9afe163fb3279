from dataclasses import replace

import pytest

from build_decoder.hdl.families.ecp5 import FAMILY as ECP5
from build_decoder.hdl.families.ice40 import FAMILY as ICE40
from build_decoder.hdl.families.xc7 import FAMILY as XC7
from build_decoder.hdl.layers.dense.plan import DensePlan
from build_decoder.hdl.planning.choose_multipliers import choose_multipliers
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.fits import packs
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.quant.qformat import QFormat
from tests.test_hdl_decoder import model


def two_bit_plans(widths, foldings) -> list[DensePlan]:
    small = []
    for layer in plans(widths, foldings):
        p = layer.parameters
        two_bits = replace(p, weight=QFormat(-3, 5), weights=p.weights.clip(-2, 1))
        small.append(replace(layer, parameters=two_bits, multipliers=None))
    return small


def plans(widths, foldings) -> list[DensePlan]:
    net = model(widths, ("linear",) * len(foldings))
    return list(DecoderPlan.of(net, [Folding(*folding) for folding in foldings]).dense)


def test_series_7_packs_two_products_a_block():
    layers = plans((40, 20, 3), [(1, 20), (1, 3)])
    assert all(packs(layer, XC7.dsp) for layer in layers)
    first, second = choose_multipliers(layers, family=XC7)
    assert first == Multipliers(packed=10)
    assert second.packed == 1


def test_other_families_use_a_block_for_each_product():
    layers = plans((40, 20, 3), [(1, 20), (1, 3)])
    for family in (ECP5, None):
        chosen = choose_multipliers(layers, family=family, spare_blocks=True)
        assert chosen == [Multipliers(dsp=20), Multipliers(dsp=3)]


def wide(plan: DensePlan, weight: int, x: int) -> DensePlan:
    """``plan`` with weights and inputs of so many bits."""
    p = plan.parameters
    formats = {"input": QFormat(x, 0, signed=False), "weight": QFormat(1, weight - 1)}
    weights = p.weights << (weight - p.weight.width)
    parameters = replace(p, **formats, weights=weights, accumulator=QFormat(16, 3))
    return replace(plan, parameters=parameters, multipliers=None)


@pytest.mark.parametrize("family", [ECP5, ICE40], ids=str)
def test_what_a_block_saves_must_be_worth_it(family):
    layer = plans((40, 3), [(1, 3)])[0]
    assert choose_multipliers([layer], family=family) == [Multipliers(lut=3)]
    assert choose_multipliers([wide(layer, 12, 12)], family=family) == [Multipliers(dsp=3)]


def test_a_product_that_synthesis_leaves_in_luts_has_no_block():
    layer = plans((40, 3), [(1, 3)])[0]
    for bits, units in ((6, Multipliers(lut=3)), (7, Multipliers(dsp=3))):
        chosen = choose_multipliers([wide(layer, bits, 4)], family=ICE40, spare_blocks=True)
        assert chosen == [units]
    chosen = choose_multipliers([wide(layer, 6, 4)], family=ECP5, spare_blocks=True)
    assert chosen == [Multipliers(dsp=3)]


def test_operands_too_wide_for_a_unit_of_one_block_have_none():
    layer = plans((40, 3), [(1, 3)])[0]
    for family, units in ((XC7, Multipliers(lut=3)), (ECP5, Multipliers(dsp=3))):
        assert choose_multipliers([wide(layer, 9, 18)], family=family) == [units]
    assert choose_multipliers([wide(layer, 9, 17)], family=XC7) == [Multipliers(dsp=3)]


def test_products_beyond_the_blocks_are_made_in_luts():
    layers = plans((40, 20, 3), [(2, 20), (1, 3)])
    for limit in (0, 7, 30):
        for family in (XC7, ECP5):
            chosen = choose_multipliers(
                layers, family=family, max_blocks=limit, spare_blocks=True
            )
            assert sum(units.blocks for units in chosen) <= limit
            for plan, units in zip(layers, chosen, strict=True):
                list(units.units(plan.folding.inputs_per_cycle, plan.neurons))


def test_a_sum_that_leaves_no_room_for_a_second_weight_does_not_pack():
    layer = plans((40, 2), [(1, 2)])[0]
    assert packs(layer, XC7.dsp)
    p = layer.parameters
    coarse = replace(
        p,
        input=QFormat(12, 0, signed=False),
        weight=QFormat(1, 9),
        weights=p.weights << 4,
        accumulator=QFormat(12, 3),
    )
    assert not packs(replace(layer, parameters=coarse, multipliers=None), XC7.dsp)


def test_spare_blocks_are_used_wherever_they_save_luts():
    layers = plans((40, 20, 3), [(4, 20), (1, 3)])
    chosen = choose_multipliers(layers, family=XC7, max_blocks=21, spare_blocks=True)
    assert sum(units.blocks for units in chosen) == 21


def test_products_by_two_bits_are_selected():
    first, second = choose_multipliers(two_bit_plans((40, 20, 3), [(1, 20), (1, 3)]), family=XC7)
    assert (first, second) == (Multipliers(select=20), Multipliers(select=3))


def test_products_by_two_bits_are_not_selected_where_an_adder_tree_sums_them():
    (chosen,) = choose_multipliers(two_bit_plans((40, 20), [(2, 20)]), family=XC7)
    assert chosen == Multipliers(lut=40)


def test_blocks_that_are_given_away_go_ahead_of_selection():
    layers = two_bit_plans((40, 20, 3), [(1, 20), (1, 3)])
    # A block that makes products alone leaves the sum in as many LUTs as selecting takes.
    chosen = choose_multipliers(layers, family=ECP5, max_blocks=15, spare_blocks=True)
    assert chosen == [Multipliers(select=20), Multipliers(select=3)]
    chosen = choose_multipliers(layers, family=XC7, max_blocks=4, spare_blocks=True)
    assert sum(units.packed for units in chosen) == 4
    assert sum(units.select for units in chosen) == 23 - 8
