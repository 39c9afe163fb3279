"""Random small networks over time steps in floating point."""

import numpy as np

from build_decoder.hdl.layers import plan_type
from build_decoder.hdl.planning.multipliers import Multipliers
from build_decoder.models.layer import Shape
from build_decoder.quant.activations import IntegerActivation, integer_activation
from build_decoder.quant.floating.attention import FloatAttention
from build_decoder.quant.floating.dense import FloatDense
from build_decoder.quant.floating.float_format import FloatFormat
from build_decoder.quant.floating.gru import FloatGru
from build_decoder.quant.floating.gru_cell import FloatGruCell
from build_decoder.quant.floating.lstm import FloatLstm
from build_decoder.quant.floating.lstm_cell import FloatLstmCell, cell_range
from build_decoder.quant.integer_model import IntegerModel, ModelInput, ModelNode
from build_decoder.quant.layer import IntegerLayer
from build_decoder.quant.layers.attention import POWER
from build_decoder.quant.layers.flatten import Flatten
from build_decoder.quant.qformat import QFormat
from build_decoder.sim.float_codes import codes_near, finite_codes
from build_decoder.sim.random_columns import ColumnNetwork
from build_decoder.sim.random_float_layers import (
    float_parameters,
    random_float_format,
    random_range,
)

__all__ = [
    "random_float_attention",
    "random_float_gru",
    "random_float_lstm",
    "random_float_recurrent",
]

_INPUT = "x"
_MOST_STEPS, _MOST_CHANNELS, _MOST_UNITS = 5, 5, 4
_MOST_PRODUCTS = 12
_MOST_SUM_BITS = 80
"""Wider sums take simulators long."""


def random_float_recurrent(
    random: np.random.Generator, *, name: str = "random"
) -> ColumnNetwork:
    """A network over 1 to 5 steps: LSTMs, GRUs or attention, one or two in a row, and mostly a
    dense layer behind them."""
    format = random_float_format(random)
    shape = tuple(
        int(random.integers(1, most, endpoint=True)) for most in (_MOST_STEPS, _MOST_CHANNELS)
    )
    nodes, choices, last, given = [], {}, _INPUT, shape

    def add(layer: IntegerLayer, kind: str) -> None:
        nonlocal last, given
        nodes.append(ModelNode(f"{kind}{len(nodes) + 1}", (last,), layer))
        last, given = nodes[-1].name, layer.output_shape

    def folded(layer: IntegerLayer, kind: str) -> None:
        add(layer, kind)
        plans = [
            plan for plan in plan_type(layer).options(layer, ())
            if plan.folding.multipliers <= _MOST_PRODUCTS
        ]  # fmt: skip
        plan = plans[int(random.integers(len(plans)))]
        products = plan.folding.inputs_per_cycle * plan.multiplying.neurons
        blocks = int(random.choice((0, random.integers(products + 1), products)))
        units = Multipliers(dsp=blocks, lut=products - blocks)
        choices[last] = {"folding": plan.folding, "multipliers": units}

    for _ in range(int(random.integers(1, 3))):
        if len(given) == 2:
            kind = str(random.choice(list(_DRAWS), p=(0.2, 0.4, 0.4)))
            folded(_DRAWS[kind](random, format, given), kind)
    if len(given) == 2:
        add(Flatten(format, given[0] * given[1]), "flatten")
    if random.random() < 0.7:
        units = int(random.integers(1, 3, endpoint=True))
        parameters = float_parameters(random, format, format, (given[0], units))
        folded(FloatDense(**parameters), "dense")
    model = IntegerModel(name, (ModelInput(_INPUT, shape, format),), tuple(nodes))
    return ColumnNetwork(model, choices)


