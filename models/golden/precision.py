"""How far golden outputs may be from the network's: what arithmetic and rounding explain."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from build_decoder.models.network import Network, Node
from build_decoder.models.spread import standard_deviation

__all__ = [
    "HALF_PRECISION_BITS",
    "Allowance",
    "Rounding",
    "View",
    "allowances",
    "half_precision_error",
    "half_step",
    "inputs_error",
    "output_scale",
    "roundings",
]

HALF_PRECISION_BITS = (10, 7)
"""Explicit bits of the mantissa: of float16 and TF32, and of bfloat16."""

_SINGLE = 32.0
"""Error that is allowed, as a multiple of the error of one float32 run: another run may sum in
another order."""

_HALF = 4.0
"""The same for operands with mantissas of 10 bits: tensor cores may cut them off, not round."""

_INPUTS = 4.0
"""The same for inputs that were written rounded."""

_RUNS = 4
"""Runs with rounded inputs; the one with the greatest error counts."""

_MOST = 0.1
"""Largest error, as a fraction of an output's scale, that arithmetic and rounded inputs can excuse.
If more were allowed, as inputs with a huge offset would ask for, nothing would be compared."""

_RELATIVE = 1e-5
"""Error of float32 that is allowed besides, as a fraction of an output's largest magnitude."""

_ROUNDED = 0.02
"""Largest error of a rounded ``y``, as a fraction of an output's scale: values that are rounded
more coarsely are decisions, not outputs."""

_MOST_DIGITS = 7
_HALF_BITS = 12


@dataclass(frozen=True)
class Rounding:
    """A rounding that numbers seem to have been through.

    Parameters
    ----------
    text
        As the user would say it, such as ``rounded to 2 decimals``.
    steps
        Distance from each number to the next one on its grid, in the shape of the numbers.
    """

    text: str
    steps: np.ndarray


@dataclass(frozen=True)
class View:
    """How golden ``y`` is compared with the network's outputs: as they are, or as their softmax.

    Parameters
    ----------
    of
        ``of(outputs)`` gives the values that ``y`` should have, (samples, outputs).
    scale
        ``scale(values)`` gives the unit of each output's errors, (outputs,).
    most
        Largest error that arithmetic can excuse, in the outputs' own unit, whatever the scale.
    """

    of: Callable[[np.ndarray], np.ndarray]
    scale: Callable[[np.ndarray], np.ndarray]
    most: float = np.inf


@dataclass(frozen=True)
class Allowance:
    """Errors that are small enough for golden outputs to agree with the network.

    Parameters
    ----------
    tolerance
        Greatest allowed error of each output (outputs,).
    reason
        Why errors may be so great, as text for the user.
    exact
        Whether only float32 arithmetic and the rounding of ``y`` are allowed for.
    """

    tolerance: np.ndarray
    reason: str
    exact: bool = False


def output_scale(own: np.ndarray) -> np.ndarray:
    """Standard deviation of each output (outputs,); of one that does not vary, its magnitude."""
    spread = standard_deviation(own)
    return np.where(spread > 0, spread, np.abs(own).max(axis=0))


def allowances(
    network: Network, x: np.ndarray, y: np.ndarray, own: np.ndarray, view: View
) -> Iterator[Allowance]:
    """Allowances for the errors of ``y``, from the smallest to the greatest that can be excused.

    ``own`` are the network's outputs on ``x``, in the same view as ``y``.
    """
    scale = view.scale(own)
    limit = np.minimum(_MOST * scale, view.most)
    single = _SINGLE * _apart(view.of(_in_single_precision(network, x)), own)
    single += _RELATIVE * np.abs(own).max(axis=0)
    written = [(r.text, half_step(r)) for r in roundings(y)]
    rounding = np.max([np.zeros(y.shape[1]), *(half for _, half in written)], axis=0)
    rounding = np.minimum(rounding, _ROUNDED * scale)

    def allowed(error: np.ndarray, reason: str, exact: bool = False) -> Allowance:
        # A float32 run that overflows gives NaN: then the limit alone counts.
        return Allowance(np.fmin(error, limit) + rounding, reason, exact)

    text = f"y is {written[0][0]}" if written else "computed in single precision"
    yield allowed(single, text, exact=True)
    inputs = inputs_error(network, x, view)
    if inputs is not None:
        text = inputs[0]
        yield allowed(single + inputs[1], text)
    half = _HALF * half_precision_error(network, x, HALF_PRECISION_BITS[0], view)
    yield allowed(single + half, "computed in half precision")
    if inputs is not None:
        yield allowed(single + inputs[1] + half, f"{text}, computed in half precision")


