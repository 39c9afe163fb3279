"""Gains that bring the signatures of weak and strong nCAPs to one size."""

from collections.abc import Callable

import numpy as np

__all__ = [
    "GAINS",
    "WINDOW",
    "gain_number",
    "normalise",
    "numbered_gain",
    "scale_by_power_of_two",
]

WINDOW = "window"  # the paper's
_LARGEST = 2.0  # that a chip's word can hold


def normalise(windows: np.ndarray) -> np.ndarray:
    """Each of `windows`, (windows, channels, samples), divided by its largest magnitude."""
    peak = np.abs(windows).max(axis=(1, 2), keepdims=True)
    return windows / np.where(peak > 0, peak, 1)


def scale_by_power_of_two(windows: np.ndarray) -> np.ndarray:
    """Each of `windows`, (windows, channels, samples), scaled by what is known at its peak.

    The divisor is the least power of two that no magnitude up to the peak exceeds, so a chip shifts
    bits. What comes after the peak may be larger, and saturates at 2.
    """
    past = np.abs(windows[:, :, : windows.shape[2] // 2 + 1]).max(axis=(1, 2), keepdims=True)
    exponent = np.ceil(np.log2(np.where(past > 0, past, 1)))
    return np.clip(windows / np.exp2(exponent).astype(windows.dtype), -_LARGEST, _LARGEST)


GAINS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    WINDOW: normalise,
    "causal": scale_by_power_of_two,
}
"""The paper's (Section 2.1), which needs the whole signature, and one that does not."""


def gain_number(gain: str) -> int:
    """The number that stands for one of `GAINS` in files."""
    return tuple(GAINS).index(gain)


def numbered_gain(number: float) -> str:
    """The inverse of `gain_number`; `ValueError` where `number` is no such number."""
    if number not in range(len(GAINS)):
        raise ValueError(f"expected a whole number from 0 to {len(GAINS) - 1}, got {number:g}")
    return tuple(GAINS)[int(number)]
