"""Gated recurrent unit."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from build_decoder.models import activations
from build_decoder.models.layer import LayerType
from build_decoder.models.recurrent import RecurrentLayer, read_recurrent

__all__ = ["LAYER_TYPE", "Gru"]


@dataclass(frozen=True)
class Gru(RecurrentLayer):
    """GRU with tanh and sigmoid gates (the paper's Section 2.4.3), as Keras has it by default.

    From (steps, channels) to (units), or to (steps, units) if ``sequences``. The state is zero
    before the first step. The thirds of ``x @ weights + bias[0]`` are xz, xr, xg, those of ``h @
    recurrent + bias[1]`` are hz, hr, hg. Then ``z = sigmoid(xz + hz)``, ``r = sigmoid(xr + hr)``
    and ``h' = z * h + (1 - z) * tanh(xg + r * hg)``: Keras's ``reset_after``.

    Arrays
    ------
    weights:
        (channels, 3 units)
    recurrent:
        (units, 3 units)
    bias:
        (2, 3 units)

    Examples
    --------
    For an input of (100, 56)::

        {"name": "r", "inputs": ["x"], "type": "gru", "units": 32, "sequences": false,
         "weights": "w.npz:w", "recurrent": "w.npz:r", "bias": "w.npz:b"}
    """

    gates = 3
    states = 1
    bias_rows = 2
    step_extra = 14  # 6 bias, 2 sums for z and r, 2 for the candidate, 4 for the new state
    keras_name = "GRU"

    def step(self, x, state, weights):
        sigmoid, tanh = (activations.get(name).function for name in ("sigmoid", "tanh"))
        (h,) = state
        xz, xr, xg = np.split(x @ weights["weights"] + weights["bias"][0], 3, axis=1)
        hz, hr, hg = np.split(h @ weights["recurrent"] + weights["bias"][1], 3, axis=1)
        z, r = sigmoid(xz + hz), sigmoid(xr + hr)
        return (z * h + (1 - z) * tanh(xg + r * hg),)


LAYER_TYPE = LayerType("gru", Gru, partial(read_recurrent, Gru))
