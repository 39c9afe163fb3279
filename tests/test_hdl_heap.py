"""Bit heaps: digits, shared sums, compressors, step functions, and whole networks of LUTs."""

import itertools

import numpy as np
import pytest

from build_decoder.hdl.heap.compress import compressed
from build_decoder.hdl.heap.compressors import NAMES, at_least, compressors_of
from build_decoder.hdl.heap.digits import digits_of
from build_decoder.hdl.heap.graph import ONE, ZERO, Graph
from build_decoder.hdl.heap.network import bits_of, network_of, values_of
from build_decoder.hdl.heap.operations import Chain, Lut
from build_decoder.hdl.heap.pipeline import MOST_LEVELS, Pipeline
from build_decoder.hdl.heap.sharing import shared_rows
from build_decoder.hdl.heap.steps import functions_of
from build_decoder.hdl.heap.tables import function
from build_decoder.quant.activations import integer_activation
from build_decoder.quant.layers.dense import Dense
from build_decoder.quant.qformat import QFormat
from build_decoder.sim.random_networks import random_frames, random_network

FAMILIES = NAMES


def evaluated(graph, literals, inputs):
    """Literals' values, int64 (frames, literals)."""
    graph.outputs = [literal if literal <= ONE else literal & ~1 for literal in literals]
    inverted = np.array([literal > ONE and literal & 1 for literal in literals])
    return graph.evaluate(inputs).astype(np.int64) ^ inverted


def total(graph, columns, inputs):
    """What columns come to, int64 (frames,)."""
    sums = np.zeros(len(inputs), np.int64)
    for column, literals in enumerate(columns):
        if literals:
            sums += evaluated(graph, literals, inputs).sum(axis=1) << column
    return sums


def test_digits_make_the_weights_and_are_few():
    weights = np.arange(-130, 131)
    digits = digits_of(weights).astype(np.int64)
    np.testing.assert_array_equal(digits @ (1 << np.arange(digits.shape[1])), weights)
    # 7 is 8 - 1; 3 is 2 + 1, which is no more than 4 - 1.
    of = dict(zip(weights.tolist(), digits.tolist(), strict=True))
    assert np.abs(digits).sum(axis=1).max() == 4
    assert of[7][:5] == [-1, 0, 0, 1, 0]
    assert of[3][:5] == [1, 1, 0, 0, 0]
    assert of[-3][:5] == [-1, -1, 0, 0, 0]


@pytest.mark.parametrize("outputs", [1, 2, 7])
def test_shared_rows_make_the_weights(outputs):
    random = np.random.default_rng(outputs)
    weights = random.integers(-7, 8, (120, outputs))
    rows = shared_rows(digits_of(weights), np.full(120, 4))
    count = rows[0].digits.shape[1]

    def whole(row):
        own = row.digits.astype(np.int64) @ (1 << np.arange(count))
        return own + sum(
            part.sign * (whole(rows[part.row]) << part.shift) for part in row.operands
        )

    for output in range(outputs):
        np.testing.assert_array_equal(whole(rows[output]), weights[:, output])
    assert max(row.nested for row in rows) <= 3
    if outputs > 1:
        digits = sum(np.abs(row.digits).sum() for row in rows)
        assert digits < 0.8 * np.abs(digits_of(weights)).sum()


def test_a_pattern_within_one_row_is_shared():
    # 5 and 10 times an input are 1 and 4, 2 and 8 times it.
    rows = shared_rows(digits_of(np.full((200, 1), 5)), np.full(200, 4))
    assert len(rows) > 1
    assert {operand.row for operand in rows[0].operands} == {1}


