import numpy as np
import pytest
from amaranth.back import rtlil

from build_decoder.hdl.activations.component import activation_component
from build_decoder.hdl.activations.plan import activation_plan
from build_decoder.models import activations as float_activations
from build_decoder.models.activation import Activation
from build_decoder.quant.activations import integer_activation, is_exact
from build_decoder.quant.activations.generated import fit_least_segments
from build_decoder.quant.activations.linear import Linear
from build_decoder.quant.activations.piecewise_linear import PiecewiseLinear
from build_decoder.quant.activations.relu import Relu
from build_decoder.quant.activations.table import Table
from build_decoder.quant.qformat import QFormat
from tests.rtl import simulate

NAMES = (*float_activations.names(), "leaky_relu(0.01)", "elu(0.5)", "relu(6.0)")
SMOOTH = [name for name in NAMES if not is_exact(name)]
PAIRS = [
    (QFormat(4, 4), QFormat(1, 7)),
    (QFormat(4, 2), QFormat(2, 2)),
    (QFormat(6, 3), QFormat(0, 5, signed=False)),
    (QFormat(4, 0), QFormat(1, 0)),
    (QFormat(1, 0), QFormat(1, 3, signed=False)),
    (QFormat(3, 3, signed=False), QFormat(2, 5)),
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("input", "output"), PAIRS, ids=str)
def test_equals_parameters_over_every_code(name, input, output):
    check_every_code(integer_activation(name, input, output))


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize(
    ("input", "output"), [*PAIRS, (QFormat(3, 7), QFormat(4, 7))], ids=str
)
def test_least_segments_equal_parameters(name, input, output):
    check_every_code(fit_least_segments(float_activations.get(name), input, output))


@pytest.mark.parametrize(
    ("input", "output"),
    [(QFormat(4, 8), QFormat(1, 7)), (QFormat(3, 9), QFormat(1, 11))],
    ids=str,
)
@pytest.mark.parametrize("name", ["sigmoid", "tanh", "gaussian"])
def test_wide_inputs_equal_parameters(name, input, output):
    activation = float_activations.get(name)
    for parameters in (
        integer_activation(name, input, output), fit_least_segments(activation, input, output)
    ):
        assert parameters.symmetry is not None
        check_every_code(parameters)


@pytest.mark.parametrize("name", SMOOTH)
def test_uniform_segments_equal_parameters(name):
    check_every_code(
        integer_activation(name, QFormat(4, 4), QFormat(3, 4), uniform_segments=16)
    )


def test_callable_equals_parameters():
    function = Activation("sine", np.sin)
    check_every_code(integer_activation(function, QFormat(3, 7), QFormat(1, 7)))
    check_every_code(fit_least_segments(function, QFormat(3, 7), QFormat(1, 7)))


def test_no_multiplier_and_no_memory_is_left_to_synthesis():
    parameters = fit_least_segments(
        float_activations.get("tanh"), QFormat(3, 7), QFormat(1, 7)
    )
    netlist = rtlil.convert(activation_component(parameters)(parameters))
    assert "$add" in netlist
    assert "$mul" not in netlist
    assert "$mem" not in netlist


@pytest.mark.parametrize("symmetric", [False, True])
def test_a_long_offset_takes_a_cycle_more(symmetric):
    parameters = integer_activation(
        "sigmoid", QFormat(3, 9), QFormat(1, 9, False), uniform_segments=8
    )
    if symmetric:
        parameters = fit_least_segments(
            float_activations.get("sigmoid"), QFormat(3, 10), QFormat(1, 7, False)
        )
    assert (parameters.symmetry is not None) is symmetric
    assert parameters.offset_bits > 8
    assert activation_plan(parameters).latency == 3
    check_every_code(parameters)


def check_every_code(parameters):
    dut = activation_component(parameters)(parameters)
    codes = np.arange(parameters.input.min_raw, parameters.input.max_raw + 1)
    assert dut.latency == activation_plan(parameters).latency in (2, 3)
    results = []

    async def testbench(ctx):
        # One code a cycle: throughput and latency are part of the contract.
        ctx.set(dut.en, 1)
        for code in [*codes.tolist(), *[0] * (dut.latency - 1)]:
            ctx.set(dut.i, code)
            await ctx.tick()
            results.append(ctx.get(dut.o))

    simulate(dut, testbench)
    np.testing.assert_array_equal(results[dut.latency - 1 :], parameters.compute(codes))


INPUT, OUTPUT = QFormat(4, 4), QFormat(2, 4)
HELD = {
    **{name: integer_activation(name, INPUT, OUTPUT) for name in NAMES},
    **{
        f"{name}, segments": fit_least_segments(float_activations.get(name), INPUT, OUTPUT)
        for name in SMOOTH
    },
}


def test_every_component_is_held():
    assert {type(parameters) for parameters in HELD.values()} == {
        Linear, PiecewiseLinear, Relu, Table,
    }


@pytest.mark.parametrize("name", HELD)
def test_holds_without_enable(name):
    parameters = HELD[name]
    dut = activation_component(parameters)(parameters)
    random = np.random.default_rng(2)
    codes = random.integers(-128, 128, 40).tolist()
    results = []

    async def testbench(ctx):
        for code in [*codes, *[0] * dut.latency]:
            while random.random() < 0.5:
                ctx.set(dut.en, 0)
                ctx.set(dut.i, int(random.integers(-128, 128)))
                held = ctx.get(dut.o)
                await ctx.tick()
                assert ctx.get(dut.o) == held
            ctx.set(dut.en, 1)
            ctx.set(dut.i, code)
            await ctx.tick()
            results.append(ctx.get(dut.o))

    simulate(dut, testbench)
    start = dut.latency - 1
    np.testing.assert_array_equal(
        results[start : start + len(codes)], parameters.compute(np.array(codes))
    )
