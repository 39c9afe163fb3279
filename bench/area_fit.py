"""The area model's fit: coefficients of least relative errors, near what components show."""

from collections.abc import Mapping, Sequence

import numpy as np

from build_decoder.bench.area_samples import Sample
from build_decoder.hdl.family import Family
from build_decoder.hdl.planning.area.features import luts_of, registers_of

__all__ = ["fit"]

Amounts = Mapping[str, Mapping[str, float]]
"""LUTs (``lut``) and flip-flops (``ff``) of each count."""

_PRIOR_WEIGHT = 0.15
"""An error of a whole coefficient weighs as much as this error of a sample. A design does not tell
its components apart, so that a fit to designs alone knows little of each."""

_MEASURED_WEIGHT = 1e4
"""Weight of what was measured of components, against which no sample counts."""

_OUTLIER = 0.08
"""Relative error beyond which a sample pulls on the fit the less, the farther off it is: what it
has is not what is counted."""

_LEAST = 10
"""LUTs or flip-flops below which errors are absolute."""


def fit(
    fitted: Sequence[Sample], family: Family, *, prior: Amounts, measured: Amounts
) -> dict[str, dict[str, float]]:
    """Coefficients of LUTs and of flip-flops, none negative, of least relative errors.

    Parameters
    ----------
    prior
        What a count takes as layers' components, synthesised alone, show; 1 for all others.
    measured
        What components take alone where that is the same in any design; not fitted.

    Designs of which the rules get DSP blocks or block RAMs wrong tell nothing: what is counted for
    them is not what they have.
    """
    fitted = [sample for sample in fitted if not sample.blocks_differ]
    found = {}
    for kind, counts_of in (("lut", luts_of), ("ff", registers_of)):
        counts = [[counts_of(shape, family) for shape in sample.shapes] for sample in fitted]
        taken = np.array([sample.measured[kind] for sample in fitted], float)
        found[kind] = _fit(counts, taken, prior.get(kind, {}), measured.get(kind, {}))
    return found


def _fit(
    counts: list[list[dict[str, float]]],
    measured: np.ndarray,
    expected: Mapping[str, float],
    known: Mapping[str, float],
) -> dict[str, float]:
    names = list(dict.fromkeys(name for row in counts for shape in row for name in shape))
    matrix = np.array(
        [[sum(shape.get(name, 0) for shape in row) for name in names] for row in counts], float
    )
    prior = np.array([float(expected.get(name, 1.0)) for name in names])
    scale = _PRIOR_WEIGHT / np.maximum(prior, 0.1)
    for n, name in enumerate(names):
        if name in known:
            prior[n], scale[n] = known[name], _MEASURED_WEIGHT
    weight = 1 / np.maximum(measured, _LEAST)
    found = prior
    for _ in range(20):
        error = np.abs(matrix @ found - measured) * weight
        row_weight = weight / np.maximum(error / _OUTLIER, 1)
        found = _non_negative_least_squares(
            np.vstack([matrix * row_weight[:, None], np.diag(scale)]),
            np.concatenate([measured * row_weight, prior * scale]),
        )
    return {name: round(float(value), 4) for name, value in zip(names, found, strict=True)}


def _non_negative_least_squares(matrix: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Lawson and Hanson's active-set method."""
    found = np.zeros(matrix.shape[1])
    free = np.zeros(len(found), dtype=bool)
    for _ in range(10 * len(found)):
        gradient = matrix.T @ (wanted - matrix @ found)
        if free.all() or gradient[~free].max() < 1e-9:
            break
        free[np.where(free, -np.inf, gradient).argmax()] = True
        while True:
            tried = np.zeros_like(found)
            tried[free] = np.linalg.lstsq(matrix[:, free], wanted, rcond=None)[0]
            below = free & (tried <= 1e-12)
            if not below.any():
                break
            step = (found[below] / (found[below] - tried[below])).min()
            found = found + step * (tried - found)
            free &= found > 1e-12
        found = tried
    return found