def random_float_lstm(
    random: np.random.Generator, format: FloatFormat, shape: Shape
) -> FloatLstm:
    """A layer that takes codes (steps, channels): weights near one, in part zero, or anything; a
    range of cells that is proven, or another one."""
    steps, channels = shape
    units = int(random.integers(1, _MOST_UNITS, endpoint=True))
    while True:
        gate, candidate, squash = _forms(random)
        greatest, least = random_range(random, format)
        cells = cell_range(format, steps, gate, candidate)
        if random.random() < 0.4:
            cells = random_range(random, format)
        cell = FloatLstmCell(
            format=format, greatest=greatest, least=least,
            cell_greatest=cells[0], cell_least=cells[1],
            weights=_codes(random, format, (channels, 4 * units)),
            recurrent=_codes(random, format, (units, 4 * units)),
            biases=_codes(random, format, (4 * units,)),
            gate=gate, candidate=candidate, squash=squash,
        )  # fmt: skip
        if cell.exact_bound.bit_length() <= 62 and cell.sums.total.width <= _MOST_SUM_BITS:
            sequences, backward = (bool(random.random() < 0.5) for _ in range(2))
            return FloatLstm(steps, cell, sequences, backward)


def random_float_gru(
    random: np.random.Generator, format: FloatFormat, shape: Shape
) -> FloatGru:
    """A layer that takes codes (steps, channels): weights near one, in part zero, or anything."""
    steps, channels = shape
    units = int(random.integers(1, _MOST_UNITS, endpoint=True))
    while True:
        gate, candidate, _ = _forms(random)
        (greatest, least), states = (random_range(random, format) for _ in range(2))
        cell = FloatGruCell(
            format=format, greatest=greatest, least=least,
            state_greatest=states[0], state_least=states[1],
            weights=_codes(random, format, (channels, 3 * units)),
            recurrent=_codes(random, format, (units, 3 * units)),
            biases=_codes(random, format, (2, 3 * units)), gate=gate, candidate=candidate,
        )  # fmt: skip
        if cell.exact_bound.bit_length() <= 62 and cell.sums.total.width <= _MOST_SUM_BITS:
            sequences, backward = (bool(random.random() < 0.5) for _ in range(2))
            return FloatGru(steps, cell, sequences, backward)


def random_float_attention(
    random: np.random.Generator, format: FloatFormat, shape: Shape
) -> FloatAttention:
    """A layer that takes codes (steps, channels), of any weights and range that it can have."""
    steps, channels = shape
    while True:
        into = QFormat(int(random.integers(2, 5)), int(random.integers(1, 5)))
        power = integer_activation(POWER, into, QFormat(2, int(random.integers(2, 8)), False))
        greatest, least = random_range(random, format)
        try:
            layer = FloatAttention(
                input=format, greatest=greatest, least=least,
                weights=_codes(random, format, (channels, 1)),
                biases=_codes(random, format, (steps, 1)), power=power,
            )  # fmt: skip
        except ValueError:
            # Sums are too wide.
            continue
        if layer.sums.total.width <= _MOST_SUM_BITS:
            return layer


def _codes(random: np.random.Generator, format: FloatFormat, shape: Shape) -> np.ndarray:
    if random.random() < 0.2:
        return finite_codes(random, format, shape)
    near = codes_near(random, format, shape, spread=int(random.choice((1, 2))))
    return np.where(random.random(shape) < random.choice((0.0, 0.4)), 0, near)


def _forms(random: np.random.Generator) -> tuple[IntegerActivation, ...]:
    """A gate's, a candidate's and a cell's, between small formats."""
    fraction = int(random.integers(1, 6))
    into = QFormat(int(random.integers(2, 4)), fraction)

    def of(name: str, into: QFormat) -> IntegerActivation:
        signed = name != "sigmoid" or bool(random.random() < 0.3)
        return integer_activation(name, into, QFormat(1 + signed, int(random.integers(1, 7)),
                                                      signed=signed))

    return of("sigmoid", into), of("tanh", into), of("tanh", QFormat(3, int(random.integers(1, 6))))


_DRAWS = {
    "attention": random_float_attention, "gru": random_float_gru, "lstm": random_float_lstm
}  # fmt: skip
