"""Results that an approximation may give: for every code, integers within a bound of a function."""

from dataclasses import dataclass

import numpy as np

from build_decoder.models.activation import Activation
from build_decoder.quant.qformat import QFormat

__all__ = ["MAX_INPUT_WIDTH", "ROUNDING_SLACK", "Limits", "limits_of", "wanted_results"]

MAX_INPUT_WIDTH = 20
"""Widest input, in bits: every code is tried when an activation is fitted."""

ROUNDING_SLACK = 1e-9
"""Error of the function itself in float64, as a fraction of a step."""


def wanted_results(activation: Activation, input: QFormat, output: QFormat) -> np.ndarray:
    """The real results for all codes of ``input``, least first, in steps of ``output``.

    Float64 (2**input.width,), limited to the range of ``output``.

    Raises
    ------
    ValueError
        If ``input`` is too wide or the function is not a number somewhere.
    """
    if input.width > MAX_INPUT_WIDTH:
        raise ValueError(
            f"expected an activation's input of at most {MAX_INPUT_WIDTH} bits, got {input}"
        )
    x = input.to_real(np.arange(input.min_raw, input.max_raw + 1))
    y = np.asarray(activation.function(x), dtype=np.float64)
    if y.shape != x.shape or np.isnan(y).any():
        got = f"shape {y.shape}" if y.shape != x.shape else f"NaN at {x[np.isnan(y)][0]}"
        raise ValueError(f"expected {activation.name} to give a number for each input, got {got}")
    with np.errstate(over="ignore"):
        return np.clip(y * 2.0**output.fraction, output.min_raw, output.max_raw)


@dataclass(frozen=True)
class Limits:
    """Least and greatest result at each position, float64 arrays of whole numbers.

    A segment of positions ``start`` to ``end - 1`` is a line over the offset from ``start``. It is
    held to ``low`` and ``high`` at its own positions. In a function folded in two it is, by
    ``next_low`` and ``next_high``, also held to what its mirror image must be: limits of the
    positions one further on, ``start + 1`` to ``end``. See :mod:`quant.pwl.symmetry`.
    """

    low: np.ndarray
    high: np.ndarray
    next_low: np.ndarray | None = None
    next_high: np.ndarray | None = None

    @property
    def positions(self) -> int:
        """Number of positions."""
        return len(self.low)

    def cut(self, start: int, end: int, length: int) -> tuple[np.ndarray, np.ndarray]:
        """Least and greatest results at the offsets 0, 1, ... of segments of ``length``.

        They are (segments, offsets), for positions ``start`` to ``end - 1``.
        """
        return self.lines(np.arange(start, end, length), length)

    def lines(self, starts: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
        """The same, of segments of ``length`` that begin at ``starts``."""
        places = starts[:, None] + np.arange(length)
        if self.next_low is None:
            return self.low[places], self.high[places]
        low = np.full((len(starts), length + 1), -np.inf)
        high = np.full((len(starts), length + 1), np.inf)
        low[:, :-1], high[:, :-1] = self.low[places], self.high[places]
        low[:, 1:] = np.maximum(low[:, 1:], self.next_low[places])
        high[:, 1:] = np.minimum(high[:, 1:], self.next_high[places])
        return low, high

    def coarsened(self, bits: int) -> "Limits":
        """Limits of the positions without their low ``bits``, whole groups of which share one.

        A mirror image is then no longer one position further on, but at the same one.
        """
        if not bits:
            return self
        both = self.held_together()
        return Limits(
            both.low.reshape(-1, 1 << bits).max(axis=1),
            both.high.reshape(-1, 1 << bits).min(axis=1),
        )

    def held_together(self) -> "Limits":
        """What a constant is held to at each position: its own limits and its mirror image's."""
        if self.next_low is None:
            return self
        return Limits(
            np.maximum(self.low, self.next_low), np.minimum(self.high, self.next_high)
        )


def limits_of(wanted: np.ndarray, output: QFormat, error_bound: float) -> Limits:
    """Integers of ``output`` within ``error_bound`` steps of ``wanted``, for every code.

    Raises
    ------
    ValueError
        If there is no integer within the bound somewhere; the message has the least bound.
    """
    low = np.maximum(np.ceil(wanted - error_bound - ROUNDING_SLACK), output.min_raw)
    high = np.minimum(np.floor(wanted + error_bound + ROUNDING_SLACK), output.max_raw)
    if (low > high).any():
        least = np.abs(np.floor(wanted + 0.5) - wanted).max()
        raise ValueError(
            f"expected an error bound of at least {least:.4f} output steps, got {error_bound}"
        )
    return Limits(low, high)