def random_columns(random, inverted):
    """Literals of inputs from 1 on in random columns, and how many there are."""
    count = int(random.integers(1, 40))
    columns = [[] for _ in range(int(random.integers(1, 6)))]
    for bit in range(1, count + 1):
        literal = 2 * bit + {"none": 0, "all": 1, "some": int(random.integers(2))}[inverted]
        columns[int(random.integers(len(columns)))].append(literal)
    most = sum(len(column) << n for n, column in enumerate(columns))
    return columns + [[] for _ in range(most.bit_length() - len(columns))], count


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("inverted", ["none", "some", "all"])
def test_heaps_come_to_their_sum(family, inverted):
    compressors = compressors_of(family)
    random = np.random.default_rng(len(inverted))
    for _ in range(30):
        columns, count = random_columns(random, inverted)
        graph = Graph(count)
        inputs = random.integers(0, 2, (40, count)).astype(np.uint8)
        inputs[:2] = [[0], [1]]
        wanted = total(graph, columns, inputs)
        few = compressed(graph, columns, compressors)
        assert max(map(len, few), default=0) <= compressors.most
        np.testing.assert_array_equal(total(graph, few, inputs), wanted)
        bits = compressors.add(graph, few)
        np.testing.assert_array_equal(total(graph, [[bit] for bit in bits], inputs), wanted)
        for threshold in random.integers(-1, wanted.max() + 3, 4).tolist():
            literal = at_least(compressors, graph, bits, threshold)
            (found,) = evaluated(graph, [literal], inputs).T
            np.testing.assert_array_equal(found, wanted >= threshold)


def test_a_carry_chain_of_ecp5_takes_bits_that_come_from_near_each_other():
    """Columns of different numbers of bits, in any order: each chain takes bits of one place."""
    count = 240
    random, graph = np.random.default_rng(1), Graph(count)
    columns = [
        (2 * random.permutation(np.arange(1, count + 1, step))).tolist() for step in (8, 4, 2, 1)
    ]
    columns += [[] for _ in range(9)]
    compressed(graph, columns, compressors_of("ecp5"))
    first = [
        operation for operation in graph.operations
        if isinstance(operation, Chain) and max(operation.taken) <= count
    ]
    assert len(first) > 20
    spans = [max(chain.taken) - min(filter(None, chain.taken)) for chain in first]
    assert np.mean(spans) < count / 10
    # What is made of them comes from there.
    for chain in first:
        for bit in filter(None, chain.sums):
            assert min(filter(None, chain.taken)) <= graph.position(2 * bit) <= max(chain.taken)


@pytest.mark.parametrize("inputs", [3, 4, 6])
def test_functions_of_more_bits_than_a_lut_takes(inputs):
    random = np.random.default_rng(inputs)
    for count in (1, inputs, inputs + 1, 9):
        values = random.random(1 << count) < 0.5
        graph = Graph(count)
        bits = [2 * bit + bit % 2 for bit in range(1, count + 1)]
        literal = function(graph, bits, values, inputs)
        numbers = np.arange(1 << count)
        given = bits_of(numbers[:, None], count) ^ [bit & 1 for bit in bits]
        np.testing.assert_array_equal(evaluated(graph, [literal], given)[:, 0], values)
        assert all(len(lut.inputs) <= inputs for lut in graph.operations)


@pytest.mark.parametrize("value", [0, 1])
def test_a_function_that_is_constant_takes_no_lut(value):
    graph = Graph(8)
    bits = [2 * bit for bit in range(1, 9)]
    assert function(graph, bits, np.full(256, value), 6) == (ONE if value else ZERO)
    assert not graph.operations


def dense_layer(formats, activation, weights, biases):
    input, weight, accumulator, bias, summed, output = formats
    return Dense(
        input=input, weight=weight, accumulator=accumulator, bias=bias,
        weights=np.array(weights), biases=np.array(biases),
        activation=integer_activation(activation, summed, output),
    )  # fmt: skip


FORMATS = list(
    itertools.product(
        (QFormat(4, 0), QFormat(6, 1), QFormat(3, 2)),
        (QFormat(3, 0), QFormat(1, 3)),
        (QFormat(3, 0), QFormat(4, 2), QFormat(5, -1)),
        ("linear", "relu", "sigmoid"),
    )
)


@pytest.mark.parametrize(("accumulator", "bias", "summed", "activation"), FORMATS)
def test_a_step_function_is_what_a_layer_computes(accumulator, bias, summed, activation):
    formats = QFormat(4, 0, signed=False), QFormat(1, 2), accumulator, bias, summed, QFormat(2, 2)
    biases = [bias.max_raw, bias.min_raw + 1]
    layer = dense_layer(formats, activation, [[3, -4], [-2, 1]], biases)
    x = np.array(list(itertools.product(range(16), repeat=2)))
    wanted = layer.compute(x)
    exact = x @ layer.weights
    for unit, step in enumerate(functions_of(layer)):
        sums = exact[:, unit]
        np.testing.assert_array_equal(step.of(sums), wanted[:, unit])
        np.testing.assert_array_equal(step.negated().of(-sums), wanted[:, unit])
        np.testing.assert_array_equal(step.shifted(5).of(sums - 5), wanted[:, unit])
        by_steps = step.codes[0] + np.sum(
            [(sums >= threshold) * jump for threshold, jump in step.thresholds] or [0 * sums],
            axis=0,
        )
        np.testing.assert_array_equal(by_steps, wanted[:, unit])


