import pytest

from build_decoder.hdl.planning.cost import AreaCost
from build_decoder.models.files.load import load_network
from build_decoder.models.golden import load_golden
from build_decoder.quant.formats import integer_model
from build_decoder.quant.layers.dense import NODES
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.range_analysis import analyse_ranges


@pytest.fixture(scope="module", params=["tiny", "ahead_fig4"])
def network_and_formats(request):
    network = load_network(request.param)
    formats = analyse_ranges(network, load_golden(request.param, network).search.x)
    return network, {
        key: QFormat(f.integer, 7 - f.integer, f.signed) for key, f in formats.items()
    }


def test_two_bits_less_hardly_ever_cost_more(network_and_formats):
    network, formats = network_and_formats
    cost = AreaCost(network)
    for key, format in formats.items():
        narrower = QFormat(format.integer, format.fraction - 2, format.signed)
        # Tables depend on what is in them, and less is saturated where more bits are left.
        assert cost({**formats, key: narrower}) <= 1.02 * cost(formats), key


def test_sum_widths_are_those_of_the_layer(network_and_formats):
    network, formats = network_and_formats
    cost = AreaCost(network)
    for number, layer in enumerate(integer_model(network, formats).layers, start=1):
        shape = cost.shape(number, formats)
        assert (shape.exact, shape.captured) == (layer.exact.width, layer.captured.width)
        assert (shape.biased, shape.total) == (layer.biased.width, layer.sum.width)


def test_more_inputs_a_cycle_cost_more(network_and_formats):
    network, formats = network_and_formats
    units = [layer.output_count for layer in network.layers]
    one = AreaCost(network, [(1, n) for n in units])
    two = AreaCost(network, [(2, n) for n in units])
    assert one(formats) == AreaCost(network)(formats) < two(formats)


def test_formats_have_a_key_for_each_free_node(network_and_formats):
    network, formats = network_and_formats
    assert len(formats) == len(network.layers) * (len(NODES) - 1) + 1
