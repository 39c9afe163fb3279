"""How many decisions change when outputs have errors, from their margins
(`models.task.Task.margins`)."""

import numpy as np

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
    # The windows of the first and the last margins are those that lie in the range.
    first = np.arange(len(small)) - width // 2
    first = np.minimum(np.maximum(first, 0, out=first), len(errors) - width, out=first)
    near = errors[first[:, None] + np.arange(width)]
    margin = small[:, None]
    # A margin that an error eats up whole is a tie, of which half break.
    broken = np.count_nonzero(near > margin) + np.count_nonzero(near >= margin)
    return broken / 2 / (len(errors) * width)
