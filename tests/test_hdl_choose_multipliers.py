from dataclasses import replace

from build_decoder.hdl.families.ecp5 import FAMILY as ECP5
from build_decoder.hdl.families.xc7 import FAMILY as XC7
from build_decoder.hdl.layers.dense.plan import DensePlan
from build_decoder.hdl.planning.choose_multipliers import choose_multipliers
from build_decoder.hdl.planning.decoder_plan import plan_decoder
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
    found = plan_decoder(net, [Folding(*folding) for folding in foldings])
    return [plan for plan in found if isinstance(plan, DensePlan)]


def test_series_7_packs_two_products_a_block():
    layers = plans((40, 20, 3), [(1, 20), (1, 3)])
    assert all(packs(layer, XC7.dsp) for layer in layers)
    first, second = choose_multipliers(layers, family=XC7)
    assert first == Multipliers(packed=10)
    assert second.packed == 1


def test_other_families_use_a_block_for_each_product():
    layers = plans((40, 20, 3), [(1, 20), (1, 3)])
    assert choose_multipliers(layers, family=ECP5) == [Multipliers(dsp=20), Multipliers(dsp=3)]


def test_products_beyond_the_blocks_are_made_in_luts():
    layers = plans((40, 20, 3), [(2, 20), (1, 3)])
    for limit in (0, 7, 30):
        for family in (XC7, ECP5):
            chosen = choose_multipliers(layers, family=family, max_blocks=limit)
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
    chosen = choose_multipliers(layers, family=ECP5, max_blocks=15)
    assert sum(units.dsp for units in chosen) == 15
    assert sum(units.select for units in chosen) == 23 - 15
    chosen = choose_multipliers(layers, family=XC7, max_blocks=4, spare_blocks=True)
    assert sum(units.packed for units in chosen) == 4
    assert sum(units.select for units in chosen) == 23 - 8
