"""The first of all checks: golden outputs are what the network gives on golden inputs.

With other outputs than the network's own, a search for formats would fail, or would silently find
formats for another network.
"""

from pathlib import Path

import numpy as np

from build_decoder.models.errors import InputError
from build_decoder.models.golden.explanation import explanation, is_one_hot
from build_decoder.models.golden.precision import Allowance, View, allowances, output_scale
from build_decoder.models.network import Network
from build_decoder.models.spread import standard_deviation, varies

__all__ = ["SOFTMAX_NOTE", "checked_outputs", "softmax"]

SOFTMAX_NOTE = "y is the softmax of the network's outputs"

_TOLD = 0.01
"""Error, in standard deviations of an output, from which on the user is told of it."""

_SATURATED = 1e-5
"""Greatest error of a one-hot ``y`` that is taken for the softmax of the outputs."""


def softmax(y: np.ndarray) -> np.ndarray:
    """Softmax of outputs (samples, outputs), along each row."""
    powers = np.exp(y - y.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _probability_scale(p: np.ndarray) -> np.ndarray:
    """One scale for all outputs, since a class that is never likely has none of its own."""
    return np.full(p.shape[1], standard_deviation(p).max() or p.max())


_OUTPUTS = View(lambda y: y, output_scale)
_PROBABILITIES = View(softmax, _probability_scale, most=1e-2)
_OWN_PROBABILITIES = View(lambda y: y, _probability_scale, most=1e-2)


def checked_outputs(
    network: Network, x: np.ndarray, y: np.ndarray, *, source: Path
) -> tuple[np.ndarray, tuple[str, ...]]:
    """The network's own outputs on golden inputs, and what the user should know of ``y``.

    Parameters
    ----------
    x, y
        Golden inputs (samples, inputs) and outputs (samples, outputs).

    Raises
    ------
    InputError
        ``y`` is neither the network's outputs on ``x`` nor their softmax, within the precision of
        arithmetic and of the file. The message names the first sample and output that differ, has
        both values, and an explanation if one fits.
    """
    with np.errstate(all="ignore"):
        own = network.forward(x)
        if not np.isfinite(own).all():
            sample, output = np.argwhere(~np.isfinite(own))[0]
            raise InputError.at(
                source,
                f"sample {sample}, output {output}",
                expected="inputs on which the network gives finite outputs",
                got=f"{own[sample, output]}",
            )
        ends_in_softmax = network.output_activation == "softmax"
        view = _OWN_PROBABILITIES if ends_in_softmax else _OUTPUTS
        agreed, widest = _agreeing(network, x, y, own, view)
        if agreed:
            return own, _notes(own, y, agreed)
        if y.shape[1] > 1 and not ends_in_softmax:
            probabilities = softmax(own)
            exact = np.all(np.abs(probabilities - y) <= _SATURATED)
            if exact or not is_one_hot(y):
                agreed, _ = _agreeing(network, x, y, probabilities, _PROBABILITIES)
                if agreed:
                    return own, (SOFTMAX_NOTE, *_notes(probabilities, y, agreed))
        raise _difference(network, x, y, own, widest.tolerance, source)


def _agreeing(
    network: Network, x: np.ndarray, y: np.ndarray, own: np.ndarray, view: View
) -> tuple[Allowance | None, Allowance]:
    """The smallest allowance within which ``y`` agrees, or None; and the last one tried."""
    apart = np.abs(own - y).max(axis=0)
    for allowance in allowances(network, x, y, own, view):
        if np.all(apart <= allowance.tolerance):
            return allowance, allowance
    return None, allowance


def _notes(own: np.ndarray, y: np.ndarray, allowance: Allowance) -> tuple[str, ...]:
    scale = output_scale(own)
    worst = np.max(np.abs(own - y).max(axis=0) / np.where(scale > 0, scale, 1.0))
    if allowance.exact and worst <= _TOLD:
        return ()
    measure = "standard deviation" if varies(own).any() else "size"
    return (
        f"y agrees with the network within {worst:.2g} of an output's {measure} only "
        f"({allowance.reason}): the network's own outputs are used",
    )


def _difference(network, x, y, own, tolerance, source) -> InputError:
    apart = np.abs(own - y)
    wrong = apart > tolerance
    samples = np.flatnonzero(wrong.any(axis=1))
    sample = int(samples[0])
    output = int(np.argmax(np.where(wrong[sample], apart[sample], -1)))
    header = source.suffix == ".csv"
    if network.continuous:
        reason = "samples follow in time, and only `steps` tells where states begin at zero"
    else:
        reason = explanation(network, x, y, own, tolerance, may_have_header=header)
    return InputError.at(
        source,
        f"sample {sample}, output {output}",
        expected=f"{own[sample, output]:.6g}, which the network gives",
        got=f"{y[sample, output]:.6g} ({len(samples)} of {len(y)} samples differ"
        + (f"): {reason}" if reason else ")"),
    )
