"""From a long short-term memory in floats to one in floating point."""

from collections.abc import Mapping

import numpy as np

from build_decoder.models.layer import Shape
from build_decoder.models.layers.lstm import Lstm
from build_decoder.quant.activations import IntegerActivation
from build_decoder.quant.floating.float_format import FloatFormat
from build_decoder.quant.floating.forms import bounded_form
from build_decoder.quant.floating.lstm import FloatLstm
from build_decoder.quant.floating.lstm_cell import FloatLstmCell, cell_range, output_range
from build_decoder.quant.floating.seen import together

__all__ = ["float_lstm", "lstm_range"]


def float_lstm(
    layer: Lstm,
    shape: Shape,
    weights: Mapping[str, np.ndarray],
    format: FloatFormat,
    taken: tuple[int, int],
    uniform_segments: int | None,
) -> FloatLstm:
    """The layer in a format that holds its ``weights``.

    Its states have ranges that are proven; one range holds its inputs and the states that come
    back, so that no state is ever limited or cut on its way into sums.

    Parameters
    ----------
    shape
        Steps and channels of its input.
    taken
        Code of the greatest input that is taken, and exponent of the last bit.
    uniform_segments
        As of :func:`quant.activations.integer_activation`.
    """
    gate, squash = _forms(format, uniform_segments)
    greatest, least = together([taken, output_range(format, gate, squash)])
    cell_greatest, cell_least = cell_range(format, shape[0], gate, squash)
    cell = FloatLstmCell(
        format=format, greatest=greatest, least=least,
        cell_greatest=cell_greatest, cell_least=cell_least,
        weights=format.encode(weights["weights"]), recurrent=format.encode(weights["recurrent"]),
        biases=format.encode(weights["bias"]), gate=gate, candidate=squash, squash=squash,
    )  # fmt: skip
    return FloatLstm(shape[0], cell, layer.sequences, layer.backward)


def lstm_range(format: FloatFormat, uniform_segments: int | None) -> tuple[int, int]:
    """The code of the greatest output, and the exponent of the last bit."""
    return output_range(format, *_forms(format, uniform_segments))


def _forms(
    format: FloatFormat, uniform_segments: int | None
) -> tuple[IntegerActivation, IntegerActivation]:
    """Those of gates, and of candidates and cells."""
    return tuple(bounded_form(format, name, uniform_segments) for name in ("sigmoid", "tanh"))
