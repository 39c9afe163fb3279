"""Bit heaps whose inputs come in planes: a few bits of each in a cycle."""

import numpy as np
import pytest

from build_decoder.hdl.heap.compressors import NAMES, compressors_of
from build_decoder.hdl.heap.graph import Graph
from build_decoder.hdl.heap.layer import heaped
from build_decoder.hdl.heap.network import bits_of, values_of
from build_decoder.hdl.heap.operations import Lut, Pair
from build_decoder.hdl.heap.pipeline import MOST_LEVELS
from build_decoder.hdl.heap.plan import HeapPlan
from build_decoder.hdl.heap.planes import Planes, plane_bits, plane_counts
from build_decoder.hdl.heap.tables import selected
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.qformat import QFormat
from build_decoder.sim.random_networks import random_frames, random_network
from tests.test_hdl_heap import check_pipeline, dense_layer, evaluated


def each_plane(planes, x_raw):
    """Bits of each plane that are taken, uint8 (planes, frames, taken): the counter is followed."""
    bits = bits_of(x_raw, planes.format.width)
    counter, found = np.zeros((len(x_raw), 1), np.int64), []
    for number in range(planes.planes):
        # From the second plane on, it does not matter whether another frame is there.
        valid = np.arange(len(x_raw))[:, None] % 2 | (number == 0)
        control = bits_of(2 * counter + valid, 1 + planes.counter_bits)
        begins, *rest = planes.graph.evaluate(np.hstack([control, bits])).T
        assert (begins == (number == 0)).all()
        counter = np.array(rest[: planes.counter_bits], np.int64).T
        counter = (counter << np.arange(planes.counter_bits)).sum(axis=1, keepdims=True)
        found.append(np.array(rest[planes.counter_bits :]).T)
    assert not counter.any()
    return np.array(found)


def computed(plan, model, x_raw):
    """What the graphs of a plan give for frames, int64 (frames, outputs)."""
    given = []
    for taken in each_plane(plan.in_planes, x_raw):
        inputs = np.zeros((len(x_raw), plan.graph.input_count), np.uint8)
        inputs[:, list(plan.in_planes.taken)] = taken
        given.append(inputs)
    return values_of(plan.graph.evaluate(*given), model.output_format)


def test_numbers_of_planes():
    assert [plane_counts(width) for width in (1, 4, 5)] == [[1], [1, 2, 4], [1, 2, 3, 5]]
    assert plane_counts(40) == [1, 2, 3, 4, 5, 6, 7, 8, 10, 14]
    assert [plane_bits(5, planes) for planes in plane_counts(5)] == [5, 3, 2, 1]
    with pytest.raises(ValueError, match="inputs of 5 bits in .* planes of 1, 2, 3, 5, got 4"):
        plane_bits(5, 4)


@pytest.mark.parametrize("cells", NAMES)
@pytest.mark.parametrize("format", [QFormat(4, 0), QFormat(5, 0, signed=False), QFormat(8, 8)])
def test_planes_come_to_the_inputs(format, cells):
    x_raw = np.random.default_rng(format.width).integers(
        format.min_raw, format.max_raw, (40, 3), endpoint=True
    )
    for count in plane_counts(format.width)[1:]:
        bits = plane_bits(format.width, count)
        planes = Planes(format, 3, count, tuple(range(3 * bits)), compressors_of(cells))
        values = [values_of(each, QFormat(bits, 0, signed=False))
                  for each in each_plane(planes, x_raw)]
        total = sum(plane << bits * n for n, plane in enumerate(reversed(values)))
        np.testing.assert_array_equal(total + format.min_raw, x_raw)
        # Without a frame, nothing begins.
        idle = planes.graph.evaluate(np.zeros((1, planes.graph.input_count), np.uint8))
        assert not idle[0, : 1 + planes.counter_bits].any()
        assert len(planes.held) == 3 * bits * (count - 1)
        assert planes.graph.depth <= MOST_LEVELS


def test_two_bits_of_two_planes_share_a_lut():
    planes = Planes(QFormat(4, 0), 3, 2, tuple(range(6)), compressors_of("xc7"))
    # Six, and one that tells whether a frame begins.
    assert [type(each) for each in planes.graph.operations] == [Pair, Pair, Pair, Lut]


@pytest.mark.parametrize("inputs", [4, 6])
def test_a_literal_that_a_number_tells(inputs):
    for count in range(1, 19):
        select = (count - 1).bit_length()
        graph = Graph(count + select)
        literals = [2 * bit + bit % 2 for bit in range(1, count + 1)]
        told = [2 * bit for bit in range(count + 1, count + 1 + select)]
        given = np.random.default_rng(count).integers(0, 2, (count, count + select), np.uint8)
        given[:, count:] = bits_of(np.arange(count)[:, None], select)
        (found,) = evaluated(graph, [selected(graph, literals, told, inputs)], given).T
        wanted = given[range(count), range(count)] ^ np.arange(1, count + 1) % 2
        np.testing.assert_array_equal(found, wanted)
        assert all(len(lut.inputs) <= inputs for lut in graph.operations)


@pytest.mark.parametrize("cells", NAMES)
def test_networks_equal_the_integer_model(cells):
    made, counts = 0, set()
    for number in range(12):
        random = np.random.default_rng([5, number])
        model = random_network(random).model
        planes = plane_counts(model.input_format.width)[1:]
        if max(layer.weights.size for layer in model.layers) > 150 or not planes:
            continue
        count = planes[number % len(planes)]
        try:
            plan = HeapPlan(heaped(model).nodes[0].layer, cells, count)
        except ValueError:
            continue
        made += 1
        counts.add(count)
        x_raw = random_frames(random, model, 40)
        np.testing.assert_array_equal(
            computed(plan, model, x_raw), model.compute(x_raw), err_msg=str(number)
        )
        check_pipeline(plan.pipeline)
    assert made >= 4
    assert len(counts) >= 3


def two_layers(weights):
    formats = (QFormat(4, 0), QFormat(3, 0), QFormat(8, 0), QFormat(2, 0), QFormat(8, 0),
               QFormat(2, 0))  # fmt: skip
    first = dense_layer(formats, "relu", weights, np.zeros(len(weights[0]), int))
    second = (QFormat(2, 0), *formats[1:])
    return IntegerModel.chain(
        "alike", (first, dense_layer(second, "linear", [[1]] * len(weights[0]), [0]))
    )


def test_units_that_are_alike_accumulate_once():
    random = np.random.default_rng(8)
    single = random.integers(-1, 2, 20)
    one, three = (two_layers(np.array(units).T)
                  for units in ([single], [single, 2 * single, single]))
    states = [HeapPlan(heaped(model).nodes[0].layer, NAMES[0], 4).graph.states
              for model in (one, three)]
    assert len(states[0]) == len(states[1]) > 0
    plan = HeapPlan(heaped(three).nodes[0].layer, NAMES[0], 4)
    x_raw = random_frames(random, three, 40)
    np.testing.assert_array_equal(computed(plan, three, x_raw), three.compute(x_raw))


def test_inputs_that_no_weight_multiplies():
    model = two_layers(np.zeros((3, 2), np.int64))
    plan = HeapPlan(heaped(model).nodes[0].layer, NAMES[0], 2)
    assert (plan.in_planes.taken, plan.in_planes.held, plan.graph.states) == ((), (), {})
    x_raw = random_frames(np.random.default_rng(1), model, 5)
    np.testing.assert_array_equal(computed(plan, model, x_raw), model.compute(x_raw))