def half_step(rounding: Rounding) -> np.ndarray:
    """Greatest error (columns,) of numbers after this rounding."""
    return rounding.steps.max(axis=0) / 2


def roundings(values: np.ndarray) -> list[Rounding]:
    """Roundings that ``values`` (samples, columns) seem to have been through, of each kind one."""
    found = []
    magnitude = np.abs(values)
    for digits in range(_MOST_DIGITS):
        if np.array_equal(np.round(values, digits), values):
            text = _counted(digits, "decimal") if digits else "whole numbers"
            found.append(Rounding(f"rounded to {text}", np.full(values.shape, 10.0**-digits)))
            break
    exponent = np.floor(np.log10(np.where(magnitude > 0, magnitude, 1.0)))
    for digits in range(1, _MOST_DIGITS):
        unit = 10.0 ** (exponent - digits + 1)
        if np.allclose(np.round(values / unit) * unit, values, rtol=1e-12, atol=0):
            found.append(Rounding(f"rounded to {_counted(digits, 'digit')}", unit))
            break
    mantissa, _ = np.frexp(values)
    for bits in range(1, _HALF_BITS):
        if np.array_equal(np.round(np.ldexp(mantissa, bits)), np.ldexp(mantissa, bits)):
            # A model that computes in half precision errs by more than the last rounding.
            step = np.broadcast_to(8 * magnitude.max(axis=0) * 2.0**-bits, values.shape)
            found.append(Rounding("in half precision", step))
            break
    return found


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'s'[: number > 1]}"


def half_precision_error(network: Network, x: np.ndarray, bits: int, view: View) -> np.ndarray:
    """Greatest error (outputs,) of a run whose operands have ``bits`` explicit mantissa bits."""


    def rounded(node: Node, tensors: list[np.ndarray]) -> np.ndarray:
        weights = {
            key: array if key == "bias" else _to_bits(array, bits)
            for key, array in node.weights.items()
        }
        return node.layer.forward([_to_bits(tensor, bits) for tensor in tensors], weights)

    return _apart(view.of(network.forward(x, step=rounded)), view.of(network.forward(x)))


def inputs_error(network: Network, x: np.ndarray, view: View) -> tuple[str, np.ndarray] | None:
    """The rounding of ``x`` as text, and the errors (outputs,) that it causes in the outputs.

    Whole numbers, such as counts, are taken as exact. None if ``x`` does not look rounded.
    """
    found = [r for r in roundings(x) if r.text != "in half precision"]
    rounded = ~np.all(x == np.floor(x), axis=0)
    if not found or not rounded.any():
        return None
    half = np.max([r.steps for r in found], axis=0) * rounded / 2
    own = view.of(network.forward(x))
    random = np.random.default_rng(0)
    runs = (x + random.choice([-1.0, 1.0], size=x.shape) * half for _ in range(_RUNS))
    greatest = np.max([_apart(view.of(network.forward(run)), own) for run in runs], axis=0)
    return f"x is {found[0].text}", _INPUTS * greatest


def _in_single_precision(network: Network, x: np.ndarray) -> np.ndarray:
    def single(node: Node, tensors: list[np.ndarray]) -> np.ndarray:
        weights = {key: array.astype(np.float32) for key, array in node.weights.items()}
        tensors = [tensor.astype(np.float32) for tensor in tensors]
        return node.layer.forward(tensors, weights).astype(np.float32)

    return network.forward(x, step=single).astype(np.float64)


def _to_bits(values: np.ndarray, bits: int) -> np.ndarray:
    """``values`` with ``bits`` bits of the mantissa after its first."""
    mantissa, exponent = np.frexp(values)
    return np.ldexp(np.rint(np.ldexp(mantissa, bits + 1)), exponent - bits - 1)


def _apart(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.abs(a - b).max(axis=0)
