"""Long short-term memory."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from build_decoder.models import activations
from build_decoder.models.layer import LayerType
from build_decoder.models.recurrent import RecurrentLayer, read_recurrent

__all__ = ["LAYER_TYPE", "Lstm"]


@dataclass(frozen=True)
class Lstm(RecurrentLayer):
    """LSTM with tanh and sigmoid gates (the paper's Section 2.4.3).

    From (steps, channels) to (units), or to (steps, units) if ``sequences``. The states are zero
    before the first step. The four quarters of ``x @ weights + h @ recurrent + bias`` are i, f, g,
    o. Then ``c' = sigmoid(f) * c + sigmoid(i) * tanh(g)`` and ``h' = sigmoid(o) * tanh(c')``.

    Arrays
    ------
    weights:
        (channels, 4 units)
    recurrent:
        (units, 4 units)
    bias:
        (4 units)

    Examples
    --------
    For an input of (100, 56)::

        {"name": "r", "inputs": ["x"], "type": "lstm", "units": 32, "sequences": true,
         "backward": false, "weights": "w.npz:w", "recurrent": "w.npz:r", "bias": "w.npz:b"}
    """

    gates = 4
    states = 2
    bias_rows = 1
    step_extra = 12  # 4 bias, 4 sums of the two products, 3 products and 1 sum of elements
    keras_name = "LSTM"

    def step(self, x, state, weights):
        sigmoid, tanh = (activations.get(name).function for name in ("sigmoid", "tanh"))
        h, c = state
        sums = x @ weights["weights"] + h @ weights["recurrent"] + weights["bias"]
        i, f, g, o = np.split(sums, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * tanh(g)
        return sigmoid(o) * tanh(c), c


LAYER_TYPE = LayerType("lstm", Lstm, partial(read_recurrent, Lstm))
