"""The first of all checks: golden outputs are what the network gives on golden inputs.

A search for formats that starts from other outputs than the network's own would look for what
cannot be found, or find something else in silence.
"""

from pathlib import Path

import numpy as np

import models.activations
from models.errors import InputError
from models.golden_explanation import explanation
from models.network import Network

__all__ = ["checked_outputs", "softmax"]

_SINGLE = 32.0
"""How many times further off than one float32 run another may be, which sums in another order."""

_MOST_SINGLE = 0.1
"""Largest error, in the standard deviation of an output, that float32 arithmetic excuses: where it
errs by more, as with inputs of a huge offset, no comparison would be left."""

_RELATIVE = 1e-5
"""What float32 leaves of an output beside that, in parts of its largest value."""

_ROUNDED = 0.02
"""Largest error of a rounded file, in the standard deviation of an output: what is rounded more
coarsely is no output but a decision."""

_MOST_DIGITS = 7
_HALF_BITS = 12


def checked_outputs(
    network: Network, x: np.ndarray, y: np.ndarray, *, source: Path
) -> tuple[np.ndarray, tuple[str, ...]]:
    """The outputs that golden data stands for, and what the user should know of them.

    They are ``y`` itself, or the network's outputs where ``y`` has their softmax.

    Parameters
    ----------
    x, y
        Golden inputs (samples, inputs) and outputs (samples, outputs).

    Raises
    ------
    InputError
        They are not what ``network`` gives on ``x``, within the precision of float32 and of the
        file. The message has the first sample and output, both values, and an explanation if one
        fits.
    """
    own = network.forward(x)
    tolerance = _tolerance(network, x, own, y)
    if np.all(np.abs(own - y) <= tolerance):
        return y, ()
    if y.shape[1] > 1:
        probabilities = softmax(own)
        slack = 2 * tolerance.max() + _RELATIVE + _rounding(y, probabilities.std(axis=0))
        if np.all(np.abs(probabilities - y) <= slack):
            return own, ("y is the softmax of the network's outputs",)
    raise _difference(network, x, y, own, tolerance, source)


def softmax(y: np.ndarray) -> np.ndarray:
    """Softmax of outputs (samples, outputs), along each row."""
    powers = np.exp(y - y.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _difference(network, x, y, own, tolerance, source) -> InputError:
    apart = np.abs(own - y)
    wrong = apart > tolerance
    samples = np.flatnonzero(wrong.any(axis=1))
    sample = int(samples[0])
    output = int(np.argmax(np.where(wrong[sample], apart[sample], -1)))
    reason = explanation(network, x, y, own, tolerance)
    return InputError.at(
        source,
        f"sample {sample}, output {output}",
        expected=f"{own[sample, output]:.6g}, which the network gives",
        got=f"{y[sample, output]:.6g} ({len(samples)} of {len(y)} samples differ"
        + (f"): {reason}" if reason else ")"),
    )


def _tolerance(network: Network, x: np.ndarray, own: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Greatest error (outputs,) that float32 arithmetic and the file's rounding explain."""
    spread = own.std(axis=0)
    single = _SINGLE * np.abs(_in_single_precision(network, x) - own).max(axis=0)
    single += _RELATIVE * np.abs(own).max(axis=0)
    return np.where(
        spread > 0, np.minimum(single, _MOST_SINGLE * spread), single
    ) + _rounding(y, spread)


def _in_single_precision(network: Network, x: np.ndarray) -> np.ndarray:
    values = x.astype(np.float32)
    for layer in network.layers:
        sums = values @ layer.weights.astype(np.float32) + layer.bias.astype(np.float32)
        values = models.activations.get(layer.activation).function(sums).astype(np.float32)
    return values.astype(np.float64)


def _rounding(y: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Half a step (outputs,) of what ``y`` seems to be rounded to, within `_ROUNDED`."""
    magnitude = np.abs(y)
    greatest = magnitude.max(axis=0)
    steps = [np.zeros(y.shape[1])]
    for digits in range(_MOST_DIGITS):
        if np.array_equal(np.round(y, digits), y):
            steps.append(np.full(y.shape[1], 10.0**-digits))
            break
    exponent = np.floor(np.log10(np.where(magnitude > 0, magnitude, 1.0)))
    for digits in range(1, _MOST_DIGITS):
        unit = 10.0 ** (exponent - digits + 1)
        if np.allclose(np.round(y / unit) * unit, y, rtol=1e-12, atol=0):
            steps.append(unit.max(axis=0))
            break
    mantissa, _ = np.frexp(y)
    for bits in range(1, _HALF_BITS):
        if np.array_equal(np.round(np.ldexp(mantissa, bits)), np.ldexp(mantissa, bits)):
            # A model that computes in half precision errs by more than the last rounding.
            steps.append(8 * greatest * 2.0**-bits)
            break
    return np.minimum(np.max(steps, axis=0) / 2, _ROUNDED * spread)
