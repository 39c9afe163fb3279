"""Uniform segments all the way: what a search judges is what is built."""

import numpy as np
import pytest

from build_decoder.models import activations as float_activations
from build_decoder.models.files.load import load_network
from build_decoder.models.golden import load_golden
from build_decoder.quant.activations import integer_activation
from build_decoder.quant.activations.forms import MAX_TABLE_WIDTH
from build_decoder.quant.activations.piecewise_linear import PiecewiseLinear
from build_decoder.quant.evaluator import Evaluator
from build_decoder.quant.formats import integer_model
from build_decoder.quant.pwl.uniform import uniform_lines
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.quantise import SEARCHES
from build_decoder.quant.range_analysis import analyse_ranges
from tests.searches import quantise
from tests.sweeps import swept


@pytest.fixture(scope="module")
def case1():
    network = load_network("ahead_case1")
    return network, load_golden("ahead_case1", network)


def with_widths(formats, width):
    return {
        key: QFormat(f.integer, width - f.integer, f.signed) for key, f in formats.items()
    }


@pytest.mark.parametrize("segments", [2, 16])
def test_evaluator_equals_the_integer_model(segments, case1):
    network, golden = case1
    golden = golden.search
    formats = with_widths(analyse_ranges(network, golden.x), 7)
    model = integer_model(network, formats, uniform_segments=segments)
    assert [layer.activation.segments for layer in model.layers] == [segments] * 2
    evaluator = Evaluator(network, golden, uniform_segments=segments)
    np.testing.assert_array_equal(evaluator.outputs(formats), model.predict(golden.x))
    other = Evaluator(network, golden).outputs(formats)
    assert (other != evaluator.outputs(formats)).any()


@pytest.mark.parametrize("search", swept(SEARCHES, 2))
def test_a_search_judges_what_is_built(search, case1):
    found = quantise(*case1, search=search, uniform_segments=4)
    assert found.uniform_segments == 4
    assert found.search.quality == found.seen
    for layer in found.model.layers:
        assert isinstance(layer.activation, PiecewiseLinear)
        assert layer.activation.segments == 4


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "softplus", "gelu", "gaussian"])
@pytest.mark.parametrize("segments", [1, 4, 16])
def test_lines_are_those_that_wide_integer_forms_come_to(name, segments):
    input, output = QFormat(4, MAX_TABLE_WIDTH - 4), QFormat(5, 7)
    wanted = float_activations.get(name).function
    codes = np.arange(input.min_raw, input.max_raw + 1)
    x = input.to_real(codes)
    lines = uniform_lines(wanted, -8.0, 8.0, segments)(x)
    form = integer_activation(name, input, output, uniform_segments=segments)
    made = output.to_real(form.compute(codes))
    # Of lines that are as good, either may be taken: errors are compared, not results.
    greatest_error = np.abs(made - wanted(x)).max()
    assert np.abs(lines - wanted(x)).max() == pytest.approx(
        greatest_error, abs=2 * output.resolution
    )


def test_lines_of_a_line_are_the_line():
    x = np.linspace(-1, 1, 77)
    np.testing.assert_allclose(uniform_lines(lambda x: 3 * x - 1, -1, 1, 8)(x), 3 * x - 1)
