"""From a gated recurrent unit in floats to one in floating point."""

import math
from collections.abc import Mapping

import numpy as np

from build_decoder.models.layer import Shape
from build_decoder.models.layers.gru import Gru
from build_decoder.quant.activations import IntegerActivation
from build_decoder.quant.floating.float_format import FloatFormat
from build_decoder.quant.floating.forms import bounded_form, greatest_size
from build_decoder.quant.floating.gru import FloatGru
from build_decoder.quant.floating.gru_cell import FloatGruCell
from build_decoder.quant.floating.seen import together

__all__ = ["float_gru", "gru_range"]


def float_gru(
    layer: Gru,
    shape: Shape,
    weights: Mapping[str, np.ndarray],
    format: FloatFormat,
    taken: tuple[int, int],
    uniform_segments: int | None,
) -> FloatGru:
    """The layer in a format that holds its ``weights``; parameters are those of
    :func:`quant.floating.from_lstm.float_lstm`."""
    gate, candidate = _forms(format, uniform_segments)
    states = gru_range(format, uniform_segments)
    greatest, least = together([taken, states])
    cell = FloatGruCell(
        format=format, greatest=greatest, least=least, state_greatest=states[0],
        state_least=states[1], weights=format.encode(weights["weights"]),
        recurrent=format.encode(weights["recurrent"]), biases=format.encode(weights["bias"]),
        gate=gate, candidate=candidate,
    )  # fmt: skip
    return FloatGru(shape[0], cell, layer.sequences, layer.backward)


def gru_range(format: FloatFormat, uniform_segments: int | None) -> tuple[int, int]:
    """The code of the greatest output, which is a candidate, since gates are between 0 and 1; and
    the exponent of the last bit that is taken, that of a candidate's product with a gate."""
    gate, candidate = _forms(format, uniform_segments)
    fraction = gate.output.fraction + candidate.output.fraction
    greatest = math.ldexp(greatest_size(candidate), -candidate.output.fraction)
    return int(format.encode(greatest)), max(-fraction, format.least_exponent)


def _forms(
    format: FloatFormat, uniform_segments: int | None
) -> tuple[IntegerActivation, IntegerActivation]:
    """Those of gates, and of candidates."""
    return tuple(bounded_form(format, name, uniform_segments) for name in ("sigmoid", "tanh"))
