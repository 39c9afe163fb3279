"""How many decisions change when outputs have errors, from their margins
(`models.task.Task.margins`)."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

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
    near = sliding_window_view(errors, width)
    # The windows of the first and the last margins are those that lie in the range.
    first = np.clip(np.arange(len(errors)) - width // 2, 0, len(near) - 1)
    near, margin = near[first], sorted_margins[:, None]
    # A margin that an error eats up whole is a tie, of which half break.
    broken = np.count_nonzero(near > margin) + np.count_nonzero(near >= margin)
    return broken / 2 / near.size
