"""Other weights than those of a build, for the self-test of a reloadable decoder."""

import numpy as np

from build_decoder.boards.pynq.steps import Golden
from build_decoder.hdl.planning.image import ImageLayout
from build_decoder.quant.other_weights import with_other_weights

__all__ = ["other_weights"]


def other_weights(images: ImageLayout, x_raw: np.ndarray) -> Golden:
    """An image of other weights, and what they make of ``x_raw`` (samples, inputs)."""
    model = with_other_weights(images.built)
    return Golden(x_raw, model.compute(x_raw), images.image(model))
