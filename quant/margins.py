"""How many decisions change when outputs have errors, from their margins
(`models.task.Task.margins`)."""

import numpy as np
from numpy.lib.stride_tricks import as_strided

__all__ = ["flip_rate"]


def flip_rate(sorted_margins: np.ndarray, errors: np.ndarray, *, neighbours: int = 16) -> float:
    """Fraction of decisions that change if each margin may meet the errors of similar samples.

    The size of an error depends on where the output is: a sigmoid moves least where it saturates.
    So each margin is compared with the errors of the ``neighbours`` samples whose margins are
    nearest to it, or with all errors if there are fewer.

    Parameters
    ----------
    sorted_margins
        Margins (samples,) of the float model's own decisions, ascending, all positive.
    errors
        Part of each sample's margin (samples,) that quantisation takes away; negative where it
        adds, NaN where it is not known, so that the fraction is the least that it can be.
    """
    width = min(neighbours, len(errors))
    # Margins ascend: those above the greatest error, which are most of them, are not broken.
    small = sorted_margins[: np.searchsorted(sorted_margins, np.fmax.reduce(errors), side="right")]
    # A column for each window, so that what is compared lies along the samples.
    (step,) = errors.strides
    windows = as_strided(errors, (width, len(errors) - width + 1), (step, step))
    before = width // 2
    inner = min(before + windows.shape[1] - 1, len(small))
    broken = (
        # The windows of the first and the last margins are those that lie in the range.
        _broken(small[:before], windows[:, :1])
        + _broken(small[before:inner], windows[:, : max(inner - before, 0)])
        + _broken(small[max(before, inner) :], windows[:, -1:])
    )
    return broken / 2 / (len(errors) * width)


def _broken(margins: np.ndarray, near: np.ndarray) -> int:
    """Twice how many of errors ``near`` (errors, margins or 1) are more than a margin: an error
    that eats it up whole is a tie, of which half break."""
    return np.count_nonzero(near > margins) + np.count_nonzero(near >= margins)