def test_sums_of_too_many_codes_are_refused():
    formats = [QFormat(width, 0) for width in (8, 8, 20, 4, 18, 4)]
    layer = dense_layer(formats, "linear", np.full((3, 1), 100), [0])
    with pytest.raises(ValueError, match=r"^expected at most 65536 codes of a sum .*, got 76501:"):
        network_of([layer], compressors_of("xc7"))
    formats = [QFormat(4, 0), QFormat(3, 0), *[QFormat(8, 0)] * 4]
    first = dense_layer(formats, "linear", [[1, 2]], [0, 0])
    formats = [QFormat(width, 0) for width in (8, 12, 20, 4, 18, 4)]
    second = dense_layer(formats, "linear", np.full((2, 1), 2**9), [0])
    with pytest.raises(ValueError, match=r"^dense layer 2: expected at most 65536 codes of a sum"):
        network_of([first, second], compressors_of("xc7"))


@pytest.mark.parametrize("activation", ["relu", "sigmoid"])
def test_sums_of_many_codes(activation):
    formats = [QFormat(width, 0) for width in (8, 8, 20, 4, 14)]
    layer = dense_layer([*formats, QFormat(4, 8)], activation, [[100, 7], [-99, 3]], [0, -5])
    assert len(functions_of(layer)[0].codes) == 1 << 14
    graph = network_of([layer], compressors_of("xc7"))
    x_raw = np.random.default_rng(8).integers(-128, 128, (4000, 2))
    outputs = values_of(graph.evaluate(bits_of(x_raw, 8)), layer.output)
    np.testing.assert_array_equal(outputs, layer.compute(x_raw))


@pytest.mark.parametrize("family", FAMILIES)
def test_networks_equal_the_integer_model(family):
    made = 0
    for number in range(16):
        random = np.random.default_rng([3, number])
        model = random_network(random).model
        if max(layer.weights.size for layer in model.layers) > 300:
            continue
        try:
            graph = network_of(model.layers, compressors_of(family))
        except ValueError:
            continue
        made += 1
        x_raw = random_frames(random, model, 60)
        bits = graph.evaluate(bits_of(x_raw, model.input_format.width))
        np.testing.assert_array_equal(
            values_of(bits, model.output_format), model.compute(x_raw), err_msg=str(number)
        )
        check_pipeline(Pipeline(graph))
    assert made >= 5


def check_pipeline(pipeline):
    """No more levels than there may be between registers, counted anew, LUT by LUT."""
    graph, ends = pipeline.graph, pipeline.ends
    assert (ends[0], ends[-1]) == (0, graph.depth)
    assert graph.accumulating in (None, *ends)
    # Inputs, and what is registered behind the level whose bits accumulate.
    behind = dict.fromkeys([*range(graph.input_count + 1), graph.first, *graph.states], 0)
    for operation in graph.operations:
        row = pipeline.row(graph.levels[operation.outputs[0]])
        levels = {
            bit: behind[bit] if bit and pipeline.row(graph.levels[bit]) == row else 0
            for bit in operation.taken
        }
        if isinstance(operation, Lut):
            most = 1 + max(levels[bit] for bit in operation.inputs)
        else:
            most = chain_levels(operation, levels)
        behind |= dict.fromkeys(operation.outputs, most)
    assert max(behind.values()) <= MOST_LEVELS


def chain_levels(chain, levels):
    """Levels of what a chain makes, from those of what it takes; second outputs are put in."""
    most = levels[chain.carry >> 1]
    for place in chain.places:
        if place.output is not None:
            # It does not depend on what goes past.
            own = [levels[bit] for bit in place.inputs if bit != place.past]
            levels[place.output] = 1 + max(own, default=0)
        past = 0 if place.past is None else levels[place.past]
        most = max(most, past, *(1 + levels[bit] for bit in place.inputs))
    return most
