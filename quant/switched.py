"""Integer models whose weights change between two frames."""

from collections.abc import Sequence

import numpy as np

from build_decoder.quant.integer_model import IntegerModel

__all__ = ["compute_switched"]


def compute_switched(
    models: Sequence[IntegerModel], which: np.ndarray, x_raw: np.ndarray
) -> np.ndarray:
    """Raw int64 outputs (frames, outputs) of raw inputs (frames, inputs), each frame with the
    weights of one of the models.

    Frames of continuous models are steps of one sequence: states stay when the weights change.

    Parameters
    ----------
    models
        Alike but for weights and biases.
    which
        Number of the model of each frame, int (frames,).
    """
    ends = [*(np.flatnonzero(np.diff(which)) + 1).tolist(), len(which)]
    runs = [slice(start, end) for start, end in zip([0, *ends], ends, strict=False)]
    first = models[0]
    values = first.given_values(x_raw)
    for number, node in enumerate(first.nodes):
        state, parts = None, []
        for run in runs:
            layer = models[which[run.start]].nodes[number].layer
            taken = [values[name][run] for name in node.inputs]
            if getattr(layer, "continuous", False):
                given, state = layer.compute_from(*taken, state)
            else:
                given = layer.compute(*taken)
            parts.append(given)
        values[node.name] = np.concatenate(parts)
    return values[first.nodes[-1].name].reshape(len(x_raw), first.output_count)
