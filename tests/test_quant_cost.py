import pytest

from models.golden import load_golden
from models.load import load_network
from quant.cost import ResourceEstimate
from quant.dense import NODES
from quant.formats import integer_model
from quant.qformat import QFormat
from quant.range_analysis import analyse_ranges


@pytest.fixture(scope="module", params=["tiny", "ahead_fig4"])
def network_and_formats(request):
    network = load_network(request.param)
    formats = analyse_ranges(network, load_golden(request.param, network).search.x)
    return network, {
        key: QFormat(f.integer, 7 - f.integer, f.signed) for key, f in formats.items()
    }


def test_a_bit_less_never_costs_more(network_and_formats):
    network, formats = network_and_formats
    cost = ResourceEstimate(network)
    for key, format in formats.items():
        narrower = QFormat(format.integer, format.fraction - 1, format.signed)
        assert cost({**formats, key: narrower}) <= cost(formats), key


def test_sum_widths_are_those_of_the_layer(network_and_formats):
    network, formats = network_and_formats
    cost = ResourceEstimate(network)
    for number, layer in enumerate(integer_model(network, formats).layers, start=1):
        width = cost.sum_width(number, layer.input, layer.weight)
        # The layer counts the rounding constant in as well.
        assert layer.exact.width - 1 <= width <= layer.exact.width


def test_more_inputs_a_cycle_cost_more(network_and_formats):
    network, formats = network_and_formats
    units = [layer.output_count for layer in network.layers]
    one = ResourceEstimate(network, [(1, n) for n in units])
    two = ResourceEstimate(network, [(2, n) for n in units])
    assert one(formats) == ResourceEstimate(network)(formats) < two(formats)


def test_formats_have_a_key_for_each_free_node(network_and_formats):
    network, formats = network_and_formats
    assert len(formats) == len(network.layers) * (len(NODES) - 1) + 1
