"""Inputs of any kind as raw values of a decoder's input format, and which of them saturated."""

from dataclasses import dataclass

import numpy as np

from build_decoder.models.errors import InputError
from build_decoder.quant.number_format import NumberFormat

__all__ = ["Saturation", "check_raw", "quantised"]


@dataclass(frozen=True)
class Saturation:
    """Input values that lie outside of the input format.

    Parameters
    ----------
    count, total
        How many of how many values.
    sample, input, value
        The first of them.
    format
        The input format.
    """

    count: int
    total: int
    sample: int
    input: int
    value: float
    format: NumberFormat

    def __str__(self):
        low, high = self.format.ends
        return (
            f"{self.count} of {self.total} input values lie outside of {low:g} to {high:g} "
            f"({self.format}) and were saturated, the first {self.value:g} at sample "
            f"{self.sample}, input {self.input}"
        )


def quantised(
    x, format: NumberFormat, count: int, *, sample: int | None = None
) -> tuple[np.ndarray, Saturation | None]:
    """Raw int64 of real inputs, in the same shape, and what of them saturated, if anything did.

    Values are rounded half up, and half to even in floating point.

    Parameters
    ----------
    x
        Real inputs (samples, count), or of one sample (count,).
    sample
        Where ``x`` is one frame of a sequence: its place there.

    Raises
    ------
    InputError
        If the shape is wrong or a value is no finite real number.
    """
    where = "inputs" if sample is None else f"inputs: sample {sample}"
    if np.ma.is_masked(x):
        raise InputError(f"{where}: expected a value everywhere, got an array with masked ones")
    x = _array(x, where)
    if x.dtype.kind not in "biuf":
        raise InputError(f"{where}: expected real numbers, got an array of {x.dtype}")
    with np.errstate(over="ignore"):  # of a long double
        x = x.astype(np.float64)
    finite = np.isfinite(x)
    if not finite.all():
        raise InputError(
            f"{where}: expected finite numbers, got {np.count_nonzero(~finite)} of {x.size} "
            f"that are not, such as {x[~finite][0]}"
        )
    _check_shape(x, count, where, one_frame=sample is not None)
    with np.errstate(over="ignore"):  # infinity saturates as it should
        raw = format.quantise(x)
    outside = np.argwhere(np.atleast_2d(format.outside(x)))
    if not len(outside):
        return raw, None
    row, column = (int(index) for index in outside[0])
    value = float(np.atleast_2d(x)[row, column])
    return raw, Saturation(len(outside), x.size, row + (sample or 0), column, value, format)


def check_raw(x_raw, format: NumberFormat, count: int) -> np.ndarray:
    """Raw inputs (samples, count) or (count,) as an array.

    Raises
    ------
    InputError
        If the shape is wrong, or values are not integers or do not fit the format.
    """
    x_raw = _array(x_raw, "inputs")
    _check_shape(x_raw, count, "inputs")
    if not np.issubdtype(x_raw.dtype, np.integer):
        raise InputError(f"inputs: expected raw integers, got an array of {x_raw.dtype}")
    if x_raw.size and (x_raw.min() < format.min_raw or x_raw.max() > format.max_raw):
        raise InputError(
            f"inputs: expected raw values of {format.min_raw} to {format.max_raw} ({format}), "
            f"got {x_raw.min()} to {x_raw.max()}"
        )
    return x_raw


def _array(x, where: str) -> np.ndarray:
    try:
        return np.asarray(x)
    except (TypeError, ValueError, OverflowError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{where}: expected an array of numbers: {reason}") from None


def _check_shape(x: np.ndarray, count: int, where: str, *, one_frame: bool = False) -> None:
    dimensions = (1,) if one_frame else (1, 2)
    if x.ndim not in dimensions or x.shape[-1] != count:
        shape = f"({count},)" if one_frame else f"(samples, {count})"
        raise InputError(f"{where}: expected shape {shape}, got {x.shape}")
