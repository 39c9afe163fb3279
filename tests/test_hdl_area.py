"""The area of a plan, with its actual weights, is the area of its formats."""

from itertools import product

import numpy as np
import pytest

from build_decoder.hdl.families import FAMILIES
from build_decoder.hdl.families.xc7 import FAMILY as XC7
from build_decoder.hdl.planning.area.plans import decoder_area, shape_of_plan
from build_decoder.hdl.planning.choose_multipliers import choose_multipliers
from build_decoder.hdl.planning.cost import AreaCost
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.folding import Folding
from build_decoder.models.files.load import load_network
from build_decoder.models.golden import load_golden
from build_decoder.quant.formats import NodeKey, integer_model
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.range_analysis import analyse_ranges
from tests.sweeps import swept_cases


def formats_of(network, name, widths, random) -> dict:
    perfect = analyse_ranges(network, load_golden(name, network).search.x)
    return {
        key: QFormat(f.integer, int(random.integers(*widths)) - f.integer, f.signed)
        for key, f in perfect.items()
    }


@pytest.mark.parametrize(
    ("name", "folding", "family"),
    swept_cases(
        product(
            ["tiny", "ahead_case1", "ahead_case2", "ahead_fig4"],
            ["one by all", "two by all", "passes", "all by some"],
            FAMILIES.values(),
        ),
        5,
    ),
    ids=str,
)
def test_plans_and_formats_have_the_same_area(name, folding, family):
    network = load_network(name)
    foldings = {
        "one by all": [(1, layer.output_count) for layer in network.layers],
        "two by all": [(2, layer.output_count) for layer in network.layers],
        "passes": [(1, -(-layer.output_count // 3)) for layer in network.layers],
        "all by some": [(min(layer.input_count, 16), 2) for layer in network.layers],
    }[folding]
    random = np.random.default_rng(1)
    cost = AreaCost(network, family, foldings)
    for widths in ((2, 5), (4, 9), (6, 11)):
        formats = formats_of(network, name, widths, random)
        model = integer_model(network, formats)
        folded = [Folding(*pair) for pair in foldings]
        dense = DecoderPlan.of(model, folded).dense
        plan = DecoderPlan.of(model, folded, choose_multipliers(dense, family=family))
        shapes = [shape_of_plan(layer, family) for layer in plan.dense]
        assert shapes == [cost.shape(n, formats) for n in range(1, len(network.layers) + 1)]
        assert family.cost(decoder_area(plan, family)) == pytest.approx(cost(formats))


def test_narrow_weights_are_selected_where_units_accumulate():
    network = load_network("ahead_case1")
    formats = formats_of(network, "ahead_case1", (3, 4), np.random.default_rng(0))
    key = NodeKey("layer1", "weight")
    weight = formats[key]
    formats[key] = QFormat(weight.integer, 2 - weight.integer, weight.signed)
    assert AreaCost(network, XC7).shape(1, formats).select == 20
    for foldings in ([(2, 20), (1, 2)], [(1, 10), (1, 2)]):
        assert AreaCost(network, XC7, foldings).shape(1, formats).select == 0


def test_wide_formats_of_narrow_weights_are_selected_too():
    network = load_network("ahead_case1")
    formats = formats_of(network, "ahead_case1", (3, 4), np.random.default_rng(0))
    key = NodeKey("layer1", "weight")
    weight = formats[key]
    formats[key] = QFormat(weight.integer + 3, 1 - weight.integer, weight.signed)
    assert formats[key].width == 4
    assert AreaCost(network, XC7).shape(1, formats).select == 20
