"""How firmly decisions stand: their margins, and what errors of the outputs do to them."""

import numpy as np

__all__ = ["expected_flips", "margins"]


def margins(y: np.ndarray, decided: np.ndarray) -> np.ndarray:
    """Distance of outputs from deciding otherwise.

    Parameters
    ----------
    y
        Real outputs (samples, outputs).
    decided
        Classes (samples,), as of :func:`models.golden.decisions`; not necessarily of ``y``.

    Returns
    -------
    float64 (samples,): output of the class decided less the greatest other output, or, of a single
    output, its distance from 0.5 on the side decided. Negative where ``y`` decides otherwise.
    """
    if y.shape[1] == 1:
        return np.where(decided == 1, y[:, 0] - 0.5, 0.5 - y[:, 0])
    rows = np.arange(len(y))
    if y.shape[1] == 2:
        return y[rows, decided] - y[rows, 1 - decided]
    others = y.copy()
    others[rows, decided] = -np.inf
    return y[rows, decided] - others.max(axis=1)


def expected_flips(sorted_margins: np.ndarray, errors: np.ndarray) -> float:
    """Fraction of decisions that change if every margin may meet every error.

    Parameters
    ----------
    sorted_margins
        Margins (samples,) of the float model's own decisions, ascending. A sample that it does not
        decide itself, of margin 0, has no decision to lose.
    errors
        Parts of margins (any number,) that quantisation takes away; negative where it adds.
    """
    undecided = np.searchsorted(sorted_margins, 0.0, "right")
    harmful = errors[errors > 0]
    # A margin that an error eats up whole is a tie, of which half break.
    broken = np.searchsorted(sorted_margins, harmful, "left").sum()
    broken += np.searchsorted(sorted_margins, harmful, "right").sum()
    return float(broken - 2 * undecided * len(harmful)) / 2 / len(errors) / len(sorted_margins)
