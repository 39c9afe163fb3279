"""The area model's fit: coefficients of least relative errors, near what components show."""

from collections.abc import Callable, Sequence

import numpy as np

from build_decoder.bench.area_samples import Sample
from build_decoder.hdl.planning.area.features import luts_of, registers_of

__all__ = ["fit"]

_PRIOR = {
    "lut": {
        "layer": 8, "row_bits": 1, "beat_bits": 1.3, "replay": 4, "replay_bits": 1,
        "replay_forwarded": 1.5, "replay_ram": 1.2, "product_adder": 0.93,
        "product_full_adders": 1.72, "few_rows_adder": 0.93, "few_rows_full_adders": 1.72,
        "block_ram_mux": 1.3, "counter_bits": 1,
        "bias_bits": 0.1, "narrowed": 0.8, "checked": 0.1, "biased": 0.3, "limited": 0.5,
        "activation_table": 0.65, "activation_adder": 0.5, "packer": 5, "packer_bits": 1.5,
    },
    "ff": {"layer": 10},
}
"""What a count takes as layers' components, synthesised alone, show; 1 for all others. A design
does not tell its components apart, so that a fit to designs alone knows little of each."""

_MEASURED = {
    "lut": {
        "select": 1.0, "accumulator": 1.0, "late_product": 0.55, "selected": 1.0,
    },
    "ff": {},
}
"""What components take alone where that is the same in any design; not fitted."""

_PRIOR_WEIGHT = 0.15
"""An error of a whole coefficient weighs as much as this error of a sample."""

_MEASURED_WEIGHT = 1e4
"""Weight of :data:`_MEASURED`, against which no sample counts."""

_OUTLIER = 0.08
"""Relative error beyond which a sample pulls on the fit the less, the farther off it is: what it
has is not what is counted."""

_LEAST = 10
"""LUTs or flip-flops below which errors are absolute."""


def fit(fitted: Sequence[Sample]) -> dict[str, dict[str, float]]:
    """Coefficients of LUTs and of flip-flops, none negative, of least relative errors.

    Designs of which the rules get DSP blocks or block RAMs wrong tell nothing: what is counted for
    them is not what they have.
    """
    fitted = [sample for sample in fitted if not sample.blocks_differ]
    return {
        "lut": _fit("lut", [(s.shapes, s.measured["lut"]) for s in fitted], luts_of),
        "ff": _fit("ff", [(s.shapes, s.measured["ff"]) for s in fitted], registers_of),
    }


def _fit(kind: str, rows, counts_of: Callable) -> dict[str, float]:
    counts = [list(map(counts_of, shapes)) for shapes, _ in rows]
    names = list(dict.fromkeys(name for row in counts for shape in row for name in shape))
    matrix = np.array(
        [[sum(shape.get(name, 0) for shape in row) for name in names] for row in counts], float
    )
    measured = np.array([taken for _, taken in rows], float)
    prior = np.array([_PRIOR[kind].get(name, 1.0) for name in names])
    scale = _PRIOR_WEIGHT / np.maximum(prior, 0.1)
    for n, name in enumerate(names):
        if name in _MEASURED[kind]:
            prior[n], scale[n] = _MEASURED[kind][name], _MEASURED_WEIGHT
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
