from functools import partial

import pytest

from build_decoder.hdl.families import FAMILIES
from build_decoder.hdl.families.ecp5 import FAMILY as ECP5
from build_decoder.hdl.families.xc7 import FAMILY as XC7
from build_decoder.hdl.planning.cost import AreaCost
from build_decoder.models.files.load import load_network
from build_decoder.models.golden import load_golden
from build_decoder.quant.formats import integer_model
from build_decoder.quant.layers.dense import NODES
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.range_analysis import analyse_ranges
from tests.searches import quantise


@pytest.fixture(scope="module", params=["tiny", "ahead_fig4"])
def network_and_formats(request):
    network = load_network(request.param)
    formats = analyse_ranges(network, load_golden(request.param, network).search.x)
    return network, {
        key: QFormat(f.integer, 7 - f.integer, f.signed) for key, f in formats.items()
    }


@pytest.mark.parametrize("family", FAMILIES.values(), ids=str)
def test_two_bits_less_hardly_ever_cost_more(network_and_formats, family):
    network, formats = network_and_formats
    cost = AreaCost(network, family)
    for key, format in formats.items():
        narrower = QFormat(format.integer, format.fraction - 2, format.signed)
        # Tables depend on what is in them, and less is saturated where more bits are left.
        assert cost({**formats, key: narrower}) <= 1.02 * cost(formats), key


@pytest.mark.slow
def test_a_search_is_for_the_family_whose_cost_it_gets():
    network = load_network("ahead_case1")
    golden = load_golden("ahead_case1", network)
    costs = []
    for family in (ECP5, XC7):
        found = quantise(network, golden, cost=partial(AreaCost, family=family)).search
        costs.append(AreaCost(found.network, ECP5)(found.formats))
    own, other = costs
    # Products are made in LUTs there, and so their widths count, which blocks do not ask for.
    assert own < 0.95 * other


def test_sum_widths_are_those_of_the_layer(network_and_formats):
    network, formats = network_and_formats
    cost = AreaCost(network, XC7)
    for number, layer in enumerate(integer_model(network, formats).layers, start=1):
        shape = cost.shape(number, formats)
        assert (shape.exact, shape.captured) == (layer.exact.width, layer.captured.width)
        assert (shape.biased, shape.total) == (layer.biased.width, layer.sum.width)


def test_more_inputs_a_cycle_cost_more(network_and_formats):
    network, formats = network_and_formats
    units = [layer.output_count for layer in network.layers]
    one = AreaCost(network, XC7, [(1, n) for n in units])
    two = AreaCost(network, XC7, [(2, n) for n in units])
    assert one(formats) == AreaCost(network, XC7)(formats) < two(formats)


def test_formats_have_a_key_for_each_free_node(network_and_formats):
    network, formats = network_and_formats
    assert len(formats) == len(network.layers) * (len(NODES) - 1) + 1
